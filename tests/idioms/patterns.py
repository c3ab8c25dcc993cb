"""What applications build on top of models: mixins, audit logs, soft deletion, tenants, versions."""

from __future__ import annotations

import datetime
import enum
import uuid

from .kit import program


@program
def soft_delete_by_criteria(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class SoftDelete:
        deleted_at = sa.Column(sa.DateTime)

    class User(SoftDelete, Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        pets = orm.relationship("Pet", order_by="Pet.id")

    class Pet(SoftDelete, Base):
        __tablename__ = "pet"
        id = sa.Column(sa.Integer, primary_key=True)
        user_id = sa.Column(sa.ForeignKey(User.id))

    s = k.session(Base)

    @k.event.listens_for(s, "do_orm_execute")
    def hide(state):
        if state.is_select and not state.execution_options.get("deleted", False):
            state.statement = state.statement.options(
                orm.with_loader_criteria(SoftDelete, lambda cls: cls.deleted_at.is_(None), include_aliases=True)
            )

    then = datetime.datetime(2020, 1, 1)
    s.add_all([User(name="a", pets=[Pet(), Pet(deleted_at=then)]), User(name="b", deleted_at=then)])
    s.commit()
    users = s.scalars(sa.select(User).options(orm.selectinload(User.pets))).all()
    hidden = s.scalars(sa.select(User).execution_options(deleted=True)).all()
    return [u.name for u in users], [len(u.pets) for u in users], sorted(u.name for u in hidden)


@program
def audit_log_by_flush_events(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Note(Base):
        __tablename__ = "note"
        id = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.String)
        stars = sa.Column(sa.Integer, default=0)

    class Log(Base):
        __tablename__ = "log"
        id = sa.Column(sa.Integer, primary_key=True)
        entry = sa.Column(sa.JSON)

    s = k.session(Base)

    @k.event.listens_for(s, "before_flush")
    def write(session, context, instances):
        for kind, found in (("new", session.new), ("dirty", session.dirty), ("deleted", session.deleted)):
            for obj in [o for o in found if isinstance(o, Note)]:
                changed = {}
                for attr in sa.inspect(obj).attrs:
                    if attr.history.has_changes():
                        changed[attr.key] = [list(attr.history.deleted), list(attr.history.added)]
                session.add(Log(entry={"what": kind, "changed": changed}))

    note = Note(text="a")
    s.add(note)
    s.commit()
    _ = note.text, note.stars
    note.text = "b"
    s.commit()
    s.delete(note)
    s.commit()
    return [log.entry for log in s.query(Log).order_by(Log.id)]


@program
def history_rows_after_update(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Doc(Base):
        __tablename__ = "doc"
        id = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.String)

    archive = sa.Table("archive", Base.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("doc", sa.Integer), sa.Column("text", sa.String))

    @k.event.listens_for(Doc, "before_update")
    def keep(mapper, connection, doc):
        history = orm.attributes.get_history(doc, "text")
        if history.deleted:
            connection.execute(archive.insert(), {"doc": doc.id, "text": history.deleted[0]})

    s = k.session(Base)
    doc = Doc(text="1")
    s.add(doc)
    s.commit()
    for text in ("2", "3"):
        assert doc.text != text
        doc.text = text
        s.commit()
    return [tuple(r) for r in s.execute(sa.select(archive.c.doc, archive.c.text).order_by(archive.c.id))]


@program
def versioned_rows(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Doc(Base):
        __tablename__ = "doc"
        id = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.String)
        version = sa.Column(sa.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    s = k.session(Base)
    doc = Doc(text="a")
    s.add(doc)
    s.commit()
    doc.text = "b"
    s.commit()
    seen = doc.version
    s.execute(sa.text("update doc set version = 9"))
    doc.text = "c"
    failed = k.raises(s.flush)
    s.rollback()
    return seen, failed, doc.text


@program
def tenants_by_global_criteria(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    current = {"tenant": 1}

    class HasTenant:
        tenant_id = sa.Column(sa.Integer, index=True, nullable=False, default=lambda: current["tenant"])

    class Invoice(HasTenant, Base):
        __tablename__ = "invoice"
        id = sa.Column(sa.Integer, primary_key=True)
        total = sa.Column(sa.Integer)

    s = k.session(Base)

    @k.event.listens_for(s, "do_orm_execute")
    def only_mine(state):
        if state.is_select or state.is_update:
            tenant = current["tenant"]
            state.statement = state.statement.options(orm.with_loader_criteria(Invoice, Invoice.tenant_id == tenant))

    answers = []
    for tenant, totals in ((1, [10, 20]), (2, [30])):
        current["tenant"] = tenant
        s.add_all([Invoice(total=t) for t in totals])
        s.commit()
    for tenant in (1, 2, 3):
        current["tenant"] = tenant
        answers.append([i.total for i in s.scalars(sa.select(Invoice).order_by(Invoice.total))])
    current["tenant"] = 1
    answers.append(s.execute(sa.update(Invoice).values(total=0)).rowcount)
    k.event.remove(s, "do_orm_execute", only_mine)
    answers.append([i.total for i in s.scalars(sa.select(Invoice).order_by(Invoice.id))])
    return answers


@program
def timestamps_mixin(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    clock = iter(range(1, 100))

    class Timestamps:
        created = orm.mapped_column(sa.Integer, default=lambda: next(clock))
        updated = sa.Column(sa.Integer, default=lambda: next(clock), onupdate=lambda: next(clock))

    class Doc(Timestamps, Base):
        __tablename__ = "doc"
        id = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.String)

    s = k.session(Base)
    doc = Doc(text="a")
    s.add(doc)
    s.commit()
    before = doc.updated - doc.created
    doc.text = "b"
    s.commit()
    after = doc.updated > doc.created
    s.commit()
    return abs(before), after, sorted(Doc.__table__.c.keys())


@program
def declared_mixins(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    declared_attr = orm.declared_attr

    class Named:
        @declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower() + "s"

        id = sa.Column(sa.Integer, primary_key=True)

        @declared_attr
        def owner_id(cls):
            return sa.Column(sa.ForeignKey("owner.id"))

        @declared_attr
        def owner(cls):
            return orm.relationship("Owner", foreign_keys=cls.owner_id, backref=cls.__tablename__)

        def __repr__(self):
            return f"<{type(self).__name__} {self.id}>"

    class Owner(Base):
        __tablename__ = "owner"
        id = sa.Column(sa.Integer, primary_key=True)

    class Car(Named, Base):
        wheels = sa.Column(sa.Integer)

    class Boat(Named, Base):
        pass

    s = k.session(Base)
    s.add(Owner(cars=[Car(wheels=4), Car(wheels=3)], boats=[Boat()]))
    s.commit()
    owner = s.query(Owner).one()
    return repr(sorted(owner.cars, key=lambda c: c.id)), repr(owner.boats), Car.__tablename__, s.query(Car).join(Car.owner).count()


@program
def active_record_mixin(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class ActiveRecord:
        session = None

        @classmethod
        def create(cls, **kw):
            return cls().fill(**kw).save()

        def fill(self, **kw):
            settable = [c.key for c in sa.inspect(type(self)).column_attrs] + list(sa.inspect(type(self)).relationships.keys())
            for name, value in kw.items():
                if name not in settable:
                    raise KeyError(f"Attribute '{name}' doesn't exist")
                setattr(self, name, value)
            return self

        def save(self):
            self.session.add(self)
            self.session.flush()
            return self

        def to_dict(self):
            return {c.key: getattr(self, c.key) for c in sa.inspect(type(self)).column_attrs}

        @classmethod
        def where(cls, **filters):
            ops = {"gt": "__gt__", "like": "like", "in": "in_"}
            query = cls.session.query(cls)
            for key, value in filters.items():
                name, _, op = key.partition("__")
                query = query.filter(getattr(getattr(cls, name), ops[op] if op else "__eq__")(value))
            return query

    class User(ActiveRecord, Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer)

    ActiveRecord.session = k.session(Base)
    for name, age in (("ann", 30), ("bob", 20), ("cy", 40)):
        User.create(name=name, age=age)
    return (
        [u.name for u in User.where(age__gt=25).order_by(User.age)], User.where(name__like="b%").one().to_dict(),
        User.where(id__in=[1, 3]).count(), k.raises(lambda: User.create(nothing=1)),
    )


@program
def serialize_everything(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class User(Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        born = sa.Column(sa.Date)
        uid = sa.Column(sa.Uuid)
        posts = orm.relationship("Post", backref="user", order_by="Post.id")

    class Post(Base):
        __tablename__ = "post"
        id = sa.Column(sa.Integer, primary_key=True)
        user_id = sa.Column(sa.ForeignKey(User.id))

    def dump(obj, depth=1):
        mapper = sa.inspect(type(obj))
        out = {attr.key: getattr(obj, attr.key) for attr in mapper.column_attrs}
        for rel in mapper.relationships if depth else ():
            value = getattr(obj, rel.key)
            out[rel.key] = [dump(v, depth - 1) for v in value] if rel.uselist else dump(value, depth - 1)
        return {key: v.isoformat() if hasattr(v, "isoformat") else str(v) if isinstance(v, uuid.UUID) else v for key, v in out.items()}

    s = k.session(Base)
    s.add(User(born=datetime.date(2000, 2, 29), uid=uuid.UUID(int=7), posts=[Post(), Post()]))
    s.commit()
    kinds = [(c.key, type(c.columns[0].type).__name__, c.columns[0].nullable) for c in sa.inspect(User).column_attrs]
    return dump(s.query(User).one()), dump(s.query(Post).first()), kinds, sa.inspect(User).attrs.keys()


@program
def json_settings_that_notice_changes(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    mutable = k.module("ext.mutable")

    class User(Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        settings = sa.Column(mutable.MutableDict.as_mutable(sa.JSON), default=dict)
        tags = sa.Column(mutable.MutableList.as_mutable(sa.PickleType), default=list)
        plain = sa.Column(sa.JSON)

    s = k.session(Base)
    user = User(plain={"a": 1})
    s.add(user)
    s.commit()
    user.settings["theme"] = "dark"
    user.tags.append("x")
    user.plain["a"] = 2
    s.commit()
    first = dict(user.settings), list(user.tags), user.plain
    user.plain["a"] = 3
    orm.attributes.flag_modified(user, "plain")
    s.commit()
    return first, user.plain, s.query(User).filter(User.settings["theme"].as_string() == "dark").count()


@program
def states_as_enum(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class State(enum.Enum):
        draft = "d"
        live = "l"

    class Post(Base):
        __tablename__ = "post"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        state = sa.Column(sa.Enum(State), default=State.draft)
        short = sa.Column(sa.Enum(State, values_callable=lambda e: [m.value for m in e]))

    s = k.session(Base)
    s.add_all([Post(), Post(state=State.live, short=State.live)])
    s.commit()
    raw = [tuple(r) for r in s.execute(sa.text("select state, short from post order by id"))]
    return raw, [p.state.name for p in s.query(Post).order_by(Post.id)], s.query(Post).filter_by(state="live").count(), k.raises(lambda: s.query(Post).filter_by(state="x").all())


@program
def passwords_by_property(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    hybrid = k.module("ext.hybrid")

    class Caseless(hybrid.Comparator):
        def operate(self, op, other, **kw):
            return op(sa.func.lower(self.__clause_element__()), sa.func.lower(other), **kw)

    class User(Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        _password = sa.Column("password", sa.String)
        email = sa.Column(sa.String)

        @property
        def password(self):
            raise AttributeError("not readable")

        @password.setter
        def password(self, value):
            self._password = value[::-1]

        @hybrid.hybrid_property
        def email_any_case(self):
            return self.email.lower()

        @email_any_case.inplace.comparator
        @classmethod
        def _email_any_case(cls):
            return Caseless(cls.email)

    s = k.session(Base)
    s.add(User(password="abc", email="Ann@X.org"))
    s.commit()
    user = s.query(User).filter(User.email_any_case == "ANN@x.ORG").one()
    return user._password, k.raises(lambda: user.password), user.email_any_case, s.scalar(sa.select(User._password))


@program
def unique_object_recipe(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Word(Base):
        __tablename__ = "word"
        id = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.String, unique=True, nullable=False)

        @classmethod
        def unique(cls, session, text):
            cache = session.info.setdefault("words", {})
            if text not in cache:
                with session.no_autoflush:
                    found = session.query(cls).filter_by(text=text).first()
                if found is None:
                    found = cls(text=text)
                    session.add(found)
                cache[text] = found
            return cache[text]

    s = k.session(Base)
    words = [Word.unique(s, w) for w in "to be or not to be".split()]
    s.commit()
    return len({id(w) for w in words}), s.query(Word).count(), Word.unique(s, "to") is words[0]


@program
def states_of_a_workflow_validated(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    steps = {None: ["new"], "new": ["paid"], "paid": ["sent"]}

    class Order(Base):
        __tablename__ = "order"
        id = sa.Column(sa.Integer, primary_key=True)
        state = sa.Column(sa.String)

    @k.event.listens_for(Order.state, "set", retval=True)
    def check(target, value, old, initiator):
        old = None if getattr(old, "name", None) in ("NO_VALUE", "NEVER_SET") or not isinstance(old, str) else old
        if value.lower() not in steps.get(old, []):
            raise ValueError(f"{old} -> {value}")
        return value.lower()

    s = k.session(Base)
    order = Order(state="NEW")
    s.add(order)
    s.commit()
    assert order.state == "new"
    order.state = "Paid"
    return order.state, k.raises(lambda: setattr(order, "state", "new")), s.query(Order.state).scalar()


@program
def counters_kept_by_collection_events(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Topic(Base):
        __tablename__ = "topic"
        id = sa.Column(sa.Integer, primary_key=True)
        n = sa.Column(sa.Integer, default=0)
        answers = orm.relationship("Answer", backref="topic")

    class Answer(Base):
        __tablename__ = "answer"
        id = sa.Column(sa.Integer, primary_key=True)
        topic_id = sa.Column(sa.ForeignKey(Topic.id))

    k.event.listen(Topic.answers, "append", lambda topic, answer, initiator: setattr(topic, "n", (topic.n or 0) + 1))
    k.event.listen(Topic.answers, "remove", lambda topic, answer, initiator: setattr(topic, "n", topic.n - 1))
    s = k.session(Base)
    topic, other = Topic(answers=[Answer(), Answer()]), Topic()
    s.add_all([topic, other])
    s.commit()
    topic.answers[0].topic = other
    s.commit()
    return topic.n, other.n, len(topic.answers), len(other.answers)


@program
def many_columns_computed_by_the_database(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Square(Base):
        __tablename__ = "square"
        id = sa.Column(sa.Integer, primary_key=True)
        side = sa.Column(sa.Integer)
        area = sa.Column(sa.Integer, sa.Computed("side * side"))
        colour = sa.Column(sa.String, server_default="red")
        twice = orm.column_property(side * 2)

    s = k.session(Base)
    square = Square(side=3)
    s.add(square)
    s.flush()
    first = square.area, square.colour, square.twice
    square.side = 4
    s.flush()
    return first, square.area, s.query(Square).filter(Square.twice == 8).count()


@program
def plain_classes_mapped_imperatively(k):
    sa, orm = k.sa, k.orm
    registry = orm.registry()
    user = sa.Table("user", registry.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
    mail = sa.Table("mail", registry.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("user_id", sa.ForeignKey("user.id")), sa.Column("at", sa.String))

    class User:
        def __init__(self, name):
            self.name = name

    class Mail:
        def __init__(self, at):
            self.at = at

    registry.map_imperatively(User, user, properties={"mails": orm.relationship(Mail, backref="user", order_by=mail.c.id), "nick": orm.synonym("name")})
    registry.map_imperatively(Mail, mail)
    engine = k.engine()
    registry.metadata.create_all(engine)
    s = orm.Session(engine)
    ann = User("ann")
    ann.mails += [Mail("a@x"), Mail("b@x")]
    s.add(ann)
    s.commit()
    return [m.at for m in s.query(User).filter(User.nick == "ann").one().mails], s.query(Mail).filter(Mail.at.endswith("@x")).count(), ann.nick
