"""JSON answers of a Flask view: `db.jsonify` of loaded entities against `flask.jsonify` of dictionaries made from them."""

from __future__ import annotations

import hashlib
import importlib
from typing import Any, Dict, Tuple

from ..clock import Clock
from ..world import rows
from .kit import scenario

EXTENSIONS = {"cormorant": "cormorant.flask", "sqlalchemy": "flask_sqlalchemy"}
MADE: Dict[Tuple[str, int], Any] = {}


def _application(package: str, n: int) -> Any:
    """An application with n loaded entities: (application, the function that answers). It is made once."""
    import flask

    app = flask.Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db = importlib.import_module(EXTENSIONS[package]).SQLAlchemy(app)

    class Item(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80))
        email = db.Column(db.String(120))
        price = db.Column(db.Float)
        created = db.Column(db.DateTime)

    context = app.app_context()
    context.push()
    db.create_all()
    db.session.add_all([Item(name=r[1], email=r[2], price=r[3], created=r[4]) for r in rows(n)])
    db.session.commit()
    items = db.session.scalars(db.select(Item).order_by(Item.id)).all()
    context.pop()
    if package == "cormorant":
        return app, lambda: db.jsonify(items, only=[Item.id, Item.name, Item.email, Item.price, Item.created])
    return app, lambda: flask.jsonify([{"id": o.id, "name": o.name, "email": o.email, "price": o.price, "created": o.created} for o in items])


def _answers(n: int) -> None:
    repeat = max(1, 5000 // n)

    def run(w: Any, session: Any, clock: Clock) -> Any:
        app, respond = MADE.get((w.name, n)) or MADE.setdefault((w.name, n), _application(w.name, n))
        with app.app_context():
            clock.start()
            for _ in range(repeat):
                answer = respond()
            clock.stop(n * repeat)
            return hashlib.sha256(answer.get_data()).hexdigest()

    scenario("JSON", f"JSON of {n:,}", "entity", {"sqlalchemy": 10}, headline=True)(run)


_answers(100)
_answers(10_000)
