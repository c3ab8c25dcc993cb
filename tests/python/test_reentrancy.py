"""Programs whose code, called while a statement runs, ends what runs it."""

import gc

import pytest
from cormorant import (
    Column,
    ForeignKey,
    Integer,
    String,
    TypeDecorator,
    create_engine,
    event,
    exc,
    insert,
    inspect,
    select,
)
from cormorant.orm import DeclarativeBase, Session, relationship


class _Meddling(TypeDecorator):
    """Calls back while its values travel."""

    impl = String
    cache_ok = True
    meddle = None

    def process_bind_param(self, value, dialect):
        if _Meddling.meddle:
            _Meddling.meddle()
        return value

    process_result_value = process_bind_param


@pytest.mark.parametrize("how", ["close", "rollback", "commit", "expunge_all", "reset"])
@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("options", [{}, {"yield_per": 1}])
def test_types_may_end_the_session_that_calls_them(how, echo, options):
    class Local(DeclarativeBase):
        pass

    class Thing(Local):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)
        name = Column(_Meddling)
        text = Column(String)

    long = "long " * 10_000
    engine = create_engine("sqlite://", echo=echo)
    Local.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            session.add_all([Thing(name="a", text=long), Thing(name="b", text=long)])
            session.commit()
            for statement in (
                select(Thing).where(Thing.name == "a"),
                select(Thing.__table__).where(Thing.name == "a"),
                select(Thing),
            ):
                for run in (session.execute, lambda statement: session.connection().execute(statement)):
                    _Meddling.meddle = getattr(session, how)
                    try:
                        for row in run(statement.execution_options(**options)):
                            assert getattr(row, "text", long) == long
                    except exc.ResourceClosedError as e:
                        assert "closed" in str(e)
                    _Meddling.meddle = None
                    session.rollback()
                    assert session.scalars(select(Thing.name)).all() == ["a", "b"]
    finally:
        _Meddling.meddle = None
        engine.dispose()


@pytest.fixture
def shelf():
    """A world whose types and listeners can be made to meddle: (engine, Shelf, Book, type)."""

    class Local(DeclarativeBase):
        pass

    class Meddling(_Meddling):
        cache_ok = True
        meddle = None

        def process_bind_param(self, value, dialect):
            if Meddling.meddle:
                Meddling.meddle()
            return value

        process_result_value = process_bind_param

    class Shelf(Local):
        __tablename__ = "shelf"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        mood = Column(Meddling)
        note = Column(String)
        books = relationship("Book", back_populates="shelf")

    class Book(Local):
        __tablename__ = "book"
        id = Column(Meddling, primary_key=True)
        title = Column(Meddling)
        shelf_id = Column(ForeignKey("shelf.id"))
        shelf = relationship("Shelf", back_populates="books")

    engine = create_engine("sqlite://")
    Local.metadata.create_all(engine)
    with Session(engine) as session:
        for i in range(3):
            session.add(
                Shelf(name=_long(f"n{i}"), mood=f"m{i}", note=_long("o"), books=[Book(id=_long(f"k{i}"), title="t")])
            )
        session.commit()
    yield engine, Shelf, Book, Meddling
    Meddling.meddle = None
    engine.dispose()


def _long(text):
    """Text that nobody else holds, and whose memory is given back when it goes."""
    return " ".join([text] * 5_000)


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("what", ["lazy", "expired"])
def test_a_session_lives_while_it_loads(shelf, what, closes):
    engine, Shelf, _, kind = shelf
    sessions = [Session(engine)]
    found = sessions[0].scalars(select(Shelf)).first()
    name = found.name
    if what == "expired":
        sessions[0].expire(found)

    def forget():
        if sessions and closes:
            sessions[0].close()
        sessions.clear()
        gc.collect()

    kind.meddle = forget
    try:
        assert [len(b.id) for b in found.books] == [len(_long("k0"))] if what == "lazy" else found.name == name
    except exc.DetachedInstanceError:
        assert closes
    kind.meddle = None
    assert inspect(found).detached


@pytest.mark.parametrize("name", ["set", "append"])
def test_a_session_lives_while_it_tells(shelf, name):
    engine, Shelf, Book, _ = shelf
    sessions = [Session(engine)]
    found = sessions[0].scalars(select(Shelf)).first()
    assert found.books

    def forget(*_):
        if sessions:
            sessions.pop().close()
        gc.collect()

    target = Shelf.note if name == "set" else Shelf.books
    event.listen(target, name, forget)
    if name == "set":
        found.note = "x"
        assert found.note == "x"
    else:
        found.books.append(Book(id="q"))
        assert [b.id for b in found.books][-1] == "q"
    event.remove(target, name, forget)


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("how", ["set", "expunge", "expire"])
def test_what_is_being_written_may_change_meanwhile(shelf, how, persistent):
    engine, Shelf, _, kind = shelf
    with Session(engine) as session:
        if persistent:
            rows = session.scalars(select(Shelf)).all()
            for row in rows:
                row.name, row.mood, row.note = _long("new"), _long("mood"), _long("z")
        else:
            rows = [Shelf(name=_long("new"), mood=_long("mood"), note=_long("z")) for _ in range(3)]
            session.add_all(rows)

        def change():
            for row in rows:
                if how == "set":
                    row.name = row.mood = "".join(["ot", "her"])
                elif how == "expunge" and row in session:
                    session.expunge(row)
                elif how == "expire" and persistent:
                    session.expire(row)

        kind.meddle = change
        session.flush()
        kind.meddle = None
        session.connection().commit() if how == "expunge" else session.commit()
    with engine.connect() as connection:
        table = Shelf.__table__
        for row in connection.execute(select(table.c.name, table.c.mood, table.c.note)):
            assert all(
                value in (None, "other") or len(value) in (1, 2) or len(set(value.split())) == 1 for value in row
            )


@pytest.mark.parametrize("how", ["list", "rows"])
@pytest.mark.parametrize("core", [False, True])
@pytest.mark.parametrize("returning", [False, True])
def test_parameters_may_change_while_they_are_written(shelf, core, returning, how):
    engine, Shelf, _, kind = shelf
    rows = [{"name": _long("a"), "mood": _long("b"), "note": _long("c")} for _ in range(200)]
    statement = insert(Shelf.__table__ if core else Shelf)
    kind.meddle = (lambda: rows.clear()) if how == "list" else (lambda: [row.update(note="c") for row in rows])
    with Session(engine) as session:
        where = session.connection() if core else session
        where.execute(statement.returning(Shelf.__table__.c.id) if returning else statement, rows)
        kind.meddle = None
        found = session.execute(select(Shelf.name, Shelf.note).where(Shelf.mood == _long("b"))).all()
        assert len(found) == 200 and {(name[0], note[0]) for name, note in found} == {("a", "c")}


def test_a_list_that_is_a_key_may_change_meanwhile(shelf):
    engine, _, Book, kind = shelf
    key = [_long("k1")]
    kind.meddle = key.clear
    with Session(engine) as session:
        assert session.get(Book, key).id == _long("k1")


@pytest.mark.parametrize("core", [False, True])
@pytest.mark.parametrize("how", ["close", "all", "next"])
@pytest.mark.parametrize("fetch", ["all", "fetchmany", "unique", "mappings"])
def test_a_stream_may_be_closed_by_its_own_rows(shelf, core, how, fetch):
    engine, Shelf, _, kind = shelf
    with Session(engine) as session:
        statement = select(Shelf.__table__ if core else Shelf).execution_options(yield_per=2)
        result = (session.connection() if core else session).execute(statement)
        refused = []

        def meddle():
            try:
                result.close() if how == "close" else result.all() if how == "all" else next(result)
            except exc.InvalidRequestError as e:
                refused.append(str(e))

        kind.meddle = meddle
        try:
            if fetch == "fetchmany":
                assert result.fetchmany(2)
            else:
                rows = result.all() if fetch == "all" else getattr(result, fetch)().all()
                assert len(rows) == 3
        except exc.ResourceClosedError:
            assert how == "close"
        kind.meddle = None
        assert not refused if how == "close" else "cannot read another one" in refused[0]
        assert len(session.scalars(select(Shelf)).all()) == 3


_ENDINGS = ["close", "commit", "rollback"]


@pytest.mark.parametrize("how", _ENDINGS)
@pytest.mark.parametrize(
    "name",
    [
        "before_flush",
        "after_flush",
        "after_flush_postexec",
        "before_commit",
        "after_commit",
        "after_rollback",
        "after_begin",
    ],
)
def test_a_transaction_does_not_end_inside_of_what_ends_it(shelf, name, how):
    engine, Shelf, _, _ = shelf
    told = []

    def end(session, *_):
        with pytest.raises(
            exc.IllegalStateChangeError,
            match=rf"Method '{how}\(\)' can't be called here; method '\w+\(\)' is already in progress",
        ):
            getattr(session, how)()
        told.append(name)

    with Session(engine) as session:
        event.listen(session, name, end)
        session.add(Shelf(name="new"))
        session.flush()
        session.rollback() if name == "after_rollback" else session.commit()
        event.remove(session, name, end)
        assert told
        assert len(session.scalars(select(Shelf)).all()) == (3 if name == "after_rollback" else 4)


@pytest.mark.parametrize("where", ["default", "compare", "before_insert", "after_update"])
@pytest.mark.parametrize("how", _ENDINGS)
def test_a_flush_does_not_end_inside_of_itself(how, where):
    told, sessions = [], []

    def end(*_):
        if not told:
            told.append(where)
            getattr(sessions[0], how)()
        return "x"

    class Local(DeclarativeBase):
        pass

    class Told(TypeDecorator):
        impl = String
        cache_ok = True

        def compare_values(self, x, y):
            if where == "compare":
                end()
            return x == y

    class Thing(Local):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)
        name = Column(Told)
        made = Column(String, default=end if where == "default" else None)

    if "_" in where:
        event.listen(Thing, where, end)
    engine = create_engine("sqlite://")
    Local.metadata.create_all(engine)
    session = Session(engine)
    sessions.append(session)
    if where in ("compare", "after_update"):
        told.append("not yet")
        session.add(Thing(id=1, name="a", made="m"))
        session.commit()
        session.get(Thing, 1).name = "b"
        told.clear()
    else:
        session.add(Thing(name="a"))
    with pytest.raises((exc.IllegalStateChangeError, exc.StatementError), match="can't be called here; method 'flush"):
        session.flush()
    session.rollback()
    session.add(Thing(name="c", made="d"))
    session.commit()
    assert [t.name for t in session.scalars(select(Thing))] in (["c"], ["a", "c"])
    sessions.clear()
    session.close()
    engine.dispose()


def test_no_statements_after_commit(shelf):
    """What is sent after COMMIT would be in no transaction."""
    engine, Shelf, _, _ = shelf
    refused = []

    def late(session):
        session.add(Shelf(name="late"))
        for do in (session.flush, lambda: session.scalars(select(Shelf)).all(), session.connection):
            with pytest.raises(exc.InvalidRequestError, match="in 'committed' state; no further SQL"):
                do()
            refused.append(do)

    with Session(engine) as session:
        event.listen(session, "after_commit", late)
        session.add(Shelf(name="early"))
        session.commit()
        event.remove(session, "after_commit", late)
        assert len(refused) == 3
        with engine.connect() as connection:
            assert "late" not in connection.scalars(select(Shelf.__table__.c.name)).all()
        session.commit()  # it is pending still
        assert "late" in session.scalars(select(Shelf.name)).all()


def test_savepoints_that_listeners_begin_again(shelf):
    """The recipe of test suites: whatever ends the savepoint, another one begins."""
    engine, Shelf, _, _ = shelf
    told = []

    def restart(session, transaction):
        told.append((transaction.nested, transaction.is_active))
        if transaction.nested and not transaction._parent.nested:
            session.expire_all()
            session.begin_nested()

    for end in _ENDINGS:
        told.clear()
        session = Session(engine)
        event.listen(session, "after_transaction_end", restart)
        first = session.begin_nested()
        session.add(Shelf(name=end))
        first.commit()
        assert told == [(True, False)] and session.in_nested_transaction()
        assert session.get_nested_transaction() is not first and session.get_nested_transaction().is_active
        getattr(session, end)()
        assert told == [(True, False), (True, False), (False, False)] and not session.in_transaction()
        event.remove(session, "after_transaction_end", restart)
        assert (end in session.scalars(select(Shelf.name)).all()) == (end == "commit")
        session.close()


def test_savepoints_inside_of_a_flush(shelf):
    engine, Shelf, _, _ = shelf

    def inside(session, *_):
        with session.begin_nested():
            session.execute(insert(Shelf), [{"name": "inside"}])

    with Session(engine) as session:
        event.listen(session, "before_flush", inside)
        session.add(Shelf(name="outside"))
        session.commit()
        event.remove(session, "before_flush", inside)
        assert {"inside", "outside"} <= set(session.scalars(select(Shelf.name)))


def test_after_soft_rollback_the_session_may_go_on(shelf):
    engine, Shelf, _, _ = shelf
    seen = []

    def go_on(session, previous):
        if session.is_active:
            seen.append((len(session.scalars(select(Shelf)).all()), previous.nested, previous.is_active))

    with Session(engine) as session:
        event.listen(session, "after_soft_rollback", go_on)
        session.add(Shelf(name="new"))
        session.flush()
        session.rollback()
        event.remove(session, "after_soft_rollback", go_on)
    assert seen == [(3, False, False)]


@pytest.mark.parametrize("act", ["close", "expunge_all", "rollback", "expunge"])
def test_what_listeners_raise_while_instances_leave_is_told(shelf, act):
    engine, Shelf, _, _ = shelf
    calls = []

    def fail(session, instance):
        calls.append(instance)
        raise ZeroDivisionError(act)

    session = Session(engine)
    found = session.scalars(select(Shelf)).all()
    session.add(Shelf(name="pending"))
    names = ["pending_to_transient", "persistent_to_detached"]
    for name in names:
        event.listen(session, name, fail)
    with pytest.raises(ZeroDivisionError, match=act):
        session.expunge(found[0]) if act == "expunge" else getattr(session, act)()
    for name in names:
        event.remove(session, name, fail)
    assert calls and all(x not in session for x in calls)
    session.rollback()
    assert len(session.scalars(select(Shelf)).all()) == 3
    session.close()
