"""create_engine() and its relatives."""

from __future__ import annotations

import typing as t
import weakref

from .. import _core, exc, log
from ..dialects import find as find_dialect
from ..sql.type_api import current_dialect
from . import events
from .base import Engine, _engines, all_engines
from .url import URL, make_url

__all__ = ["create_engine", "create_pool_from_url", "engine_from_config"]

_POOL_KINDS = {"QueuePool": 0, "NullPool": 1, "StaticPool": 2, "SingletonThreadPool": 3, "AssertionPool": 4}
# Accepted for the sake of programs that pass them; what they steer does not exist here.
_WITHOUT_EFFECT = frozenset({
    "future", "implicit_returning", "insertmanyvalues_page_size", "label_length",
    "max_identifier_length", "module", "native_datetime", "paramstyle", "plugins", "pool_logging_name", "pool_reset_on_return",
    "use_insertmanyvalues", "use_native_hstore", "use_native_unicode", "executemany_mode", "executemany_batch_page_size", "client_encoding",
    "echo_pool", "query_cache_size", "_initialize", "skip_autocommit_rollback", "_coerce_config",
})  # fmt: skip
_DRIVER_OPTIONS = frozenset({"foreign_keys", "journal_mode", "synchronous", "begin"})


def create_engine(url: str | URL, **kwargs: t.Any) -> Engine:
    """An engine for a database URL. Nothing is connected yet.

    :param echo: log statements to the console; "debug" also their rows.
    :param connect_args: options of the driver (`timeout`, `foreign_keys`, ...).
    :param pool_size, max_overflow, pool_timeout, pool_recycle, pool_pre_ping, pool_use_lifo, poolclass: the pool.
    :param isolation_level: of all connections; "AUTOCOMMIT" for none.
    :param execution_options: of all connections.
    :param enable_from_linting: False allows FROM elements that nothing connects without a warning.
    :param hide_parameters: False shows bound values in error messages.
    :raises TypeError: an argument that is not known.
    """
    given = make_url(url)
    if given.get_backend_name() == "sqlite" and (given.database or "").startswith("file:") and given.query.get("mode") == "memory":
        given = given.update_query_dict({"uri": "true"})  # a database in memory has no file that could be meant
    dialect_class = find_dialect(given.get_backend_name())
    driver_args = {k: v for k, v in (kwargs.get("connect_args") or {}).items() if k not in _DRIVER_OPTIONS}
    options = _core_options(given, kwargs)
    engine_class: type[Engine] = kwargs.pop("_engine_class", Engine)
    settings = {k: kwargs.pop(k) for k in ("echo", "isolation_level", "execution_options", "logging_name", "json_serializer", "json_deserializer") if k in kwargs}
    hide = kwargs.pop("hide_parameters", True)
    _refuse(kwargs)
    pool_class = options.pop("poolclass")
    kept = {k: kwargs.pop(k) for k in list(kwargs) if k in _WITHOUT_EFFECT}
    if kwargs:
        names = ",".join(repr(k) for k in kwargs)
        raise TypeError(
            f"Invalid argument(s) {names} sent to create_engine(), using configuration {dialect_class.__name__}/"
            f"{pool_class.__name__ if pool_class else 'default pool'}/{engine_class.__name__}.  Please check that the keyword arguments are "
            "appropriate for this combination of components."
        )
    dialect_class.load_driver()
    engine = engine_class(given.render_as_string(hide_password=False), options)
    _furnish(engine, given, dialect_class(), settings, hide, kept)
    engine._connect_args = driver_args  # type: ignore[attr-defined]  # for migrations, whose driver knows them too
    return engine


def _core_options(url: URL, kwargs: dict[str, t.Any]) -> dict[str, t.Any]:
    """The options of the pool and the driver, taken out of the keyword arguments."""
    for name in ("creator", "pool", "async_creator", "async_creator_fn"):
        if kwargs.pop(name, None) is not None:
            raise NotImplementedError(f"create_engine({name}=) is not supported: connections are opened by the built-in drivers")
    args = dict(kwargs.pop("connect_args", None) or {})
    for name in _DRIVER_OPTIONS & kwargs.keys():
        args[name] = kwargs.pop(name)
    args = {k: v for k, v in args.items() if v is not None or k in ("isolation_level", "prepare_threshold")}
    if isinstance(args.get("ssl"), dict):  # PyMySQL, mysqlclient: {"ca": "ca.pem"}
        args = {**args, "ssl": True, **{f"ssl_{k}": v for k, v in args["ssl"].items()}}
    for name, value in args.items():
        if not isinstance(value, (str, int, float, bool, type(None))):
            raise NotImplementedError(f"connect_args[{name!r}] of type {type(value).__name__} is not supported by the built-in drivers")
    pool_class = kwargs.pop("poolclass", None)
    options: dict[str, t.Any] = {"connect_args": {k: "none" if v is None else v for k, v in args.items()}, "poolclass": pool_class}
    if pool_class is not None:
        kind = next((_POOL_KINDS[c.__name__] for c in pool_class.__mro__ if c.__name__ in _POOL_KINDS), None)
        if kind is None:
            raise NotImplementedError(f"poolclass={pool_class.__name__} is not supported; use one of {', '.join(_POOL_KINDS)}")
        options["pool"] = kind
    for name, core_name in (("pool_size", None), ("max_overflow", None), ("pool_timeout", None), ("pool_recycle", None), ("pool_pre_ping", None), ("pool_use_lifo", "pool_lifo")):
        if name in kwargs:
            options[core_name or name] = kwargs.pop(name)
    options["no_linting"] = not kwargs.pop("enable_from_linting", True)
    size = kwargs.get("query_cache_size")
    if size is not None:
        options["plan_cache"] = size
    return options


def _furnish(engine: Engine, url: URL, dialect: t.Any, settings: dict[str, t.Any], hide: bool, kept: dict[str, t.Any]) -> None:
    from ..pool.base import Pool

    engine.url = url
    engine.dialect = dialect
    dialect._engine = weakref.ref(engine)
    engine.hide_parameters = hide
    engine.logging_name = settings.get("logging_name")
    engine.pool = Pool.of(engine)
    engine._options_kept = kept  # type: ignore[attr-defined]
    current_dialect.value = dialect
    _engines[engine._address] = engine
    _set_json(engine, dialect, settings)
    options = dict(settings.get("execution_options") or {})
    if settings.get("isolation_level") is not None:
        options.setdefault("isolation_level", settings["isolation_level"])
        _check_level(dialect, options["isolation_level"])
    if options:
        engine.update_execution_options(**options)
    engine._echo = settings.get("echo")
    log.configure(engine)
    all_engines.add(engine)
    events.refresh(engine)


_DBAPI_MODULES = ("sqlite3", "pysqlite2", "aiosqlite", "psycopg", "psycopg2", "asyncpg", "pg8000", "MySQLdb", "pymysql", "mariadb", "cormorant")


def _refuse(kwargs: dict[str, t.Any]) -> None:
    """Arguments of those without effect whose effect would be missed."""
    module = getattr(kwargs.get("module"), "__name__", "cormorant")
    refused = {
        "plugins": bool(kwargs.get("plugins")),
        "pool_reset_on_return": kwargs.get("pool_reset_on_return") == "commit",
        "native_datetime": bool(kwargs.get("native_datetime")),
        "module": module.partition(".")[0] not in _DBAPI_MODULES,
    }
    for name, wanted in refused.items():
        if wanted:
            raise NotImplementedError(f"create_engine({name}={kwargs[name]!r}) is not supported")


def _check_level(dialect: t.Any, level: str) -> None:
    allowed = dialect.get_isolation_level_values(None)
    if level.replace("_", " ").upper() not in allowed:
        raise exc.ArgumentError(f"Invalid value {level!r} for isolation_level. Valid isolation levels for {dialect.name!r} are {', '.join(allowed)}")


def _set_json(engine: Engine, dialect: t.Any, settings: dict[str, t.Any]) -> None:
    """json_serializer and json_deserializer: of this engine's documents."""
    dialect._json_serializer = settings.get("json_serializer")
    dialect._json_deserializer = settings.get("json_deserializer")
    if dialect._json_serializer is not None or dialect._json_deserializer is not None:
        engine._set_host_dialect(dialect)


def engine_from_config(configuration: t.Mapping[str, t.Any], prefix: str = "sqlalchemy.", **kwargs: t.Any) -> Engine:
    """An engine from a dictionary of settings, whose keys begin with the prefix: `sqlalchemy.url`, `sqlalchemy.echo`."""
    options = {k[len(prefix) :]: v for k, v in configuration.items() if k.startswith(prefix)}
    if "url" not in options:
        raise KeyError(f"{prefix}url")
    url = options.pop("url")
    options = {k: _from_text(k, v) for k, v in options.items() if k != "_coerce_config"}
    return create_engine(url, **{**options, **kwargs})


_BOOLEANS = {"echo_pool", "pool_pre_ping", "pool_use_lifo", "future", "hide_parameters", "foreign_keys"}
_NUMBERS = {"pool_size": int, "max_overflow": int, "pool_recycle": int, "pool_timeout": float, "query_cache_size": int}


def _from_text(name: str, value: t.Any) -> t.Any:
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if name in _BOOLEANS or (name == "echo" and word != "debug"):
        if word in ("true", "yes", "on", "y", "t", "1"):
            return True
        if word in ("false", "no", "off", "n", "f", "0"):
            return False
        raise ValueError(f"String is not true/false: {value!r}")
    return _NUMBERS[name](word) if name in _NUMBERS else value


def create_pool_from_url(url: str | URL, **kwargs: t.Any) -> t.Any:
    """The pool of an engine for the URL."""
    engine = create_engine(url, **kwargs)
    engine.pool.__dict__["_keep"] = engine
    return engine.pool


