"""What mixins and settings of declarative classes may say, and of which class it is understood."""

import pytest

import cormorant as sa
from cormorant import orm
from cormorant.orm import DeclarativeBase, Mapped, Session, column_property, declarative_base, declared_attr, mapped_column, registry


@pytest.fixture
def Base():
    return declarative_base()


def test_settings_of_a_mixin_mean_its_copies(Base):
    class Versioned:
        revision = sa.Column(sa.Integer)
        __mapper_args__ = {"version_id_col": revision}

    class Kind:
        @declared_attr
        def kind(cls):
            return sa.Column(sa.String(10))

        __mapper_args__ = {"polymorphic_on": kind}

    class Keyed:
        code: Mapped[int] = mapped_column()
        __mapper_args__ = {"primary_key": code}

    made = [type(name, (Versioned, Base), {"__tablename__": name, "id": sa.Column(sa.Integer, primary_key=True)}) for name in ("a", "b")]
    for cls in made:
        assert cls.__mapper__.version_id_col is cls.__table__.c.revision
    poly = type("P", (Kind, Base), {"__tablename__": "p", "id": sa.Column(sa.Integer, primary_key=True)})
    assert poly.__mapper__.polymorphic_on is poly.__table__.c.kind
    keyed = type("K", (Keyed, Base), {"__tablename__": "k"})
    assert list(keyed.__mapper__.primary_key) == [keyed.__table__.c.code]


def test_settings_of_a_mixin_hold_for_subclasses(Base):
    class Named:
        @declared_attr
        def __tablename__(cls):
            return cls.__name__.lower()

        __table_args__ = {"mysql_engine": "InnoDB"}

    class Top(Named, Base):
        id = sa.Column(sa.Integer, primary_key=True)

    class Joined(Top):
        id = sa.Column(sa.ForeignKey("top.id"), primary_key=True)

    class Single(Top):
        __tablename__ = None

    assert Joined.__table__.kwargs == {"mysql_engine": "InnoDB"} and Joined.__table__.name == "joined"
    assert Single.__table__ is Top.__table__


def test_functions_of_a_mapped_parent_are_asked_again(Base):
    class Top(Base):
        @declared_attr
        def __tablename__(cls):
            return cls.__name__.lower()

        @declared_attr
        def __mapper_args__(cls):
            return {"polymorphic_identity": cls.__name__}

        id = sa.Column(sa.Integer, primary_key=True)

    class Below(Top):
        id = sa.Column(sa.ForeignKey("top.id"), primary_key=True)

    assert Below.__table__.name == "below" and Below.__mapper__.polymorphic_identity == "Below"


def test_what_a_declared_attr_answers_is_made_once(Base):
    asked = []

    class Mixin:
        @declared_attr
        def label(cls):
            asked.append(cls.__name__)
            return cls.__name__ + "!"

        @declared_attr
        def size(cls):
            "How big it is."
            return sa.Column(sa.Integer)

    class A(Mixin, Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)

    assert (A.label, A.label, A.__dict__["label"]) == ("A!", "A!", "A!") and asked == ["A"]
    assert A.size.__doc__ == "How big it is."


def test_cascading_attributes_are_made_for_every_class_below(Base):
    class Mixin:
        @declared_attr.cascading
        def twice(cls):
            asked.append(cls.__name__)
            return column_property(cls.x + len(asked))

    asked = []

    class A(Mixin, Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        x = sa.Column(sa.Integer)

    class B(A):
        pass

    assert asked == ["A", "B"]
    with pytest.warns(sa.exc.SAWarning, match="Attribute 'twice' on class .*C.* cannot be processed due to @declared_attr.cascading"):
        type("C", (A,), {"twice": sa.Column(sa.Integer)})
    assert asked == ["A", "B", "C"]


def test_annotated_columns_of_a_mixin_are_seen_by_its_functions():
    class Base(DeclarativeBase):
        pass

    class Mixin:
        x: Mapped[int]
        y: Mapped[int] = mapped_column()

        @declared_attr
        def total(cls) -> Mapped[int]:
            return column_property(cls.x + cls.y)

    class A(Mixin, Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert str(sa.select(A.total)) == "SELECT a.x + a.y AS anon_1 \nFROM a"


def test_a_mixins_column_cannot_lead_to_another_of_its_columns(Base):
    class Mixin:
        id = sa.Column(sa.Integer, primary_key=True)
        parent_id = sa.Column(sa.Integer, sa.ForeignKey(id))

    with pytest.raises(sa.exc.InvalidRequestError, match="foreign keys to non-table-bound columns must be declared as @declared_attr"):
        type("A", (Mixin, Base), {"__tablename__": "a"})


def test_hooks_are_called_for_imperative_classes_too():
    reg, told = registry(), []

    class Model:
        @classmethod
        def __declare_first__(cls):
            told.append(("first", cls))

        @classmethod
        def __declare_last__(cls):
            told.append(("last", cls))

    reg.map_imperatively(Model, sa.Table("t", reg.metadata, sa.Column("id", sa.Integer, primary_key=True)))
    orm.configure_mappers()
    assert told == [("first", Model), ("last", Model)]


def test_keys_are_given_alone_or_by_name(Base):
    def of(key):
        body = {"__tablename__": "t%d" % len(Base.metadata.tables), "a": sa.Column(sa.Integer), "b": orm.relationship(lambda: None) if key == "b" else sa.Column(sa.Integer), "__mapper_args__": {"primary_key": key}}
        return type("A", (Base,), body)

    assert [c.name for c in of("a").__mapper__.primary_key] == ["a"]
    with pytest.raises(sa.exc.ArgumentError, match="Can't determine primary_key column 'q' - no attribute is mapped to this name"):
        of("q")
    with pytest.raises(sa.exc.ArgumentError, match="primary_key column 'b'; property does not refer to a single mapped Column"):
        of("b")


def test_any_expression_may_tell_classes_apart(Base):
    class Animal(Base):
        __tablename__ = "animal"
        id = sa.Column(sa.Integer, primary_key=True)
        legs = sa.Column(sa.Integer)
        __mapper_args__ = {"polymorphic_on": sa.case((legs == 2, "bird"), else_="beast")}

    class Bird(Animal):
        __mapper_args__ = {"polymorphic_identity": "bird"}

    class Beast(Animal):
        __mapper_args__ = {"polymorphic_identity": "beast"}

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(sa.insert(Animal.__table__), [{"legs": 2}, {"legs": 4}, {"legs": 6}])
        assert [type(a) for a in session.scalars(sa.select(Animal).order_by(Animal.legs))] == [Bird, Beast, Beast]
        assert [a.legs for a in session.scalars(sa.select(Bird))] == [2]
    assert not hasattr(Animal, "_sa_polymorphic_on")


def test_what_tells_classes_apart_is_checked():
    reg = registry()
    table = sa.Table("t", reg.metadata, sa.Column("id", sa.Integer, primary_key=True))

    class A:
        pass

    for given, words in (("nothing", "Can't determine polymorphic_on value 'nothing'"), (len, "Column expression or string key expected"),
                         ("self", "Only direct column-mapped property or SQL expression")):  # fmt: skip
        with pytest.raises(sa.exc.ArgumentError, match=words):
            reg.map_imperatively(A, table, polymorphic_on=given, properties={"self": orm.synonym("id")})
    reg.map_imperatively(A, table)  # what failed left nothing behind


def test_dataclasses_without_a_constructor_get_that_of_the_registry():
    reg = registry()

    @reg.mapped_as_dataclass(init=False)
    class A:
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    assert A(id=1, name="x").name == "x"
