"""What the declarative scan says of classes that are not what their author meant."""

from typing import ClassVar, List

import pytest

from cormorant import Column, Integer, MetaData, String, Table, exc, func
from cormorant.orm import (
    DeclarativeBase, DeclarativeBaseNoMeta, Mapped, MappedAsDataclass, column_property, declarative_base, declared_attr, mapped_column, relationship,
)


@pytest.fixture
def Base():
    return declarative_base()


def test_an_annotation_without_mapped_is_refused(Base):
    for extra in ({}, {"name": mapped_column(String)}, {"name": None}, {"name": relationship("A")}):
        with pytest.raises(exc.ArgumentError, match=r'Type annotation for "A.name" can\'t be correctly interpreted .*__allow_unmapped__'):
            type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True), "__annotations__": {"name": str}, **extra})


def test_other_annotations_are_the_programs_own(Base):
    class A(Base):
        __tablename__ = "a"
        id: int = Column(Integer, primary_key=True)
        count: ClassVar[int]
        later: "ClassVar[List[int]]"
        size: int = 5

    class B(Base):
        __allow_unmapped__ = True
        __tablename__ = "b"
        id: int = mapped_column(Integer, primary_key=True)
        note: str

    class Data(MappedAsDataclass, DeclarativeBase):
        pass

    class C(Data):
        __tablename__ = "c"
        id: Mapped[int] = mapped_column(primary_key=True)
        note: str

    assert [m.__table__.c.keys() for m in (A, B, C)] == [["id"]] * 3 and A.size == 5 and C(1, "x").note == "x"


def test_a_subclass_of_str_is_no_str(Base):
    class Name(str):
        pass

    with pytest.raises(exc.ArgumentError, match="Could not locate SQLAlchemy Core type .* 'name'"):
        type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True), "__annotations__": {"name": Mapped[Name]}})


@pytest.mark.parametrize(
    "attributes, said",
    [
        ({"registry": 5}, "Attribute name 'registry' should be left reserved for the Declarative class registry"),
        ({"metadata": 5}, "Attribute name 'metadata' should be left reserved for the MetaData instance"),
        ({"total": func.count()}, "Attribute 'total' on class .*A.* appears to be a non-schema SQLAlchemy expression object"),
        ({"x": declared_attr.cascading(lambda cls: Column(Integer))}, "only applies to Declarative 'mixin' and 'abstract' classes"),
        ({"__tablename__": declared_attr.cascading(lambda cls: "a")}, "is not supported on the __tablename__ attribute on class .*A"),
    ],
)
def test_what_is_not_mapped_is_warned_of(Base, attributes, said):
    with pytest.warns(exc.SAWarning, match=said):
        type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True), **attributes})


def test_a_column_under_two_names(Base):
    column = Column("x", Integer)
    with pytest.warns(exc.SAWarning, match="On class 'A', Column object 'x' named directly multiple times, only one will be used: x, y"):
        type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True), "x": column, "y": column})


def test_an_inherited_attribute_under_another_name(Base):
    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        name = Column(String)

    class B(A):
        title = A.name

    assert B(title="x").name == "x"
    assert str(B.title == "x") == "a.name = :name_1"


def test_two_classes_of_one_name(Base):
    type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True)})
    with pytest.warns(exc.SAWarning, match="already contains a class with the same class name and module name"):
        type("A", (Base,), {"__tablename__": "b", "id": Column(Integer, primary_key=True)})


@pytest.mark.parametrize("root", [DeclarativeBase, DeclarativeBaseNoMeta])
def test_the_root_of_bases_is_no_base_itself(root):
    with pytest.raises(exc.InvalidRequestError, match=f"Cannot use '{root.__name__}' directly as a declarative base"):
        type("A", (root,), {"__tablename__": "a", "id": Column(Integer, primary_key=True)})
    with pytest.raises(exc.InvalidRequestError, match=f"Cannot use '{root.__name__}' directly as a declarative base"):
        type("A", (root,), {"__table__": Table("a", MetaData(), Column("id", Integer, primary_key=True))})


def test_an_attribute_may_be_called_metadata(Base):
    with pytest.warns(exc.SAWarning, match="Attribute name 'metadata' should be left reserved for the MetaData instance"):
        A = type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True), "metadata": Column(String)})
    assert A(metadata="x").metadata == "x" and A.__table__.metadata is Base.metadata


def test_one_property_under_two_names(Base):
    prop = column_property(func.now())
    with pytest.warns(exc.SAWarning, match="ORM mapped property A.x being assigned to attribute 'y' is already associated with attribute 'x'"):
        A = type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True), "x": prop, "y": prop})
    assert "y" in A.__mapper__.attrs and "x" not in A.__mapper__.attrs


def test_a_plain_class_is_mapped_to_a_table(Base):
    class Plain:
        pass

    with pytest.raises(exc.ArgumentError, match="cannot be mapped to <class .*A'>"):
        Base.registry.map_imperatively(Plain, type("A", (Base,), {"__tablename__": "a", "id": Column(Integer, primary_key=True)}))
    table = Table("plain", Base.metadata, Column("id", Integer, primary_key=True))
    Base.registry.map_imperatively(Plain, table)
    assert Plain.__table__ is table
