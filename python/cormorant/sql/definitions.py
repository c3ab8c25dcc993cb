"""Expressions inside definitions: computed columns, checks, defaults, index columns."""

from __future__ import annotations

import hashlib
import re
import typing as t

from .. import _core, exc
from .items import SchemaItem, conv
from .nodes import BindParameter

__all__ = [
    "columns_in", "constraint_options", "default_sql", "definition_sql", "delete_action", "fitting_name", "index_options", "moved_to", "sequence_words", "sql_text", "table_options",
]  # fmt: skip


def columns_in(expression: t.Any) -> list[t.Any]:
    """The table columns that an expression mentions, each once."""
    if not isinstance(expression, _core.Node):
        return []
    found: list[t.Any] = []
    for node in _core.walk(expression):
        if isinstance(node, SchemaItem) and not any(node is f for f in found):
            found.append(node)
    return found


def _free_columns(expression: t.Any) -> t.Any:
    """The expression with columns that print without their table, as CREATE TABLE wants them."""
    columns = columns_in(expression)
    if not columns:
        return expression
    free = [_core.make(_core.K_COLUMN, name=str(c.name), type=c.type, flags=c._flags & (_core.FLAG_QUOTE | _core.FLAG_NO_QUOTE)) for c in columns]
    return _core.adapt(expression, columns, free)


def moved_to(expression: t.Any, old: t.Any, new: t.Any) -> t.Any:
    """The expression over the columns of another table with the same keys."""
    if old is None or new is None or not isinstance(expression, _core.Node):
        return expression
    columns = [c for c in columns_in(expression) if c.table is old and c.key in new.c]
    return _core.adapt(expression, columns, [new.c[c.key] for c in columns]) if columns else expression


def definition_sql(expression: t.Any) -> t.Any:
    """What the core compiles inside a definition, for the database at hand: an expression, or text as it is."""
    if isinstance(expression, str):
        return str(expression)
    return expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression


def sql_text(expression: t.Any, dialect: t.Any) -> str:
    """SQL of an expression inside a definition: no table names, values written out."""
    expression = definition_sql(expression)
    if isinstance(expression, str):
        return expression
    if expression._kind == _core.K_TEXT and not expression._seg(0):
        return str(expression._name)
    return str(_free_columns(expression).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def default_sql(default: t.Any) -> t.Any:
    """What stands after DEFAULT: a string is a value."""
    return BindParameter(None, default.arg, unique=True) if isinstance(default.arg, str) else default.arg


def table_options(table: t.Any) -> tuple[tuple[str, str, t.Any], ...]:
    """(dialect, name, SQL) of what dialects want said of a table."""
    sqlite = table.dialect_options["sqlite"]
    words = ["WITHOUT ROWID"] if sqlite["with_rowid"] is False else []
    words += ["STRICT"] if sqlite["strict"] else []
    suffix = (("sqlite", "suffix", " " + ", ".join(words)),) if words else ()
    return (*suffix, *_sqlite_conflicts(table), *_postgresql_table(table), *_named_options(table))


def _on_conflict(action: t.Any) -> str:
    return f" ON CONFLICT {_word(action).upper()}"


def _sqlite_conflicts(table: t.Any) -> t.Iterator[tuple[str, str, str]]:
    """What SQLite does about a value that a column or the key inside of it refuses."""
    for column in table.columns:
        if column.dialect_options["sqlite"]["on_conflict_not_null"] is not None:
            yield "sqlite", f"not_null {column.name}", _on_conflict(column.dialect_options["sqlite"]["on_conflict_not_null"])
    for _, _, words in _sqlite_constraint(table.primary_key):
        yield "sqlite", "primary_key", words


def _sqlite_constraint(constraint: t.Any) -> t.Iterator[tuple[str, str, str]]:
    action, kind = constraint.dialect_options["sqlite"]["on_conflict"], constraint._naming_key
    columns = list(getattr(constraint, "columns", ()))
    if action is None and kind in ("pk", "uq") and len(columns) == 1:
        action = columns[0].dialect_options["sqlite"]["on_conflict_primary_key" if kind == "pk" else "on_conflict_unique"]
    if action is not None:
        yield "sqlite", "end", _on_conflict(action)


def _word(given: t.Any) -> str:
    """A word of SQL: what else is written there would be SQL of its own."""
    if not str(given).replace("_", "").replace(" ", "").isalnum():
        raise exc.CompileError(f"Unexpected SQL phrase: {given!r}")
    return str(given)


def _name(given: t.Any) -> str:
    from .identifiers import IdentifierPreparer

    quote = IdentifierPreparer().quote
    return ".".join(quote(part) for part in str(given).split("."))


def _settings(given: dict[str, t.Any]) -> str:
    parts = (f"{'.'.join(map(_word, str(key).split('.')))} = {_word(value).lower() if isinstance(value, bool) else _word(value)}" for key, value in given.items())
    return f"({', '.join(parts)})"


def _postgresql_table(table: t.Any) -> t.Iterator[tuple[str, str, str]]:
    """What PostgreSQL takes after the closing parenthesis, and in those of GENERATED AS IDENTITY."""
    given = {key.removeprefix("postgresql_"): value for key, value in table.dialect_kwargs.items() if key.startswith("postgresql_") and value is not None}
    words = []
    if given.get("inherits"):
        parents = given["inherits"]
        words.append("INHERITS (" + ", ".join(map(_name, parents if isinstance(parents, (list, tuple)) else (parents,))) + ")")
    if given.get("partition_by"):
        words.append(f"PARTITION BY {given['partition_by']}")
    if given.get("using"):
        words.append(f"USING {_word(given['using'])}")
    if given.get("with"):
        words.append(f"WITH {_settings(given['with'])}")
    if given.get("with_oids") is not None:
        words.append("WITH OIDS" if given["with_oids"] else "WITHOUT OIDS")
    if given.get("on_commit"):
        words.append(f"ON COMMIT {_word(given['on_commit']).replace('_', ' ').upper()}")
    if given.get("tablespace"):
        words.append(f"TABLESPACE {_name(given['tablespace'])}")
    if words:
        yield "postgresql", "suffix", " ".join(words)
    for column in table.columns:
        text = sequence_words(column.identity) if column.identity is not None else ""
        if text:
            yield "postgresql", f"identity {column.name}", text


def sequence_words(options: t.Any) -> str:
    """INCREMENT BY 2 START WITH 5 ..., of a Sequence or an Identity."""
    words = []
    for value, phrase in ((options.increment, "INCREMENT BY"), (options.start, "START WITH"), (options.minvalue, "MINVALUE"), (options.maxvalue, "MAXVALUE")):
        if value is not None:
            words.append(f"{phrase} {int(value)}")
    if options.nominvalue:
        words.append("NO MINVALUE")
    if options.nomaxvalue:
        words.append("NO MAXVALUE")
    if options.cache is not None:
        words.append(f"CACHE {int(options.cache)}")
    if options.cycle is not None:
        words.append("CYCLE" if options.cycle else "NO CYCLE")
    return " ".join(words)


def _include(table: t.Any, columns: t.Iterable[t.Any]) -> str:
    """INCLUDE (a, b): columns, or their keys, that an index carries along."""
    return " INCLUDE (" + ", ".join(_name(getattr(table.c.get(c, c) if isinstance(c, str) else c, "name", c)) for c in columns) + ")"


def _short_name(name: t.Any) -> t.Iterator[tuple[str, str, str]]:
    """What a name that a convention made is called where it is too long."""
    if isinstance(name, conv) and len(name.encode()) > 63:
        yield "postgresql", "short", fitting_name(name, 63)


def fitting_name(name: str, most: int) -> str:
    """As much of a name as there is room for, and four digits of what it was."""
    beginning = name.encode()[: most - 8].decode(errors="ignore")
    return f"{beginning}_{hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]}"


def constraint_options(constraint: t.Any) -> t.Iterator[tuple[str, str, str]]:
    """Words of SQLite's and PostgreSQL's constraints, by the place where they stand."""
    yield from _sqlite_constraint(constraint)
    yield from _short_name(constraint.name)
    given = {key.removeprefix("postgresql_"): value for key, value in constraint.dialect_kwargs.items() if key.startswith("postgresql_")}
    if given.get("nulls_not_distinct") is not None:
        yield "postgresql", "kind", "NULLS NOT DISTINCT " if given["nulls_not_distinct"] else "NULLS DISTINCT "
    if given.get("include"):
        yield "postgresql", "columns", _include(constraint.table, given["include"])
    if given.get("not_valid"):
        yield "postgresql", "end", " NOT VALID"


_SOME_COLUMNS = re.compile(r"""(SET\s+(?:NULL|DEFAULT))(\s*\((?:"[^"]+"|\w+)(?:,\s*(?:"[^"]+"|\w+))*\))""", re.IGNORECASE)


def delete_action(action: str | None) -> tuple[str | None, tuple[tuple[str, str, str], ...]]:
    """What ON DELETE does, and PostgreSQL's list of the columns that it does it to."""
    if action is None or "(" not in action:
        return action, ()
    found = _SOME_COLUMNS.fullmatch(action)
    if found is None:
        raise exc.CompileError(f"Unexpected SQL phrase: {action!r}")
    return found[1].upper(), (("postgresql", "delete", found[2]),)


def _postgresql_index(index: t.Any) -> t.Iterator[tuple[str, str, str]]:
    """Words of PostgreSQL's CREATE INDEX, by the place where they stand."""
    given = {key.removeprefix("postgresql_"): value for key, value in index.dialect_kwargs.items() if key.startswith("postgresql_") and value is not None}
    if given.get("concurrently"):
        yield "postgresql", "name", "CONCURRENTLY "
    if given.get("using"):
        yield "postgresql", "method", f" USING {_word(given['using']).lower()}"
    members = [getattr(e, "key", e) for e in index.expressions]
    for name, word in (given.get("ops") or {}).items():
        if name in members:
            yield "postgresql", f"member {members.index(name)}", f" {_word(word)}"
    end = ""
    if given.get("include"):
        end += _include(index.table, given["include"])
    if given.get("nulls_not_distinct") is not None:
        end += " NULLS NOT DISTINCT" if given["nulls_not_distinct"] else " NULLS DISTINCT"
    if given.get("with"):
        end += f" WITH {_settings(given['with'])}"
    if given.get("tablespace"):
        end += f" TABLESPACE {_name(given['tablespace'])}"
    if end:
        yield "postgresql", "end", end


def _named_options(item: t.Any) -> t.Iterator[tuple[str, str, str]]:
    """MySQL's and MariaDB's options, which the core spells itself; one of several columns is called by the column, too."""
    for key, given in item.dialect_kwargs.items():
        dialect, _, name = key.partition("_")
        if dialect not in ("mysql", "mariadb") or given is None:
            continue
        if isinstance(given, dict):
            yield from ((dialect, f"{name} {getattr(column, 'name', column)}", str(int(length))) for column, length in given.items())
        else:
            yield dialect, name, str(int(given)) if name == "length" else str(given)


def index_options(index: t.Any) -> tuple[tuple[str, str, t.Any], ...]:
    """The same of an index."""
    found = [(key.removesuffix("_where"), "where", definition_sql(given)) for key, given in index.dialect_kwargs.items() if key.endswith("_where")]
    return (*(item for item in found if item[2] is not None), *_short_name(index.name), *_postgresql_index(index), *_named_options(index))
