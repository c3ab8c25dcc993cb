"""Running blocking functions from asyncio code."""

from __future__ import annotations

import functools
import typing as t

__all__ = ["greenlet_spawn"]


async def greenlet_spawn(fn: t.Callable[..., t.Any], *args: t.Any, _require_await: bool = False, **kwargs: t.Any) -> t.Any:
    """Awaits the result of a blocking function, which runs in a thread. There are no greenlets here; the name is the API's."""
    import asyncio  # who calls this has it already; others import the package faster without

    return await asyncio.get_running_loop().run_in_executor(None, functools.partial(fn, *args, **kwargs))
