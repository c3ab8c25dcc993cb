"""Random SELECTs against the reference: equal rows and no more statements. ORACLE_SELECTS of them, each made from its number."""

import os

import pytest

from . import typed
from .selects import Drawer, Side

pytest.importorskip("sqlalchemy", minversion="2.1", reason="the reference is not installed: pip install sqlalchemy==2.1.9")
SELECTS = int(os.environ.get("ORACLE_SELECTS", "2000"))
FIRST = int(os.environ.get("ORACLE_SEED", "0"))

# Numbers that still fail, each with what is wrong with us. To be mended, not to grow.
OPEN: "dict[int, str]" = {}


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("selects")
    both = [Side(package, folder / f"{package}.db") for package in ("sqlalchemy", "cormorant")]
    yield both
    for side in both:
        side.close()


def test_selects(sides):
    reference, ours = sides
    failed = []
    for seed in range(FIRST, FIRST + SELECTS):
        if seed in OPEN:
            continue
        tree = Drawer(seed).statement()
        expected, found = reference.run(tree), ours.run(tree)
        if expected[:2] != found[:2] or found[2] > expected[2]:
            why = [f"{name}: {side.failure!r}" for name, side, r in (("reference", reference, expected), ("ours", ours, found)) if r[0] == "error"]
            failed.append(f"select {seed}: {tree}\n  reference {expected}\n  ours      {found}\n  {why}")
    assert not failed, f"{len(failed)} of {SELECTS}\n" + "\n".join(failed[:20])


def test_selects_of_all_types(tmp_path):
    reference, ours = (typed.Side(package, tmp_path / f"{package}.db") for package in ("sqlalchemy", "cormorant"))
    failed = []
    for seed in range(FIRST, FIRST + SELECTS // 4):
        tree = typed.draw(seed)
        expected, found = reference.run(tree), ours.run(tree)
        if expected != found:
            why = [f"{side.failure!r}" for side, r in ((reference, expected), (ours, found)) if r[0] == "error"]
            failed.append(f"select {seed}: {tree}\n  reference {expected}\n  ours      {found}\n  {why}")
    reference.close()
    ours.close()
    assert not failed, f"{len(failed)} of {SELECTS // 4}\n" + "\n".join(failed[:20])
