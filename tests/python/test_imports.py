"""What importing the package does not load: modules of the standard library that cost more than the package itself."""

import os
import subprocess
import sys

import pytest

HEAVY = {"asyncio", "concurrent.futures", "ctypes", "email", "http", "json", "logging", "multiprocessing", "socket", "sqlite3", "ssl", "subprocess", "unittest"}

RARE = {f"cormorant.{name}" for name in ("orm.bulk", "orm.dynamic", "orm.evaluator", "orm.writeonly", "sql.alterations", "sql.ddl", "sql.ddl_run", "sql.lambdas", "sql.vocabulary")}


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
class sum(functions.GenericFunction):
    inherit_cache = True
assert type(func.sum(1)) is sum and functions.sum is not sum and type(func.sum(1)) is sum
for module in (cormorant.orm, visitors, operators, expression, functions):
    assert not hasattr(module, "nothing_of_that_name")
"""
    path = os.pathsep.join(p for p in sys.path if p)
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": path})
