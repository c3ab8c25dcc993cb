"""Mistakes that a type checker must find. Each line that says so is an error; a checker that sees none there fails the test."""

from __future__ import annotations

from cormorant import create_engin, select  # error: misspelt name of the package
from cormorant.orm import Session, relationshp  # error: misspelt name of the package

from tests.typing.models import User, engine

user = User(name="ann")
user.nmae  # error: misspelt attribute of an instance
User.nmae  # error: misspelt attribute of a class
user.id = "one"  # error: a string for an integer
user.name = None  # error: None for what is never NULL
select(User).wher(User.id == 1)  # error: misspelt method
number: str = user.id  # error: the value has another type

with Session(engine) as session:
    session.ad(user)  # error: misspelt method
    session.get(User, 1).name  # error: it may be None
    session.scalars(select(User)).one().nmae  # error: misspelt attribute of what was loaded
    first, second = session.execute(select(User.id)).one()  # error: the row has one column
    session.query(User).filter_by(name="x").frist()  # error: misspelt method
    text: str = session.execute(select(User.id, User.name)).one()[0]  # error: that column is an integer
