"""Shared by all suites: the path of the checkout, and the check that a test leaves nothing behind."""

import gc
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# What every test gives back. Tables, mappers and plans stay with models and engines that a whole module shares.
TRANSIENT = ("session", "engine", "conn", "result", "inst", "state")
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.stash[FAILED] = report.failed or item.stash.get(FAILED, False)
    return report


def _alive(counters):
    return {name: counters()[name] for name in TRANSIENT}


@pytest.fixture
def nothing_leaks(request):
    """Fails a test after which more sessions, engines, connections, results or instances are alive than before."""
    from cormorant import _core

    before = _alive(_core.counters)
    yield
    if request.node.stash.get(FAILED, False):
        return  # the traceback keeps the frames, and they what they hold
    request.node.funcargs.clear()  # values of fixtures, which were torn down before this
    after = _alive(_core.counters)
    if any(after[name] > before[name] for name in TRANSIENT):
        gc.collect()
        after = _alive(_core.counters)
    leaked = {name: after[name] - before[name] for name in TRANSIENT if after[name] > before[name]}
    assert not leaked, f"still alive after the test: {leaked}"
