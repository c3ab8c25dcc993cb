"""Exceptions and warnings.

The tree is the one programs already catch: `SQLAlchemyError` at the root, `DBAPIError` and its children around what a
database said, warnings beside them. Values bound to a statement are kept in `params` but printed only when asked for
(`hide_parameters=False`), so that a log file holds no passwords.
"""

from __future__ import annotations

import typing as t

__all__ = [
    "AmbiguousColumnError", "AmbiguousForeignKeysError", "ArgumentError", "AwaitRequired", "Base20DeprecationWarning",
    "CircularDependencyError", "CommitOutcomeUnknown", "CompileError", "ConstraintColumnNotFoundError", "DBAPIError",
    "DataError", "DatabaseError", "DisconnectionError", "DontWrapMixin", "DuplicateColumnError", "EmulatedDBAPIException",
    "HasDescriptionCode", "IdentifierError", "IllegalStateChangeError", "IntegrityError", "InterfaceError", "InternalError",
    "InvalidRequestError", "InvalidatePoolError", "LegacyAPIWarning", "MissingGreenlet", "MovedIn20Warning",
    "MultipleResultsFound", "NoDBAPILoaded", "NoForeignKeysError", "NoInspectionAvailable", "NoReferenceError",
    "NoReferencedColumnError", "NoReferencedTableError", "NoResultFound", "NoSuchColumnError", "NoSuchModuleError",
    "NoSuchTableError", "NotSupportedError", "ObjectNotExecutableError", "OperationalError", "PendingRollbackError",
    "ProgrammingError", "ResourceClosedError", "SADeprecationWarning", "SAPendingDeprecationWarning", "SATestSuiteWarning",
    "SAWarning", "SQLAlchemyError", "StatementError", "TimeoutError", "UnboundExecutionError", "UnreflectableTableError",
    "UnsupportedCompilationError",
]  # fmt: skip


class HasDescriptionCode:
    """Something with a short code that documentation can be searched for."""

    code: str | None = None

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        code = kwargs.pop("code", None)
        if code is not None:
            self.code = code
        super().__init__(*args, **kwargs)


class SQLAlchemyError(HasDescriptionCode, Exception):
    """Root of all errors of this package."""

    def _message(self) -> str:
        if len(self.args) != 1:
            return str(self.args)
        text = self.args[0]
        return text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else str(text)

    def _sql_message(self) -> str:
        return self._message()

    def __str__(self) -> str:
        return self._sql_message()


class EmulatedDBAPIException(Exception):
    """Base of database exceptions that stand for those of another driver, kept in `orig`."""

    def __init__(self, message: str, orig: BaseException | None = None) -> None:
        super().__init__(message)
        self.orig = orig

    @property
    def driver_exception(self) -> BaseException:
        if self.orig is None:
            raise ValueError("this exception was made without one of a driver")
        return self.orig

    def __reduce__(self) -> t.Any:
        return type(self), (self.args[0], self.orig)


class ArgumentError(SQLAlchemyError):
    """An argument is not acceptable."""


class DuplicateColumnError(ArgumentError):
    """A column of that name is already there and may not be replaced."""


class ObjectNotExecutableError(ArgumentError):
    """What was given to execute() is no statement."""

    def __init__(self, target: t.Any) -> None:
        super().__init__(f"Not an executable object: {target!r}")
        self.target = target

    def __reduce__(self) -> t.Any:
        return type(self), (self.target,)


class NoSuchModuleError(ArgumentError):
    """There is no such dialect or driver."""


class NoForeignKeysError(ArgumentError):
    """No foreign key joins the two sides of a join."""


class AmbiguousForeignKeysError(ArgumentError):
    """Several foreign keys join the two sides of a join."""


class ConstraintColumnNotFoundError(ArgumentError):
    """A constraint names a column that its table does not have."""


class CircularDependencyError(SQLAlchemyError):
    """Tables or rows depend on each other in a circle."""

    def __init__(
        self, message: str, cycles: t.Any = (), edges: t.Any = (), msg: str | None = None, code: str | None = None
    ) -> None:
        if msg is None and cycles:
            message += " ({})".format(", ".join(repr(c) for c in cycles))
        super().__init__(message if msg is None else msg, code=code)
        self.cycles = cycles
        self.edges = edges

    def __reduce__(self) -> t.Any:
        return type(self), (None, self.cycles, self.edges, self.args[0]), {"code": self.code} if self.code else {}


class CompileError(SQLAlchemyError):
    """A statement cannot be turned into SQL."""


class UnsupportedCompilationError(CompileError):
    """The dialect has no way to write a construct."""

    code = "l7de"

    def __init__(self, compiler: t.Any, element_type: t.Any = None, message: str | None = None) -> None:
        if element_type is None and message is None:
            super().__init__(compiler)
        else:
            detail = f": {message}" if message else ""
            super().__init__(f"Compiler {compiler!r} can't render element of type {element_type}{detail}")
        self.compiler = compiler
        self.element_type = element_type
        self.message = message

    def __reduce__(self) -> t.Any:
        return type(self), (self.compiler, self.element_type, self.message)


class IdentifierError(SQLAlchemyError):
    """A name is longer than the database allows."""


class DisconnectionError(SQLAlchemyError):
    """Raised by a checkout listener to have a connection replaced."""

    invalidate_pool = False


class InvalidatePoolError(DisconnectionError):
    """Raised by a checkout listener to have all connections replaced."""

    invalidate_pool = True


class TimeoutError(SQLAlchemyError):  # noqa: A001 - the name of the API
    """No connection became free in time."""


class InvalidRequestError(SQLAlchemyError):
    """An object is not in a state for what was asked."""


class IllegalStateChangeError(InvalidRequestError):
    """A state change was asked while another is under way."""


class NoInspectionAvailable(InvalidRequestError):
    """inspect() knows nothing about such an object."""


class NoDBAPILoaded(InvalidRequestError):
    """The dialect has no database interface."""


class PendingRollbackError(InvalidRequestError):
    """A transaction failed and must be rolled back first."""


class ResourceClosedError(InvalidRequestError):
    """The object is closed."""


class NoSuchColumnError(InvalidRequestError, KeyError):
    """A row has no such column."""


class AmbiguousColumnError(InvalidRequestError):
    """A name means columns of several entities."""


class NoResultFound(InvalidRequestError):
    """No row was found when one was required."""


class MultipleResultsFound(InvalidRequestError):
    """Several rows were found when at most one was expected."""


class NoReferenceError(InvalidRequestError):
    """A foreign key leads nowhere."""

    table_name: str | None = None


class AwaitRequired(InvalidRequestError):
    """A coroutine was not awaited."""

    code = "xd1r"


class MissingGreenlet(InvalidRequestError):
    """Asynchronous input or output was needed where none can happen."""

    code = "xd2s"


class NoReferencedTableError(NoReferenceError):
    """A foreign key names a table that is not there."""

    def __init__(self, message: str, tname: str | None = None) -> None:
        super().__init__(message)
        self.table_name = tname

    def __reduce__(self) -> t.Any:
        return type(self), (self.args[0], self.table_name)


class NoReferencedColumnError(NoReferenceError):
    """A foreign key names a column that is not there."""

    def __init__(self, message: str, tname: str | None = None, cname: str | None = None) -> None:
        super().__init__(message)
        self.table_name = tname
        self.column_name = cname

    def __reduce__(self) -> t.Any:
        return type(self), (self.args[0], self.table_name, self.column_name)


class NoSuchTableError(InvalidRequestError):
    """The database has no such table."""


class UnreflectableTableError(InvalidRequestError):
    """The database has the table but cannot describe it."""


class UnboundExecutionError(InvalidRequestError):
    """No engine is known for what is to be executed."""


class DontWrapMixin:
    """Mark for exceptions of user code that execution must hand through as they are."""


def _shortened(params: t.Any, most: int = 10) -> str:
    """Parameters for a message: long lists lose their middle, long values their tails."""

    def value(v: t.Any) -> str:
        text = repr(v)
        return text if len(text) <= 300 else f"{text[:150]} ... ({len(text) - 300} characters truncated) ... {text[-150:]}"

    def one(p: t.Any) -> str:
        if isinstance(p, dict):
            return "{" + ", ".join(f"{k!r}: {value(v)}" for k, v in p.items()) + "}"
        if isinstance(p, (tuple, list)):
            inside = ", ".join(value(v) for v in p)
            return f"({inside},)" if len(p) == 1 else f"({inside})"
        return value(p)

    if isinstance(params, list) and params and isinstance(params[0], (dict, tuple, list)):
        shown = [one(p) for p in (params if len(params) <= most else params[: most - 2])]
        if len(params) > most:
            shown.append(f" ... displaying {most} of {len(params)} total bound parameter sets ... ")
            shown.extend(one(p) for p in params[-2:])
        return "[" + ", ".join(shown) + "]"
    return one(params)


class StatementError(SQLAlchemyError):
    """Something went wrong while a statement was being executed.

    `statement` and `params` say which, `orig` is the exception underneath.
    """

    def __init__(
        self,
        message: str,
        statement: str | None = None,
        params: t.Any = None,
        orig: BaseException | None = None,
        hide_parameters: bool = True,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.statement = statement
        self.params = params
        self.orig = orig
        self.ismulti = ismulti
        self.hide_parameters = hide_parameters
        self.detail: list[str] = []
        self.connection_invalidated = False

    def add_detail(self, msg: str) -> None:
        self.detail.append(msg)

    def __reduce__(self) -> t.Any:
        args = (self.args[0], self.statement, self.params, self.orig, self.hide_parameters, self.__dict__.get("code"), self.ismulti)
        return type(self), args, {"detail": self.detail}

    def _sql_message(self) -> str:
        lines = [f"({d})" for d in self.detail]
        lines.append(self._message())
        if self.statement:
            lines.append(f"[SQL: {self.statement}]")
            if self.params:
                hidden = "[SQL parameters hidden due to hide_parameters=True]"
                lines.append(hidden if self.hide_parameters else f"[parameters: {_shortened(self.params)}]")
        return "\n".join(lines)


class DBAPIError(StatementError):
    """The database, or the library that speaks to it, reported an error; `orig` is that error."""

    code = "dbapi"

    def __init__(
        self,
        statement: str | None,
        params: t.Any,
        orig: BaseException,
        hide_parameters: bool = True,
        connection_invalidated: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        try:
            text = str(orig)
        except Exception as e:  # noqa: BLE001 - a message must come out
            text = f"Error in str() of DB-API-generated exception: {e}"
        cls = type(orig)
        super().__init__(
            f"({cls.__module__}.{cls.__name__}) {text}", statement, params, orig, hide_parameters, code=code, ismulti=ismulti
        )
        self.connection_invalidated = connection_invalidated

    @classmethod
    def instance(
        cls,
        statement: str | None,
        params: t.Any,
        orig: BaseException,
        dbapi_base_err: type[BaseException],
        hide_parameters: bool = True,
        connection_invalidated: bool = False,
        dialect: t.Any = None,
        ismulti: bool | None = None,
    ) -> BaseException:
        """The error of this module that wraps an exception; what must not be wrapped comes back as it is."""
        if not isinstance(orig, Exception) or isinstance(orig, DontWrapMixin):
            return orig
        if statement and not isinstance(orig, dbapi_base_err):
            told = orig.args[0] if isinstance(orig, SQLAlchemyError) and orig.args else orig
            message = f"({type(orig).__module__}.{type(orig).__name__}) {told}"
            return StatementError(
                message, statement, params, orig, hide_parameters, code=getattr(orig, "code", None), ismulti=ismulti
            )
        names: dict[str, str] = getattr(dialect, "dbapi_exception_translation_map", {})
        for base in type(orig).__mro__:
            found = globals().get(names.get(base.__name__, base.__name__))
            if isinstance(found, type) and issubclass(found, DBAPIError):
                cls = found
                break
        return cls(statement, params, orig, hide_parameters, connection_invalidated, code=cls.code, ismulti=ismulti)

    def __reduce__(self) -> t.Any:
        args = (
            self.statement, self.params, self.orig, self.hide_parameters, self.connection_invalidated,
            self.__dict__.get("code"), self.ismulti,
        )  # fmt: skip
        return type(self), args, {"detail": self.detail}

    @property
    def driver_exception(self) -> BaseException:
        if self.orig is None:
            raise ValueError("this error was made without one of a driver")
        return self.orig.driver_exception if isinstance(self.orig, EmulatedDBAPIException) else self.orig


class InterfaceError(DBAPIError):
    """The database interface was misused."""

    code = "rvf5"


class DatabaseError(DBAPIError):
    """The database reported an error."""

    code = "4xp6"


class DataError(DatabaseError):
    """The data are not acceptable."""

    code = "9h9h"


class OperationalError(DatabaseError):
    """The database could not do it: locked, gone, full, no such table."""

    code = "e3q8"


class CommitOutcomeUnknown(OperationalError):
    """The connection died while committing: nobody knows whether the transaction took place."""


class IntegrityError(DatabaseError):
    """A constraint was violated."""

    code = "gkpj"


class InternalError(DatabaseError):
    """The database failed inside."""

    code = "2j85"


class ProgrammingError(DatabaseError):
    """The statement is wrong."""

    code = "f405"


class NotSupportedError(DatabaseError):
    """The database does not support this."""

    code = "tw8g"


class SATestSuiteWarning(Warning):
    """A warning from a test suite."""


class SADeprecationWarning(HasDescriptionCode, DeprecationWarning):
    """Something is deprecated."""

    deprecated_since: str | None = None


class Base20DeprecationWarning(SADeprecationWarning):
    """Something ended with the 2.0 API."""

    deprecated_since = "1.4"


class LegacyAPIWarning(Base20DeprecationWarning):
    """An API from before 2.0."""


class MovedIn20Warning(Base20DeprecationWarning):
    """A name that lives elsewhere since 2.0."""


class SAPendingDeprecationWarning(PendingDeprecationWarning):
    """Something will be deprecated."""

    deprecated_since: str | None = None


class SAWarning(HasDescriptionCode, RuntimeWarning):
    """Something probably is not what was meant."""
