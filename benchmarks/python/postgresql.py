"""Loading and writing on PostgreSQL, beside SQLAlchemy on psycopg, psycopg alone and asyncpg alone, in one process, in turns.

    python -m benchmarks.python.postgresql [--rows N] [--rounds N] [--json FILE]

It starts a server of its own (Debian's postgresql). Peers that are not installed are left out, by name.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
import typing as t

from tests.backends.server import PostgreSQL

from .report import Report, conditions, mid, told
from .world import World, rows

SELECT = "SELECT id, name, email, price, created FROM item"
INSERT = "INSERT INTO item (name, email, price, created) VALUES "
GETS = 300


def admin(server: PostgreSQL, name: str) -> str:
    """A new database of that name: its URL."""
    import cormorant

    engine = cormorant.create_engine(server.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as c:
        c.execute(cormorant.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.url(name)


class Orm:
    """One ORM."""

    def __init__(self, package: str, server: PostgreSQL, driver: str = "") -> None:
        self.orm = World(package)
        self.name, self.version = package + (f" on {driver}" if driver else ""), self.orm.version
        url = admin(server, package).replace("postgresql:", f"postgresql+{driver}:" if driver else "postgresql:")
        self.engine = self.orm.core.create_engine(url)
        self.model, self.core = self.orm.Item, self.orm.core
        self.model.__table__.create(self.engine)
        self.open = self.session()

    def session(self) -> t.Any:
        return self.orm.orm.Session(self.engine)

    def clear(self) -> None:
        with self.engine.begin() as c:
            c.execute(self.core.text("TRUNCATE item RESTART IDENTITY"))

    def add_all(self, n: int) -> float:
        self.clear()
        made = [self.model(name=name, email=email, price=price, created=at) for _, name, email, price, at in rows(n)]
        with self.session() as s:
            start = time.perf_counter()
            s.add_all(made)
            s.commit()
            return time.perf_counter() - start

    def insert_dicts(self, n: int) -> float:
        self.clear()
        made = [{"name": name, "email": email, "price": price, "created": at} for _, name, email, price, at in rows(n)]
        with self.session() as s:
            start = time.perf_counter()
            s.execute(self.core.insert(self.model), made)
            s.commit()
            return time.perf_counter() - start

    def load(self, n: int) -> float:
        with self.session() as s:
            start = time.perf_counter()
            got = s.scalars(self.core.select(self.model)).all()
            elapsed = time.perf_counter() - start
            assert len(got) == n
            return elapsed

    def update(self, n: int) -> float:
        with self.session() as s:
            for row in s.scalars(self.core.select(self.model)).all():
                row.price += 1
            start = time.perf_counter()
            s.commit()
            return time.perf_counter() - start

    def get(self, n: int) -> float:
        s = self.open
        start = time.perf_counter()
        for i in range(1, GETS + 1):
            assert s.get(self.model, i) is not None
        elapsed = time.perf_counter() - start
        s.rollback()
        s.expunge_all()
        return elapsed / GETS * n

    def fresh_get(self, n: int) -> float:
        start = time.perf_counter()
        for i in range(1, GETS + 1):
            with self.session() as s:
                assert s.get(self.model, i) is not None
        return (time.perf_counter() - start) / GETS * n

    def close(self) -> None:
        self.open.close()
        self.engine.dispose()


class Psycopg:
    """Tuples, without an ORM."""

    name = "psycopg"

    def __init__(self, server: PostgreSQL, url: str) -> None:
        import psycopg

        self.version = psycopg.__version__ + (" (C)" if psycopg.pq.__impl__ != "python" else "")
        self.connection = psycopg.connect(url)

    def add_all(self, n: int) -> float:
        self.connection.execute("TRUNCATE item RESTART IDENTITY")
        made = [row[1:] for row in rows(n)]
        start = time.perf_counter()
        with self.connection.cursor() as cursor:
            cursor.executemany(INSERT + "(%s, %s, %s, %s)", made)
        self.connection.commit()
        return time.perf_counter() - start

    def load(self, n: int) -> float:
        start = time.perf_counter()
        got = self.connection.execute(SELECT).fetchall()
        elapsed = time.perf_counter() - start
        self.connection.rollback()
        assert len(got) == n
        return elapsed

    def get(self, n: int) -> float:
        start = time.perf_counter()
        for i in range(1, GETS + 1):
            assert self.connection.execute(SELECT + " WHERE id = %s", (i,)).fetchone()
        elapsed = time.perf_counter() - start
        self.connection.rollback()
        return elapsed / GETS * n

    def round_trip(self, n: int) -> float:
        """The shortest question there is."""
        start = time.perf_counter()
        for _ in range(GETS):
            self.connection.execute("SELECT 1").fetchone()
        elapsed = time.perf_counter() - start
        self.connection.rollback()
        return elapsed / GETS * n

    def close(self) -> None:
        self.connection.close()


class Asyncpg:
    """Records, without an ORM."""

    name = "asyncpg"

    def __init__(self, server: PostgreSQL, url: str) -> None:
        import asyncpg

        self.version, self.loop = asyncpg.__version__, asyncio.new_event_loop()
        self.connection = self.loop.run_until_complete(asyncpg.connect(host=str(server.folder), port=server.PORT, user="postgres", database=url.split("/")[3].split("?")[0]))

    def add_all(self, n: int) -> float:
        made = [row[1:] for row in rows(n)]

        async def run() -> float:
            await self.connection.execute("TRUNCATE item RESTART IDENTITY")
            start = time.perf_counter()
            async with self.connection.transaction():
                await self.connection.executemany(INSERT + "($1, $2, $3, $4)", made)
            return time.perf_counter() - start

        return self.loop.run_until_complete(run())

    def load(self, n: int) -> float:
        async def run() -> float:
            start = time.perf_counter()
            got = await self.connection.fetch(SELECT)
            assert len(got) == n
            return time.perf_counter() - start

        return self.loop.run_until_complete(run())

    def get(self, n: int) -> float:
        async def run() -> float:
            start = time.perf_counter()
            for i in range(1, GETS + 1):
                assert await self.connection.fetchrow(SELECT + " WHERE id = $1", i)
            return (time.perf_counter() - start) / GETS * n

        return self.loop.run_until_complete(run())

    def close(self) -> None:
        self.loop.run_until_complete(self.connection.close())
        self.loop.close()


def contenders(server: PostgreSQL, left_out: dict[str, str]) -> list[t.Any]:
    made: list[t.Any] = [Orm("cormorant", server)]
    url = server.url("raw")
    raw = admin(server, "raw")
    import cormorant

    engine = cormorant.create_engine(raw)
    made[0].model.__table__.create(engine)
    engine.dispose()
    for name, make in (
        ("sqlalchemy on psycopg", lambda: Orm("sqlalchemy", server, "psycopg")),
        ("psycopg", lambda: Psycopg(server, url)),
        ("asyncpg", lambda: Asyncpg(server, url)),
    ):
        try:
            made.append(make())
        except ImportError as e:
            left_out[name] = str(e)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    given = parser.parse_args()
    if PostgreSQL.binaries() is None:
        print(f"left out: PostgreSQL ({PostgreSQL.install})")
        return
    server = PostgreSQL()
    left_out: dict[str, str] = {}
    made: list[t.Any] = []
    try:
        server.start()
        made = contenders(server, left_out)
        versions = {c.name: c.version for c in made}
        report = Report(conditions(n=f"{given.rows:,} rows of 5 columns, unix socket, fsync off; get: {GETS} calls", rounds=given.rounds, versions=versions), left_out)
        report.head()
        for what in ("add_all", "insert_dicts", "load", "update", "get", "fresh_get", "round_trip"):
            these = [c for c in made if hasattr(c, what)]
            times: dict[str, list[float]] = {c.name: [] for c in these}
            for _ in range(given.rounds):
                for c in these:
                    gc.collect()
                    times[c.name].append(getattr(c, what)(given.rows) / given.rows)
            result = report.add("postgresql", what, "row" if what in ("add_all", "insert_dicts", "load", "update") else "get", times)
            for name in times:
                ratio = f"x {mid(result, name) / mid(result, 'cormorant'):.2f}" if "cormorant" in times else ""
                print(f"{what:12} {name:24} {told(mid(result, name)):>12}   {ratio}", flush=True)
    finally:
        for c in made:
            c.close()
        server.remove()
    report.save(given.json)


if __name__ == "__main__":
    main()
