"""Classes made from tables: automap, and declared classes whose tables are read later."""

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.ext.automap import automap_base
from cormorant.ext.declarative import DeferredReflection
from cormorant.orm import Session, declarative_base, relationship
from cormorant.orm.exc import UnmappedClassError


@pytest.fixture
def engine():
    made = sa.create_engine("sqlite://")
    with made.begin() as c:
        for sql in (
            "CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE address (id INTEGER PRIMARY KEY, email TEXT, user_id INTEGER NOT NULL REFERENCES user(id))",
            "CREATE TABLE tag (id INTEGER PRIMARY KEY)",
            "CREATE TABLE user_tag (user_id INTEGER REFERENCES user(id), tag_id INTEGER REFERENCES tag(id), PRIMARY KEY (user_id, tag_id))",
            "CREATE TABLE keyless (x INTEGER)",
        ):
            c.execute(sa.text(sql))
    return made


def test_classes_and_relationships(engine):
    Base = automap_base()
    Base.prepare(autoload_with=engine)
    assert sorted(Base.classes.keys()) == ["address", "tag", "user"]
    User, Address, Tag = Base.classes.user, Base.classes.address, Base.classes["tag"]
    with Session(engine) as s:
        user = User(name="n", tag_collection=[Tag()])
        s.add(Address(email="x", user=user))
        s.commit()
        assert [a.email for a in user.address_collection] == ["x"]
        assert s.query(Tag).one().user_collection == [user]
        s.delete(user)  # an address cannot be without its user
        s.commit()
        assert s.query(Address).count() == 0


def test_a_class_written_by_hand_and_names_of_ones_own(engine):
    Base = automap_base()

    class User(Base):
        __tablename__ = "user"
        nick = sa.Column("name", sa.String(50))

        def hello(self):
            return f"hello {self.nick}"

    Base.prepare(
        autoload_with=engine,
        classname_for_table=lambda base, name, table: name.title(),
        name_for_collection_relationship=lambda base, local, referred, constraint: referred.__name__.lower() + "s",
    )
    with Session(engine) as s:
        s.add(User(id=3, nick="n", addresss=[Base.classes.Address(email="x")]))
        s.commit()
        assert s.get(User, 3).hello() == "hello n" and s.query(Base.classes.Address).one().user.nick == "n"


def test_reflection_later(engine):
    Base = declarative_base()

    class Reflected(DeferredReflection, Base):
        __abstract__ = True

    class User(Reflected):
        __tablename__ = "user"

    class Missing(DeferredReflection, declarative_base()):
        __tablename__ = "nowhere"

    Reflected.prepare(engine)
    with Session(engine) as s:
        s.add(User(name="q"))
        s.commit()
        assert s.query(User.name).all() == [("q",)]
    with pytest.raises(exc.NoSuchTableError, match="nowhere"):
        Missing.prepare(engine)


@pytest.mark.parametrize("as_table", [False, True])
def test_tables_between_are_read_later_too(engine, as_table):
    Base = declarative_base()
    secondary = sa.Table("user_tag", Base.metadata) if as_table else "user_tag"

    class Reflected(DeferredReflection, Base):
        __abstract__ = True

    class User(Reflected):
        __tablename__ = "user"
        tags = relationship("Tag", secondary=secondary)

    class Tag(Reflected):
        __tablename__ = "tag"

    with pytest.raises(UnmappedClassError, match=r"Class .*User is a subclass of DeferredReflection.  Mappings are not produced until the .prepare\(\)"):
        Session(engine).query(User)
    Reflected.prepare(engine)
    with Session(engine) as session:
        session.add(User(name="q", tags=[Tag(id=7)]))
        session.commit()
        assert [[tag.id for tag in user.tags] for user in session.query(User)] == [[7]]
