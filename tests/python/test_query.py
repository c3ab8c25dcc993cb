"""Query, the 1.x way of asking."""

import pytest

import cormorant as sa
from cormorant import orm
from cormorant.orm import aliased, declarative_base, joinedload, relationship, sessionmaker

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(50))
    age = sa.Column(sa.Integer)
    addresses = relationship("Address", back_populates="user")


class Address(Base):
    __tablename__ = "addresses"
    id = sa.Column(sa.Integer, primary_key=True)
    email = sa.Column(sa.String(50))
    user_id = sa.Column(sa.Integer, sa.ForeignKey("users.id"))
    user = relationship("User", back_populates="addresses")


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = sessionmaker(bind=engine)()
    for i, name in enumerate(["ed", "wendy", "mary", "fred"]):
        session.add(User(name=name, age=20 + i, addresses=[Address(email=f"{name}@{k}") for k in range(i)]))
    session.commit()
    yield session
    session.close()
    engine.dispose()


def test_all_first_one_get(session):
    q = session.query(User)
    assert [u.name for u in q.order_by(User.id)] == ["ed", "wendy", "mary", "fred"]
    assert q.get(2).name == "wendy" and q.get("2") is q.get(2) and q.get(99) is None
    assert q.filter_by(name="ed").first().age == 20 and q.filter_by(name="x").first() is None
    assert q.filter(User.name == "ed").one().id == 1
    assert q.filter(User.name == "x").one_or_none() is None
    with pytest.raises(orm.exc.NoResultFound):
        q.filter_by(name="x").one()
    with pytest.raises(orm.exc.MultipleResultsFound):
        q.one()


def test_columns(session):
    assert session.query(User.name, User.age).order_by(User.id).first() == ("ed", 20)
    assert session.query(User.name).order_by(User.id).all()[1].name == "wendy"
    row = session.query(User, Address.email).join(User.addresses).order_by(Address.id).first()
    assert row.User.name == "wendy" and row.email == "wendy@0"
    assert session.query(sa.func.count(User.id)).scalar() == 4
    assert session.query(User.name.label("n")).filter(User.id == 1).one().n == "ed"


def test_filters(session):
    q = session.query(User)
    names = lambda q: [u.name for u in q.order_by(User.id)]
    assert names(q.filter(User.name.like("%ed"))) == ["ed", "fred"]
    assert names(q.filter(User.name.in_(["ed", "mary"]))) == ["ed", "mary"]
    assert names(q.filter(~User.name.in_(["ed", "mary"]))) == ["wendy", "fred"]
    assert names(q.filter(sa.or_(User.age < 21, User.age > 22))) == ["ed", "fred"]
    assert names(q.filter(User.age.between(21, 22))) == ["wendy", "mary"]
    assert names(q.filter(User.age >= 21).filter(User.age <= 22)) == ["wendy", "mary"]
    assert names(q.filter(User.name.is_(None))) == []
    assert names(q.filter(sa.text("age > :a")).params(a=22)) == ["fred"]


def test_joins(session):
    q = session.query(User).join(Address).filter(Address.email == "mary@1")
    assert q.one().name == "mary"
    assert session.query(User).join(User.addresses).filter_by(email="x").count() == 0
    assert session.query(User).outerjoin(User.addresses).filter(Address.id == None).one().name == "ed"  # noqa: E711
    other = aliased(User)
    assert session.query(User.name, other.name).join(other, other.age == User.age + 1).order_by(User.id).first() == ("ed", "wendy")
    assert session.query(User).options(joinedload(User.addresses)).order_by(User.id).all()[3].addresses[0].email == "fred@0"


def test_aggregates_and_subqueries(session):
    sub = session.query(Address.user_id, sa.func.count("*").label("n")).group_by(Address.user_id).subquery()
    rows = session.query(User, sub.c.n).outerjoin(sub, User.id == sub.c.user_id).order_by(User.id).all()
    assert [(u.name, n) for u, n in rows] == [("ed", None), ("wendy", 1), ("mary", 2), ("fred", 3)]
    assert session.query(User).filter(User.addresses.any(Address.email.like("fred%"))).one().name == "fred"
    assert session.query(session.query(User).filter_by(name="ed").exists()).scalar() is True
    assert session.query(User.name).group_by(User.name).having(sa.func.count() > 1).all() == []
    assert session.query(User.age).distinct().count() == 4


def test_slices_and_paging(session):
    q = session.query(User).order_by(User.id)
    assert [u.name for u in q[1:3]] == ["wendy", "mary"] and q[0].name == "ed"
    assert [u.name for u in q.limit(2).offset(1)] == ["wendy", "mary"]
    assert q.count() == 4 and q.limit(2).count() == 2
    with pytest.raises(sa.exc.InvalidRequestError):
        q.limit(1).filter(User.id == 1)


def test_update_and_delete(session):
    ed = session.query(User).get(1)
    assert session.query(User).filter(User.age > 21).update({User.age: User.age - 10}) == 2
    assert session.query(User).filter_by(name="ed").update({"name": "Ed"}, synchronize_session="fetch") == 1
    assert ed.name == "Ed"
    assert session.query(Address).delete() == 6
    assert session.query(Address).count() == 0


def test_union_and_exists(session):
    a, b = session.query(User).filter_by(name="ed"), session.query(User).filter_by(name="mary")
    assert sorted(u.name for u in a.union(b)) == ["ed", "mary"]


def names(query):
    return [u.name for u in query]


def test_a_union_stands_for_what_was_selected_from(session):
    """Classes and columns named later are those of the union, as in the followed posts of the tutorial."""
    q = session.query(User)
    ed, mary, fred = (q.filter_by(name=name) for name in ("ed", "mary", "fred"))
    both = ed.union(mary, fred)
    assert type(both) is type(q)
    assert names(both.order_by(User.age.desc())) == ["fred", "mary", "ed"]
    assert names(both.order_by(User.__table__.c.age.desc()).limit(2)) == ["fred", "mary"]
    assert names(both.filter(User.age < 23).filter_by(name="mary")) == ["mary"]
    assert [a.email for a in both.join(User.addresses).with_entities(Address.email).filter(Address.email.like("%@2"))] == ["fred@2"]
    assert names(both.filter(~User.addresses.any())) == ["ed"]
    assert [(u.name, len(u.addresses)) for u in both.options(joinedload(User.addresses)).order_by(User.name)] == [("ed", 0), ("fred", 3), ("mary", 2)]
    assert [(u.name, len(u.addresses)) for u in mary.options(orm.selectinload(User.addresses)).union(ed).order_by(User.id)] == [("ed", 0), ("mary", 2)]
    assert names(ed.union(mary).filter(User.age > 20).union(fred).order_by(User.id)) == ["mary", "fred"]
    assert names(q.except_(both).order_by(User.id)) == ["wendy"] and names(both.intersect(mary)) == ["mary"]
    assert both.count() == 3 and session.query(both.filter(User.name == "x").exists()).scalar() is False
    derived = both.subquery()
    assert derived.c.keys() == ["users_id", "users_name", "users_age"]
    assert session.query(sa.func.max(derived.c.users_age)).scalar() == 23


def test_a_union_of_columns_and_pairs(session):
    q = session.query
    word = sa.literal("a").label("word")
    both = q(User.name, word).filter(User.age < 22).union_all(q(User.name, sa.literal("b").label("word")))
    assert both.order_by(word.desc(), User.name).filter(User.name != "mary").all() == [
        ("ed", "b"), ("fred", "b"), ("wendy", "b"), ("ed", "a"), ("wendy", "a"),
    ]  # fmt: skip
    pairs = q(User, Address).join(User.addresses).filter(Address.email == "mary@1")
    pairs = pairs.union(q(User, Address).join(User.addresses).filter(Address.email == "wendy@0"))
    assert [(u.name, a.email) for u, a in pairs.order_by(Address.email.desc())] == [("wendy", "wendy@0"), ("mary", "mary@1")]
    other = aliased(User)
    pairs = q(User, other).filter(User.id < other.id, other.name == "wendy")
    pairs = pairs.union(q(User, other).filter(User.name == "ed", other.name == "mary"))
    assert [(a.name, b.name) for a, b in pairs.order_by(other.name)] == [("ed", "mary"), ("ed", "wendy")]
    assert [(a.name, b.name) for a, b in pairs.filter(other.name == "mary")] == [("ed", "mary")]


def test_a_union_is_neither_changed_nor_asked_for_keys(session):
    q = session.query(User)
    both = q.filter_by(name="ed").union(q.filter_by(name="mary"))
    for change in (both.delete, lambda: both.update({"name": "x"}), q.select_from(User).delete, q.distinct().delete, q.join(Address).delete):
        with pytest.raises(sa.exc.InvalidRequestError, match=r"Can't call Query.update\(\) or Query.delete\(\) when"):
            change()
    with pytest.raises(sa.exc.InvalidRequestError, match="existing criterion"):
        both.get(1)
    assert q.count() == 4


def test_with_parent_finds_the_relationship(session):
    mary = session.query(User).filter_by(name="mary").one()
    assert [a.email for a in session.query(Address).with_parent(mary).order_by(Address.id)] == ["mary@0", "mary@1"]
    with pytest.raises(sa.exc.InvalidRequestError, match="relates instances of class 'User' to instances of class 'User'"):
        session.query(User).with_parent(mary)


def test_text_and_values(session):
    assert session.query(User).from_statement(sa.text("select * from users where name='ed'")).one().id == 1
    assert session.execute(session.query(User.name).filter_by(id=1).statement).scalar() == "ed"
    assert "SELECT users.id" in str(session.query(User))
    assert session.query(User).filter_by(id=1).with_entities(User.name).scalar() == "ed"
    with pytest.raises(sa.exc.InvalidRequestError, match="has no property"):
        session.query(User).filter_by(nope=1)


def test_a_whole_statement_and_a_left_side_come_first(session):
    query = session.query(User)
    for late in (
        lambda: query.filter(User.id == 1).from_statement(sa.text("x")), lambda: query.order_by(User.id).from_statement(sa.select(User)),
        lambda: query.distinct().select_from(User), lambda: query.join(User.addresses).select_from(User), lambda: query.filter_by(id=1).get(1),
    ):
        with pytest.raises(sa.exc.InvalidRequestError, match="on a Query with existing criterion"):
            late()
    with pytest.raises(sa.exc.InvalidRequestError, match="existing full statement"):
        query.from_statement(sa.text("x")).limit(1)
    with pytest.raises(sa.exc.ArgumentError):
        query.from_statement(User.id == 5)
    assert query.order_by(User.id).get(1).name == "ed"
    assert query.enable_assertions(False).limit(3).filter(User.name == "ed").one().name == "ed"
    assert [u.name for u in query.with_transformation(lambda q: q.filter_by(name="mary"))] == ["mary"]


def test_a_query_completes_the_classes_it_names():
    reg = orm.registry()
    metadata = sa.MetaData()
    parents = sa.Table("p", metadata, sa.Column("id", sa.Integer, primary_key=True))
    children = sa.Table("c", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("p_id", sa.ForeignKey("p.id")))
    Parent, Child = type("Parent", (), {}), type("Child", (), {})
    reg.map_imperatively(Parent, parents)
    reg.map_imperatively(Child, children, properties={"parent": orm.relationship(Parent, backref="children")})
    assert not hasattr(Parent, "children")
    assert "LEFT OUTER JOIN c" in str(orm.Session().query(Parent).options(orm.joinedload(Parent.children)))


def test_rows_with_entities_come_once(session):
    """As a query for one entity does; rows of columns alone may repeat."""

    class Note(Base):
        __tablename__ = "notes_of_rows"
        id = sa.Column(sa.Integer, primary_key=True)
        owner = sa.Column(sa.ForeignKey("users.id"))
        words = sa.Column(sa.JSON)
        user = relationship(User, backref="notes_of_rows")

    Base.metadata.create_all(session.get_bind())
    user = session.query(User).first()
    session.add_all([Note(user=user, words=["a"]), Note(user=user, words=["b"])])
    session.flush()
    joined = session.query(User, User.id).join(User.notes_of_rows)
    assert joined.all() == list(joined) == [joined.one()] == [(user, user.id)] and joined.count() == 2
    assert joined.yield_per(10).all() == [(user, user.id)] * 2
    assert session.query(User.id).join(User.notes_of_rows).all() == [(user.id,)] * 2
    pairs = session.query(User, Note).join(User.notes_of_rows).options(joinedload(User.notes_of_rows)).order_by(Note.id)
    assert [(u, n.words) for u, n in pairs] == [(user, ["a"]), (user, ["b"])]
    assert [w for _, w in session.query(User, Note.words).join(User.notes_of_rows).order_by(Note.id)] == [["a"], ["b"]]
