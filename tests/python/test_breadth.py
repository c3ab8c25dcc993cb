"""Single features that programs rarely use, each for itself."""

import datetime
import re
import sqlite3
import types
import warnings

import pytest

from cormorant import (
    Boolean, Column, Enum, FetchedValue, ForeignKey, Integer, MetaData, String, Table, and_, column, create_engine, exc, exists, func, not_,
    or_, select, table, text,
)  # fmt: skip
from cormorant.dialects import postgresql
from cormorant.orm import DeclarativeBase, Session, aliased, joinedload, relationship, selectinload, synonym, with_loader_criteria
from cormorant.orm.exc import StaleDataError
from cormorant.orm.properties import ColumnProperty
from cormorant.schema import CreateTable

t = table("t", column("a"), column("b"))


@pytest.fixture
def base():
    class Base(DeclarativeBase):
        pass

    return Base


def session_of(base):
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    return Session(engine)


# ---- conditions and windows


def test_no_condition_leaves_a_statement_as_it_is():
    with pytest.warns(exc.SADeprecationWarning, match=r"Invoking or_\(\) without arguments is deprecated"):
        nothing = or_()
    with pytest.warns(exc.SADeprecationWarning, match=r"use 'and_\(true\(\), \*args\)'"):
        assert str(and_()) == str(nothing) == str(not_(nothing)) == ""
    assert str(select(t.c.a).where(nothing)) == "SELECT t.a \nFROM t"
    assert str(select(t.c.a).where(nothing, t.c.a == t.c.b)) == "SELECT t.a \nFROM t \nWHERE t.a = t.b"
    assert str(and_(nothing, t.c.a == t.c.b)) == "t.a = t.b" and str((t.c.a == t.c.b) | nothing) == "t.a = t.b"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (str(and_(True)), str(or_(False))) == ("true", "false")


@pytest.mark.parametrize("word", ["CURRENT ROW", "GROUP", "TIES", "NO OTHERS"])
def test_window_frames_exclude(word):
    over = func.sum(t.c.a).over(order_by=t.c.a, rows=(None, 0), exclude=word)
    assert str(over) == f"sum(t.a) OVER (ORDER BY t.a ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE {word})"
    assert over.exclude == word
    engine = create_engine("sqlite://")
    with engine.connect() as conn:
        conn.execute(text("CREATE TABLE t (a INTEGER)"))
        conn.execute(text("INSERT INTO t VALUES (1), (2), (4)"))
        found = conn.execute(select(func.sum(t.c.a).over(order_by=t.c.a, rows=(None, None), exclude=word))).scalars().all()
    engine.dispose()
    assert found == ([7, 7, 7] if word in ("TIES", "NO OTHERS") else [6, 5, 3])


def test_frames_that_exclude_nothing_known():
    with pytest.raises(exc.ArgumentError, match="'exclude' requires that one of 'rows', 'range_', or 'groups'"):
        func.sum(t.c.a).over(order_by=t.c.a, exclude="TIES")
    with pytest.raises(exc.CompileError, match=r"Unexpected SQL phrase: 'x\) --'"):
        func.sum(t.c.a).over(order_by=t.c.a, rows=(None, 0), exclude="x) --")


@pytest.mark.parametrize(
    ("options", "tail"),
    [
        ({"of": t}, "FOR UPDATE OF t"), ({"of": t.c.a, "nowait": True}, "FOR UPDATE OF t NOWAIT"),
        ({"of": [t], "read": True, "skip_locked": True}, "FOR SHARE OF t SKIP LOCKED"), ({"key_share": True}, "FOR NO KEY UPDATE"),
        ({"key_share": True, "read": True}, "FOR KEY SHARE"), ({}, "FOR UPDATE"),
    ],
)  # fmt: skip
def test_row_locks_of_postgresql(options, tail):
    assert str(select(t.c.a).with_for_update(**options).compile(dialect=postgresql.dialect())) == f"SELECT t.a \nFROM t {tail}"


def test_row_locks_of_entities(base):
    class User(base):
        __tablename__ = "user_account"
        id = Column(Integer, primary_key=True)

    other = aliased(User)
    locked = [select(User).with_for_update(of=User), select(other).with_for_update(of=other)]
    assert [str(s.compile(dialect=postgresql.dialect())).rpartition(" FOR ")[2] for s in locked] == ["UPDATE OF user_account", "UPDATE OF user_account_1"]


# ---- tables


def test_conventions_name_the_checks_of_types():
    meta = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
    named = Table("t", meta, Column("b", Boolean(create_constraint=True, name="flag")), Column("e", Enum("x", "y", name="kind", create_constraint=True)))
    text = str(CreateTable(named).compile(create_engine("sqlite://")))
    assert "CONSTRAINT ck_t_flag CHECK (b IN (0, 1))" in text and "CONSTRAINT ck_t_kind CHECK (e IN ('x', 'y'))" in text
    by_column = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(column_0_name)s"})
    assert "CONSTRAINT ck_t_b CHECK" in str(CreateTable(Table("t", by_column, Column("b", Boolean(create_constraint=True)))).compile(create_engine("sqlite://")))


def test_defaults_show_the_function_they_call():
    def today():
        return 1

    shown = [re.sub("0x[0-9a-f]+", "", repr(Column("c", Integer, default=f).default)) for f in (today, list, datetime.datetime.now)]
    assert [s.partition("<locals>.")[2] or s for s in shown] == [
        "today at >)", "CallableColumnDefault(<function list at >)", "CallableColumnDefault(<function datetime.now at >)",
    ]  # fmt: skip


# ---- engines


@pytest.mark.parametrize(
    ("name", "value"),
    [("plugins", ["myplugin"]), ("pool_reset_on_return", "commit"), ("native_datetime", True), ("module", types.ModuleType("pysqlcipher3"))],
)
def test_arguments_whose_effect_would_be_missed(name, value):
    with pytest.raises(NotImplementedError, match=rf"create_engine\({name}="):
        create_engine("sqlite://", **{name: value})
    create_engine("sqlite://", module=sqlite3, plugins=[], pool_reset_on_return="rollback").dispose()


# ---- mapping


def test_versions_of_the_programs_own(base):
    class Doc(base):
        __tablename__ = "doc"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        version = Column(Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    with session_of(base) as s:
        doc = Doc(name="a", version=1)
        s.add(doc)
        s.commit()
        doc.name = "b"
        s.commit()
        assert doc.version == 1
        doc.name, doc.version = "c", 7
        s.commit()
        assert doc.version == 7
        s.execute(text("UPDATE doc SET version = 8"))
        doc.name = "d"
        with pytest.raises(StaleDataError):
            s.commit()


def test_versions_of_the_database(base):
    class Doc(base):
        __tablename__ = "doc"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        version = Column(Integer, server_default="1", server_onupdate=FetchedValue())
        __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    with session_of(base) as s:
        s.execute(text("CREATE TRIGGER bump AFTER UPDATE OF name ON doc BEGIN UPDATE doc SET version = old.version + 1 WHERE id = old.id; END"))
        doc = Doc(name="a")
        s.add(doc)
        s.commit()
        for name, version in (("b", 2), ("c", 3)):
            doc.name = name
            s.commit()
            assert doc.version == version
        s.delete(doc)
        s.commit()


def test_synonyms_with_a_comparator(base):
    class AnyCase(ColumnProperty.Comparator):
        def __eq__(self, other):
            return func.lower(self.__clause_element__()) == func.lower(other)

    class User(base):
        __tablename__ = "user_account"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        login = synonym("name", comparator_factory=AnyCase)

    other = aliased(User)
    assert str(User.login == "x") == "lower(user_account.name) = lower(:lower_1)"
    assert str(select(other.id).where(other.login == "x")).endswith("lower(user_account_1.name) = lower(:lower_1)")
    with session_of(base) as s:
        s.add(User(name="Ann"))
        s.commit()
        assert s.scalars(select(User).where(User.login == "aNN")).one().login == "Ann"
        assert s.scalars(select(User).where(User.name == "aNN")).all() == []


def test_keys_that_the_program_carries_along(base):
    class Thing(base):
        __tablename__ = "thing"
        name = Column(String, primary_key=True)
        type = Column(String)
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "thing", "passive_updates": False}

    class Part(Thing):
        __tablename__ = "part"
        name = Column(ForeignKey("thing.name"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "part", "passive_updates": False}

    with session_of(base) as s:
        s.add(Part(name="a"))
        s.commit()
        s.get(Part, "a").name = "b"
        s.commit()
        assert s.execute(text("SELECT thing.name, part.name FROM thing, part")).all() == [("b", "b")]


def test_keys_of_links_are_the_databases_business(base):
    links = Table("link", base.metadata, Column("a", ForeignKey("a.id")), Column("b", ForeignKey("b.id")))

    class B(base):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)

    class A(base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        bs = relationship(B, secondary=links, passive_updates=False)

    with pytest.raises(NotImplementedError, match="relationship A.bs: passive_updates=False together with secondary"):
        A()
    A.__mapper__._props.pop("bs")  # nothing else of this process is to fail for it
    A.__mapper__._failure = None


# ---- found by running tutorials


def follow_models(base):
    links = Table("follows", base.metadata, Column("a", ForeignKey("user_account.id")), Column("b", ForeignKey("user_account.id")))

    class User(base):
        __tablename__ = "user_account"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        posts = relationship("Post", back_populates="user", lazy="write_only", passive_deletes=True)
        fans = relationship("User", secondary=links, primaryjoin=links.c.b == id, secondaryjoin=links.c.a == id, lazy="write_only")

    class Post(base):
        __tablename__ = "post"
        id = Column(Integer, primary_key=True)
        title = Column(String)
        user_id = Column(ForeignKey("user_account.id"))
        user = relationship(User, back_populates="posts")

    return User, Post


def test_aliases_of_write_only_relationships(base):
    User, Post = follow_models(base)
    author, fan = aliased(User), aliased(User)
    joined = str(select(Post.id).join(Post.user.of_type(author)).join(author.fans.of_type(fan)))
    assert joined.count("FROM") == 1 and ", user_account" not in joined and "follows_1.b = user_account_1.id" in joined


def test_grouping_by_a_class(base):
    User, Post = follow_models(base)
    other = aliased(User)
    assert str(select(User).group_by(User)).endswith("GROUP BY user_account.id, user_account.name")
    assert str(select(other).group_by(other)).endswith("GROUP BY user_account_1.id, user_account_1.name")
    with session_of(base) as s:
        s.add_all([User(name="a"), User(name="b", posts=[Post(title="x"), Post(title="y")])])
        s.commit()
        counted = select(User.name, func.count(Post.id)).outerjoin(Post).group_by(User).order_by(User.name)
        assert s.execute(counted).all() == [("a", 0), ("b", 2)]


def test_names_of_functions_in_rows(base):
    User, _ = follow_models(base)
    with session_of(base) as s:
        s.add(User(name="a"))
        s.commit()
        row = s.execute(select(func.max(User.id), func.count(User.id), func.lower(User.name), func.lower(User.name), User.id + 1, User.id, User.id)).one()
        assert row._fields == ("max", "count", "lower", "lower_1", "_no_label", "id", "id_1")
        assert row.max == 1 and row.lower == "a" and row._mapping["_no_label"] == 2
        assert s.connection().execute(select(func.max(User.__table__.c.id))).keys() == ["max_1"]


def test_criteria_reach_what_is_nested(base):
    User, Post = follow_models(base)
    with session_of(base) as s:
        s.add_all([User(name="a", posts=[Post(title="x"), Post(title="gone")]), User(name="b", posts=[Post(title="gone")])])
        s.commit()
        hidden = with_loader_criteria(Post, Post.title != "gone", include_aliases=True)
        names = [
            select(User.name).where(User.id.in_(select(Post.user_id))),
            select(User.name).where(User.posts.any()),
            select(User.name).where(select(func.count(Post.id)).where(Post.user_id == User.id).scalar_subquery() > 0),
            select(User.name).where(exists().where(Post.user_id == User.id)),
        ]
        for statement in names:
            assert s.scalars(statement.options(hidden)).all() == ["a"]
        assert s.query(Post).options(hidden).count() == 1
        assert s.scalar(select(func.count()).select_from(select(Post).subquery()).options(hidden)) == 1


@pytest.mark.parametrize("loader", [None, selectinload, joinedload])
def test_a_relationship_by_a_correlated_maximum(base, loader):
    User, Post = follow_models(base)
    newest = select(func.max(Post.id)).where(Post.user_id == User.id).correlate(User).scalar_subquery()
    User.newest = relationship(Post, primaryjoin=and_(User.id == Post.user_id, Post.id == newest), viewonly=True, uselist=False)
    with session_of(base) as s:
        s.add_all([User(id=1), User(id=2), Post(id=2, user_id=2), Post(id=3, user_id=1), Post(id=4, user_id=2)])
        s.commit()
        statement = select(User).order_by(User.id)
        users = s.scalars(statement if loader is None else statement.options(loader(User.newest))).all()
        assert [user.newest.id for user in users] == [3, 4]


def test_columns_as_text_are_plain_names():
    users = Table("user", MetaData(), Column("order", Integer))
    assert str(users.c.order) == "user.order" and str(select(users)) == 'SELECT "user"."order" \nFROM "user"'
