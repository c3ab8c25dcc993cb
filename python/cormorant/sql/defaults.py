"""Values that columns get by themselves: in the program, in the database, generated, from a sequence."""

from __future__ import annotations

import inspect
import functools
import typing as t

from .. import _core, exc, inspection
from .items import DialectKWArgs, SchemaItem

__all__ = [
    "CallableColumnDefault", "ColumnDefault", "ColumnElementColumnDefault", "Computed", "ContextDefault", "DefaultClause",
    "DefaultGenerator", "FetchedValue", "Identity", "ScalarElementColumnDefault", "Sequence",
]  # fmt: skip


class DefaultGenerator(SchemaItem):
    """Something that makes a value for a column."""

    __visit_name__ = "default_generator"
    is_sequence = False
    is_identity = False
    is_server_default = False
    is_clause_element = False
    is_callable = False
    is_scalar = False
    has_arg = False
    column: t.Any = None

    def __init__(self, for_update: bool = False) -> None:
        self.for_update = for_update
        self._number()

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        self.column = parent
        if self.for_update:
            parent.onupdate = self
        else:
            parent.default = self


class DefaultContext:
    """What a default function that takes an argument is handed: the statement's connection, and the values of the row so far."""

    isdelete = isddl = is_text = False

    def __init__(self, subject: t.Any, connection: t.Any, for_update: bool) -> None:
        self._subject, self._connection = subject, connection  # an instance that is flushed, or the values of a row
        self.isinsert, self.isupdate = not for_update, for_update

    @property
    def current_parameters(self) -> dict[str, t.Any]:
        return self.get_current_parameters()

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, t.Any]:
        """Values of the row by column; those of defaults to come are None. Of several VALUES, the row at hand."""
        if not isolate_multiinsert_groups:
            raise NotImplementedError("get_current_parameters(isolate_multiinsert_groups=False) is not supported: one row is told")
        subject = self._subject
        if isinstance(subject, t.Mapping):
            return dict(subject)
        state = inspection.inspect(subject)
        found: dict[str, t.Any] = {}
        for attribute in state.mapper.column_attrs:
            for column in attribute.columns:
                if self.isupdate:
                    if _core.inst_history(subject, attribute.key)[0]:
                        found[column.key] = getattr(subject, attribute.key)
                elif attribute.key not in state.unloaded:
                    found[column.key] = getattr(subject, attribute.key)
                elif not column.primary_key and getattr(column, "server_default", None) is None:
                    found[column.key] = None
        return found

    @property
    def connection(self) -> t.Any:
        """The connection that the row is written by; it may be asked for more."""
        if self._connection is None:
            state = inspection.inspect(self._subject, raiseerr=False)
            if state is None or state.session is None:
                raise exc.InvalidRequestError("there is no connection where a statement is only compiled")
            self._connection = state.session._connection(state.mapper)
        return self._connection

    root_connection = connection

    @property
    def engine(self) -> t.Any:
        return self.connection.engine

    @property
    def dialect(self) -> t.Any:
        return self.connection.dialect

    @property
    def execution_options(self) -> t.Any:
        return self.connection.get_execution_options()


class ContextDefault:
    """A default function that wants to know the row it makes a value for."""

    __slots__ = ("for_update", "function")

    def __init__(self, function: t.Callable[[t.Any], t.Any], for_update: bool = False) -> None:
        self.function, self.for_update = function, for_update

    def __call__(self, subject: t.Any = None, connection: t.Any = None) -> t.Any:
        return self.function(DefaultContext(subject, connection, self.for_update))


_core.register_hook("ContextDefault", ContextDefault)


def _takes_context(function: t.Any) -> bool:
    """Whether a default function has a parameter to be filled; raises for one that has several."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False  # built-in functions: none of them wants a context
    wanted = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    if len(wanted) > 1:
        raise exc.ArgumentError("ColumnDefault Python function takes zero or one positional arguments")
    return len(wanted) == 1


def _without_context(function: t.Any) -> t.Any:
    """The function as one that is always called with a context."""

    def call(context: t.Any = None) -> t.Any:
        return function()

    return functools.update_wrapper(call, function)


class ColumnDefault(DefaultGenerator):
    """A default given in Python: a value, a function, or an SQL expression. Makes one of the classes below."""

    has_arg = True
    arg: t.Any

    def __new__(cls, arg: t.Any = None, for_update: bool = False) -> t.Any:
        if cls is not ColumnDefault:
            return super().__new__(cls)
        if isinstance(arg, FetchedValue):
            raise exc.ArgumentError("ColumnDefault may not be a server-side default type.")
        if isinstance(arg, _core.Node) or hasattr(arg, "__clause_element__"):
            return super().__new__(ColumnElementColumnDefault)
        return super().__new__(CallableColumnDefault if callable(arg) else ScalarElementColumnDefault)

    def __init__(self, arg: t.Any = None, for_update: bool = False) -> None:
        super().__init__(for_update)
        self.arg = arg

    def _copy(self) -> ColumnDefault:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, column=None)
        return made

    def _value(self) -> t.Any:
        """What the core calls or takes."""
        return self.arg

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.arg!r})"


class ScalarElementColumnDefault(ColumnDefault):
    """A plain value."""

    is_scalar = True


class CallableColumnDefault(ColumnDefault):
    """A function, asked for every row; it may take the execution context."""

    is_callable = True

    def __init__(self, arg: t.Any = None, for_update: bool = False) -> None:
        function = arg.__func__ if isinstance(arg, staticmethod) else arg
        wants = _takes_context(function)
        super().__init__(function if wants else _without_context(function), for_update)
        self._wanted = ContextDefault(function, for_update) if wants else function

    def _value(self) -> t.Any:
        return self._wanted


class ColumnElementColumnDefault(ColumnDefault):
    """An SQL expression, part of the INSERT or UPDATE."""

    is_clause_element = True

    def __init__(self, arg: t.Any = None, for_update: bool = False) -> None:
        super().__init__(arg.__clause_element__() if hasattr(arg, "__clause_element__") else arg, for_update)


class Sequence(DialectKWArgs, DefaultGenerator):
    """A named sequence of the database."""

    __visit_name__ = "sequence"
    is_sequence = True

    def __init__(
        self,
        name: str,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        schema: str | None = None,
        cache: int | None = None,
        order: bool | None = None,
        data_type: t.Any = None,
        optional: bool = False,
        quote: bool | None = None,
        metadata: t.Any = None,
        quote_schema: bool | None = None,
        for_update: bool = False,
        **dialect_kw: t.Any,
    ) -> None:
        super().__init__(for_update)
        self.name = name
        self.start, self.increment, self.minvalue, self.maxvalue = start, increment, minvalue, maxvalue
        self.nominvalue, self.nomaxvalue, self.cycle, self.cache, self.order = nominvalue, nomaxvalue, cycle, cache, order
        self.optional = optional
        self.data_type = data_type() if isinstance(data_type, type) else data_type
        self.metadata = None
        self.schema = schema
        self._take_dialect_kwargs(dialect_kw)
        if metadata is not None:
            self._join(metadata)

    @property
    def _key(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def _join(self, metadata: t.Any) -> None:
        """Becomes one of the metadata's objects."""
        if self.schema is None:
            self.schema = metadata.schema
        self.metadata = metadata
        metadata._sequences[self._key] = self
        metadata._register_object(self)

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        super()._set_parent(parent, **kwargs)
        parent._when_attached(lambda _column, table: None if self.metadata is not None else self._join(table.metadata))

    def next_value(self) -> t.Any:
        """The next value, as an SQL expression."""
        from .functions import next_value

        return next_value(self)

    def create(self, bind: t.Any, checkfirst: bool = True) -> None:
        """Creates the sequence, where the database has some."""
        from .alterations import CreateSequence
        from .ddl_run import run

        run(bind, lambda connection: connection.execute(CreateSequence(self, if_not_exists=bool(checkfirst))))

    def drop(self, bind: t.Any, checkfirst: bool = True) -> None:
        """Drops the sequence, where the database has some."""
        from .alterations import DropSequence
        from .ddl_run import run

        run(bind, lambda connection: connection.execute(DropSequence(self, if_exists=bool(checkfirst))))

    def _copy(self) -> Sequence:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, column=None, metadata=None)
        return made

    def __repr__(self) -> str:
        said = {name: getattr(self, name) for name in ("start", "increment", "minvalue", "maxvalue", "schema", "cache", "data_type")}
        return f"Sequence({', '.join([repr(self.name), *(f'{name}={value!r}' for name, value in said.items() if value is not None)])})"


class FetchedValue(SchemaItem):
    """Says that the database fills a column in, by a default or a trigger of its own."""

    is_server_default = True
    reflected = False
    has_argument = False
    is_clause_element = False
    is_identity = False
    column: t.Any = None

    def __init__(self, for_update: bool = False) -> None:
        self.for_update = for_update
        self._number()

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        if for_update == self.for_update:
            return self
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, for_update=for_update)
        return made

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        self.column = parent
        if self.for_update:
            parent.server_onupdate = self
        else:
            parent.server_default = self

    def _copy(self) -> t.Self:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, column=None)
        return made

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class DefaultClause(FetchedValue):
    """The DEFAULT of a column: a string is a value, `text()` is SQL."""

    has_argument = True

    def __init__(self, arg: t.Any, for_update: bool = False, _reflected: bool = False) -> None:
        if not isinstance(arg, (str, _core.Node)) and not hasattr(arg, "__clause_element__"):
            raise exc.ArgumentError(f"Argument 'arg' is expected to be one of type 'str' or 'ClauseElement' or 'TextClause', got {type(arg)!r}")
        super().__init__(for_update)
        self.arg = arg.__clause_element__() if hasattr(arg, "__clause_element__") else arg
        self.reflected = _reflected

    def __repr__(self) -> str:
        return f"DefaultClause({self.arg!r}, for_update={self.for_update!r})"


class Computed(FetchedValue):
    """GENERATED ALWAYS AS: the database works the column out from others."""

    __visit_name__ = "computed_column"
    has_argument = True

    def __init__(self, sqltext: t.Any, persisted: bool | None = None) -> None:
        super().__init__()
        self.sqltext = sqltext
        self.persisted = persisted

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        for existing in (parent.server_default, parent.server_onupdate):
            if existing is not None and not isinstance(existing, Computed):
                raise exc.ArgumentError("A generated column cannot specify a server_default or a server_onupdate argument")
        self.column = parent
        parent.computed = self
        parent.server_default = self
        parent.server_onupdate = self

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        return self

    def copy(self, **kwargs: t.Any) -> Computed:
        return self._copy()

    def __repr__(self) -> str:
        return f"Computed({self.sqltext!r})"


class Identity(DialectKWArgs, FetchedValue):
    """GENERATED AS IDENTITY: the database numbers the rows."""

    __visit_name__ = "identity_column"
    is_identity = True

    def __init__(
        self,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        cache: int | None = None,
        order: bool | None = None,
        *,
        always: bool = False,
        on_null: bool | None = None,
        **dialect_kw: t.Any,
    ) -> None:
        super().__init__()
        self.start, self.increment, self.minvalue, self.maxvalue = start, increment, minvalue, maxvalue
        self.nominvalue, self.nomaxvalue, self.cycle, self.cache, self.order = nominvalue, nomaxvalue, cycle, cache, order
        self.always = always
        self.on_null = on_null
        self._take_dialect_kwargs(dialect_kw)

    def _set_parent(self, parent: t.Any, **kwargs: t.Any) -> None:
        if parent.server_default is not None or parent.server_onupdate is not None:
            raise exc.ArgumentError("A column with an Identity object cannot specify a server_default or a server_onupdate argument")
        if parent.autoincrement is False:
            raise exc.ArgumentError("A column with an Identity object cannot specify autoincrement=False")
        self.column = parent
        parent.identity = self
        if parent._nullable_given is None:
            parent.nullable = False
        parent.server_default = self

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        return self

    def copy(self, **kwargs: t.Any) -> Identity:
        return self._copy()

    def __repr__(self) -> str:
        return f"Identity(always={self.always!r})"
