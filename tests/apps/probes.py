"""An application that trusts its clients: whatever they send becomes arguments of a model, filters and attributes."""

import os
from typing import Any

from flask import Flask, request

from cormorant import ForeignKey, String, select
from cormorant.exc import SQLAlchemyError
from cormorant.flask import SQLAlchemy
from cormorant.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app, model_class=Base)


class Author(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    _secret: Mapped[str] = mapped_column("secret", default="hidden")
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")


@app.post("/add/<kind>")
def add(kind: str) -> dict[str, Any]:
    made = {"author": Author, "book": Book}[kind](**request.get_json())
    db.session.add(made)
    db.session.commit()
    return {"id": made.id}


@app.post("/find/<kind>")
def find(kind: str) -> list[int]:
    model = {"author": Author, "book": Book}[kind]
    return [row.id for row in db.session.scalars(select(model).filter_by(**request.get_json()).order_by(model.id))]


@app.post("/careless")
def careless() -> dict[str, Any]:
    """A failed flush that nobody rolls back: the session ends with the request, so the next one is not touched."""
    for name in ("Twice", "Twice"):
        db.session.add(Author(name=name))
        try:
            db.session.flush()
        except SQLAlchemyError:
            pass
    return {"authors": len(db.session.scalars(select(Author)).all())}


@app.post("/forgotten")
def forgotten() -> dict[str, Any]:
    """Added, flushed, never committed."""
    db.session.add(Author(name="Forgotten"))
    db.session.flush()
    return {"authors": db.session.query(Author).count()}


@app.get("/authors")
def authors() -> list[Any]:
    return [[author.name, author._secret, [book.title for book in author.books]] for author in db.session.scalars(select(Author).order_by(Author.id))]
