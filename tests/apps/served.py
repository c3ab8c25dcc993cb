"""The library with a page that says what a worker process has left open.   python served.py fills the database."""

import gc
import os
import sys
from typing import Any

from cormorant.orm import Session
from examples.library import create_app
from examples.library.extensions import db
from examples.library.models import Book, Tag, User

app = create_app()
READERS, BOOKS = 4, 40


@app.get("/_left")
def left() -> dict[str, Any]:
    gc.collect()
    counters = {}
    if "cormorant" in sys.modules:
        counters = sys.modules["cormorant._core"].counters()
    return {
        "pid": os.getpid(), "sessions": sum(isinstance(thing, Session) for thing in gc.get_objects()), "checked_out": db.engine.pool.checkedout(),
        **{name: counters[name] for name in ("session", "inst", "result") if name in counters},
    }


if __name__ == "__main__":
    with app.app_context():
        db.create_all()
        tags = [Tag(name=name) for name in ("novel", "roman à clef", "essay")]
        for reader in range(READERS):
            user = User(name=f"Reader {reader}")
            user.set_password("secret")
            user.books = [Book(title=f"Volume {n}", author="Zola", notes="x" * 200, tags=tags[: n % 4]) for n in range(BOOKS)]
            db.session.add(user)
        db.session.commit()
