"""Books with plain sessions: one session per request, opened and closed by the view.

    $ make serve
"""

import os

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cormorant.exc import IntegrityError
from cormorant.orm import Session as OrmSession

from .database import Book, Session

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "for development only")


def find(session: OrmSession, book_id: int) -> Book:
    return session.get(Book, book_id) or abort(404, f"There is no book {book_id}.")


def fields() -> dict[str, str]:
    """What the form says of a book. A missing field is a bad request, as Flask says it."""
    given = {name: request.form[name].strip() for name in ("title", "author", "genre")}
    if not given["title"] or not given["author"]:
        abort(400, "A book has a title and an author.")
    return given


@app.get("/")
@app.get("/books")
def books() -> str:
    with Session() as session:
        return render_template("books.html", books=session.query(Book).order_by(Book.author, Book.title).all())


@app.route("/books/new/", methods=["GET", "POST"])
def new_book() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return render_template("form.html", book=None)
    given = fields()
    with Session() as session:
        session.add(Book(**given))
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
            flash(f"“{given['title']}” is there already.")
            return render_template("form.html", book=given), 409
    flash(f"Added “{given['title']}”.")
    return redirect(url_for("books"))


@app.route("/books/<int:book_id>/edit/", methods=["GET", "POST"])
def edit_book(book_id: int) -> str | Response | tuple[str, int]:
    with Session() as session:
        book = find(session, book_id)
        if request.method == "GET":
            return render_template("form.html", book=book)
        given = fields()
        for name, value in given.items():
            setattr(book, name, value)
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
            flash(f"“{given['title']}” is there already.")
            return render_template("form.html", book=given), 409
    flash(f"Saved “{given['title']}”.")
    return redirect(url_for("books"))


@app.route("/books/<int:book_id>/delete/", methods=["GET", "POST"])
def delete_book(book_id: int) -> str | Response:
    with Session() as session:
        book = find(session, book_id)
        if request.method == "GET":
            return render_template("delete.html", book=book)
        session.delete(book)
        session.commit()
    flash("Deleted.")
    return redirect(url_for("books"))


@app.errorhandler(400)
@app.errorhandler(404)
def sorry(error: Exception) -> tuple[str, int]:
    return render_template("error.html", error=error), getattr(error, "code", 500)


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "4996"))
    print(f"Books: look at http://127.0.0.1:{port}/ (Ctrl-C stops)", flush=True)
    app.run(host="127.0.0.1", port=port)
