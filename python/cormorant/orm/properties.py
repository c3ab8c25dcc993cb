"""Column attributes: `ColumnProperty`, `mapped_column()`, `column_property()`, `deferred()`, `synonym()`."""

from __future__ import annotations

import types
import typing as t

from .. import _core, exc
from .._late import late
from ..sql.schema import Column
from .attributes import InstrumentedAttribute
from .base import DONT_SET, Mapped
from .interfaces import MapperProperty, StrategizedProperty, put_attribute, take_options

_ATTR_DEFERRED, _ATTR_RAISELOAD, _ATTR_READ_ONLY, _ATTR_EAGER_DEFAULT, _ATTR_ACTIVE_HISTORY = 1, 2, 4, 8, 16


class _Unset:
    """Marks an argument that was not given."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "<not given>"


UNSET: t.Any = _Unset()


class ColumnProperty(StrategizedProperty):
    """One or more columns, or an SQL expression, as an attribute."""

    fallback: t.Any = DONT_SET

    def __init__(
        self, column: t.Any, *additional_columns: t.Any, group: t.Optional[str] = None, deferred: bool = False, raiseload: bool = False,
        comparator_factory: t.Any = None, active_history: bool = False, expire_on_flush: bool = True,
        info: t.Optional[t.Dict[t.Any, t.Any]] = None, doc: t.Optional[str] = None, **dataclass_options: t.Any,
    ) -> None:
        self.dataclass_options = take_options(dataclass_options)
        if dataclass_options:
            raise TypeError(f"column_property() got an unexpected keyword argument '{next(iter(dataclass_options))}'")
        super().__init__(info, doc)
        self.comparator_factory = comparator_factory
        self._given = (column, *additional_columns)
        self._columns: t.Optional[t.List[t.Any]] = None
        self.group = group
        self.deferred = deferred or group is not None
        self.raiseload = raiseload
        self.active_history = active_history
        self.strategy_key = (("deferred", self.deferred), ("instrument", True))

    def _with_fallback(self, value: t.Any) -> "ColumnProperty":
        """The value of the attribute where nobody set it: a dataclass's default."""
        self.fallback = value
        return self

    @property
    def columns(self) -> t.List[t.Any]:
        """The columns; the first one is what queries use."""
        if self._columns is None:
            self._columns = [_as_expression(c) for c in self._given]
            if self.doc is None:
                self.doc = getattr(self._columns[0], "doc", None)
        return self._columns

    @property
    def expression(self) -> t.Any:
        return self.columns[0]

    def __clause_element__(self) -> t.Any:
        return self.columns[0]

    @property
    def is_expression(self) -> bool:
        """Whether this is SQL over other columns rather than a column of a table."""
        first = self.columns[0]
        return not (isinstance(first, Column) and first.table is not None)

    columns_to_assign = property(lambda self: [(c, 0) for c in self.columns if isinstance(c, Column) and c.table is None])

    def instrument(self, mapper: t.Any) -> None:
        values = {"_key": self.key, "_prop": self, "_parent": mapper, "_class": mapper.class_}
        if self.fallback is not DONT_SET:
            values["_default"] = self.fallback
        attribute = _core.attribute(InstrumentedAttribute, self.columns[0], values)
        if self.comparator_factory is not None:
            from .comparators import compared

            attribute = compared(attribute)
        mapper._nodes[self.key] = attribute
        put_attribute(mapper.class_, self.key, attribute)

    def definition(self, mapper: t.Any) -> t.Tuple[t.Any, ...]:
        """What the core's mapper takes."""
        flags = 0
        if self.deferred:
            flags |= _ATTR_DEFERRED
        if self.raiseload:
            flags |= _ATTR_RAISELOAD
        if self.active_history:
            flags |= _ATTR_ACTIVE_HISTORY
        if self.is_expression:
            return self.key, (), _labelled(self.columns[0], self.key), flags | _ATTR_READ_ONLY, self.group, mapper._nodes[self.key]
        return self.key, tuple(self.columns), None, flags, self.group, mapper._nodes[self.key]

    def copy(self) -> "ColumnProperty":
        made = ColumnProperty(
            *self.columns, group=self.group, deferred=self.deferred, raiseload=self.raiseload, active_history=self.active_history
        )
        made.dataclass_options, made.comparator_factory = self.dataclass_options, self.comparator_factory
        return made


ColumnProperty.__name__ = "ColumnProperty"


def _as_expression(column: t.Any) -> t.Any:
    """The expression of a column as it is given: Column, mapped_column(), attribute, select."""
    if isinstance(column, MappedColumn):
        return column.column
    if isinstance(column, Column):
        return column
    node = _core.coerce(column, _core.ROLE_EXPR)
    return node


def _labelled(expression: t.Any, key: str) -> t.Any:
    return expression


MappedSQLExpression = ColumnProperty


class _DeclaredOperators:
    """A `mapped_column()` in a class body can be used in expressions before its class is mapped."""

    __slots__ = ()


def _forward(name: str) -> t.Callable[..., t.Any]:
    def operate(self: t.Any, *args: t.Any) -> t.Any:
        return getattr(self.column, name)(*args)

    operate.__name__ = name
    return operate


for _name in (
    "add sub mul truediv floordiv mod pow radd rsub rmul rtruediv rmod and or xor rand ror lt le gt ge eq ne neg invert getitem "
    "lshift rshift"
).split():
    setattr(_DeclaredOperators, f"__{_name}__", _forward(f"__{_name}__"))
_DeclaredOperators.__hash__ = object.__hash__  # type: ignore[method-assign]


class MappedColumn(_DeclaredOperators, Mapped[t.Any]):
    """What `mapped_column()` answers: a Column that its annotation may complete, and options of the attribute."""

    __class_getitem__ = classmethod(types.GenericAlias)

    def __init__(self, *args: t.Any, **kw: t.Any) -> None:
        self.deferred: t.Any = kw.pop("deferred", UNSET)
        self.deferred_group = kw.pop("deferred_group", None)
        self.deferred_raiseload = kw.pop("deferred_raiseload", None)
        self.active_history = kw.pop("active_history", False)
        self.sort_order: t.Any = kw.pop("sort_order", UNSET)
        self.use_existing_column = kw.pop("use_existing_column", False)
        self.dataclass_options = take_options(kw)
        self.fallback: t.Any = DONT_SET
        if "insert_default" in kw and "default" in self.dataclass_options:
            raise exc.ArgumentError("The 'default' and 'insert_default' parameters of Column are mutually exclusive")
        if "insert_default" in kw:
            kw["default"] = kw.pop("insert_default")
        elif "default" in self.dataclass_options:  # the dataclass's default is the column's, too
            kw["default"] = self.dataclass_options["default"]
        self._has_nullable = "nullable" in kw and kw["nullable"] is not None
        self._has_insert_default = "default" in kw
        self._arguments = (args, kw)
        self._fixed_name = bool(args and isinstance(args[0], str)) or kw.get("name") is not None
        self.column = Column(*args, **kw)
        self._creation_order = getattr(self.column, "_creation_order", 0)

    @property
    def foreign_keys(self) -> t.Any:
        return self.column.foreign_keys

    def __clause_element__(self) -> t.Any:
        return self.column

    def _copy(self) -> "MappedColumn":
        """A fresh one for another class: mixins, Annotated types."""
        made = MappedColumn.__new__(MappedColumn)
        made.__dict__.update(self.__dict__)
        made.column = self.column._copy()
        return made

    def as_property(self, column: t.Any) -> ColumnProperty:
        return ColumnProperty(
            column, deferred=bool(self.deferred) or self.deferred_group is not None, group=self.deferred_group,
            raiseload=bool(self.deferred_raiseload), active_history=self.active_history, doc=column.doc,
        )._with_fallback(self.fallback)

    @property
    def name(self) -> t.Any:
        return self.column.name

    @property
    def key(self) -> t.Any:
        return self.column.key

    def __getattr__(self, name: str) -> t.Any:
        if name.startswith("__") or name == "column":
            raise AttributeError(name)
        return getattr(self.column, name)


class SynonymProperty(MapperProperty):
    """Another name for an attribute."""

    def __init__(
        self, name: str, map_column: t.Optional[bool] = None, descriptor: t.Any = None, comparator_factory: t.Any = None,
        info: t.Optional[t.Dict[t.Any, t.Any]] = None, doc: t.Optional[str] = None, **dataclass_options: t.Any,
    ) -> None:
        self.dataclass_options = take_options(dataclass_options)
        if dataclass_options:
            raise TypeError(f"synonym() got an unexpected keyword argument '{next(iter(dataclass_options))}'")
        super().__init__(info, doc)
        self.name, self.map_column, self.descriptor = name, map_column, descriptor
        self.comparator_factory = comparator_factory

    def instrument(self, mapper: t.Any) -> None:
        put_attribute(mapper.class_, self.key, _Synonym(self.name, self.descriptor, None if self.comparator_factory is None else self))

    @property
    def columns(self) -> t.Any:
        return self.parent._props[self.name].columns


class _Synonym:
    """Descriptor that hands everything on to the attribute it names, or to a descriptor of the user's on instances."""

    def __init__(self, name: str, descriptor: t.Any, compared: t.Any = None) -> None:
        self.name, self.descriptor, self.compared = name, descriptor, compared  # compared: the property, where it has a comparator of its own

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        if instance is None and self.compared is not None:
            from .comparators import compared_as

            return compared_as(self.compared, getattr(owner, self.name))
        if instance is None:
            return getattr(owner, self.name)
        return self.descriptor.__get__(instance, owner) if self.descriptor is not None else getattr(instance, self.name)

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        if self.descriptor is not None:
            self.descriptor.__set__(instance, value)
        else:
            setattr(instance, self.name, value)

    def __delete__(self, instance: t.Any) -> None:
        delattr(instance, self.name)


def mapped_column(*args: t.Any, **kw: t.Any) -> t.Any:
    """A column of a declarative class; type and nullability may come from the annotation."""
    return MappedColumn(*args, **kw)


def column_property(column: t.Any, *additional_columns: t.Any, **kw: t.Any) -> t.Any:
    """A column with options, or an SQL expression, as an attribute."""
    options = take_options(kw, read_only=True)
    made = ColumnProperty(column, *additional_columns, **kw)
    made.dataclass_options = options
    return made


def deferred(column: t.Any, *additional_columns: t.Any, group: t.Optional[str] = None, raiseload: bool = False, **kw: t.Any) -> t.Any:
    """A column that is loaded when it is first read."""
    if isinstance(column, MappedColumn):
        column = column.column
    return ColumnProperty(column, *additional_columns, deferred=True, group=group, raiseload=raiseload, **kw)


def query_expression(default_expr: t.Any = None, **kw: t.Any) -> t.Any:
    """An attribute that a statement fills with `with_expression()`."""
    from ..sql import null

    options = take_options(kw, read_only=True)
    prop = ColumnProperty(null() if default_expr is None else default_expr, **kw)
    prop.dataclass_options = options
    prop.strategy_key = (("query_expression", True),)
    return prop


def synonym(name: str, **kw: t.Any) -> t.Any:
    """Another name for an attribute."""
    return SynonymProperty(name, **kw)


Synonym = SynonymProperty

__all__ = [
    "ColumnProperty", "MappedColumn", "MappedSQLExpression", "SynonymProperty", "column_property", "deferred", "exc", "mapped_column", "query_expression", "synonym",
]


# programs look for all properties here
__getattr__, __dir__ = late(__name__, {"composites": ("CompositeProperty",), "relationships": ("RelationshipProperty",)})
