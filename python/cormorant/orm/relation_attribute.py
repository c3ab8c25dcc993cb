"""Relationship attributes in statements: `User.addresses.any()`, `Address.user == some_user`, `User.addresses.of_type(alias)`."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..sql import and_, exists, not_, or_, select
from ..sql import null as sql_null
from ..sql.elements import ClauseElement
from .attributes import InstrumentedAttribute
from .base import MANYTOONE
from .relation_values import held_value, identity_criterion, instance_condition


class _OfColumns:
    """What columns have and relationships have not: `Post.author.name` is not the name of the relationship, and not the author's."""

    def __get__(self, attribute: t.Any, owner: t.Any = None) -> t.Any:
        raise AttributeError  # __getattr__ says the rest


class RelationshipAttribute(InstrumentedAttribute):
    """An attribute that leads to other instances."""

    __slots__ = ()
    name, description, type, cast = _OfColumns(), _OfColumns(), _OfColumns(), _OfColumns()

    @property
    def mapper(self) -> t.Any:
        return self.property.mapper

    @property
    def entity(self) -> t.Any:
        of_type = self.__dict__.get("_of_type")
        return self.property.mapper if of_type is None else of_type

    # ---- operators

    def _operate(self, op: int, other: t.Any, reversed_: bool = False) -> t.Any:
        if op == _core.OP_EQ:
            return self._equals(other)
        if op == _core.OP_NE:
            return self._differs(other)
        if op == _core.OP_CONTAINS:
            return self.contains(other)
        if op == _core.OP_IS and other is None:
            return self._equals(None)
        if op == _core.OP_IS_NOT and other is None:
            return self._differs(None)
        if op in (_core.OP_IN, _core.OP_NOT_IN):
            raise NotImplementedError(
                "in_() not yet supported for relationships.  For a simple many-to-one, use in_() against the set of foreign key values."
            )
        raise NotImplementedError(f"Operator '{_op_name(op)}' is not supported for relationship {self}; compare its columns instead")

    def in_(self, *args: t.Any) -> t.Any:
        return self._operate(_core.OP_IN, args)

    def __eq__(self, other: t.Any) -> t.Any:
        return self._equals(other)

    def __ne__(self, other: t.Any) -> t.Any:
        return self._differs(other)

    __hash__ = _core.Node.__hash__

    def _equals(self, other: t.Any) -> t.Any:
        prop = self.property
        if isinstance(other, RelationshipAttribute):
            return self is other
        if other is None or _is_null(other):
            if prop.direction is MANYTOONE:
                return and_(*[self._local(c).is_(None) for c, _ in prop._join.pairs])
            return not_(self._exists())
        if prop.uselist:
            raise exc.InvalidRequestError("Can't compare a collection to an object or collection; use contains() to test for membership.")
        return self._matches(other)

    def _differs(self, other: t.Any) -> t.Any:
        prop = self.property
        if isinstance(other, RelationshipAttribute):
            return self is not other
        if other is None or _is_null(other):
            if prop.direction is MANYTOONE:
                return or_(*[self._local(c).is_not(None) for c, _ in prop._join.pairs])
            return self._exists()
        if prop.uselist:
            raise exc.InvalidRequestError("Can't compare a collection to an object or collection; use contains() to test for membership.")
        return self._misses(other)

    def contains(self, other: t.Any, **kwargs: t.Any) -> t.Any:
        """Whether an instance is a member of the collection."""
        prop = self.property
        if not prop.uselist:
            raise exc.InvalidRequestError("'contains' not implemented for scalar attributes.  Use ==")
        return self._matches(other)

    # ---- conditions

    def _local(self, column: t.Any) -> t.Any:
        """A column of the parent, as this attribute's entity sees it."""
        entity = self._entity
        if not _is_aliased(entity) and not self._mapper._reads_apart:
            return column
        return self._mapper._entity_attr(entity, self._mapper.get_property_by_column(column).key)

    def _localised(self, condition: t.Any) -> t.Any:
        """A condition over the parent's columns, as this attribute's entity sees them."""
        entity = self._entity
        if not _is_aliased(entity) and not self._mapper._reads_apart:
            return condition
        own = {id(c) for table in self._mapper.tables for c in table.c}

        def replace(n: t.Any) -> t.Any:
            if n._kind == _core.K_PROXY:  # of the target: what it is taken from is left alone
                return n
            return self._local(n)._expr if n._kind == _core.K_COLUMN and not n._flags & _core.FLAG_REMOTE and id(n) in own else None

        return _core.adapt(condition, (), (), replace)

    def _matches(self, other: t.Any) -> t.Any:
        """The condition that `other` is what the attribute leads to, from the values of `other`."""
        prop = self.property
        _check_instance(prop, other)
        made = instance_condition(prop, other, False, self._local)
        if prop.secondary is not None:  # not a member: no row of the collection is it
            made.__dict__["negation_clause"] = not_(self._exists(identity_criterion(other)))
        return made

    def _misses(self, other: t.Any) -> t.Any:
        prop = self.property
        _check_instance(prop, other)
        if prop.direction is MANYTOONE and prop._join.simple:
            terms = []
            for column, theirs in prop._join.pairs:
                mine = self._local(column)
                terms.append(or_(mine != held_value(other, theirs, mine.key), mine.is_(None)))
            return and_(*terms) if len(terms) > 1 else terms[0]
        return not_(self._exists(identity_criterion(other)))

    def _conditions(self, entity: t.Any) -> t.Any:
        """The relationship's condition and that of the table between (or None) as this attribute's entity sees the parent and
        `entity` the target; None: plainly."""
        prop = self.property
        primary, second = prop._join.marked_primaryjoin(), prop._join.secondaryjoin
        if entity is not None:
            second = None if second is None else _to_alias(second, prop.mapper, entity)
            if prop.secondary is None:
                primary = _remote_to_alias(primary, prop, entity)
        return self._localised(primary), second

    def _exists(self, criterion: t.Any = None, kwargs: t.Optional[t.Mapping[str, t.Any]] = None) -> t.Any:
        """EXISTS (SELECT 1 FROM target WHERE join AND criterion), correlated to the parent."""
        prop = self.property
        target = prop.mapper
        alias = self.__dict__.get("_of_type")
        through = alias is None and prop._alias is not None
        criteria: t.List[t.Any] = list(self.__dict__.get("_extra_criteria", ()))
        if criterion is not None:
            criteria.append(criterion)
        if alias is not None and hasattr(alias, "_aliased_mapper") and not isinstance(alias, (type, _core.Mapper)):
            entity, adapted = alias.__clause_element__(), True
            criteria += [getattr(alias, k) == v for k, v in (kwargs or {}).items()]
        else:
            cls = alias if isinstance(alias, type) else alias.class_ if alias is not None else target.class_
            criteria += [getattr(cls, k) == v for k, v in (kwargs or {}).items()]
            own = cls.__mapper__
            adapted = prop._self_referential
            entity = prop._alias if through else own._alias(None) if adapted else own.__clause_element__()
            if adapted:
                criteria = [_to_alias(c, own, entity) for c in criteria]
        primary, second = self._conditions(entity if adapted or target._reads_apart else None)
        secondary_from = prop.secondary
        conditions = [primary, *([second] if second is not None else []), *criteria]
        froms = [entity._kids[0], *([secondary_from] if secondary_from is not None else [])]
        inner = select(_one()).select_from(entity, *froms[1:]).where(*conditions).correlate_except(*froms)
        return exists(inner)

    def any(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        """Whether a member of the collection satisfies the criterion."""
        if not self.property.uselist:
            raise exc.InvalidRequestError("'any()' not implemented for scalar attributes. Use has().")
        return self._exists(criterion, kwargs)

    def has(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        """Whether the related instance satisfies the criterion."""
        if self.property.uselist:
            raise exc.InvalidRequestError("'has()' not implemented for collections. Use any().")
        return self._exists(criterion, kwargs)

    # ---- narrowing

    def of_type(self, entity: t.Any) -> t.Any:
        """The same relationship to a subclass, or to an alias of the related class."""
        node = _core.make(_core.K_OF_TYPE, kids=(self, _core.coerce(entity, _core.ROLE_FROM)), cls=OfType)
        target = self._clone()
        target.__dict__["_of_type"] = entity
        node.__dict__.update(_of_type=entity, _target=target)
        return node

    def and_(self, *criteria: t.Any) -> t.Any:
        """The same relationship with further conditions on what it leads to."""
        made = self._clone()
        made.__dict__["_extra_criteria"] = (*self.__dict__.get("_extra_criteria", ()), *[_core.coerce(c, _core.ROLE_WHERE) for c in criteria])
        return made

    def __getattr__(self, name: str) -> t.Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(
            f"Neither 'InstrumentedAttribute' object nor 'Comparator' object associated with {self} has an attribute '{name}'; it is a relationship: "
            "join() it to compare what it leads to, or use its has() or any()"
        )


class OfType(_core.Operators, ClauseElement):
    """`User.addresses.of_type(alias)`: for joins, loader options and EXISTS."""

    __slots__ = ()
    is_attribute = True

    def __getattr__(self, name: str) -> t.Any:
        target = self.__dict__.get("_target")
        if target is None or name.startswith("__"):
            raise AttributeError(name)
        return getattr(target, name)

    def any(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        return self.__dict__["_target"].any(criterion, **kwargs)

    def has(self, criterion: t.Any = None, **kwargs: t.Any) -> t.Any:
        return self.__dict__["_target"].has(criterion, **kwargs)

    def and_(self, *criteria: t.Any) -> t.Any:
        """The same with further conditions, for loader options."""
        made = self._clone()
        known = self.__dict__.get("_extra_criteria", ())
        made.__dict__["_extra_criteria"] = (*known, *[_core.coerce(c, _core.ROLE_WHERE) for c in criteria])
        return made

    def __clause_element__(self) -> t.Any:
        return self


_core.register_kind(_core.K_OF_TYPE, OfType)


def _one() -> t.Any:
    from ..sql import literal_column

    return literal_column("1")


def _is_aliased(entity: t.Any) -> bool:
    return entity is not None and bool(entity._flags & _core.FLAG_ALIASED)


def _op_name(op: int) -> str:
    return next((name[3:].lower() for name in dir(_core) if name.startswith("OP_") and getattr(_core, name) == op), str(op))


def _is_null(other: t.Any) -> bool:
    return isinstance(other, _core.Node) and other._kind == sql_null()._kind


def _check_instance(prop: t.Any, other: t.Any) -> None:
    if not _core.inst_is_mapped(other) or not _core.inst_state(other).mapper.isa(prop.mapper.base_mapper):
        raise exc.ArgumentError(
            f"Mapped instance expected for relationship comparison to object, "
            f"got {type(other).__name__}; conditions on what {prop} leads to are said by {prop}.has()."
        )


def _to_alias(condition: t.Any, mapper: t.Any, entity: t.Any) -> t.Any:
    """A condition over a class's columns, over those of an alias of it."""
    condition = _core.coerce(condition, _core.ROLE_WHERE)
    keys = {id(c): p.key for p in mapper.column_attrs for c in p.columns}

    def replace(n: t.Any) -> t.Any:
        if n._kind == _core.K_ATTR and n._expr is not None and not _is_aliased(n._entity):
            key = keys.get(id(n._expr)) or (n.key if n._entity is mapper._entity else None)  # read from a union: a column of that
            return None if key is None else mapper._entity_attr(entity, key)._expr
        if n._kind == _core.K_COLUMN and id(n) in keys:
            return mapper._entity_attr(entity, keys[id(n)])._expr
        return None

    return _core.adapt(condition, (), (), replace)


def _remote_to_alias(condition: t.Any, prop: t.Any, entity: t.Any) -> t.Any:
    """A primaryjoin whose remote columns are those of the alias."""
    mapper, remote = prop.mapper, prop._join.remote_columns

    def replace(n: t.Any) -> t.Any:
        if n._kind != _core.K_COLUMN:
            return None
        if n._flags & _core.FLAG_REMOTE or (not prop._self_referential and n in remote):
            return mapper._entity_attr(entity, mapper.get_property_by_column(n.table.c[n.key]).key)._expr
        return None

    return _core.adapt(condition, (), (), replace)
