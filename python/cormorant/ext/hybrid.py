"""Attributes that are computed on instances and are SQL expressions on their class: `hybrid_property`, `hybrid_method`.

On the class, a hybrid answers a HybridAttribute: its expression, labelled with the name of the attribute. Where the hybrid has
a comparator (or its expression is one), the operators of the attribute are those of the comparator.
"""

from __future__ import annotations

import functools
import typing as t

from .. import _core, exc
from ..orm.base import InspectionAttrExtensionType, InspectionAttrInfo, ORMDescriptor
from ..sql import operators
from ..sql.nodes import Label

_T = t.TypeVar("_T")
_P = t.ParamSpec("_P")
_R = t.TypeVar("_R")
_F = t.TypeVar("_F", bound=t.Callable[..., t.Any])


class HybridExtensionType(InspectionAttrExtensionType):
    """What `extension_type` of hybrids says."""

    HYBRID_METHOD = "HYBRID_METHOD"
    HYBRID_PROPERTY = "HYBRID_PROPERTY"


def _plain_function(fn: t.Any) -> t.Any:
    """Functions that speak of the class may be written as class methods."""
    return fn.__func__ if isinstance(fn, classmethod) else fn


class hybrid_method(InspectionAttrInfo, t.Generic[_P, _R]):  # noqa: N801 - the name of the API
    """A method of instances that, called on the class, answers an SQL expression."""

    is_attribute = True
    extension_type = HybridExtensionType.HYBRID_METHOD

    def __init__(self, func: t.Callable[..., t.Any], expr: t.Optional[t.Callable[..., t.Any]] = None) -> None:
        self.func = func
        self.expression(expr if expr is not None else func)

    @property
    def inplace(self) -> "hybrid_method[_P, _R]":
        """Itself: `@method.inplace.expression` keeps the name of the function for something else."""
        return self

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        if instance is None:
            return self.expr.__get__(owner, owner)
        return self.func.__get__(instance, owner)  # type: ignore[attr-defined]

    def expression(self, expr: t.Any) -> "hybrid_method[_P, _R]":
        """Decorates the method of the class that answers the SQL expression."""
        self.expr = _plain_function(expr)
        if not self.expr.__doc__:
            self.expr.__doc__ = self.func.__doc__
        return self


class hybrid_property(InspectionAttrInfo, ORMDescriptor[_T]):  # noqa: N801 - the name of the API
    """A property of instances that is an SQL expression on the class."""

    is_attribute = True
    extension_type = HybridExtensionType.HYBRID_PROPERTY
    __name__: str

    def __init__(
        self, fget: t.Callable[[t.Any], _T], fset: t.Any = None, fdel: t.Any = None, expr: t.Any = None, custom_comparator: t.Any = None,
        update_expr: t.Any = None, bulk_dml_setter: t.Any = None,
    ) -> None:
        self.fget, self.fset, self.fdel = fget, fset, fdel
        self.expr = _plain_function(expr)
        self.custom_comparator = _plain_function(custom_comparator)
        self.update_expr = _plain_function(update_expr)
        self.bulk_dml_setter = _plain_function(bulk_dml_setter)
        functools.update_wrapper(self, fget)  # type: ignore[arg-type]
        self._key: t.Optional[str] = None

    def __set_name__(self, owner: type, name: str) -> None:
        if self._key is None:  # the first name counts: functions decorated by `inplace` are further ones
            self._key = name

    # ---- the descriptor

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        if instance is not None:
            return self.fget(instance)
        return self if owner is None else self._on_class(owner)

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        if self.fset is None:
            raise AttributeError("can't set attribute")
        self.fset(instance, value)

    def __delete__(self, instance: t.Any) -> None:
        if self.fdel is None:
            raise AttributeError("can't delete attribute")
        self.fdel(instance)

    def _on_class(self, owner: t.Any) -> t.Any:
        """The hybrid as an attribute of a class or alias. What is no column expression answers as it is."""
        found = (self.custom_comparator or self.expr or self.fget)(owner)
        try:
            node = found if isinstance(found, _core.Node) else _core.find_node(found) if hasattr(found, "__clause_element__") else None
        except NotImplementedError:  # a comparator that stands for several columns
            return found
        if node is None or not _is_expression(node):
            return found
        comparator = None if node is found else found
        flags = _core.FLAG_OWN_NAME | (0 if comparator is None else _core.FLAG_HOST_COMPARE)
        inner = _core.coerce(node, _core.ROLE_EXPR)
        made = _core.make(_core.K_LABEL, flags=flags, type=inner._type, name=self._key or self.__name__, kids=(inner,), cls=HybridAttribute)
        made.__dict__.update(_hybrid=self, _owner=owner, _comparator=comparator)
        return made

    # ---- decorators: each answers a changed copy, which the class gets under the name of the function

    def _copy(self, **changes: t.Any) -> "hybrid_property[_T]":
        names = ("fget", "fset", "fdel", "expr", "custom_comparator", "update_expr", "bulk_dml_setter")
        return type(self)(**{**{name: getattr(self, name) for name in names}, **changes})

    def getter(self, fget: t.Any) -> "hybrid_property[_T]":
        return self._copy(fget=fget)

    def setter(self, fset: t.Any) -> "hybrid_property[_T]":
        return self._copy(fset=fset)

    def deleter(self, fdel: t.Any) -> "hybrid_property[_T]":
        return self._copy(fdel=fdel)

    def expression(self, expr: t.Any) -> "hybrid_property[_T]":
        """Decorates the function of the class that answers the SQL expression."""
        return self._copy(expr=expr)

    def comparator(self, comparator: t.Any) -> "hybrid_property[_T]":
        """Decorates the function of the class that answers a Comparator."""
        return self._copy(custom_comparator=comparator)

    def update_expression(self, meth: t.Any) -> "hybrid_property[_T]":
        """Decorates the function of the class and a value that answers the (column, value) pairs of an UPDATE."""
        return self._copy(update_expr=meth)

    def bulk_dml(self, meth: t.Any) -> "hybrid_property[_T]":
        """Decorates the function of the class, a mapping and a value that puts columns into the mapping of a bulk statement."""
        return self._copy(bulk_dml_setter=meth)

    def _spread_bulk_value(self, cls: type, values: t.Dict[str, t.Any], value: t.Any) -> None:
        """Puts a value of a bulk INSERT or UPDATE into the columns that hold it."""
        if self.bulk_dml_setter is None:
            raise exc.InvalidRequestError("Can't evaluate bulk DML statement; please supply a bulk_dml decorated function")
        self.bulk_dml_setter(cls, values, value)

    @property
    def overrides(self) -> "hybrid_property[_T]":
        """The hybrid of the parent class, for `@Parent.attribute.overrides.expression`."""
        return self

    @property
    def inplace(self) -> "_InPlace[_T]":
        """The decorators, changing this hybrid instead of a copy."""
        return _InPlace(self)


def _is_expression(node: t.Any) -> bool:
    """Whether a node can stand in a list of columns: relationships and classes cannot."""
    if node._kind == _core.K_ATTR:
        return node._expr is not None
    return isinstance(node, _core.Operators) or node._kind in (_core.K_SELECT, _core.K_COMPOUND)


class _InPlace(t.Generic[_T]):
    """`hybrid.inplace`."""

    __slots__ = ("attr",)

    def __init__(self, attr: hybrid_property[_T]) -> None:
        self.attr = attr

    def _set(self, name: str, fn: t.Any) -> hybrid_property[_T]:
        setattr(self.attr, name, _plain_function(fn))
        return self.attr

    def getter(self, fget: t.Any) -> hybrid_property[_T]:
        return self._set("fget", fget)

    def setter(self, fset: t.Any) -> hybrid_property[_T]:
        return self._set("fset", fset)

    def deleter(self, fdel: t.Any) -> hybrid_property[_T]:
        return self._set("fdel", fdel)

    def expression(self, expr: t.Any) -> hybrid_property[_T]:
        return self._set("expr", expr)

    def comparator(self, comparator: t.Any) -> hybrid_property[_T]:
        return self._set("custom_comparator", comparator)

    def update_expression(self, meth: t.Any) -> hybrid_property[_T]:
        return self._set("update_expr", meth)

    def bulk_dml(self, meth: t.Any) -> hybrid_property[_T]:
        return self._set("bulk_dml_setter", meth)


class HybridAttribute(Label):
    """A hybrid property on its class, or on an alias of it."""

    __slots__ = ()
    is_attribute = True

    @property
    def key(self) -> t.Any:  # type: ignore[override]
        return self.__dict__.get("_called", self.name)

    @key.setter
    def key(self, value: t.Any) -> None:
        self.__dict__["_called"] = value

    def __bool__(self) -> bool:  # `if getattr(User, name, None):` asks whether there is such an attribute
        return True

    @property
    def class_(self) -> t.Any:
        return self.__dict__["_owner"]

    @property
    def parent(self) -> t.Any:
        owner = self.__dict__["_owner"]
        return getattr(owner, "__mapper__", None) or owner.__dict__.get("_aliased_insp")

    @property
    def expression(self) -> t.Any:
        return self.element

    @property
    def comparator(self) -> t.Any:
        found = self.__dict__["_comparator"]
        return ExprComparator(self.class_, self.element, self.__dict__["_hybrid"]) if found is None else found

    @property
    def info(self) -> t.Dict[t.Any, t.Any]:
        return t.cast("t.Dict[t.Any, t.Any]", self.__dict__["_hybrid"].info)

    @property
    def __doc__(self) -> t.Any:  # type: ignore[override]
        return self.__dict__["_hybrid"].__doc__

    def _operate(self, op: int, other: t.Any, reverse: bool = False) -> t.Any:
        """What the comparator makes of an operator."""
        function, comparator = operators._FUNCTIONS[op], self.__dict__["_comparator"]
        if reverse:
            return comparator.reverse_operate(function, other)
        unary = other is None and op in _UNARY
        return function(comparator) if unary else function(comparator, other)

    def _bulk_update_tuples(self, value: t.Any) -> t.Sequence[t.Tuple[t.Any, t.Any]]:
        """The columns that an UPDATE of this attribute sets, and to what."""
        hybrid = self.__dict__["_hybrid"]
        if self.element._kind == _core.K_ATTR or hybrid.update_expr is None:
            return [(self.element, value)]
        return t.cast("t.Sequence[t.Tuple[t.Any, t.Any]]", hybrid.update_expr(self.class_, value))

    def __getattr__(self, name: str) -> t.Any:
        if name.startswith("__") or "_hybrid" not in self.__dict__:
            raise AttributeError(name)
        hybrid, comparator = self.__dict__["_hybrid"], self.comparator
        for source in (hybrid, comparator):
            try:
                return getattr(source, name)
            except AttributeError:
                pass
        raise AttributeError(
            f"Neither '{type(hybrid).__name__}' object nor '{type(comparator).__name__}' object associated with {self} has an attribute '{name}'"
        )

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    property = property(lambda self: self.comparator.property)  # the name hides the builtin: last in the class


_UNARY = frozenset(
    (_core.OP_NOT, _core.OP_NEG, _core.OP_ASC, _core.OP_DESC, _core.OP_NULLS_FIRST, _core.OP_NULLS_LAST, _core.OP_DISTINCT, _core.OP_BIT_NOT)
)


class Comparator(operators.ColumnOperators, t.Generic[_T]):
    """Operators of a hybrid: subclasses define `operate()`, or single operators."""

    def __init__(self, expression: t.Any) -> None:
        self.expression = expression

    def __clause_element__(self) -> t.Any:
        found = self.expression
        while not isinstance(found, _core.Node) and hasattr(found, "__clause_element__"):
            found = found.__clause_element__()
        return found

    def operate(self, op: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
        return op(self.__clause_element__(), *other, **kwargs)

    def reverse_operate(self, op: t.Any, other: t.Any, **kwargs: t.Any) -> t.Any:
        return op(other, self.__clause_element__(), **kwargs)

    def adapt_to_entity(self, adapt_to_entity: t.Any) -> "Comparator[_T]":
        return self

    @property
    def property(self) -> t.Any:
        raise NotImplementedError(f"{type(self).__name__} has no mapped property")


class ExprComparator(Comparator[_T]):
    """The comparator of hybrids without one of their own: the expression's operators."""

    def __init__(self, cls: t.Any, expression: t.Any, hybrid: hybrid_property[_T]) -> None:
        super().__init__(expression)
        self.cls, self.hybrid = cls, hybrid

    def __getattr__(self, key: str) -> t.Any:
        if key in ("expression", "hybrid", "cls"):
            raise AttributeError(key)
        return getattr(self.expression, key)

    @property
    def info(self) -> t.Dict[t.Any, t.Any]:
        return self.hybrid.info

    @property
    def property(self) -> t.Any:
        return self.expression.property


__all__ = ["Comparator", "ExprComparator", "HybridAttribute", "HybridExtensionType", "hybrid_method", "hybrid_property"]
