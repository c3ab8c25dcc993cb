"""The clock of the benchmarks: the wall's, or with `--cpu` the processor time of the process, for a machine that others use too."""

from __future__ import annotations

import argparse
import os
import time

_read = time.perf_counter


def now() -> float:
    return _read()


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cpu", action="store_true", help="processor time instead of time: steadier beside other work, blind to the disk")


def choose(cpu: bool) -> str:
    """Takes the clock that was asked for; answers its name."""
    global _read
    _read = time.process_time if cpu else time.perf_counter
    if cpu:
        os.environ["BENCH_CPU"] = "1"  # for the C programs
    return "processor time" if cpu else "wall clock"


class Clock:
    """Handed to what is measured: only the part between `start` and `stop` counts."""

    def __init__(self) -> None:
        self.seconds, self.units = 0.0, 1

    def start(self) -> None:
        self._from = now()

    def stop(self, units: int) -> None:
        self.seconds, self.units = now() - self._from, units
