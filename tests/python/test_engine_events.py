"""What engines tell of sessions, too; schema_translate_map; options of engines in sessions."""

import pytest

import cormorant as sa
from cormorant import event, exc
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column


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


def test_statements_of_sessions_are_told_before_and_after(engine):
    seen = []
    event.listen(engine, "before_execute", lambda conn, element, multi, params, options: seen.append(str(element)))
    event.listen(engine, "after_execute", lambda conn, element, multi, params, options, result: seen.append("after"))
    with Session(engine) as s:
        s.execute(sa.insert(plain), [{"id": 1}])
        assert s.scalars(sa.select(plain.c.id).where(plain.c.id == 1)).all() == [1]
    assert seen == ["INSERT INTO plain (id) VALUES (?)", "after", "SELECT plain.id \nFROM plain \nWHERE plain.id = ?", "after"]
    event.listen(engine, "before_execute", lambda *a: None, retval=True)
    with Session(engine) as s, pytest.raises(NotImplementedError, match="do_orm_execute"):
        s.scalars(sa.select(plain.c.id))
