"""In debug mode, a relationship that is loaded lazily too often is logged: once, with its line and what mends it."""

import logging

import flask
import pytest

from cormorant.flask import SQLAlchemy
from cormorant.flask.record_queries import get_recorded_queries
from cormorant.orm import joinedload, selectinload


class World:
    def __init__(self, folder, **config):
        app = self.app = flask.Flask(__name__, template_folder=str(folder))
        app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", **config)
        app.debug = True
        db = self.db = SQLAlchemy(app)

        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            posts = db.relationship("Post", back_populates="author")

        class Post(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            user_id = db.Column(db.ForeignKey(User.id))
            author = db.relationship(User, back_populates="posts")

        self.User, self.Post = User, Post
        with app.app_context():
            db.create_all()
            db.session.add_all([User(posts=[Post()]) for _ in range(30)])
            db.session.commit()

    def users(self, *options):
        return self.db.session.scalars(self.db.select(self.User).options(*options)).unique().all()

    def posts(self, *options):
        return self.db.session.scalars(self.db.select(self.Post).options(*options)).all()


@pytest.fixture
def make(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    return lambda **config: World(tmp_path, **config)


def messages(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


def test_a_view_that_loads_one_by_one(make, caplog):
    world = make()

    @world.app.get("/")
    def index():
        return str(sum(len(user.posts) for user in world.users()))

    assert world.app.test_client().get("/").text == "30"
    (message,) = messages(caplog)
    line = index.__code__.co_firstlineno + 2
    assert message.startswith("User.posts was loaded lazily more than 10 times in one request, with a statement each time, at ")
    assert f"test_lazy_loads.py:{line} (" in message
    assert message.endswith("Load it with the query: .options(selectinload(User.posts))")
    world.app.test_client().get("/")
    assert len(messages(caplog)) == 2, "once per request"


def test_many_to_one_and_limits(make, caplog):
    world = make(CORMORANT_LAZY_LOAD_LIMIT=29)
    with world.app.app_context():
        for post in world.posts()[:29]:
            assert post.author.id
        assert messages(caplog) == []
    with world.app.app_context():
        for post in world.posts():
            assert post.author.id
    (message,) = messages(caplog)
    assert message.startswith("Post.author was loaded lazily more than 29 times in one app context") and message.endswith(".options(joinedload(Post.author))")


@pytest.mark.parametrize("option", [selectinload, joinedload])
def test_eager_loads_are_no_lazy_loads(make, caplog, option):
    world = make(CORMORANT_LAZY_LOAD_LIMIT=1)
    with world.app.app_context():
        assert sum(len(user.posts) for user in world.users(option(world.User.posts))) == 30
    with world.app.app_context():
        assert all(post.author for post in world.posts(option(world.Post.author)))
    assert messages(caplog) == []


def test_what_the_session_holds_costs_no_statement(make, caplog):
    world = make(CORMORANT_LAZY_LOAD_LIMIT=1)
    with world.app.app_context():
        held = world.users()
        assert all(post.author in held for post in world.posts())
    assert messages(caplog) == []


def test_flushes_load_what_they_must(make, caplog):
    world = make(CORMORANT_LAZY_LOAD_LIMIT=1)
    with world.app.app_context():
        users = world.users()
        for user in users:
            world.db.session.delete(user)
        world.db.session.flush()
        assert world.db.session.scalar(world.db.select(world.db.func.count(world.Post.user_id))) == 0
        world.db.session.rollback()
    assert messages(caplog) == []


@pytest.mark.parametrize("config", [{"CORMORANT_LAZY_LOAD_LIMIT": None}, {"CORMORANT_LAZY_LOAD_LIMIT": 0}])
def test_switched_off(make, caplog, config):
    world = make(**config)
    with world.app.app_context():
        assert sum(len(user.posts) for user in world.users()) == 30
    assert messages(caplog) == []


def test_not_without_debug_mode(make, caplog):
    world = make()
    world.app.debug = False
    with world.app.app_context():
        assert sum(len(user.posts) for user in world.users()) == 30
        assert world.db.session()._lazy_watch is None
    assert messages(caplog) == []


def test_the_line_of_a_template(make, caplog, tmp_path):
    world = make()
    (tmp_path / "users.html").write_text("{% for user in users %}\n\n{{ user.posts | length }}\n{% endfor %}")

    @world.app.get("/")
    def index():
        return flask.render_template("users.html", users=world.users())

    assert world.app.test_client().get("/").status_code == 200
    (message,) = messages(caplog)
    assert "users.html:3 (template)" in message


def test_recorded_queries_say_where_and_how_long(make, tmp_path):
    world = make(SQLALCHEMY_RECORD_QUERIES=True)
    (tmp_path / "user.html").write_text("\n{{ user.posts | length }}")
    with world.app.app_context():
        user = world.users()[0]
        flask.render_template("user.html", user=user)
        select, lazy = get_recorded_queries()
        assert "test_lazy_loads.py:" in select.location and "users.html" not in select.location
        assert lazy.location.endswith("user.html:2 (template)")
        assert 0 <= lazy.duration < 1 and 0 <= select.duration < 1
