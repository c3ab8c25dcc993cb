"""Walking and rewriting expression trees."""

from __future__ import annotations

import typing as t

from .. import _core
from .._late import late

__all__ = [
    "ClauseVisitor", "CloningExternalTraversal", "ExternalTraversal", "ExternallyTraversible", "HasTraversalDispatch",
    "HasTraverseInternals", "InternalTraversal", "ReplacingExternalTraversal", "Visitable", "cloned_traverse", "iterate",
    "replacement_traverse", "traverse", "traverse_using",
]  # fmt: skip


class Visitable:
    """Something with a `__visit_name__`, by which visitors find their method."""

    __slots__ = ()
    __visit_name__: t.ClassVar[str] = "visitable"

    def _compiler_dispatch(self, compiler: t.Any, **kw: t.Any) -> str:
        return t.cast(str, compiler.process(self, **kw))


class HasTraverseInternals:
    """Something whose children are known."""

    __slots__ = ()

    def get_children(self, *, omit_attrs: t.Sequence[str] = (), **kw: t.Any) -> t.Iterable[t.Any]:
        """The expressions this one is made of."""
        return t.cast("list[t.Any]", _core.children(self))


class ExternallyTraversible(HasTraverseInternals, Visitable):
    """Both of the above."""

    __slots__ = ()


class HasTraversalDispatch:
    """A visitor with methods named after what they visit."""

    __slots__ = ()


if t.TYPE_CHECKING:
    from .vocabulary import InternalTraversal as InternalTraversal
else:
    __getattr__, __dir__ = late(__name__, {"vocabulary": ("InternalTraversal",)})  # read by nothing here; programs' own elements name it


def iterate(obj: t.Any, opts: t.Any = None) -> t.Iterator[t.Any]:
    """Every expression of a tree, parents first."""
    node = _core.find_node(obj)
    if node is not None:
        yield from _core.walk(node)


def traverse_using(iterator: t.Iterable[t.Any], obj: t.Any, visitors: t.Mapping[str, t.Callable[[t.Any], None]]) -> t.Any:
    """Calls the visitor of each element's `__visit_name__`."""
    for element in iterator:
        visit = visitors.get(getattr(element, "__visit_name__", ""))
        if visit is not None:
            visit(element)
    return obj


def traverse(obj: t.Any, opts: t.Any, visitors: t.Mapping[str, t.Callable[[t.Any], None]]) -> t.Any:
    """Visits every element of a tree."""
    return traverse_using(iterate(obj, opts), obj, visitors)


def replacement_traverse(obj: t.Any, opts: t.Any, replace: t.Callable[..., t.Any]) -> t.Any:
    """The tree with elements replaced: `replace(element)` answers another one, or None to keep it."""
    if obj is None:
        return None
    stop = set((opts or {}).get("stop_on", ()))

    def answer(element: t.Any) -> t.Any:
        return element if element in stop else replace(element)

    return _core.adapt(_core.find_node(obj), (), (), answer)


def cloned_traverse(obj: t.Any, opts: t.Any, visitors: t.Mapping[str, t.Callable[[t.Any], None]]) -> t.Any:
    """A copy of the tree whose elements were shown to visitors."""
    return traverse(obj._clone(), opts, visitors) if obj is not None else None


class ExternalTraversal:
    """Base of visitors: methods `visit_<name>` are called for the elements of a tree."""

    __traverse_options__: dict[str, t.Any] = {}
    _next: t.Any = None

    @property
    def _visitor_dict(self) -> dict[str, t.Callable[[t.Any], None]]:
        return {name[6:]: getattr(self, name) for name in dir(self) if name.startswith("visit_")}

    def traverse_single(self, obj: t.Any, **kw: t.Any) -> t.Any:
        for visitor in self.visitor_iterator:
            method = getattr(visitor, f"visit_{obj.__visit_name__}", None)
            if method is not None:
                return method(obj, **kw)
        return None

    def iterate(self, obj: t.Any) -> t.Iterator[t.Any]:
        return iterate(obj, self.__traverse_options__)

    def traverse(self, obj: t.Any) -> t.Any:
        return traverse(obj, self.__traverse_options__, self._visitor_dict)

    @property
    def visitor_iterator(self) -> t.Iterator[t.Any]:
        visitor = self
        while visitor is not None:
            yield visitor
            visitor = visitor._next

    def chain(self, visitor: t.Any) -> t.Any:
        """Another visitor that is asked after this one."""
        list(self.visitor_iterator)[-1]._next = visitor
        return self


class CloningExternalTraversal(ExternalTraversal):
    """A visitor that works on a copy."""

    def copy_and_process(self, list_: t.Iterable[t.Any]) -> list[t.Any]:
        return [self.traverse(x) for x in list_]

    def traverse(self, obj: t.Any) -> t.Any:
        return cloned_traverse(obj, self.__traverse_options__, self._visitor_dict)


class ReplacingExternalTraversal(CloningExternalTraversal):
    """A visitor that replaces elements."""

    def replace(self, elem: t.Any) -> t.Any:
        raise NotImplementedError(f"{type(self).__name__} does not define replace")

    def traverse(self, obj: t.Any) -> t.Any:
        def ask(element: t.Any) -> t.Any:
            for visitor in self.visitor_iterator:
                found = visitor.replace(element)
                if found is not None:
                    return found
            return None

        return replacement_traverse(obj, self.__traverse_options__, ask)


ClauseVisitor = ExternalTraversal
CloningVisitor = CloningExternalTraversal
ReplacingCloningVisitor = ReplacingExternalTraversal
