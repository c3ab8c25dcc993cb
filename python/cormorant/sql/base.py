"""What statements share: generative methods, execution options, sentinels."""

from __future__ import annotations

import enum
import functools
import types
import typing as t

from .. import _core, exc
from .collections import ColumnCollection, ReadOnlyColumnCollection, WriteableColumnCollection
from .items import DialectKWArgs

__all__ = [
    "ColumnCollection", "DedupeColumnCollection", "DialectKWArgs", "Executable", "ExecutableOption", "ExecutableStatement", "Generative", "Immutable",
    "NO_ARG", "ReadOnlyColumnCollection", "SchemaEventTarget", "SyntaxExtension", "WriteableColumnCollection", "_NoArg", "_entity_namespace_key", "_generative",
]  # fmt: skip

DedupeColumnCollection = WriteableColumnCollection


class _NoArg(enum.Enum):
    """Stands for an argument that was not given, where None means something."""

    NO_ARG = 0
    NONE_ARG = 1

    def __repr__(self) -> str:
        return f"_NoArg.{self.name}"


NO_ARG = _NoArg.NO_ARG


class DialectKWArgConst(enum.Enum):
    REFLECTED_ONLY = 1


class Immutable:
    """Elements that copies share."""

    __slots__ = ()
    _is_immutable = True

    def unique_params(self, *optionaldict: t.Any, **kwargs: t.Any) -> t.Any:
        raise NotImplementedError("Immutable objects do not support copying")

    def params(self, *optionaldict: t.Any, **kwargs: t.Any) -> t.Any:
        raise NotImplementedError("Immutable objects do not support copying")


class ExecutableOption:
    """Base of what `options()` of statements takes."""

    __slots__ = ()


class Generative:
    """Elements whose methods answer changed copies."""

    __slots__ = ()

    def _generate(self) -> t.Any:
        return self._clone()  # type: ignore[attr-defined]


def _generative(fn: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """Makes a method that changes `self` one that changes a copy and answers it."""

    @functools.wraps(fn)
    def on_copy(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        copy = self._clone()
        answer = fn(copy, *args, **kwargs)
        return copy if answer is None else answer

    return on_copy


class Executable:
    """Something that connections and sessions execute."""

    __slots__ = ()
    supports_execution = True
    _is_executable = True
    is_select = is_update = is_insert = is_text = is_delete = is_dml = is_from_statement = False

    if t.TYPE_CHECKING:

        def options(self, *options: t.Any) -> t.Self: ...
        def execution_options(self, **kw: t.Any) -> t.Self: ...

    def get_execution_options(self) -> t.Mapping[str, t.Any]:
        """Options for the execution of this statement."""
        return types.MappingProxyType(getattr(self, "_execution_options", None) or {})

    @property
    def _with_options(self) -> tuple[t.Any, ...]:
        return t.cast("tuple[t.Any, ...]", self._seg(_core.SEG_OPTIONS))  # type: ignore[attr-defined]


_core.add_methods(Executable, "executable")


class ExecutableStatement(Executable):
    """An executable that may hold bind parameters."""

    __slots__ = ()

    def params(self, *optionaldict: t.Any, **kwargs: t.Any) -> t.Self:
        """A copy whose parameters of those names have other values."""
        from .nodes import _replace_params

        return t.cast("t.Self", _replace_params(self, optionaldict, kwargs))


class SchemaEventTarget:
    """Marks what schema events can be listened to on."""

    __slots__ = ()


class SyntaxExtension:
    """A clause that only some databases have, put into a statement with `.ext()`. One's own are not supported yet: `.ext()` says so."""

    __slots__ = ()

    def _apply_to(self, statement: t.Any) -> t.Any:
        """The statement with the clause."""
        raise NotImplementedError(f"syntax extensions of one's own are not supported yet: {self!r}")

    def apply_to_select(self, select_stmt: t.Any) -> None:
        raise NotImplementedError(f"Extension {type(self).__name__} cannot be applied to a select")


def _entity_namespace_key(entity: t.Any, key: str, default: t.Any = NO_ARG) -> t.Any:
    """Attribute `key` of what an entity or FROM element offers."""
    space = getattr(entity, "entity_namespace", entity)
    try:
        if default is not NO_ARG:
            return getattr(space, key, default)
        return getattr(space, key)
    except AttributeError as e:
        described = getattr(entity, "description", None) or getattr(space, "__name__", space)
        raise exc.InvalidRequestError(f'Entity namespace for "{described}" has no property "{key}"') from e
