"""Declaring mapped classes: Column and Mapped styles, mixins, abstract bases, plain classes."""

import datetime
import decimal
import enum
import typing

import pytest

import cormorant as sa
from cormorant import orm
from cormorant.orm import DeclarativeBase, Mapped, declarative_base, declared_attr, mapped_column, registry, relationship


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


def test_annotations_give_types_and_nullability(Base):
    class Colour(enum.Enum):
        RED = 1

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(sa.String(40))
        nick: Mapped[typing.Optional[str]]
        price: Mapped[decimal.Decimal]
        made: Mapped[datetime.datetime]
        colour: Mapped[Colour]
        forced: Mapped[typing.Optional[int]] = mapped_column(nullable=False)

    c = Thing.__table__.c
    assert [x.name for x in c] == ["id", "name", "nick", "price", "made", "colour", "forced"]
    assert c.id.primary_key and isinstance(c.id.type, sa.Integer)
    assert c.name.type.length == 40 and not c.name.nullable
    assert c.nick.nullable and isinstance(c.nick.type, sa.String)
    assert isinstance(c.price.type, sa.Numeric) and isinstance(c.made.type, sa.DateTime)
    assert isinstance(c.colour.type, sa.Enum) and c.colour.type.enum_class is Colour
    assert not c.forced.nullable


def test_column_style():
    Base = declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column("user_name", sa.String(20), nullable=False)

    assert User.__table__.c.keys() == ["id", "user_name"]
    assert User.name.key == "name" and User.name.property.columns[0] is User.__table__.c.user_name
    u = User(name="ed")
    assert u.name == "ed" and u.id is None
    assert str(User.name == "x") == "users.user_name = :user_name_1"


def test_unknown_keyword_is_refused(Base):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(TypeError, match="'nope' is an invalid keyword argument for User"):
        User(nope=1)
    with pytest.raises(TypeError):
        User(1)


def test_own_constructor(Base):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

        def __init__(self, first, **kw):
            super().__init__(name=first.upper(), **kw)

    u = User("ed", id=3)
    assert (u.id, u.name) == (3, "ED")


def test_mixins_and_declared_attr(Base):
    class Stamped:
        created: Mapped[datetime.datetime] = mapped_column(default=datetime.datetime.now)

        @declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower()

        @declared_attr
        def owner_id(cls) -> Mapped[int]:
            return mapped_column(sa.ForeignKey("owner.id"))

        @declared_attr
        def owner(cls) -> Mapped["Owner"]:
            return relationship("Owner")

    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    class A(Stamped, Base):
        id: Mapped[int] = mapped_column(primary_key=True)

    class B(Stamped, Base):
        id: Mapped[int] = mapped_column(primary_key=True)

    assert A.__tablename__ == "a" and B.__table__.name == "b"
    assert A.__table__.c.created is not B.__table__.c.created
    assert A.owner_id.property.columns[0].table is A.__table__
    assert A.owner.property.mapper.class_ is Owner
    o = Owner()
    assert A(owner=o).owner is o
    assert isinstance(A.__table__.c.owner_id.type, sa.Integer)


def test_abstract_base(Base):
    class Common(Base):
        __abstract__ = True
        id: Mapped[int] = mapped_column(primary_key=True)

        def hello(self):
            return f"hello {self.id}"

    class User(Common):
        __tablename__ = "user"

    assert not hasattr(Common, "__table__")
    assert User(id=4).hello() == "hello 4"


def test_no_table_name_is_an_error(Base):
    with pytest.raises(sa.exc.InvalidRequestError, match="does not have a __table__ or __tablename__"):

        class User(Base):
            id: Mapped[int] = mapped_column(primary_key=True)


def test_no_primary_key_is_an_error(Base):
    with pytest.raises(sa.exc.ArgumentError, match="could not assemble any primary key"):

        class User(Base):
            __tablename__ = "user"
            name: Mapped[str]


def test_table_args_and_given_table(Base):
    class User(Base):
        __tablename__ = "user"
        __table_args__ = (sa.UniqueConstraint("a", "b", name="uq_ab"), {"info": {"x": 1}})
        id: Mapped[int] = mapped_column(primary_key=True)
        a: Mapped[int]
        b: Mapped[int]

    assert User.__table__.info == {"x": 1}
    assert any(c.name == "uq_ab" for c in User.__table__.constraints)

    table = sa.Table("given", Base.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.String))

    class Given(Base):
        __table__ = table
        term = table.c.word

    assert Given(term="x").term == "x" and not hasattr(Given, "word")


def test_column_added_before_the_first_use(Base):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)

    User.extra = sa.Column(sa.String(5))
    assert "extra" in User.__table__.c
    u = User(extra="abc")
    assert u.extra == "abc"


def test_imperative_mapping():
    reg = registry()
    table = sa.Table("user", reg.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))

    class User:
        def __init__(self, name):
            self.name = name
            self.free = 1

    reg.map_imperatively(User, table)
    u = User("ed")
    assert u.name == "ed" and u.id is None and u.free == 1
    assert set(u.__dict__) == {"name", "free", "_sa_instance_state"}
    assert isinstance(User.name, orm.InstrumentedAttribute)


def test_registry_mapped_decorator():
    reg = registry()

    @reg.mapped
    class User:
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    assert User(name="x").name == "x"
    with pytest.raises(TypeError):
        User(other=1)


def test_annotated_and_type_map():
    pk = typing.Annotated[int, mapped_column(primary_key=True)]
    str30 = typing.Annotated[str, 30]

    class Base(DeclarativeBase):
        type_annotation_map = {str30: sa.String(30), str: sa.Text()}

    class User(Base):
        __tablename__ = "user"
        id: Mapped[pk]
        short: Mapped[str30]
        long: Mapped[str]

    c = User.__table__.c
    assert c.id.primary_key and c.short.type.length == 30 and isinstance(c.long.type, sa.Text)


def test_inspection_of_a_class(Base):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        parent_id: Mapped[typing.Optional[int]] = mapped_column(sa.ForeignKey("user.id"))
        children: Mapped[typing.List["User"]] = relationship(back_populates="parent")
        parent: Mapped[typing.Optional["User"]] = relationship(back_populates="children", remote_side=[id])

    m = sa.inspect(User)
    assert m.class_ is User and m.local_table is User.__table__
    assert [c.name for c in m.primary_key] == ["id"]
    assert m.column_attrs.keys() == ["id", "name", "parent_id"]
    assert set(m.relationships.keys()) == {"children", "parent"}
    assert m.relationships["parent"].direction is orm.MANYTOONE
    assert m.relationships.children.uselist
    assert m.attrs.name.class_attribute is User.name
    assert m.get_property("name").columns[0] is User.__table__.c.name


def test_validates(Base):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        email: Mapped[str]

        @orm.validates("email")
        def check(self, key, value):
            if "@" not in value:
                raise ValueError("no email")
            return value.lower()

    u = User(email="A@B")
    assert u.email == "a@b"
    with pytest.raises(ValueError):
        u.email = "x"
    assert u.email == "a@b"


def test_synonym_and_column_property(Base):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        first: Mapped[str] = mapped_column()
        last: Mapped[str] = mapped_column()
        full = orm.column_property(first + " " + last)
        given = orm.synonym("first")

    u = User(given="a", last="b")
    assert u.first == u.given == "a"
    assert '"user".first || ' in str(sa.select(User.full))
    assert str(User.given == "x") == str(User.first == "x")


def test_a_function_says_what_it_declares(Base):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Owned:
        @declared_attr
        def owner_id(cls) -> Mapped[int]:
            return mapped_column(sa.ForeignKey("user.id"))

        @declared_attr
        def owner(cls) -> Mapped[User]:
            return relationship()

    class Item(Owned, Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Item.owner.property.mapper is User.__mapper__ and Item.owner.property.uselist is False
    assert not Item.__table__.c.owner_id.nullable


def test_tables_read_from_the_database(Base):
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT)")

    class Thing(Base):
        __tablename__ = "thing"
        __autoload_with__ = engine

    assert Thing.__table__.c.keys() == ["id", "name"] and Thing(name="x").name == "x"


def test_strings_may_take_a_column_of_a_property(Base):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship("Child", primaryjoin="Parent.id == foreign(Child.parent_id.prop.columns[0])")

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int]

    assert Parent.children.property.local_remote_pairs == [(Parent.__table__.c.id, Child.__table__.c.parent_id)]

    class Lost(Base):
        __tablename__ = "lost"
        id: Mapped[int] = mapped_column(primary_key=True)
        child = relationship("child", primaryjoin="Lost.id == foreign(Child.id)")

    with pytest.raises(sa.exc.ArgumentError, match="relationship 'child' expects a class or a mapper argument .received: .*Table"):
        orm.configure_mappers()
    Base.registry.dispose()


def test_constraints_of_a_column_property(Base):
    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        code = orm.column_property(sa.Column(sa.Integer))
        later = orm.deferred(sa.Column(sa.Integer))
        __table_args__ = (sa.UniqueConstraint(code, later),)

    unique = next(c for c in Thing.__table__.constraints if isinstance(c, sa.UniqueConstraint))
    assert list(unique.columns) == [Thing.__table__.c.code, Thing.__table__.c.later]


def test_a_joined_class_may_lead_to_a_table_that_comes_later(Base):
    class Customer(Base):
        __tablename__ = "customer"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Store(Customer):
        __tablename__ = "store"
        id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"), primary_key=True)
        retailer_id: Mapped[int] = mapped_column(sa.ForeignKey("retailer.id"))
        retailer: Mapped["Retailer"] = relationship(foreign_keys=retailer_id)

    class Retailer(Customer):
        __tablename__ = "retailer"
        id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"), primary_key=True)

    assert Store.retailer.property.mapper is Retailer.__mapper__
    assert orm.with_polymorphic(Customer, Store).Store.retailer_id is not None


def test_what_annotated_columns_say(Base):
    made = typing.Annotated[str, mapped_column(sa.String(5), deferred=True, sort_order=-1, doc="d", info={"a": 1}, active_history=True, unique=True)]
    named = typing.Annotated[int, mapped_column("other", init=False)]

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)

    key = typing.Annotated[int, mapped_column(sa.ForeignKey("user.id"))]

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        bare: Mapped[made]
        said: Mapped[made] = mapped_column(sa.String(9), doc="mine")
        user_id: Mapped[key] = mapped_column()
        user: Mapped[User] = relationship(foreign_keys=[user_id])

    with pytest.warns(sa.exc.SADeprecationWarning) as told:
        type("B", (Base,), {"__tablename__": "b", "id": mapped_column(primary_key=True), "__annotations__": {"id": Mapped[int], "x": Mapped[named]}})
    c = A.__table__.c
    assert c.keys() == ["bare", "said", "id", "user_id"] and Base.metadata.tables["b"].c.keys() == ["id", "x"]
    assert (c.bare.type.length, c.said.type.length, c.bare.doc, c.said.doc) == (5, 9, "d", "mine")
    for name in ("bare", "said"):
        prop = A.__mapper__.attrs[name]
        assert prop.deferred and prop.active_history and c[name].unique and c[name].info == {"a": 1}
    assert A.user.property.local_columns == {c.user_id}
    assert ["'key' or 'name'" in str(told[0].message), "'init'" in str(told[1].message)] == [True, True]


def test_listeners_of_a_registry(Base):
    class Point:
        pass

    told = []

    @sa.event.listens_for(Base, "resolve_type_annotation")
    def resolve(found):
        told.append((found.registry, found.cls.__name__, found.key, found.raw_type, found.resolved_type, found.raw_pep_593_type, found.raw_pep_695_type))
        return {Point: sa.String(20), decimal.Decimal: found.resolve(str)}.get(found.resolved_type)

    for name in ("before_configured", "after_configured"):
        sa.event.listen(Base.registry, name, lambda reg, name=name: told.append((name, reg)))
    money = typing.Annotated[decimal.Decimal, "money"]

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        place: Mapped[typing.Optional[Point]]
        price: Mapped[money]

    reg = Base.registry
    assert told == [
        (reg, "A", "id", int, int, None, None), (reg, "A", "place", typing.Optional[Point], Point, None, None), (reg, "A", "price", money, decimal.Decimal, money, None),
    ]
    assert A.__table__.c.place.type.length == 20 and A.__table__.c.place.nullable and type(A.__table__.c.price.type) is sa.String
    told.clear()
    reg.configure()
    assert told == [("before_configured", reg), ("after_configured", reg)]
    other = orm.registry()
    sa.event.listen(other, "before_configured", told.append)
    for target in (A, A.__mapper__):
        with pytest.raises(sa.exc.InvalidRequestError, match="No such event 'before_configured'"):
            sa.event.listen(target, "before_configured", print)
    type("B", (Base,), {"__tablename__": "b", "id": sa.Column(sa.Integer, primary_key=True)})
    orm.configure_mappers()
    assert other not in told


def test_abstract_classes_of_a_hierarchy_have_no_instances(Base):
    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind"}

    class Worker(Person):
        __mapper_args__ = {"polymorphic_abstract": True}

    class Smith(Worker):
        __mapper_args__ = {"polymorphic_identity": "smith"}

    assert Smith(id=5).id == 5
    with pytest.raises(sa.exc.InvalidRequestError, match=r"Can't instantiate class for Mapper.Worker.person..; mapper is marked polymorphic_abstract=True"):
        Worker(kind="smith")


@pytest.mark.parametrize("how", ["column", "table", "subclass"])
def test_columns_that_come_after_the_first_use_are_refused(how):
    """Their class would neither write nor read them."""

    class Base(DeclarativeBase):
        pass

    class Note(Base):
        __tablename__ = "note"
        id = mapped_column(sa.Integer, primary_key=True)
        kind = mapped_column(sa.String)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "note"}

    Note.early = mapped_column(sa.String)
    Note(early="x")
    orm.configure_mappers()
    with pytest.raises(sa.exc.InvalidRequestError, match="'note' got further columns .* before the first use"):
        if how == "column":
            Note.late = mapped_column(sa.String)
        elif how == "table":
            Note.__table__.append_column(sa.Column("late", sa.String))
            Note.late = Note.__table__.c.late
        else:

            class Letter(Note):
                late = mapped_column(sa.String, nullable=True)
                __mapper_args__ = {"polymorphic_identity": "letter"}

            Letter()
    Base.registry.dispose()  # one of its classes failed
