"""Programs in the manner of popular tutorials: a microblog, search, a queue, an audit log, a JSON API, tenants."""

import datetime as dt
import enum
from typing import Dict, List, Optional

import flask

from .kit import program


@program
def microblog(k):
    """Followers, and the posts of those one follows, as the best known tutorial writes it."""
    sa, orm = k.sa, k.orm
    Base = k.base()
    flw = sa.Table(
        "followers",
        Base.metadata,
        sa.Column("follower_id", sa.Integer, sa.ForeignKey("user.id"), primary_key=True),
        sa.Column("followed_id", sa.Integer, sa.ForeignKey("user.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "user"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        username: orm.Mapped[str] = orm.mapped_column(sa.String(64), index=True, unique=True)
        last_seen: orm.Mapped[Optional[dt.datetime]] = orm.mapped_column(default=lambda: dt.datetime(2024, 1, 1))
        posts: orm.WriteOnlyMapped["Post"] = orm.relationship(back_populates="author", passive_deletes=True)
        following: orm.WriteOnlyMapped["User"] = orm.relationship(
            secondary=flw,
            primaryjoin=(flw.c.follower_id == id),
            secondaryjoin=(flw.c.followed_id == id),
            back_populates="followers",
        )
        followers: orm.WriteOnlyMapped["User"] = orm.relationship(
            secondary=flw,
            primaryjoin=(flw.c.followed_id == id),
            secondaryjoin=(flw.c.follower_id == id),
            back_populates="following",
        )

        def follow(self, s, user):
            if not self.is_following(s, user):
                self.following.add(user)

        def unfollow(self, s, user):
            if self.is_following(s, user):
                self.following.remove(user)

        def is_following(self, s, user):
            return s.scalar(self.following.select().where(User.id == user.id)) is not None

        def followers_count(self, s):
            return s.scalar(sa.select(sa.func.count()).select_from(self.followers.select().subquery()))

        def following_count(self, s):
            return s.scalar(sa.select(sa.func.count()).select_from(self.following.select().subquery()))

        def following_posts(self):
            Author = orm.aliased(User)
            Follower = orm.aliased(User)
            return (
                sa.select(Post)
                .join(Post.author.of_type(Author))
                .join(Author.followers.of_type(Follower), isouter=True)
                .where(sa.or_(Follower.id == self.id, Author.id == self.id))
                .group_by(Post)
                .order_by(Post.timestamp.desc())
            )

    class Post(Base):
        __tablename__ = "post"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        body: orm.Mapped[str] = orm.mapped_column(sa.String(140))
        timestamp: orm.Mapped[dt.datetime] = orm.mapped_column(index=True)
        user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey(User.id), index=True)
        author: orm.Mapped[User] = orm.relationship(back_populates="posts")

        def __repr__(self):
            return f"<Post {self.body}>"

    s = k.session(Base)
    us = [User(username=n) for n in ("john", "susan", "mary", "david")]
    s.add_all(us)
    s.flush()
    t0 = dt.datetime(2024, 1, 1)
    s.add_all(
        [
            Post(body=f"post from {u.username}", author=u, timestamp=t0 + dt.timedelta(seconds=i))
            for i, u in zip((1, 4, 3, 2), us)
        ]
    )
    s.commit()
    u1, u2, u3, u4 = us
    u1.follow(s, u2)
    u1.follow(s, u4)
    u2.follow(s, u3)
    u3.follow(s, u4)
    s.commit()
    r = [[p.body for p in s.scalars(u.following_posts())] for u in us]
    r.append([(u.followers_count(s), u.following_count(s)) for u in us])
    u1.unfollow(s, u2)
    s.commit()
    r.append(u1.is_following(s, u2))
    r.append([repr(p) for p in s.scalars(u1.posts.select())])
    u1.posts.add(Post(body="new", timestamp=t0))
    s.commit()
    r.append(s.scalar(sa.select(sa.func.count()).select_from(u1.posts.select().subquery())))
    r.append(k.raises(lambda: u1.posts.append))
    r.append(k.raises(lambda: list(u1.posts)))
    s.add(User(username="john"))
    r.append(k.raises(s.commit))
    s.rollback()
    q = u1.following_posts()
    r.append(s.scalar(sa.select(sa.func.count()).select_from(q.order_by(None).subquery())))
    return r


@program
def full_text_search(k):
    """A full-text table kept by triggers."""
    sa, orm = k.sa, k.orm
    Base = k.base()

    class Doc(Base):
        __tablename__ = "doc"
        id = sa.Column(sa.Integer, primary_key=True)
        title = sa.Column(sa.String)
        body = sa.Column(sa.Text)

    fts = sa.DDL("CREATE VIRTUAL TABLE doc_fts USING fts5(title, body, content='doc', content_rowid='id')")
    trg = sa.DDL(
        "CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_fts(rowid,title,body) VALUES (new.id,new.title,new.body); END"
    )
    k.event.listen(Doc.__table__, "after_create", fts.execute_if(dialect="sqlite"))
    k.event.listen(Doc.__table__, "after_create", trg.execute_if(dialect="sqlite"))
    s = k.session(Base)
    s.add_all(
        [
            Doc(title="Python web", body="flask and friends"),
            Doc(title="C", body="pointers in C"),
            Doc(title="Flask mega", body="python tutorial"),
        ]
    )
    s.commit()
    f = sa.table(
        "doc_fts", sa.column("rowid", sa.Integer), sa.column("rank", sa.Float), sa.column("doc_fts", sa.String)
    )
    q = sa.select(Doc).join(f, f.c.rowid == Doc.id).where(f.c.doc_fts.op("MATCH")("python")).order_by(f.c.rank, Doc.id)
    r = [d.title for d in s.scalars(q)]
    r.append(
        [
            x[0]
            for x in s.execute(
                sa.text("select snippet(doc_fts,1,'[',']','',3) from doc_fts where doc_fts match :q order by rowid"),
                {"q": "flask"},
            )
        ]
    )
    r.append(
        [
            d.title
            for d in s.scalars(
                sa.select(Doc).where(
                    Doc.id.in_(
                        sa.select(sa.literal_column("rowid"))
                        .select_from(sa.text("doc_fts"))
                        .where(sa.text("doc_fts match 'c*'"))
                    )
                )
            )
        ]
    )
    r.append(
        [
            d.title
            for d in s.scalars(
                sa.select(Doc).from_statement(
                    sa.text(
                        "select doc.* from doc join doc_fts on doc.id=doc_fts.rowid where doc_fts match :q"
                    ).bindparams(q="tutorial")
                )
            )
        ]
    )
    r.append(k.raises(lambda: s.execute(q.with_only_columns(Doc.id).where(f.c.doc_fts.op("MATCH")('"')))))
    return r


@program
def job_queue(k):
    """Jobs claimed one by one, with their state as an enum."""
    sa, orm = k.sa, k.orm
    Base = k.base()

    class St(enum.Enum):
        queued = "q"
        running = "r"
        done = "d"
        failed = "f"

    class Job(Base):
        __tablename__ = "job"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        kind: orm.Mapped[str]
        payload: orm.Mapped[Dict] = orm.mapped_column(sa.JSON, default=dict)
        status: orm.Mapped[St] = orm.mapped_column(default=St.queued)
        priority: orm.Mapped[int] = orm.mapped_column(default=0)
        attempts: orm.Mapped[int] = orm.mapped_column(default=0)
        parent_id: orm.Mapped[Optional[int]] = orm.mapped_column(sa.ForeignKey("job.id"))
        children: orm.Mapped[List["Job"]] = orm.relationship(back_populates="parent", cascade="all, delete-orphan")
        parent: orm.Mapped[Optional["Job"]] = orm.relationship(back_populates="children", remote_side=[id])
        __table_args__ = (
            sa.Index("ix_q", "status", "priority", sqlite_where=sa.text("status='queued'")),
            sa.CheckConstraint("attempts >= 0", name="att"),
        )

    s = k.session(Base)
    s.add_all([Job(kind="mail", payload={"to": "x", "n": [1, 2]}, priority=i % 3) for i in range(6)])
    s.commit()

    def claim():
        j = s.scalars(
            sa.select(Job)
            .where(Job.status == St.queued)
            .order_by(Job.priority.desc(), Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if j:
            j.status = St.running
            j.attempts = Job.attempts + 1
            s.commit()
        return j

    r = [(j.id, j.attempts, j.status.name) for j in (claim() for _ in range(3))]
    n = s.execute(
        sa.update(Job)
        .where(
            Job.id
            == sa.select(Job.id)
            .where(Job.status == St.queued)
            .order_by(Job.priority.desc(), Job.id)
            .limit(1)
            .scalar_subquery()
        )
        .values(status=St.running, attempts=Job.attempts + 1)
        .returning(Job.id, Job.status)
    ).all()
    r.append([(x[0], x[1].name) for x in n])
    s.commit()
    r.append(
        [
            (a.name, b)
            for a, b in s.execute(sa.select(Job.status, sa.func.count()).group_by(Job.status).order_by(sa.func.count()))
        ]
    )
    j = s.get(Job, 1)
    j.children.append(Job(kind="sub"))
    s.commit()
    c = j.children[0].id
    j.children.clear()
    s.commit()
    r.append(s.get(Job, c))
    r.append(s.scalars(sa.select(Job.payload["to"].as_string()).limit(1)).one())
    r.append(s.scalar(sa.select(sa.func.count()).where(Job.payload["n"][1].as_integer() == 2)))
    j.attempts = -1
    r.append(k.raises(s.commit))
    s.rollback()
    r.append(k.raises(lambda: Job(kind="x", nope=1)))
    j.payload["to"] = "changed"
    s.commit()
    s.expire_all()
    r.append(j.payload["to"])
    j.payload = {**j.payload, "to": "changed"}
    s.commit()
    r.append(s.get(Job, 1, populate_existing=True).payload["to"])
    j.status = "bogus"
    r.append(k.raises(s.commit))
    s.rollback()
    r.append(s.execute(sa.delete(Job).where(Job.status == St.queued)).rowcount)
    top = sa.select(Job.id, Job.parent_id).where(Job.parent_id.is_(None)).cte("tree", recursive=True)
    tree = top.union_all(sa.select(Job.id, Job.parent_id).join(top, Job.parent_id == top.c.id))
    r.append(s.scalar(sa.select(sa.func.count()).select_from(tree)))
    return r


@program
def audit_log(k):
    """What changed, who did it, and rows that are only marked as deleted."""
    sa, orm = k.sa, k.orm
    Base = k.base()
    log = []

    class Stamp:
        created = sa.Column(sa.DateTime, default=lambda: dt.datetime(2020, 1, 1))
        updated = sa.Column(sa.DateTime, onupdate=lambda: dt.datetime(2021, 1, 1))

        @orm.declared_attr
        def by_id(cls):
            return sa.Column(sa.ForeignKey("user.id"))

        @orm.declared_attr
        def by(cls):
            return orm.relationship("User", foreign_keys=[cls.by_id])

    class User(Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)

    class Item(Stamp, Base):
        __tablename__ = "item"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String, nullable=False)
        price = sa.Column(sa.Numeric(10, 2))
        deleted = sa.Column(sa.Boolean, default=False, nullable=False)
        tags = orm.relationship("Tag", backref="item", cascade="all, delete-orphan")

    class Tag(Base):
        __tablename__ = "tag"
        id = sa.Column(sa.Integer, primary_key=True)
        item_id = sa.Column(sa.ForeignKey("item.id"))
        word = sa.Column(sa.String)

    class Log(Base):
        __tablename__ = "log"
        id = sa.Column(sa.Integer, primary_key=True)
        what = sa.Column(sa.String)
        data = sa.Column(sa.JSON)

    @k.event.listens_for(orm.Session, "before_flush")
    def bf(session, ctx, inst):
        for o in session.new:
            if isinstance(o, Item):
                session.add(Log(what="new", data={"name": o.name}))
        for o in session.dirty:
            if isinstance(o, Item) and session.is_modified(o):
                ch = {}
                for a in sa.inspect(o).attrs:
                    h = a.history
                    if h.has_changes() and a.key in ("name", "price", "deleted"):
                        ch[a.key] = [str(h.deleted[0]) if h.deleted else None, str(h.added[0]) if h.added else None]
                session.add(Log(what="upd", data=ch))
        for o in list(session.deleted):
            if isinstance(o, Item):
                o.deleted = True
                session.add(o)
                session.add(Log(what="del", data={}))

    @k.event.listens_for(orm.Session, "do_orm_execute")
    def de(st):
        if (
            st.is_select
            and not st.is_column_load
            and not st.is_relationship_load
            and not st.execution_options.get("all")
        ):
            st.statement = st.statement.options(
                orm.with_loader_criteria(Item, lambda c: c.deleted == False, include_aliases=True)
            )

    @k.event.listens_for(Item.name, "set", retval=True)
    def nm(t, v, o, i):
        return v.strip() if isinstance(v, str) else v

    @k.event.listens_for(Item, "before_update")
    def bu(m, c, t):
        log.append(("bu", t.name))

    try:
        s = k.session(Base)
        u = User(name="u")
        i = Item(name=" a ", price="1.50", by=u, tags=[Tag(word="x")])
        s.add(i)
        s.commit()
        i.name = "b"
        i.price = 2
        s.commit()
        i.name = "b"
        s.commit()
        r = [[(l.what, l.data) for l in s.scalars(sa.select(Log).order_by(Log.id))]]
        s.delete(i)
        s.commit()
        r.append(s.scalars(sa.select(Item)).all())
        r.append(len(s.scalars(sa.select(Item), execution_options={"all": True}).all()))
        r.append([str(x) for x in (i.created, i.updated, i.price, i.deleted)])
        r.append(log)
        r.append(s.scalar(sa.select(sa.func.count(Tag.id))))
        r.append(s.scalar(sa.select(sa.func.count()).select_from(Item)))
        r.append([l.what for l in s.scalars(sa.select(Log).order_by(Log.id))])
        return r
    finally:
        k.event.remove(orm.Session, "before_flush", bf)
        k.event.remove(orm.Session, "do_orm_execute", de)


@program
def product_api(k):
    """A JSON API with filters, pages and errors."""
    sa, orm = k.sa, k.orm
    app = flask.Flask("x")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    app.config["SQLALCHEMY_RECORD_QUERIES"] = True
    db = k.flask.SQLAlchemy(app)

    class Cat(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(50), unique=True, nullable=False)
        products = db.relationship(
            "Product", backref=db.backref("cat", lazy="joined"), lazy="dynamic", order_by="Product.name"
        )

    class Product(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80), nullable=False)
        price = db.Column(db.Float, nullable=False, default=0)
        stock = db.Column(db.Integer, default=0)
        cat_id = db.Column(db.Integer, db.ForeignKey("cat.id"))

        def as_dict(self):
            return {c.name: getattr(self, c.name) for c in self.__table__.columns}

        @classmethod
        def search(cls, **f):
            q = cls.query
            if f.get("q"):
                q = q.filter(cls.name.ilike(f"%{f['q']}%"))
            if f.get("min"):
                q = q.filter(cls.price >= float(f["min"]))
            if f.get("cat"):
                q = q.join(Cat).filter(Cat.name == f["cat"])
            sort = f.get("sort")
            if sort:
                q = q.order_by(getattr(cls, sort.lstrip("-")).desc() if sort[0] == "-" else getattr(cls, sort))
            return q

    @app.get("/p")
    def lst():
        a = flask.request.args
        p = Product.search(**a.to_dict()).paginate(
            page=a.get("page", 1, type=int),
            per_page=a.get("per", 3, type=int),
            error_out=a.get("e", "1") == "1",
            max_per_page=5,
        )
        return {
            "items": [x.as_dict() for x in p.items],
            "total": p.total,
            "pages": p.pages,
            "next": p.next_num,
            "prev": p.prev_num,
            "iter": list(p.iter_pages()),
            "first": p.first,
            "last": p.last,
        }

    @app.get("/p/<int:i>")
    def one(i):
        return db.get_or_404(Product, i).as_dict()

    @app.post("/p")
    def mk():
        d = flask.request.get_json()
        try:
            p = Product(**d)
            db.session.add(p)
            db.session.commit()
        except k.exc.IntegrityError as e:
            db.session.rollback()
            return {"error": type(e.orig).__name__, "m": str(e.orig)}, 409
        except TypeError as e:
            return {"error": str(e)}, 400
        return p.as_dict(), 201

    @app.delete("/p/<int:i>")
    def rm(i):
        n = Product.query.filter_by(id=i).delete()
        db.session.commit()
        return {"n": n}

    @app.patch("/p/<int:i>")
    def up(i):
        p = Product.query.get_or_404(i, description="nope")
        for kk, v in flask.request.get_json().items():
            setattr(p, kk, v)
        db.session.commit()
        return p.as_dict()

    @app.get("/stats")
    def stats():
        rows = (
            db.session.query(
                Cat.name, db.func.count(Product.id).label("n"), db.func.coalesce(db.func.avg(Product.price), 0)
            )
            .outerjoin(Product)
            .group_by(Cat.id)
            .order_by(db.desc("n"))
            .all()
        )
        return {"rows": [list(x) for x in rows]}

    with app.app_context():
        db.create_all()
        for n in ("tools", "toys"):
            db.session.add(Cat(name=n))
        db.session.flush()
        c1, c2 = Cat.query.order_by(Cat.id).all()
        db.session.add_all([Product(name=f"p{i}", price=i * 1.5, stock=i, cat=c1 if i % 2 else c2) for i in range(8)])
        db.session.commit()
    c = app.test_client()
    r = []
    for u in (
        "/p",
        "/p?page=2",
        "/p?page=9",
        "/p?page=9&e=0",
        "/p?per=100",
        "/p?q=P1&min=1",
        "/p?cat=tools&sort=-price",
        "/p?page=0",
        "/p/1",
        "/p/99",
        "/stats",
        "/p?page=abc",
    ):
        x = c.get(u)
        r.append((u, x.status_code, x.get_json() if x.is_json else x.get_data(as_text=True)[:200]))
    for d in ({"name": "new", "price": 3, "cat_id": 1}, {"price": 3}, {"nme": "x"}, {"name": "q", "price": "12.5"}):
        x = c.post("/p", json=d)
        r.append((x.status_code, x.get_json()))
    x = c.patch("/p/1", json={"name": "zz", "stock": 7})
    r.append(x.get_json())
    x = c.patch("/p/77", json={})
    r.append((x.status_code, "nope" in x.get_data(as_text=True)))
    r.append(c.delete("/p/1").get_json())
    r.append(c.delete("/p/1").get_json())
    with app.app_context():
        c1 = db.session.get(Cat, 1)
        r.append([p.name for p in c1.products.filter(Product.price > 2).limit(2)])
        r.append(c1.products.count())
        r.append(k.raises(lambda: Cat.query.filter_by(name="zz").one()))
        r.append(Cat.query.first_or_404().name)
        r.append(db.session.execute(db.select(Product).filter_by(name="new")).scalar_one().price)
        r.append(db.paginate(db.select(Product).order_by(Product.id), per_page=2).total)
        r.append(repr(Product.query.get(2)))
        r.append(str(Product.query.filter(Product.id == 1)))
        r.append(db.session.query(Product).filter(Product.name.in_([])).count())
        r.append(len(k.flask.record_queries.get_recorded_queries()) > 3)
        r.append(
            Product.query.with_entities(Product.name, Product.price)
            .filter(Product.price.between(1, 4))
            .order_by(Product.price)
            .all()
            .__repr__()
        )
        r.append(db.session.query(db.exists().where(Product.name == "new")).scalar())
        r.append(Product.__table__.name)
        db.drop_all()
    return r


@program
def tenants(k):
    """Rows of one tenant only, wherever they are read."""
    sa, orm = k.sa, k.orm
    Base = k.base()

    class Tenant(Base):
        __tablename__ = "tenant"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String, unique=True)

    class Owned:
        @orm.declared_attr
        def tenant_id(cls):
            return sa.Column(sa.ForeignKey("tenant.id"), nullable=False, index=True)

        @orm.declared_attr
        def tenant(cls):
            return orm.relationship("Tenant")

    class Note(Owned, Base):
        __tablename__ = "note"
        id = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.String)
        __table_args__ = (sa.UniqueConstraint("tenant_id", "text"),)
        comments = orm.relationship("Comment", back_populates="note", cascade="all,delete")

    class Comment(Owned, Base):
        __tablename__ = "comment"
        id = sa.Column(sa.Integer, primary_key=True)
        note_id = sa.Column(sa.ForeignKey("note.id"))
        note = orm.relationship("Note", back_populates="comments")
        body = sa.Column(sa.String)

    cur = [1]

    class TS(orm.Session):
        pass

    @k.event.listens_for(TS, "do_orm_execute")
    def crit(st):
        tid = cur[0]
        if st.is_select:
            st.statement = st.statement.options(
                orm.with_loader_criteria(Owned, lambda cls: cls.tenant_id == tid, include_aliases=True)
            )

    @k.event.listens_for(TS, "before_flush")
    def own(session, c, i):
        for o in session.new:
            if isinstance(o, Owned) and o.tenant_id is None:
                o.tenant_id = cur[0]

    e = k.engine()
    Base.metadata.create_all(e)
    s = TS(e)
    s.add_all([Tenant(id=1, name="a"), Tenant(id=2, name="b")])
    s.commit()
    s.add(Note(text="one", comments=[Comment(body="c1")]))
    s.commit()
    cur[0] = 2
    s.add(Note(text="two", comments=[Comment(body="c2"), Comment(body="c3", tenant_id=1)]))
    s.add(Note(text="one"))
    s.commit()
    s.expunge_all()
    r = []
    for t in (1, 2):
        cur[0] = t
        s.expunge_all()
        r.append(
            [
                (n.text, [c.body for c in n.comments])
                for n in s.scalars(sa.select(Note).options(orm.selectinload(Note.comments)).order_by(Note.id))
            ]
        )
        s.expunge_all()
        r.append(
            [
                (n.text, [c.body for c in n.comments])
                for n in s.scalars(sa.select(Note).options(orm.joinedload(Note.comments)).order_by(Note.id)).unique()
            ]
        )
        r.append(s.scalar(sa.select(sa.func.count(Comment.id))))
        r.append(s.query(Note).join(Note.comments).filter(Comment.body.like("c%")).count())
        a = orm.aliased(Note)
        r.append(s.scalars(sa.select(a.text)).all())
    s.add(Note(text="one"))
    r.append(k.raises(s.commit))
    s.rollback()
    return r
