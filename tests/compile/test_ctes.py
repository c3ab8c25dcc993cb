"""Common table expressions: where they are written, and what their statements call their parameters."""

from __future__ import annotations

import pytest

from cormorant import Integer, column, delete, exc, insert, literal, select, table, update
from cormorant.dialects import postgresql, sqlite

t = table("t", column("id", Integer), column("x", Integer))


def text(stmt, dialect=None):
    return " ".join(str(stmt.compile(dialect=dialect)).split())


def test_changes_in_ctes_name_no_parameters_after_columns():
    one, two = (insert(t).values(x=n).returning(t.c.id).cte(name) for n, name in ((1, "one"), (2, "two")))
    stmt = insert(t).from_select(["id"], select(one.c.id)).add_cte(two)
    assert text(stmt).startswith("WITH two AS (INSERT INTO t (x) VALUES (:param_1) RETURNING t.id)")
    assert text(update(t).values(x=3).add_cte(one, two)).endswith("UPDATE t SET x=:x")
    rows = insert(t).values([{"x": 1}, {"x": 2}]).cte("rows")
    assert sorted(stmt.add_cte(rows).compile().params.items()) == [("param_1", 2), ("param_2", 1), ("param_3", 2), ("param_4", 1)]
    assert "VALUES (:param_1), (:param_2)" in text(update(t).values(x=3).add_cte(rows))


@pytest.mark.parametrize(
    ("change", "sql"),
    [
        (delete(t).where(t.c.id == 1), "DELETE FROM t WHERE t.id = :id_1"),
        (update(t).where(t.c.id == 1), "UPDATE t SET id=:id, x=:x WHERE t.id = :id_1"),
    ],
)
def test_nesting_ctes_stand_before_the_change_that_they_belong_to(change, sql):
    inner = select(literal(1).label("one")).cte("i", nesting=True)
    outer = change.add_cte(inner).returning(t.c.id).cte("o")
    assert text(select(outer.c.id)).startswith(f"WITH o AS (WITH i AS (SELECT :param_1 AS one) {sql.split(' WHERE')[0].split(' SET')[0]}")


def test_nesting_ctes_of_the_whole_statement_are_written_with_the_others():
    inner = select(literal(1).label("a")).cte("i", nesting=True)
    plain = select(literal(2).label("b")).cte("plain")
    assert text(select(inner.c.a, plain.c.b)) == (
        "WITH i AS (SELECT :param_1 AS a), plain AS (SELECT :param_2 AS b) SELECT i.a, plain.b FROM i, plain"
    )


def test_nesting_ctes_of_two_places_may_share_a_name():
    first, second = (select(literal(n).label("v")).cte("n", nesting=True) for n in (1, 2))
    a, b = select(first.c.v).cte("a"), select(second.c.v).cte("b")
    assert text(select(a.c.v, b.c.v.label("w"))) == (
        "WITH a AS (WITH n AS (SELECT :param_1 AS v) SELECT n.v AS v FROM n), b AS (WITH n AS (SELECT :param_2 AS v) SELECT n.v AS v FROM n) "
        "SELECT a.v, b.v AS w FROM a, b"
    )
    same = select(literal(1).label("v")).cte("n"), select(literal(2).label("v")).cte("n")
    with pytest.raises(exc.CompileError, match="unrelated CTEs found with the same name: 'n'"):
        text(select(*(cte.c.v for cte in same)))


def test_a_cte_can_be_nested_where_it_is_added():
    inner = select(literal(1).label("v")).cte("i")
    outer = select(inner.c.v).add_cte(inner, nest_here=True).cte("o")
    assert text(select(outer.c.v)) == "WITH o AS (WITH i AS (SELECT :param_1 AS v) SELECT i.v AS v FROM i) SELECT o.v FROM o"


def test_words_of_one_database_leave_nothing_behind_on_others():
    cte = select(t.c.x).cte("c").prefix_with("NOT MATERIALIZED", dialect="postgresql").suffix_with("SEARCH 1", dialect="postgresql")
    stmt = select(cte.c.x).prefix_with("ALL", dialect="postgresql")
    assert str(stmt.compile(dialect=sqlite.dialect())) == "WITH c AS \n(SELECT t.x AS x \nFROM t) \n SELECT c.x \nFROM c"
    assert text(stmt, postgresql.dialect()) == "WITH c AS NOT MATERIALIZED (SELECT t.x AS x FROM t) SEARCH 1 SELECT ALL c.x FROM c"
