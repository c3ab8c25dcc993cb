"""Expressions as SQL text and parameters."""

from __future__ import annotations

import pytest

from cormorant import Boolean, Integer, String, case, column, func, literal, literal_column, not_, select, table, true
from cormorant.dialects.mysql import dialect as mysql_dialect
from cormorant.engine.default import DefaultDialect
from cormorant.exc import ArgumentError

from .world import check

# (expression, SQL of the default dialect, parameters, SQL of SQLite)
CASES = [
    ('a.c.x == 5', 'a.x = :x_1', {'x_1': 5}, 'a.x = ?'),
    ('a.c.x != 5', 'a.x != :x_1', {'x_1': 5}, 'a.x != ?'),
    ('a.c.x < 5', 'a.x < :x_1', {'x_1': 5}, 'a.x < ?'),
    ('a.c.x <= 5', 'a.x <= :x_1', {'x_1': 5}, 'a.x <= ?'),
    ('5 < a.c.x', 'a.x > :x_1', {'x_1': 5}, 'a.x > ?'),
    ('a.c.x == None', 'a.x IS NULL', {}, 'a.x IS NULL'),
    ('a.c.x != None', 'a.x IS NOT NULL', {}, 'a.x IS NOT NULL'),
    ('a.c.flag == True', 'a.flag = true', {}, 'a.flag = 1'),
    ('a.c.flag != False', 'a.flag != false', {}, 'a.flag != 0'),
    ('a.c.flag.is_(True)', 'a.flag IS true', {}, 'a.flag IS 1'),
    ('a.c.x.is_(None)', 'a.x IS NULL', {}, 'a.x IS NULL'),
    ('a.c.x.is_not(None)', 'a.x IS NOT NULL', {}, 'a.x IS NOT NULL'),
    ('a.c.x.isnot(None)', 'a.x IS NOT NULL', {}, 'a.x IS NOT NULL'),
    ('a.c.x.is_distinct_from(5)', 'a.x IS DISTINCT FROM :x_1', {'x_1': 5}, 'a.x IS NOT ?'),
    ('a.c.x.is_not_distinct_from(5)', 'a.x IS NOT DISTINCT FROM :x_1', {'x_1': 5}, 'a.x IS ?'),
    ('a.c.x == a.c.id', 'a.x = a.id', {}, 'a.x = a.id'),
    ('a.c.x.between(1, 2)', 'a.x BETWEEN :x_1 AND :x_2', {'x_1': 1, 'x_2': 2}, 'a.x BETWEEN ? AND ?'),
    ('~a.c.x.between(1, 2)', 'a.x NOT BETWEEN :x_1 AND :x_2', {'x_1': 1, 'x_2': 2}, 'a.x NOT BETWEEN ? AND ?'),
    ('a.c.x.between(1, 2, symmetric=True)', 'a.x BETWEEN SYMMETRIC :x_1 AND :x_2', {'x_1': 1, 'x_2': 2}, 'a.x BETWEEN SYMMETRIC ? AND ?'),
    ('between(a.c.x, 1, 2)', 'a.x BETWEEN :x_1 AND :x_2', {'x_1': 1, 'x_2': 2}, 'a.x BETWEEN ? AND ?'),
    ('a.c.x.in_([1, 2, 3])', 'a.x IN (__[POSTCOMPILE_x_1])', {'x_1': [1, 2, 3]}, 'a.x IN (__[POSTCOMPILE_x_1])'),
    ('a.c.x.in_([])', 'a.x IN (__[POSTCOMPILE_x_1])', {'x_1': []}, 'a.x IN (__[POSTCOMPILE_x_1])'),
    ('a.c.x.not_in([1, 2])', '(a.x NOT IN (__[POSTCOMPILE_x_1]))', {'x_1': [1, 2]}, '(a.x NOT IN (__[POSTCOMPILE_x_1]))'),
    ('~a.c.x.in_([1, 2])', '(a.x NOT IN (__[POSTCOMPILE_x_1]))', {'x_1': [1, 2]}, '(a.x NOT IN (__[POSTCOMPILE_x_1]))'),
    ('a.c.x.in_([1, None])', 'a.x IN (__[POSTCOMPILE_x_1])', {'x_1': [1, None]}, 'a.x IN (__[POSTCOMPILE_x_1])'),
    ('a.c.x.in_([a.c.id, 5])', 'a.x IN (a.id, :x_1)', {'x_1': 5}, 'a.x IN (a.id, ?)'),
    ('a.c.x.in_(select(b.c.a_id))', 'a.x IN (SELECT b.a_id \nFROM b)', {}, 'a.x IN (SELECT b.a_id \nFROM b)'),
    ('a.c.x.not_in(select(b.c.a_id).where(b.c.id > 2))', '(a.x NOT IN (SELECT b.a_id \nFROM b \nWHERE b.id > :id_1))', {'id_1': 2}, '(a.x NOT IN (SELECT b.a_id \nFROM b \nWHERE b.id > ?))'),
    ('a.c.x.in_(bindparam("q", expanding=True))', 'a.x IN (__[POSTCOMPILE_q])', {'q': None}, 'a.x IN (__[POSTCOMPILE_q])'),
    ('a.c.x.in_((1, 2))', 'a.x IN (__[POSTCOMPILE_x_1])', {'x_1': [1, 2]}, 'a.x IN (__[POSTCOMPILE_x_1])'),
    ('a.c.x.in_({1})', 'a.x IN (__[POSTCOMPILE_x_1])', {'x_1': [1]}, 'a.x IN (__[POSTCOMPILE_x_1])'),
    ('tuple_(a.c.x, a.c.y).in_([(1, "a"), (2, "b")])', '(a.x, a.y) IN (__[POSTCOMPILE_param_1])', {'param_1': [(1, 'a'), (2, 'b')]}, '(a.x, a.y) IN (__[POSTCOMPILE_param_1])'),
    ('tuple_(a.c.x, a.c.y) == tuple_(1, "q")', '(a.x, a.y) = (:param_1, :param_2)', {'param_1': 1, 'param_2': 'q'}, '(a.x, a.y) = (?, ?)'),
    ('~(a.c.x == 5)', 'a.x != :x_1', {'x_1': 5}, 'a.x != ?'),
    ('not_(a.c.x == 5)', 'a.x != :x_1', {'x_1': 5}, 'a.x != ?'),
    ('not_(and_(a.c.x == 5, a.c.y == "q"))', 'NOT (a.x = :x_1 AND a.y = :y_1)', {'x_1': 5, 'y_1': 'q'}, 'NOT (a.x = ? AND a.y = ?)'),
    ('~a.c.flag', 'NOT a.flag', {}, 'a.flag = 0'),
    ('and_(a.c.flag, a.c.x > 3)', 'a.flag AND a.x > :x_1', {'x_1': 3}, 'a.flag = 1 AND a.x > ?'),
    ('not_(or_(a.c.x == 1, a.c.x == 2))', 'NOT (a.x = :x_1 OR a.x = :x_2)', {'x_1': 1, 'x_2': 2}, 'NOT (a.x = ? OR a.x = ?)'),
    ('and_(a.c.x == 1, or_(a.c.x == 2, a.c.x == 3))', 'a.x = :x_1 AND (a.x = :x_2 OR a.x = :x_3)', {'x_1': 1, 'x_2': 2, 'x_3': 3}, 'a.x = ? AND (a.x = ? OR a.x = ?)'),
    ('or_(and_(a.c.x == 1, a.c.y == "b"), a.c.x == 3)', 'a.x = :x_1 AND a.y = :y_1 OR a.x = :x_2', {'x_1': 1, 'x_2': 3, 'y_1': 'b'}, 'a.x = ? AND a.y = ? OR a.x = ?'),
    ('(a.c.x == 1) & (a.c.y == "q") | (a.c.id == 4)', 'a.x = :x_1 AND a.y = :y_1 OR a.id = :id_1', {'id_1': 4, 'x_1': 1, 'y_1': 'q'}, 'a.x = ? AND a.y = ? OR a.id = ?'),
    ('(a.c.x == 1) & ((a.c.y == "q") | (a.c.id == 4))', 'a.x = :x_1 AND (a.y = :y_1 OR a.id = :id_1)', {'id_1': 4, 'x_1': 1, 'y_1': 'q'}, 'a.x = ? AND (a.y = ? OR a.id = ?)'),
    ('and_(a.c.x == 1)', 'a.x = :x_1', {'x_1': 1}, 'a.x = ?'),
    ('and_(True, a.c.x == 1)', 'a.x = :x_1', {'x_1': 1}, 'a.x = ?'),
    ('or_(False, a.c.x == 1)', 'a.x = :x_1', {'x_1': 1}, 'a.x = ?'),
    ('and_(true(), a.c.x == 1)', 'a.x = :x_1', {'x_1': 1}, 'a.x = ?'),
    ('or_(a.c.x == 1, a.c.x == 2, a.c.x == 3)', 'a.x = :x_1 OR a.x = :x_2 OR a.x = :x_3', {'x_1': 1, 'x_2': 2, 'x_3': 3}, 'a.x = ? OR a.x = ? OR a.x = ?'),
    ('(a.c.x == 1) == (a.c.id == 2)', '(a.x = :x_1) = (a.id = :id_1)', {'id_1': 2, 'x_1': 1}, '(a.x = ?) = (a.id = ?)'),
    ('a.c.x + 1', 'a.x + :x_1', {'x_1': 1}, 'a.x + ?'),
    ('1 + a.c.x', ':x_1 + a.x', {'x_1': 1}, '? + a.x'),
    ('a.c.x - 1', 'a.x - :x_1', {'x_1': 1}, 'a.x - ?'),
    ('1 - a.c.x', ':x_1 - a.x', {'x_1': 1}, '? - a.x'),
    ('a.c.x * 2', 'a.x * :x_1', {'x_1': 2}, 'a.x * ?'),
    ('a.c.x / 2', 'a.x / CAST(:x_1 AS NUMERIC)', {'x_1': 2}, 'a.x / (? + 0.0)'),
    ('2 / a.c.x', ':x_1 / CAST(a.x AS NUMERIC)', {'x_1': 2}, '? / (a.x + 0.0)'),
    ('a.c.x // 2', 'a.x / :x_1', {'x_1': 2}, 'a.x / ?'),
    ('a.c.x % 2', 'a.x % :x_1', {'x_1': 2}, 'a.x % ?'),
    ('-a.c.x', '-a.x', {}, '-a.x'),
    ('-(a.c.x + 1)', '-(a.x + :x_1)', {'x_1': 1}, '-(a.x + ?)'),
    ('(a.c.x + 1) * 2', '(a.x + :x_1) * :param_1', {'param_1': 2, 'x_1': 1}, '(a.x + ?) * ?'),
    ('a.c.x + 1 * 2', 'a.x + :x_1', {'x_1': 2}, 'a.x + ?'),
    ('a.c.x + (a.c.id * 2)', 'a.x + a.id * :id_1', {'id_1': 2}, 'a.x + a.id * ?'),
    ('(a.c.x - 1) - 2', '(a.x - :x_1) - :param_1', {'param_1': 2, 'x_1': 1}, '(a.x - ?) - ?'),
    ('a.c.x - (a.c.id - 1)', 'a.x - (a.id - :id_1)', {'id_1': 1}, 'a.x - (a.id - ?)'),
    ('(a.c.x + 1) == 5', 'a.x + :x_1 = :param_1', {'param_1': 5, 'x_1': 1}, 'a.x + ? = ?'),
    ('a.c.x + a.c.id + 3', 'a.x + a.id + :param_1', {'param_1': 3}, 'a.x + a.id + ?'),
    ('a.c.w / 3', 'a.w / CAST(:w_1 AS NUMERIC)', {'w_1': 3}, 'a.w / (? + 0.0)'),
    ('a.c.w + 1.5', 'a.w + :w_1', {'w_1': 1.5}, 'a.w + ?'),
    ('a.c.y + "x"', 'a.y || :y_1', {'y_1': 'x'}, 'a.y || ?'),
    ('"x" + a.c.y', ':y_1 || a.y', {'y_1': 'x'}, '? || a.y'),
    ('a.c.y + a.c.y', 'a.y || a.y', {}, 'a.y || a.y'),
    ('a.c.y.concat("x")', 'a.y || :y_1', {'y_1': 'x'}, 'a.y || ?'),
    ('a.c.x.bitwise_and(5)', 'a.x & :x_1', {'x_1': 5}, 'a.x & ?'),
    ('a.c.x.bitwise_or(5)', 'a.x | :x_1', {'x_1': 5}, 'a.x | ?'),
    ('a.c.x.bitwise_xor(5)', 'a.x ^ :x_1', {'x_1': 5}, '((a.x | ?) - (a.x & ?))'),
    ('a.c.x.bitwise_not()', '~a.x', {}, '~a.x'),
    ('a.c.x.bitwise_lshift(5)', 'a.x << :x_1', {'x_1': 5}, 'a.x << ?'),
    ('a.c.x.op("&")(5)', 'a.x & :x_1', {'x_1': 5}, 'a.x & ?'),
    ('a.c.x.op("&")(5) == 0', '(a.x & :x_1) = :param_1', {'param_1': 0, 'x_1': 5}, '(a.x & ?) = ?'),
    ('a.c.x.op("->", precedence=7)(5) + 1', '(a.x -> :x_1) + :param_1', {'param_1': 1, 'x_1': 5}, '(a.x -> ?) + ?'),
    ('a.c.x.bool_op("@>")(5)', 'a.x @> :x_1', {'x_1': 5}, 'a.x @> ?'),
    ('a.c.x.op("~", is_comparison=True)("q")', 'a.x ~ :x_1', {'x_1': 'q'}, 'a.x ~ ?'),
    ('~a.c.x.op("~", is_comparison=True)("q")', 'NOT (a.x ~ :x_1)', {'x_1': 'q'}, 'NOT (a.x ~ ?)'),
    ('column("q") + "abc"', 'q || :q_1', {'q_1': 'abc'}, 'q || ?'),
    ('column("q") + 5', 'q + :q_1', {'q_1': 5}, 'q + ?'),
    ('column("q") == 5', 'q = :q_1', {'q_1': 5}, 'q = ?'),
    ('a.c.y.like("a%")', 'a.y LIKE :y_1', {'y_1': 'a%'}, 'a.y LIKE ?'),
    ('a.c.y.like("a%", escape="/")', "a.y LIKE :y_1 ESCAPE '/'", {'y_1': 'a%'}, "a.y LIKE ? ESCAPE '/'"),
    ('a.c.y.not_like("a%")', 'a.y NOT LIKE :y_1', {'y_1': 'a%'}, 'a.y NOT LIKE ?'),
    ('a.c.y.notlike("a%")', 'a.y NOT LIKE :y_1', {'y_1': 'a%'}, 'a.y NOT LIKE ?'),
    ('a.c.y.ilike("a%")', 'lower(a.y) LIKE lower(:y_1)', {'y_1': 'a%'}, 'lower(a.y) LIKE lower(?)'),
    ('a.c.y.not_ilike("a%")', 'lower(a.y) NOT LIKE lower(:y_1)', {'y_1': 'a%'}, 'lower(a.y) NOT LIKE lower(?)'),
    ('~a.c.y.like("a%")', 'a.y NOT LIKE :y_1', {'y_1': 'a%'}, 'a.y NOT LIKE ?'),
    ('~a.c.y.ilike("a%")', 'lower(a.y) NOT LIKE lower(:y_1)', {'y_1': 'a%'}, 'lower(a.y) NOT LIKE lower(?)'),
    ('a.c.y.contains("a")', "a.y LIKE '%' || :y_1 || '%'", {'y_1': 'a'}, "a.y LIKE '%' || ? || '%'"),
    ('a.c.y.contains("a", autoescape=True)', "a.y LIKE '%' || :y_1 || '%' ESCAPE '/'", {'y_1': 'a'}, "a.y LIKE '%' || ? || '%' ESCAPE '/'"),
    ('a.c.y.contains("a", escape="!")', "a.y LIKE '%' || :y_1 || '%' ESCAPE '!'", {'y_1': 'a'}, "a.y LIKE '%' || ? || '%' ESCAPE '!'"),
    ('a.c.y.startswith("a")', "a.y LIKE :y_1 || '%'", {'y_1': 'a'}, "a.y LIKE ? || '%'"),
    ('a.c.y.startswith(a.c.y)', "a.y LIKE a.y || '%'", {}, "a.y LIKE a.y || '%'"),
    ('a.c.y.endswith("a", autoescape=True)', "a.y LIKE '%' || :y_1 ESCAPE '/'", {'y_1': 'a'}, "a.y LIKE '%' || ? ESCAPE '/'"),
    ('~a.c.y.contains("a")', "a.y NOT LIKE '%' || :y_1 || '%'", {'y_1': 'a'}, "a.y NOT LIKE '%' || ? || '%'"),
    ('~a.c.y.startswith("a")', "a.y NOT LIKE :y_1 || '%'", {'y_1': 'a'}, "a.y NOT LIKE ? || '%'"),
    ('~a.c.y.endswith("a")', "a.y NOT LIKE '%' || :y_1", {'y_1': 'a'}, "a.y NOT LIKE '%' || ?"),
    ('a.c.y.icontains("a")', "lower(a.y) LIKE '%' || lower(:y_1) || '%'", {'y_1': 'a'}, "lower(a.y) LIKE '%' || lower(?) || '%'"),
    ('a.c.y.istartswith("a")', "lower(a.y) LIKE lower(:y_1) || '%'", {'y_1': 'a'}, "lower(a.y) LIKE lower(?) || '%'"),
    ('a.c.y.iendswith("a")', "lower(a.y) LIKE '%' || lower(:y_1)", {'y_1': 'a'}, "lower(a.y) LIKE '%' || lower(?)"),
    ('~a.c.y.icontains("a")', "lower(a.y) NOT LIKE '%' || lower(:y_1) || '%'", {'y_1': 'a'}, "lower(a.y) NOT LIKE '%' || lower(?) || '%'"),
    ('a.c.y.match("q")', 'a.y MATCH :y_1', {'y_1': 'q'}, 'a.y MATCH ?'),
    ('a.c.y.regexp_match("q")', 'a.y <regexp> :y_1', {'y_1': 'q'}, 'a.y REGEXP ?'),
    ('~a.c.y.regexp_match("q")', 'a.y <not regexp> :y_1', {'y_1': 'q'}, 'a.y NOT REGEXP ?'),
    ('a.c.y.collate("nocase")', 'a.y COLLATE nocase', {}, 'a.y COLLATE nocase'),
    ('collate(a.c.y, "nocase")', 'a.y COLLATE nocase', {}, 'a.y COLLATE nocase'),
    ('a.c.y.collate("nocase").like("q")', '(a.y COLLATE nocase) LIKE :param_1', {'param_1': 'q'}, '(a.y COLLATE nocase) LIKE ?'),
    ('a.c.y.collate("nocase").desc()', 'a.y COLLATE nocase DESC', {}, 'a.y COLLATE nocase DESC'),
    ('a.c.y.collate("nocase") == "q"', '(a.y COLLATE nocase) = :param_1', {'param_1': 'q'}, '(a.y COLLATE nocase) = ?'),
    ('a.c.x.asc()', 'a.x ASC', {}, 'a.x ASC'),
    ('a.c.x.desc()', 'a.x DESC', {}, 'a.x DESC'),
    ('a.c.x.desc().nulls_last()', 'a.x DESC NULLS LAST', {}, 'a.x DESC NULLS LAST'),
    ('a.c.x.nulls_first()', 'a.x NULLS FIRST', {}, 'a.x NULLS FIRST'),
    ('desc(a.c.x)', 'a.x DESC', {}, 'a.x DESC'),
    ('nulls_last(a.c.x.desc())', 'a.x DESC NULLS LAST', {}, 'a.x DESC NULLS LAST'),
    ('func.count()', 'count(*)', {}, 'count(*)'),
    ('func.count(a.c.x)', 'count(a.x)', {}, 'count(a.x)'),
    ('func.count(distinct(a.c.x))', 'count(DISTINCT a.x)', {}, 'count(DISTINCT a.x)'),
    ('func.count(a.c.x.distinct())', 'count(DISTINCT a.x)', {}, 'count(DISTINCT a.x)'),
    ('func.now()', 'now()', {}, 'CURRENT_TIMESTAMP'),
    ('func.current_timestamp()', 'CURRENT_TIMESTAMP', {}, 'CURRENT_TIMESTAMP'),
    ('func.current_date()', 'CURRENT_DATE', {}, 'CURRENT_DATE'),
    ('func.lower(a.c.y)', 'lower(a.y)', {}, 'lower(a.y)'),
    ('func.lower(a.c.y) == "q"', 'lower(a.y) = :lower_1', {'lower_1': 'q'}, 'lower(a.y) = ?'),
    ('func.lower("q")', 'lower(:lower_1)', {'lower_1': 'q'}, 'lower(?)'),
    ('func.coalesce(a.c.x, 5)', 'coalesce(a.x, :coalesce_1)', {'coalesce_1': 5}, 'coalesce(a.x, ?)'),
    ('func.coalesce(a.c.y, "q", None)', 'coalesce(a.y, :coalesce_1, NULL)', {'coalesce_1': 'q'}, 'coalesce(a.y, ?, NULL)'),
    ('func.foo.bar(1)', 'foo.bar(:bar_1)', {'bar_1': 1}, 'foo.bar(?)'),
    ('func.foo.bar.bat(1, 2)', 'foo.bar.bat(:bat_1, :bat_2)', {'bat_1': 1, 'bat_2': 2}, 'foo.bar.bat(?, ?)'),
    ('func.sum(a.c.x) + 1', 'sum(a.x) + :sum_1', {'sum_1': 1}, 'sum(a.x) + ?'),
    ('func.max(a.c.x).label("q")', 'max(a.x)', {}, 'max(a.x)'),
    ('func.foo(a.c.x == 5)', 'foo(a.x = :x_1)', {'x_1': 5}, 'foo(a.x = ?)'),
    ('func.foo(select(a.c.x).scalar_subquery())', 'foo((SELECT a.x \nFROM a))', {}, 'foo((SELECT a.x \nFROM a))'),
    ('func.substr(a.c.y, 1, 2)', 'substr(a.y, :substr_1, :substr_2)', {'substr_1': 1, 'substr_2': 2}, 'substr(a.y, ?, ?)'),
    ('func.concat("a", a.c.y)', 'concat(:concat_1, a.y)', {'concat_1': 'a'}, 'concat(?, a.y)'),
    ('func.row_number().over()', 'row_number() OVER ()', {}, 'row_number() OVER ()'),
    ('func.row_number().over(order_by=a.c.x)', 'row_number() OVER (ORDER BY a.x)', {}, 'row_number() OVER (ORDER BY a.x)'),
    ('func.row_number().over(order_by=[a.c.x, a.c.y.desc()])', 'row_number() OVER (ORDER BY a.x, a.y DESC)', {}, 'row_number() OVER (ORDER BY a.x, a.y DESC)'),
    ('func.row_number().over(partition_by=a.c.x, order_by=a.c.y)', 'row_number() OVER (PARTITION BY a.x ORDER BY a.y)', {}, 'row_number() OVER (PARTITION BY a.x ORDER BY a.y)'),
    ('func.sum(a.c.x).over(partition_by=[a.c.x, a.c.y])', 'sum(a.x) OVER (PARTITION BY a.x, a.y)', {}, 'sum(a.x) OVER (PARTITION BY a.x, a.y)'),
    ('func.sum(a.c.x).over(order_by=a.c.id, rows=(None, 0))', 'sum(a.x) OVER (ORDER BY a.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)', {}, 'sum(a.x) OVER (ORDER BY a.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)'),
    ('func.sum(a.c.x).over(order_by=a.c.id, rows=(-5, 5))', 'sum(a.x) OVER (ORDER BY a.id ROWS BETWEEN :param_1 PRECEDING AND :param_2 FOLLOWING)', {'param_1': 5, 'param_2': 5}, 'sum(a.x) OVER (ORDER BY a.id ROWS BETWEEN ? PRECEDING AND ? FOLLOWING)'),
    ('func.sum(a.c.x).over(order_by=a.c.id, range_=(0, None))', 'sum(a.x) OVER (ORDER BY a.id RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)', {}, 'sum(a.x) OVER (ORDER BY a.id RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)'),
    ('func.sum(a.c.x).over(order_by=a.c.id, rows=(1, 5))', 'sum(a.x) OVER (ORDER BY a.id ROWS BETWEEN :param_1 FOLLOWING AND :param_2 FOLLOWING)', {'param_1': 1, 'param_2': 5}, 'sum(a.x) OVER (ORDER BY a.id ROWS BETWEEN ? FOLLOWING AND ? FOLLOWING)'),
    ('func.count(a.c.x).filter(a.c.x > 5)', 'count(a.x) FILTER (WHERE a.x > :x_1)', {'x_1': 5}, 'count(a.x) FILTER (WHERE a.x > ?)'),
    ('func.count(a.c.x).filter(a.c.x > 5, a.c.y == "q")', 'count(a.x) FILTER (WHERE a.x > :x_1 AND a.y = :y_1)', {'x_1': 5, 'y_1': 'q'}, 'count(a.x) FILTER (WHERE a.x > ? AND a.y = ?)'),
    ('func.count(a.c.x).filter(a.c.x > 5).over(order_by=a.c.id)', 'count(a.x) FILTER (WHERE a.x > :x_1) OVER (ORDER BY a.id)', {'x_1': 5}, 'count(a.x) FILTER (WHERE a.x > ?) OVER (ORDER BY a.id)'),
    ('funcfilter(func.count(1), a.c.x > 5)', 'count(:count_1) FILTER (WHERE a.x > :x_1)', {'count_1': 1, 'x_1': 5}, 'count(?) FILTER (WHERE a.x > ?)'),
    ('func.percentile_cont(0.5).within_group(a.c.x)', 'percentile_cont(:percentile_cont_1) WITHIN GROUP (ORDER BY a.x)', {'percentile_cont_1': 0.5}, 'percentile_cont(?) WITHIN GROUP (ORDER BY a.x)'),
    ('func.mode().within_group(a.c.x.desc())', 'mode() WITHIN GROUP (ORDER BY a.x DESC)', {}, 'mode() WITHIN GROUP (ORDER BY a.x DESC)'),
    ('func.group_concat(a.c.y, ",")', 'group_concat(a.y, :group_concat_1)', {'group_concat_1': ','}, 'group_concat(a.y, ?)'),
    ('func.json_extract(a.c.y, "$.a") == 5', 'json_extract(a.y, :json_extract_1) = :json_extract_2', {'json_extract_1': '$.a', 'json_extract_2': 5}, 'json_extract(a.y, ?) = ?'),
    ('func.random()', 'random()', {}, 'random()'),
    ('func.char_length(a.c.y)', 'char_length(a.y)', {}, 'length(a.y)'),
    ('func.user()', 'USER', {}, 'USER'),
    ('func.current_user()', 'CURRENT_USER', {}, 'CURRENT_USER'),
    ('case((a.c.x == 1, "one"), else_="more")', 'CASE WHEN (a.x = :x_1) THEN :param_1 ELSE :param_2 END', {'param_1': 'one', 'param_2': 'more', 'x_1': 1}, 'CASE WHEN (a.x = ?) THEN ? ELSE ? END'),
    ('case((a.c.x == 1, "one"), (a.c.x == 2, a.c.y))', 'CASE WHEN (a.x = :x_1) THEN :param_1 WHEN (a.x = :x_2) THEN a.y END', {'param_1': 'one', 'x_1': 1, 'x_2': 2}, 'CASE WHEN (a.x = ?) THEN ? WHEN (a.x = ?) THEN a.y END'),
    ('case({1: "one", 2: "two"}, value=a.c.x)', 'CASE a.x WHEN :param_1 THEN :param_2 WHEN :param_3 THEN :param_4 END', {'param_1': 1, 'param_2': 'one', 'param_3': 2, 'param_4': 'two'}, 'CASE a.x WHEN ? THEN ? WHEN ? THEN ? END'),
    ('case({1: "one"}, value=a.c.x, else_="q")', 'CASE a.x WHEN :param_1 THEN :param_2 ELSE :param_3 END', {'param_1': 1, 'param_2': 'one', 'param_3': 'q'}, 'CASE a.x WHEN ? THEN ? ELSE ? END'),
    ('case((a.c.x == 1, 5), else_=6) + 1', 'CASE WHEN (a.x = :x_1) THEN :param_1 ELSE :param_2 END + :param_3', {'param_1': 5, 'param_2': 6, 'param_3': 1, 'x_1': 1}, 'CASE WHEN (a.x = ?) THEN ? ELSE ? END + ?'),
    ('case((a.c.x == 1, None), else_=0)', 'CASE WHEN (a.x = :x_1) THEN NULL ELSE :param_1 END', {'param_1': 0, 'x_1': 1}, 'CASE WHEN (a.x = ?) THEN NULL ELSE ? END'),
    ('cast(a.c.x, String)', 'CAST(a.x AS VARCHAR)', {}, 'CAST(a.x AS VARCHAR)'),
    ('cast(a.c.x, String(50))', 'CAST(a.x AS VARCHAR(50))', {}, 'CAST(a.x AS VARCHAR(50))'),
    ('cast("5", Integer)', 'CAST(:param_1 AS INTEGER)', {'param_1': '5'}, 'CAST(? AS INTEGER)'),
    ('cast(a.c.x, Numeric(10, 2))', 'CAST(a.x AS NUMERIC(10, 2))', {}, 'CAST(a.x AS NUMERIC(10, 2))'),
    ('cast(a.c.x, DateTime)', 'CAST(a.x AS DATETIME)', {}, 'CAST(a.x AS DATETIME)'),
    ('cast(a.c.x + 1, Text)', 'CAST(a.x + :x_1 AS TEXT)', {'x_1': 1}, 'CAST(a.x + ? AS TEXT)'),
    ('a.c.x.cast(Float)', 'CAST(a.x AS FLOAT)', {}, 'CAST(a.x AS FLOAT)'),
    ('cast(a.c.x, Boolean)', 'CAST(a.x AS BOOLEAN)', {}, 'CAST(a.x AS BOOLEAN)'),
    ('cast(a.c.x, LargeBinary)', 'CAST(a.x AS BLOB)', {}, 'CAST(a.x AS BLOB)'),
    ('type_coerce(a.c.x, String)', 'a.x', {}, 'a.x'),
    ('type_coerce(a.c.x, String) + "q"', 'a.x || :param_1', {'param_1': 'q'}, 'a.x || ?'),
    ('extract("year", a.c.z)', 'EXTRACT(year FROM a.z)', {}, "CAST(STRFTIME('%Y', a.z) AS INTEGER)"),
    ('extract("dow", a.c.z) == 3', 'EXTRACT(dow FROM a.z) = :param_1', {'param_1': 3}, "CAST(STRFTIME('%w', a.z) AS INTEGER) = ?"),
    ('literal(5)', ':param_1', {'param_1': 5}, '?'),
    ('literal("q")', ':param_1', {'param_1': 'q'}, '?'),
    ('literal(5) + 6', ':param_1 + :param_2', {'param_1': 5, 'param_2': 6}, '? + ?'),
    ('literal(None)', ':param_1', {'param_1': None}, '?'),
    ('literal_column("a + b")', 'a + b', {}, 'a + b'),
    ('literal_column("a + b") * 5', 'a + b * :a_+_b_1', {'a_+_b_1': 5}, 'a + b * ?'),
    ('null()', 'NULL', {}, 'NULL'),
    ('true()', 'true', {}, '1'),
    ('false()', 'false', {}, '0'),
    ('text("a = :b")', 'a = :b', {'b': None}, 'a = ?'),
    ('text(r"a\\:b")', 'a:b', {}, 'a:b'),
    ('text("a::int = :b and x = \'foo:bar\'")', "a::int = :b and x = 'foo:bar'", {'b': None}, "a::int = ? and x = 'foo:bar'"),
    ('column("a")', 'a', {}, 'a'),
    ('column("SomeName")', '"SomeName"', {}, '"SomeName"'),
    ('column("a b")', '"a b"', {}, '"a b"'),
    ('column("select")', '"select"', {}, '"select"'),
    ('bindparam("q")', ':q', {'q': None}, '?'),
    ('bindparam("q", 5)', ':q', {'q': 5}, '?'),
    ('bindparam("q", 5, unique=True)', ':q_1', {'q_1': 5}, '?'),
    ('bindparam(None, 5)', ':param_1', {'param_1': 5}, '?'),
    ('tuple_(a.c.x, 5)', '(a.x, :param_1)', {'param_1': 5}, '(a.x, ?)'),
    ('any_(select(a.c.x).scalar_subquery())', 'ANY (SELECT a.x \nFROM a)', {}, 'ANY (SELECT a.x \nFROM a)'),
    ('a.c.x == any_(select(b.c.id).scalar_subquery())', 'a.x = ANY (SELECT b.id \nFROM b)', {}, 'a.x = ANY (SELECT b.id \nFROM b)'),
    ('5 == any_(select(b.c.id).scalar_subquery())', ':param_1 = ANY (SELECT b.id \nFROM b)', {'param_1': 5}, '? = ANY (SELECT b.id \nFROM b)'),
    ('a.c.x.any_()', 'ANY (a.x)', {}, 'ANY (a.x)'),
    ('a.c.x == all_(select(b.c.id).scalar_subquery())', 'a.x = ALL (SELECT b.id \nFROM b)', {}, 'a.x = ALL (SELECT b.id \nFROM b)'),
    ('a.c.x.label("foo")', 'a.x', {}, 'a.x'),
    ('a.c.x.label("foo") + 1', 'a.x + :param_1', {'param_1': 1}, 'a.x + ?'),
    ('a.c.x.label("foo").desc()', 'a.x DESC', {}, 'a.x DESC'),
    ('label("foo", a.c.x)', 'a.x', {}, 'a.x'),
]  # fmt: skip


@pytest.mark.parametrize(("source", "sql", "params", "sqlite"), CASES, ids=[case[0] for case in CASES])
def test_text(source, sql, params, sqlite):
    check(source, sql, params, sqlite)


def test_a_database_of_which_nothing_is_known_may_have_no_booleans():
    stmt = select(true()).where(column("q", Boolean), not_(column("r", Boolean)))
    assert str(stmt.compile(dialect=DefaultDialect())).split("WHERE ")[1] == "q = 1 AND r = 0"
    assert str(stmt.compile(dialect=DefaultDialect(supports_native_boolean=True))) == str(stmt) == "SELECT true AS anon_1 \nWHERE q AND NOT r"
    with pytest.raises(ArgumentError, match="mysql is known to have them or not"):
        mysql_dialect(supports_native_boolean=True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'no_such'"):
        DefaultDialect(no_such=1)


@pytest.mark.parametrize(
    ("paramstyle", "text"),
    [
        ("format", "t.x %% %s AND %s = '100%%'"),
        ("pyformat", "t.x %% %(x_1)s AND %(param_1)s = '100%%'"),
        ("numeric", "t.x % :1 AND :2 = '100%'"),
        ("numeric_dollar", "t.x % $1 AND $2 = '100%'"),
        ("named", "t.x % :x_1 AND :param_1 = '100%'"),
    ],
)
def test_percent_signs_are_doubled_where_placeholders_have_them(paramstyle, text):
    condition = (table("t", column("x", Integer)).c.x % 5) & (literal("z") == literal_column("'100%'"))
    assert str(condition.compile(dialect=DefaultDialect(paramstyle=paramstyle))) == text


def test_the_order_of_operands_is_the_programs():
    a = table("a", column("x", Integer))
    b = a.alias("b")
    assert [str(a.c.x == b.c.x), str(a.c.x < b.c.x), str(b.c.x == a.c.x)] == ["a.x = b.x", "a.x < b.x", "b.x = a.x"]
    assert str(column("q") != func.unnest(a.c.x).table_valued("v").c.v) == "q != anon_1.v"


@pytest.mark.parametrize(("name", "parameter"), [("a.b", "a_b_1"), ("_id", "id_1"), ("a [b]: c", "a_b_c_1"), ("__", "param_1"), ("$x(", "x_1")])
def test_parameters_are_called_after_columns_in_plain_characters(name, parameter):
    assert list((column(name) == 1).compile().params) == [parameter]


def test_functions_in_from_spell_their_columns():
    f = func.f(column("x")).table_valued(column("a", Integer), column("B", String), with_ordinality="n")
    for made, text in (
        (f, "f(x) WITH ORDINALITY AS anon_1"),
        (f.render_derived(), 'f(x) WITH ORDINALITY AS anon_1(a, "B", n)'),
        (f.render_derived("g", with_types=True), 'f(x) WITH ORDINALITY AS g(a INTEGER, "B" VARCHAR, n INTEGER)'),
        (f.render_derived().lateral("l"), 'LATERAL f(x) WITH ORDINALITY AS l(a, "B", n)'),
    ):
        assert str(select(made.c.n)).split("FROM ")[1] == text


def test_casts_and_extracts_among_the_functions():
    assert str(func.cast(column("x"), Integer)) == "CAST(x AS INTEGER)"
    assert str(func.extract("year", column("x"))) == "EXTRACT(year FROM x)"


def test_subqueries_alone_are_shown_as_their_select():
    stmt = select(column("x"))
    assert str(stmt.subquery()) == str(stmt.cte("c")) == str(stmt.subquery("s").select()).split("(")[1].split(")")[0] == "SELECT x"


def test_true_and_false_have_no_order():
    for compare in (lambda c: c < True, lambda c: c >= False, lambda c: True > c):
        with pytest.raises(ArgumentError, match="operators can be used with None/True/False"):
            compare(column("x", Integer))
    assert str(column("x", Integer) != True) == "x != true"  # noqa: E712 - the operator is what is tested


def test_collections_of_columns_are_selected_whole():
    t = table("t", column("a"), column("b"), column("c"))
    assert str(select(t.c["a", "c"])) == "SELECT t.a, t.c \nFROM t"
    assert str(select(t.c[1:], t.c.a.label("x"))) == "SELECT t.b, t.c, t.a AS x \nFROM t"
    assert str(select(t.c).add_columns(t.alias("u").c["b", "c"])) == "SELECT t.a, t.b, t.c, u.b AS b_1, u.c AS c_1 \nFROM t, t AS u"


def test_the_type_of_a_case_is_that_of_its_last_value_that_has_one():
    flag, number, name = column("f", Boolean), column("n", Integer), column("s", String)
    assert isinstance(case((flag, None), (flag, number), (flag, None), else_=name).type, Integer)
    assert isinstance(case((flag, number), (flag, name)).type, String)
    assert isinstance(case((flag, None), else_=name).type, String)
    assert str(case(("a", "b"))) == "CASE WHEN :param_1 THEN :param_2 END"
