"""`db.jsonify` and the JSON provider: Flask's own text, byte for byte, and entities by what was chosen of them."""

import contextlib
import dataclasses
import datetime
import decimal
import enum
import gc
import sys
import uuid

import flask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cormorant import exc
from cormorant import text as sql_text
from cormorant.ext.hybrid import hybrid_property
from cormorant.flask import JSONProvider, SQLAlchemy
from cormorant.orm import attribute_keyed_dict, selectinload


def make_app(**config):
    app = flask.Flask(__name__)
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", **config)
    return app


@pytest.fixture
def app():
    return make_app()


@pytest.fixture
def db(app):
    return SQLAlchemy(app)


@pytest.fixture
def models(app, db):
    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(50))
        password = db.Column(db.String(50))
        bio = db.deferred(db.Column(db.String(50)))
        posts = db.relationship("Post", back_populates="author", order_by="Post.id")
        keyed = db.relationship("Post", collection_class=attribute_keyed_dict("title"), viewonly=True)
        tagged = db.relationship("Post", collection_class=set, viewonly=True)

        @property
        def shout(self):
            return self.name.upper()

        @hybrid_property
        def initial(self):
            return self.name[0]

    class Post(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String(50))
        at = db.Column(db.DateTime)
        price = db.Column(db.Numeric(10, 2))
        user_id = db.Column(db.ForeignKey(User.id))
        author = db.relationship(User, back_populates="posts")

    with app.app_context():
        db.create_all()
        posts = [Post(title="first", at=datetime.datetime(2024, 2, 29, 13, 37, 1, 5), price=decimal.Decimal("1.50")), Post(title="second")]
        db.session.add(User(name="ada", password="secret", bio="long", posts=posts))
        db.session.commit()
    with app.app_context():
        yield User, Post


def text(response):
    assert response.mimetype == "application/json"
    return response.get_data(as_text=True)


# ---- choices


def test_columns_and_relationships(db, models):
    User, Post = models
    users = db.session.scalars(db.select(User).options(selectinload(User.posts))).all()
    answer = db.jsonify(users, only=[User.id, User.name, {User.posts: [Post.title, Post.at, Post.price]}])
    assert answer.json == [
        {
            "id": 1, "name": "ada",
            "posts": [{"title": "first", "at": "Thu, 29 Feb 2024 13:37:01 GMT", "price": "1.50"}, {"title": "second", "at": None, "price": None}],
        }
    ]  # fmt: skip


def test_one_list_serves_all_classes_and_cycles_are_cut(db, models):
    User, Post = models
    user = db.session.scalars(db.select(User).options(selectinload(User.posts))).one()
    answer = db.jsonify({"user": user, "n": 1}, only=[User.id, User.posts, Post.title, Post.author])
    assert answer.json == {"user": {"id": 1, "posts": [{"title": "first"}, {"title": "second"}]}, "n": 1}
    post = user.posts[0]
    assert db.jsonify(post, only=[Post.id, Post.author, User.posts]).json == {"id": 1, "author": {"posts": [{"id": 2}]}}


def test_names_labels_and_order(app, db, models):
    User, _ = models
    user = db.session.get(User, 1)
    app.json.sort_keys = False
    assert text(db.jsonify(user, only=["shout", "initial", User.name.label("called"), "id"])) == '{"shout":"ADA","initial":"a","called":"ada","id":1}\n'
    app.json.sort_keys = True
    assert text(db.jsonify(user, only=["shout", "initial", User.name.label("called"), "id"])) == '{"called":"ada","id":1,"initial":"a","shout":"ADA"}\n'


def test_collections_of_other_kinds(db, models):
    User, Post = models
    user = db.session.get(User, 1)
    answer = db.jsonify(user, only=[{User.keyed: [Post.id], User.tagged: [Post.id]}], load=True).json
    assert answer["keyed"] == {"first": {"id": 1}, "second": {"id": 2}}
    assert sorted(t["id"] for t in answer["tagged"]) == [1, 2]


def test_rows_and_results(app, db, models):
    User, Post = models
    app.json.sort_keys = False
    select, execute = db.select, db.session.execute
    assert text(db.jsonify(execute(select(Post.title, Post.id).order_by(Post.id)))) == '[{"title":"first","id":1},{"title":"second","id":2}]\n'
    assert text(db.jsonify(execute(select(Post.title, Post.id)).first())) == '{"title":"first","id":1}\n'
    assert text(db.jsonify(execute(select(Post.title, Post.id)).mappings())) == '[{"title":"first","id":1},{"title":"second","id":2}]\n'
    assert db.jsonify(db.session.scalars(select(Post.id))).json == [1, 2]
    assert db.jsonify(execute(select(User, Post.id.label("post")).join(Post)), only=[User.name]).json == [
        {"User": {"name": "ada"}, "post": 1}, {"User": {"name": "ada"}, "post": 2},
    ]  # fmt: skip
    assert db.jsonify(execute(select(Post.id, User.id).join(Post)).first()).json == {"id": 1, "id_1": 1}
    with pytest.raises(TypeError, match="two columns of the row are called 'id'"):
        db.jsonify(execute(sql_text("SELECT 1 AS id, 2 AS id")))


def test_new_and_pending_instances(db, models):
    User, Post = models
    assert db.jsonify(User(name="new"), only=[User.id, User.name, User.posts]).json == {"id": None, "name": "new", "posts": []}
    with pytest.raises(TypeError, match="Object of type Post .* only=.Post.id"):
        db.jsonify(User(posts=[Post()]), only=[User.id, User.posts])


def test_subclasses(app, db):
    class Animal(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        kind = db.Column(db.String(20))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Dog(Animal):
        tricks = db.Column(db.Integer)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    with app.app_context():
        db.create_all()
        kept = [Animal(), Dog(tricks=3)]
        db.session.add_all(kept)
        db.session.flush()
        found = db.session.scalars(db.select(Animal).order_by(Animal.id)).all()
        assert found == kept and db.jsonify(found, only=[Animal.kind, Dog.tricks]).json == [{"kind": "animal"}, {"kind": "dog", "tricks": 3}]


@pytest.mark.parametrize("only, error, words", [
    ([3], TypeError, "3 is no attribute"), ("id", TypeError, "list of attributes"), (["nothing"], AttributeError, "User has no attribute 'nothing'"),
])  # fmt: skip
def test_wrong_choices(db, models, only, error, words):
    with pytest.raises(error, match=words):
        db.jsonify(db.session.get(models[0], 1), only=only)


def test_wrong_choices_of_relationships(db, models):
    User, _ = models
    user = db.session.get(User, 1)
    with pytest.raises(TypeError, match="relationships, as in .*User.name"):
        db.jsonify(user, only=[{User.name: []}])
    with pytest.raises(TypeError, match="two attributes of class User are to be called 'id'"):
        db.jsonify(user, only=[User.id, User.name.label("id")])
    with pytest.raises(TypeError, match="properties by name"):
        db.jsonify(user, only=[User.shout])


# ---- nothing whole, nothing by accident


def test_entities_are_not_written_whole(app, db, models):
    user = db.session.get(models[0], 1)
    for write in (db.jsonify, flask.jsonify, app.json.dumps):
        with pytest.raises(TypeError, match=r"Object of type User is not JSON serializable.*only=\[User.id.*to_dict"):
            write(user)
        with pytest.raises(TypeError, match="User"):
            write({"users": [user]})


def test_no_accidental_loads(app, db, models):
    User, Post = models
    user = db.session.get(User, 1)
    with pytest.raises(exc.InvalidRequestError, match=r"User.posts .*selectinload\(User.posts\)"):
        db.jsonify(user, only=[User.posts, Post.id])
    with pytest.raises(exc.InvalidRequestError, match=r"User.bio .*undefer\(User.bio\)"):
        db.jsonify(user, only=[User.bio])
    post = db.session.get(Post, 1)
    assert db.jsonify(post, only=[{Post.author: [User.name]}]).json == {"author": {"name": "ada"}}, "the session holds it"
    db.session.commit()
    with pytest.raises(exc.InvalidRequestError, match="User.id .*expired.*refresh"):
        db.jsonify(user, only=[User.id])
    assert db.jsonify(user, only=[User.id, User.bio, {User.posts: [Post.id]}], load=True).json == {"id": 1, "bio": "long", "posts": [{"id": 1}, {"id": 2}]}


def test_relationships_that_are_queries(app, db):
    class Parent(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        some = db.relationship("Child", lazy="dynamic")
        more = db.relationship("Child", lazy="write_only", overlaps="some")

    class Child(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        parent_id = db.Column(db.ForeignKey(Parent.id))

    with app.app_context():
        db.create_all()
        parent = Parent()
        db.session.add_all([parent, Child(id=1, parent_id=1)])
        db.session.flush()
        for name in ("some", "more"):
            with pytest.raises(exc.InvalidRequestError, match=f"Parent.{name} .* is a query"):
                db.jsonify(parent, only=[name])
        assert db.jsonify(parent, only=[{Parent.some: [Child.id]}], load=True).json == {"some": [{"id": 1}]}
        assert db.jsonify(parent.some.all(), only=[Child.id]).json == [{"id": 1}]


def test_detached(db, models):
    User, _ = models
    user = db.session.get(User, 1)
    db.session.expunge(user)
    assert db.jsonify(user, only=[User.name]).json == {"name": "ada"}
    with pytest.raises(exc.InvalidRequestError, match="User.posts"):
        db.jsonify(user, only=[User.posts])


def test_to_dict_of_a_model(app, db, models):
    User, _ = models
    User.to_dict = lambda self: {"who": self.name}
    user = db.session.get(User, 1)
    assert db.jsonify([user]).json == flask.jsonify([user]).json == [{"who": "ada"}]
    assert db.jsonify(user, only=[User.id]).json == {"id": 1}
    User.to_dict = lambda self: self
    with pytest.raises(ValueError, match="Circular"):
        db.jsonify(user)


def test_models_that_are_dataclasses_by_their_author(app, db):
    @dataclasses.dataclass
    class Tag(db.Model):
        id: int
        id = db.Column(db.Integer, primary_key=True)
        hidden = db.Column(db.Integer)

    with app.app_context():
        assert flask.jsonify(Tag(id=1)).json == db.jsonify(Tag(id=1)).json == {"id": 1}


# ---- the text is Flask's


class Color(enum.Enum):
    RED = 1


class Word(str, enum.Enum):
    A = 'a"'


class Number(enum.IntEnum):
    ONE = 1


@dataclasses.dataclass
class Point:
    x: int
    when: datetime.date


class Html:
    def __html__(self):
        return "<b>é</b>"


ZONE = datetime.timezone(datetime.timedelta(hours=2))
dates = st.datetimes(min_value=datetime.datetime(1, 1, 3), timezones=st.sampled_from([None, datetime.timezone.utc, ZONE]))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.text(st.characters(max_codepoint=127)), dates, st.dates(), st.uuids(),
    st.decimals(), st.integers(-(10**9), 10**9).map(lambda n: n / 100), st.integers(-(10**6), 10**6).map(lambda n: n / 10000),
    st.sampled_from([Word.A, Number.ONE, Html(), Point(1, datetime.date(2024, 1, 1)), "\ud800", 1e16, 1e22, 5e-324, 0.1 + 0.2, 10**400 // 10**390]),
)  # fmt: skip
keys = st.one_of(st.text(), st.text("abcé\U0001f600", max_size=3))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4) | st.tuples(inner, inner), max_leaves=12)
mixed_keys = st.one_of(st.text(max_size=2), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none())
ours, flasks = make_app(), make_app()
ours.json = JSONProvider(ours)


@given(values, st.booleans(), st.booleans(), st.sampled_from([None, True, False]), st.booleans())
@settings(deadline=None, max_examples=400)
def test_same_bytes_as_flask(value, sort, ascii_, compact, debug):
    for app in (ours, flasks):
        app.json.sort_keys, app.json.ensure_ascii, app.json.compact, app.debug = sort, ascii_, compact, debug
    assert ours.json.dumps(value) == flasks.json.dumps(value)
    try:
        expected = flasks.json.response(value).get_data()
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            ours.json.response(value)
        return
    assert ours.json.response(value).get_data() == expected


@given(st.dictionaries(mixed_keys, st.integers(), max_size=5), st.booleans(), st.sampled_from([None, 0, 1, "\t"]))
@settings(deadline=None)
def test_keys_of_all_kinds(value, sort, indent):
    def outcome(app):
        try:
            return app.json.dumps(value, sort_keys=sort, indent=indent)
        except TypeError:
            return TypeError

    assert outcome(ours) == outcome(flasks)


@pytest.mark.parametrize("value", [b"x", Color.RED, {1, 2}, object(), datetime.time(1), datetime.timedelta(1), {(1, 2): 3}, range(3)])
def test_same_refusals_as_flask(value):
    errors = []
    for app in (ours, flasks):
        with pytest.raises(TypeError) as info:
            app.json.dumps([value])
        errors.append(str(info.value))
    assert errors[0] == errors[1]


def test_circles_and_depth():
    circle = []
    circle.append({"a": circle})
    with pytest.raises(ValueError, match="Circular reference detected"):
        ours.json.dumps(circle)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RecursionError):
        ours.json.dumps(deep)


def test_a_default_of_the_program(app, db, models):
    app.json = JSONProvider(app)
    app.json.default = lambda o: "when" if isinstance(o, datetime.date) else flask.json.provider.DefaultJSONProvider.default(o)
    assert db.jsonify([datetime.date(2024, 1, 1), uuid.UUID(int=0)]).json == ["when", str(uuid.UUID(int=0))]
    app.json.default = lambda o: f"a {type(o).__name__}"
    assert flask.jsonify(db.session.get(models[0], 1)).json == "a User"


def test_provider_by_configuration():
    app = make_app(CORMORANT_JSON_PROVIDER=True)
    SQLAlchemy(app)
    assert type(app.json) is JSONProvider
    with app.app_context():
        assert flask.jsonify(a=1, b=[decimal.Decimal("1.0")]).get_data() == b'{"a":1,"b":["1.0"]}\n'
        assert flask.jsonify(1, 2).json == [1, 2] and flask.jsonify().json is None
        assert app.json.dumps(float("inf")) == "Infinity"
        with pytest.raises(ValueError):
            app.json.dumps(float("inf"), allow_nan=False)


def test_providers_of_others_are_refused(app, db):
    class Other(flask.json.provider.JSONProvider):
        pass

    app.json = Other(app)
    with app.app_context(), pytest.raises(TypeError, match="app.json is a Other"):
        db.jsonify(1)


def test_dictionaries_that_change_meanwhile(app, db):
    changing = {"a": Html(), "b": 1}
    Html.__html__, before = (lambda self: changing.clear() or "x"), Html.__html__
    try:
        with app.app_context(), pytest.raises(RuntimeError, match="changed size"):
            db.jsonify(changing)
    finally:
        Html.__html__ = before


def test_dataclasses_made_by_the_mapping_are_not_written_whole(app):
    from cormorant.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    db = SQLAlchemy(app, model_class=Base)

    class Account(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        secret: Mapped[str]

    with app.app_context():
        for write in (db.jsonify, flask.jsonify):
            with pytest.raises(TypeError, match="Account is not JSON serializable"):
                write(Account(secret="x"))
        assert db.jsonify(Account(secret="x"), only=[Account.id]).json == {"id": None}


def test_instances_that_keep_their_values_in_dictionaries(app, db, models):
    from cormorant.orm import registry

    User, _ = models
    user = db.session.get(User, 1)
    assert user.__dict__["name"] == "ada"
    assert db.jsonify(user, only=[User.name]).json == {"name": "ada"}
    with pytest.raises(exc.InvalidRequestError, match="User.bio"):
        db.jsonify(user, only=[User.bio])

    class Plain:
        pass

    registry().map_imperatively(Plain, db.Table("plain", db.Column("id", db.Integer, primary_key=True), db.Column("word", db.String)))
    one = Plain()
    one.word = "w"
    assert db.jsonify([one], only=[Plain.id, Plain.word]).json == [{"id": None, "word": "w"}]
    with pytest.raises(TypeError, match="Plain"):
        db.jsonify(one)


def test_nothing_stays_behind(app, db, models):
    User, Post = models
    user = db.session.get(User, 1)
    rows = db.session.execute(db.select(Post.id, Post.title)).all()
    attempts = [
        lambda: db.jsonify([user], only=["shout", User.name.label("n"), {User.posts: [Post.id, Post.author]}], load=True),
        lambda: db.jsonify({"b": rows, "a": [1.5, {2: 3}]}),
        lambda: db.jsonify(user, only=[User.bio, 3]), lambda: db.jsonify(user, only=[User.id, User.name.label("id")]),
        lambda: db.jsonify([{"x": [user, object()]}], only=[User.id]), lambda: db.jsonify(["\ud800"]),
    ]  # fmt: skip

    def run(times):
        for _ in range(times):
            for attempt in attempts:
                with contextlib.suppress(TypeError, exc.InvalidRequestError, UnicodeEncodeError):
                    attempt()
        gc.collect()
        return sys.getallocatedblocks()

    before = run(50)
    assert run(300) - before < 300
