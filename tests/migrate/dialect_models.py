"""Types, indexes and constraints of single databases; run like models.py."""

from cormorant import Column, ForeignKey, Identity, Index, Integer, MetaData, Sequence, String, Table, Text, func, text
from cormorant.dialects import mysql, postgresql

metadata = MetaData()
PG = [
    postgresql.ARRAY(Integer), postgresql.ARRAY(String(5), dimensions=2), postgresql.BIT(4), postgresql.BIT(5, varying=True), postgresql.BYTEA,
    postgresql.CIDR, postgresql.CITEXT, postgresql.DOUBLE_PRECISION, postgresql.ENUM("a", "b", name="letters"), postgresql.HSTORE, postgresql.INET,
    postgresql.INTERVAL(precision=3), postgresql.INTERVAL(fields="DAY TO SECOND"), postgresql.JSON, postgresql.JSONB, postgresql.MACADDR,
    postgresql.MACADDR8, postgresql.MONEY, postgresql.OID, postgresql.REGCLASS, postgresql.TIME(timezone=True, precision=2),
    postgresql.TIMESTAMP(timezone=True), postgresql.TIMESTAMP(precision=3), postgresql.TSVECTOR, postgresql.TSQUERY, postgresql.UUID,
    postgresql.INT4RANGE, postgresql.NUMRANGE, postgresql.TSTZRANGE, postgresql.DATERANGE, postgresql.INT8MULTIRANGE,
]  # fmt: skip
MYSQL = [
    mysql.BIGINT(unsigned=True), mysql.BIT(3), mysql.CHAR(4), mysql.DATETIME(fsp=3), mysql.DECIMAL(8, 2), mysql.DOUBLE, mysql.ENUM("a", "b"),
    mysql.FLOAT, mysql.INTEGER(display_width=5, zerofill=True), mysql.JSON, mysql.LONGBLOB, mysql.LONGTEXT, mysql.MEDIUMBLOB, mysql.MEDIUMINT,
    mysql.MEDIUMTEXT, mysql.NUMERIC(7, 3), mysql.SET("x", "y"), mysql.SMALLINT, mysql.TIME(fsp=2), mysql.TIMESTAMP, mysql.TINYBLOB,
    mysql.TINYINT(1), mysql.TINYTEXT, mysql.VARCHAR(20, charset="latin1"), mysql.YEAR,
]  # fmt: skip

pg = Table(
    "pg", metadata, Column("id", Integer, Sequence("numbers", start=5, metadata=metadata), primary_key=True),
    *(Column(f"c{i}", type_) for i, type_ in enumerate(PG)),
    Column("x", Integer), Column("y", String(20)), Column("z", postgresql.INT4RANGE, server_default=text("'[1,2)'::int4range")),
    postgresql.ExcludeConstraint(("z", "&&"), ("x", "="), where=text("x > 5"), name="no_two"),
    comment="of one database",
)  # fmt: skip
Index("pg_gin", pg.c.c14, postgresql_using="gin")
Index("pg_part", pg.c.x.desc(), pg.c.y, postgresql_where=pg.c.x > 3, postgresql_include=["c5"], unique=True)
Index("pg_lower", func.lower(pg.c.y), postgresql_ops={"y": "text_pattern_ops"})
Table(
    "pg_identity", metadata, Column("id", Integer, Identity(always=True, start=3, cycle=True), primary_key=True),
    Column("other", Integer, ForeignKey("pg.id", ondelete="SET NULL", match="FULL")), Column("at", Text, server_default=func.now()),
)  # fmt: skip
Table(
    "my", metadata, Column("id", Integer, primary_key=True), *(Column(f"c{i}", type_) for i, type_ in enumerate(MYSQL)),
    mysql_engine="InnoDB", mysql_charset="utf8mb4",
)  # fmt: skip
