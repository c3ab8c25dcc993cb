"""What a contender does: the eleven operations, and what a worker tells about them."""

from __future__ import annotations

from typing import Any, Iterable, List, NamedTuple, Sequence

from ..clock import Clock


class Operation(NamedTuple):
    letter: str
    method: str
    what: str
    unit: str
    empty: bool  # starts with an empty table
    writes: bool


OPERATIONS = [
    Operation("A", "insert_single", "insert, each in a transaction of its own", "row", True, True),
    Operation("B", "insert_batch", "insert one by one, one transaction", "row", True, True),
    Operation("C", "insert_bulk", "bulk insert", "row", True, True),
    Operation("D", "filter_large", "filter, a fifth of the table", "row", False, False),
    Operation("E", "filter_small", "filter, 20 rows at an offset", "row", False, False),
    Operation("F", "get", "get by key", "row", False, False),
    Operation("G", "dicts", "filter, as dictionaries", "row", False, False),
    Operation("H", "tuples", "filter, as tuples", "row", False, False),
    Operation("I", "update_whole", "update of whole objects", "row", False, True),
    Operation("J", "update_partial", "update of one column", "row", False, True),
    Operation("K", "delete", "delete", "row", False, True),
]
TIMES = 10  # D, G, H: so often over all five levels
SMALL = 200  # E: so many queries


class Absent(Exception):
    """The contender has no such operation, or no such database; its text says so."""


class Contender:
    """Base of the contenders: `open` connects to a file, or to a server by its URL; an operation answers the rows it found, or nothing when it writes.
    Objects that it changes are loaded before the clock starts. Where there are sessions, a pass over the levels (D, G, H) has
    one, each small query (E) has one, and all keys together (F) have one."""

    name = ""
    version = ""
    remarks = ""  # what differs from the others, in words

    def open(self, address: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def run(self, operation: Operation, table: str, n: int, clock: Clock) -> Any:
        return getattr(self, operation.method)(table, n, clock)

    @staticmethod
    def values(objects: Iterable[Any], names: Sequence[str]) -> List[List[Any]]:
        return [[getattr(o, name) for name in names] for o in objects]
