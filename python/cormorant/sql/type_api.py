"""What every SQL type is, and the two bases for types of one's own.

A type describes itself to the core once (`_cm_def`); from then on the core converts its values in C. Types whose values
only Python understands (a `TypeDecorator`, a subclass with processors of its own) are marked as host types and are asked,
value by value, through `_bind` and `_result`.
"""

from __future__ import annotations

import copyreg
import inspect
import types
import typing as t

from .. import _core, exc
from ..dialects import dialect_object
from .operators import ColumnOperators

_T = t.TypeVar("_T", bound=t.Any)
_CT = t.TypeVar("_CT", bound=t.Any)

__all__ = ["ExternalType", "TypeDecorator", "TypeEngine", "TypeEngineMixin", "UserDefinedType", "Variant", "adapt_type", "to_instance"]


class _CurrentDialect:
    """The dialect of values that no statement is for (keys that are compared): that of the engine made last, SQLite before there is one."""

    def __init__(self) -> None:
        self.value: t.Any = None

    def __call__(self) -> t.Any:
        if self.value is None:
            self.value = dialect_object("sqlite")
        return self.value


current_dialect = _CurrentDialect()


OWN_NAMES = {"cormorant"}
"""Names by which this package is known; cormorant.compat adds the one it speaks for."""


def _is_own(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in OWN_NAMES


def _is_overridden(cls: type, name: str) -> bool:
    """Whether a class outside this package, or one that says so, has its own method of that name."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return not _is_own(base) or "_own_processors" in base.__dict__
    return False


def _describe(obj: t.Any, omit: tuple[str, ...] = ()) -> str:
    """A constructor call that would make the object again, as far as its attributes tell."""
    parts: list[str] = []
    seen: set[str] = set()
    for cls in type(obj).__mro__:
        init = cls.__dict__.get("__init__")
        if init is None or not inspect.isfunction(init):
            continue
        parameters = list(inspect.signature(init).parameters.values())[1:]
        for p in parameters:
            if p.name in seen or p.name in omit:
                continue
            seen.add(p.name)
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                continue
            value = getattr(obj, p.name, p.default)
            if p.default is p.empty:
                if value is not p.empty:
                    parts.append(repr(value))
            elif value is not p.default and value != p.default:
                parts.append(f"{p.name}={value!r}")
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return f"{type(obj).__name__}({', '.join(parts)})"


if t.TYPE_CHECKING:
    from typing import Generic
else:

    class Generic:
        """In the place of typing.Generic, which looks at each of a hundred subclasses."""

        __slots__ = ()
        __class_getitem__ = classmethod(types.GenericAlias)


class TypeEngineMixin:
    """Marks classes that are mixed into types."""


class TypeEngine(_core.TypeEngine, Generic[_T]):
    """Base of all SQL types."""

    __visit_name__ = "type_engine"
    _kind: t.ClassVar[int] = _core.T_NULL
    _spelling: t.ClassVar[str | None] = None
    _python_type: t.ClassVar[type | None] = None

    hashable = True
    should_evaluate_none = False
    sort_key_function: t.Callable[[t.Any], t.Any] | None = None
    render_bind_cast = False
    render_literal_cast = False
    _variant_mapping: dict[str, TypeEngine[t.Any]] = {}

    class Comparator(ColumnOperators, Generic[_CT]):
        """Operators of a type. Subclasses override methods (`__eq__`, `operate`, new ones) to change or add some."""

        __slots__ = ("expr", "type")

        def __init__(self, expr: t.Any) -> None:
            self.expr = expr
            self.type = expr.type

        def __clause_element__(self) -> t.Any:
            return self.expr

        def operate(self, op: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
            from .operators import _operate_plain

            return _operate_plain(op, self.expr, *other, **kwargs)

        def reverse_operate(self, op: t.Any, other: t.Any, **kwargs: t.Any) -> t.Any:
            from .operators import _operate_plain

            return _operate_plain(op, self.expr, other, reverse=True, **kwargs)

        def __reduce__(self) -> t.Any:
            return type(self), (self.expr,)

    comparator_factory: t.Any = Comparator

    # ---- what the core asks

    def _flags(self) -> int:
        return 0

    def _arguments(self) -> tuple[t.Any, ...]:
        """(length, precision, scale, spelling, collation, name, labels, item) of the description."""
        return (
            getattr(self, "length", None), getattr(self, "precision", None), getattr(self, "scale", None), self._spelling,
            getattr(self, "collation", None), None, None, None,
        )  # fmt: skip

    def _native_def(self) -> tuple[t.Any, ...]:
        return (self._kind, self._flags(), *self._arguments())

    def _cm_def(self) -> tuple[t.Any, ...]:
        described = list(self._native_def())
        cls = type(self)
        if self._variant_mapping:
            described[1] |= _core.TYPE_VARIES
        described[1] |= _hooks_of(cls)
        own_bind, own_result = _is_overridden(cls, "bind_processor"), _is_overridden(cls, "result_processor")
        if own_bind or own_result:
            described[1] |= _core.TYPE_HOST | (0 if "_dialect" in self.__dict__ else _core.TYPE_VARIES)
            if not own_bind and described[9] is None:
                described[9] = _Described(tuple(described[:1]) + (described[1] & ~_core.TYPE_HOST,) + tuple(described[2:]))
        if self.comparator_factory is not TypeEngine.Comparator and _has_own_operators(self.comparator_factory):
            described[1] |= _core.TYPE_COMPARATOR
        return tuple(described)

    # ---- by dialect: a statement stores its values by what `_stored_on` answers

    def _at(self) -> t.Any:
        """The dialect this type was made for."""
        return self.__dict__.get("_dialect") or current_dialect()

    def _stored_on(self, name: str, dialect: t.Any) -> TypeEngine[t.Any]:
        dialect = dialect if dialect is not None else dialect_object(name)
        known = self.__dict__.setdefault("_by_dialect", {})
        found = known.get(dialect)
        if found is None:
            found = known[dialect] = self._for_dialect(dialect)
        return t.cast("TypeEngine[t.Any]", found)

    def _for_dialect(self, dialect: t.Any) -> TypeEngine[t.Any]:
        chosen = self._variant_mapping.get(dialect.name)
        if chosen is not None:
            return chosen._stored_on(dialect.name, dialect)
        made = self._raw_copy()
        made._dialect = dialect
        made._variant_mapping = {}
        return made

    def _cm_varies(self) -> bool:
        return bool(self._cm_def()[1] & _core.TYPE_VARIES)

    def _raw_copy(self) -> t.Any:
        made = type(self).__new__(type(self))
        made.__dict__.update({k: v for k, v in self.__dict__.items() if k not in _OF_ONE_OBJECT})
        return made

    def _spell_on(self, name: str) -> str:
        """Spelling in DDL, for the core: types with compile functions, and those of one database."""
        from .compiler import spell_type

        return spell_type(self, name)

    def _bind(self, value: t.Any) -> t.Any:
        process = self.bind_processor(self._at())
        return value if process is None else process(value)

    def _result(self, value: t.Any) -> t.Any:
        process = self.result_processor(self._at(), None)
        return value if process is None else process(value)

    def _operate(self, op: t.Any, left: t.Any, right: t.Any) -> t.Any:
        """What the comparator makes of an operator; NotImplemented when it leaves it to the core."""
        comparator = self.comparator_factory(left)
        method = _own_method(type(comparator), op)
        if method is None:
            return NotImplemented
        return getattr(comparator, method)(right) if method != "operate" else comparator.operate(_operator_function(op), right)

    # ---- the public face

    def bind_processor(self, dialect: t.Any) -> t.Callable[[t.Any], t.Any] | None:
        """A function that prepares values for the database, or None when the core does."""
        return None

    def result_processor(self, dialect: t.Any, coltype: t.Any) -> t.Callable[[t.Any], t.Any] | None:
        """A function that turns values of the database into Python's, or None when the core does."""
        return None

    def literal_processor(self, dialect: t.Any) -> t.Callable[[t.Any], str] | None:
        return None

    def bind_expression(self, bindvalue: t.Any) -> t.Any:
        return None

    def column_expression(self, colexpr: t.Any) -> t.Any:
        return None

    def get_dbapi_type(self, dbapi: t.Any) -> t.Any:
        return None

    def compare_values(self, x: t.Any, y: t.Any) -> bool:
        return bool(x == y)

    @property
    def python_type(self) -> type[t.Any]:
        """The class of the values, where there is one."""
        if self._python_type is None:
            raise NotImplementedError(f"{type(self).__name__} has no single Python class")
        return self._python_type

    @property
    def _type_affinity(self) -> type[TypeEngine[t.Any]]:
        """The generic type this one is a kind of."""
        found: type[TypeEngine[t.Any]] = type(self)
        for cls in type(self).__mro__:
            if cls in (TypeEngine, UserDefinedType):
                break
            if isinstance(cls, type) and issubclass(cls, TypeEngine) and "_kind" in cls.__dict__:
                found = cls
        return found

    def _compare_type_affinity(self, other: TypeEngine[t.Any]) -> bool:
        return self._type_affinity is other._type_affinity

    def coerce_compared_value(self, op: t.Any, value: t.Any) -> TypeEngine[t.Any]:
        """The type a value compared with an expression of this type gets."""
        found = _core.literal_type(value)
        if found is None or found._kind == _core.T_NULL or found._compare_type_affinity(self):
            return self
        return found

    def evaluates_none(self) -> t.Self:
        """A copy for which None is a value like others, handed to the processors rather than left out of an INSERT."""
        made = self.copy()
        made.should_evaluate_none = True
        return made

    def with_variant(self, type_: t.Any, *dialect_names: str) -> t.Self:
        """A copy that is another type on the dialects named."""
        if not dialect_names:
            raise exc.ArgumentError("At least one dialect name is required")
        for name in dialect_names:
            if name in self._variant_mapping:
                raise exc.ArgumentError(f"Dialect {name!r} is already present in the mapping for this {self!r}")
        variant = to_instance(type_)
        if variant._variant_mapping:
            raise exc.ArgumentError("can't pass a type that already has variants as a dialect-level type to with_variant()")
        made = self.copy()
        made._variant_mapping = {**self._variant_mapping, **dict.fromkeys(dialect_names, variant)}
        return made

    def dialect_impl(self, dialect: t.Any) -> TypeEngine[t.Any]:
        return self._variant_mapping.get(dialect.name, self)

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[t.Any]:
        """The generic type of a database's own: VARCHAR(30) gives String(30)."""
        for cls in type(self).__mro__:
            name = cls.__name__
            if isinstance(cls, type) and issubclass(cls, TypeEngine) and name != name.upper() and "_kind" in cls.__dict__:
                if cls._kind == _core.T_NULL and not allow_nulltype:
                    break
                return self.adapt(cls)
        raise NotImplementedError(f"Default TypeEngine.as_generic() heuristic method was unsuccessful for {self!r}")

    def adapt(self, cls: type[t.Any], **kwargs: t.Any) -> t.Any:
        """An instance of another class with the arguments they share."""
        made = cls.__new__(cls)
        names: set[str] = set()
        for base in cls.__mro__:
            init = base.__dict__.get("__init__")
            if inspect.isfunction(init):
                names.update(list(inspect.signature(init).parameters)[1:])
        arguments = {n: self.__dict__[n] for n in names if n in self.__dict__}
        arguments.update(kwargs)
        made.__init__(**arguments)
        return made

    def copy(self, **kwargs: t.Any) -> t.Self:
        return t.cast("t.Self", self._raw_copy())

    def copy_value(self, value: t.Any) -> t.Any:
        return value

    def compile(self, dialect: t.Any = None) -> str:
        """Spelling of the type in DDL."""
        name = dialect.name if dialect is not None else None
        if name is not None and not _core.has_dialect(name):  # the core cannot write for it: types that know it can
            return self._spell_for(name) if hasattr(self, "_spell_for") else t.cast(str, _core.type_ddl(self, None))
        return t.cast(str, _core.type_ddl(self, name))

    def repr_struct(self) -> str:
        return _describe(self)

    def __copy__(self) -> t.Self:
        return self.copy()

    def __deepcopy__(self, memo: t.Any) -> t.Self:
        return self.copy()

    def __reduce__(self) -> t.Any:
        state = {k: v for k, v in self.__dict__.items() if k not in _OF_ONE_OBJECT}
        return copyreg.__newobj__, (type(self),), state  # type: ignore[attr-defined]

    def __str__(self) -> str:
        return self.compile()

    def __repr__(self) -> str:
        return _describe(self)


_OF_ONE_OBJECT = frozenset({"_by_dialect", "_dialect", "_result", "_words"})


def _defines(cls: type, name: str) -> bool:
    """Whether a class says something of its own there, rather than what the bases of all types say."""
    return not any(getattr(cls, name) is getattr(base, name) for base in (TypeEngine, TypeDecorator))


def _hooks_of(cls: t.Any) -> int:
    """Flags of what the compiler asks a class: expressions around values, its spelling."""
    flags = _core.TYPE_BIND_EXPR if _defines(cls, "bind_expression") else 0
    flags |= _core.TYPE_COLUMN_EXPR if _defines(cls, "column_expression") else 0
    if hasattr(cls, "_spell_for") or any("_compile_functions" in base.__dict__ for base in cls.__mro__):
        flags |= _core.TYPE_SPELLED
    return flags | (_core.TYPE_BIND_CAST if cls.render_bind_cast else 0)


def _has_own_operators(factory: t.Any) -> bool:
    return any(not _is_own(base) and base.__module__ not in ("typing", "builtins") for base in getattr(factory, "__mro__", ()))


def _own_method(cls: type, op: int) -> str | None:
    """Name of the method by which a comparator class outside this package answers an operator."""
    from .operators import _METHODS

    for name in (*_METHODS.get(op, ()), "operate"):
        if _is_overridden(cls, name):
            return name
    return None


def _operator_function(op: int) -> t.Any:
    from .operators import _FUNCTIONS

    return _FUNCTIONS[op]


class _Described(TypeEngine[t.Any]):
    """A type that is nothing but its description: what a host type stores its values as."""

    def __init__(self, described: tuple[t.Any, ...]) -> None:
        self._described = described

    def _cm_def(self) -> tuple[t.Any, ...]:
        return self._described


class ExternalType(TypeEngineMixin):
    """Types written outside this package. `cache_ok = False` keeps statements that use them out of the plan cache."""

    cache_ok: bool | None = None


type_compilers: list[type] = []  # classes of dialects that programs give visit functions of their own types


class UserDefinedType(ExternalType, TypeEngineMixin, TypeEngine[_T]):
    """Base for types with a spelling of their own, answered by `get_col_spec()`."""

    __visit_name__ = "user_defined"
    _kind = _core.T_USER
    ensure_kwarg = "get_col_spec"

    def get_col_spec(self, **kwargs: t.Any) -> str:
        for compiler in type_compilers:
            visit = getattr(compiler, f"visit_{self.__visit_name__}", None)
            if visit is not None:
                return str(visit(None, self))
        raise NotImplementedError(f"{type(self).__name__} must have a method get_col_spec()")

    def _spell(self) -> str:
        try:
            return self.get_col_spec()
        except TypeError:
            return self.get_col_spec(type_expression=None)

    def _flags(self) -> int:
        return _core.TYPE_NO_CACHE if self.cache_ok is False else 0

    def _arguments(self) -> tuple[t.Any, ...]:
        return (None, None, None, self._spell(), None, None, None, None)

    def coerce_compared_value(self, op: t.Any, value: t.Any) -> TypeEngine[t.Any]:
        return self


class TypeDecorator(ExternalType, TypeEngine[_T]):
    """A type made of another (`impl`), with values changed on their way: `process_bind_param`, `process_result_value`."""

    __visit_name__ = "type_decorator"
    impl: t.Any
    coerce_to_is_types: t.Sequence[type] = (type(None),)

    class Comparator(TypeEngine.Comparator[_CT]):
        """Operators of a decorated type; those of `impl` stand behind."""

        __slots__ = ()

        def operate(self, op: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
            return super().operate(op, *other, **kwargs)

    comparator_factory: t.Any = Comparator

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        if "impl" not in self.__dict__ and getattr(type(self), "impl", None) is None:
            raise AssertionError(
                "TypeDecorator implementations require a class-level variable 'impl' which refers to the class of type being "
                "decorated"
            )
        self.impl = to_instance(type(self).impl, *args, **kwargs)

    @property
    def impl_instance(self) -> TypeEngine[t.Any]:
        return t.cast("TypeEngine[t.Any]", self.impl)

    def load_dialect_impl(self, dialect: t.Any) -> TypeEngine[t.Any]:
        """The type that stores the values on a dialect; `impl` unless overridden."""
        return self.impl_instance

    def type_engine(self, dialect: t.Any) -> TypeEngine[t.Any]:
        variant = self._variant_mapping.get(dialect.name)
        found = to_instance(self.load_dialect_impl(dialect)) if variant is None else variant
        return found._stored_on(dialect.name, dialect) if found is not self and found._cm_varies() else found

    def dialect_impl(self, dialect: t.Any) -> TypeEngine[t.Any]:
        return self._variant_mapping.get(dialect.name, self)

    def _for_dialect(self, dialect: t.Any) -> TypeEngine[t.Any]:
        made = super()._for_dialect(dialect)
        if type(made) is type(self) and dialect.name not in self._variant_mapping:
            made.impl = self.type_engine(dialect)  # type: ignore[attr-defined]
        return made

    def process_bind_param(self, value: t.Any, dialect: t.Any) -> t.Any:
        """Python value -> value for `impl`."""
        raise NotImplementedError(f"{type(self).__name__} does not define process_bind_param")

    def process_result_value(self, value: t.Any, dialect: t.Any) -> t.Any:
        """Value of `impl` -> Python value."""
        raise NotImplementedError(f"{type(self).__name__} does not define process_result_value")

    def process_literal_param(self, value: t.Any, dialect: t.Any) -> str:
        """Python value -> text for a statement with its values written out."""
        raise NotImplementedError(f"{type(self).__name__} does not define process_literal_param")

    def _cm_def(self) -> tuple[t.Any, ...]:
        resolved = "_dialect" in self.__dict__
        impl = self.type_engine(self._at())
        described = list(impl._cm_def())
        described[1] |= _core.TYPE_HOST | _hooks_of(type(self))
        described[1] &= ~_core.TYPE_COMPARATOR
        described[1] = described[1] & ~_core.TYPE_VARIES if resolved else described[1] | _core.TYPE_VARIES
        if self.cache_ok is False:
            described[1] |= _core.TYPE_NO_CACHE
        if _has_own_operators(self.comparator_factory):
            described[1] |= _core.TYPE_COMPARATOR
        described[9] = impl
        return tuple(described)

    def _bind(self, value: t.Any) -> t.Any:
        if self._overrides("process_bind_param"):
            return self.process_bind_param(value, self._at())
        if _is_overridden(type(self), "bind_processor"):
            return super()._bind(value)
        if self._overrides("process_literal_param"):
            return self.process_literal_param(value, self._at())
        return value

    def _result(self, value: t.Any) -> t.Any:
        if self._overrides("process_result_value"):
            return self.process_result_value(value, self._at())
        if _is_overridden(type(self), "result_processor"):
            return super()._result(value)
        return value

    def _overrides(self, name: str) -> bool:
        return getattr(type(self), name) is not getattr(TypeDecorator, name)

    def compare_values(self, x: t.Any, y: t.Any) -> bool:
        return self.impl_instance.compare_values(x, y)

    def coerce_compared_value(self, op: t.Any, value: t.Any) -> TypeEngine[t.Any]:
        return self

    @property
    def python_type(self) -> type[t.Any]:
        return self.impl_instance.python_type

    @property
    def _type_affinity(self) -> type[TypeEngine[t.Any]]:
        return self.impl_instance._type_affinity

    @property
    def sort_key_function(self) -> t.Callable[[t.Any], t.Any] | None:  # type: ignore[override]
        return self.impl_instance.sort_key_function

    def bind_expression(self, bindvalue: t.Any) -> t.Any:
        return self.type_engine(self._at()).bind_expression(bindvalue)

    def column_expression(self, column: t.Any) -> t.Any:
        return self.type_engine(self._at()).column_expression(column)

    def _spell_on(self, name: str) -> str:
        from .compiler import compile_function

        if compile_function(type(self), name) is not None:
            return super()._spell_on(name)
        return self.type_engine(dialect_object(name)).compile(dialect_object(name))

    def copy(self, **kwargs: t.Any) -> t.Self:
        return t.cast("t.Self", self._raw_copy())

    def __getattr__(self, key: str) -> t.Any:
        if key.startswith("__") or key == "impl":
            raise AttributeError(key)
        return getattr(self.__dict__["impl"] if "impl" in self.__dict__ else to_instance(type(self).impl), key)

    def __repr__(self) -> str:
        return type(self).__name__ + _describe(self.impl_instance)[len(type(self.impl_instance).__name__) :]


class Variant(TypeDecorator[_T]):
    """A name from before 2.0; `with_variant()` makes copies of the type itself."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        raise NotImplementedError("Variant is no longer used in SQLAlchemy; this is a placeholder symbol for backwards compatibility.")


def to_instance(typeobj: t.Any, *args: t.Any, **kwargs: t.Any) -> TypeEngine[t.Any]:
    """A type as an instance: classes are called."""
    if typeobj is None:
        from .sqltypes import NULLTYPE

        return NULLTYPE
    if isinstance(typeobj, type) or (callable(typeobj) and not isinstance(typeobj, _core.TypeEngine)):
        typeobj = typeobj(*args, **kwargs)
    if not isinstance(typeobj, TypeEngine):
        raise exc.ArgumentError(f"Object {typeobj!r} is not legal as a SQL type")
    return typeobj


def adapt_type(typeobj: t.Any, colspecs: t.Mapping[type, type]) -> TypeEngine[t.Any]:
    """The type that a table of replacements says, by class."""
    found = to_instance(typeobj)
    for cls in type(found).__mro__[:-1]:
        if cls in colspecs:
            return t.cast("TypeEngine[t.Any]", found.adapt(colspecs[cls]))
    return found
