"""lazy="write_only": collections that are never loaded."""

from typing import Optional

import pytest

from cormorant import Column, ForeignKey, Table, create_engine, event, exc, func, select
from cormorant.orm import DeclarativeBase, Mapped, Session, WriteOnlyCollection, WriteOnlyMapped, joinedload, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


link = Table("link", Base.metadata, Column("a", ForeignKey("acc.id"), primary_key=True), Column("t", ForeignKey("tag.id"), primary_key=True))


class Account(Base):
    __tablename__ = "acc"
    id: Mapped[int] = mapped_column(primary_key=True)
    entries: WriteOnlyMapped["Entry"] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Entry.amount", back_populates="account"
    )
    tags: WriteOnlyMapped["Tag"] = relationship(secondary=link, passive_deletes=True)
    logs = relationship("Log", lazy="write_only")


class Entry(Base):
    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("acc.id", ondelete="cascade"))
    amount: Mapped[int]
    account: Mapped[Account] = relationship(back_populates="entries")


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)


class Log(Base):
    __tablename__ = "log"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[Optional[int]] = mapped_column(ForeignKey("acc.id"))


@pytest.fixture
def session():
    engine = create_engine("sqlite://", foreign_keys=True)
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.statements = []
        event.listen(engine, "before_cursor_execute", lambda conn, cursor, text, *rest: s.statements.append(text.split()[0]))
        yield s
    engine.dispose()


def test_new_members_of_a_new_object_that_do_not_know_it(session):
    """No relationship on the other side: the foreign key comes from the collection alone."""
    account, moved = Account(logs=[Log()]), Log()
    account.logs.add(moved)
    session.add(account)
    session.commit()
    assert sorted(session.scalars(select(Log.account_id))) == [account.id, account.id]
    other = Account()
    other.logs.add(moved)
    session.add(other)
    session.commit()
    assert sorted(session.scalars(select(Log.account_id))) == [account.id, other.id]


@pytest.fixture
def account(session):
    made = Account(entries=[Entry(amount=3), Entry(amount=1)], tags=[Tag()])
    session.add(made)
    assert len(session.new) == 4
    session.commit()
    return made


def amounts(session, account):
    return list(session.scalars(account.entries.select().with_only_columns(Entry.amount)))


def test_members_are_added_and_removed_without_reading(session, account):
    session.refresh(account)
    session.statements.clear()
    account.entries.add(Entry(amount=9))
    account.entries.add_all([Entry(amount=5)])
    account.tags.add(Tag())
    account.logs.add(Log())
    assert len(session.new) == 4 and account in session.dirty
    session.flush()
    assert "SELECT" not in session.statements
    assert amounts(session, account) == [1, 3, 5, 9]
    assert len(session.scalars(account.tags.select()).all()) == 2
    account.entries.remove(session.scalars(account.entries.select().where(Entry.amount == 9)).one())
    account.tags.remove(session.scalars(account.tags.select()).first())
    session.commit()
    assert amounts(session, account) == [1, 3, 5]
    assert session.scalar(select(func.count(Entry.id))) == 3  # delete-orphan
    assert session.scalar(select(func.count()).select_from(link)) == 1


def test_the_other_side(session, account):
    session.add(Entry(amount=77, account=account))
    session.flush()
    assert amounts(session, account) == [1, 3, 77]
    assert session.scalars(select(Account).where(Account.entries.any(Entry.amount == 77))).one() is account
    assert session.scalars(select(Account).join(Account.entries).where(Entry.amount == 77)).one() is account


def test_before_the_parent_has_a_row(session):
    made = Account()
    assert isinstance(made.entries, WriteOnlyCollection)
    kept, dropped = Entry(amount=4), Entry(amount=6)
    made.entries.add_all([kept, dropped])
    made.entries.remove(dropped)
    session.add(made)
    session.commit()
    assert amounts(session, made) == [4]


def test_bulk_statements(session, account):
    session.execute(account.entries.insert(), [{"amount": 100}, {"amount": 200}])
    session.execute(account.entries.update().values(amount=Entry.amount + 1).where(Entry.amount < 50))
    session.execute(account.entries.delete().where(Entry.amount == 200))
    session.add(Account(entries=[Entry(amount=1000)]))
    session.flush()
    assert amounts(session, account) == [2, 4, 100]
    with pytest.raises(exc.InvalidRequestError, match="one-to-many collections, which Account.tags is not"):
        account.tags.insert()


def test_what_cannot_be_done_is_named(session, account):
    with pytest.raises(TypeError, match=r"read Account.entries by session.scalars"):
        list(account.entries)
    with pytest.raises(exc.InvalidRequestError, match='Collection "Account.entries" does not support implicit iteration'):
        account.entries = []
    for option in (joinedload, selectinload):
        with pytest.raises(exc.InvalidRequestError, match="'Account.entries' does not support object population"):
            session.scalars(select(Account).options(option(Account.entries))).unique().all()
    session.delete(account)
    with pytest.raises(exc.InvalidRequestError, match="Account.logs can't load the existing state .* configure passive_deletes=True"):
        session.flush()
    with pytest.raises(exc.InvalidRequestError, match="cannot be used with many-to-one"):

        class Own(DeclarativeBase):
            pass

        class A(Own):
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)
            b_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
            b = relationship("B", lazy="write_only")

        class B(Own):
            __tablename__ = "b"
            id: Mapped[int] = mapped_column(primary_key=True)

        try:
            A()
        finally:
            Own.registry.dispose()
