"""The session of an app context, views with 404 answers, queries and relationships."""

import threading

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound


def test_scope_is_the_app_context(app, db):
    with pytest.raises(RuntimeError):
        db.session()
    with app.app_context():
        first = db.session()
        assert db.session() is first
        with app.app_context():
            assert db.session() is not first
        assert db.session() is first
    with pytest.raises(RuntimeError):
        db.session()


def test_session_is_removed_at_the_end(app, db, Todo):
    with app.app_context():
        todo = Todo(title="x")
        db.session.add(todo)
        db.session.flush()
    assert db.inspect(todo).session is None
    with app.app_context():
        assert Todo.query.count() == 0, "what was not committed is rolled back"


def test_session_is_removed_when_the_view_fails(app, db, Todo):
    app.testing = False

    @app.route("/")
    def view():
        db.session.add(Todo(title="lost"))
        db.session.flush()
        raise ValueError("no")

    assert app.test_client().get("/").status_code == 500
    with app.app_context():
        assert Todo.query.count() == 0


def test_one_session_for_a_request(app, db, Todo):
    seen = []

    @app.before_request
    def before():
        seen.append(db.session())

    @app.after_request
    def after(response):
        seen.append(db.session())
        return response

    @app.route("/")
    def view():
        seen.append(db.session())
        db.session.add(Todo(title="kept"))
        db.session.commit()
        return "ok"

    client = app.test_client()
    client.get("/")
    client.get("/")
    assert len(set(map(id, seen[:3]))) == 1 and seen[3] is not seen[0]
    with app.app_context():
        assert Todo.query.count() == 2


def test_commit_in_a_teardown_hook(app, db, Todo):
    @app.teardown_request
    def commit(error):
        db.session.commit()

    @app.route("/")
    def view():
        db.session.add(Todo(title="late"))
        return "ok"

    app.test_client().get("/")
    with app.app_context():
        assert Todo.query.one().title == "late"


def test_custom_scope(package, app):
    from itertools import count

    counter = count()
    db = package.SQLAlchemy(app, session_options={"scopefunc": lambda: next(counter)})
    with app.app_context():
        first, second = db.session(), db.session()
        assert first is not second
        first.close(), second.close()


def test_custom_session_class(package, app):
    class Custom(package.module("session").Session):
        pass

    db = package.SQLAlchemy(app, session_options={"class_": Custom})
    with app.app_context():
        assert isinstance(db.session(), Custom)


def test_custom_bind_by_session_class(package, app):
    class Reader(package.module("session").Session):
        def get_bind(self, mapper=None, clause=None, bind=None, **kwargs):
            return self._db.engines["replica"]

    app.config["SQLALCHEMY_BINDS"] = {"replica": "sqlite://"}
    db = package.SQLAlchemy(app, session_options={"class_": Reader})

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    with app.app_context():
        User.metadata.create_all(db.engines["replica"])
        db.session.add(User())
        db.session.commit()
        assert User.query.count() == 1
        assert not db.inspect(db.engine).has_table("user")


def test_session_options(package, app):
    db = package.SQLAlchemy(app, session_options={"expire_on_commit": False, "autoflush": False})
    with app.app_context():
        session = db.session()
        assert session.autoflush is False and session.expire_on_commit is False


def test_threads_have_their_own_sessions(app, db, tmp_path):
    sessions = []

    def work():
        with app.app_context():
            sessions.append(db.session())

    with app.app_context():
        sessions.append(db.session())
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(sessions) == 2 and sessions[0] is not sessions[1]


def test_join_an_outer_transaction(app, db, Todo):
    with app.app_context():
        connection = db.engine.connect()
        transaction = connection.begin()
        with db.Session(bind=connection) as session:
            session.add(Todo(title="inner"))
            session.commit()
        transaction.rollback()
        connection.close()
        assert Todo.query.count() == 0


def test_unmapped_class(package, app, db):
    class Plain:
        pass

    with app.app_context():
        with pytest.raises(package.orm.exc.UnmappedClassError):
            db.session.get_bind(mapper=Plain)
        with pytest.raises(package.exc.NoInspectionAvailable):
            db.session.get_bind(mapper="nonsense")


def test_bind_of_joined_children(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(app)

    class Animal(db.Model):
        __bind_key__ = "other"
        id = db.Column(db.Integer, primary_key=True)
        kind = db.Column(db.String(9))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Dog(Animal):
        id = db.Column(db.ForeignKey(Animal.id), primary_key=True)
        name = db.Column(db.String(9))
        __mapper_args__ = {"polymorphic_identity": "dog"}

    with app.app_context():
        db.create_all("other")
        db.session.add(Dog(name="rex"))
        db.session.commit()
        assert db.session.get_bind(mapper=Dog) is db.engines["other"]
        assert db.session.scalars(db.select(Animal)).one().name == "rex"
        assert Dog.query.filter_by(name="rex").count() == 1
        assert db.session.scalar(db.select(db.func.count(Dog.id))) == 1
        assert not db.inspect(db.engine).get_table_names()


def test_two_binds_in_one_transaction(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(app)

    class Here(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    class There(db.Model):
        __bind_key__ = "other"
        id = db.Column(db.Integer, primary_key=True)

    with app.app_context():
        db.create_all()
        db.session.add_all([Here(), There()])
        db.session.flush()
        db.session.rollback()
        assert Here.query.all() == [] and There.query.all() == []
        db.session.add_all([Here(), There()])
        db.session.commit()
        assert db.session.query(There.id).all() == [(1,)] and db.session.query(Here.id).all() == [(1,)]


# ---- 404


def test_get_or_404_of_the_extension(app, db, Todo):
    with app.app_context():
        db.session.add(Todo(id=1))
        db.session.commit()
        assert db.get_or_404(Todo, 1).id == 1
        assert db.get_or_404(Todo, 1, populate_existing=True).id == 1
        with pytest.raises(NotFound):
            db.get_or_404(Todo, 2)
        with pytest.raises(NotFound) as caught:
            db.get_or_404(Todo, 2, description="none such")
        assert caught.value.description == "none such"


def test_first_or_404_of_the_extension(app, db, Todo):
    with app.app_context():
        statement = db.select(Todo).order_by(Todo.id)
        with pytest.raises(NotFound):
            db.first_or_404(statement)
        db.session.add_all([Todo(title="a"), Todo(title="b")])
        db.session.commit()
        assert db.first_or_404(statement).title == "a"
        with pytest.raises(NotFound) as caught:
            db.first_or_404(statement.filter_by(title="z"), description="none such")
        assert caught.value.description == "none such"


def test_one_or_404_of_the_extension(app, db, Todo):
    with app.app_context():
        with pytest.raises(NotFound):
            db.one_or_404(db.select(Todo))
        db.session.add(Todo(title="a"))
        db.session.commit()
        assert db.one_or_404(db.select(Todo)).title == "a"
        db.session.add(Todo(title="b"))
        db.session.commit()
        with pytest.raises(NotFound) as caught:
            db.one_or_404(db.select(Todo), description="too many")
        assert caught.value.description == "too many"


@pytest.mark.filterwarnings("ignore")
def test_404_of_queries(app, db, Todo):
    with app.app_context():
        for ask in (lambda: Todo.query.get_or_404(1), Todo.query.first_or_404, Todo.query.one_or_404):
            with pytest.raises(NotFound):
                ask()
        with pytest.raises(NotFound) as caught:
            Todo.query.filter_by(title="z").first_or_404("none such")
        assert caught.value.description == "none such"
        db.session.add(Todo(title="a"))
        db.session.commit()
        assert Todo.query.get_or_404(1).title == Todo.query.first_or_404().title == Todo.query.one_or_404().title == "a"
        db.session.add(Todo(title="b"))
        db.session.commit()
        with pytest.raises(NotFound):
            Todo.query.one_or_404()
        with pytest.raises(NotFound) as caught:
            Todo.query.get_or_404(99, description="gone")
        assert caught.value.description == "gone"


def test_404_as_the_client_sees_it(app, db, Todo):
    @app.route("/<int:ident>")
    def show(ident):
        return db.get_or_404(Todo, ident).title

    with app.app_context():
        db.session.add(Todo(title="first"))
        db.session.commit()
    client = app.test_client()
    assert client.get("/1").text == "first" and client.get("/2").status_code == 404


# ---- query classes


def test_model_query(package, app, db, Todo):
    with app.app_context():
        assert isinstance(Todo.query, package.module("query").Query) and isinstance(Todo.query, db.Query)
        assert isinstance(db.session.query(Todo), db.Query)
        assert Todo.query.session is db.session()


def test_custom_query_class(package, app):
    class Custom(package.module("query").Query):
        def open(self):
            return self.filter_by(done=False)

    db = package.SQLAlchemy(app, query_class=Custom)

    class Parent(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        done = db.Column(db.Boolean, default=False)

    class Child(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        done = db.Column(db.Boolean, default=False)
        parent_id = db.Column(db.ForeignKey(Parent.id))
        parent1 = db.relationship(Parent, backref=db.backref("children1", lazy="dynamic"), overlaps="children3,parent2")
        parent2 = db.relationship(Parent, backref=db.backref("children2", lazy="dynamic", query_class=package.orm.Query), overlaps="x,children1,parent1,children3")

    Parent.children3 = db.dynamic_loader(Child, overlaps="children1,children2,parent1,parent2")
    with app.app_context():
        db.create_all()
        parent = Parent()
        parent.children1.append(Child())
        db.session.add(parent)
        db.session.commit()
        assert db.Query is Custom and isinstance(Parent.query, Custom) and isinstance(db.session.query(Parent), Custom)
        assert isinstance(parent.children1, Custom) and isinstance(parent.children3, Custom)
        assert not isinstance(parent.children2, Custom)
        assert parent.children1.open().count() == 1 and parent.children3.filter_by(done=True).all() == []


def test_query_class_of_a_model(package, app, db):
    class Custom(package.module("query").Query):
        pass

    class User(db.Model):
        query_class = Custom
        id = db.Column(db.Integer, primary_key=True)

    with app.app_context():
        assert isinstance(User.query, Custom) and not isinstance(db.session.query(User), Custom)


def test_dynamic_relationship(app, db):
    class Parent(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        children = db.relationship("Child", backref="parent", lazy="dynamic")

    class Child(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(9))
        parent_id = db.Column(db.Integer, db.ForeignKey("parent.id"))

    with app.app_context():
        db.create_all()
        parent = Parent(children=[Child(name="a"), Child(name="b")])
        db.session.add(parent)
        db.session.commit()
        assert isinstance(parent.children, db.Query)
        assert [c.name for c in parent.children.order_by(Child.name.desc())] == ["b", "a"]
        page = parent.children.order_by(Child.id).paginate(per_page=1)
        assert page.total == 2 and [c.name for c in page] == ["a"]
        assert parent.children.filter_by(name="b").first_or_404().parent is parent
        with pytest.raises(NotFound):
            parent.children.filter_by(name="z").first_or_404()


def test_relation_of_old_programs(app, db):
    class Parent(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        children = db.relation("Child", backref="parent")

    class Child(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        parent_id = db.Column(db.Integer, db.ForeignKey("parent.id"))

    with app.app_context():
        db.create_all()
        db.session.add(Parent(children=[Child()]))
        db.session.commit()
        assert Child.query.one().parent.children == Child.query.all()


def test_many_to_many_by_table(app, db):
    tagged = db.Table("tags", db.Column("tag_id", db.Integer, db.ForeignKey("tag.id"), primary_key=True),
                      db.Column("page_id", db.Integer, db.ForeignKey("page.id"), primary_key=True))

    class Page(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        tags = db.relationship("Tag", secondary=tagged, lazy="subquery", backref=db.backref("pages", lazy=True))

    class Tag(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(9))

    with app.app_context():
        db.create_all()
        red, blue = Tag(name="red"), Tag(name="blue")
        db.session.add_all([Page(tags=[red, blue]), Page(tags=[red])])
        db.session.commit()
        assert [t.name for t in db.session.get(Page, 1).tags] == ["red", "blue"]
        assert len(red.pages) == 2 and len(blue.pages) == 1


# ---- programs as tutorials have them


def test_login_users(app, db):
    flask_login = pytest.importorskip("flask_login", reason="no Flask-Login: pip install flask-login")
    app.secret_key = "secret"
    manager = flask_login.LoginManager(app)

    class User(flask_login.UserMixin, db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(9), unique=True)

    @manager.user_loader
    def load(ident):
        return db.session.get(User, int(ident))

    @app.route("/login/<name>")
    def login(name):
        flask_login.login_user(db.one_or_404(db.select(User).filter_by(name=name)))
        return "in"

    @app.route("/me")
    @flask_login.login_required
    def me():
        return flask_login.current_user.name

    with app.app_context():
        db.create_all()
        db.session.add(User(name="ed"))
        db.session.commit()
        user = User.query.one()
        assert user.get_id() == "1" and user.is_authenticated and user == db.session.get(User, 1) and hash(user)
    assert User.__tablename__ == "user"
    client = app.test_client()
    assert client.get("/me").status_code == 401
    assert client.get("/login/nobody").status_code == 404
    assert client.get("/login/ed").text == "in" and client.get("/me").text == "ed"


def test_integrity_error_and_rollback(package, app, db):
    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(9), unique=True, nullable=False)

    @app.route("/add/<name>", methods=["POST"])
    def add(name):
        db.session.add(User(name=name))
        try:
            db.session.commit()
        except package.exc.IntegrityError:
            db.session.rollback()
            return f"{User.query.count()} there", 409
        return "added", 201

    with app.app_context():
        db.create_all()
    client = app.test_client()
    assert client.post("/add/ed").status_code == 201
    answer = client.post("/add/ed")
    assert answer.status_code == 409 and answer.text == "1 there"
    assert client.post("/add/wendy").status_code == 201


def test_mass_assignment_of_an_unknown_name(app, db, Todo):
    with app.app_context():
        with pytest.raises(TypeError, match="'nonsense' is an invalid keyword argument for Todo"):
            Todo(**{"title": "x", "nonsense": 1})


def test_factory_and_models_before_the_app(package, tmp_path):
    db = package.SQLAlchemy()

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80), unique=True, nullable=False)

    def create_app(path):
        app = Flask("factory")
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{path}"
        db.init_app(app)

        @app.route("/")
        def index():
            return ",".join(user.name for user in db.session.scalars(db.select(User).order_by(User.name)))

        with app.app_context():
            db.create_all()
        return app

    one, two = create_app(tmp_path / "one.db"), create_app(tmp_path / "two.db")
    with one.app_context():
        db.session.add_all([User(name="wendy"), User(name="ed")])
        db.session.commit()
    assert one.test_client().get("/").text == "ed,wendy" and two.test_client().get("/").text == ""


def test_repr_of_deleted_and_detached(app, db, Todo):
    with app.app_context():
        todo = Todo(title="x")
        db.session.add(todo)
        db.session.commit()
        assert repr(todo) == "<Todo 1>", "expired, yet its key is known"
        db.session.expunge(todo)
        assert repr(todo) == "<Todo 1>"


def test_detached_after_the_context(package, app, db):
    class Parent(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(9))
        children = db.relationship("Child")

    class Child(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        parent_id = db.Column(db.ForeignKey(Parent.id))

    with app.app_context():
        db.create_all()
        db.session.add(Parent(name="p", children=[Child()]))
        db.session.commit()
    with app.app_context():
        parent = Parent.query.first()
    assert parent.name == "p"
    with pytest.raises(package.orm.exc.DetachedInstanceError):
        parent.children


def test_scoped_session_methods(app, db, Todo):
    with app.app_context():
        todo = Todo(title="x")
        db.session.add(todo)
        assert todo in db.session and list(db.session.new) == [todo]
        db.session.flush()
        todo.title = "y"
        assert db.session.dirty and db.session.is_modified(todo)
        db.session.refresh(todo)
        assert todo.title == "x" or todo.title == "y"
        with db.session.no_autoflush, db.session.begin_nested():
            db.session.add(Todo(title="z"))
        assert db.session.execute(db.select(db.func.count()).select_from(Todo)).scalar_one() == 2
        assert [t for (t,) in db.session.query(Todo.title).order_by(Todo.title)][-1] == "z"
        db.session.remove()
        assert Todo.query.count() == 0


def test_transaction_block(app, db, Todo):
    with app.app_context():
        with db.session.begin():
            db.session.add(Todo(title="kept"))
        with pytest.raises(ValueError):
            with db.session.begin():
                db.session.add(Todo(title="lost"))
                raise ValueError
        assert [t.title for t in Todo.query] == ["kept"]


def test_registry_knows_all_models(app, db, Todo):
    names = {mapper.class_.__name__ for mapper in db.Model.registry.mappers}
    assert names == {"Todo"}


def test_signal_of_request_end_sees_the_session(app, db, Todo):
    from flask import got_request_exception

    app.testing = False
    rolled_back = []

    def failed(sender, exception, **extra):
        db.session.rollback()
        rolled_back.append(type(exception))

    @app.route("/")
    def view():
        db.session.add(Todo(id=1))
        db.session.commit()
        db.session.add(Todo(id=1))
        db.session.commit()
        return ""

    with got_request_exception.connected_to(failed, app):
        assert app.test_client().get("/").status_code == 500
    assert [t.__name__ for t in rolled_back] == ["IntegrityError"]
    with app.app_context():
        assert Todo.query.count() == 1


def test_cli_command(app, db, Todo):
    @app.cli.command("fill")
    def fill():
        db.session.add(Todo(title="by command"))
        db.session.commit()

    assert app.test_cli_runner().invoke(args=["fill"]).exit_code == 0
    with app.app_context():
        assert Todo.query.one().title == "by command"
