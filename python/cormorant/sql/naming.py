"""Names of constraints and indexes by convention: `MetaData(naming_convention={"ix": "ix_%(column_0_label)s"})`."""

from __future__ import annotations

import typing as t

from .. import exc
from .items import conv

__all__ = ["DEFAULT_NAMING_CONVENTION", "constraint_name", "type_check_name"]

DEFAULT_NAMING_CONVENTION: t.Mapping[t.Any, t.Any] = {"ix": "ix_%(column_0_label)s"}


class _Tokens(dict[str, t.Any]):
    """Answers the %(tokens)s of a convention for one constraint."""

    def __init__(self, constraint: t.Any, table: t.Any, convention: t.Mapping[t.Any, t.Any]) -> None:
        super().__init__()
        self.constraint, self.table, self.convention = constraint, table, convention

    def __missing__(self, key: str) -> str:
        if key in self.convention:
            return str(self.convention[key](self.constraint, self.table))
        if key == "table_name":
            return str(self.table.name)
        if key == "constraint_name":
            if self.constraint.name is None or isinstance(self.constraint.name, _NoneName):
                raise exc.InvalidRequestError("Naming convention including %(constraint_name)s token requires that constraint is explicitly named.")
            if not isinstance(self.constraint.name, conv):
                name, self.constraint.name = self.constraint.name, None
                return str(name)
            return str(self.constraint.name)
        if key == "referred_table_name":
            return str(self.constraint.elements[0].target_tokens[1])
        for prefix in ("referred_column_", "column_"):
            if key.startswith(prefix):
                return self._column_token(prefix, key[len(prefix) :])
        raise KeyError(key)

    def _column_token(self, prefix: str, rest: str) -> str:
        """0_name, 0_key, 0_label; 0N_name joins all names, 0_N_name with underscores."""
        index, _, kind = rest.rpartition("_")
        names = self._names(prefix, kind)
        if index.endswith("_N"):
            return "_".join(names)
        if index.endswith("N"):
            return "".join(names)
        try:
            return names[int(index)]
        except (IndexError, ValueError):
            return ""

    def _names(self, prefix: str, kind: str) -> list[str]:
        if prefix == "referred_column_":
            return [_referred_name(e) for e in self.constraint.elements]
        columns = self.constraint._naming_columns()
        if kind == "label":
            return [f"{self.table.name}_{c.name}" for c in columns]
        return [str(getattr(c, kind)) for c in columns]


def _referred_name(key: t.Any) -> str:
    """Name of the column that a foreign key leads to; as long as its table is not there, what the key calls it."""
    table = key._find_table()
    column = None if table is None else key._find_column(table)
    return str(key.target_tokens.column_name if column is None else column.name)


class _NoneName(str):
    """A name that was left for the convention."""


def constraint_name(constraint: t.Any, table: t.Any) -> t.Any:
    """The name of a constraint in its table: as given, or as the convention of the metadata makes it."""
    convention = table.metadata.naming_convention
    if isinstance(constraint.name, conv):
        return constraint.name
    rule = convention.get(constraint._naming_key)
    if rule is None:
        for cls in type(constraint).__mro__:
            rule = convention.get(cls)
            if rule is not None:
                break
    if rule is None:
        return constraint.name
    if constraint.name is not None and "constraint_name" not in str(rule):
        return constraint.name
    if constraint.name is None and "%(constraint_name)s" in str(rule):
        if constraint._naming_key != "ck":
            raise exc.InvalidRequestError("Naming convention including %(constraint_name)s token requires that constraint is explicitly named.")
        return None
    return conv(rule % _Tokens(constraint, table, convention))


class _TypeCheck:
    """The CHECK that a type asks for, as conventions see it."""

    _naming_key = "ck"

    def __init__(self, column: t.Any) -> None:
        self.column, self.name = column, column.type.name

    def _naming_columns(self) -> list[t.Any]:
        return [self.column]


def type_check_name(column: t.Any) -> str | None:
    """The name that a convention gives to the CHECK of a Boolean or Enum; None: the type's own, if any."""
    if not getattr(column.type, "create_constraint", False) or "ck" not in column.table.metadata.naming_convention:
        return None
    found = constraint_name(_TypeCheck(column), column.table)
    return None if found is None else str(found)
