"""Definitions of MySQL and MariaDB. The same tables make the DDL of other databases beside it: the text of one never shows in another."""

import enum

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.dialects import mysql, postgresql, sqlite
from cormorant.dialects.mysql import mariadb
from cormorant.schema import CreateColumn, CreateIndex, CreateTable, DropConstraint, DropIndex, DropTableComment, SetColumnComment, SetTableComment

MYSQL, MARIADB = mysql.dialect(), mariadb.dialect()


class Colour(enum.Enum):
    red = 1
    blue = 2


def text(definition, dialect=MYSQL):
    return " ".join(str(definition.compile(dialect=dialect)).split())


def column(type_, *args, dialect=MYSQL, **kw):
    made = sa.Table("t", sa.MetaData(), sa.Column("c", type_, *args, **kw)).c.c
    return text(CreateColumn(made), dialect)[2:]


@pytest.mark.parametrize(
    ("type_", "sql"),
    [
        (sa.Boolean, "BOOL"), (sa.DateTime, "DATETIME"), (sa.Double, "DOUBLE"), (sa.Float(10), "FLOAT(10)"), (sa.LargeBinary, "BLOB"),
        (sa.LargeBinary(100), "BLOB(100)"), (sa.Enum("x", "y'z", "a\\b"), r"ENUM('x','y''z','a\\b')"), (sa.Enum(Colour), "ENUM('red','blue')"),
        (sa.Enum("q", "rr", native_enum=False), "VARCHAR(2)"), (sa.Interval, "DATETIME"), (sa.NCHAR(5), "NATIONAL CHAR(5)"),
        (sa.NVARCHAR(5), "NATIONAL VARCHAR(5)"), (sa.VARBINARY(9), "VARBINARY(9)"), (sa.String(9, collation="utf8mb4_bin"), "VARCHAR(9) COLLATE utf8mb4_bin"),
        (sa.TIMESTAMP, "TIMESTAMP NULL"), (sa.Uuid(native_uuid=False), "CHAR(32)"), (sa.JSON, "JSON"), (mysql.TINYINT(1), "TINYINT(1)"),
        (mysql.MEDIUMINT(8, zerofill=True), "MEDIUMINT(8) ZEROFILL"), (mysql.MEDIUMTEXT(ascii=True), "MEDIUMTEXT ASCII"),
        (mysql.TIME(fsp=2), "TIME(2)"), (mysql.YEAR, "YEAR"), (mysql.BIT(8), "BIT(8)"), (mysql.DOUBLE(10, 3), "DOUBLE(10, 3)"),
        (mysql.SET("a", "b'c\\", charset="utf8mb4"), r"SET('a','b''c\\') CHARACTER SET utf8mb4"), (mysql.DECIMAL(7, 2, unsigned=True), "DECIMAL(7, 2) UNSIGNED"),
        (mysql.ENUM("p", collation="utf8mb4_bin"), "ENUM('p') COLLATE utf8mb4_bin"), (mysql.VARCHAR(10, national=True), "NATIONAL VARCHAR(10)"),
    ],
)  # fmt: skip
def test_types(type_, sql):
    assert column(type_) == column(type_, dialect=MARIADB) == sql


def test_uuids_are_native_on_mariadb():
    assert column(sa.Uuid) == "CHAR(32)"
    assert column(sa.Uuid, dialect=MARIADB) == "UUID"


def test_text_needs_a_length():
    with pytest.raises(exc.CompileError, match="VARCHAR requires a length on dialect mysql"):
        column(sa.String)


@pytest.mark.parametrize(
    ("default", "sql"),
    [
        ("it's \\ me", r"DEFAULT 'it''s \\ me'"), (sa.func.now(), "DEFAULT (now())"), (sa.func.current_timestamp(), "DEFAULT CURRENT_TIMESTAMP"),
        (sa.text("current_timestamp(6)"), "DEFAULT current_timestamp(6)"), (sa.text("NOW() ON UPDATE NOW()"), "DEFAULT NOW() ON UPDATE NOW()"),
        (sa.text("5"), "DEFAULT 5"), (sa.text("'x'"), "DEFAULT 'x'"), (sa.func.lower("A\\"), r"DEFAULT (lower('A\\'))"),
    ],
)  # fmt: skip
def test_defaults(default, sql):
    assert column(sa.DateTime, server_default=default) == f"DATETIME {sql}"


def test_generated_columns_keys_and_comments():
    assert column(sa.Integer, primary_key=True) == "INTEGER NOT NULL AUTO_INCREMENT"
    assert column(sa.Integer, sa.Computed("1 + 1", persisted=True)) == "INTEGER GENERATED ALWAYS AS (1 + 1) STORED"
    assert column(sa.Integer, comment="the 'x' \\") == r"INTEGER COMMENT 'the ''x'' \\'"


def options(**given):
    return text(CreateTable(sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer), **given))).partition(") ")[2]


def test_options_of_tables():
    given = {"mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB", "mysql_default_charset": "utf8mb4", "mariadb_engine": "Aria"}
    assert options(**given, comment="it's") == "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_bin COMMENT='it''s'"
    assert options(mysql_partition_by="HASH(x)", mysql_partitions=4) == "PARTITION BY HASH(x) PARTITIONS 4"
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer), **given)
    assert text(CreateTable(table), MARIADB).endswith(") ENGINE=Aria")
    for other in (sqlite.dialect(), postgresql.dialect()):
        assert text(CreateTable(table), other) == "CREATE TABLE t ( x INTEGER )"


@pytest.mark.parametrize("value", ["InnoDB; DROP TABLE t", "x' y", "(SELECT 1)", ""])
def test_options_are_words(value):
    with pytest.raises(exc.CompileError, match="mysql_engine"):
        options(mysql_engine=value)


def test_indexes():
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.String(20)), sa.Column("group", sa.Integer), schema="s")
    made = [
        (sa.Index("i1", table.c.a, mysql_length=5, mariadb_length=5), "CREATE INDEX i1 ON s.t (a(5))"),
        (sa.Index("i2", table.c.a, table.c.group, mysql_length={"a": 3}, mariadb_length={"a": 3}), "CREATE INDEX i2 ON s.t (a(3), `group`)"),
        (sa.Index("i3", table.c.a, mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT", mysql_with_parser="ngram"), "CREATE FULLTEXT INDEX i3 ON s.t (a) WITH PARSER ngram"),
        (sa.Index("i4", table.c.group, unique=True, mysql_using="btree"), "CREATE UNIQUE INDEX i4 ON s.t (`group`) USING btree"),
        (sa.Index("i5", sa.func.lower(table.c.a)), "CREATE INDEX i5 ON s.t ((lower(a)))"),
        (sa.Index("i6", table.c.a.desc()), "CREATE INDEX i6 ON s.t (a DESC)"),
    ]
    for index, sql in made:
        assert text(CreateIndex(index)) == text(CreateIndex(index), MARIADB) == sql
        assert text(DropIndex(index)) == f"DROP INDEX {index.name} ON s.t"
    assert text(CreateIndex(made[0][0]), sqlite.dialect()) == "CREATE INDEX s.i1 ON t (a)"
    with pytest.raises(exc.CompileError, match="Unexpected SQL phrase"):
        text(CreateIndex(sa.Index("i7", table.c.a, mysql_prefix="FULLTEXT INDEX x ON y --")))


def test_constraints_and_comments():
    table = sa.Table(
        "t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("o", sa.ForeignKey("t.id", name="fk"), comment="c"),
        sa.UniqueConstraint("o", name="uq"), sa.CheckConstraint("o > 0", name="ck"), comment="x\\",
    )  # fmt: skip
    found = {c.name: text(DropConstraint(c)) for c in table.constraints if c.name}
    assert found == {"fk": "ALTER TABLE t DROP FOREIGN KEY fk", "uq": "ALTER TABLE t DROP INDEX uq", "ck": "ALTER TABLE t DROP CHECK ck"}
    assert text(SetTableComment(table)) == r"ALTER TABLE t COMMENT 'x\\'"
    assert text(DropTableComment(table)) == "ALTER TABLE t COMMENT ''"
    assert text(SetColumnComment(table.c.o)) == "ALTER TABLE t CHANGE o o INTEGER COMMENT 'c'"
    bad = sa.Table("b", sa.MetaData(), sa.Column("t_id", sa.ForeignKey(table.c.id, match="FULL")))
    with pytest.raises(exc.CompileError, match="MATCH"):
        text(CreateTable(bad))


def test_limits_of_changes():
    table = sa.table("t", sa.column("x"))
    for change, sql in ((sa.delete(table), "DELETE FROM t"), (sa.update(table).values(x=sa.null()), "UPDATE t SET x=NULL")):
        assert text(change.ext(mysql.limit(5))) == f"{sql} LIMIT %s"
        assert text(change.with_dialect_options(mysql_limit=5)) == f"{sql} LIMIT 5"
        assert text(change.with_dialect_options(mysql_limit=5), sqlite.dialect()) == sql
        with pytest.raises(exc.CompileError, match="sqlite has no LIMIT"):
            text(change.ext(mysql.limit(5)), sqlite.dialect())


def test_rows_that_are_there():
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(9)), sa.Column("b", sa.Integer))
    insert = mysql.insert(table).values(id=1, b=2)
    head = "INSERT INTO t (id, b) VALUES (%s, %s) ON DUPLICATE KEY UPDATE"
    assert text(insert.on_duplicate_key_update(b=insert.inserted.b + table.c.b, a="x")) == f"{head} a = %s, b = (VALUES(b) + t.b)"
    assert text(insert.on_duplicate_key_update([("b", 1), ("a", insert.inserted.a)])) == f"{head} b = %s, a = VALUES(a)"
    with pytest.raises(exc.InvalidRequestError, match="already has an ON DUPLICATE KEY"):
        insert.on_duplicate_key_update(b=1).on_duplicate_key_update(b=2)
