"""The sqlite3 module without an ORM: the SQL that the operations amount to, rows as tuples, dates and documents as text."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Any, List

from .contender import SMALL, TIMES, Absent, Clock, Contender
from .databases import server_parts
from .tables import COLUMNS, LARGE, LEVELS, choices, keys, new_rows


class Peer(Contender):
    name, version, remarks = "sqlite3", sqlite3.sqlite_version, "no ORM: dates, decimals and documents as they are stored"

    def open(self, address: str) -> None:
        if server_parts(address):
            raise Absent("the sqlite3 module speaks to files only")
        self.db = sqlite3.connect(address)

    def close(self) -> None:
        self.db.close()

    def parameters(self, table: str, n: int) -> Any:
        rest: List[Any] = []
        if table == "large":
            rest = [json.dumps(v) if isinstance(v, dict) else float(v) if isinstance(v, Decimal) else v for _, _, v in LARGE]
        elif table == "related":
            rest = [None]
        names = COLUMNS[table][1:]
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        return sql, [(datetime.now().isoformat(sep=" "), row["level"], row["text"], *rest) for row in new_rows(n)]

    def insert_single(self, table: str, n: int, clock: Clock) -> None:
        sql, rows = self.parameters(table, n)
        clock.start()
        for row in rows:
            self.db.execute(sql, row)
            self.db.commit()
        clock.stop(n)

    def insert_batch(self, table: str, n: int, clock: Clock) -> None:
        sql, rows = self.parameters(table, n)
        clock.start()
        for row in rows:
            self.db.execute(sql, row)
        self.db.commit()
        clock.stop(n)

    def insert_bulk(self, table: str, n: int, clock: Clock) -> None:
        sql, rows = self.parameters(table, n)
        clock.start()
        self.db.executemany(sql, rows)
        self.db.commit()
        clock.stop(n)

    def filter_large(self, table: str, n: int, clock: Clock) -> Any:
        sql = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE level = ?"
        clock.start()
        for _ in range(TIMES):
            found = [self.db.execute(sql, (level,)).fetchall() for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [row for part in found for row in part]

    tuples = filter_large

    def filter_small(self, table: str, n: int, clock: Clock) -> Any:
        sql, asked, found = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE level = ? LIMIT 20 OFFSET ?", choices(n, SMALL), []
        clock.start()
        for level, offset in asked:
            found.append(self.db.execute(sql, (level, offset)).fetchall())
        clock.stop(sum(map(len, found)))
        return [row for part in found for row in part]

    def get(self, table: str, n: int, clock: Clock) -> Any:
        sql, asked = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE id = ?", keys(n)
        clock.start()
        found = [self.db.execute(sql, (key,)).fetchone() for key in asked]
        clock.stop(n)
        return found

    def dicts(self, table: str, n: int, clock: Clock) -> Any:
        names = COLUMNS[table]
        sql = f"SELECT {', '.join(names)} FROM {table} WHERE level = ?"
        clock.start()
        for _ in range(TIMES):
            found = [[dict(zip(names, row)) for row in self.db.execute(sql, (level,))] for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [list(row.values()) for part in found for row in part]

    def update_whole(self, table: str, n: int, clock: Clock) -> None:
        found = self.db.execute(f"SELECT level, text, id FROM {table}").fetchall()
        clock.start()
        self.db.executemany(f"UPDATE {table} SET level = ?, text = ? WHERE id = ?", [(60 - a, f"{b} Update", c) for a, b, c in found])
        self.db.commit()
        clock.stop(n)

    def update_partial(self, table: str, n: int, clock: Clock) -> None:
        found = self.db.execute(f"SELECT level, id FROM {table}").fetchall()
        clock.start()
        self.db.executemany(f"UPDATE {table} SET level = ? WHERE id = ?", [(60 - a, b) for a, b in found])
        self.db.commit()
        clock.stop(n)

    def delete(self, table: str, n: int, clock: Clock) -> None:
        found = self.db.execute(f"SELECT id FROM {table}").fetchall()
        clock.start()
        self.db.executemany(f"DELETE FROM {table} WHERE id = ?", found)
        self.db.commit()
        clock.stop(n)
