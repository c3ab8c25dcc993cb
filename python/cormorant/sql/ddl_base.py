"""What all definitions share: their text, and whether they are to run."""

from __future__ import annotations

import contextlib
import enum
import typing as t

from .. import _core, exc
from ..dialects import dialect_object
from .base import Executable
from .elements import ClauseElement
from .type_api import current_dialect

__all__ = ["BaseDDLElement", "CheckFirst", "CreateDropBase", "DDL", "DDLElement", "DDLIf", "DDLRun", "ExecutableDDLElement", "belongs", "without"]


class CheckFirst(enum.Flag):
    """What to look for in the database before creating or dropping it."""

    NONE = 0
    TABLES = enum.auto()
    VIEWS = enum.auto()
    INDEXES = enum.auto()
    SEQUENCES = enum.auto()
    TYPES = enum.auto()
    ALL = TABLES | VIEWS | INDEXES | SEQUENCES | TYPES


class DDLIf(t.NamedTuple):
    """When a definition is to be run."""

    dialect: t.Any
    callable_: t.Any
    state: t.Any

    def _should_execute(self, ddl: t.Any, target: t.Any, bind: t.Any, **kw: t.Any) -> bool:
        dialect = kw.get("dialect")
        name = dialect.name if dialect is not None else bind.dialect.name if bind is not None else current_dialect().name
        if isinstance(self.dialect, str) and self.dialect != name:
            return False
        if isinstance(self.dialect, (tuple, list, set)) and name not in self.dialect:
            return False
        return self.callable_ is None or bool(self.callable_(ddl, target, bind, state=self.state, **kw))


class DDLRun(t.NamedTuple):
    """The work that a listener is told of a part of, as its `_ddl_runner`."""

    connection: t.Any
    dialect: t.Any
    checkfirst: CheckFirst
    tables: t.Any


def belongs(part: t.Any, ddl: t.Any, bind: t.Any, dialect: t.Any) -> bool:
    """Whether a constraint or an index is made together with its table in a database."""
    if part._isolated:
        return False
    return part._ddl_if is None or part._ddl_if._should_execute(ddl, part, bind, dialect=dialect, compiler=None)


@contextlib.contextmanager
def without(table: t.Any, parts: t.Sequence[t.Any]) -> t.Iterator[None]:
    """The core sees the table without these constraints and indexes for the block."""
    if not parts:
        yield
        return
    table.__dict__["_left_out"] = parts
    table._changed()
    try:
        yield
    finally:
        del table.__dict__["_left_out"]
        table._changed()


class _DDLText:
    """A compiled definition."""

    def __init__(self, statement: t.Any, text: str, dialect: t.Any) -> None:
        self.statement, self.string, self.dialect = statement, text, dialect
        self.params: dict[str, t.Any] = {}

    def __str__(self) -> str:
        return self.string


class BaseDDLElement(ClauseElement):
    """Base of all definitions."""

    __slots__ = ()


class ExecutableDDLElement(Executable, BaseDDLElement):
    """A definition that can be executed, and listened with."""

    __slots__ = ()
    __visit_name__ = "ddl"
    _ddl_if: t.Any = None
    target: t.Any = None

    def __new__(cls, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return _core.make(_core.K_DDL, name="", cls=cls)

    def _text(self, dialect: t.Any) -> str:
        raise NotImplementedError(f"{type(self).__name__} is not supported yet")

    def compile(self, bind: t.Any = None, dialect: t.Any = None, **kwargs: t.Any) -> t.Any:
        if dialect is None:
            dialect = bind.dialect if bind is not None else None
        return _DDLText(self, self._text(dialect), dialect)

    def __str__(self) -> str:
        return self._text(None)

    def against(self, target: t.Any) -> t.Self:
        made = self._clone()
        made.__dict__["target"] = target
        return t.cast("t.Self", made)

    def execute_if(self, dialect: t.Any = None, callable_: t.Any = None, state: t.Any = None) -> t.Self:
        made = self._clone()
        made.__dict__["_ddl_if"] = DDLIf(dialect, callable_, state)
        return t.cast("t.Self", made)

    def _should_execute(self, target: t.Any, bind: t.Any, **kw: t.Any) -> bool:
        return self._ddl_if is None or self._ddl_if._should_execute(self, target, bind, **kw)

    def __call__(self, target: t.Any, bind: t.Any, **kw: t.Any) -> t.Any:
        """As a listener: runs when its condition holds."""
        if self._should_execute(target, bind, **kw):
            return bind.execute(self.against(target))
        return None


DDLElement = ExecutableDDLElement


class DDL(ExecutableDDLElement):
    """A definition written as SQL; `%(table)s`, `%(schema)s` and `%(fullname)s` stand for its target."""

    __slots__ = ()

    def __init__(self, statement: str, context: t.Mapping[str, t.Any] | None = None) -> None:
        if not isinstance(statement, str):
            raise exc.ArgumentError(f"Expected a string or unicode SQL statement, got {statement!r}")
        self.statement = statement
        self.context = dict(context or {})

    def _text(self, dialect: t.Any) -> str:
        context = dict(self.context)
        name = dialect.name if dialect is not None else None
        target = self.target
        if target is not None and hasattr(target, "fullname"):
            quoted = _core.quote(str(target.name), False, name)
            schema = _core.quote(str(target.schema), False, name) if target.schema else ""
            context.setdefault("table", quoted)
            context.setdefault("schema", schema)
            context.setdefault("fullname", f"{schema}.{quoted}" if schema else quoted)
        return self.statement % context

    def __repr__(self) -> str:
        context = f", context={self.context}" if self.context else ""
        return f"<{type(self).__name__}@{id(self)}; {self.statement!r}{context}>"


class CreateDropBase(ExecutableDDLElement):
    """A definition of one thing."""

    __slots__ = ()

    def __init__(self, element: t.Any) -> None:
        self.element = element
        self._ddl_if = getattr(element, "_ddl_if", None)

    stringify_dialect = "default"

    def _name(self, dialect: t.Any) -> str | None:
        return dialect.name if dialect is not None else None

    def _for(self, dialect: t.Any) -> t.Any:
        """The dialect that definitions are written for: standard SQL where none is named."""
        return dialect_object("default") if dialect is None else dialect
