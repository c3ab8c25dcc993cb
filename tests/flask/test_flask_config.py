"""Configuration, engines, binds and applications."""

import os

import pytest
from flask import Flask

import cormorant.flask


def test_extension_is_registered(app, db):
    assert app.extensions["sqlalchemy"] is db


def test_init_app_later(package, app):
    db = package.SQLAlchemy()
    assert "sqlalchemy" not in app.extensions
    db.init_app(app)
    with app.app_context():
        assert db.engine.url.database == ":memory:"


def test_defaults_are_written_to_the_configuration(package):
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    package.SQLAlchemy(app)
    assert app.config["SQLALCHEMY_ENGINE_OPTIONS"] == {}
    assert app.config["SQLALCHEMY_BINDS"] == {}
    assert app.config["SQLALCHEMY_ECHO"] is False
    assert app.config["SQLALCHEMY_RECORD_QUERIES"] is False
    assert app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] is False


def test_no_url_is_an_error(package):
    with pytest.raises(RuntimeError, match="SQLALCHEMY_DATABASE_URI"):
        package.SQLAlchemy(Flask(__name__))


def test_two_extensions_on_one_app(package, app, db):
    with pytest.raises(RuntimeError, match="already been registered"):
        package.SQLAlchemy(app)


def test_init_app_after_the_first_request(package):
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    app.route("/")(lambda: "")
    app.test_client().get("/")
    with pytest.raises(AssertionError):
        package.SQLAlchemy(app)


def test_url_object(package, app, sa):
    app.config["SQLALCHEMY_DATABASE_URI"] = sa.make_url("sqlite://")
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert db.engine.url.get_backend_name() == "sqlite"


def test_url_in_engine_options(package):
    app = Flask(__name__)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"url": "sqlite://"}
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert str(db.engine.url) == "sqlite://"


def test_only_binds(package):
    app = Flask(__name__)
    app.config["SQLALCHEMY_BINDS"] = {"a": "sqlite://"}
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert list(db.engines) == ["a"]
        with pytest.raises(KeyError):
            db.engine


def test_default_engine_among_the_binds(package):
    app = Flask(__name__)
    app.config["SQLALCHEMY_BINDS"] = {None: "sqlite:///:memory:", "a": {"url": "sqlite://"}}
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert set(db.engines) == {None, "a"}
        assert db.engine.url.database == ":memory:"


def test_echo(package, app):
    app.config["SQLALCHEMY_ECHO"] = True
    app.config["SQLALCHEMY_BINDS"] = {"quiet": {"url": "sqlite://", "echo": False}}
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert db.engine.echo is True
        assert db.engines["quiet"].echo is False


def test_engine_options_of_the_constructor_and_of_the_configuration(package, app):
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"echo": True}
    app.config["SQLALCHEMY_BINDS"] = {"a": "sqlite://", "b": {"url": "sqlite://", "echo": "debug"}}
    db = package.SQLAlchemy(app, engine_options={"echo": False, "hide_parameters": True})
    with app.app_context():
        assert db.engine.echo is True
        assert db.engines["a"].echo is False
        assert db.engines["b"].echo == "debug"
        assert db.engine.hide_parameters and db.engines["a"].hide_parameters


def test_unknown_engine_option(package, app):
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"no_such_option": 1}
    with pytest.raises(TypeError, match="no_such_option"):
        package.SQLAlchemy(app)


def test_constructor_options_are_not_changed(package, app):
    engine_options, session_options = {"echo": False}, {"autoflush": False}
    db = package.SQLAlchemy(app, engine_options=engine_options, session_options=dict(session_options))
    assert engine_options == {"echo": False}
    with app.app_context():
        assert db.session().autoflush is False


def test_unreachable_database_is_not_opened_at_once(package, app, tmp_path, sa):
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/no/such/folder/x.db"
    db = package.SQLAlchemy(app)
    with app.app_context():
        with pytest.raises(package.exc.OperationalError):
            db.session.execute(sa.text("SELECT 1"))


def test_memory_is_shared_by_all_connections(package, app, sa):
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db = package.SQLAlchemy(app)
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE t (x INTEGER)"))
        db.session.execute(sa.text("INSERT INTO t VALUES (1)"))
        db.session.commit()
    with app.app_context():
        assert db.session.execute(sa.text("SELECT x FROM t")).scalar() == 1


def test_relative_paths_are_in_the_instance_folder(package, app):
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///test.db"
    assert not os.path.exists(app.instance_path)
    db = package.SQLAlchemy(app)
    assert os.path.exists(app.instance_path)
    with app.app_context():
        assert db.engine.url.database == os.path.join(app.instance_path, "test.db")
        db.session.execute(db.text("CREATE TABLE t (x INTEGER)"))
    assert os.path.isfile(os.path.join(app.instance_path, "test.db"))


def test_absolute_paths_stay(package, app, tmp_path):
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/direct.db"
    db = package.SQLAlchemy(app)
    assert not os.path.exists(app.instance_path)
    with app.app_context():
        assert db.engine.url.database == f"{tmp_path}/direct.db"


def test_driver_uris_in_the_instance_folder(package, app):
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///file:test.db?uri=true"
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert db.engine.url.database == "file:" + os.path.join(app.instance_path, "test.db")
        db.session.execute(db.text("CREATE TABLE t (x INTEGER)"))
    assert os.path.isfile(os.path.join(app.instance_path, "test.db"))


def test_uris_of_databases_in_memory(app, tmp_path, monkeypatch):
    """Flask-SQLAlchemy makes a file of that name."""
    monkeypatch.chdir(tmp_path)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///file:shared?mode=memory&cache=shared"
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite:///file:shared?mode=memory&cache=shared"}
    db = cormorant.flask.SQLAlchemy(app)
    with app.app_context():
        with db.engine.begin() as one, db.engines["other"].begin() as other:
            one.execute(db.text("CREATE TABLE t (x INTEGER)"))
            one.commit()
            assert other.execute(db.text("SELECT count(*) FROM t")).scalar() == 0
    assert not list(tmp_path.glob("file*")) and not os.path.exists(app.instance_path)


@pytest.mark.parametrize("attribute", ["engine", "engines", "session"])
def test_outside_an_application_context(db, attribute):
    with pytest.raises(RuntimeError, match="Working outside of application context"):
        found = getattr(db, attribute)
        found()


def test_create_all_outside_an_application_context(db):
    with pytest.raises(RuntimeError, match="outside of application context"):
        db.create_all()


def test_query_outside_an_application_context(db):
    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    with pytest.raises(RuntimeError, match="outside of application context"):
        User.query


def test_app_that_is_not_registered(package):
    db = package.SQLAlchemy()
    with Flask(__name__).app_context():
        with pytest.raises(RuntimeError, match="not registered"):
            db.engine


def test_repr(package, app, db):
    assert repr(db) == "<SQLAlchemy>"
    with app.app_context():
        assert repr(db) == f"<SQLAlchemy {db.engine.url}>"
    other = Flask(__name__)
    other.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    other.config["SQLALCHEMY_BINDS"] = {"a": "sqlite://", "b": "sqlite://"}
    db.init_app(other)
    with other.app_context():
        assert repr(db) == "<SQLAlchemy sqlite:// +2>"


def test_two_applications_on_one_extension(package, tmp_path):
    db = package.SQLAlchemy()
    apps = []
    for name in "ab":
        app = Flask(name)
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/{name}.db"
        db.init_app(app)
        apps.append(app)

    class Note(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        text = db.Column(db.String)

    for app in apps:
        with app.app_context():
            db.create_all()
            db.session.add(Note(text=app.name))
            db.session.commit()
    for app in apps:
        with app.app_context():
            assert [n.text for n in Note.query] == [app.name]
    with apps[0].app_context():
        first = db.session()
        with apps[1].app_context():
            assert db.session() is not first
            assert db.session.scalar(db.select(Note.text)) == "b"
        assert db.session() is first
        assert db.session.scalar(db.select(Note.text)) == "a"


def test_bind_keys_choose_engines(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(app)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    class Log(db.Model):
        __bind_key__ = "other"
        id = db.Column(db.Integer, primary_key=True)

    plain = db.Table("plain", db.Column("id", db.Integer, primary_key=True))
    other = db.Table("elsewhere", db.Column("id", db.Integer, primary_key=True), bind_key="other")
    assert User.metadata is db.metadata is db.metadatas[None] and Log.metadata is db.metadatas["other"]
    assert plain.metadata is db.metadata and other.metadata is db.metadatas["other"]
    with app.app_context():
        assert db.session.get_bind(mapper=User) is db.engine
        assert db.session.get_bind(mapper=Log) is db.engines["other"]
        assert db.session.get_bind(clause=other) is db.engines["other"]
        assert db.session.get_bind(clause=other.insert()) is db.engines["other"]
        assert db.session.get_bind(mapper=Log, bind=db.engine) is db.engine
        assert db.session.get_bind() is db.engine
        db.create_all()
        assert db.inspect(db.engine).get_table_names() == ["plain", "user"]
        assert db.inspect(db.engines["other"]).get_table_names() == ["elsewhere", "log"]
        db.session.add_all([User(), Log(), Log()])
        db.session.commit()
        assert User.query.count() == 1 and Log.query.count() == 2
        assert len(db.session.execute(db.select(Log)).all()) == 2
        db.session.execute(db.update(Log).values(id=Log.id + 10))
        assert sorted(db.session.scalars(db.select(Log.id))) == [11, 12]


def test_bind_key_of_a_parent_and_of_a_mixin(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(app)

    class Elsewhere(db.Model):
        __abstract__ = True
        __bind_key__ = "other"

    class User(Elsewhere):
        id = db.Column(db.Integer, primary_key=True)

    class Admin(User):
        id = db.Column(db.ForeignKey(User.id), primary_key=True)

    class Mixin:
        __bind_key__ = "other"

    class Log(Mixin, db.Model):
        id = db.Column(db.Integer, primary_key=True)

    for model in (User, Admin, Log):
        assert model.metadata is db.metadatas["other"]
    assert "metadata" not in User.__dict__


def test_bind_key_is_ignored_beside_metadata_or_table(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(app)
    metadata = db.MetaData()

    class A(db.Model):
        __bind_key__ = "other"
        metadata = db.metadatas[None]
        id = db.Column(db.Integer, primary_key=True)

    class B(db.Model):
        __bind_key__ = "other"
        __table__ = db.Table("b", db.Column("id", db.Integer, primary_key=True))

    assert A.__table__.metadata is db.metadata and B.__table__.metadata is db.metadata
    assert metadata is not db.metadata


def test_unknown_bind_key(package, app, db):
    class Lost(db.Model):
        __bind_key__ = "nowhere"
        id = db.Column(db.Integer, primary_key=True)

    with app.app_context():
        with pytest.raises(package.exc.UnboundExecutionError, match="Bind key 'nowhere' is not in 'SQLALCHEMY_BINDS' config."):
            db.session.execute(db.select(Lost))
        with pytest.raises(package.exc.UnboundExecutionError, match="'nowhere'"):
            db.create_all()
        with pytest.raises(package.exc.UnboundExecutionError, match="'missing'"):
            db.create_all("missing")


def test_create_and_drop_by_bind_key(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"a": "sqlite://", "b": "sqlite://"}
    db = package.SQLAlchemy(app)
    db.Table("one", db.Column("id", db.Integer))
    db.Table("two", db.Column("id", db.Integer), bind_key="a")
    db.Table("three", db.Column("id", db.Integer), bind_key="b")

    def tables():
        return [name for key in (None, "a", "b") for name in db.inspect(db.engines[key]).get_table_names()]

    with app.app_context():
        db.create_all(None)
        assert tables() == ["one"]
        db.create_all("a")
        assert tables() == ["one", "two"]
        db.create_all()
        assert tables() == ["one", "two", "three"]
        db.drop_all(["a", None])
        assert tables() == ["three"]
        db.create_all(["a"])
        db.drop_all()
        assert tables() == []


def test_create_all_without_a_default_engine(package):
    app = Flask(__name__)
    app.config["SQLALCHEMY_BINDS"] = {"a": "sqlite://"}
    db = package.SQLAlchemy(app)
    with app.app_context():
        with pytest.raises(package.exc.UnboundExecutionError, match="'SQLALCHEMY_DATABASE_URI' config is not set. Bind key 'None'"):
            db.create_all()
        db.create_all("a")


def test_reflect(package, app, tmp_path):
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/r.db"
    app.config["SQLALCHEMY_BINDS"] = {"other": f"sqlite:///{tmp_path}/o.db"}
    first = package.SQLAlchemy(app)
    first.Table("user", first.Column("id", first.Integer, primary_key=True), first.Column("name", first.String(9)))
    first.Table("post", first.Column("id", first.Integer, primary_key=True), bind_key="other")
    with app.app_context():
        first.create_all()
    del app.extensions["sqlalchemy"]
    db = package.SQLAlchemy(app)
    assert not db.metadata.tables
    with app.app_context():
        db.reflect()
    assert list(db.metadata.tables) == ["user"] and list(db.metadatas["other"].tables) == ["post"]

    class User(db.Model):  # found by its name
        pass

    assert User.__table__ is db.metadata.tables["user"] and User.name is not None


def test_naming_convention_of_all_binds(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    metadata = package.sa.MetaData(naming_convention={"pk": "spam_%(table_name)s"})
    db = package.SQLAlchemy(app, metadata=metadata)
    assert db.metadata is metadata and metadata.info["bind_key"] is None
    assert db.metadatas["other"].info["bind_key"] == "other"

    class Here(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    class There(db.Model):
        __bind_key__ = "other"
        id = db.Column(db.Integer, primary_key=True)

    assert Here.__table__.primary_key.name == "spam_here"
    assert There.__table__.primary_key.name == "spam_there"


def test_get_engine_of_older_programs(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(app)
    with app.app_context():
        with pytest.warns(DeprecationWarning, match="get_engine"):
            assert db.get_engine() is db.engine
        with pytest.warns(DeprecationWarning):
            assert db.get_engine("other") is db.engines["other"]
        with pytest.warns(DeprecationWarning):
            assert db.get_engine(bind="other") is db.engines["other"]


def test_dead_keys_of_2x_are_accepted(package, app, recwarn):
    app.config.update(SQLALCHEMY_COMMIT_ON_TEARDOWN=True, SQLALCHEMY_POOL_SIZE=5, SQLALCHEMY_NATIVE_UNICODE=True)
    package.SQLAlchemy(app)
    assert not [w for w in recwarn if "SQLALCHEMY" in str(w.message)]


@pytest.mark.parametrize("name", ["Column", "Integer", "relationship", "select", "func", "ForeignKey", "event", "joinedload", "text", "Mapped"])
def test_names_of_the_orm(db, name):
    assert getattr(db, name) is not None


def test_names_that_are_not_there(db):
    for name in ("no_such_name", "_private"):
        with pytest.raises(AttributeError, match=name):
            getattr(db, name)


def test_names_are_the_packages_own(package, db):
    assert db.String is package.sa.String and db.Session is package.orm.Session and db.select is package.sa.select


def test_table_class(package, db):
    table = db.Table("t", db.Column("id", db.Integer))
    assert isinstance(table, package.sa.Table)
    metadata = db.MetaData()
    assert db.Table("t", metadata, db.Column("id", db.Integer)).metadata is metadata
    with pytest.raises(TypeError):
        db.Table()
    with pytest.raises(package.exc.InvalidRequestError, match="already defined"):
        db.Table("t", db.Column("id", db.Integer))
    assert db.Table("t", db.Column("more", db.Integer), extend_existing=True) is table and "more" in table.c


def test_shell_context(package, app, db, Todo):
    with app.app_context():
        names = app.make_shell_context()
    assert names["db"] is db and names["Todo"] is Todo


def test_shell_context_is_optional(package, app):
    package.SQLAlchemy(app, add_models_to_shell=False)
    with app.app_context():
        assert "db" not in app.make_shell_context()


def test_flask_sqlalchemy_version(package):
    if package.ours:
        assert package.flask.__version__.startswith("3.1")


def test_configuration_wins_over_the_bind_of_none(package):
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    app.config["SQLALCHEMY_BINDS"] = {None: {"url": "sqlite:///:memory:", "echo": True}}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"url": "sqlite:///never.db", "hide_parameters": True}
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert str(db.engine.url) == "sqlite://" and db.engine.echo is True and db.engine.hide_parameters


def test_options_as_texts(package, app, tmp_path):
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/x.db"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": "3", "pool_recycle": "60", "pool_pre_ping": "true"}
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert db.engine.pool.size() == 3


def test_usual_engine_options(package, app, tmp_path, sa):
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/x.db"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": 2, "max_overflow": 1, "pool_timeout": 5, "pool_recycle": 3600, "pool_pre_ping": True,
        "connect_args": {"timeout": 15, "check_same_thread": False}, "isolation_level": "SERIALIZABLE",
        "json_serializer": lambda value: '"own"',
    }
    db = package.SQLAlchemy(app)

    class Doc(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        data = db.Column(db.JSON)

    with app.app_context():
        db.create_all()
        db.session.add(Doc(data={"a": 1}))
        db.session.commit()
        assert db.session.execute(db.text("SELECT data FROM doc")).scalar() == '"own"'


def test_pool_classes(package, app, tmp_path):
    pool = __import__(f"{package.sa.__name__}.pool", fromlist=["NullPool"])
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/x.db"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": pool.NullPool}
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert isinstance(db.engine.pool, pool.NullPool)
        assert db.session.execute(db.text("SELECT 1")).scalar() == 1


def test_memory_is_shared_by_threads(package, app, db, Todo):
    import threading

    found = []

    def work():
        with app.app_context():
            db.session.add(Todo(title="of the thread"))
            db.session.commit()
            found.append(Todo.query.count())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with app.app_context():
        assert found == [1] and Todo.query.one().title == "of the thread"


def test_engine_made_by_a_subclass(package, app):
    made = []

    class Mine(package.SQLAlchemy):
        def _apply_driver_defaults(self, options, app):
            super()._apply_driver_defaults(options, app)
            options["hide_parameters"] = True

        def _make_engine(self, bind_key, options, app):
            made.append(bind_key)
            return super()._make_engine(bind_key, options, app)

    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = Mine(app)
    with app.app_context():
        assert set(made) == {None, "other"} and db.engine.hide_parameters
        assert repr(db).startswith("<Mine ")


def test_init_app_again(package, app, db):
    with app.app_context():
        first = db.engine
    del app.extensions["sqlalchemy"]
    db.init_app(app)
    with app.app_context():
        assert db.engine is not first


def test_tables_of_the_extension_are_its_class(db):
    assert isinstance(db.Table("t", db.Column("id", db.Integer)), db.Table)


def test_table_with_constraints_and_keywords(db):
    table = db.Table("t", db.Column("a", db.Integer), db.Column("b", db.Integer), db.UniqueConstraint("a", "b"), db.Index("ix", "a"),
                     comment="pairs", info={"x": 1}, schema="main")
    assert table.comment == "pairs" and table.info["x"] == 1 and table.fullname == "main.t" and len(table.indexes) == 1


def test_events_by_the_extension(app, db, Todo):
    seen = []

    @db.event.listens_for(Todo, "before_insert")
    def stamp(mapper, connection, target):
        target.title = target.title.upper()

    with app.app_context():

        @db.event.listens_for(db.engine, "connect")
        def connected(connection, record):
            seen.append(connection)

        @db.event.listens_for(db.session, "after_commit")
        def committed(session):
            seen.append("commit")

        todo = Todo(title="x")
        db.session.add(todo)
        db.session.commit()
        assert todo.title == "X" and "commit" in seen


def test_reading_writes_nothing(package, app, tmp_path):
    path = tmp_path / "x.db"
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{path}"
    db = package.SQLAlchemy(app)

    class Note(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    with app.app_context():
        db.create_all()
        db.session.add(Note())
        db.session.commit()
    before = path.read_bytes()
    app.add_url_rule("/", "index", lambda: str(Note.query.count()))
    assert app.test_client().get("/").text == "1"
    assert path.read_bytes() == before and sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("x.db")) == ["x.db"]


def test_vanished_database(package, app, tmp_path):
    path = tmp_path / "x.db"
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{path}"
    db = package.SQLAlchemy(app)

    class Note(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    with app.app_context():
        db.create_all()
        db.engine.dispose()
        path.unlink()
        with pytest.raises(package.exc.OperationalError, match="no such table: note"):
            Note.query.all()
        db.session.rollback()
        db.create_all()
        assert Note.query.all() == []


def options_of(package, url, **config):
    """What `_make_engine` is asked for."""
    seen = []

    class Mine(package.SQLAlchemy):
        def _make_engine(self, bind_key, options, app):
            seen.append(dict(options))

    app = Flask(__name__)
    app.config.update(SQLALCHEMY_DATABASE_URI=url, **config)
    Mine(app)
    return seen[0]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_options_of_memory(package, url):
    pool = __import__(f"{package.sa.__name__}.pool", fromlist=["StaticPool"])
    given = {"timeout": 9}
    options = options_of(package, url, SQLALCHEMY_ENGINE_OPTIONS={"connect_args": given})
    assert options["poolclass"] is pool.StaticPool and options["connect_args"] == {"timeout": 9, "check_same_thread": False}


def test_options_of_mysql(package):
    options = options_of(package, "mysql+pymysql://user@host/name")
    assert options["pool_recycle"] == 7200 and options["url"].query["charset"] == "utf8mb4"
    options = options_of(package, "mysql+pymysql://user@host/name?charset=latin1", SQLALCHEMY_ENGINE_OPTIONS={"pool_recycle": 60})
    assert options["pool_recycle"] == 60 and package.sa.make_url(options["url"]).query["charset"] == "latin1"


def test_echo_of_the_pool(package, app):
    app.config["SQLALCHEMY_ECHO"] = True
    db = package.SQLAlchemy(app)
    with app.app_context():
        assert db.engine.echo and db.engine.pool.echo
