"""Expressions with words of their own: CASE, CAST, EXTRACT, COLLATE, and SQL text."""

from __future__ import annotations

import typing as t

from .. import _core, exc
from . import operators, roles
from .base import ExecutableStatement, Generative
from .nodes import BindParameter, ClauseElement, ColumnClause, ColumnElement, WrapsColumnExpression


class Case(ColumnElement):
    """`CASE WHEN a THEN b ELSE c END`."""

    __slots__ = ()
    __visit_name__ = "case"

    def __init__(self, *whens: t.Any, value: t.Any = None, else_: t.Any = None) -> None:
        if len(whens) == 1 and isinstance(whens[0], t.Mapping):
            pairs: t.Any = whens[0].items()
        else:
            pairs = whens
        subject = None if value is None else _core.coerce(value, _core.ROLE_EXPR)
        flat: list[t.Any] = []
        for pair in pairs:
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise exc.ArgumentError(f"case() takes (condition, value) pairs or one dictionary, got {pair!r}")
            when, then = pair
            flat.append(_core.coerce(when, _core.ROLE_EXPR))
            flat.append(_core.coerce(then, _core.ROLE_EXPR))
        if not flat:
            raise exc.ArgumentError("case() needs at least one condition")
        last = () if else_ is None else (_core.coerce(else_, _core.ROLE_EXPR),)
        _core.init(self, _core.K_CASE, segs=(() if subject is None else (subject,), flat, last))

    @property
    def value(self) -> t.Any:
        return next(iter(self._seg(0)), None)

    @property
    def whens(self) -> list[tuple[t.Any, t.Any]]:
        flat = self._seg(1)
        return list(zip(flat[::2], flat[1::2]))

    @property
    def else_(self) -> t.Any:
        return next(iter(self._seg(2)), None)


class Cast(WrapsColumnExpression):
    """`CAST(a AS type)`."""

    __slots__ = ()
    __visit_name__ = "cast"
    _operator = _core.OP_CAST

    def __init__(self, expression: t.Any, type_: t.Any) -> None:
        from .type_api import to_instance

        chosen = to_instance(type_)
        inner = _core.coerce(expression, _core.ROLE_EXPR)
        if inner._kind == _core.K_BIND and inner._flags & _core.FLAG_UNIQUE and inner is not expression:
            inner = _core.make(_core.K_BIND, flags=inner._flags, type=chosen, name=inner._name, value=inner._value)
        _core.init(self, _core.K_CAST, self._operator, type=chosen, kids=(inner,))
        self.__dict__["type"] = chosen

    @property
    def clause(self) -> t.Any:
        return self._kids[0]

    @property
    def typeclause(self) -> t.Any:
        return TypeClause(self.type)


class TryCast(Cast):
    """`TRY_CAST(a AS type)`."""

    __slots__ = ()
    __visit_name__ = "try_cast"
    _operator = _core.OP_TRY_CAST


class TypeClause:
    """The type inside a CAST."""

    __visit_name__ = "typeclause"

    def __init__(self, type_: t.Any) -> None:
        self.type = type_


class TypeCoerce(WrapsColumnExpression):
    """An expression that Python treats as another type; SQL does not see it."""

    __slots__ = ()
    __visit_name__ = "type_coerce"

    def __init__(self, expression: t.Any, type_: t.Any) -> None:
        from .type_api import to_instance

        chosen = to_instance(type_)
        inner = _core.coerce(expression, _core.ROLE_EXPR)
        stands_in = inner._kind == _core.K_BIND and inner._name is None and inner._flags & _core.FLAG_REQUIRED  # in a type's bind_expression()
        if inner._kind == _core.K_BIND and not stands_in:
            value = {"value": inner._value} if not inner._flags & _core.FLAG_REQUIRED else {}
            inner = _core.make(_core.K_BIND, flags=inner._flags, type=chosen, name=inner._name, **value)
        _core.init(self, _core.K_TYPE_COERCE, type=chosen, kids=(inner,))
        self.__dict__["type"] = chosen

    @property
    def clause(self) -> t.Any:
        return self._kids[0]

    @property
    def typed_expression(self) -> t.Any:
        return self._kids[0]


class Extract(ColumnElement):
    """`EXTRACT(field FROM a)`."""

    __slots__ = ()
    __visit_name__ = "extract"

    def __init__(self, field: str, expr: t.Any) -> None:
        _core.init(self, _core.K_EXTRACT, name=field, kids=(_core.coerce(expr, _core.ROLE_EXPR),))

    @property
    def field(self) -> t.Any:
        return self._name

    @property
    def expr(self) -> t.Any:
        return self._kids[0]


class CollationClause(WrapsColumnExpression):
    """`a COLLATE name`."""

    __slots__ = ()
    __visit_name__ = "collation"

    @property
    def collation(self) -> t.Any:
        return self._name

    left = property(lambda self: self._kids[0])
    operator = property(lambda self: operators.collate)  # type: ignore[attr-defined]


class TextClause(
    _core.Operators, ExecutableStatement, Generative, ClauseElement, roles.WhereHavingRole, roles.OrderByRole, roles.FromClauseRole,
    roles.SelectStatementRole, roles.InElementRole, roles.TypedColumnsClauseRole,
):  # fmt: skip
    """SQL text of the program's own, with `:name` parameters."""

    __slots__ = ()
    __visit_name__ = "textclause"
    __hash__ = _core.Operators.__hash__
    is_text = True
    _is_text_clause = _is_textual = True
    key: t.Any = None
    params = ExecutableStatement.params

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise exc.ArgumentError(f"text() takes a string, got {text!r}")
        binds = [BindParameter(name) for name in _core.text_params(text)]
        _core.init(self, _core.K_TEXT, name=text, segs=(binds,))

    @property
    def text(self) -> t.Any:
        return self._name

    @property
    def _bindparams(self) -> dict[str, t.Any]:
        return {bind._name: bind for bind in self._seg(0)}

    def bindparams(self, *binds: t.Any, **names_to_values: t.Any) -> t.Any:
        """A copy with values or types for its parameters."""
        known = self._bindparams
        for bind in binds:
            if bind._name not in known:
                raise exc.ArgumentError(f"This text() construct doesn't define a bound parameter named {bind._name!r}")
            known[bind._name] = bind
        for name, value in names_to_values.items():
            if name not in known:
                raise exc.ArgumentError(f"This text() construct doesn't define a bound parameter named {name!r}")
            old = known[name]
            chosen = old._type
            if chosen is None or chosen._kind == _core.T_NULL:
                chosen = _core.literal_type(value)
            kept = old._flags & ~_core.FLAG_REQUIRED
            known[name] = _core.make(_core.K_BIND, flags=kept, type=chosen, name=name, value=value)
        return self._replace(0, list(known.values()))

    def columns(self, *cols: t.Any, **types: t.Any) -> t.Any:
        """The text as a SELECT of those columns."""
        from .selectable import TextualSelect

        named = [_core.coerce(c, _core.ROLE_EXPR) for c in cols]
        named += [ColumnClause(name, type_) for name, type_ in types.items()]
        return _core.make(_core.K_TEXT, name=self._name, segs=(self._seg(0), named), cls=TextualSelect)

    @property
    def comparator(self) -> t.Any:
        return self.type.comparator_factory(self)

    def operate(self, op: t.Any, *other: t.Any, **kwargs: t.Any) -> t.Any:
        return operators._operate_plain(op, self, *other, **kwargs)


class Slice(ColumnElement):
    """`[start:stop]`."""

    __slots__ = ()
    __visit_name__ = "slice"


class Bundle(ClauseElement):
    """Columns that come as one value; the ORM's Bundle builds on it."""

    __slots__ = ()


class Prefix(ClauseElement):
    """SQL text in a place of its own: prefixes, suffixes, hints."""

    __slots__ = ()


class HostElement(ColumnElement):
    """A construct compiled by Python."""

    __slots__ = ()


class SavepointClause:
    """SAVEPOINT and its relatives are spoken by the engine; the names are for isinstance()."""

    __visit_name__ = "savepoint"

    def __init__(self, ident: str) -> None:
        self.ident = ident


class RollbackToSavepointClause(SavepointClause):
    __visit_name__ = "rollback_to_savepoint"


class ReleaseSavepointClause(SavepointClause):
    __visit_name__ = "release_savepoint"


for _kind, _cls in (
    (_core.K_TEXT, TextClause), (_core.K_CASE, Case), (_core.K_CAST, Cast), (_core.K_TYPE_COERCE, TypeCoerce), (_core.K_EXTRACT, Extract),
    (_core.K_COLLATE, CollationClause), (_core.K_SLICE, Slice), (_core.K_PREFIX, Prefix), (_core.K_HOST, HostElement),
):  # fmt: skip
    _core.register_kind(_kind, _cls)
_core.register_kind(_core.K_CAST, TryCast, _core.OP_TRY_CAST)

__all__ = [name for name, value in list(globals().items()) if isinstance(value, type) and value.__module__ == __name__ and name[0] != "_"]
