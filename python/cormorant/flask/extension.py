"""The extension object: engines per application, models, the session of an app context."""

from __future__ import annotations

import os
import types
import warnings
from typing import Any, Callable, ContextManager, Dict, List, Optional, Sequence, Tuple, Type, TypeVar, Union
from weakref import WeakKeyDictionary

from flask import Flask, Response, abort, current_app, has_app_context

from .. import Engine, MetaData, Table, engine_from_config, make_url
from .. import exc as sa_exc
from .. import orm as sa_orm
from .. import event as sa_event
from ..pool import StaticPool
from . import _migrations, _names
from . import json as _json
from .lazy_loads import DEFAULT_LIMIT
from .model import BindMixin, DefaultMeta, DefaultMetaNoName, Model, NameMixin, _QueryProperty
from .pagination import Pagination, SelectPagination
from .query import Query
from .session import Session, _app_ctx_id
from .table import _Table

BindKey = Optional[str]
_O = TypeVar("_O")


class SQLAlchemy:
    """Ties models, engines and sessions to Flask applications. One object may serve several applications.

    :param app: call `init_app` with it at once.
    :param metadata: the default MetaData; its `info["bind_key"]` is set to None.
    :param session_options: arguments of `sessionmaker`; `scopefunc` decides what a session belongs to.
    :param query_class: class of `Model.query`, `db.session.query` and dynamic relationships.
    :param model_class: base of the models: a plain class, or a 2.x `DeclarativeBase` subclass.
    :param engine_options: arguments of `create_engine` for every engine; the configuration overrides them.
    :param add_models_to_shell: names of the models in `flask shell`.
    :param disable_autonaming: no table names made from class names.
    """

    def __init__(
        self, app: Optional[Flask] = None, *, metadata: Optional[MetaData] = None, session_options: Optional[Dict[str, Any]] = None,
        query_class: type = Query, model_class: Any = Model, engine_options: Optional[Dict[str, Any]] = None,
        add_models_to_shell: bool = True, disable_autonaming: bool = False,
    ) -> None:
        self.Query = query_class
        self.session = self._make_scoped_session(dict(session_options or {}))
        self._metadatas: Dict[BindKey, MetaData] = {}
        if metadata is not None and _declarative_bases(model_class):
            message = "The metadata of a 2.x declarative base is an attribute of the base class: the one given to SQLAlchemy() is ignored."
            warnings.warn(message, DeprecationWarning, stacklevel=2)
        elif metadata is not None:
            metadata.info["bind_key"] = None
            self._metadatas[None] = metadata
        self.Table = self._make_table_class()
        self.Model = self._make_declarative_base(model_class, disable_autonaming=disable_autonaming)
        self._engine_options = dict(engine_options or {})
        self._app_engines: WeakKeyDictionary[Flask, Dict[BindKey, Engine]] = WeakKeyDictionary()
        self._add_models_to_shell = add_models_to_shell
        self._tracking = False  # whether the session tells of modifications
        if app is not None:
            self.init_app(app)

    def __repr__(self) -> str:
        if not has_app_context():
            return f"<{type(self).__name__}>"
        message = f"{type(self).__name__} {self._engines[None].url}"
        if len(self._engines) > 1:
            message = f"{message} +{len(self._engines) - 1}"
        return f"<{message}>"

    # ---- applications

    def init_app(self, app: Flask) -> None:
        """Reads the configuration of an application and makes its engines. Connects nowhere."""
        if "sqlalchemy" in app.extensions:
            raise RuntimeError(
                "A 'SQLAlchemy' instance has already been registered on this Flask app. Import and use that instance instead."
            )
        app.extensions["sqlalchemy"] = self
        app.teardown_appcontext(self._teardown_session)
        if self._add_models_to_shell:
            from .cli import add_models_to_shell

            app.shell_context_processor(add_models_to_shell)
        _json.install(app)
        app.config.setdefault("CORMORANT_LAZY_LOAD_LIMIT", DEFAULT_LIMIT)
        configs = self._engine_configs(app)
        engines = self._app_engines.setdefault(app, {})
        for engine in engines.values():  # of an earlier init_app
            engine.dispose()
        engines.clear()
        for key, options in configs.items():
            self._make_metadata(key)
            self._apply_driver_defaults(options, app)
            engines[key] = self._make_engine(key, options, app)
        if app.config.setdefault("SQLALCHEMY_RECORD_QUERIES", False):
            from . import record_queries

            for engine in engines.values():
                record_queries._listen(engine)
        if app.config.setdefault("SQLALCHEMY_TRACK_MODIFICATIONS", False) and not self._tracking:
            from . import track_modifications

            track_modifications._listen(self.session)
            self._tracking = True

    def _engine_configs(self, app: Flask) -> Dict[BindKey, Dict[str, Any]]:
        """Arguments of `create_engine`, the URL among them, by bind key. For the default engine the configuration's own keys win
        over what SQLALCHEMY_BINDS says of None."""
        uri = app.config.setdefault("SQLALCHEMY_DATABASE_URI", None)
        basic = {**self._engine_options, **app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {})}
        echo = app.config.setdefault("SQLALCHEMY_ECHO", False)
        binds: Dict[BindKey, Any] = app.config.setdefault("SQLALCHEMY_BINDS", {}) or {}
        configs: Dict[BindKey, Dict[str, Any]] = {}
        for key, given in binds.items():
            configs[key] = {**self._engine_options, **(given if isinstance(given, dict) else {"url": given})}
        if uri is not None:
            basic["url"] = uri
        if "url" in basic:
            configs.setdefault(None, {}).update(basic)
        if not configs:
            raise RuntimeError("Either 'SQLALCHEMY_DATABASE_URI' or 'SQLALCHEMY_BINDS' must be set.")
        foreign_keys = app.config.get("SQLALCHEMY_SQLITE_FOREIGN_KEYS")
        for options in configs.values():
            options.setdefault("echo", echo)
            options.setdefault("echo_pool", echo)
            if foreign_keys is not None and make_url(options["url"]).get_backend_name() == "sqlite":
                options.setdefault("foreign_keys", bool(foreign_keys))
        return configs

    def _apply_driver_defaults(self, options: Dict[str, Any], app: Flask) -> None:
        """What the kinds of databases need: one shared connection for SQLite in memory, SQLite files with a relative path in the
        instance folder, full Unicode and connections not too old for MySQL."""
        url = options["url"] = make_url(options["url"])
        backend = url.get_backend_name()
        if backend == "sqlite" and url.database in (None, "", ":memory:"):
            options["poolclass"] = StaticPool
            options["connect_args"] = {**options.get("connect_args", {}), "check_same_thread": False}
        elif backend == "sqlite":
            options["url"] = _in_instance_folder(url, app)
        elif backend in ("mysql", "mariadb"):
            options.setdefault("pool_recycle", 7200)
            if "charset" not in url.query:
                options["url"] = url.update_query_dict({"charset": "utf8mb4"})

    def _make_engine(self, bind_key: BindKey, options: Dict[str, Any], app: Flask) -> Engine:
        return engine_from_config(options, prefix="")

    def _teardown_session(self, exc: Optional[BaseException]) -> None:
        self.session.remove()

    # ---- what models are made of

    def _make_scoped_session(self, options: Dict[str, Any]) -> sa_orm.scoped_session[Session]:
        scope = options.pop("scopefunc", _app_ctx_id)
        return sa_orm.scoped_session(self._make_session_factory(options), scope)

    def _make_session_factory(self, options: Dict[str, Any]) -> sa_orm.sessionmaker[Session]:
        options.setdefault("class_", Session)
        options.setdefault("query_cls", self.Query)
        return sa_orm.sessionmaker(db=self, **options)

    def _make_metadata(self, bind_key: BindKey) -> MetaData:
        if bind_key in self._metadatas:
            return self._metadatas[bind_key]
        if bind_key is not None:  # constraints are named alike in every database
            metadata = MetaData(naming_convention=self._make_metadata(None).naming_convention)
        else:
            metadata = MetaData()
        metadata.info["bind_key"] = bind_key
        self._metadatas[bind_key] = metadata
        return metadata

    def _make_table_class(self) -> Any:
        """A `Table` whose metadata argument may be left out."""

        class Table(_Table):
            def __new__(cls, name: str, *args: Any, bind_key: BindKey = None, metadata: Any = None, **kwargs: Any) -> Any:
                if args and isinstance(args[0], MetaData):
                    return super().__new__(cls, name, *args, **kwargs)
                if metadata is None:
                    metadata = self._make_metadata(bind_key)
                return super().__new__(cls, name, metadata, *args, **kwargs)

            def __init__(self_, name: str, *args: Any, bind_key: BindKey = None, metadata: Any = None, **kwargs: Any) -> None:  # noqa: N805
                if not (args and isinstance(args[0], MetaData)):
                    args = (metadata if metadata is not None else self._make_metadata(bind_key), *args)
                super(_Table, self_).__init__(name, *args, **kwargs)

        return Table

    def _make_declarative_base(self, model_class: Any, disable_autonaming: bool = False) -> Any:
        bases = _declarative_bases(model_class)
        if len(bases) > 1:
            raise ValueError(f"Only one declarative base can be passed to SQLAlchemy. Got: {model_class.__bases__}")
        if bases:
            body = {k: v for k, v in model_class.__dict__.items() if k not in _NOT_COPIED}
            for kept in ("metadata", "registry"):
                if kept in model_class.__dict__:
                    body[kept] = model_class.__dict__[kept]
            body["__fsa__"] = self
            mixins = (BindMixin, Model) if disable_autonaming else (BindMixin, NameMixin, Model)
            model = types.new_class("FlaskSQLAlchemyBase", (*mixins, *model_class.__bases__), {"metaclass": type(bases[0])}, lambda ns: ns.update(body))
        elif not isinstance(model_class, sa_orm.DeclarativeMeta):
            metadata = self._make_metadata(None)
            meta = DefaultMetaNoName if disable_autonaming else DefaultMeta
            model = sa_orm.declarative_base(metadata=metadata, cls=model_class, name="Model", metaclass=meta)
        else:
            model = model_class
        if None not in self._metadatas:
            model.metadata.info["bind_key"] = None
            self._metadatas[None] = model.metadata
        else:
            model.metadata = self._metadatas[None]
        model.query_class = self.Query
        model.query = _QueryProperty()
        model.__fsa__ = self
        return model

    # ---- engines and metadata; while Alembic runs, those that it can use (see _migrations.py)

    @property
    def engines(self) -> Dict[BindKey, Engine]:
        """Engines of the current application by bind key; None is the default."""
        return _migrations.engines(self._engines) if _migrations.running() else self._engines

    @property
    def _engines(self) -> Dict[BindKey, Engine]:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        if app not in self._app_engines:
            raise RuntimeError(
                "The current Flask app is not registered with this 'SQLAlchemy' instance. Did you forget to call 'init_app', or did you "
                "create multiple 'SQLAlchemy' instances?"
            )
        return self._app_engines[app]

    @property
    def engine(self) -> Engine:
        """The default engine of the current application."""
        return self.engines[None]

    def get_engine(self, bind_key: BindKey = None, **kwargs: Any) -> Engine:
        """The engine of a bind key; older programs call it `bind`, the latest read `engines`."""
        message = "'get_engine' is deprecated and will be removed in Flask-SQLAlchemy 3.2. Use 'engine' or 'engines[key]' instead."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        if "bind" in kwargs:
            bind_key = kwargs.pop("bind")
        if kwargs:
            raise TypeError(f"get_engine() got an unexpected keyword argument {next(iter(kwargs))!r}")
        return self.engines[bind_key]

    @property
    def metadatas(self) -> Dict[BindKey, MetaData]:
        """MetaData by bind key; None is the default."""
        return _migrations.metadatas(self._metadatas) if _migrations.running() else self._metadatas

    @property
    def metadata(self) -> MetaData:
        """The default metadata."""
        return self.metadatas[None]

    def get_tables_for_bind(self, bind: BindKey = None) -> List[Table]:
        return list(self._metadatas[bind].tables.values()) if bind in self._metadatas else []

    def get_binds(self) -> Dict[Table, Engine]:
        return {table: engine for key, engine in self._engines.items() for table in self.get_tables_for_bind(key)}

    # ---- views

    def get_or_404(self, entity: Type[_O], ident: Any, *, description: Optional[str] = None, **kwargs: Any) -> _O:
        found = self.session.get(entity, ident, **kwargs)
        return found if found is not None else abort(404, description=description)

    def first_or_404(self, statement: Any, *, description: Optional[str] = None) -> Any:
        found = self.session.execute(statement).scalar()
        return found if found is not None else abort(404, description=description)

    def one_or_404(self, statement: Any, *, description: Optional[str] = None) -> Any:
        try:
            return self.session.execute(statement).scalar_one()
        except (sa_exc.NoResultFound, sa_exc.MultipleResultsFound):
            abort(404, description=description)

    def paginate(
        self, select: Any, *, page: Optional[int] = None, per_page: Optional[int] = None, max_per_page: Optional[int] = None,
        error_out: bool = True, count: bool = True,
    ) -> Pagination:
        """One page of a select; see `Query.paginate`."""
        return SelectPagination(
            select=select, session=self.session(), page=page, per_page=per_page, max_per_page=max_per_page, error_out=error_out, count=count
        )

    def jsonify(self, value: Any, *, only: Optional[Sequence[Any]] = None, load: bool = False) -> Response:
        """A JSON response of entities, rows, results, and lists and dictionaries of them.

        :param only: what entities are written with: attributes (`User.id`, `User.name.label("title")`), names of hybrids and
            properties (`"full_name"`), relationships with choices of their own (`{User.posts: [Post.id]}`) or with those of this
            list (`User.posts`). An entity of which nothing is chosen is written by its `to_dict()`, or is a TypeError.
        :param load: load what is not loaded, one statement per attribute; by default that is an InvalidRequestError.
        """
        return _json.respond(current_app._get_current_object(), value, only, load)  # type: ignore[attr-defined]

    # ---- tests

    def test_isolation(self, app: Optional[Flask] = None) -> ContextManager["SQLAlchemy"]:
        """A block in which the application may commit and roll back as it likes; at its end all that it did is undone.

            @pytest.fixture(autouse=True)
            def isolation(app):
                with db.test_isolation(app):
                    yield

        All connections of all binds share one per database meanwhile, inside a transaction that is rolled back. See docs/flask.md.

        :param app: the application; by default the current one.
        """
        from .isolation import isolated

        return isolated(self, app)

    # ---- tables

    def _call_for_binds(self, bind_key: Union[str, None, List[BindKey]], operation: Callable[[MetaData, Any], None]) -> None:
        keys: List[BindKey]
        if bind_key == "__all__":
            keys = list(self._metadatas)
        elif bind_key is None or isinstance(bind_key, str):
            keys = [bind_key]
        else:
            keys = bind_key
        for key in keys:
            try:
                engine = self._engines[key]
            except KeyError:
                message = f"Bind key '{key}' is not in 'SQLALCHEMY_BINDS' config."
                if key is None:
                    message = f"'SQLALCHEMY_DATABASE_URI' config is not set. {message}"
                raise sa_exc.UnboundExecutionError(message) from None
            operation(self._metadatas[key], engine)

    def create_all(self, bind_key: Union[str, None, List[BindKey]] = "__all__") -> None:
        """Creates the tables that do not exist; existing ones are left as they are."""
        self._call_for_binds(bind_key, lambda metadata, engine: metadata.create_all(bind=engine))

    def drop_all(self, bind_key: Union[str, None, List[BindKey]] = "__all__") -> None:
        self._call_for_binds(bind_key, lambda metadata, engine: metadata.drop_all(bind=engine))

    def reflect(self, bind_key: Union[str, None, List[BindKey]] = "__all__") -> None:
        """Reads tables from the databases into the metadata."""
        self._call_for_binds(bind_key, lambda metadata, engine: metadata.reflect(bind=engine))

    # ---- relationships with this extension's query class

    def _set_rel_query(self, kwargs: Dict[str, Any]) -> None:
        kwargs.setdefault("query_class", self.Query)
        backref = kwargs.get("backref")
        if backref is not None:
            name, options = backref if isinstance(backref, tuple) else (backref, {})
            kwargs["backref"] = (name, {"query_class": self.Query, **options})

    def relationship(self, *args: Any, **kwargs: Any) -> Any:
        self._set_rel_query(kwargs)
        return sa_orm.relationship(*args, **kwargs)

    def dynamic_loader(self, argument: Any, **kwargs: Any) -> Any:
        self._set_rel_query(kwargs)
        return sa_orm.dynamic_loader(argument, **kwargs)

    def _relation(self, *args: Any, **kwargs: Any) -> Any:
        return self.relationship(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        """Every public name of `cormorant` and `cormorant.orm`."""
        if name == "db":
            raise AttributeError("The extension has no attribute 'db': it is 'db' itself")
        if name == "relation":
            return self._relation
        if name == "event":
            return sa_event
        if name.startswith("_"):
            raise AttributeError(name)
        found = _names.find(name)
        if found is not None:
            return found
        raise AttributeError(name)


# what belongs to the given base itself: its storage, its registry, and that it is a dataclass already
_NOT_COPIED = frozenset(
    ("__dict__", "__weakref__", "registry", "_sa_registry", "metadata", "__dataclass_fields__", "__dataclass_params__", "__match_args__")
)


def _declarative_bases(model_class: Any) -> Tuple[Any, ...]:
    return tuple(
        base for base in getattr(model_class, "__bases__", ()) if isinstance(base, type) and issubclass(base, (sa_orm.DeclarativeBase, sa_orm.DeclarativeBaseNoMeta))
    )


def _in_instance_folder(url: Any, app: Flask) -> Any:
    """The URL of an SQLite file with its path made absolute; the folder is made."""
    name = url.database
    nameless = url.query.get("mode") == "memory"  # such a URI says what it is without uri=true, as for create_engine()
    is_uri = name.startswith("file:") and (bool(url.query.get("uri", False)) or nameless)
    path = name[5:] if is_uri else name
    in_memory = is_uri and (":memory:" in path or nameless)
    if in_memory or os.path.isabs(path):
        return url
    os.makedirs(app.instance_path, exist_ok=True)
    path = os.path.join(app.instance_path, path)
    return url.set(database=f"file:{path}" if is_uri else path)
