"""The SQL types: generic ones in camel case, exact ones in upper case."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import pickle
import typing as t
import uuid as _uuid

from .. import _core, exc
from .schema_types import SchemaType
from .type_api import ExternalType, Generic, TypeDecorator, TypeEngine, TypeEngineMixin, UserDefinedType, Variant, adapt_type, to_instance

_T = t.TypeVar("_T", bound=t.Any)
_CT = t.TypeVar("_CT", bound=t.Any)
_N = t.TypeVar("_N", bound=t.Any)

__all__ = [
    "ARRAY", "BIGINT", "BINARY", "BLOB", "BOOLEAN", "BigInteger", "Boolean", "CHAR", "CLOB", "Concatenable", "DATE",
    "DATETIME", "DECIMAL", "DOUBLE", "DOUBLE_PRECISION", "Date", "DateTime", "Double", "Enum", "ExternalType", "FLOAT",
    "Float", "INT", "INTEGER", "Indexable", "Integer", "Interval", "JSON", "LargeBinary", "MatchType", "NCHAR", "NULLTYPE",
    "NUMERIC", "NVARCHAR", "NullType", "Numeric", "NumericCommon", "PickleType", "REAL", "SMALLINT", "STRINGTYPE",
    "SchemaType", "SmallInteger", "String", "TEXT", "TIME", "TIMESTAMP", "TableValueType", "Text", "Time", "TupleType",
    "TypeDecorator", "TypeEngine", "TypeEngineMixin", "UUID", "Unicode", "UnicodeText", "UserDefinedType", "Uuid",
    "VARBINARY", "VARCHAR", "Variant", "adapt_type", "to_instance",
]  # fmt: skip


class Concatenable(TypeEngineMixin):
    """Types whose `+` joins values end to end."""

    class Comparator(TypeEngine.Comparator[_CT]):
        __slots__ = ()


class Indexable(TypeEngineMixin):
    """Types whose values have parts that `[...]` reaches."""

    class Comparator(TypeEngine.Comparator[_CT]):
        __slots__ = ()


class HasExpressionLookup(TypeEngineMixin):
    """Types whose arithmetic with other types has results of a third."""


class String(Concatenable, TypeEngine[str]):
    """Text, `VARCHAR`."""

    __visit_name__ = "string"
    _kind = _core.T_STRING
    _python_type = str

    def __init__(self, length: int | None = None, collation: str | None = None, collation_schema: str | None = None) -> None:
        self.length = length
        self.collation = collation
        self.collation_schema = collation_schema


class Text(String):
    """Text of any length."""

    __visit_name__ = "text"
    _kind = _core.T_TEXT


class Unicode(String):
    """Text; the same as String where all text is Unicode."""

    __visit_name__ = "unicode"


class UnicodeText(Text):
    """Text of any length."""

    __visit_name__ = "unicode_text"


class Integer(HasExpressionLookup, TypeEngine[int]):
    """Whole numbers."""

    __visit_name__ = "integer"
    _kind = _core.T_INTEGER
    _python_type = int


class SmallInteger(Integer):
    """Whole numbers of 16 bits."""

    __visit_name__ = "small_integer"
    _kind = _core.T_SMALLINT


class BigInteger(Integer):
    """Whole numbers of 64 bits."""

    __visit_name__ = "big_integer"
    _kind = _core.T_BIGINT


class NumericCommon(HasExpressionLookup, TypeEngineMixin, Generic[_N]):
    """What exact and floating numbers share."""

    _default_decimal_return_scale = 10
    precision: int | None
    scale: int | None
    asdecimal: bool
    decimal_return_scale: int | None

    @property
    def _effective_decimal_return_scale(self) -> int:
        if self.decimal_return_scale is not None:
            return self.decimal_return_scale
        return self.scale if self.scale is not None else self._default_decimal_return_scale

    def _flags(self) -> int:
        return int(_core.TYPE_AS_DECIMAL) if self.asdecimal else 0

    @property
    def python_type(self) -> type[t.Any]:
        return decimal.Decimal if self.asdecimal else float


class Numeric(NumericCommon[_N], TypeEngine[_N]):
    """Exact decimal numbers; values are `decimal.Decimal` unless `asdecimal=False`."""

    __visit_name__ = "numeric"
    _kind = _core.T_NUMERIC

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        decimal_return_scale: int | None = None,
        asdecimal: bool = True,
    ) -> None:
        self.precision = precision
        self.scale = scale
        self.decimal_return_scale = decimal_return_scale
        self.asdecimal = asdecimal


class Float(NumericCommon[_N], TypeEngine[_N]):
    """Floating numbers; values are `float` unless `asdecimal=True`."""

    __visit_name__ = "float"
    _kind = _core.T_FLOAT
    scale = None

    def __init__(
        self, precision: int | None = None, asdecimal: bool = False, decimal_return_scale: int | None = None
    ) -> None:
        self.precision = precision
        self.asdecimal = asdecimal
        self.decimal_return_scale = decimal_return_scale


class Double(Float[_N]):
    """Floating numbers of 64 bits."""

    __visit_name__ = "double"
    _kind = _core.T_DOUBLE


class DateTime(HasExpressionLookup, TypeEngine[dt.datetime]):
    """Date and time of day."""

    __visit_name__ = "datetime"
    _kind = _core.T_DATETIME
    _python_type = dt.datetime

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    def _flags(self) -> int:
        return int(_core.TYPE_TIMEZONE) if self.timezone else 0


class Date(HasExpressionLookup, TypeEngine[dt.date]):
    """A day."""

    __visit_name__ = "date"
    _kind = _core.T_DATE
    _python_type = dt.date


class Time(HasExpressionLookup, TypeEngine[dt.time]):
    """A time of day."""

    __visit_name__ = "time"
    _kind = _core.T_TIME
    _python_type = dt.time

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    def _flags(self) -> int:
        return int(_core.TYPE_TIMEZONE) if self.timezone else 0


class _Binary(TypeEngine[bytes]):
    _kind = _core.T_BLOB
    _python_type = bytes

    def __init__(self, length: int | None = None) -> None:
        self.length = length


class LargeBinary(_Binary):
    """Bytes."""

    __visit_name__ = "large_binary"
    _kind = _core.T_BLOB


class _Words(dict[t.Any, t.Any]):
    """Lookup of an Enum, whose misses are the error users see."""

    def __init__(self, owner: Enum) -> None:
        super().__init__()
        self.owner = owner

    def __missing__(self, key: t.Any) -> t.Any:
        raise self.owner._unknown(key)


class Enum(String, SchemaType, TypeEngine[t.Any]):
    """One of a few words: given as strings, or as the members of a Python enum class, stored by name."""

    __visit_name__ = "enum"
    _kind = _core.T_ENUM

    def __init__(self, *enums: t.Any, **kw: t.Any) -> None:
        self.native_enum = kw.pop("native_enum", True)
        self.create_constraint = kw.pop("create_constraint", False)
        self.values_callable = kw.pop("values_callable", None)
        self.validate_strings = kw.pop("validate_strings", False)
        self._omit_aliases = kw.pop("omit_aliases", True)
        self._sort_key_function = kw.pop("sort_key_function", None)
        length = kw.pop("length", None)
        values, objects = self._read_enums(enums, kw)
        self.enums = list(values)
        if not all(isinstance(v, str) for v in values):
            raise exc.ArgumentError("the words of an Enum must be strings; give a Python enum class for other values")
        longest = max((len(v) for v in values), default=0)
        if length is not None and length < longest:
            raise ValueError("When provided, length must be larger or equal than the length of the longest enum value. " f"{length} < {longest}")
        String.__init__(self, longest if length is None else length, kw.pop("collation", None))
        name = kw.pop("name", None)
        if name is None and self.enum_class is not None:
            name = self.enum_class.__name__.lower()
        SchemaType.__init__(self, name, **kw)
        self._objects = dict(zip(values, objects, strict=True))
        self._stored = self._read_stored()

    def _read_enums(self, enums: t.Sequence[t.Any], kw: dict[str, t.Any]) -> tuple[list[str], list[t.Any]]:
        if not enums:
            enums = kw.pop("_enums", ())
        self.enum_class: type[enum.Enum] | None = None
        if len(enums) == 1 and hasattr(enums[0], "__members__"):
            self.enum_class = enums[0]
            members = dict(enums[0].__members__)
            if self._omit_aliases:
                members = {n: m for n, m in members.items() if n == m.name}
            values = list(self.values_callable(self.enum_class)) if self.values_callable else list(members)
            if len(values) != len(members):
                raise exc.ArgumentError("values_callable must answer one value for each member")
            return values, list(members.values())
        return list(enums), list(enums)

    def _read_stored(self) -> dict[t.Any, str]:
        """Word by member, by what equals one (1 beside an IntEnum, "a" beside a str), and by the word itself."""
        stored = {member: word for word, member in reversed(self._objects.items()) if member.__hash__ is not None}
        return stored | {word: stored.get(member, word) for word, member in self._objects.items() if member.__hash__ is not None}

    def _unknown(self, value: t.Any) -> LookupError:
        words = ", ".join(w if len(w) <= 11 else w[:11] + ".." for w in self._shown())
        return LookupError(f"'{value}' is not among the defined enum values. Enum name: {self.name}. Possible values: {words}")

    def _shown(self) -> list[str]:
        return [*self.enums[:2], "...", self.enums[-1]] if len(self.enums) > 3 else list(self.enums)

    @property
    def sort_key_function(self) -> t.Callable[[t.Any], t.Any] | None:  # type: ignore[override]
        if self._sort_key_function is not None:
            return t.cast("t.Callable[[t.Any], t.Any]", self._sort_key_function)
        if self.enum_class is None or all(isinstance(m, str) or hasattr(m, "__lt__") for m in self.enum_class):
            return None
        names = {id(m): w for w, m in self._objects.items()}
        return lambda member: names[id(member)]

    @property
    def native(self) -> bool:
        return bool(self.native_enum)

    def _flags(self) -> int:
        flags = _core.TYPE_HOST
        if self.native_enum:
            flags |= _core.TYPE_NATIVE
        if self.create_constraint:
            flags |= _core.TYPE_CHECK
        if not self.create_type:
            flags |= _core.TYPE_EXISTS
        return int(flags)

    def _arguments(self) -> tuple[t.Any, ...]:
        return (self.length, None, None, self._spelling, self.collation, self.name, tuple(self.enums), None, self.schema)

    def _cm_def(self) -> tuple[t.Any, ...]:
        described = super()._cm_def()
        if self.enum_class is not None:
            words = _Words(self)
            words.update(self._objects)
            words[None] = None
            self.__dict__["_words"] = words  # where the core looks first
            self.__dict__["_result"] = words.__getitem__
        return described

    def _bind(self, value: t.Any) -> t.Any:
        if value is None:
            return None
        if value.__hash__ is None:
            for word, member in self._objects.items():
                if member is value:
                    return word
        elif (word := self._stored.get(value)) is not None:
            return word
        if isinstance(value, str) and not isinstance(value, enum.Enum) and not self.validate_strings:
            return value
        raise self._unknown(value)

    def coerce_compared_value(self, op: t.Any, value: t.Any) -> TypeEngine[t.Any]:
        """Members are members, whatever else they are: an IntEnum is no number here."""
        return self if isinstance(value, enum.Enum) else super().coerce_compared_value(op, value)

    def _result(self, value: t.Any) -> t.Any:
        if value is not None and value not in self._objects:
            raise self._unknown(value)
        return value

    @property
    def python_type(self) -> type[t.Any]:
        return self.enum_class if self.enum_class is not None else str

    def adapt(self, cls: type[t.Any], **kwargs: t.Any) -> t.Any:
        if not issubclass(cls, Enum):
            return super().adapt(cls, **kwargs)
        names = ("name", "metadata", "native_enum", "create_constraint", "values_callable", "validate_strings", "length", "create_type")
        given = {"schema": self.schema} if self._schema_given else {"inherit_schema": self.inherit_schema}
        arguments = {n: getattr(self, n) for n in names} | {"omit_aliases": self._omit_aliases, **given, **kwargs}
        return cls(*([self.enum_class] if self.enum_class is not None else self.enums), **arguments)

    def __repr__(self) -> str:
        words = [repr(e) for e in self.enums]
        extra = [f"{n}={getattr(self, n)!r}" for n in ("name", "schema") if getattr(self, n, None) is not None]
        if not self.native_enum:
            extra.append("native_enum=False")
        if self.create_constraint:
            extra.append("create_constraint=True")
        return f"Enum({', '.join(words + extra)})"


class Boolean(SchemaType, TypeEngine[bool]):
    """True or false; 1 and 0 where the database has no such type."""

    __visit_name__ = "boolean"
    _kind = _core.T_BOOLEAN
    _python_type = bool
    native = True

    def __init__(self, create_constraint: bool = False, name: str | None = None, _create_events: bool = True) -> None:
        self.create_constraint = create_constraint
        SchemaType.__init__(self, name)

    def _flags(self) -> int:
        return int(_core.TYPE_CHECK) if self.create_constraint else 0

    def _arguments(self) -> tuple[t.Any, ...]:
        return (None, None, None, self._spelling, None, self.name if self.create_constraint else None, None, None)


class PickleType(TypeDecorator[object]):
    """Any Python object, pickled into bytes."""

    impl: t.Any = LargeBinary
    cache_ok = True

    def __init__(
        self, protocol: int = pickle.HIGHEST_PROTOCOL, pickler: t.Any = None, comparator: t.Any = None, impl: t.Any = None
    ) -> None:
        self.protocol = protocol
        self.pickler = pickler or pickle
        self.comparator = comparator
        super().__init__()
        if impl is not None:
            self.impl = to_instance(impl)

    def process_bind_param(self, value: t.Any, dialect: t.Any) -> t.Any:
        return None if value is None else self.pickler.dumps(value, self.protocol)

    def process_result_value(self, value: t.Any, dialect: t.Any) -> t.Any:
        return None if value is None else self.pickler.loads(value)

    def __reduce__(self) -> t.Any:
        return type(self), (self.protocol, None, self.comparator)

    def compare_values(self, x: t.Any, y: t.Any) -> bool:
        return bool(self.comparator(x, y)) if self.comparator else bool(x == y)

    @property
    def python_type(self) -> type[t.Any]:
        return object

    def __repr__(self) -> str:
        return "PickleType()"


class Interval(TypeDecorator[dt.timedelta]):
    """A length of time; where the database has no such type, a moment counted from 1970."""

    __visit_name__ = "interval"
    _kind = _core.T_INTERVAL
    impl: t.Any = DateTime
    epoch = dt.datetime(1970, 1, 1)
    cache_ok = True

    def __init__(self, native: bool = True, second_precision: int | None = None, day_precision: int | None = None) -> None:
        super().__init__()
        self.native = native
        self.second_precision = second_precision
        self.day_precision = day_precision

    def _cm_def(self) -> tuple[t.Any, ...]:
        flags = (_core.TYPE_NATIVE if self.native else 0) | (_core.TYPE_VARIES if self._variant_mapping else 0)
        return (self._kind, flags, None, self.second_precision, None, None, None, None, None, None)

    def _for_dialect(self, dialect: t.Any) -> TypeEngine[t.Any]:
        return TypeEngine._for_dialect(self, dialect)

    def coerce_compared_value(self, op: t.Any, value: t.Any) -> TypeEngine[t.Any]:
        return TypeEngine.coerce_compared_value(self, op, value)

    @property
    def python_type(self) -> type[t.Any]:
        return dt.timedelta

    @property
    def _type_affinity(self) -> type[TypeEngine[t.Any]]:
        return Interval

    def __repr__(self) -> str:
        return "Interval()"


class _JSONNull:
    """Mark for the JSON value null, as opposed to SQL NULL."""

    def __repr__(self) -> str:
        return "JSON.NULL"

    def __reduce__(self) -> str:
        return "_JSON_NULL"


_JSON_NULL = _JSONNull()


class JSON(Indexable, TypeEngine[t.Any]):
    """Documents: dictionaries, lists, strings, numbers, true, false and null."""

    __visit_name__ = "JSON"
    _kind = _core.T_JSON
    hashable = False
    NULL = _JSON_NULL

    class JSONElementType(TypeEngine[t.Any]):
        """What an index of a document is made of: sent as each database wants to be told."""

        _kind = _core.T_STRING

        def _cm_def(self) -> tuple[t.Any, ...]:
            described = list(super()._cm_def())
            described[1] |= _core.TYPE_HOST | (0 if "_dialect" in self.__dict__ else _core.TYPE_VARIES)
            if isinstance(self, JSON.JSONIntIndexType) and hasattr(self._at(), "_json_index"):
                described[0] = _core.T_INTEGER
            return tuple(described)

        def _bind(self, value: t.Any) -> t.Any:
            return getattr(self._at(), "_json_index", _json_path)(value)

    class JSONIndexType(JSONElementType):
        """A key or a position."""

    class JSONIntIndexType(JSONIndexType):
        """A position."""

    class JSONStrIndexType(JSONIndexType):
        """A key."""

    class JSONPathType(JSONElementType):
        """A path of keys and positions."""

    class Comparator(Indexable.Comparator[_CT]):
        """Parts of documents: `doc["a"]`, `doc["a", 0]`, and as which type they are read: `doc["a"].as_integer()`."""

        __slots__ = ()

        def _as(self, type_: TypeEngine[t.Any], name: str) -> t.Any:
            expr = self.expr
            if expr._kind != _core.K_INDEX:
                raise exc.InvalidRequestError(f"The JSON cast operator JSON.{name}() only works with a JSON index expression e.g. col['q'].{name}()")
            return _core.make(_core.K_INDEX, expr._op, type=type_, kids=expr._kids)

        def as_boolean(self) -> t.Any:
            return self._as(Boolean(), "as_boolean")

        def as_string(self) -> t.Any:
            return self._as(Unicode(), "as_string")

        def as_integer(self) -> t.Any:
            return self._as(Integer(), "as_integer")

        def as_float(self) -> t.Any:
            return self._as(Float(), "as_float")

        def as_numeric(self, precision: int, scale: int, asdecimal: bool = True) -> t.Any:
            return self._as(Numeric(precision, scale, asdecimal=asdecimal), "as_numeric")

        def as_json(self) -> t.Any:
            return self.expr

    comparator_factory = Comparator

    def __init__(self, none_as_null: bool = False) -> None:
        self.none_as_null = none_as_null

    def _flags(self) -> int:
        return int(_core.TYPE_NONE_IS_NULL) if self.none_as_null else 0

    @property
    def should_evaluate_none(self) -> bool:  # type: ignore[override]
        return not self.none_as_null

    @should_evaluate_none.setter
    def should_evaluate_none(self, value: bool) -> None:
        self.none_as_null = not value

    def _for_dialect(self, dialect: t.Any) -> TypeEngine[t.Any]:
        stored = self._variant_mapping.get(dialect.name)
        if stored is not None:
            return stored._stored_on(dialect.name, dialect)
        custom = dialect._json_serializer is not None or dialect._json_deserializer is not None
        return _EngineJSON(self, dialect) if custom else self

    @property
    def python_type(self) -> type[t.Any]:
        return object


def _json_path(value: t.Any) -> str:
    """`$."a"[0]` for "a", 0 or a path of them."""
    parts = [value] if isinstance(value, (str, int)) else list(value)
    return "$" + "".join(f"[{p}]" if isinstance(p, int) else f'."{p}"' for p in parts)


class _EngineJSON(TypeEngine[t.Any]):
    """Documents of an engine that was given functions of its own for writing and reading them."""

    def __init__(self, json: JSON, dialect: t.Any) -> None:
        import json as standard

        self.json = json
        self._write = dialect._json_serializer or standard.dumps
        self._read = dialect._json_deserializer or standard.loads

    def _cm_def(self) -> tuple[t.Any, ...]:
        described = list(self.json._native_def())
        described[0] = _core.T_TEXT
        described[1] = _core.TYPE_HOST | _core.TYPE_SPELLED
        described[3:9] = [None] * 6
        return tuple(described)

    def _bind(self, value: t.Any) -> t.Any:
        if value is _JSON_NULL:
            return self._write(None)
        return None if value is None and self.json.none_as_null else self._write(value)

    def _result(self, value: t.Any) -> t.Any:
        return None if value is None else self._read(value)

    def _spell_on(self, name: str) -> str:
        return t.cast(str, _core.type_ddl(self.json, name))


class ARRAY(Indexable, Concatenable, TypeEngine[t.Sequence[t.Any]]):
    """A list of values of one type, on databases that have it."""

    __visit_name__ = "ARRAY"
    _kind = _core.T_ARRAY
    _python_type = list
    zero_indexes = False

    class Comparator(Indexable.Comparator[_CT], Concatenable.Comparator[_CT]):
        """What can be asked of lists."""

        __slots__ = ()

        def _member(self, kind: str, other: t.Any, operator: t.Any) -> t.Any:
            from . import operators
            from .constructors import all_, any_
            from .indexing import named_bind

            value = _core.coerce(other, _core.ROLE_EXPR) if isinstance(other, _core.Node) else named_bind(self.expr, other, self.type.item_type)
            return (operator or operators.eq)(value, any_(self.expr) if kind == "any" else all_(self.expr))

        def any(self, other: t.Any, operator: t.Any = None) -> t.Any:
            """Whether one of the items is so."""
            return self._member("any", other, operator)

        def all(self, other: t.Any, operator: t.Any = None) -> t.Any:
            """Whether all of the items are so."""
            return self._member("all", other, operator)

    comparator_factory = Comparator

    def __init__(
        self, item_type: t.Any, as_tuple: bool = False, dimensions: int | None = None, zero_indexes: bool = False
    ) -> None:
        if isinstance(item_type, ARRAY):
            raise ValueError("Do not nest ARRAY types; ARRAY(basetype) handles multi-dimensional arrays of basetype")
        self.item_type = to_instance(item_type)
        self.as_tuple = as_tuple
        self.dimensions = dimensions
        self.zero_indexes = zero_indexes

    @property
    def hashable(self) -> bool:  # type: ignore[override]
        return self.as_tuple

    def _flags(self) -> int:
        return int(_core.TYPE_AS_TUPLE) if self.as_tuple else 0

    def _arguments(self) -> tuple[t.Any, ...]:
        return (self.dimensions, None, None, None, None, None, None, self.item_type)


class TupleType(TypeEngine[t.Any]):
    """The type of a row of values."""

    __visit_name__ = "tuple"
    _kind = _core.T_TUPLE

    def __init__(self, *types: t.Any) -> None:
        self.types = [to_instance(x) for x in types]


class REAL(Float[_N]):
    """The SQL type REAL."""

    __visit_name__ = "REAL"
    _spelling = "REAL"


class FLOAT(Float[_N]):
    """The SQL type FLOAT."""

    __visit_name__ = "FLOAT"
    _spelling = "FLOAT"


class DOUBLE(Double[_N]):
    """The SQL type DOUBLE."""

    __visit_name__ = "DOUBLE"
    _spelling = "DOUBLE"


class DOUBLE_PRECISION(Double[_N]):
    """The SQL type DOUBLE PRECISION."""

    __visit_name__ = "DOUBLE_PRECISION"
    _spelling = "DOUBLE PRECISION"


class NUMERIC(Numeric[_N]):
    """The SQL type NUMERIC."""

    __visit_name__ = "NUMERIC"
    _spelling = "NUMERIC"


class DECIMAL(Numeric[_N]):
    """The SQL type DECIMAL."""

    __visit_name__ = "DECIMAL"
    _spelling = "DECIMAL"


class INTEGER(Integer):
    """The SQL type INTEGER."""

    __visit_name__ = "INTEGER"
    _spelling = "INTEGER"


INT = INTEGER


class SMALLINT(SmallInteger):
    """The SQL type SMALLINT."""

    __visit_name__ = "SMALLINT"
    _spelling = "SMALLINT"


class BIGINT(BigInteger):
    """The SQL type BIGINT."""

    __visit_name__ = "BIGINT"
    _spelling = "BIGINT"


class TIMESTAMP(DateTime):
    """The SQL type TIMESTAMP."""

    __visit_name__ = "TIMESTAMP"
    _spelling = "TIMESTAMP"


class DATETIME(DateTime):
    """The SQL type DATETIME."""

    __visit_name__ = "DATETIME"
    _spelling = "DATETIME"


class DATE(Date):
    """The SQL type DATE."""

    __visit_name__ = "DATE"
    _spelling = "DATE"


class TIME(Time):
    """The SQL type TIME."""

    __visit_name__ = "TIME"
    _spelling = "TIME"


class TEXT(Text):
    """The SQL type TEXT."""

    __visit_name__ = "TEXT"
    _spelling = "TEXT"


class CLOB(Text):
    """The SQL type CLOB."""

    __visit_name__ = "CLOB"
    _spelling = "CLOB"


class VARCHAR(String):
    """The SQL type VARCHAR."""

    __visit_name__ = "VARCHAR"
    _spelling = "VARCHAR"


class NVARCHAR(Unicode):
    """The SQL type NVARCHAR."""

    __visit_name__ = "NVARCHAR"
    _spelling = "NVARCHAR"


class CHAR(String):
    """The SQL type CHAR."""

    __visit_name__ = "CHAR"
    _spelling = "CHAR"

    def _flags(self) -> int:
        return int(_core.TYPE_FIXED)


class NCHAR(Unicode):
    """The SQL type NCHAR."""

    __visit_name__ = "NCHAR"
    _spelling = "NCHAR"

    def _flags(self) -> int:
        return int(_core.TYPE_FIXED)


class BLOB(LargeBinary):
    """The SQL type BLOB."""

    __visit_name__ = "BLOB"
    _spelling = "BLOB"


class BINARY(_Binary):
    """The SQL type BINARY."""

    __visit_name__ = "BINARY"
    _spelling = "BINARY"

    def _flags(self) -> int:
        return int(_core.TYPE_FIXED)


class VARBINARY(_Binary):
    """The SQL type VARBINARY."""

    __visit_name__ = "VARBINARY"
    _spelling = "VARBINARY"


class BOOLEAN(Boolean):
    """The SQL type BOOLEAN."""

    __visit_name__ = "BOOLEAN"
    _spelling = "BOOLEAN"


class NullType(TypeEngine[None]):
    """No type is known; values pass as they are."""

    __visit_name__ = "null"
    _kind = _core.T_NULL

    class Comparator(TypeEngine.Comparator[_CT]):
        __slots__ = ()

    comparator_factory = Comparator

    def coerce_compared_value(self, op: t.Any, value: t.Any) -> TypeEngine[t.Any]:
        return t.cast("TypeEngine[t.Any]", _core.literal_type(value) or self)

    @property
    def python_type(self) -> type[t.Any]:
        return object

    def __str__(self) -> str:
        return "NULL"


class TableValueType(TypeEngine[t.Any]):
    """The type of a table used as a value."""

    _kind = _core.T_TABLE

    def __init__(self, *elements: t.Any) -> None:
        self._elements = elements


class MatchType(Boolean):
    """What MATCH answers."""


class Uuid(TypeEngine[t.Any]):
    """A UUID; 32 hexadecimal digits where the database has no such type."""

    __visit_name__ = "uuid"
    _kind = _core.T_UUID

    def __init__(self, as_uuid: bool = True, native_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = native_uuid

    @property
    def native(self) -> bool:
        return self.native_uuid

    def _flags(self) -> int:
        return int((_core.TYPE_NATIVE if self.native_uuid else 0) | (0 if self.as_uuid else _core.TYPE_UUID_TEXT))

    def coerce_compared_value(self, op: t.Any, value: t.Any) -> TypeEngine[t.Any]:
        return self if isinstance(value, str) else super().coerce_compared_value(op, value)

    @property
    def python_type(self) -> type[t.Any]:
        return _uuid.UUID if self.as_uuid else str


class UUID(Uuid):
    """The SQL type UUID."""

    __visit_name__ = "UUID"
    _spelling = "UUID"

    def __init__(self, as_uuid: bool = True) -> None:
        super().__init__(as_uuid)


NULLTYPE = NullType()
BOOLEANTYPE = Boolean()
STRINGTYPE = String()
INTEGERTYPE = Integer()
NUMERICTYPE: Numeric[decimal.Decimal] = Numeric()
MATCHTYPE = MatchType()
TABLEVALUE = TableValueType()
DATETIME_TIMEZONE = DateTime(timezone=True)
TIME_TIMEZONE = Time(timezone=True)

_literal_types: dict[type, TypeEngine[t.Any]] = {
    int: INTEGERTYPE,
    bool: BOOLEANTYPE,
    float: Double(),
    str: STRINGTYPE,
    bytes: LargeBinary(),
    bytearray: LargeBinary(),
    memoryview: LargeBinary(),
    decimal.Decimal: NUMERICTYPE,
    dt.date: Date(),
    dt.datetime: DateTime(),
    dt.time: Time(),
    dt.timedelta: Interval(),
    _uuid.UUID: Uuid(),
    type(None): NULLTYPE,
}
_core.register_literal_types(_literal_types)

_core.register_hook("json_null", _JSON_NULL)
