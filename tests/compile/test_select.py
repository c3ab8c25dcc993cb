"""SELECT, set operations, CTEs, subqueries, functions in FROM as SQL text."""

from __future__ import annotations

import pytest

from cormorant import Column, Integer, MetaData, Table, column, select, table, text

from .world import check

# (expression, SQL of the default dialect, parameters, SQL of SQLite)
CASES = [
    ('select(a)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a'),
    ('select(a.c.x)', 'SELECT a.x \nFROM a', {}, 'SELECT a.x \nFROM a'),
    ('select(a.c.x, a.c.y)', 'SELECT a.x, a.y \nFROM a', {}, 'SELECT a.x, a.y \nFROM a'),
    ('select(a, b)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag, b.id AS id_1, b.a_id, b.name \nFROM a, b', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag, b.id AS id_1, b.a_id, b.name \nFROM a, b'),
    ('select(a.c.x.label("foo"))', 'SELECT a.x AS foo \nFROM a', {}, 'SELECT a.x AS foo \nFROM a'),
    ('select(a.c.x + 1)', 'SELECT a.x + :x_1 AS anon_1 \nFROM a', {'x_1': 1}, 'SELECT a.x + ? AS anon_1 \nFROM a'),
    ('select((a.c.x + 1).label("n"), a.c.y)', 'SELECT a.x + :x_1 AS n, a.y \nFROM a', {'x_1': 1}, 'SELECT a.x + ? AS n, a.y \nFROM a'),
    ('select(1 + literal(2))', 'SELECT :param_1 + :param_2 AS anon_1', {'param_1': 1, 'param_2': 2}, 'SELECT ? + ? AS anon_1'),
    ('select(text("1"))', 'SELECT 1', {}, 'SELECT 1'),
    ('select(literal_column("1"))', 'SELECT 1', {}, 'SELECT 1'),
    ('select(literal(1))', 'SELECT :param_1 AS anon_1', {'param_1': 1}, 'SELECT ? AS anon_1'),
    ('select(literal(1).label("one"))', 'SELECT :param_1 AS one', {'param_1': 1}, 'SELECT ? AS one'),
    ('select(func.count(a.c.x))', 'SELECT count(a.x) AS count_1 \nFROM a', {}, 'SELECT count(a.x) AS count_1 \nFROM a'),
    ('select(func.count(a.c.x), func.count(a.c.y))', 'SELECT count(a.x) AS count_1, count(a.y) AS count_2 \nFROM a', {}, 'SELECT count(a.x) AS count_1, count(a.y) AS count_2 \nFROM a'),
    ('select(func.count()).select_from(a)', 'SELECT count(*) AS count_1 \nFROM a', {}, 'SELECT count(*) AS count_1 \nFROM a'),
    ('select(a.c.x).where(a.c.x == 5)', 'SELECT a.x \nFROM a \nWHERE a.x = :x_1', {'x_1': 5}, 'SELECT a.x \nFROM a \nWHERE a.x = ?'),
    ('select(a.c.x).where(a.c.x == 5, a.c.y == "q")', 'SELECT a.x \nFROM a \nWHERE a.x = :x_1 AND a.y = :y_1', {'x_1': 5, 'y_1': 'q'}, 'SELECT a.x \nFROM a \nWHERE a.x = ? AND a.y = ?'),
    ('select(a.c.x).where(a.c.x == 5).where(a.c.x == 7)', 'SELECT a.x \nFROM a \nWHERE a.x = :x_1 AND a.x = :x_2', {'x_1': 5, 'x_2': 7}, 'SELECT a.x \nFROM a \nWHERE a.x = ? AND a.x = ?'),
    ('select(a.c.x).where(or_(a.c.x == 5, a.c.x == 6), a.c.y == "f")', 'SELECT a.x \nFROM a \nWHERE (a.x = :x_1 OR a.x = :x_2) AND a.y = :y_1', {'x_1': 5, 'x_2': 6, 'y_1': 'f'}, 'SELECT a.x \nFROM a \nWHERE (a.x = ? OR a.x = ?) AND a.y = ?'),
    ('select(a.c.x).where(True)', 'SELECT a.x \nFROM a \nWHERE true', {}, 'SELECT a.x \nFROM a \nWHERE 1 = 1'),
    ('select(a.c.x).where(text("a.x > 5"))', 'SELECT a.x \nFROM a \nWHERE a.x > 5', {}, 'SELECT a.x \nFROM a \nWHERE a.x > 5'),
    ('select(a.c.x).where(a.c.flag)', 'SELECT a.x \nFROM a \nWHERE a.flag', {}, 'SELECT a.x \nFROM a \nWHERE a.flag = 1'),
    ('select(a.c.x).filter(a.c.x == 5)', 'SELECT a.x \nFROM a \nWHERE a.x = :x_1', {'x_1': 5}, 'SELECT a.x \nFROM a \nWHERE a.x = ?'),
    ('select(a).filter_by(x=5, y="q")', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE a.x = :x_1 AND a.y = :y_1', {'x_1': 5, 'y_1': 'q'}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE a.x = ? AND a.y = ?'),
    ('select(a.c.x).order_by(a.c.x)', 'SELECT a.x \nFROM a ORDER BY a.x', {}, 'SELECT a.x \nFROM a ORDER BY a.x'),
    ('select(a.c.x).order_by(a.c.x.desc(), a.c.y)', 'SELECT a.x \nFROM a ORDER BY a.x DESC, a.y', {}, 'SELECT a.x \nFROM a ORDER BY a.x DESC, a.y'),
    ('select(a.c.x).order_by("x")', 'SELECT a.x \nFROM a ORDER BY a.x', {}, 'SELECT a.x \nFROM a ORDER BY a.x'),
    ('select(a.c.x).order_by(desc("x"))', 'SELECT a.x \nFROM a ORDER BY a.x DESC', {}, 'SELECT a.x \nFROM a ORDER BY a.x DESC'),
    ('select(a.c.x.label("foo")).order_by("foo")', 'SELECT a.x AS foo \nFROM a ORDER BY foo', {}, 'SELECT a.x AS foo \nFROM a ORDER BY foo'),
    ('select(a.c.x.label("foo")).order_by(a.c.x)', 'SELECT a.x AS foo \nFROM a ORDER BY a.x', {}, 'SELECT a.x AS foo \nFROM a ORDER BY a.x'),
    ('select((a.c.x + 1).label("foo")).order_by(a.c.x + 1)', 'SELECT a.x + :x_1 AS foo \nFROM a ORDER BY a.x + :x_2', {'x_1': 1, 'x_2': 1}, 'SELECT a.x + ? AS foo \nFROM a ORDER BY a.x + ?'),
    ('select(a.c.x.label("foo")).order_by(desc("foo"))', 'SELECT a.x AS foo \nFROM a ORDER BY foo DESC', {}, 'SELECT a.x AS foo \nFROM a ORDER BY foo DESC'),
    ('select(a.c.x).order_by(text("x desc"))', 'SELECT a.x \nFROM a ORDER BY x desc', {}, 'SELECT a.x \nFROM a ORDER BY x desc'),
    ('select(a.c.x).order_by(a.c.x).order_by(None)', 'SELECT a.x \nFROM a', {}, 'SELECT a.x \nFROM a'),
    ('select(a.c.x).order_by(func.lower(a.c.y))', 'SELECT a.x \nFROM a ORDER BY lower(a.y)', {}, 'SELECT a.x \nFROM a ORDER BY lower(a.y)'),
    ('select(a.c.x, func.count()).group_by(a.c.x)', 'SELECT a.x, count(*) AS count_1 \nFROM a GROUP BY a.x', {}, 'SELECT a.x, count(*) AS count_1 \nFROM a GROUP BY a.x'),
    ('select(a.c.x, func.count()).group_by("x")', 'SELECT a.x, count(*) AS count_1 \nFROM a GROUP BY a.x', {}, 'SELECT a.x, count(*) AS count_1 \nFROM a GROUP BY a.x'),
    ('select(a.c.x, func.count().label("n")).group_by(a.c.x).having(func.count() > 5).order_by(desc("n"))', 'SELECT a.x, count(*) AS n \nFROM a GROUP BY a.x \nHAVING count(*) > :count_1 ORDER BY n DESC', {'count_1': 5}, 'SELECT a.x, count(*) AS n \nFROM a GROUP BY a.x \nHAVING count(*) > ? ORDER BY n DESC'),
    ('select(a.c.x).distinct()', 'SELECT DISTINCT a.x \nFROM a', {}, 'SELECT DISTINCT a.x \nFROM a'),
    ('select(a.c.x).limit(5)', 'SELECT a.x \nFROM a\n LIMIT :param_1', {'param_1': 5}, 'SELECT a.x \nFROM a\n LIMIT ? OFFSET ?'),
    ('select(a.c.x).limit(5).offset(6)', 'SELECT a.x \nFROM a\n LIMIT :param_1 OFFSET :param_2', {'param_1': 5, 'param_2': 6}, 'SELECT a.x \nFROM a\n LIMIT ? OFFSET ?'),
    ('select(a.c.x).offset(6)', 'SELECT a.x \nFROM a\n LIMIT -1 OFFSET :param_1', {'param_1': 6}, 'SELECT a.x \nFROM a\n LIMIT ? OFFSET ?'),
    ('select(a.c.x).limit(0)', 'SELECT a.x \nFROM a\n LIMIT :param_1', {'param_1': 0}, 'SELECT a.x \nFROM a\n LIMIT ? OFFSET ?'),
    ('select(a.c.x).limit(5).limit(None)', 'SELECT a.x \nFROM a', {}, 'SELECT a.x \nFROM a'),
    ('select(a.c.x).slice(5, 10)', 'SELECT a.x \nFROM a\n LIMIT :param_1 OFFSET :param_2', {'param_1': 5, 'param_2': 5}, 'SELECT a.x \nFROM a\n LIMIT ? OFFSET ?'),
    ('select(a.c.x).limit(literal(5) + 6)', 'SELECT a.x \nFROM a\n LIMIT :param_1 + :param_2', {'param_1': 5, 'param_2': 6}, 'SELECT a.x \nFROM a\n LIMIT ? + ? OFFSET ?'),
    ('select(a.c.x).limit(bindparam("n"))', 'SELECT a.x \nFROM a\n LIMIT :n', {'n': None}, 'SELECT a.x \nFROM a\n LIMIT ? OFFSET ?'),
    ('select(a.c.x).fetch(5)', 'SELECT a.x \nFROM a\n FETCH FIRST :param_1 ROWS ONLY', {'param_1': 5}, 'SELECT a.x \nFROM a\n FETCH FIRST ? ROWS ONLY'),
    ('select(a.c.x).fetch(5, with_ties=True)', 'SELECT a.x \nFROM a\n FETCH FIRST :param_1 ROWS WITH TIES', {'param_1': 5}, 'SELECT a.x \nFROM a\n FETCH FIRST ? ROWS WITH TIES'),
    ('select(a.c.x).fetch(5).offset(3)', 'SELECT a.x \nFROM a\n OFFSET :param_1 ROWS\n FETCH FIRST :param_2 ROWS ONLY', {'param_1': 3, 'param_2': 5}, 'SELECT a.x \nFROM a\n OFFSET ? ROWS\n FETCH FIRST ? ROWS ONLY'),
    ('select(a, b).join(b)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag, b.id AS id_1, b.a_id, b.name \nFROM a JOIN b ON a.id = b.a_id', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag, b.id AS id_1, b.a_id, b.name \nFROM a JOIN b ON a.id = b.a_id'),
    ('select(a).join(b)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a JOIN b ON a.id = b.a_id', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a JOIN b ON a.id = b.a_id'),
    ('select(a).join(b, a.c.x == b.c.id)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a JOIN b ON a.x = b.id', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a JOIN b ON a.x = b.id'),
    ('select(a).outerjoin(b)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a LEFT OUTER JOIN b ON a.id = b.a_id', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a LEFT OUTER JOIN b ON a.id = b.a_id'),
    ('select(a).join(b, isouter=True)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a LEFT OUTER JOIN b ON a.id = b.a_id', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a LEFT OUTER JOIN b ON a.id = b.a_id'),
    ('select(a).join(b, full=True)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a FULL OUTER JOIN b ON a.id = b.a_id', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a FULL OUTER JOIN b ON a.id = b.a_id'),
    ('select(a).join_from(a, b)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a JOIN b ON a.id = b.a_id', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a JOIN b ON a.id = b.a_id'),
    ('select(a.c.x).join_from(a, b, a.c.x == b.c.id)', 'SELECT a.x \nFROM a JOIN b ON a.x = b.id', {}, 'SELECT a.x \nFROM a JOIN b ON a.x = b.id'),
    ('select(a.c.x).select_from(a.join(b))', 'SELECT a.x \nFROM a JOIN b ON a.id = b.a_id', {}, 'SELECT a.x \nFROM a JOIN b ON a.id = b.a_id'),
    ('select(a.c.x).select_from(a.outerjoin(b, a.c.id == b.c.a_id))', 'SELECT a.x \nFROM a LEFT OUTER JOIN b ON a.id = b.a_id', {}, 'SELECT a.x \nFROM a LEFT OUTER JOIN b ON a.id = b.a_id'),
    ('select(a.c.x, b.c.id).select_from(join(a, b))', 'SELECT a.x, b.id \nFROM a JOIN b ON a.id = b.a_id', {}, 'SELECT a.x, b.id \nFROM a JOIN b ON a.id = b.a_id'),
    ('select(a.c.x).select_from(b)', 'SELECT a.x \nFROM b, a', {}, 'SELECT a.x \nFROM b, a'),
    ('select(a.c.x).select_from(a, b)', 'SELECT a.x \nFROM a, b', {}, 'SELECT a.x \nFROM a, b'),
    ('select(b).join(a).join(d)', 'SELECT b.id, b.a_id, b.name \nFROM b JOIN a ON a.id = b.a_id JOIN d ON b.id = d.b_id', {}, 'SELECT b.id, b.a_id, b.name \nFROM b JOIN a ON a.id = b.a_id JOIN d ON b.id = d.b_id'),
    ('select(a.c.x).select_from(a.join(b).join(d))', 'SELECT a.x \nFROM a JOIN b ON a.id = b.a_id JOIN d ON b.id = d.b_id', {}, 'SELECT a.x \nFROM a JOIN b ON a.id = b.a_id JOIN d ON b.id = d.b_id'),
    ('select(a.c.x).select_from(a.join(b.join(d, b.c.id == d.c.b_id), a.c.id == b.c.a_id))', 'SELECT a.x \nFROM a JOIN (b JOIN d ON b.id = d.b_id) ON a.id = b.a_id', {}, 'SELECT a.x \nFROM a JOIN (b JOIN d ON b.id = d.b_id) ON a.id = b.a_id'),
    ('a.join(b)', 'a JOIN b ON a.id = b.a_id', {}, 'a JOIN b ON a.id = b.a_id'),
    ('a.outerjoin(b)', 'a LEFT OUTER JOIN b ON a.id = b.a_id', {}, 'a LEFT OUTER JOIN b ON a.id = b.a_id'),
    ('a.join(b, full=True)', 'a FULL OUTER JOIN b ON a.id = b.a_id', {}, 'a FULL OUTER JOIN b ON a.id = b.a_id'),
    ('select(a.c.x, b.c.id).where(a.c.id == b.c.a_id)', 'SELECT a.x, b.id \nFROM a, b \nWHERE a.id = b.a_id', {}, 'SELECT a.x, b.id \nFROM a, b \nWHERE a.id = b.a_id'),
    ('select(a.c.x).with_only_columns(a.c.y)', 'SELECT a.y \nFROM a', {}, 'SELECT a.y \nFROM a'),
    ('select(a.c.x).add_columns(a.c.y)', 'SELECT a.x, a.y \nFROM a', {}, 'SELECT a.x, a.y \nFROM a'),
    ('select(a.c.x).with_for_update()', 'SELECT a.x \nFROM a FOR UPDATE', {}, 'SELECT a.x \nFROM a'),
    ('select(a.c.x).with_for_update(nowait=True)', 'SELECT a.x \nFROM a FOR UPDATE', {}, 'SELECT a.x \nFROM a'),
    ('select(a.c.x).with_for_update(read=True)', 'SELECT a.x \nFROM a FOR UPDATE', {}, 'SELECT a.x \nFROM a'),
    ('select(a.c.x).prefix_with("HIGH_PRIORITY")', 'SELECT HIGH_PRIORITY a.x \nFROM a', {}, 'SELECT HIGH_PRIORITY a.x \nFROM a'),
    ('select(a.c.x).suffix_with("OPTION X")', 'SELECT a.x \nFROM a OPTION X ', {}, 'SELECT a.x \nFROM a OPTION X '),
    ('select(a).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)', 'SELECT a.id AS a_id, a.x AS a_x, a.y AS a_y, a.z AS a_z, a.w AS a_w, a.flag AS a_flag \nFROM a', {}, 'SELECT a.id AS a_id, a.x AS a_x, a.y AS a_y, a.z AS a_z, a.w AS a_w, a.flag AS a_flag \nFROM a'),
    ('select(a, b).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)', 'SELECT a.id AS a_id, a.x AS a_x, a.y AS a_y, a.z AS a_z, a.w AS a_w, a.flag AS a_flag, b.id AS b_id, b.a_id AS b_a_id, b.name AS b_name \nFROM a, b', {}, 'SELECT a.id AS a_id, a.x AS a_x, a.y AS a_y, a.z AS a_z, a.w AS a_w, a.flag AS a_flag, b.id AS b_id, b.a_id AS b_a_id, b.name AS b_name \nFROM a, b'),
    ('select(a, b).set_label_style(LABEL_STYLE_NONE)', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag, b.id, b.a_id, b.name \nFROM a, b', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag, b.id, b.a_id, b.name \nFROM a, b'),
    ('select(a.c.id, b.c.id)', 'SELECT a.id, b.id AS id_1 \nFROM a, b', {}, 'SELECT a.id, b.id AS id_1 \nFROM a, b'),
    ('select(a.c.id, b.c.id, d.c.id)', 'SELECT a.id, b.id AS id_1, d.id AS id_2 \nFROM a, b, d', {}, 'SELECT a.id, b.id AS id_1, d.id AS id_2 \nFROM a, b, d'),
    ('select(a.c.x, a.c.x)', 'SELECT a.x, a.x AS x__1 \nFROM a', {}, 'SELECT a.x, a.x AS x__1 \nFROM a'),
    ('select(exists().where(a.c.x == 5))', 'SELECT EXISTS (SELECT * \nFROM a \nWHERE a.x = :x_1) AS anon_1', {'x_1': 5}, 'SELECT EXISTS (SELECT * \nFROM a \nWHERE a.x = ?) AS anon_1'),
    ('exists().where(a.c.x == 5)', 'EXISTS (SELECT * \nFROM a \nWHERE a.x = :x_1)', {'x_1': 5}, 'EXISTS (SELECT * \nFROM a \nWHERE a.x = ?)'),
    ('exists(select(a.c.x).where(a.c.x == 5))', 'EXISTS (SELECT a.x \nFROM a \nWHERE a.x = :x_1)', {'x_1': 5}, 'EXISTS (SELECT a.x \nFROM a \nWHERE a.x = ?)'),
    ('select(a.c.x).exists()', 'EXISTS (SELECT a.x \nFROM a)', {}, 'EXISTS (SELECT a.x \nFROM a)'),
    ('~exists().where(a.c.x == 5)', 'NOT (EXISTS (SELECT * \nFROM a \nWHERE a.x = :x_1))', {'x_1': 5}, 'NOT (EXISTS (SELECT * \nFROM a \nWHERE a.x = ?))'),
    ('select(a).where(exists().where(b.c.a_id == a.c.id))', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE EXISTS (SELECT * \nFROM b \nWHERE b.a_id = a.id)', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE EXISTS (SELECT * \nFROM b \nWHERE b.a_id = a.id)'),
    ('select(a).where(~exists().where(b.c.a_id == a.c.id))', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE NOT (EXISTS (SELECT * \nFROM b \nWHERE b.a_id = a.id))', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE NOT (EXISTS (SELECT * \nFROM b \nWHERE b.a_id = a.id))'),
    ('select(a).where(select(b.c.id).where(b.c.a_id == a.c.id).exists())', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE EXISTS (SELECT b.id \nFROM b \nWHERE b.a_id = a.id)', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE EXISTS (SELECT b.id \nFROM b \nWHERE b.a_id = a.id)'),
    ('select(a).where(exists(b.c.id).where(b.c.a_id == a.c.id))', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE EXISTS (SELECT b.id \nFROM b \nWHERE b.a_id = a.id)', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE EXISTS (SELECT b.id \nFROM b \nWHERE b.a_id = a.id)'),
    ('select(a).where(a.c.x == select(b.c.id).where(b.c.a_id == a.c.id).scalar_subquery())', 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE a.x = (SELECT b.id \nFROM b \nWHERE b.a_id = a.id)', {}, 'SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE a.x = (SELECT b.id \nFROM b \nWHERE b.a_id = a.id)'),
    ('select(a.c.x, select(func.count(b.c.id)).where(b.c.a_id == a.c.id).scalar_subquery().label("n"))', 'SELECT a.x, (SELECT count(b.id) AS count_1 \nFROM b \nWHERE b.a_id = a.id) AS n \nFROM a', {}, 'SELECT a.x, (SELECT count(b.id) AS count_1 \nFROM b \nWHERE b.a_id = a.id) AS n \nFROM a'),
    ('select(select(b.c.id).scalar_subquery().group_by(b.c.id).scalar_subquery().label("n"))', 'SELECT (SELECT b.id \nFROM b GROUP BY b.id) AS n', {}, 'SELECT (SELECT b.id \nFROM b GROUP BY b.id) AS n'),
    ('select(a.c.x, select(func.count(b.c.id)).where(b.c.a_id == a.c.id).scalar_subquery())', 'SELECT a.x, (SELECT count(b.id) AS count_1 \nFROM b \nWHERE b.a_id = a.id) AS anon_1 \nFROM a', {}, 'SELECT a.x, (SELECT count(b.id) AS count_1 \nFROM b \nWHERE b.a_id = a.id) AS anon_1 \nFROM a'),
    ('select(a.c.x).where(a.c.x > select(func.max(a.c.x)).scalar_subquery())', 'SELECT a.x \nFROM a \nWHERE a.x > (SELECT max(a.x) AS max_1 \nFROM a)', {}, 'SELECT a.x \nFROM a \nWHERE a.x > (SELECT max(a.x) AS max_1 \nFROM a)'),
    ('select(b).where(select(a.c.x).where(a.c.id == b.c.a_id).correlate(b).scalar_subquery() == 5)', 'SELECT b.id, b.a_id, b.name \nFROM b \nWHERE (SELECT a.x \nFROM a \nWHERE a.id = b.a_id) = :param_1', {'param_1': 5}, 'SELECT b.id, b.a_id, b.name \nFROM b \nWHERE (SELECT a.x \nFROM a \nWHERE a.id = b.a_id) = ?'),
    ('select(b).where(select(a.c.x).where(a.c.id == b.c.a_id).correlate(None).scalar_subquery() == 5)', 'SELECT b.id, b.a_id, b.name \nFROM b \nWHERE (SELECT a.x \nFROM a, b \nWHERE a.id = b.a_id) = :param_1', {'param_1': 5}, 'SELECT b.id, b.a_id, b.name \nFROM b \nWHERE (SELECT a.x \nFROM a, b \nWHERE a.id = b.a_id) = ?'),
    ('select(b).where(select(a.c.x).where(a.c.id == b.c.a_id).correlate_except(a).scalar_subquery() == 5)', 'SELECT b.id, b.a_id, b.name \nFROM b \nWHERE (SELECT a.x \nFROM a \nWHERE a.id = b.a_id) = :param_1', {'param_1': 5}, 'SELECT b.id, b.a_id, b.name \nFROM b \nWHERE (SELECT a.x \nFROM a \nWHERE a.id = b.a_id) = ?'),
    ('select(select(a.c.x).subquery())', 'SELECT anon_1.x \nFROM (SELECT a.x AS x \nFROM a) AS anon_1', {}, 'SELECT anon_1.x \nFROM (SELECT a.x AS x \nFROM a) AS anon_1'),
    ('select(select(a.c.x, a.c.y).where(a.c.x > 5).subquery("s"))', 'SELECT s.x, s.y \nFROM (SELECT a.x AS x, a.y AS y \nFROM a \nWHERE a.x > :x_1) AS s', {'x_1': 5}, 'SELECT s.x, s.y \nFROM (SELECT a.x AS x, a.y AS y \nFROM a \nWHERE a.x > ?) AS s'),
    ('select(select(a.c.x.label("foo")).subquery("s").c.foo)', 'SELECT s.foo \nFROM (SELECT a.x AS foo \nFROM a) AS s', {}, 'SELECT s.foo \nFROM (SELECT a.x AS foo \nFROM a) AS s'),
    ('select(select(a).subquery().c.x)', 'SELECT anon_1.x \nFROM (SELECT a.id AS id, a.x AS x, a.y AS y, a.z AS z, a.w AS w, a.flag AS flag \nFROM a) AS anon_1', {}, 'SELECT anon_1.x \nFROM (SELECT a.id AS id, a.x AS x, a.y AS y, a.z AS z, a.w AS w, a.flag AS flag \nFROM a) AS anon_1'),
    ('select(select(func.count(a.c.x)).subquery())', 'SELECT anon_1.count_1 \nFROM (SELECT count(a.x) AS count_1 \nFROM a) AS anon_1', {}, 'SELECT anon_1.count_1 \nFROM (SELECT count(a.x) AS count_1 \nFROM a) AS anon_1'),
    ('select(select(func.count(a.c.x).label("n")).subquery("s").c.n + 1)', 'SELECT s.n + :n_1 AS anon_1 \nFROM (SELECT count(a.x) AS n \nFROM a) AS s', {'n_1': 1}, 'SELECT s.n + ? AS anon_1 \nFROM (SELECT count(a.x) AS n \nFROM a) AS s'),
    ('select(a.alias("q").c.x)', 'SELECT q.x \nFROM a AS q', {}, 'SELECT q.x \nFROM a AS q'),
    ('select(a.alias().c.x)', 'SELECT a_1.x \nFROM a AS a_1', {}, 'SELECT a_1.x \nFROM a AS a_1'),
    ('select(a.alias("q"), a).where(a.alias("q").c.id == 5)', 'SELECT q.id, q.x, q.y, q.z, q.w, q.flag, a.id AS id_1, a.x AS x_1, a.y AS y_1, a.z AS z_1, a.w AS w_1, a.flag AS flag_1 \nFROM a AS q, a, a AS q \nWHERE q.id = :id_2', {'id_2': 5}, 'SELECT q.id, q.x, q.y, q.z, q.w, q.flag, a.id AS id_1, a.x AS x_1, a.y AS y_1, a.z AS z_1, a.w AS w_1, a.flag AS flag_1 \nFROM a AS q, a, a AS q \nWHERE q.id = ?'),
    ('select(al.c.x, a.c.x).where(al.c.id == a.c.x)', 'SELECT al.x, a.x AS x_1 \nFROM a AS al, a \nWHERE al.id = a.x', {}, 'SELECT al.x, a.x AS x_1 \nFROM a AS al, a \nWHERE al.id = a.x'),
    ('select(al).join(a, al.c.id == a.c.x)', 'SELECT al.id, al.x, al.y, al.z, al.w, al.flag \nFROM a AS al JOIN a ON al.id = a.x', {}, 'SELECT al.id, al.x, al.y, al.z, al.w, al.flag \nFROM a AS al JOIN a ON al.id = a.x'),
    ('select(a.alias(), a.alias())', 'SELECT a_1.id, a_1.x, a_1.y, a_1.z, a_1.w, a_1.flag, a_2.id AS id_1, a_2.x AS x_1, a_2.y AS y_1, a_2.z AS z_1, a_2.w AS w_1, a_2.flag AS flag_1 \nFROM a AS a_1, a AS a_2', {}, 'SELECT a_1.id, a_1.x, a_1.y, a_1.z, a_1.w, a_1.flag, a_2.id AS id_1, a_2.x AS x_1, a_2.y AS y_1, a_2.z AS z_1, a_2.w AS w_1, a_2.flag AS flag_1 \nFROM a AS a_1, a AS a_2'),
    ('select(select(a.c.x).subquery("s").alias("q").c.x)', 'SELECT q.x \nFROM (SELECT a.x AS x \nFROM a) AS q', {}, 'SELECT q.x \nFROM (SELECT a.x AS x \nFROM a) AS q'),
    ('select(a.alias("s").alias("q").c.x)', 'SELECT q.x \nFROM a AS q', {}, 'SELECT q.x \nFROM a AS q'),
    ('a.alias("q").c.x == 5', 'q.x = :x_1', {'x_1': 5}, 'q.x = ?'),
    ('alias(a, "q").c.x == 5', 'q.x = :x_1', {'x_1': 5}, 'q.x = ?'),
    ('union(select(a.c.x), select(b.c.id))', 'SELECT a.x \nFROM a UNION SELECT b.id \nFROM b', {}, 'SELECT a.x \nFROM a UNION SELECT b.id \nFROM b'),
    ('union_all(select(a.c.x), select(b.c.id))', 'SELECT a.x \nFROM a UNION ALL SELECT b.id \nFROM b', {}, 'SELECT a.x \nFROM a UNION ALL SELECT b.id \nFROM b'),
    ('intersect(select(a.c.x), select(b.c.id))', 'SELECT a.x \nFROM a INTERSECT SELECT b.id \nFROM b', {}, 'SELECT a.x \nFROM a INTERSECT SELECT b.id \nFROM b'),
    ('except_(select(a.c.x), select(b.c.id))', 'SELECT a.x \nFROM a EXCEPT SELECT b.id \nFROM b', {}, 'SELECT a.x \nFROM a EXCEPT SELECT b.id \nFROM b'),
    ('union(select(a.c.x), select(b.c.id)).order_by("x").limit(5)', 'SELECT a.x \nFROM a UNION SELECT b.id \nFROM b ORDER BY x\n LIMIT :param_1', {'param_1': 5}, 'SELECT a.x \nFROM a UNION SELECT b.id \nFROM b ORDER BY x\n LIMIT ? OFFSET ?'),
    ('union(select(a.c.x), select(b.c.id), select(d.c.id))', 'SELECT a.x \nFROM a UNION SELECT b.id \nFROM b UNION SELECT d.id \nFROM d', {}, 'SELECT a.x \nFROM a UNION SELECT b.id \nFROM b UNION SELECT d.id \nFROM d'),
    ('union(select(a.c.x).limit(1), select(b.c.id))', '(SELECT a.x \nFROM a\n LIMIT :param_1) UNION SELECT b.id \nFROM b', {'param_1': 1}, '(SELECT a.x \nFROM a\n LIMIT ? OFFSET ?) UNION SELECT b.id \nFROM b'),
    ('union(union(select(a.c.x), select(b.c.id)), select(d.c.id))', '(SELECT a.x \nFROM a UNION SELECT b.id \nFROM b) UNION SELECT d.id \nFROM d', {}, '(SELECT a.x \nFROM a UNION SELECT b.id \nFROM b) UNION SELECT d.id \nFROM d'),
    ('union_all(select(a.c.x), union(select(b.c.id), select(d.c.id)))', 'SELECT a.x \nFROM a UNION ALL (SELECT b.id \nFROM b UNION SELECT d.id \nFROM d)', {}, 'SELECT a.x \nFROM a UNION ALL (SELECT b.id \nFROM b UNION SELECT d.id \nFROM d)'),
    ('select(a.c.x).union(select(b.c.id))', 'SELECT a.x \nFROM a UNION SELECT b.id \nFROM b', {}, 'SELECT a.x \nFROM a UNION SELECT b.id \nFROM b'),
    ('select(union(select(a.c.x), select(b.c.id)).subquery())', 'SELECT anon_1.x \nFROM (SELECT a.x AS x \nFROM a UNION SELECT b.id AS id \nFROM b) AS anon_1', {}, 'SELECT anon_1.x \nFROM (SELECT a.x AS x \nFROM a UNION SELECT b.id AS id \nFROM b) AS anon_1'),
    ('select(union_all(select(a.c.x), select(b.c.id)).subquery("u").c.x)', 'SELECT u.x \nFROM (SELECT a.x AS x \nFROM a UNION ALL SELECT b.id AS id \nFROM b) AS u', {}, 'SELECT u.x \nFROM (SELECT a.x AS x \nFROM a UNION ALL SELECT b.id AS id \nFROM b) AS u'),
    ('select(select(a.c.x).cte("c"))', 'WITH c AS \n(SELECT a.x AS x \nFROM a)\n SELECT c.x \nFROM c', {}, 'WITH c AS \n(SELECT a.x AS x \nFROM a)\n SELECT c.x \nFROM c'),
    ('select(select(a.c.x).cte("c").c.x)', 'WITH c AS \n(SELECT a.x AS x \nFROM a)\n SELECT c.x \nFROM c', {}, 'WITH c AS \n(SELECT a.x AS x \nFROM a)\n SELECT c.x \nFROM c'),
    ('select(select(a.c.x).cte())', 'WITH anon_1 AS \n(SELECT a.x AS x \nFROM a)\n SELECT anon_1.x \nFROM anon_1', {}, 'WITH anon_1 AS \n(SELECT a.x AS x \nFROM a)\n SELECT anon_1.x \nFROM anon_1'),
    ('select(c1.c.x, c1b.c.x).where(c1.c.x == c1b.c.x)', 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > :x_2)\n SELECT c1.x, c1b.x AS x_1 \nFROM c1, c1 AS c1b \nWHERE c1.x = c1b.x', {'x_2': 5}, 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > ?)\n SELECT c1.x, c1b.x AS x_1 \nFROM c1, c1 AS c1b \nWHERE c1.x = c1b.x'),
    ('select(rc)', 'WITH RECURSIVE rc(id, x) AS \n(SELECT a.id AS id, a.x AS x \nFROM a \nWHERE a.x IS NULL UNION ALL SELECT a.id AS id, a.x AS x \nFROM a JOIN rc ON rc.id = a.x)\n SELECT rc.id, rc.x \nFROM rc', {}, 'WITH RECURSIVE rc(id, x) AS \n(SELECT a.id AS id, a.x AS x \nFROM a \nWHERE a.x IS NULL UNION ALL SELECT a.id AS id, a.x AS x \nFROM a JOIN rc ON rc.id = a.x)\n SELECT rc.id, rc.x \nFROM rc'),
    ('select(rc.c.id).where(rc.c.x > 5)', 'WITH RECURSIVE rc(id, x) AS \n(SELECT a.id AS id, a.x AS x \nFROM a \nWHERE a.x IS NULL UNION ALL SELECT a.id AS id, a.x AS x \nFROM a JOIN rc ON rc.id = a.x)\n SELECT rc.id \nFROM rc \nWHERE rc.x > :x_1', {'x_1': 5}, 'WITH RECURSIVE rc(id, x) AS \n(SELECT a.id AS id, a.x AS x \nFROM a \nWHERE a.x IS NULL UNION ALL SELECT a.id AS id, a.x AS x \nFROM a JOIN rc ON rc.id = a.x)\n SELECT rc.id \nFROM rc \nWHERE rc.x > ?'),
    ('select(a).where(a.c.id.in_(select(c1.c.x)))', 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > :x_1)\n SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE a.id IN (SELECT c1.x \nFROM c1)', {'x_1': 5}, 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > ?)\n SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a \nWHERE a.id IN (SELECT c1.x \nFROM c1)'),
    ('select(a).join(c1, c1.c.x == a.c.id)', 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > :x_1)\n SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a JOIN c1 ON c1.x = a.id', {'x_1': 5}, 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > ?)\n SELECT a.id, a.x, a.y, a.z, a.w, a.flag \nFROM a JOIN c1 ON c1.x = a.id'),
    ('select(a.c.x).add_cte(select(b.c.id).cte("q"))', 'WITH q AS \n(SELECT b.id AS id \nFROM b)\n SELECT a.x \nFROM a', {}, 'WITH q AS \n(SELECT b.id AS id \nFROM b)\n SELECT a.x \nFROM a'),
    ('select(values(column("p", Integer), column("q", String), name="v").data([(1, "x"), (2, "y")]))', 'SELECT v.p, v.q \nFROM (VALUES (:param_1, :param_2), (:param_3, :param_4)) AS v (p, q)', {'param_1': 1, 'param_2': 'x', 'param_3': 2, 'param_4': 'y'}, 'SELECT v.p, v.q \nFROM (VALUES (?, ?), (?, ?)) AS v (p, q)'),
    ('select(a.c.x, select(b.c.id).where(b.c.a_id == a.c.id).lateral("l").c.id)', 'SELECT a.x, l.id \nFROM a, LATERAL (SELECT b.id AS id \nFROM b \nWHERE b.a_id = a.id) AS l', {}, 'SELECT a.x, l.id \nFROM a, LATERAL (SELECT b.id AS id \nFROM b \nWHERE b.a_id = a.id) AS l'),
    ('select(a.c.x).join(select(b.c.id).where(b.c.a_id == a.c.id).lateral("l"), true())', 'SELECT a.x \nFROM a JOIN LATERAL (SELECT b.id AS id \nFROM b \nWHERE b.a_id = a.id) AS l ON true', {}, 'SELECT a.x \nFROM a JOIN LATERAL (SELECT b.id AS id \nFROM b \nWHERE b.a_id = a.id) AS l ON 1 = 1'),
    ('select(a.tablesample(func.bernoulli(1), name="s"))', 'SELECT s.id, s.x, s.y, s.z, s.w, s.flag \nFROM a AS s TABLESAMPLE bernoulli(:bernoulli_1)', {'bernoulli_1': 1}, 'SELECT s.id, s.x, s.y, s.z, s.w, s.flag \nFROM a AS s TABLESAMPLE bernoulli(?)'),
    ('select(func.json_each(a.c.y).table_valued("key", "value"))', 'SELECT anon_1.key, anon_1.value \nFROM json_each(a.y) AS anon_1', {}, 'SELECT anon_1."key", anon_1.value \nFROM json_each(a.y) AS anon_1'),
    ('select(func.json_each("q").table_valued("key", "value", name="j").c.key)', 'SELECT j.key \nFROM json_each(:json_each_1) AS j', {'json_each_1': 'q'}, 'SELECT j."key" \nFROM json_each(?) AS j'),
    ('select(func.generate_series(1, 5).column_valued())', 'SELECT anon_1 \nFROM generate_series(:generate_series_1, :generate_series_2) AS anon_1', {'generate_series_1': 1, 'generate_series_2': 5}, 'SELECT anon_1 \nFROM generate_series(?, ?) AS anon_1'),
    ('select(func.generate_series(1, 5).column_valued("x"))', 'SELECT x \nFROM generate_series(:generate_series_1, :generate_series_2) AS x', {'generate_series_1': 1, 'generate_series_2': 5}, 'SELECT x \nFROM generate_series(?, ?) AS x'),
    ('select(func.generate_series(1, 5).alias("x").column)', 'SELECT x \nFROM generate_series(:generate_series_1, :generate_series_2) AS x', {'generate_series_1': 1, 'generate_series_2': 5}, 'SELECT x \nFROM generate_series(?, ?) AS x'),
    ('select(func.unnest(a.c.y).table_valued("u").c.u)', 'SELECT anon_1.u \nFROM unnest(a.y) AS anon_1', {}, 'SELECT anon_1.u \nFROM unnest(a.y) AS anon_1'),
    ('select(text("x"), a.c.y).select_from(text("foo"))', 'SELECT x, a.y \nFROM foo, a', {}, 'SELECT x, a.y \nFROM foo, a'),
    ('select(table("t", column("p"), column("q")))', 'SELECT t.p, t.q \nFROM t', {}, 'SELECT t.p, t.q \nFROM t'),
    ('select(table("t", column("p")).c.p)', 'SELECT t.p \nFROM t', {}, 'SELECT t.p \nFROM t'),
    ('select(table("t", column("p"), schema="s"))', 'SELECT s.t.p \nFROM s.t', {}, 'SELECT s.t.p \nFROM s.t'),
    ('select(column("x")).select_from(table("t"))', 'SELECT x \nFROM t', {}, 'SELECT x \nFROM t'),
    ('select(s2.c.id, s2.c.name)', 'SELECT main."user".id, main."user".name \nFROM main."user"', {}, 'SELECT main.user.id, main.user.name \nFROM main.user'),
    ('select(s2)', 'SELECT main."user".id, main."user".name \nFROM main."user"', {}, 'SELECT main.user.id, main.user.name \nFROM main.user'),
    ('select(a.c.x).where(text("y = :y").bindparams(y=5))', 'SELECT a.x \nFROM a \nWHERE y = :y', {'y': 5}, 'SELECT a.x \nFROM a \nWHERE y = ?'),
    ('text("select x from a").columns(a.c.x)', 'select x from a', {}, 'select x from a'),
    ('select(text("select x from a").columns(column("x")).subquery("t").c.x)', 'SELECT t.x \nFROM (select x from a) AS t', {}, 'SELECT t.x \nFROM (select x from a) AS t'),
    ('select(text("select x from a").columns(x=Integer).subquery().c.x)', 'SELECT anon_1.x \nFROM (select x from a) AS anon_1', {}, 'SELECT anon_1.x \nFROM (select x from a) AS anon_1'),
    ('select(a.c.x).where(a.c.x == bindparam("foo"))', 'SELECT a.x \nFROM a \nWHERE a.x = :foo', {'foo': None}, 'SELECT a.x \nFROM a \nWHERE a.x = ?'),
    ('select(a.c.x).where(a.c.x == bindparam("foo", 5), a.c.id == bindparam("foo", 5))', 'SELECT a.x \nFROM a \nWHERE a.x = :foo AND a.id = :foo', {'foo': 5}, 'SELECT a.x \nFROM a \nWHERE a.x = ? AND a.id = ?'),
    ('select(a.c.x).where(a.c.x == 1, a.c.x == 2, a.c.y == "q", a.c.x == 3)', 'SELECT a.x \nFROM a \nWHERE a.x = :x_1 AND a.x = :x_2 AND a.y = :y_1 AND a.x = :x_3', {'x_1': 1, 'x_2': 2, 'x_3': 3, 'y_1': 'q'}, 'SELECT a.x \nFROM a \nWHERE a.x = ? AND a.x = ? AND a.y = ? AND a.x = ?'),
    ('select(a.c.x).reduce_columns()', 'SELECT a.x \nFROM a', {}, 'SELECT a.x \nFROM a'),
    ('select(distinct(a.c.x))', 'SELECT DISTINCT a.x \nFROM a', {}, 'SELECT DISTINCT a.x \nFROM a'),
    ('select(func.count(distinct(a.c.x, )))', 'SELECT count(DISTINCT a.x) AS count_1 \nFROM a', {}, 'SELECT count(DISTINCT a.x) AS count_1 \nFROM a'),
    ('select(a.c.x).where(a.c.z > func.now())', 'SELECT a.x \nFROM a \nWHERE a.z > now()', {}, 'SELECT a.x \nFROM a \nWHERE a.z > CURRENT_TIMESTAMP'),
    ('select(case((a.c.x > 5, a.c.y), else_="q").label("foo")).order_by("foo")', 'SELECT CASE WHEN (a.x > :x_1) THEN a.y ELSE :param_1 END AS foo \nFROM a ORDER BY foo', {'param_1': 'q', 'x_1': 5}, 'SELECT CASE WHEN (a.x > ?) THEN a.y ELSE ? END AS foo \nFROM a ORDER BY foo'),
    ('select(func.coalesce(select(func.sum(b.c.id)).where(b.c.a_id == a.c.id).scalar_subquery(), 0)).select_from(a)', 'SELECT coalesce((SELECT sum(b.id) AS sum_1 \nFROM b \nWHERE b.a_id = a.id), :coalesce_2) AS coalesce_1 \nFROM a', {'coalesce_2': 0}, 'SELECT coalesce((SELECT sum(b.id) AS sum_1 \nFROM b \nWHERE b.a_id = a.id), ?) AS coalesce_1 \nFROM a'),
]  # fmt: skip


@pytest.mark.parametrize(("source", "sql", "params", "sqlite"), CASES, ids=[case[0] for case in CASES])
def test_text(source, sql, params, sqlite):
    check(source, sql, params, sqlite)


def test_tables_are_complete_however_deep_they_stand():
    """Nothing has asked for the columns of the table before its statement is written."""

    def columns(make):
        table = Table("t", MetaData(), Column("x", Integer))
        return str(make(table)).replace("\n", "")

    assert columns(lambda t: select(t.select().subquery("s"))) == "SELECT s.x FROM (SELECT t.x AS x FROM t) AS s"
    assert columns(lambda t: t.select().cte("c").select()) == "WITH c AS (SELECT t.x AS x FROM t) SELECT c.x FROM c"
    assert columns(lambda t: select(t.select().subquery("s").alias("a"))) == "SELECT a.x FROM (SELECT t.x AS x FROM t) AS a"


def test_correlate_except_nothing_takes_everything_from_around():
    a, b = table("a", column("x")), table("b", column("x"))
    inner = select(a.c.x).where(a.c.x == b.c.x)
    for correlated in (inner.correlate_except(), inner.correlate_except(None)):
        text = str(select(a, b).where(a.c.x == correlated.scalar_subquery())).replace("\n", "")
        assert text.replace("  ", " ") == "SELECT a.x, b.x AS x_1 FROM a, b WHERE a.x = (SELECT a.x WHERE a.x = b.x)"


def test_texts_are_no_selected_columns():
    assert select(text("1"), column("x"), text("2")).selected_columns.keys() == ["x"]


def test_texts_and_values_bring_no_ctes():
    with pytest.raises(NotImplementedError, match="add_cte"):
        text("SELECT 1").columns(column("x")).add_cte(select(column("y")).cte("c"))
