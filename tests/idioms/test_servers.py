"""The programs of this folder on PostgreSQL and MariaDB: the same answers from SQLAlchemy, on psycopg or PyMySQL, and here."""

import types
import warnings

import pytest

from tests.backends.databases import DATABASES

from .kit import PROGRAMS, Kit
from .test_idioms import answer as _answer  # noqa: F401  (which registers the programs)

sqlalchemy = pytest.importorskip("sqlalchemy", reason="the reference is not installed: pip install sqlalchemy==2.1.9")
SQLITE = {  # what is SQLite's
    "upsert": "dialects.sqlite.insert",
    "reading_into_a_data_frame": "SQL with question marks",
    "full_text_search_in_sqlite": "virtual tables",
    "reflection_of_a_foreign_database": "keys by INTEGER PRIMARY KEY alone",
    "begin_of_ones_own": "BEGIN IMMEDIATE",
    "full_text_search": "virtual tables",
    "inventory": "strftime(), dialects.sqlite.insert",
}


class ServerKit(Kit):
    """`sqlite://` is a database of the package's own on the server, emptied before."""

    name = driver = ""
    elsewhere: dict = {}  # noqa: RUF012
    empty: tuple = ()

    def __init__(self, package, server):
        super().__init__(package)
        scheme = self.driver if package == "sqlalchemy" else self.name
        self.place = server.url(f"idioms_{package}").replace(self.name + ":", scheme + ":", 1)
        on_server(self, server, *(text.format(f"idioms_{package}") for text in self.empty), database=f"idioms_{package}")

    def engine(self, url="sqlite://", **kw):
        return super().engine(self.place if url == "sqlite://" else url, **kw)


class PostgreSQLKit(ServerKit):
    name, driver = "postgresql", "postgresql+psycopg"
    empty = "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"
    elsewhere = {  # noqa: RUF012
        **SQLITE,
        "states_as_enum": "the labels are longer than the words that it stores",
        "raw_sql_with_parameters": "psycopg leaves text as it is where the statement says Date",
        "forum": "group_concat()",
        "retry_after_an_error": "the class of error.orig: UniqueViolation is psycopg's",
    }


class MariaDBKit(ServerKit):
    """Strings that say no length get one, for MariaDB asks for it."""

    name, driver = "mariadb", "mariadb+pymysql"
    empty = "DROP DATABASE {0}", "CREATE DATABASE {0} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    elsewhere = {  # noqa: RUF012
        **SQLITE,
        "forum": "NULLS LAST, which the reference writes although MariaDB does not know it",
        "stock_never_below_zero": "the class of a broken CHECK: OperationalError in PyMySQL",
        "raw_sql_with_parameters": "PyMySQL leaves text as it is where the statement says Date",
        "workers_claim_jobs": "UPDATE with RETURNING",
        "job_queue": "UPDATE with RETURNING",
    }

    def __init__(self, package, server):
        super().__init__(package, server)
        sa = self.sa

        class String(sa.String):
            def __init__(self, length=200, **kw):
                super().__init__(length, **kw)

        self.sa = types.ModuleType(package)
        self.sa.__getattr__ = lambda name: String if name == "String" else getattr(sa, name)

    def base(self):
        class Base(self.orm.DeclarativeBase):
            type_annotation_map = {str: self.sa.String()}  # noqa: RUF012

        return Base


KITS = (PostgreSQLKit, MariaDBKit)


def on_server(kit, server, *statements, database=None):
    """Statements that are run by the reference, each by itself."""
    url = (server.url(database) if database else server.url()).replace(kit.name + ":", kit.driver + ":", 1)
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as c:
        for statement in statements:
            c.exec_driver_sql(statement)


@pytest.fixture(scope="module")
def servers():
    """Of each kit, once it is wanted."""
    running = {}
    yield running
    for server in running.values():
        server.remove()


def start(kit, servers):
    if kit not in servers:
        driver = kit.driver.partition("+")[2]
        pytest.importorskip(driver, reason=f"the reference's driver for {kit.name} is not installed: pip install {driver}")
        servers[kit] = next(d for d in DATABASES if d.name == kit.name).running()
        on_server(kit, servers[kit], *(f"CREATE DATABASE idioms_{package}" for package in ("sqlalchemy", "cormorant")))
    return servers[kit]


def test_the_lists_are_of_programs():
    assert {name for kit in KITS for name in kit.elsewhere} <= {p.__name__ for p in PROGRAMS}


def run(package, program, kit, server):
    k = kit(package, server)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return program(k)
    finally:
        k.orm.close_all_sessions()
        k.dispose()


@pytest.mark.parametrize(("kit", "program"), [(kit, p) for kit in KITS for p in PROGRAMS if p.__name__ not in kit.elsewhere], ids=lambda x: x.name if x in KITS else x.__name__)
def test_alike(kit, program, servers):
    server = start(kit, servers)
    theirs = run("sqlalchemy", program, kit, server)
    assert theirs
    assert run("cormorant", program, kit, server) == theirs
