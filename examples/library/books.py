"""The books of the reader who is logged in; those of others are not found."""
# mypy: disable-error-code="import-untyped, untyped-decorator"

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from cormorant import func, select
from cormorant.orm import selectinload

from .extensions import db
from .models import Book, Tag

bp = Blueprint("books", __name__)


@bp.before_request
@login_required
def only_readers() -> None:
    """Every page of this blueprint is for readers who are logged in."""


def mine(public_id: UUID) -> Book:
    """A book of the current user; 404 when it is not there, or not theirs."""
    found: Book = db.one_or_404(select(Book).where(Book.public_id == public_id, Book.owner_id == current_user.id))
    return found


def tags_of(text: str) -> list[Tag]:
    """The tags of a comma-separated list; those that are new are made."""
    names = sorted({name.strip().lower() for name in text.split(",")} - {""})
    known = {tag.name: tag for tag in db.session.scalars(select(Tag).where(Tag.name.in_(names)))}
    return [known.get(name) or Tag(name=name) for name in names]


def fill(book: Book) -> Book:
    """Puts the form into a book."""
    form = request.form
    title, read_on = form["title"].strip(), form.get("read_on", "")
    if not title or len(title) > 200:
        abort(400, "A title of at most 200 characters is needed.")
    try:
        book.read_on = date.fromisoformat(read_on) if read_on else None
    except ValueError:
        abort(400, f"{read_on} is no date; write it as 2013-07-30.")
    tags = tags_of(form.get("tags", ""))
    book.title, book.author, book.notes, book.tags = title, form.get("author", "").strip(), form.get("notes", ""), tags
    return book


@bp.get("/")
def index() -> str:
    books = select(Book).where(Book.owner_id == current_user.id).options(selectinload(Book.tags)).order_by(Book.title)
    if tag := request.args.get("tag"):
        books = books.where(Book.tags.any(Tag.name == tag))
    if words := request.args.get("q"):
        books = books.where(Book.title.icontains(words, autoescape=True) | Book.author.icontains(words, autoescape=True))
    return render_template("books/index.html", page=db.paginate(books, per_page=8, max_per_page=50))


@bp.get("/tags")
def tags() -> str:
    counted = (
        select(Tag.name, func.count().label("books"), func.max(Book.read_on).label("last"))
        .join(Tag.books).where(Book.owner_id == current_user.id)
        .group_by(Tag.name).order_by(func.count().desc(), Tag.name)
    )
    return render_template("books/tags.html", tags=db.session.execute(counted).all())


@bp.route("/books/new", methods=["GET", "POST"])
def new() -> str | Response:
    if request.method == "GET":
        return render_template("books/form.html", book=None)
    book = fill(Book(owner_id=current_user.id))
    db.session.add(book)
    db.session.commit()  # a title that is there already: see errors.py
    return redirect(url_for("books.show", public_id=book.public_id))


@bp.get("/books/<uuid:public_id>")
def show(public_id: UUID) -> str:
    return render_template("books/show.html", book=mine(public_id))


@bp.route("/books/<uuid:public_id>/edit", methods=["GET", "POST"])
def edit(public_id: UUID) -> str | Response:
    book = mine(public_id)
    if request.method == "GET":
        return render_template("books/form.html", book=book)
    fill(book)
    db.session.commit()
    flash("Saved.")
    return redirect(url_for("books.show", public_id=book.public_id))


@bp.post("/books/<uuid:public_id>/delete")
def delete(public_id: UUID) -> Response:
    db.session.delete(mine(public_id))
    db.session.commit()
    flash("Deleted.")
    return redirect(url_for("books.index"))
