"""`Mapper`: what a class declares, handed to the core.

A mapper knows its properties from the moment the class is declared. The core's part is built on first use (`_ensure_built`):
the tables are complete by then. Relationships follow in `configure_mappers()`, when every class they speak of exists; that
runs by itself before the first instance, the first statement and `inspect()`.
"""

from __future__ import annotations

import functools
import types
import typing as t

from .. import _core, exc
from ..sql.schema import Column, Table
from ..util import warn
from . import exc as orm_exc
from .base import InspectionAttr
from .configure import all_mappers, configure_mappers, configure_registries, forget_pending, lock, note_pending, watch_configuration
from .interfaces import MapperProperty, put_attribute
from .joins import equalities, plain_node
from .properties import ColumnProperty, MappedColumn, SynonymProperty

_DISCRIMINATOR = "_sa_polymorphic_on"


class _Dispatch:
    """`manager.dispatch.init(state, args, kwargs)`: programs that make instances without `__init__` tell listeners of it."""

    def __init__(self, manager: "ClassManager") -> None:
        self._manager = manager

    def init(self, state: t.Any, args: t.Any, kwargs: t.Any) -> None:
        from .events import _init

        _init(state.obj(), tuple(args), dict(kwargs))


class ClassManager:
    """Instrumentation of one mapped class."""

    __class_getitem__ = classmethod(types.GenericAlias)
    is_mapped = True

    def __init__(self, mapper: "Mapper") -> None:
        self.mapper = mapper
        self.class_ = mapper.class_
        self.dispatch = _Dispatch(self)
        self.expired_attribute_loader = self.deferred_scalar_loader = None
        self.info: t.Dict[t.Any, t.Any] = {}

    def __bool__(self) -> bool:
        return True

    @property
    def registry(self) -> t.Any:
        return self.mapper.registry

    @property
    def attributes(self) -> t.Dict[str, t.Any]:
        return dict(self.mapper._nodes)

    def __getitem__(self, key: str) -> t.Any:
        return self.mapper._nodes[key]

    def __contains__(self, key: str) -> bool:
        return key in self.mapper._nodes

    def __iter__(self) -> t.Iterator[str]:
        return iter(self.mapper._nodes)

    def keys(self) -> t.List[str]:
        return list(self.mapper._nodes)

    def new_instance(self) -> t.Any:
        return self.class_.__new__(self.class_)

    def has_state(self, instance: t.Any) -> bool:
        return bool(_core.inst_is_mapped(instance))


class _ClauseElement:
    """`User.__clause_element__()`: a mapped class stands for its entity in statements; its instances do not."""

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        if instance is not None:
            raise AttributeError("__clause_element__")
        mapper = owner.__mapper__
        return mapper.__clause_element__


class _KeyedView(t.Mapping[str, t.Any]):
    """A mapping whose values are also attributes: `mapper.attrs.name`."""

    def __init__(self, items: t.Mapping[str, t.Any]) -> None:
        self.__dict__["_items"] = items

    def __getitem__(self, key: t.Any) -> t.Any:
        return self._items[key] if isinstance(key, str) else list(self._items.values())[key]

    def __iter__(self) -> t.Iterator[t.Any]:  # iterates over values, as the reference does
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def keys(self) -> t.Any:
        return list(self._items.keys())

    def values(self) -> t.Any:
        return list(self._items.values())

    def items(self) -> t.Any:
        return list(self._items.items())

    def get(self, key: str, default: t.Any = None) -> t.Any:
        return self._items.get(key, default)

    def __getattr__(self, name: str) -> t.Any:
        try:
            return self._items[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> t.Iterable[str]:
        return self._items.keys()


class _NotImplementedHere:
    """What a concrete subclass has in place of an attribute that only its parent maps."""

    def __init__(self, mapper: "Mapper", key: str) -> None:
        self.mapper, self.key = mapper, key

    def _refuse(self) -> t.NoReturn:
        raise AttributeError(
            f"Concrete {self.mapper} does not implement attribute {self.key!r} at the instance level.  Add this property explicitly to {self.mapper}."
        )

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        self._refuse()

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        self._refuse()

    def __delete__(self, instance: t.Any) -> None:
        self._refuse()


class Mapper(_core.Mapper, InspectionAttr):
    """A class mapped to a table."""

    __class_getitem__ = classmethod(types.GenericAlias)
    is_mapper = True
    is_selectable = True
    always_refresh = False
    allow_partial_pks = True
    passive_updates = True

    def __init__(
        self, class_: type, local_table: t.Any = None, properties: t.Optional[t.Mapping[str, t.Any]] = None, *, registry: t.Any = None,
        inherits: t.Any = None, primary_key: t.Any = None, include_properties: t.Any = None, exclude_properties: t.Any = None,
        polymorphic_on: t.Any = None, polymorphic_identity: t.Any = None, polymorphic_abstract: bool = False,
        inherit_condition: t.Any = None, inherit_foreign_keys: t.Any = None, version_id_col: t.Any = None,
        version_id_generator: t.Any = None, eager_defaults: t.Any = "auto", confirm_deleted_rows: bool = True, batch: bool = True,
        column_prefix: t.Optional[str] = None, passive_updates: bool = True, passive_deletes: bool = False,
        always_refresh: bool = False, allow_partial_pks: bool = True, legacy_is_orphan: bool = False,
        polymorphic_load: t.Optional[str] = None, concrete: bool = False, with_polymorphic: t.Any = None,
    ) -> None:
        if polymorphic_load not in (None, "selectin", "inline"):
            raise exc.ArgumentError(f"class {class_.__name__}: unknown argument for polymorphic_load: {polymorphic_load!r}")
        self.polymorphic_load = polymorphic_load
        self.with_polymorphic = _polymorphic_spec(with_polymorphic)
        self.class_ = class_
        self.registry = registry
        self.inherits = class_mapper_of(inherits)
        self.local_table = local_table if local_table is not None else (self.inherits.local_table if self.inherits else None)
        self.single = self.inherits is not None and (local_table is None or local_table is self.inherits.local_table)
        self.concrete = concrete and self.inherits is not None and not self.single
        self._concrete_given = concrete
        self.polymorphic_identity = polymorphic_identity
        self.polymorphic_abstract = polymorphic_abstract
        self.version_id_generator = version_id_generator
        self.eager_defaults, self.confirm_deleted_rows, self.batch = eager_defaults, confirm_deleted_rows, batch
        self.passive_updates = self.inherits.passive_updates if self.inherits else passive_updates
        self.passive_deletes = passive_deletes
        self.always_refresh, self.allow_partial_pks = always_refresh, allow_partial_pks
        self.legacy_is_orphan = legacy_is_orphan
        self.validators: t.Dict[str, t.Any] = {}
        self._props: t.Dict[str, MapperProperty] = {}
        self._nodes: t.Dict[str, t.Any] = {}
        self._inited = False  # first_init was told
        self._listeners: t.Dict[t.Any, t.Any] = {}  # by event, found once; tokens of attributes by (key, event) (events.py)
        self._subclasses: t.List[Mapper] = []
        self._inherit_condition = inherit_condition
        self._polymorphic_on, self._version_id_col = polymorphic_on, version_id_col
        self._primary_key_given = primary_key if primary_key is None or isinstance(primary_key, (list, tuple)) else (primary_key,)
        if self.inherits is not None and not self.concrete and version_id_col is None:
            self._version_id_col = self.inherits._version_id_col
            self.version_id_generator = self.inherits.version_id_generator if version_id_generator is None else version_id_generator
        self._include, self._exclude, self._prefix = include_properties, set(exclude_properties or ()), column_prefix or ""
        self._configured_relations: t.Set[str] = set()
        self._failure: t.Optional[BaseException] = None
        self.configured = False
        self.class_manager = ClassManager(self)
        if self.local_table is None:
            raise exc.ArgumentError(f"Mapper {self} has no table")
        from .events import fire_configured

        if not any(isinstance(name, str) for name in self._primary_key_given or ()):
            self._check_primary_key()
        put_attribute(class_, "__mapper__", self)
        put_attribute(class_, "_sa_class_manager", self.class_manager)
        put_attribute(class_, "__clause_element__", _ClauseElement())
        fire_configured("instrument_class", self)
        try:
            if self.inherits is not None:
                self._check_joined()
            self._gather(dict(properties or {}))
            self._check_primary_key()
            if self.inherits is not None:
                self._check_inheritance()
        except BaseException:
            _dispose(self)  # the class can be mapped again
            type.__delattr__(class_, "_sa_disposed_mapper")
            raise
        if self.inherits is not None:
            self.inherits._subclasses.append(self)
        if registry is not None:
            registry._add_mapper(self)
            if self.inherits is not None:
                registry._depend_on(self.inherits.registry)
        if polymorphic_abstract:
            self._refuse_instances()
        all_mappers.add(self)
        note_pending(self)
        watch_configuration(class_)
        fire_configured("after_mapper_constructed", self)

    def _check_joined(self) -> None:
        """Something joins the table of a class to that of its parent."""
        assert self.inherits is not None
        joined = isinstance(self.local_table, Table) and isinstance(self.inherits.local_table, Table) and not self.single and not self.concrete
        if joined and self._inherit_condition is None and not self._inherit_pairs():
            raise exc.NoForeignKeysError(
                f"Can't determine the inherit condition between inherited table '{self.inherits.local_table.name}' and inheriting table "
                f"'{self.local_table.name}'; tables have no foreign key relationships established.  The inheriting table needs a foreign key, or the "
                "class an 'inherit_condition' in its __mapper_args__, or 'concrete': True where its rows stand alone."
            )

    def _check_inheritance(self) -> None:
        """Warns of classes of a hierarchy that rows cannot be told to be of, and of tables that nothing is written to."""
        assert self.inherits is not None
        kind, mine = self.inherits.base_mapper._polymorphic_on, self.polymorphic_identity
        if mine is None and kind is not None and not self.polymorphic_abstract:
            warn(
                f"{self} does not indicate a 'polymorphic_identity', yet is part of an inheritance hierarchy that has a 'polymorphic_on' column of "
                f"'{self.inherits.base_mapper.polymorphic_on}'.  A class in between that has no instances says polymorphic_abstract=True, or is not "
                "mapped: '__abstract__ = True'."
            )
        for other in self.inherits.base_mapper.self_and_descendants if mine is not None else ():
            if other.polymorphic_identity == mine:
                warn(
                    f"Reassigning polymorphic association for identity {mine!r} from {other!r} to {self!r}: Check for duplicate use of {mine!r} as "
                    "value for polymorphic_identity."
                )
        version, theirs = self._version_id_col, self.inherits._version_id_col
        if not self.concrete and version is not theirs and theirs is not None and self._key_of(version) != self._key_of(theirs):
            warn(
                f"Inheriting version_id_col '{version}' does not match inherited version_id_col '{theirs}' and will not automatically populate the "
                "inherited versioning column.  Only the base of the classes that have versions names it."
            )
        if isinstance(self.local_table, Table) and not self.concrete and not list(self.local_table.primary_key):
            warn(f"Could not assemble any primary keys for locally mapped table '{self.local_table.description}' - no rows will be persisted in this Table.")

    def _refuse_instances(self) -> None:
        """Rows of an abstract class are of its subclasses: it has no instances."""
        cls, made = self.class_, self.class_.__init__  # type: ignore[misc]

        @functools.wraps(made)
        def __init__(instance: t.Any, *args: t.Any, **kw: t.Any) -> None:
            if type(instance) is cls:
                raise exc.InvalidRequestError(f"Can't instantiate class for {self}; mapper is marked polymorphic_abstract=True")
            made(instance, *args, **kw)

        put_attribute(cls, "__init__", __init__)

    # ---- properties

    def _gather(self, given: t.Dict[str, t.Any]) -> None:
        """Inherited properties first, then the table's columns in its order, then the rest as declared."""
        props: t.Dict[str, MapperProperty] = {}
        parent = None if self.concrete else self.inherits
        for key, prop in parent._props.items() if parent is not None else ():
            props[key] = prop.for_subclass(self)
        given = {key: self._as_property(value) for key, value in given.items()}
        by_column: t.Dict[t.Any, str] = {}
        for key, prop in given.items():
            if isinstance(prop, ColumnProperty):
                for column in prop.columns:
                    by_column.setdefault(id(column), key)
        for column in self._table_columns(given):
            key = by_column.get(id(column))
            if key is None:
                key = self._prefix + column.key
                if self._is_excluded(column.key) or (key in given and not isinstance(given[key], ColumnProperty)):
                    continue
            prop = given.pop(key, None) if key in given else None
            self._put_column(props, key, prop or ColumnProperty(column))
        for key, prop in given.items():
            self._put_column(props, key, prop) if isinstance(prop, ColumnProperty) else props.__setitem__(key, prop)
        if parent is not None and not self.single:
            self._equate_keys(props)
        for key, prop in props.items():
            self._install(key, prop)
        if self._reads_union:  # the union may show the table's own column
            own = self.local_table.corresponding_column(self._polymorphic_on)
            self._polymorphic_on = self._polymorphic_on if own is None else own
        if self._polymorphic_on is not None and not self._reads_union:
            self._name_discriminator()
        if self.concrete and self.inherits is not None:
            for key in self.inherits._props.keys() - props.keys() - self.class_.__dict__.keys():
                put_attribute(self.class_, key, _NotImplementedHere(self, key))

    def _name_discriminator(self) -> None:
        """What tells the classes of rows apart is an attribute; an expression that none stands for becomes one, without a descriptor."""
        given = self._polymorphic_on
        if isinstance(given, ColumnProperty):
            key = next((key for key, prop in self._props.items() if prop is given), None)
            self._polymorphic_on = given.columns[0] if key is None else key
        elif not isinstance(given, str):
            given = given.column if isinstance(given, MappedColumn) else given
            if not isinstance(given, _core.Node) and not hasattr(given, "__clause_element__"):
                raise exc.ArgumentError(f"Column expression or string key expected for argument 'polymorphic_on'; got {given!r}.")
            node = plain_node(given)
            self._polymorphic_on = given if isinstance(given, _core.InstrumentedAttribute) else node
        try:
            prop = self._props[self._key_of(self._polymorphic_on)]
        except orm_exc.UnmappedColumnError:
            prop = ColumnProperty(self._polymorphic_on)
            prop.set_parent(self, _DISCRIMINATOR)
            self._props[_DISCRIMINATOR] = prop
            self._nodes[_DISCRIMINATOR] = self._hidden_node(prop)
            self._polymorphic_on = _DISCRIMINATOR
        if not isinstance(prop, ColumnProperty):
            raise exc.ArgumentError("Only direct column-mapped property or SQL expression can be passed for polymorphic_on")

    def _equate_keys(self, props: t.Dict[str, MapperProperty]) -> None:
        """Columns that join the table to those of the bases belong to the attribute of the base, whatever their own names: those
        become other names of it."""
        keys = {id(c): key for key, prop in props.items() if isinstance(prop, ColumnProperty) for c in prop.columns}
        for theirs, mine in self._inherit_pairs():
            key, name = keys.get(id(theirs)), keys.get(id(mine))
            if key is None or name is None or key == name:
                continue
            shared, own = t.cast(ColumnProperty, props[key]), t.cast(ColumnProperty, props[name])
            shared._columns = [*shared.columns, mine]
            own._columns = [c for c in own.columns if c is not mine]
            if not own._columns:
                props[name] = SynonymProperty(key)

    def _inherit_pairs(self) -> t.List[t.Tuple[t.Any, t.Any]]:
        """(column of a base's table, column of this table), as inherit_condition or else the foreign keys say."""
        assert self.inherits is not None
        tables = [base.local_table for base in (self.inherits, *_ancestors(self.inherits))]
        if self._inherit_condition is not None:
            pairs = equalities(plain_node(self._inherit_condition))
            pairs += [(b, a) for a, b in pairs]
            return [(a, b) for a, b in pairs if b.table is self.local_table and any(a.table is x for x in tables)]
        found = [
            (fk.column, column) for column in self.local_table.c for fk in column.foreign_keys for x in tables if isinstance(x, Table) and fk._find_table() is x
        ]
        keys = [pair for pair in found if pair[1].primary_key]
        return keys or found

    def _table_columns(self, given: t.Mapping[str, t.Any]) -> t.List[t.Any]:
        if not self.single:
            return list(self.local_table.c)
        # a class in its parent's table has the columns it declares; the others belong to its siblings
        own = {id(c) for p in given.values() if isinstance(p, ColumnProperty) for c in p.columns}
        return [c for c in self.local_table.c if id(c) in own]

    def _put_column(self, props: t.Dict[str, MapperProperty], key: str, prop: t.Any) -> None:
        inherited = props.get(key)
        if isinstance(inherited, ColumnProperty) and not prop.is_expression and not self.single:
            # one attribute over a column of each table: `id` of a joined subclass
            self._warn_of_combined(key, prop, inherited)
            prop._columns = prop.columns + [c for c in inherited.columns if c not in prop.columns]
        props[key] = prop

    def _warn_of_combined(self, key: str, prop: t.Any, inherited: t.Any) -> None:
        """Columns of one name that the tables are not joined by become one attribute, which may not be meant."""
        mine, theirs = prop.columns[0], inherited.columns[0]
        if len(prop.columns) > 1 or mine.key != key or self.concrete or any(mine is b and any(a is c for c in inherited.columns) for a, b in self._inherit_pairs()):
            return
        version = (self._version_id_col, self.inherits._version_id_col if self.inherits is not None else None)
        if not any(column is given for column in (mine, theirs) for given in version):
            warn(
                f"Implicitly combining column {theirs} with column {mine} under attribute '{key}'.  Please configure one or more attributes for "
                "these same-named columns explicitly."
            )

    def _as_property(self, value: t.Any) -> MapperProperty:
        if isinstance(value, MapperProperty):
            return value
        if isinstance(value, MappedColumn):
            return value.as_property(value.column)
        if isinstance(value, (list, tuple)):
            return ColumnProperty(*value)
        return ColumnProperty(value)

    def _is_excluded(self, name: str) -> bool:
        return name in self._exclude or (self._include is not None and name not in self._include)

    def _install(self, key: str, prop: MapperProperty) -> None:
        prop.set_parent(self, key)
        self._props[key] = prop
        inherited = "_inherited_from" in prop.__dict__
        if inherited and key in self.class_.__dict__ and not isinstance(self.class_.__dict__[key], _core.InstrumentedAttribute):
            self._nodes[key] = self._hidden_node(prop)  # the class overrides it with something of its own
            return
        prop.instrument(self)

    def _hidden_node(self, prop: t.Any) -> t.Any:
        from .attributes import InstrumentedAttribute

        values = {"_key": prop.key, "_prop": prop, "_parent": self, "_class": self.class_}
        columns = getattr(prop, "columns", None)
        return _core.attribute(InstrumentedAttribute, columns[0] if columns else None, values)

    def add_property(self, key: str, prop: t.Any) -> None:
        """Maps one more attribute."""
        prop = self._as_property(prop)
        if isinstance(prop, ColumnProperty):
            column = prop.columns[0]
            if isinstance(column, Column) and column.table is None:
                from .decl_base import name_column

                name_column(column, key)
                self.local_table.append_column(column)
        self._install(key, prop)
        for sub in self._subclasses:
            sub.add_property(key, prop.for_subclass(sub))
        with lock:
            if isinstance(prop, ColumnProperty):
                if self._built and key not in self._keys:
                    self._add_attr(prop.definition(self))
            else:
                self.configured = False
                note_pending(self)

    def add_properties(self, dict_of_properties: t.Mapping[str, t.Any]) -> None:
        for key, value in dict_of_properties.items():
            self.add_property(key, value)

    # ---- building the core's mapper

    def _relations(self) -> t.List[t.Any]:
        from .relationships import RelationshipProperty

        return [p for p in self._props.values() if isinstance(p, RelationshipProperty)]

    def _check_configure(self) -> None:
        """Completes the mappers of this one's registry, and of those it depends on."""
        configure_registries({self.registry})

    def _init_properties(self) -> None:
        """Tells properties of the program's own that all classes exist."""
        for prop in self._props.values():
            if type(prop).init is not MapperProperty.init and not prop.__dict__.get("_initialized"):
                prop.__dict__["_initialized"] = True
                prop.init()

    def _ensure_built(self) -> None:
        if self._built:
            return
        with lock:
            if self._built:
                return
            if self.inherits is not None:
                self.inherits._ensure_built()
            columns = [p for p in self._props.values() if isinstance(p, ColumnProperty)]
            tables = [] if self.single else [self.local_table]
            self._build(
                {
                    "cls": self.class_,
                    "inherits": self.inherits,
                    "concrete": self.concrete,
                    "tables": tables if all(isinstance(table, Table) for table in tables) else [],
                    "from_": None if isinstance(self.local_table, Table) else self.local_table,
                    "attrs": [p.definition(self) for p in columns],
                    "primary_key": [self._key_of(c, "primary_key column") for c in self._primary_key_columns()] or None,
                    "polymorphic_on": self._key_of(self._polymorphic_on) if self._polymorphic_on is not None and not self._reads_union else None,
                    "polymorphic_identity": self.polymorphic_identity,
                    "version_attr": self._key_of(self._version_id_col, "version_id_col column") if self._version_id_col is not None else None,
                    "version_generator": self.version_id_generator or None,
                    "version_given": self.version_id_generator is False,
                    "writes_keys": not self.passive_updates,
                    "eager_defaults": self.eager_defaults is True,
                    "confirm_deleted_rows": self.confirm_deleted_rows,
                    "batch": self.batch,
                    "selectin_load": self.polymorphic_load == "selectin",
                    "inline_load": any(base._reads_along(self) for base in _ancestors(self)),
                }
            )
            self._own_from = self._entity._kids[0]
            self._join_bases()
            self._listen()

    # ---- subclasses that are read along: with_polymorphic, polymorphic_load="inline"

    def _reads_along(self, sub: "Mapper") -> bool:
        """Whether reading this class reads the columns of a subclass in the same statement."""
        if self.with_polymorphic is None or self.with_polymorphic[0] is None:
            return sub.polymorphic_load == "inline" and sub.inherits is self
        classes = self.with_polymorphic[0]
        return classes == "*" or any(class_mapper_of(cls).isa(sub) for cls in classes)

    def _join_bases(self) -> None:
        """Adds this class's table to what its bases read, where they read it along."""
        given = self.with_polymorphic[1] if self.with_polymorphic is not None else None
        if given is not None:
            self._set_reading(_core.coerce(given, _core.ROLE_FROM), self._polymorphic_on if self._reads_union else None)
        if self.single or self.concrete or self._own_from._kind != _core.K_JOIN:
            return
        _, table, condition = self._own_from._kids
        for base in _ancestors(self):
            if base._reads_along(self) and base.with_polymorphic_selectable is None:
                base._set_reading(base._entity._kids[0].outerjoin(table, condition))

    def _set_union(self, union: t.Any, discriminator: t.Any) -> None:
        """The class is read from a union of the tables of its concrete subclasses."""
        self.with_polymorphic, self._polymorphic_on = ("*", union), discriminator
        if self._built:
            self._set_reading(union, discriminator)

    def _set_concrete_base(self, base: "Mapper") -> None:
        """A parent that was mapped after this class."""
        self.inherits, self.concrete = base, True
        base._subclasses.append(self)
        self._hide_inherited()

    def _hide_inherited(self) -> None:
        for key in self.inherits._props.keys() - self._props.keys():
            if not isinstance(self.class_.__dict__.get(key), _core.InstrumentedAttribute):
                put_attribute(self.class_, key, _NotImplementedHere(self, key))

    @property
    def _reads_union(self) -> bool:
        """Whether rows come from a union of tables, and say themselves which."""
        given, kind = self.with_polymorphic_selectable, self._polymorphic_on
        kind = kind.column if isinstance(kind, MappedColumn) else kind
        if given is None or kind is None or _core.coerce(given, _core.ROLE_FROM)._kind == _core.K_JOIN:
            return False
        return getattr(kind, "table", None) not in self.tables or not isinstance(kind.table, Table)

    @property
    def _reads_apart(self) -> bool:
        """Whether the class is read from something that stands for its tables."""
        return bool(self.selectable is not self._own_from and self.selectable._kind != _core.K_JOIN)

    @property
    def with_polymorphic_selectable(self) -> t.Any:
        return None if self.with_polymorphic is None else self.with_polymorphic[1]

    @property
    def with_polymorphic_mappers(self) -> t.List["Mapper"]:
        """The class and those of its subclasses that are read along."""
        self._check_configure()
        along = [m for m in self.self_and_descendants[1:] if any(base._reads_along(m) for base in _ancestors(m) if base.isa(self))]
        return [self, *along] if along else []

    def _listen(self) -> None:
        from .events import install

        install(self)

    def _primary_key_columns(self) -> t.List[t.Any]:
        """What identifies rows, where the core cannot see it in a table: as given, or as the statement mapped to offers it."""
        if self._primary_key_given or isinstance(self.local_table, Table) or self.inherits is not None:
            return list(self._primary_key_given or ())
        return list(self.local_table.primary_key)

    def _check_primary_key(self) -> None:
        for name in self._primary_key_given or ():
            if isinstance(name, str):
                prop = self._props.get(self._key_of(name, "primary_key column"))
                if not isinstance(prop, ColumnProperty) or prop.columns[0]._kind != _core.K_COLUMN:
                    raise exc.ArgumentError(f"Can't determine primary_key column '{name}'; property does not refer to a single mapped Column")
        if (self.inherits is None or self.concrete) and not self._primary_key_given and not list(self.local_table.primary_key):
            raise exc.ArgumentError(
                f"Mapper {self} could not assemble any primary key columns for mapped table '{getattr(self.local_table, 'description', self.local_table)}'"
            )

    def _key_of(self, column: t.Any, role: str = "polymorphic_on value") -> str:
        """Attribute name of a column, mapped_column(), attribute, or name."""
        if isinstance(column, str):
            if column not in self._props:
                raise exc.ArgumentError(f"Can't determine {role} '{column}' - no attribute is mapped to this name.")
            return column
        if isinstance(column, MappedColumn):
            column = column.column
        if isinstance(column, _core.InstrumentedAttribute):
            return t.cast(str, column.key)
        return t.cast(str, self.get_property_by_column(column).key)

    # ---- the public face

    @property
    def mapper(self) -> "Mapper":
        return self

    @property
    def entity(self) -> type:
        return self.class_

    @property
    def _aliased_mapper(self) -> "Mapper":
        return self

    def __clause_element__(self) -> t.Any:
        self._ensure_built()
        return self._entity

    @property
    def selectable(self) -> t.Any:
        """What the class is read from: its tables, with those of the subclasses that are read along."""
        self._ensure_built()
        return self._entity._kids[0]

    @property
    def persist_selectable(self) -> t.Any:
        self._ensure_built()
        return self._own_from

    mapped_table = persist_selectable

    @property
    def tables(self) -> t.List[t.Any]:
        inherited = [] if self.inherits is None or self.concrete else self.inherits.tables
        return inherited if self.single else [*inherited, self.local_table]

    @property
    def base_mapper(self) -> "Mapper":
        return self if self.inherits is None or self.concrete else self.inherits.base_mapper

    @property
    def inherit_condition(self) -> t.Any:
        """What joins the table to that of the parent; None where there is nothing to join."""
        if self._inherit_condition is not None or self.inherits is None or self.single or self.concrete:
            return self._inherit_condition
        self._ensure_built()
        return self._own_from.onclause

    @property
    def _inheriting_mappers(self) -> t.List["Mapper"]:
        return list(self._subclasses)

    @property
    def primary_mapper(self) -> "Mapper":
        return self

    @property
    def primary_key(self) -> t.Tuple[t.Any, ...]:
        """The primary key columns."""
        if self._primary_key_given:
            return tuple(self._props[self._key_of(c)].columns[0] for c in self._primary_key_given)
        if self.inherits is not None and not self.concrete:
            return self.inherits.primary_key
        return tuple(self.local_table.primary_key.columns)

    @property
    def polymorphic_on(self) -> t.Any:
        if self._polymorphic_on is None:
            return self.inherits.polymorphic_on if self.inherits is not None and not self.concrete else None
        if self._reads_union:
            return self._polymorphic_on
        return self._props[self._key_of(self._polymorphic_on)].columns[0]

    @property
    def polymorphic_map(self) -> t.Dict[t.Any, "Mapper"]:
        return {m.polymorphic_identity: m for m in self.base_mapper.self_and_descendants if m.polymorphic_identity is not None}

    @property
    def version_id_col(self) -> t.Any:
        return None if self._version_id_col is None else self._props[self._key_of(self._version_id_col)].columns[0]

    @property
    def columns(self) -> t.Any:
        """Columns by attribute name."""
        from ..sql.collections import ReadOnlyColumnCollection

        return ReadOnlyColumnCollection(
            [(key, p.columns[0]) for key, p in self._props.items() if isinstance(p, ColumnProperty)]
        )

    c = columns

    def _view(self, *kinds: type) -> _KeyedView:
        self._check_configure()
        return _KeyedView({key: p for key, p in self._ordered() if not kinds or isinstance(p, kinds)})

    def _ordered(self) -> t.List[t.Tuple[str, MapperProperty]]:
        """Properties in the order that programs see: what is no column of the table, what is inherited, columns."""
        inherited = [key for key, _ in self.inherits._ordered() if key in self._props] if self.inherits is not None else []
        own = [key for key in self._props if key not in inherited]
        columns = [k for k in own if isinstance(self._props[k], ColumnProperty) and self._props[k].columns[0]._kind == _core.K_COLUMN]
        return [(key, self._props[key]) for key in [*(k for k in own if k not in columns), *inherited, *columns]]

    @property
    def attrs(self) -> _KeyedView:
        return self._view()

    @property
    def column_attrs(self) -> _KeyedView:
        return self._view(ColumnProperty)

    @property
    def relationships(self) -> _KeyedView:
        from .relationships import RelationshipProperty

        return self._view(RelationshipProperty)

    @property
    def synonyms(self) -> _KeyedView:
        return self._view(SynonymProperty)

    @property
    def composites(self) -> _KeyedView:
        from .composites import CompositeProperty

        return self._view(CompositeProperty)

    @property
    def _composites(self) -> t.List[str]:
        return [key for key, prop in self._props.items() if prop.is_composite]

    @property
    def all_orm_descriptors(self) -> _KeyedView:
        self._check_configure()
        found: t.Dict[str, t.Any] = {}
        for cls in reversed(self.class_.__mro__):
            for key, value in cls.__dict__.items():
                if isinstance(value, _core.InstrumentedAttribute) or hasattr(value, "extension_type") and not isinstance(value, (type, Mapper)):
                    found[key] = getattr(self.class_, key) if isinstance(value, _core.InstrumentedAttribute) else value
        return _KeyedView(found)

    @property
    def iterate_properties(self) -> t.Iterator[MapperProperty]:
        self._check_configure()
        return iter([prop for _, prop in self._ordered()])

    def has_property(self, key: str) -> bool:
        return key in self._props

    def get_property(self, key: str, _configure_mappers: bool = True) -> MapperProperty:
        if _configure_mappers:
            self._check_configure()
        try:
            return self._props[key]
        except KeyError:
            raise exc.InvalidRequestError(
                f"Mapper '{self}' has no property '{key}'.  If this property was indicated from other mappers or configure events, "
                "ensure registry.configure() has been called."
            ) from None

    def get_property_by_column(self, column: t.Any) -> MapperProperty:
        for prop in self._props.values():
            if isinstance(prop, ColumnProperty) and any(c is column for c in prop.columns):
                return prop
        raise orm_exc.UnmappedColumnError(f"No column {column} is configured on mapper {self}...")

    def isa(self, other: "Mapper") -> bool:
        m: t.Optional[Mapper] = self
        while m is not None and m is not other:
            m = m.inherits
        return m is not None

    def common_parent(self, other: "Mapper") -> bool:
        return self.base_mapper is other.base_mapper

    def is_sibling(self, other: "Mapper") -> bool:
        return self.common_parent(other) and not self.isa(other) and not other.isa(self)

    @property
    def self_and_descendants(self) -> t.List["Mapper"]:
        found = [self]
        for mapper in found:  # grows: level by level
            found.extend(mapper._subclasses)
        return found

    def polymorphic_iterator(self) -> t.Iterator["Mapper"]:
        return iter(self.self_and_descendants)

    def primary_key_from_instance(self, instance: t.Any) -> t.List[t.Any]:
        return [getattr(instance, self.get_property_by_column(c).key) for c in self.primary_key]

    def identity_key_from_primary_key(self, primary_key: t.Any, identity_token: t.Any = None) -> t.Tuple[t.Any, ...]:
        return self.base_mapper.class_, tuple(primary_key), identity_token

    def identity_key_from_instance(self, instance: t.Any) -> t.Tuple[t.Any, ...]:
        return self.identity_key_from_primary_key(self.primary_key_from_instance(instance))

    def identity_key_from_row(self, row: t.Any, identity_token: t.Any = None, adapter: t.Any = None) -> t.Tuple[t.Any, ...]:
        return self.identity_key_from_primary_key(tuple(getattr(row, "_mapping", row)[c] for c in self.primary_key), identity_token)

    def cascade_iterator(self, type_: str, state: t.Any, halt_on: t.Any = None) -> t.Iterator[t.Any]:
        """Instances that a cascade reaches from one."""
        seen: t.Set[int] = set()
        todo = [state.obj()]
        while todo:
            obj = todo.pop()
            for prop in _core.inst_state(obj).mapper._relations():
                if type_ not in prop.cascade:
                    continue
                value = getattr(obj, prop.key)
                for member in prop.members(value):
                    if id(member) not in seen and not (halt_on and halt_on(member)):
                        seen.add(id(member))
                        todo.append(member)
                        s = _core.inst_state(member)
                        yield member, s.mapper, s, _core.inst_loaded(member)

    def __repr__(self) -> str:
        return f"<Mapper at {id(self):#x}; {self.class_.__name__}>"

    def __str__(self) -> str:
        table = getattr(self.local_table, "description", None) or getattr(self.local_table, "name", None)
        return f"Mapper[{self.class_.__name__}({table})]"


def _polymorphic_spec(given: t.Any) -> t.Optional[t.Tuple[t.Any, t.Any]]:
    """`with_polymorphic` of a mapper as (classes or "*", selectable or None)."""
    if given is None:
        return None
    if given == "*":
        return "*", None
    if isinstance(given, (tuple, list)):
        if given and isinstance(given[0], (str, tuple, list)):
            return given[0], given[1] if len(given) > 1 else None
        return tuple(given), None
    raise exc.ArgumentError(f"Invalid setting for with_polymorphic: {given!r}")


def mapped_below(base: type) -> t.List[Mapper]:
    """The mapped classes that inherit from a mixin; of a hierarchy its topmost class that does."""
    found = [m for m in list(all_mappers) if issubclass(m.class_, base)]
    return sorted((m for m in found if m.inherits is None or not issubclass(m.inherits.class_, base)), key=lambda m: m.class_.__qualname__)


def _all_registries() -> t.Set[t.Any]:
    """The registries of all mappers there are."""
    return {mapper.registry for mapper in list(all_mappers) if mapper.registry is not None}


def class_mapper_of(cls: t.Any) -> t.Optional[Mapper]:
    if cls is None or isinstance(cls, Mapper):
        return cls
    return t.cast(Mapper, cls.__mapper__)


def _ancestors(mapper: Mapper) -> t.Iterator[Mapper]:
    m = mapper.inherits
    while m is not None:
        yield m
        m = m.inherits


def is_mapped(mapper: Mapper) -> bool:
    """Whether its class has it still."""
    return mapper in all_mappers


def clear_mappers() -> None:
    """Takes the mapping away from all classes."""
    with lock:
        for mapper in list(all_mappers):
            _dispose(mapper)


def _dispose(mapper: Mapper) -> None:
    cls = mapper.class_
    put_attribute(cls, "_sa_disposed_mapper", mapper)  # instances that are still about need it
    for name in ("__mapper__", "_sa_class_manager", "__clause_element__", *mapper._nodes):
        if name in cls.__dict__:
            type.__delattr__(cls, name)
    forget_pending(mapper)


def validates(*names: str, include_removes: bool = False, include_backrefs: bool = True) -> t.Callable[[t.Any], t.Any]:
    """Marks a method that checks, and may replace, values set to the attributes named."""

    def mark(fn: t.Any) -> t.Any:
        fn.__sa_validators__ = names
        fn.__sa_validation_opts__ = {"include_removes": include_removes, "include_backrefs": include_backrefs}
        return fn

    return mark


def reconstructor(fn: t.Any) -> t.Any:
    """Marks a method that is called on every instance that is loaded."""
    fn.__sa_reconstructor__ = True
    return fn


__all__ = ["ClassManager", "Mapper", "clear_mappers", "configure_mappers", "reconstructor", "validates"]
