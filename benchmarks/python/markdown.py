"""`python -m benchmarks.python.markdown RESULTS.json`: a run as the tables of docs/performance.md."""

from __future__ import annotations

import sys
from typing import Any, Dict, List

from .everyday.derived import derived
from .peers.__main__ import fastest
from .report import against, load, mid, told


def _row(cells: List[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def everyday(data: Dict[str, Any]) -> None:
    print(_row(["scenario", "faster than SQLAlchemy", "of sqlite3's time", "here", "SQLAlchemy", "sqlite3", "C", "per"]))
    print("|---|---|---|---|---|---|---|---|")
    for r in data["results"]:
        figures = [told(mid(r, name), r["unit"]) if mid(r, name) else "" for name in ("cormorant", "sqlalchemy", "sqlite3", "c")]
        ratios = [against(r, name).replace("-", "") for name in ("sqlalchemy", "sqlite3")]
        print(_row([r["scenario"], *ratios, *figures, "" if r["unit"] == "bytes" else r["unit"]]))
    print()
    for text in derived(data["results"]):
        print(f"* {text}")


def peers(data: Dict[str, Any]) -> None:
    names = [name for name in data["conditions"]["versions"]]
    group = ""
    for r in data["results"]:
        if r["group"] != group:
            group = r["group"]
            print("\n" + _row([group, *names, "next ORM"]))
            print("|---" * (len(names) + 2) + "|")
        orms = [n for n in names if n not in ("sqlite3", "psycopg", "asyncpg", "c")]
        print(_row([r["scenario"], *(told(mid(r, n)) if mid(r, n) else "" for n in names), fastest(r, orms)]))


def main() -> int:
    data = load(sys.argv[1])
    (peers if any(r["scenario"].startswith("A ") for r in data["results"]) else everyday)(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
