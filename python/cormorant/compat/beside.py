"""The real SQLAlchemy beside the alias, for Alembic and what runs in its name.

Two sets of modules bear the name `sqlalchemy` then. Which one an import gets depends on who asks: the modules of Alembic, of SQLAlchemy
itself and of `cormorant.migrate`, env.py and migrations get SQLAlchemy's; everything else, the application above all, gets ours. To this
end these modules are executed with an `__import__` of their own. SQLAlchemy's modules are kept in a dictionary here, and stand in
sys.modules only as long as one of them is being imported.
"""

from __future__ import annotations

import builtins
import functools
import importlib.util
import sys
import threading
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from types import ModuleType
from typing import Any, Callable, Dict, Iterator, List, Optional

__all__ = ["importing", "run_beside", "takes_part"]

NAME = "sqlalchemy"
EXTENSIONS = frozenset(("alembic", "alembic_autogenerate_enums", "alembic_postgresql_enum", "alembic_utils"))
"""Alembic, and packages that extend it by SQLAlchemy's classes."""

_modules: Dict[str, ModuleType] = {}
"""SQLAlchemy's modules by name."""

_lock = threading.RLock()
_owner: Optional[int] = None
"""The thread for which SQLAlchemy's modules are in sys.modules now."""


def takes_part(fullname: str) -> bool:
    """Whether a module works on the real SQLAlchemy."""
    return fullname.partition(".")[0] in EXTENSIONS or fullname.startswith("cormorant.migrate.") or fullname == "cormorant.migrate"


def importing() -> bool:
    """Whether the name `sqlalchemy` means SQLAlchemy to this thread now."""
    return _owner == threading.get_ident()


def run_beside(spec: ModuleSpec) -> ModuleSpec:
    """Has a module of these executed so that it imports the real SQLAlchemy."""
    if spec.loader is not None and not isinstance(spec.loader, (ExtensionFileLoader, _Loader)):
        spec.loader = _Loader(spec.loader)
    return spec


class _Loader(Loader):
    """The loader that was found, but for the builtins that a module begins with."""

    def __init__(self, found: Any) -> None:
        self._found = found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_found"], name)

    def create_module(self, spec: ModuleSpec) -> Optional[ModuleType]:
        return self._found.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = _builtins()
        self._found.exec_module(module)
        if module.__name__ == "alembic":
            _set_up(module)


@functools.lru_cache(None)
def _builtins() -> Dict[str, Any]:
    return {**vars(builtins), "__import__": _import}


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
    """`__import__` to which `sqlalchemy` is SQLAlchemy."""
    fullname = name if level == 0 else importlib.util.resolve_name("." * level + name, _package(globals))
    if fullname.partition(".")[0] != NAME:
        return builtins.__import__(name, globals, locals, fromlist, level)
    found = _modules.get(fullname)
    if found is not None:
        if not fromlist:
            return _modules[NAME]
        if "*" not in fromlist and all(hasattr(found, wanted) for wanted in fromlist):
            return found
    with _in_sys_modules():
        return builtins.__import__(name, globals, locals, fromlist, level)


def _package(names: Any) -> Any:
    package = names.get("__package__")
    return package if package is not None else names["__spec__"].parent


@contextmanager
def _in_sys_modules() -> Iterator[None]:
    global _owner
    with _lock:
        if _owner is not None:
            yield
            return
        ours = _take()
        sys.modules.update(_modules)
        _owner = threading.get_ident()
        try:
            yield
        finally:
            _owner = None
            _modules.update(_take())
            sys.modules.update(ours)


def _take() -> Dict[str, ModuleType]:
    """What sys.modules has under the name, removed from it."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == NAME}


# ---- Alembic


def _set_up(alembic: Any) -> None:
    """Makes scripts take part, and errors those that the program can catch."""
    from alembic.autogenerate import api
    from alembic.util import pyfiles

    pyfiles.load_module_py = _run_script
    importlib.import_module("cormorant.migrate")
    runtime = alembic.runtime
    for holder, names in (
        (alembic.script.ScriptDirectory, ["run_env"]),
        (runtime.migration.MigrationContext, ["get_current_revision", "get_current_heads", "run_migrations", "stamp"]),
        (runtime.environment.EnvironmentContext, ["configure", "run_migrations"]),
        (api, ["compare_metadata", "produce_migrations"]),
    ):
        for name in names:
            setattr(holder, name, _translating_errors(getattr(holder, name)))
    for name in ("compare_metadata", "produce_migrations"):
        setattr(alembic.autogenerate, name, getattr(api, name))


def _run_script(module_id: str, path: Any) -> ModuleType:
    """env.py or a migration."""
    spec = importlib.util.spec_from_file_location(module_id, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(run_beside(spec))
    spec.loader.exec_module(module)
    return module


_depth = threading.local()


def _translating_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Errors of SQLAlchemy leave the outermost function of Alembic as ours, by the same name: those the program imported."""

    @functools.wraps(function)
    def translating(*args: Any, **kwargs: Any) -> Any:
        inside: List[Any] = _depth.__dict__.setdefault("inside", [])
        inside.append(function)
        try:
            return function(*args, **kwargs)
        except _modules["sqlalchemy.exc"].SQLAlchemyError as error:
            if len(inside) > 1:
                raise
            raise _ours(error) from error
        finally:
            inside.pop()

    return translating


def _ours(error: Any) -> BaseException:
    from .. import exc

    cls = next(getattr(exc, c.__name__) for c in type(error).__mro__ if hasattr(exc, c.__name__))
    made = cls.__new__(cls, *error.args)
    made.__dict__.update(error.__dict__)
    return made  # type: ignore[no-any-return]
