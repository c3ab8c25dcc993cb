"""Django's ORM, without an application around it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django
from django.conf import settings

from .contender import SMALL, TIMES, Clock, Contender
from .databases import server_parts
from .tables import COLUMNS, LARGE, LEVELS, choices, keys, new_rows


def models() -> dict:
    from django.db import models as m

    kinds = {
        "float": m.FloatField, "smallint": m.SmallIntegerField, "int": m.IntegerField, "bigint": m.BigIntegerField,
        "char": lambda **k: m.CharField(max_length=255, **k), "text": m.TextField,
        "decimal": lambda **k: m.DecimalField(max_digits=12, decimal_places=8, **k), "json": m.JSONField,
    }

    def first(table: str) -> dict:
        meta = type("Meta", (), {"app_label": "peers", "db_table": table, "managed": False})
        return {
            "__module__": __name__, "Meta": meta, "id": m.AutoField(primary_key=True), "timestamp": m.DateTimeField(default=datetime.now),
            "level": m.SmallIntegerField(db_index=True), "text": m.CharField(max_length=255, db_index=True),
        }

    def default(value: Any) -> dict:
        return {"null": True} if value is None else {"default": (lambda: value) if isinstance(value, dict) else value}

    small = type("Small", (m.Model,), first("small"))
    related = type("Related", (m.Model,), {
        **first("related"), "parent": m.ForeignKey("self", null=True, on_delete=m.CASCADE, related_name="children"),
        "knows": m.ManyToManyField("self", through="Knows", symmetrical=False, related_name="known_by"),
    })
    link = {"__module__": __name__, "Meta": first("knows")["Meta"]}
    for name in ("from", "to"):
        link[f"{name}_end"] = m.ForeignKey(related, on_delete=m.CASCADE, related_name=f"+{name}", db_column=f"{name}_id")
    type("Knows", (m.Model,), {**link, "id": m.AutoField(primary_key=True)})
    large = type("Large", (m.Model,), {**first("large"), **{name: kinds[kind](**default(value)) for name, kind, value in LARGE}})
    return {"small": small, "related": related, "large": large}


class Peer(Contender):
    name, version = "django", django.__version__

    def open(self, address: str) -> None:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": address}
        if server := server_parts(address):
            database = {"ENGINE": "django.db.backends.postgresql", "NAME": server.pop("database"), **{k.upper(): str(v) for k, v in server.items()}}
        settings.configure(DATABASES={"default": database}, USE_TZ=False, INSTALLED_APPS=[], DEBUG=False)
        django.setup()
        from django.db import transaction

        self.atomic, self.models = transaction.atomic, models()

    def objects(self, table: str) -> Any:
        return self.models[table].objects

    def insert_single(self, table: str, n: int, clock: Clock) -> None:
        objects, rows = self.objects(table), new_rows(n)
        clock.start()
        for row in rows:
            objects.create(**row)
        clock.stop(n)

    def insert_batch(self, table: str, n: int, clock: Clock) -> None:
        objects, rows = self.objects(table), new_rows(n)
        clock.start()
        with self.atomic():
            for row in rows:
                objects.create(**row)
        clock.stop(n)

    def insert_bulk(self, table: str, n: int, clock: Clock) -> None:
        model, rows = self.models[table], new_rows(n)
        clock.start()
        model.objects.bulk_create([model(**row) for row in rows])
        clock.stop(n)

    def filter_large(self, table: str, n: int, clock: Clock) -> Any:
        objects = self.objects(table)
        clock.start()
        for _ in range(TIMES):
            found = [list(objects.filter(level=level)) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return self.values((o for part in found for o in part), COLUMNS[table])

    def filter_small(self, table: str, n: int, clock: Clock) -> Any:
        objects, asked, found = self.objects(table), choices(n, SMALL), []
        clock.start()
        for level, offset in asked:
            found.append(list(objects.filter(level=level)[offset : offset + 20]))
        clock.stop(sum(map(len, found)))
        return self.values((o for part in found for o in part), COLUMNS[table])

    def get(self, table: str, n: int, clock: Clock) -> Any:
        objects, asked = self.objects(table), keys(n)
        clock.start()
        found = [objects.get(pk=key) for key in asked]
        clock.stop(n)
        return self.values(found, COLUMNS[table])

    def dicts(self, table: str, n: int, clock: Clock) -> Any:
        objects = self.objects(table)
        clock.start()
        for _ in range(TIMES):
            found = [list(objects.filter(level=level).values()) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [[row[name] for name in COLUMNS[table]] for part in found for row in part]

    def tuples(self, table: str, n: int, clock: Clock) -> Any:
        objects = self.objects(table)
        clock.start()
        for _ in range(TIMES):
            found = [list(objects.filter(level=level).values_list(*COLUMNS[table])) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [row for part in found for row in part]

    def update_whole(self, table: str, n: int, clock: Clock) -> None:
        found = list(self.objects(table).all())
        clock.start()
        with self.atomic():
            for o in found:
                o.level = 60 - o.level
                o.text = f"{o.text} Update"
                o.save()
        clock.stop(n)

    def update_partial(self, table: str, n: int, clock: Clock) -> None:
        found = list(self.objects(table).all())
        clock.start()
        with self.atomic():
            for o in found:
                o.level = 60 - o.level
                o.save(update_fields=["level"])
        clock.stop(n)

    def delete(self, table: str, n: int, clock: Clock) -> None:
        found = list(self.objects(table).all())
        clock.start()
        with self.atomic():
            for o in found:
                o.delete()
        clock.stop(n)
