"""Aliases of mapped classes, also of several classes of a hierarchy, and joins of entities."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..inspection import _inspects, _self_inspects
from ..sql import cast, literal, null, select, union_all
from ..sql.fromclause import CTE, Alias, Join, Subquery
from .base import InspectionAttr, _mapper_or_none, class_mapper
from .bundle import Bundle
from .mapper import Mapper
from .util import _class_of


class AliasedInsp(InspectionAttr):
    """`inspect(aliased(User))`."""

    is_aliased_class = True
    is_selectable = True

    def __init__(self, entity: "AliasedClass", mapper: t.Any, node: t.Any, name: t.Optional[str]) -> None:
        self.entity, self.mapper, self.name = entity, mapper, name
        self._node = node
        self._subclasses: t.Sequence[t.Any] = ()  # mappers that with_polymorphic() reads along

    @property
    def class_(self) -> type:
        return t.cast(type, self.mapper.class_)

    @property
    def selectable(self) -> t.Any:
        return self._node._kids[0]

    @property
    def with_polymorphic_mappers(self) -> t.List[t.Any]:
        """The mappers of the entity and of the subclasses read along with it."""
        return [self.mapper, *self._subclasses] if self._subclasses else list(self.mapper.with_polymorphic_mappers)

    @property
    def _target(self) -> type:
        return self.class_

    def __clause_element__(self) -> t.Any:
        return self._node

    def __str__(self) -> str:
        return f"aliased({self.class_.__name__})"


class AliasedClass:
    """A mapped class under another name in a statement: `aliased(User)`."""

    def __init__(
        self, mapped_class_or_ac: t.Any, alias: t.Any = None, name: t.Optional[str] = None, flat: bool = False, adapt_on_names: bool = False,
        _subclasses: t.Sequence[t.Any] = (), _polymorphic_on: t.Any = None, **kw: t.Any,
    ) -> None:
        if kw:
            raise NotImplementedError(f"aliased({', '.join(kw)}=) is not supported yet")
        mapper = _mapper_or_none(mapped_class_or_ac)
        mapper._ensure_built()
        source = None if alias is None else _core.coerce(alias, _core.ROLE_FROM)
        again = mapped_class_or_ac._aliased_insp if isinstance(mapped_class_or_ac, AliasedClass) else None
        over = _polymorphic_on if again is None or source is None else again._node  # whose columns the source shows
        if source is None and again is not None and (again._subclasses or _is_subquery(again.selectable)):
            source, _subclasses = again.selectable.alias(name, flat=flat), again._subclasses
            over = _core.adapt(again._node._kids[1], (again.selectable,), (source,)) if again._node._kids[1] is not None else None
        elif source is None and flat and name and isinstance(mapper.selectable, Join):
            source = mapper.selectable.alias(name, flat=True)
        node = mapper._alias(name, source, over)
        if _subclasses:
            node = node._with(set=_core.FLAG_POLYMORPHIC)
        self._stand_for(mapper, node, name)
        self._read_along(_subclasses)
        node.__dict__["_insp"] = self.__dict__["_aliased_insp"]
        node.__dict__["_mapper"] = mapper

    def _stand_for(self, mapper: t.Any, node: t.Any, name: t.Optional[str]) -> None:
        insp = AliasedInsp(self, mapper, node, name)
        self.__dict__.update(_aliased_insp=insp, _aliased_mapper=mapper, _node=node, __name__=mapper.class_.__name__, _cache={})

    def _read_along(self, mappers: t.Sequence[t.Any]) -> None:
        """Subclasses whose tables are read along are attributes: `people.Engineer.status`."""
        self.__dict__["_aliased_insp"]._subclasses = mappers
        for sub in mappers:
            self.__dict__["_cache"][sub.class_.__name__] = self._as_subclass(sub)

    def _as_subclass(self, mapper: t.Any) -> "AliasedClass":
        """The attributes that a subclass adds, read from the same FROM element."""
        made = AliasedClass.__new__(AliasedClass)
        made._stand_for(mapper, self.__dict__["_node"], None)
        return made

    def __clause_element__(self) -> t.Any:
        return self._node

    def __getattr__(self, key: str) -> t.Any:
        d = self.__dict__
        if "_cache" not in d:
            raise AttributeError(key)
        if key.startswith("__"):  # __table__ and its like; what Python asks of objects is not the class's to answer
            found = getattr(d["_aliased_mapper"].class_, key)
            if callable(found):
                raise AttributeError(key)
            return found
        found = d["_cache"].get(key)
        if found is not None:
            return found
        mapper = d["_aliased_mapper"]
        value = next((c.__dict__[key] for c in mapper.class_.__mro__ if key in c.__dict__), None)
        if value is None and not hasattr(mapper.class_, key):
            raise AttributeError(f"{self!r} has no attribute {key!r}")
        behind = getattr(value, "__dict__", {}).get("attribute")  # of dynamic and write-only relationships
        if isinstance(behind, _core.InstrumentedAttribute):
            value = behind
        if isinstance(value, _core.InstrumentedAttribute):
            found = self._adapted(key, value)
            d["_cache"][key] = found
            return found
        if value is None:
            return getattr(mapper.class_, key)
        if hasattr(value, "__get__"):
            from .properties import _Synonym

            if isinstance(value, _Synonym):
                return value.__get__(None, self)
            if isinstance(value, (classmethod, staticmethod)):
                return getattr(mapper.class_, key)
            return value.__get__(None, self)
        return value

    def _adapted(self, key: str, value: t.Any) -> t.Any:
        if value.prop is not None and hasattr(value.prop, "direction"):
            self._aliased_mapper._check_configure()
        made = self._aliased_mapper._entity_attr(self._node, key)
        if type(made) is not type(value):
            made = _as_class(made, type(value))
        if value._flags & _core.FLAG_HOST_COMPARE and not made._flags & _core.FLAG_HOST_COMPARE:  # a comparator of its own
            made = _as_class(made._with(set=_core.FLAG_HOST_COMPARE), type(value))
        made.__dict__.setdefault("_prop", value.prop)
        made.__dict__["_class"] = self
        made.__dict__["_of_entity"] = self
        return made

    def __repr__(self) -> str:
        return f"<AliasedClass at {id(self):#x}; {self.__dict__['_aliased_mapper'].class_.__name__}>"

    def __str__(self) -> str:
        return str(self.__dict__["_aliased_insp"])


@_inspects(AliasedClass)
def _inspect_alias(subject: AliasedClass) -> AliasedInsp:
    return t.cast(AliasedInsp, subject.__dict__["_aliased_insp"])


_self_inspects(AliasedInsp)


def _is_subquery(source: t.Any) -> bool:
    return isinstance(source, (Subquery, CTE)) or isinstance(source, Alias) and _is_subquery(source.element)


def _as_class(node: t.Any, cls: type) -> t.Any:
    """A node of the same layout as an object of another node class."""
    node.__class__ = cls
    return node


def aliased(element: t.Any, alias: t.Any = None, name: t.Optional[str] = None, flat: bool = False, adapt_on_names: bool = False) -> t.Any:
    """Another name for a mapped class, or for a FROM element."""
    if _mapper_or_none(element) is None:
        if adapt_on_names:
            raise exc.ArgumentError("adapt_on_names only applies to ORM elements")
        return _core.coerce(element, _core.ROLE_FROM).alias(name)
    return AliasedClass(element, alias, name, flat, adapt_on_names)


def with_polymorphic(
    base: t.Any, classes: t.Any, selectable: t.Any = False, flat: bool = False, polymorphic_on: t.Any = None, aliased: bool = False,
    innerjoin: bool = False, adapt_on_names: bool = False, name: t.Optional[str] = None, _use_mapper_path: bool = False,
) -> t.Any:
    """A class together with subclasses of it, `"*"` for all: one statement reads the tables of them all."""
    mapper = class_mapper(base)
    mappers = _mappers_between(mapper, classes)
    if selectable is False and mapper.with_polymorphic is not None:
        selectable = mapper.with_polymorphic_selectable
    concrete = next((m for m in mappers if m.concrete), None)
    if concrete is not None and (selectable is False or selectable is None):
        raise NotImplementedError(f"with_polymorphic() of the concrete {concrete} needs a selectable=: a polymorphic_union()")
    given = selectable is not False and selectable is not None
    if flat and given:
        raise exc.ArgumentError("the 'flat' and 'selectable' arguments cannot be passed simultaneously to with_polymorphic()")
    source = _core.coerce(selectable, _core.ROLE_FROM) if given else _joined(mapper, mappers, innerjoin)
    told = None if polymorphic_on is None else _core.coerce(polymorphic_on, _core.ROLE_EXPR)
    if aliased or flat:
        alias = source.alias(name, flat=flat)
        source, told = alias, None if told is None else _core.adapt(told, (source,), (alias,))
    return AliasedClass(base, source, name, _subclasses=mappers, _polymorphic_on=told)


def _joined(mapper: t.Any, mappers: t.List[t.Any], innerjoin: bool) -> t.Any:
    """The tables of a class joined to those that subclasses add."""
    source = mapper.persist_selectable
    for sub in mappers:
        if not sub.single:
            sub._ensure_built()
            _, table, condition = sub._own_from._kids  # JOIN: the parent's tables, its own, how they belong together
            source = source.join(table, condition) if innerjoin else source.outerjoin(table, condition)
    return source


def _listed(classes: t.Any) -> t.Sequence[t.Any]:
    """One class stands for a list of it."""
    return [classes] if isinstance(classes, (type, Mapper)) else classes or ()


def _mappers_between(mapper: t.Any, classes: t.Any) -> t.List[t.Any]:
    """The mappers of the classes asked for and of those between them and the base, parents first."""
    below = mapper.self_and_descendants[1:]
    wanted = below if classes == "*" else [class_mapper(cls) for cls in _listed(classes)]
    for m in wanted:
        if not m.isa(mapper):
            raise exc.InvalidRequestError(f"{m} does not inherit from {mapper}")
    return [m for m in below if any(w.isa(m) for w in wanted)]


def polymorphic_union(table_map: t.Mapping[t.Any, t.Any], typecolname: t.Optional[str], aliasname: str = "p_union", cast_nulls: bool = True) -> t.Any:
    """The rows of several tables as those of one: columns that a table lacks are NULL, and `typecolname` says where a row is from."""
    tables = {key: _core.coerce(table, _core.ROLE_FROM) for key, table in table_map.items()}
    columns: t.Dict[str, t.Any] = {}
    for key, table in tables.items():
        for column in table.c:
            if column.key == typecolname:
                raise exc.InvalidRequestError(
                    f"Polymorphic union can't use '{typecolname}' as the discriminator column due to mapped column {column}; name the discriminator "
                    "otherwise by 'typecolname', or by '_concrete_discriminator_name' in a class below ConcreteBase"
                )
            columns.setdefault(column.key, column.type)

    def part(key: t.Any, table: t.Any) -> t.Any:
        own = {column.key: column for column in table.c}
        items = [own[name] if name in own else (cast(null(), type_) if cast_nulls else null()).label(name) for name, type_ in columns.items()]
        if typecolname is not None:
            items.append(literal(key).label(typecolname))
        return select(*items).select_from(table)

    return union_all(*[part(key, table) for key, table in tables.items()]).alias(aliasname)


class ORMJoin(Join):
    """Two entities joined; further ones may be joined along relationships."""

    __slots__ = ()
    inherit_cache = True

    def join(self, right: t.Any, onclause: t.Any = None, isouter: bool = False, full: bool = False) -> t.Any:  # type: ignore[override]
        return join(self, right, onclause, isouter, full)

    def outerjoin(self, right: t.Any, onclause: t.Any = None, full: bool = False) -> t.Any:  # type: ignore[override]
        return join(self, right, onclause, True, full)


def join(left: t.Any, right: t.Any, onclause: t.Any = None, isouter: bool = False, full: bool = False) -> t.Any:
    """A FROM element: two entities joined; the condition may be a relationship."""
    left_from, right_from = _plain(_core.coerce(left, _core.ROLE_FROM)), _plain(_core.coerce(right, _core.ROLE_FROM))
    if isinstance(onclause, str):
        raise exc.ArgumentError(f"ON clause, typically a SQL expression or ORM relationship attribute expected, got {onclause!r}.")
    if isinstance(onclause, _core.InstrumentedAttribute) and hasattr(onclause.property, "_join"):
        prop = onclause.property
        if isinstance(left, AliasedClass) and left._aliased_mapper.isa(prop.parent) and not onclause._entity._flags & _core.FLAG_ALIASED:
            onclause = getattr(left, prop.key)
        primary, second = onclause._conditions(right._node if isinstance(right, AliasedClass) else None)
        if prop.secondary is None:
            onclause = primary
        else:
            between = prop.secondary.alias()
            primary, second = (_core.adapt(c, (prop.secondary,), (between,)) for c in (primary, second))
            if isouter or full:
                right_from, onclause = Join(between, right_from, second), primary
            else:
                left_from, onclause = Join(left_from, between, primary), second
    return ORMJoin(left_from, right_from, onclause, isouter, full)


def outerjoin(left: t.Any, right: t.Any, onclause: t.Any = None, full: bool = False) -> t.Any:
    """`join(..., isouter=True)`."""
    return join(left, right, onclause, True, full)


def _plain(node: t.Any) -> t.Any:
    return node._kids[0] if node._kind == _core.K_ENTITY else node


def _entity_of_statement(entity: t.Any) -> t.Any:
    """The mapped class or alias that a selected thing speaks of; None for plain columns and tables."""
    if isinstance(entity, (type, AliasedClass)):
        return entity if _mapper_or_none(entity) is not None else None
    if isinstance(entity, _core.Mapper):
        return entity.class_
    if isinstance(entity, _core.InstrumentedAttribute):
        return entity.__dict__.get("_of_entity") or entity.class_
    if isinstance(entity, _core.Node):
        if entity._kind == _core.K_ENTITY:
            insp = entity.__dict__.get("_insp")
            return insp.entity if insp is not None else _class_of(entity)
        for node in _core.walk(entity):
            if isinstance(node, _core.InstrumentedAttribute):
                return node.__dict__.get("_of_entity") or node.class_
    return None


def _is_single_entity(entity: t.Any) -> bool:
    """Whether rows of a query for this alone are the entities themselves."""
    if isinstance(entity, (type, AliasedClass, _core.Mapper)):
        return _mapper_or_none(entity) is not None
    if isinstance(entity, Bundle):
        return entity.single_entity
    return isinstance(entity, _core.Node) and entity._kind == _core.K_ENTITY


__all__ = ["AliasedClass", "AliasedInsp", "ORMJoin", "aliased", "join", "outerjoin", "polymorphic_union", "with_polymorphic"]
