"""Statements: what they select goes through execution to the rows."""

from __future__ import annotations

import datetime as dt
from typing import Any, Optional, Sequence, Tuple, assert_type

from cormorant import (
    ColumnElement, CompoundSelect, Insert, Row, Select, Subquery, Update, and_, case, cast, delete, exists, func, insert, literal, or_,
    select, text, union_all, update,
)
from cormorant import String
from cormorant.engine import Connection, CursorResult, MappingResult, Result, ScalarResult, TupleResult
from cormorant.orm import joinedload, selectinload
from cormorant.sql import functions
from cormorant.sql.elements import BindParameter, Case, Cast, KeyedColumnElement, Over
from cormorant.sql.functions import Function
from cormorant.sql.selectable import Exists, ScalarSelect

from tests.typing.models import Address, User, engine, tags

assert_type(select(User), Select[User])
assert_type(select(User.id, User.nickname), Select[int, Optional[str]])
assert_type(select(User, Address.email, func.count()), Select[User, str, int])
assert_type(select(tags), Select[*Tuple[Any, ...]])

pairs = (
    select(User.id, User.name)
    .join(User.addresses)
    .where(User.id > 1, or_(User.name == "ann", User.nickname.is_(None)))
    .group_by(User.id)
    .having(func.count() > 1)
    .order_by(User.name.desc())
    .limit(5)
    .offset(1)
    .distinct()
)
assert_type(pairs, Select[int, str])
assert_type(select(User).options(joinedload(User.addresses), selectinload(User.addresses).joinedload(Address.user)), Select[User])
assert_type(pairs.with_only_columns(User.born), Select[Optional[dt.date]])
assert_type(pairs.union(pairs), CompoundSelect[int, str])
assert_type(union_all(pairs, pairs), CompoundSelect[int, str])
assert_type(pairs.subquery(), Subquery)
assert_type(pairs.subquery().c.id, KeyedColumnElement[Any])
assert_type(select(User.id).scalar_subquery(), ScalarSelect[Any])
assert_type(pairs.exists(), Exists)
assert_type(exists().where(User.id == 1), Exists)

assert_type(and_(User.id == 1, User.name == "x"), ColumnElement[bool])
assert_type(func.max(User.id), functions.max[int])
assert_type(func.now(), functions.now)
assert_type(func.something(User.id), Function[Any])
assert_type(func.count().over(partition_by=User.name), Over[int])
assert_type(case((User.id == 1, "one"), else_="more"), Case[Any])
assert_type(cast(User.id, String), Cast[str])
assert_type(literal(1), BindParameter[int])

assert_type(insert(User).values(name="x"), Insert)
assert_type(update(User).where(User.id == 1).values(name="y"), Update)

with engine.connect() as connection:
    assert_type(connection, Connection)
    result = connection.execute(pairs)
    assert_type(result, CursorResult[int, str])
    assert_type(result.one(), Row[int, str])
    assert_type(result.all(), Sequence[Row[int, str]])
    assert_type(result.first(), Optional[Row[int, str]])
    number, name = result.one()
    assert_type(number, int)
    assert_type(name, str)
    assert_type(result.one()[1], str)
    assert_type(result.one()._tuple(), Tuple[int, str])
    assert_type(result.scalars(), ScalarResult[int])
    assert_type(result.scalar(), Optional[int])
    assert_type(result.scalar_one(), int)
    assert_type(result.mappings(), MappingResult)
    assert_type(result.tuples(), TupleResult[Tuple[int, str]])
    for row in result:
        assert_type(row, Row[int, str])
    assert_type(connection.execute(insert(User).returning(User.id, User.name)), CursorResult[int, str])
    assert_type(connection.execute(update(User).returning(User.id)), CursorResult[int])
    assert_type(connection.execute(delete(User).returning(User.id)), CursorResult[int])
    assert_type(connection.execute(delete(User)).rowcount, int)
    assert_type(connection.execute(text("SELECT 1")), CursorResult[*Tuple[Any, ...]])
    assert_type(connection.scalars(select(User.name)).all(), Sequence[str])

with engine.begin() as connection:
    plain: Result[int, str] = connection.execute(pairs)
