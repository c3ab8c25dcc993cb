"""Loading and writing on MariaDB, beside SQLAlchemy on mysqlclient and on PyMySQL, in one process, in turns.

    python -m benchmarks.python.mariadb [--rows N] [--rounds N] [--json FILE]

It starts a server of its own (Debian's mariadb-server). Peers that are not installed are left out, by name.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import time
import typing as t

from tests.backends.server import MariaDB

from .report import Report, conditions, mid, told
from .world import World, rows


class Contender:
    """One ORM on one driver, in a database of its own."""

    def __init__(self, package: str, server: MariaDB, driver: str = "") -> None:
        self.orm = World(package)
        self.name, self.version = package + (f" on {driver}" if driver else ""), self.orm.version
        database = f"bench_{driver or package}"
        backend = f"mysql+{driver}" if driver else "mariadb"
        admin = self.orm.core.create_engine(server.url(backend=backend), isolation_level="AUTOCOMMIT")
        with admin.connect() as c:
            c.execute(self.orm.core.text(f"CREATE DATABASE {database}"))
        admin.dispose()
        self.engine = self.orm.core.create_engine(server.url(database, backend=backend))
        self.model, self.select = self.orm.Item, self.orm.core.select
        self.model.__table__.create(self.engine)

    def session(self, engine: t.Any) -> t.Any:
        return self.orm.orm.Session(engine)

    def new(self, n: int) -> list[t.Any]:
        return [self.model(name=name, email=email, price=price, created=at) for _, name, email, price, at in rows(n)]

    def add_all(self, n: int) -> float:
        with self.session(self.engine) as s:
            s.query(self.model).delete()
            s.commit()
            made = self.new(n)
            start = time.perf_counter()
            s.add_all(made)
            s.commit()
            return time.perf_counter() - start

    def load(self, n: int) -> float:
        with self.session(self.engine) as s:
            start = time.perf_counter()
            got = s.scalars(self.select(self.model)).all()
            elapsed = time.perf_counter() - start
            assert len(got) == n
            return elapsed

    def update(self, n: int) -> float:
        with self.session(self.engine) as s:
            for row in s.scalars(self.select(self.model)).all():
                row.price += 1
            start = time.perf_counter()
            s.commit()
            return time.perf_counter() - start

    def get(self, n: int) -> float:
        with self.session(self.engine) as s:
            first = s.scalar(self.select(self.orm.core.func.min(self.model.id)))
        start = time.perf_counter()
        for _ in range(200):
            with self.session(self.engine) as s:
                assert s.get(self.model, first) is not None
        return (time.perf_counter() - start) / 200 * n  # per operation, as the others are per row


def contenders(server: MariaDB, left_out: dict[str, str]) -> list[Contender]:
    made = [Contender("cormorant", server)]
    for driver, module in (("mysqldb", "MySQLdb"), ("pymysql", "pymysql")):
        try:
            importlib.import_module(module)
            made.append(Contender("sqlalchemy", server, driver))
        except ImportError as e:
            left_out[f"sqlalchemy on {driver}"] = str(e)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    given = parser.parse_args()
    if MariaDB.binaries() is None:
        print(f"left out: MariaDB ({MariaDB.install})")
        return
    server = MariaDB()
    left_out: dict[str, str] = {}
    try:
        server.start()
        all_of_them = contenders(server, left_out)
        versions = {c.name: c.version for c in all_of_them}
        report = Report(conditions(n=f"{given.rows:,} rows; get: 200 calls, each in a session of its own", rounds=given.rounds, versions=versions), left_out)
        report.head()
        for what in ("add_all", "load", "update", "get"):
            times: dict[str, list[float]] = {c.name: [] for c in all_of_them}
            for _ in range(given.rounds):
                for c in all_of_them:
                    gc.collect()
                    times[c.name].append(getattr(c, what)(given.rows) / given.rows)
            result = report.add("mariadb", what, "get" if what == "get" else "row", times)
            for name in times:
                print(f"{what:8} {name:28} {told(mid(result, name)):>12}   x {mid(result, name) / mid(result, 'cormorant'):.1f}", flush=True)
    finally:
        server.remove()
    report.save(given.json)


if __name__ == "__main__":
    main()
