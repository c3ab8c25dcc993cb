"""Data definition: the statements, and running them over many tables."""

from __future__ import annotations

import enum
import typing as t
import warnings

from .. import _core, exc
from .base import Executable
from .elements import ClauseElement
from .items import SchemaItem
from .type_api import current_dialect

__all__ = [
    "AddConstraint", "BaseDDLElement", "CheckFirst", "CreateColumn", "CreateIndex", "CreateSchema", "CreateSequence",
    "CreateTable", "CreateTableAs", "CreateView", "DDL", "DDLElement", "DDLIf", "DropColumnComment", "DropConstraint",
    "DropConstraintComment", "DropIndex", "DropSchema", "DropSequence", "DropTable", "DropTableComment", "DropView",
    "ExecutableDDLElement", "SetColumnComment", "SetConstraintComment", "SetTableComment", "sort_tables", "sort_tables_and_constraints",
]  # fmt: skip


class CheckFirst(enum.Flag):
    """What to look for in the database before creating or dropping it."""

    NONE = 0
    TABLES = enum.auto()
    VIEWS = enum.auto()
    INDEXES = enum.auto()
    SEQUENCES = enum.auto()
    TYPES = enum.auto()
    ALL = TABLES | VIEWS | INDEXES | SEQUENCES | TYPES


def _checks_tables(checkfirst: t.Any) -> bool:
    return bool(checkfirst & CheckFirst.TABLES) if isinstance(checkfirst, CheckFirst) else bool(checkfirst)


# ---- expressions inside definitions


def columns_in(expression: t.Any) -> list[t.Any]:
    """The table columns that an expression mentions, each once."""
    if not isinstance(expression, _core.Node):
        return []
    found: list[t.Any] = []
    for node in _core.walk(expression):
        if isinstance(node, SchemaItem) and not any(node is f for f in found):
            found.append(node)
    return found


def _free_columns(expression: t.Any) -> t.Any:
    """The expression with columns that print without their table, as CREATE TABLE wants them."""
    columns = columns_in(expression)
    if not columns:
        return expression
    free = [_core.make(_core.K_COLUMN, name=str(c.name), type=c.type, flags=c._flags & (_core.FLAG_QUOTE | _core.FLAG_NO_QUOTE)) for c in columns]
    return _core.adapt(expression, columns, free)


def moved_to(expression: t.Any, old: t.Any, new: t.Any) -> t.Any:
    """The expression over the columns of another table with the same keys."""
    if old is None or new is None or not isinstance(expression, _core.Node):
        return expression
    columns = [c for c in columns_in(expression) if c.table is old and c.key in new.c]
    return _core.adapt(expression, columns, [new.c[c.key] for c in columns]) if columns else expression


def sql_text(expression: t.Any, dialect: t.Any = None) -> str:
    """SQL of an expression inside a definition: no table names, values written out."""
    if isinstance(expression, str):
        return str(expression)
    if hasattr(expression, "__clause_element__"):
        expression = expression.__clause_element__()
    if expression._kind == _core.K_TEXT and not expression._seg(0):
        return str(expression._name)
    return str(_free_columns(expression).compile(dialect=dialect or current_dialect(), compile_kwargs={"literal_binds": True}))


def server_default_text(default: t.Any) -> str:
    """What stands after DEFAULT."""
    arg = default.arg
    if isinstance(arg, str):
        return "'" + arg.replace("'", "''") + "'"
    text = sql_text(arg)
    if current_dialect().name == "sqlite" and arg._kind not in (_core.K_TEXT, _core.K_NULL_, _core.K_TRUE_, _core.K_FALSE_, _core.K_LITERAL_COLUMN):
        return f"({text})"
    return text


def table_suffix(table: t.Any) -> str | None:
    """Text after the closing parenthesis of CREATE TABLE."""
    options = table.dialect_options[current_dialect().name]
    if current_dialect().name == "sqlite":
        words = [w for key, w in (("with_rowid", "WITHOUT ROWID"),) if options[key] is False]
        words += ["STRICT"] if options["strict"] else []
        return " " + ", ".join(words) if words else None
    return None


# ---- statements


class DDLIf(t.NamedTuple):
    """When a definition is to be run."""

    dialect: t.Any
    callable_: t.Any
    state: t.Any

    def _should_execute(self, ddl: t.Any, target: t.Any, bind: t.Any, **kw: t.Any) -> bool:
        name = bind.dialect.name if bind is not None else current_dialect().name
        if isinstance(self.dialect, str) and self.dialect != name:
            return False
        if isinstance(self.dialect, (tuple, list, set)) and name not in self.dialect:
            return False
        return self.callable_ is None or bool(self.callable_(ddl, target, bind, state=self.state, **kw))


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
        return f"<DDL@{id(self)}; {self.statement!r}>"


class _CreateDropBase(ExecutableDDLElement):
    """A definition of one thing."""

    __slots__ = ()

    def __init__(self, element: t.Any) -> None:
        self.element = element
        self._ddl_if = getattr(element, "_ddl_if", None)

    stringify_dialect = "default"

    def _name(self, dialect: t.Any) -> str | None:
        return dialect.name if dialect is not None else None


class CreateSchema(_CreateDropBase):
    """CREATE SCHEMA."""

    __slots__ = ()

    def __init__(self, name: str, if_not_exists: bool = False) -> None:
        super().__init__(name)
        self.if_not_exists = if_not_exists

    def _text(self, dialect: t.Any) -> str:
        return f"CREATE SCHEMA {'IF NOT EXISTS ' if self.if_not_exists else ''}{_core.quote(self.element, False, self._name(dialect))}"


class DropSchema(_CreateDropBase):
    """DROP SCHEMA."""

    __slots__ = ()

    def __init__(self, name: str, cascade: bool = False, if_exists: bool = False) -> None:
        super().__init__(name)
        self.cascade, self.if_exists = cascade, if_exists

    def _text(self, dialect: t.Any) -> str:
        text = f"DROP SCHEMA {'IF EXISTS ' if self.if_exists else ''}{_core.quote(self.element, False, self._name(dialect))}"
        return text + " CASCADE" if self.cascade else text


class CreateTable(_CreateDropBase):
    """CREATE TABLE."""

    __slots__ = ()

    def __init__(self, element: t.Any, include_foreign_key_constraints: t.Any = None, if_not_exists: bool = False) -> None:
        super().__init__(element)
        self.if_not_exists = if_not_exists

    def _text(self, dialect: t.Any) -> str:
        return "\n" + _core.table_ddl(self.element, 0, self.if_not_exists, self._name(dialect)).strip("\n") + "\n\n"


class DropTable(_CreateDropBase):
    """DROP TABLE."""

    __slots__ = ()

    def __init__(self, element: t.Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists

    def _text(self, dialect: t.Any) -> str:
        return "\n" + _core.table_ddl(self.element, 1, self.if_exists, self._name(dialect)).strip("\n")


class CreateIndex(_CreateDropBase):
    """CREATE INDEX."""

    __slots__ = ()

    def __init__(self, element: t.Any, if_not_exists: bool = False) -> None:
        super().__init__(element)
        self.if_not_exists = if_not_exists

    def _text(self, dialect: t.Any) -> str:
        return t.cast("str", _core.index_ddl(self.element.table, _index_number(self.element), 0, self.if_not_exists, self._name(dialect)))


class DropIndex(_CreateDropBase):
    """DROP INDEX."""

    __slots__ = ()

    def __init__(self, element: t.Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists

    def _text(self, dialect: t.Any) -> str:
        text = t.cast("str", _core.index_ddl(self.element.table, _index_number(self.element), 1, self.if_exists, self._name(dialect)))
        return "\n" + text.strip("\n")


class DropConstraint(_CreateDropBase):
    """ALTER TABLE ... DROP CONSTRAINT."""

    __slots__ = ()

    def __init__(self, element: t.Any, *, cascade: bool = False, if_exists: bool = False, isolate_from_table: bool = True, **kw: t.Any) -> None:
        super().__init__(element)
        self.cascade, self.if_exists = cascade, if_exists

    def _text(self, dialect: t.Any) -> str:
        name, table = self.element.name, self.element.table
        if name is None:
            raise exc.CompileError(f"Can't emit DROP CONSTRAINT for constraint {self.element!r}; it has no name")
        where = _core.quote(str(table.name), False, self._name(dialect))
        text = f"ALTER TABLE {where} DROP CONSTRAINT {'IF EXISTS ' if self.if_exists else ''}{_core.quote(str(name), False, self._name(dialect))}"
        return text + " CASCADE" if self.cascade else text


def _index_number(index: t.Any) -> int:
    if index.table is None:
        raise exc.CompileError(f"Index '{index.name}' is not associated with any table.")
    return next(i for i, x in enumerate(index.table._sorted_indexes) if x is index)


# ---- order


def _dependencies(table: t.Any, skip: t.Any = None) -> set[t.Any]:
    """The tables that must be there before this one."""
    found = set(table._extra_dependencies)
    for constraint in table.foreign_key_constraints:
        if constraint.use_alter is True or (skip is not None and skip(constraint)):
            continue
        target = constraint.elements[0].column.table
        if target is not table:
            found.add(target)
    return found


def _layers(tables: t.Sequence[t.Any], skip: t.Any) -> tuple[list[t.Any], list[t.Any]]:
    """(tables in order, tables that wait for each other)."""
    among = {id(x) for x in tables}
    waiting = {id(x): {id(d) for d in _dependencies(x, skip) if id(d) in among} for x in tables}
    done: list[t.Any] = []
    rest = list(tables)
    while rest:
        ready = [x for x in rest if not waiting[id(x)]]
        if not ready:
            return done, rest
        done.extend(ready)
        gone = {id(x) for x in ready}
        rest = [x for x in rest if id(x) not in gone]
        for x in rest:
            waiting[id(x)] -= gone
    return done, []


def sort_tables(tables: t.Iterable[t.Any], skip_fn: t.Any = None, extra_dependencies: t.Any = None) -> list[t.Any]:
    """Tables in an order in which they can be created; those in a cycle come last, with a warning."""
    skip = None if skip_fn is None else (lambda c: any(skip_fn(e) for e in c.elements))
    ordered, cyclic = _layers(list(tables), skip)
    if cyclic:
        names = ", ".join(sorted(f'"{x.fullname}"' for x in cyclic))
        warnings.warn(
            f"Cannot correctly sort tables; there are unresolvable cycles between tables {names}, which is usually caused by "
            "mutually dependent foreign key constraints.  Foreign key constraints involving these tables will not be considered; "
            "this warning may raise an error in a future release.", exc.SAWarning, stacklevel=3,
        )  # fmt: skip
    return ordered + cyclic


def sort_tables_and_constraints(
    tables: t.Iterable[t.Any], filter_fn: t.Any = None, extra_dependencies: t.Any = None, _warn_for_cycles: bool = False
) -> list[tuple[t.Any, list[t.Any]]]:
    """(table, its foreign keys to create with it) in order, then (None, the keys to add afterwards)."""
    ordered, cyclic = _layers(list(tables), None)
    late = [c for x in [*ordered, *cyclic] for c in x.foreign_key_constraints if c.use_alter is True]
    late += [c for x in cyclic for c in x.foreign_key_constraints if c.elements[0].column.table in cyclic and c not in late]
    return [(x, [c for c in x.foreign_key_constraints if c not in late]) for x in [*ordered, *cyclic]] + [(None, late)]


# ---- running


def _connection_of(bind: t.Any) -> tuple[t.Any, t.Any]:
    """(connection, what ends it or None)."""
    if bind is None:
        raise exc.UnboundExecutionError("a bind (engine or connection) is needed")
    if hasattr(bind, "_run_ddl_visitor") and not hasattr(bind, "_create_tables"):
        return bind, None
    if hasattr(bind, "_create_tables"):
        return bind, None
    context = bind.begin()
    return context.__enter__(), context


def _run(bind: t.Any, work: t.Callable[[t.Any], None]) -> None:
    connection, context = _connection_of(bind)
    if context is None:
        work(connection)
        return
    try:
        work(connection)
    except BaseException as e:
        if not context.__exit__(type(e), e, e.__traceback__):
            raise
    else:
        context.__exit__(None, None, None)


def create_all(bind: t.Any, metadata: t.Any, tables: t.Any, checkfirst: t.Any) -> None:
    chosen = list(metadata.tables.values()) if tables is None else list(tables)
    _run(bind, lambda connection: _create(connection, metadata, chosen, _checks_tables(checkfirst)))


def drop_all(bind: t.Any, metadata: t.Any, tables: t.Any, checkfirst: t.Any) -> None:
    chosen = list(metadata.tables.values()) if tables is None else list(tables)
    _run(bind, lambda connection: _drop(connection, metadata, chosen, _checks_tables(checkfirst)))


def _special(table: t.Any) -> bool:
    """Tables that cannot be handed to the core in one batch: somebody listens, or says how to make them."""
    from ..event import schema as events

    names = ("_ddl_if", "_creator_ddl", "_dropper_ddl")
    return events.listens(table) or any(table.__dict__.get(n) is not None for n in names)


def _create(connection: t.Any, metadata: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    from ..event import schema as events

    for table in tables:  # a key that leads nowhere is found before anything is created
        for key in table.foreign_keys:
            key.column  # noqa: B018
    ordered, cyclic = _layers(sorted(tables, key=lambda x: x.key), None)
    tables = ordered + cyclic
    if metadata is not None and events.listens(metadata):
        wanted = [x for x in tables if not checkfirst or not connection._has_table(x.name, x.schema)]
        events.fire(metadata, "before_create", metadata, connection, tables=wanted, checkfirst=checkfirst)
        _create_each(connection, wanted, False)
        events.fire(metadata, "after_create", metadata, connection, tables=wanted, checkfirst=checkfirst)
    else:
        _create_each(connection, tables, checkfirst)


def _create_each(connection: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    from ..event import schema as events

    if not any(_special(x) for x in tables):
        connection._create_tables(tables, checkfirst)
        return
    for table in tables:
        if table._ddl_if is not None and not table._ddl_if._should_execute(table, table, connection):
            continue
        if checkfirst and connection._has_table(table.name, table.schema):
            continue
        events.fire(table, "before_create", table, connection, checkfirst=checkfirst)
        creator = table.__dict__.get("_creator_ddl")
        if creator is not None:
            connection.execute(creator)
        else:
            connection._create_tables([table], False)
        events.fire(table, "after_create", table, connection, checkfirst=checkfirst)


def _drop(connection: t.Any, metadata: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    from ..event import schema as events

    ordered, cyclic = _layers(sorted(tables, key=lambda x: x.key), None)
    tables = ordered + cyclic
    if metadata is not None and events.listens(metadata):
        tables = [x for x in tables if not checkfirst or connection._has_table(x.name, x.schema)]
        events.fire(metadata, "before_drop", metadata, connection, tables=tables, checkfirst=checkfirst)
        _drop_each(connection, tables, False)
        events.fire(metadata, "after_drop", metadata, connection, tables=tables, checkfirst=checkfirst)
    else:
        _drop_each(connection, tables, checkfirst)


def _drop_each(connection: t.Any, tables: list[t.Any], checkfirst: bool) -> None:
    from ..event import schema as events

    if not any(_special(x) for x in tables):
        connection._drop_tables(tables, checkfirst)
        return
    for table in reversed(tables):
        if checkfirst and not connection._has_table(table.name, table.schema):
            continue
        events.fire(table, "before_drop", table, connection, checkfirst=checkfirst)
        dropper = table.__dict__.get("_dropper_ddl")
        if dropper is not None:
            connection.execute(dropper)
        else:
            connection._drop_tables([table], False)
        events.fire(table, "after_drop", table, connection, checkfirst=checkfirst)


def create_index(bind: t.Any, index: t.Any, checkfirst: bool) -> None:
    def work(connection: t.Any) -> None:
        if not checkfirst or not _has_index(connection, index):
            connection.execute(CreateIndex(index))

    _run(bind, work)


def drop_index(bind: t.Any, index: t.Any, checkfirst: bool) -> None:
    def work(connection: t.Any) -> None:
        if not checkfirst or _has_index(connection, index):
            connection.execute(DropIndex(index))

    _run(bind, work)


def _has_index(connection: t.Any, index: t.Any) -> bool:
    from ..inspection import inspect

    found = inspect(connection).get_indexes(index.table.name, schema=index.table.schema)
    return any(i["name"] == index.name for i in found)


from .alterations import (  # noqa: E402 - they build on the classes above
    AddConstraint, CreateColumn, CreateSequence, CreateTableAs, CreateView, DropColumnComment, DropConstraintComment, DropSequence,
    DropTableComment, DropView, SetColumnComment, SetConstraintComment, SetTableComment,
)  # fmt: skip
