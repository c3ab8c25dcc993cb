"""Students of a school: list, new, edit and delete pages.

    $ python -m examples.students.create
    $ python -m examples.students.fill
    $ flask --app examples.students.app run
"""
# mypy: disable-error-code="misc, name-defined"

import os

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cormorant.exc import IntegrityError
from cormorant.flask import SQLAlchemy

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "for development only")
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///students.db")
db = SQLAlchemy(app)


class Student(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    firstname = db.Column(db.String(100), nullable=False)
    lastname = db.Column(db.String(100), nullable=False)
    email = db.Column(db.String(80), unique=True, nullable=False)
    age = db.Column(db.Integer)
    bio = db.Column(db.Text)
    created_at = db.Column(db.DateTime(timezone=True), server_default=db.func.now())

    def __repr__(self) -> str:
        return f"<Student {self.firstname}>"


def read_form(student: Student) -> None:
    """Puts the fields of the form into a student. A missing field is a bad request, as Flask says it."""
    student.firstname = request.form["firstname"].strip()
    student.lastname = request.form["lastname"].strip()
    student.email = request.form["email"].strip()
    age = request.form["age"].strip()
    if not (student.firstname and student.lastname and student.email):
        abort(400, "Name and e-mail are needed.")
    if age and not (age.isdecimal() and len(age) <= 3):
        abort(400, f"{age} is no age.")
    student.age = int(age) if age else None
    student.bio = request.form["bio"]


def save(student: Student, done: str) -> Response | tuple[str, int]:
    """Commits; when the address is taken, shows the form again."""
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        flash("Another student has this e-mail address.")
        return render_template("form.html", student=request.form), 409
    flash(done)
    return redirect(url_for("index"))


@app.get("/")
def index() -> str:
    page = Student.query.order_by(Student.lastname, Student.firstname, Student.id).paginate(per_page=10)
    return render_template("index.html", page=page)


@app.get("/<int:student_id>/")
def student(student_id: int) -> str:
    return render_template("student.html", student=Student.query.get_or_404(student_id))


@app.route("/new/", methods=["GET", "POST"])
def new() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return render_template("form.html", student=None)
    added = Student()
    read_form(added)
    db.session.add(added)
    return save(added, "Added.")


@app.route("/<int:student_id>/edit/", methods=["GET", "POST"])
def edit(student_id: int) -> str | Response | tuple[str, int]:
    found = Student.query.get_or_404(student_id)
    if request.method == "GET":
        return render_template("form.html", student=found)
    read_form(found)
    return save(found, "Saved.")


@app.post("/<int:student_id>/delete/")
def delete(student_id: int) -> Response:
    db.session.delete(Student.query.get_or_404(student_id))
    db.session.commit()
    flash("Deleted.")
    return redirect(url_for("index"))


@app.errorhandler(400)
@app.errorhandler(404)
def sorry(error: Exception) -> tuple[str, int]:
    return render_template("error.html", error=error), getattr(error, "code", 500)
