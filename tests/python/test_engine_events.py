"""What engines tell of sessions, too; schema_translate_map; options of engines in sessions."""

import pytest

import cormorant as sa
from cormorant import event, exc
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    __table_args__ = {"schema": "tenant"}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


plain = sa.Table("plain", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture
def engine():
    made = sa.create_engine("sqlite://")
    with made.connect() as c:
        c.execute(sa.text("ATTACH ':memory:' AS t1"))
        c.execute(sa.text("ATTACH ':memory:' AS t2"))
    plain.create(made)
    yield made
    made.dispose()


def test_one_engine_for_each_tenant(engine):
    found = []
    for name in ("t1", "t2"):
        mine = engine.execution_options(schema_translate_map={"tenant": name})
        Base.metadata.create_all(mine)
        with Session(mine) as s:
            s.add_all([Thing(name=name), Thing(name=name)])
            s.commit()
            thing = s.get(Thing, 1)
            thing.name += "!"
            s.commit()
            s.delete(s.get(Thing, 2))
            s.commit()
            found.append(s.scalars(sa.select(Thing.name)).all())
    assert found == [["t1!"], ["t2!"]]
    with Session(engine) as s:
        s.connection(execution_options={"schema_translate_map": {"tenant": "t2"}})
        assert s.scalars(sa.select(Thing.name)).all() == ["t2!"]
    with Session(engine) as s:
        for name in ("t1", "t2"):
            options = {"schema_translate_map": {"tenant": name}}
            assert s.execute(sa.select(Thing.name), execution_options=options).scalars().all() == [f"{name}!"]


def test_translated_tables_of_core(engine):
    table = Thing.__table__
    with engine.connect().execution_options(schema_translate_map={"tenant": "t1", None: "t2"}) as c:
        table.create(c)
        plain.create(c)
        c.execute(table.insert(), {"id": 4})
        c.execute(table.update().values(id=6))
        assert c.execute(sa.select(table.c.id)).scalars().all() == [6]
        assert c.scalar(sa.text("SELECT id FROM t1.things")) == 6
        assert c.execute(sa.text("SELECT name FROM t2.sqlite_master")).scalars().all() == ["plain"]
        assert c.schema_for_object(table) == "t1"
        c.execute(plain.insert(), {"id": 8})
        assert c.execute(sa.select(plain.c.id), execution_options={"schema_translate_map": None}).scalars().all() == []
        assert c.execute(sa.select(plain.c.id)).scalars().all() == [8]
        with pytest.raises(exc.OperationalError, match="nowhere"):
            c.execute(sa.select(table), execution_options={"schema_translate_map": {"tenant": "nowhere"}})
        assert c.execute(sa.select(plain.c.id)).scalars().all() == [8]


def test_transactions_of_sessions_are_told(engine):
    told = []
    for name in ("begin", "commit", "rollback"):
        event.listen(engine, name, lambda c, name=name: told.append(name))
    event.listen(engine, "savepoint", lambda c, point: told.append("savepoint"))
    event.listen(engine, "release_savepoint", lambda c, point, context: told.append("release"))
    event.listen(engine, "rollback_savepoint", lambda c, point, context: told.append("rollback to"))
    with Session(engine) as s:
        s.execute(plain.insert(), {"id": 1})
        s.commit()
        with s.begin_nested():
            s.execute(plain.insert(), {"id": 2})
        point = s.begin_nested()
        s.execute(plain.insert(), {"id": 3})
        point.rollback()
    assert told == ["begin", "commit", "begin", "savepoint", "release", "savepoint", "rollback to", "rollback"]
    del told[:]
    with engine.begin() as c:
        c.execute(sa.select(plain))
    with engine.connect() as c:
        c.execute(sa.select(plain))
    assert told == ["begin", "commit", "begin", "rollback"]


def test_a_begin_listener_can_refuse(engine):
    @event.listens_for(engine, "begin")
    def refuse(connection):
        raise RuntimeError("not now")

    with Session(engine) as s, pytest.raises(RuntimeError, match="not now"):
        s.execute(sa.select(plain))
    event.remove(engine, "begin", refuse)
    with Session(engine) as s:
        assert s.execute(sa.select(plain)).all() == []


@pytest.mark.parametrize("statement", ["SELECT nope", "INSERT INTO plain VALUES (1)"])
def test_errors_in_sessions_are_told_and_can_be_replaced(engine, statement):
    seen = []

    class Mine(Exception):
        pass

    @event.listens_for(engine, "handle_error", retval=True)
    def look(context):
        seen.append((type(context.original_exception).__name__, context.statement))
        return Mine("mine")

    with Session(engine) as s:
        s.execute(sa.text("INSERT INTO plain VALUES (1)"))
        with pytest.raises(Mine) as caught:
            s.execute(sa.text(statement))
        assert isinstance(caught.value.__cause__, exc.DBAPIError)
    assert [text for _, text in seen] == [statement]


def test_the_log_has_transactions_of_sessions(engine, caplog):
    engine.echo = True
    with caplog.at_level("INFO", logger="cormorant.engine"):
        with Session(engine) as s:
            s.execute(sa.select(plain))
            s.commit()
    lines = [r.getMessage() for r in caplog.records]
    assert lines[0] == "BEGIN (implicit)" and lines[-1] == "COMMIT"


def test_statements_can_be_replaced_before_they_are_sent(engine):
    sent = []

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def comment(conn, cursor, statement, parameters, context, executemany):
        return f"{statement} /* {len(sent)} */", tuple(7 if value == 1 else value for value in parameters)

    @event.listens_for(engine, "after_cursor_execute")
    def note(conn, cursor, statement, parameters, context, executemany):
        sent.append((statement, parameters))

    with Session(engine) as s:
        s.execute(plain.insert(), {"id": 1})
        assert s.scalars(sa.select(plain.c.id)).all() == [7]
        assert list(s.connection().execute(sa.select(plain.c.id).execution_options(yield_per=1)).scalars()) == [7]
        assert s.connection().exec_driver_sql("SELECT ?", (1,)).scalar() == 7
        s.execute(plain.insert(), [{"id": 3}, {"id": 4}])
    assert sent[0] == ("INSERT INTO plain (id) VALUES (?) /* 0 */", (7,)) and [text[-5:-3] for text, _ in sent] == [" 0", " 1", " 2", " 3", " 4"]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (None, exc.InvalidRequestError, "spoil.. listens to before_cursor_execute with retval=True: it must answer"),
        (("SELECT nope", ()), exc.OperationalError, "nope"),
        (("SELECT 1", (5,)), exc.ProgrammingError, "answered 1 parameters for a statement that takes 0"),
        (("SELECT ?", ()), exc.ProgrammingError, "uses 1, and there are 0"),
    ],
)
def test_bad_replacements(engine, answer, error, words):
    def spoil(*args):
        return answer

    event.listen(engine, "before_cursor_execute", spoil, retval=True)
    with engine.connect() as c:
        with pytest.raises(error, match=words):
            c.execute(sa.select(plain.c.id))
        event.remove(engine, "before_cursor_execute", spoil)
        assert c.execute(sa.select(plain.c.id)).all() == []


def test_before_execute_hears_of_what_sessions_send(engine):
    told = []
    event.listen(engine, "before_execute", lambda conn, element, *args: told.append((str(element), args[1])))
    event.listen(engine, "after_execute", lambda conn, element, *args: told.append(None))
    Base.metadata.create_all(mine := engine.execution_options(schema_translate_map={"tenant": "t1"}))
    del told[:]
    with Session(mine) as s:
        s.add(Thing(id=5, name="x:y"))
        s.flush()
        s.connection().execute(sa.select(plain.c.id))
        s.connection().exec_driver_sql("SELECT 1")
    assert told == [("INSERT INTO tenant.things (id, name) VALUES (:id, :name)", {"id": 5, "name": "x:y"}), None, ("SELECT plain.id \nFROM plain", {}), None]
    event.listen(engine, "before_execute", lambda conn, element, *args: (sa.text("SELECT 2"), [], {}), retval=True)
    with Session(engine) as s, pytest.raises(exc.InvalidRequestError, match="cannot replace the statements of sessions"):
        s.execute(sa.select(plain))
    with engine.connect() as c:
        assert c.execute(sa.select(plain)).scalar() == 2


class Side(DeclarativeBase):
    pass


links = sa.Table("links", Side.metadata, sa.Column("a", sa.ForeignKey("side_a.id")), sa.Column("b", sa.ForeignKey("side_b.id"), key="other"))


class A(Side):
    __tablename__ = "side_a"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column("number", default=0)
    bs: Mapped[list["B"]] = relationship(secondary=links)


class B(Side):
    __tablename__ = "side_b"
    id: Mapped[int] = mapped_column(primary_key=True)


def test_flushes_are_told_as_constructs(engine):
    Side.metadata.create_all(engine)
    told, after = [], []

    @event.listens_for(engine, "before_execute")
    def hear(conn, element, multiparams, params, options):
        told.append((type(element).__name__, getattr(element, "table", None), multiparams or params))
        after.append(element)

    @event.listens_for(engine, "after_execute")
    def heard(conn, element, multiparams, params, options, result):
        assert after.pop() is element

    with Session(engine) as s:
        s.add(A(id=1, bs=[B(id=1), B(id=2)]))
        s.flush()
        tables = A.__table__, B.__table__
        assert told == [
            ("Insert", tables[0], {"id": 1, "number": 0}), ("Insert", tables[1], [{"id": 1}, {"id": 2}]),
            ("Insert", links, [{"a": 1, "other": 1}, {"a": 1, "other": 2}]),
        ]  # fmt: skip
        one = s.get(A, 1)
        assert len(one.bs) == 2
        told.clear()
        one.n, one.bs = 5, []
        s.flush()
        assert told == [("Update", tables[0], {"number": 5, "side_a_id": 1}), ("Delete", links, [{"a": 1, "other": 1}, {"a": 1, "other": 2}])]
        told.clear()
        statement = sa.select(A).where(A.n == 5)
        event.listen(engine, "before_execute", lambda conn, element, *args: told.append(element))
        s.scalars(statement).all()
        assert told[1] is statement
        told.clear()
        s.execute(sa.insert(B), [{"id": 7}, {"id": 8}])
        assert told[0] == ("Insert", tables[1], [{"id": 7}, {"id": 8}])
        s.expire_all()
        assert one.n == 5 and type(told[-1]).__name__ == "Select"


def test_all_sets_of_parameters_are_shown(engine):
    seen, made = [], iter(range(100))
    table = sa.Table("made", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer, default=lambda: next(made)), sa.Column("s", sa.String))
    table.create(engine)

    def see(conn, cursor, statement, parameters, context, executemany):
        seen.append((parameters, executemany, context.parameters))

    event.listen(engine, "before_cursor_execute", see)
    event.listen(engine, "after_cursor_execute", see)
    with engine.begin() as c:
        c.execute(table.insert(), [{"id": i, "s": "x" * i} for i in range(3)])
        rows = [(0, 0, ""), (1, 1, "x"), (2, 2, "xx")]
        assert sorted(c.execute(sa.select(table)).all()) == rows and next(made) == 3
        sets = [(i, s, n) if seen[0][0][1][1] == "x" else (i, n, s) for i, n, s in rows]  # the default stands last, or in its place
        assert seen[0] == seen[1] == (sets, True, sets)
        c.execute(table.delete().where(table.c.id == sa.bindparam("x")), [{"x": 1}, {"x": 2}])
        assert seen[-1][:2] == ([(1,), (2,)], True)
        with pytest.raises(exc.StatementError, match="what"):
            c.execute(table.insert(), [{"id": 5, "s": "a"}, {"id": "what", "s": "b"}])
        assert c.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 1  # bound before anything ran


def test_all_sets_of_parameters_can_be_replaced(engine):
    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def more(conn, cursor, statement, parameters, context, executemany):
        return statement, [(value + 10,) for (value,) in parameters] if executemany else parameters

    with engine.begin() as c:
        c.execute(plain.insert(), [{"id": 1}, {"id": 2}])
        assert sorted(c.execute(sa.select(plain.c.id)).scalars()) == [11, 12]
        event.listen(engine, "before_cursor_execute", lambda *args: (args[2], args[3][:1]), retval=True)
        with pytest.raises(exc.ProgrammingError, match="1 sets of parameters for a statement that runs with 2"):
            c.execute(plain.insert(), [{"id": 3}, {"id": 4}])


def test_engines_made_from_others_have_their_listeners(engine):
    told = []
    made = engine.execution_options(isolation_level="AUTOCOMMIT")
    for name in ("before_cursor_execute", "before_execute", "begin", "engine_connect", "checkout", "commit"):
        event.listen(engine, name, lambda *args, name=name: told.append(name))
        event.listen(made, name, lambda *args, name=name: told.append(f"mine {name}"))
    for one, listening in ((made, 2), (engine, 1)):
        with one.connect() as c:
            c.execute(sa.select(plain))
        assert len(told) == 5 * listening and sum(name.startswith("mine") for name in told) == 5 * (listening - 1)
        del told[:]


def test_options_of_sessions_and_statements_reach_flushes_and_listeners(engine):
    with engine.begin() as c:
        c.execute(sa.text("CREATE TABLE t1.things (id INTEGER PRIMARY KEY, name TEXT)"))
    seen = []
    event.listen(engine, "before_cursor_execute", lambda c, cursor, sql, params, context, many: seen.append(context.execution_options.get("mine")))
    with Session(engine, execution_options={"schema_translate_map": {"tenant": "t1"}, "mine": 1}) as s:
        s.add(Thing(name="a"))
        s.commit()
        assert s.execute(sa.text("SELECT name FROM t1.things")).scalars().all() == ["a"]
        assert s.scalars(sa.select(Thing), execution_options={"mine": 2}).one().name == "a"
    assert seen == [1, 1, 2]


def test_schemas_of_a_session_on_a_connection_are_the_connections(engine):
    with engine.connect() as c, pytest.raises(NotImplementedError, match="give the map to the connection"):
        Session(c, execution_options={"schema_translate_map": {"tenant": "t1"}})


def test_get_is_told_to_listeners_of_statements(engine):
    with Session(engine) as s:
        s.execute(sa.insert(plain), [{"id": 1}])
        seen = []
        event.listen(s, "do_orm_execute", lambda state: seen.append(state.execution_options))

        class Plain(Base):
            __table__ = plain

        found = s.get(Plain, 1, execution_options={"mine": 1})
        assert s.get(Plain, 1) is found and seen == [{"mine": 1}]
        assert s.get(Plain, 1, populate_existing=True) is found and seen[1] == {"populate_existing": True}


def test_the_end_is_told_with_the_values_that_ran(engine):
    """Values that a default made are nobody's any more by then."""
    numbers = iter(range(1000))
    table = sa.Table(
        "made", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, default=lambda: f"made for row {next(numbers)} and let go thereafter"),
    )
    table.create(engine)
    told = []
    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(engine, name, lambda conn, cursor, statement, parameters, context, executemany: told.append(parameters))
    with Session(engine) as session:
        for i in range(3):
            session.execute(table.insert().returning(table.c.id), {"id": i})
            session.execute(table.insert(), {"id": 10 + i})
    assert len(told) == 12 and told[::2] == told[1::2] and len(set(map(str, told))) == 6


def test_a_ping_written_for_any_release(engine):
    """Listeners that look whether a connection is alive keep `should_close_with_result`, which had a meaning in 1.x."""
    pinged = []

    @event.listens_for(engine, "engine_connect")
    def ping(connection):
        before, connection.should_close_with_result = connection.should_close_with_result, True
        with connection.begin():
            pinged.append(connection.scalar(sa.select(1)))
        connection.should_close_with_result = before

    with engine.connect() as c:
        assert pinged == [1] and not c.in_transaction() and c.should_close_with_result is False
    with engine.connect() as c:
        assert pinged == [1, 1] and c.should_close_with_result is False
