"""Mapped classes that are dataclasses."""

import dataclasses
import inspect as python_inspect
from typing import Dict, List, Optional

import pytest
from flask import Flask

from cormorant import ForeignKey, create_engine, event, exc, inspect, literal, select
from cormorant.ext.associationproxy import AssociationProxy, association_proxy
from cormorant.flask import SQLAlchemy
from cormorant.orm import (
    DeclarativeBase, DeclarativeBaseNoMeta, Mapped, MappedAsDataclass, Session, WriteOnlyMapped, attribute_keyed_dict, column_property, declared_attr,
    joinedload, mapped_as_dataclass, mapped_column,
    registry, relationship, synonym, unmapped_dataclass,
)


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str]
    age: Mapped[Optional[int]] = mapped_column(default=5)
    made: Mapped[int] = mapped_column(insert_default=9, init=False)
    nick: Mapped[str] = mapped_column(default_factory=lambda: "nn", repr=False)
    posts: Mapped[List["Post"]] = relationship(default_factory=list, back_populates="user", repr=False)
    titles: AssociationProxy[List[str]] = association_proxy("posts", "title", init=False, repr=False, compare=False)


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"), default=None)
    user: Mapped[Optional[User]] = relationship(default=None, back_populates="posts", repr=False)
    title: Mapped[str] = mapped_column(default="t", kw_only=True)


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    kind: Mapped[str] = mapped_column(init=False)
    name: Mapped[str] = mapped_column(default="n")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Manager(Person):
    golf: Mapped[Optional[int]] = mapped_column(default=None)
    __mapper_args__ = {"polymorphic_identity": "manager"}


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        yield s
    engine.dispose()


def parameters(cls):
    return list(python_inspect.signature(cls.__init__).parameters)[1:]


def test_constructor_repr_and_equality():
    assert parameters(User) == ["name", "age", "nick", "posts"]
    assert parameters(Post) == ["user_id", "user", "title"]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        User()
    user = User("x", 3)
    assert repr(user) == "User(id=None, name='x', age=3, made=None)"
    assert user == User("x", 3) and user != User("x", 4)
    assert dataclasses.asdict(Post(title="q", user_id=4)) == {"id": None, "user_id": 4, "user": None, "title": "q"}


def test_defaults_are_read_but_not_set(session):
    user = User("x")
    assert (user.age, user.nick, user.made, user.posts) == (5, "nn", None, [])
    assert "age" not in inspect(user).dict and not inspect(user).attrs.age.history.added
    session.add(user)
    session.commit()
    assert (user.id, user.age, user.made) == (1, 5, 9)
    post = Post(user_id=user.id)  # the default of `user` does not undo the key
    session.add(post)
    session.commit()
    assert post.user is user and user.posts == [post] and user.titles == ["t"]


def test_merge_leaves_what_was_not_given(session):
    session.add(User("x", age=77))
    session.commit()
    given = User("y")
    given.id = 1
    assert session.merge(given).age == 77


def test_unhashable_instances_live_in_a_session(session):
    one, two = User("x"), User("x")
    with pytest.raises(TypeError):
        hash(one)
    session.add_all([one, two])
    session.flush()
    assert one in session and two in session and len(session.identity_map) == 2
    one.posts.append(Post())
    session.commit()
    assert len(session.scalars(select(User).options(joinedload(User.posts))).unique().all()) == 2
    session.delete(two)
    session.commit()
    assert one in session and two not in session


def test_inheritance(session):
    assert parameters(Manager) == ["name", "golf"]
    manager = Manager(golf=4)
    session.add(manager)
    session.commit()
    session.expunge_all()
    assert repr(session.scalars(select(Person)).one()) == "Manager(id=1, kind='manager', name='n', golf=4)"


def test_decorators_and_mixins():
    mapped = registry()

    @unmapped_dataclass
    class Stamp:
        stamp: Mapped[int] = mapped_column(default=4, kw_only=True)

    @mapped.mapped_as_dataclass(kw_only=True, order=True)
    class A(Stamp):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        x: Mapped[int] = mapped_column(default=0)

    @mapped_as_dataclass(mapped)
    class B(A):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(ForeignKey("a.id"), primary_key=True, kw_only=True)

    assert repr(A(id=1)).endswith("A(stamp=4, id=1, x=0)") and A(id=1) < A(id=2)
    assert parameters(B) == ["stamp", "id", "x"]

    class Mixin(MappedAsDataclass):
        created: Mapped[int] = mapped_column(default=3, kw_only=True)

    class C(Mixin, Base):
        __tablename__ = "c"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        plain: int = 8

    assert repr(C()).endswith("C(created=3, id=None, plain=8)")
    Base.metadata.remove(C.__table__)


def test_read_only_attributes_and_proxies():
    class Own(MappedAsDataclass, DeclarativeBase):
        pass

    class Word(Own):
        __tablename__ = "w"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        top: Mapped[Optional[int]] = mapped_column(ForeignKey("t.id"), init=False)
        text: Mapped[str]

    class Top(Own):
        __tablename__ = "t"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        words: Mapped[List[Word]] = relationship(init=False)
        texts: AssociationProxy[List[str]] = association_proxy("words", "text", default_factory=list, creator=lambda text: Word(text=text))
        total: Mapped[int] = column_property(literal(3) + 4)
        number: Mapped[Optional[int]] = synonym("id", init=False)

    assert parameters(Top) == ["texts"]
    assert [w.text for w in Top(texts=["a", "b"]).words] == ["a", "b"]


def test_post_init_and_events():
    class Own(MappedAsDataclass, DeclarativeBase, kw_only=True):
        pass

    class Row(Own):
        __tablename__ = "r"
        id: Mapped[int] = mapped_column(primary_key=True, default=None)
        y: Mapped[int]

        def __post_init__(self):
            self.twice = self.y * 2

    seen = []
    event.listen(Row.y, "set", lambda target, value, old, initiator: seen.append(value))
    assert Row(y=4).twice == 8 and seen == [4]


def test_mistakes_are_named():
    class Plain(DeclarativeBase):
        pass

    with pytest.raises(exc.ArgumentError, match=r"Attribute 'id' on class .*X.* includes dataclasses argument\(s\): 'init'"):

        class X(Plain):
            __tablename__ = "x"
            id: Mapped[int] = mapped_column(init=False, primary_key=True)

    class Own(MappedAsDataclass, DeclarativeBase):
        pass

    with pytest.raises(exc.InvalidRequestError, match="non-default argument 'n' follows default argument"):

        class Y(Own):
            __tablename__ = "y"
            id: Mapped[int] = mapped_column(default=4, primary_key=True)
            n: Mapped[int]

    class NoDataclass:
        c: Mapped[int] = mapped_column(default=3)

    with pytest.raises(exc.InvalidRequestError, match="'c' originates from superclass .*NoDataclass"):

        class Z(NoDataclass, Own):
            __tablename__ = "z"
            id: Mapped[int] = mapped_column(init=False, primary_key=True)

    with pytest.raises(exc.ArgumentError, match="Only 'None' is accepted"):

        class W(Own):
            __tablename__ = "w"
            id: Mapped[int] = mapped_column(init=False, primary_key=True)
            users: Mapped[List["W"]] = relationship(default=[])

    with pytest.raises(exc.ArgumentError, match="mutually exclusive"):
        mapped_column(default=1, insert_default=2)


@pytest.mark.parametrize("bases", [(DeclarativeBase, MappedAsDataclass), (MappedAsDataclass, DeclarativeBase), (DeclarativeBaseNoMeta, MappedAsDataclass)])
def test_flask_models(bases):
    db = SQLAlchemy(model_class=type(bases[0])("Base", bases, {}) if bases[0] is not DeclarativeBase else type(MappedAsDataclass)("Base", bases, {}))

    class Visitor(db.Model):
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        name: Mapped[str] = mapped_column(default="guest")

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        db.create_all()
        db.session.add(Visitor())
        db.session.add(Visitor("ed"))
        db.session.commit()
        assert Visitor.__tablename__ == "visitor"
        assert [v.name for v in db.session.scalars(db.select(Visitor).order_by(Visitor.id))] == ["guest", "ed"]
        assert repr(db.session.get(Visitor, 2)).endswith("Visitor(id=2, name='ed')")
        db.engine.dispose()


def test_a_declared_relationship_of_a_mixin_is_a_field(session):
    class Made(MappedAsDataclass, kw_only=True):
        maker_id: Mapped[int] = mapped_column(ForeignKey("users.id"), init=False)

        @declared_attr
        @classmethod
        def maker(cls) -> Mapped[User]:
            return relationship(foreign_keys=[cls.maker_id])

    class Thing(Made, Base, kw_only=True):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)

    user = User(name="ed")
    assert Thing(maker=user).maker is user
    with pytest.raises(TypeError, match="maker"):
        Thing()


def test_collections_are_made_by_their_own_class():
    def define(annotation, **kw):
        body = {"__tablename__": "x", "id": mapped_column(init=False, primary_key=True), "others": relationship(**kw)}
        type("X", (Base,), {**body, "__annotations__": {"id": Mapped[int], "others": annotation}})

    for annotation, factory in ((Mapped[List["User"]], lambda: []), (Mapped[List["User"]], set), (WriteOnlyMapped["User"], set)):
        with pytest.raises(exc.ArgumentError, match="For relationship X.others using dataclass options, default_factory must be exactly <class 'list'>"):
            define(annotation, default_factory=factory)
    with pytest.raises(exc.ArgumentError, match="default_factory must be exactly .* or <class 'dict'>"):
        define(Mapped[Dict[str, "User"]], collection_class=attribute_keyed_dict("name"), default_factory=list)
