"""What PostgreSQL could not take is refused before anything is sent, with the column's name, and costs neither a wait nor the transaction."""

import pytest

import cormorant as sa
from cormorant import Column, _pg, func, insert, select
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "row_of_limits"
    id: Mapped[int] = mapped_column(primary_key=True)
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    big: Mapped[int | None] = mapped_column(sa.BigInteger)
    name: Mapped[str | None]


@pytest.fixture
def table(engine):
    Base.metadata.create_all(engine)
    return Row.__table__


@pytest.mark.parametrize(
    ("values", "error", "state"),
    [
        ({"name": "a\0b"}, "NUL", "22021"), ({"small": 40000}, "smallint out of range", "22003"), ({"id": 2**40}, "integer out of range", "22003"),
        ({"big": 2**63}, "bigint out of range", "22003"), ({"big": -(10**400)}, "bigint out of range", "22003"), ({"name": "\ud800"}, "surrogates not allowed", None),
    ],
)  # fmt: skip
def test_refused_before_sending(engine, table, values, error, state):
    column = f"row_of_limits.{next(iter(values))}"
    with engine.connect() as c:
        c.execute(insert(table), {"name": "kept"})
        waits = _pg.waits()
        with pytest.raises(sa.exc.StatementError, match=f"(?s){error}.*{column}") as caught:
            c.execute(insert(table), values)
        assert _pg.waits() == waits and (state is None or caught.value.orig.sqlstate == state)
        c.commit()
        assert c.scalar(select(func.count()).select_from(table)) == 1
    with Session(engine) as s:
        s.add(Row(**values))
        with pytest.raises(sa.exc.StatementError, match=f"(?s){error}.*{column}"):
            s.flush()


def test_more_than_65535_parameters(engine, table):
    """Rows of one call and of a flush are as many statements as it takes; one statement that needs more says so."""
    with engine.connect() as c:
        assert c.execute(insert(table), [{"name": "x", "small": 1} for _ in range(40000)]).rowcount == 40000
        with pytest.raises(sa.exc.ProgrammingError, match="65535 parameters at most"):
            c.execute(insert(table).values([{"name": "x", "small": 1} for _ in range(40000)]))
        assert c.scalar(select(func.count()).select_from(table)) == 40000
        assert len(c.execute(select(table.c.id).where(table.c.id.in_(range(100000)))).all()) == 40000
        c.rollback()
    with Session(engine) as s:
        s.add_all([Row(name="y", small=2, big=3) for _ in range(25000)])
        s.commit()
        assert s.scalar(select(func.count()).select_from(Row)) == 25000


def test_numbers_of_any_size_where_there_is_a_place(engine):
    table = sa.Table("numbers", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("n", sa.Numeric))
    table.create(engine)
    with engine.begin() as c:
        c.execute(insert(table), {"n": 10**60})
        assert c.scalar(select(table.c.n)) == 10**60 and c.exec_driver_sql("SELECT %s + 1", (2**70,)).scalar() == 2**70 + 1
