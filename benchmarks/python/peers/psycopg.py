"""psycopg 3 with its C parts, without an ORM."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Json

from .contender import SMALL, TIMES, Absent, Clock, Contender
from .databases import server_parts
from .tables import COLUMNS, LARGE, LEVELS, choices, keys, new_rows


class Peer(Contender):
    name, version, remarks = "psycopg", psycopg.__version__, f"{psycopg.pq.__impl__}; no ORM"

    def open(self, address: str) -> None:
        if not server_parts(address):
            raise Absent("psycopg speaks to PostgreSQL only")
        self.db = psycopg.connect(address)

    def close(self) -> None:
        self.db.close()

    def parameters(self, table: str, n: int) -> Any:
        rest = [Json(v) if isinstance(v, dict) else v for _, _, v in LARGE] if table == "large" else [None] * (len(COLUMNS[table]) - 4)
        names = COLUMNS[table][1:]
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
        return sql, [(datetime.now(), row["level"], row["text"], *rest) for row in new_rows(n)]

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

    def many(self, sql: str, rows: Any, clock: Clock) -> None:
        clock.start()
        with self.db.cursor() as cursor:
            cursor.executemany(sql, rows)
        self.db.commit()
        clock.stop(len(rows))

    def insert_bulk(self, table: str, n: int, clock: Clock) -> None:
        self.many(*self.parameters(table, n), clock)

    def filtered(self, table: str, clock: Clock, **options: Any) -> Any:
        sql = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE level = %s"
        clock.start()
        for _ in range(TIMES):
            with self.db.cursor(**options) as cursor:
                found = [cursor.execute(sql, (level,)).fetchall() for level in LEVELS]
            self.db.rollback()
        clock.stop(TIMES * sum(map(len, found)))
        return [row for part in found for row in part]

    def filter_large(self, table: str, n: int, clock: Clock) -> Any:
        return self.filtered(table, clock)

    tuples = filter_large

    def dicts(self, table: str, n: int, clock: Clock) -> Any:
        return [list(row.values()) for row in self.filtered(table, clock, row_factory=dict_row)]

    def filter_small(self, table: str, n: int, clock: Clock) -> Any:
        sql, asked, found = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE level = %s LIMIT 20 OFFSET %s", choices(n, SMALL), []
        clock.start()
        for level, offset in asked:
            found.append(self.db.execute(sql, (level, offset)).fetchall())
            self.db.rollback()
        clock.stop(sum(map(len, found)))
        return [row for part in found for row in part]

    def get(self, table: str, n: int, clock: Clock) -> Any:
        sql, asked = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE id = %s", keys(n)
        clock.start()
        found = [self.db.execute(sql, (key,)).fetchone() for key in asked]
        self.db.rollback()
        clock.stop(n)
        return found

    def update_whole(self, table: str, n: int, clock: Clock) -> None:
        found = self.db.execute(f"SELECT level, text, id FROM {table}").fetchall()
        self.many(f"UPDATE {table} SET level = %s, text = %s WHERE id = %s", [(60 - a, f"{b} Update", c) for a, b, c in found], clock)

    def update_partial(self, table: str, n: int, clock: Clock) -> None:
        found = self.db.execute(f"SELECT level, id FROM {table}").fetchall()
        self.many(f"UPDATE {table} SET level = %s WHERE id = %s", [(60 - a, b) for a, b in found], clock)

    def delete(self, table: str, n: int, clock: Clock) -> None:
        self.many(f"DELETE FROM {table} WHERE id = %s", self.db.execute(f"SELECT id FROM {table}").fetchall(), clock)
