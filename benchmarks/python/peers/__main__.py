"""`python -m benchmarks.python.peers [--rows N] [--rounds N] [--only LETTERS] [--tables NAMES] [--contenders NAMES] [--json FILE]`"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Optional

from ..clock import add_option
from ..report import Report, conditions, mid, told
from .contender import OPERATIONS, Operation
from .tables import COLUMNS, contents, create, reset

CONTENDERS = ("cormorant", "sqlalchemy", "django", "peewee", "pony", "tortoise", "oxyde", "ferro", "stdlib", "climit")


class Worker:
    """A contender's process and the file that it works on."""

    def __init__(self, module: str, folder: str, cpu: bool) -> None:
        path = os.path.join(folder, f"{module}.db")
        self.db = sqlite3.connect(path)
        create(self.db)
        self.module = module
        command = [sys.executable, "-m", "benchmarks.python.peers.worker", module, path, *(["cpu"] if cpu else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = self.hear()

    def hear(self) -> Dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the process of {self.module} died")
        return json.loads(line)

    def do(self, operation: Operation, table: str, n: int) -> Dict[str, Any]:
        """One operation on a fresh table. What it found or, after a write, what the table holds, is in `found`."""
        reset(self.db, table, 0 if operation.empty else n)
        self.process.stdin.write(json.dumps({"operation": operation.letter, "table": table, "n": n}) + "\n")
        self.process.stdin.flush()
        answer = self.hear()
        if "absent" not in answer and operation.writes:
            answer["found"] = contents(self.db, table, "timestamp" if operation.empty else "")
        return answer

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)
        self.db.close()


def start(names: List[str], folder: str, cpu: bool, left_out: Dict[str, str]) -> Dict[str, Worker]:
    workers = {}
    for module in names:
        worker = Worker(module, folder, cpu)
        if "left_out" in worker.about:
            left_out[module] = worker.about["left_out"]
            worker.end()
        else:
            workers[worker.about["name"]] = worker
    return workers


def measure(report: Report, workers: Dict[str, Worker], operation: Operation, table: str, n: int, rounds: int) -> Optional[Dict[str, Any]]:
    """All contenders in turns; the first round warms up and is compared."""
    names, times, absent = list(workers), {}, {}
    agreed: Dict[str, Any] = {}
    for number in range(rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            if name in absent:
                continue
            answer = workers[name].do(operation, table, n)
            if "absent" in answer:
                absent[name] = answer["absent"]
                continue
            if agreed and answer["found"] != agreed["found"]:
                raise SystemExit(f"{operation.letter} on {table}: {name} differs from {agreed['name']}:\n{answer['found']}\n{agreed['found']}")
            agreed = agreed or {"name": name, "found": answer["found"]}
            if number:
                times.setdefault(name, []).append(answer["seconds"] / answer["units"])
    return report.add(table, f"{operation.letter} {operation.what}", operation.unit, times, absent=absent)


def fastest(result: Dict[str, Any], orms: List[str]) -> str:
    """The best of the other ORMs and how many times slower than Cormorant it is."""
    ours = mid(result, "cormorant")
    peers = {name: mid(result, name) for name in orms if name != "cormorant" and mid(result, name)}
    if not ours or not peers:
        return "-"
    best = min(peers, key=lambda name: peers[name])
    return f"{peers[best] / ours:.1f}x ({best})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="ABCDEFGHIJK")
    parser.add_argument("--tables", default=",".join(COLUMNS))
    parser.add_argument("--contenders", default=",".join(CONTENDERS))
    parser.add_argument("--json")
    add_option(parser)
    options = parser.parse_args()
    left_out: Dict[str, str] = {}
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        workers = start(options.contenders.split(","), folder, options.cpu, left_out)
        try:
            versions = {name: worker.about["version"] + (f" ({worker.about['remarks']})" if worker.about["remarks"] else "") for name, worker in workers.items()}
            report = Report(
                conditions(
                    n=f"{options.rows:,} rows; levels, texts and keys are the same for all",
                    file=f"of its own for each contender, in {memory or 'a temporary folder'}, rollback journal, synchronous=full",
                    processes="one for each contender, in turns",
                    clock="processor time" if options.cpu else "wall clock", rounds=options.rounds, versions=versions,
                ),
                left_out,
            )
            report.head()
            orms = [name for name in workers if name not in ("sqlite3", "c")]
            for table in options.tables.split(","):
                print(f"{table:<42}{''.join(f'{name:>12}' for name in workers)}{'next ORM':>22}")
                for operation in OPERATIONS:
                    if operation.letter not in options.only:
                        continue
                    result = measure(report, workers, operation, table, options.rows, options.rounds)
                    line = "".join(f"{told(mid(result, name)):>12}" for name in workers)
                    print(f"{result['scenario']:<42}{line}{fastest(result, orms):>22}", flush=True)
                print()
        finally:
            for worker in workers.values():
                worker.end()
    report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
