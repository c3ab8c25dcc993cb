"""The names of the asyncio extension, so that programs and libraries that only mention them can be imported. asyncio itself is not
supported yet: whoever makes an engine, session or connection of it is told so."""

from __future__ import annotations

import typing as t


class _Absent:
    """Refuses to be made; nothing is an instance of it."""

    def __init__(self, *args: t.Any, **kw: t.Any) -> None:
        raise NotImplementedError(f"{type(self).__name__}: asyncio is not supported yet; use the classes without async")

    __class_getitem__ = classmethod(lambda cls, item: cls)


class AsyncEngine(_Absent):
    pass


class AsyncConnection(_Absent):
    pass


class AsyncTransaction(_Absent):
    pass


class AsyncSession(_Absent):
    pass


class AsyncSessionTransaction(_Absent):
    pass


class AsyncAttrs:
    """A mixin whose `awaitable_attrs` needs asyncio."""

    @property
    def awaitable_attrs(self) -> t.NoReturn:
        raise NotImplementedError(f"{type(self).__name__}.awaitable_attrs: asyncio is not supported yet; use a Session without async")


class AsyncResult(_Absent):
    pass


class AsyncScalarResult(_Absent):
    pass


class AsyncMappingResult(_Absent):
    pass


class AsyncTupleResult(_Absent):
    pass


class async_sessionmaker:  # noqa: N801 - the name of the API
    """Can be made, as extensions do in advance; sessions cannot."""

    def __init__(self, bind: t.Any = None, *, class_: t.Any = None, **kw: t.Any) -> None:
        self.kw = {**kw, "bind": bind}

    __class_getitem__ = classmethod(lambda cls, item: cls)

    def configure(self, **kw: t.Any) -> None:
        self.kw.update(kw)

    def __call__(self, **kw: t.Any) -> t.NoReturn:
        raise NotImplementedError(f"{type(self).__name__}(): asyncio is not supported yet; use sessionmaker()")


class async_scoped_session(async_sessionmaker):  # noqa: N801 - the name of the API
    """Can be made; it has no sessions."""

    def __init__(self, session_factory: t.Any, scopefunc: t.Any) -> None:
        super().__init__(class_=session_factory)

    async def remove(self) -> None:
        """Nothing to remove: no session was made."""

    def __getattr__(self, name: str) -> t.NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"{type(self).__name__}.{name}: asyncio is not supported yet; use scoped_session()")


def _refuse(name: str) -> t.Callable[..., t.NoReturn]:
    def refuse(*args: t.Any, **kw: t.Any) -> t.NoReturn:
        raise NotImplementedError(f"{name}(): asyncio is not supported yet; use the functions without async")

    refuse.__name__ = refuse.__qualname__ = name
    return refuse


create_async_engine = _refuse("create_async_engine")
async_engine_from_config = _refuse("async_engine_from_config")
create_async_pool_from_url = _refuse("create_async_pool_from_url")
async_object_session = _refuse("async_object_session")
async_session = _refuse("async_session")
close_all_sessions = _refuse("close_all_sessions")

__all__ = [
    "AsyncAttrs", "AsyncConnection", "AsyncEngine", "AsyncMappingResult", "AsyncResult", "AsyncScalarResult", "AsyncSession",
    "AsyncSessionTransaction", "AsyncTransaction", "AsyncTupleResult", "async_engine_from_config", "async_object_session",
    "async_scoped_session", "async_session", "async_sessionmaker", "close_all_sessions", "create_async_engine", "create_async_pool_from_url",
]  # fmt: skip
