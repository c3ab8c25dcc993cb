"""Expression nodes as Python objects: references, cycles, subclasses, copies, pickles, deep trees, compile functions."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref

import pytest

from cormorant import (
    Column, Integer, JSON, MetaData, String, Table, _core, and_, bindparam, case, column, create_engine, exists, func, literal, or_, select, text, tuple_,
)
from cormorant.ext.compiler import compiles
from cormorant.orm import Session
from cormorant.sql import operators
from cormorant.sql.elements import BinaryExpression, BindParameter, ClauseElement, ColumnElement, Label
from cormorant.sql.functions import FunctionElement, GenericFunction

a = Table("a", MetaData(), Column("id", Integer, primary_key=True), Column("x", Integer), Column("y", String))


class double(FunctionElement):
    name = "double"
    type = Integer()
    inherit_cache = True


def statement():
    return select(a).where(a.c.x == 5, a.c.y.in_(["p", "q"])).order_by(a.c.id.desc()).limit(10)


# ---- references

USES = [
    lambda x: x == 5, lambda x: x != None, lambda x: x + 1, lambda x: 1 - x, lambda x: -x, lambda x: ~(x == 1), lambda x: x.in_([1, 2]),
    lambda x: x.in_(select(x)), lambda x: x.like("q", escape="/"), lambda x: x.contains("q", autoescape=True), lambda x: x.between(1, 2),
    lambda x: x.desc().nulls_last(), lambda x: x.label("n"), lambda x: x.cast(String), lambda x: and_(x == 1, or_(x == 2, x == 3)),
    lambda x: func.count(x), lambda x: func.foo(x, 5, "q"), lambda x: case((x == 1, x), else_=x), lambda x: tuple_(x, 1),
    lambda x: select(x).where(x == 1).group_by(x).having(x > 2).subquery().c.x, lambda x: exists().where(x == 1), lambda x: double(x),
    lambda x: select(x).union(select(x)).cte("c").c.x, lambda x: x.op("~")(5), lambda x: _core.walk(x == 5), lambda x: str(select(x)),
]  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_references_balance(use):
    x = a.c.x
    use(x)
    gc.collect()
    watched = (x, None, True, 5, BinaryExpression)
    before = [sys.getrefcount(o) for o in watched]
    for _ in range(200):
        use(x)
    gc.collect()
    after = [sys.getrefcount(o) for o in watched]
    assert all(abs(n - o) < 100 for n, o in zip(after, before)), (before, after)


@pytest.mark.parametrize(
    "fail",
    [
        lambda x: x.in_(5), lambda x: x < None, lambda x: select("q"), lambda x: select(x).where("q"), lambda x: x.contains(5, autoescape=True),
        lambda x: select(x).order_by(object()), lambda x: select(x).limit("q"), lambda x: and_(x, object()), lambda x: x["q"],
        lambda x: func.foo(a), lambda x: bool(x > 5), lambda x: x.nothing_of_the_kind, lambda x: select(x).join(5), lambda x: _core.make(999),
    ],
)  # fmt: skip
def test_failures_leave_nothing(fail):
    x = a.c.x
    before = sys.getrefcount(x)
    for _ in range(200):
        with pytest.raises(Exception):
            fail(x)
    gc.collect()
    assert sys.getrefcount(x) - before < 100


def test_children_are_the_objects_given():
    five = literal(5)
    e = a.c.x == five
    assert e.left is a.c.x
    assert e.right is five
    assert select(e).selected_columns[0] is e


def test_identity_as_truth():
    assert a.c.x in [a.c.id, a.c.x]
    assert a.c.y not in [a.c.id, a.c.x]
    assert bool(a.c.x == a.c.x)
    assert not bool(a.c.x != a.c.x)
    assert {a.c.x: 1}[a.c.x] == 1
    with pytest.raises(TypeError, match="Boolean value of this clause is not defined"):
        bool(a.c.x > 5)
    with pytest.raises(TypeError, match="Boolean value of this clause is not defined"):
        bool(a)


# ---- collection



def test_cycle_through_dict():
    stmt = statement()
    stmt.me = [stmt]
    ref = weakref.ref(stmt)
    del stmt
    gc.collect()
    assert ref() is None


def test_cycle_through_bound_value():
    values = []
    bind = bindparam("q", values, type_=JSON)
    values.append(bind == 5)
    ref = weakref.ref(bind)
    del bind, values
    gc.collect()
    assert ref() is None


def test_cycle_through_class():
    class Local(FunctionElement):
        name = "local"
        inherit_cache = True

    Local.example = select(Local(1))
    ref = weakref.ref(Local)
    del Local
    gc.collect()
    assert ref() is None


def test_binds_of_plain_values_are_not_tracked():
    assert not gc.is_tracked((a.c.x == 5).right)
    assert gc.is_tracked(a.c.x == 5)


def test_deep_trees_are_freed():
    e = a.c.x
    for _ in range(200_000):
        e = e + 1
    del e
    e = a.c.x
    for _ in range(50_000):
        e = double(e)
    del e
    e = a.c.x
    for i in range(50_000):
        e = double(e) if i % 3 else e.label("q")
    gc.collect()
    del e


def test_finalizer_of_a_subclass_runs_once():
    seen = []

    class Watched(double):
        def __del__(self):
            seen.append(self._kind)

    e = Watched(1)
    del e
    gc.collect()
    assert seen == [_core.K_HOST]


# ---- subclasses


def test_mixins_slots_and_attributes():
    class Plain:
        pass

    class Mixed(Plain, FunctionElement, ColumnElement):
        name = "mixed"
        inherit_cache = True

    class Slotted(double):
        __slots__ = ("extra",)

    m = Mixed(1)
    m.note = "kept"
    assert (m == 5).left.note == "kept"
    s = Slotted(1)
    s.extra = [1]
    again = copy.copy(s)
    assert again.extra is s.extra
    assert str(again) == "double(:double_1)"


def test_element_without_init_of_ours():
    class Bare(ColumnElement):
        type = String()
        inherit_cache = True

        def __init__(self, word):
            self.word = word

    @compiles(Bare)
    def write(element, compiler, **kw):
        return f"<{element.word}>"

    assert str(select(Bare("p").label("q")).where(Bare("r") == "s")) == "SELECT <p> AS q \nWHERE <r> = :param_1"


def test_compile_function_keeps_the_order_of_placeholders():
    class swap(FunctionElement):
        name = "swap"
        inherit_cache = True

    @compiles(swap)
    def write(element, compiler, **kw):
        first, second = [compiler.process(c, **kw) for c in element.clauses]
        return f"{second}, {first}, {second}"

    compiled = select(swap(1, 2)).compile(dialect=_sqlite())
    assert str(compiled) == "SELECT ?, ?, ? AS anon_1"
    assert [compiled.params[name] for name in compiled.positiontup] == [2, 1, 2]


def _sqlite():
    from cormorant.dialects import sqlite

    return sqlite.dialect()


def test_generic_function_registers():
    class shout_out(GenericFunction):
        type = String()
        inherit_cache = True

    made = func.shout_out(a.c.y)
    assert isinstance(made, shout_out)
    assert isinstance(made.type, String)
    assert str(made) == "shout_out(a.y)"


# ---- copies and pickles


def test_steps_leave_the_statement_alone():
    first = select(a)
    where = first.where
    second, third = where(a.c.x == 1), where(a.c.x == 2)
    assert first.whereclause is None
    assert second.compare(select(a).where(a.c.x == 1))
    assert not second.compare(third)


def test_attributes_travel_along():
    stmt = select(a).execution_options(one=1)
    stmt.note = "mine"
    more = stmt.where(a.c.x == 5).execution_options(two=2)
    assert more.note == "mine"
    assert dict(more.get_execution_options()) == {"one": 1, "two": 2}
    assert dict(stmt.get_execution_options()) == {"one": 1}


@pytest.mark.parametrize(
    "element",
    [
        literal(5) + literal("q"), bindparam("q", [1, 2], expanding=True), column("q").in_([1, 2]), column("q").between(1, 2), func.foo(column("q"), 5),
        func.count(), case((column("q") == 1, 2), else_=3), text("a = :b").bindparams(b=5), select(column("q")).where(column("q") == 5).limit(3),
        select(column("q")).subquery("s"), column("q").label("p"), select(column("q")).order_by("q").distinct(), tuple_(1, 2), exists(column("q")),
        func.row_number().over(order_by=column("q"), rows=(None, 0)), column("q").like("p", escape="/"), column("q").op("~")(5),
    ],
    ids=lambda element: str(element)[:30],
)  # fmt: skip
def test_pickle_and_copy(element):
    for other in (pickle.loads(pickle.dumps(element)), copy.copy(element)):
        assert type(other) is type(element)
        assert str(other) == str(element)
        assert other.compile().params == element.compile().params


def test_statement_over_tables_pickles():
    stmt = pickle.loads(pickle.dumps(statement()))
    assert str(stmt) == str(statement())


# ---- what nodes refuse


def test_nodes_are_built_once():
    with pytest.raises(TypeError, match="built already"):
        BindParameter.__init__(literal(5), "q", 5)
    with pytest.raises(AttributeError, match="is fixed"):
        (a.c.x == 5).type = Integer()
    with pytest.raises(TypeError, match="node is expected"):
        _core.make(_core.K_LABEL, name="q", kids=(5,))
    with pytest.raises(ValueError, match="no kind"):
        _core.make(12345)


def test_classes_of_the_core_alone():
    assert isinstance(a.c.x == 5, (BinaryExpression, ClauseElement))
    assert isinstance(a.c.x.label("q"), Label)
    assert (a.c.x == 5).operator is operators.eq
    assert "=" in str(a.c.x == 5)
    assert "BINARY" in _core.dump(a.c.x == 5).upper()


def test_what_goes_wrong_when_a_dictionary_is_read_is_not_swallowed():
    class Trouble:
        def __hash__(self):
            return hash("_execution_options")

        def __eq__(self, other):
            raise RuntimeError("asked")

    statement = select(literal(1))
    statement.__dict__[Trouble()] = 1
    with Session(create_engine("sqlite://")) as session, pytest.raises(RuntimeError, match="asked"):
        session.execute(statement)
