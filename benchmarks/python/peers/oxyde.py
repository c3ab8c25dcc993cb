"""Oxyde: Pydantic models over a core in Rust. Its own default is WAL; here it has the journal that the others have."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Dict, Optional

import oxyde
from oxyde import Field, PoolSettings, db

from .awaiting import Awaiting
from .databases import server_parts
from .tables import LARGE

KINDS = {"float": float, "smallint": int, "int": int, "bigint": int, "char": str, "text": str, "json": Dict[str, Any]}


def models(exact: bool) -> dict:
    """exact: decimals as such. Those of a NUMERIC column of SQLite come back as None, so there they are floats."""
    kinds = {**KINDS, "decimal": Decimal if exact else float}

    def model(name: str, table: str, extra: Dict[str, tuple]) -> Any:
        columns = {
            "id": (Optional[int], Field(default=None, db_pk=True)),
            "timestamp": (datetime, Field(default_factory=datetime.now)),
            "level": (int, Field(db_index=True)),
            "text": (str, Field(db_index=True, max_length=255)),
            **extra,
        }
        meta = type("Meta", (), {"__module__": __name__, "__qualname__": f"{name}.Meta", "is_table": True, "table_name": table})
        space = {
            "__module__": __name__, "__qualname__": name, "Meta": meta, **{column: field for column, (_, field) in columns.items()},
            "__annotations__": {column: type_ for column, (type_, _) in columns.items()},
        }
        return type(oxyde.Model)(name, (oxyde.Model,), space)

    def column(kind: str, value: Any) -> tuple:
        if value is None:
            return Optional[kinds[kind]], Field(default=None)
        return kinds[kind], Field(default=float(value) if kinds[kind] is float else value)

    return {
        "small": model("Small", "small", {}),
        "related": model("Related", "related", {"parent_id": (Optional[int], Field(default=None))}),
        "large": model("Large", "large", {name: column(kind, value) for name, kind, value in LARGE}),
    }


class Peer(Awaiting):
    name, version = "oxyde", oxyde.__version__
    remarks = "asyncio; table 2 without its relations, decimals of SQLite as floats"

    async def connect(self, address: str) -> None:
        server = server_parts(address)
        url = f"postgresql://{server['user']}@localhost/{server['database']}?host={server['host']}" if server else f"sqlite:///{address}"
        settings = PoolSettings(sqlite_journal_mode="DELETE", sqlite_synchronous="FULL")
        self.models = models(bool(server))
        await db.init(default=url, settings=settings)
        self.atomic = db.transaction.atomic

    async def disconnect(self) -> None:
        await db.close()

    def manager(self, table: str) -> Any:
        return self.models[table].objects

    @staticmethod
    def fetch(query: Any) -> Any:
        return query.all()
