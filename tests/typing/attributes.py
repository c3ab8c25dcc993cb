"""Attributes: expressions on the class, values on instances."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, List, Optional, assert_type

from cormorant import Column, ColumnElement, Integer, MetaData, String, Table, inspect
from cormorant.engine.reflection import Inspector
from cormorant.ext.associationproxy import AssociationProxyInstance
from cormorant.ext.hybrid import HybridAttribute
from cormorant.orm import AppenderQuery, InstanceState, InstrumentedAttribute, Mapper, aliased, declared_attr, Mapped, mapped_column
from cormorant.sql.elements import BinaryExpression, BooleanClauseList, Label, SQLCoreOperations, UnaryExpression

from tests.typing.models import Address, Base, User, engine, tags

user = User(name="ann", nickname=None)

assert_type(User.id, InstrumentedAttribute[int])
assert_type(User.nickname, InstrumentedAttribute[Optional[str]])
assert_type(User.addresses, InstrumentedAttribute[List[Address]])
assert_type(Address.user, InstrumentedAttribute[Optional[User]])
assert_type(User.metadata, MetaData)

assert_type(user.id, int)
assert_type(user.name, str)
assert_type(user.nickname, Optional[str])
assert_type(user.born, Optional[dt.date])
assert_type(user.next_id, int)
assert_type(user.addresses, List[Address])
assert_type(user.letters, AppenderQuery[Address])
assert_type(user.letters.filter_by(email="x").all(), List[Address])
assert_type(Address().user, Optional[User])

assert_type(user.greeting, str)
assert_type(User.greeting, HybridAttribute[str])
assert_type(User.greeting == "x", ColumnElement[bool])
assert_type(user.is_before(3), bool)
assert_type(User.is_before(3), SQLCoreOperations[bool])
assert_type(user.emails, List[str])
assert_type(User.emails, AssociationProxyInstance[List[str]])

user.name = "bob"
user.nickname = None
user.id = User.id + 1
user.addresses.append(Address(email="x"))

assert_type(User.id == 1, ColumnElement[bool])
assert_type(User.id + 1, ColumnElement[int])
assert_type(1 + User.id, ColumnElement[int])
assert_type(User.id / 2, ColumnElement[float | Decimal])
assert_type(-User.id, UnaryExpression[int])
assert_type(User.name + "x", ColumnElement[str])
assert_type(User.name.like("a%"), BinaryExpression[bool])
assert_type(User.id.in_([1, 2]), BinaryExpression[bool])
assert_type(User.id.desc(), UnaryExpression[int])
assert_type(User.id.label("n"), Label[int])
assert_type((User.id > 1) & (User.id < 5), BooleanClauseList)
assert_type(~(User.id > 1), ColumnElement[bool])
assert_type(User.addresses.any(Address.email == "x"), ColumnElement[bool])

other = aliased(User)
assert_type(other, type[User])
assert_type(other.id, InstrumentedAttribute[int])

assert_type(inspect(User), Mapper[User])
assert_type(inspect(user), InstanceState[User])
assert_type(inspect(engine), Inspector)

assert_type(tags, Table)
assert_type(tags.c.word, Column[Any])
assert_type(Column(Integer), Column[int])
assert_type(Column("word", String(20)), Column[str])


class Named:
    """A mixin."""

    label: Mapped[str] = mapped_column(String(10))

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "named"

    @declared_attr
    def weight(cls) -> Mapped[int]:
        return mapped_column(Integer)


class Thing(Named, Base):
    id: Mapped[int] = mapped_column(primary_key=True)


assert_type(Thing.weight, InstrumentedAttribute[int])
assert_type(Thing().weight, int)
assert_type(Thing().label, str)
