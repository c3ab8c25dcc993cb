"""What follows from two scenarios of one contender: whether the cost of a row stays flat, whether keys matter, whether threads help."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple

from ..report import mid


class Comparison(NamedTuple):
    text: str
    upper: str  # the scenario above the line
    lower: str
    goal: str


COMPARISONS = [
    Comparison("cost of a row among 1,000,000, of that among 1,000", "load 1,000,000", "load 1,000", "<= 1.2"),
    Comparison("keys in steps of 2^12, of dense ones", "load 20,000, keys in steps of 2^12", "load 20,000, dense keys", "<= 1.2"),
    Comparison("keys in steps of 2^22, of dense ones", "load 20,000, keys in steps of 2^22", "load 20,000, dense keys", "<= 1.2"),
    Comparison("rows per second of 2 threads, of one thread's", "load in 1 thread, per row of all", "load in 2 threads, per row of all", ">= 0.8"),
    Comparison("rows per second of 4 threads, of one thread's", "load in 1 thread, per row of all", "load in 4 threads, per row of all", ""),
]


def derived(results: List[Dict[str, Any]]) -> Iterator[str]:
    """A line for each comparison whose scenarios ran."""
    found = {result["scenario"]: result for result in results}
    for c in COMPARISONS:
        if c.upper in found and c.lower in found:
            figures = ((name, mid(found[c.upper], name), mid(found[c.lower], name)) for name in found[c.upper]["figures"])
            shares = ", ".join(f"{name} {upper / lower:.2f}" for name, upper, lower in figures if upper and lower)
            yield f"{c.text}: {shares}" + (f" [{c.goal}]" if c.goal else "")
