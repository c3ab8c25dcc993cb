"""Loader options: `joinedload(User.orders).selectinload(Order.items)` and their kin.

A `Load` is a path of relationship steps with column options along it. It becomes a tree of OPTION nodes when a statement
takes it: each step is a node whose children are the options that hold from there on.
"""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from .. import _core
from .. import exc as sa_exc
from ..inspection import inspect
from .base import _mapper_or_none
from .exc import LoaderStrategyException
from .interfaces import ORMOption

WILDCARD = "*"


class _Step:
    """One relationship of the path and the options that apply to what it leads to."""

    __slots__ = ("op", "flags", "attr", "extra", "inner")

    def __init__(self, op: int, flags: int, attr: Any, extra: Tuple[Any, ...], inner: Tuple[Any, ...] = ()) -> None:
        self.op, self.flags, self.attr, self.extra, self.inner = op, flags, attr, extra, inner

    def with_inner(self, *nodes: Any) -> "_Step":
        return _Step(self.op, self.flags, self.attr, self.extra, self.inner + nodes)

    def node(self, *nodes: Any) -> Any:
        return _option(self.op, self.flags, self.attr, self.extra, self.inner + nodes)


def _option(op: int, flags: int, attr: Any, extra: Tuple[Any, ...] = (), inner: Tuple[Any, ...] = (), name: Optional[str] = None) -> Any:
    if isinstance(attr, str):
        attr, flags = None, flags | _core.FLAG_WILDCARD
    return _core.make(_core.K_OPTION, op=op, flags=flags, kids=(attr,), segs=(inner, extra), name=name)


def _parts(attr: Any) -> Any:
    """The attributes that a composite consists of; others are their only part."""
    return getattr(type(attr), "_comparable_elements", None) and attr._comparable_elements or (attr,)


def _attribute(attr: Any, name: str) -> Any:
    """A mapped attribute, or "*"; anything else is refused by name."""
    if isinstance(attr, str):
        if attr == WILDCARD:
            return attr
        raise sa_exc.ArgumentError(
            f"Strings are not accepted for attribute names in loader options ({name}({attr!r})); please use class-bound attributes directly."
        )
    if hasattr(attr, "__clause_element__"):
        attr = attr.__clause_element__()
    if not isinstance(attr, _core.Node) or attr._kind not in (_core.K_ATTR, _core.K_OF_TYPE, _core.K_ENTITY):
        raise sa_exc.ArgumentError(f"Expected a mapped attribute in {name}(), got {attr!r}")
    return attr


def _owner(attr: Any) -> Any:
    """The mapper whose attribute it is, or None."""
    if attr._kind == _core.K_OF_TYPE:
        attr = attr._kids[0]
    return (attr._mapper or attr.__dict__.get("_parent")) if attr._kind == _core.K_ATTR else None


def _target(attr: Any) -> Any:
    """The mapper that a step leads to, or None."""
    if attr._kind == _core.K_OF_TYPE:
        return _mapper_or_none(attr.__dict__.get("_of_type"))
    return attr.property.mapper if attr._kind == _core.K_ATTR and hasattr(attr.prop, "direction") else None


def _check_relationship(name: str, attr: Any) -> None:
    """Strategies of relationships are for relationships."""
    if not isinstance(attr, str) and attr._kind == _core.K_ATTR and attr.prop is not None and hasattr(attr.prop, "is_expression"):
        raise LoaderStrategyException(
            f"Can't apply \"{name.removesuffix('load')} loader\" strategy to property \"{attr}\", which is a \"column property\"; this loader "
            'strategy is intended to be used with a "relationship property".'
        )


def _criteria(attr: Any) -> Tuple[Any, ...]:
    """Extra conditions of `User.orders.and_(...)`."""
    return tuple(getattr(attr, "_extra_criteria", ()) or ())


class _AbstractLoad(ORMOption):
    """Methods shared by `Load` and what the functions below answer."""

    _root: Any = None  # ENTITY of Load(Entity)
    _here: Tuple[Any, ...] = ()  # options before the first step
    _steps: Tuple[_Step, ...] = ()
    _built: Any = None

    def _changed(self, here: Tuple[Any, ...], steps: Tuple[_Step, ...]) -> Any:
        made = self.__class__.__new__(self.__class__)
        made._root, made._here, made._steps = self._root, here, steps
        return made

    def _step(self, name: str, op: int, attr: Any, flags: int = 0, extra: Tuple[Any, ...] = ()) -> Any:
        extra += _criteria(attr)
        attr = _attribute(attr, name)
        self._check_link(attr)
        _check_relationship(name, attr)
        step = _Step(op, flags, attr, extra)
        if isinstance(attr, str):
            return self._leaf(step.node())
        return self._changed(self._here, self._steps + (step,))

    def _check_link(self, attr: Any) -> None:
        """An attribute belongs to the class that the path has reached."""
        owner = None if isinstance(attr, str) else _owner(attr)
        if owner is None:
            return
        if self._steps:
            before = self._steps[-1].attr
            target = None if isinstance(before, str) else _target(before)
            if target is not None and not owner.common_parent(target):
                raise sa_exc.ArgumentError(f'ORM mapped entity or attribute "{attr}" does not link from relationship "{before}".')
        elif self._root is not None and not owner.common_parent(_mapper_or_none(self._root.entity_namespace)):
            raise sa_exc.ArgumentError(f'ORM mapped attribute "{attr}" does not link mapped class "{self._root.entity_namespace.__name__}"')

    def _leaf(self, *nodes: Any) -> Any:
        if not self._steps:
            return self._changed(self._here + nodes, ())
        return self._changed(self._here, self._steps[:-1] + (self._steps[-1].with_inner(*nodes),))

    def _column_leaf(self, name: str, op: int, attr: Any, flags: int = 0, extra: Tuple[Any, ...] = ()) -> Any:
        attr = _attribute(attr, name)
        self._check_link(attr)
        return self._leaf(_option(op, flags, attr, extra))

    def __clause_element__(self) -> Any:
        if self._built is None:
            inner: Tuple[Any, ...] = ()
            for step in reversed(self._steps):
                inner = (step.node(*inner),)
            nodes = self._here + inner
            if self._root is None and len(nodes) == 1:
                self._built = nodes[0]
            else:
                self._built = _option(_core.OP_LOAD_ENTITY, 0, self._root, (), nodes)
        return self._built

    # ---- relationships

    def contains_eager(self, attr: Any, alias: Any = None, _is_chain: bool = False) -> Any:
        extra: Tuple[Any, ...] = ()
        if alias is not None:
            extra = (_core.coerce(alias if not hasattr(alias, "selectable") else inspect(alias).selectable, _core.ROLE_FROM),)
        return self._step("contains_eager", _core.OP_LOAD_CONTAINS_EAGER, attr, 0, extra)

    def joinedload(self, attr: Any, innerjoin: Optional[bool] = None) -> Any:
        return self._step("joinedload", _core.OP_LOAD_JOINED, attr, _core.FLAG_INNER if innerjoin else 0)

    def selectinload(self, attr: Any, recursion_depth: Optional[int] = None, chunksize: Optional[int] = None) -> Any:
        if recursion_depth is not None:
            raise NotImplementedError("selectinload(recursion_depth=) is not supported yet; repeat selectinload() for each level")
        return self._step("selectinload", _core.OP_LOAD_SELECTIN, attr)

    def subqueryload(self, attr: Any) -> Any:
        return self._step("subqueryload", _core.OP_LOAD_SUBQUERY, attr)

    def lazyload(self, attr: Any) -> Any:
        return self._step("lazyload", _core.OP_LOAD_LAZY, attr)

    def immediateload(self, attr: Any, recursion_depth: Optional[int] = None) -> Any:
        return self._step("immediateload", _core.OP_LOAD_IMMEDIATE, attr)

    def noload(self, attr: Any) -> Any:
        return self._step("noload", _core.OP_LOAD_NOLOAD, attr)

    def raiseload(self, attr: Any, sql_only: bool = False) -> Any:
        return self._step("raiseload", _core.OP_LOAD_RAISE, attr, _core.FLAG_SQL_ONLY if sql_only else 0)

    def defaultload(self, attr: Any) -> Any:
        return self._step("defaultload", _core.OP_LOAD_DEFAULT, attr)

    # ---- columns

    def defer(self, key: Any, raiseload: bool = False) -> Any:
        load = self
        for part in _parts(key):
            load = load._column_leaf("defer", _core.OP_LOAD_DEFER, part, _core.FLAG_RAISE if raiseload else 0)
        return load

    def undefer(self, key: Any) -> Any:
        load = self
        for part in _parts(key):
            load = load._column_leaf("undefer", _core.OP_LOAD_UNDEFER, part)
        return load

    def undefer_group(self, name: str) -> Any:
        return self._leaf(_option(_core.OP_LOAD_UNDEFER_GROUP, 0, None, name=name))

    def load_only(self, *attrs: Any, raiseload: bool = False) -> Any:
        nodes = tuple(_attribute(part, "load_only") for attr in attrs for part in _parts(attr))
        for node in nodes:
            self._check_link(node)
        return self._leaf(_option(_core.OP_LOAD_ONLY, _core.FLAG_RAISE if raiseload else 0, None, nodes))

    def with_expression(self, key: Any, expression: Any) -> Any:
        return self._column_leaf("with_expression", _core.OP_LOAD_WITH_EXPRESSION, key, 0, (_core.coerce(expression, _core.ROLE_EXPR),))

    def selectin_polymorphic(self, classes: Any) -> Any:
        entities = tuple(_core.coerce(cls, _core.ROLE_FROM) for cls in classes)
        return self._leaf(_option(_core.OP_LOAD_SELECTIN_POLYMORPHIC, 0, self._root, entities))

    def options(self, *opts: Any) -> Any:
        """Further options that hold from the end of this path."""
        nodes: List[Any] = []
        for opt in opts:
            if not isinstance(opt, _AbstractLoad):
                raise sa_exc.ArgumentError(f"Loader option expected, got {opt!r}")
            nodes.append(opt.__clause_element__())
        return self._leaf(*nodes)


class Load(_AbstractLoad):
    """Options for one entity of a statement: `Load(User).joinedload(User.orders)`."""

    def __init__(self, entity: Any) -> None:
        self._root = _core.coerce(entity, _core.ROLE_FROM)
        if self._root._kind != _core.K_ENTITY:
            raise sa_exc.ArgumentError(f"Load() takes a mapped class or alias, got {entity!r}")


class _Unrooted(_AbstractLoad):
    """What `joinedload(User.orders)` and the other functions answer: the entity is the attribute's."""


def contains_eager(*keys: Any, **kw: Any) -> _AbstractLoad:
    return _along("contains_eager", keys, kw)


def joinedload(*keys: Any, innerjoin: Optional[bool] = None) -> _AbstractLoad:
    return _along("joinedload", keys, {"innerjoin": innerjoin})


def selectinload(*keys: Any, recursion_depth: Optional[int] = None, chunksize: Optional[int] = None) -> _AbstractLoad:
    return _along("selectinload", keys, {"recursion_depth": recursion_depth, "chunksize": chunksize})


def subqueryload(*keys: Any) -> _AbstractLoad:
    return _along("subqueryload", keys, {})


def lazyload(*keys: Any) -> _AbstractLoad:
    return _along("lazyload", keys, {})


def immediateload(*keys: Any, recursion_depth: Optional[int] = None) -> _AbstractLoad:
    return _along("immediateload", keys, {"recursion_depth": recursion_depth})


def noload(*keys: Any) -> _AbstractLoad:
    return _along("noload", keys, {})


def raiseload(*keys: Any, **kw: Any) -> _AbstractLoad:
    return _along("raiseload", keys, kw)


def defaultload(*keys: Any) -> _AbstractLoad:
    return _along("defaultload", keys, {})


def _along(name: str, keys: Tuple[Any, ...], kw: Any) -> _AbstractLoad:
    """The last key gets the strategy; keys before it are only the way there."""
    if not keys:
        raise sa_exc.ArgumentError(f"{name}() needs a relationship")
    load: Any = _Unrooted()
    for key in keys[:-1]:
        load = load.defaultload(key)
    return getattr(load, name)(keys[-1], **kw)


def _one_column(name: str, keys: Tuple[Any, ...], kw: Any) -> _AbstractLoad:
    if len(keys) != 1:
        raise TypeError(f"{name}() takes one attribute; for several use load_only(), or chain {name}(a).{name}(b)")
    return getattr(_Unrooted(), name)(keys[0], **kw)


def defer(*keys: Any, raiseload: bool = False) -> _AbstractLoad:
    return _one_column("defer", keys, {"raiseload": raiseload})


def undefer(*keys: Any) -> _AbstractLoad:
    return _one_column("undefer", keys, {})


def undefer_group(name: str) -> _AbstractLoad:
    return _Unrooted().undefer_group(name)


def load_only(*attrs: Any, raiseload: bool = False) -> _AbstractLoad:
    return _Unrooted().load_only(*attrs, raiseload=raiseload)


def with_expression(key: Any, expression: Any) -> _AbstractLoad:
    return _Unrooted().with_expression(key, expression)


def selectin_polymorphic(base_cls: Any, classes: Any) -> _AbstractLoad:
    return Load(base_cls).selectin_polymorphic(classes)


__all__ = [
    "Load", "contains_eager", "defaultload", "defer", "immediateload", "joinedload", "lazyload", "load_only", "noload", "raiseload",
    "selectin_polymorphic", "selectinload", "subqueryload", "undefer", "undefer_group", "with_expression",
]
