"""The unit of work against the reference: ORACLE_MACHINES random programs, a tenth as many over classes that inherit, over
wide models and of several steps; each is made from the number in its failure."""

import os

import pytest

from . import differences
from .judge import judge, shrink, unsteady
from .seeds import budget, draw

pytest.importorskip("sqlalchemy", minversion="2.1", reason="the reference is not installed: pip install sqlalchemy==2.1.9")
MACHINES = int(os.environ.get("ORACLE_MACHINES", "1000"))
FIRST = int(os.environ.get("ORACLE_SEED", "0"))
CHUNK = 20


def chunks(seeds: range) -> "list[range]":
    return [seeds[n : n + CHUNK] for n in range(0, len(seeds), CHUNK)]


@pytest.mark.parametrize("seeds", [part for seeds in budget(FIRST, MACHINES, MACHINES // 10) for part in chunks(seeds)], ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_machines(seeds: range) -> None:
    for seed in seeds:
        if seed in differences.OPEN:
            continue
        verdict = judge(draw(seed))
        if not verdict.agreed and not unsteady(verdict.machine):
            pytest.fail(f"{shrink(verdict)}\nreplay with: python -m tests.oracle.replay {seed}", pytrace=False)
