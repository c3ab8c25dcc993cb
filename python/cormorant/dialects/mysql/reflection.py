"""What a MySQL or MariaDB database says of itself: its information schema."""

from __future__ import annotations

import re
import warnings
from typing import Any, Dict, List, Optional

from ... import exc
from ...sql import sqltypes
from . import types

_TYPE = re.compile(r"(?P<name>[a-z0-9 ]+?)(?:\((?P<inside>.*)\))?(?P<words>(?: unsigned| zerofill)*)$", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"'((?:[^'\\]|''|\\.)*)'", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set")
_WHOLE = {"tinyint": types.TINYINT, "smallint": types.SMALLINT, "mediumint": types.MEDIUMINT, "int": types.INTEGER, "bigint": types.BIGINT}
_EXACT = {"decimal": types.DECIMAL, "float": types.FLOAT, "double": types.DOUBLE}
_MOMENTS = {"datetime": types.DATETIME, "timestamp": types.TIMESTAMP, "time": types.TIME}
_SIZED = {"binary": sqltypes.BINARY, "varbinary": sqltypes.VARBINARY, "bit": types.BIT, "year": types.YEAR, "char": types.CHAR, "varchar": types.VARCHAR}
_PLAIN = {
    "date": sqltypes.DATE, "json": types.JSON, "uuid": sqltypes.UUID, "inet4": types.INET4, "inet6": types.INET6, "tinyblob": types.TINYBLOB,
    "blob": sqltypes.BLOB, "mediumblob": types.MEDIUMBLOB, "longblob": types.LONGBLOB, "tinytext": types.TINYTEXT, "text": types.TEXT,
    "mediumtext": types.MEDIUMTEXT, "longtext": types.LONGTEXT,
}  # fmt: skip
ischema_names: Dict[str, Any] = {**_WHOLE, **_EXACT, **_MOMENTS, **_SIZED, **_PLAIN, "enum": types.ENUM, "set": types.SET}
_DEFAULT_RULES = (None, "NO ACTION", "RESTRICT")


def _labels(inside: str) -> List[str]:
    return [_ESCAPE.sub(r"\1", word.replace("''", "'")) for word in _WORD.findall(inside)]


def resolve_type(spelled: str, character_set: Dict[str, str], column: str = "") -> Any:
    """The type object for a COLUMN_TYPE. character_set: charset and collation, where they are not those of the table."""
    match = _TYPE.match(spelled)
    name, inside, words = (match["name"].lower(), match["inside"], match["words"].lower()) if match else (spelled, None, "")
    cls = ischema_names.get(name)
    if cls is None:
        warnings.warn(f"Did not recognize type '{name}' of column '{column}'", exc.SAWarning, stacklevel=2)
        return sqltypes.NULLTYPE
    if name in ("enum", "set"):
        return cls(*_labels(inside or ""), **character_set)
    numbers = [int(n) for n in inside.split(",")] if inside else []
    if name in _WHOLE or name in _EXACT:
        zerofill = "zerofill" in words
        return cls(*numbers, **({"zerofill": True, "unsigned": True} if zerofill else {"unsigned": True} if "unsigned" in words else {}))
    if name in _MOMENTS:
        return cls(fsp=numbers[0]) if numbers else cls()
    if name in _TEXTS:
        return cls(*numbers, **character_set)
    return cls(*numbers)


class MySQLReflection:
    """Reads one connection. Answers are dictionaries of the shapes that `Inspector` documents."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.prefix = connection.dialect.name

    def _rows(self, sql: str, *values: Any) -> List[Any]:
        return self.connection.exec_driver_sql(sql, values).fetchall() if values else self.connection.exec_driver_sql(sql).fetchall()

    def _of(self, columns: str, view: str, where: str, schema: Optional[str], *values: Any) -> List[Any]:
        """Rows of a view of the information schema that belong to one database."""
        owner = {"TABLES": "TABLE_SCHEMA", "VIEWS": "TABLE_SCHEMA", "COLUMNS": "TABLE_SCHEMA", "STATISTICS": "TABLE_SCHEMA", "PARTITIONS": "TABLE_SCHEMA"}
        key = owner.get(view, "CONSTRAINT_SCHEMA")
        return self._rows(f"SELECT {columns} FROM information_schema.{view} WHERE {key} = coalesce(%s, database()) AND {where}", schema, *values)

    def _full(self, name: str, schema: Optional[str]) -> str:
        quote = self.connection.dialect.identifier_preparer.quote_identifier
        return f"{quote(schema)}.{quote(name)}" if schema else str(quote(name))

    def _table(self, table: str, schema: Optional[str]) -> Any:
        rows = self._of("TABLE_TYPE, ENGINE, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT", "TABLES", "TABLE_NAME = %s", schema, table)
        if not rows:
            raise exc.NoSuchTableError(f"{schema}.{table}" if schema else table)
        return rows[0]

    # ---- lists of things

    def schema_names(self) -> List[str]:
        return [row[0] for row in self._rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME")]

    def _names(self, kinds: str, schema: Optional[str]) -> List[str]:
        return [row[0] for row in self._of("TABLE_NAME", "TABLES", f"TABLE_TYPE IN ({kinds}) ORDER BY TABLE_NAME", schema)]

    def table_names(self, schema: Optional[str]) -> List[str]:
        return self._names("'BASE TABLE', 'SYSTEM VERSIONED'", schema)

    def view_names(self, schema: Optional[str]) -> List[str]:
        return self._names("'VIEW', 'SYSTEM VIEW'", schema)

    def sequence_names(self, schema: Optional[str]) -> List[str]:
        return self._names("'SEQUENCE'", schema)

    def materialized_view_names(self, schema: Optional[str]) -> List[str]:
        return []

    def temp_table_names(self) -> List[str]:
        raise NotImplementedError("MySQL and MariaDB list no temporary tables")

    temp_view_names = temp_table_names

    def has_table(self, table: str, schema: Optional[str]) -> bool:
        return bool(self.connection._has_table(table, schema))

    def view_definition(self, view: str, schema: Optional[str]) -> str:
        if view not in self.view_names(schema):
            raise exc.NoSuchTableError(view)
        return str(self._rows(f"SHOW CREATE VIEW {self._full(view, schema)}")[0][1])

    # ---- one table

    def columns(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        collation = self._table(table, schema)[2]
        rows = self._of(
            "COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, CHARACTER_SET_NAME, COLLATION_NAME, GENERATION_EXPRESSION",
            "COLUMNS", "TABLE_NAME = %s ORDER BY ORDINAL_POSITION", schema, table,
        )  # fmt: skip
        return [self._column(row, collation) for row in rows]

    def _column(self, row: Any, table_collation: Optional[str]) -> Dict[str, Any]:
        name, spelled, nullable, default, extra, comment, charset, collation, generated = row
        extra = (extra or "").lower()
        own = {"charset": charset, "collation": collation} if collation is not None and table_collation not in (None, collation) else {}
        type_ = resolve_type(spelled, own, name)
        made = {"name": name, "type": type_, "nullable": nullable == "YES", "default": self._default(default, extra, spelled), "comment": comment or None}
        if isinstance(type_, sqltypes.Integer):
            made["autoincrement"] = "auto_increment" in extra
        if generated:
            made["computed"] = {"sqltext": generated, "persisted": "stored" in extra or "persistent" in extra}
            made["default"] = None
        return made

    def _default(self, text: Optional[str], extra: str, spelled: str) -> Optional[str]:
        """MariaDB answers SQL, MySQL a value unless it says that it is generated."""
        if text is None or text == "NULL":
            return None
        if "default_generated" not in extra and not self._answers_sql():
            number = re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", text) and not spelled.lower().startswith(_TEXTS)
            text = text if number or text.startswith("b'") else self.connection.dialect.string_literal(text)
        update = extra.partition("on update ")[2]
        return f"{text} ON UPDATE {update}" if update else text

    def _answers_sql(self) -> bool:
        cache = self.__dict__
        if "_mariadb" not in cache:
            cache["_mariadb"] = "mariadb" in str(self._rows("SELECT VERSION()")[0][0]).lower()
        return bool(cache["_mariadb"])

    def _statistics(self, table: str, schema: Optional[str]) -> Dict[str, List[Any]]:
        expression = "NULL" if self._answers_sql() else "EXPRESSION"
        rows = self._of(
            f"INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE, {expression}", "STATISTICS",
            "TABLE_NAME = %s ORDER BY INDEX_NAME, SEQ_IN_INDEX", schema, table,
        )  # fmt: skip
        found: Dict[str, List[Any]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(row)
        return found

    def pk_constraint(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        self._table(table, schema)
        return {"constrained_columns": [row[2] for row in self._statistics(table, schema).get("PRIMARY", ())], "name": None}

    def indexes(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        return [self._index(table, schema, name, rows) for name, rows in self._statistics(table, schema).items() if name != "PRIMARY"]

    def _index(self, table: str, schema: Optional[str], name: str, rows: List[Any]) -> Dict[str, Any]:
        options: Dict[str, Any] = {}
        kind = rows[0][4]
        lengths = {row[2]: int(row[3]) for row in rows if row[3] is not None and kind != "SPATIAL"}
        if lengths:
            options[f"{self.prefix}_length"] = lengths
        if kind in ("FULLTEXT", "SPATIAL"):
            options[f"{self.prefix}_prefix"] = kind
        parser = self._parser(table, schema, name) if kind == "FULLTEXT" else None
        if parser:
            options[f"{self.prefix}_with_parser"] = parser
        if kind == "HASH":
            options[f"{self.prefix}_using"] = kind
        made = {"name": name, "column_names": [row[2] for row in rows], "unique": not rows[0][1], "dialect_options": options}
        if any(row[5] for row in rows):
            made["expressions"] = [row[2] if row[5] is None else row[5] for row in rows]
        return made

    def _parser(self, table: str, schema: Optional[str], index: str) -> Optional[str]:
        text = str(self._rows(f"SHOW CREATE TABLE {self._full(table, schema)}")[0][1])
        found = re.search(rf"FULLTEXT KEY {re.escape(self._full(index, None))} .*WITH PARSER `?(\w+)", text)
        return found[1] if found else None

    def unique_constraints(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        return [
            {"name": i["name"], "column_names": i["column_names"], "duplicates_index": i["name"]} for i in self.indexes(table, schema) if i["unique"]
        ]

    def foreign_keys(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        self._table(table, schema)
        rows = self._rows(
            "SELECT k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE, "
            "r.UPDATE_RULE, k.TABLE_SCHEMA FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r "
            "ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME "
            "WHERE k.TABLE_SCHEMA = coalesce(%s, database()) AND k.TABLE_NAME = %s AND k.REFERENCED_TABLE_NAME IS NOT NULL "
            "ORDER BY k.CONSTRAINT_NAME, k.ORDINAL_POSITION", schema, table,
        )  # fmt: skip
        found: Dict[str, Dict[str, Any]] = {}
        for name, column, other_schema, other, other_column, delete, update, own_schema in rows:
            rules = {"ondelete": delete, "onupdate": update}
            key = found.setdefault(name, {
                "name": name, "constrained_columns": [], "referred_schema": schema if other_schema == own_schema else other_schema,
                "referred_table": other, "referred_columns": [], "options": {k: v for k, v in rules.items() if v not in _DEFAULT_RULES},
            })  # fmt: skip
            key["constrained_columns"].append(column)
            key["referred_columns"].append(other_column)
        return list(found.values())

    def check_constraints(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        self._table(table, schema)
        if self._answers_sql():
            rows = self._of("CONSTRAINT_NAME, CHECK_CLAUSE", "CHECK_CONSTRAINTS", "TABLE_NAME = %s AND LEVEL = 'Table'", schema, table)
        else:
            rows = self._rows(
                "SELECT c.CONSTRAINT_NAME, c.CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t "
                "ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME "
                "WHERE t.TABLE_SCHEMA = coalesce(%s, database()) AND t.TABLE_NAME = %s AND t.CONSTRAINT_TYPE = 'CHECK'", schema, table,
            )  # fmt: skip
        return sorted(({"name": name, "sqltext": text} for name, text in rows), key=lambda c: c["name"] or "~")

    def table_comment(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        kind, *_, comment = self._table(table, schema)
        return {"text": None if "VIEW" in kind else comment or None}

    def table_options(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        kind, engine, collation, given, comment = self._table(table, schema)
        if "VIEW" in kind:
            return {}
        options = {"engine": engine, "default charset": (collation or "").partition("_")[0] or None, "collate": collation, "comment": comment or None}
        for word in (given or "").split():
            name, equals, value = word.partition("=")
            if equals:
                options[name.lower()] = value.strip('"').upper() if name.lower() == "row_format" else value.strip('"')
            elif word == "partitioned":
                options.update(self._partitions(table, schema))
        return {f"{self.prefix}_{name}": value for name, value in options.items() if value is not None}

    def _partitions(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        rows = self._of("PARTITION_METHOD, PARTITION_EXPRESSION", "PARTITIONS", "TABLE_NAME = %s", schema, table)
        return {"partition_by": f"{rows[0][0]} ({rows[0][1]})", "partitions": str(len(rows))} if rows and "HASH" in rows[0][0] else {}
