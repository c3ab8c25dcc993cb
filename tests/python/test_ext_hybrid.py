"""hybrid_property and hybrid_method: on instances, in statements, in UPDATE and bulk INSERT, with comparators, in subclasses."""

import pytest

import cormorant as sa
from cormorant.ext.hybrid import Comparator, HybridExtensionType, hybrid_method, hybrid_property
from cormorant.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Folded(Comparator):
    """Compares without regard to case."""

    def operate(self, op, other=None, **kw):
        return op(sa.func.lower(self.__clause_element__()), sa.func.lower(other), **kw)


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str]
    last: Mapped[str]
    visits: Mapped[int] = mapped_column(default=0)
    posts: Mapped[list["Post"]] = relationship(back_populates="user")

    @hybrid_property
    def name(self):
        "First and last name."
        return self.first + " " + self.last

    @name.setter
    def name(self, value):
        self.first, self.last = value.split()

    @name.deleter
    def name(self):
        self.first = self.last = ""

    @name.update_expression
    def name(cls, value):
        first, last = value.split()
        return [(cls.first, first), (cls.last, last)]

    @name.inplace.bulk_dml
    @classmethod
    def _name_bulk(cls, mapping, value):
        mapping["first"], mapping["last"] = value.split()

    @hybrid_property
    def folded(self):
        return self.first.lower()

    @folded.inplace.comparator
    @classmethod
    def _folded(cls):
        return Folded(cls.first)

    @hybrid_property
    def given(self):
        return self.first

    @hybrid_property
    def post_count(self):
        return len(self.posts)

    @post_count.inplace.expression
    @classmethod
    def _post_count(cls):
        return sa.select(sa.func.count(Post.id)).where(Post.user_id == cls.id).correlate_except(Post).scalar_subquery()

    @hybrid_method
    def visited(self, times):
        return self.visits >= times


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    user: Mapped[User] = relationship(back_populates="posts")

    @hybrid_property
    def author(self):
        return self.user.first

    @author.expression
    def author(cls):
        return sa.select(User.first).where(User.id == cls.user_id).correlate(cls).scalar_subquery()


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User(first="Ada", last="Lovelace", visits=3, posts=[Post(), Post()]))
        session.add(User(name="Alan Turing"))
        session.commit()
        yield session
    engine.dispose()


def text(statement):
    return " ".join(str(statement).split())


def test_on_instances():
    user = User(name="Ada Lovelace", visits=2)
    assert (user.first, user.last, user.name) == ("Ada", "Lovelace", "Ada Lovelace")
    assert user.visited(2) and not user.visited(3)
    del user.name
    assert user.first == ""
    with pytest.raises(AttributeError, match="can't set attribute"):
        user.given = "x"
    with pytest.raises(AttributeError, match="can't delete attribute"):
        del user.given


def test_in_conditions():
    assert text(User.name == "x") == "(user_account.first || :first_1 || user_account.last) = :param_1"
    assert text(User.given == "x") == "user_account.first = :first_1"
    assert text(User.given.like("x%")) == "user_account.first LIKE :first_1"
    assert text(User.name.in_(["x"])).startswith("(user_account.first || :first_1 || user_account.last) IN ")
    assert text(User.visited(3)) == "user_account.visits >= :visits_1"
    assert text(~User.visited(3)) == "user_account.visits < :visits_1"
    assert text(sa.func.max(User.given)) == "max(user_account.first)"
    assert text("x" + User.given) == ":first_1 || user_account.first"


def test_selected_under_its_name(session):
    row = session.execute(sa.select(User.name, User.given, User.id).order_by(User.id)).first()
    assert row._fields == ("name", "given", "id")
    assert tuple(row) == ("Ada Lovelace", "Ada", 1)
    assert text(sa.select(User.name)) == "SELECT user_account.first || :first_1 || user_account.last AS name FROM user_account"
    assert session.execute(sa.select(User.name.label("n"))).first()._fields == ("n",)
    assert sa.select(User.name).subquery().c.keys() == ["name"]
    assert session.scalars(sa.select(User.given).order_by(User.given.desc())).all() == ["Alan", "Ada"]
    assert session.execute(sa.select(User.given, sa.func.count()).group_by(User.given).order_by(User.given)).all() == [("Ada", 1), ("Alan", 1)]


def test_order_by_repeats_the_expression():
    assert text(sa.select(User.given).order_by(User.given.desc())).endswith("ORDER BY user_account.first DESC")


def test_filter_by_and_query(session):
    assert session.scalars(sa.select(User).filter_by(name="Alan Turing")).one().id == 2
    assert session.query(User).filter_by(given="Ada").one().id == 1
    assert session.query(User.name).order_by(User.name).all() == [("Ada Lovelace",), ("Alan Turing",)]
    assert session.query(User).order_by(User.post_count.desc()).first().id == 1


def test_with_subqueries(session):
    assert session.execute(sa.select(User.id, User.post_count).order_by(User.id)).all() == [(1, 2), (2, 0)]
    assert session.scalars(sa.select(User).where(User.post_count > 1)).one().post_count == 2
    assert session.execute(sa.select(Post.id, Post.author)).all() == [(1, "Ada"), (2, "Ada")]
    assert session.get(Post, 1).author == "Ada"


def test_comparator(session):
    assert text(User.folded == "ADA") == "lower(user_account.first) = lower(:lower_1)"
    assert text(User.folded.like("a")) == "lower(user_account.first) LIKE lower(:lower_1)"
    assert session.scalars(sa.select(User).where(User.folded == "ADA")).one().folded == "ada"
    assert session.scalars(sa.select(User.folded).order_by(User.id)).first() == "Ada"


def test_a_comparator_object_as_the_value():
    class Word(Comparator):
        def __init__(self, word):
            self.word = word.lower() if isinstance(word, str) else word.word if isinstance(word, Word) else sa.func.lower(word)

        def operate(self, op, other, **kwargs):
            return op(self.word, (other if isinstance(other, Word) else Word(other)).word, **kwargs)

        def __clause_element__(self):
            return self.word

    class Search(Base):
        __tablename__ = "search"
        id: Mapped[int] = mapped_column(primary_key=True)
        word: Mapped[str]

        @hybrid_property
        def insensitive(self):
            return Word(self.word)

    assert text(Search.insensitive == "TruckS") == "lower(search.word) = :lower_1"
    assert (Search.insensitive == "TruckS").compile().params == {"lower_1": "trucks"}
    assert Search(word="Trucks").insensitive == "TRUCKS"


def test_aliased(session):
    other = aliased(User, name="other")
    assert text(sa.select(other.name)) == "SELECT other.first || :first_1 || other.last AS name FROM user_account AS other"
    assert text(other.folded == "x") == "lower(other.first) = lower(:lower_1)"
    assert text(other.visited(1)) == "other.visits >= :visits_1"
    assert session.scalars(sa.select(other).where(other.given == "Ada")).one().id == 1


def test_update(session):
    user = session.get(User, 2)
    assert text(sa.update(User).values({User.name: "x y"})) == "UPDATE user_account SET first=:first, last=:last"
    session.execute(sa.update(User).where(User.id == 2).values({User.name: "Kurt Goedel"}))
    assert user.name == "Kurt Goedel"
    session.query(User).filter(User.given == "Kurt").update({User.given: "Karl"})
    assert user.first == "Karl"
    session.execute(sa.update(User).where(User.given == "Karl").values(name="A B"), execution_options={"synchronize_session": "evaluate"})
    assert user.name == "A B"


def test_bulk_insert(session):
    session.execute(sa.insert(User), [{"name": "Grace Hopper", "visits": 1}, {"name": "Edsger Dijkstra", "visits": 1}])
    assert session.scalars(sa.select(User.name).where(User.visits == 1).order_by(User.id)).all() == ["Grace Hopper", "Edsger Dijkstra"]


def test_a_related_class():
    class Pet(Base):
        __tablename__ = "pet"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
        owner: Mapped[User] = relationship()

        @hybrid_property
        def keeper(self):
            return self.owner

    assert text(sa.select(Pet).where(Pet.keeper.has(User.first == "x"))).endswith(
        "WHERE EXISTS (SELECT 1 FROM user_account WHERE user_account.id = pet.owner_id AND user_account.first = :first_1)"
    )


def test_in_subclasses_and_mixins():
    class Named:
        @hybrid_property
        def upper(self):
            return self.first.upper()

        @upper.inplace.expression
        @classmethod
        def _upper(cls):
            return sa.func.upper(cls.first)

    class Person(Named, Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        first: Mapped[str]

        @hybrid_property
        def label(self):
            return "p" + self.first

    class Worker(Person):
        @Person.label.getter
        def label(self):
            return "w" + self.first

        @Person.upper.overrides.expression
        def upper(cls):
            return cls.first

    assert Worker(first="x").label == "wx" and Person(first="x").label == "px"
    assert text(Person.upper == "X") == "upper(person.first) = :upper_1"
    assert text(Worker.upper == "X") == "person.first = :first_1"
    assert Worker(first="x").upper == "X"


def test_descriptors_and_information():
    descriptors = sa.inspect(User).all_orm_descriptors
    assert descriptors["name"].extension_type is HybridExtensionType.HYBRID_PROPERTY
    assert descriptors["visited"].extension_type is HybridExtensionType.HYBRID_METHOD
    assert "__mapper__" not in descriptors.keys()
    assert User.name.__doc__ == "First and last name."
    assert User.name.key == "name" and User.name.class_ is User and User.name.parent is sa.inspect(User)
    assert str(User.name) == "User.name"
    with pytest.raises(AttributeError, match="nothing"):
        User.given.nothing
    with pytest.raises(TypeError):
        User(nme="x")
