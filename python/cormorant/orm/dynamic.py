"""`lazy="dynamic"`: the attribute is a query over the related instances, with append and remove."""

from __future__ import annotations

import types
import typing as t

from .. import _core, exc
from .query import Query
from .util import _with_parent


class AppenderQuery(Query[t.Any]):
    """What a dynamic relationship answers."""

    __class_getitem__ = classmethod(types.GenericAlias)

    def __init__(self, attribute: t.Any, instance: t.Any) -> None:
        prop = attribute.property
        session = _core.inst_session(instance)
        super().__init__((prop.mapper.class_,), session)
        self._attribute, self.instance = attribute, instance
        self._pending_query = session is None or _core.inst_identity(instance) is None
        if not self._pending_query:
            made = self if prop.secondary is None else self.select_from(prop.mapper.class_, prop.secondary)
            made = made.filter(_with_parent(instance, attribute, between=prop.secondary))
            if prop._order:
                made = made.order_by(*prop._order)
            self.__dict__.update(made.__dict__)

    def _collection(self) -> t.Any:
        return self._attribute.__get__(self.instance, type(self.instance))

    def _iter(self) -> t.Any:
        if self.session is None or self._pending_query:
            return _Members(self._collection())
        return super()._iter()

    def count(self) -> int:
        return len(self._collection()) if self._pending_query else super().count()

    def append(self, item: t.Any) -> None:
        self._collection().append(item)

    add = append

    def add_all(self, iterator: t.Iterable[t.Any]) -> None:
        for item in iterator:
            self.append(item)

    extend = add_all

    def remove(self, item: t.Any) -> None:
        members = self._collection()
        if not isinstance(members, list) or item in members:  # of new objects; what the database holds is not looked up
            members.remove(item)


class _Members(t.List[t.Any]):
    """Members of a collection that is not in the database yet, with the methods of a result."""

    def all(self) -> t.List[t.Any]:
        return list(self)

    def first(self) -> t.Any:
        return self[0] if self else None

    def one(self) -> t.Any:
        found = self.one_or_none()
        if found is None:
            raise exc.NoResultFound("No row was found when one was required")
        return found

    def one_or_none(self) -> t.Any:
        if len(self) > 1:
            raise exc.MultipleResultsFound("Multiple rows were found when exactly one was required")
        return self[0] if self else None


class DynamicAttribute:
    """Descriptor: the relationship on the class, a query on instances."""

    def __init__(self, attribute: t.Any) -> None:
        self.attribute = attribute

    def __get__(self, instance: t.Any, owner: t.Any) -> t.Any:
        if instance is None:
            return self.attribute
        query_class = self.attribute.property.query_class
        if query_class is None:
            return AppenderQuery(self.attribute, instance)
        return _appender_of(query_class)(self.attribute, instance)

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        self.attribute.__set__(instance, value)


def _appender_of(query_class: type) -> type:
    """An AppenderQuery with the methods of the program's own query class."""
    found = query_class.__dict__.get("_sa_appender")
    if found is None:
        found = type(f"Appender{query_class.__name__}", (AppenderQuery, query_class), {})
        query_class._sa_appender = found  # type: ignore[attr-defined]
    return t.cast(type, found)
