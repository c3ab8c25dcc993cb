"""Requests per second of an example, inside one process, without sockets.   python rounds.py NAME SECONDS -> JSON lines, one a round

A round begins when a line arrives on the standard input, so that two of these programs can take turns.
"""

import json
import sys
import time
from importlib import import_module

from werkzeug.test import Client, EnvironBuilder

LONG = {"author": "Zola", "genre": "roman à clef"}


def shop():
    from examples.shop.app import Product, app, db

    with app.app_context():
        db.session.add_all([Product(name=f"Product {n}", price=n, note="x" * 40) for n in range(200)])
        db.session.commit()
    return app, {"100 products as JSON": ("GET", "/products?per_page=100", None), "one product": ("GET", "/products/7", None)}


def students():
    from examples.students.app import Student, app, db

    with app.app_context():
        db.create_all()
        db.session.add_all([Student(firstname="Jean", lastname=f"Zola {n:03}", email=f"{n}@example.com", age=n % 90, bio="x" * 100) for n in range(300)])
        db.session.commit()
    form = {"firstname": "Jean", "lastname": "Zola 007", "email": "7@example.com", "age": "", "bio": "x"}
    return app, {
        "a page of students": ("GET", "/?page=3", None), "one student": ("GET", "/7/", None),
        "a student saved (disk)": ("POST", "/8/edit/", lambda n: {**form, "age": str(n % 100)}),
    }


def books():
    from examples.books.app import app
    from examples.books.database import Book, Session

    with Session.begin() as session:
        session.add_all([Book(title=f"Volume {n}", **LONG) for n in range(200)])
    return app, {"200 books": ("GET", "/books", None)}


def library():
    from served import app, db  # fills nothing by itself

    served = import_module("served")
    with app.app_context():
        db.create_all()
        user = served.User(name="Reader")
        user.set_password("secret")
        tags = [served.Tag(name=name) for name in ("novel", "essay", "classic")]
        user.books = [served.Book(title=f"Volume {n}", author="Zola", notes="x" * 200, tags=tags[: n % 4]) for n in range(200)]
        db.session.add(user)
        db.session.commit()
    return app, {"50 books with tags": ("GET", "/?per_page=50", None), "books counted by tag": ("GET", "/tags", None)}


def send(app, environ):
    status = []
    body = app.wsgi_app(environ, lambda line, headers, error=None: status.append(line))
    b"".join(body)
    body.close()
    return status[0]


def measure(app, method, path, form, cookie, seconds):
    """Requests per second; a form differs from request to request, so that each one writes."""
    end, count, begun = time.perf_counter() + seconds, 0, time.perf_counter()
    while time.perf_counter() < end:
        environ = EnvironBuilder(path, method=method, data=form(count) if form else None).get_environ()
        environ["HTTP_COOKIE"] = cookie
        status = send(app, environ)
        assert status[0] in "23", f"{method} {path}: {status}"
        count += 1
    return count / (time.perf_counter() - begun)


def main():
    name, seconds = sys.argv[1], float(sys.argv[2])
    app, scenarios = {"shop": shop, "students": students, "books": books, "library": library}[name]()
    cookie = ""
    if name == "library":
        client = Client(app)
        answer = client.post("/auth/login", data={"name": "Reader", "password": "secret"})
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps({what: measure(app, *request, cookie, seconds) for what, request in scenarios.items()}), flush=True)


if __name__ == "__main__":
    main()
