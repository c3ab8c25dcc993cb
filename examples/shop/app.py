"""A shop whose products are read and added as JSON.

    $ flask --app examples.shop.app run
    $ curl http://127.0.0.1:5000/products?max_price=100
    $ curl http://127.0.0.1:5000/products --json '{"name": "Mouse", "price": "19.50"}'
"""
# mypy: disable-error-code="misc, name-defined"

import os
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import HTTPException

from cormorant import Numeric, String, select
from cormorant.exc import IntegrityError
from cormorant.flask import SQLAlchemy
from cormorant.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///shop.db")
db = SQLAlchemy(app, model_class=Base)


class Product(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    in_stock: Mapped[int] = mapped_column(default=0)
    note: Mapped[str | None]

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "price": self.price, "in_stock": self.in_stock, "note": self.note}


with app.app_context():
    db.create_all()


def money(text: object) -> Decimal:
    """The amount that a client wrote; 422 when it is none."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount < 10**8:
        raise Unprocessable(f"{text!r} is no price")
    return amount


class Unprocessable(HTTPException):
    code = 422


@app.errorhandler(HTTPException)
def in_json(error: HTTPException) -> tuple[dict[str, Any], int]:
    return {"error": error.name, "message": error.description}, error.code or 500


@app.get("/products")
def products() -> dict[str, Any]:
    found = select(Product).order_by(Product.price, Product.name)
    if "max_price" in request.args:
        found = found.where(Product.price <= money(request.args["max_price"]))
    if "q" in request.args:
        found = found.where(Product.name.icontains(request.args["q"], autoescape=True))
    page = db.paginate(found, per_page=20, max_per_page=100)
    return {"products": [product.to_dict() for product in page], "page": page.page, "pages": page.pages, "total": page.total}


@app.get("/products/<int:product_id>")
def product(product_id: int) -> dict[str, Any]:
    return db.get_or_404(Product, product_id).to_dict()


@app.post("/products")
def add_product() -> tuple[dict[str, Any], int, dict[str, str]]:
    given = request.get_json()
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or "price" not in given:
        raise Unprocessable("A product has a name and a price")
    new = Product(name=given["name"], price=money(given["price"]), note=given.get("note") and str(given["note"]))
    db.session.add(new)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return {"error": "Conflict", "message": f"There is a product {given['name']!r} already"}, 409, {}
    return new.to_dict(), 201, {"Location": f"/products/{new.id}"}


@app.delete("/products/<int:product_id>")
def delete_product(product_id: int) -> tuple[str, int]:
    db.session.delete(db.get_or_404(Product, product_id))
    db.session.commit()
    return "", 204
