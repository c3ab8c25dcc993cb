"""`python -m benchmarks.python [--scale X] [--rounds N] [--json FILE]`: the ratios."""

from __future__ import annotations

import argparse
import json
import platform
import sqlite3
import sys

from .clock import add_option, choose
from .contenders import Orm
from .json_answers import JSON_SCENARIOS
from .scenarios import SCENARIOS, Bench, summary


def contenders() -> list:
    found = [Orm("cormorant")]
    try:
        found.append(Orm("sqlalchemy"))
    except ImportError as error:
        print(f"left out: sqlalchemy ({error})")
    return found


def compiled_parts() -> str:
    try:
        from sqlalchemy.util import has_compiled_ext

        return "compiled parts" if has_compiled_ext() else "pure Python"
    except ImportError:
        return "unknown build"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0: 100,000 rows")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    add_option(parser)
    options = parser.parse_args()
    clock = choose(options)
    orms = contenders()
    versions = {orm.name: orm.version for orm in orms}
    bench = Bench(orms, options.scale)
    print(f"CPython {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {', '.join(f'{k} {v}' for k, v in versions.items())} ({compiled_parts()})")
    print(f"n = {bench.n:,} rows of 5 columns, GC on, rollback journal, {clock}, medians of {options.rounds} interleaved rounds; goals in brackets\n")
    print(f"{'scenario':<22}{'x SQLAlchemy':>22}{'of sqlite3':>22}{'cormorant':>14}{'sqlalchemy':>14}{'sqlite3':>12}")
    results = []
    try:
        for name, unit, scenario, must_sa, must_raw in SCENARIOS + JSON_SCENARIOS:
            times = scenario(bench, options.rounds)
            mid = {contender: summary(values) for contender, values in times.items()}
            ours, sa, raw = mid["cormorant"], mid.get("sqlalchemy"), mid.get("sqlite3")
            results.append({"scenario": name, "unit": unit, "median": mid, "all": times})
            against_sa = f"{sa / ours:.1f}x [{must_sa:.3g}x]" if sa else "-"
            against_raw = f"{ours / raw:.2f}x [{must_raw}x]" if raw and must_raw else "-"
            scale, suffix = (1, " B") if name == "memory" else (1e9, " ns")

            def shown(value):
                return "-" if value is None else f"{value * scale:,.0f}{suffix}"

            print(f"{name:<22}{against_sa:>22}{against_raw:>22}{shown(ours):>14}{shown(sa):>14}{shown(raw):>12}", flush=True)
    finally:
        bench.close()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"versions": versions, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "n": bench.n, "results": results}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
