"""Mapped classes that the cases of test_orm.py are written over."""

from __future__ import annotations

import typing as t

import cormorant
from cormorant import Column, ForeignKey, Table, func, orm, select
from cormorant.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[t.Optional[str]]
    addresses: Mapped[t.List[Address]] = relationship(back_populates="user")


class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    user_id: Mapped[t.Optional[int]] = mapped_column(ForeignKey("users.id"))
    user: Mapped[t.Optional[User]] = relationship(back_populates="addresses")


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[t.Optional[int]] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[t.List[Node]] = relationship(back_populates="parent")
    parent: Mapped[t.Optional[Node]] = relationship(back_populates="children", remote_side=[id])


post_tags = Table(
    "post_tags", Base.metadata, Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)  # fmt: skip


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    tags: Mapped[t.List[Tag]] = relationship(secondary=post_tags, backref="posts")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Employee(Base):
    __tablename__ = "emp"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "e"}


class Manager(Employee):
    __tablename__ = "mgr"
    id: Mapped[int] = mapped_column(ForeignKey("emp.id"), primary_key=True)
    level: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "m"}


class SingleA(Base):
    __tablename__ = "single"
    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[int]
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "a"}


class SingleB(SingleA):
    y: Mapped[t.Optional[int]]
    __mapper_args__ = {"polymorphic_identity": "b"}


def names() -> dict[str, object]:
    """Everything a case may name: the package, its ORM, the classes, two aliases, a subquery."""
    made: dict[str, object] = {name: getattr(cormorant, name) for name in cormorant.__all__}
    for name in ("joinedload", "selectinload", "contains_eager", "load_only", "defer", "aliased"):
        made[name] = getattr(orm, name)
    made.update({cls.__name__: cls for cls in (User, Address, Node, Post, Tag, Employee, Manager, SingleA, SingleB)})
    made.update(A=aliased(User), N2=aliased(Node))
    counted = select(Address.user_id.label("uid"), func.count().label("n")).group_by(Address.user_id)
    made["sub"] = counted.subquery()
    return made
