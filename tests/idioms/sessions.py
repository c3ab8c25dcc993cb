"""Sessions in programs: per request, per thread, in tests, with locks and with what goes wrong."""

from __future__ import annotations

import pickle
import threading

from .kit import program


def jobs(k, **kw):
    sa, Base = k.sa, k.base()

    class Job(Base):
        __tablename__ = "job"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String, unique=True)
        state = sa.Column(sa.String, default="new")

    return k.session(Base, **kw), Job


@program
def session_scope_as_context_manager(k):
    s, Job = jobs(k)
    Session = k.orm.sessionmaker(s.get_bind())

    def add(name):
        with Session.begin() as session:
            session.add(Job(name=name))

    out = [k.raises(lambda n=n: add(n)) for n in ("a", "b", "a")]
    with Session() as session:
        return out, sorted(j.name for j in session.query(Job))


@program
def scoped_session_of_each_thread(k):
    s, Job = jobs(k)
    scoped = k.orm.scoped_session(k.orm.sessionmaker(s.get_bind()))
    lock, seen = threading.Lock(), []

    def work(n):
        with lock:
            scoped.add(Job(name=f"job{n}"))
            scoped.commit()
            seen.append(id(scoped()))
            keep.append(scoped())
        scoped.remove()

    keep = []
    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(set(seen)), scoped.query(Job).count(), scoped.registry.has()


@program
def workers_claim_jobs(k):
    s, Job = jobs(k)
    sa = k.sa
    s.add_all([Job(name=f"j{n}") for n in range(5)])
    s.commit()

    def claim(worker):
        first = sa.select(Job.id).where(Job.state == "new").order_by(Job.id).limit(1).with_for_update(skip_locked=True).scalar_subquery()
        return s.scalars(sa.update(Job).where(Job.id == first).values(state=worker).returning(Job)).one_or_none()

    claimed = []
    for worker in "xyxyxy":
        job = claim(worker)
        claimed.append(job and job.name)
        s.commit()
    return claimed, [tuple(r) for r in s.query(Job.state, sa.func.count()).group_by(Job.state).order_by(Job.state)]


@program
def savepoint_for_each_row(k):
    s, Job = jobs(k)
    out = []
    for name in ("a", "b", "a", "c"):
        try:
            with s.begin_nested():
                s.add(Job(name=name))
        except k.exc.IntegrityError:
            out.append(name)
    s.commit()
    return out, [j.name for j in s.query(Job).order_by(Job.id)]


@program
def tests_inside_one_transaction(k):
    s, Job = jobs(k)
    connection = s.get_bind().connect()
    outer = connection.begin()
    connection.execute(k.sa.insert(Job), {"name": "before"})
    inside = k.orm.Session(connection, join_transaction_mode="create_savepoint")
    inside.add(Job(name="a"))
    inside.commit()
    inside.add(Job(name="b"))
    inside.rollback()
    seen = inside.query(Job).count()
    inside.close()
    outer.rollback()
    connection.close()
    return {"inside": seen, "outside": s.query(Job).count()}


@program
def begin_of_ones_own(k):
    sa = k.sa
    engine = k.engine()
    said = []

    @k.event.listens_for(engine, "connect")
    def connect(dbapi, record):
        dbapi.isolation_level = None

    @k.event.listens_for(engine, "begin")
    def begin(connection):
        said.append("begin")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        connection.execute(sa.text("create table t (x int)"))
    with engine.connect() as connection:
        connection.execute(sa.text("insert into t values (1)"))
        with connection.begin_nested() as point:
            connection.execute(sa.text("insert into t values (2)"))
            point.rollback()
        connection.commit()
        return said, connection.scalar(sa.text("select count(*) from t"))


@program
def retry_after_an_error(k):
    s, Job = jobs(k)
    s.add(Job(name="a"))
    s.commit()
    tries = []

    def once():
        name = "a" if not tries else f"a{len(tries)}"
        tries.append(name)
        s.add(Job(name=name))
        s.commit()

    for _ in range(3):
        try:
            once()
            break
        except k.exc.IntegrityError as error:
            s.rollback()
            kept = type(error.orig).__name__, error.statement.split()[0]
    return tries, kept, s.query(Job).count()


@program
def flush_that_failed_poisons_until_rollback(k):
    s, Job = jobs(k)
    s.add_all([Job(name="a"), Job(name="a")])
    first = k.raises(s.flush)
    second = k.raises(lambda: s.query(Job).all())
    s.rollback()
    return first, second, s.query(Job).all() == [], len(s.new)


@program
def objects_in_a_cache(k):
    s, Job = jobs(k)
    s.add_all([Job(name="a"), Job(name="b")])
    s.commit()
    rows = [(j.id, j.name) for j in s.query(Job).order_by(Job.id)]
    job = s.query(Job).first()
    s.expunge(job)
    stale = {"name": job.name, "id": job.id}
    other = k.orm.Session(s.get_bind())
    merged = other.merge(Job(**stale, state="done"))
    other.commit()
    back = other.merge(job, load=False)
    s.add(job)
    s.refresh(job)
    return rows, merged.state, back is merged, job.state, k.sa.inspect(job).persistent


@program
def states_of_an_instance(k):
    s, Job = jobs(k)
    job, states = Job(name="a"), []

    def look():
        i = k.sa.inspect(job)
        states.append([n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)])

    look()
    s.add(job)
    look()
    s.flush()
    look()
    s.delete(job)
    s.flush()
    look()
    s.rollback()
    look()
    return states, job in s, k.raises(lambda: s.delete(job))


@program
def detached_objects_in_templates(k):
    s, Job = jobs(k, expire_on_commit=False)
    job = Job(name="a")
    s.add(job)
    s.commit()
    s.close()
    fine = job.name
    s2 = k.orm.Session(s.get_bind())
    other = s2.query(Job).first()
    s2.commit()
    s2.close()
    return fine, k.raises(lambda: other.name), k.sa.inspect(other).detached


@program
def events_after_the_commit(k):
    s, Job = jobs(k)
    mails = []

    @k.event.listens_for(s, "after_flush")
    def remember(session, context):
        session.info.setdefault("mails", []).extend(o.name for o in session.new if isinstance(o, Job))

    @k.event.listens_for(s, "after_commit")
    def send(session):
        mails.extend(session.info.pop("mails", []))

    @k.event.listens_for(s, "after_rollback")
    def forget(session):
        session.info.pop("mails", None)

    for name in ("a", "b", "a", "c"):
        s.add(Job(name=name))
        try:
            s.commit()
        except k.exc.IntegrityError:
            s.rollback()
    return mails


@program
def query_class_of_ones_own(k):
    s, Job = jobs(k)

    class Finder(k.orm.Query):
        def new_ones(self):
            return self.filter_by(state="new")

        def or_default(self, default):
            return self.first() or default

    session = k.orm.Session(s.get_bind(), query_cls=Finder)
    session.add_all([Job(name="a"), Job(name="b", state="done")])
    session.commit()
    return [j.name for j in session.query(Job).new_ones()], session.query(Job).filter_by(name="z").or_default("none"), session.query(Job).filter(Job.name == "b").new_ones().count()


class Settings(dict):
    pass


@program
def pickled_columns(k):
    sa, Base = k.sa, k.base()

    class Blob(Base):
        __tablename__ = "blob"
        id = sa.Column(sa.Integer, primary_key=True)
        value = sa.Column(sa.PickleType)
        raw = sa.Column(sa.LargeBinary)

    s = k.session(Base)
    s.add(Blob(value=Settings(a=[1, 2]), raw=pickle.dumps((1, "x"))))
    s.commit()
    blob = s.query(Blob).one()
    return type(blob.value).__name__, blob.value["a"], pickle.loads(blob.raw)


@program
def the_current_user_is_a_proxy(k):
    """What Flask-Login hands out stands for an instance: it is added, related, compared and refreshed like one."""
    from werkzeug.local import LocalProxy

    Base = k.base()
    Column, Integer, ForeignKey = k.sa.Column, k.sa.Integer, k.sa.ForeignKey
    links = k.sa.Table("links", Base.metadata, Column("user", ForeignKey("user.id"), primary_key=True), Column("role", ForeignKey("role.id"), primary_key=True))

    class User(Base):
        __tablename__ = "user"
        id = Column(Integer, primary_key=True)
        name = Column(k.sa.String)
        posts = k.orm.relationship("Post", back_populates="author")

    class Post(Base):
        __tablename__ = "post"
        id = Column(Integer, primary_key=True)
        author_id = Column(ForeignKey("user.id"))
        author = k.orm.relationship(User, back_populates="posts")

    class Role(Base):
        __tablename__ = "role"
        id = Column(Integer, primary_key=True)
        users = k.orm.relationship(User, secondary=links, backref=k.orm.backref("roles", collection_class=set))

    with k.session(Base) as s:
        user = User(name="ann")
        current = LocalProxy(lambda: user)
        s.add(current)
        made = Post(author=current)
        later = Post()
        later.author = current
        role, second = Role(users=[current]), Role()
        second.users.append(current)
        s.add_all([made, later, role, second])
        s.commit()
        said = [made.author is user, len(user.posts), current in role.users, user in second.users, len(user.roles), current in s]
        said += [s.scalars(k.sa.select(k.sa.func.count()).where(Post.author == current)).one(), s.query(Post).filter_by(author=current).count()]
        said += [s.query(Role).filter(Role.users.contains(current)).count(), s.query(Post).filter(k.orm.with_parent(current, User.posts)).count()]
        said += [s.merge(current) is user, k.orm.object_session(current) is s, k.sa.inspect(current).object is user]
        current.name = "bea"
        said += [s.is_modified(current), s.dirty == {user} or user in s.dirty]
        s.commit()
        s.refresh(current)
        s.expire(current, ["name"])
        said.append(user.name)
        user.roles.discard(role)
        role.users = [current]
        s.commit()
        said += [len(user.roles), k.raises(lambda: s.add(LocalProxy(lambda: 5)))]
        s.delete(current)
        s.commit()
        return said + [s.query(User).count(), [p.author_id for p in s.query(Post)]]
