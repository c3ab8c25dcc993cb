"""The models of the benchmarks, made once for each ORM by the same lines, and files filled by a plain driver in the form that both ORMs write."""

from __future__ import annotations

import enum
import importlib
import json
import sqlite3
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, List, Tuple

PARENTS, CHILDREN, STAFF = 2000, 10, 2000
WIDE = 32
START = datetime(2024, 1, 1)


class Colour(enum.Enum):
    red = 1
    green = 2
    blue = 3


STRIDES = (12, 22)  # keys that are multiples of 2**12, 2**22, as snowflake ids are
STRIDED = 20_000


def rows(n: int, first: int = 1) -> List[Tuple[int, str, str, float, datetime]]:
    return [(i, f"name {i}", f"user{i}@example.com", i * 0.25, START + timedelta(seconds=i)) for i in range(first, first + n)]


class World:
    """Everything that the scenarios map, on the package of this name. Tables are those of `fill_world`."""

    def __init__(self, package: str) -> None:
        self.name = package
        self.core = core = importlib.import_module(package)
        self.orm = orm = importlib.import_module(f"{package}.orm")
        self.version = core.__version__
        self.base = base = orm.declarative_base()
        Column, Integer, String, ForeignKey = core.Column, core.Integer, core.String, core.ForeignKey

        def item(table: str) -> Any:
            columns = {"name": Column(String(80)), "email": Column(String(120)), "price": Column(core.Float), "created": Column(core.DateTime)}
            return type(table.capitalize(), (base,), {"__tablename__": table, "id": Column(Integer, primary_key=True), **columns})

        self.Item = item("item")
        self.strided = {bits: item(f"strided{bits}") for bits in STRIDES}
        columns = {f"c{i}": Column(Integer if i % 2 else String(20)) for i in range(1, WIDE)}
        self.Wide = type("Wide", (base,), {"__tablename__": "wide", "id": Column(Integer, primary_key=True), **columns})

        class Typed(base):  # type: ignore[misc, valid-type]
            __tablename__ = "typed"
            id = Column(Integer, primary_key=True)
            at = Column(core.DateTime)
            price = Column(core.Numeric(10, 2))
            key = Column(core.Uuid)
            colour = Column(core.Enum(Colour))
            data = Column(core.JSON)

        links = core.Table(
            "link", base.metadata, Column("parent_id", ForeignKey("parent.id"), primary_key=True), Column("tag_id", ForeignKey("tag.id"), primary_key=True)
        )

        class Parent(base):  # type: ignore[misc, valid-type]
            __tablename__ = "parent"
            id = Column(Integer, primary_key=True)
            name = Column(String(40))
            children = orm.relationship("Child", back_populates="parent", cascade="all, delete-orphan")
            tags = orm.relationship("Tag", secondary=links)

        class Child(base):  # type: ignore[misc, valid-type]
            __tablename__ = "child"
            id = Column(Integer, primary_key=True)
            parent_id = Column(ForeignKey("parent.id"), index=True)
            text = Column(String(40))
            parent = orm.relationship("Parent", back_populates="children")
            toys = orm.relationship("Toy", cascade="all")

        class Toy(base):  # type: ignore[misc, valid-type]
            __tablename__ = "toy"
            id = Column(Integer, primary_key=True)
            child_id = Column(ForeignKey("child.id"))
            name = Column(String(40))

        class Tag(base):  # type: ignore[misc, valid-type]
            __tablename__ = "tag"
            id = Column(Integer, primary_key=True)
            name = Column(String(40))

        class Staff(base):  # type: ignore[misc, valid-type]
            __tablename__ = "staff"
            id = Column(Integer, primary_key=True)
            kind = Column(String(10))
            name = Column(String(40))
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "staff"}

        class Pilot(Staff):
            __tablename__ = "pilot"
            id = Column(ForeignKey("staff.id"), primary_key=True)
            hours = Column(Integer)
            __mapper_args__ = {"polymorphic_identity": "pilot"}

        class Animal(base):  # type: ignore[misc, valid-type]
            __tablename__ = "animal"
            id = Column(Integer, primary_key=True)
            kind = Column(String(10))
            name = Column(String(40))
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

        class Dog(Animal):
            tricks = Column(Integer)
            __mapper_args__ = {"polymorphic_identity": "dog"}

        class Shouted(core.types.TypeDecorator):  # type: ignore[misc, name-defined]
            impl = String(40)
            cache_ok = True

            def process_bind_param(self, value: Any, dialect: Any) -> Any:
                return None if value is None else value.upper()

        class Note(base):  # type: ignore[misc, valid-type]
            __tablename__ = "note"
            id = Column(Integer, primary_key=True)
            text = Column(Shouted)
            at = Column(core.DateTime, default=lambda: START)

        self.Typed, self.Parent, self.Child, self.Toy, self.Tag, self.Note = Typed, Parent, Child, Toy, Tag, Note
        self.Staff, self.Pilot, self.Animal, self.Dog = Staff, Pilot, Animal, Dog

    def engine(self, path: str) -> Any:
        return self.core.create_engine(f"sqlite:///{path}" if path else "sqlite://")


ITEM = "(id INTEGER NOT NULL, name VARCHAR(80), email VARCHAR(120), price FLOAT, created DATETIME, PRIMARY KEY (id))"


def fill_items(path: str, n: int) -> None:
    """A file with one table, `item`, of n rows."""
    db = sqlite3.connect(path)
    db.execute(f"CREATE TABLE item {ITEM}")
    db.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?)", ((*r[:4], r[4].strftime("%Y-%m-%d %H:%M:%S.%f")) for r in rows(n)))
    db.commit()
    db.close()


def fill_world(path: str, n: int) -> None:
    """n items, n / 5 rows of 32 columns and of typed ones, and the related tables."""
    fill_items(path, n)
    db = sqlite3.connect(path)
    for bits in STRIDES:
        db.execute(f"CREATE TABLE strided{bits} {ITEM}")
        db.execute(f"INSERT INTO strided{bits} SELECT id << {bits}, name, email, price, created FROM item LIMIT {STRIDED}")
    names = ", ".join(f"c{i} {'INTEGER' if i % 2 else 'VARCHAR(20)'}" for i in range(1, WIDE))
    db.executescript(f"""
        CREATE TABLE wide (id INTEGER NOT NULL PRIMARY KEY, {names});
        CREATE TABLE typed (id INTEGER NOT NULL PRIMARY KEY, at DATETIME, price NUMERIC(10, 2), key CHAR(32), colour VARCHAR(5), data JSON);
        CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40));
        CREATE TABLE child (id INTEGER NOT NULL PRIMARY KEY, parent_id INTEGER REFERENCES parent (id), text VARCHAR(40));
        CREATE INDEX ix_child_parent_id ON child (parent_id);
        CREATE TABLE toy (id INTEGER NOT NULL PRIMARY KEY, child_id INTEGER REFERENCES child (id), name VARCHAR(40));
        CREATE TABLE tag (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40));
        CREATE TABLE link (parent_id INTEGER NOT NULL, tag_id INTEGER NOT NULL, PRIMARY KEY (parent_id, tag_id));
        CREATE TABLE staff (id INTEGER NOT NULL PRIMARY KEY, kind VARCHAR(10), name VARCHAR(40));
        CREATE TABLE pilot (id INTEGER NOT NULL PRIMARY KEY, hours INTEGER);
        CREATE TABLE animal (id INTEGER NOT NULL PRIMARY KEY, kind VARCHAR(10), name VARCHAR(40), tricks INTEGER);
        CREATE TABLE note (id INTEGER NOT NULL PRIMARY KEY, text VARCHAR(40), at DATETIME);
    """)
    marks = ", ".join("?" * WIDE)
    db.executemany(f"INSERT INTO wide VALUES ({marks})", [(i, *[i * c if c % 2 else f"v{i}-{c}" for c in range(1, WIDE)]) for i in range(1, n // 5 + 1)])
    typed = [
        (i, (START + timedelta(seconds=i)).strftime("%Y-%m-%d %H:%M:%S.%f"), float(Decimal(i) / 4), uuid.UUID(int=i).hex, Colour(i % 3 + 1).name, json.dumps({"i": i}))
        for i in range(1, n // 5 + 1)
    ]
    db.executemany("INSERT INTO typed VALUES (?, ?, ?, ?, ?, ?)", typed)
    db.executemany("INSERT INTO parent VALUES (?, ?)", [(i, f"parent {i}") for i in range(1, PARENTS + 1)])
    db.executemany("INSERT INTO child VALUES (?, ?, ?)", [(i, (i - 1) // CHILDREN + 1, f"child {i}") for i in range(1, PARENTS * CHILDREN + 1)])
    db.executemany("INSERT INTO tag VALUES (?, ?)", [(i, f"tag {i}") for i in range(1, 101)])
    db.executemany("INSERT INTO link VALUES (?, ?)", [(i, (i + k * 7) % 100 + 1) for i in range(1, PARENTS + 1) for k in range(5)])
    db.executemany("INSERT INTO staff VALUES (?, ?, ?)", [(i, "pilot" if i % 2 else "staff", f"name {i}") for i in range(1, STAFF + 1)])
    db.executemany("INSERT INTO pilot VALUES (?, ?)", [(i, i * 10) for i in range(1, STAFF + 1, 2)])
    db.executemany("INSERT INTO animal VALUES (?, ?, ?, ?)", [(i, "dog" if i % 2 else "animal", f"name {i}", i if i % 2 else None) for i in range(1, STAFF + 1)])
    db.commit()
    db.close()
