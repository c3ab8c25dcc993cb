"""Runs SQLAlchemy's own tests, unmodified, on Cormorant: the longest list there is of what its users may rely on.

    python tests/foreign/reference.py SOURCE test/orm/test_query.py [pytest's own arguments]

SOURCE is SQLAlchemy's unpacked source distribution (pip download --no-binary :all: --no-deps sqlalchemy==2.1.9). Its fixtures
(`sqlalchemy.testing`) are loaded from there and see Cormorant as `sqlalchemy`; what they want of SQLAlchemy's insides is made up
here. Many tests ask for insides, too, and for the exact text of statements: a failure is a place to look, not a verdict, so
nothing of this is part of `make test`. It uses the environment of `make test`.
"""

from __future__ import annotations

import ast
import collections
import functools
import importlib
import importlib.util
import inspect
import os
import re
import sys
import types
import typing as t
import warnings
from pathlib import Path

import pytest
import typing_extensions

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(sys.argv[1]).resolve() if len(sys.argv) > 2 else None


class Fixtures:
    """Finds `sqlalchemy.testing` in the source distribution, before the alias looks for it in Cormorant."""

    def find_spec(self, name: str, path: t.Any = None, target: t.Any = None) -> t.Any:
        if name != "sqlalchemy.testing" and not name.startswith("sqlalchemy.testing."):
            return None
        place = SOURCE.joinpath("lib", "sqlalchemy", *name.split(".")[1:])
        if place.is_dir():
            return importlib.util.spec_from_file_location(name, place / "__init__.py", submodule_search_locations=[str(place)])
        return importlib.util.spec_from_file_location(name, place.with_suffix(".py"))


class Absent:
    """Stands for a name that is not there; tests that use it fail with its name."""

    def __init__(self, name: str) -> None:
        self.__dict__["name"] = name

    def __getattr__(self, key: str) -> t.Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return Absent(f"{self.name}.{key}")

    def __call__(self, *args: t.Any, **kw: t.Any) -> t.Any:
        raise NotImplementedError(f"{self.name} is not there")

    def __mro_entries__(self, bases: t.Any) -> t.Any:
        return (object,)

    def __or__(self, other: t.Any) -> t.Any:
        return self  # in an annotation


def put(module: t.Any, **names: t.Any) -> None:
    for name, value in names.items():
        if not hasattr(module, name):
            setattr(module, name, value)


def plus(fn: t.Any, grouped: bool = True) -> t.Dict[str, t.Any]:
    """The arguments of a function as text: as they are declared, and as they are passed on."""
    spec = inspect.getfullargspec(fn) if callable(fn) else fn
    plain = len(spec.args) - len(spec.defaults or ())
    declared = [n if i < plain else f"{n}=None" for i, n in enumerate(spec.args)]
    declared += [f"*{spec.varargs}"] if spec.varargs else ["*"] if spec.kwonlyargs else []
    declared += [f"{n}=None" if n in (spec.kwonlydefaults or {}) else n for n in spec.kwonlyargs]
    passed = [*spec.args, *([f"*{spec.varargs}"] if spec.varargs else []), *(f"{n}={n}" for n in spec.kwonlyargs)]
    for parts in (declared, passed):
        parts += [f"**{spec.varkw}"] if spec.varkw else []
    joined = ", ".join(passed)
    return {"grouped_args": f"({', '.join(declared)})", "apply_pos": f"({joined})" if grouped else joined, "apply_kw": f"({joined})" if grouped else joined}


def decorator(target: t.Any) -> t.Any:
    def decorate(fn: t.Any) -> t.Any:
        made = functools.wraps(fn)(lambda *args, **kw: target(fn, *args, **kw))
        made.__signature__ = inspect.signature(fn)
        return made

    return decorate


def absent_dialect(name: str) -> t.Any:
    """A dialect that is not there: tests may hold one, but none compiles for it."""
    return lambda **kw: types.SimpleNamespace(name=name, paramstyle="named", **kw)


def supply_insides() -> None:
    """What the fixtures themselves import."""
    import cormorant.util as util
    from cormorant import exc
    from cormorant.engine import URL, Connection, Engine
    from cormorant.engine.default import DefaultDialect
    from cormorant.util import concurrency, langhelpers

    flags = {"cpython": True, "has_refcount_gc": True, "is64bit": True, "freethreading": False, "win32": False, "pypy": False}
    flags.update({f"py3{minor}": sys.version_info >= (3, minor) for minor in range(9, 15)})
    put(util, decorator=decorator, defaultdict=collections.defaultdict, has_compiled_ext=lambda raise_=False: False, await_=lambda x: x, **flags)
    put(util, b=lambda text: text.encode("latin-1"), FacadeDict=type("FacadeDict", (dict,), {}))
    put(util, inspect_getfullargspec=inspect.getfullargspec, unique_list=lambda seq, hashfunc=None: list(dict.fromkeys(seq)))
    typing = sys.modules["sqlalchemy.util.typing"] = sys.modules["cormorant.util.typing"] = types.ModuleType("sqlalchemy.util.typing")
    put(typing, **vars(typing_extensions))
    compat = types.ModuleType("sqlalchemy.util.compat")
    put(compat, **{name: value for name, value in util.__dict__.items() if not name.startswith("__")})
    cython = types.ModuleType("sqlalchemy.util._has_cython")
    put(cython, _CYEXTENSION_MSG="none", HAS_CYEXTENSION=False)
    for module in (compat, cython):
        sys.modules[module.__name__] = sys.modules[module.__name__.replace("sqlalchemy", "cormorant")] = module
    put(util, compat=compat)
    put(concurrency, _AsyncUtil=type("_AsyncUtil", (), {"run_in_greenlet": lambda self, fn, *a, **k: fn(*a, **k), "close": lambda self: None}))
    put(langhelpers, format_argspec_plus=plus, _warnings_warn=lambda message, category=None, stacklevel=2: warnings.warn(message, category, stacklevel))
    put(exc, SATestSuiteWarning=type("SATestSuiteWarning", (Warning,), {}))
    put(URL, _get_entrypoint=lambda self: self.get_dialect())
    put(DefaultDialect, load_provisioning=classmethod(load_provisioning), insert_executemany_returning=True, use_insertmanyvalues=False)
    put(DefaultDialect, _deliver_insertmanyvalues_batches=None, update_returning_multifrom=True, delete_returning_multifrom=True)
    put(Engine, _compiled_cache={})
    put(Connection, _exec_insertmany_context=None)
    for name in ("mssql", "oracle"):
        for place in ("", ".base"):
            put(importlib.import_module(f"cormorant.dialects.{name}{place}"), dialect=absent_dialect(name), __getattr__=absent_type)
    put(importlib.import_module("cormorant.engine.cursor"), CursorFetchStrategy=None, BufferedRowCursorFetchStrategy=None)
    put(importlib.import_module("cormorant.engine.default"), StrCompileDialect=type("StrCompileDialect", (DefaultDialect,), {}))
    put(DefaultDialect, min_year_for_type=lambda self, type_: 1, default_sequence_base=1)
    kinds = types_of()
    put(kinds, _Binary=kinds.LargeBinary, _DATETIME=kinds.DateTime, _STRING=kinds.String, _TIME=kinds.Time, _UNICODE=kinds.Unicode)
    put(kinds, _AbstractInterval=kinds.Interval)
    put(importlib.import_module("cormorant.sql.compiler"), OPERATORS=OperatorTexts())
    coercions = sys.modules["sqlalchemy.sql.coercions"] = sys.modules["cormorant.sql.coercions"] = types.ModuleType("sqlalchemy.sql.coercions")
    put(coercions, expect=coerced)
    put(importlib.import_module("cormorant.sql"), coercions=coercions)
    put(compat, Template=type("Template", (), {}))
    put(cython, _all_cython_modules=list)
    sqlite = importlib.import_module("cormorant.dialects.sqlite")
    put(sqlite.base, **{name: value for name, value in vars(sqlite).items() if not name.startswith("_")})
    put(DefaultDialect, _is_url_file_db=classmethod(lambda cls, url: bool(url.database) and url.database != ":memory:"))


def absent_type(name: str) -> t.Any:
    """A type of a dialect that is not there: tests may hold one."""
    if name.startswith("__"):
        raise AttributeError(name)
    from cormorant.types import NullType

    return type(name, (NullType,), {"__init__": lambda self, *args, **kw: NullType.__init__(self)})


class OperatorTexts(dict):
    """How operators are written between two columns."""

    def __missing__(self, operator: t.Any) -> str:
        from cormorant import column

        return str(operator(column("a"), column("b")))[1:-1]


def coerced(role: t.Any, element: t.Any, **kw: t.Any) -> t.Any:
    from cormorant import _core

    chosen = {"FromClauseRole": _core.ROLE_FROM, "ColumnsClauseRole": _core.ROLE_COLUMNS}
    return _core.coerce(element, chosen.get(role.__name__, _core.ROLE_EXPR))


def types_of() -> t.Any:
    return importlib.import_module("cormorant.types")


def clear_listeners(family: t.Any) -> None:
    """Forgets class-wide listeners, as tests of SQLAlchemy do after each."""
    from cormorant.event import registry

    for key, store in list(registry._of_classes.items()):
        for name in [name for name in family.events if store.pop(name, None)]:
            family().changed(key, name, False)


class Dispatch:
    """Who listens to what, as attributes of a target: tests look at the functions and call them all at once."""

    def __init__(self, target: t.Any, family: t.Any) -> None:
        self.__dict__.update(target=target, family=family)

    def __getattr__(self, name: str) -> t.Any:
        from cormorant.event.registry import listeners_of

        if name == "_clear":
            return lambda: clear_listeners(self.family)
        if name not in self.family.events:
            raise AttributeError(name)
        heard = [*(listeners_of(type(self.target), name) if isinstance(self.target, _mapper_class()) else ())]
        heard += listeners_of(getattr(self.target, "class_", self.target), name)
        return Heard(item.call for item in heard)


class Heard(t.List[t.Any]):
    def __call__(self, *args: t.Any, **kw: t.Any) -> None:
        for fn in self:
            fn(*args, **kw)


def _mapper_class() -> t.Any:
    from cormorant.orm.mapper import Mapper

    return Mapper


def supply_dispatch() -> None:
    from cormorant.orm import Session, events

    mapper = importlib.import_module("cormorant.orm.mapper")
    put(Session, dispatch=property(lambda self: Dispatch(self, events.SessionEvents)))
    put(mapper._Dispatch, __getattr__=lambda self, name: getattr(Dispatch(self._manager, events.InstanceEvents), name))

    class OfMapper:
        def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
            return Dispatch(owner if instance is None else instance, events.MapperEvents)

    put(mapper.Mapper, dispatch=OfMapper())


def supply_orm() -> None:
    """What tests of the ORM use of its insides."""
    from cormorant import Select
    from cormorant.orm import base, events
    from cormorant.orm.mapper import ClassManager
    from cormorant.orm.properties import UNSET, MappedColumn
    from cormorant.orm.relationships import RelationshipProperty

    put(events, InstrumentationEvents=type("InstrumentationEvents", (), {"_clear": staticmethod(lambda: None)}))
    supply_dispatch()
    for name in ("MapperEvents", "InstanceEvents", "SessionEvents", "AttributeEvents", "QueryEvents"):
        put(getattr(events, name), _clear=classmethod(clear_listeners))
    put(ClassManager, dispatch=types.SimpleNamespace(_clear=functools.partial(clear_listeners, events.InstanceEvents)))
    put(MappedColumn, mapper_property_to_assign=property(lambda self: self.as_property(self.column) if _has_options(self) else None))
    put(MappedColumn, columns_to_assign=property(lambda self: [(self.column, 0 if self.sort_order is UNSET else self.sort_order)]))
    put(base, _DeclarativeMapped=base._MappedAnnotationBase)
    put(base, _is_mapped_class=lambda entity: base._mapper_or_none(entity) is not None)
    put(Select, _label_style=property(Select.get_label_style))
    made = RelationshipProperty.__init__

    def without_private(self: t.Any, *args: t.Any, **kw: t.Any) -> None:
        for name in ("_legacy_inactive_history_style", "_local_remote_pairs"):
            kw.pop(name, None)
        made(self, *args, **kw)

    RelationshipProperty.__init__ = without_private  # type: ignore[method-assign]
    put(importlib.import_module("cormorant.ext.mutable"), _setup_composite_listener=lambda: None)
    supply_deferred()
    supply_evaluator()


def _has_options(column: t.Any) -> bool:
    return bool(column.deferred) or column.deferred_group is not None or column.active_history


def supply_deferred() -> None:
    """The list of classes that wait for their tables."""
    from cormorant.ext.declarative import extensions
    from cormorant.orm import decl_base

    put(decl_base, _DeferredDeclarativeConfig=types.SimpleNamespace(_configs=extensions._waiting))


def supply_evaluator() -> None:
    """The judge of conditions in memory, which SQLAlchemy's tests call as a compiler of functions."""
    from cormorant.orm import evaluator

    class Compiler:
        def __init__(self, target_cls: t.Any = None) -> None:
            self.target_cls = target_cls

        def process(self, clause: t.Any) -> t.Callable[[t.Any], t.Any]:
            return lambda obj: evaluator.evaluate(clause, obj)

    put(evaluator, _EvaluatorCompiler=Compiler)


def supply_engine() -> None:
    """What tests of engines and pools use of their insides."""
    from cormorant.engine import events
    from cormorant.engine.base import Connection, Engine
    from cormorant.pool import Pool

    def clear() -> None:
        for family in (events.ConnectionEvents, events.DialectEvents, events.PoolEvents):
            clear_listeners(family)

    for target in (Engine, Connection, Pool):
        put(target, dispatch=types.SimpleNamespace(_clear=clear))


def supply_drivers() -> None:
    """Modules of PostgreSQL's drivers that tests import whole."""
    from cormorant.dialects import postgresql
    from cormorant.dialects.postgresql import base, dbapi

    put(base, **{name: value for name, value in vars(postgresql).items() if not name.startswith("_")})
    for name in ("pg8000", "psycopg2cffi"):
        module = types.ModuleType(f"sqlalchemy.dialects.postgresql.{name}")
        put(module, dialect=postgresql.dialect, dbapi=dbapi)
        put(postgresql, **{name: module})
        sys.modules[module.__name__] = sys.modules[module.__name__.replace("sqlalchemy", "cormorant")] = module


def load_provisioning(dialect: t.Any) -> None:
    path = SOURCE / "lib" / "sqlalchemy" / "dialects" / dialect.name / "provision.py"
    name = f"sqlalchemy.dialects.{dialect.name}.provision"
    if name not in sys.modules and path.exists():
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)


def fill_gaps(path: Path) -> None:
    """Names that a file of tests imports and that are not there, so that its other tests run."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or node.level or not (node.module or "").startswith("sqlalchemy") or "testing" in node.module:
            continue
        try:
            module = importlib.import_module(node.module)
        except ImportError:
            module = sys.modules[node.module] = types.ModuleType(node.module)
        for alias in node.names:
            if not hasattr(module, alias.name):
                try:
                    importlib.import_module(f"{node.module}.{alias.name}")
                except ImportError:
                    setattr(module, alias.name, Absent(f"{node.module}.{alias.name}"))


class CompareText:
    """Compiled statements are compared by their text and parameters, without looking into the compiler."""

    @pytest.hookimpl(trylast=True)
    def pytest_collectstart(self) -> None:
        from sqlalchemy.testing import assertions, assertsql, config

        import cormorant as sa
        from cormorant.engine import URL
        from cormorant.engine.default import DefaultDialect

        def assert_compile(self: t.Any, clause: t.Any, result: t.Any, params: t.Any = None, checkparams: t.Any = None, dialect: t.Any = None, **kw: t.Any) -> None:
            dialect = dialect if dialect is not None else getattr(self, "__dialect__", None)
            if kw.get("use_default_dialect") or dialect == "default":
                dialect = DefaultDialect()
            elif dialect == "default_qmark":
                dialect = DefaultDialect(paramstyle="qmark")
            elif kw.get("allow_dialect_select") or dialect == "default_enhanced":
                dialect = None
            elif isinstance(dialect, str):
                dialect = URL.create(dialect).get_dialect()()
            elif dialect is None:
                dialect = config.db.dialect
            if isinstance(clause, sa.orm.Query):
                clause = clause.statement.set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
            given = {"schema_translate_map": kw["schema_translate_map"]} if kw.get("schema_translate_map") else {}
            given |= {"column_keys": list(params)} if params is not None else {}
            chosen = {name: True for name in ("literal_binds", "render_postcompile") if kw.get(name)}
            compiled = clause.compile(dialect=dialect, compile_kwargs=chosen, **given) if chosen else clause.compile(dialect=dialect, **given)
            text = re.sub(r"[\n\t]", "", str(compiled))
            assert result.match(text) if isinstance(result, re.Pattern) else text == result, f"{text!r} is not {result!r}"
            if checkparams is not None:
                assert (compiled.construct_params(params) if params else dict(compiled.params)) == checkparams

        assertions.AssertsCompiledSQL.assert_compile = assert_compile
        assertsql.CompiledSQL.process_statement = process_statement


def process_statement(rule: t.Any, observed: t.Any) -> None:
    """A rule about what was executed: the text sent is compared, with question marks for parameters, and the first set of values.
    How many values a list of IN has does not matter: it is padded."""
    sent = observed.statements[0]
    text, wanted = (re.sub(r"[\n\t]", "", s) for s in (sent.statement, rule.statement if hasattr(rule, "statement") else rule.orig_regex))
    if hasattr(rule, "regex"):
        rule.is_consumed = bool(rule.regex.match(text))
    else:
        names = [a or b for a, b in re.findall(r"__\[POSTCOMPILE_(\w+)\]|(?<![:\w]):(\w+)", wanted)]
        plain = re.sub(r"__\[POSTCOMPILE_\w+\]|(?<![:\w]):\w+", "?", wanted)
        sizes = [m.group().count("?") for m in re.finditer(r"IN \(\?(?:, \?)*\)|\?", text)]
        lists = [m.group() != "?" for m in re.finditer(r"IN \(\?(?:, \?)*\)|\?", text)]
        values, given = list(sent.parameters or ()), {}
        for name, size, is_list in zip(names, sizes, lists):
            taken, values = values[:size], values[size:]
            given[name] = list(dict.fromkeys(taken)) if is_list else taken[0] if taken else None
        expected = rule._all_params(observed.context)
        fits = expected is None or sent.executemany is (len(expected) > 1) and any(all(given.get(k) == v for k, v in one.items()) for one in expected)
        rule.is_consumed = fits and re.sub(r"IN \(\?(?:, \?)*\)", "IN (?)", text) == plain
    rule.errormessage = None if rule.is_consumed else f"wanted {wanted!r} with {rule.params}, sent {text!r} with {sent.parameters}"


def main() -> int:
    if SOURCE is None or not (SOURCE / "lib" / "sqlalchemy" / "testing").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    sys.path.insert(0, os.environ.get("PYTHONPATH", str(ROOT / "python")))
    from cormorant import compat

    compat.install()
    sys.meta_path.insert(0, Fixtures())
    supply_insides()
    supply_orm()
    supply_engine()
    supply_drivers()
    os.chdir(SOURCE)
    for argument in sys.argv[2:]:
        path = Path(argument.split("::")[0])
        for file in [path, *path.parent.glob("_*.py")] if path.suffix == ".py" else path.rglob("*.py") if path.is_dir() else ():
            fill_gaps(file)
    return int(pytest.main(["-p", "no:cacheprovider", *sys.argv[2:]], plugins=[CompareText()]))


if __name__ == "__main__":
    sys.exit(main())
