"""Many rows of a flush by one statement: arrays, whose items arrive as single values would."""

import datetime as dt
import decimal
import enum
import uuid

import pytest

import cormorant as sa
from cormorant import ForeignKey, func, select, text
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Mood(enum.Enum):
    good = 1
    bad = 2


links = sa.Table("bulk_link", Base.metadata, sa.Column("left_id", ForeignKey("bulk.id"), primary_key=True), sa.Column("right_id", ForeignKey("bulk.id"), primary_key=True))


class Bulk(Base):
    __tablename__ = "bulk"
    id: Mapped[int] = mapped_column(primary_key=True)
    small = mapped_column(sa.SmallInteger)
    big = mapped_column(sa.BigInteger)
    exact = mapped_column(sa.Numeric(8, 2))
    real = mapped_column(sa.Float)
    name = mapped_column(sa.String(20), unique=True)
    fixed = mapped_column(sa.CHAR(3))
    words = mapped_column(sa.Text)
    truth = mapped_column(sa.Boolean)
    day = mapped_column(sa.Date)
    at = mapped_column(sa.DateTime)
    moment = mapped_column(sa.DateTime(timezone=True))
    clock = mapped_column(sa.Time)
    length = mapped_column(sa.Interval)
    data = mapped_column(sa.LargeBinary)
    key = mapped_column(sa.Uuid)
    mood = mapped_column(sa.Enum(Mood, name="bulk_mood"))
    plain = mapped_column(sa.Enum("x", "y", native_enum=False, length=5))
    document = mapped_column(sa.JSON)
    made = mapped_column(sa.DateTime(timezone=True), server_default=func.now())
    doubled = mapped_column(sa.Integer, sa.Computed("small * 2"))
    linked: Mapped[list["Bulk"]] = relationship(secondary=links, primaryjoin=id == links.c.left_id, secondaryjoin=id == links.c.right_id)


class Natural(Base):
    __tablename__ = "natural_key"
    code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]


UTC = dt.timezone.utc


def values(i):
    """Every third row is NULL throughout."""
    if i % 3 == 2:
        return {"name": f"n{i}"}
    return {
        "small": i % 100, "big": 2**40 + i, "exact": decimal.Decimal(i) / 4, "real": i / 8, "name": f"n{i}", "fixed": "ab", "words": f'"{i}" \\ {{}} , NULL ü',
        "truth": i % 2 == 0, "day": dt.date(2024, 1, 1) + dt.timedelta(days=i), "at": dt.datetime(2024, 1, 1, 1, 2, 3, i), "moment": dt.datetime(2024, 1, 1, tzinfo=UTC),
        "clock": dt.time(1, 2, 3, i), "length": dt.timedelta(seconds=i), "data": bytes([i % 256, 0, 255]), "key": uuid.UUID(int=i), "mood": Mood(1 + i % 2),
        "plain": "xy"[i % 2], "document": {"i": i, "s": 'a"b'},
    }  # fmt: skip


COLUMNS = [c.key for c in Bulk.__table__.columns if c.key not in ("id", "made", "doubled")]


@pytest.fixture
def made(engine):
    Base.metadata.create_all(engine)
    return engine


@pytest.mark.parametrize("n", [1, 15, 16, 17, 5000])
def test_values_and_keys(made, n):
    with Session(made) as s:
        objects = [Bulk(**values(i)) for i in range(n)]
        s.add_all(objects)
        s.flush()
        assert [o.id for o in objects] == list(range(1, n + 1))
        assert all(o.made is not None and o.doubled == (None if o.small is None else o.small * 2) for o in objects)
        s.commit()
    with Session(made) as s:
        for i, got in enumerate(s.scalars(select(Bulk).order_by(Bulk.id))):
            expected = values(i)
            assert {k: getattr(got, k) for k in COLUMNS} == {k: expected.get(k, None) if k != "fixed" or k not in expected else "ab " for k in COLUMNS}
        assert s.scalar(select(func.count()).select_from(Bulk)) == n


def test_it_is_one_statement(made):
    with Session(made) as s:
        s.add_all([Natural(code=f"c{i}", label="x") for i in range(100)])
        s.add_all([Bulk(name=f"{i}") for i in range(100)])
        s.flush()
        assert s.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT % unnest(%'")) == 2
        assert s.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT %'")) == 2


@pytest.mark.parametrize(("wrong", "error"), [({"name": "n" * 21}, sa.exc.DataError), ({"fixed": "abcd"}, sa.exc.DataError), ({"exact": decimal.Decimal(10**7)}, sa.exc.DataError),
                                              ({"name": "n3"}, sa.exc.IntegrityError), ({"small": 2**15}, sa.exc.DataError), ({"name": "a\0b"}, sa.exc.DataError)])  # fmt: skip
def test_what_a_column_refuses(made, wrong, error):
    """Nothing is cut to fit, nothing stays, and the instance at fault is named."""
    with Session(made) as s:
        objects = [Bulk(**values(i)) for i in range(40)]
        for key, value in wrong.items():
            setattr(objects[25], key, value)
        s.add_all(objects)
        with pytest.raises(error) as caught:
            s.commit()
        assert any(f"{id(objects[25]):x}" in note for note in caught.value.__notes__)
        s.rollback()
        assert s.scalar(select(func.count()).select_from(Bulk)) == 0
        s.add(Bulk(name="after"))
        s.commit()


def test_rounding_is_the_columns(made):
    with Session(made) as s:
        objects = [Bulk(name=f"r{i}", exact=decimal.Decimal("1.005")) for i in range(20)]
        s.add_all(objects)
        s.commit()
        assert {o.exact for o in objects} == {decimal.Decimal("1.01")}


def test_large_values_go_in_parts(made):
    blob = b"x" * 600_000
    with Session(made) as s:
        objects = [Bulk(name=f"b{i}", data=blob + bytes([i])) for i in range(20)]
        s.add_all(objects)
        s.commit()
        assert [o.data[-1] for o in objects] == list(range(20))


def test_links(made):
    with Session(made) as s:
        objects = [Bulk(name=f"l{i}") for i in range(30)]
        for one in objects:
            one.linked = [other for other in objects if other is not one]
        s.add_all(objects)
        s.commit()
        assert s.scalar(select(func.count()).select_from(links)) == 30 * 29
        assert {b.name for b in objects[4].linked} == {f"l{i}" for i in range(30) if i != 4}


def test_rows_that_a_trigger_keeps(made):
    with made.begin() as c:
        c.execute(text("CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name LIKE '%7' THEN RETURN NULL; END IF; RETURN NEW; END $$"))
        c.execute(text("CREATE TRIGGER odd BEFORE INSERT ON bulk FOR EACH ROW EXECUTE FUNCTION odd()"))
    try:
        with Session(made) as s:
            s.add_all([Bulk(name=f"t{i}") for i in range(30)])
            with pytest.raises(sa.orm.exc.FlushError, match="30 rows wrote 27"):
                s.commit()
    finally:
        with made.begin() as c:
            c.execute(text("DROP TRIGGER odd ON bulk"))
            c.execute(text("DROP FUNCTION odd()"))


def count_statements(connection, what):
    return connection.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :what"), {"what": what})


@pytest.mark.parametrize("n", [15, 16, 5000])
def test_rows_of_an_insert_go_as_those_of_a_flush(made, n):
    """Values of every type, SQL defaults, generated keys; the statement is one of arrays from sixteen rows on."""
    given = [{**dict.fromkeys(COLUMNS), **values(i)} for i in range(n)]
    with made.connect() as c:
        assert c.execute(sa.insert(Bulk), given).rowcount == n
        assert count_statements(c, "INSERT % unnest(%") == (n >= 16)
        for i, got in enumerate(c.execute(select(Bulk.__table__).order_by(Bulk.id)).mappings()):
            assert {k: got[k] for k in COLUMNS if k != "fixed"} == {k: given[i][k] for k in COLUMNS if k != "fixed"}
            assert got["id"] == i + 1 and got["made"] is not None and got["doubled"] == (None if got["small"] is None else got["small"] * 2)


def test_returning_of_arrays(made):
    given = [{"name": f"r{i}"} for i in range(100)]
    with Session(made) as s:
        assert s.execute(sa.insert(Bulk).returning(Bulk.id, Bulk.name), given).all() == [(i + 1, f"r{i}") for i in range(100)]
        objects = s.scalars(sa.insert(Bulk).returning(Bulk), [{"name": f"o{i}"} for i in range(5000)]).all()
        assert [o.name for o in objects] == [f"o{i}" for i in range(5000)] and objects[0].made is not None
        assert count_statements(s, "INSERT % unnest(%") == 2


def test_defaults_and_types_of_the_program_in_arrays(made):
    class Doubled(sa.types.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return value + value

    numbers = iter(range(10**6))
    meta = sa.MetaData()
    table = sa.Table("bulk_made", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", Doubled), sa.Column("n", sa.Integer, default=lambda: next(numbers)),
                     sa.Column("m", sa.Integer, default=lambda context: len(context.get_current_parameters()["a"])), sa.Column("at", sa.DateTime, default=func.now()))  # fmt: skip
    meta.create_all(made)
    with made.connect() as c:
        c.execute(sa.insert(table), [{"a": f"a{i}"} for i in range(9000)])
        rows = c.execute(select(table).order_by(table.c.id)).all()
        assert [(r.a, r.n, r.m) for r in rows] == [(f"a{i}a{i}", i, len(f"a{i}")) for i in range(9000)] and all(r.at is not None for r in rows)
        assert count_statements(c, "INSERT % unnest(%") == 1
        c.rollback()
    meta.drop_all(made)


def test_conflicts_of_arrays(made):
    """A row that meets one of its own statement is left out, or takes its place, as where each is a statement."""
    from cormorant.dialects.postgresql import insert

    twice = [{"code": f"c{i % 50}", "label": str(i)} for i in range(100)]
    with made.begin() as c:
        assert c.execute(insert(Natural).on_conflict_do_nothing(), twice).rowcount == 50
        assert count_statements(c, "INSERT % unnest(%") == 1
        upsert = insert(Natural)
        c.execute(upsert.on_conflict_do_update(index_elements=["code"], set_={"label": upsert.excluded.label}), twice)
        assert count_statements(c, "INSERT % unnest(%") == 1
        assert c.scalars(select(Natural.label).order_by(func.length(Natural.code), Natural.code)).all() == [str(i + 50) for i in range(50)]
        c.execute(sa.delete(Natural))


def test_a_row_that_is_refused_ends_the_insert(made):
    given = [{"name": f"n{i}"} for i in range(40)]
    for wrong, error in [({"name": "n3"}, sa.exc.IntegrityError), ({"name": "n" * 21}, sa.exc.DataError), ({"name": "a\0b"}, sa.exc.DataError), ({}, sa.exc.StatementError)]:
        with made.connect() as c:
            with pytest.raises(error):
                c.execute(sa.insert(Bulk), [*given[:25], wrong, *given[26:]])
            c.rollback()
            assert c.scalar(select(func.count()).select_from(Bulk)) == 0


def test_values_of_the_statement_beside_those_of_rows(made):
    with made.connect() as c:
        c.execute(sa.insert(Bulk).values(words="all", at=func.now()), [{"name": f"v{i}"} for i in range(40)])
        assert c.execute(select(Bulk.words, func.count(Bulk.at)).group_by(Bulk.words)).all() == [("all", 40)]


def test_listeners_hear_of_the_statement_as_written(made):
    heard = []
    sa.event.listen(made, "before_cursor_execute", lambda conn, cursor, statement, parameters, context, executemany: heard.append((" unnest(" in statement, executemany)))
    with made.connect() as c:
        c.execute(sa.insert(Bulk), [{"name": f"v{i}"} for i in range(40)])
    assert heard == [(False, True)]
