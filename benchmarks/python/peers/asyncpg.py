"""asyncpg, without an ORM; documents as text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import asyncpg

from .awaiting import Awaiting
from .contender import SMALL, TIMES, Absent, Clock
from .databases import server_parts
from .tables import COLUMNS, LARGE, LEVELS, choices, keys, new_rows


class Peer(Awaiting):
    name, version, remarks = "asyncpg", asyncpg.__version__, "asyncio; no ORM"

    async def connect(self, address: str) -> None:
        server = server_parts(address)
        if not server:
            raise Absent("asyncpg speaks to PostgreSQL only")
        self.db = await asyncpg.connect(**server)

    async def disconnect(self) -> None:
        await self.db.close()

    def parameters(self, table: str, n: int) -> Any:
        rest = [json.dumps(v) if isinstance(v, dict) else v for _, _, v in LARGE] if table == "large" else [None] * (len(COLUMNS[table]) - 4)
        names = COLUMNS[table][1:]
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f'${i}' for i in range(1, len(names) + 1))})"
        return sql, [(datetime.now(), row["level"], row["text"], *rest) for row in new_rows(n)]

    async def insert_single(self, table: str, n: int, clock: Clock) -> None:
        sql, rows = self.parameters(table, n)
        clock.start()
        for row in rows:
            await self.db.execute(sql, *row)
        clock.stop(n)

    async def insert_batch(self, table: str, n: int, clock: Clock) -> None:
        sql, rows = self.parameters(table, n)
        clock.start()
        async with self.db.transaction():
            for row in rows:
                await self.db.execute(sql, *row)
        clock.stop(n)

    async def many(self, sql: str, rows: Any, clock: Clock) -> None:
        clock.start()
        await self.db.executemany(sql, rows)
        clock.stop(len(rows))

    async def insert_bulk(self, table: str, n: int, clock: Clock) -> None:
        await self.many(*self.parameters(table, n), clock)

    async def filter_large(self, table: str, n: int, clock: Clock) -> Any:
        sql = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE level = $1"
        clock.start()
        for _ in range(TIMES):
            found = [await self.db.fetch(sql, level) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [list(row.values()) for part in found for row in part]

    tuples = filter_large

    async def dicts(self, table: str, n: int, clock: Clock) -> Any:
        sql = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE level = $1"
        clock.start()
        for _ in range(TIMES):
            found = [[dict(row) for row in await self.db.fetch(sql, level)] for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [list(row.values()) for part in found for row in part]

    async def filter_small(self, table: str, n: int, clock: Clock) -> Any:
        sql, asked, found = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE level = $1 LIMIT 20 OFFSET $2", choices(n, SMALL), []
        clock.start()
        for level, offset in asked:
            found.append(await self.db.fetch(sql, level, offset))
        clock.stop(sum(map(len, found)))
        return [list(row.values()) for part in found for row in part]

    async def get(self, table: str, n: int, clock: Clock) -> Any:
        sql, asked = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE id = $1", keys(n)
        clock.start()
        found = [await self.db.fetchrow(sql, key) for key in asked]
        clock.stop(n)
        return [list(row.values()) for row in found]

    async def update_whole(self, table: str, n: int, clock: Clock) -> None:
        found = await self.db.fetch(f"SELECT level, text, id FROM {table}")
        await self.many(f"UPDATE {table} SET level = $1, text = $2 WHERE id = $3", [(60 - a, f"{b} Update", c) for a, b, c in found], clock)

    async def update_partial(self, table: str, n: int, clock: Clock) -> None:
        found = await self.db.fetch(f"SELECT level, id FROM {table}")
        await self.many(f"UPDATE {table} SET level = $1 WHERE id = $2", [(60 - a, b) for a, b in found], clock)

    async def delete(self, table: str, n: int, clock: Clock) -> None:
        await self.many(f"DELETE FROM {table} WHERE id = $1", await self.db.fetch(f"SELECT id FROM {table}"), clock)
