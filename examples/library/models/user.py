"""Readers, and how Flask-Login finds them again."""
# mypy: disable-error-code="import-untyped, misc, name-defined, untyped-decorator"

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_login import UserMixin
from werkzeug.security import check_password_hash, generate_password_hash

from cormorant import String
from cormorant.orm import Mapped, mapped_column, relationship

from ..extensions import db, login_manager

if TYPE_CHECKING:
    from .book import Book


class User(UserMixin, db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    books: Mapped[list[Book]] = relationship(back_populates="owner", cascade="all, delete-orphan")

    def set_password(self, password: str) -> None:
        self.password_hash = generate_password_hash(password)

    def check_password(self, password: str) -> bool:
        return check_password_hash(self.password_hash, password)


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    return db.session.get(User, int(user_id))
