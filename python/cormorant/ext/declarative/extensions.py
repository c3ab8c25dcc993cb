"""Classes whose tables are read from the database before they are mapped."""

from __future__ import annotations

import typing as t

from ... import exc
from ...orm import exc as orm_exc
from ...orm.base import _mapper_or_none
from ...sql.schema import Table

__all__ = ["AbstractConcreteBase", "ConcreteBase", "DeferredReflection"]


class ConcreteBase:
    """Mixed into a class whose subclasses are `concrete`: reading it reads the tables of them all."""

    @classmethod
    def _create_polymorphic_union(cls, mappers: t.Sequence[t.Any], discriminator_name: str) -> t.Any:
        from ...orm.aliases import polymorphic_union

        return polymorphic_union({m.polymorphic_identity: m.local_table for m in mappers}, discriminator_name, "pjoin")

    @classmethod
    def __declare_first__(cls) -> None:
        mapper = cls.__dict__.get("__mapper__")
        if mapper is None or mapper.with_polymorphic is not None or not mapper._subclasses:
            return
        name = getattr(cls, "_concrete_discriminator_name", None) or "type"
        union = cls._create_polymorphic_union(mapper.self_and_descendants, name)
        mapper._set_union(union, union.c[name])


class AbstractConcreteBase(ConcreteBase):
    """The same for a class without a table: it is mapped to the union when all subclasses are there, when mappers are configured."""

    __no_table__ = True

    @classmethod
    def _sa_defer_mapping(cls, registry: t.Any) -> bool:
        if AbstractConcreteBase not in cls.__bases__:
            return False
        cls._sa_union_registry = registry  # type: ignore[attr-defined]
        return True

    @classmethod
    def __declare_first__(cls) -> None:
        if AbstractConcreteBase not in cls.__bases__ or "__mapper__" in cls.__dict__:
            return
        below = _classes_below(cls)
        mappers = [m for m in map(_mapper_or_none, below) if m is not None]
        if mappers:
            _map_to_union(cls, mappers)
            for found in mappers:
                if found._concrete_given and found.inherits is None:
                    found._set_concrete_base(next(m for m in map(_mapper_or_none, found.class_.__mro__[1:]) if m is not None))


def _classes_below(cls: type) -> list[type]:
    found = list(cls.__subclasses__())
    for sub in found:  # grows
        found.extend(s for s in sub.__subclasses__() if s not in found)
    return found


def _map_to_union(cls: t.Any, mappers: t.Sequence[t.Any]) -> None:
    from ...orm.decl_base import map_declarative

    name = getattr(cls, "_concrete_discriminator_name", None) or "type"
    union = cls._create_polymorphic_union(mappers, name)
    args: dict[str, t.Any] = {"polymorphic_on": union.c[name], "with_polymorphic": ("*", union), "polymorphic_abstract": True}
    keys = {column.key for m in mappers for column in m.local_table.primary_key}
    args["primary_key"] = [union.c[key] for key in sorted(keys)]
    if cls.__dict__.get("strict_attrs"):
        own = {key for key, value in vars(cls).items() if not key.startswith("__")}
        args["include_properties"] = {*keys, *own, name}
    map_declarative(cls._sa_union_registry, cls, union, **args)


_waiting: list[tuple[t.Any, t.Any]] = []


class DeferredReflection:
    """Mixed into a base: its classes are mapped by `prepare(engine)`, with the columns that the database has."""

    __abstract__ = True

    @classmethod
    def _sa_defer_mapping(cls, registry: t.Any) -> bool:
        _waiting.append((registry, cls))
        return True

    @classmethod
    def __clause_element__(cls) -> t.NoReturn:  # the mapping puts its own in the place of it
        raise orm_exc.UnmappedClassError(
            cls,
            f"Class {cls.__module__}.{cls.__name__} is a subclass of DeferredReflection.  Mappings are not produced until the .prepare() "
            "method is called on the class hierarchy.",
        )

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
        for _, found in mine:
            for prop in found.__mapper__._relations():
                _read_secondary(found.metadata, prop.secondary_argument, bind, reflect_kw)


def _read_secondary(metadata: t.Any, secondary: t.Any, bind: t.Any, options: t.Mapping[str, t.Any]) -> None:
    """The table between two classes is read, too: named by a string, or a Table without columns."""
    if isinstance(secondary, str) and secondary not in metadata.tables:
        schema, _, name = secondary.rpartition(".")
    elif isinstance(secondary, Table) and not len(secondary.c):
        metadata, schema, name = secondary.metadata, secondary.schema or "", secondary.name
    else:
        return
    metadata.reflect(bind, schema=schema or None, only=[name], extend_existing=True, autoload_replace=False, **options)
