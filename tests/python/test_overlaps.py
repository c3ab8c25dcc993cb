"""Two relationships that write one column: the program is told, unless they belong together or it said that it knows."""

import warnings

import pytest
from cormorant import Column, ForeignKey, ForeignKeyConstraint, Integer, String, exc
from cormorant.orm import configure_mappers, declarative_base, relationship


def told(**parts):
    """Warnings of a parent with `a` and `b`, and a child with `p`."""
    base = declarative_base()

    class Parent(base):
        __tablename__ = "parent"
        id = Column(Integer, primary_key=True)
        a, b = parts.get("a"), parts.get("b")

    class Child(base):
        __tablename__ = "child"
        id = Column(Integer, primary_key=True)
        parent_id = Column(ForeignKey("parent.id"))
        p = parts.get("p")

    return listen(configure_mappers)


def listen(fn):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        fn()
    assert all(w.category is exc.SAWarning for w in found)
    return [str(w.message) for w in found]


def test_two_ways_to_write_a_column():
    (message,) = told(a=relationship("Child"), b=relationship("Child"))
    assert message.startswith(
        "relationship 'Parent.b' will copy column parent.id to column child.parent_id, which conflicts with relationship(s): "
        "'Parent.a' (copies parent.id to child.parent_id)."
    )
    assert "overlaps=\"a\" in 'Parent.b'" in message


@pytest.mark.parametrize(
    "parts",
    [
        {"a": lambda: relationship("Child", back_populates="p"), "p": lambda: relationship("Parent", back_populates="a")},
        {"a": lambda: relationship("Child", back_populates="p"), "p": lambda: relationship("Parent")},
        {"a": lambda: relationship("Child", backref="parent")},
        {"a": lambda: relationship("Child"), "b": lambda: relationship("Child", viewonly=True)},
        {"a": lambda: relationship("Child"), "b": lambda: relationship("Child", overlaps="x, a")},
        {"a": lambda: relationship("Child", overlaps="__*"), "b": lambda: relationship("Child")},
    ],
)
def test_nothing_is_said_of(parts):
    assert told(**{name: make() for name, make in parts.items()}) == []


def test_rows_of_a_table_between_and_tenants():
    base = declarative_base()

    class Link(base):
        __tablename__ = "link"
        left_id = Column(ForeignKey("left.id"), primary_key=True)
        right_id = Column(ForeignKey("right.id"), primary_key=True)
        left = relationship("Left")

    class Left(base):
        __tablename__ = "left"
        id = Column(Integer, primary_key=True)
        rights = relationship("Right", secondary="link")

    class Right(base):
        __tablename__ = "right"
        id = Column(Integer, primary_key=True)

    (message,) = listen(configure_mappers)
    assert "'Left.rights' will copy column left.id to column link.left_id" in message and "'Link.left' (copies left.id to link.left_id)" in message

    class Account(base):
        __tablename__ = "account"
        tenant = Column(Integer, primary_key=True)
        id = Column(Integer, primary_key=True)

    class Order(base):
        __tablename__ = "order"
        id = Column(Integer, primary_key=True)
        tenant, payer, taker = Column(Integer), Column(Integer), Column(Integer)
        __table_args__ = tuple(ForeignKeyConstraint(["tenant", n], ["account.tenant", "account.id"]) for n in ("payer", "taker"))
        paid_by = relationship(Account, foreign_keys=[tenant, payer])
        taken_by = relationship(Account, foreign_keys=[tenant, taker])

    assert "'Order.taken_by' will copy column account.tenant to column order.tenant" in "".join(listen(configure_mappers))


def test_classes_side_by_side_and_classes_that_are_gone():
    base = declarative_base()

    class Owner(base):
        __tablename__ = "owner"
        id = Column(Integer, primary_key=True)

    class Animal(base):
        __tablename__ = "animal"
        id = Column(Integer, primary_key=True)
        kind = Column(String)
        owner_id = Column(ForeignKey("owner.id"))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Cat(Animal):
        owner = relationship(Owner)
        __mapper_args__ = {"polymorphic_identity": "cat"}

    class Dog(Animal):
        owner = relationship(Owner)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    assert listen(configure_mappers) == []
    table, owner = Animal.__table__, Owner.__table__
    base.registry.dispose()
    again = declarative_base(metadata=base.metadata)

    class Again(again):
        __table__ = owner

    class Pet(again):
        __table__ = table
        holder = relationship(Again)

    assert listen(configure_mappers) == []
