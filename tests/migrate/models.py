"""Every column type, constraint, index and server default. Tests also run it with `sqlalchemy` in the place of `cormorant`."""

import enum

from cormorant import (
    BIGINT, BINARY, BLOB, BOOLEAN, CHAR, CLOB, DATE, DATETIME, DECIMAL, DOUBLE, DOUBLE_PRECISION, FLOAT, INTEGER, JSON, NCHAR, NUMERIC, NVARCHAR,
    REAL, SMALLINT, TEXT, TIME, TIMESTAMP, UUID, VARBINARY, VARCHAR, BigInteger, Boolean, CheckConstraint, Column, Computed, Date, DateTime,
    Double, Enum, Float, ForeignKey, ForeignKeyConstraint, Identity, Index, Integer, Interval, LargeBinary, MetaData, Numeric, PickleType,
    SmallInteger, String, Table, Text, Time, Unicode, UnicodeText, UniqueConstraint, Uuid, func, literal, null, text, true,
)  # fmt: skip


class Color(enum.Enum):
    red = "r"
    green = "g"


TYPES = [
    Integer, SmallInteger, BigInteger, Numeric(10, 2), Numeric, Float, Float(10), Double, String, String(30), Text, Unicode(20), UnicodeText,
    Boolean, Date, Time, DateTime, DateTime(timezone=True), Interval, LargeBinary, LargeBinary(20), PickleType, JSON, Uuid, Uuid(as_uuid=False),
    Enum("a", "b", name="ab"), Enum(Color), Enum("x", "y", name="xy", native_enum=False, length=10, create_constraint=True),
    Boolean(create_constraint=True, name="is_b"), REAL, FLOAT, DOUBLE, DOUBLE_PRECISION, NUMERIC(8, 3), DECIMAL(9, 1), INTEGER, SMALLINT, BIGINT,
    TIMESTAMP, DATETIME, DATE, TIME, TEXT, CLOB, VARCHAR(9), NVARCHAR(9), CHAR(4), NCHAR(5), BLOB, BINARY(4), VARBINARY(5), BOOLEAN, UUID,
    String(20, collation="NOCASE"), String(50).with_variant(Text, "postgresql", "mysql"),
]  # fmt: skip
CONVENTION = {
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "pk": "pk_%(table_name)s",
}  # fmt: skip

metadata = MetaData(naming_convention=CONVENTION)

parent = Table(
    "parent", metadata, Column("id", Integer, primary_key=True), Column("a", Integer), Column("b", Integer), UniqueConstraint("a", "b"),
    comment="those that others lead to",
)  # fmt: skip
types = Table(
    "types", metadata, Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    *(Column(f"c{i}", type_) for i, type_ in enumerate(TYPES)),
)  # fmt: skip
every = Table(
    "every", metadata,
    Column("id", Integer, Identity(start=5, increment=2), primary_key=True),
    Column("pa", Integer), Column("pb", Integer),
    Column("pid", ForeignKey("parent.id", ondelete="CASCADE", onupdate="SET NULL", deferrable=True, initially="DEFERRED"), index=True),
    Column("u", String(10), unique=True, nullable=False, server_default="it's"),
    Column("d1", Integer, server_default=text("5")),
    Column("d2", DateTime, server_default=func.now()),
    Column("d3", DateTime, server_default=func.current_timestamp(), comment="when it was"),
    Column("d4", String, server_default=""),
    Column("d5", String, server_default=text("'a:b %'")),
    Column("d6", Boolean, server_default=true()),
    Column("d7", Boolean, server_default=text("0")),
    Column("d8", Integer, server_default=literal(3) + 4),
    Column("d9", String, server_default=null()),
    Column("d10", Integer, server_default="0"),
    Column("g1", Integer, Computed("d1 + 1")),
    Column("g2", Integer, Computed("d1 * 2", persisted=True)),
    Column("Weird Name", Integer, key="weird"),
    CheckConstraint("d1 > 0", name="d1_positive"),
    ForeignKeyConstraint(["pa", "pb"], ["parent.a", "parent.b"], name="fk_pair"),
    Index("ix_two", "pa", "pb", unique=True),
    Index("ix_lower", func.lower(text("u"))),
)  # fmt: skip
Index("ix_desc", every.c.d1.desc())
Index("ix_part", every.c.d2, sqlite_where=every.c.d1 > 5)
Index("ix_weird", every.c.weird)
CheckConstraint(every.c.d2 > every.c.d3, name="later", table=every)
child = Table(
    "child", metadata, Column("id", Integer, ForeignKey("every.id"), primary_key=True, autoincrement=False),
    Column("other", Integer, ForeignKey("child.id")), sqlite_autoincrement=False, info={"mine": 1},
)  # fmt: skip
