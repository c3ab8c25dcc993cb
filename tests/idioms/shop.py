"""Shops, accounts and bookings: money, stock, totals."""

from __future__ import annotations

from decimal import Decimal

from .kit import program


def shop(k):
    """Products, orders and their lines."""
    sa, orm, Base = k.sa, k.orm, k.base()
    hybrid_property = k.module("ext.hybrid").hybrid_property

    class Product(Base):
        __tablename__ = "product"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String, unique=True)
        price = sa.Column(sa.Numeric(10, 2), nullable=False)
        stock = sa.Column(sa.Integer, sa.CheckConstraint("stock >= 0"), default=5)

    class Order(Base):
        __tablename__ = "order"
        id = sa.Column(sa.Integer, primary_key=True)
        customer = sa.Column(sa.String)
        lines = orm.relationship("Line", back_populates="order", cascade="all, delete-orphan", lazy="selectin")

        @hybrid_property
        def total(self):
            return sum((line.quantity * line.product.price for line in self.lines), Decimal(0))

        @total.inplace.expression
        @classmethod
        def _total(cls):
            return (
                sa.select(sa.func.coalesce(sa.func.sum(Line.quantity * Product.price), 0)).join(Product, Product.id == Line.product_id)
                .where(Line.order_id == cls.id).correlate(cls).scalar_subquery()
            )

    class Line(Base):
        __tablename__ = "line"
        order_id = sa.Column(sa.ForeignKey("order.id"), primary_key=True)
        product_id = sa.Column(sa.ForeignKey("product.id"), primary_key=True)
        quantity = sa.Column(sa.Integer, default=1)
        order = orm.relationship(Order, back_populates="lines")
        product = orm.relationship(Product, lazy="joined")

    s = k.session(Base)
    tea, cup = Product(name="tea", price=Decimal("3.50")), Product(name="cup", price=Decimal("7.25"))
    s.add_all([tea, cup, Order(customer="ann", lines=[Line(product=tea, quantity=3), Line(product=cup)]), Order(customer="bob")])
    s.commit()
    return s, Product, Order, Line


@program
def cart_total_as_hybrid(k):
    s, Product, Order, Line = shop(k)
    ann = s.query(Order).filter_by(customer="ann").one()
    totals = s.query(Order.customer).filter(Order.total > 10).all()
    return str(ann.total), [tuple(r) for r in totals], [c for (c,) in s.query(Order.customer).order_by(Order.total.desc())]


@program
def cart_takes_from_stock(k):
    s, Product, Order, Line = shop(k)
    sa = k.sa

    def buy(name, n):
        found = s.execute(sa.update(Product).where(Product.name == name, Product.stock >= n).values(stock=Product.stock - n))
        s.commit()
        return found.rowcount

    return buy("tea", 3), buy("tea", 3), buy("nothing", 1), [tuple(r) for r in s.query(Product.name, Product.stock).order_by(Product.name)]


@program
def stock_never_below_zero(k):
    s, Product, Order, Line = shop(k)
    tea = s.query(Product).filter_by(name="tea").one()
    tea.stock = -1
    failed = k.raises(s.commit)
    s.rollback()
    return failed, tea.stock


@program
def orphans_leave_the_cart(k):
    s, Product, Order, Line = shop(k)
    ann = s.query(Order).filter_by(customer="ann").one()
    ann.lines = [line for line in ann.lines if line.product.name != "tea"]
    s.commit()
    first = s.query(Line).count()
    s.delete(ann)
    s.commit()
    return first, s.query(Line).count(), s.query(Order).count(), s.query(Product).count()


@program
def best_sellers_with_rank(k):
    s, Product, Order, Line = shop(k)
    sa = k.sa
    sold = sa.func.coalesce(sa.func.sum(Line.quantity), 0)
    ranked = sa.select(Product.name, sold.label("sold"), sa.func.row_number().over(order_by=sold.desc()).label("place")).outerjoin(Line).group_by(Product.name)
    return [tuple(r) for r in s.execute(ranked.order_by("place"))], [r._mapping["name"] for r in s.execute(ranked.order_by(sa.text("name")))]


@program
def prices_as_money(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Cents(sa.types.TypeDecorator):
        impl = sa.Integer
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return None if value is None else int(value * 100)

        def process_result_value(self, value, dialect):
            return None if value is None else Decimal(value) / 100

    class Item(Base):
        __tablename__ = "item"
        id = sa.Column(sa.Integer, primary_key=True)
        price = sa.Column(Cents)

    s = k.session(Base)
    s.add_all([Item(price=Decimal("1.99")), Item(price=Decimal("20"))])
    s.commit()
    raw = s.execute(sa.text("select price from item order by id")).scalars().all()
    dear = s.query(Item).filter(Item.price > Decimal("1.99")).one()
    return raw, str(dear.price), str(s.scalar(sa.select(sa.func.sum(Item.price))))


@program
def transfer_between_accounts(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Account(Base):
        __tablename__ = "account"
        name = sa.Column(sa.String, primary_key=True)
        balance = sa.Column(sa.Integer, nullable=False)

        @orm.validates("balance")
        def not_negative(self, key, value):
            if value < 0:
                raise ValueError(f"{self.name} has not enough")
            return value

    s = k.session(Base)
    s.add_all([Account(name="a", balance=10), Account(name="b", balance=0)])
    s.commit()

    def transfer(n):
        with s.begin():
            a, b = s.get(Account, "a"), s.scalars(sa.select(Account).where(Account.name == "b").with_for_update()).one()
            b.balance += n
            a.balance -= n

    out = [k.raises(lambda: transfer(7)), k.raises(lambda: transfer(7))]
    return out, [(a.name, a.balance) for a in s.query(Account).order_by(Account.name)]


@program
def bookings_do_not_overlap(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    hybrid = k.module("ext.hybrid")

    class Booking(Base):
        __tablename__ = "booking"
        id = sa.Column(sa.Integer, primary_key=True)
        start = sa.Column(sa.Integer)
        end = sa.Column(sa.Integer)

        @hybrid.hybrid_property
        def length(self):
            return self.end - self.start

        @hybrid.hybrid_method
        def overlaps(self, start, end):
            return (self.start < end) & (self.end > start)

    s = k.session(Base)

    def book(start, end):
        if s.query(sa.exists().where(Booking.overlaps(start, end))).scalar():
            return False
        s.add(Booking(start=start, end=end))
        return True

    made = [book(1, 3), book(2, 4), book(3, 6), book(0, 9)]
    return made, [b.length for b in s.query(Booking).order_by(Booking.length)], s.query(Booking).filter(Booking.length > 2).count()


@program
def invoice_numbers_without_holes(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Invoice(Base):
        __tablename__ = "invoice"
        id = sa.Column(sa.Integer, primary_key=True)
        year = sa.Column(sa.Integer)
        number = sa.Column(sa.Integer)
        __table_args__ = (sa.UniqueConstraint("year", "number", name="uq_invoice"), sa.Index("ix_year", "year"))

    @k.event.listens_for(Invoice, "before_insert")
    def number(mapper, connection, invoice):
        last = connection.scalar(sa.select(sa.func.max(Invoice.number)).where(Invoice.year == invoice.year))
        invoice.number = (last or 0) + 1

    s = k.session(Base)
    for year in (2023, 2024, 2024):
        s.add(Invoice(year=year))
        s.commit()
    s.execute(sa.insert(Invoice).values(year=2030, number=1))
    failed = k.raises(lambda: s.execute(sa.insert(Invoice).values(year=2030, number=1)))
    s.rollback()
    inspector = sa.inspect(s.get_bind())
    return [tuple(r) for r in s.query(Invoice.year, Invoice.number).order_by(Invoice.id)], failed, [u["name"] for u in inspector.get_unique_constraints("invoice")]


@program
def discount_by_subclass(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Discount(Base):
        __tablename__ = "discount"
        id = sa.Column(sa.Integer, primary_key=True)
        kind = sa.Column(sa.String, nullable=False)
        amount = sa.Column(sa.Integer)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_abstract": True}

    class Percent(Discount):
        __mapper_args__ = {"polymorphic_identity": "percent"}

        def apply(self, price):
            return price * (100 - self.amount) // 100

    class Fixed(Discount):
        __mapper_args__ = {"polymorphic_identity": "fixed"}

        def apply(self, price):
            return max(price - self.amount, 0)

    s = k.session(Base)
    s.add_all([Percent(amount=10), Fixed(amount=30)])
    s.commit()
    s.expunge_all()
    return [d.apply(200) for d in s.query(Discount).order_by(Discount.kind)], s.query(Fixed).count()
