"""Unmodified programs on Cormorant: `import sqlalchemy` and `import flask_sqlalchemy` answer this package.

    import cormorant.compat; cormorant.compat.install()     # first thing in a program
    python -m cormorant.compat app.py                       # or a whole program, or a module:
    python -m cormorant.compat -m pytest tests
    python -m cormorant.compat --report src                 # what a code base uses that is absent here

Alembic, env.py and migrations get the real SQLAlchemy nevertheless (`beside.py`), on the databases and tables of the program
(`cormorant.migrate`). CORMORANT_COMPAT=off in the environment makes `install` do nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Optional, Sequence

from . import beside

REFERENCE = {"sqlalchemy": ("cormorant", "2.1.9"), "flask_sqlalchemy": ("cormorant.flask", "3.1.1")}
"""Name of the package spoken for -> (our package, the version it answers with)."""

SWITCH = "CORMORANT_COMPAT"
"""Environment variable; "off" leaves the packages alone."""


class _Alias(ModuleType):
    """The top-level package under its other name: the same objects, but the version that programs check."""

    def __init__(self, name: str, real: ModuleType, version: str) -> None:
        super().__init__(name, real.__doc__)
        self.__dict__.update(__version__=version, __path__=[], __file__=real.__file__, _real=real)

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self.__dict__["_real"], name)
        except AttributeError:
            raise AttributeError(f"module {self.__name__!r} (spoken for by {self._real.__name__!r}) has no attribute {name!r}") from None

    def __dir__(self) -> Any:
        return dir(self._real)


class _Loader(Loader):
    def __init__(self, real: str) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.real)
        _name_types(module)
        if spec.name in REFERENCE:
            return _Alias(spec.name, module, REFERENCE[spec.name][1])
        spec.loader_state = module.__spec__  # importlib overwrites it with the alias's
        return module

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None and spec.loader_state is not None:
            module.__spec__ = spec.loader_state


def _name_types(module: ModuleType) -> None:
    """Types say the module that programs know them from: converters are found by it."""
    from cormorant.sql import sqltypes, type_api

    type_api.OWN_NAMES.add("sqlalchemy")
    for holder in (module, sqltypes):
        for cls in list(vars(holder).values()):
            if isinstance(cls, type) and issubclass(cls, sqltypes.TypeEngine) and cls.__module__.startswith("cormorant."):
                cls.__module__ = "sqlalchemy" + cls.__module__[len("cormorant") :]


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        top, _, rest = fullname.partition(".")
        if beside.takes_part(fullname) or (top == beside.NAME and beside.importing()):
            found = self._find_otherwise(fullname, path, target)
            if found is None and fullname == beside.NAME:
                raise ModuleNotFoundError("Alembic needs the real SQLAlchemy beside cormorant.compat: pip install 'cormorant[migrate]'", name=fullname)
            return None if found is None else beside.run_beside(found)
        if top not in REFERENCE:
            return None
        real = REFERENCE[top][0] + (f".{rest}" if rest else "")
        try:
            found = importlib.util.find_spec(real)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise ModuleNotFoundError(f"{fullname!r} is not there in Cormorant yet (no module {real!r})", name=fullname)
        return ModuleSpec(fullname, _Loader(real), is_package=found.submodule_search_locations is not None)

    def _find_otherwise(self, *where: Any) -> Optional[ModuleSpec]:
        """What is found without the alias."""
        finders = [f for f in sys.meta_path if f is not self and hasattr(f, "find_spec")]
        return next((spec for finder in finders if (spec := finder.find_spec(*where)) is not None), None)


def install() -> None:
    """Answers imports of the reference packages from now on. Once is enough. Nothing happens under CORMORANT_COMPAT=off.

    Fails with RuntimeError when the real SQLAlchemy was imported before: two halves of two libraries would meet.
    """
    if installed() or os.environ.get(SWITCH) == "off":
        return
    for name in REFERENCE:
        if name in sys.modules:
            raise RuntimeError(f"{name} was imported before cormorant.compat.install(): call it first")
    sys.meta_path.insert(0, _Finder())


def installed() -> bool:
    return any(isinstance(finder, _Finder) for finder in sys.meta_path)


__all__ = ["install", "installed"]
