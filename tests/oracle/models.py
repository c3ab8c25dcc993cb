"""Random models as plain data, and the factory that builds them with any package that has SQLAlchemy's API.

A model is a list of classes and a list of links between them. Nothing here imports an ORM: `build` is handed one, so that the
same data gives the same classes twice.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import importlib
import random
import typing as t
import uuid

CASCADES_DOWN = (
    "save-update, merge", "save-update, merge", "all", "all", "all, delete-orphan", "all, delete-orphan",
    "save-update", "merge", "save-update, delete", "save-update, merge, refresh-expire, expunge", "",
)
CASCADES_UP = (
    "save-update, merge", "save-update, merge", "save-update, merge", "save-update, merge, expunge, refresh-expire", "merge",
    "save-update", "all", "",
)
CASCADES_MANY = ("save-update, merge", "save-update, merge", "all", "all, delete-orphan", "save-update", "save-update, delete", "")
LAZY = ("select", "select", "select", "joined", "selectin")
WORDS = ("ash", "birch", "cedar", "elm", "fir")
MORE_LAZY = (*LAZY, "subquery", "immediate", "raise_on_sql")


class Tree(enum.Enum):
    ASH = "ash"
    ELM = "elm"


# What columns of wide models hold, beside "int" and "text": how a type is made, and its values
TYPES: t.Dict[str, t.Tuple[t.Callable[[t.Any], t.Any], t.Tuple[t.Any, ...]]] = {
    "bool": (lambda sa: sa.Boolean(), (True, False)),
    "big": (lambda sa: sa.BigInteger(), (0, -1, -(2**31), 2**31, 2**53 + 1, -(2**63), 2**63 - 1)),
    "float": (lambda sa: sa.Float(), (0.0, -1.5, 0.1, 1e300, 3.0)),
    "numeric": (lambda sa: sa.Numeric(12, 3), tuple(map(decimal.Decimal, ("0", "-1.5", "1.250", "123456.789", "1.0056")))),
    "date": (lambda sa: sa.Date(), (dt.date(1, 1, 1), dt.date(1999, 12, 31), dt.date(2024, 2, 29))),
    "datetime": (lambda sa: sa.DateTime(), (dt.datetime(1, 1, 1), dt.datetime(1999, 12, 31, 23, 59, 59, 999999), dt.datetime(2024, 2, 29, 1, 2, 3, 4))),
    "time": (lambda sa: sa.Time(), (dt.time(), dt.time(23, 59, 59, 1), dt.time(1, 2, 3))),
    "interval": (lambda sa: sa.Interval(), (dt.timedelta(), dt.timedelta(days=-1, microseconds=1), dt.timedelta(hours=30))),
    "binary": (lambda sa: sa.LargeBinary(), (b"", b"\0\xff", b"text")),
    "json": (lambda sa: sa.JSON(), ({"a": [1, None, "\u00e9"]}, [], "text", 1.5, False)),
    "enum": (lambda sa: sa.Enum(Tree), (Tree.ASH, Tree.ELM)),
    "uuid": (lambda sa: sa.Uuid(), tuple(uuid.UUID(int=n) for n in (1, 2**127 + 7))),
    "unicode": (lambda sa: sa.UnicodeText(), ("", "\u00e9t\u00e9", "\U0001f333", "o'k%_\\")),
    "pickle": (lambda sa: sa.PickleType(), ((1, "a"), {"k": None})),
}
UNORDERED = {"json", "pickle"}  # nothing is looked up by them


@dataclasses.dataclass
class Column:
    name: str
    type: str                       # "int" or "text"
    nullable: bool = True
    default: str = ""               # "", "python" or "server"
    unique: bool = False


@dataclasses.dataclass
class Side:
    """One relationship() of a link."""

    name: str
    cascade: str
    lazy: str
    uselist: t.Optional[bool] = None
    ordered: bool = False
    passive_deletes: t.Union[bool, str] = False
    active_history: bool = False
    post_update: bool = False
    as_set: bool = False
    keyed_by: str = ""              # a dictionary, by that attribute of its members
    join_depth: t.Optional[int] = None  # how deep a reference to the own class is loaded eagerly
    proxied: str = ""               # an association proxy to that column of its members, called <name>_proxy
    passive_updates: bool = True    # whether the database carries a changed key to the children

    @property
    def queued(self) -> bool:
        """Whether the collection is never loaded as a whole."""
        return self.lazy in ("dynamic", "write_only")


@dataclasses.dataclass
class Link:
    """A foreign key from child to parent (kind "one") or a table between both (kind "many")."""

    kind: str
    name: str
    child: str
    parent: str
    nullable: bool
    identity: bool                  # the foreign key is part of the child's primary key
    ondelete: t.Optional[str]
    up: t.Optional[Side]            # on the child, towards the parent
    down: t.Optional[Side]          # on the parent, towards the children
    both_ways: bool                 # the sides know of each other (back_populates)
    onupdate: t.Optional[str] = None


@dataclasses.dataclass
class Klass:
    name: str
    key: str                        # "auto", "int", "text", "pair" or "foreign"
    columns: t.List[Column]
    versioned: bool = False
    base: t.Optional[str] = None    # inherits from that class, over a table of its own
    hybrid: str = ""                # an int column of which "more" is a hybrid property
    how: str = "joined"             # that inheritance: "joined", "single" (no table of its own) or "concrete" (nothing but its own)
    own_key: str = ""               # what the key of its own table is called more than that of the table above
    onupdate: t.Optional[str] = None  # of the foreign key to the table above
    passive_updates: bool = True    # whether the database carries a changed key to the tables of subclasses


@dataclasses.dataclass
class Model:
    classes: t.List[Klass]
    links: t.List[Link]
    foreign_keys: bool              # PRAGMA foreign_keys

    def klass(self, name: str) -> Klass:
        return next(k for k in self.classes if k.name == name)

    def key_columns(self, name: str) -> t.List[Column]:
        klass = self.klass(name)
        if klass.base:
            return self.key_columns(klass.base)
        if klass.key in TYPES:
            return [Column("id", klass.key, False)]
        if klass.key == "pair":
            return [Column("k1", "int", False), Column("k2", "int", False)]
        if klass.key == "foreign":
            link = next(x for x in self.links if x.identity and x.child == name)
            return [*self.foreign_columns(link), Column("n", "int", False)]
        return [Column("id", "text" if klass.key == "text" else "int", False)]

    def line(self, name: str) -> t.List[Klass]:
        """A class and what it inherits from."""
        klass = self.klass(name)
        return [klass, *(self.line(klass.base) if klass.base and klass.how != "concrete" else [])]

    def subclasses(self, name: str) -> t.List[Klass]:
        return [k for k in self.classes if k.base == name and k.how != "concrete"]

    def table(self, name: str) -> str:
        klass = self.klass(name)
        return self.table(klass.base) if klass.base and klass.how == "single" else name.lower()

    def own_keys(self, name: str) -> t.List[str]:
        """The key columns of the class's own table."""
        return [f"{self.klass(name).own_key}{c.name}" for c in self.key_columns(name)]

    def foreign_columns(self, link: Link) -> t.List[Column]:
        return [Column(f"{link.name}_{c.name}", c.type, link.nullable) for c in self.key_columns(link.parent)]

    def sides(self, name: str) -> t.List[t.Tuple[Link, Side, str, bool]]:
        """Relationships of a class, inherited ones too: (link, side, target class, is a collection)."""
        return [side for klass in self.line(name) for side in self.own_sides(klass.name)]

    def own_sides(self, name: str) -> t.List[t.Tuple[Link, Side, str, bool]]:
        found = []
        for link in self.links:
            if link.up and link.child == name:
                found.append((link, link.up, link.parent, link.kind == "many"))
            if link.down and link.parent == name:
                found.append((link, link.down, link.child, link.down.uselist is not False))
        return found


# ---- drawing


def draw_model(rng: random.Random) -> Model:
    count = rng.choice((1, 2, 2, 3, 3, 4))
    names = "ABCD"[:count]
    model = Model([], [], rng.random() < 0.5)
    for i, name in enumerate(names):
        key = rng.choice(("auto", "auto", "auto", "int", "text", "pair", "foreign" if i else "auto"))
        columns = [_draw_column(rng, f"c{j}") for j in range(rng.randint(1, 3))]
        model.classes.append(Klass(name, key, columns, rng.random() < 0.1))
        if key == "foreign":
            model.links.append(_draw_one(rng, model, name, rng.choice(names[:i]), identity=True))
    for _ in range(rng.randint(1, count + 1)):
        child = rng.choice(names)
        parents = names[: names.index(child) + 1]
        if rng.random() < 0.3:
            model.links.append(_draw_many(rng, model, child, rng.choice(parents)))
        else:
            model.links.append(_draw_one(rng, model, child, rng.choice(parents), identity=False))
    return model


def add_subclasses(rng: random.Random, model: Model) -> None:
    """Joined-table inheritance: one or two classes below others, and links from and to them."""
    for name in "EF"[: rng.randint(1, 2)]:
        base = rng.choice([k for k in model.classes if not k.base])
        if name == "F" and rng.random() < 0.35:
            base = model.classes[-1]  # three generations
        model.classes.append(Klass(name, base.key, [_draw_column(rng, f"{name.lower()}{j}") for j in range(rng.randint(1, 2))], base=base.name))
        others = [k.name for k in model.classes if model.line(k.name)[-1] is not model.line(name)[-1]]
        if others and rng.random() < 0.7:
            model.links.append(_draw_one(rng, model, *rng.choice(((name, rng.choice(others)), (rng.choice(others), name))), identity=False))


def widen(rng: random.Random, model: Model) -> None:
    """Everything that ordinary models lack: all column types, single and concrete inheritance, dictionaries, more loading."""
    for klass in model.classes:
        if klass.key in ("int", "text") and not any(x.identity and x.parent == klass.name for x in model.links) and rng.random() < 0.3:
            klass.key = rng.choice(("uuid", "date", "big", "unicode"))
        for column in klass.columns:
            if rng.random() < 0.7 and not column.unique:
                column.type, column.default = rng.choice(sorted(TYPES)), ""
    for link in model.links:
        for side, target in ((link.up, link.parent), (link.down, link.child)):
            if side is None:
                continue
            if link.child != link.parent:
                side.lazy = rng.choice(MORE_LAZY)
            collection = (link.kind == "many" or side is link.down) and side.uselist is not False
            if collection and not side.as_set and model.klass(target).key in ("int", "text") and rng.random() < 0.5:
                side.keyed_by = "id"
    for name in "GH"[: rng.randint(0, 2)]:
        base = rng.choice([k for k in model.classes if not k.base and k.key != "foreign"])
        how = rng.choice(("single", "single", "single" if base.versioned else "concrete"))  # the reference fails over such a version
        columns = [_draw_column(rng, f"{name.lower()}{j}") for j in range(rng.randint(1, 2))]
        for column in columns:
            column.type, column.default, column.nullable, column.unique = rng.choice(sorted(TYPES)), "", True, False
        if how == "concrete":
            columns = [*(dataclasses.replace(c) for c in base.columns), *columns]
        model.classes.append(Klass(name, base.key, columns, base=base.name, how=how))
        others = [k.name for k in model.classes if k.key != "foreign" and k.how == "joined" and model.line(k.name)[-1] is not base]
        if others and rng.random() < 0.6:
            model.links.append(_draw_one(rng, model, rng.choice(others), name, identity=False))


def _draw_column(rng: random.Random, name: str) -> Column:
    default = rng.choice(("", "", "", "", "python", "server"))
    return Column(name, rng.choice(("int", "text")), rng.random() < 0.75, default, rng.random() < 0.07)


def _lazy(rng: random.Random, child: str, parent: str) -> str:
    """How deep self-referential relations are loaded eagerly differs with what is loaded already: they are lazy here."""
    lazy = rng.choice(LAZY)
    return "select" if child == parent else lazy


def _draw_one(rng: random.Random, model: Model, child: str, parent: str, identity: bool) -> Link:
    name = f"l{len(model.links)}"
    nullable = not identity and (child == parent or rng.random() < 0.6)
    which = rng.choice(("both", "both", "both", "both", "up", "down", "apart"))
    up = down = None
    if which != "down":
        up = Side(f"{name}_up", rng.choice(CASCADES_UP), _lazy(rng, child, parent), active_history=rng.random() < 0.1)
    if which != "up":
        passive: t.Union[bool, str] = rng.choice((False, False, False, False, True, "all"))
        cascade = rng.choice(CASCADES_DOWN)
        if passive == "all" and ("delete" in cascade or "all" in cascade):
            passive = True
        uselist = False if rng.random() < 0.12 else None
        down = Side(f"{name}_down", cascade, _lazy(rng, child, parent), uselist, rng.random() < 0.5, passive, as_set=uselist is None and rng.random() < 0.15)
    if child == parent and rng.random() < 0.2:
        for side in (up, down):
            if side:
                side.post_update = True
    return Link("one", name, child, parent, nullable, identity, rng.choice((None, None, None, "CASCADE", "SET NULL")), up, down, which == "both")


def _draw_many(rng: random.Random, model: Model, child: str, parent: str) -> Link:
    name = f"l{len(model.links)}"
    both = rng.random() < 0.7
    up = Side(f"{name}_up", rng.choice(CASCADES_MANY), _lazy(rng, child, parent), None, rng.random() < 0.5, rng.random() < 0.1)
    down = Side(f"{name}_down", rng.choice(CASCADES_MANY), _lazy(rng, child, parent), None, rng.random() < 0.5) if both else None
    return Link("many", name, child, parent, False, False, rng.choice((None, None, "CASCADE")), up, down, both)


# ---- building


def build(model: Model, sa: t.Any, orm: t.Any) -> t.Tuple[t.Any, t.Dict[str, t.Any]]:
    """The declarative base and the classes by name."""
    base = type("Base", (orm.DeclarativeBase,), {})
    classes: t.Dict[str, t.Any] = {}
    tables = {x.name: _secondary(model, x, base, sa) for x in model.links if x.kind == "many"}
    for klass in model.classes:
        namespace: t.Dict[str, t.Any] = _columns(model, klass, sa)
        if klass.how != "single":
            namespace["__tablename__"] = klass.name.lower()
        for link, side, target, _ in model.own_sides(klass.name):
            namespace[side.name] = orm.relationship(target, **_relation(model, link, side, classes, tables, orm))
            if side.proxied:
                namespace[f"{side.name}_proxy"] = _proxy(side, target, classes, sa)
        if klass.hybrid:
            namespace["more"] = _hybrid(klass.hybrid, sa)
        own = [x for x in model.links if x.kind == "one" and x.child == klass.name]
        constraints = [_constraint(model, x, sa) for x in own]
        arguments: t.Dict[str, t.Any] = {"version_id_col": namespace["version"]} if klass.versioned else {}
        if not klass.passive_updates:
            arguments["passive_updates"] = False
        if klass.how == "concrete":
            arguments["concrete"] = True
        elif klass.base or model.subclasses(klass.name):
            arguments["polymorphic_identity"] = klass.name
        if klass.base and klass.how == "joined":
            names, above = model.own_keys(klass.name), model.own_keys(klass.base)
            constraints.append(sa.ForeignKeyConstraint(names, [f"{klass.base.lower()}.{n}" for n in above], onupdate=klass.onupdate))
            arguments["inherit_condition"] = _inherit(names, above, namespace, classes[klass.base].__table__)
        elif not klass.base and model.subclasses(klass.name):
            namespace["kind"] = sa.Column(sa.String(20))
            arguments["polymorphic_on"] = namespace["kind"]
        if klass.how != "single":
            namespace["__table_args__"] = tuple(constraints)
        namespace["__mapper_args__"] = arguments
        classes[klass.name] = type(klass.name, (classes[klass.base] if klass.base else base,), namespace)
    orm.configure_mappers()
    return base, classes


def _proxy(side: Side, target: str, classes: t.Dict[str, t.Any], sa: t.Any) -> t.Any:
    make = importlib.import_module(f"{sa.__name__}.ext.associationproxy").association_proxy
    return make(side.name, side.proxied, creator=lambda value: classes[target](**{side.proxied: value}))


def _hybrid(column: str, sa: t.Any) -> t.Any:
    """One more than a column, 1 where it is NULL; written as well as read, in Python and in SQL."""
    make = importlib.import_module(f"{sa.__name__}.ext.hybrid").hybrid_property

    def read(self: t.Any) -> t.Any:
        return (getattr(self, column) or 0) + 1

    def write(self: t.Any, value: t.Any) -> None:
        setattr(self, column, value - 1)

    return make(read, write).expression(lambda cls: sa.func.coalesce(getattr(cls, column), 0) + 1).update_expression(
        lambda cls, value: [(getattr(cls, column), value - 1)])


def _inherit(names: t.List[str], above: t.List[str], namespace: t.Dict[str, t.Any], table: t.Any) -> t.Any:
    pairs = [namespace[n] == table.c[a] for n, a in zip(names, above)]
    found = pairs[0]
    for pair in pairs[1:]:
        found = found & pair
    return found


def _columns(model: Model, klass: Klass, sa: t.Any) -> t.Dict[str, t.Any]:
    found: t.Dict[str, t.Any] = {}
    for name, column in zip(model.own_keys(klass.name), model.key_columns(klass.name)) if klass.how != "single" else ():
        found[name] = sa.Column(_type(column, sa), primary_key=True, autoincrement="auto" if klass.key == "auto" and not klass.base else False)
    for link in model.links:
        if link.kind == "one" and link.child == klass.name and not link.identity:
            for column in model.foreign_columns(link):
                found[column.name] = sa.Column(_type(column, sa), nullable=column.nullable)
    for column in klass.columns:
        options: t.Dict[str, t.Any] = {"nullable": column.nullable, "unique": column.unique}
        if column.default == "python":
            options["default"] = 7 if column.type == "int" else "oak"
        elif column.default == "server":
            options["server_default"] = "8" if column.type == "int" else "yew"
        found[column.name] = sa.Column(_type(column, sa), **options)
    if klass.versioned:
        found["version"] = sa.Column(sa.Integer, nullable=False)
    return found


def _type(column: Column, sa: t.Any) -> t.Any:
    if column.type in TYPES:
        return TYPES[column.type][0](sa)
    return sa.Integer() if column.type == "int" else sa.String(20)


def _constraint(model: Model, link: Link, sa: t.Any) -> t.Any:
    local = [c.name for c in model.foreign_columns(link)]
    remote = [f"{model.table(link.parent)}.{name}" for name in model.own_keys(link.parent)]
    return sa.ForeignKeyConstraint(local, remote, ondelete=link.ondelete, onupdate=link.onupdate)


def _secondary(model: Model, link: Link, base: t.Any, sa: t.Any) -> t.Any:
    columns, constraints = [], []
    for prefix, name in (("child", link.child), ("parent", link.parent)):
        keys = model.key_columns(name)
        columns += [sa.Column(f"{prefix}_{c.name}", _type(c, sa), primary_key=True) for c in keys]
        constraints.append(
            sa.ForeignKeyConstraint(
                [f"{prefix}_{c.name}" for c in keys], [f"{name.lower()}.{c.name}" for c in keys], ondelete=link.ondelete, onupdate=link.onupdate
            )
        )
    return sa.Table(link.name, base.metadata, *columns, *constraints)


def _relation(model: Model, link: Link, side: Side, classes: t.Dict[str, t.Any], tables: t.Dict[str, t.Any], orm: t.Any) -> t.Dict[str, t.Any]:
    options: t.Dict[str, t.Any] = {"cascade": side.cascade, "lazy": side.lazy}
    other = link.down if side is link.up else link.up
    target = link.parent if side is link.up else link.child
    if link.both_ways and other:
        options["back_populates"] = other.name
    for name in ("uselist", "passive_deletes", "active_history", "post_update"):
        if getattr(side, name):
            options[name] = getattr(side, name)
    if side.uselist is False:
        options["uselist"] = False
    if not side.passive_updates:
        options["passive_updates"] = False
    if side.join_depth:
        options["join_depth"] = side.join_depth
    if side.as_set:
        options["collection_class"] = set
    if side.keyed_by:
        options["collection_class"] = orm.attribute_keyed_dict(side.keyed_by)
    if side.ordered:
        options["order_by"] = lambda: [getattr(classes[target], c.name) for c in model.key_columns(target)]
    if "delete-orphan" in side.cascade and (link.kind == "many" or side is link.up):
        options["single_parent"] = True
    if link.kind == "many":
        options["secondary"] = tables[link.name]
        options["primaryjoin"], options["secondaryjoin"] = _joins(model, link, side, classes, tables[link.name])
    else:
        local = [c.name for c in model.foreign_columns(link)]
        options["foreign_keys"] = lambda: [getattr(classes[link.child], n) for n in local]
        if link.child == link.parent:
            remote = [c.name for c in model.key_columns(link.parent)] if side is link.up else local
            options["remote_side"] = lambda: [getattr(classes[link.child], n) for n in remote]
    return options


def _joins(model: Model, link: Link, side: Side, classes: t.Dict[str, t.Any], table: t.Any) -> t.Tuple[t.Any, t.Any]:
    def join(prefix: str, name: str) -> t.Callable[[], t.Any]:
        def clause() -> t.Any:
            pairs = [getattr(classes[name], c.name) == table.c[f"{prefix}_{c.name}"] for c in model.key_columns(name)]
            return pairs[0] if len(pairs) == 1 else pairs[0] & pairs[1] if len(pairs) == 2 else (pairs[0] & pairs[1]) & pairs[2]

        return clause

    to_child, to_parent = join("child", link.child), join("parent", link.parent)
    return (to_child, to_parent) if side is link.up else (to_parent, to_child)
