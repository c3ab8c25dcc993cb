"""Names of classes in `relationship("Address")`; expressions in strings are read by `arguments`."""

from __future__ import annotations

import typing as t
import weakref

from .. import exc
from ..sql.schema import MetaData
from ..util import warn

class _class_resolver:  # noqa: N801 - the name of the API
    """Nothing is an instance of it: names are resolved by `resolve()`. Programs ask whether an argument is one."""


class ClassRegistry:
    """Mapped classes of one `registry` by name; held weakly."""

    def __init__(self) -> None:
        self._by_name: t.Dict[str, t.List["weakref.ref[type]"]] = {}

    def add(self, cls: type) -> None:
        found = [r for r in self._by_name.get(cls.__name__, ()) if r() is not None and r() is not cls]
        same = [r for r in found if getattr(r(), "__module__", None) == cls.__module__]
        if same:
            warn(
                f"This declarative base already contains a class with the same class name and module name as {cls.__module__}."
                f"{cls.__name__}: strings that name it mean the new one from now on."
            )
            found = [r for r in found if r not in same]
        self._by_name[cls.__name__] = [*found, weakref.ref(cls)]

    def remove(self, cls: type) -> None:
        self._by_name[cls.__name__] = [r for r in self._by_name.get(cls.__name__, ()) if r() not in (None, cls)]

    def candidates(self, name: str) -> t.List[type]:
        return [cls for cls in (r() for r in self._by_name.get(name, ())) if cls is not None]

    def find(self, name: str) -> t.Optional[type]:
        """The class of that name; a path of modules before the name tells several apart."""
        path, _, last = name.rpartition(".")
        found = self.candidates(last)
        if path:
            found = [cls for cls in found if cls.__module__ == path or cls.__module__.endswith("." + path)]
        if len(found) > 1:
            paths = ", ".join(f"{cls.__module__}.{cls.__name__}" for cls in found)
            raise exc.InvalidRequestError(
                f'Multiple classes found for path "{name}" in the registry of this declarative base. Please use a fully module-qualified '
                f"path: {paths}"
            )
        return found[0] if found else None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.candidates(name))

    def __getitem__(self, name: str) -> type:
        cls = self.find(name)
        if cls is None:
            raise KeyError(name)
        return cls

    def keys(self) -> t.List[str]:
        return [name for name in self._by_name if self.candidates(name)]

    def values(self) -> t.List[type]:
        return [cls for name in self._by_name for cls in self.candidates(name)]

    def __iter__(self) -> t.Iterator[str]:
        return iter(self.keys())


class Resolver:
    """Interprets the strings of one relationship."""

    def __init__(self, prop: t.Any) -> None:
        self.prop = prop
        self.cls = prop.parent.class_
        self.registry = prop.parent.registry

    def class_(self, name: str) -> t.Any:
        """The class, or table, that a target string names."""
        name = name.strip()
        if name == self.cls.__name__ and "." not in name:
            own = self.classes().candidates(name)
            if len(own) <= 1:
                return self.cls
        found = self.classes().find(name)
        if found is None:
            found = self.table(name)  # which is no target: the caller says so
        if found is None:
            self.missing(name, name)
        return found

    def table(self, name: str) -> t.Any:
        metadata = self.prop.parent.local_table.metadata if self.registry is None else self.registry.metadata
        for candidate in (getattr(self.cls, "metadata", None), metadata, self.prop.parent.local_table.metadata):
            if not isinstance(candidate, MetaData):  # an attribute may have that name
                continue
            key = f"{candidate.schema}.{name}" if candidate.schema and "." not in name else name
            table = candidate.tables.get(key)
            if table is None:
                table = candidate.tables.get(name)
            if table is not None:
                return table
        return None

    def expression(self, text: str) -> t.Any:
        """The value of an expression string; lists give lists."""
        from .arguments import Interpreter

        return Interpreter(self, text).value()

    # ---- what the interpreter asks

    def classes(self) -> ClassRegistry:
        return self.registry._class_registry if self.registry is not None else ClassRegistry()

    def missing(self, name: str, text: str) -> t.NoReturn:
        raise exc.InvalidRequestError(
            f"When initializing mapper {self.prop.parent}, expression '{text}' failed to locate a name ('{name}'). A class that it names "
            f"must be declared, and its module imported, before {self.cls!r} is first used."
        )
