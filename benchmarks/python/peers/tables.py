"""The three tables of the suite: small without relations, small with relations, large. Their columns and rows, and how rows are compared."""

from __future__ import annotations

import hashlib
import json
import random
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


def new_rows(n: int) -> List[Dict[str, Any]]:
    """What an insert is given; the other columns have defaults."""
    return [{"level": LEVELS[i * 7 % 5], "text": f"{WORDS[i % 8]} {i}"} for i in range(n)]


def full_rows(table: str, n: int) -> List[tuple]:
    """n rows with keys from 1, every column of the table."""
    rest = [value for _, _, value in LARGE] if table == "large" else [None] * (table == "related")
    return [(i, START + timedelta(seconds=i), row["level"], row["text"], *rest) for i, row in enumerate(new_rows(n), 1)]


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


def choices(n: int, times: int) -> List[Tuple[int, int]]:
    """(level, offset) of small queries, the same for everybody."""
    dice = random.Random(5)
    return [(dice.choice(LEVELS), dice.randrange(max(1, n // 5 - 20))) for _ in range(times)]


def keys(n: int) -> List[int]:
    found = list(range(1, n + 1))
    random.Random(7).shuffle(found)
    return found
