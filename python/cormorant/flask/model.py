"""The base of `db.Model`: table names, bind keys and the query property."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Optional

from .. import MetaData, Table, inspect
from .. import exc as sa_exc
from .. import orm as sa_orm
from .query import Query


class _QueryProperty:
    """`Model.query`: a Query of the class on the session of this app context."""

    def __get__(self, obj: Any, cls: Any) -> Query:
        return cls.query_class(cls, session=cls.__fsa__.session())


class Model:
    """What every model of an extension is built on."""

    __fsa__: ClassVar[Any]
    """The extension the model belongs to."""

    query_class: ClassVar[type] = Query
    query: ClassVar[Any] = _QueryProperty()

    def __repr__(self) -> str:
        state = inspect(self)
        name = type(self).__name__
        if state.transient:
            return f"<{name} (transient {id(self)})>"
        if state.pending:
            return f"<{name} (pending {id(self)})>"
        return f"<{name} {', '.join(map(str, state.identity))}>"


class BindMetaMixin(type):
    """`__bind_key__` chooses the metadata of a model."""

    __fsa__: Any
    metadata: Any

    def __init__(cls, name: str, bases: Any, d: Any, **kwargs: Any) -> None:
        _choose_metadata(cls)
        super().__init__(name, bases, d, **kwargs)


class BindMixin:
    """The same for 2.x declarative bases."""

    __fsa__: Any
    metadata: Any

    @classmethod
    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not ("metadata" in cls.__dict__ or "__table__" in cls.__dict__) and hasattr(cls, "__bind_key__"):
            _choose_metadata(cls)
        super().__init_subclass__(**kwargs)


def _choose_metadata(cls: Any) -> None:
    if "metadata" in cls.__dict__ or "__table__" in cls.__dict__:
        return
    bind_key = getattr(cls, "__bind_key__", None)
    parent = getattr(cls, "metadata", None)
    metadata = cls.__fsa__._make_metadata(bind_key)
    if metadata is not parent:
        cls.metadata = metadata


class NameMetaMixin(type):
    """Models without a table name get one from their class name."""

    metadata: Any
    __tablename__: str
    __table__: Any

    def __init__(cls, name: str, bases: Any, d: Any, **kwargs: Any) -> None:
        if should_set_tablename(cls):
            cls.__tablename__ = camel_to_snake_case(cls.__name__)
        super().__init__(name, bases, d, **kwargs)
        _share_parents_table(cls)

    def __table_cls__(cls, *args: Any, **kwargs: Any) -> Optional[Any]:
        """The table of a class, or None for a single-table child that only adds columns to its parent's."""
        return _table_of(cls, args, kwargs)


class NameMixin:
    """The same for 2.x declarative bases."""

    metadata: Any
    __tablename__: str
    __table__: Any

    @classmethod
    def __init_subclass__(cls, **kwargs: Any) -> None:
        if should_set_tablename(cls):
            cls.__tablename__ = camel_to_snake_case(cls.__name__)
        super().__init_subclass__(**kwargs)
        _share_parents_table(cls)

    @classmethod
    def __table_cls__(cls, *args: Any, **kwargs: Any) -> Optional[Any]:
        return _table_of(cls, args, kwargs)


def _share_parents_table(cls: Any) -> None:
    """A child whose own table turned out to have no primary key reads its parent's."""
    if "__tablename__" not in cls.__dict__ and "__table__" in cls.__dict__ and cls.__dict__["__table__"] is None:
        del cls.__table__


def _table_of(cls: Any, args: Any, kwargs: Any) -> Optional[Any]:
    schema = kwargs.get("schema")
    key = args[0] if schema is None else f"{schema}.{args[0]}"
    if key in cls.metadata.tables:  # the name was used before: let the table say so, or extend it
        return Table(*args, **kwargs)
    if any(_has_primary_key(arg) for arg in args):
        return Table(*args, **kwargs)
    for base in cls.__mro__[1:-1]:  # single-table inheritance
        if "__table__" in base.__dict__:
            break
    else:
        return Table(*args, **kwargs)
    if "__tablename__" in cls.__dict__:
        del cls.__tablename__
    return None


def _has_primary_key(arg: Any) -> bool:
    from .. import Column, PrimaryKeyConstraint

    return (isinstance(arg, Column) and arg.primary_key) or isinstance(arg, PrimaryKeyConstraint)


def should_set_tablename(cls: type) -> bool:
    """Whether a name should be made for a class: not for abstract classes, bases and mixins, nor where the class, or a
    mixin before the next model, says a name or a table of its own."""
    if (
        cls.__dict__.get("__abstract__", False)
        or (
            not issubclass(cls, (sa_orm.DeclarativeBase, sa_orm.DeclarativeBaseNoMeta))
            and not any(isinstance(base, sa_orm.DeclarativeMeta) for base in cls.__mro__[1:])
        )
        or any(base is sa_orm.DeclarativeBase or base is sa_orm.DeclarativeBaseNoMeta for base in cls.__bases__)
    ):
        return False
    for base in cls.__mro__:
        if "__tablename__" not in base.__dict__:
            continue
        if isinstance(base.__dict__["__tablename__"], sa_orm.declared_attr):
            return False
        return not (
            base is cls
            or base.__dict__.get("__abstract__", False)
            or not _is_model(base)
        )
    return True


def _is_model(base: type) -> bool:
    """Whether a class is built on one of the declarative bases; a plain mixin is not."""
    return isinstance(base, (sa_orm.decl_api.DeclarativeAttributeIntercept, sa_orm.DeclarativeMeta)) or issubclass(
        base, sa_orm.DeclarativeBaseNoMeta
    )


def camel_to_snake_case(name: str) -> str:
    """`HTTPServerLog` -> `http_server_log`."""
    name = re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", name)
    return name.lower().lstrip("_")


class DefaultMeta(BindMetaMixin, NameMetaMixin, sa_orm.DeclarativeMeta):
    """Metaclass of classic models."""


class DefaultMetaNoName(BindMetaMixin, sa_orm.DeclarativeMeta):
    """The same without automatic names."""


__all__ = [
    "BindMetaMixin", "BindMixin", "DefaultMeta", "DefaultMetaNoName", "MetaData", "Model", "NameMetaMixin", "NameMixin",
    "camel_to_snake_case", "sa_exc", "should_set_tablename",
]
