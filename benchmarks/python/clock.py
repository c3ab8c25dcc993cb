"""The clock of the benchmarks: the wall's, or with `--cpu` the processor time of this process, for a machine that others use too."""

from __future__ import annotations

import argparse
import time

_read = time.perf_counter


def now() -> float:
    return _read()


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cpu", action="store_true", help="processor time instead of time: steadier beside other work, blind to the disk")


def choose(options: argparse.Namespace) -> str:
    """Takes the clock that was asked for; answers its name."""
    global _read
    _read = time.process_time if options.cpu else time.perf_counter
    return "processor time" if options.cpu else "time"
