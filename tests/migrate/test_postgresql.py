"""The same on a PostgreSQL server of the tests' own."""

from __future__ import annotations

from typing import Any

import pytest

import cormorant as cm
from tests.backends.server import PostgreSQL
from tests.migrate.test_bridge import load, migration

if PostgreSQL.binaries() is None:
    pytest.skip(PostgreSQL.install, allow_module_level=True)
pytest.importorskip("psycopg", reason="SQLAlchemy talks to PostgreSQL by psycopg: pip install 'psycopg[binary]'")

from cormorant.migrate import to_engine, to_sqlalchemy


@pytest.fixture(scope="module")
def server() -> Any:
    server = PostgreSQL()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def engine(server: Any) -> Any:
    try:
        engine = cm.create_engine(server.url().replace("postgresql:", "postgresql+asyncpg:"))
    except (cm.exc.NoSuchModuleError, ImportError) as e:
        pytest.skip(f"this build has no PostgreSQL: {e}")
    yield engine
    with to_engine(engine).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


UNKNOWN = {"DATETIME", "CLOB", "NVARCHAR", "NCHAR", "BLOB", "BINARY", "VARBINARY", "DOUBLE"}


def models(comments: bool) -> Any:
    """Those of models.py that PostgreSQL can have, and that Alembic finds again (Float(10) is not)."""
    metadata = load("cormorant")
    copy = cm.MetaData(naming_convention=metadata.naming_convention)
    cm.Table(
        "types", copy, cm.Column("id", cm.BigInteger, primary_key=True),
        *(cm.Column(c.name, c.type) for c in metadata.tables["types"].c if type(c.type).__name__ not in UNKNOWN and c.name not in ("id", "c6") and getattr(c.type, "collation", None) is None),
        cm.Column("d1", cm.Integer, server_default="5"), cm.Column("d2", cm.DateTime, server_default=cm.func.now()),
        cm.Column("d3", cm.Boolean, server_default=cm.true()), cm.Column("d4", cm.String, server_default="its"),
        cm.Column("g", cm.Integer, cm.Computed("d1 * 2", persisted=True), comment="twice" if comments else None),
        comment="everything" if comments else None,
    )  # fmt: skip
    cm.Index("ix_lower", cm.func.lower(copy.tables["types"].c.d4))
    cm.Index("ix_desc", copy.tables["types"].c.d1.desc())
    cm.Table("child", copy, cm.Column("id", cm.Integer, cm.Identity(), primary_key=True), cm.Column("up", cm.ForeignKey("types.id", ondelete="CASCADE"), unique=True))
    return copy


@pytest.mark.parametrize("made_by", ["cormorant", "sqlalchemy"])
def test_nothing_is_found_after_creation(engine: Any, made_by: str) -> None:
    metadata = models(comments=made_by == "sqlalchemy")  # create_all() here writes no comments on PostgreSQL yet
    real = to_sqlalchemy(metadata)
    if made_by == "cormorant":
        metadata.create_all(engine)
    else:
        real.create_all(to_engine(engine))
    assert migration(real, to_engine(engine), compare_server_default=True) == ""


def test_changes_are_found(engine: Any) -> None:
    metadata = cm.MetaData()
    cm.Table("t", metadata, cm.Column("a", cm.Integer, comment="old"), cm.Column("b", cm.String(5)), cm.Column("c", cm.Integer, server_default="1"))
    metadata.create_all(engine)
    metadata = cm.MetaData()
    table = cm.Table("t", metadata, cm.Column("a", cm.Integer, comment="new"), cm.Column("b", cm.String(9)), cm.Column("c", cm.Integer, server_default="2"))
    cm.Index("ix", cm.func.lower(table.c.b))
    found = migration(to_sqlalchemy(metadata), to_engine(engine), compare_server_default=True)
    for part in ("comment='new'", "type_=sa.String(length=9)", "server_default='2'", "create_index('ix', 't', [sa.literal_column('lower(b)')]"):
        assert part in found, found


def test_a_connection_is_shared_with_alembic(engine: Any) -> None:
    """Alembic works on the connection it is given, within its transaction, and reads there what other drivers read."""
    import sqlalchemy as sa
    from alembic.autogenerate import compare_metadata
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    metadata = models(comments=False)
    with engine.connect() as connection:
        connection.begin()
        metadata.create_all(connection)
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert context.get_current_revision() is None and compare_metadata(context, metadata) == []
        Operations(context).drop_table("child")
        assert [change[0] for change in compare_metadata(context, metadata)] == ["add_table"]
        assert context.connection.scalar(sa.text("SELECT 2 WHERE 'a%b' LIKE :x"), {"x": "a%"}) == 2
        assert connection.in_transaction()
        connection.rollback()
    assert cm.inspect(engine).get_table_names() == []
