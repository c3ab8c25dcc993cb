"""What `to_sqlalchemy` draws is what SQLAlchemy's own tables of the same models are, as Alembic and the databases see them."""

from __future__ import annotations

import importlib
import types
from pathlib import Path
from typing import Any

import pytest

import cormorant as cm
from cormorant import types as cm_types

pytest.importorskip("alembic", reason="migrations need pip install alembic")
pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index")  # which SQLite cannot show

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy.schema import CreateIndex, CreateTable

from cormorant.migrate import Spelled, to_engine, to_sqlalchemy

def load(package: str, file: str = "models.py") -> Any:
    module = types.ModuleType(f"models_of_{package}")
    exec(Path(__file__).with_name(file).read_text().replace("from cormorant", f"from {package}"), module.__dict__)
    return module.metadata


@pytest.fixture(scope="module")
def both() -> Any:
    return to_sqlalchemy(load("cormorant")), load("sqlalchemy")


def migration(metadata: Any, engine: Any = None, **options: Any) -> str:
    """Source of what an upgrade of the database would be."""
    with (engine or sa.create_engine("sqlite://")).connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata, "compare_type": True, **options})
        ops = produce_migrations(context, metadata).upgrade_ops
        return "" if ops.is_empty() else render_python_code(ops, migration_context=context)


def test_alembic_sees_the_same(both: Any) -> None:
    ours, theirs = both
    rendered = migration(ours)
    assert rendered == migration(theirs)
    assert rendered.count("sa.Column(") > 70 and "batch" not in rendered


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
def test_tables_are_created_alike(both: Any, dialect: str) -> None:
    created_alike(*both, dialect)


@pytest.mark.parametrize("dialect, begin", [("postgresql", "pg"), ("mysql", "my")])
def test_types_of_single_databases(dialect: str, begin: str) -> None:
    ours, theirs = to_sqlalchemy(load("cormorant", "dialect_models.py")), load("sqlalchemy", "dialect_models.py")
    created_alike(ours, theirs, dialect, begin)
    for table in theirs.tables.values():
        assert [repr(c.type) for c in ours.tables[table.name].c] == [repr(c.type) for c in table.c]


def created_alike(ours: Any, theirs: Any, dialect: str, begin: str = "") -> None:
    module = importlib.import_module(f"sqlalchemy.dialects.{dialect}")
    assert [t.name for t in ours.sorted_tables] == [t.name for t in theirs.sorted_tables]
    for table in (t for t in theirs.sorted_tables if t.name.startswith(begin)):
        spelled = []
        for found in (ours.tables[table.key], table):
            try:
                items = [CreateTable(found), *(CreateIndex(i) for i in sorted(found.indexes, key=lambda i: str(i.name)))]
                spelled.append([str(i.compile(dialect=module.dialect())) for i in items])
            except sa.exc.CompileError as e:
                spelled.append([str(e)])
        ours_text, theirs_text = (_standard(s, dialect) for s in spelled)
        assert ours_text == theirs_text


def _standard(texts: list[str], dialect: str) -> list[str]:
    """now() and CURRENT_TIMESTAMP are one in PostgreSQL: Cormorant may write either for it."""
    return [t.replace("now()", "CURRENT_TIMESTAMP") if dialect != "sqlite" else t for t in texts]


def test_nothing_is_found_after_creation(both: Any) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    both[0].create_all(engine)
    assert migration(both[0], engine) == ""


def test_nothing_is_found_in_a_database_that_cormorant_made(tmp_path: Any) -> None:
    ours = load("cormorant")
    engine = cm.create_engine(f"sqlite:///{tmp_path}/x.db")
    ours.create_all(engine)
    engine.dispose()
    assert migration(to_sqlalchemy(ours), to_engine(engine)) == ""


def test_a_changed_type_is_found_on_sqlite() -> None:
    """Types that SQLite reads back as something else are compared as what it reads."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a UUID, b VARBINARY(5), c INTEGER, d VARCHAR(5))")
    metadata = cm.MetaData()
    cm.Table("t", metadata, cm.Column("a", cm.UUID), cm.Column("b", cm.VARBINARY(9)), cm.Column("c", cm.UUID), cm.Column("d", cm.String(6)))
    found = migration(to_sqlalchemy(metadata), engine)
    assert "'a'" not in found and all(f"alter_column('t', '{name}'" in found for name in "bcd")
    assert migration(to_sqlalchemy(metadata), engine, compare_type=False) == ""


def drawn(*items: Any, **options: Any) -> Any:
    metadata = cm.MetaData(**options)
    cm.Table("t", metadata, *items)
    return next(iter(to_sqlalchemy(metadata).tables.values()))


class Lower(cm.TypeDecorator):  # type: ignore[type-arg]
    impl = cm.String(40)
    cache_ok = True


class Guid(cm.TypeDecorator):  # type: ignore[type-arg]
    impl = cm.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(cm.CHAR(32) if dialect.name != "postgresql" else cm.Uuid())


class Point(cm_types.UserDefinedType):  # type: ignore[type-arg]
    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:
        return "POINT"


class Short(cm.String):
    """A type of the program's own with the values of another."""

    def bind_processor(self, dialect: Any) -> Any:
        return str


def test_decorated_types_are_what_they_store() -> None:
    class Outer(cm.TypeDecorator):  # type: ignore[type-arg]
        impl = Lower
        cache_ok = True

    table = drawn(cm.Column("a", Lower), cm.Column("b", Guid), cm.Column("c", Outer), cm.Column("d", Short(7)), cm.Column("e", cm.PickleType(impl=cm.LargeBinary(9))))
    assert type(table.c.a.type) is sa.String and table.c.a.type.length == 40
    by_dialect = {d: str(table.c.b.type.compile(importlib.import_module(f"sqlalchemy.dialects.{d}").dialect())) for d in ("sqlite", "postgresql")}
    assert by_dialect == {"sqlite": "CHAR(32)", "postgresql": "UUID"}
    assert repr(table.c.c.type) == "String(length=40)" and type(table.c.d.type) is sa.String and table.c.d.type.length == 7
    assert isinstance(table.c.e.type, sa.PickleType) and table.c.e.type.impl.length == 9


def test_user_defined_types_keep_their_spelling() -> None:
    table = drawn(cm.Column("a", Point), cm.Column("b", cm.Integer))
    assert isinstance(table.c.a.type, Spelled)
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    assert "cormorant.migrate.Spelled('POINT')" in migration(table.metadata, engine)
    table.metadata.create_all(engine)
    assert migration(table.metadata, engine) == ""


def test_names() -> None:
    table = drawn(cm.Column("a", cm.Integer, index=True, unique=True), cm.Column(cm.quoted_name("b", True), cm.Integer), schema="other")
    assert table.schema == "other" and table.c.b.name.quote is True
    (index,) = table.indexes
    assert index.name == "ix_other_t_a" or index.name == "ix_t_a"
    assert type(index.name).__name__ == "conv" and index.unique
    plain = drawn(cm.Column("a", cm.Integer, cm.CheckConstraint("a > 1", name="mine")))
    names = {c.name: type(c.name) for c in plain.constraints if c.name}
    assert names == {"mine": str}


def test_keys_and_targets_in_schemas() -> None:
    metadata = cm.MetaData(schema="main")
    cm.Table("a", metadata, cm.Column("id", cm.Integer, key="ident", primary_key=True))
    cm.Table("b", metadata, cm.Column("x", cm.ForeignKey("a.ident")), cm.Column("y", cm.Integer), schema=cm.schema.BLANK_SCHEMA)
    cm.Table("c", metadata, cm.Column("x", cm.ForeignKey("later.id", name="fk_later")))
    made = to_sqlalchemy(metadata)
    assert sorted(made.tables) == ["b", "main.a", "main.c"]
    assert made.tables["b"].c.x.references(made.tables["main.a"].c.ident) and made.tables["main.a"].c.ident.name == "id"
    with pytest.raises(sa.exc.NoReferencedTableError, match=r"main\.later"):
        made.tables["main.c"].c.x.foreign_keys.copy().pop().column


def test_conditions_and_orders_of_tables() -> None:
    metadata = cm.MetaData()
    first, second = cm.Table("a", metadata, cm.Column("x", cm.Integer)), cm.Table("b", metadata, cm.Column("x", cm.Integer))
    first.add_is_dependent_on(second)
    first.append_constraint(cm.CheckConstraint("x > 1", name="pg").ddl_if(dialect="postgresql"))
    made = to_sqlalchemy(metadata)
    assert [t.name for t in made.sorted_tables] == ["b", "a"]
    assert "CHECK" not in str(CreateTable(made.tables["a"]).compile(dialect=importlib.import_module("sqlalchemy.dialects.sqlite").dialect()))


def test_sequences() -> None:
    metadata = cm.MetaData()
    cm.Table("a", metadata, cm.Column("id", cm.Integer, cm.Sequence("numbers", start=3, metadata=metadata), primary_key=True))
    made = to_sqlalchemy(metadata)
    assert made._sequences["numbers"].start == 3 and made.tables["a"].c.id.default.name == "numbers"


def test_what_cannot_be_drawn_is_named() -> None:
    with pytest.raises(cm.exc.ArgumentError, match=r"to_sqlalchemy\(\) takes a cormorant MetaData.*sqlite"):
        to_sqlalchemy("sqlite://")  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match=r"column 't\.a'.*TupleType"):
        drawn(cm.Column("a", cm_types.TupleType(cm.Integer)))

    class Odd(cm_types.TypeEngine):  # type: ignore[type-arg]
        pass

    with pytest.raises(NotImplementedError, match=r"column 't\.a'.*TypeEngine"):
        drawn(cm.Column("a", Odd()))
    with pytest.raises(cm.exc.ArgumentError, match="nonsense"):
        cm.Table("t", cm.MetaData(), cm.Column("a", cm.Integer), sqlite_nonsense=True)


def test_engines(tmp_path: Any) -> None:
    ours = cm.create_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db", connect_args={"timeout": 3, "check_same_thread": False, "foreign_keys": True})
    real = to_engine(ours)
    assert isinstance(real, sa.Engine) and real is to_engine(ours) and real.url.database == f"{tmp_path}/x.db"
    with real.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 3000
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0  # batch mode drops tables that others refer to
    with ours.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


@pytest.mark.parametrize("poolclass", [cm.pool.StaticPool, None])
def test_engines_of_databases_in_memory(poolclass: Any) -> None:
    """These are Cormorant's own: SQLAlchemy runs on its connections."""
    ours = cm.create_engine("sqlite://", poolclass=poolclass, pool_timeout=1)
    real = to_engine(ours)
    with ours.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    for i in range(20):
        with real.begin() as connection:
            connection.execute(sa.text("INSERT INTO t VALUES (:x)"), {"x": i})
    with pytest.raises(ZeroDivisionError), real.begin() as connection:
        connection.execute(sa.text("DELETE FROM t"))
        1 / 0  # noqa: B018
    with ours.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*), sum(x) FROM t").one() == (20, 190)
    with pytest.raises(sa.exc.OperationalError, match="no such table"), real.connect() as connection:
        connection.execute(sa.text("SELECT * FROM absent"))
