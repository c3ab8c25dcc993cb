"""Sessions, their makers, and Query."""

from __future__ import annotations

from typing import Any, Iterator, List, Optional, Sequence, Tuple, assert_type

from cormorant import Row, func, select, text, update
from cormorant.engine import Result, ScalarResult
from cormorant.orm import Query, Session, scoped_session, sessionmaker
from cormorant.orm.query import RowReturningQuery

from tests.typing.models import Address, User, engine


class Special(Session):
    """A session of the program's own."""


with Session(engine) as session, session.begin():
    assert_type(session, Session)
    assert_type(session.get(User, 1), Optional[User])
    assert_type(session.get_one(User, 1), User)
    assert_type(session.merge(User()), User)
    assert_type(session.scalars(select(User)), ScalarResult[User])
    assert_type(session.scalars(select(User)).all(), Sequence[User])
    assert_type(session.scalars(select(User)).first(), Optional[User])
    assert_type(session.scalars(select(User)).unique().one(), User)
    assert_type(session.execute(select(User.id, User.name)), Result[int, str])
    assert_type(session.execute(select(User.id, User.name)).one(), Row[int, str])
    assert_type(session.execute(select(User)).scalar_one_or_none(), Optional[User])
    assert_type(session.execute(text("SELECT 1")), Result[*Tuple[Any, ...]])
    assert_type(session.execute(update(User).values(name="x").returning(User.id)).all(), Sequence[Row[int]])
    assert_type(session.scalar(select(func.count()).select_from(User)), Optional[int])

    query = session.query(User).filter_by(name="ann").filter(User.id > 1).order_by(User.id).limit(3)
    assert_type(query, Query[User])
    assert_type(query.all(), List[User])
    assert_type(query.first(), Optional[User])
    assert_type(query.one(), User)
    assert_type(query.one_or_none(), Optional[User])
    assert_type(query.count(), int)
    assert_type(query[0], User)
    assert_type(query[:2], List[User])
    assert_type(iter(query), Iterator[User])
    assert_type(query.join(User.addresses).filter(Address.email.like("%@%")), Query[User])
    assert_type(session.query(User.id, User.name), RowReturningQuery[int, str])
    assert_type(session.query(User.id, User.name).all(), List[Row[int, str]])
    assert_type(session.query(User, Address).one(), Row[User, Address])
    assert_type(query.update({"name": "x"}), int)

maker = sessionmaker(engine)
assert_type(maker, sessionmaker[Session])
assert_type(maker(), Session)
with maker.begin() as begun:
    assert_type(begun, Session)
assert_type(sessionmaker(engine, class_=Special)(), Special)

scoped = scoped_session(maker)
assert_type(scoped, scoped_session[Session])
assert_type(scoped(), Session)
assert_type(scoped.get(User, 1), Optional[User])
assert_type(scoped.scalars(select(User)).all(), Sequence[User])
assert_type(scoped.query(User).all(), List[User])
scoped.remove()
