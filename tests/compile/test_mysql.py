"""Statements as MySQL and MariaDB have them. Where no server is named, both get the same text."""

import pytest

import cormorant as sa
from cormorant import exc, orm
from cormorant.dialects import mysql
from cormorant.dialects.mysql import mariadb

DIALECTS = {"mysql": mysql.dialect(), "mariadb": mariadb.dialect()}
metadata = sa.MetaData()
t = sa.Table(
    "t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer), sa.Column("name", sa.String(20)), sa.Column("flag", sa.Boolean),
    sa.Column("doc", sa.JSON), sa.Column("d", sa.DateTime), sa.Column("n", sa.Numeric(10, 2)), sa.Column("group", sa.Integer),
)  # fmt: skip
u = sa.Table("u", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("t_id", sa.ForeignKey("t.id")), sa.Column("y", sa.Integer))
c1 = sa.select(t.c.x).where(t.c.x > 5).cte("c1")
doc = t.c.doc


def text(statement, dialect="mysql", **kw):
    return " ".join(str(statement.compile(dialect=DIALECTS[dialect], compile_kwargs=kw)).split())


def test_words_are_quoted_with_backticks():
    assert text(sa.select(t.c.group, sa.literal_column("1").label("a`b"))) == "SELECT t.`group`, 1 AS `a``b` FROM t"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("statement", "sql"),
    [
        (sa.select(t.c.id).where(t.c.flag, ~t.c.flag, t.c.flag.is_(True)), "SELECT t.id FROM t WHERE t.flag = 1 AND t.flag = 0 AND t.flag IS true"),
        (sa.select(t.c.id).limit(5), "SELECT t.id FROM t LIMIT %s"),
        (sa.select(t.c.id).limit(5).offset(3), "SELECT t.id FROM t LIMIT %s, %s"),
        (sa.select(t.c.id).offset(3), "SELECT t.id FROM t LIMIT %s, 18446744073709551615"),
        (t.c.name + "a" + t.c.name, "concat(t.name, %s, t.name)"),
        (t.c.name.contains("x", autoescape=True), "t.name LIKE concat('%%', %s, '%%') ESCAPE '/'"),
        (t.c.name.iendswith("y"), "lower(t.name) LIKE concat('%%', lower(%s))"),
        (t.c.name.like("x", escape="\\"), "t.name LIKE %s ESCAPE '\\\\'"),
        (t.c.name.ilike("x"), "lower(t.name) LIKE lower(%s)"),
        (sa.select(t.c.x / 2, t.c.x // 2), "SELECT t.x / %s AS anon_1, FLOOR(t.x / %s) AS anon_2 FROM t"),
        (t.c.x.is_distinct_from(5), "NOT (t.x <=> %s)"),
        (t.c.x.is_not_distinct_from(5), "t.x <=> %s"),
        (~t.c.name.regexp_match("b"), "t.name NOT REGEXP %s"),
        (t.c.name.regexp_replace("a", "b"), "REGEXP_REPLACE(t.name, %s, %s)"),
        (t.c.name.match("foo"), "MATCH (t.name) AGAINST (%s IN BOOLEAN MODE)"),
        (mysql.match(t.c.name, t.c.x, against="foo"), "MATCH (t.name, t.x) AGAINST (%s)"),
        (mysql.match(t.c.name, against="foo").in_natural_language_mode(), "MATCH (t.name) AGAINST (%s IN NATURAL LANGUAGE MODE)"),
        (sa.cast(t.c.x, sa.String(5)), "CAST(t.x AS CHAR(5))"),
        (sa.cast(t.c.x, sa.Integer), "CAST(t.x AS SIGNED INTEGER)"),
        (sa.cast(t.c.x, mysql.INTEGER(unsigned=True)), "CAST(t.x AS UNSIGNED INTEGER)"),
        (sa.cast(t.c.x, sa.Numeric(10, 2)), "CAST(t.x AS DECIMAL(10, 2))"),
        (sa.cast(t.c.x, mysql.DATETIME(fsp=6)), "CAST(t.x AS DATETIME(6))"),
        (sa.cast(t.c.x, sa.TIMESTAMP), "CAST(t.x AS DATETIME)"),
        (sa.cast(t.c.x, sa.LargeBinary), "CAST(t.x AS BINARY)"),
        (sa.cast(t.c.name, mysql.CHAR(10, charset="utf8mb4")), "CAST(t.name AS CHAR(10) CHARACTER SET utf8mb4)"),
        (sa.cast(t.c.x, sa.Boolean), "(t.x != 0)"),
        (doc["a"], "JSON_EXTRACT(t.doc, %s)"),
        (doc["a"].as_string(), "CASE JSON_EXTRACT(t.doc, %s) WHEN 'null' THEN NULL ELSE JSON_UNQUOTE(JSON_EXTRACT(t.doc, %s)) END"),
        (doc["a"].as_integer(), "CASE JSON_EXTRACT(t.doc, %s) WHEN 'null' THEN NULL ELSE CAST(JSON_EXTRACT(t.doc, %s) AS SIGNED INTEGER) END"),
        (doc["a"].as_boolean(), "CASE JSON_EXTRACT(t.doc, %s) WHEN 'null' THEN NULL WHEN true THEN true ELSE false END"),
        (sa.select(t.c.id).with_for_update(read=True), "SELECT t.id FROM t LOCK IN SHARE MODE"),
        (sa.select(t.c.id).with_for_update(nowait=True), "SELECT t.id FROM t FOR UPDATE NOWAIT"),
        (sa.select(sa.func.random(), sa.func.sysdate()), "SELECT rand() AS random_1, SYSDATE() AS sysdate_1"),
        (sa.func.aggregate_strings(t.c.name, "'\\"), r"group_concat(t.name SEPARATOR '''\\')"),
        (sa.func.aggregate_strings(t.c.name, ",").aggregate_order_by(t.c.id.desc()), "group_concat(t.name ORDER BY t.id DESC SEPARATOR ',')"),
        (sa.select(t.c.x).group_by(sa.func.rollup(t.c.x)), "SELECT t.x FROM t GROUP BY t.x WITH ROLLUP"),
        (sa.select(sa.literal_column("1")).where(sa.literal_column("1") == 1), "SELECT 1 FROM DUAL WHERE 1 = %s"),
        (sa.update(t).values(x=u.c.y).where(t.c.id == u.c.t_id), "UPDATE t, u SET t.x=u.y WHERE t.id = u.t_id"),
        (sa.delete(t).where(t.c.id == u.c.t_id), "DELETE FROM t USING t, u WHERE t.id = u.t_id"),
        (sa.insert(t).prefix_with("IGNORE").values(x=1), "INSERT IGNORE INTO t (x) VALUES (%s)"),
        (sa.insert(t).from_select(["x"], sa.select(c1.c.x)), "INSERT INTO t (x) WITH c1 AS (SELECT t.x AS x FROM t WHERE t.x > %s) SELECT c1.x FROM c1"),
        (sa.select(t.c.id).with_hint(t, "USE INDEX (i)").join(u), "SELECT t.id FROM t USE INDEX (i) JOIN u ON t.id = u.t_id"),
        (sa.select(t.c.id).with_hint(t, "USE INDEX (i)", "oracle"), "SELECT t.id FROM t"),
        (sa.extract("year", t.c.d), "EXTRACT(year FROM t.d)"),
        (sa.extract("dow", t.c.d), "(DAYOFWEEK(t.d) - 1)"),
    ],
)
def test_statements(statement, sql, dialect):
    assert text(statement, dialect) == sql


def test_lists():
    assert text(t.c.id.in_([]), render_postcompile=True) == "t.id IN (SELECT _in_0 FROM (SELECT 1 AS _in_0) as _empty_set WHERE 1!=1)"
    assert text(sa.tuple_(t.c.id, t.c.x).in_([(1, 2), (3, 4)]), render_postcompile=True) == "(t.id, t.x) IN ((%s, %s), (%s, %s))"


def test_flags_of_regular_expressions():
    match, replace = t.c.name.regexp_match("a", flags="i"), t.c.name.regexp_replace("a", "b", flags="i")
    assert text(match) == "REGEXP_LIKE(t.name, %s, 'i')"
    assert text(match, "mariadb") == "t.name REGEXP CONCAT('(?', 'i', ')', %s)"
    assert text(replace) == "REGEXP_REPLACE(t.name, %s, %s, 1, 0, 'i')"
    assert text(replace, "mariadb") == "REGEXP_REPLACE(t.name, CONCAT('(?', 'i', ')', %s), %s)"


def test_locks_of_some_tables():
    lock = sa.select(t.c.id).with_for_update(of=t, skip_locked=True)
    assert text(lock) == "SELECT t.id FROM t FOR UPDATE OF t SKIP LOCKED"
    assert text(lock, "mariadb") == "SELECT t.id FROM t FOR UPDATE SKIP LOCKED"


def test_returning():
    assert text(sa.insert(t).values(x=1).returning(t.c.id), "mariadb") == "INSERT INTO t (x) VALUES (%s) RETURNING t.id"
    assert text(sa.delete(t).returning(t.c.id), "mariadb") == "DELETE FROM t RETURNING t.id"
    with pytest.raises(exc.CompileError, match="mysql has no RETURNING"):
        text(sa.insert(t).values(x=1).returning(t.c.id))
    with pytest.raises(exc.CompileError, match="mariadb has no RETURNING for UPDATE"):
        text(sa.update(t).values(x=1).returning(t.c.id), "mariadb")


def test_literals():
    values = sa.select(sa.literal("a'b\\c"), sa.literal(b"\x00a"), sa.literal(True), sa.literal(1.5))
    assert text(values, literal_binds=True) == r"SELECT 'a''b\\c' AS anon_1, x'0061' AS anon_2, true AS anon_3, 1.5 AS anon_4"
    assert text(t.c.name.in_(["\\", "'"]), literal_binds=True) == r"t.name IN ('\\', '''')"


def test_updates_of_classes_in_several_tables():
    class Base(orm.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String(9))
        kind = sa.Column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": "kind"}

    class Admin(User):
        __tablename__ = "admins"
        id = sa.Column(sa.ForeignKey("users.id"), primary_key=True)
        level = sa.Column(sa.Integer)

    change = sa.update(Admin).where(Admin.id == User.id, User.name == "x").values(level=8)
    assert text(change) == "UPDATE admins, users SET admins.level=%s WHERE admins.id = users.id AND users.name = %s"


def test_a_dialect_is_told_what_its_server_is():
    from cormorant.dialects import mysql
    from cormorant.dialects.mysql import base

    assert not mysql.dialect().is_mariadb and mysql.dialect(is_mariadb=True).is_mariadb
    told = mysql.dialect()
    told.server_version_info = (10, 6, 1)
    assert told.is_mariadb and told.server_version_info == (10, 6, 1)
    assert base.MSBigInteger is base.BIGINT is mysql.BIGINT and base.MSString is mysql.VARCHAR
    with pytest.raises(AttributeError, match="MSNothing"):
        base.MSNothing  # noqa: B018


def test_milliseconds():
    from cormorant.dialects import mysql

    text = str(sa.select(sa.extract("milliseconds", sa.column("at"))).compile(dialect=mysql.dialect()))
    assert "EXTRACT(millisecond FROM" in text
