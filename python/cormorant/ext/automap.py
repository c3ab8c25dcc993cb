"""Classes and relationships made from the tables that a database has.

    Base = automap_base()
    Base.prepare(autoload_with=engine)
    User = Base.classes.user

A class written by hand on the base takes its table's columns too; it is mapped by `prepare()`. Names and relationships come from
functions that programs may replace.
"""

from __future__ import annotations

import types
import typing as t

from .. import exc
from ..orm import backref, declarative_base, relationship
from ..orm.interfaces import MANYTOMANY, MANYTOONE, ONETOMANY

__all__ = [
    "AutomapBase", "automap_base", "classname_for_table", "generate_relationship", "name_for_collection_relationship", "name_for_scalar_relationship",
]  # fmt: skip


def classname_for_table(base: t.Any, tablename: str, table: t.Any) -> str:
    """Name of the class of a table: the table's."""
    return str(tablename)


def name_for_scalar_relationship(base: t.Any, local_cls: t.Any, referred_cls: t.Any, constraint: t.Any) -> str:
    """Name of the attribute that leads to one instance: the other class, in lower case."""
    return str(referred_cls.__name__.lower())


def name_for_collection_relationship(base: t.Any, local_cls: t.Any, referred_cls: t.Any, constraint: t.Any) -> str:
    """Name of the attribute that leads to many."""
    return f"{referred_cls.__name__.lower()}_collection"


def generate_relationship(
    base: t.Any, direction: t.Any, return_fn: t.Callable[..., t.Any], attrname: str, local_cls: t.Any, referred_cls: t.Any, **kw: t.Any
) -> t.Any:
    """Makes a relationship, or the backref of one: `return_fn` says which."""
    if return_fn is backref:
        return return_fn(attrname, **kw)
    if return_fn is relationship:
        return return_fn(referred_cls, **kw)
    raise TypeError(f"Unknown relationship function: {return_fn}")


class Classes(dict[str, t.Any]):
    """Classes by name, also as attributes."""

    def __getattr__(self, name: str) -> t.Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class AutomapBase:
    """What bases of `automap_base()` can do."""

    __abstract__ = True
    classes: t.ClassVar[t.Any]
    metadata: t.ClassVar[t.Any]
    _automap_waiting: t.ClassVar[list[tuple[t.Any, t.Any]]]  # written by hand, not mapped yet
    _automap_mapped: t.ClassVar[list[t.Any]]

    @classmethod
    def _sa_defer_mapping(cls, registry: t.Any) -> bool:
        """Classes written by hand are mapped when their tables were read."""
        if cls.__dict__.get("_automap_made"):
            return False
        cls._automap_waiting.append((registry, cls))
        return True

    @classmethod
    def prepare(
        cls,
        autoload_with: t.Any = None,
        engine: t.Any = None,
        reflect: bool = False,
        schema: str | None = None,
        classname_for_table: t.Callable[..., str] = classname_for_table,
        modulename_for_table: t.Any = None,
        collection_class: t.Any = list,
        name_for_scalar_relationship: t.Callable[..., str] = name_for_scalar_relationship,
        name_for_collection_relationship: t.Callable[..., str] = name_for_collection_relationship,
        generate_relationship: t.Callable[..., t.Any] = generate_relationship,
        reflection_options: t.Mapping[str, t.Any] = types.MappingProxyType({}),
    ) -> None:
        """Reads the tables, makes a class for each that has none, and relationships along their foreign keys."""
        if modulename_for_table is not None:
            raise NotImplementedError("prepare(modulename_for_table=) is not supported yet")
        bind = autoload_with if autoload_with is not None else engine if reflect else None
        if bind is not None:
            cls.metadata.reflect(bind, schema=schema, extend_existing=True, autoload_replace=False, **reflection_options)
        _map_waiting(cls)
        secondaries = _make_classes(cls, classname_for_table)
        names = _Names(cls, name_for_scalar_relationship, name_for_collection_relationship, generate_relationship, collection_class)
        for made in cls._automap_mapped:
            for constraint in sorted(made.__table__.foreign_key_constraints, key=lambda c: sorted(c.column_keys)):
                names.relate(made, constraint)
        for table, constraints in secondaries:
            names.relate_by(table, *constraints)


def extend_existing(cls: t.Any) -> None:
    """Lets the class's table take over what was read from the database."""
    given = getattr(cls, "__table_args__", None) or {}
    options = given if isinstance(given, dict) else given[-1] if given and isinstance(given[-1], dict) else {}
    rest = () if isinstance(given, dict) else given[:-1] if options else given
    cls.__table_args__ = (*rest, {**options, "extend_existing": True})


def _map_waiting(base: t.Any) -> None:
    from ..orm.decl_base import map_declarative

    for registry, cls in base._automap_waiting:
        extend_existing(cls)
        map_declarative(registry, cls)
        base._automap_mapped.append(cls)
    base._automap_waiting.clear()


def _joins_two(table: t.Any) -> list[t.Any] | None:
    """The two foreign keys of a table that is nothing but them."""
    keys = list(table.foreign_key_constraints)
    if len(keys) != 2 or {c for k in keys for c in k.columns} != set(table.columns):
        return None
    return sorted(keys, key=lambda k: list(table.columns).index(next(iter(k.columns))))


def _class_of(base: t.Any, table: t.Any) -> t.Any:
    return next((c for c in base._automap_mapped if c.__table__ is table), None)


def _make_classes(base: t.Any, classname_for_table: t.Any) -> list[tuple[t.Any, list[t.Any]]]:
    """A class for every table with a primary key; the tables that only join two others are answered."""
    joining = []
    for table in list(base.metadata.tables.values()):
        both = _joins_two(table)
        if both is not None:
            joining.append((table, both))
        elif list(table.primary_key) and _class_of(base, table) is None:
            name = classname_for_table(base, table.name, table)
            if name in base.classes:
                raise exc.ArgumentError(f"two tables want the class name {name!r}; give prepare() a classname_for_table")
            made = type(base)(str(name), (base,), {"__table__": table, "_automap_made": True})
            base.classes[name] = made
            base._automap_mapped.append(made)
    return joining


class _Names(t.NamedTuple):
    """How relationships are named and made."""

    base: t.Any
    scalar: t.Callable[..., str]
    collection: t.Callable[..., str]
    generate: t.Callable[..., t.Any]
    collection_class: t.Any

    def relate(self, local: t.Any, constraint: t.Any) -> None:
        """Many to one along a foreign key, and back."""
        referred = _class_of(self.base, constraint.elements[0].column.table)
        if referred is None:
            return
        name, back = self.scalar(self.base, local, referred, constraint), self.collection(self.base, referred, local, constraint)
        if name in _attributes(local):
            return
        options: dict[str, t.Any] = {"foreign_keys": list(constraint.columns), "remote_side": [fk.column for fk in constraint.elements]}
        made_back = None
        if back not in _attributes(referred):
            arguments: dict[str, t.Any] = {"collection_class": self.collection_class}
            if not all(c.nullable for c in constraint.columns):
                arguments["cascade"] = "all, delete-orphan"
            if constraint.ondelete and constraint.ondelete.lower() in ("cascade", "set null"):
                arguments["passive_deletes"] = True
            made_back = self.generate(self.base, ONETOMANY, backref, back, referred, local, **arguments)
        if made_back is not None:
            options["backref"] = made_back
        made = self.generate(self.base, MANYTOONE, relationship, name, local, referred, **options)
        if made is not None:
            setattr(local, name, made)

    def relate_by(self, table: t.Any, first: t.Any, second: t.Any) -> None:
        """Many to many through a table."""
        local, referred = (_class_of(self.base, k.elements[0].column.table) for k in (first, second))
        if local is None or referred is None:
            return
        name, back = self.collection(self.base, local, referred, second), self.collection(self.base, referred, local, first)
        if name in _attributes(local):
            return
        options: dict[str, t.Any] = {"secondary": table, "collection_class": self.collection_class}
        if local is referred:
            options["primaryjoin"] = _condition(first)
            options["secondaryjoin"] = _condition(second)
        if back not in _attributes(referred) and back != name:
            options["backref"] = self.generate(self.base, MANYTOMANY, backref, back, referred, local, collection_class=self.collection_class)
        made = self.generate(self.base, MANYTOMANY, relationship, name, local, referred, **options)
        if made is not None:
            setattr(local, name, made)


def _condition(constraint: t.Any) -> t.Any:
    from ..sql.constructors import and_

    return and_(*(fk.column == fk.parent for fk in constraint.elements))


def _attributes(cls: t.Any) -> set[str]:
    return {name for c in cls.__mro__ if c is not object for name in c.__dict__}


def automap_base(declarative_base_: t.Any = None, **kw: t.Any) -> t.Any:
    """A base whose `prepare()` maps the tables of a database. `declarative_base`: an existing base to stand on."""
    given = kw.pop("declarative_base", declarative_base_)
    base = declarative_base(**kw) if given is None else given
    made = type(base)(base.__name__, (AutomapBase, base), {"__abstract__": True, "classes": Classes(), "_automap_waiting": [], "_automap_mapped": []})
    return made
