"""The same table and the same work for each contender. ORM contenders differ only by the package they import."""

from __future__ import annotations

import importlib
import sqlite3
from datetime import datetime, timedelta
from typing import Any, List, Tuple

Row = Tuple[int, str, str, float, datetime]
START = datetime(2024, 1, 1)


def rows(n: int, first: int = 1) -> List[Row]:
    return [(i, f"name {i}", f"user{i}@example.com", i * 0.25, START + timedelta(seconds=i)) for i in range(first, first + n)]


class Orm:
    """An ORM with SQLAlchemy's API, by package name."""

    def __init__(self, package: str) -> None:
        self.name = package
        core = importlib.import_module(package)
        orm = importlib.import_module(f"{package}.orm")
        self.core, self.orm, self.version = core, orm, core.__version__
        base = orm.declarative_base()

        class Item(base):  # type: ignore[misc, valid-type]
            __tablename__ = "item"
            id = core.Column(core.Integer, primary_key=True)
            name = core.Column(core.String(80))
            email = core.Column(core.String(120))
            price = core.Column(core.Float)
            created = core.Column(core.DateTime)

        self.Item, self.base = Item, base

    def engine(self, path: str) -> Any:
        engine = self.core.create_engine(f"sqlite:///{path}" if path else "sqlite://")
        self.base.metadata.create_all(engine)
        return engine

    def session(self, engine: Any) -> Any:
        return self.orm.Session(engine)


def fill(path: str, n: int) -> None:
    """Makes a database file with n rows, by a plain driver, in the form that both ORMs read and write."""
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE item (id INTEGER NOT NULL, name VARCHAR(80), email VARCHAR(120), price FLOAT, created DATETIME, PRIMARY KEY (id))")
    db.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?)", [(*r[:4], r[4].strftime("%Y-%m-%d %H:%M:%S.%f")) for r in rows(n)])
    db.commit()
    db.close()
