"""The three tables of the suite: small without relations, small with relations, large. Their rows, and their files read back."""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Dict, Iterable, List, Tuple

LEVELS = (10, 20, 30, 40, 50)
WORDS = ("Started", "Stopped", "Waiting for disk", "User logged in", "User logged out", "Mail sent", "Cache full", "Nothing to do")
START = datetime(2024, 1, 1, 12)
TEXT = "one line of text, and another, and one more, to be kept"
DOCUMENT = {"a": 1, "b": ["c", 2.5], "d": {"e": None, "f": True}}

# kind: (declaration, value of columns 1 and 3, which have a default; 2 and 4 may be NULL and are)
GROUPS: Dict[str, Tuple[str, Any]] = {
    "float": ("FLOAT", 2.5),
    "smallint": ("SMALLINT", 2),
    "int": ("INTEGER", 2_000_000),
    "bigint": ("BIGINT", 99_999_999),
    "char": ("VARCHAR(255)", "value"),
    "text": ("TEXT", TEXT),
    "decimal": ("NUMERIC(12, 8)", Decimal("2.25")),
    "json": ("JSON", DOCUMENT),
}
LARGE = [(f"col_{kind}{i}", kind, value if i % 2 else None) for i in (1, 2, 3, 4) for kind, (_, value) in GROUPS.items()]

FIRST = ["id", "timestamp", "level", "text"]
COLUMNS: Dict[str, List[str]] = {
    "small": FIRST,
    "related": [*FIRST, "parent_id"],
    "large": [*FIRST, *(name for name, _, _ in LARGE)],
}


def create(db: sqlite3.Connection) -> None:
    first = "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, timestamp DATETIME NOT NULL, level SMALLINT NOT NULL, text VARCHAR(255) NOT NULL"
    db.execute(f"CREATE TABLE small ({first})")
    db.execute(f"CREATE TABLE related ({first}, parent_id INTEGER REFERENCES related (id))")
    db.execute(
        "CREATE TABLE knows (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, from_id INTEGER NOT NULL REFERENCES related (id), "
        "to_id INTEGER NOT NULL REFERENCES related (id), UNIQUE (from_id, to_id))"
    )
    wide = ", ".join(f"{name} {GROUPS[kind][0]}{'' if value is None else ' NOT NULL'}" for name, kind, value in LARGE)
    db.execute(f"CREATE TABLE large ({first}, {wide})")
    db.execute("CREATE INDEX ix_related_parent ON related (parent_id)")
    db.execute("CREATE INDEX ix_knows_from ON knows (from_id)")
    db.execute("CREATE INDEX ix_knows_to ON knows (to_id)")
    for table in COLUMNS:
        db.execute(f"CREATE INDEX ix_{table}_level ON {table} (level)")
        db.execute(f"CREATE INDEX ix_{table}_text ON {table} (text)")
    db.commit()


def new_rows(n: int) -> List[Dict[str, Any]]:
    """What an insert is given; the other columns have defaults."""
    return [{"level": LEVELS[i * 7 % 5], "text": f"{WORDS[i % 8]} {i}"} for i in range(n)]


def _stored(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return json.dumps(value) if isinstance(value, dict) else value


def reset(db: sqlite3.Connection, table: str, n: int) -> None:
    """Leaves n rows with keys from 1 in the table, whatever was there."""
    db.execute("DELETE FROM knows")
    db.execute(f"DELETE FROM {table}")
    db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    rest = [_stored(value) for _, _, value in LARGE] if table == "large" else [None] * (table == "related")
    rows = [
        (i, (START + timedelta(seconds=i)).strftime("%Y-%m-%d %H:%M:%S.%f"), row["level"], row["text"], *rest) for i, row in enumerate(new_rows(n), 1)
    ]
    marks = ", ".join("?" * len(COLUMNS[table]))
    db.executemany(f"INSERT INTO {table} ({', '.join(COLUMNS[table])}) VALUES ({marks})", rows)
    db.commit()


def plain(value: Any) -> Any:
    """A value as every contender means it: one form for dates, numbers and documents, whatever they are stored or loaded as."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        return f"{float(value):.8f}"
    if isinstance(value, (datetime, date)):
        return value.isoformat(sep=" ")[:19]
    if isinstance(value, str):
        if value[:1] in "{[":
            return plain(json.loads(value))
        if len(value) >= 19 and value[4:5] == "-" and value[10:11] in " T" and value[13:14] == ":":
            return value.replace("T", " ")[:19]
        return value
    if isinstance(value, dict):
        return sorted((k, plain(v)) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    raise TypeError(f"{value!r} came out of a contender")


def digest(rows: Iterable[Iterable[Any]]) -> Dict[str, Any]:
    """What stands for these rows in a comparison: how many, the first in words, and a hash of all in the order of their keys."""
    seen = sorted([plain(v) for v in row] for row in rows) if not isinstance(rows, str) else []
    return {"rows": len(seen), "first": repr(seen[:1])[:400], "hash": hashlib.sha256(repr(seen).encode()).hexdigest()}


def contents(db: sqlite3.Connection, table: str, without: str = "") -> Dict[str, Any]:
    """The digest of a table, read by a plain driver."""
    names = [name for name in COLUMNS[table] if name != without]
    return digest(db.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall())


def choices(n: int, times: int) -> List[Tuple[int, int]]:
    """(level, offset) of small queries, the same for everybody."""
    dice = random.Random(5)
    return [(dice.choice(LEVELS), dice.randrange(max(1, n // 5 - 20))) for _ in range(times)]


def keys(n: int) -> List[int]:
    found = list(range(1, n + 1))
    random.Random(7).shuffle(found)
    return found
