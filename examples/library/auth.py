"""Registration, login and logout."""
# mypy: disable-error-code="import-untyped"

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from cormorant import select

from .extensions import db
from .models import User

bp = Blueprint("auth", __name__, url_prefix="/auth")


def credentials() -> tuple[str, str]:
    name, password = request.form["name"].strip(), request.form["password"]
    if not name or len(name) > 80 or not password:
        abort(400, "A name of at most 80 characters and a password are needed.")
    return name, password


@bp.route("/register", methods=["GET", "POST"])
def register() -> str | Response:
    if request.method == "GET":
        return render_template("auth/form.html", title="Register")
    name, password = credentials()
    user = User(name=name)  # pyright: ignore[reportCallIssue]  # it takes UserMixin for the whole class
    user.set_password(password)
    db.session.add(user)
    db.session.commit()  # a name that is taken: see errors.py
    login_user(user)
    return redirect(url_for("books.index"))


@bp.route("/login", methods=["GET", "POST"])
def login() -> str | Response | tuple[str, int]:
    if current_user.is_authenticated:
        return redirect(url_for("books.index"))
    if request.method == "GET":
        return render_template("auth/form.html", title="Log in")
    name, password = credentials()
    user = db.session.scalar(select(User).where(User.name == name))
    if user is None or not user.check_password(password):
        flash("Name or password is wrong.")
        return render_template("auth/form.html", title="Log in"), 401
    login_user(user)
    return redirect(url_for("books.index"))


@bp.post("/logout")
def logout() -> Response:
    logout_user()
    return redirect(url_for("auth.login"))
