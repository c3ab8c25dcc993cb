"""Machines on a server: each package in a database of its own, its tables made anew for each machine.

Statements of ours are not counted here: what nobody watches is sent ahead and as arrays, and that is to be tested. Tables are
compared as another connection sees them, after they were committed. A transaction that the server has given up can only be rolled
back: there a machine ends."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from .machine import Machine, Op
from .world import Facts, World

DRIVERS = {"sqlalchemy": "postgresql+psycopg", "cormorant": "postgresql"}


class ServerWorld(World):
    url: t.ClassVar[str] = ""  # of the server; databases oracle0 and oracle1 are there

    def __init__(self, machine: Machine, package: str, path: Path) -> None:
        import psycopg

        database = f"oracle{path.stem}"
        self.plain = psycopg.connect(self.url.replace("/postgres?", f"/{database}?"), autocommit=True)
        self.plain.execute("DROP SCHEMA public CASCADE")
        self.plain.execute("CREATE SCHEMA public")
        self.place = self.url.replace("/postgres?", f"/{database}?").replace("postgresql:", DRIVERS[package] + ":")
        super().__init__(machine, package, path)

    def open(self) -> None:
        self.engine = self.sa.create_engine(self.place, poolclass=self.sa.pool.NullPool)

    def _listen(self) -> None:
        if self.sa.__name__ == "sqlalchemy":
            self._count()

    def run(self, op: Op) -> Facts:
        facts = super().run(op)
        facts["lost"] = facts["lost"] or self.given_up()
        return facts

    def given_up(self) -> bool:
        """Whether a statement outside of a flush failed, and the session does not know what became of its transaction."""
        if self.sa.__name__ != "sqlalchemy" or not self.session.is_active or not self.session.in_transaction():
            return False
        return self.session.connection().connection.driver_connection.info.transaction_status.name == "INERROR"

    def watch_tables(self) -> t.Any:
        return self.plain


class _Reader:
    """A connection whose `execute` answers rows, with names in double quotes."""

    def __init__(self, socket: str, database: str) -> None:
        import pymysql

        self.connection = pymysql.connect(unix_socket=socket, user="root", autocommit=True)
        self.execute("SET sql_mode = 'ANSI_QUOTES'")
        self.execute(f"DROP DATABASE IF EXISTS {database}")
        self.execute(f"CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        self.connection.select_db(database)

    def execute(self, sql: str) -> t.Any:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def close(self) -> None:
        self.connection.close()


class MariaDBWorld(ServerWorld):
    """The drivers do not agree on the class of a row that lacks a value or breaks a CHECK; tables that the server refuses are no machine."""

    socket: t.ClassVar[str] = ""

    def __init__(self, machine: Machine, package: str, path: Path) -> None:
        database = f"oracle{path.stem}"
        self.plain = _Reader(self.socket, database)
        self.place = f"mariadb+pymysql://root@/{database}?unix_socket={self.socket}"
        World.__init__(self, machine, package, path)

    def run(self, op: Op) -> Facts:
        facts = World.run(self, op)
        if facts["raised"] == "OperationalError" and ("(1364" in facts["why"] or "(4025" in facts["why"]):
            facts["raised"] = "IntegrityError"
        return facts


def start_mariadb() -> t.Any:
    """A server of MariaDB, or None where there is none installed."""
    from tests.backends.server import MariaDB

    if MariaDB.binaries() is None:
        return None
    server = MariaDB(innodb_autoinc_lock_mode=0)  # rows of an array get keys without gaps
    server.start()
    MariaDBWorld.socket = server.socket_path
    return server


def start() -> t.Any:
    """A server with both databases, or None where there is none installed."""
    from tests.backends.server import PostgreSQL

    if PostgreSQL.binaries() is None:
        return None
    import psycopg

    server = PostgreSQL()
    server.start()
    ServerWorld.url = server.url()
    with psycopg.connect(ServerWorld.url, autocommit=True) as c:
        for i in range(2):
            c.execute(f"CREATE DATABASE oracle{i}")
    return server


MACHINES = int(os.environ.get("ORACLE_SERVER_MACHINES", "150"))
