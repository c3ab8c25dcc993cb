"""Pages for what goes wrong."""

from flask import Flask, render_template, request
from werkzeug.exceptions import HTTPException

from cormorant.exc import IntegrityError

from .extensions import db


def http_error(error: HTTPException) -> tuple[str, int]:
    if error.code == 500:  # the page asks who is logged in, and a session whose flush failed would not answer
        db.session.rollback()
    return render_template("error.html", title=error.name, text=error.description), error.code or 500


def integrity_error(error: IntegrityError) -> tuple[str, int]:
    """What was written broke a rule of the database: nothing of it is kept."""
    db.session.rollback()
    text = "This name is taken." if request.endpoint == "auth.register" else "You have a book of this title already."
    return render_template("error.html", title="Conflict", text=text), 409


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(IntegrityError, integrity_error)
