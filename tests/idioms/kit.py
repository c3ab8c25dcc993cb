"""What a program of this folder is handed: one of the two packages, under one set of names."""

from __future__ import annotations

import importlib
from typing import Any, Callable, List

PROGRAMS: List[Callable[["Kit"], Any]] = []
NAMES = {"sqlalchemy": "flask_sqlalchemy", "cormorant": "cormorant.flask"}


def program(fn: Callable[["Kit"], Any]) -> Callable[["Kit"], Any]:
    """Registers a program: it answers what it would have printed."""
    PROGRAMS.append(fn)
    return fn


class Kit:
    """`k.sa`, `k.orm`, ... are the modules of one package; `k.session(Base)` is a session over new tables in memory."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.sa: Any = importlib.import_module(package)
        self.orm = self.module("orm")
        self.event = self.module("event")
        self.exc = self.module("exc")
        self._engines: List[Any] = []

    def module(self, name: str) -> Any:
        return importlib.import_module(f"{self.package}.{name}")

    @property
    def flask(self) -> Any:
        return importlib.import_module(NAMES[self.package])

    def base(self) -> Any:
        class Base(self.orm.DeclarativeBase):
            pass

        return Base

    def engine(self, url: str = "sqlite://", **kw: Any) -> Any:
        if url == "sqlite://":
            kw.setdefault("poolclass", self.module("pool").StaticPool)
            kw.setdefault("connect_args", {"check_same_thread": False})
        self._engines.append(self.sa.create_engine(url, **kw))
        return self._engines[-1]

    def session(self, base: Any, **kw: Any) -> Any:
        engine = self.engine()
        base.metadata.create_all(engine)
        return self.orm.Session(engine, **kw)

    def dispose(self) -> None:
        for engine in self._engines:
            engine.dispose()

    def raises(self, fn: Callable[[], Any]) -> str:
        """The name of the class that `fn()` raises."""
        try:
            fn()
        except Exception as error:
            return type(error).__name__
        return "nothing"
