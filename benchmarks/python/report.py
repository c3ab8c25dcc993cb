"""Results of a run: one JSON schema for every benchmark, and the table that is printed.

    {"schema": 1, "conditions": {...}, "left_out": {contender: why}, "results": [
        {"group": ..., "scenario": ..., "unit": ..., "goal": {contender: ratio}, "absent": {contender: why},
         "figures": {contender: {"median": ..., "low": ..., "high": ..., "rounds": [...]}}}, ...]}

A figure is in seconds per unit, or in bytes where that is the unit. A goal names the contender it is measured against: against an ORM
how many times faster, against a driver ("sqlite3", "psycopg", ...) which share of its time.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from statistics import median
from typing import Any, Dict, List, Mapping, Optional

SCHEMA = 1
DRIVERS = ("sqlite3", "c", "psycopg", "asyncpg")  # a goal against these is a share of their time


def cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    except OSError:
        return platform.machine()


def conditions(**more: Any) -> Dict[str, Any]:
    """Where and how it ran; what only one benchmark knows (n, journal, ...) comes from outside."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "cpu": f"{os.cpu_count()} x {cpu()}",
        "load": round(os.getloadavg()[0], 2),
        "gc": "on, emptied between turns",
        **more,
    }


def figure(values: List[float]) -> Dict[str, Any]:
    return {"median": median(values), "low": min(values), "high": max(values), "rounds": values}


def told(seconds: Optional[float], unit: str = "") -> str:
    """A figure for people."""
    if seconds is None:
        return "-"
    if unit == "bytes":
        return f"{seconds:,.0f} B"
    for size, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= size:
            return f"{seconds / size:,.{1 if seconds / size < 100 else 0}f} {name}"
    return f"{seconds * 1e9:,.0f} ns"


class Report:
    """Collects results while they are printed; `save` writes them."""

    def __init__(self, conditions: Mapping[str, Any], left_out: Optional[Mapping[str, str]] = None) -> None:
        self.conditions, self.left_out = dict(conditions), dict(left_out or {})
        self.results: List[Dict[str, Any]] = []

    def head(self) -> None:
        for key, value in self.conditions.items():
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            print(f"{key + ':':<14}{shown}")
        for name, why in self.left_out.items():
            print(f"left out:     {name} ({why})")
        print(flush=True)

    def add(
        self, group: str, scenario: str, unit: str, times: Mapping[str, List[float]], goal: Optional[Mapping[str, float]] = None, absent: Optional[Mapping[str, str]] = None
    ) -> Dict[str, Any]:
        result = {
            "group": group, "scenario": scenario, "unit": unit, "goal": dict(goal or {}), "absent": dict(absent or {}),
            "figures": {name: figure(list(values)) for name, values in times.items()},
        }
        self.results.append(result)
        return result

    def save(self, path: Optional[str]) -> None:
        if not path:
            return
        self.conditions["load at the end"] = round(os.getloadavg()[0], 2)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"schema": SCHEMA, "conditions": self.conditions, "left_out": self.left_out, "results": self.results}, file, indent=1)
            file.write("\n")


def mid(result: Mapping[str, Any], name: str) -> Optional[float]:
    found = result["figures"].get(name)
    return found["median"] if found else None


def ratio(result: Mapping[str, Any], name: str) -> Optional[float]:
    """How many times cheaper Cormorant is than this contender (a driver: the share of its time)."""
    ours, theirs = mid(result, "cormorant"), mid(result, name)
    if not ours or not theirs:
        return None
    return ours / theirs if name in DRIVERS else theirs / ours


def against(result: Mapping[str, Any], name: str) -> str:
    """`24.3x [25x]`: the ratio and, in brackets, the goal."""
    value, goal = ratio(result, name), result["goal"].get(name)
    if value is None:
        return "-"
    wanted = f" [{goal:.3g}x]" if goal else ""
    return (f"{value:.2f}x" if name in DRIVERS else f"{value:.1f}x") + wanted


def load(path: str) -> Dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    if data.get("schema") != SCHEMA:
        raise SystemExit(f"{path} has schema {data.get('schema')}, not {SCHEMA}")
    return data
