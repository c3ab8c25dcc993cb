"""`composite()`: several columns as one object.

The object is made from its parts when it is read, and kept for as long as the parts are the ones it was made from. Setting it sets
the parts. On the class the attribute compares, orders and selects all its columns.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import operator
import typing as t

from .. import _core, event, exc
from ..sql import and_
from ..sql.schema import Column
from .attributes import HISTORY_BLANK, History, get_history
from .base import DONT_SET, NO_VALUE, Mapped
from .bundle import bundle_clause
from .interfaces import MapperProperty, put_attribute, take_options
from .properties import UNSET, ColumnProperty, MappedColumn

_CACHE = "_sa_composites"


class CompositeComparator:
    """The attribute on the class: `Vertex.start == Point(1, 2)`. Subclasses are given as `comparator_factory`."""

    __hash__ = object.__hash__
    is_attribute = True
    extension_type = Mapped

    def __init__(self, prop: "CompositeProperty", owner: t.Any) -> None:
        self.prop = self.property = prop
        self._owner = owner

    key = property(lambda self: self.prop.key)
    parent = property(lambda self: self.prop.parent)
    class_ = property(lambda self: self.prop.parent.class_)
    info = property(lambda self: self.prop.info)

    @property
    def _comparable_elements(self) -> t.List[t.Any]:
        return [getattr(self._owner, key) for key in self.prop._attribute_keys]

    __clause_elements__ = clauses = _comparable_elements

    def __clause_element__(self) -> t.Any:
        prop = self.prop
        return bundle_clause(prop.key, self._comparable_elements, lambda values: prop._construct(*values))

    expression = property(__clause_element__)

    def _compare(self, operate: t.Callable[[t.Any, t.Any], t.Any], other: t.Any) -> t.Any:
        elements = self._comparable_elements
        if isinstance(other, CompositeComparator):
            values: t.Sequence[t.Any] = other._comparable_elements
        else:
            values = [None] * len(elements) if other is None else self.prop._composite_values_from_instance(other)
        return and_(*[operate(element, value) for element, value in zip(elements, values)])

    def __eq__(self, other: t.Any) -> t.Any:
        return self._compare(operator.eq, other)

    def __ne__(self, other: t.Any) -> t.Any:
        return self._compare(operator.ne, other)

    def __lt__(self, other: t.Any) -> t.Any:
        return self._compare(operator.lt, other)

    def __gt__(self, other: t.Any) -> t.Any:
        return self._compare(operator.gt, other)

    def __le__(self, other: t.Any) -> t.Any:
        return self._compare(operator.le, other)

    def __ge__(self, other: t.Any) -> t.Any:
        return self._compare(operator.ge, other)

    def _list(self, method: str) -> t.Any:
        return bundle_clause(self.prop.key, [getattr(element, method)() for element in self._comparable_elements], tuple)

    def asc(self) -> t.Any:
        return self._list("asc")

    def desc(self) -> t.Any:
        return self._list("desc")

    def nulls_first(self) -> t.Any:
        return self._list("nulls_first")

    def nulls_last(self) -> t.Any:
        return self._list("nulls_last")

    def label(self, name: str) -> t.Any:
        prop = self.prop
        return bundle_clause(name, self._comparable_elements, lambda values: prop._construct(*values))

    def get_history(self, instance: t.Any, passive: t.Any = None) -> History:
        return self.prop.get_history(instance)

    def _bulk_update_tuples(self, value: t.Any) -> t.List[t.Tuple[t.Any, t.Any]]:
        """The columns that `update().values({Vertex.start: value})` sets."""
        prop = self.prop
        if isinstance(value, _core.Node) and value._kind == _core.K_BIND:
            value = value.value
        if value is not None and isinstance(prop.composite_class, type) and not isinstance(value, prop.composite_class):
            raise exc.ArgumentError(f"Can't UPDATE composite attribute {prop} to {value!r}")
        elements = self._comparable_elements
        return list(zip(elements, [None] * len(elements) if value is None else prop._composite_values_from_instance(value)))

    def __str__(self) -> str:
        return str(self.prop)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.prop}>"


class CompositeProperty(MapperProperty):
    """Several columns as one object."""

    is_composite = True
    Comparator = CompositeComparator

    def __init__(
        self, _class_or_attr: t.Any = None, *attrs: t.Any, return_none_on: t.Any = UNSET, active_history: bool = False, deferred: bool = False,
        group: t.Optional[str] = None, comparator_factory: t.Any = None, column_template: t.Optional[str] = None,
        info: t.Optional[t.Dict[t.Any, t.Any]] = None, doc: t.Optional[str] = None, **dataclass_options: t.Any,
    ) -> None:
        super().__init__(info, doc)
        self.dataclass_options = take_options(dataclass_options)
        if dataclass_options:
            raise TypeError(f"composite() got an unexpected keyword argument '{next(iter(dataclass_options))}'")
        if isinstance(_class_or_attr, (str, MappedColumn, _core.Node)):
            attrs, _class_or_attr = (_class_or_attr, *attrs), None
        self.composite_class, self.attrs = _class_or_attr, attrs
        if column_template is not None and column_template.count("%s") != 1:
            raise exc.ArgumentError(
                f"column_template {column_template!r} is not a valid template; expected a string containing exactly one '%s' "
                "placeholder"
            )
        self.column_template, self.return_none_on = column_template, return_none_on
        self.active_history, self.deferred, self.group = active_history, deferred, group
        self.comparator_factory = comparator_factory or self.Comparator
        self._read_values: t.Any = None
        if _class_or_attr is not None:
            self._find_accessor()

    # ---- declaration

    def declare(self, annotation: t.Any, registry: t.Any, cls: type, name: str) -> t.List[t.Any]:
        """Completes class and columns from the annotation and from a dataclass's fields; answers the columns of its own."""
        if self.composite_class is None:
            if annotation is None or not annotation.is_mapped:
                raise exc.ArgumentError(
                    f"Python typing annotation is required for attribute '{cls.__name__}.{name}' when primary argument(s) for 'composite' "
                    "construct are None or not present"
                )
            if isinstance(annotation.type, str) or isinstance(annotation.type, type) and "_later" in annotation.type.__dict__:
                raise exc.ArgumentError(
                    f"Can't use forward ref {annotation.raw} for composite class argument of '{cls.__name__}.{name}'; set up the "
                    "type as Mapped[<class>]"
                )
            self.composite_class = annotation.type
            if annotation.optional and self.return_none_on is UNSET:
                self.return_none_on = _all_none
        if dataclasses.is_dataclass(self.composite_class):
            self._take_fields(registry, cls)
        elif self.column_template is not None:
            raise exc.ArgumentError(f"column_template of composite '{cls.__name__}.{name}' is only supported when composite_class is a dataclass")
        self._find_accessor()
        columns = [a.column if isinstance(a, MappedColumn) else a for a in self.attrs if isinstance(a, (MappedColumn, Column))]
        if any(c.name is None for c in columns):
            raise exc.ArgumentError(f"Composite class column arguments of '{cls.__name__}.{name}' must be named unless a dataclass is used")
        for column in columns:
            if column.key is None:
                column.key = column.name
        return [c for c in columns if c.table is None]

    def _take_fields(self, registry: t.Any, cls: type) -> None:
        """Names and types of columns that do not say them, from the constructor of the dataclass."""
        from .annotations import Annotation

        composite = self.composite_class
        parameters = list(inspect.signature(composite).parameters.values())
        if len(self.attrs) > len(parameters):
            raise exc.ArgumentError(
                f"number of composite attributes {len(self.attrs)} exceeds that of the number of attributes in class {composite.__name__} {len(parameters)}"
            )
        hints = t.get_type_hints(composite)
        made: t.List[t.Any] = []
        for parameter, attr in itertools.zip_longest(parameters, self.attrs):
            if attr is None:
                attr = MappedColumn(self.column_template % parameter.name) if self.column_template else MappedColumn()
            column = attr.column if isinstance(attr, MappedColumn) else attr
            if isinstance(column, Column) and column.name is None:
                column.name = column.key = parameter.name
            if isinstance(attr, MappedColumn):
                hint = hints.get(parameter.name, t.Any)
                Annotation(hint, Mapped, hint).complete(attr.column, registry, attr._has_nullable, cls, parameter.name)
            made.append(attr)
        self.attrs = tuple(made)

    def _find_accessor(self) -> None:
        composite = self.composite_class
        if dataclasses.is_dataclass(composite) and not hasattr(composite, "__composite_values__"):
            names = list(inspect.signature(t.cast(t.Any, composite)).parameters)
            getter = operator.attrgetter(*names)
            self._read_values = getter if len(names) > 1 else lambda value: (getter(value),)

    def instrument(self, mapper: t.Any) -> None:
        for attr in self.attrs:
            prop = self._property_of(mapper, attr)
            if not isinstance(prop, MapperProperty):
                raise exc.ArgumentError(f"Composite {self} expects Column objects or mapped attributes/attribute names as arguments, got: {attr!r}")
            if isinstance(prop, ColumnProperty):
                prop.active_history = self.active_history or prop.active_history
                prop.deferred = self.deferred or prop.deferred
                prop.group = self.group or prop.group
        put_attribute(mapper.class_, self.key, _Composite(self))
        if "_inherited_from" not in self.__dict__:
            self._listen(mapper)

    def _listen(self, mapper: t.Any) -> None:
        """What is kept goes when the instance expires, and when a flush may have changed its parts."""
        def forget(target: t.Any) -> None:
            kept = target.__dict__.get(_CACHE)
            if kept is not None:
                kept.pop(self.key, None)

        event.listen(mapper, "expire", lambda target, attrs: forget(target), propagate=True)
        for name in ("after_insert", "after_update"):
            event.listen(mapper, name, lambda mapper, connection, target: forget(target), propagate=True)

    @staticmethod
    def _property_of(mapper: t.Any, attr: t.Any) -> t.Any:
        if isinstance(attr, str):
            return mapper._props.get(attr)
        if isinstance(attr, _core.InstrumentedAttribute):
            return mapper._props.get(attr.key)
        column = attr.column if isinstance(attr, MappedColumn) else attr
        for prop in mapper._props.values():
            if isinstance(prop, ColumnProperty) and any(c is column for c in prop.columns):
                return prop
        return None

    # ---- values

    @property
    def props(self) -> t.List[t.Any]:
        """The properties of the parts."""
        return [self._property_of(self.parent, attr) for attr in self.attrs]

    @property
    def _attribute_keys(self) -> t.List[str]:
        found = self.__dict__.get("_keys")
        if found is None:
            found = self.__dict__["_keys"] = [prop.key for prop in self.props]
        return t.cast("t.List[str]", found)

    def _construct(self, *values: t.Any) -> t.Any:
        if callable(self.return_none_on) and self.return_none_on(*values):
            return None
        return self.composite_class(*values)

    def _composite_values_from_instance(self, value: t.Any) -> t.Tuple[t.Any, ...]:
        if self._read_values is not None:
            return t.cast("t.Tuple[t.Any, ...]", self._read_values(value))
        try:
            accessor = value.__composite_values__
        except AttributeError:
            raise exc.InvalidRequestError(
                f"Composite class {getattr(self.composite_class, '__name__', self.composite_class)} of {self} is not a dataclass and does not "
                "define a __composite_values__() method; can't get state"
            ) from None
        return t.cast("t.Tuple[t.Any, ...]", accessor())

    def get(self, instance: t.Any) -> t.Any:
        """The object of an instance: the one that was read or set before, while its parts are the same."""
        keys, kept = self._attribute_keys, instance.__dict__.get(_CACHE)
        if any(_core.inst_peek(instance, key, NO_VALUE) is NO_VALUE for key in keys):
            kept = None  # expired, or not there yet
        values = [getattr(instance, key) for key in keys]
        found = kept.get(self.key) if kept is not None else None
        if found is not None and all(a is b for a, b in zip(found[1], values)):
            return found[0]
        value = self._construct(*values)
        self._keep(instance, value, values)
        return value

    def _keep(self, instance: t.Any, value: t.Any, parts: t.Sequence[t.Any]) -> None:
        instance.__dict__.setdefault(_CACHE, {})[self.key] = value, list(parts)
        if hasattr(value, "_parents"):
            value._parents.add(instance, self.key)

    def set(self, instance: t.Any, value: t.Any) -> None:
        if value is DONT_SET:
            return
        kept = instance.__dict__.get(_CACHE, {}).get(self.key)
        mutable = hasattr(self.composite_class, "_listen_on_attribute")
        if mutable and value is not None and not isinstance(value, self.composite_class):
            value = self.composite_class.coerce(self.key, value)
        if kept is not None and kept[0] is not value and hasattr(kept[0], "_parents"):
            kept[0]._parents.drop(instance)
        self.write(instance, value)

    def write(self, instance: t.Any, value: t.Any) -> None:
        """Sets the parts to those of a value, and keeps it."""
        keys = self._attribute_keys
        parts = [None] * len(keys) if value is None else self._composite_values_from_instance(value)
        for key, part in zip(keys, parts):
            setattr(instance, key, part)
        self._keep(instance, value, [_core.inst_peek(instance, key, NO_VALUE) for key in keys])

    def get_history(self, instance: t.Any) -> History:
        """History of the whole, from that of its parts."""
        added, deleted, changed = [], [], False
        for key in self._attribute_keys:
            part = get_history(instance, key)
            changed = changed or part.has_changes()
            now = part.non_deleted()
            added.extend(now or [None])
            deleted.extend(part.deleted or [None])
        if changed:
            return History([self._construct(*added)], (), [self._construct(*deleted)])
        return History((), [self._construct(*added)], ()) if any(v is not None for v in added) else HISTORY_BLANK


def _all_none(*values: t.Any) -> bool:
    return all(value is None for value in values)


class _Composite:
    """The descriptor of a mapped class."""

    def __init__(self, prop: CompositeProperty) -> None:
        self.prop = prop

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        return self.prop.comparator_factory(self.prop, owner) if instance is None else self.prop.get(instance)

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        self.prop.set(instance, value)

    def __delete__(self, instance: t.Any) -> None:
        self.prop.set(instance, None)

    def _spread_bulk_value(self, cls: type, values: t.Dict[str, t.Any], value: t.Any) -> None:
        """Puts a value of a bulk INSERT or UPDATE into the columns that hold it."""
        keys = self.prop._attribute_keys
        values.update(zip(keys, [None] * len(keys) if value is None else self.prop._composite_values_from_instance(value)))


def composite(_class_or_attr: t.Any = None, *attrs: t.Any, **kw: t.Any) -> t.Any:
    """Several columns as one object of a class: a dataclass, or one with `__composite_values__()`."""
    return CompositeProperty(_class_or_attr, *attrs, **kw)


Composite = CompositeProperty

__all__ = ["Composite", "CompositeComparator", "CompositeProperty", "composite"]
