"""Names of tables made from names of classes, and bases of models."""

import pytest


@pytest.fixture(params=["classic", "declarative", "no_meta"])
def named(request, package, app):
    """An extension on each kind of base."""
    if request.param == "classic":
        return package.SQLAlchemy(app)
    if request.param == "declarative":

        class Base(package.orm.DeclarativeBase):
            pass

    else:

        class Base(package.orm.DeclarativeBaseNoMeta):
            pass

    return package.SQLAlchemy(app, model_class=Base)


@pytest.mark.parametrize(
    ("name", "expect"),
    [
        ("CamelCase", "camel_case"), ("Snake_case", "snake_case"), ("HTMLLayout", "html_layout"), ("LayoutHTML", "layout_html"),
        ("HTTP2Request", "http2_request"), ("ShoppingCartSession", "shopping_cart_session"), ("ABC", "abc"), ("PreABC", "pre_abc"),
        ("ABCPost", "abc_post"), ("PreABCPost", "pre_abc_post"), ("HTTP2RequestSession", "http2_request_session"), ("UserST4", "user_st4"),
        ("HTTP2ClientType3EncoderParametersSSE", "http2_client_type3_encoder_parameters_sse"), ("User", "user"),
        ("LONGName4TestingCamelCase2snake_caseXYZ", "long_name4_testing_camel_case2snake_case_xyz"), ("FooBarSSE2", "foo_bar_sse2"),
        ("AlarmMessageSS2SignalTransformer", "alarm_message_ss2_signal_transformer"), ("_Hidden", "hidden"),
    ],
)
def test_camel_to_snake_case(package, name, expect):
    assert package.module("model").camel_to_snake_case(name) == expect


def test_made_from_the_class(named):
    class FOOBar(named.Model):
        id = named.Column(named.Integer, primary_key=True)

    class BazBar(named.Model):
        id = named.Column(named.Integer, primary_key=True)

    class Ham(named.Model):
        __tablename__ = "spam"
        id = named.Column(named.Integer, primary_key=True)

    assert FOOBar.__tablename__ == "foo_bar" and BazBar.__tablename__ == "baz_bar"
    assert Ham.__tablename__ == "spam" and Ham.__table__.name == "spam"


def test_single_table_child(named):
    class Duck(named.Model):
        id = named.Column(named.Integer, primary_key=True)
        kind = named.Column(named.String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "duck"}

    class Mallard(Duck):
        __mapper_args__ = {"polymorphic_identity": "mallard"}

    assert "__tablename__" not in Mallard.__dict__ and Mallard.__table__ is Duck.__table__


def test_single_table_child_with_columns(named):
    class Duck(named.Model):
        id = named.Column(named.Integer, primary_key=True)

    class Mallard(Duck):
        extra = named.Column(named.Integer)

    assert Mallard.__table__ is Duck.__table__ and "extra" in Duck.__table__.c


def test_joined_child(named):
    class Duck(named.Model):
        id = named.Column(named.Integer, primary_key=True)

    class Donald(Duck):
        id = named.Column(named.Integer, named.ForeignKey(Duck.id), primary_key=True)

    assert Donald.__tablename__ == "donald" and Donald.__table__ is not Duck.__table__


def test_mixin_with_a_primary_key(named):
    class Base:
        id = named.Column(named.Integer, primary_key=True)

    class Duck(Base, named.Model):
        pass

    assert not hasattr(Base, "__tablename__") and Duck.__tablename__ == "duck"


def test_mixin_with_a_name(named):
    class Mixin:
        __tablename__ = "from_mixin"

    class Model(Mixin, named.Model):
        id = named.Column(named.Integer, primary_key=True)

    assert Model.__tablename__ == "from_mixin"


def test_mixin_with_a_declared_name(package, named):
    class Mixin:
        @package.orm.declared_attr
        def __tablename__(cls):
            return cls.__name__.upper()

    class Bird(Mixin, named.Model):
        id = named.Column(named.Integer, primary_key=True)

    class Duck(Bird):
        id = named.Column(named.ForeignKey(Bird.id), primary_key=True)

    assert Bird.__tablename__ == "BIRD" and Duck.__tablename__ == "DUCK"


def test_mixin_after_the_model(named):
    class Plain:
        color = "red"

    class Thing(named.Model, Plain):
        id = named.Column(named.Integer, primary_key=True)

    assert Thing.__tablename__ == "thing" and Thing.color == "red"


def test_abstract(named):
    class Base(named.Model):
        __abstract__ = True
        id = named.Column(named.Integer, primary_key=True)

    class Duck(Base):
        pass

    class Named(named.Model):
        __abstract__ = True
        __tablename__ = "given"
        id = named.Column(named.Integer, primary_key=True)

    class Child(Named):
        pass

    assert not hasattr(Base, "__tablename__") and Duck.__tablename__ == "duck"
    assert Child.__tablename__ == "given"


def test_abstract_without_a_key(named):
    class Base(named.Model):
        __abstract__ = True
        note = named.Column(named.String(9))

    class Duck(Base):
        id = named.Column(named.Integer, primary_key=True)

    assert Duck.__tablename__ == "duck" and set(Duck.__table__.c.keys()) == {"id", "note"}


def test_name_of_a_parent_is_not_inherited(named):
    class Bird(named.Model):
        __tablename__ = "feathered"
        id = named.Column(named.Integer, primary_key=True)

    class Duck(Bird):
        id = named.Column(named.ForeignKey(Bird.id), primary_key=True)

    assert Duck.__tablename__ == "duck"


def test_compound_primary_key(named):
    class Pair(named.Model):
        a = named.Column(named.Integer)
        b = named.Column(named.Integer)
        __table_args__ = (named.PrimaryKeyConstraint("a", "b"),)

    assert Pair.__tablename__ == "pair" and [c.name for c in Pair.__table__.primary_key] == ["a", "b"]


def test_no_primary_key(package, named):
    with pytest.raises(package.exc.ArgumentError, match="primary key"):

        class User(named.Model):
            name = named.Column(named.String)


def test_own_table(named):
    class User(named.Model):
        __table__ = named.Table("people", named.Column("id", named.Integer, primary_key=True))

    assert User.__table__.name == "people"


def test_mapped_columns(package, named):
    orm = package.orm

    class User(named.Model):
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str]

    assert User.__tablename__ == "user" and not User.__table__.c.name.nullable


def test_schema(named):
    class User(named.Model):
        __table_args__ = {"schema": "elsewhere"}
        id = named.Column(named.Integer, primary_key=True)

    assert User.__table__.fullname == "elsewhere.user"


def test_models_work(named, app):
    class User(named.Model):
        id = named.Column(named.Integer, primary_key=True)
        name = named.Column(named.String(9))

    with app.app_context():
        named.create_all()
        user = User(name="ed")
        named.session.add(user)
        named.session.commit()
        assert User.query.filter_by(name="ed").one() is user
        assert repr(user) == "<User 1>"


@pytest.mark.parametrize("kind", ["classic", "declarative"])
def test_disable_autonaming(package, app, kind):
    if kind == "classic":
        db = package.SQLAlchemy(app, disable_autonaming=True)
    else:

        class Base(package.orm.DeclarativeBase):
            pass

        db = package.SQLAlchemy(app, disable_autonaming=True, model_class=Base)
    with pytest.raises(package.exc.InvalidRequestError, match="does not have a __table__ or __tablename__"):

        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)

    class Named(db.Model):
        __tablename__ = "named"
        id = db.Column(db.Integer, primary_key=True)

    assert Named.__table__.name == "named"


def test_custom_model_class(package, app):
    class Custom(package.module("model").Model):
        def hello(self):
            return "hello"

    db = package.SQLAlchemy(app, model_class=Custom)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    assert isinstance(User(), Custom) and User().hello() == "hello"


def test_custom_declarative_class(package, app):
    model = package.module("model")

    class Meta(model.DefaultMeta):
        def __new__(mcs, name, bases, d, **kwargs):
            d["made_by_meta"] = name
            return super().__new__(mcs, name, bases, d, **kwargs)

    Base = package.orm.declarative_base(cls=model.Model, metaclass=Meta, name="Model")
    Base.made_before = True
    db = package.SQLAlchemy(app, model_class=Base)
    assert db.Model is Base and db.metadata is Base.metadata and db.Model.query_class is db.Query


def test_two_declarative_bases(package, app):
    class Both(package.orm.DeclarativeBase, package.orm.DeclarativeBaseNoMeta):
        pass

    with pytest.raises(ValueError, match="Only one declarative base"):
        package.SQLAlchemy(app, model_class=Both)


def test_attributes_of_a_declarative_base_are_kept(package, app):
    class Base(package.orm.DeclarativeBase):
        metadata = package.sa.MetaData(naming_convention={"pk": "key_of_%(table_name)s"})

        def hello(self):
            return "hello"

    db = package.SQLAlchemy(app, model_class=Base)
    assert db.metadata is Base.metadata and db.metadata.info["bind_key"] is None

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    assert User.__table__.primary_key.name == "key_of_user" and User().hello() == "hello"


def test_metadata_beside_a_declarative_base_is_ignored(package, app):
    class Base(package.orm.DeclarativeBase):
        pass

    metadata = package.sa.MetaData()
    with pytest.warns(DeprecationWarning, match="attribute of the base class"):
        db = package.SQLAlchemy(app, model_class=Base, metadata=metadata)
    assert db.metadata is not metadata


def test_repr_of_a_model(app, db, Todo):
    with app.app_context():
        todo = Todo(title="x")
        assert repr(todo) == f"<Todo (transient {id(todo)})>"
        db.session.add(todo)
        assert repr(todo) == f"<Todo (pending {id(todo)})>"
        db.session.flush()
        assert repr(todo) == "<Todo 1>"


def test_repr_of_a_compound_key(app, db):
    class Pair(db.Model):
        a = db.Column(db.Integer, primary_key=True)
        b = db.Column(db.String(9), primary_key=True)

    with app.app_context():
        db.create_all()
        pair = Pair(a=1, b="x")
        db.session.add(pair)
        db.session.flush()
        assert repr(pair) == "<Pair 1, x>"


def test_types_of_annotations_of_a_base(package, app):
    class Base(package.orm.DeclarativeBase):
        registry = package.orm.registry(type_annotation_map={str: package.sa.String(77)})

    db = package.SQLAlchemy(app, model_class=Base)

    class User(db.Model):
        id: package.orm.Mapped[int] = package.orm.mapped_column(primary_key=True)
        name: package.orm.Mapped[str]

    assert User.__table__.c.name.type.length == 77


def test_properties_of_classes_are_not_asked(named):
    asked = []

    class ClassProperty:
        def __get__(self, instance, owner):
            asked.append(owner)

    class Duck(named.Model):
        id = named.Column(named.Integer, primary_key=True)

    class Witch(Duck):
        is_duck = ClassProperty()

    assert asked == [] and Witch.__table__ is Duck.__table__


def test_inheritance_of_several_levels(named):
    class Duck(named.Model):
        id = named.Column(named.Integer, primary_key=True)

    class IdMixin:
        @named.declared_attr
        def id(cls):
            return named.Column(named.Integer, named.ForeignKey(Duck.id), primary_key=True)

    class RubberDuck(IdMixin, Duck):
        pass

    class Yellow(RubberDuck):
        pass

    assert RubberDuck.__tablename__ == "rubber_duck" and Yellow.__table__ is RubberDuck.__table__


def test_same_name_on_two_binds(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(app)
    first = db.Table("t", db.Column("a", db.Integer))
    second = db.Table("t", db.Column("b", db.Integer), bind_key="other")
    assert first is not second and first.metadata is not second.metadata


def test_metadata_of_a_table_wins_over_its_bind_key(package, app, db):
    metadata = package.sa.MetaData()
    table = db.Table("t", metadata, db.Column("a", db.Integer), bind_key="other")
    assert table.metadata is metadata
