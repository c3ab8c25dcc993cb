"""The programs of this folder on PostgreSQL: the same answers from SQLAlchemy on psycopg and here."""

import warnings

import pytest

from .kit import PROGRAMS, Kit
from .test_idioms import answer as _answer  # noqa: F401  (which registers the programs)

pytest.importorskip("sqlalchemy", reason="the reference is not installed: pip install sqlalchemy==2.1.9")
psycopg = pytest.importorskip("psycopg", reason="the reference's driver is not installed: pip install psycopg[binary]")
DRIVERS = {"sqlalchemy": "postgresql+psycopg", "cormorant": "postgresql"}
ELSEWHERE = {  # what is not PostgreSQL's, or the driver's own
    "states_as_enum": "the labels are longer than the words that it stores",
    "upsert": "dialects.sqlite.insert",
    "raw_sql_with_parameters": "psycopg leaves text as it is where the statement says Date",
    "reading_into_a_data_frame": "SQL with question marks",
    "full_text_search_in_sqlite": "virtual tables",
    "reflection_of_a_foreign_database": "keys by INTEGER PRIMARY KEY alone",
    "begin_of_ones_own": "BEGIN IMMEDIATE",
    "full_text_search": "virtual tables",
    "forum": "group_concat()",
    "inventory": "strftime(), dialects.sqlite.insert",
    "retry_after_an_error": "the class of error.orig: UniqueViolation is psycopg's",
}


class ServerKit(Kit):
    """`sqlite://` is a database of the package's own on the server, emptied before."""

    def __init__(self, package, url):
        super().__init__(package)
        self.place = url.replace("/postgres?", f"/idioms_{package}?")
        with psycopg.connect(self.place, autocommit=True) as c:
            c.execute("DROP SCHEMA public CASCADE")
            c.execute("CREATE SCHEMA public")

    def engine(self, url="sqlite://", **kw):
        if url == "sqlite://":
            url = self.place.replace("postgresql:", DRIVERS[self.package] + ":")
        return super().engine(url, **kw)


@pytest.fixture(scope="module")
def url():
    from tests.backends.server import PostgreSQL

    if PostgreSQL.binaries() is None:
        pytest.skip(PostgreSQL.install)
    server = PostgreSQL()
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as c:
        for package in DRIVERS:
            c.execute(f"CREATE DATABASE idioms_{package}")
    yield server.url()
    server.remove()


def test_the_list_is_of_programs():
    assert ELSEWHERE.keys() <= {p.__name__ for p in PROGRAMS}


def run(package, program, url):
    kit = ServerKit(package, url)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return program(kit)
    finally:
        kit.orm.close_all_sessions()
        kit.dispose()


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.__name__ not in ELSEWHERE], ids=lambda program: program.__name__)
def test_alike(program, url):
    theirs = run("sqlalchemy", program, url)
    assert theirs
    assert run("cormorant", program, url) == theirs
