"""ordering_list: positions of the members of a relationship's list."""

import pytest

import cormorant as sa
from cormorant.ext.orderinglist import OrderingList, count_from_n_factory, ordering_list
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Slide(Base):
    __tablename__ = "slide"
    id: Mapped[int] = mapped_column(primary_key=True)
    bullets: Mapped[list["Bullet"]] = relationship(
        order_by="Bullet.position", collection_class=ordering_list("position"), cascade="all, delete-orphan", back_populates="slide"
    )
    letters: Mapped[list["Letter"]] = relationship(
        order_by="Letter.rank", collection_class=ordering_list("rank", ordering_func=lambda i, c: "abcdefgh"[i], reorder_on_append=True)
    )


class Bullet(Base):
    __tablename__ = "bullet"
    id: Mapped[int] = mapped_column(primary_key=True)
    slide_id: Mapped[int | None] = mapped_column(sa.ForeignKey("slide.id"))
    position: Mapped[int | None]
    text: Mapped[str | None]
    slide: Mapped[Slide | None] = relationship(back_populates="bullets")


class Letter(Base):
    __tablename__ = "letter"
    id: Mapped[int] = mapped_column(primary_key=True)
    slide_id: Mapped[int | None] = mapped_column(sa.ForeignKey("slide.id"))
    rank: Mapped[str | None]


def places(slide):
    return [(b.text, b.position) for b in slide.bullets]


def slide_of(text):
    slide = Slide()
    for letter in text:
        slide.bullets.append(Bullet(text=letter))
    return slide


def test_mutators():
    slide = slide_of("abc")
    assert isinstance(slide.bullets, OrderingList)
    assert places(slide) == [("a", 0), ("b", 1), ("c", 2)]
    slide.bullets.insert(1, Bullet(text="x"))
    assert places(slide) == [("a", 0), ("x", 1), ("b", 2), ("c", 3)]
    assert slide.bullets.pop(0).text == "a"
    assert places(slide) == [("x", 0), ("b", 1), ("c", 2)]
    slide.bullets.remove(slide.bullets[1])
    assert places(slide) == [("x", 0), ("c", 1)]
    slide.bullets[0] = Bullet(text="y")
    assert places(slide) == [("y", 0), ("c", 1)]
    del slide.bullets[0]
    assert places(slide) == [("c", 0)]
    slide.bullets.extend([Bullet(text="d"), Bullet(text="e")])
    assert places(slide) == [("c", 0), ("d", 1), ("e", 2)]
    slide.bullets[0:2] = [Bullet(text="p"), Bullet(text="q")]
    assert places(slide) == [("p", 0), ("q", 1), ("e", 2)]
    assert all(b.slide is slide for b in slide.bullets)


def test_reorder():
    slide = slide_of("ab")
    slide.bullets.append(Bullet(text="z", position=9))
    assert places(slide) == [("a", 0), ("b", 1), ("z", 9)]
    slide.bullets.reorder()
    assert places(slide) == [("a", 0), ("b", 1), ("z", 2)]


def test_ordering_functions():
    slide = Slide(letters=[Letter(), Letter(rank="q")])
    assert [letter.rank for letter in slide.letters] == ["a", "b"]
    assert count_from_n_factory(5)(1, []) == 6
    for count, wanted in ((None, 0), (0, 0), (1, 1), (7, 7)):
        made = ordering_list("position", count_from=count)()
        bullet = Bullet()
        made.append(bullet)
        assert bullet.position == wanted


@pytest.mark.parametrize("change, wanted", [("insert", "xab"), ("pop", "b"), ("move", "ba")])
def test_in_the_database(change, wanted):
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        slide = slide_of("ab")
        session.add(slide)
        session.commit()
        if change == "insert":
            slide.bullets.insert(0, Bullet(text="x"))
        elif change == "pop":
            slide.bullets.pop(0)
        else:
            slide.bullets.insert(0, slide.bullets.pop())
        session.commit()
        assert [b.text for b in slide.bullets] == list(wanted)
        assert [b.position for b in slide.bullets] == list(range(len(wanted)))
    engine.dispose()
