"""Pony. A `db_session` answers a query that it has seen from memory, so repetitions have one each, as sessions have elsewhere."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pony
from pony import orm

from .contender import SMALL, TIMES, Absent, Clock, Contender
from .databases import server_parts
from .tables import COLUMNS, LARGE, LEVELS, choices, keys, new_rows


def models(db: Any) -> dict:
    kinds = {
        "float": (float, {}), "smallint": (int, {"size": 16}), "int": (int, {}), "bigint": (int, {"size": 64}), "char": (str, {"max_len": 255}),
        "text": (orm.LongStr, {"lazy": False}), "decimal": (Decimal, {"precision": 12, "scale": 8}), "json": (orm.Json, {}),
    }

    def first(table: str) -> dict:
        return {
            "_table_": table, "id": orm.PrimaryKey(int, auto=True), "timestamp": orm.Required(datetime, default=datetime.now),
            "level": orm.Required(int, size=16, index=True), "text": orm.Required(str, 255, index=True),
        }

    def column(kind: str, value: Any) -> Any:
        type_, options = kinds[kind]
        if value is None:
            return orm.Optional(type_, nullable=True, **options) if type_ in (str, orm.LongStr, orm.Json) else orm.Optional(type_, **options)
        return orm.Required(type_, default=(lambda: value) if isinstance(value, dict) else value, **options)

    small = type("Small", (db.Entity,), first("small"))
    related = type("Related", (db.Entity,), {
        **first("related"), "parent": orm.Optional("Related", reverse="children", column="parent_id"), "children": orm.Set("Related", reverse="parent"),
        "knows": orm.Set("Related", reverse="known_by", table="knows", column="to_id"),
        "known_by": orm.Set("Related", reverse="knows", column="from_id"),
    })
    large = type("Large", (db.Entity,), {**first("large"), **{name: column(kind, value) for name, kind, value in LARGE}})
    return {"small": small, "related": related, "large": large}


class Peer(Contender):
    name, version = "pony", pony.__version__

    def open(self, address: str) -> None:
        server = server_parts(address)
        db = orm.Database()
        self.models = models(db)
        if server:
            db.bind("postgres", **server)
        else:
            db.bind("sqlite", address)
        db.generate_mapping(check_tables=False)

    def insert_single(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        clock.start()
        for row in rows:
            with orm.db_session:
                model(**row)
        clock.stop(n)

    def insert_batch(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        clock.start()
        with orm.db_session:
            for row in rows:
                model(**row)
        clock.stop(n)

    def insert_bulk(self, table: str, n: int, clock: Clock) -> None:
        raise Absent("Pony has no bulk insert")

    def rows(self, objects: Any, table: str) -> Any:
        return [[(o.parent.id if o.parent else None) if name == "parent_id" else getattr(o, name) for name in COLUMNS[table]] for o in objects]

    def filter_large(self, table: str, n: int, clock: Clock) -> Any:
        model = self.models[table]
        clock.start()
        for _ in range(TIMES):
            with orm.db_session:
                found = [list(model.select(lambda o: o.level == level)) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return self.rows([o for part in found for o in part], table)

    def filter_small(self, table: str, n: int, clock: Clock) -> Any:
        model, asked, found = self.models[table], choices(n, SMALL), []
        clock.start()
        for level, offset in asked:
            with orm.db_session:
                found.append(list(model.select(lambda o: o.level == level).limit(20, offset=offset)))
        clock.stop(sum(map(len, found)))
        return self.rows([o for part in found for o in part], table)

    def get(self, table: str, n: int, clock: Clock) -> Any:
        model, asked = self.models[table], keys(n)
        with orm.db_session:
            clock.start()
            found = [model[key] for key in asked]
            clock.stop(n)
            return self.rows(found, table)

    def dicts(self, table: str, n: int, clock: Clock) -> Any:
        model = self.models[table]
        clock.start()
        for _ in range(TIMES):
            with orm.db_session:
                found = [[o.to_dict() for o in model.select(lambda o: o.level == level)] for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [[row[name.replace("parent_id", "parent")] for name in COLUMNS[table]] for part in found for row in part]

    def tuples(self, table: str, n: int, clock: Clock) -> Any:
        model, names = self.models[table], [name.replace("parent_id", "parent.id") for name in COLUMNS[table]]
        query = f"({', '.join('o.' + name for name in names)}) for o in model if o.level == level"
        clock.start()
        for _ in range(TIMES):
            with orm.db_session:
                found = [list(orm.select(query, {"model": model, "level": level})) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [row for part in found for row in part]

    def update_whole(self, table: str, n: int, clock: Clock) -> None:
        with orm.db_session:
            found = list(self.models[table].select())
            clock.start()
            for o in found:
                o.level = 60 - o.level
                o.text = f"{o.text} Update"
            orm.commit()
            clock.stop(n)

    def update_partial(self, table: str, n: int, clock: Clock) -> None:
        with orm.db_session:
            found = list(self.models[table].select())
            clock.start()
            for o in found:
                o.level = 60 - o.level
            orm.commit()
            clock.stop(n)

    def delete(self, table: str, n: int, clock: Clock) -> None:
        with orm.db_session:
            found = list(self.models[table].select())
            clock.start()
            for o in found:
                o.delete()
            orm.commit()
            clock.stop(n)
