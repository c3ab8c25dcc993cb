"""The databases that the backend tests run on: how to start each, what it can, and how it says what every database says.

A test names what it needs: `@needs("lock timeout")`; it runs on every database that has it. The list of capabilities is here.
"""

from __future__ import annotations

import dataclasses
import importlib

import pytest

from tests.backends.server import MariaDB, MySQL, PostgreSQL, Server, SQLite


@dataclasses.dataclass(frozen=True)
class Database:
    """One database. Statements are text; `:id` is a session's number."""

    name: str
    server: type[Server]
    capabilities: frozenset[str]
    driver: str = ""  # extension; none where the core holds the driver
    package: str = ""
    clean: tuple[str, ...] = ()  # empties the schema
    session_id: str = ""
    kill: str = ""
    sleep: str = ""  # seconds as :s
    lock_timeout: str = ""
    hold_commits: tuple[str, ...] = ()  # makes the COMMIT of others wait
    prepared: str = ""  # how many statements the session has prepared
    durable: dict[str, object] = dataclasses.field(default_factory=dict)  # settings of a server that keeps what was committed when it is killed
    gone: str = ""  # what a server that is not there is reported as

    def __str__(self) -> str:
        return self.name

    def running(self, **settings) -> Server:
        """A running server; skips where it or the driver is not installed."""
        if not self.driver:
            return self.server()
        if self.server.binaries() is None:
            pytest.skip(self.server.install)
        try:
            self.module()
        except ImportError as e:
            pytest.skip(f"cormorant was built without the driver of {self.name} ({e}). On Debian: apt-get install {self.package}")
        return self.server(**settings).start()

    def module(self):
        """The extension that holds the driver."""
        return importlib.import_module(f"cormorant.{self.driver}")


DATABASES = (
    Database(
        name="sqlite",
        server=SQLite,
        capabilities=frozenset({"SQLite's SQL", "returning", "returning of updates", "moments to the microsecond"}),
    ),
    Database(
        name="postgresql",
        server=PostgreSQL,
        driver="_pg",
        package="libpq-dev",
        clean=("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"),
        session_id="SELECT pg_backend_pid()",
        kill="SELECT pg_terminate_backend(:id, 5000)",
        sleep="SELECT pg_sleep(:s)",
        lock_timeout="SET lock_timeout = '100ms'",
        durable={"fsync": "on"},
        prepared="SELECT count(*) FROM pg_prepared_statements",
        gone="No such file or directory|refused",
        capabilities=frozenset({
            "server", "PostgreSQL's SQL", "changes in WITH", "returning", "returning of updates", "many changes on one wait", "isolation levels", "moments to the microsecond", "a process for each session", "a failed statement ends the transaction", "DDL in transactions",
            "serializable conflicts", "idle timeout in a transaction",
        }),
    ),
    Database(
        name="mariadb",
        server=MariaDB,
        driver="_mysql",
        package="libmariadb-dev",
        clean=("DROP DATABASE test", "CREATE DATABASE test CHARACTER SET utf8mb4"),
        session_id="SELECT CONNECTION_ID()",
        kill="KILL :id",
        sleep="SELECT SLEEP(:s)",
        lock_timeout="SET innodb_lock_wait_timeout = 1",
        hold_commits=("BACKUP STAGE START", "BACKUP STAGE BLOCK_COMMIT"),
        durable={"innodb-flush-log-at-trx-commit": 1},
        prepared="SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'PREPARED_STMT_COUNT'",
        gone="Can't connect|refused",
        capabilities=frozenset({"server", "MySQL's SQL", "MariaDB's SQL", "returning", "many changes on one wait", "isolation levels", "a lock timeout leaves the transaction open"}),
    ),
)  # fmt: skip
DATABASES += (
    dataclasses.replace(
        DATABASES[-1],
        name="mysql",
        server=MySQL,
        hold_commits=("FLUSH TABLES WITH READ LOCK",),
        prepared="SELECT variable_value FROM performance_schema.session_status WHERE variable_name = 'PREPARED_STMT_COUNT'",
        capabilities=DATABASES[-1].capabilities - {"MariaDB's SQL", "returning", "many changes on one wait"},
    ),
)


def needs(*capabilities: str) -> pytest.MarkDecorator:
    """The test runs on the databases that have all of them."""
    assert all(any(c in d.capabilities for d in DATABASES) for c in capabilities), capabilities
    return pytest.mark.needs(*capabilities)


def chosen(node) -> list[Database]:
    """The databases a test runs on, by its marks; PostgreSQL where it has none."""
    marks = list(node.iter_markers("needs"))
    wanted = {c for mark in marks for c in mark.args}
    return [d for d in DATABASES if wanted <= d.capabilities] if marks else [d for d in DATABASES if d.name == "postgresql"]
