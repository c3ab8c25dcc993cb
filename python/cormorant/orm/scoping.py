"""`scoped_session`: one session per thread, or per whatever `scopefunc` answers."""

from __future__ import annotations

from typing import Any, Callable, Dict, Generic, Optional, TypeVar

from .. import exc as sa_exc
from ..util import warn
from ..util.scopes import ScopedRegistry, ThreadLocalRegistry

_T = TypeVar("_T")


_METHODS = (
    "__contains__ __iter__ add add_all begin begin_nested close reset commit connection delete delete_all execute expire expire_all "
    "expunge expunge_all flush get get_one get_bind is_modified bulk_save_objects bulk_insert_mappings bulk_update_mappings merge "
    "merge_all query refresh rollback scalar scalars invalidate"
).split()
_ATTRIBUTES = "bind dirty deleted new identity_map is_active autoflush no_autoflush info execution_options".split()


class scoped_session(Generic[_T]):
    """A session of one's own for each scope, behind one name: every method of `Session` is handed on to it."""

    _support_async = False

    def __init__(self, session_factory: Callable[..., _T], scopefunc: Optional[Callable[[], Any]] = None) -> None:
        self.session_factory = session_factory
        self.registry: ScopedRegistry[_T] = (
            ScopedRegistry(session_factory, scopefunc) if scopefunc is not None else ThreadLocalRegistry(session_factory)
        )

    def __call__(self, **kw: Any) -> _T:
        """The session of this scope; with arguments, made with them, unless it exists."""
        if not kw:
            return self.registry()
        if self.registry.has():
            raise sa_exc.InvalidRequestError("Scoped session is already present; no new arguments may be specified.")
        session = self.session_factory(**kw)
        self.registry.set(session)
        return session

    def configure(self, **kwargs: Any) -> None:
        if self.registry.has():
            warn("At least one scoped session is already present. configure() is for those that are made from now on.")
        self.session_factory.configure(**kwargs)  # type: ignore[attr-defined]

    def remove(self) -> None:
        """Closes the session of this scope and forgets it."""
        if self.registry.has():
            self.registry().close()  # type: ignore[attr-defined]
        self.registry.clear()

    def query_property(self, query_cls: Optional[Callable[..., Any]] = None) -> Any:
        """A class attribute that answers a Query of the class it is read from."""
        scope = self

        class query_property:
            def __get__(self, instance: Any, owner: Any) -> Any:
                session: Any = scope.registry()
                return query_cls(owner, session=session) if query_cls is not None else session.query(owner)

        return query_property()

    @classmethod
    def object_session(cls, instance: Any) -> Any:
        from .session import object_session

        return object_session(instance)

    @classmethod
    def identity_key(cls, *args: Any, **kwargs: Any) -> Any:
        from .util import identity_key

        return identity_key(*args, **kwargs)

    @classmethod
    def close_all(cls) -> None:
        from .session import close_all_sessions

        close_all_sessions()


def _method(name: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.registry(), name)(*args, **kwargs)

    call.__name__ = name
    call.__qualname__ = f"scoped_session.{name}"
    call.__doc__ = f"`Session.{name}` of this scope's session."
    return call


def _attribute(name: str) -> property:
    return property(
        lambda self: getattr(self.registry(), name),
        lambda self, value: setattr(self.registry(), name, value),
        doc=f"`Session.{name}` of this scope's session.",
    )


for _name in _METHODS:
    setattr(scoped_session, _name, _method(_name))
for _name in _ATTRIBUTES:
    setattr(scoped_session, _name, _attribute(_name))

ScopedSession = scoped_session

__all__ = ["ScopedRegistry", "ScopedSession", "ThreadLocalRegistry", "scoped_session"]
