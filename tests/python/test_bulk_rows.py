"""Many rows of one INSERT: written as statements of many rows on SQLite, and what a program sees of that."""

import pytest

import cormorant as sa
from cormorant import event, exc
from cormorant.dialects.sqlite import insert
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


def shout(context):
    return context.get_current_parameters()["name"].upper()


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    loud: Mapped[str] = mapped_column(default=shout)


@pytest.fixture
def connection():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def sent(connection):
    """Statements and how many values each had."""
    found = []

    def listener(conn, cursor, statement, parameters, context, executemany):
        found.append((statement, len(parameters[0] if executemany else parameters)))

    event.listen(connection.engine, "before_cursor_execute", listener)
    return found


def named(n, first=0):
    return [{"name": f"n{i}"} for i in range(first, first + n)]


def names(connection):
    return connection.scalars(sa.select(User.name).order_by(User.id)).all()


@pytest.mark.parametrize("n", [1, 7, 8, 63, 64, 65, 150])
def test_every_row_answers_in_its_order(connection, n):
    rows = connection.execute(sa.insert(User).returning(User.id, User.name, User.loud), named(n)).all()
    assert rows == [(i + 1, f"n{i}", f"N{i}") for i in range(n)]
    assert connection.execute(sa.insert(User), named(n, n)).rowcount == n
    assert names(connection) == [f"n{i}" for i in range(2 * n)]


def test_entities_answer_for_mappings(connection, sent):
    with Session(connection) as session:
        users = session.scalars(sa.insert(User).returning(User), named(70)).all()
        assert [u.loud for u in users] == [f"N{i}" for i in range(70)] and users[3] is session.get(User, 4)
        assert session.scalars(sa.insert(User).returning(User), {"name": "one"}).one().name == "one"
    assert [n for _, n in sent if n > 1][:2] == [128, 2]


def test_few_statements(connection, sent):
    connection.execute(sa.insert(User).returning(User.id), named(64 + 8 + 3))
    assert [(s.count("(?, ?)"), n) for s, n in sent] == [(64, 128), (8, 16), (1, 2)]


def test_listeners_hear_of_one_statement(connection, sent):
    connection.execute(sa.insert(User), named(75))
    assert [statement for statement, _ in sent] == ["INSERT INTO user (name, loud) VALUES (?, ?)"]
    assert len(names(connection)) == 75


def test_statements_that_take_single_rows_only(connection, sent):
    """A value outside the row is the row's own."""
    connection.execute(sa.insert(User), named(8))
    upsert = insert(User).on_conflict_do_update(index_elements=["name"], set_={"loud": sa.bindparam("then")})
    connection.execute(upsert, [{"name": f"n{i}", "then": f"t{i}"} for i in range(8)])
    assert connection.scalars(sa.select(User.loud)).all() == [f"t{i}" for i in range(8)]
    wide = sa.Table("wide", sa.MetaData(), *(sa.Column(f"c{i}", sa.Integer) for i in range(200)))
    wide.create(connection)
    del sent[:]
    assert len(connection.execute(sa.insert(wide).returning(wide.c.c1), [{f"c{i}": i for i in range(200)}] * 9).all()) == 9
    assert [n for _, n in sent] == [4 * 200, 200]


def test_upserts(connection):
    upsert = insert(User).on_conflict_do_update(index_elements=["name"], set_={"loud": insert(User).excluded.loud})
    connection.execute(sa.insert(User), named(100))
    assert connection.execute(upsert.returning(User.id), [{**row, "loud": "x"} for row in named(100, 50)]).scalars().all() == list(range(51, 151))
    assert connection.scalar(sa.select(sa.func.count()).where(User.loud == "x")) == 100
    assert connection.execute(insert(User).on_conflict_do_nothing().returning(User.id), named(70, 100)).scalars().all() == list(range(151, 171))


def test_a_value_of_on_conflict_is_no_value_of_the_row(connection):
    upsert = insert(User).on_conflict_do_update(index_elements=["name"], set_={"name": "taken"})
    connection.execute(sa.insert(User), {"name": "a"})
    connection.execute(upsert, [{"name": "a"}, {"name": "b"}])
    assert names(connection) == ["taken", "b"]


def test_a_refused_row_is_told_alone_and_leaves_those_before_it(connection):
    with pytest.raises(exc.IntegrityError, match=r"UNIQUE constraint failed: user.name\n\[SQL: INSERT INTO user \(name, loud\) VALUES \(\?, \?\)\]"):
        connection.execute(sa.insert(User), [*named(20), {"name": "n5"}, *named(20, 40)])
    assert names(connection) == [f"n{i}" for i in range(20)]
    connection.rollback()
    with Session(connection) as session, pytest.raises(exc.IntegrityError):
        session.scalars(sa.insert(User).returning(User), [*named(70), {"name": "n5"}])


@pytest.mark.parametrize("how", ["in the statement", "in a trigger"])
def test_rows_that_a_refused_statement_keeps_are_not_written_twice(connection, how):
    connection.exec_driver_sql("CREATE TABLE entry (name TEXT CHECK (name <> 'n9'))")
    connection.exec_driver_sql("CREATE TRIGGER guard AFTER INSERT ON entry WHEN new.name = 'n5' BEGIN SELECT RAISE(FAIL, 'no fives'); END")
    entry = sa.table("entry", sa.column("name"))
    fault = "n9" if how == "in the statement" else "n5"
    rows = [row for row in named(20) if fault == "n5" or row["name"] != "n5"]
    with pytest.raises(exc.IntegrityError):
        connection.execute(sa.insert(entry).prefix_with("OR FAIL"), rows)
    kept = connection.scalars(sa.select(entry.c.name)).all()
    assert kept == [row["name"] for row in rows][: len(kept)] and len(kept) in (6, 8)


def test_a_value_that_does_not_fit_names_its_row(connection):
    with pytest.raises(exc.StatementError, match="parameter group 9"):
        connection.execute(sa.insert(User), [*named(9), {"loud": "x"}, *named(3, 20)])
