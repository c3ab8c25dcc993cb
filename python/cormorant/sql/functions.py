"""SQL functions: `func.anything(...)`, functions whose result type is known, and base classes for one's own."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from ..util import warn
from .base import Executable, Generative
from .clauses import Cast, Extract
from .fromclause import FromClause
from .items import name_flags
from .nodes import ColumnClause, ColumnElement
from .sqltypes import Integer

_registry: dict[str, dict[str, t.Any]] = {"_default": {}}
_named: dict[str, type] = {}  # functions that are a name and a base alone: their classes are made when they are asked for


def _registered(package: str, name: str) -> t.Any:
    made = _registry.get(package, {}).get(name)
    return made if made is not None or package != "_default" else _make_named(name)


def _make_named(name: str) -> t.Any:
    """The class of a function, which registers itself; None: it has none."""
    base = _named.pop(name, None)
    if base is None:
        return None
    own = {"_plain": base is not AnsiFunction, "_register": name not in _registry["_default"]}  # not in the place of a program's class
    globals()[name] = cls = type(name, (base,), {"__slots__": (), "__module__": __name__, "inherit_cache": True, **own})
    return cls


def __getattr__(name: str) -> t.Any:
    made = _make_named(name)
    if made is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return made


class _FunctionGenerator(_core.FunctionName):
    """`func.name(...)`, `func.package.name(...)`: looked up once, then made in C."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self.__dict__["_names"] = names
        if not names:
            return
        package = names[0] if len(names) == 2 else "_default" if len(names) == 1 else None
        cls = _registered(package, names[-1].lower()) if package else None
        plain = cls is not None and cls.__dict__.get("_plain", False)
        name = cls._sql_name if plain else ".".join(names)
        self._setup(name, cls, plain, plain and cls.__dict__.get("_star", False))

    def __getattr__(self, name: str) -> t.Any:
        if name.startswith("__"):
            raise AttributeError(name)
        plain = name[:-1] if name.endswith("_") else name
        made = _FunctionGenerator((*self._names, plain))
        self.__dict__[name] = made  # the next `func.name` finds it at once
        return made

    def _call_with(self, *clauses: t.Any, **kwargs: t.Any) -> t.Any:
        return Function(self._names[-1], *clauses, packagenames=self._names[:-1], **kwargs)


func: t.Any = _FunctionGenerator()
modifier: t.Any = _FunctionGenerator(("modifier",))


def register_function(identifier: str, fn: t.Any, package: str = "_default") -> None:
    """Makes `func.<identifier>` answer instances of a class."""
    known_as = str(identifier).lower()
    if known_as in _registry.get(package, ()) or package == "_default" and known_as in _named:
        warn(f"The GenericFunction '{known_as}' is already registered and is going to be overridden.")
    _registry.setdefault(package, {})[known_as] = fn
    names = identifier if package == "_default" else package
    for known in (names, f"{names}_"):
        func.__dict__.pop(known, None)  # looked up anew


class FunctionElement(Executable, ColumnElement, FromClause, Generative):
    """Base of functions, and of constructs of one's own that take arguments.

    A subclass says `name`, `type` and `inherit_cache = True`, and how it is written with `cormorant.ext.compiler.compiles`;
    without that it is `name(arguments)`.
    """

    __slots__ = ()
    __visit_name__ = "function"
    packagenames: tuple[str, ...] = ()
    monotonic = False
    primary_key = False  # type: ignore[assignment]
    supports_execution = True

    def __init__(self, *clauses: t.Any) -> None:
        name = getattr(type(self), "name", None)
        if not isinstance(name, str):
            name = None
        items = _core.coerce_arguments(clauses, name)
        _core.init(self, _core.K_HOST, type=self.type, name=name, segs=(items,))

    @property
    def clauses(self) -> t.Any:
        """The arguments."""
        return _core.make(_core.K_LIST, _core.OP_COMMA, segs=(self._seg(0),))

    @property
    def clause_expr(self) -> t.Any:
        return _core.make(_core.K_GROUPING, kids=(self.clauses,))

    @property
    def entity_namespace(self) -> t.Any:
        return self.columns

    @property
    def columns(self) -> t.Any:
        from .collections import ReadOnlyColumnCollection

        return ReadOnlyColumnCollection([(self.name, self)])

    c = columns
    exported_columns = columns
    foreign_keys: t.Any = frozenset()

    def over(
        self, *, partition_by: t.Any = None, order_by: t.Any = None, rows: t.Any = None, range_: t.Any = None, groups: t.Any = None,
        exclude: str | None = None,
    ) -> t.Any:  # fmt: skip
        """The function over a window."""
        from .windows import Over

        return Over(self, partition_by=partition_by, order_by=order_by, rows=rows, range_=range_, groups=groups, exclude=exclude)

    def filter(self, *criterion: t.Any) -> t.Any:
        """The aggregate over those rows that meet conditions."""
        from .windows import FunctionFilter

        return FunctionFilter(self, *criterion) if criterion else self

    def within_group(self, *order_by: t.Any) -> t.Any:
        """The aggregate over rows in an order."""
        from .windows import WithinGroup

        return WithinGroup(self, *order_by)

    def aggregate_order_by(self, *order_by: t.Any) -> t.Any:
        """The aggregate of its arguments in an order."""
        from .windows import AggregateOrderBy

        return AggregateOrderBy(self, *order_by)

    def within_group_type(self, within_group: t.Any) -> t.Any:
        return None

    def as_comparison(self, left_index: int, right_index: int) -> t.Any:
        """The function as a comparison of two of its arguments, for relationship conditions."""
        return FunctionAsBinary(self, left_index, right_index)

    def table_valued(self, *expr: t.Any, **kw: t.Any) -> t.Any:
        """The function in FROM, with columns of those names."""
        name, ordinality, implicit = kw.pop("name", None), kw.pop("with_ordinality", None), kw.pop("joins_implicitly", False)
        if kw:
            raise TypeError(f"table_valued() got unexpected arguments {sorted(kw)}")
        columns = [ColumnClause(e) if isinstance(e, str) else _core.coerce(e, _core.ROLE_EXPR) for e in expr]
        if ordinality is not None:
            columns.append(ColumnClause(ordinality, Integer))
        made = _core.make(_core.K_TABLE_FUNC, flags=_core.FLAG_ORDINALITY if ordinality is not None else 0, name=name, kids=(self,), segs=(columns,))
        if implicit:
            made.__dict__["joins_implicitly"] = True
        return made

    def column_valued(self, name: str | None = None, joins_implicitly: bool = False) -> t.Any:
        """The function in FROM, as its one column."""
        return self.alias(name=name, joins_implicitly=joins_implicitly).column

    def scalar_table_valued(self, name: str, type_: t.Any = None) -> t.Any:
        """One column of the function's row: `(f(x)).name`."""
        return ScalarFunctionColumn(self, name, type_).label(name)

    def alias(self, name: str | None = None, joins_implicitly: bool = False) -> t.Any:  # type: ignore[override]
        """The function in FROM under a name."""
        made = _core.make(_core.K_TABLE_FUNC, name=name, kids=(self,), segs=((),))
        if joins_implicitly:
            made.__dict__["joins_implicitly"] = True
        return made

    def select(self) -> t.Any:
        """`SELECT function(...)`."""
        return _core.select(self)

    def get_execution_options(self) -> t.Mapping[str, t.Any]:
        return Executable.get_execution_options(self)


class ScalarFunctionColumn(ColumnElement):
    """One column of what a function answers: `(f(x)).name`; made by `FunctionElement.scalar_table_valued()`."""

    __slots__ = ()
    __visit_name__ = "scalar_function_column"
    inherit_cache = True

    def __init__(self, fn: t.Any, name: str, type_: t.Any = None) -> None:
        _core.init(self, _core.K_HOST, type=type_() if isinstance(type_, type) else type_, name=name, segs=((fn,),))

    @property
    def fn(self) -> t.Any:
        return self._seg(0)[0]

    @property
    def name(self) -> t.Any:
        return self._name

    def _write(self, compiler: t.Any, **kw: t.Any) -> str:
        return f"({compiler.process(self.fn, **kw)}).{compiler.preparer.quote(self._name)}"

    _compile_functions: t.ClassVar[dict[str, t.Any]] = {"default": _write}


class FunctionAsBinary(ColumnElement):
    """A function that compares two of its arguments, for conditions of relationships; made by `FunctionElement.as_comparison()`."""

    __slots__ = ()
    __visit_name__ = "function_as_comparison_op"
    inherit_cache = True

    def __init__(self, fn: t.Any, left_index: int, right_index: int) -> None:
        count = len(fn._seg(0))
        for index in (left_index, right_index):
            if not 1 <= index <= count:
                raise exc.ArgumentError(f"as_comparison(): argument {index} of {fn._name}() is not there; it has {count}, counted from 1")
        _core.init(self, _core.K_HOST, type=fn.type, name=f"{left_index} {right_index}", segs=((fn,),))

    @property
    def sql_function(self) -> t.Any:
        return self._seg(0)[0]

    @property
    def left_index(self) -> int:
        return int(self._name.split()[0])

    @property
    def right_index(self) -> int:
        return int(self._name.split()[1])

    @property
    def left(self) -> t.Any:
        return self.sql_function._seg(0)[self.left_index - 1]

    @property
    def right(self) -> t.Any:
        return self.sql_function._seg(0)[self.right_index - 1]

    def _write(self, compiler: t.Any, **kw: t.Any) -> t.Any:
        return compiler.process(self.sql_function, **kw)

    _compile_functions: t.ClassVar[dict[str, t.Any]] = {"default": _write}


class Function(FunctionElement):
    """A function known by its name alone."""

    __slots__ = ()
    inherit_cache = True

    def __init__(
        self, name: str, *clauses: t.Any, type_: t.Any = None, packagenames: t.Sequence[str] | None = None, monotonic: bool = False
    ) -> None:
        items = _core.coerce_arguments(clauses, name)
        full = ".".join((*packagenames, name)) if packagenames else name
        if isinstance(type_, type):
            type_ = type_()
        _core.init(self, _core.K_FUNC, type=type_, name=full, segs=(items,))

    @property
    def name(self) -> t.Any:  # type: ignore[override]
        return self._name.rpartition(".")[2]

    @property
    def packagenames(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(self._name.split(".")[:-1])

    identifier = name


class GenericFunction(Function):
    """Base of functions with a class of their own; defining the class makes `func.<name>` answer it.

    `type` is the result type, `name` the SQL name, `identifier` the name after `func.`, `package` the name between.
    """

    __slots__ = ()
    coerce_arguments = True
    inherit_cache = True
    _register = False
    _sql_name: t.ClassVar[str | None] = None

    def __init_subclass__(cls, **kw: t.Any) -> None:
        super().__init_subclass__(**kw)
        if cls.__dict__.get("_is_base"):
            return
        own = cls.__dict__
        name = own.get("name", None)
        inherited = cls.__name__ if not isinstance(name, str) else name
        identifier = own.get("identifier", inherited)
        cls._sql_name = inherited
        if own.get("_register", True):
            register_function(identifier, cls, own.get("package", "_default") or "_default")

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        name = self._sql_name
        items = _core.coerce_arguments(args, name)
        wanted = kwargs.pop("type_", None)
        kwargs.pop("packagenames", None)
        kwargs.pop("monotonic", None)
        if kwargs:
            raise TypeError(f"{type(self).__name__}() got unexpected arguments {sorted(kwargs)}")
        if wanted is None:
            wanted = self._result_type(items)
        if isinstance(wanted, type):
            wanted = wanted()
        _core.init(self, _core.K_FUNC, flags=self._name_flags(), type=wanted, name=name, segs=(items,))

    def _name_flags(self) -> int:
        return 0

    def _result_type(self, items: t.Sequence[t.Any]) -> t.Any:
        for cls in type(self).__mro__:
            if "type" in cls.__dict__:
                found = cls.__dict__["type"]
                return found if isinstance(found, (_core.TypeEngine, type)) else None
        return None

    @property
    def name(self) -> t.Any:  # type: ignore[override]
        return self._sql_name


class AnsiFunction(GenericFunction):
    """A function written without parentheses when it has no arguments: CURRENT_DATE."""

    __slots__ = ()
    _is_base = True
    inherit_cache = True

    def _name_flags(self) -> int:
        return int(_core.FLAG_NO_PARENS)


class ReturnTypeFromArgs(GenericFunction):
    """A function whose result has the type of its first argument."""

    __slots__ = ()
    _is_base = True
    inherit_cache = True

    def _result_type(self, items: t.Sequence[t.Any]) -> t.Any:
        return items[0].type if items else None


class ReturnTypeFromOptionalArgs(ReturnTypeFromArgs):
    """The same, of the first argument that has a type."""

    __slots__ = ()
    _is_base = True

    def _result_type(self, items: t.Sequence[t.Any]) -> t.Any:
        return next((i.type for i in items if i._type is not None and i._type._kind != _core.T_NULL), None)


class next_value(GenericFunction):  # noqa: N801 - the name of the function
    """The next value of a sequence."""

    __slots__ = ()

    def __init__(self, seq: t.Any, **kw: t.Any) -> None:
        if not isinstance(seq, _core.Node) and not hasattr(seq, "next_value"):
            raise exc.ArgumentError("next_value() accepts a Sequence object as input.")
        schema = getattr(seq, "schema", None)
        kid = None if schema is None else _core.make(_core.K_PREFIX, name=str(schema))
        type_ = kw.get("type_") or getattr(seq, "data_type", None)
        _core.init(self, _core.K_SEQUENCE, flags=name_flags(seq.name, getattr(seq, "quote", None)), name=str(seq.name), type=type_, kids=(kid,))
        self.__dict__["sequence"] = seq


def _define(base: type, *names: str) -> None:
    """Function classes that need nothing but a name; the core knows their result types."""
    _named.update(dict.fromkeys(names, base))


_define(ReturnTypeFromArgs, "coalesce", "max", "min", "sum")
_define(ReturnTypeFromOptionalArgs, "pow")
_define(GenericFunction, "now", "char_length", "random", "aggregate_strings")
_define(GenericFunction, "rank", "dense_rank", "percent_rank", "cume_dist", "cube", "rollup", "grouping_sets", "array_agg")
_define(AnsiFunction, "current_date", "current_time", "current_timestamp", "current_user", "localtime", "localtimestamp", "session_user", "sysdate", "user")


class concat(GenericFunction):  # noqa: N801
    """Texts one after the other."""

    __slots__ = ()
    inherit_cache = True
    _plain = True


class count(GenericFunction):  # noqa: N801
    """The number of rows; `count()` is count(*)."""

    __slots__ = ()
    inherit_cache = True
    _plain = _star = True

    def __init__(self, expression: t.Any = None, **kwargs: t.Any) -> None:
        super().__init__(_core.make(_core.K_STAR) if expression is None else expression, **kwargs)


class OrderedSetAgg(GenericFunction):
    """An aggregate that needs WITHIN GROUP."""

    __slots__ = ()
    _is_base = True
    array_for_multi_clause = False

    def within_group_type(self, within_group: t.Any) -> t.Any:
        first = _core.coerce(within_group[0], _core.ROLE_ORDER)
        return first.type


_define(OrderedSetAgg, "mode", "percentile_cont", "percentile_disc")

_core.register_kind(_core.K_FUNC, Function)

register_function("cast", Cast)
register_function("extract", Extract)

__all__ = [
    "AnsiFunction", "Function", "FunctionElement", "GenericFunction", "OrderedSetAgg", "ReturnTypeFromArgs", "aggregate_strings", "array_agg",
    "char_length", "coalesce", "concat", "count", "cube", "cume_dist", "current_date", "current_time", "current_timestamp",
    "current_user", "dense_rank", "func", "grouping_sets", "localtime", "localtimestamp", "max", "min", "mode", "modifier",
    "next_value", "now", "percent_rank", "percentile_cont", "percentile_disc", "pow", "random", "rank", "register_function", "rollup",
    "session_user", "sum", "sysdate", "user",
]  # fmt: skip
