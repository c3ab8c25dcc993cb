"""Warnings and errors that guide: what compiles and runs, but is probably not what was meant."""

import warnings

import pytest

import cormorant as sa
from cormorant import Column, ForeignKey, Integer, MetaData, PrimaryKeyConstraint, String, Table, create_engine, exc, func, select
from cormorant.orm import Session, configure_mappers, column_property, declarative_base, declared_attr, mapped_column, relationship, validates
from cormorant.sql import functions


@pytest.fixture
def Base():
    return declarative_base()


def hierarchy(Base, **sub):
    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        kind = Column(String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "a"}

    return A, lambda: type("B", (A,), sub)


def test_a_class_without_polymorphic_identity(Base):
    _, make = hierarchy(Base)
    with pytest.warns(exc.SAWarning, match="B.* does not indicate a 'polymorphic_identity'.*'a.kind'"):
        make()


def test_classes_in_between_may_say_that_they_have_no_instances(Base):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hierarchy(Base, __mapper_args__={"polymorphic_abstract": True})[1]()


def test_a_polymorphic_identity_twice(Base):
    _, make = hierarchy(Base, __mapper_args__={"polymorphic_identity": "a"})
    with pytest.warns(exc.SAWarning, match="Reassigning polymorphic association for identity 'a'"):
        make()


def joined(Base, **sub):
    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        x = Column(Integer)

    return type("B", (A,), {"__tablename__": "b", "id": Column(ForeignKey("a.id"), primary_key=True), **sub})


def test_columns_of_one_name_in_joined_tables(Base):
    with pytest.warns(exc.SAWarning, match="Implicitly combining column a.x with column b.x under attribute 'x'"):
        joined(Base, x=Column(Integer))


def test_columns_combined_by_name_are_meant(Base):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        B = joined(Base, x=Column("y", Integer))
        configure_mappers()
    assert [str(c) for c in B.x.property.columns] == ["b.y", "a.x"]


def test_tables_that_nothing_joins(Base):
    with pytest.raises(exc.NoForeignKeysError, match="inherit condition between inherited table 'a' and inheriting table 'b'"):
        joined(Base, id=Column(Integer, primary_key=True))


def test_a_joined_table_without_a_key(Base):
    with pytest.warns(exc.SAWarning, match="Could not assemble any primary keys for locally mapped table 'b'"):
        joined(Base, id=Column(ForeignKey("a.id")))


def test_an_attribute_called_metadata_is_mapped(Base):
    with pytest.warns(exc.SAWarning, match="Attribute name 'metadata' should be left reserved"):

        class A(Base):
            __tablename__ = "a"
            id = Column(Integer, primary_key=True)
            metadata = Column(String)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(A(metadata="m"))
        s.commit()
        assert s.scalars(select(A.metadata)).all() == ["m"] and A.__table__.metadata is Base.metadata


def test_declared_attributes_of_classes_that_are_not_mapped():
    class Mixin:
        @declared_attr
        def x(cls):
            return Column(Integer)

        @declared_attr
        def __tablename__(cls):
            return "t"

    with pytest.warns(exc.SAWarning, match="Unmanaged access of declarative attribute x from non-mapped class Mixin"):
        assert isinstance(Mixin.x, Column)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Mixin.__tablename__ == "t"
        Base = declarative_base()
        A = type("A", (Mixin, Base), {"id": mapped_column(Integer, primary_key=True)})
    assert A.__table__.c.keys() == ["id", "x"]


def test_two_validators_of_one_attribute(Base):
    with pytest.raises(exc.InvalidRequestError, match="A validation function for mapped attribute 'x' .* already exists"):

        class A(Base):
            __tablename__ = "a"
            id = Column(Integer, primary_key=True)
            x = Column(Integer)

            @validates("x")
            def one(self, key, value):
                return value

            @validates("x")
            def two(self, key, value):
                return value


def test_attributes_placed_over_others(Base):
    A = joined(Base).__mro__[1]
    with pytest.warns(exc.SADeprecationWarning, match="User-placed attribute A.x on .* is replacing an existing ORM-mapped attribute"):
        A.x = column_property(A.__table__.c.id + 1)


@pytest.mark.parametrize("name, value", [("passive_deletes", True), ("passive_updates", False), ("active_history", True), ("enable_typechecks", False)])
def test_settings_of_writing_for_what_is_only_read(name, value):
    with pytest.warns(exc.SAWarning, match=f"Setting {name} on relationship.. while also setting viewonly=True"):
        relationship("A", viewonly=True, **{name: value})


def test_what_is_only_read_changes_no_other_side():
    with pytest.raises(exc.ArgumentError, match="sync_backref and viewonly cannot both be True"):
        relationship("A", viewonly=True, sync_backref=True)


def test_a_key_that_leaves_out_flagged_columns():
    with pytest.warns(exc.SAWarning, match="Table 'a' specifies columns 'x' as primary_key=True, not matching locally specified columns 'y'"):
        table = Table("a", MetaData(), Column("x", Integer, primary_key=True), Column("y", Integer), PrimaryKeyConstraint("y"))
    assert list(table.primary_key) == [table.c.y]
    assert "PRIMARY KEY (y)" in str(sa.schema.CreateTable(table))


def test_tables_dropped_that_lead_to_each_other():
    metadata = MetaData()
    for name, other in ("ab", "ba"):
        Table(name, metadata, Column("id", Integer, primary_key=True), Column("other", ForeignKey(f"{other}.id")))
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with pytest.warns(exc.SAWarning, match="Can't sort tables for DROP; .* between tables: a, b; and backend does not support ALTER"):
        metadata.drop_all(engine)
    assert sa.inspect(engine).get_table_names() == []


def test_transactions_that_are_over():
    with create_engine("sqlite://").connect() as connection:
        outer = connection.begin()
        inner = connection.begin_nested()
        outer.rollback()
        with pytest.warns(exc.SAWarning, match="^nested transaction already deassociated"):
            inner.rollback()
        with pytest.warns(exc.SAWarning, match="^transaction already deassociated"):
            outer.rollback()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            outer.close()


def test_functions_defined_twice():
    class only_here(functions.GenericFunction):
        inherit_cache = True

    with pytest.warns(exc.SAWarning, match="'only_here' is already registered"):

        class again(functions.GenericFunction):
            identifier = "only_here"
            inherit_cache = True

    assert type(func.only_here()) is again


def test_subqueries_in_in():
    table = Table("a", MetaData(), Column("id", Integer))
    with pytest.warns(exc.SAWarning, match="Coercing Subquery object into a select.. for use in IN"):
        condition = table.c.id.in_(select(table.c.id).subquery())
    assert str(condition) == "a.id IN (SELECT anon_1.id \nFROM (SELECT a.id AS id \nFROM a) AS anon_1)"


class TestKeysThatNothingFills:
    def test_in_statements(self):
        table = Table("t", MetaData(), Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True), Column("x", Integer))
        engine = create_engine("sqlite://")
        table.create(engine)
        with pytest.warns(exc.SAWarning, match="Column 't.b' is marked as a member of the primary key"), pytest.raises(exc.IntegrityError), engine.begin() as connection:
            connection.execute(table.insert(), {"a": 1, "x": 1})

    def test_in_flushes(self, Base):
        class A(Base):
            __tablename__ = "a"
            id = Column(String, primary_key=True)
            x = Column(Integer)

        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as s, pytest.warns(exc.SAWarning, match="Column 'a.id' is marked as a member of the primary key"), pytest.raises(exc.IntegrityError):
            s.add(A(x=1))
            s.flush()

    def test_not_of_those_that_something_fills(self, Base):
        class A(Base):
            __tablename__ = "a"
            id = Column(Integer, primary_key=True)
            x = Column(Integer)

        class B(Base):
            __tablename__ = "b"
            id = Column(String, primary_key=True, server_default="k")
            x = Column(Integer)

        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as s, warnings.catch_warnings():
            warnings.simplefilter("error")
            s.add_all([A(x=1), B(x=2)])
            s.flush()
            s.execute(A.__table__.insert(), {"x": 3})
            assert s.scalar(select(func.count(A.id))) == 2
