"""Every count of benchmarks/budgets.json on SQLite: statements, allocations of the core and of Python, calls of the host, Python functions.

A budget only falls. One that must rise gives its reason in its `because`; one that could fall is printed, and lowered by the program
that `work.py` is.
"""

import json
import os
import subprocess
import sys

import pytest

from .work import BUDGETS, NOISY, WORK, line, lowered, room

ALL = json.loads(BUDGETS.read_text())["sqlite"]


@pytest.fixture(scope="module")
def measured(root):
    """Counted in a process of its own, for counting begins with the import."""
    env = {**os.environ, "CORMORANT_COUNT": "1", "PYTHONHASHSEED": "0", "PYTHONPATH": str(root / "python")}
    done = subprocess.run([sys.executable, "-m", "tests.budgets.work"], cwd=root, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def over(budget, counts):
    """What is above its budget, in words."""
    return [
        f"{kind}, {part}: {value} where {budget[part][kind]} are allowed" for part in ("fixed", "per row") for kind, value in counts[part].items() if value > budget[part][kind]
    ]


@pytest.mark.parametrize("name", [one.name for one in WORK])
def test_budget(name, measured, capsys):
    counts, budget = measured[name], ALL[name]
    assert not over(budget, counts), f"{name} costs more than benchmarks/budgets.json allows; find out why, or raise it there and say why beside it"
    could = [f"{kind}, {part}" for part in ("fixed", "per row") for kind, v in counts[part].items() if (room(kind, v) if part == "fixed" else v) < budget[part][kind]]
    if could:
        with capsys.disabled():
            print(f"  budget of {name} may fall: {'; '.join(could)}")


def test_every_budget_is_measured_and_says_what_it_is():
    assert set(ALL) == {one.name for one in WORK}
    assert all(budget["because"] for budget in ALL.values())


def test_a_row_costs_its_values_and_its_entity(measured):
    """What the figures rest on, whatever the file says."""
    row = measured["load entities"]["per row"]
    assert row["python allocations"] == row["python blocks kept"] == 6 and row["core allocations"] == 0 and row["python calls"] == 0
    for name, counts in measured.items():
        assert counts["per row"]["python calls"] == 0, f"{name} runs Python for each row"
    for name in ("insert flush and commit", "update flush and commit", "delete flush and commit", "load entities", "row tuples", "scalars"):
        assert measured[name]["per row"]["core allocations"] == measured[name]["per row"]["statements"] == 0, name
    for name in ("attribute get", "attribute set", "get of a loaded key"):
        assert set(measured[name]["per row"].values()) == {0}, name


def test_budgets_fall_and_never_rise():
    small, large = {"statements": 1, "core allocations": 30, NOISY[0]: 510}, {"statements": 1, "core allocations": 30, NOISY[0]: 3510}
    found = {"x": line(small, large, 500, 1500)}
    assert found == {"x": {"fixed": {"statements": 1, "core allocations": 30}, "per row": {"statements": 0, "core allocations": 0, NOISY[0]: 3}}}
    budgets = lowered({}, found)
    assert budgets["x"]["fixed"] == {"statements": 1, "core allocations": 35} and not over(budgets["x"], found["x"])
    dearer = {"x": {"fixed": {"statements": 2, "core allocations": 30}, "per row": {"statements": 0, "core allocations": 1, NOISY[0]: 2}}}
    assert over(budgets["x"], dearer["x"]) == ["statements, fixed: 2 where 1 are allowed", "core allocations, per row: 1 where 0 are allowed"]
    assert lowered(budgets, dearer)["x"]["per row"] == {"statements": 0, "core allocations": 0, NOISY[0]: 2}
