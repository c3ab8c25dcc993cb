"""Products with prices: added together, counted, listed in order.

    python -m examples.tutorials.products [sqlite:///shop.db]
"""

import sys
from typing import Optional

from cormorant import String, create_engine, func, select
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    price: Mapped[float]
    note: Mapped[Optional[str]] = mapped_column(String(80))


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [Product(name="Laptop", price=999.99), Product(name="Mouse", price=19.5), Product(name="Écran 27″", price=249.0)]
        )
        session.commit()
        print("count:", session.scalar(select(func.count()).select_from(Product)), session.query(Product).count())
        for product in session.scalars(select(Product).order_by(Product.price.desc())):
            print(f"{product.name:<10} {product.price:>8.2f} {product.note}")
        cheap = session.execute(select(Product.name, Product.price).where(Product.price < 500).order_by(Product.name)).all()
        print("cheap:", cheap, cheap[0].name)
        print("total:", round(session.scalars(select(func.sum(Product.price))).one(), 2))


if __name__ == "__main__":
    main(*sys.argv[1:])
