"""Cormorant and SQLAlchemy: the same lines, by package name."""

from __future__ import annotations

import importlib
from datetime import datetime
from typing import Any, Dict

from .contender import SMALL, TIMES, Clock, Contender
from .tables import COLUMNS, LARGE, LEVELS, choices, keys, new_rows


def default(value: Any) -> Any:
    return (lambda: value) if isinstance(value, dict) else value


class Alchemy(Contender):
    def __init__(self, package: str) -> None:
        self.name = package
        self.core = core = importlib.import_module(package)
        self.orm = orm = importlib.import_module(f"{package}.orm")
        self.version = core.__version__
        base = orm.declarative_base()
        types = {
            "float": core.Float, "smallint": core.SmallInteger, "int": core.Integer, "bigint": core.BigInteger,
            "char": core.String(255), "text": core.Text, "decimal": core.Numeric(12, 8), "json": core.JSON,
        }

        def first() -> Dict[str, Any]:
            return {
                "id": core.Column(core.Integer, primary_key=True),
                "timestamp": core.Column(core.DateTime, default=datetime.now, nullable=False),
                "level": core.Column(core.SmallInteger, index=True, nullable=False),
                "text": core.Column(core.String(255), index=True, nullable=False),
            }

        knows = core.Table(
            "knows", base.metadata, core.Column("id", core.Integer, primary_key=True),
            core.Column("from_id", core.ForeignKey("related.id"), nullable=False), core.Column("to_id", core.ForeignKey("related.id"), nullable=False),
        )
        wide = {name: core.Column(types[kind], **({} if value is None else {"default": default(value), "nullable": False})) for name, kind, value in LARGE}
        small = type("Small", (base,), {"__tablename__": "small", **first()})
        own = first()
        related = type("Related", (base,), {
            "__tablename__": "related", **own,
            "parent_id": core.Column(core.ForeignKey("related.id"), index=True),
            "parent": orm.relationship("Related", remote_side=own["id"], back_populates="children"),
            "children": orm.relationship("Related", back_populates="parent"),
            "knows": orm.relationship(
                "Related", secondary=knows, primaryjoin=own["id"] == knows.c.from_id, secondaryjoin=own["id"] == knows.c.to_id, back_populates="known_by"
            ),
            "known_by": orm.relationship(
                "Related", secondary=knows, primaryjoin=own["id"] == knows.c.to_id, secondaryjoin=own["id"] == knows.c.from_id, back_populates="knows"
            ),
        })
        large = type("Large", (base,), {"__tablename__": "large", **first(), **wide})
        self.models = {"small": small, "related": related, "large": large}

    def open(self, address: str) -> None:
        if "://" not in address:
            address = f"sqlite:///{address}"
        elif self.name == "sqlalchemy":
            address = address.replace("postgresql://", "postgresql+psycopg://")
        self.engine = self.core.create_engine(address)

    def close(self) -> None:
        self.engine.dispose()

    def session(self) -> Any:
        return self.orm.Session(self.engine)

    def insert_single(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        with self.session() as session:
            clock.start()
            for row in rows:
                session.add(model(**row))
                session.commit()
            clock.stop(n)

    def insert_batch(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        with self.session() as session:
            clock.start()
            for row in rows:
                session.add(model(**row))
            session.commit()
            clock.stop(n)

    def insert_bulk(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        with self.session() as session:
            clock.start()
            session.execute(self.core.insert(model), rows)
            session.commit()
            clock.stop(n)

    def filter_large(self, table: str, n: int, clock: Clock) -> Any:
        model, select = self.models[table], self.core.select
        clock.start()
        for _ in range(TIMES):
            with self.session() as session:
                found = [session.scalars(select(model).where(model.level == level)).all() for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return self.values((o for part in found for o in part), COLUMNS[table])

    def filter_small(self, table: str, n: int, clock: Clock) -> Any:
        model, select, asked, found = self.models[table], self.core.select, choices(n, SMALL), []
        clock.start()
        for level, offset in asked:
            with self.session() as session:
                found.append(session.scalars(select(model).where(model.level == level).limit(20).offset(offset)).all())
        clock.stop(sum(map(len, found)))
        return self.values((o for part in found for o in part), COLUMNS[table])

    def get(self, table: str, n: int, clock: Clock) -> Any:
        model, asked = self.models[table], keys(n)
        with self.session() as session:
            clock.start()
            found = [session.get(model, key) for key in asked]
            clock.stop(n)
            return self.values(found, COLUMNS[table])

    def dicts(self, table: str, n: int, clock: Clock) -> Any:
        model, select = self.models[table], self.core.select
        columns = model.__table__.c
        clock.start()
        for _ in range(TIMES):
            with self.session() as session:
                found = [[row._asdict() for row in session.execute(select(*columns).where(model.level == level))] for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [[row[name] for name in COLUMNS[table]] for part in found for row in part]

    def tuples(self, table: str, n: int, clock: Clock) -> Any:
        model, select = self.models[table], self.core.select
        columns = model.__table__.c
        clock.start()
        for _ in range(TIMES):
            with self.session() as session:
                found = [session.execute(select(*columns).where(model.level == level)).all() for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [tuple(row) for part in found for row in part]

    def update_whole(self, table: str, n: int, clock: Clock) -> None:
        with self.session() as session:
            found = session.scalars(self.core.select(self.models[table])).all()
            clock.start()
            for o in found:
                o.level = 60 - o.level
                o.text = f"{o.text} Update"
            session.commit()
            clock.stop(n)

    def update_partial(self, table: str, n: int, clock: Clock) -> None:
        with self.session() as session:
            found = session.scalars(self.core.select(self.models[table])).all()
            clock.start()
            for o in found:
                o.level = 60 - o.level
            session.commit()
            clock.stop(n)

    def delete(self, table: str, n: int, clock: Clock) -> None:
        with self.session() as session:
            found = session.scalars(self.core.select(self.models[table])).all()
            clock.start()
            for o in found:
                session.delete(o)
            session.commit()
            clock.stop(n)
