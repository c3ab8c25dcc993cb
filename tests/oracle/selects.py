"""Random SELECTs over fixed models and rows, as plain data, and their building with any package that has SQLAlchemy's API.

An expression is a tuple: its kind, then its parts. Expressions are drawn with a type ("int", "text", "bool"), so that every
statement is one that a database takes.
"""

from __future__ import annotations

import importlib
import random
import typing as t
import warnings
from pathlib import Path

Tree = t.Tuple[t.Any, ...]
COLUMNS = {
    "Author": {"id": "int", "name": "text", "age": "int", "boss_id": "int"},
    "Book": {"id": "int", "title": "text", "pages": "int", "author_id": "int", "genre": "text"},
    "Review": {"id": "int", "stars": "int", "book_id": "int", "words": "text"},
}
LINKS = {"Author": {"books": "Book", "boss": "Author"}, "Book": {"author": "Author", "reviews": "Review", "tags": "Tag"}, "Review": {"book": "Book"}}
WORDS = ("ash", "Birch", "cedar", "elm", "", "a%b", "o'k")


def models(sa: t.Any, orm: t.Any) -> t.Any:
    base = type("Base", (orm.DeclarativeBase,), {})

    def column(kind: str, name: str) -> t.Any:
        key = {"boss_id": "author.id", "author_id": "author.id", "book_id": "book.id"}.get(name)
        args = [sa.Integer() if kind == "int" else sa.String(20), *([sa.ForeignKey(key)] if key else [])]
        return sa.Column(*args, primary_key=name == "id")

    pairs = sa.Table("book_tag", base.metadata, sa.Column("book_id", sa.ForeignKey("book.id"), primary_key=True),
                     sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True))
    spaces: t.Dict[str, t.Dict[str, t.Any]] = {
        name: {"__tablename__": name.lower(), **{n: column(kind, n) for n, kind in columns.items()}} for name, columns in COLUMNS.items()
    }
    spaces["Tag"] = {"__tablename__": "tag", "id": sa.Column(sa.Integer, primary_key=True), "label": sa.Column(sa.String(20))}
    spaces["Author"]["boss"] = orm.relationship("Author", remote_side=[spaces["Author"]["id"]])
    spaces["Author"]["books"] = orm.relationship("Book", back_populates="author", order_by="Book.id")
    spaces["Book"]["author"] = orm.relationship("Author", back_populates="books")
    spaces["Book"]["reviews"] = orm.relationship("Review", back_populates="book", order_by="Review.id")
    spaces["Book"]["tags"] = orm.relationship("Tag", secondary=pairs, order_by="Tag.id")
    spaces["Review"]["book"] = orm.relationship("Book", back_populates="reviews")
    classes = {name: type(name, (base,), space) for name, space in spaces.items()}
    return base, classes, pairs


def fill(connection: t.Any, sa: t.Any, base: t.Any) -> None:
    rng = random.Random(7)
    base.metadata.create_all(connection)
    tables = base.metadata.tables

    def maybe(value: t.Any) -> t.Any:
        return None if rng.random() < 0.2 else value

    rows: t.Dict[str, t.List[t.Dict[str, t.Any]]] = {
        "author": [{"id": i, "name": maybe(rng.choice(WORDS)), "age": maybe(rng.randint(20, 40)), "boss_id": maybe(rng.randint(1, i)) if i > 1 else None} for i in range(1, 9)],
        "book": [{"id": i, "title": maybe(rng.choice(WORDS)), "pages": maybe(rng.randint(0, 5)), "author_id": maybe(rng.randint(1, 8)), "genre": maybe(rng.choice("xyz"))} for i in range(1, 21)],
        "review": [{"id": i, "stars": maybe(rng.randint(1, 5)), "book_id": maybe(rng.randint(1, 20)), "words": maybe(rng.choice(WORDS))} for i in range(1, 31)],
        "tag": [{"id": i, "label": w} for i, w in enumerate(WORDS, 1)],
        "book_tag": [{"book_id": i, "tag_id": j} for i in range(1, 21) for j in range(1, 8) if rng.random() < 0.2],
    }
    for name, values in rows.items():
        connection.execute(sa.insert(tables[name]), values)


# ---- drawing


class Drawer:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.aliases = 0

    def statement(self) -> Tree:
        kind = self.rng.choice(("rows", "rows", "rows", "groups", "entities", "entities", "set", "cte", "subquery", "nested"))
        return t.cast(Tree, getattr(self, f"draw_{kind}")())

    def sources(self) -> t.Tuple[t.List[t.Tuple[str, str]], t.List[Tree]]:
        """Aliases of entities, [(name, class)], and how they are joined."""
        cls = self.rng.choice(tuple(LINKS))
        scope, joins = [(self.alias(), cls)], []
        for _ in range(self.rng.choice((0, 0, 1, 1, 2))):
            from_name, from_cls = self.rng.choice(scope)
            if from_cls not in LINKS:
                continue
            attr, target = self.rng.choice(sorted(LINKS[from_cls].items()))
            name = self.alias()
            scope.append((name, target))
            joins.append((from_name, attr, name, self.rng.random() < 0.4))
        return scope, joins

    def alias(self) -> str:
        self.aliases += 1
        return f"a{self.aliases}"

    def column(self, scope: t.List[t.Tuple[str, str]], kind: str) -> Tree:
        found = [("col", name, c) for name, cls in scope for c, k in COLUMNS.get(cls, {"id": "int", "label": "text"}).items() if k == kind]
        return self.rng.choice(found) if found else ("value", 1 if kind == "int" else "elm")

    def value(self, kind: str) -> t.Any:
        return self.rng.randint(0, 6) if kind == "int" else self.rng.choice(WORDS)

    def expression(self, scope: t.List[t.Tuple[str, str]], kind: str, depth: int = 2) -> Tree:
        if depth == 0 or self.rng.random() < 0.35:
            return self.column(scope, kind) if self.rng.random() < 0.75 else ("value", self.value(kind))
        left = self.expression(scope, kind, depth - 1)
        if self.rng.random() < 0.2:
            return ("case", self.condition(scope, depth - 1), left, self.expression(scope, kind, depth - 1))
        if self.rng.random() < 0.2:
            return ("func", "coalesce", left, ("value", self.value(kind)))
        if kind == "text":
            return self.rng.choice((("concat", left, self.expression(scope, kind, depth - 1)), ("func", "upper", left), ("func", "lower", left)))
        return self.rng.choice((
            (self.rng.choice(("+", "-", "*", "%")), left, self.expression(scope, kind, depth - 1)), ("func", "abs", left), ("neg", left),
            ("func", "length", self.expression(scope, "text", depth - 1)), ("cast", self.expression(scope, "text", 0)),
        ))

    def condition(self, scope: t.List[t.Tuple[str, str]], depth: int = 2) -> Tree:
        if depth > 0 and self.rng.random() < 0.4:
            op = self.rng.choice(("and", "or", "not"))
            return (op, *(self.condition(scope, depth - 1) for _ in range(1 if op == "not" else 2)))
        kind = self.rng.choice(("int", "int", "text"))
        left = self.expression(scope, kind, 1)
        how = self.rng.choice(("compare", "compare", "in", "not_in", "null", "between", "like", "exists", "in_select", "distinct", "contains"))
        if how == "in" or how == "not_in":
            return (how, left, tuple(self.value(kind) for _ in range(self.rng.randint(0, 3))))
        if how == "null":
            return (self.rng.choice(("is_null", "is_not_null")), left)
        if how == "between":
            return ("between", left, ("value", self.value(kind)), self.expression(scope, kind, 0))
        if how in ("like", "contains") and kind == "text":
            return (self.rng.choice(("like", "ilike", "startswith", "contains", "endswith")), left, self.rng.choice(("a%", "%e%", "c", "B", "o'")))
        if how == "exists":
            related = [(name, attr) for name, cls in scope for attr in LINKS.get(cls, ())]
            if related:
                return ("related", *self.rng.choice(related))
        if how == "in_select":
            name, cls = self.alias(), self.rng.choice(tuple(COLUMNS))
            inner = [(name, cls)]
            return ("in_select", left, name, cls, self.column(inner, kind), self.condition(inner, 0), self.rng.random() < 0.3 and self.column(scope, "int"))
        if how == "distinct":
            return (self.rng.choice(("distinct_from", "not_distinct_from")), left, self.expression(scope, kind, 0))
        return (self.rng.choice(("==", "!=", "<", "<=", ">", ">=")), left, self.expression(scope, kind, 1))

    def draw_rows(self) -> Tree:
        scope, joins = self.sources()
        kinds = [self.rng.choice(("int", "text")) for _ in range(self.rng.randint(1, 3))]
        columns = [self.expression(scope, k) for k in kinds]
        where = [self.condition(scope) for _ in range(self.rng.choice((0, 1, 1, 2)))]
        return ("rows", scope, joins, columns, where, self.rng.random() < 0.25, self.rng.random() < 0.4, self.rng.choice((None, None, (3, 0), (4, 2), (None, 3))))

    def draw_groups(self) -> Tree:
        scope, joins = self.sources()
        kind = self.rng.choice(("int", "text"))
        by = self.column(scope, kind)
        totals = [(self.rng.choice(("count", "sum", "min", "max", "avg", "count_distinct")), self.expression(scope, "int", 1)) for _ in range(2)]
        having = self.rng.randint(0, 3) if self.rng.random() < 0.5 else None
        return ("groups", scope, joins, by, totals, [self.condition(scope)] if self.rng.random() < 0.5 else [], having)

    def draw_entities(self) -> Tree:
        scope, joins = self.sources()
        cls = scope[0][1]
        loader = self.rng.choice((None, "selectinload", "joinedload", "subqueryload"))
        attr = self.rng.choice(sorted(LINKS[cls])) if loader else None
        where, limit = [self.condition(scope)] if self.rng.random() < 0.6 else [], self.rng.choice((None, None, (3, 1)))
        return ("entities", scope, joins, where, loader, attr, limit, self.rng.choice((None, None, "held", "expired", "changed")), self.rng.random() < 0.25)

    def draw_nested(self) -> Tree:
        """An entity out of a subquery, out of another, each over a join or not, whose tables share names of columns."""
        cls = self.rng.choice(tuple(LINKS))
        name, steps = self.alias(), []
        for _ in range(self.rng.randint(1, 3)):
            scope, join = [(name, cls)], None
            if self.rng.random() < 0.5:
                attr, target = self.rng.choice(sorted(LINKS[cls].items()))
                scope.append((self.alias(), target))
                join = (attr, *scope[1], self.rng.random() < 0.4, self.rng.random() < 0.5)
            where = self.condition(scope, 1) if self.rng.random() < 0.5 else None
            steps.append((name, join, where, self.rng.choice(("subquery", "cte", "union", "union_all"))))
            name = self.alias()
        loader = self.rng.choice((None, "selectinload", "joinedload"))
        attr = self.rng.choice(sorted(LINKS[cls])) if loader else None
        return ("nested", cls, steps, name, self.condition([(name, cls)], 1), loader, attr, self.rng.choice((None, None, (3, 1))))

    def draw_set(self) -> Tree:
        kinds = [self.rng.choice(("int", "text")) for _ in range(self.rng.randint(1, 2))]
        parts = []
        for _ in range(2):
            scope, joins = self.sources()
            parts.append((scope, joins, [self.expression(scope, k, 1) for k in kinds], [self.condition(scope, 1)]))
        return ("set", self.rng.choice(("union", "union_all", "intersect", "except_")), parts)

    def draw_cte(self) -> Tree:
        return ("derived", "cte", self.draw_rows(), self.rng.randint(0, 4))

    def draw_subquery(self) -> Tree:
        return ("derived", "subquery", self.draw_rows(), self.rng.randint(0, 4))


# ---- building and running


class Side:
    """One package over its own file with the fixed rows."""

    def __init__(self, package: str, path: Path) -> None:
        self.sa, self.orm = importlib.import_module(package), importlib.import_module(f"{package}.orm")
        self.base, self.classes, _ = models(self.sa, self.orm)
        self.engine = self.sa.create_engine(f"sqlite:///{path}")
        with self.engine.begin() as connection:
            fill(connection, self.sa, self.base)
        self.statements = 0

        @self.sa.event.listens_for(self.engine, "before_cursor_execute")
        def count(*args: t.Any) -> None:
            self.statements += 1

    def run(self, tree: Tree) -> t.Tuple[str, t.Any, int]:
        """("rows", sorted or ordered rows, statements), or ("error", class name, ...)."""
        self.statements, self.names = 0, {}
        with warnings.catch_warnings(), self.orm.Session(self.engine) as session:
            warnings.simplefilter("ignore")
            try:
                rows = getattr(self, f"run_{tree[0]}")(session, *tree[1:])
            except Exception as e:
                self.failure = e
                return "error", type(e).__name__, self.statements
            return "rows", rows, self.statements

    def close(self) -> None:
        self.engine.dispose()

    def open(self, scope: t.List[t.Tuple[str, str]]) -> None:
        for name, cls in scope:
            self.names[name] = self.orm.aliased(self.classes[cls], name=name)

    def join(self, stmt: t.Any, joins: t.List[Tree]) -> t.Any:
        for from_name, attr, name, outer in joins:
            stmt = stmt.join(getattr(self.names[from_name], attr).of_type(self.names[name]), isouter=outer)
        return stmt

    def expr(self, tree: Tree) -> t.Any:
        kind, args = tree[0], tree[1:]
        sa = self.sa
        if kind == "col":
            return getattr(self.names[args[0]], args[1])
        if kind == "value":
            return sa.literal(args[0])
        if kind == "case":
            return sa.case((self.expr(args[0]), self.expr(args[1])), else_=self.expr(args[2]))
        if kind == "func":
            return getattr(sa.func, args[0])(*map(self.expr, args[1:]))
        if kind == "cast":
            return sa.cast(self.expr(args[0]), sa.Integer)
        if kind in ("in", "not_in"):
            left = self.expr(args[0])
            return left.in_(args[1]) if kind == "in" else left.not_in(args[1])
        if kind in ("like", "ilike", "startswith", "contains", "endswith"):
            return getattr(self.expr(args[0]), kind)(args[1])
        if kind == "related":
            attr = getattr(self.names[args[0]], args[1])
            return attr.any() if attr.property.uselist else attr.has()
        if kind == "in_select":
            return self.in_select(*args)
        return self.operator(kind, [self.expr(x) for x in args])

    def operator(self, kind: str, args: t.List[t.Any]) -> t.Any:
        sa = self.sa
        return {
            "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "%": lambda a, b: a % b, "neg": lambda a: -a,
            "concat": lambda a, b: a + b, "and": sa.and_, "or": sa.or_, "not": sa.not_, "is_null": lambda a: a.is_(None),
            "is_not_null": lambda a: a.is_not(None), "between": lambda a, b, c: a.between(b, c), "==": lambda a, b: a == b,
            "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
            "distinct_from": lambda a, b: a.is_distinct_from(b), "not_distinct_from": lambda a, b: a.is_not_distinct_from(b),
        }[kind](*args)

    def in_select(self, left: Tree, name: str, cls: str, column: Tree, condition: Tree, outer: t.Any) -> t.Any:
        left_expr, outer_expr = self.expr(left), self.expr(outer) if outer else None
        self.open([(name, cls)])
        stmt = self.sa.select(self.expr(column)).where(self.expr(condition))
        if outer_expr is not None:
            stmt = stmt.where(self.names[name].id <= outer_expr)
        return left_expr.in_(stmt)

    def rows(self, scope: t.Any, joins: t.Any, columns: t.Any, where: t.Any, distinct: bool = False) -> t.Any:
        self.open(scope)
        stmt = self.sa.select(*(self.expr(c).label(f"c{i}") for i, c in enumerate(columns))).select_from(self.names[scope[0][0]])
        stmt = self.join(stmt, joins).where(*map(self.expr, where))
        return stmt.distinct() if distinct else stmt

    def ordered(self, scope: t.Any, joins: t.Any, columns: t.Any, where: t.Any, distinct: bool, backwards: bool, limit: t.Any) -> t.Any:
        stmt = self.rows(scope, joins, columns, where, distinct)
        if not limit:
            return stmt
        keys = [self.sa.column(f"c{i}") for i in range(len(columns))]
        stmt = stmt.order_by(*(k.desc().nulls_last() if backwards else k for k in keys))
        return stmt.limit(limit[0]).offset(limit[1])

    def run_rows(self, session: t.Any, *parts: t.Any) -> t.Any:
        return sorted(map(repr, map(tuple, session.execute(self.ordered(*parts)))))

    def run_groups(self, session: t.Any, scope: t.Any, joins: t.Any, by: Tree, totals: t.Any, where: t.Any, having: t.Any) -> t.Any:
        self.open(scope)
        key = self.expr(by)
        columns = [key]
        for name, inner in totals:
            of = self.expr(inner)
            columns.append(self.sa.func.count(self.sa.distinct(of)) if name == "count_distinct" else getattr(self.sa.func, name)(of))
        stmt = self.join(self.sa.select(*columns).select_from(self.names[scope[0][0]]), joins).where(*map(self.expr, where)).group_by(key)
        if having is not None:
            stmt = stmt.having(self.sa.func.count() > having)
        return sorted(map(repr, map(tuple, session.execute(stmt))))

    def run_entities(self, session: t.Any, scope: t.Any, joins: t.Any, where: t.Any, loader: t.Any, attr: t.Any, limit: t.Any,
                     known: t.Optional[str], populate: bool) -> t.Any:
        self.open(scope)
        held = self.known(session, scope[0][1], known)
        if loader == "subqueryload" and limit and joins and self.sa.__name__ == "sqlalchemy":
            loader = "selectinload"  # its subquery is DISTINCT: the LIMIT counts other rows there, and loses related ones
        stmt = self.join(self.sa.select(self.names[scope[0][0]]), joins).where(*map(self.expr, where))
        found = self.found(session, stmt.execution_options(populate_existing=True) if populate else stmt, scope[0][0], loader, attr, limit)
        return found, [self.looks(x) for x in held]

    def found(self, session: t.Any, stmt: t.Any, name: str, loader: t.Any, attr: t.Any, limit: t.Any) -> t.Any:
        entity = self.names[name]
        stmt = stmt.order_by(entity.id)
        if loader:
            stmt = stmt.options(getattr(self.orm, loader)(getattr(entity, attr)))
        if limit:
            stmt = stmt.limit(limit[0]).offset(limit[1])
        return [(x.id, self.loaded(x, attr)) if x else None for x in session.scalars(stmt).unique().all()]

    def known(self, session: t.Any, cls: str, how: t.Optional[str]) -> t.List[t.Any]:
        """Objects that the session holds already: some of them expired, or changed."""
        held = list(session.scalars(self.sa.select(self.classes[cls]).order_by(self.classes[cls].id))) if how else []
        for obj in held[::2]:
            if how == "expired":
                session.expire(obj)
            elif how == "changed":
                setattr(obj, self.text_of(obj), "changed")
        return held

    def text_of(self, obj: t.Any) -> str:
        return next(name for name, kind in COLUMNS[type(obj).__name__].items() if kind == "text")

    def looks(self, obj: t.Any) -> t.Any:
        return getattr(obj, self.text_of(obj)), self.sa.inspect(obj).modified

    def run_nested(self, session: t.Any, cls: str, steps: t.Any, last: str, where: Tree, loader: t.Any, attr: t.Any, limit: t.Any) -> t.Any:
        self.open([(steps[0][0], cls)])
        after = [step[0] for step in steps[1:]] + [last]
        for (name, join, condition, how), following in zip(steps, after):
            entity = self.names[name]
            stmt = self.sa.select(entity)
            if join:
                path, other, target, outer, first = join
                self.open([(other, target)])
                columns = (self.names[other], entity) if first else (entity, self.names[other])
                stmt = self.sa.select(*columns).select_from(entity).join(getattr(entity, path).of_type(self.names[other]), isouter=outer)
            whole = stmt if condition is None else stmt.where(self.expr(condition))
            if how.startswith("union"):
                whole, how = getattr(self.sa, how)(whole, stmt.where(entity.id < 4)), "subquery"
            self.names[following] = self.orm.aliased(self.classes[cls], getattr(whole, how)(), name=following)
        return self.found(session, self.sa.select(self.names[last]).where(self.expr(where)), last, loader, attr, limit)

    def loaded(self, obj: t.Any, attr: t.Optional[str]) -> t.Any:
        value = getattr(obj, attr) if attr else None
        return [x.id for x in value] if isinstance(value, list) else value.id if value is not None else None

    def run_set(self, session: t.Any, op: str, parts: t.Any) -> t.Any:
        stmt = getattr(self.sa, op)(*(self.rows(*part) for part in parts))
        return sorted(map(repr, map(tuple, session.execute(stmt))))

    def run_derived(self, session: t.Any, how: str, inner: Tree, least: int) -> t.Any:
        derived = getattr(self.ordered(*inner[1:]), how)("d")
        column = derived.c.c0
        stmt = self.sa.select(column, self.sa.func.count().label("n")).group_by(column).having(self.sa.func.count() >= least)
        return sorted(map(repr, map(tuple, session.execute(stmt))))
