"""Core on PostgreSQL: values, errors, transactions, the shape of statements."""

import datetime as dt
import decimal
import uuid

import pytest

import cormorant as sa
from cormorant import Column, func, insert, select, text

UTC = dt.timezone.utc
VALUES = [
    (sa.SmallInteger(), -32768), (sa.Integer(), 2**31 - 1), (sa.BigInteger(), -(2**63)), (sa.Numeric(30, 5), decimal.Decimal("-1234567890123456789.00012")),
    (sa.Numeric(), decimal.Decimal("0.00000001")), (sa.Numeric(), decimal.Decimal("1E+30")), (sa.Numeric(asdecimal=False), 2.5), (sa.Float(), 1e300), (sa.Float(), 0.1),
    (sa.String(20), "grün ☃"), (sa.Text(), ""), (sa.Boolean(), False), (sa.Date(), dt.date(1, 1, 1)), (sa.Date(), dt.date(9999, 12, 31)),
    (sa.Time(), dt.time(23, 59, 59, 999999)), (sa.Time(timezone=True), dt.time(1, 2, tzinfo=dt.timezone(dt.timedelta(hours=-5)))),
    (sa.DateTime(), dt.datetime(1969, 12, 31, 23, 59, 59, 999999)), (sa.DateTime(timezone=True), dt.datetime(2024, 2, 29, 12, tzinfo=UTC)),
    (sa.Interval(), dt.timedelta(days=-3, microseconds=7)), (sa.LargeBinary(), bytes(range(256))), (sa.Uuid(), uuid.UUID(int=2**127 + 5)),
    (sa.Uuid(native_uuid=False), uuid.UUID(int=99)), (sa.JSON(), {"a": [1, None, "ü"]}), (sa.Enum("x", "y", name="xy"), "y"),
    (sa.Enum("x", "y", native_enum=False), "x"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda v: repr(v)[:40])
def test_values_go_there_and_back(engine, type_, value):
    """Text first, binary from the second run on; NULL; the same through an untyped column."""
    table = sa.Table("t", sa.MetaData(), Column("id", sa.Integer, primary_key=True), Column("v", type_))
    table.create(engine)
    with engine.begin() as c:
        c.execute(insert(table), [{"v": value}, {"v": None}])
        for _ in range(3):
            got = c.execute(select(table.c.v).order_by(table.c.id)).scalars().all()
            assert got == [value, None] and type(got[0]) is type(value)
        assert c.execute(select(table.c.id).where(table.c.v == value)).scalars().all() == [1] if not isinstance(type_, sa.JSON) else True
    table.drop(engine)


def test_moments_do_not_depend_on_the_session(engine):
    with engine.connect() as c:
        c.execute(text("SET TIME ZONE 'Asia/Kolkata'; ".rstrip("; ")))
        c.execute(text("SET DateStyle TO 'SQL, DMY'"))
        c.execute(text("SET DateStyle TO ISO"))
        statement = text("SELECT timestamptz '2024-01-01 00:00:00+00', interval '1 year 2 mons -3 days 04:05:06.7', NULL::point")
        for _ in range(3):
            at, length, _ = c.execute(statement).one()
            assert at == dt.datetime(2024, 1, 1, tzinfo=UTC) and at.utcoffset() == dt.timedelta(0)
            assert length == dt.timedelta(days=365 + 60 - 3, hours=4, minutes=5, seconds=6.7)


def test_what_python_cannot_hold_is_told(engine):
    with engine.connect() as c:
        for _ in range(3):
            with pytest.raises(sa.exc.DataError, match="outside of the years 1 to 9999"):
                c.execute(text("SELECT 'infinity'::timestamp"))
            c.rollback()
            with pytest.raises(sa.exc.DataError, match="292,000 years"):
                c.execute(text("SELECT interval '178000000 years'"))
            c.rollback()
        assert c.scalar(text("SELECT interval '-290000 years 25 hours'")) == dt.timedelta(days=-290000 * 365, hours=25)
        assert str(c.scalar(text("SELECT 'NaN'::numeric"))) == "NaN"


def test_unknown_types_are_text(engine):
    with engine.connect() as c:
        for _ in range(2):
            assert c.execute(text("SELECT point(1,2), '{\"(1,2)\"}'::point[], ROW(1, 'x'), 5")).one() == ("(1,2)", '{"(1,2)"}', "(1,x)", 5)


def test_untyped_parameters_follow_their_values(engine):
    """The same text with an int, a large one, a bool, a str, NULL: each is prepared for what it is given."""
    with engine.connect() as c:
        statement = text("SELECT pg_typeof(:v)::text, :v")
        for value, name in ((1, "integer"), (None, "integer"), (2**40, "bigint"), (True, "boolean"), (2.5, "double precision"), (b"x", "bytea")):
            kind, back = c.execute(statement, {"v": value}).one()
            assert (kind, back) == (name, value) or value is None


def test_driver_sql_takes_the_usual_placeholders(engine):
    with engine.connect() as c:
        assert c.exec_driver_sql("SELECT %s::int + %s, '100%%', 5 %% 3", (1, 2)).one() == (3, "100%", 2)
        assert c.exec_driver_sql("SELECT %(a)s::int, %(b)s::text, %(a)s::int", {"a": 1, "b": "x"}).one() == (1, "x", 1)
        assert c.exec_driver_sql("SELECT '%s', $$ %s $$, 5 % 3 -- %s").one() == ("%s", " %s ", 2)
        assert c.exec_driver_sql("SELECT '100%%', 5 %% 3").one() == ("100%", 2)
        with pytest.raises(sa.exc.ProgrammingError, match="one statement at a time"):
            c.exec_driver_sql("SELECT 1; SELECT 2")
        with pytest.raises(sa.exc.ProgrammingError, match="not both"):
            c.exec_driver_sql("SELECT %s, %(name)s", {"name": 1})


@pytest.fixture
def people(engine):
    metadata = sa.MetaData()
    table = sa.Table("people", metadata, Column("id", sa.Integer, primary_key=True), Column("name", sa.String(5), unique=True),
                     Column("boss_id", sa.ForeignKey("people.id", name="fk_boss")), Column("age", sa.SmallInteger), sa.CheckConstraint("age > 0", name="ck_age"))
    metadata.create_all(engine)
    metadata.create_all(engine)
    return table


@pytest.mark.parametrize(
    ("values", "cls", "sqlstate", "constraint"),
    [
        ({"name": "a"}, sa.exc.IntegrityError, "23505", "people_name_key"),
        ({"boss_id": 99}, sa.exc.IntegrityError, "23503", "fk_boss"),
        ({"age": -1}, sa.exc.IntegrityError, "23514", "ck_age"),
        ({"name": "toolong"}, sa.exc.DataError, "22001", None),
        ({"age": 40000}, sa.exc.DataError, "22003", None),
        ({"name": "nul\0"}, sa.exc.DataError, "22021", None),
    ],
)  # fmt: skip
def test_errors_have_class_state_and_constraint(engine, people, values, cls, sqlstate, constraint):
    with engine.begin() as c:
        c.execute(insert(people), {"name": "a"})
    with pytest.raises(cls) as caught, engine.begin() as c:
        c.execute(insert(people), values)
    orig = caught.value.orig
    assert orig.sqlstate == orig.pgcode == orig.diag.sqlstate == sqlstate
    assert orig.diag.constraint_name == constraint
    assert "INSERT INTO people" in str(caught.value) and not caught.value.connection_invalidated
    with engine.connect() as c:
        assert c.scalar(select(func.count()).select_from(people)) == 1


def test_a_failed_transaction_cannot_be_committed_in_silence(engine, people):
    with engine.connect() as c:
        c.execute(insert(people), {"name": "a"})
        with pytest.raises(sa.exc.ProgrammingError, match='relation "nope" does not exist'):
            c.execute(text("SELECT * FROM nope"))
        with pytest.raises(sa.exc.InternalError, match="current transaction is aborted"):
            c.execute(text("SELECT 1"))
        with pytest.raises(sa.exc.InternalError, match="rolled back instead of committed"):
            c.commit()
        c.rollback()
        assert c.scalar(select(func.count()).select_from(people)) == 0


def test_savepoints_isolation_autocommit(engine, people):
    with engine.connect() as c:
        with c.begin():
            inner = c.begin_nested()
            c.execute(insert(people), {"name": "a"})
            inner.rollback()
            with c.begin_nested():
                c.execute(insert(people), {"name": "b"})
        assert c.execute(select(people.c.name)).scalars().all() == ["b"]
    for level in ("SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED"):
        with engine.connect().execution_options(isolation_level=level) as c:
            assert c.scalar(text("SHOW transaction_isolation")) == level.lower()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        c.execute(text("VACUUM people"))
    with engine.connect() as c:
        assert c.scalar(text("SHOW transaction_isolation")) == "read committed"
        with pytest.raises(sa.exc.InternalError, match="VACUUM cannot run inside a transaction block"):
            c.execute(text("VACUUM people"))


def test_a_plan_that_went_stale(engine, people):
    with engine.connect() as c, engine.connect() as other:
        star = text("SELECT * FROM people")
        assert len(c.execute(star).keys()) == len(c.execute(star).keys()) == 4
        c.commit()
        other.execute(text("ALTER TABLE people ADD extra int"))
        other.commit()
        alone = c.execution_options(isolation_level="AUTOCOMMIT")
        assert len(alone.execute(star).keys()) == 5
        other.execute(text("ALTER TABLE people DROP extra"))
        other.commit()
    with engine.connect() as c:
        c.execute(text("SELECT 1"))
        for _ in range(2):
            try:
                assert len(c.execute(star).keys()) == 4
            except sa.exc.NotSupportedError as e:
                assert "cached plan must not change result type" in str(e)
                c.rollback()


def test_prepared_statements_can_be_done_without(server):
    """For poolers that hand each transaction to another server process."""
    engine = sa.create_engine(server.url(), connect_args={"prepare_threshold": None})
    with engine.connect() as c:
        for i in range(3):
            assert c.execute(select(sa.literal(i), sa.literal("x"))).one() == (i, "x")
        assert c.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
    engine.dispose()


def test_options_are_checked_before_connecting(server):
    with pytest.raises(sa.exc.ArgumentError, match="nonsense is not an option of PostgreSQL connections"):
        sa.create_engine(server.url(), connect_args={"nonsense": 1})
    with pytest.raises(sa.exc.ArgumentError, match="client_encoding"):
        sa.create_engine(server.url(), connect_args={"client_encoding": "latin1"})
    engine = sa.create_engine(server.url(application_name="mine", options="-c%20statement_timeout%3D12345"))
    with engine.connect() as c:
        assert c.scalar(text("SHOW application_name")) == "mine"
        assert c.scalar(text("SHOW statement_timeout")) == "12345ms"
    engine.dispose()
