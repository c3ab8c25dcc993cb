"""`python -m benchmarks.python.plot RESULTS.json PICTURE.png`: what a run found, drawn. Peers: a dot for each contender on each operation, by time
per row. Everyday work: how many times faster than SQLAlchemy, with the goals as marks. Needs matplotlib (`.ci/setup bench`)."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Dict, List

from .report import load, mid, ratio

COLOURS = {
    "cormorant": "#d1495b", "sqlalchemy": "#00798c", "django": "#30638e", "peewee": "#edae49", "pony": "#8d6a9f", "tortoise": "#66a182", "oxyde": "#a0522d",
    "ferro": "#777777", "sqlite3": "#999999", "psycopg": "#999999", "asyncpg": "#bbbbbb", "c": "#222222",
}
TABLES = {"small": "small table", "related": "small table with relations", "large": "table of 36 columns"}


def _conditions(data: Dict[str, Any]) -> str:
    c = data["conditions"]
    return f"{c['python']}, SQLite {c['sqlite']}, {c['cpu']}, {c['date']}, medians of {c['rounds']} rounds, {c['clock']}"


def peers(data: Dict[str, Any], plt: Any) -> Any:
    groups: Dict[str, List[Dict[str, Any]]] = {}
    for result in data["results"]:
        groups.setdefault(result["group"], []).append(result)
    figure, axes = plt.subplots(1, len(groups), figsize=(5 * len(groups) + 2, 5.2), sharey=True, squeeze=False)
    for axis, (group, results) in zip(axes[0], groups.items()):
        for y, result in enumerate(results):
            axis.axhline(y, color="#eeeeee", zorder=0)
            for name, colour in COLOURS.items():
                value = mid(result, name)
                if value:
                    driver = name in ("c", "sqlite3", "psycopg", "asyncpg")
                    axis.plot(value * 1e6, y, "|" if driver else "o", color=colour, ms=13 if driver else 8 if name == "cormorant" else 6, mew=2.5 if driver else 0.5)
        axis.set_xscale("log")
        axis.set_title(TABLES.get(group, group))
        axis.set_xlabel("microseconds per row (further left is faster)")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_yticks(range(len(results)), [r["scenario"] for r in results])
    axes[0][0].set_ylim(len(results) - 0.5, -0.5)
    names = [name for name in COLOURS if any(name in r["figures"] for r in data["results"])]
    handles = [plt.Line2D([], [], marker="|" if n in ("c", "sqlite3", "psycopg", "asyncpg") else "o", ls="", color=COLOURS[n], ms=9, mew=2) for n in names]
    figure.legend(handles, [f"{n} (the limit)" if n == "c" else n for n in names], ncols=len(names), loc="lower center", frameon=False, bbox_to_anchor=(0.5, 0.03))
    figure.tight_layout(rect=(0, 0.1, 1, 1))
    return figure


def everyday(data: Dict[str, Any], plt: Any) -> Any:
    results = [r for r in data["results"] if ratio(r, "sqlalchemy") and r["group"] not in ("threads",)]
    figure, axis = plt.subplots(figsize=(10, 0.27 * len(results) + 1.6))
    for y, result in enumerate(results):
        axis.barh(y, ratio(result, "sqlalchemy"), color=COLOURS["cormorant"], height=0.7)
        axis.text(ratio(result, "sqlalchemy") * 1.03, y, f"{ratio(result, 'sqlalchemy'):.1f}x", va="center", fontsize=8)
        goal = result["goal"].get("sqlalchemy")
        if goal:
            axis.plot([goal, goal], [y - 0.42, y + 0.42], color="#222222", lw=1.6)
    axis.set_yticks(range(len(results)), [r["scenario"] for r in results], fontsize=8)
    axis.set_ylim(len(results) - 0.4, -0.6)
    axis.set_xscale("log")
    axis.axvline(1, color=COLOURS["sqlalchemy"], lw=1)
    axis.set_xlabel("times faster (or smaller) than SQLAlchemy 2.1.9; the mark is the goal")
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout(rect=(0, 0.02, 1, 1))
    return figure


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results")
    parser.add_argument("picture")
    options = parser.parse_args()
    try:
        import matplotlib
    except ImportError:
        print("cormorant: plots need matplotlib: .ci/setup bench", file=sys.stderr)
        return 1
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    data = load(options.results)
    draw = peers if any(r["scenario"].startswith("A ") for r in data["results"]) else everyday
    figure = draw(data, plt)
    figure.text(0.99, 0.005, _conditions(data), ha="right", fontsize=7, color="#666666")
    figure.savefig(options.picture, dpi=110)
    return 0


if __name__ == "__main__":
    sys.exit(main())
