"""Public names that few programs use: each does what the reference does."""

import dataclasses

import pytest

import cormorant as sa
from cormorant import Column, ForeignKey, Integer, MetaData, String, Table, column, create_engine, event, exc, func, select, table, tuple_, values
from cormorant.orm import (
    Session, attributes, declarative_base, foreign, joinedload, lazyload, registry, relationship, remote, selectinload, subqueryload,
)  # fmt: skip


@pytest.fixture
def engine():
    return create_engine("sqlite://")


class TestScalarValues:
    t = table("t", column("a", Integer), column("b", String))
    two = values(column("a", Integer), column("b", String), name="v").data([(1, "x"), (2, "y")])
    one = values(column("a", Integer), name="v").data([(1,)])

    def test_text(self):
        both = "SELECT t.a, t.b \nFROM t \nWHERE (t.a, t.b) IN (VALUES (:param_1, :param_2), (:param_3, :param_4))"
        assert str(select(self.t).where(tuple_(self.t.c.a, self.t.c.b).in_(self.two.scalar_values()))) == both
        assert str(select(self.t).where(tuple_(self.t.c.a, self.t.c.b).in_(self.two))) == both
        assert str(select(self.t.c.a).where(self.t.c.a == self.one.scalar_values())) == "SELECT t.a \nFROM t \nWHERE t.a = (VALUES (:param_1))"
        assert str(select(self.one.scalar_values())) == "SELECT (VALUES (:param_1)) AS anon_1"
        assert str(select(self.t.c.a).where(self.t.c.a == sa.any_(self.one.scalar_values()))) == "SELECT t.a \nFROM t \nWHERE t.a = ANY (VALUES (:param_1))"

    def test_rows(self, engine):
        metadata = MetaData()
        t = Table("t", metadata, Column("a", Integer), Column("b", String))
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(t.insert(), [{"a": 1, "b": "x"}, {"a": 3, "b": "x"}, {"a": 2, "b": "y"}])
            found = select(t).where(tuple_(t.c.a, t.c.b).in_(self.two.scalar_values())).order_by(t.c.a)
            assert connection.execute(found).all() == [(1, "x"), (2, "y")]


def test_one_column_of_what_a_function_answers():
    part = func.f(1).scalar_table_valued("value", Integer)
    assert str(select(part + 1)) == "SELECT (f(:f_1)).value + :param_1 AS anon_1"
    assert str(select(func.f(1).scalar_table_valued("A b"))).startswith('SELECT (f(:f_1))."A b"')
    assert select(part).selected_columns.keys() == ["value"] and isinstance(part.type, Integer)


def test_derived_functions_have_a_name_of_their_own():
    f = func.json_each("[]").table_valued("key", "value", name="z")
    assert str(select(f.render_derived().c.value)) == "SELECT anon_1.value \nFROM json_each(:json_each_1) AS anon_1(key, value)"
    assert str(select(f.lateral("q").c.value)) == "SELECT q.value \nFROM LATERAL json_each(:json_each_1) AS q"


def test_what_listeners_are_told_of_the_operation():
    Base, told = declarative_base(), []

    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        x = Column(Integer)
        bs = relationship("B")

    class B(Base):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)
        a_id = Column(ForeignKey("a.id"))

    for attribute, name in ((A.x, "set"), (A.x, "modified"), (A.bs, "append"), (A.bs, "remove"), (A.bs, "bulk_replace")):
        event.listen(attribute, name, lambda *args: told.append(args[-1]))
    a, b = A(x=1), B()
    a.bs.append(b)
    a.bs.remove(b)
    a.bs = [b]
    attributes.flag_modified(a, "x")
    assert all(isinstance(token, attributes.AttributeEventToken) for token in told)
    assert [(token.key, token.op) for token in told[:4]] == [
        ("x", attributes.OP_REPLACE), ("bs", attributes.OP_APPEND), ("bs", attributes.OP_REMOVE), ("bs", attributes.OP_BULK_REPLACE),
    ]  # fmt: skip
    assert (told[-1].key, told[-1].op) == ("x", attributes.OP_MODIFIED)


class TestConstructsInFieldsOfDataclasses:
    def test_columns_and_relationships(self, engine):
        mapped = registry().mapped

        @dataclasses.dataclass
        class Named:
            __sa_dataclass_metadata_key__ = "sa"
            name: str = dataclasses.field(default="n", metadata={"sa": Column(String(9))})

        @mapped
        @dataclasses.dataclass
        class A(Named):
            __tablename__ = "a"
            __sa_dataclass_metadata_key__ = "sa"
            id: int = dataclasses.field(init=False, metadata={"sa": Column(Integer, primary_key=True)})
            note: str = "not mapped"
            bs: list = dataclasses.field(default_factory=list, metadata={"sa": relationship("B")})

        @mapped
        @dataclasses.dataclass
        class B:
            __tablename__ = "b"
            __sa_dataclass_metadata_key__ = "sa"
            id: int = dataclasses.field(init=False, metadata={"sa": Column(Integer, primary_key=True)})
            a_id: int = dataclasses.field(init=False, metadata={"sa": lambda: Column(ForeignKey("a.id"))})

        assert sorted(A.__table__.c.keys()) == ["id", "name"]
        A.__table__.metadata.create_all(engine)
        with Session(engine) as s:
            s.add(A("x", bs=[B()]))
            s.commit()
            found = s.scalars(select(A)).one()
            assert (found.name, [b.a_id for b in found.bs]) == ("x", [1])

    def test_of_a_class_that_is_no_dataclass_yet(self):
        class A:
            __tablename__ = "a"
            __sa_dataclass_metadata_key__ = "sa"
            id = Column(Integer, primary_key=True)

        with pytest.raises(exc.InvalidRequestError, match="dataclass"):
            registry().mapped_as_dataclass(A)


class TestPendingInstancesThatLoad:
    @pytest.fixture
    def world(self, engine):
        Base = declarative_base()

        class A(Base):
            __tablename__ = "a"
            id = Column(Integer, primary_key=True)
            bs = relationship("B", load_on_pending=True, viewonly=True)

        class B(Base):
            __tablename__ = "b"
            id = Column(Integer, primary_key=True)
            a_id = Column(ForeignKey("a.id"))
            a = relationship(A, load_on_pending=True)
            plain = relationship(A, viewonly=True)

        Base.metadata.create_all(engine)
        with Session(engine) as s:
            s.add(A(id=1))
            s.flush()
            s.add(B(id=5, a_id=1))
            s.commit()
            yield s, A, B

    def test_by_the_key_they_have(self, world):
        s, A, B = world
        b = B(a_id=1)
        assert b.a is None
        b = B(a_id=1)
        s.add(b)
        found = b.a
        assert b in s.new and found.id == 1
        s.commit()
        assert b.a.id == b.a_id == 1

    def test_without_a_key_there_is_nothing(self, world):
        s, A, B = world
        b = B()
        s.add(b)
        assert b.a is None and b in s.new

    def test_lists(self, world):
        s, A, B = world
        with s.no_autoflush:
            s.expunge(s.get(A, 1))
            a = A(id=1)
            s.add(a)
            assert [b.id for b in a.bs] == [5] and a in s.new
            s.expunge(a)

    def test_others_do_not(self, world):
        s, A, B = world
        with s.no_autoflush:
            b = B(a_id=1)
            s.add(b)
            assert b.plain is None


class TestFunctionsThatCompare:
    def test_in_conditions_of_relationships(self, engine):
        Base = declarative_base()

        class Folder(Base):
            __tablename__ = "folder"
            id = Column(Integer, primary_key=True)
            path = Column(String)

        Folder.below = relationship(
            Folder, viewonly=True, order_by=Folder.path,
            primaryjoin=func.instr(remote(foreign(Folder.path)), Folder.path + "/").as_comparison(1, 2) == 1,
        )  # fmt: skip
        Base.metadata.create_all(engine)
        expected = {"/f": ["/f/a", "/f/b"], "/f/a": [], "/f/b": [], "/g": []}
        with Session(engine) as s:
            s.add_all([Folder(path=path) for path in expected])
            s.commit()
            for option in (lazyload, selectinload, joinedload, subqueryload):
                s.expunge_all()
                found = s.scalars(select(Folder).options(option(Folder.below))).unique().all()
                assert {f.path: [b.path for b in f.below] for f in found} == expected

    def test_parts(self):
        condition = func.f(column("a"), column("b"), column("c")).as_comparison(1, 3)
        assert (str(condition.left), str(condition.right), condition.left_index, condition.right_index) == ("a", "c", 1, 3)
        assert str(condition == 1) == "f(a, b, c) = :param_1"
