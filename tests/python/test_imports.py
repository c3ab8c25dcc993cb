"""What importing the package does not load: modules of the standard library that cost more than the package itself."""

import os
import subprocess
import sys

import pytest
from cormorant import _core

HEAVY = {"asyncio", "concurrent.futures", "ctypes", "email", "http", "json", "logging", "multiprocessing", "socket", "sqlite3", "ssl", "subprocess", "unittest"}

RARE = {
    f"cormorant.{room}.{name}"
    for room, names in {
        "orm": "aliases arguments bulk bundle collections composites context decl_dataclass dynamic evaluator merging query stand writeonly",
        "sql": "alterations compiler ddl ddl_run indexing lambdas made_types namespaces traversals vocabulary windows",
    }.items()
    for name in names.split()
}


@pytest.mark.parametrize("module", ["cormorant", "cormorant.orm", "cormorant.ext.hybrid", "cormorant.ext.declarative"])
def test_heavy_modules_wait_until_they_are_needed(module):
    program = f"import sys; before = set(sys.modules); import {module}; print(*sorted(set(sys.modules) - before))"
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path})
    loaded = set(done.stdout.split())
    assert module in loaded
    assert not loaded & HEAVY
    assert not loaded & RARE
    assert not {name for name in loaded if name.startswith(("cormorant.flask", "cormorant._pg", "cormorant.migrate", "cormorant.dialects."))}


def test_what_waits_is_there_when_it_is_asked_for():
    program = """
import cormorant, cormorant.orm, cormorant.sql
from cormorant import *
from cormorant.sql import functions, visitors, operators, expression
assert lambda_stmt is cormorant.sql.lambda_stmt is expression.lambda_stmt and OperatorClass is operators.OperatorClass
assert visitors.InternalTraversal.dp_string.value == "S"
assert cormorant.orm.AppenderQuery and cormorant.orm.WriteOnlyCollection
assert type(func.max(1)) is functions.max and issubclass(functions.current_date, functions.AnsiFunction)
assert issubclass(cormorant.orm.Query, object) and cormorant.orm.query.Query is cormorant.orm.Query and "Query" in dir(cormorant.orm)
assert cormorant.orm.composite is cormorant.orm.composites.composite and issubclass(cormorant.orm.CompositeProperty, cormorant.orm.MapperProperty)
assert cormorant.orm.util.AliasedClass is cormorant.orm.AliasedClass and cormorant.orm.session.ORMExecuteState is cormorant.orm.ORMExecuteState
assert Over is cormorant.Over is expression.Over is cormorant.sql.elements.Over and cormorant.CacheKey is expression.CacheKey
assert cormorant.sql.SQLCompiler is cormorant.sql.compiler.SQLCompiler
class sum(functions.GenericFunction):
    inherit_cache = True
assert type(func.sum(1)) is sum and functions.sum is not sum and type(func.sum(1)) is sum
for module in (cormorant.orm, cormorant.orm.session, cormorant.sql, cormorant.sql.elements, visitors, operators, expression, functions):
    assert not hasattr(module, "nothing_of_that_name")
"""
    path = os.pathsep.join(p for p in sys.path if p)
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": path})


def test_the_extension_imports_what_it_needs_of_the_package():
    """Hooks have homes: modules that nobody imported before the core came to need them."""
    program = """
import sys
from cormorant import *
from cormorant import orm
from cormorant.orm import Mapped, mapped_column, relationship

def loads(name, do):
    assert name not in sys.modules
    answer = do()
    assert name in sys.modules
    return answer

class Base(orm.DeclarativeBase):
    pass

class Child(Base):
    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))
    name: Mapped[str]

class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict] = mapped_column(JSON)
    children: Mapped[list[Child]] = relationship()

joined = loads("cormorant.sql.namespaces", lambda: select(Parent.id).join(Parent.children).filter_by(name="a"))  # no mapper is built yet
assert loads("cormorant.sql.compiler", lambda: str(joined.whereclause)) == "child.name = :name_1"
loads("cormorant.sql.indexing", lambda: Parent.data["a"])
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with orm.Session(engine) as s:
    p = Parent(data={}, children=[Child(name="a")])
    s.add(p)
    s.commit()
    assert s.scalar(joined) == 1
    loads("cormorant.orm.merging", lambda: s.merge(p))
    event.listen(s, "do_orm_execute", lambda state: None)
    assert loads("cormorant.orm.context", lambda: p.children[0].name) == "a"
    assert loads("cormorant.orm.query", lambda: s.query(Parent)).all() == [p]
assert "cormorant.orm.collections" not in sys.modules
"""
    path = os.pathsep.join(p for p in sys.path if p)
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": path})


def test_the_extension_has_no_other_hooks_than_its_own():
    with pytest.raises(ValueError, match="there is no hook named nothing"):
        _core.register_hook("nothing", print)
