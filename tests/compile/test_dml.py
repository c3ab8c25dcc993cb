"""INSERT, UPDATE, DELETE as SQL text."""

from __future__ import annotations

import pytest

import cormorant as sa
from cormorant import bindparam, column, exc, insert, table
from cormorant.dialects import mysql, postgresql

from .world import check

# (expression, SQL of the default dialect, parameters, SQL of SQLite)
CASES = [
    ('insert(a)', 'INSERT INTO a (id, x, y, z, w, flag) VALUES (:id, :x, :y, :z, :w, :flag)', {'flag': None, 'id': None, 'w': None, 'x': None, 'y': None, 'z': None}, 'INSERT INTO a (id, x, y, z, w, flag) VALUES (?, ?, ?, ?, ?, ?)'),
    ('insert(a).values(x=5)', 'INSERT INTO a (x) VALUES (:x)', {'x': 5}, 'INSERT INTO a (x) VALUES (?)'),
    ('insert(a).values(x=5, y="q")', 'INSERT INTO a (x, y) VALUES (:x, :y)', {'x': 5, 'y': 'q'}, 'INSERT INTO a (x, y) VALUES (?, ?)'),
    ('insert(a).values({"x": 5, "y": "q"})', 'INSERT INTO a (x, y) VALUES (:x, :y)', {'x': 5, 'y': 'q'}, 'INSERT INTO a (x, y) VALUES (?, ?)'),
    ('insert(a).values({a.c.x: 5})', 'INSERT INTO a (x) VALUES (:x)', {'x': 5}, 'INSERT INTO a (x) VALUES (?)'),
    ('insert(a).values((1, 2))', 'INSERT INTO a (id, x) VALUES (:id, :x)', {'id': 1, 'x': 2}, 'INSERT INTO a (id, x) VALUES (?, ?)'),
    ('insert(a).values([{"x": 1, "y": "a"}, {"x": 2, "y": "b"}])', 'INSERT INTO a (x, y) VALUES (:x_m0, :y_m0), (:x_m1, :y_m1)', {'x_m0': 1, 'x_m1': 2, 'y_m0': 'a', 'y_m1': 'b'}, 'INSERT INTO a (x, y) VALUES (?, ?), (?, ?)'),
    ('insert(a).values([(1, 2), (3, 4)])', 'INSERT INTO a (id, x) VALUES (:id_m0, :x_m0), (:id_m1, :x_m1)', {'id_m0': 1, 'id_m1': 3, 'x_m0': 2, 'x_m1': 4}, 'INSERT INTO a (id, x) VALUES (?, ?), (?, ?)'),
    ('insert(a).values(x=func.lower("q"))', 'INSERT INTO a (x) VALUES (lower(:lower_1))', {'lower_1': 'q'}, 'INSERT INTO a (x) VALUES (lower(?))'),
    ('insert(a).values(x=select(func.max(b.c.id)).scalar_subquery())', 'INSERT INTO a (x) VALUES ((SELECT max(b.id) AS max_1 \nFROM b))', {}, 'INSERT INTO a (x) VALUES ((SELECT max(b.id) AS max_1 \nFROM b))'),
    ('insert(a).values(x=bindparam("foo"))', 'INSERT INTO a (x) VALUES (:foo)', {'foo': None}, 'INSERT INTO a (x) VALUES (?)'),
    ('insert(a).values(x=None)', 'INSERT INTO a (x) VALUES (:x)', {'x': None}, 'INSERT INTO a (x) VALUES (?)'),
    ('insert(a).values(x=literal_column("5"))', 'INSERT INTO a (x) VALUES (5)', {}, 'INSERT INTO a (x) VALUES (5)'),
    ('insert(a).values(x=5).returning(a.c.id)', 'INSERT INTO a (x) VALUES (:x) RETURNING a.id', {'x': 5}, 'INSERT INTO a (x) VALUES (?) RETURNING id'),
    ('insert(a).values(x=5).returning(a)', 'INSERT INTO a (x) VALUES (:x) RETURNING a.id, a.x, a.y, a.z, a.w, a.flag', {'x': 5}, 'INSERT INTO a (x) VALUES (?) RETURNING id, x, y, z, w, flag'),
    ('insert(a).values(x=5).returning(a.c.id.label("foo"), a.c.x + 1)', 'INSERT INTO a (x) VALUES (:x) RETURNING a.id AS foo, a.x + :x_1 AS anon_1', {'x': 5, 'x_1': 1}, 'INSERT INTO a (x) VALUES (?) RETURNING id AS foo, x + ? AS anon_1'),
    ('insert(a).from_select(["x", "y"], select(b.c.id, b.c.name))', 'INSERT INTO a (x, y) SELECT b.id, b.name \nFROM b', {}, 'INSERT INTO a (x, y) SELECT b.id, b.name \nFROM b'),
    ('insert(a).from_select([a.c.x], select(b.c.id).where(b.c.id > 5))', 'INSERT INTO a (x) SELECT b.id \nFROM b \nWHERE b.id > :id_1', {'id_1': 5}, 'INSERT INTO a (x) SELECT b.id \nFROM b \nWHERE b.id > ?'),
    ('insert(a).prefix_with("OR REPLACE").values(x=5)', 'INSERT OR REPLACE INTO a (x) VALUES (:x)', {'x': 5}, 'INSERT OR REPLACE INTO a (x) VALUES (?)'),
    ('a.insert().values(x=5)', 'INSERT INTO a (x) VALUES (:x)', {'x': 5}, 'INSERT INTO a (x) VALUES (?)'),
    ('insert(e)', 'INSERT INTO e (p) VALUES (:p)', {'p': None}, 'INSERT INTO e (p) VALUES (?)'),
    ('insert(s2).values(name="q")', 'INSERT INTO main."user" (name) VALUES (:name)', {'name': 'q'}, 'INSERT INTO main.user (name) VALUES (?)'),
    ('insert(table("t", column("p"))).values(p=5)', 'INSERT INTO t (p) VALUES (:p)', {'p': 5}, 'INSERT INTO t (p) VALUES (?)'),
    ('update(a).values(x=5)', 'UPDATE a SET x=:x', {'x': 5}, 'UPDATE a SET x=?'),
    ('update(a).values(x=5, y="q").where(a.c.id == 7)', 'UPDATE a SET x=:x, y=:y WHERE a.id = :id_1', {'id_1': 7, 'x': 5, 'y': 'q'}, 'UPDATE a SET x=?, y=? WHERE a.id = ?'),
    ('update(a).where(a.c.id == 7).values({"x": a.c.x + 1})', 'UPDATE a SET x=(a.x + :x_1) WHERE a.id = :id_1', {'id_1': 7, 'x_1': 1}, 'UPDATE a SET x=(a.x + ?) WHERE a.id = ?'),
    ('update(a).where(a.c.id == 7).values({a.c.x: 5})', 'UPDATE a SET x=:x WHERE a.id = :id_1', {'id_1': 7, 'x': 5}, 'UPDATE a SET x=? WHERE a.id = ?'),
    ('update(a).values(x=select(func.max(b.c.id)).where(b.c.a_id == a.c.id).scalar_subquery())', 'UPDATE a SET x=(SELECT max(b.id) AS max_1 \nFROM b \nWHERE b.a_id = a.id)', {}, 'UPDATE a SET x=(SELECT max(b.id) AS max_1 \nFROM b \nWHERE b.a_id = a.id)'),
    ('update(a).values(x=5).where(a.c.id == b.c.a_id)', 'UPDATE a SET x=:x FROM b WHERE a.id = b.a_id', {'x': 5}, 'UPDATE a SET x=? FROM b WHERE a.id = b.a_id'),
    ('update(a).ordered_values((a.c.y, "q"), (a.c.x, 5))', 'UPDATE a SET y=:y, x=:x', {'x': 5, 'y': 'q'}, 'UPDATE a SET y=?, x=?'),
    ('update(a).values(y=func.upper(a.c.y)).where(a.c.y.like("q%"))', 'UPDATE a SET y=upper(a.y) WHERE a.y LIKE :y_1', {'y_1': 'q%'}, 'UPDATE a SET y=upper(a.y) WHERE a.y LIKE ?'),
    ('update(a).values(x=None)', 'UPDATE a SET x=:x', {'x': None}, 'UPDATE a SET x=?'),
    ('update(a).where(a.c.id == 5)', 'UPDATE a SET id=:id, x=:x, y=:y, z=:z, w=:w, flag=:flag WHERE a.id = :id_1', {'flag': None, 'id': None, 'id_1': 5, 'w': None, 'x': None, 'y': None, 'z': None}, 'UPDATE a SET id=?, x=?, y=?, z=?, w=?, flag=? WHERE a.id = ?'),
    ('update(a).values(x=5).returning(a.c.id)', 'UPDATE a SET x=:x RETURNING a.id', {'x': 5}, 'UPDATE a SET x=? RETURNING id'),
    ('update(a).where(a.c.id == bindparam("b_id")).values(x=bindparam("b_x"))', 'UPDATE a SET x=:b_x WHERE a.id = :b_id', {'b_id': None, 'b_x': None}, 'UPDATE a SET x=? WHERE a.id = ?'),
    ('update(a).values(x=case((a.c.x > 5, 1), else_=2))', 'UPDATE a SET x=CASE WHEN (a.x > :x_1) THEN :param_1 ELSE :param_2 END', {'param_1': 1, 'param_2': 2, 'x_1': 5}, 'UPDATE a SET x=CASE WHEN (a.x > ?) THEN ? ELSE ? END'),
    ('a.update().where(a.c.x == 5).values(x=6)', 'UPDATE a SET x=:x WHERE a.x = :x_1', {'x': 6, 'x_1': 5}, 'UPDATE a SET x=? WHERE a.x = ?'),
    ('update(a).where(a.c.id.in_(select(b.c.a_id))).values(x=5)', 'UPDATE a SET x=:x WHERE a.id IN (SELECT b.a_id \nFROM b)', {'x': 5}, 'UPDATE a SET x=? WHERE a.id IN (SELECT b.a_id \nFROM b)'),
    ('update(a).filter_by(x=5).values(x=6)', 'UPDATE a SET x=:x WHERE a.x = :x_1', {'x': 6, 'x_1': 5}, 'UPDATE a SET x=? WHERE a.x = ?'),
    ('delete(a)', 'DELETE FROM a', {}, 'DELETE FROM a'),
    ('delete(a).where(a.c.x == 5)', 'DELETE FROM a WHERE a.x = :x_1', {'x_1': 5}, 'DELETE FROM a WHERE a.x = ?'),
    ('delete(a).where(a.c.x == 5, a.c.y == "q")', 'DELETE FROM a WHERE a.x = :x_1 AND a.y = :y_1', {'x_1': 5, 'y_1': 'q'}, 'DELETE FROM a WHERE a.x = ? AND a.y = ?'),
    ('delete(a).where(a.c.id.in_(select(b.c.a_id)))', 'DELETE FROM a WHERE a.id IN (SELECT b.a_id \nFROM b)', {}, 'DELETE FROM a WHERE a.id IN (SELECT b.a_id \nFROM b)'),
    ('delete(a).where(a.c.x == 5).returning(a.c.id)', 'DELETE FROM a WHERE a.x = :x_1 RETURNING a.id', {'x_1': 5}, 'DELETE FROM a WHERE a.x = ? RETURNING id'),
    ('delete(a).where(exists().where(b.c.a_id == a.c.id))', 'DELETE FROM a WHERE EXISTS (SELECT * \nFROM b \nWHERE b.a_id = a.id)', {}, 'DELETE FROM a WHERE EXISTS (SELECT * \nFROM b \nWHERE b.a_id = a.id)'),
    ('a.delete().where(a.c.x == 5)', 'DELETE FROM a WHERE a.x = :x_1', {'x_1': 5}, 'DELETE FROM a WHERE a.x = ?'),
    ('delete(a).where(true())', 'DELETE FROM a WHERE true', {}, 'DELETE FROM a WHERE 1 = 1'),
    ('with_cte_insert', 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > :x_1)\n INSERT INTO a (x) SELECT c1.x \nFROM c1', {'x_1': 5}, 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > ?)\n INSERT INTO a (x) SELECT c1.x \nFROM c1'),
    ('update(a).where(a.c.id == c1.c.x).values(x=5)', 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > :x_1)\n UPDATE a SET x=:x FROM c1 WHERE a.id = c1.x', {'x': 5, 'x_1': 5}, 'WITH c1 AS \n(SELECT a.x AS x \nFROM a \nWHERE a.x > ?)\n UPDATE a SET x=? FROM c1 WHERE a.id = c1.x'),
]  # fmt: skip


@pytest.mark.parametrize(("source", "sql", "params", "sqlite"), CASES, ids=[case[0] for case in CASES])
def test_text(source, sql, params, sqlite):
    check(source, sql, params, sqlite)


def test_filter_by_finds_the_other_tables_of_a_change():
    metadata = sa.MetaData()
    a = sa.Table("a", metadata, sa.Column("id", sa.Integer), sa.Column("n", sa.Integer))
    b = sa.Table("b", metadata, sa.Column("a_id", sa.Integer), sa.Column("e", sa.Integer))
    changed = str(sa.update(a).values(n=1).where(a.c.id == b.c.a_id).filter_by(e=5, n=2))
    assert changed.endswith("FROM b WHERE a.id = b.a_id AND b.e = :e_1 AND a.n = :n_1")
    assert str(sa.delete(a).where(a.c.id == b.c.a_id).filter_by(e=5)).endswith("WHERE a.id = b.a_id AND b.e = :e_1")
    with pytest.raises(exc.InvalidRequestError, match='None of the FROM clause entities have a property "x". Searched entities: a, b'):
        sa.delete(a).where(a.c.id == b.c.a_id).filter_by(x=5)
    with pytest.raises(exc.InvalidRequestError, match='"a" has no property "e"'):
        sa.delete(a).where(a.c.n.in_(sa.select(b.c.e))).filter_by(e=5)


def test_case_blind_affixes_on_postgresql():
    column = sa.column("a", sa.String)
    shown = [str(given.compile(dialect=postgresql.dialect())) for given in (column.icontains("x"), ~column.istartswith("x"), column.ilike("x"))]
    assert shown == ["a ILIKE '%%' || %(a_1)s::VARCHAR || '%%'", "a NOT ILIKE %(a_1)s::VARCHAR || '%%'", "a ILIKE %(a_1)s::VARCHAR"]


def test_names_of_parameters_are_no_columns():
    t = table("t", column("x"), column("y"))
    statement = insert(t).values(x=bindparam("given"))
    assert str(statement.compile(column_keys=["given", "y"])) == "INSERT INTO t (x, y) VALUES (:given, :y)"


def test_rows_of_a_select_get_the_defaults_of_other_columns():
    rows = sa.Table("rows", sa.MetaData(), sa.Column("x", sa.Integer), sa.Column("d", sa.Integer, default=5))
    t = table("t", column("x"), column("y"))

    def text(source, **how):
        return str(insert(rows).from_select(["x"], source, **how)).replace("\n", "")

    both = sa.union(sa.select(t.c.x), sa.select(t.c.y))
    assert text(table("one", column("x"))) == "INSERT INTO rows (x, d) SELECT one.x, :d AS anon_1 FROM one"
    assert text(both.subquery("s")) == (
        "INSERT INTO rows (x, d) SELECT s.x, :d AS anon_1 FROM (SELECT t.x AS x FROM t UNION SELECT t.y AS y FROM t) AS s"
    )
    assert text(both, include_defaults=False) == "INSERT INTO rows (x) SELECT t.x FROM t UNION SELECT t.y FROM t"
    for source in (both, sa.text("SELECT 1").columns(x=sa.Integer)):
        with pytest.raises(exc.CompileError, match='default of column "d"'):
            text(source)


def test_changes_of_joined_tables_on_mysql():
    a = sa.Table("a", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
    b = sa.Table("b", a.metadata, sa.Column("a_id", sa.ForeignKey("a.id")), sa.Column("name", sa.String))

    def text(statement):
        return str(statement.compile(dialect=mysql.dialect()))

    assert text(sa.delete(a).using(a.outerjoin(b)).where(b.c.name.is_(None))) == (
        "DELETE FROM a USING a LEFT OUTER JOIN b ON a.id = b.a_id WHERE b.name IS NULL"
    )
    assert text(sa.delete(a).where(b.c.name == "x")) == "DELETE FROM a USING a, b WHERE b.name = %s"
    assert text(sa.update(a.join(b)).values({a.c.name: "q"})) == "UPDATE a JOIN b ON a.id = b.a_id SET a.name=%s"
