"""Tortoise, on aiosqlite. Its own default is WAL; here it has the journal that the others have."""

from __future__ import annotations

import sys
from datetime import datetime
from types import ModuleType
from typing import Any

import tortoise
from tortoise import fields as f
from tortoise.transactions import in_transaction

from .awaiting import Awaiting
from .databases import server_parts
from .tables import LARGE

MODULE = "benchmarks.python.peers.tortoise_models"


def models() -> dict:
    kinds = {
        "float": f.FloatField, "smallint": f.SmallIntField, "int": f.IntField, "bigint": f.BigIntField,
        "char": lambda **k: f.CharField(max_length=255, **k), "text": f.TextField,
        "decimal": lambda **k: f.DecimalField(max_digits=12, decimal_places=8, **k), "json": f.JSONField,
    }

    def first(table: str) -> dict:
        return {
            "Meta": type("Meta", (), {"table": table}), "id": f.IntField(primary_key=True), "timestamp": f.DatetimeField(default=datetime.now),
            "level": f.SmallIntField(db_index=True), "text": f.CharField(max_length=255, db_index=True),
        }

    def default(value: Any) -> dict:
        return {"null": True} if value is None else {"default": (lambda: value) if isinstance(value, dict) else value}

    small = type("Small", (tortoise.Model,), first("small"))
    related = type("Related", (tortoise.Model,), {
        **first("related"), "parent": f.ForeignKeyField("peers.Related", related_name="children", null=True),
        "knows": f.ManyToManyField("peers.Related", through="knows", forward_key="to_id", backward_key="from_id", related_name="known_by"),
    })
    large = type("Large", (tortoise.Model,), {**first("large"), **{name: kinds[kind](**default(value)) for name, kind, value in LARGE}})
    return {"small": small, "related": related, "large": large}


class Peer(Awaiting):
    name, version = "tortoise", tortoise.__version__

    async def connect(self, address: str) -> None:
        self.models = models()
        module = sys.modules[MODULE] = ModuleType(MODULE)  # Tortoise finds models by the name of their module
        for model in self.models.values():
            model.__module__ = MODULE
            setattr(module, model.__name__, model)
        server = server_parts(address)
        if server:
            connection = {"engine": "tortoise.backends.asyncpg", "credentials": {**server, "password": ""}}
        else:
            connection = {"engine": "tortoise.backends.sqlite", "credentials": {"file_path": address, "journal_mode": "DELETE"}}
        apps = {"peers": {"models": [MODULE], "default_connection": "default"}}
        await tortoise.Tortoise.init({"connections": {"default": connection}, "apps": apps, "use_tz": False})
        self.atomic = in_transaction

    async def disconnect(self) -> None:
        await tortoise.Tortoise.close_connections()

    def manager(self, table: str) -> Any:
        return self.models[table]
