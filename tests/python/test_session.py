"""Sessions: states of instances, transactions, identity, expiry, rollback, merge, threads."""

import gc
import threading
import time
import warnings
import weakref

import pytest

import cormorant as sa
from cormorant import orm
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, scoped_session, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    age: Mapped[int] = mapped_column(default=7)
    made: Mapped[str] = mapped_column(server_default="now")
    notes: Mapped[list["Note"]] = relationship(back_populates="user", cascade="all, delete-orphan")


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    user: Mapped["User | None"] = relationship(back_populates="notes")


class Pair(Base):
    __tablename__ = "pair"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str | None]


@pytest.fixture
def engine():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session


def test_states(session):
    u = User(name="ed")
    state = sa.inspect(u)
    assert state.transient and orm.object_session(u) is None
    session.add(u)
    assert state.pending and u in session and u in session.new
    session.flush()
    assert state.persistent and not session.new and state.identity == (1,)
    session.delete(u)
    assert u in session.deleted
    session.flush()
    assert state.deleted and u not in session
    session.commit()
    assert state.detached
    session.close()


def test_defaults_are_there_after_flush(session):
    u = User(name="ed")
    session.add(u)
    session.flush()
    assert (u.id, u.age, u.made) == (1, 7, "now")


def test_dirty_and_is_modified(session):
    u = User(name="ed")
    session.add(u)
    session.commit()
    assert u.name == "ed" and not session.dirty
    u.name = "eddy"
    assert u in session.dirty and session.is_modified(u)
    session.commit()
    assert not session.dirty and u.name == "eddy"
    u.name = "eddy"
    assert not session.is_modified(u)
    note = Note(text="a", user=u)  # waits until somebody reads u.notes
    assert not session.is_modified(u) and not sa.inspect(u).attrs.notes.history.has_changes()
    with session.no_autoflush:
        assert sa.inspect(u).attrs.notes.load_history().added == [note]
    assert session.is_modified(u) and not session.is_modified(u, include_collections=False)


def test_rollback_restores(session):
    u = User(name="ed")
    session.add(u)
    session.commit()
    u.name = "x"
    v = User(name="v")
    session.add(v)
    session.flush()
    session.rollback()
    assert u.name == "ed" and v not in session and sa.inspect(v).transient
    session.delete(u)
    session.flush()
    session.rollback()
    assert u in session and session.get(User, 1) is u


def test_failed_flush_poisons_until_rollback(session):
    session.add(User(name="ed"))
    session.commit()
    session.add(User(name="ed"))
    with pytest.raises(sa.exc.IntegrityError) as caught:
        session.commit()
    assert "UNIQUE" in str(caught.value.orig) and not session.is_active
    with pytest.raises(sa.exc.PendingRollbackError):
        session.scalars(sa.select(User)).all()
    session.rollback()
    assert session.is_active and [u.name for u in session.scalars(sa.select(User))] == ["ed"]


def test_identity(session):
    session.add_all([User(name="a"), User(name="b")])
    session.commit()
    one = session.get(User, 1)
    assert session.get(User, "1") is one and session.get(User, {"id": 1}) is one
    assert session.scalars(sa.select(User).where(User.name == "a")).one() is one
    assert session.get(User, 99) is None
    with pytest.raises(sa.exc.NoResultFound):
        session.get_one(User, 99)
    with pytest.raises(sa.exc.InvalidRequestError):
        session.get(User, (1, 2))
    assert len(session.identity_map) == 1
    assert orm.object_session(one) is session


def test_composite_keys(session):
    session.add(Pair(a=1, b="x", value="v"))
    session.commit()
    p = session.get(Pair, (1, "x"))
    assert p.value == "v" and session.get(Pair, {"b": "x", "a": 1}) is p
    assert session.get(Pair, (1, "y")) is None


def test_the_identity_map_is_weak(session):
    session.add(User(name="a"))
    session.commit()
    ref = weakref.ref(session.get(User, 1))
    assert ref() is None
    u = session.get(User, 1)
    u.name = "changed"
    ref = weakref.ref(u)
    del u
    gc.collect()
    assert ref() is not None  # changed: the session holds it
    session.commit()
    gc.collect()
    assert ref() is None


def test_expire_refresh_and_other_writers(engine, session):
    u = User(name="a")
    session.add(u)
    session.commit()
    with engine.begin() as c:
        c.execute(sa.text("update user set name='b'"))
    assert u.name == "b"
    with Session(engine) as other:
        other.get(User, 1).name = "c"
        other.commit()
    session.expire(u, ["name"])
    assert u.name == "c"
    session.refresh(u)
    assert u.name == "c"
    session.commit()
    with engine.begin() as c:
        c.execute(sa.text("delete from user"))
    with pytest.raises(orm.exc.ObjectDeletedError):
        u.name


def test_expire_on_commit_false(engine):
    session = Session(engine, expire_on_commit=False)
    u = User(name="a")
    session.add(u)
    session.commit()
    session.close()
    assert u.name == "a" and u.id == 1


def test_detached(session):
    u = User(name="a")
    session.add(u)
    session.commit()
    session.expunge(u)
    with pytest.raises(orm.exc.DetachedInstanceError):
        u.name
    session.add(u)
    assert u.name == "a"


def test_autoflush(session):
    session.add(User(name="a"))
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 1
    session.add(User(name="b"))
    with session.no_autoflush:
        assert len(session.scalars(sa.select(User)).all()) == 1
    assert session.query(User).count() == 2


def test_savepoints(session):
    session.add(User(name="a"))
    with session.begin_nested():
        session.add(User(name="b"))
    with pytest.raises(RuntimeError):
        with session.begin_nested():
            session.add(User(name="c"))
            session.flush()
            raise RuntimeError
    nested = session.begin_nested()
    session.add(User(name="d"))
    nested.rollback()
    assert session.in_transaction() and not session.in_nested_transaction()
    session.commit()
    assert [u.name for u in session.query(User).order_by(User.name)] == ["a", "b"]


def test_begin_blocks(engine):
    make = sessionmaker(engine)
    with make.begin() as session:
        session.add(User(name="a"))
    with pytest.raises(ZeroDivisionError):
        with make.begin() as session:
            session.add(User(name="b"))
            1 / 0
    with make() as session, session.begin():
        assert [u.name for u in session.query(User)] == ["a"]
        with pytest.raises(sa.exc.InvalidRequestError):
            session.begin()


def test_merge(engine, session):
    session.add(User(name="a", notes=[Note(text="n")]))
    session.commit()
    with Session(engine) as other:
        u = other.get(User, 1)
        u.notes  # loaded
        u.name
    u.name = "b"
    merged = session.merge(u)
    assert merged is not u and merged in session and merged.name == "b"
    assert merged.notes[0] in session and merged.notes[0].text == "n"
    fresh = session.merge(User(id=5, name="five"))
    session.commit()
    assert fresh.id == 5 and session.get(User, 5) is fresh


def test_make_transient(session):
    u = User(name="a")
    session.add(u)
    session.commit()
    u.name
    orm.make_transient(u)
    assert sa.inspect(u).transient
    u.id, u.name = None, "copy"
    session.add(u)
    session.commit()
    assert session.query(User).count() == 2


def test_unmapped_things_are_refused(session):
    with pytest.raises(orm.exc.UnmappedInstanceError):
        session.add(object())
    with pytest.raises(orm.exc.UnmappedInstanceError):
        session.add(User)
    with pytest.raises(sa.exc.ArgumentError):
        session.execute("select 1")


def test_statements_with_parameters(session):
    session.execute(sa.insert(User), [{"name": "a"}, {"name": "b", "age": 3}])
    assert session.execute(sa.text("select name from user where name = :n"), {"n": "b"}).scalar_one() == "b"
    assert session.execute(sa.select(User.id).where(User.name == sa.bindparam("n")), {"n": "a"}).scalar() == 1


def test_bulk_update_and_delete_reach_the_instances(session):
    session.add_all([User(name="a", age=1), User(name="b", age=2), User(name="c", age=3)])
    session.commit()
    a, b, c = session.scalars(sa.select(User).order_by(User.id)).all()
    session.execute(sa.update(User).where(User.age > 1).values(age=User.age + 10))
    assert (a.age, b.age, c.age) == (1, 12, 13)
    assert session.query(User).filter(User.name.like("%b%")).update({"age": 50}) == 1
    assert b.age == 50
    session.execute(sa.delete(User).where(User.age == 50))
    assert b not in session and session.query(User).count() == 2
    assert session.query(User).filter_by(name="c").delete() == 1


def test_session_without_a_bind():
    with pytest.raises(sa.exc.UnboundExecutionError):
        Session().scalars(sa.select(User)).all()


def test_binds(engine):
    other = sa.create_engine("sqlite://")
    Base.metadata.create_all(other)
    with Session(binds={User: engine, Note: other}) as session:
        session.add(User(name="a"))
        session.add(Note(text="n"))
        session.commit()
    with engine.connect() as c, other.connect() as d:
        assert c.scalar(sa.text("select count(*) from user")) == 1 and c.scalar(sa.text("select count(*) from note")) == 0
        assert d.scalar(sa.text("select count(*) from note")) == 1


def test_scoped_session(engine):
    scoped = scoped_session(sessionmaker(engine))
    assert scoped() is scoped()
    scoped.add(User(name="a"))
    scoped.commit()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(scoped()))
    thread.start()
    thread.join()
    assert seen[0] is not scoped()
    Base.query = scoped.query_property()
    try:
        assert User.query.filter_by(name="a").one().id == 1
    finally:
        del Base.query
    scoped.remove()


def test_threads_one_after_the_other(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    Base.metadata.create_all(engine)
    session = Session(engine)

    def work(i):
        session.add(User(name=f"u{i}"))
        session.commit()

    for i in range(5):
        thread = threading.Thread(target=work, args=(i,))
        thread.start()
        thread.join()
    assert session.query(User).count() == 5
    session.close()


def test_two_threads_at_once(tmp_path):
    """The second thread waits for the first one's statement; one warning says what to do."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    inside, results, errors = threading.Event(), [], []

    def until_warned():
        """The statement of the first thread, under way until the second was told that it has to wait."""
        inside.set()
        end = time.monotonic() + 30
        while not caught and time.monotonic() < end:
            time.sleep(0.01)
        return 3

    sa.event.listen(engine, "connect", lambda connection, record: connection.create_function("until_warned", 0, until_warned))
    Base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all([User(name=f"u{i}") for i in range(50)])
    session.commit()

    def first():
        results.append(session.execute(sa.text("select until_warned()")).scalar())

    def second():
        inside.wait(30)
        try:
            results.append(session.query(User).count())
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        threads = [threading.Thread(target=first), threading.Thread(target=second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [w.category for w in caught] == [RuntimeWarning] and "scoped_session" in str(caught[0].message)
    assert not errors and results == [3, 50]
    session.close()


def test_rows_that_are_returned_as_entities(session):
    a, b = session.scalars(sa.insert(User).returning(User), [{"name": "a"}, {"name": "b"}]).all()
    assert (a.name, b.id) == ("a", 2) and a in session
    assert session.scalars(sa.update(User).where(User.name == "a").values(name="c").returning(User)).one() is a
    assert a.name == "c"


def test_locked_rows(session):
    session.add(User(name="a"))
    session.commit()
    u = session.get(User, 1, with_for_update=True)
    session.refresh(u, with_for_update={"nowait": True})
    assert u.name == "a"


def test_events(engine):
    heard = []
    with Session(engine) as session:
        sa.event.listen(session, "before_flush", lambda s, c, i: heard.append("before_flush"))
        sa.event.listen(session, "after_commit", lambda s: heard.append("after_commit"))

        @sa.event.listens_for(User, "before_insert")
        def before_insert(mapper, connection, target):
            heard.append(target.name)
            target.age = 99

        try:
            session.flush()  # nothing to write: nobody is told
            u = User(name="a")
            session.add(u)
            session.commit()
        finally:
            sa.event.remove(User, "before_insert", before_insert)
        assert u.age == 99
    assert heard == ["before_flush", "a", "after_commit"]


def test_connection_of_the_session(session):
    session.add(User(name="a"))
    session.flush()
    assert session.connection().scalar(sa.text("select count(*) from user")) == 1
    session.rollback()
    assert session.connection().scalar(sa.text("select count(*) from user")) == 0


@pytest.mark.parametrize("mode", ["conditional_savepoint", "rollback_only", "create_savepoint"])
def test_a_session_inside_a_transaction_of_the_caller(engine, mode):
    """What test suites do: everything a session commits is undone at the end."""
    connection = engine.connect()
    outer = connection.begin()
    session = Session(bind=connection, join_transaction_mode=mode)
    session.add(User(name="a"))
    session.commit()
    assert session.query(User).count() == 1 and session.get_bind() is connection
    assert connection.scalar(sa.text("select count(*) from user")) == 1
    session.add(User(name="b"))
    session.flush()
    if mode == "create_savepoint":
        session.rollback()
        assert session.query(User).count() == 1
    session.close()
    outer.rollback()
    connection.close()
    with engine.connect() as c:
        assert c.scalar(sa.text("select count(*) from user")) == 0


def test_a_session_on_a_connection_of_the_caller(engine):
    with engine.connect() as connection:
        with Session(connection) as session:
            session.add(User(name="a"))
            session.commit()
        assert connection.scalar(sa.text("select count(*) from user")) == 1
        connection.rollback()
        assert connection.scalar(sa.text("select count(*) from user")) == 1


def test_a_joined_connection_may_be_closed_first(engine):
    """The session still speaks of it: it is told, and nothing that was freed is touched."""
    connection = engine.connect()
    session = Session(bind=connection)
    session.add(User(name="ed"))
    session.flush()
    connection.close()
    with pytest.raises(sa.exc.ResourceClosedError):
        session.scalars(sa.select(User)).all()
    session.close()
    with pytest.raises(sa.exc.ResourceClosedError):
        session.scalars(sa.select(User)).all()


def test_odd_keys_of_get_and_second_merges_are_told(session):
    with pytest.warns(sa.exc.SAWarning, match="fully NULL primary key identity"):
        assert session.get(Pair, (None, None)) is None
    with pytest.raises(sa.exc.ArgumentError, match="Expected mapped class or mapper, got: .*User.id"):
        session.get(User.id, 1)
    user = User(name="ed")
    session.add(user)
    session.autoflush = False
    with pytest.warns(sa.exc.SAWarning, match="Instance <User at .*> is already pending in this Session yet is being merged again"):
        assert session.merge(user) is user


def test_merging_reads_collections_that_raise(engine):
    class Shy(User):
        quiet: Mapped[list["Note"]] = relationship(lazy="raise", viewonly=False, overlaps="notes,user", cascade="save-update, merge")

    with Session(engine) as session:
        session.add(Shy(name="ed", quiet=[Note(text="a")]))
        session.commit()
        found = session.scalars(sa.select(Shy).options(orm.selectinload(Shy.quiet))).one()
        session.expunge_all()
        assert [n.text for n in session.merge(found).quiet] == ["a"]


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_a_block_whose_transaction_ended_takes_nothing_more(session, end):
    with session.begin():
        session.add(User(name="ed"))
    user = session.scalars(sa.select(User)).one()
    session.rollback()
    with session.begin():
        user.name
        getattr(session, end)()
        for use in (
            lambda: session.execute(sa.select(User)), lambda: session.add(User(name="x")), session.begin, session.begin_nested,
            lambda: session.delete(user), lambda: session.connection(),
        ):
            with pytest.raises(sa.exc.InvalidRequestError, match="Can't operate on closed transaction inside context manager"):
                use()
    assert session.scalars(sa.select(User.name)).all() == ["ed"]
    with session.begin_nested() as inner:
        inner.rollback()
        with pytest.raises(sa.exc.InvalidRequestError, match="Can't operate on closed transaction inside context manager"):
            session.execute(sa.select(User))
    assert session.scalars(sa.select(User.name)).all() == ["ed"]


def test_some_attributes_are_not_read_by_a_key_that_waits(session):
    user = User(name="ed")
    session.add(user)
    session.commit()
    session.autoflush = False
    user.id += 10
    with pytest.raises(sa.exc.InvalidRequestError, match="flush pending primary key changes on attributes .'id'. for mapper"):
        session.refresh(user, ["name"])
    session.refresh(user)
    assert user.id < 10


def test_identity_keys(session):
    assert orm.util.identity_key(User, ident=[1]) == orm.util.identity_key(User, 1) == (User, (1,), None)
    session.add(User(name="ed"))
    session.flush()
    row = session.execute(sa.select(User.__table__)).one()
    for given in (row, row._mapping, {User.__table__.c.id: 1}):
        assert orm.util.identity_key(User, row=given) == (User, (1,), None)


def test_a_get_knows_what_a_class_has_learned_since_the_last_one():
    """The statement of a get and of a lazy load is kept, and what it adds to the key of a plan with it: until a class changes."""

    class Base(DeclarativeBase):
        pass

    class House(Base):
        __tablename__ = "house"
        id: Mapped[int] = mapped_column(primary_key=True)
        doors: Mapped[list["Door"]] = relationship()

    class Door(Base):
        __tablename__ = "door"
        id: Mapped[int] = mapped_column(primary_key=True)
        house_id: Mapped[int] = mapped_column(sa.ForeignKey("house.id"))

    plain, mapped = sa.create_engine("sqlite://"), sa.create_engine("sqlite://", execution_options={"schema_translate_map": {None: "main"}})
    seen = []
    for engine in (plain, mapped):
        Base.metadata.create_all(engine)
        sa.event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        with Session(engine) as s:
            s.add(House(id=1, doors=[Door(id=1)]))
            s.commit()

    def look(engine):
        with Session(engine) as s:
            for _ in range(2):  # the second time by what was kept
                seen.clear()
                s.expunge_all()
                house = s.get(House, 1)
                assert [d.id for d in house.doors] == [1] and len(seen) == 2
                assert all(("main." in text) == (engine is mapped) for text in seen)
            return dict(house.__dict__), dict(house.doors[0].__dict__)

    for engine in (plain, mapped, plain):
        look(engine)
    House.twice = orm.column_property(House.__table__.c.id * 2)
    Door.half = orm.column_property(Door.__table__.c.id + 0.5)
    for engine in (plain, mapped):
        house, door = look(engine)
        assert house["twice"] == 2 and door["half"] == 1.5
        engine.dispose()
