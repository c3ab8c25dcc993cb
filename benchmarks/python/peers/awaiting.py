"""What the asynchronous ORMs share: one event loop, entered once per operation and timed inside, and a manager in Django's manner."""

from __future__ import annotations

import asyncio
from typing import Any

from .contender import SMALL, TIMES, Clock, Contender, Operation
from .tables import COLUMNS, LEVELS, choices, keys, new_rows


class Awaiting(Contender):
    remarks = "asyncio"
    models: dict
    atomic: Any

    def __init__(self) -> None:
        self.loop = asyncio.Runner()  # one context for all operations

    def open(self, address: str) -> None:
        self.loop.run(self.connect(address))

    def close(self) -> None:
        self.loop.run(self.disconnect())
        self.loop.close()

    async def connect(self, address: str) -> None:
        raise NotImplementedError

    async def disconnect(self) -> None:
        raise NotImplementedError

    def manager(self, table: str) -> Any:
        raise NotImplementedError

    def run(self, operation: Operation, table: str, n: int, clock: Clock) -> Any:
        return self.loop.run(super().run(operation, table, n, clock))

    async def insert_single(self, table: str, n: int, clock: Clock) -> None:
        manager, rows = self.manager(table), new_rows(n)
        clock.start()
        for row in rows:
            await manager.create(**row)
        clock.stop(n)

    async def insert_batch(self, table: str, n: int, clock: Clock) -> None:
        manager, rows = self.manager(table), new_rows(n)
        clock.start()
        async with self.atomic():
            for row in rows:
                await manager.create(**row)
        clock.stop(n)

    async def insert_bulk(self, table: str, n: int, clock: Clock) -> None:
        model, manager, rows = self.models[table], self.manager(table), new_rows(n)
        clock.start()
        await manager.bulk_create([model(**row) for row in rows])
        clock.stop(n)

    async def filter_large(self, table: str, n: int, clock: Clock) -> Any:
        manager = self.manager(table)
        clock.start()
        for _ in range(TIMES):
            found = [await manager.filter(level=level).all() for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return self.values((o for part in found for o in part), COLUMNS[table])

    async def filter_small(self, table: str, n: int, clock: Clock) -> Any:
        manager, asked, found = self.manager(table), choices(n, SMALL), []
        clock.start()
        for level, offset in asked:
            found.append(await manager.filter(level=level).limit(20).offset(offset).all())
        clock.stop(sum(map(len, found)))
        return self.values((o for part in found for o in part), COLUMNS[table])

    async def get(self, table: str, n: int, clock: Clock) -> Any:
        manager, asked = self.manager(table), keys(n)
        clock.start()
        found = [await manager.get(id=key) for key in asked]
        clock.stop(n)
        return self.values(found, COLUMNS[table])

    async def dicts(self, table: str, n: int, clock: Clock) -> Any:
        manager, names = self.manager(table), COLUMNS[table]
        clock.start()
        for _ in range(TIMES):
            found = [await self.fetch(manager.filter(level=level).values(*names)) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [[row[name] for name in names] for part in found for row in part]

    async def tuples(self, table: str, n: int, clock: Clock) -> Any:
        manager, names = self.manager(table), COLUMNS[table]
        clock.start()
        for _ in range(TIMES):
            found = [await self.fetch(manager.filter(level=level).values_list(*names)) for level in LEVELS]
        clock.stop(TIMES * sum(map(len, found)))
        return [row for part in found for row in part]

    @staticmethod
    def fetch(query: Any) -> Any:
        return query

    async def update_whole(self, table: str, n: int, clock: Clock) -> None:
        found = await self.manager(table).all()
        clock.start()
        async with self.atomic():
            for o in found:
                o.level = 60 - o.level
                o.text = f"{o.text} Update"
                await o.save()
        clock.stop(n)

    async def update_partial(self, table: str, n: int, clock: Clock) -> None:
        found = await self.manager(table).all()
        clock.start()
        async with self.atomic():
            for o in found:
                o.level = 60 - o.level
                await o.save(update_fields=["level"])
        clock.stop(n)

    async def delete(self, table: str, n: int, clock: Clock) -> None:
        found = await self.manager(table).all()
        clock.start()
        async with self.atomic():
            for o in found:
                await o.delete()
        clock.stop(n)
