"""The benchmarks run, their contenders agree, and what they write has the one schema."""

import os
import subprocess
import sys

import pytest

from benchmarks.python import report


@pytest.fixture(scope="module")
def programs(root, tmp_path_factory):
    """The folder of the limits in C, built here."""
    build = tmp_path_factory.mktemp("build")
    done = subprocess.run(["make", "--no-print-directory", f"BUILD={build}", "CI=1", "bench-c"], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return build / "bench"


def run(root, tmp_path, module, *flags, programs=None):
    path = tmp_path / "results.json"
    env = {**os.environ, "PYTHONPATH": f"{root / 'python'}", "BENCH_C": str(programs or tmp_path)}
    done = subprocess.run([sys.executable, "-m", module, *flags, "--json", str(path)], cwd=root, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return report.load(str(path)), done.stdout


def test_the_suite_of_the_peers(root, tmp_path, programs):
    flags = ("--rows", "25", "--rounds", "1", "--tables", "related", "--contenders", "cormorant,sqlalchemy,stdlib,ferro,asyncpg,climit")
    data, text = run(root, tmp_path, "benchmarks.python.peers", *flags, programs=programs)
    assert len(data["results"]) == 11
    for result in data["results"]:
        assert set(result["figures"]) == {"cormorant", "sqlalchemy", "sqlite3", "c"}
        for figure in result["figures"].values():
            assert 0 < figure["low"] <= figure["median"] <= figure["high"] and len(figure["rounds"]) == 1
    assert set(data["left_out"]) == {"ferro", "asyncpg"}
    assert "left out:     ferro" in text


def test_a_limit_that_is_not_built_is_left_out(root, tmp_path):
    data, text = run(root, tmp_path, "benchmarks.python.peers", "--rows", "5", "--rounds", "1", "--tables", "small", "--only", "H", "--contenders", "cormorant,climit")
    assert "not built: make bench-c" in data["left_out"]["climit"] and set(data["results"][0]["figures"]) == {"cormorant"}


def test_everyday_work(root, tmp_path, programs):
    data, text = run(root, tmp_path, "benchmarks.python", "--scale", "0.2", "--rounds", "1", "--only", "row tuples", programs=programs)
    (result,) = data["results"]
    assert set(result["figures"]) == {"cormorant", "sqlalchemy", "sqlite3", "c"} and result["goal"] == {"sqlalchemy": 6, "sqlite3": 0.6}
    assert "[6x]" in text and "[0.6x]" in text and data["conditions"]["n"].startswith("20,000")


def test_what_follows_from_two_scenarios():
    from benchmarks.python.everyday.derived import derived

    made = report.Report({})
    made.add("loading", "load 1,000", "entity", {"cormorant": [1.0, 2.0, 9.0], "sqlalchemy": [8.0]})
    made.add("loading", "load 1,000,000", "entity", {"cormorant": [3.0]})
    assert list(derived(made.results)) == ["cost of a row among 1,000,000, of that among 1,000: cormorant 1.50 [<= 1.2]"]


def test_what_differs_has_another_digest():
    """A digest tells one wrong value, and a table that holds one row too few."""
    from benchmarks.python.peers.tables import digest

    right = [[1, "2024-01-01 00:00:00.000000", 2.5], [2, None, 3]]
    assert digest(right) == digest([[2.0, None, 3], [1, "2024-01-01T00:00:00", 2.5]])
    assert digest(right) != digest([[1, "2024-01-01 00:00:01", 2.5], [2, None, 3]])
    assert digest(right) != digest(right[:1])
