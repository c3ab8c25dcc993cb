"""Exceptions of the ORM."""

from __future__ import annotations

from typing import Any, Optional

from .. import exc as sa_exc
from ..exc import MultipleResultsFound, NoResultFound

NO_STATE = (AttributeError, KeyError)
"""What may be raised by a look at the state of an object that has none."""


class StaleDataError(sa_exc.SQLAlchemyError):
    """A flush changed fewer rows than it meant to: somebody else changed or deleted them."""


ConcurrentModificationError = StaleDataError


class FlushError(sa_exc.SQLAlchemyError):
    """The objects cannot be flushed as they are."""


class MappedAnnotationError(sa_exc.ArgumentError):
    """An annotation of a mapped attribute cannot be understood."""


class UnmappedError(sa_exc.InvalidRequestError):
    """Something mapped was needed."""


class ObjectDereferencedError(sa_exc.SQLAlchemyError):
    """The object behind a state is gone."""


class DetachedInstanceError(sa_exc.SQLAlchemyError):
    """An attribute cannot be loaded: the instance belongs to no session."""

    code = "bhk3"


class UnmappedInstanceError(UnmappedError):
    """The object is not mapped."""

    def __init__(self, obj: Any = None, msg: Optional[str] = None) -> None:
        if msg is None:
            if isinstance(obj, str):
                msg = obj
            elif isinstance(obj, type):
                msg = (
                    f"Class '{_name(obj)}' is mapped, but this calls for an instance of it: was {obj.__name__}() meant?"
                    if hasattr(obj, "__mapper__")
                    else f"Class '{_name(obj)}' is not mapped, and an instance was needed"
                )
            else:
                msg = f"Class '{_name(type(obj))}' is not mapped"
        super().__init__(msg)

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class UnmappedClassError(UnmappedError):
    """The class is not mapped."""

    def __init__(self, cls: Any, msg: Optional[str] = None) -> None:
        super().__init__(msg or f"Class '{_name(cls) if isinstance(cls, type) else cls}' is not mapped")

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class ObjectDeletedError(sa_exc.InvalidRequestError):
    """The row of an instance is gone."""

    def __init__(self, state: Any = None, msg: Optional[str] = None) -> None:
        if msg is None:
            msg = state if isinstance(state, str) else f"Instance '{state}' has been deleted, or its row is otherwise not present."
        super().__init__(msg)

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class UnmappedColumnError(sa_exc.InvalidRequestError):
    """A column belongs to no mapped attribute."""


class LoaderStrategyException(sa_exc.InvalidRequestError):
    """A loader strategy does not fit the attribute."""

    def __init__(self, *args: Any) -> None:
        super().__init__(args[0] if len(args) == 1 else f"Cannot use this loader strategy: {', '.join(map(str, args))}")


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


__all__ = [
    "ConcurrentModificationError", "DetachedInstanceError", "FlushError", "LoaderStrategyException", "MappedAnnotationError",
    "MultipleResultsFound", "NO_STATE", "NoResultFound", "ObjectDeletedError", "ObjectDereferencedError", "StaleDataError",
    "UnmappedClassError", "UnmappedColumnError", "UnmappedError", "UnmappedInstanceError",
]
