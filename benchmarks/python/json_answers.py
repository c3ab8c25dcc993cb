"""JSON answers of a Flask view: `db.jsonify` of loaded entities against `flask.jsonify` of dictionaries made from them."""

from __future__ import annotations

import importlib
from typing import Any, Callable, Dict, List

from .contenders import rows
from .scenarios import Bench, timed

EXTENSIONS = {"cormorant": "cormorant.flask", "sqlalchemy": "flask_sqlalchemy"}


def _application(package: str, n: int) -> Any:
    """An application with n loaded entities: (context, the function that answers)."""
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
    if package == "cormorant":
        return context, lambda: db.jsonify(items, only=[Item.id, Item.name, Item.email, Item.price, Item.created])
    return context, lambda: flask.jsonify([{"id": o.id, "name": o.name, "email": o.email, "price": o.price, "created": o.created} for o in items])


def answer(bench: Bench, n: int, rounds: int) -> Dict[str, List[float]]:
    """Seconds per entity of one answer; the bytes are the same."""
    repeat = max(1, 5000 // n)
    work: Dict[str, Callable[[], float]] = {}
    contexts, bodies = [], set()
    for orm in bench.orms:
        context, respond = _application(orm.name, n)
        contexts.append(context)
        bodies.add(respond().get_data())
        context.pop()

        def run(context: Any = context, respond: Callable[[], Any] = respond) -> float:
            with context.app.app_context():
                return timed(n * repeat, lambda: [respond() for _ in range(repeat)])

        work[orm.name] = run
    assert len(bodies) == 1, "the contenders answer differently"
    return bench.turns(work, rounds)


JSON_SCENARIOS = [
    ("JSON of 100", "per entity", lambda b, r: answer(b, 100, r), 10, None),
    ("JSON of 10k", "per entity", lambda b, r: answer(b, min(b.n, 10_000), r), 10, None),
]
