"""Programs in the manner of popular tutorials: a forum, an inventory."""

import datetime as dt
from decimal import Decimal as D
from typing import Dict, List, Optional

from .kit import program


@program
def forum(k):
    """A forum: threads in order, groups by role, hybrids, window functions."""
    sa, orm = k.sa, k.orm
    Base = k.base()
    hyb = k.module("ext.hybrid")
    ap = k.module("ext.associationproxy").association_proxy
    ol = k.module("ext.orderinglist").ordering_list

    class User(Base):
        __tablename__ = "users"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        first: orm.Mapped[str]
        last: orm.Mapped[str]
        karma: orm.Mapped[int] = orm.mapped_column(default=0)
        threads: orm.Mapped[List["Thread"]] = orm.relationship(back_populates="author")
        posts: orm.Mapped[List["Post"]] = orm.relationship(back_populates="author")
        memberships: orm.Mapped[Dict[str, "Member"]] = orm.relationship(
            back_populates="user", collection_class=orm.attribute_keyed_dict("role"), cascade="all, delete-orphan"
        )
        groups = ap("memberships", "group")

        @hyb.hybrid_property
        def name(self):
            return self.first + " " + self.last

        @name.inplace.setter
        def _set(self, v):
            self.first, self.last = v.split()

        @name.inplace.update_expression
        @classmethod
        def _upd(cls, v):
            f, l = v.split()
            return [(cls.first, f), (cls.last, l)]

        @hyb.hybrid_method
        def has_karma(self, n):
            return self.karma >= n

        @orm.validates("first", "last")
        def v(self, key, val):
            if not val:
                raise ValueError(f"{key} empty")
            return val.title()

    class Group(Base):
        __tablename__ = "groups"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        title: orm.Mapped[str] = orm.mapped_column(unique=True)

    class Member(Base):
        __tablename__ = "member"
        user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("users.id"), primary_key=True)
        group_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("groups.id"), primary_key=True)
        role: orm.Mapped[str] = orm.mapped_column(sa.String(10))
        user: orm.Mapped[User] = orm.relationship(back_populates="memberships")
        group: orm.Mapped[Group] = orm.relationship(lazy="joined", innerjoin=True)

    class Thread(Base):
        __tablename__ = "thread"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        title: orm.Mapped[str]
        author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey(User.id))
        author: orm.Mapped[User] = orm.relationship(back_populates="threads")
        posts: orm.Mapped[List["Post"]] = orm.relationship(
            back_populates="thread", order_by="Post.pos", collection_class=ol("pos"), cascade="all, delete-orphan"
        )

    class Post(Base):
        __tablename__ = "post"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        body: orm.Mapped[str]
        pos: orm.Mapped[int]
        thread_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey(Thread.id))
        author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey(User.id))
        reply_to_id: orm.Mapped[Optional[int]] = orm.mapped_column(sa.ForeignKey("post.id"))
        thread: orm.Mapped[Thread] = orm.relationship(back_populates="posts")
        author: orm.Mapped[User] = orm.relationship(back_populates="posts")
        replies: orm.Mapped[List["Post"]] = orm.relationship(back_populates="reply_to")
        reply_to: orm.Mapped[Optional["Post"]] = orm.relationship(back_populates="replies", remote_side=[id])

    Thread.n_posts = orm.column_property(
        sa.select(sa.func.count(Post.id)).where(Post.thread_id == Thread.id).correlate_except(Post).scalar_subquery()
    )
    User.last_post = orm.relationship(
        Post,
        primaryjoin=lambda: sa.and_(
            User.id == Post.author_id,
            Post.id
            == sa.select(sa.func.max(Post.id)).where(Post.author_id == User.id).correlate(User).scalar_subquery(),
        ),
        viewonly=True,
        uselist=False,
    )
    s = k.session(Base)
    a = User(first="ann", last="lee", karma=5)
    b = User(name="bob ray")
    g = Group(title="mods")
    a.memberships["admin"] = Member(role="admin", group=g)
    a.memberships["user"] = Member(role="user", group=Group(title="all"))
    t = Thread(title="hi", author=a, posts=[Post(body=str(i), author=(a, b)[i % 2]) for i in range(4)])
    s.add_all([a, b, t])
    t.posts[1].reply_to = t.posts[0]
    s.commit()
    r = [
        a.name,
        b.name,
        s.scalars(sa.select(User.name).order_by(User.name.desc())).all(),
        t.n_posts,
        [(p.pos, p.body) for p in t.posts],
    ]
    t.posts.insert(0, t.posts.pop(3))
    s.commit()
    r.append([(p.pos, p.body) for p in t.posts])
    t.posts.remove(t.posts[1])
    s.commit()
    r.append([(p.pos, p.body, p.reply_to_id) for p in t.posts])
    r.append({x: y.title for x, y in a.groups.items()})
    r.append(s.scalars(sa.select(User.first).where(User.has_karma(3))).all())
    r.append(s.execute(sa.update(User).where(User.id == b.id).values({User.name: "zed qux"})).rowcount)
    s.commit()
    r.append(b.name)
    r.append(k.raises(lambda: User(first="", last="x")))
    r.append(
        [a.last_post.body, b.last_post.body, s.execute(sa.text("select id,body,author_id from post")).all().__repr__()]
    )
    r.append(
        [
            u.last_post and u.last_post.body
            for u in s.scalars(
                sa.select(User)
                .options(orm.selectinload(User.last_post))
                .order_by(User.id)
                .execution_options(populate_existing=True)
            )
        ]
    )
    rk = sa.func.rank().over(partition_by=Post.author_id, order_by=Post.id.desc()).label("rk")
    sub = sa.select(Post, rk).subquery()
    P = orm.aliased(Post, sub)
    r.append([p.body for p in s.scalars(sa.select(P).where(sub.c.rk == 1).order_by(P.id))])
    r.append(
        [
            (x.title, n)
            for x, n in s.execute(
                sa.select(Thread, sa.func.count(Post.id))
                .join(Thread.posts)
                .group_by(Thread.id)
                .having(sa.func.count(Post.id) > 1)
            )
        ]
    )
    r.append(
        [
            tuple(x)
            for x in s.execute(
                sa.select(User.first, sa.func.group_concat(Post.body, ","))
                .join(User.posts)
                .group_by(User.id)
                .order_by(User.id)
            )
        ]
    )
    del a.memberships["user"]
    s.commit()
    r.append(s.scalar(sa.select(sa.func.count()).select_from(Member)))
    s.delete(t)
    s.commit()
    r.append(s.scalar(sa.select(sa.func.count(Post.id))))
    bn = orm.Bundle("u", User.first, User.karma)
    r.append([(x.u.first, x.u.karma) for x in s.execute(sa.select(bn).order_by(User.id))])
    r.append([x for x in s.execute(sa.select(User.id, User.first)).mappings().all()].__repr__())
    r.append(s.scalars(sa.select(User).order_by(User.karma.desc().nulls_last(), User.id).slice(0, 1)).one().first)
    return r


@program
def inventory(k):
    """Stock and orders: versions, checks, savepoints, upserts, reflection, reports."""
    sa, orm = k.sa, k.orm
    Base = k.base()

    class Product(Base):
        __tablename__ = "product"
        id = sa.Column(sa.Integer, primary_key=True)
        sku = sa.Column(sa.String(20), unique=True, nullable=False)
        price = sa.Column(sa.Numeric(10, 2), nullable=False)
        stock = sa.Column(sa.Integer, nullable=False, server_default="0")
        attrs = sa.Column(sa.JSON)
        version = sa.Column(sa.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}
        __table_args__ = (
            sa.CheckConstraint("stock>=0"),
            sa.Index("ix_price", price.desc()),
            {"sqlite_autoincrement": True},
        )

    class Order(Base):
        __tablename__ = "orders"
        id = sa.Column(sa.Integer, primary_key=True)
        at = sa.Column(sa.DateTime, server_default=sa.func.now())
        day = sa.Column(sa.Date, default=dt.date(2024, 5, 1))
        lines = orm.relationship("Line", back_populates="order", cascade="all, delete-orphan", passive_deletes=True)

        @property
        def total(self):
            return sum((l.qty * l.price for l in self.lines), D(0))

    class Line(Base):
        __tablename__ = "line"
        order_id = sa.Column(sa.ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
        product_id = sa.Column(sa.ForeignKey("product.id"), primary_key=True)
        qty = sa.Column(sa.Integer, default=1)
        price = sa.Column(sa.Numeric(10, 2))
        order = orm.relationship(Order, back_populates="lines")
        product = orm.relationship(Product, lazy="selectin")

    s = k.session(Base)
    s.execute(
        sa.insert(Product),
        [{"sku": f"s{i}", "price": D("1.10") * i, "stock": i, "version": 1, "attrs": {"c": i}} for i in range(1, 6)],
    )
    s.commit()

    def buy(**items):
        o = Order()
        try:
            with s.begin_nested():
                for sku, q in items.items():
                    p = s.scalars(sa.select(Product).filter_by(sku=sku)).one()
                    p.stock -= q
                    o.lines.append(Line(product=p, qty=q, price=p.price))
                s.add(o)
            s.commit()
            return o.total
        except k.exc.SQLAlchemyError as e:
            s.rollback()
            return type(e).__name__

    r = [buy(s1=1, s2=2), buy(s3=9), buy(nope=1), buy(s5=2)]
    r.append([(p.sku, p.stock, p.version, p.price) for p in s.scalars(sa.select(Product).order_by(Product.id))])
    r.append(
        [
            (str(d), str(t), n)
            for d, t, n in s.execute(
                sa.select(Order.day, sa.func.sum(Line.qty * Line.price), sa.func.count(sa.distinct(Order.id)))
                .join(Order.lines)
                .group_by(Order.day)
            )
        ]
    )
    st = k.module("dialects.sqlite").insert(Product).values(sku="s1", price=9, stock=4, version=1)
    st = st.on_conflict_do_update(
        index_elements=["sku"], set_={"stock": Product.stock + st.excluded.stock}, where=Product.price < 100
    ).returning(Product.id, Product.stock)
    r.append([tuple(x) for x in s.execute(st)])
    s.commit()
    ins = sa.inspect(s.get_bind())
    r.append(
        [
            sorted(ins.get_table_names()),
            [i["name"] for i in ins.get_indexes("product")],
            [c["name"] for c in ins.get_columns("line")],
            ins.get_pk_constraint("line")["constrained_columns"],
            [f["options"] for f in ins.get_foreign_keys("line")],
        ]
    )
    p = s.scalars(sa.select(Product).limit(1)).one()
    s.execute(sa.text("update product set version=99 where id=:i"), {"i": p.id})
    p.stock = 50
    r.append(k.raises(s.commit))
    s.rollback()
    r.append(s.scalar(sa.select(sa.func.sum(Product.price * Product.stock)).where(Product.attrs["c"].as_integer() > 2)))
    r.append(type(r[-1]).__name__)
    q = (
        s.query(Product)
        .filter(sa.or_(Product.sku.startswith("s1"), Product.sku.contains("5")), ~Product.sku.in_(["x"]))
        .order_by(sa.desc(Product.price))
    )
    r.append([x.sku for x in q])
    r.append(q.with_entities(sa.func.max(Product.price)).scalar())
    r.append(q.first().sku)
    r.append(s.query(Product.sku).distinct().count())
    r.append([t for (t,) in s.query(Product.sku).filter(Product.price.between(2, 4))])
    r.append(
        [
            x.sku
            for x in s.scalars(
                sa.select(Product).where(sa.tuple_(Product.sku, Product.stock).in_([("s2", 0), ("s4", 4)]))
            )
        ]
    )
    r.append(
        s.execute(
            sa.select(
                sa.case((Product.stock == 0, "out"), (Product.stock < 4, "low"), else_="ok").label("st"),
                sa.func.count(),
            )
            .group_by("st")
            .order_by("st")
        )
        .all()
        .__repr__()
    )
    o = s.scalars(sa.select(Order)).first()
    s.delete(o)
    s.commit()
    r.append(s.scalar(sa.select(sa.func.count()).select_from(Line)))
    r.append(s.execute(sa.select(sa.extract("year", Order.day), sa.func.strftime("%m", Order.day))).first().__repr__())
    r.append(list(s.execute(sa.select(Product.sku, Product.price)).partitions(2)).__len__())
    r.append([x._mapping["sku"] for x in s.execute(sa.select(Product.sku)).fetchmany(2)])
    r.append(s.execute(sa.select(Product)).scalars().unique().first().sku)
    return r
