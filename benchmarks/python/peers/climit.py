"""The limit: `benchmarks/c/suite.c` on the SQLite library and `suite_pg.c` on libpq, plain C programs, told the same orders."""

from __future__ import annotations

import json
import os
import subprocess
from decimal import Decimal
from typing import Any, List

from .contender import SMALL, Absent, Clock, Contender, Operation
from .tables import COLUMNS, LARGE, choices, keys, new_rows

FOLDER = os.environ.get("BENCH_C", "build/bench")


def parameter(value: Any) -> str:
    if value is None:
        return "n"
    if isinstance(value, int):
        return f"i\t{value}"
    if isinstance(value, (float, Decimal)):
        return f"d\t{value}"
    return f"t\t{json.dumps(value) if isinstance(value, dict) else value}"


class Peer(Contender):
    name, remarks = "c", "no ORM, no Python"

    def open(self, address: str) -> None:
        program = os.path.join(FOLDER, "suite_pg" if "://" in address else "suite")
        if not os.access(program, os.X_OK):
            raise Absent(f"{program} is not built: make bench-c")
        self.process = subprocess.Popen([program, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)

    def numbers(self, operation: Operation, table: str, n: int) -> List[str]:
        if operation.letter in "ABC":
            rest = [v for _, _, v in LARGE] if table == "large" else [None] * (len(COLUMNS[table]) - 4)
            return [*map(parameter, rest), *(f"{row['level']}\t{row['text']}" for row in new_rows(n))]
        if operation.letter == "E":
            return [f"{level} {offset}" for level, offset in choices(n, SMALL)]
        return [str(key) for key in keys(n)] if operation.letter == "F" else []

    def run(self, operation: Operation, table: str, n: int, clock: Clock) -> Any:
        times = SMALL if operation.letter == "E" else n
        lines = [f"{operation.letter} {table} {times} {','.join(COLUMNS[table])}", *self.numbers(operation, table, n)]
        self.process.stdin.write("\n".join(lines) + "\n")
        self.process.stdin.flush()
        seconds, units, rows = self.process.stdout.readline().split()
        clock.seconds, clock.units = float(seconds), int(units)
        found = [json.loads(self.process.stdout.readline()) for _ in range(int(rows))]
        return None if operation.writes else found
