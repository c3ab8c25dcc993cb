"""`relationship()`: what a class says about another, resolved when both exist."""

from __future__ import annotations

import collections.abc
import typing as t

from .. import _core, exc
from ..util import warn
from ..sql.fromclause import join_condition
from ..sql.schema import Table
from .base import MANYTOMANY, MANYTOONE, ONETOMANY, RelationshipDirection
from .clsregistry import Resolver
from .interfaces import MapperProperty, StrategizedProperty, put_attribute, take_options
from .joins import JoinCondition, foreign, foreign_key_constraints, from_tables, joined_parts, on_tables, original, plain_node, remote, unmark
from .overlaps import warn_of_overlaps
from .relation_attribute import RelationshipAttribute

_CASCADES = {"save-update": 1, "merge": 2, "delete": 4, "delete-orphan": 8, "expunge": 16, "refresh-expire": 32}
_ALL = ("save-update", "merge", "delete", "expunge", "refresh-expire")
_LAZY: t.Dict[t.Any, int] = {
    "select": 0, True: 0, "joined": 1, False: 1, "selectin": 2, "subquery": 3, "immediate": 4, "raise": 5, "raise_on_sql": 6,
    "noload": 7, None: 7, "dynamic": 8, "write_only": 9,
}  # fmt: skip


class CascadeOptions(t.FrozenSet[str]):
    """The cascades of a relationship, as a set of words and as attributes."""

    save_update: bool
    delete: bool
    refresh_expire: bool
    merge: bool
    expunge: bool
    delete_orphan: bool

    def __new__(cls, value_list: t.Union[t.Iterable[str], str, None]) -> "CascadeOptions":
        if isinstance(value_list, str) or value_list is None:
            value_list = [word.strip() for word in (value_list or "").split(",") if word.strip()]
        words = set(value_list)
        unknown = words.difference(_CASCADES, ("all", "none", "all-"))
        if unknown:
            raise exc.ArgumentError(f"Invalid cascade option(s): {', '.join(repr(w) for w in sorted(unknown))}")
        if "all" in words:
            words.update(_ALL)
        if "none" in words:
            words.clear()
        words.discard("all")
        made = super().__new__(cls, words)
        for word in _CASCADES:
            setattr(made, word.replace("-", "_"), word in words)
        if made.delete_orphan and not made.delete:
            warn("The 'delete-orphan' cascade option requires 'delete'.")
        return made

    @property
    def bits(self) -> int:
        return sum(_CASCADES[word] for word in self)

    def __repr__(self) -> str:
        return f"CascadeOptions({','.join(sorted(self))!r})"

    @classmethod
    def from_string(cls, arg: str) -> "CascadeOptions":
        return cls(arg)


class RelationshipProperty(StrategizedProperty):
    """A relationship to another mapped class, or to the class itself."""

    is_relationship = True
    direction: t.Any = None

    _alias: t.Any = None  # ENTITY of an aliased class, where that is the target

    def __init__(
        self, argument: t.Any = None, secondary: t.Any = None, *, uselist: t.Optional[bool] = None, collection_class: t.Any = None,
        primaryjoin: t.Any = None, secondaryjoin: t.Any = None, back_populates: t.Any = None, order_by: t.Any = False, backref: t.Any = None,
        overlaps: t.Optional[str] = None, post_update: bool = False, cascade: t.Any = None, viewonly: bool = False, lazy: t.Any = "select",
        passive_deletes: t.Any = False, passive_updates: bool = True, active_history: bool = False, enable_typechecks: bool = True,
        foreign_keys: t.Any = None, remote_side: t.Any = None, join_depth: t.Optional[int] = None, comparator_factory: t.Any = None,
        single_parent: bool = False, innerjoin: t.Any = False, distinct_target_key: t.Optional[bool] = None, load_on_pending: bool = False,
        query_class: t.Any = None, info: t.Any = None, omit_join: t.Optional[bool] = None, sync_backref: t.Optional[bool] = None,
        doc: t.Optional[str] = None, bake_queries: bool = True, cascade_backrefs: bool = False, **other: t.Any,
    ) -> None:
        super().__init__(info, doc)
        self.comparator_factory = comparator_factory
        self.dataclass_options = take_options(other)
        if other:
            raise TypeError(f"relationship() got an unexpected keyword argument '{next(iter(other))}'")
        try:
            self._lazy = _LAZY[lazy]
        except (KeyError, TypeError):
            raise exc.ArgumentError(f"relationship(lazy={lazy!r}) is not a loader strategy; use one of {', '.join(str(k) for k in _LAZY)}") from None
        if backref and back_populates:
            raise exc.ArgumentError("backref and back_populates keyword arguments are mutually exclusive")
        if cascade_backrefs:
            raise exc.ArgumentError("The 'cascade_backrefs' parameter passed to relationship() may only be set to False.")
        self.argument, self.secondary_argument = argument, secondary
        self.uselist, self.collection_class = uselist, collection_class
        self._primaryjoin, self._secondaryjoin = primaryjoin, secondaryjoin
        self.back_populates, self.backref = back_populates, backref
        self._order_by, self._foreign_keys, self._remote_side = order_by, foreign_keys, remote_side
        self.overlaps, self.post_update, self.viewonly, self.lazy = overlaps, post_update, viewonly, lazy
        self.passive_deletes, self.passive_updates, self.active_history = passive_deletes, passive_updates, active_history
        self.join_depth, self.single_parent, self.innerjoin = join_depth, single_parent, innerjoin
        self.query_class, self.sync_backref, self.load_on_pending = query_class, sync_backref, load_on_pending
        self.strategy_key = (("lazy", lazy),)
        self._resolved = False
        if cascade is None:
            cascade = "merge" if viewonly else "save-update, merge"
        self.cascade = CascadeOptions(cascade)
        if omit_join:
            warn("setting omit_join to True is not supported: relationships whose join can be left out are found without it")
        if viewonly:
            if sync_backref:
                raise exc.ArgumentError("sync_backref and viewonly cannot both be True")
            given = {
                "passive_deletes": bool(passive_deletes), "passive_updates": not passive_updates, "active_history": active_history,
                "enable_typechecks": not enable_typechecks,
            }  # fmt: skip
            for name in (name for name, said in given.items() if said):
                warn(f"Setting {name} on relationship() while also setting viewonly=True does not make sense: such a relationship writes nothing.")
        if viewonly and self.cascade & {"delete", "delete-orphan", "save-update"} - {"save-update"}:
            raise exc.ArgumentError(
                f'Cascade settings "{", ".join(sorted(self.cascade & {"delete", "delete-orphan"}))}" apply to persistence operations and should '
                "not be combined with a viewonly=True relationship."
            )

    # ---- declaration

    def take_annotation(self, annotation: t.Any, cls: type, name: str) -> None:
        """What `Mapped[List["Address"]]` says where the call does not."""
        if not annotation.is_mapped:
            return
        target, uselist, factory = annotation.relationship()
        if self.argument is None:
            self.argument = target
        if uselist is not None and self.uselist is None:
            self.uselist = uselist
        if factory is not None and self.collection_class is None and factory is not list:
            self.collection_class = factory
        from .base import DynamicMapped, WriteOnlyMapped

        if annotation.wrapper is DynamicMapped:
            self.lazy, self._lazy = "dynamic", _LAZY["dynamic"]
        elif annotation.wrapper is WriteOnlyMapped:
            self.lazy, self._lazy = "write_only", _LAZY["write_only"]
        if "default_factory" in self.dataclass_options and uselist:
            self._check_default_factory(cls, name)

    def _check_default_factory(self, cls: type, name: str) -> None:
        """A dataclass makes the collection by what the relationship makes it by, or by the builtin type that this is one of."""
        given, exact = self.dataclass_options["default_factory"], self.collection_class or list
        plain = next((kind for kind in (list, set, dict) if isinstance(exact, type) and issubclass(exact, kind)), None)
        if plain is None and not isinstance(exact, type):
            plain = next((kind for kind in (list, set, dict) if isinstance(exact(), kind)), None)
        if given is not exact and given is not plain:
            either = f"{exact}" if plain in (None, exact) else f"{exact} or {plain}"
            raise exc.ArgumentError(f"For relationship {cls.__name__}.{name} using dataclass options, default_factory must be exactly {either}")

    def instrument(self, mapper: t.Any) -> None:
        values = {"_key": self.key, "_prop": self, "_parent": mapper, "_class": mapper.class_}
        attribute = _core.attribute(RelationshipAttribute, None, values)
        if self.comparator_factory is not None:
            from .comparators import compared

            attribute = compared(attribute)
        mapper._nodes[self.key] = attribute
        if self.lazy == "dynamic":
            from .dynamic import DynamicAttribute

            put_attribute(mapper.class_, self.key, DynamicAttribute(attribute))
        elif self.lazy == "write_only":
            from .writeonly import WriteOnlyAttribute

            put_attribute(mapper.class_, self.key, WriteOnlyAttribute(attribute))
        else:
            put_attribute(mapper.class_, self.key, attribute)

    def for_subclass(self, mapper: t.Any) -> MapperProperty:
        made = super().for_subclass(mapper)
        made.__dict__["_resolved"] = False
        return made

    # ---- resolution

    def resolve(self) -> None:
        """Finds the related class, the join and the other side. Runs once, when mappers are configured."""
        if self._resolved:
            return
        origin = self.__dict__.get("_inherited_from")
        if origin is not None:
            origin.resolve()
            keep = self.parent
            self.__dict__.update({k: v for k, v in origin.__dict__.items() if k not in ("parent", "_inherited_from")})
            self.parent, self._resolved = keep, True
            return
        self._resolved = True
        try:
            self._resolver = Resolver(self)
            self._find_target()
            self._find_join()
            self._check_direction()
            self._order = self._read_list(self._order_by)
            self._find_other_side()
            if not self.viewonly:
                from .mapper import is_mapped

                warn_of_overlaps(self, is_mapped)
        except Exception:
            self._resolved = False
            raise

    def _evaluate(self, value: t.Any) -> t.Any:
        """Lambdas are called, strings interpreted."""
        if callable(value) and not isinstance(value, (type, _core.Node)) and not hasattr(value, "__clause_element__"):
            value = value()
        return self._resolver.expression(value) if isinstance(value, str) else value

    def _find_target(self) -> None:
        from .mapper import Mapper

        argument = self.argument
        if callable(argument) and not isinstance(argument, (type, Mapper)):
            argument = argument()
        if isinstance(argument, str):
            text = argument.strip()
            argument = self._resolver.class_(text) if text.replace(".", "").replace("_", "").isalnum() else self._resolver.expression(text)
        if argument is None:
            raise exc.ArgumentError(f"relationship '{self.key}' expects a class or a mapper argument (received: {type(argument)})")
        if isinstance(argument, Mapper):
            self.mapper = argument
        elif isinstance(argument, type) and isinstance(getattr(argument, "__mapper__", None), Mapper):
            self.mapper = argument.__mapper__
        elif hasattr(argument, "_aliased_mapper"):
            self._take_alias(argument)
            return
        else:
            raise exc.ArgumentError(f"relationship '{self.key}' expects a class or a mapper argument (received: {type(argument)})")
        self.entity = self.mapper

    def _take_alias(self, alias: t.Any) -> None:
        """The target is an alias of a class, over a subquery or a join."""
        if self.secondary_argument is not None:
            raise NotImplementedError(f"relationship {self} to an aliased class takes no secondary; join it inside the alias")
        self.mapper = alias._aliased_mapper
        self.entity = alias._aliased_insp
        self._alias = alias.__clause_element__()

    def _find_secondary(self) -> t.Any:
        secondary = self.secondary_argument
        if callable(secondary) and not isinstance(secondary, (type, _core.Node)):
            secondary = secondary()
        if isinstance(secondary, str):
            table = self._resolver.table(secondary)
            if table is None:
                raise exc.InvalidRequestError(
                    f"When initializing mapper {self.parent}, expression '{secondary}' failed to locate a table named '{secondary}' for the "
                    f"secondary of relationship {self}; define the Table before the mappers are used"
                )
            secondary = table
        if isinstance(secondary, type) and hasattr(secondary, "__table__"):
            raise exc.ArgumentError(
                f"secondary argument {secondary!r} passed to to relationship() {self} must be a Table object or other FROM clause; can't send "
                "a mapped class directly as rows in 'secondary' are persisted independently of a class that is mapped to that same table."
            )
        if secondary is not None and not isinstance(secondary, Table):
            if not self.viewonly:
                raise NotImplementedError(
                    f"relationship {self}: a secondary that is no Table ({type(secondary).__name__}) cannot be written to; say viewonly=True"
                )
            secondary = _core.coerce(secondary, _core.ROLE_FROM)
        return secondary

    def _read_by_secondary(self, source: t.Any, primary: t.Any, second: t.Any) -> t.Any:
        """A secondary that is no table: what is read is an alias of the target over its join with the secondary. Answers the condition
        that leads there."""
        from .util import aliased

        target, own = self.mapper.persist_selectable, from_tables(self.parent.persist_selectable)
        inside: t.List[t.Any] = []
        for part in joined_parts(source):
            if part._kind in (_core.K_SUBQUERY, _core.K_CTE):
                raise NotImplementedError(f"relationship {self}: a secondary is a Table, an alias of one, or a join of those; {part} is a subquery")
        if source._kind == _core.K_JOIN:  # of tables, whatever it was written with; they are aliases, apart from those of the two classes
            source = unmark(_core.adapt(source, (), (), lambda n: n._kids[0] if n._kind == _core.K_ENTITY else None))
            inside = [table for table in joined_parts(source) if isinstance(table, Table)]
        aliases = [table.alias() for table in inside]
        separate = _core.adapt(source, inside, aliases) if inside else source

        def within(condition: t.Any, outside: t.List[t.Any]) -> t.Any:
            pairs = [(a, b) for a, b in zip(inside, aliases) if not any(a is table for table in outside)]
            return _core.adapt(unmark(condition), [a for a, _ in pairs], [b for _, b in pairs])

        second = join_condition(target, separate) if second is None else within(second, from_tables(target))
        primary = join_condition(self.parent.persist_selectable, separate) if primary is None else within(primary, own)
        self._alias = aliased(self.mapper, target.join(separate, second)).__clause_element__()
        if self.uselist is None:
            self.uselist = True
        return primary

    def _find_join(self) -> None:
        self.secondary = self._find_secondary()
        if self.secondary is not None and not self.passive_updates:
            raise NotImplementedError(f"relationship {self}: passive_updates=False together with secondary is not supported; use ON UPDATE CASCADE")
        primary, second = self._evaluate(self._primaryjoin), self._evaluate(self._secondaryjoin)
        if self.secondary is not None and not isinstance(self.secondary, Table):
            primary, second, self.secondary = self._read_by_secondary(self.secondary, primary, second), None, None
        parents, targets = _tables(self.parent), _tables(self.mapper)
        union = None if parents else self._concrete_table(targets)
        own, through = targets, None if self._alias is None or primary is None else plain_node(primary)
        if through is not None:
            targets = [*targets, *(table for table in from_tables(self._alias._kids[0]) if not any(table is other for other in targets))]
            primary = on_tables(through)
        if union is not None:
            parents = [union]
        shared = self.parent.base_mapper is self.mapper.base_mapper or any(a is b for a in parents for b in targets)
        self._self_referential = shared and self._alias is None
        self._join = JoinCondition(
            self, parents, targets, self.secondary, None if primary is None else plain_node(primary),
            None if second is None else plain_node(second), self._read_columns(self._foreign_keys), self._read_columns(self._remote_side),
            self._self_referential,
        )
        if self._alias is not None:
            source = self._alias._kids[0]
            self._join.read_through(_core.adapt(self._join.primaryjoin, own, [source] * len(own)) if through is None else through)
        if union is not None:
            self._join.primaryjoin = _core.adapt(self._join.primaryjoin, (union,), (self.parent.local_table,))
        self.direction: RelationshipDirection = self._join.direction
        self.primaryjoin, self.secondaryjoin = self._join.primaryjoin, self._join.secondaryjoin
        if self.uselist is None:
            self.uselist = self.direction is not MANYTOONE
        if self.lazy in ("write_only", "dynamic") and not self.uselist:
            raise exc.InvalidRequestError(
                f"On relationship {self}, 'dynamic' loaders cannot be used with many-to-one/one-to-one relationships and/or uselist=False."
            )

    def _concrete_table(self, targets: t.List[t.Any]) -> t.Any:
        """Of a class mapped to a union: the table of a subclass that is joined to the target, which stands for all of them."""
        for mapper in self.parent.self_and_descendants[1:]:
            found = _tables(mapper)
            if found and self._primaryjoin is None and (foreign_key_constraints(found, targets) or foreign_key_constraints(targets, found)):
                return found[0]
        return None

    def _read_list(self, value: t.Any) -> t.List[t.Any]:
        value = self._evaluate(value)
        if value is None or value is False:
            return []
        items = list(value) if isinstance(value, (list, tuple, set)) else [value]
        return [plain_node(_core.coerce(item, _core.ROLE_ORDER)) for item in items]

    def _read_columns(self, value: t.Any) -> t.List[t.Any]:
        value = self._evaluate(value)
        if value is None:
            return []
        items = list(value) if isinstance(value, (list, tuple, set, collections.abc.Iterable)) and not isinstance(value, _core.Node) else [value]
        return [original(plain_node(item)) for item in items]

    def _check_direction(self) -> None:
        if self.cascade.delete_orphan and not self.single_parent and self.direction in (MANYTOMANY, MANYTOONE):
            what = "many-to-one" if self.direction is MANYTOONE else "many-to-many"
            related, own = self.mapper.class_.__name__, self.parent.class_.__name__
            raise exc.ArgumentError(
                f'For {what} relationship {self}, delete-orphan cascade is normally configured only on the "one" side of a one-to-many '
                f'relationship: a "{related}" may have several "{own}" objects here, and is no orphan without one of them.  Where it never '
                "has more than one, say single_parent=True."
            )
        if self.passive_deletes == "all" and (self.cascade.delete or self.cascade.delete_orphan):
            raise exc.ArgumentError(f"On {self}, can't set passive_deletes='all' in conjunction with 'delete' or 'delete-orphan' cascade")
        if self.uselist and self.direction is MANYTOONE and self.collection_class is None:
            pass  # a list of at most one, as asked for

    # ---- the other side

    def _find_other_side(self) -> None:
        if self.backref is not None:
            self._make_backref()
        elif self.back_populates is not None:
            self.back_populates = self._back_name(self.back_populates)
            other = self.mapper._props.get(self.back_populates)
            if not isinstance(other, RelationshipProperty):
                raise exc.InvalidRequestError(
                    f"Mapper '{self.mapper}' has no property '{self.back_populates}'.  If this property was indicated from other mappers or "
                    "configure events, ensure registry.configure() has been called."
                )
            self._check_other(other)

    @staticmethod
    def _back_name(given: t.Any) -> str:
        if callable(given) and not isinstance(given, _core.Node):
            given = given()
        return t.cast(str, given if isinstance(given, str) else given.key)

    def _check_other(self, other: "RelationshipProperty") -> None:
        other.resolve()
        if not (other.mapper.common_parent(self.parent) or self.parent.isa(other.mapper)):
            raise exc.ArgumentError(
                f"reverse_property '{self.back_populates}' on relationship {self} references relationship {other}, which does not reference "
                f"mapper {self.parent}"
            )
        if self.direction in (ONETOMANY, MANYTOONE) and self.direction is other.direction:
            raise exc.ArgumentError(
                f"{other} and back-reference {self} are both of the same direction {self.direction!r}.  Did you mean to set "
                "remote_side on the many-to-one side ?"
            )

    def _make_backref(self) -> None:
        name, kwargs = (self.backref, {}) if isinstance(self.backref, str) else (self.backref[0], dict(self.backref[1]))
        for mapper in self.mapper.self_and_descendants:
            if name in mapper._props and not mapper.concrete:
                raise exc.ArgumentError(
                    f"Error creating backref '{name}' on relationship '{self}': property of that name exists on mapper '{mapper}'"
                )
        if self.secondary is not None:
            kwargs.setdefault("primaryjoin", self.secondaryjoin)
            kwargs.setdefault("secondaryjoin", self.primaryjoin)
        else:
            kwargs.setdefault("primaryjoin", self.primaryjoin)
            if self._self_referential and "remote_side" not in kwargs:
                kwargs["remote_side"] = [pair[0] for pair in self._join.pairs]
        if self._foreign_keys is not None or self._join.marked_foreign:
            kwargs.setdefault("foreign_keys", self._read_columns(self._foreign_keys) or list(self._join.marked_foreign))
        kwargs.setdefault("viewonly", self.viewonly)
        kwargs.setdefault("post_update", self.post_update)
        kwargs.setdefault("passive_updates", self.passive_updates)
        kwargs.setdefault("sync_backref", self.sync_backref)
        self.back_populates = name
        made = RelationshipProperty(self.parent, self.secondary, back_populates=self.key, **kwargs)
        self.mapper.add_property(name, made)

    # ---- for the core

    def _collection_factory(self) -> t.Any:
        if not self.uselist or self.collection_class in (None, list):  # the core makes lists by itself
            return None
        from .collections import prepare_factory

        return prepare_factory(self.collection_class)

    def definition(self, mapper: t.Any) -> t.Dict[str, t.Any]:
        """What the core's mapper takes."""
        node, join = mapper._nodes[self.key], self._join
        node.__dict__["_collection"] = self._collection_factory()
        back = self.back_populates if self.sync_backref is not False and not self.viewonly else None
        other = self.mapper._props.get(back) if back else None
        if other is not None and getattr(other, "viewonly", False):
            back = None
        passive = 2 if self.passive_deletes == "all" else 1 if self.passive_deletes else 0
        return {
            "key": self.key, "target": self.mapper, "entity": self._alias, "direction": self.direction.value, "node": node,
            "parent_columns": [a for a, _ in join.pairs], "target_columns": [b for _, b in join.pairs], "secondary": self.secondary,
            "secondary_columns": [a for a, _ in join.secondary_pairs], "secondary_target_columns": [b for _, b in join.secondary_pairs],
            "primaryjoin": join.marked_primaryjoin(), "secondaryjoin": join.secondaryjoin, "order_by": self._order, "back": back,
            "cascade": self.cascade.bits, "lazy": 0 if self.lazy == "dynamic" else self._lazy, "uselist": bool(self.uselist),
            "viewonly": self.viewonly, "post_update": self.post_update, "single_parent": self.single_parent,
            "load_on_pending": self.load_on_pending, "innerjoin": bool(self.innerjoin), "active_history": self.active_history, "simple_equality": join.simple,
            "passive_deletes": passive, "passive_updates": self.passive_updates, "join_depth": self.join_depth,
            "collection_class": self.collection_class,
        }  # fmt: skip

    # ---- the public face

    def _clsregistry_resolve_name(self, name: str) -> t.Callable[[], t.Any]:
        """What a name in a string of this relationship stands for, when it is called."""
        return lambda: Resolver(self).class_(name)

    @property
    def remote_side(self) -> t.Set[t.Any]:
        return set(self._join.remote_columns)

    @property
    def local_remote_pairs(self) -> t.List[t.Tuple[t.Any, t.Any]]:
        return list(self._join.pairs) + [(b, a) for a, b in self._join.secondary_pairs]

    @property
    def synchronize_pairs(self) -> t.List[t.Tuple[t.Any, t.Any]]:
        return list(self._join.pairs)

    @property
    def local_columns(self) -> t.Set[t.Any]:
        return {a for a, _ in self._join.pairs}

    @property
    def order_by(self) -> t.Any:
        return self._order if self._resolved and self._order else False

    @property
    def target(self) -> t.Any:
        return self.mapper.persist_selectable

    @property
    def _reverse_property(self) -> t.Set["RelationshipProperty"]:
        other = self.mapper._props.get(self.back_populates) if self.back_populates else None
        return {other} if isinstance(other, RelationshipProperty) else set()

    def members(self, value: t.Any) -> t.List[t.Any]:
        """The related instances in a value of this relationship."""
        if value is None:
            return []
        if not self.uselist:
            return [value]
        return list(value.values()) if isinstance(value, dict) else list(value)


Relationship = RelationshipProperty


def _tables(mapper: t.Any) -> t.List[t.Any]:
    return [table for table in mapper.tables if isinstance(table, Table)]


def relationship(argument: t.Any = None, secondary: t.Any = None, **kw: t.Any) -> t.Any:
    """A relationship to another mapped class."""
    return RelationshipProperty(argument, secondary, **kw)


def backref(name: str, **kwargs: t.Any) -> t.Tuple[str, t.Dict[str, t.Any]]:
    """The other side of a relationship, with options."""
    return name, kwargs


def dynamic_loader(argument: t.Any = None, **kw: t.Any) -> t.Any:
    """`relationship(lazy="dynamic")`."""
    kw["lazy"] = "dynamic"
    return RelationshipProperty(argument, **kw)


def relation(argument: t.Any = None, **kw: t.Any) -> t.Any:
    """An old name of `relationship()`."""
    return RelationshipProperty(argument, **kw)


__all__ = [
    "CascadeOptions", "Relationship", "RelationshipProperty", "backref", "dynamic_loader", "foreign", "relation", "relationship", "remote",
]
