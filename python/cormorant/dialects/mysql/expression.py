"""MATCH ... AGAINST."""

from __future__ import annotations

import typing as t

from ... import _core
from ...sql import sqltypes
from .._own import OwnElement

__all__ = ["match"]


class match(OwnElement):  # noqa: N801 - the name of the API
    """`MATCH (a, b) AGAINST ('word')`."""

    __slots__ = ()
    inherit_cache = True
    _databases = ("mysql", "mariadb")

    def __init__(self, *cols: t.Any, against: t.Any, **kw: t.Any) -> None:
        columns = [_core.coerce(c, _core.ROLE_EXPR) for c in cols]
        _core.init(self, _core.K_HOST, type=sqltypes.BOOLEANTYPE, name="match", segs=((*columns, _core.coerce(against, _core.ROLE_EXPR)),))
        self.__dict__["_modes"] = tuple(k for k in ("in_boolean_mode", "in_natural_language_mode", "with_query_expansion") if kw.pop(k, False))
        if kw:
            raise TypeError(f"match() got unexpected arguments {sorted(kw)}")

    def _with_mode(self, mode: str) -> t.Any:
        *columns, against = self._seg(0)
        return match(*columns, against=against, **dict.fromkeys((*self._modes, mode), True))

    def in_boolean_mode(self) -> t.Any:
        return self._with_mode("in_boolean_mode")

    def in_natural_language_mode(self) -> t.Any:
        return self._with_mode("in_natural_language_mode")

    def with_query_expansion(self) -> t.Any:
        return self._with_mode("with_query_expansion")

    def _write(self, compiler: t.Any) -> str:
        *columns, against = self._seg(0)
        modes = "".join(" " + m.replace("_", " ").upper() for m in self.__dict__.get("_modes", ()))
        return f"MATCH ({', '.join(compiler.process(c) for c in columns)}) AGAINST ({compiler.process(against)}{modes})"
