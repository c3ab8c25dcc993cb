"""Random SELECTs over one table that has a column of every type: values go in and come back, as parameters, in IN lists, through
CASE, COALESCE, MIN and MAX, subqueries and unions. A statement is plain data, made from one number."""

from __future__ import annotations

import importlib
import random
import typing as t
import warnings
from pathlib import Path

from .models import TYPES, UNORDERED

Tree = t.Tuple[t.Any, ...]
COLUMNS = tuple(sorted(TYPES))
ORDERED = tuple(c for c in COLUMNS if c not in UNORDERED)


def draw(seed: int) -> Tree:
    rng = random.Random(seed)

    def value(column: str) -> t.Any:
        return rng.choice(TYPES[column][1])

    def condition(depth: int = 2) -> Tree:
        if depth and rng.random() < 0.35:
            op = rng.choice(("and", "or", "not"))
            return (op, *(condition(depth - 1) for _ in range(1 if op == "not" else 2)))
        column = rng.choice(ORDERED)
        how = rng.choice(("==", "!=", "<", ">=", "in", "not_in", "between", "null", "distinct"))
        if how in ("<", ">=") and column == "bool":
            how = "=="  # the reference refuses to order by True and False
        if how in ("in", "not_in"):
            return (how, column, tuple(value(column) for _ in range(rng.randint(0, 5))))
        if how == "between":
            return (how, column, value(column), value(column))
        return (how, column, value(column)) if how != "null" else (how, column)

    def expression() -> Tree:
        column = rng.choice(COLUMNS)
        if column in UNORDERED or rng.random() < 0.5:
            return ("column", column)
        how = rng.choice(("coalesce", "case", "nullif", "literal"))
        return (how, column, value(column), condition(0)) if how == "case" else (how, column, value(column))

    where = [condition() for _ in range(rng.choice((0, 1, 1, 2)))]
    kind = rng.choice(("rows", "rows", "rows", "extremes", "derived", "union", "distinct"))
    if kind == "extremes":
        column = rng.choice(ORDERED)
        return (kind, column, rng.choice(ORDERED), where)
    columns = [expression() for _ in range(rng.randint(1, 4))] if kind == "rows" else [("column", rng.choice(ORDERED)) for _ in range(2)]
    return (kind, columns, where, rng.choice((None, 3)), [condition()] if kind == "union" else [])


class Side:
    """One package over its own file with the same rows."""

    def __init__(self, package: str, path: Path) -> None:
        self.sa = sa = importlib.import_module(package)
        self.engine = sa.create_engine(f"sqlite:///{path}")
        self.table = sa.Table("things", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
                              *(sa.Column(name, TYPES[name][0](sa)) for name in COLUMNS))
        rng = random.Random(11)
        rows = [{name: None if rng.random() < 0.2 else rng.choice(TYPES[name][1]) for name in COLUMNS} for _ in range(30)]
        with self.engine.begin() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that SQLite has no decimals
            self.table.create(connection)
            connection.execute(self.table.insert(), rows)

    def close(self) -> None:
        self.engine.dispose()

    def run(self, tree: Tree) -> t.Tuple[str, t.Any]:
        try:
            with self.engine.connect() as connection:
                return "rows", sorted(map(repr, map(tuple, connection.execute(getattr(self, f"make_{tree[0]}")(*tree[1:])))))
        except Exception as e:
            self.failure = e
            return "error", type(e).__name__

    def condition(self, tree: Tree) -> t.Any:
        sa, kind = self.sa, tree[0]
        if kind in ("and", "or", "not"):
            return {"and": sa.and_, "or": sa.or_, "not": sa.not_}[kind](*map(self.condition, tree[1:]))
        column, args = self.table.c[tree[1]], tree[2:]
        return {
            "==": lambda: column == args[0], "!=": lambda: column != args[0], "<": lambda: column < args[0], ">=": lambda: column >= args[0],
            "in": lambda: column.in_(args[0]), "not_in": lambda: column.not_in(args[0]), "between": lambda: column.between(*args),
            "null": lambda: column.is_(None), "distinct": lambda: column.is_distinct_from(args[0]),
        }[kind]()

    def expression(self, tree: Tree) -> t.Any:
        sa, column = self.sa, self.table.c[tree[1]]
        return {
            "column": lambda: column, "coalesce": lambda: sa.func.coalesce(column, tree[2]), "nullif": lambda: sa.func.nullif(column, tree[2], type_=column.type),
            "literal": lambda: sa.literal(tree[2], column.type), "case": lambda: sa.case((self.condition(tree[3]), column), else_=tree[2]),
        }[tree[0]]()

    def make_rows(self, columns: t.List[Tree], where: t.List[Tree], limit: t.Optional[int], more: t.List[Tree]) -> t.Any:
        stmt = self.sa.select(*(self.expression(x).label(f"c{i}") for i, x in enumerate(columns))).where(*map(self.condition, where))
        return stmt.order_by(self.table.c.id).limit(limit) if limit else stmt

    def make_distinct(self, columns: t.List[Tree], where: t.List[Tree], limit: t.Optional[int], more: t.List[Tree]) -> t.Any:
        return self.make_rows(columns, where, None, more).distinct()

    def make_derived(self, *parts: t.Any) -> t.Any:
        derived = self.make_rows(*parts).subquery()
        return self.sa.select(derived.c.c1, self.sa.func.max(derived.c.c0)).group_by(derived.c.c1)

    def make_union(self, columns: t.List[Tree], where: t.List[Tree], limit: t.Optional[int], more: t.List[Tree]) -> t.Any:
        return self.sa.union(*(self.make_rows(columns, terms, None, []) for terms in (where, more)))

    def make_extremes(self, column: str, by: str, where: t.List[Tree]) -> t.Any:
        of, func = self.table.c[column], self.sa.func
        return self.sa.select(self.table.c[by], func.min(of), func.max(of), func.count(of)).where(*map(self.condition, where)).group_by(self.table.c[by])
