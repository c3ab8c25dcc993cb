"""Names that wait: a module shows them, but imports the module where they live only when one is asked for (PEP 562).

    __getattr__, __dir__ = late(__name__, {"query": ("Query",)})

A module that has `__all__` may list them there; `present(module)` are the names of `__all__` without them, for modules that
pass on all that another has.
"""

from __future__ import annotations

import importlib
import sys
import typing as t


def late(module: str, homes: t.Mapping[str, t.Iterable[str]]) -> t.Tuple[t.Callable[[str], t.Any], t.Callable[[], t.List[str]]]:
    """`__getattr__` and `__dir__` of a module. homes: the names by the module beside it, or within it, where they live; that module is
    an attribute too, as it would be had it been imported."""
    seen = vars(sys.modules[module])
    package = module if "__path__" in seen else module.rpartition(".")[0]
    home_of = {name: home for home, names in homes.items() for name in names}
    modules = set(homes) if package == module else set()

    def __getattr__(name: str) -> t.Any:  # noqa: N807
        home = home_of.get(name)
        if home is not None:
            found = seen[name] = getattr(importlib.import_module(f"{package}.{home}"), name)
            return found
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    def __dir__() -> t.List[str]:  # noqa: N807
        return sorted({*seen, *home_of, *modules})

    return __getattr__, __dir__


def present(module: t.Any) -> t.List[str]:
    """The names of a module's `__all__` that do not wait."""
    return [name for name in module.__all__ if name in vars(module)]
