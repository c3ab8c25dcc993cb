"""association_proxy: lists, sets, dictionaries, scalars, chains; creators; in statements."""

import pickle

import pytest

import cormorant as sa
from cormorant.ext.associationproxy import AssociationProxy, AssociationProxyExtensionType, association_proxy
from cormorant.orm import DeclarativeBase, Mapped, Session, aliased, backref, mapped_column, relationship
from cormorant.orm.collections import attribute_keyed_dict


class Base(DeclarativeBase):
    pass


class Keyword(Base):
    __tablename__ = "keyword"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str | None]

    def __init__(self, word=None):
        self.word = word


class UserKeyword(Base):
    __tablename__ = "user_keyword"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), primary_key=True)
    keyword_id: Mapped[int] = mapped_column(sa.ForeignKey("keyword.id"), primary_key=True)
    special: Mapped[str | None]
    keyword: Mapped[Keyword] = relationship()
    user: Mapped["User"] = relationship(back_populates="user_keywords")
    word = association_proxy("keyword", "word")


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    name: Mapped[str | None]

    def __init__(self, name=None):
        self.name = name


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    name: Mapped[str | None]


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    key: Mapped[str | None]
    text: Mapped[str | None]


class Profile(Base):
    __tablename__ = "profile"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    email: Mapped[str | None]

    def __init__(self, email=None):
        self.email = email


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list[Item]] = relationship(order_by=Item.id)
    item_names: AssociationProxy[list[str]] = association_proxy("items", "name", info={"x": 1})
    tags: Mapped[set[Tag]] = relationship()
    tag_names: AssociationProxy[set[str]] = association_proxy("tags", "name", creator=lambda name: Tag(name=name))
    notes: Mapped[dict[str, Note]] = relationship(collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    note_texts: AssociationProxy[dict[str, str]] = association_proxy("notes", "text", creator=lambda k, v: Note(key=k, text=v))
    profile: Mapped[Profile | None] = relationship(backref=backref("user"))
    email: AssociationProxy[str] = association_proxy("profile", "email")
    user_keywords: Mapped[list[UserKeyword]] = relationship(back_populates="user", cascade="all, delete-orphan")
    keywords: AssociationProxy[list[Keyword]] = association_proxy("user_keywords", "keyword", creator=lambda k: UserKeyword(keyword=k))
    words = association_proxy("user_keywords", "word")


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def text(statement):
    return " ".join(str(statement).split())


def names(user):
    return [item.name for item in user.items]


def test_list():
    user = User(item_names=["a", "b"])
    proxy = user.item_names
    assert names(user) == ["a", "b"] and all(isinstance(i, Item) for i in user.items)
    proxy.append("c")
    proxy.insert(0, "z")
    proxy.extend(["d", "e"])
    assert proxy == ["z", "a", "b", "c", "d", "e"] == names(user)
    assert proxy[0] == "z" and proxy[1:3] == ["a", "b"] and len(proxy) == 6 and "c" in proxy and "q" not in proxy
    assert proxy.pop() == "e" and proxy.pop(0) == "z"
    proxy.remove("b")
    with pytest.raises(ValueError):
        proxy.remove("b")
    first = user.items[0]
    proxy[0] = "A"
    assert first.name == "A" and user.items[0] is first
    del proxy[0]
    assert proxy == ["c", "d"] and proxy != ["c"] and proxy < ["d"]
    assert proxy + ["x"] == ["c", "d", "x"] and ["x"] + proxy == ["x", "c", "d"] and proxy * 2 == ["c", "d"] * 2
    proxy[:] = ["1", "2", "3"]
    assert names(user) == ["1", "2", "3"]
    proxy[::2] = ["x", "y"]
    assert names(user) == ["x", "2", "y"]
    with pytest.raises(ValueError):
        proxy[::2] = ["x"]
    proxy[1:2] = ["p", "q"]
    assert names(user) == ["x", "p", "q", "y"]
    assert proxy.index("p") == 1 and proxy.count("p") == 1 and list(reversed(proxy)) == ["y", "q", "p", "x"]
    assert repr(proxy) == "['x', 'p', 'q', 'y']" and proxy.copy() == ["x", "p", "q", "y"] and bool(proxy)
    user.item_names += ["k"]
    assert names(user) == ["x", "p", "q", "y", "k"]
    user.item_names = ["n"]
    assert names(user) == ["n"]
    user.item_names *= 2
    assert names(user) == ["n", "n"]
    proxy.clear()
    assert not proxy and user.items == []
    with pytest.raises(TypeError):
        hash(proxy)
    with pytest.raises(NotImplementedError):
        proxy.sort()


def test_set():
    user = User(tag_names={"a", "b"})
    proxy = user.tag_names
    assert {t.name for t in user.tags} == {"a", "b"} and proxy == {"a", "b"}
    kept = next(t for t in user.tags if t.name == "a")
    proxy.add("a")
    proxy.add("c")
    assert len(user.tags) == 3
    proxy.discard("nothing")
    proxy.remove("c")
    with pytest.raises(KeyError):
        proxy.remove("c")
    proxy.update(["c", "d"], ["e"])
    assert proxy == set("abcde") and proxy >= {"a"} and proxy.issubset("abcdef") and proxy.issuperset("a") and "a" in proxy
    assert proxy | {"x"} == set("abcdex") and proxy & {"a"} == {"a"} and proxy - set("abcd") == {"e"} and proxy ^ set("abcd") == {"e"}
    proxy.difference_update("e")
    proxy.intersection_update("abc")
    proxy.symmetric_difference_update("cz")
    assert proxy == set("abz")
    user.tag_names |= {"q"}
    user.tag_names &= {"a", "q", "z"}
    user.tag_names -= {"z"}
    user.tag_names ^= {"q", "r"}
    assert proxy == {"a", "r"}
    user.tag_names = {"a", "s"}
    assert proxy == {"a", "s"} and kept in user.tags
    assert proxy.copy() == {"a", "s"} and sorted(proxy) == ["a", "s"] and repr(proxy) in ("{'a', 's'}", "{'s', 'a'}")
    assert proxy.pop() in "as" and len(user.tags) == 1
    proxy.clear()
    assert not user.tags
    with pytest.raises(KeyError):
        proxy.pop()


def test_dictionary():
    user = User(note_texts={"k": "v"})
    proxy = user.note_texts
    note = user.notes["k"]
    assert isinstance(note, Note) and note.text == "v"
    proxy["k"] = "w"
    assert note.text == "w" and user.notes["k"] is note
    proxy["l"] = "x"
    assert dict(proxy) == {"k": "w", "l": "x"} == proxy and "l" in proxy and proxy.get("m") is None and proxy.get("m", 1) == 1
    assert proxy.setdefault("m", "y") == "y" and proxy.setdefault("m", "z") == "y"
    proxy.update({"n": "1"}, o="2")
    assert sorted(proxy.items()) == [("k", "w"), ("l", "x"), ("m", "y"), ("n", "1"), ("o", "2")]
    assert list(proxy.keys()) == list("klmno") and sorted(proxy.values()) == ["1", "2", "w", "x", "y"]
    assert proxy.pop("o") == "2" and len(proxy) == 4
    del proxy["n"]
    with pytest.raises(KeyError):
        proxy["n"]
    user.note_texts = {"k": "new", "p": "q"}
    assert proxy == {"k": "new", "p": "q"} and user.notes["k"] is note and note.text == "new"
    assert repr(proxy) == "{'k': 'new', 'p': 'q'}" and proxy.copy() == {"k": "new", "p": "q"}
    assert proxy.popitem() == ("p", "q")
    proxy.clear()
    assert user.notes == {}


def test_scalar():
    user = User()
    assert user.email is None
    user.email = None
    assert user.profile is None
    user.email = "a@b"
    profile = user.profile
    assert profile.email == "a@b"
    user.email = "c@d"
    assert user.profile is profile and profile.email == "c@d"
    user.email = None
    assert user.profile is profile
    del user.email
    assert user.profile is None


def test_scalar_options():
    class Box(Base):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        profile_id: Mapped[int | None] = mapped_column(sa.ForeignKey("profile.id"))
        profile: Mapped[Profile | None] = relationship()
        email = association_proxy("profile", "email", cascade_scalar_deletes=True)
        other = association_proxy("profile", "email", create_on_none_assignment=True)

    box = Box(email="x")
    box.email = None
    assert box.profile is None
    box.other = None
    assert box.profile is not None
    with pytest.raises(sa.exc.ArgumentError):
        association_proxy("a", "b", cascade_scalar_deletes=True, create_on_none_assignment=True)


def test_association_object(session):
    keyword = Keyword("k1")
    user = User(keywords=[keyword, Keyword("k2")])
    assert [uk.keyword.word for uk in user.user_keywords] == ["k1", "k2"]
    assert user.user_keywords[0].user is user
    assert list(user.words) == ["k1", "k2"]
    session.add_all([user, User()])
    session.commit()
    assert session.scalars(sa.select(User).where(User.keywords.contains(keyword))).all() == [user]
    assert session.scalars(sa.select(User).where(User.keywords.any(Keyword.word == "k2"))).all() == [user]
    assert session.scalars(sa.select(User).where(User.keywords.any(word="k2"))).all() == [user]
    assert session.scalars(sa.select(User).where(User.words.contains("k2"))).all() == [user]
    assert session.scalars(sa.select(User).where(~User.keywords.any())).all() != [user]
    user.keywords.remove(keyword)
    session.commit()
    assert session.scalars(sa.select(UserKeyword)).one().word == "k2"


def test_statements(session):
    user = User(item_names=["a"], email="x@y", tag_names={"t"})
    session.add_all([user, User(email="other")])
    session.commit()
    assert text(sa.select(User.id).where(User.item_names == "a")).endswith(
        "WHERE EXISTS (SELECT 1 FROM item WHERE user_account.id = item.user_id AND item.name = :name_1)"
    )
    for condition in (
        User.item_names == "a", User.item_names.in_(["a"]), User.item_names.like("a%"), User.item_names.any(Item.name == "a"),
        User.item_names.contains("a"), User.email == "x@y", User.email.startswith("x"), User.tag_names == "t", User.tags.any(name="t"),
    ):  # fmt: skip
        assert session.scalars(sa.select(User).where(condition)).all() == [user]
    assert session.scalars(sa.select(User).filter_by(email="x@y")).all() == [user]
    assert session.query(User).filter(User.email != "x@y").one().id == 2
    assert len(session.scalars(sa.select(User).where(User.email == None)).all()) == 0  # noqa: E711
    other = aliased(User)
    assert session.scalars(sa.select(other).where(other.keywords.any())).all() == []
    assert [a.key for a in User.item_names.attr] == ["items", "name"]
    assert User.item_names.local_attr.key == "items" and User.item_names.remote_attr.key == "name"
    with pytest.raises(sa.exc.InvalidRequestError):
        User.email.any()
    with pytest.raises(sa.exc.InvalidRequestError):
        User.item_names.has()
    with pytest.raises(sa.exc.ArgumentError):
        User.email.has(Profile.email == "x")
    with pytest.raises(NotImplementedError):
        sa.select(User.item_names)


def test_expired_collections_are_read_again(session):
    user = User(item_names=["a"])
    session.add(user)
    session.commit()
    proxy = user.item_names
    assert proxy == ["a"]
    session.expire(user)
    session.execute(sa.insert(Item.__table__).values(name="b", user_id=user.id))
    assert proxy == ["a", "b"]


def test_information():
    assert sa.inspect(User).all_orm_descriptors["item_names"].extension_type is AssociationProxyExtensionType.ASSOCIATION_PROXY
    assert User.item_names.info == {"x": 1} and User.item_names.target_class is Item and not User.item_names.scalar and User.email.scalar
    assert User.item_names.parent is sa.inspect(User).all_orm_descriptors["item_names"]


def test_attributes_that_are_not_mapped():
    class Plain(Base):
        __tablename__ = "plain"
        id: Mapped[int] = mapped_column(primary_key=True)
        profile_id: Mapped[int | None] = mapped_column(sa.ForeignKey("profile.id"))
        profile: Mapped[Profile | None] = relationship()
        extra = association_proxy("profile", "extra")

    plain = Plain(profile=Profile())
    plain.profile.extra = 5
    assert plain.extra == 5
    with pytest.raises(AttributeError, match="not directly mapped"):
        Plain.extra == 5


def test_not_a_relationship():
    class Wrong(Base):
        __tablename__ = "wrong"
        id: Mapped[int] = mapped_column(primary_key=True)
        x = association_proxy("id", "y")

    with pytest.raises(NotImplementedError):
        Wrong.x


def test_pickle():
    user = User(item_names=["a"])
    user, proxy = pickle.loads(pickle.dumps((user, user.item_names)))
    assert proxy == ["a"]
    proxy.append("b")
    assert names(user) == ["a", "b"]
