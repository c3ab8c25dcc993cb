"""What happens when a declarative class is defined: its columns and relationships are gathered, its table and mapper made.

Gathering walks the class and its unmapped bases (mixins, abstract classes), main class first. Columns and declared_attr
functions of mixins are copied, or called, for each class anew.
"""

from __future__ import annotations

import dataclasses
import sys
import types
import typing as t

from .. import _core, exc
from ..util import warn
from ..sql.elements import ColumnElement
from ..sql.schema import Column, MetaData, Table
from . import exc as orm_exc
from .annotations import Annotation, read_annotation
from .base import Mapped
from .interfaces import DATACLASS_MARK, MapperProperty, explicit, put_attribute
from .mapper import Mapper, class_mapper_of
from .properties import UNSET, ColumnProperty, MappedColumn, SynonymProperty

_TableArgsType = t.Union[t.Tuple[t.Any, ...], t.Dict[str, t.Any]]

_scanning: t.List["ClassScan"] = []
_SHARED = ("__table_args__", "__mapper_args__")  # of a mixin they hold for every class below


def name_column(column: t.Any, name: str) -> None:
    """Gives a column without a name that of its attribute."""
    if column.name is None:
        column.name = name
    if column.key is None:
        column.key = column.name


class ClassScan:
    """One class on its way to being mapped."""

    def __init__(self, cls: type, registry: t.Any, table: t.Any = None, mapper_kw: t.Optional[t.Dict[str, t.Any]] = None) -> None:
        self.cls, self.registry = cls, registry
        self.inherits = self._mapped_parent()
        self.given_table = table
        self.mapper_kw = dict(mapper_kw or {})
        self.properties: t.Dict[str, t.Any] = {}
        self.columns: t.List[t.Tuple[int, t.Any]] = []  # (sort order, column)
        self.order: t.Dict[str, int] = {}
        self.declared: t.Dict[t.Any, t.Any] = {}  # declared_attr -> its value for this class
        self.annotated: t.Dict[str, t.Tuple[t.Any, type]] = {}  # name -> annotation, and the class that has it
        self.elements: t.Dict[str, t.Any] = {}  # name -> the construct of an attribute, annotated or not
        self.copies: t.Dict[int, t.Any] = {}  # id of a mixin's column -> its copy for this class

    def run(self) -> Mapper:
        _scanning.append(self)
        try:
            self._gather()
            self._warn_of_repeated()
            self._make_dataclass()
            table = self._make_table()
            args = self._mapper_args()
            self._drop_replaced()
            return Mapper(self.cls, table, self.properties, registry=self.registry, inherits=self.inherits, **args)
        finally:
            _scanning.remove(self)

    def _mapped_parent(self) -> t.Any:
        for base in self.cls.__mro__[1:]:
            mapper = base.__dict__.get("__mapper__")
            if isinstance(mapper, Mapper):
                return mapper
        return None

    # ---- gathering

    def _sources(self) -> t.Iterator[t.Tuple[type, bool]]:
        """The class and its unmapped bases; whether each is the class itself."""
        for base in self.cls.__mro__:
            if base is self.cls:
                yield base, True
            elif isinstance(base.__dict__.get("__mapper__"), Mapper):
                continue
            elif base not in (object, Mapped, t.Generic, _core.Instance) and not base.__dict__.get("_is_declarative_root", False):
                yield base, False

    def _gather(self) -> None:
        seen: t.Set[str] = set()
        cascading = self._cascading_names()
        for base, own in self._sources():
            inherited = not own and self._inherited_by_mapped(base)
            annotations = _annotations(base)
            in_fields = self._constructs_in_fields(base)
            for name, value in in_fields.items():
                if name not in seen and not inherited and self._take(base, own, name, value, UNSET):
                    seen.add(name)
            for name in _in_order(list(vars(base)), list(annotations)):
                if name in seen or (name.startswith("__") and name.endswith("__")):
                    continue
                if inherited and cascading.get(name) is not base:
                    continue
                if own and name in cascading:
                    warn(f"Attribute {name!r} on class {self.cls} cannot be processed due to @declared_attr.cascading; skipping")
                    continue
                if name in annotations:
                    self.annotated.setdefault(name, (annotations[name], base))
                if self._take(base, own, name, vars(base).get(name, UNSET), annotations.get(name, UNSET)):
                    seen.add(name)
                elif name in vars(base):
                    seen.add(name)  # something of the program's own hides what mixins have

    def _constructs_in_fields(self, base: type) -> t.Dict[str, t.Any]:
        """Columns and relationships that a dataclass has in the metadata of its fields, where it says under which key."""
        key = self.setting("__sa_dataclass_metadata_key__")
        if not key:
            return {}
        if not dataclasses.is_dataclass(self.cls):
            raise exc.InvalidRequestError(
                f"Class {self.cls} has a __sa_dataclass_metadata_key__ and is no dataclass yet: make it one (@dataclass) before it is mapped."
            )
        own = _annotations(base) if dataclasses.is_dataclass(base) else {}
        found = {f.name: f.metadata[key] for f in dataclasses.fields(base) if f.name in own and key in f.metadata} if own else {}
        return {name: value() if isinstance(value, types.FunctionType) else value for name, value in found.items()}

    def _cascading_names(self) -> t.Dict[str, type]:
        """Attributes of the mixins of mapped parents that are made for every class below, and the mixins."""
        from .decl_api import declared_attr

        found: t.Dict[str, type] = {}
        for base, own in self._sources():
            if not own and self._inherited_by_mapped(base):
                for name, value in vars(base).items():
                    if isinstance(value, declared_attr) and value._cascading and not (name.startswith("__") and name.endswith("__")):
                        found.setdefault(name, base)
        return found

    def _inherited_by_mapped(self, base: type) -> bool:
        """Mixins of a mapped parent were its business."""
        return self.inherits is not None and issubclass(self.inherits.class_, base)

    def _take(self, base: type, own: bool, name: str, value: t.Any, hint: t.Any) -> bool:
        """Maps one attribute if it is to be mapped."""
        from .decl_api import declared_attr
        from .relationships import RelationshipProperty

        declared = value if isinstance(value, declared_attr) else None
        if isinstance(value, declared_attr):
            if value._is_config:
                return False
            if value._cascading and own:
                warn(
                    "Use of @declared_attr.cascading only applies to Declarative 'mixin' and 'abstract' classes.  Currently, this flag is "
                    f"ignored on mapped class {self.cls}"
                )
            if hint is UNSET:  # what the function says it answers
                hint = getattr(value.fget, "__annotations__", {}).get("return", UNSET)
                base_said = read_annotation(base, name, hint) if hint is not UNSET else None
                hint = hint if base_said is not None and base_said.is_mapped else UNSET
                if hint is not UNSET:
                    self.annotated.setdefault(name, (hint, base))
            value = self.evaluate(value)
            if not own and value is None:
                return True
            self._take_doc(declared, value)
            if declared._cascading and isinstance(value, (Column, MappedColumn)):
                self._share(base, name, value)  # the parent has an attribute of that name
        elif not own and isinstance(value, (Column, MappedColumn)):
            self._check_foreign_keys(name, value.column if isinstance(value, MappedColumn) else value)
            original, value = value, value._copy()
            self._remember(original, value)
            self._share(base, name, value)
        elif not own and isinstance(value, MapperProperty):
            if not (isinstance(value, ColumnProperty) or hint is not UNSET):
                raise exc.InvalidRequestError(
                    "Mapper properties (i.e. deferred,column_property(), relationship(), etc.) must be declared as @declared_attr "
                    f"callables on declarative mixin classes. Attribute {name!r} of {base.__name__}"
                )
            value = value.copy() if hasattr(value, "copy") else value
        annotation = read_annotation(base, name, hint) if hint is not UNSET else None
        if hint is not UNSET and not (annotation and annotation.is_mapped) and isinstance(value, (MappedColumn, RelationshipProperty)):
            if not getattr(self.cls, "__allow_unmapped__", False):
                raise orm_exc.MappedAnnotationError(
                    f'Type annotation for "{base.__name__}.{name}" can\'t be correctly interpreted for Annotated Declarative Table form: write '
                    f"Mapped[{hint if isinstance(hint, str) else getattr(hint, '__name__', hint)}], or set __allow_unmapped__ = True on the class or its base."
                )
        if isinstance(value, (tuple, list)) and len(value) == 1 and isinstance(value[0], (Column, MappedColumn, MapperProperty)):
            warn(
                f"Ignoring declarative-like tuple value of attribute '{name}': possibly a copy-and-paste error with a comma "
                "accidentally placed at the end of the line?"
            )
            return False
        if own and hint is not UNSET and (annotation is None or not annotation.is_mapped):
            self._check_unmapped(name, value, hint)
        if value is UNSET:
            if annotation is None or not annotation.is_mapped:
                return False
            value = annotation.default_construct()
            if not own:
                self._share(base, name, value)
        if own and name == "registry" and value is not self.registry or name == "metadata" and declared is None and not isinstance(value, MetaData):
            what = {"metadata": "MetaData instance", "registry": "Declarative class registry"}[name]
            warn(f"Attribute name '{name}' should be left reserved for the {what} when using a Declarative class.")
        if isinstance(value, _core.InstrumentedAttribute) and value.key != name:
            if value.class_ is self.cls:
                return False
            value = SynonymProperty(value.key)  # `other = Base.name`: another name for what is inherited
        if hasattr(value, "dataclass_options"):
            self.elements[name] = value
        if isinstance(value, Column):
            self._take_column(name, value, ColumnProperty(value), 0)
        elif isinstance(value, MappedColumn):
            shared, value = value, self._complete(name, value, annotation)
            if self.cls.__dict__.get(name) is shared and value is not shared:
                put_attribute(self.cls, name, value)
            order = 0 if value.sort_order is UNSET else value.sort_order
            self._take_column(name, value.column, value.as_property(value.column), order)
        elif isinstance(value, MapperProperty):
            if isinstance(value, RelationshipProperty) and annotation is not None:
                value.take_annotation(annotation, self.cls, name)
            if value.is_composite:
                self.columns.extend((0, column) for column in value.declare(annotation, self.registry, self.cls, name))
            if isinstance(value, ColumnProperty):
                for column in value.columns:
                    if isinstance(column, Column) and column.table is None:
                        if annotation is not None and annotation.is_mapped:
                            annotation.complete(column, self.registry, True, self.cls, name)
                        name_column(column, name)
                        self.columns.append((0, column))
            self._take_over(name, value)
            self.properties[name] = value
        elif annotation is not None and annotation.is_mapped and not callable(value) and not hasattr(value, "__get__"):
            raise orm_exc.MappedAnnotationError(
                f'Attribute "{name}" of class {self.cls.__name__} is annotated with Mapped[] but its value is {value!r}; '
                "use mapped_column(), relationship() or another ORM construct"
            )
        else:
            if isinstance(value, ColumnElement):
                warn(
                    f"Attribute '{name}' on class {self.cls} appears to be a non-schema SQLAlchemy expression object, which is not mapped: "
                    "column_property() or query_expression() map one."
                )
            if declared is not None:
                put_attribute(self.cls, name, value)  # made once for the class, whatever it is
                return True
            return False
        return True

    def _take_over(self, name: str, prop: t.Any) -> None:
        """One property under two names belongs to the later one."""
        for other in [key for key, known in self.properties.items() if known is prop]:
            warn(
                f"ORM mapped property {self.cls.__name__}.{other} being assigned to attribute {name!r} is already associated with attribute "
                f"{other!r}. The attribute will be de-associated from {other!r}."
            )
            del self.properties[other]

    def _check_foreign_keys(self, name: str, column: t.Any) -> None:
        """Copies of a mixin's columns cannot lead to another column of the mixin, which has copies itself."""
        for key in column.foreign_keys:
            if isinstance(key._colspec, (Column, MappedColumn)) and getattr(key._colspec, "table", None) is None:
                raise exc.InvalidRequestError(
                    "Columns with foreign keys to non-table-bound columns must be declared as @declared_attr callables on declarative "
                    f"mixin classes. Attribute {name!r} of class {self.cls.__name__}"
                )

    def _take_doc(self, attribute: t.Any, value: t.Any) -> None:
        """The docstring of a declared_attr is that of its attribute."""
        if attribute.__doc__:
            column = value.columns[0] if isinstance(value, ColumnProperty) else value.column if isinstance(value, MappedColumn) else value
            for target in (column, value):
                if isinstance(target, (Column, MapperProperty)) and getattr(target, "doc", None) is None:
                    target.doc = attribute.__doc__

    def _remember(self, original: t.Any, copy: t.Any) -> None:
        """Settings of a mixin speak of its own columns: they mean the copies."""
        self.copies[id(original)] = copy
        if isinstance(original, MappedColumn):
            self.copies[id(original.column)] = copy.column

    def _check_unmapped(self, name: str, value: t.Any, hint: t.Any) -> None:
        """Refuses an annotation without Mapped[] where one was meant: of nothing, or of a construct of the mapping."""
        if not (value is UNSET or value is None or isinstance(value, (MappedColumn, MapperProperty))):
            return
        if getattr(self.cls, "__allow_unmapped__", False) or hasattr(self.cls, DATACLASS_MARK) or "__dataclass_fields__" in self.cls.__dict__:
            return
        if any(word in str(hint) for word in ("ClassVar", "AssociationProxy", "Relationship")):
            return
        raise orm_exc.MappedAnnotationError(
            f"Type annotation for \"{self.cls.__name__}.{name}\" can't be correctly interpreted for Annotated Declarative Table form: write Mapped[...] "
            "around the type of an attribute that is mapped, and ClassVar[...] around that of one that is not.  Where annotations mean nothing for the mapping, "
            'say "__allow_unmapped__ = True" in the class or above it.'
        )

    def _warn_of_repeated(self) -> None:
        """One Column under several names is mapped under one of them."""
        names: t.Dict[str, t.Set[str]] = {}
        for key, prop in self.properties.items():
            for column in prop.columns if isinstance(prop, ColumnProperty) else ():
                if isinstance(column, Column) and column.name is not None:
                    names.setdefault(column.name, set()).add(key)
        for name, keys in names.items():
            if len(keys) > 1:
                warn(
                    f"On class {self.cls.__name__!r}, Column object {name!r} named directly multiple times, only one will be used: "
                    f"{', '.join(sorted(keys))}. Consider using orm.synonym instead"
                )

    def _make_dataclass(self) -> None:
        """Makes the class a dataclass, where it or a base says so."""
        if hasattr(self.cls, DATACLASS_MARK):
            from .decl_dataclass import transform

            transform(self.cls, self.annotated, self.elements)
            for name, element in self.elements.items():  # defaults are known now
                if isinstance(element, MappedColumn) and name in self.properties:
                    self.properties[name].fallback = element.fallback
            return
        for name, element in self.elements.items():
            found = explicit(element.dataclass_options, isinstance(element, MappedColumn))
            if found:
                raise exc.ArgumentError(
                    f"Attribute '{name}' on class {self.cls} includes dataclasses argument(s): {', '.join(sorted(map(repr, found)))} but class "
                    "does not specify SQLAlchemy native dataclass configuration."
                )

    def _share(self, base: type, name: str, value: t.Any) -> None:
        """`cls.name` in declared_attr functions is the copy of the column, not the mixin's original."""
        if name not in self.cls.__dict__:
            put_attribute(self.cls, name, value if isinstance(value, Column) else value)

    def _take_column(self, name: str, column: t.Any, prop: ColumnProperty, order: int) -> None:
        name_column(column, name)
        if column.table is None:
            self.columns.append((order, column))
        self.properties[name] = prop

    def _complete(self, name: str, value: MappedColumn, annotation: t.Optional[Annotation]) -> MappedColumn:
        if annotation is not None and annotation.is_mapped:
            value = annotation.apply_pep593(value)
            if value.use_existing_column and self.inherits is not None:
                existing = self.inherits.local_table.c.get(value.column.name or name)
                if existing is not None:
                    value.column = existing
                    return value
            annotation.complete(value.column, self.registry, value._has_nullable, self.cls, name)
        return value

    def evaluate(self, attribute: t.Any) -> t.Any:
        """The value of a declared_attr for this class, made once."""
        if attribute not in self.declared:
            from .decl_api import declared_attr

            own_get = type(attribute).__get__ is not declared_attr.__get__  # a subclass of declared_attr that answers by itself
            self.declared[attribute] = attribute.__get__(None, self.cls) if own_get else attribute.fget(self.cls)
        return self.declared[attribute]

    # ---- configuration: __tablename__, __table__, __table_args__, __mapper_args__

    def setting(self, name: str, inherit: bool = True) -> t.Any:
        """A configuration attribute of the class or its mixins; of what a mapped parent has only functions are asked again."""
        from .decl_api import declared_attr

        for base in self.cls.__mro__:
            if name not in base.__dict__:
                continue
            own, value = base is self.cls, base.__dict__[name]
            inherited = isinstance(base.__dict__.get("__mapper__"), Mapper) or name not in _SHARED and self._inherited_by_mapped(base)
            if not own and inherited and not isinstance(value, declared_attr):
                continue
            if isinstance(value, declared_attr):
                if value._cascading:
                    warn(
                        f"@declared_attr.cascading is not supported on the {name} attribute on class {self.cls}.  This attribute invokes for "
                        "subclasses in any case."
                    )
                return self.evaluate(value)
            if isinstance(value, (classmethod, property)) or callable(value) and not isinstance(value, type):
                return getattr(self.cls, name)
            return value
        # defaults that the whole hierarchy shares live on the declarative base
        return None

    def _metadata(self) -> MetaData:
        found = getattr(self.cls, "metadata", None)
        for base in () if isinstance(found, MetaData) else self.cls.__mro__[1:]:  # an attribute of the class is called that
            found = base.__dict__.get("metadata")
            if isinstance(found, MetaData):
                break
        return found if isinstance(found, MetaData) else self.registry.metadata

    def _make_table(self) -> t.Any:
        columns = [c for _, c in sorted(self.columns, key=lambda pair: pair[0])]
        table = self.given_table if self.given_table is not None else self.setting("__table__")
        if table is None:
            name = self.setting("__tablename__")
            if name is None:
                return self._parents_table(columns)
            args, kw = self._table_args()
            if self.setting("__autoload_with__") is not None:
                kw.setdefault("autoload_with", self.setting("__autoload_with__"))
            factory = getattr(self.cls, "__table_cls__", None)
            table = (factory or Table)(name, self._metadata(), *columns, *args, **kw)
            put_attribute(self.cls, "__table__", table)
            return table if table is not None else self._parents_table(columns)
        if "__table__" not in self.cls.__dict__:
            put_attribute(self.cls, "__table__", table)
        for column in columns:
            if not any(c is column for c in table.c) and column.name not in table.c:
                raise exc.ArgumentError(f"Can't add additional column '{column.key}' when specifying __table__")
        for key, prop in list(self.properties.items()):
            if isinstance(prop, ColumnProperty) and isinstance(prop.columns[0], Column) and prop.columns[0].table is None:
                del self.properties[key]  # the table's own column of that name is mapped
        return table

    def _table_args(self) -> t.Tuple[t.Tuple[t.Any, ...], t.Dict[str, t.Any]]:
        given = self.setting("__table_args__")
        if given is None:
            return (), {}
        if isinstance(given, dict):
            return (), dict(given)
        if not isinstance(given, tuple):
            raise exc.ArgumentError("__table_args__ value must be a tuple, dict, or None")
        if given and isinstance(given[-1], dict):
            return given[:-1], dict(given[-1])
        return given, {}

    def _parents_table(self, columns: t.List[t.Any]) -> t.Any:
        if self.inherits is None:
            raise exc.InvalidRequestError(
                f"Class {self.cls!r} does not have a __table__ or __tablename__ specified and does not inherit from an existing "
                "table-mapped class."
            )
        table = self.inherits.local_table
        if self.cls.__dict__.get("__table_args__") and self.setting("__table_args__"):
            raise exc.ArgumentError("Can't place __table_args__ on an inherited class with no table.")
        for column in columns:
            if column.primary_key:
                raise exc.ArgumentError("Can't place primary key columns on an inherited class with no table.")
            if column.name in table.c:
                if table.c[column.name] is column:
                    continue
                raise exc.ArgumentError(
                    f"Column '{column.name}' on class {self.cls.__name__} conflicts with existing column '{table.c[column.name]}'. "
                    "mapped_column(use_existing_column=True) takes a column that is there."
                )
            table.append_column(column)
        return None

    def _mapper_args(self) -> t.Dict[str, t.Any]:
        args = dict(self.setting("__mapper_args__") or {})
        args.update(self.mapper_kw)
        for name in ("version_id_col", "polymorphic_on", "primary_key"):
            given = args.get(name)
            if isinstance(given, (list, tuple)):
                args[name] = [self._own_column(column) for column in given]
            elif given is not None:
                args[name] = self._own_column(given)
        for name, prop in (args.pop("properties", None) or {}).items():
            self.properties.setdefault(name, prop)
        if "inherits" in args:
            inherits = args.pop("inherits")
            self.inherits = class_mapper_of(inherits)
        return args

    def _own_column(self, given: t.Any) -> t.Any:
        """What a setting speaks of, as this class has it."""
        from .decl_api import declared_attr

        if isinstance(given, declared_attr):
            given = self.evaluate(given)
        given = self.copies.get(id(given), given)
        return given.column if isinstance(given, MappedColumn) else given

    def _drop_replaced(self) -> None:
        """Attributes of the class that are about to become instrumented ones."""
        for name in self.properties:
            if name in self.cls.__dict__ and not isinstance(self.cls.__dict__[name], _core.InstrumentedAttribute):
                type.__delattr__(self.cls, name)


def current_scan(cls: type) -> t.Optional[ClassScan]:
    for scan in reversed(_scanning):
        if scan.cls is cls:
            return scan
    return None


def _annotations(cls: type) -> t.Dict[str, t.Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    found = cls.__dict__.get("__annotations__")
    return dict(found) if isinstance(found, dict) else {}


def _in_order(values: t.List[str], annotated: t.List[str]) -> t.List[str]:
    """The names of a class body as it has them: what is annotated only stands before the next name that is both."""
    found: t.List[str] = []
    waiting = list(annotated)
    for name in values:
        while name in waiting:
            found.append(waiting.pop(0))
        if name not in found:
            found.append(name)
    return [*found, *waiting]


def map_declarative(registry: t.Any, cls: type, table: t.Any = None, **mapper_kw: t.Any) -> Mapper:
    """Maps a class from what its body says."""
    if isinstance(cls.__dict__.get("__mapper__"), Mapper):
        raise exc.InvalidRequestError(f"Class {cls!r} already has been instrumented declaratively")
    mapper = ClassScan(cls, registry, table, mapper_kw).run()
    registry._class_registry.add(cls)
    _register_hooks(mapper)
    return mapper


def _register_hooks(mapper: Mapper) -> None:
    """Methods marked by validates() and reconstructor()."""
    from .events import listen_reconstructor

    hidden: t.Set[str] = set()
    for base in mapper.class_.__mro__:
        for method, fn in list(base.__dict__.items()):
            for name in getattr(fn, "__sa_validators__", ()) if method not in hidden else ():
                if name in mapper.validators:
                    raise exc.InvalidRequestError(f"A validation function for mapped attribute {name!r} on mapper {mapper} already exists.")
                mapper.validators[name] = (fn, getattr(fn, "__sa_validation_opts__", {}))
            if getattr(fn, "__sa_reconstructor__", False):
                listen_reconstructor(mapper, fn)
        hidden.update(base.__dict__)  # of methods of one name, that of the class is meant


def _warn_of_replaced(mapper: Mapper, key: str) -> None:
    there = mapper.class_.__dict__.get(key)
    if key in mapper._props:
        what = "an existing ORM-mapped attribute"
    elif there is not None and not isinstance(there, _core.InstrumentedAttribute) and not hasattr(there, "_refuse"):
        what = f"an existing class-bound attribute of type {type(there).__name__}"
    else:
        return
    warn(
        f"User-placed attribute {mapper.class_.__name__}.{key} on {mapper} is replacing {what}.  What existing instances and statements then "
        "mean by it is not defined; the use is deprecated.",
        exc.SADeprecationWarning,
    )


def add_attribute(cls: type, key: str, value: t.Any) -> bool:
    """`User.extra = Column(...)` after the class was mapped. False: nothing to map."""
    mapper = cls.__dict__.get("__mapper__")
    if not isinstance(mapper, Mapper):
        return False
    if isinstance(value, (Column, MappedColumn, MapperProperty)) and not isinstance(value, SynonymProperty):
        _warn_of_replaced(mapper, key)
    if isinstance(value, Column):
        name_column(value, key)
        if value.table is None:
            mapper.local_table.append_column(value)
        mapper.add_property(key, ColumnProperty(value))
    elif isinstance(value, MappedColumn):
        name_column(value.column, key)
        mapper.local_table.append_column(value.column)
        mapper.add_property(key, value.as_property(value.column))
    elif isinstance(value, MapperProperty):
        mapper.add_property(key, value)
    elif isinstance(value, _core.InstrumentedAttribute) and value.key != key:
        mapper.add_property(key, SynonymProperty(value.key))
    else:
        return False
    return True
