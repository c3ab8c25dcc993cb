"""`python -m benchmarks.python [--all] [--scale X] [--rounds N] [--only TEXT] [--cpu] [--json FILE]`: everyday work against SQLAlchemy, the
sqlite3 module and plain C; the headlines, or with --all every scenario. Contenders take turns in one process; ratios first."""

from __future__ import annotations

import argparse
import sys
import tempfile
from typing import Any, Dict, List

from .clock import add_option, choose
from .everyday import SCENARIOS, Bench
from .everyday.derived import derived
from .report import Report, against, conditions, mid, told
from .world import STRIDED, World


def contenders(left_out: Dict[str, str]) -> List[World]:
    found = []
    for package in ("cormorant", "sqlalchemy"):
        try:
            found.append(World(package))
        except ImportError as error:
            left_out[package] = str(error)
    return found


def versions(worlds: List[World]) -> Dict[str, str]:
    told_of = {w.name: w.version for w in worlds}
    if "sqlalchemy" in told_of:
        from sqlalchemy.util import has_compiled_ext

        told_of["sqlalchemy"] += " (compiled parts)" if has_compiled_ext() else " (pure Python)"
    return told_of


def line(result: Dict[str, Any]) -> str:
    figures = "".join(f"{told(mid(result, name), result['unit']):>12}" for name in ("cormorant", "sqlalchemy", "sqlite3", "c"))
    unit = result["unit"] if result["unit"] == "bytes" else f"per {result['unit']}"
    return f"{result['scenario']:<47}{against(result, 'sqlalchemy'):>15}{against(result, 'sqlite3'):>15}{figures}  {unit}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every scenario, not the headlines alone")
    parser.add_argument("--scale", type=float, default=1.0, help="1.0: 100,000 items, 20,000 of 32 columns")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="scenarios whose group or name has this in it")
    parser.add_argument("--json", help="where to write the results")
    add_option(parser)
    options = parser.parse_args()
    left_out: Dict[str, str] = {}
    clock, worlds = choose(options.cpu), contenders(left_out)
    n = max(STRIDED, int(100_000 * options.scale))
    report = Report(
        conditions(
            n=f"{n:,} items of 5 columns", journal="rollback (delete), synchronous=full", transactions="autocommit unless a scenario says otherwise",
            clock=clock, rounds=options.rounds, versions=versions(worlds),
        ),
        left_out,
    )
    report.head()
    print(f"{'goals in brackets':<47}{'x sqlalchemy':>15}{'of sqlite3':>15}{'cormorant':>12}{'sqlalchemy':>12}{'sqlite3':>12}{'c':>12}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(worlds, folder, n)
        group = ""
        for s in SCENARIOS:
            if not (s.headline or options.all or options.only) or options.only not in f"{s.group} {s.name}":
                continue
            if s.group != group:
                group = s.group
                print(group)
            print("  " + line(report.add(s.group, s.name, s.unit, bench.turns(s, options.rounds), s.goal)), flush=True)
        bench.close()
    for text in derived(report.results):
        print(text)
    report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
