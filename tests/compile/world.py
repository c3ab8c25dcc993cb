"""The tables that the cases of this folder are written over, and how a case is checked. No database is involved."""

from __future__ import annotations

import cormorant
from cormorant import Boolean, Column, DateTime, ForeignKey, Integer, MetaData, Numeric, String, Table, insert, select
from cormorant.dialects import sqlite

metadata = MetaData()
a = Table(
    "a", metadata, Column("id", Integer, primary_key=True), Column("x", Integer), Column("y", String(20)), Column("z", DateTime),
    Column("w", Numeric(10, 2)), Column("flag", Boolean),
)  # fmt: skip
b = Table("b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id")), Column("name", String))
d = Table("d", metadata, Column("id", Integer, primary_key=True), Column("b_id", ForeignKey("b.id")))
e = Table("e", metadata, Column("p", Integer))
s2 = Table("user", metadata, Column("id", Integer, primary_key=True), Column("name", String), schema="main")


def names() -> dict[str, object]:
    """Everything a case may name: the package, the tables, an alias, CTEs."""
    al = a.alias("al")
    c1 = select(a.c.x).where(a.c.x > 5).cte("c1")
    rc = select(a.c.id, a.c.x).where(a.c.x == None).cte("rc", recursive=True)  # noqa: E711 - IS NULL
    rc = rc.union_all(select(a.c.id, a.c.x).join(rc, rc.c.id == a.c.x))
    made = {name: getattr(cormorant, name) for name in cormorant.__all__}
    made.update(a=a, b=b, d=d, e=e, s2=s2, al=al, c1=c1, c1b=c1.alias("c1b"), rc=rc)
    made["with_cte_insert"] = insert(a).from_select(["x"], select(c1.c.x))
    return made


def check(source: str, sql: str, params: dict[str, object], sqlite_sql: str, known: dict[str, object] | None = None) -> None:
    """An expression gives that SQL and those parameters."""
    element = eval(source, names() if known is None else known)  # noqa: S307 - the cases are ours
    compiled = element.compile()
    assert str(compiled) == sql
    assert compiled.params == params
    assert str(element.compile(dialect=sqlite.dialect())) == sqlite_sql
