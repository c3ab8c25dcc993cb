"""Where a contender works: an SQLite file or a database of a PostgreSQL server, made, filled and read back by a plain driver."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Any, Dict, Iterator, List
from urllib.parse import parse_qs, urlsplit

from .tables import COLUMNS, GROUPS, LARGE, digest, full_rows


def _schema(kinds: Dict[str, str], key: str) -> Iterator[str]:
    """The statements that make the tables, with these names of types."""
    first = f"id {key}, timestamp {kinds['datetime']} NOT NULL, level SMALLINT NOT NULL, text VARCHAR(255) NOT NULL"
    yield f"CREATE TABLE small ({first})"
    yield f"CREATE TABLE related ({first}, parent_id INTEGER REFERENCES related (id))"
    ends = "from_id INTEGER NOT NULL REFERENCES related (id), to_id INTEGER NOT NULL REFERENCES related (id)"
    yield f"CREATE TABLE knows (id {key}, {ends}, UNIQUE (from_id, to_id))"
    wide = ", ".join(f"{name} {kinds.get(kind, GROUPS[kind][0])}{'' if value is None else ' NOT NULL'}" for name, kind, value in LARGE)
    yield f"CREATE TABLE large ({first}, {wide})"
    yield "CREATE INDEX ix_related_parent ON related (parent_id)"
    yield "CREATE INDEX ix_knows_from ON knows (from_id)"
    yield "CREATE INDEX ix_knows_to ON knows (to_id)"
    for table in COLUMNS:
        yield f"CREATE INDEX ix_{table}_level ON {table} (level)"
        yield f"CREATE INDEX ix_{table}_text ON {table} (text)"


class Sqlite:
    """A file."""

    def __init__(self, folder: str, name: str) -> None:
        self.address = os.path.join(folder, f"{name}.db")
        self.db = sqlite3.connect(self.address)
        for sql in _schema({"datetime": "DATETIME"}, "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"):
            self.db.execute(sql)
        self.db.commit()

    @staticmethod
    def _stored(value: Any) -> Any:
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S.%f")
        return json.dumps(value) if isinstance(value, dict) else value

    def reset(self, table: str, n: int) -> None:
        """Leaves n rows with keys from 1 in the table, whatever was there."""
        self.db.execute("DELETE FROM knows")
        self.db.execute(f"DELETE FROM {table}")
        self.db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        rows = [[self._stored(value) for value in row] for row in full_rows(table, n)]
        self.db.executemany(f"INSERT INTO {table} ({', '.join(COLUMNS[table])}) VALUES ({', '.join('?' * len(COLUMNS[table]))})", rows)
        self.db.commit()

    def contents(self, table: str, names: List[str]) -> Dict[str, Any]:
        """The digest of a table."""
        return digest(self.db.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall())

    def close(self) -> None:
        self.db.close()


class Postgresql:
    """A database of its own on a server of the benchmark's own (tests/backends/server.py)."""

    def __init__(self, server: Any, name: str) -> None:
        import psycopg

        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        self.address = server.url(name)
        self.db = psycopg.connect(self.address, autocommit=True)
        for sql in _schema({"datetime": "TIMESTAMP", "float": "DOUBLE PRECISION", "json": "JSONB"}, "SERIAL PRIMARY KEY"):
            self.db.execute(sql)

    def reset(self, table: str, n: int) -> None:
        from psycopg.types.json import Json

        self.db.execute(f"TRUNCATE {table}, knows RESTART IDENTITY CASCADE")
        with self.db.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(COLUMNS[table])}) FROM STDIN") as copy:
            for row in full_rows(table, n):
                copy.write_row([Json(value) if isinstance(value, dict) else value for value in row])
        self.db.execute(f"ANALYZE {table}")

    def contents(self, table: str, names: List[str]) -> Dict[str, Any]:
        return digest(self.db.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall())

    def close(self) -> None:
        self.db.close()


def server_parts(address: str) -> Dict[str, Any]:
    """host, port, user and database of a PostgreSQL URL; empty for a file."""
    if "://" not in address:
        return {}
    url = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    return {"host": query["host"], "port": int(query["port"]), "user": url.username, "database": url.path.lstrip("/")}
