"""Models that the other files of this folder speak of."""

from __future__ import annotations

import datetime as dt
from typing import List, Optional

from cormorant import Column, ForeignKey, Integer, MetaData, String, Table, create_engine
from cormorant.ext.associationproxy import AssociationProxy, association_proxy
from cormorant.ext.hybrid import hybrid_method, hybrid_property
from cormorant.orm import DeclarativeBase, DynamicMapped, Mapped, column_property, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), index=True)
    nickname: Mapped[Optional[str]]
    born: Mapped[Optional[dt.date]] = mapped_column(default=None)
    next_id: Mapped[int] = column_property(id + 1)

    addresses: Mapped[List["Address"]] = relationship(back_populates="user", cascade="all, delete-orphan")
    letters: DynamicMapped["Address"] = relationship(viewonly=True)
    emails: AssociationProxy[List[str]] = association_proxy("addresses", "email")

    @hybrid_property
    def greeting(self) -> str:
        return "Dear " + self.name

    @hybrid_method
    def is_before(self, other: int) -> bool:
        return self.id < other


class Address(Base):
    __tablename__ = "address"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("user.id"))

    user: Mapped[Optional[User]] = relationship(back_populates="addresses")


tags = Table("tag", MetaData(), Column("id", Integer, primary_key=True), Column("word", String(20), nullable=False))

engine = create_engine("sqlite://")
