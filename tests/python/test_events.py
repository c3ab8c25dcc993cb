"""Events of instances and attributes: constructors, pickles, values that were never set, whole collections."""

import pickle

import pytest

import cormorant as sa
from cormorant import event
from cormorant.orm import DeclarativeBase, Mapped, attributes, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    width: Mapped[int | None]
    books: Mapped[set["Book"]] = relationship()

    def __init__(self, width=1, **kw):
        super().__init__(width=width, **kw)
        if width < 0:
            raise ValueError(width)


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shelf.id"))


@pytest.fixture
def heard():
    """Listens for the length of a test; answers a function that does, and what was heard."""
    seen, known = [], []

    def listen(target, *names, fn=None, **kw):
        for name in names:
            listener = fn or (lambda *args, name=name: seen.append((name, *args[1:])))
            event.listen(target, name, listener, **kw)
            known.append((target, name, listener))

    yield listen, seen
    for target, name, listener in known:
        event.remove(target, name, listener)


def test_constructors_are_told_before_they_run_and_when_they_fail(heard):
    listen, seen = heard
    Shelf(1)  # listeners that come later are heard all the same
    listen(Shelf, "init", "init_failure", "first_init")
    Shelf(2)
    with pytest.raises(ValueError):
        Shelf(width=-1)
    with pytest.raises(TypeError, match="nothing"):
        Shelf(3, nothing=1)
    assert seen[:2] == [("first_init", Shelf), ("init", (2,), {})]
    assert seen[2:] == [("init", (), {"width": -1}), ("init_failure", (), {"width": -1}), ("init", (3,), {"nothing": 1}), ("init_failure", (3,), {"nothing": 1})]


def test_what_goes_into_a_pickle_is_shown(heard):
    listen, seen = heard
    listen(Shelf, "pickle", fn=lambda shelf, state: state.update(width=5))
    listen(Shelf, "unpickle", fn=lambda shelf, state: seen.append(state["width"]))
    assert pickle.loads(pickle.dumps(Shelf(2))).width == 5 and seen == [5]


def test_a_listener_says_what_was_never_set(heard):
    listen, seen = heard

    def default(target, value, dict_):
        seen.append(value)
        dict_["width"] = 7
        return 7

    listen(Shelf.width, "init_scalar", fn=default, retval=True)
    shelf = Shelf.__new__(Shelf)
    assert (shelf.width, shelf.width, seen) == (7, 7, [None])


def test_whole_collections_are_told(heard):
    listen, seen = heard
    more = Book()
    listen(Shelf.books, "bulk_replace", fn=lambda shelf, values, initiator: values.append(more))
    listen(Shelf.books, "init_collection", "dispose_collection", "append_wo_mutation")
    shelf = Shelf()
    first, book = shelf.books, Book()
    shelf.books = {book}
    assert shelf.books == {book, more}
    shelf.books.add(more)
    names = [name for name, *_ in seen]
    assert names[0] == "init_collection" and names[-2:] == ["dispose_collection", "append_wo_mutation"]
    assert seen[0][1] is first and seen[-2][1] is first and seen[-2][2] is not None and seen[-1][1] is more


def test_flags_are_told(heard):
    listen, seen = heard
    listen(Shelf.width, "modified")
    attributes.flag_modified(Shelf(1), "width")
    assert len(seen) == 1


def test_what_is_not_there_says_so():
    with pytest.raises(NotImplementedError, match="refresh_flush"):
        event.listen(Shelf, "refresh_flush", print)
    with pytest.raises(NotImplementedError, match="include_key"):
        event.listen(Shelf.books, "append", print, include_key=True)
