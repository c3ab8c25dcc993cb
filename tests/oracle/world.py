"""One side of a comparison: a machine's classes, session and objects in one package, over its own SQLite file."""

from __future__ import annotations

import importlib
import sqlite3
import typing as t
import warnings
from pathlib import Path

from .acts import SKIPPED, Acts
from .machine import Machine, Op
from .models import build

Facts = t.Dict[str, t.Any]


class World(Acts):
    def __init__(self, machine: Machine, package: str, path: Path) -> None:
        self.sa, self.orm = importlib.import_module(package), importlib.import_module(f"{package}.orm")
        self.machine, self.path = machine, path
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.base, self.classes = build(machine.model, self.sa, self.orm)
        self.open()
        self.statements: t.List[str] = []
        self._listen()
        self.base.metadata.create_all(self.engine)
        self.plain = self.watch_tables()
        self.session = self.orm.Session(self.engine, autoflush=machine.autoflush, expire_on_commit=machine.expire_on_commit)
        self.objects: t.Dict[str, t.Any] = {}
        self.names: t.Dict[int, str] = {}
        self.savepoints: t.List[t.Any] = []
        self.strangers = 0
        self.queued = {side.name for link in machine.model.links for side in (link.up, link.down) if side and side.queued}
        self.rows: t.Dict[str, t.Set[str]] = {"had": set(), "lost": set(), "again": set()}  # names of objects

    def open(self) -> None:
        self.engine = self.sa.create_engine(f"sqlite:///file:{self.path}?cache=shared&uri=true")

    def watch_tables(self) -> t.Any:
        """A connection of another driver, which sees what is not committed yet."""
        plain = sqlite3.connect(f"file:{self.path}?cache=shared", uri=True, isolation_level=None)
        plain.execute("PRAGMA read_uncommitted = 1")
        return plain

    def _listen(self) -> None:
        begins = self.sa.__name__ == "sqlalchemy"  # sqlite3 begins no transaction before SAVEPOINT: RELEASE would commit

        @self.sa.event.listens_for(self.engine, "connect")
        def connect(connection: t.Any, record: t.Any) -> None:
            if begins:
                connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute("PRAGMA synchronous = OFF")
            if self.machine.model.foreign_keys:
                cursor.execute("PRAGMA foreign_keys = ON")
            cursor.close()

        if begins:
            self.sa.event.listen(self.engine, "begin", lambda conn: conn.connection.driver_connection.execute("BEGIN"))

        self._count()

    def _count(self) -> None:
        @self.sa.event.listens_for(self.engine, "before_cursor_execute")
        def count(conn: t.Any, cursor: t.Any, statement: str, parameters: t.Any, context: t.Any, executemany: bool) -> None:
            self.statements.append(f"{' '.join(statement.split())} {parameters!r}")

    def close(self) -> None:
        try:
            self.session.close()
        finally:
            self.plain.close()
            self.engine.dispose()

    # ---- running

    def run(self, op: Op) -> Facts:
        """Runs one operation and answers everything that can be seen after it."""
        del self.statements[:]
        facts: Facts = {"why": ""}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                result = getattr(self, f"do_{op.name}")(op, *op.args)
            except Exception as e:
                facts["raised"] = type(e).__name__
                inside = isinstance(e, RecursionError) or isinstance(e, KeyError) and op.name not in ("remove", "pop")
                facts["lost"] = inside or "LoaderCallableStatus" in str(e) or "using NULL for primary key value" in str(e)
                facts["why"] = str(e)
                self.failure = e
            else:
                facts["raised"], facts["lost"] = None, False
                facts["result"] = self.describe(result, op)
            if op.mend and facts["raised"] and not self.session.is_active:
                self.session.rollback()
                self.savepoints.clear()
            facts["statements"] = list(self.statements)
            try:
                with self.session.no_autoflush:
                    self.observe(facts)
            except (self.sa.exc.CircularDependencyError, self.sa.exc.PendingRollbackError, self.orm.exc.ObjectDeletedError):  # looking at a history may flush and read there
                facts["lost"] = True
            facts["sent"] = len(self.statements)  # looking at histories may read, too
        return facts

    def describe(self, value: t.Any, op: Op) -> t.Any:
        if isinstance(value, dict):
            return {k: self.describe(v, op) for k, v in value.items()}
        if isinstance(value, (list, tuple, set)):
            items = [self.describe(x, op) for x in value]
            return sorted(items) if isinstance(value, set) else items
        if isinstance(value, self.base):
            return self.name(value)
        return value

    def keep(self, name: str, obj: t.Any) -> t.Any:
        if obj is not None and id(obj) not in self.names:
            self.objects[name] = obj
            self.names[id(obj)] = name
        elif obj is not None:
            self.objects[name] = obj
        return obj

    def name(self, obj: t.Any) -> str:
        """The name of an object; one that came with others gets its name from what it is."""
        if id(obj) not in self.names:
            self.strangers += 1
            self.keep(f"x{self.strangers}", obj)
        return self.names[id(obj)]

    def meet(self) -> None:
        """Names whatever came into the session, in an order both sides agree upon."""
        strangers = [x for x in [*self.session.new, *self.session] if id(x) not in self.names]
        for obj in sorted({id(x): x for x in strangers}.values(), key=self._looks):
            self.name(obj)

    def _looks(self, obj: t.Any) -> str:
        state = self.sa.inspect(obj)
        plain = {k: v for k, v in state.dict.items() if isinstance(v, (int, str))}
        return repr((type(obj).__name__, state.key[1] if state.key else (), sorted(plain.items())))

    # ---- what can be seen

    def observe(self, facts: Facts) -> None:
        self.meet()
        session = self.session
        for kind in ("new", "dirty", "deleted"):
            facts[kind] = sorted(self.name(x) for x in getattr(session, kind))
        facts["identity_map"] = sorted(repr((key[0].__name__, key[1])) for key in session.identity_map.keys())
        facts["in_transaction"] = (session.in_transaction(), session.in_nested_transaction(), session.is_active)
        facts["again"] = sorted(name for name in self.objects if self._again(name))
        for name in list(self.objects):
            self._observe_object(name, self.objects[name], facts)
        for table in self.base.metadata.sorted_tables:
            columns = ", ".join(f'"{c.name}"' for c in table.columns)
            facts[f"table {table.name}"] = sorted(map(repr, self.plain.execute(f'SELECT {columns} FROM "{table.name}"')))

    def _again(self, name: str) -> bool:
        """Whether an object that had a row and lost it is on its way to another."""
        state = self.sa.inspect(self.objects[name])
        if state.key is not None:
            self.rows["had"].add(name)
        elif name in self.rows["had"]:
            self.rows["lost"].add(name)
        if name in self.rows["lost"] and (state.pending or state.key is not None):
            self.rows["again"].add(name)
        return name in self.rows["again"]

    def _observe_object(self, name: str, obj: t.Any, facts: Facts) -> None:
        if self.names[id(obj)] != name:
            facts[f"{name} is"] = self.names[id(obj)]
            return
        state = self.sa.inspect(obj)
        flags = ("transient", "pending", "persistent", "deleted", "detached", "was_deleted")
        facts[f"{name} state"] = [flag for flag in flags if getattr(state, flag)]
        if state.persistent:
            facts[f"{name} modified"] = state.modified
        facts[f"{name} key"] = (type(obj).__name__, state.key[1]) if state.key else None
        loaded = {k: v for k, v in state.dict.items() if not k.startswith("_") and k not in self.queued}
        for key in sorted(loaded):
            if state.key or loaded[key]:  # a collection that was only looked at counts as not there
                facts[f"{name}.{key}"] = self._value(loaded[key])
        if not state.key:
            return  # an object without a row is written whole: its history decides nothing
        for attr in state.attrs:
            if attr.key not in loaded:
                continue  # changes that wait for a collection to be loaded show earlier here
            history = [[self._value(x) for x in part or ()] for part in attr.history]
            if any(history):
                facts[f"{name}.{attr.key} history"] = [sorted(x, key=repr) for x in history]

    def _value(self, value: t.Any) -> t.Any:
        if isinstance(value, dict) and all(isinstance(x, self.base) for x in value.values()):
            return {k: self.name(v) for k, v in value.items()}
        if isinstance(value, (list, set)) and all(isinstance(x, self.base) for x in value):
            members = [self.name(x) for x in value]
            return sorted(members) if isinstance(value, set) else members
        return self.name(value) if isinstance(value, self.base) else value

    # ---- operations

    def do_new(self, op: Op, klass: str, values: t.Dict[str, t.Any], related: t.Dict[str, t.Any]) -> t.Any:
        named = dict(values)
        for attr, target in related.items():
            if isinstance(target, list):
                named[attr] = self._collection(klass, attr, [self.objects[x] for x in dict.fromkeys(target) if x in self.objects])
            elif target in self.objects:
                named[attr] = self.objects[target]
        return self.keep(f"o{op.id}", self.classes[klass](**named))

    def _collection(self, klass: str, attr: str, members: t.List[t.Any]) -> t.Any:
        """Members in a container of the kind that the relationship has."""
        side = next((side for _, side, _, _ in self.machine.model.sides(klass) if side.name == attr), None)
        if side and side.keyed_by:
            return {getattr(x, side.keyed_by): x for x in members}
        return set(members) if side and side.as_set else members

    def do_add(self, op: Op, name: str) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        self.session.add(self.objects[name])

    def do_add_all(self, op: Op, names: t.Tuple[str, ...]) -> None:
        self.session.add_all([self.objects[x] for x in names if x in self.objects])

    def do_set(self, op: Op, name: str, attr: str, value: t.Any) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        setattr(self.objects[name], attr, value)

    def do_unset(self, op: Op, name: str, attr: str) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        delattr(self.objects[name], attr)

    def do_relate(self, op: Op, name: str, attr: str, target: t.Optional[str]) -> t.Any:
        if name not in self.objects or (target is not None and target not in self.objects):
            return SKIPPED
        setattr(self.objects[name], attr, self.objects[target] if target else None)

    def do_append(self, op: Op, name: str, attr: str, target: str) -> t.Any:
        if name not in self.objects or target not in self.objects:
            return SKIPPED
        collection = getattr(self.objects[name], attr)
        member = self.objects[target]
        if member in (collection.values() if isinstance(collection, dict) else collection):
            return "already there"
        if isinstance(collection, dict):
            collection[member.id] = member
            return None
        collection.add(member) if isinstance(collection, set) else collection.append(member)

    def do_remove(self, op: Op, name: str, attr: str, target: str) -> t.Any:
        if name not in self.objects or target not in self.objects:
            return SKIPPED
        collection, member = getattr(self.objects[name], attr), self.objects[target]
        if not isinstance(collection, dict):
            collection.remove(member)
        elif collection[member.id] is member:
            del collection[member.id]

    def do_pop(self, op: Op, name: str, attr: str) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        collection = getattr(self.objects[name], attr)
        if isinstance(collection, set):
            return collection.clear()
        return collection.popitem()[1] if isinstance(collection, dict) else collection.pop()

    def do_replace(self, op: Op, name: str, attr: str, targets: t.Tuple[str, ...]) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        obj = self.objects[name]
        setattr(obj, attr, self._collection(type(obj).__name__, attr, [self.objects[x] for x in targets if x in self.objects]))

    def do_read(self, op: Op, name: str, attr: str) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        value = getattr(self.objects[name], attr)
        return next((kind(value) for kind in (set, list, dict) if isinstance(value, kind)), value)

    def do_delete(self, op: Op, name: str) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        self.session.delete(self.objects[name])

    def do_expunge(self, op: Op, name: str) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        self.session.expunge(self.objects[name])

    def do_expunge_all(self, op: Op) -> None:
        self.session.expunge_all()

    def do_close(self, op: Op) -> None:
        self.savepoints.clear()
        self.session.close()

    def do_merge(self, op: Op, name: str, load: bool) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        return self.keep(f"o{op.id}", self.session.merge(self.objects[name], load=load))

    def do_merge_new(self, op: Op, klass: str, values: t.Dict[str, t.Any]) -> t.Any:
        return self.keep(f"o{op.id}", self.session.merge(self.classes[klass](**values)))

    def do_refresh(self, op: Op, name: str, attrs: t.Optional[t.Tuple[str, ...]]) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        self.session.refresh(self.objects[name], attrs)

    def do_expire(self, op: Op, name: str, attrs: t.Optional[t.Tuple[str, ...]]) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        self.session.expire(self.objects[name], attrs)

    def do_expire_all(self, op: Op) -> None:
        self.session.expire_all()

    def do_flush(self, op: Op) -> None:
        self.session.flush()

    def do_commit(self, op: Op) -> None:
        self.savepoints.clear()
        self.session.commit()

    def do_rollback(self, op: Op) -> None:
        self.savepoints.clear()
        self.session.rollback()

    def do_begin_nested(self, op: Op) -> None:
        self.savepoints.append(self.session.begin_nested())

    def do_release(self, op: Op) -> t.Any:
        if not self.savepoints:
            return SKIPPED
        self.savepoints.pop().commit()

    def do_rollback_nested(self, op: Op) -> t.Any:
        if not self.savepoints:
            return SKIPPED
        self.savepoints.pop().rollback()

    def do_query(self, op: Op, klass: str, where: t.Any, options: t.Any, populate: bool) -> t.Any:
        cls = self.classes[klass]
        stmt = self.sa.select(cls).order_by(*self.sa.inspect(cls).primary_key)
        if where:
            stmt = stmt.where(getattr(cls, where[0]) == where[1])
        for loader, attr in options:
            stmt = stmt.options(getattr(self.orm, loader)(getattr(cls, attr)))
        if populate:
            stmt = stmt.execution_options(populate_existing=True)
        return self.entities(stmt)

    def do_query_related(self, op: Op, klass: str, attr: str, how: str) -> t.Any:
        cls = self.classes[klass]
        relation = getattr(cls, attr)
        stmt = self.sa.select(cls).order_by(*self.sa.inspect(cls).primary_key)
        if how in ("join", "outer"):
            target = self.orm.aliased(relation.property.mapper.class_)
            stmt = stmt.join(relation.of_type(target), isouter=how == "outer")
        else:
            exists = relation.any() if relation.property.uselist else relation.has()
            stmt = stmt.where(exists if how == "exists" else ~exists)
        return self.entities(stmt)

    def do_get(self, op: Op, klass: str, key: t.Tuple[t.Any, ...]) -> t.Any:
        return self.keep(f"o{op.id}", self.session.get(self.classes[klass], key if len(key) > 1 else key[0]))

    def do_bulk_update(self, op: Op, klass: str, where: t.Any, change: t.Any, how: t.Any) -> t.Any:
        cls = self.classes[klass]
        stmt = self.sa.update(cls).where(getattr(cls, where[0]) == where[1]).values({change[0]: change[1]})
        return self.session.execute(stmt, execution_options={"synchronize_session": how}).rowcount

    def do_bulk_delete(self, op: Op, klass: str, where: t.Any, how: t.Any) -> t.Any:
        cls = self.classes[klass]
        stmt = self.sa.delete(cls).where(getattr(cls, where[0]) == where[1])
        return self.session.execute(stmt, execution_options={"synchronize_session": how}).rowcount

    def do_is_modified(self, op: Op, name: str) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        return self.objects[name] in self.session and self.session.is_modified(self.objects[name])
