"""Mutable values: dictionaries, lists, sets and classes of the program's own; defaults, expiry, pickling, inheritance."""

import json
import pickle

import pytest

import cormorant as sa
from cormorant.ext.mutable import Mutable, MutableDict, MutableList, MutableSet
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Point(Mutable):
    def __init__(self, x, y):
        self.__dict__.update(x=x, y=y)

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        self.changed()

    @classmethod
    def coerce(cls, key, value):
        if isinstance(value, tuple):
            return cls(*value)
        return value if isinstance(value, cls) else Mutable.coerce(key, value)


class PointType(sa.TypeDecorator):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else json.dumps([value.x, value.y])

    def process_result_value(self, value, dialect):
        return None if value is None else Point(*json.loads(value))


class Doc(Base):
    __tablename__ = "doc"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str | None]
    data = mapped_column(MutableDict.as_mutable(sa.JSON))
    settings = mapped_column(MutableDict.as_mutable(sa.JSON), default=dict)
    items = mapped_column(MutableList.as_mutable(sa.PickleType))
    tags = mapped_column(MutableSet.as_mutable(sa.PickleType()))
    point = mapped_column(Point.as_mutable(PointType))
    other = mapped_column(sa.JSON)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "doc"}


class SubDoc(Doc):
    __mapper_args__ = {"polymorphic_identity": "sub"}


@pytest.fixture
def engine():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def stored(engine, id=1):
    """What another session reads."""
    with Session(engine) as session:
        doc = session.get(Doc, id)
        return {
            "data": doc.data, "settings": doc.settings, "items": doc.items, "tags": doc.tags, "point": doc.point and (doc.point.x, doc.point.y),
        }  # fmt: skip


def test_dictionary(engine):
    with Session(engine) as session:
        doc = Doc(data={"a": 1})
        assert type(doc.data) is MutableDict
        session.add(doc)
        session.commit()
        for change, wanted in (
            (lambda d: d.__setitem__("b", 2), {"a": 1, "b": 2}),
            (lambda d: d.update(c=3), {"a": 1, "b": 2, "c": 3}),
            (lambda d: d.pop("c"), {"a": 1, "b": 2}),
            (lambda d: d.setdefault("e", 5), {"a": 1, "b": 2, "e": 5}),
            (lambda d: d.popitem(), {"a": 1, "b": 2}),
            (lambda d: d.__delitem__("b"), {"a": 1}),
            (lambda d: d.__ior__({"z": 1}), {"a": 1, "z": 1}),
            (lambda d: d.clear(), {}),
        ):
            change(doc.data)
            assert doc in session.dirty
            session.commit()
            assert stored(engine)["data"] == wanted


def test_list_and_set(engine):
    with Session(engine) as session:
        doc = Doc(items=[3, 1], tags={"a"})
        session.add(doc)
        session.commit()
        for change, wanted in (
            (lambda v: v.append(2), [3, 1, 2]), (lambda v: v.sort(), [1, 2, 3]), (lambda v: v.reverse(), [3, 2, 1]),
            (lambda v: v.pop(0), [2, 1]), (lambda v: v.extend([5, 6]), [2, 1, 5, 6]), (lambda v: v.__setitem__(slice(0, 2), [9]), [9, 5, 6]),
            (lambda v: v.insert(0, 8), [8, 9, 5, 6]), (lambda v: v.remove(9), [8, 5, 6]), (lambda v: v.__delitem__(0), [5, 6]),
            (lambda v: v.__iadd__([7]), [5, 6, 7]), (lambda v: v.__imul__(2), [5, 6, 7] * 2), (lambda v: v.clear(), []),
        ):  # fmt: skip
            change(doc.items)
            session.commit()
            assert stored(engine)["items"] == wanted
        for change, wanted in (
            (lambda v: v.add("b"), {"a", "b"}), (lambda v: v.discard("a"), {"b"}), (lambda v: v.update({"c"}), {"b", "c"}),
            (lambda v: v.remove("b"), {"c"}), (lambda v: v.__ior__({"d"}), {"c", "d"}), (lambda v: v.__isub__({"d"}), {"c"}),
            (lambda v: v.symmetric_difference_update({"x"}), {"c", "x"}), (lambda v: v.intersection_update({"x"}), {"x"}),
            (lambda v: v.pop(), set()),
        ):  # fmt: skip
            change(doc.tags)
            session.commit()
            assert stored(engine)["tags"] == wanted and type(doc.tags) is MutableSet


def test_own_class(engine):
    with Session(engine) as session:
        doc = Doc(point=(1, 2))
        session.add(doc)
        session.commit()
        doc.point.x = 5
        session.commit()
        assert stored(engine)["point"] == (5, 2)


def test_loaded_values(engine):
    with Session(engine) as session:
        session.add(Doc(data={"a": 1}))
        session.commit()
    with Session(engine) as session:
        doc = session.scalars(sa.select(Doc)).one()
        assert type(doc.data) is MutableDict and not session.dirty
        doc.data["b"] = 1
        assert session.dirty
        session.rollback()
        assert doc.data == {"a": 1} and type(doc.data) is MutableDict
        doc.data["c"] = 1
        session.flush()
        session.refresh(doc)
        doc.data["d"] = 1
        session.commit()
    assert stored(engine)["data"] == {"a": 1, "c": 1, "d": 1}


def test_defaults(engine):
    with Session(engine) as session:
        doc = Doc()
        session.add(doc)
        session.flush()
        assert type(doc.settings) is MutableDict and doc.data is None
        doc.settings["x"] = 1
        session.commit()
    assert stored(engine)["settings"] == {"x": 1}


def test_replaced_values_tell_nobody(engine):
    with Session(engine) as session:
        doc = Doc(data={"a": 1})
        session.add(doc)
        old = doc.data
        doc.data = {"b": 1}
        session.commit()
        doc.id
        old["x"] = 1
        assert doc not in session.dirty
        doc.data["y"] = 1
        assert doc in session.dirty


def test_one_value_of_two_instances(engine):
    with Session(engine) as session:
        shared = MutableDict(a=1)
        docs = [Doc(data=shared), Doc(data=shared)]
        session.add_all(docs)
        session.flush()
        shared["b"] = 1
        assert set(session.dirty) == set(docs)


def test_wrong_values():
    with pytest.raises(ValueError, match="Attribute 'data' does not accept objects of type"):
        Doc(data=[1])
    with pytest.raises(ValueError):
        Doc().items = {"a": 1}
    assert Doc(data=None).data is None


def test_subclass(engine):
    with Session(engine) as session:
        session.add(SubDoc(data={"a": 1}))
        session.commit()
        doc = session.scalars(sa.select(SubDoc)).one()
        doc.data["b"] = 2
        session.commit()
    assert stored(engine)["data"] == {"a": 1, "b": 2}


def test_pickle(engine):
    with Session(engine) as session:
        session.add(Doc(data={"a": 1}, items=[1], tags={1}))
        session.commit()
        doc = session.get(Doc, 1)
        doc.data, doc.items, doc.tags
        copy = pickle.loads(pickle.dumps(doc))
        session.expunge_all()
        session.add(copy)
        assert type(copy.data) is MutableDict and type(copy.items) is MutableList and type(copy.tags) is MutableSet
        copy.data["b"] = 2
        assert copy in session.dirty
        session.commit()
    assert stored(engine)["data"] == {"a": 1, "b": 2}
    assert pickle.loads(pickle.dumps(MutableDict(a=1))) == {"a": 1}


def test_associate_with(engine):
    class Marked(sa.TypeDecorator):
        impl = sa.JSON
        cache_ok = True

    MutableDict.associate_with(Marked)

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        data = mapped_column(Marked)

    Thing.__table__.create(engine)
    with Session(engine) as session:
        thing = Thing(data={"a": 1})
        assert type(thing.data) is MutableDict
        session.add(thing)
        session.commit()
        thing.data["b"] = 2
        session.commit()
        assert thing.data == {"a": 1, "b": 2}


def test_mixin(engine):
    class HasData:
        data = sa.Column(MutableDict.as_mutable(sa.JSON))

    class One(HasData, Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Two(HasData, Base):
        __tablename__ = "two"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert type(One(data={}).data) is MutableDict and type(Two(data={}).data) is MutableDict


def test_values_merged_without_loading_know_who_holds_them():
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        data = mapped_column(MutableDict.as_mutable(sa.JSON))

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Thing(id=1, data={"a": 1}))
        session.commit()
        kept = session.get(Thing, 1)
    with Session(engine) as session:
        merged = session.merge(kept, load=False)
        merged.data["a"] = 2
        assert merged in session.dirty
        session.commit()
        assert session.scalar(sa.select(Thing.data)) == {"a": 2}
