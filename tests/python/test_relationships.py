"""Relationships: configuration, backrefs in memory, cascades, collections, comparisons."""

import typing

import pytest

import cormorant as sa
from cormorant import orm
from cormorant.orm import (
    DeclarativeBase, Mapped, Session, backref, declarative_base, foreign, joinedload, lazyload, mapped_column, relationship, remote, selectinload,
)
from cormorant.orm.collections import attribute_keyed_dict


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    yield Base
    Base.registry.dispose()


@pytest.fixture
def run(Base):
    """Makes a session over the tables of Base."""
    engine = sa.create_engine("sqlite://")
    sessions = []

    def make(**kw):
        Base.metadata.create_all(engine)
        session = Session(engine, **kw)
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        session.close()
    engine.dispose()


def family(Base, **kw):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]
        children: Mapped[list["Child"]] = relationship(back_populates="parent", **kw)

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parent.id"))
        parent: Mapped["Parent | None"] = relationship(back_populates="children")

    return Parent, Child


def test_both_sides_are_kept_in_step(Base):
    Parent, Child = family(Base)
    p, q, c = Parent(), Parent(), Child()
    p.children.append(c)
    assert c.parent is p
    c.parent = q
    assert p.children == [] and q.children == [c]
    q.children.remove(c)
    assert c.parent is None
    p.children = [c, Child()]
    assert c.parent is p and len(p.children) == 2
    p.children[0:2] = []
    assert c.parent is None


def test_list_mutators(Base):
    Parent, Child = family(Base)
    p, kids = Parent(), [Child() for _ in range(6)]
    p.children.extend(kids[:3])
    p.children += [kids[3]]
    p.children.insert(0, kids[4])
    assert all(k.parent is p for k in kids[:5])
    assert p.children.pop() is kids[3] and kids[3].parent is None
    p.children[0] = kids[5]
    assert kids[4].parent is None and kids[5].parent is p
    del p.children[0]
    assert kids[5].parent is None
    p.children.clear()
    assert not any(k.parent for k in kids)
    with pytest.raises(TypeError, match="not list-like"):
        p.children = kids[0]
    with pytest.raises(Exception):
        p.children.append(object())


def test_cascades(Base, run):
    Parent, Child = family(Base, cascade="all, delete-orphan")
    session = run()
    p = Parent(children=[Child(name="a"), Child(name="b")])
    session.add(p)
    session.commit()
    gone = p.children.pop(0)
    session.commit()
    assert sa.inspect(gone).detached and session.query(Child).count() == 1
    session.delete(p)
    session.commit()
    assert session.query(Child).count() == 0


def test_delete_without_cascade_sets_null(Base, run):
    Parent, Child = family(Base)
    session = run()
    session.add(Parent(children=[Child()]))
    session.commit()
    session.delete(session.get(Parent, 1))
    session.commit()
    assert session.query(Child).one().parent_id is None


def test_passive_deletes(Base, run):
    Parent, Child = family(Base, passive_deletes=True, cascade="all")
    session = run()
    session.add(Parent(children=[Child()]))
    session.commit()
    session.delete(session.get(Parent, 1))
    session.commit()
    assert session.query(Child).count() == 1  # left to the database, which was not asked to enforce keys


def test_backref_and_column_style(run):
    Base = declarative_base()

    class User(Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        posts = relationship("Post", backref=backref("author", lazy="joined"), lazy="select", order_by="desc(Post.id)")

    class Post(Base):
        __tablename__ = "post"
        id = sa.Column(sa.Integer, primary_key=True)
        user_id = sa.Column(sa.Integer, sa.ForeignKey("user.id"))

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        u = User(posts=[Post(), Post()])
        session.add(u)
        assert u.posts[0].author is u
        session.commit()
        assert [p.id for p in u.posts] == [2, 1]
        session.expunge_all()
        post = session.query(Post).first()
        assert sa.inspect(post).dict["author"].id == 1
    Base.registry.dispose()


def test_one_to_one(Base, run):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        profile: Mapped["Profile | None"] = relationship(back_populates="user", cascade="all, delete-orphan")

    class Profile(Base):
        __tablename__ = "profile"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
        user: Mapped["User"] = relationship(back_populates="profile", single_parent=True)

    session = run()
    u = User(profile=Profile())
    assert u.profile.user is u
    session.add(u)
    session.commit()
    u.profile = Profile()
    session.commit()
    assert session.query(Profile).one() is u.profile


def test_many_to_many(Base, run):
    link = sa.Table(
        "link", Base.metadata, sa.Column("post_id", sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )

    class Post(Base):
        __tablename__ = "post"
        id: Mapped[int] = mapped_column(primary_key=True)
        tags: Mapped[list["Tag"]] = relationship(secondary=link, back_populates="posts")

    class Tag(Base):
        __tablename__ = "tag"
        id: Mapped[int] = mapped_column(primary_key=True)
        word: Mapped[str]
        posts: Mapped[typing.Set["Post"]] = relationship(secondary="link", back_populates="tags")

    session = run()
    red, blue = Tag(word="red"), Tag(word="blue")
    one, two = Post(tags=[red, blue]), Post(tags=[red])
    assert red.posts == {one, two}
    session.add_all([one, two])
    session.commit()
    assert session.scalars(sa.select(Post).where(Post.tags.any(Tag.word == "blue"))).all() == [one]
    assert session.scalars(sa.select(Post).where(Post.tags.contains(red)).order_by(Post.id)).all() == [one, two]
    one.tags.remove(red)
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(link)) == 2
    blue.posts.add(two)
    session.commit()
    assert set(two.tags) == {red, blue}
    session.delete(red)
    session.commit()
    assert session.execute(sa.select(link.c.post_id, link.c.tag_id).order_by(link.c.post_id)).all() == [(1, blue.id), (2, blue.id)]


def test_self_referential(Base, run):
    class Node(Base):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("node.id"))
        name: Mapped[str]
        children: Mapped[list["Node"]] = relationship(back_populates="parent")
        parent: Mapped["Node | None"] = relationship(back_populates="children", remote_side=[id])

    session = run()
    root = Node(name="root", children=[Node(name="a", children=[Node(name="aa")]), Node(name="b")])
    session.add(root)
    session.commit()
    aa = session.scalars(sa.select(Node).where(Node.name == "aa")).one()
    assert aa.parent.parent is root
    assert session.scalars(sa.select(Node).where(Node.children.any(Node.name == "aa"))).one().name == "a"
    assert session.scalars(sa.select(Node).where(Node.parent == root).order_by(Node.name)).all() == root.children
    assert session.scalars(sa.select(Node).where(Node.parent.has(name="root")).order_by(Node.name)).all() == root.children
    assert session.scalars(sa.select(Node).where(Node.parent == None)).one() is root  # noqa: E711


def test_several_foreign_keys(Base, run):
    class Customer(Base):
        __tablename__ = "customer"
        id: Mapped[int] = mapped_column(primary_key=True)
        billing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("address.id"))
        shipping_id: Mapped[int | None] = mapped_column(sa.ForeignKey("address.id"))
        billing: Mapped["Address"] = relationship(foreign_keys=[billing_id])
        shipping: Mapped["Address"] = relationship(foreign_keys="Customer.shipping_id")

    class Address(Base):
        __tablename__ = "address"
        id: Mapped[int] = mapped_column(primary_key=True)

    session = run()
    c = Customer(billing=Address(), shipping=Address())
    session.add(c)
    session.commit()
    assert c.billing_id != c.shipping_id and c.billing.id == c.billing_id


def test_ambiguous_and_missing_keys(Base):
    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        b1: Mapped[int] = mapped_column(sa.ForeignKey("b.id"))
        b2: Mapped[int] = mapped_column(sa.ForeignKey("b.id"))
        b: Mapped["B"] = relationship()

    class B(Base):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(sa.exc.AmbiguousForeignKeysError, match="multiple foreign key paths linking the tables"):
        orm.configure_mappers()
    with pytest.raises(sa.exc.InvalidRequestError, match="One or more mappers failed to initialize"):
        A()
    Base.registry.dispose()

    class C(Base):
        __tablename__ = "c"
        id: Mapped[int] = mapped_column(primary_key=True)
        others: Mapped[list["D"]] = relationship()

    class D(Base):
        __tablename__ = "d"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(sa.exc.NoForeignKeysError, match=r"relationship C.others - there are no foreign keys linking"):
        C()


def test_unknown_class_name(Base):
    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        b = relationship("Nowhere")

    with pytest.raises(sa.exc.InvalidRequestError, match="failed to locate a name .'Nowhere'"):
        A()


def test_custom_primaryjoin(Base, run):
    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        boston: Mapped[list["Place"]] = relationship(
            primaryjoin="and_(User.id == Place.user_id, Place.city == 'Boston')", viewonly=True
        )
        places: Mapped[list["Place"]] = relationship(primaryjoin=lambda: User.id == orm.foreign(Place.user_id), overlaps="boston")

    class Place(Base):
        __tablename__ = "place"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
        city: Mapped[str]

    session = run()
    u = User(places=[Place(city="Boston"), Place(city="Rome")])
    session.add(u)
    session.commit()
    assert [p.city for p in u.boston] == ["Boston"] and len(u.places) == 2
    assert session.scalars(sa.select(User).where(User.boston.any())).all() == [u]


def test_string_expressions_are_not_evaluated(Base):
    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        others = relationship("A", primaryjoin="__import__('os').system('true') == 1")

    with pytest.raises(sa.exc.SQLAlchemyError):
        orm.configure_mappers()


def test_dictionary_collection(Base, run):
    class Item(Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)
        notes: Mapped[dict[str, "Note"]] = relationship(
            collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan", back_populates="item"
        )

    class Note(Base):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
        key: Mapped[str]
        item: Mapped["Item"] = relationship(back_populates="notes")

    session = run()
    i = Item()
    i.notes["a"] = Note(key="a")
    i.notes.set(Note(key="b"))
    assert i.notes["a"].item is i
    session.add(i)
    session.commit()
    assert sorted(i.notes) == ["a", "b"]
    del i.notes["a"]
    session.commit()
    assert session.query(Note).one().key == "b"


def test_custom_collection_class(Base, run):
    class Stack(list):
        def top(self):
            return self[-1]

    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship("Child", collection_class=Stack, backref="parent")

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id = sa.Column(sa.ForeignKey("parent.id"))

    session = run()
    p = Parent()
    c = Child()
    p.children.append(c)
    assert isinstance(p.children, Stack) and p.children.top() is c and c.parent is p
    session.add(p)
    session.commit()
    assert p.children.top() is c


def test_comparisons(Base, run):
    Parent, Child = family(Base)
    session = run()
    p = Parent(name="p", children=[Child(name="c")])
    session.add_all([p, Parent(name="q")])
    session.commit()
    c = p.children[0]
    assert session.scalars(sa.select(Child).where(Child.parent == p)).all() == [c]
    assert session.scalars(sa.select(Child).where(Child.parent != p)).all() == []
    assert session.scalars(sa.select(Parent).where(Parent.children.contains(c))).all() == [p]
    assert session.scalars(sa.select(Parent).where(~Parent.children.any())).one().name == "q"
    assert session.scalars(sa.select(Child).where(Child.parent.has(Parent.name == "p"))).all() == [c]
    assert session.query(Child).filter(orm.with_parent(p, Parent.children)).all() == [c]
    assert session.query(Parent).filter_by(name="p").join(Parent.children).filter(Child.name == "c").one() is p
    with pytest.raises(sa.exc.InvalidRequestError, match="use contains"):
        Parent.children == c
    with pytest.raises(sa.exc.InvalidRequestError, match="Use has"):
        Child.parent.any()


def test_dynamic(Base, run):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship("Child", lazy="dynamic", backref="parent")

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        name = sa.Column(sa.String)
        parent_id = sa.Column(sa.ForeignKey("parent.id"))

    session = run()
    p = Parent()
    p.children.append(Child(name="a"))
    session.add(p)
    session.commit()
    p.children.append(Child(name="b"))
    assert p.children.count() == 2
    assert p.children.filter_by(name="b").one().parent is p
    assert [c.name for c in p.children.order_by(Child.name.desc())] == ["b", "a"]
    p.children.remove(p.children.first())
    session.commit()
    assert p.children.count() == 1
    for parent in (p, Parent()):
        parent.children.remove(Child(name="stranger"))  # nobody looks whether it is there


def test_viewonly_and_post_update(Base, run):
    class Widget(Base):
        __tablename__ = "widget"
        id: Mapped[int] = mapped_column(primary_key=True)
        favourite_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id", use_alter=True, name="fk"))
        entries: Mapped[list["Entry"]] = relationship(primaryjoin="Widget.id == Entry.widget_id", back_populates="widget")
        favourite: Mapped["Entry | None"] = relationship(primaryjoin="Widget.favourite_id == Entry.id", post_update=True)

    class Entry(Base):
        __tablename__ = "entry"
        id: Mapped[int] = mapped_column(primary_key=True)
        widget_id: Mapped[int] = mapped_column(sa.ForeignKey("widget.id"))
        widget: Mapped["Widget"] = relationship(primaryjoin="Widget.id == Entry.widget_id", back_populates="entries")

    session = run()
    w = Widget(entries=[Entry(), Entry()])
    w.favourite = w.entries[1]
    session.add(w)
    session.commit()
    assert w.favourite_id == w.entries[1].id


def test_conditions_without_an_equality():
    """Paths of trees, ranges, casts: relationships that only read may join by any comparison."""

    class Base(DeclarativeBase):
        pass

    class Folder(Base):
        __tablename__ = "folder"
        path: Mapped[str] = mapped_column(primary_key=True)
        below = relationship("Folder", viewonly=True, order_by=path, primaryjoin=lambda: remote(foreign(Folder.path)).like(Folder.path.concat("/%")))
        above = relationship("Folder", viewonly=True, order_by=path, primaryjoin=lambda: Folder.path.like(remote(foreign(Folder.path)).concat("/%")))

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Folder(path=p) for p in ("/a", "/a/b", "/a/b/c", "/x"))
        session.commit()
        expected = {"/a": ["/a/b", "/a/b/c"], "/a/b": ["/a/b/c"], "/a/b/c": [], "/x": []}
        for option in (lazyload, joinedload, selectinload):
            session.expunge_all()
            folders = session.scalars(sa.select(Folder).options(option(Folder.below))).unique().all()
            assert {f.path: [b.path for b in f.below] for f in folders} == expected
        assert [f.path for f in session.get(Folder, "/a/b/c").above] == ["/a", "/a/b"]
        assert [f.path for f in session.scalars(sa.select(Folder).where(Folder.below.any()).order_by(Folder.path))] == ["/a", "/a/b"]


def test_what_is_written_needs_an_equality(Base):
    class Wrong(Base):
        __tablename__ = "wrong"
        id: Mapped[int] = mapped_column(primary_key=True)
        others = relationship("Wrong", primaryjoin=lambda: remote(foreign(Wrong.id)) > Wrong.id)

    with pytest.raises(sa.exc.ArgumentError, match="simple equality"):
        Wrong()


def test_an_instance_is_compared_by_what_it_holds_when_the_statement_runs(Base, run):
    Parent, Child = family(Base)
    session = run()
    parent = Parent(name="a", children=[Child(name="b")])
    waiting = sa.select(Child).where(Child.parent == parent)
    assert str(waiting).endswith("WHERE :param_1 = child.parent_id")
    with pytest.raises(sa.exc.InvalidRequestError, match="Can't resolve value for column parent.id on object <Parent at .*>; no value has been set"):
        session.scalars(waiting).all()
    session.add(parent)
    assert session.scalars(waiting).one() is parent.children[0]  # flushed by now, and found by the key it got
    assert session.scalars(sa.select(Parent).where(Parent.children.contains(parent.children[0]))).one() is parent
    assert str(waiting.compile(compile_kwargs={"literal_binds": True})).endswith(f"WHERE {parent.id} = child.parent_id")
    assert str(sa.select(Child).where(orm.with_parent(parent, Parent.children))).endswith("WHERE :param_1 = child.parent_id")
    session.expire(parent)
    session.expunge(parent)
    with pytest.raises(sa.exc.InvalidRequestError, match="the object is detached and the value was expired"):
        session.scalars(sa.select(Child).where(Child.parent == parent)).all()
    with pytest.warns(sa.exc.SAWarning, match="Got None for value of column parent.id"):
        assert session.scalars(sa.select(Child).where(Child.parent == Parent(id=None))).all() == []


def test_orm_join_goes_along_relationships_of_aliases(Base, run):
    Parent, Child = family(Base)
    p, c = orm.aliased(Parent), orm.aliased(Child)
    made = orm.join(Parent, c, Parent.children).join(p, c.parent)
    assert str(made) == "parent JOIN child AS child_1 ON parent.id = child_1.parent_id JOIN parent AS parent_1 ON parent_1.id = child_1.parent_id"
    assert str(orm.outerjoin(p, c, Parent.children)) == "parent AS parent_1 LEFT OUTER JOIN child AS child_1 ON parent_1.id = child_1.parent_id"
    with pytest.raises(sa.exc.ArgumentError, match="ON clause, typically"):
        orm.join(Parent, c, "children")
    session = run()
    session.add(Parent(name="a", children=[Child(name="b")]))
    assert session.execute(sa.select(Parent.name, p.name).select_from(made)).all() == [("a", "a")]


def test_a_relationship_between_classes_of_one_hierarchy(Base):
    """Which side holds the key follows from the column that only one of the classes has."""
    class Person(Base):
        __tablename__ = "person"
        id = sa.Column(sa.Integer, primary_key=True)
        boss_id = sa.Column(sa.ForeignKey("manager.id", use_alter=True))
        boss = relationship("Manager", primaryjoin="Person.boss_id == Manager.id", back_populates="staff")

    class Manager(Person):
        __tablename__ = "manager"
        id = sa.Column(sa.ForeignKey("person.id"), primary_key=True)
        staff = relationship(Person, primaryjoin="Person.boss_id == Manager.id", back_populates="boss", order_by=Person.id)
        __mapper_args__ = {"inherit_condition": id == Person.id}

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(Manager(id=1, staff=[Person(id=2), Person(id=3)]))
        s.commit()
        assert [p.id for p in s.get(Manager, 1).staff] == [2, 3]
        assert s.get(Person, 3).boss is s.get(Manager, 1)
        assert s.scalars(sa.select(Person.id).where(Person.boss.has(Manager.id == 1)).order_by(Person.id)).all() == [2, 3]


def test_a_many_to_one_list(Base):
    class Child(Base):
        __tablename__ = "child"
        id = sa.Column(sa.Integer, primary_key=True)

    class Parent(Base):
        __tablename__ = "parent"
        id = sa.Column(sa.Integer, primary_key=True)
        child_id = sa.Column(sa.ForeignKey("child.id"))
        children = relationship(Child, uselist=True)

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(Parent(id=1, children=[Child(id=7)]))
        s.commit()
        assert [c.id for c in s.get(Parent, 1).children] == [7]


def test_collections_of_many_that_are_deleted_are_read_together(Base, run):
    """A statement for each relationship; what has a change of its own is asked for by itself."""
    link = sa.Table("link", Base.metadata, sa.Column("a", sa.ForeignKey("node.id"), primary_key=True), sa.Column("b", sa.ForeignKey("node.id"), primary_key=True))

    class Node(Base):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("node.id"))
        children: Mapped[list["Node"]] = relationship()
        knows: Mapped[list["Node"]] = relationship(secondary=link, primaryjoin=id == link.c.a, secondaryjoin=id == link.c.b)

    session = run()
    session.execute(sa.insert(Node), [{"id": i, "parent_id": i - 1 if i % 10 else None} for i in range(40)])
    session.execute(sa.insert(link), [{"a": i, "b": (i + 5) % 40} for i in range(40)])
    session.commit()
    nodes = session.scalars(sa.select(Node).order_by(Node.id)).all()
    sent = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda c, cursor, statement, *rest: sent.append(statement.split()[0]))
    nodes[2].name = "changed"
    session.expire(nodes[4])
    for node in nodes[:20]:
        session.delete(node)
    session.flush()
    assert sent.count("SELECT") == 1 + 2 + 2  # the expired row; together; the changed one
    assert session.scalars(sa.select(Node.id).where(Node.parent_id.is_(None))).all() == [20, 30]
    assert session.execute(sa.select(link).order_by(link.c.a)).all() == [(i, (i + 5) % 40) for i in range(20, 40)]


def test_changes_while_a_flush_writes_are_warned_of(Base, run):
    Parent, Child = family(Base)
    session = run()

    @sa.event.listens_for(Parent, "after_insert")
    def late(mapper, connection, parent):
        parent.children.append(Child(name="late"))

    session.add(Parent(name="a"))
    with pytest.warns(sa.exc.SAWarning) as told:
        session.flush()
    assert [str(w.message).split("'")[1] for w in told if "Usage of" in str(w.message)] == ["collection append", "related attribute set"]


def test_a_column_that_equals_itself_says_nothing_of_the_direction(Base, run):
    class Employee(Base):
        __tablename__ = "employee"
        __table_args__ = (sa.ForeignKeyConstraint(["firm", "boss_id"], ["employee.firm", "employee.id"]),)
        firm: Mapped[int] = mapped_column(primary_key=True)
        id: Mapped[int] = mapped_column(primary_key=True)
        boss_id: Mapped[int | None]
        boss: Mapped["Employee | None"] = relationship(remote_side=[firm, id], backref="staff")

    session = run()
    session.add_all([Employee(firm=1, id=1), Employee(firm=2, id=1)])
    session.flush()
    boss = session.get(Employee, (1, 1))
    boss.staff.append(Employee(firm=1, id=2))
    session.commit()
    assert session.get(Employee, (1, 2)).boss is session.get(Employee, (1, 1)) and session.get(Employee, (2, 1)).staff == []


@pytest.mark.parametrize("kind", [list, set, attribute_keyed_dict("name")])
def test_a_change_to_the_collection_of_an_object_that_is_gone_is_refused(Base, run, kind):
    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship("Child", collection_class=kind)

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parent.id"))

    session = run()
    session.add(Parent(id=1))
    session.commit()
    children = session.get(Parent, 1).children
    with pytest.raises(orm.exc.ObjectDereferencedError, match="'children' - its parent object has been garbage collected"):
        children.append(Child()) if kind is list else children.add(Child()) if kind is set else children.set(Child(name="a"))
    Parent().children.clear()  # in no session: nothing is lost


def test_deleting_reads_what_raises_when_the_program_does(Base, run):
    Parent, Child = family(Base, lazy="raise", cascade="all, delete-orphan")
    session = run()
    session.add(Parent(name="a", children=[Child(name="b")]))
    session.commit()
    parent = session.scalars(sa.select(Parent)).one()
    with pytest.raises(sa.exc.InvalidRequestError, match="lazy='raise'"):
        parent.children
    session.delete(parent)
    session.commit()
    assert session.scalars(sa.select(Child)).all() == []


def test_columns_of_a_secondary_table_have_their_defaults():
    """Those of Python as those of SQL: scalars, functions called once for each row."""
    calls = []

    class Base(orm.DeclarativeBase):
        pass

    link = sa.Table(
        "link", Base.metadata, sa.Column("a", sa.ForeignKey("a.id"), primary_key=True), sa.Column("b", sa.ForeignKey("b.id"), primary_key=True),
        sa.Column("flag", sa.Boolean, default=False, nullable=False), sa.Column("name", sa.String, default=lambda: calls.append(1) or f"name {len(calls)}", nullable=False),
        sa.Column("half", sa.Integer, default=sa.literal_column("8 / 2"), nullable=False), sa.Column("none", sa.Integer),
    )  # fmt: skip

    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        bs: orm.Mapped[list["B"]] = orm.relationship(secondary=link, back_populates="all")

    class B(Base):
        __tablename__ = "b"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        all: orm.Mapped[list[A]] = orm.relationship(secondary=link, back_populates="bs")

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as s:
        a = A(bs=[B(), B()])
        s.add(a)
        s.commit()
        third = B(all=[a])
        s.add(third)
        s.commit()
        assert s.execute(sa.select(link).order_by(link.c.b)).all() == [(1, n, False, f"name {n}", 4, None) for n in (1, 2, 3)]
        a.bs.remove(third)
        s.commit()
        assert len(calls) == 3 and s.scalar(sa.select(sa.func.count()).select_from(link)) == 2
