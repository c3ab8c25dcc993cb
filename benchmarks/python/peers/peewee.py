"""Peewee."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import peewee as p

from .contender import SMALL, TIMES, Clock, Contender
from .databases import server_parts
from .tables import COLUMNS, LARGE, LEVELS, choices, keys, new_rows


class Json(p.TextField):
    def db_value(self, value: Any) -> Any:
        return None if value is None else json.dumps(value)

    def python_value(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value


def models(db: Any) -> dict:
    kinds = {
        "float": p.DoubleField, "smallint": p.SmallIntegerField, "int": p.IntegerField, "bigint": p.BigIntegerField,
        "char": lambda **k: p.CharField(max_length=255, **k), "text": p.TextField,
        "decimal": lambda **k: p.DecimalField(max_digits=12, decimal_places=8, **k), "json": Json,
    }

    def first(table: str) -> dict:
        return {
            "Meta": type("Meta", (), {"database": db, "table_name": table}),
            "timestamp": p.DateTimeField(default=datetime.now), "level": p.SmallIntegerField(index=True), "text": p.CharField(max_length=255, index=True),
        }

    def default(value: Any) -> dict:
        return {"null": True} if value is None else {"default": (lambda: value) if isinstance(value, dict) else value}

    small = type("Small", (p.Model,), first("small"))
    related = type("Related", (p.Model,), {**first("related"), "parent": p.ForeignKeyField("self", null=True, backref="children")})
    type("Knows", (p.Model,), {
        "Meta": first("knows")["Meta"],
        "from_end": p.ForeignKeyField(related, column_name="from_id", backref="knows"), "to_end": p.ForeignKeyField(related, column_name="to_id", backref="known_by"),
    })
    large = type("Large", (p.Model,), {**first("large"), **{name: kinds[kind](**default(value)) for name, kind, value in LARGE}})
    return {"small": small, "related": related, "large": large}


class Peer(Contender):
    name, version = "peewee", p.__version__

    def open(self, address: str) -> None:
        server = server_parts(address)
        self.db = p.PostgresqlDatabase(**server) if server else p.SqliteDatabase(address)
        self.models = models(self.db)
        self.db.connect()

    def close(self) -> None:
        self.db.close()

    def insert_single(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        clock.start()
        for row in rows:
            model.create(**row)
        clock.stop(n)

    def insert_batch(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        clock.start()
        with self.db.atomic():
            for row in rows:
                model.create(**row)
        clock.stop(n)

    def insert_bulk(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        size = 30_000 // len(COLUMNS[table])  # SQLite takes 32,766 parameters
        clock.start()
        with self.db.atomic():
            for part in p.chunked(rows, size):
                model.insert_many(part).execute()
        clock.stop(n)

    def filter_large(self, table: str, n: int, clock: Clock) -> Any:
        model = self.models[table]
        clock.start()
        for _ in range(TIMES):
            found = [list(model.select().where(model.level == level)) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return self.values((o for part in found for o in part), COLUMNS[table])

    def filter_small(self, table: str, n: int, clock: Clock) -> Any:
        model, asked, found = self.models[table], choices(n, SMALL), []
        clock.start()
        for level, offset in asked:
            found.append(list(model.select().where(model.level == level).limit(20).offset(offset)))
        clock.stop(sum(map(len, found)))
        return self.values((o for part in found for o in part), COLUMNS[table])

    def get(self, table: str, n: int, clock: Clock) -> Any:
        model, asked = self.models[table], keys(n)
        clock.start()
        found = [model.get_by_id(key) for key in asked]
        clock.stop(n)
        return self.values(found, COLUMNS[table])

    def dicts(self, table: str, n: int, clock: Clock) -> Any:
        model = self.models[table]
        clock.start()
        for _ in range(TIMES):
            found = [list(model.select().where(model.level == level).dicts()) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [[row[name.replace("parent_id", "parent")] for name in COLUMNS[table]] for part in found for row in part]

    def tuples(self, table: str, n: int, clock: Clock) -> Any:
        model = self.models[table]
        fields = [getattr(model, name) for name in COLUMNS[table]]
        clock.start()
        for _ in range(TIMES):
            found = [list(model.select(*fields).where(model.level == level).tuples()) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [row for part in found for row in part]

    def update_whole(self, table: str, n: int, clock: Clock) -> None:
        found = list(self.models[table].select())
        clock.start()
        with self.db.atomic():
            for o in found:
                o.level = 60 - o.level
                o.text = f"{o.text} Update"
                o.save()
        clock.stop(n)

    def update_partial(self, table: str, n: int, clock: Clock) -> None:
        model = self.models[table]
        found = list(model.select())
        clock.start()
        with self.db.atomic():
            for o in found:
                o.level = 60 - o.level
                o.save(only=[model.level])
        clock.stop(n)

    def delete(self, table: str, n: int, clock: Clock) -> None:
        found = list(self.models[table].select())
        clock.start()
        with self.db.atomic():
            for o in found:
                o.delete_instance()
        clock.stop(n)
