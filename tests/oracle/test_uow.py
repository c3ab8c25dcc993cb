"""The unit of work against the reference: ORACLE_MACHINES random programs, each made from the number in its failure."""

import os

import pytest

from . import differences
from .judge import judge, shrink, unsteady
from .machine import draw

pytest.importorskip("sqlalchemy", minversion="2.1")
MACHINES = int(os.environ.get("ORACLE_MACHINES", "200"))
FIRST = int(os.environ.get("ORACLE_SEED", "0"))
CHUNK = 20


@pytest.mark.parametrize("first", range(FIRST, FIRST + MACHINES, CHUNK))
def test_machines(first: int) -> None:
    for seed in range(first, min(first + CHUNK, FIRST + MACHINES)):
        if seed in differences.OPEN:
            continue
        verdict = judge(draw(seed))
        if not verdict.agreed and not unsteady(verdict.machine):
            pytest.fail(f"{shrink(verdict)}\nreplay with: python -m tests.oracle.replay {seed}", pytrace=False)
