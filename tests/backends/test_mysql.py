"""The driver of MariaDB and MySQL: values, errors, transactions, batches."""

import datetime as dt
import decimal
import uuid

import pytest

import cormorant as sa
from cormorant import Column, func, insert, select, text
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column
from tests.backends.databases import needs

pytestmark = needs("MariaDB's SQL")


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(30), unique=True)
    price: Mapped[decimal.Decimal | None] = mapped_column(sa.Numeric(10, 2))
    n: Mapped[int] = mapped_column(default=0)


VALUES = [
    (sa.SmallInteger(), -32768), (sa.Integer(), 2**31 - 1), (sa.BigInteger(), -(2**63)), (sa.Numeric(30, 5), decimal.Decimal("-1234567890123456789.00012")),
    (sa.Numeric(10, 2, asdecimal=False), 2.5), (sa.Double(), 1e300), (sa.Float(53), 0.1), (sa.Float(), 0.1),
    (sa.String(20), "grün ☃ 😀"), (sa.String(20), "nul\0"), (sa.Text(), ""), (sa.Boolean(), False), (sa.Boolean(), True), (sa.Date(), dt.date(1000, 1, 1)), (sa.Date(), dt.date(9999, 12, 31)),
    (sa.Time(), dt.time(23, 59, 59)), (sa.DateTime(), dt.datetime(1969, 12, 31, 23, 59, 59)),
    (sa.Interval(), dt.timedelta(days=-3)), (sa.LargeBinary(), bytes(range(256))), (sa.Uuid(), uuid.UUID(int=2**127 + 5)),
    (sa.Uuid(native_uuid=False), uuid.UUID(int=99)), (sa.JSON(), {"a": [1, None, "ü"]}), (sa.Enum("x", "y", name="xy"), "y"),
    (sa.Enum("x", "y", native_enum=False), "x"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda v: repr(v)[:40])
def test_values_go_there_and_back(engine, type_, value):
    """One set and many (an array of parameters); NULL; compared with itself."""
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("v", type_))
    table.create(engine)
    with engine.begin() as c:
        c.execute(insert(table), {"v": value})
        c.execute(insert(table), [{"v": None}, {"v": value}])
        for _ in range(2):
            got = c.execute(select(table.c.v).order_by(table.c.id)).scalars().all()
            assert got == [value, None, value] and type(got[0]) is type(value)
        if not isinstance(type_, (sa.JSON, sa.Float)) or isinstance(type_, sa.Double):
            assert len(c.execute(select(table.c.id).where(table.c.v == value)).all()) == 2


def test_text_is_compared_with_text(engine):
    """A number beside a text column would match every word."""
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([Item(name="secret"), Item(name="0")])
        s.commit()
        assert [i.name for i in s.scalars(select(Item).where(Item.name == 0))] == ["0"]


def test_keys_belong_to_their_rows(engine):
    """Rows of a flush travel as arrays; each learns its own key, also where values are missing or of other types."""
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        items = [Item(name=None if i % 7 == 0 else f"n{i}", n=i) for i in range(1500)]
        s.add_all(items)
        s.commit()
        keys = {i.id: i.n for i in items}
    assert len(keys) == 1500
    with Session(engine) as s:
        assert {i.id: i.n for i in s.scalars(select(Item))} == keys
        for item in s.scalars(select(Item)):
            item.price = decimal.Decimal(item.n) if item.n % 2 else None
        s.commit()
        for item in s.scalars(select(Item).where(Item.n < 100)).all():
            s.delete(item)
        s.commit()
        assert s.scalar(select(func.count()).select_from(Item)) == 1400
        assert s.scalar(select(func.sum(Item.price))) == sum(i for i in range(100, 1500) if i % 2)


@pytest.mark.parametrize(
    ("values", "cls", "errno", "sqlstate", "constraint"),
    [
        ({"name": "a"}, sa.exc.IntegrityError, 1062, "23000", "name"),
        ({"name": "x" * 31}, sa.exc.DataError, 1406, "22001", None),
        ({"name": "b", "n": 2**40}, sa.exc.DataError, 1264, "22003", None),
        ({"name": "b", "n": None}, sa.exc.IntegrityError, 1048, "23000", None),
    ],
)
def test_errors_have_class_number_state_and_constraint(engine, values, cls, errno, sqlstate, constraint):
    Base.metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(insert(Item), {"name": "a"})
    with pytest.raises(cls) as caught, engine.begin() as c:
        c.execute(insert(Item), values)
    orig = caught.value.orig
    assert orig.args == (errno, orig.msg) and orig.errno == errno and orig.sqlstate == sqlstate
    assert orig.constraint_name == constraint and isinstance(orig, engine.dialect.dbapi.Error)
    assert f'({errno}, "' in str(caught.value) or f"({errno}, '" in str(caught.value)
    assert not caught.value.connection_invalidated
    with engine.connect() as c:
        assert c.scalar(select(func.count()).select_from(Item)) == 1


def test_the_session_is_strict_and_in_utf8mb4(engine):
    with engine.connect() as c:
        mode, client, results = c.execute(text("SELECT @@sql_mode, @@character_set_client, @@character_set_results")).one()
        assert "STRICT_TRANS_TABLES" in mode and (client, results) == ("utf8mb4", "utf8mb4")
        with pytest.raises(sa.exc.ProgrammingError, match="one statement at a time"):
            c.exec_driver_sql("SELECT 1; SELECT 2")
        assert c.exec_driver_sql("SELECT %s + %s, '100%%', 5 %% 3", (1, 2)).one() == (3, "100%", 2)
        assert c.exec_driver_sql("SELECT %(a)s, %(b)s, %(a)s", {"a": 1, "b": "x"}).one() == (1, "x", 1)
        assert c.exec_driver_sql("SELECT '%s', '\\'?', `x` -- %s ?\n FROM (SELECT 5 AS x) q # ?").one() == ("%s", "'?", 5)
