"""Classes whose tables are read from the database before they are mapped."""

from __future__ import annotations

import typing as t

from ... import exc

__all__ = ["DeferredReflection"]

_waiting: list[tuple[t.Any, t.Any]] = []


class DeferredReflection:
    """Mixed into a base: its classes are mapped by `prepare(engine)`, with the columns that the database has."""

    __abstract__ = True

    @classmethod
    def _sa_defer_mapping(cls, registry: t.Any) -> bool:
        _waiting.append((registry, cls))
        return True

    @classmethod
    def prepare(cls, bind: t.Any, **reflect_kw: t.Any) -> None:
        """Reads the tables of the classes that wait, and maps them."""
        from ...orm.decl_base import map_declarative
        from ..automap import extend_existing

        mine = [(registry, c) for registry, c in _waiting if issubclass(c, cls)]
        for registry, found in mine:
            name = found.__dict__.get("__tablename__")
            if name is not None:
                options = getattr(found, "__table_args__", None)
                schema = options.get("schema") if isinstance(options, dict) else None
                try:
                    found.metadata.reflect(bind, schema=schema, only=[name], extend_existing=True, autoload_replace=False, **reflect_kw)
                except exc.InvalidRequestError as e:
                    raise exc.NoSuchTableError(name) from e
                extend_existing(found)
            map_declarative(registry, found)
            _waiting.remove((registry, found))
