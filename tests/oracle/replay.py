"""Replays one machine: `python -m tests.oracle.replay SEED [--against PACKAGE] [--whole]`; `--scan FROM TO` lists failing seeds."""

from __future__ import annotations

import argparse
import sys
import traceback

from .judge import OURS, REFERENCE, describe, judge, shrink, unsteady
from .seeds import draw


def scan(first: int, last: int, packages: "tuple[str, str]") -> int:
    failed = 0
    for seed in range(first, last):
        try:
            verdict = judge(draw(seed), packages)
        except Exception as e:
            failed += 1
            where = traceback.extract_tb(e.__traceback__)[-1]
            print(f"seed {seed}: harness: {type(e).__name__}: {str(e)[:200]} ({where.name}:{where.lineno})", flush=True)
            continue
        if not verdict.agreed and not unsteady(verdict.machine):
            failed += 1
            print(f"seed {seed}: {verdict.op}: {verdict.lines[0][:200]}", flush=True)
    print(f"{failed} of {last - first} machines failed")
    return int(failed > 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.replay")
    parser.add_argument("seed", type=int, nargs="?")
    parser.add_argument("--against", default=OURS)
    parser.add_argument("--whole", action="store_true", help="do not shrink")
    parser.add_argument("--show", action="store_true", help="print the machine, run nothing")
    parser.add_argument("--scan", type=int, nargs=2, metavar=("FROM", "TO"))
    options = parser.parse_args()
    packages = (REFERENCE, options.against)
    if options.scan:
        return scan(*options.scan, packages)
    machine = draw(options.seed)
    if options.show:
        print("\n".join(describe(machine)))
        return 0
    verdict = judge(machine, packages)
    if not verdict.agreed and not options.whole:
        verdict = shrink(verdict, packages)
    print(verdict)
    return int(not verdict.agreed)


if __name__ == "__main__":
    sys.exit(main())
