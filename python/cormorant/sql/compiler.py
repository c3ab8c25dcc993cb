"""Compiled statements as programs see them, and constructs that Python compiles (cormorant.ext.compiler).

A compile function of a program answers SQL text and asks `compiler.process(child)` for that of its parts. The parts are
not compiled there and then: process() answers a mark, and the core compiles what the mark stands for when it comes to it
in the finished text. So placeholders are numbered in the order in which they stand, however the text was put together.
"""

from __future__ import annotations

import functools
import re
import typing as t

from .. import _core, exc
from ..dialects import dialect_object
from .identifiers import IdentifierPreparer, core_dialect

__all__ = [
    "Compiled", "DDLCompiler", "ExpandedState", "GenericTypeCompiler", "IdentifierPreparer", "SQLCompiler", "StrSQLCompiler",
    "TypeCompiler", "compile_element",
]  # fmt: skip

_STYLES = {
    "named": _core.PARAM_NAMED, "qmark": _core.PARAM_QMARK, "numeric_dollar": _core.PARAM_DOLLAR, "format": _core.PARAM_FORMAT,
    "pyformat": _core.PARAM_PYFORMAT, "numeric": _core.PARAM_NUMERIC,
}  # fmt: skip


class ExpandedState(t.NamedTuple):
    """A statement with its IN lists spelled out."""

    statement: str
    parameters: t.Mapping[str, t.Any]
    processors: t.Mapping[str, t.Any]
    positiontup: t.Sequence[str] | None
    parameter_expansion: t.Mapping[str, t.Sequence[str]]

    @property
    def additional_parameters(self) -> t.Mapping[str, t.Any]:
        return self.parameters

    @property
    def positional_parameters(self) -> tuple[t.Any, ...]:
        if self.positiontup is None:
            raise exc.InvalidRequestError("statement does not use a positional paramstyle")
        return tuple(self.parameters[name] for name in self.positiontup)


class TypeCompiler:
    """Spells types for a dialect."""

    def __init__(self, dialect: t.Any = None) -> None:
        self.dialect = dialect

    def process(self, type_: t.Any, **kw: t.Any) -> str:
        return t.cast(str, type_.compile(self.dialect))


GenericTypeCompiler = TypeCompiler


class Compiled:
    """A statement or definition as text for a dialect."""

    statement: t.Any = None
    string: str = ""

    def __init__(self, dialect: t.Any, statement: t.Any, **kw: t.Any) -> None:
        self.dialect = dialect
        self.statement = statement

    @property
    def preparer(self) -> IdentifierPreparer:
        return IdentifierPreparer(self.dialect)

    @property
    def sql_compiler(self) -> t.Any:
        return self

    def __str__(self) -> str:
        return self.string

    def construct_params(self, params: t.Mapping[str, t.Any] | None = None, extracted_parameters: t.Any = None, escape_names: bool = True) -> t.Any:
        raise NotImplementedError(f"{type(self).__name__} does not define construct_params")

    @property
    def params(self) -> t.Any:
        return self.construct_params()


class DDLCompiler(Compiled):
    """A definition as text."""


class SQLCompiler(Compiled):
    """A statement as text, with its parameters."""

    def __init__(
        self, dialect: t.Any, statement: t.Any, column_keys: t.Any = None, *, compile_kwargs: t.Mapping[str, t.Any] | None = None,
        schema_translate_map: t.Any = None, **_kw: t.Any,
    ) -> None:  # fmt: skip
        options = dict(compile_kwargs) if compile_kwargs else {}
        style = getattr(dialect, "paramstyle", None)
        self.dialect = dialect
        self.statement = statement
        self.compile_kwargs = options
        self.column_keys = column_keys
        named = _STYLES.get(style, _core.PARAM_NAMED if dialect is None else _core.PARAM_DIALECT)
        if column_keys is not None and getattr(statement, "is_dml", False) and hasattr(statement, "values"):
            statement = _with_columns(statement, column_keys)
        self.string, found = _core.compile(
            statement, _core_name(dialect), named, bool(options.get("literal_binds")),
            bool(options.get("render_postcompile")), schema_translate_map, getattr(dialect, "_bind_casts", False),
        )  # fmt: skip
        self.positional = style in ("qmark", "format", "numeric", "numeric_dollar")
        self._found: list[tuple[str, t.Any]] = found

    @functools.cached_property
    def positiontup(self) -> list[str] | None:
        return [name for name, _ in self._found] if self.positional else None

    @functools.cached_property
    def binds(self) -> dict[str, t.Any]:
        return dict(self._found)

    @functools.cached_property
    def bind_names(self) -> dict[t.Any, str]:
        return {bind: name for name, bind in self._found if bind is not None}

    isinsert = property(lambda self: bool(getattr(self.statement, "is_insert", False)))
    isupdate = property(lambda self: bool(getattr(self.statement, "is_update", False)))
    isdelete = property(lambda self: bool(getattr(self.statement, "is_delete", False)))
    current_executable = property(lambda self: self.statement)
    ansi_bind_rules = False
    has_out_parameters = False

    @property
    def post_compile_params(self) -> frozenset[t.Any]:
        return frozenset(b for b in self.bind_names if b.expanding)

    @property
    def literal_execute_params(self) -> frozenset[t.Any]:
        return frozenset(b for b in self.bind_names if b.literal_execute)

    @property
    def effective_returning(self) -> t.Any:
        returning = getattr(self.statement, "_returning", None)
        return list(returning) if returning else None

    returning = effective_returning

    def construct_params(
        self, params: t.Mapping[str, t.Any] | None = None, extracted_parameters: t.Any = None, escape_names: bool = True, _check: bool = False
    ) -> dict[str, t.Any]:
        """Values by parameter name; `params` replaces some."""
        made: dict[str, t.Any] = {}
        items: dict[int, int] = {}
        for name, bind in self._found:
            if bind is None:
                made[name] = None if params is None else params.get(name)
                continue
            value = bind.effective_value
            if bind.expanding and not self._is_whole(name, bind) and value is not None:
                at = items.get(id(bind), 0)
                items[id(bind)] = at + 1
                flat = [x for item in value for x in (item if isinstance(item, tuple) else (item,))]
                value = flat[at] if at < len(flat) else None
            made[name] = value
            if params is not None:
                for key in (name, bind._name):
                    if key in params:
                        made[name] = params[key]
                        break
                else:
                    if bind.required and _check:
                        raise exc.InvalidRequestError(f"A value is required for bind parameter {bind.key!r}")
        return made

    def _is_whole(self, name: str, bind: t.Any) -> bool:
        """Whether a parameter stands for a whole IN list rather than one of its items."""
        return f"__[POSTCOMPILE_{name}" in self.string

    def construct_expanded_state(self, params: t.Any = None, escape_names: bool = True) -> ExpandedState:
        """The statement with its IN lists spelled out."""
        options = {**self.compile_kwargs, "render_postcompile": True}
        spelled = SQLCompiler(self.dialect, self.statement, self.column_keys, compile_kwargs=options)
        expansion: dict[str, list[str]] = {}
        for name, bind in spelled._found:
            if bind is not None and bind.expanding:
                expansion.setdefault(self.bind_names.get(bind, name), []).append(name)
        return ExpandedState(spelled.string, spelled.construct_params(params), {}, spelled.positiontup, expansion)

    def process(self, obj: t.Any, **kw: t.Any) -> str:
        return str(compile_element(obj, None, self.dialect, compile_kwargs=kw))

    def render_literal_value(self, value: t.Any, type_: t.Any) -> str:
        """A value written out."""
        from .nodes import BindParameter

        return str(compile_element(BindParameter(None, value, type_), None, self.dialect, compile_kwargs={"literal_binds": True}))


class StrSQLCompiler(SQLCompiler):
    """What str(statement) makes."""


def _core_name(dialect: t.Any) -> str | None:
    """How the core calls a dialect; None: the default one."""
    name = getattr(dialect, "name", None)
    return "standard" if name == "default" and not dialect.supports_native_boolean else core_dialect(name)


def _with_columns(statement: t.Any, keys: t.Iterable[str]) -> t.Any:
    """The statement as it is when parameters of those names come at execution."""
    from .nodes import BindParameter

    known = {a._kids[0].key for a in statement._seg(_core.SEG_VALUES)}
    known |= {n._name for n in _core.walk(statement) if n._kind == _core.K_BIND and not n._flags & _core.FLAG_UNIQUE}
    return statement.values({k: BindParameter(k, type_=statement._column(k).type) for k in keys if k not in known})


def compile_element(element: t.Any, bind: t.Any = None, dialect: t.Any = None, **kw: t.Any) -> SQLCompiler:
    """A statement or expression for a dialect: that given, that of an engine, or the default one."""
    if dialect is None and bind is not None:
        dialect = bind.dialect
    if isinstance(dialect, type):
        dialect = dialect()
    if dialect is None:
        return StrSQLCompiler(None, element, **kw)
    return SQLCompiler(dialect, element, **kw)


# ---- compile functions of programs

_MARK = "\x00(d?)([0-9]+)\x00"  # compiled when it is first looked for


class HookCompiler:
    """The compiler as compile functions see it."""

    def __init__(self, dialect_name: str) -> None:
        self._dialect_name = dialect_name
        self._parts: list[t.Any] = []
        self.statement: t.Any = None
        self.stack: list[t.Any] = []

    @property
    def dialect(self) -> t.Any:
        return dialect_object(self._dialect_name)

    @property
    def preparer(self) -> IdentifierPreparer:
        return IdentifierPreparer(self.dialect)

    identifier_preparer = preparer

    @property
    def type_compiler(self) -> TypeCompiler:
        return TypeCompiler(self.dialect)

    type_compiler_instance = type_compiler

    @property
    def sql_compiler(self) -> t.Any:
        return self

    def process(self, obj: t.Any, **kw: t.Any) -> str:
        """A mark for the SQL of a part."""
        if isinstance(obj, _core.TypeEngine):
            return t.cast(str, obj.compile(self.dialect))  # type: ignore[attr-defined]
        if kw.get("literal_binds"):
            return str(compile_element(obj, None, self.dialect, compile_kwargs={"literal_binds": True}))
        return self._mark(obj, "")

    def _usual(self, element: t.Any) -> str:
        """A mark for an element written without its compile function."""
        if element._kind != _core.K_HOST:
            return self._mark(element, "d")
        return f"{element.name}({self._mark(element.clauses, '')})"

    def _mark(self, obj: t.Any, how: str) -> str:
        self._parts.append(obj)
        return f"\x00{how}{len(self._parts) - 1}\x00"

    def render_literal_value(self, value: t.Any, type_: t.Any) -> str:
        return SQLCompiler.render_literal_value(t.cast("SQLCompiler", self), value, type_)

    def __getattr__(self, name: str) -> t.Any:
        if name.startswith("visit_"):
            return lambda element, **kw: self._usual(element)
        raise AttributeError(f"the compiler that compile functions get has no attribute {name!r}")

    def pieces(self, text: str) -> list[t.Any]:
        """Text and parts in the order in which they stand."""
        made: list[t.Any] = []
        at = 0
        for mark in re.finditer(_MARK, text):
            made.append(text[at : mark.start()])
            part = self._parts[int(mark[2])]
            made.append((part,) if mark[1] else part)
            at = mark.end()
        made.append(text[at:])
        return made


def compile_function(cls: type, dialect_name: str) -> t.Callable[..., str] | None:
    """The function that compiles a class for a dialect."""
    for base in cls.__mro__:
        functions = base.__dict__.get("_compile_functions")
        if functions is not None:
            found = functions.get(dialect_name) or functions.get("default")
            if found is not None:
                return t.cast("t.Callable[..., str]", found)
    return None


def for_dialect(piece: t.Any, dialect_name: str) -> t.Any:
    """A piece of text that stands in statements of one database only."""
    from .nodes import ColumnElement

    global _OneDialect
    if _OneDialect is None:

        class OneDialect(ColumnElement):
            """Text for one database, nothing for others."""

            __slots__ = ()
            inherit_cache = True

        def write(element: t.Any, compiler: t.Any, **kw: t.Any) -> str:
            return str(compiler.process(element._seg(0)[0])) if compiler._dialect_name == element._name else ""

        OneDialect._compile_functions = {"default": write}  # type: ignore[attr-defined]
        _OneDialect = OneDialect
    return _core.make(_core.K_HOST, name=dialect_name, segs=((piece,),), cls=_OneDialect)


_OneDialect: t.Any = None


class HookTypeCompiler(TypeCompiler):
    """The compiler that compile functions of types get."""

    def process(self, type_: t.Any, **kw: t.Any) -> str:
        return t.cast(str, type_.compile(self.dialect))

    @property
    def type_compiler(self) -> TypeCompiler:
        return self

    type_compiler_instance = type_compiler

    def __getattr__(self, name: str) -> t.Any:
        if not name.startswith("visit_"):
            raise AttributeError(f"the compiler that compile functions of types get has no attribute {name!r}")
        return lambda type_, **kw: self._usual(type_, name[len("visit_") :])

    def _usual(self, type_: t.Any, name: str) -> str:
        """A type as its class, or the one of that name, is spelled without compile functions."""
        from . import sqltypes

        cls = getattr(sqltypes, name, None)
        if isinstance(cls, type) and issubclass(cls, sqltypes.TypeEngine) and not isinstance(type_, cls):
            type_ = type_.adapt(cls)
        return plain_spelling(type_, self.dialect.name)


def plain_spelling(type_: t.Any, dialect_name: str) -> str:
    """The name of a type without its compile functions."""
    from .type_api import _Described

    spell = getattr(type_, "_spell_for", None)
    if spell is not None:
        return t.cast(str, spell(dialect_name))
    described = list(type_._cm_def())
    described[1] &= ~(_core.TYPE_SPELLED | _core.TYPE_VARIES)
    return t.cast(str, _core.type_ddl(_Described(tuple(described)), core_dialect(dialect_name)))


def spell_type(type_: t.Any, dialect_name: str) -> str:
    """The name of a type in DDL: what its compile function answers, where it has one."""
    function = compile_function(type(type_), dialect_name)
    if function is None:
        return plain_spelling(type_, dialect_name)
    text = function(type_, HookTypeCompiler(dialect_object(dialect_name)))
    if not isinstance(text, str):
        raise exc.CompileError(f"the compile function of {type(type_).__name__} answered {text!r}, not a string")
    return text


def _compile(node: t.Any, dialect_name: str) -> list[t.Any]:
    """For the core: what a construct consists of."""
    function = compile_function(type(node), dialect_name)
    compiler = HookCompiler(dialect_name)
    if function is not None:
        text = function(node, compiler)
        if not isinstance(text, str):
            raise exc.CompileError(f"the compile function of {type(node).__name__} answered {text!r}, not a string")
        return compiler.pieces(text)
    if node._kind == _core.K_DDL:
        return [node._text(compiler.dialect)]
    if node._kind != _core.K_HOST:
        return [(node,)]
    if hasattr(node, "clauses") and isinstance(getattr(node, "name", None), str):
        return compiler.pieces(compiler._usual(node))
    raise exc.UnsupportedCompilationError(compiler, type(node), "no compile function was given for it")


_core.register_hook("compile", _compile)
