"""`with_parent()`, `with_loader_criteria()`, identity keys; aliases and bundles under the module path that programs import them from."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from .._late import late
from . import exc as orm_exc
from .base import _mapper_or_none, class_mapper, object_mapper, object_state
from .relation_values import instance_condition


def with_loader_criteria(
    entity_or_base: t.Any, where_criteria: t.Any, loader_only: bool = False, include_aliases: bool = False, propagate_to_loaders: bool = True,
    track_closure_variables: bool = True,
) -> t.Any:
    """An option: further conditions on an entity wherever the statement reads it."""
    if isinstance(entity_or_base, type) and not hasattr(entity_or_base, "__mapper__"):
        from .mapper import mapped_below

        flags = {"loader_only": loader_only, "include_aliases": include_aliases, "propagate_to_loaders": propagate_to_loaders}
        each = [with_loader_criteria(m.class_, where_criteria, **flags) for m in mapped_below(entity_or_base)]
        return _core.make(_core.K_LIST, op=_core.OP_COMMA, segs=(each,))
    entity = _core.coerce(entity_or_base, _core.ROLE_FROM)
    condition = where_criteria(entity_or_base) if callable(where_criteria) and not isinstance(where_criteria, _core.Node) else where_criteria
    flags = (_core.FLAG_INCLUDE_ALIASES if include_aliases else 0) | (0 if propagate_to_loaders else _core.FLAG_AT_ONCE)
    return _core.make(_core.K_CRITERIA, flags=flags, kids=(entity, _core.coerce(condition, _core.ROLE_WHERE)))


def with_parent(instance: t.Any, prop: t.Any, from_entity: t.Any = None) -> t.Any:
    """The condition that rows are related to an instance by a relationship of its class."""
    return _with_parent(instance, prop, from_entity)


def _with_parent(instance: t.Any, prop: t.Any, from_entity: t.Any = None, between: t.Any = None) -> t.Any:
    if isinstance(prop, str):
        raise exc.ArgumentError("with_parent() accepts class-bound mapped attributes, not strings")
    found = getattr(prop, "property", prop)
    if not hasattr(found, "direction"):
        raise exc.ArgumentError(f"Expected relationship property for with_parent(), got {found}")
    of_type = getattr(prop, "_of_type", None)
    entity = of_type if of_type is not None else from_entity

    def seen_through(column: t.Any) -> t.Any:
        if entity is None and not found.mapper._reads_apart:
            return column
        source = found.mapper.class_ if entity is None else entity
        return getattr(source, found.mapper.get_property_by_column(column).key)._expr

    return instance_condition(found, instance, True, seen_through, between)


def identity_key(class_: t.Any = None, ident: t.Any = None, *, instance: t.Any = None, row: t.Any = None, identity_token: t.Any = None) -> t.Any:
    """The key of an instance in identity maps: from a class and primary key, from an instance, or from a row."""
    if class_ is not None:
        mapper = class_mapper(class_)
        if ident is None:
            if row is None:
                raise exc.ArgumentError("ident or row is required")
            return mapper.identity_key_from_row(row, identity_token)
        return mapper.identity_key_from_primary_key(ident if isinstance(ident, (tuple, list)) else (ident,), identity_token)
    if instance is not None:
        return object_mapper(instance).identity_key_from_instance(instance)
    raise exc.ArgumentError("class or instance is required")


def has_identity(object: t.Any) -> bool:
    """Whether an instance has a key: it is or was in the database."""
    return t.cast(bool, object_state(object).has_identity)


def was_deleted(object_: t.Any) -> bool:
    """Whether a flush deleted the instance's row."""
    return t.cast(bool, object_state(object_).was_deleted)


def _mapper_within(statement: t.Any) -> t.Any:
    """The mapper of the first entity or mapped attribute anywhere in a statement, its subqueries too; None without one."""
    for node in _core.walk(statement):
        if isinstance(node, _core.InstrumentedAttribute):
            return _mapper_or_none(node.class_)
        if node._kind == _core.K_ENTITY:
            return _mapper_or_none(_class_of(node))
    return None


def _class_of(entity: t.Any) -> t.Any:
    mapper = entity.__dict__.get("_mapper")
    return mapper.class_ if mapper is not None else _core.entity_class(entity)


_ELSEWHERE = {
    "aliases": ("AliasedClass", "AliasedInsp", "aliased", "join", "outerjoin", "polymorphic_union", "with_polymorphic"),
    "bundle": ("Bundle", "DictBundle"),
}
__getattr__, __dir__ = late(__name__, _ELSEWHERE)

__all__ = [
    *_ELSEWHERE["aliases"], *_ELSEWHERE["bundle"], "identity_key", "object_mapper", "object_state", "orm_exc", "was_deleted",
    "with_loader_criteria", "with_parent",
]  # fmt: skip
