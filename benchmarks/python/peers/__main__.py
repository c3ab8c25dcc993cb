"""`python -m benchmarks.python.peers [--database postgresql] [--rows N] [--rounds N] [--only LETTERS] [--tables NAMES] [--contenders NAMES] [--json FILE]`"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from typing import Any, Callable, Dict, Iterator, List, Optional

from ..clock import add_option, choose
from ..report import DRIVERS as NOT_ORMS
from ..report import Report, conditions, mid, told
from .contender import OPERATIONS, Operation
from .databases import Postgresql, Sqlite
from .tables import COLUMNS

JUDGES = {"cormorant", "sqlalchemy", "sqlite3", "psycopg", "asyncpg", "c"}  # must agree; another that does not is left out of the operation
ORMS = ("cormorant", "sqlalchemy", "django", "peewee", "pony", "tortoise", "oxyde", "ferro")
DRIVERS = {"sqlite": ("stdlib", "climit"), "postgresql": ("psycopg", "asyncpg", "climit")}


class Worker:
    """A contender's process and the database that it works on."""

    def __init__(self, module: str, database: Any, cpu: bool) -> None:
        self.module, self.database = module, database
        command = [sys.executable, "-m", "benchmarks.python.peers.worker", module, database.address, *(["cpu"] if cpu else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = self.hear()

    def hear(self) -> Dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the process of {self.module} died")
        return json.loads(line)

    def do(self, operation: Operation, table: str, n: int) -> Dict[str, Any]:
        """One operation on a fresh table. What it found or, after a write, what the table holds, is in `found`."""
        self.database.reset(table, 0 if operation.empty else n)
        self.process.stdin.write(json.dumps({"operation": operation.letter, "table": table, "n": n}) + "\n")
        self.process.stdin.flush()
        answer = self.hear()
        if "absent" not in answer and operation.writes:
            names = [name for name in COLUMNS[table] if not (operation.empty and name == "timestamp")]
            answer["found"] = self.database.contents(table, names)
        return answer

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)
        self.database.close()


def start(names: List[str], database: Callable[[str], Any], cpu: bool, left_out: Dict[str, str]) -> Dict[str, Worker]:
    workers = {}
    for module in names:
        worker = Worker(module, database(module), cpu)
        if "left_out" in worker.about:
            left_out[module] = worker.about["left_out"]
            worker.end()
        else:
            workers[worker.about["name"]] = worker
    if "cormorant" in left_out:
        raise SystemExit(f"cormorant cannot take part: {left_out['cormorant']}")
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
                if name == "cormorant":
                    raise SystemExit(f"{operation.letter} on {table}: cormorant {answer['absent']}")
                absent[name] = answer["absent"]
                continue
            agreed = agreed or {"name": name, "found": answer["found"]}
            if answer["found"] != agreed["found"]:
                if {name, agreed["name"]} & JUDGES == {name, agreed["name"]}:
                    raise SystemExit(f"{operation.letter} on {table}: {name} differs from {agreed['name']}:\n{answer['found']}\n{agreed['found']}")
                absent[name] = f"found {answer['found']['first'][:100]}... where {agreed['name']} found {agreed['found']['first'][:100]}..."
                continue
            if number:
                times.setdefault(name, []).append(answer["seconds"] / answer["units"])
    for name in absent:
        times.pop(name, None)
    return report.add(table, f"{operation.letter} {operation.what}", operation.unit, times, absent=absent)


def fastest(result: Dict[str, Any], orms: List[str]) -> str:
    """The best of the other ORMs and how many times slower than Cormorant it is."""
    ours = mid(result, "cormorant")
    peers = {name: mid(result, name) for name in orms if name != "cormorant" and mid(result, name)}
    if not ours or not peers:
        return "-"
    best = min(peers, key=lambda name: peers[name])
    return f"{peers[best] / ours:.1f}x ({best})"


@contextlib.contextmanager
def databases(kind: str) -> Iterator[Any]:
    """(what makes a contender's database, where they are in words); a server is started and removed."""
    if kind == "postgresql":
        from tests.backends.server import PostgreSQL

        if PostgreSQL.binaries() is None:
            raise SystemExit(f"cormorant: {PostgreSQL.install}")
        server = PostgreSQL().start()
        try:
            yield lambda name: Postgresql(server, name), "PostgreSQL by a unix socket, a database for each contender, fsync=off"
        finally:
            server.remove()
    else:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            yield lambda name: Sqlite(folder, name), f"SQLite, a file for each contender in {memory or 'a temporary folder'}, rollback journal, synchronous=full"


def versions(workers: Dict[str, Worker]) -> Dict[str, str]:
    about = {name: worker.about for name, worker in workers.items()}
    return {name: a["version"] + (f" ({a['remarks']})" if a["remarks"] else "") for name, a in about.items()}


def run(report: Report, workers: Dict[str, Worker], options: argparse.Namespace) -> None:
    orms = [name for name in workers if name not in NOT_ORMS]
    for table in options.tables.split(","):
        print(f"{table:<42}{''.join(f'{name:>12}' for name in workers)}{'next ORM':>22}")
        for operation in OPERATIONS:
            if operation.letter in options.only:
                result = measure(report, workers, operation, table, options.rows, options.rounds)
                line = "".join(f"{told(mid(result, name)):>12}" for name in workers)
                print(f"{result['scenario']:<42}{line}{fastest(result, orms):>22}", flush=True)
                for name, why in result["absent"].items():
                    print(f"    without {name}: {why}")
        print()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=tuple(DRIVERS), default="sqlite")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="ABCDEFGHIJK")
    parser.add_argument("--tables", default=",".join(COLUMNS))
    parser.add_argument("--contenders", help="their modules, with commas; all")
    parser.add_argument("--json")
    add_option(parser)
    options = parser.parse_args()
    names = options.contenders.split(",") if options.contenders else [*ORMS, *DRIVERS[options.database]]
    left_out: Dict[str, str] = {}
    with databases(options.database) as (database, where):
        workers = start(names, database, options.cpu, left_out)
        try:
            rows = f"{options.rows:,} rows; levels, texts and keys are the same for all"
            report = Report(
                conditions(
                    n=rows, database=where, processes="one for each contender, in turns", clock=choose(options.cpu), rounds=options.rounds, versions=versions(workers)
                ),
                left_out,
            )
            report.head()
            run(report, workers, options)
        finally:
            for worker in workers.values():
                worker.end()
    report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
