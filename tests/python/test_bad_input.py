"""Bad input: one clear error each that names what is at fault; nothing is lost, the session goes on after rollback()."""

import datetime
import decimal
import io
import logging
import os
import sqlite3
import threading
import warnings

import pytest

import cormorant as sa
from cormorant import event, exc
from cormorant.engine import make_url
from cormorant.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship
from cormorant.orm.exc import DetachedInstanceError, ObjectDeletedError, StaleDataError, UnmappedClassError, UnmappedInstanceError


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    age: Mapped[int | None]
    born: Mapped[datetime.date | None]
    at: Mapped[datetime.datetime | None]
    price: Mapped[decimal.Decimal | None]
    ratio: Mapped[float | None]
    photo: Mapped[bytes | None]
    active: Mapped[bool | None]
    posts: Mapped[list["Post"]] = relationship(back_populates="user")

    @property
    def shout(self):
        return self.name.upper()

    @shout.setter
    def shout(self, value):
        self.name = value.lower()


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    user: Mapped["User | None"] = relationship(back_populates="posts")


class Absent(Base):
    """Its table is never created."""

    __tablename__ = "absent"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def engine():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine, tables=[User.__table__, Post.__table__])
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        session.add(User(id=1, name="ann"))
        session.commit()
        yield session


def usable(session):
    """The session works after rollback() and has what was committed."""
    session.rollback()
    assert [u.name for u in session.query(User).order_by(User.id)] == ["ann"]
    session.add(User(name="later"))
    session.commit()
    assert session.query(User).filter_by(name="later").delete() == 1
    session.commit()


# ---- names


@pytest.mark.parametrize(
    "act, error",
    [
        (lambda s: User(nme="x"), TypeError),
        (lambda s: User.nme, AttributeError),
        (lambda s: User().nme, AttributeError),
        (lambda s: User.__table__.c.nme, AttributeError),
        (lambda s: User.__table__.c["nme"], KeyError),
        (lambda s: sa.select(User).filter_by(nme=1), exc.InvalidRequestError),
        (lambda s: s.query(User).filter_by(nme=1), exc.InvalidRequestError),
        (lambda s: s.execute(sa.insert(User).values(nme=1)), exc.CompileError),
        (lambda s: s.execute(sa.insert(User.__table__), {"nme": 1}), exc.CompileError),
        (lambda s: s.execute(sa.insert(User), [{"nme": 1, "name": "bob"}]), exc.CompileError),
        (lambda s: s.execute(sa.update(User).values(nme=1)), exc.CompileError),
        (lambda s: s.query(User).update({"nme": 1}), exc.CompileError),
        (lambda s: s.execute(sa.select(User).order_by("nme")), exc.CompileError),
        (lambda s: s.get(User, {"nme": 1}), exc.InvalidRequestError),
        (lambda s: s.execute(sa.select(User.id)).first().nme, AttributeError),
        (lambda s: s.execute(sa.select(User.id)).mappings().first()["nme"], exc.NoSuchColumnError),
    ],
)
def test_unknown_names(session, act, error):
    with pytest.raises(error) as caught:
        act(session)
    assert "nme" in str(caught.value) or "'id'" in str(caught.value)  # get({...}) tells the names it wants
    usable(session)


@pytest.mark.parametrize("name", ["_sa_instance_state", "__class__", "__dict__", "__table__", "__mapper__", "__init__", "metadata", "registry", "query"])
def test_mass_assignment_reaches_mapped_names_only(session, name):
    with pytest.raises(TypeError, match=name):
        User(**{name: "x"})
    for build in (lambda: sa.select(User).filter_by(**{name: "x"}), lambda: session.query(User).filter_by(**{name: "x"})):
        with pytest.raises(exc.InvalidRequestError, match=name):
            build()
    assert User(shout="BOB").name == "bob"  # properties of the program's own are no secret


@pytest.mark.parametrize("name", ["_connector", "_negated", "user.name", "name__contains", "name; drop table user"])
def test_filter_by_takes_no_operators(session, name):
    with pytest.raises(exc.InvalidRequestError):
        sa.select(User).filter_by(**{name: "x"})
    with pytest.raises(TypeError):
        User(**{name: "x"})


# ---- values

WRONG = [
    ("age", "abc"), ("age", [1]), ("age", {}), ("age", object()), ("age", b"1"), ("born", "2020-01-01"), ("born", 5), ("at", "now"),
    ("price", "abc"), ("ratio", "x"), ("photo", "text"), ("active", "yes"), ("active", 2), ("name", {"a": 1}), ("name", ["x"]),
    ("name", object()), ("name", "\ud800"),
]  # fmt: skip


@pytest.mark.parametrize("key, value", WRONG)
def test_wrong_type_is_refused_and_names_the_column(session, key, value):
    with pytest.raises(exc.StatementError, match=rf"user\.{key}") as caught:
        session.add(User(**{"name": "bob", key: value}))
        session.flush()
    assert caught.value.orig is not None
    usable(session)
    with pytest.raises(exc.StatementError, match=rf"user\.{key}"):
        session.execute(sa.insert(User).values(**{"name": "bob", key: value}))
    usable(session)


def test_wrong_type_in_a_condition(session):
    for value in ([1], {"a": 1}, object(), "abc"):
        with pytest.raises(exc.StatementError, match="age_1"):
            session.execute(sa.select(User).where(User.age == value)).all()
    usable(session)


def test_numbers_out_of_range(session):
    for value in (2**63, -(2**63) - 1, 10**400):
        with pytest.raises(OverflowError):
            session.execute(sa.select(User).where(User.age == value)).all()
        with pytest.raises(OverflowError):
            session.get(User, value)
        session.add(User(name="big", age=value))
        with pytest.raises(OverflowError):
            session.flush()
        usable(session)


def test_lossless_conversions_are_made(session):
    session.add(User(id="7", name=5, age="12", price=1, ratio="1.5", active=True, at=datetime.date(2020, 1, 1)))
    session.commit()
    found = session.get(User, "7")
    assert found is session.get(User, 7)
    assert (found.name, found.age, found.price, found.ratio) == ("5", 12, decimal.Decimal(1), 1.5)
    session.delete(found)
    session.commit()


def test_text_survives_whatever_is_in_it(session):
    evil = "a\0b'\"`;--/*%s:x?\\\n\x1b[31m\u2028é"
    session.add(User(id=9, name=evil))
    session.commit()
    assert session.query(User).filter_by(name=evil).one().name == evil
    assert session.execute(sa.text("select name from user where name = :n"), {"n": evil}).scalar() == evil
    session.execute(sa.delete(User).where(User.name == evil))
    session.commit()
    usable(session)


@pytest.mark.parametrize("value", ["abc", "1; drop table user", [1], object()])
def test_limits_are_numbers(session, value):
    for build in (lambda: sa.select(User).limit(value), lambda: sa.select(User).limit(1).offset(value)):
        with pytest.raises((exc.ArgumentError, exc.StatementError)):
            session.execute(build()).all()
    assert len(session.execute(sa.select(User).limit("3")).all()) == 1
    usable(session)


@pytest.mark.parametrize("value", [5, None, "abc"])
def test_in_takes_lists(value):
    with pytest.raises(exc.ArgumentError, match="IN expression list"):
        User.id.in_(value)


# ---- text where expressions belong


@pytest.mark.parametrize(
    "build",
    [
        lambda s: s.execute("select 1"),
        lambda s: sa.select(User).where("1=1"),
        lambda s: s.query(User).filter("1=1"),
        lambda s: s.query("name"),
        lambda s: sa.select(User).join("posts"),
        lambda s: sa.select(User).options(joinedload("posts")),
        lambda s: sa.select(User).options(5),
        lambda s: s.execute(sa.select(User).order_by("name; drop table user")),
        lambda s: s.execute(sa.select(User).group_by("name; drop table user")),
        lambda s: s.execute(sa.select(sa.extract("year'); drop", User.at))),
        lambda s: sa.select(User).with_for_update(of="x; drop"),
    ],
)
def test_text_is_no_expression(session, build):
    with pytest.raises((exc.ArgumentError, exc.CompileError)):
        build(session)
    usable(session)


HOSTILE = ['a"b', "a`b", "a'b", "a]b", "a;b", "a--b", "a/*b", "a%b", "a%(x)s", "a.b", "a\nb", "a\x01b", "a\uff02b", "a:b", "a?b", "select", "a b"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_identifiers_are_quoted(name):
    metadata = sa.MetaData()
    table = sa.Table(name, metadata, sa.Column(name, sa.Integer, primary_key=True), sa.Column("x", sa.String))
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), {name: 1, "x": "v"})
        connection.execute(table.update().where(table.c[name] == 1).values({name: 2}))
        alias = table.alias(name + "_")
        assert connection.execute(sa.select(alias).order_by(alias.c[name])).mappings().all() == [{name: 2, "x": "v"}]
        cte = sa.select(table.c[name].label(name)).cte(name + "c")
        assert connection.execute(sa.select(cte)).all() == [(2,)]
        result = connection.execute(sa.select(sa.literal(1).label(name)).where(sa.literal(1) == sa.bindparam(name)), {name: 1})
        assert list(result.keys()) == [name] and result.all() == [(1,)]
        assert connection.execute(sa.text("select count(*) from sqlite_master where type = 'table'")).scalar() == 1
    inspector = sa.inspect(engine)
    assert inspector.get_table_names() == [name] and [c["name"] for c in inspector.get_columns(name)] == [name, "x"]


def test_names_with_nul_are_refused(engine):
    table = sa.table("t", sa.column("x"))
    select = sa.select(table.c.x)
    for make in (sa.literal(1).label, table.alias, select.cte, select.subquery, sa.text, sa.literal_column, sa.column):
        with pytest.raises(exc.ArgumentError, match="NUL"):
            make("a\0b")
    with pytest.raises(exc.ArgumentError, match="NUL"):
        table.tablesample(1, "a\0b")
    with pytest.raises(exc.ArgumentError, match="NUL"):
        getattr(sa.func, "a\0b")(1)
    with pytest.raises((ValueError, exc.ArgumentError), match="NUL"):
        sa.Table("a\0b", sa.MetaData(), sa.Column("x", sa.Integer)).create(engine)
    with pytest.raises(exc.ArgumentError, match="NUL"):
        sa.create_engine("sqlite:///a\0b")


def test_type_arguments_are_no_text():
    with pytest.raises(TypeError):
        str(sa.String("9)) --"))
    with pytest.raises(TypeError):
        str(sa.Numeric(1, "2); drop"))
    assert 'COLLATE "a""b"' in str(User.name.collate('a"b'))


def test_like_helpers_match_literally(session):
    found = session.execute(sa.select(sa.literal("50%").contains("0%", autoescape=True), sa.literal("505").contains("0%", autoescape=True)))
    assert found.one() == (True, False)


# ---- statements the database refuses


def test_duplicate_key(session):
    again = User(name="ann")
    session.add(again)
    with pytest.raises(exc.IntegrityError) as caught:
        session.flush()
    error = caught.value
    assert "user.name" in str(error) and error.statement.startswith("INSERT INTO user")
    assert error.orig.sqlite_errorname == "SQLITE_CONSTRAINT_UNIQUE" and isinstance(error.orig, sa.dbapi.IntegrityError)
    with pytest.raises(exc.PendingRollbackError, match="user.name"):
        session.query(User).all()
    session.rollback()
    assert again not in session
    usable(session)


def test_missing_table(session):
    with pytest.raises(exc.OperationalError, match="no such table: absent"):
        session.query(Absent).all()
    usable(session)
    session.add(Absent())
    with pytest.raises(exc.OperationalError, match="no such table: absent"):
        session.commit()
    usable(session)


def test_column_that_the_file_lacks(tmp_path):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as plain:
        plain.execute("create table user (id integer primary key, name text)")
        plain.execute("insert into user values (1, 'ann')")
    plain.close()
    engine = sa.create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)  # leaves the table as it is
    with Session(engine) as session:
        with pytest.raises(exc.OperationalError, match=r"no such column: user\.age"):
            session.query(User).all()
        session.rollback()
        session.add(User(name="bob"))
        with pytest.raises(exc.OperationalError, match="no column named age"):
            session.commit()
        session.rollback()
        assert session.execute(sa.select(User.name)).all() == [("ann",)]
    engine.dispose()


@pytest.mark.parametrize(
    "statement, params, error",
    [
        ("selec 1", None, exc.OperationalError),
        ("select 1; drop table user", None, exc.ProgrammingError),
        ("select :a", None, exc.StatementError),
        ("select :a", {"a": object()}, exc.ProgrammingError),
        ("select :a", {"a": [1]}, exc.ProgrammingError),
        ("select :a", (1,), exc.ArgumentError),
        ("select nosuch from user", None, exc.OperationalError),
    ],
)
def test_bad_text(session, statement, params, error):
    with pytest.raises(error):
        session.execute(sa.text(statement), params).all()
    usable(session)


# ---- sessions and instances


def test_closed_sessions(engine, session):
    session.close()
    assert session.query(User).count() == 1  # close() lets go; the session can be used again
    ended = Session(engine, close_resets_only=False)
    ended.close()
    for use in (lambda: ended.query(User).all(), lambda: ended.get(User, 1), lambda: ended.connection()):
        with pytest.raises(exc.InvalidRequestError, match="permanently closed"):
            use()


def test_detached_instances(session):
    found = session.query(User).one()
    session.close()
    assert found.name == "ann"
    with pytest.raises(DetachedInstanceError, match="User.*'posts'"):
        found.posts
    other = session.query(User).one()
    session.expire(other)
    session.expunge(other)
    with pytest.raises(DetachedInstanceError, match="User"):
        other.name


def test_rows_that_vanish(session):
    found = session.query(User).one()
    with Session(session.get_bind()) as other:
        other.execute(sa.text("delete from user"))
        other.commit()
    found.name = "zoe"
    with pytest.raises(StaleDataError, match="'user'"):
        session.flush()
    session.rollback()
    with pytest.raises(ObjectDeletedError, match="User"):
        found.name


def test_what_is_no_instance(engine, session):
    for wrong in (5, None, "x"):
        with pytest.raises(UnmappedInstanceError, match=type(wrong).__name__):
            session.add(wrong)
    with pytest.raises(UnmappedInstanceError, match="User"):
        session.add(User)
    with pytest.raises(UnmappedClassError, match="int"):
        session.get(int, 1)
    with pytest.raises(exc.InvalidRequestError, match="not persisted"):
        session.delete(User(name="x"))
    mine = User(name="x")
    session.add(mine)
    with Session(engine) as other, pytest.raises(exc.InvalidRequestError, match="already attached"):
        other.add(mine)
    usable(session)


def test_relationships_take_their_own_class(session):
    ann = session.query(User).one()
    with pytest.raises(TypeError, match="not list-like"):
        ann.posts = 5
    with pytest.raises(UnmappedInstanceError, match="User.posts"):
        ann.posts.append(5)
    with pytest.raises(UnmappedInstanceError, match="Post.user"):
        Post().user = 5
    wrong = Post()
    wrong.user = Post()
    with pytest.raises(exc.ArgumentError, match="'user' on class 'Post'"):
        session.add(wrong)
        session.flush()
    usable(session)


def test_get_with_the_wrong_key(session):
    with pytest.raises(exc.InvalidRequestError, match="1 primary key columns, 2 values"):
        session.get(User, (1, 2))
    with pytest.warns(exc.SAWarning, match="NULL primary key"):
        assert session.get(User, None) is None
    assert session.get(User, "abc") is None and session.get(User, "abc", populate_existing=True) is None
    with pytest.raises(exc.StatementError, match="object"):
        session.get(User, object())
    usable(session)


def test_text_that_spells_no_key_is_no_row_however_it_is_asked_for(session):
    assert session.get(User, "abc", with_for_update=True) is None
    assert session.get(User, {"id": "abc"}) is None
    assert session.get(User, "abc", with_for_update={"nowait": True}) is None
    told = []
    event.listen(session, "do_orm_execute", told.append)
    assert session.get(User, "abc") is None and not told
    assert session.get(User, 999) is None and len(told) == 1
    usable(session)


def test_an_error_of_the_flush_before_get_is_told(session):
    session.add(User(id=object()))
    with pytest.raises(exc.StatementError, match="object"):
        session.get(User, "5", populate_existing=True)


def test_two_threads_at_once(session):
    """The second waits for the running operation; one warning says what to do."""
    inside, counts = threading.Event(), []

    @event.listens_for(session, "before_flush")
    def slowly(*args):
        inside.set()
        threading.Event().wait(0.2)

    def second():
        inside.wait()
        counts.append(session.query(User).count())

    thread = threading.Thread(target=second)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        session.add(User(name="bob"))
        thread.start()
        session.flush()
        thread.join()
    assert counts == [2] and len([w for w in caught if "scoped_session" in str(w.message)]) <= 1
    event.remove(session, "before_flush", slowly)
    usable(session)


# ---- files


def test_no_database(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"these are notes, and no database" * 200)
    before = path.read_bytes()
    engine = sa.create_engine(f"sqlite:///{path}")
    with pytest.raises(exc.DatabaseError, match="file is not a database"):
        Base.metadata.create_all(engine)
    with Session(engine) as session, pytest.raises(exc.DatabaseError, match="file is not a database"):
        session.query(User).all()
    engine.dispose()
    assert path.read_bytes() == before


def test_files_that_cannot_be_opened(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere" / "x.db"):
        with pytest.raises(exc.OperationalError, match="unable to open database file"):
            sa.create_engine(f"sqlite:///{path}").connect().execute(sa.text("select 1 from sqlite_master"))


def made(path, **options):
    engine = sa.create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine, tables=[User.__table__, Post.__table__])
    with Session(engine) as session:
        session.add(User(id=1, name="ann"))
        session.commit()
    engine.dispose()
    return sa.create_engine(options.pop("url", f"sqlite:///{path}"), **options)


def test_read_only_file(tmp_path):
    path = tmp_path / "ro.db"
    engine = made(path, url=f"sqlite:///file:{path}?mode=ro&uri=true")
    before = path.read_bytes()
    with Session(engine) as session:
        session.add(User(name="bob"))
        with pytest.raises(exc.OperationalError, match="readonly") as caught:
            session.commit()
        assert caught.value.orig.sqlite_errorname == "SQLITE_READONLY"
        session.rollback()
        assert [u.name for u in session.query(User)] == ["ann"]
    engine.dispose()
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["ro.db"]


def test_full_disk(tmp_path):
    engine = made(tmp_path / "full.db")

    @event.listens_for(engine, "connect")
    def small(connection, record):
        connection.execute("pragma max_page_count=20")

    with Session(engine) as session:
        session.add_all([User(name=f"u{i}", photo=b"x" * 3000) for i in range(100)])
        with pytest.raises(exc.OperationalError, match="disk is full") as caught:
            session.commit()
        assert caught.value.orig.sqlite_errorname == "SQLITE_FULL"
        with pytest.raises(exc.PendingRollbackError, match="disk is full"):
            session.query(User).all()
        usable(session)
        assert session.execute(sa.text("pragma integrity_check")).scalar() == "ok"
    with engine.connect() as connection:
        with pytest.raises(exc.OperationalError, match="disk is full"):
            connection.execute(sa.insert(User), [{"name": f"u{i}", "photo": b"x" * 50_000} for i in range(5)])
        with pytest.raises(exc.PendingRollbackError):  # the database gave the transaction up: later rows must not be saved alone
            connection.execute(sa.insert(User), {"name": "bob"})
        connection.rollback()
        assert connection.execute(sa.select(sa.func.count()).select_from(User)).scalar() == 1
    engine.dispose()


def test_locked_file(tmp_path):
    engine = made(tmp_path / "busy.db", connect_args={"timeout": 0.1})
    other = sqlite3.connect(tmp_path / "busy.db", isolation_level=None)
    other.execute("begin exclusive")
    with Session(engine) as session:
        session.add(User(name="bob"))
        with pytest.raises(exc.OperationalError, match="database is locked") as caught:
            session.commit()
        assert caught.value.orig.sqlite_errorname == "SQLITE_BUSY"
        other.execute("rollback")
        other.close()
        usable(session)
    engine.dispose()


# ---- URLs and secrets


@pytest.mark.parametrize("url", ["", "nope", "://", "sqlite:/x", "nosuch://x", "sqlite://host/x.db", "sqlite:///x?nosuch=1", 5, None, b"sqlite://"])
def test_bad_urls(url):
    with pytest.raises(exc.ArgumentError):
        sa.create_engine(url)


def test_engine_arguments():
    with pytest.raises(TypeError, match="nosuch"):
        sa.create_engine("sqlite://", nosuch=1)
    with pytest.raises(NotImplementedError, match="creator"):
        sa.create_engine("sqlite://", creator=lambda: None)
    with pytest.raises(exc.ArgumentError, match="isolation_level"):
        sa.create_engine("sqlite://", isolation_level="none; drop").connect()


def test_secrets_are_masked():
    url = make_url("postgresql://bob:s3cret@h/db?password=s3cret&sslpassword=s3cret&application_name=x")
    assert "s3cret" not in str(url) + repr(url) + f"{url}" and "application_name=x" in str(url)
    assert url.render_as_string(hide_password=False).count("s3cret") == 3
    assert make_url(url.render_as_string(hide_password=False)) == url


def test_parameters_stay_out_of_exceptions(session):
    session.execute(sa.text("create table secret (a unique)"))
    insert = sa.text("insert into secret values (:a)")
    session.execute(insert, {"a": "s3cret"})
    with pytest.raises(exc.IntegrityError) as caught:
        session.execute(insert, {"a": "s3cret"})
    error = caught.value
    assert "s3cret" not in str(error) + repr(error) + str(error.orig) and error.hide_parameters
    usable(session)


@pytest.fixture
def log():
    stream, logger = io.StringIO(), logging.getLogger("cormorant.engine")
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_log_lines_cannot_be_forged(log):
    engine = sa.create_engine("sqlite://")
    evil = "a\n2026-01-01 INFO forged \x1b[31m\u2028b"
    with engine.connect() as connection:
        connection.execute(sa.select(sa.literal(evil).label(evil))).all()
        connection.execute(sa.text("select 1 /* \x1b[31m */")).all()
    text = log.getvalue()
    assert "forged" in text and "\x1b" not in text and "\u2028" not in text
    assert not any(line.startswith("2026") for line in text.splitlines())


def test_values_are_logged_only_for_echo(log):
    with sa.create_engine("sqlite://").connect() as connection:
        connection.execute(sa.select(sa.literal(1) == sa.literal("s3cret"))).all()
    assert "SELECT" in log.getvalue() and "s3cret" not in log.getvalue()


# ---- size


def test_deep_and_wide_statements_fail_politely(session):
    deep = User.id == 1
    for i in range(3000):
        deep = sa.not_(sa.or_(deep, sa.and_(User.id == i, deep))) if i < 5 else ~(deep & (User.id == i)).self_group()
    with pytest.raises((exc.CompileError, exc.OperationalError)):
        session.execute(sa.select(User.id).where(deep)).all()
    wide = sa.and_(*[User.id == i for i in range(10_000)])
    with pytest.raises(exc.OperationalError):
        session.execute(sa.select(User.id).where(wide)).all()
    with pytest.raises(exc.OperationalError, match="too many terms"):
        session.execute(sa.union_all(*[sa.select(sa.literal(1))] * 600)).all()
    assert session.execute(sa.select(User.id).where(User.id.in_(range(100_000)))).all() == [(1,)]
    usable(session)


@pytest.mark.parametrize(
    ("column", "stored", "error"),
    [("text", "cast(x'61ff' as text)", exc.OperationalError), ("day", "'junk'", ValueError), ("price", "'junk'", ValueError), ("key", "'junk'", ValueError), ("document", "'{junk'", ValueError)],
)
def test_what_cannot_be_read_names_its_column(column, stored, error):
    """In the message, or in a note below it where Python's own classes raise it."""

    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id = mapped_column(sa.Integer, primary_key=True)
        text = mapped_column(sa.String)
        day = mapped_column(sa.Date)
        price = mapped_column(sa.Numeric(10, 2))
        key = mapped_column(sa.Uuid)
        document = mapped_column(sa.JSON)

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.execute(sa.text(f"INSERT INTO thing (id, {column}) VALUES (1, {stored})"))
        entity, value, row = sa.select(Thing), sa.select(getattr(Thing, column)), sa.select(Thing.__table__)
        for statement, name in ((entity, f"Thing.{column}"), (value, column), (row, column), (sa.select(Thing, getattr(Thing, column)), f"Thing.{column}")):
            with pytest.raises(error) as e:
                s.execute(statement).all()
            assert f"(column or parameter: {name})" in str(e.value) or e.value.__notes__ == [f"column or parameter: {name}"]
        s.execute(sa.text("DELETE FROM thing"))
        assert s.scalars(entity).all() == []


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda c: sa.Table("t", sa.MetaData(), sa.Column("x", sa.Enum("a\0b", "c"))).create(c), "a label of an Enum"),
        (lambda c: c._two_phase("a\0b"), "the name of a transaction"),
        (lambda c: c._set_isolation("SERIALIZABLE\0x"), "an isolation level"),
        (lambda c: c.execution_options(schema_translate_map={"a\0b": "c"}).scalar(sa.select(1)), "a name in schema_translate_map"),
        (lambda c: c.execution_options(schema_translate_map={"a": "b\0c"}).scalar(sa.select(1)), "a name in schema_translate_map"),
        (lambda c: sa.create_engine("sqlite://", connect_args={"timeout\0x": 1}), "a name in connect_args"),
        (lambda c: sa.create_engine("sqlite://", connect_args={"timeout": "1\0"}), "a value in connect_args"),
    ],
)
def test_text_with_nul_is_refused_where_it_would_be_cut(ask, what):
    with sa.create_engine("sqlite://").connect() as connection, pytest.raises(ValueError, match=f"{what} contains a NUL character"):
        ask(connection)
