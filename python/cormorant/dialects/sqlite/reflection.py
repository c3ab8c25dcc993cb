"""What a SQLite database says of itself: PRAGMAs, `sqlite_master`, and the text of CREATE TABLE."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional

from ... import exc
from ...sql import sqltypes
from ...sql import text as sql_text
from . import ddl_parser

_TYPE = re.compile(r"^\s*([\w ]*?)\s*(?:\(\s*([-+]?\d+)\s*(?:,\s*([-+]?\d+)\s*)?\))?\s*$")

_BY_NAME = {
    "BIGINT": sqltypes.BIGINT, "BLOB": sqltypes.BLOB, "BOOL": sqltypes.BOOLEAN, "BOOLEAN": sqltypes.BOOLEAN, "CHAR": sqltypes.CHAR,
    "DATE": sqltypes.DATE, "DATETIME": sqltypes.DATETIME, "DECIMAL": sqltypes.DECIMAL, "DOUBLE": sqltypes.DOUBLE,
    "DOUBLE_PRECISION": sqltypes.DOUBLE_PRECISION, "DOUBLE PRECISION": sqltypes.DOUBLE_PRECISION, "FLOAT": sqltypes.FLOAT, "INT": sqltypes.INTEGER,
    "INTEGER": sqltypes.INTEGER, "JSON": sqltypes.JSON, "NCHAR": sqltypes.NCHAR, "NUMERIC": sqltypes.NUMERIC, "NVARCHAR": sqltypes.NVARCHAR,
    "REAL": sqltypes.REAL, "SMALLINT": sqltypes.SMALLINT, "TEXT": sqltypes.TEXT, "TIME": sqltypes.TIME, "TIMESTAMP": sqltypes.TIMESTAMP,
    "VARCHAR": sqltypes.VARCHAR, "DATE_CHAR": sqltypes.DATE, "DATETIME_CHAR": sqltypes.DATETIME, "TIME_CHAR": sqltypes.TIME,
}
_LENGTH = {"CHAR", "NCHAR", "VARCHAR", "NVARCHAR", "TEXT", "BLOB"}
_NUMERIC = {"DECIMAL", "NUMERIC"}


def resolve_type(declared: str) -> Any:
    """The type object of a declared type, by name, else by SQLite's rules of affinity."""
    match = _TYPE.match(declared or "")
    name, first, second = (match.group(1).upper(), match.group(2), match.group(3)) if match else ((declared or "").upper(), None, None)
    cls = _BY_NAME.get(name)
    if cls is None:
        if "INT" in name:
            cls = sqltypes.INTEGER
        elif "CHAR" in name or "CLOB" in name or "TEXT" in name:
            cls = sqltypes.TEXT
        elif "BLOB" in name or not name:
            cls = sqltypes.NullType
        elif "REAL" in name or "FLOA" in name or "DOUB" in name:
            cls = sqltypes.REAL
        else:
            cls = sqltypes.NUMERIC
        return cls()
    if first is not None and name in _LENGTH:
        return cls(int(first))
    if first is not None and name in _NUMERIC:
        return cls(int(first), int(second)) if second is not None else cls(int(first))
    return cls()


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


class SQLiteReflection:
    """Reads one connection. Answers are dictionaries of the shapes that `Inspector` documents."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def _rows(self, sql: str, *values: Any) -> List[Any]:
        return self.connection.exec_driver_sql(sql, tuple(values)).fetchall()

    def _pragma(self, pragma: str, argument: str, schema: Optional[str]) -> List[Any]:
        prefix = f"{_name(schema)}." if schema else ""
        return self._rows(f"PRAGMA {prefix}{pragma}({_name(argument)})")

    def _master(self, schema: Optional[str]) -> str:
        return f"{_name(schema)}.sqlite_master" if schema else "sqlite_master"

    # ---- lists of things

    def schema_names(self) -> List[str]:
        return [row[1] for row in self._rows("PRAGMA database_list") if row[1] != "temp"]

    def _names(self, kind: str, master: str) -> List[str]:
        sql = f"SELECT name FROM {master} WHERE type = ? AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
        return [row[0] for row in self._rows(sql, kind)]

    def table_names(self, schema: Optional[str]) -> List[str]:
        return self._names("table", self._master(schema))

    def view_names(self, schema: Optional[str]) -> List[str]:
        return self._names("view", self._master(schema))

    def materialized_view_names(self, schema: Optional[str]) -> List[str]:
        return []

    def sequence_names(self, schema: Optional[str]) -> List[str]:
        raise NotImplementedError("sqlite has no sequences")

    def temp_table_names(self) -> List[str]:
        return self._names("table", "sqlite_temp_master")

    def temp_view_names(self) -> List[str]:
        return self._names("view", "sqlite_temp_master")

    def has_table(self, table: str, schema: Optional[str]) -> bool:
        if schema is None:
            return any(self._pragma("table_info", table, home) for home in ("main", "temp"))
        return schema in [row[1] for row in self._rows("PRAGMA database_list")] and bool(self._pragma("table_info", table, schema))

    def view_definition(self, view: str, schema: Optional[str]) -> str:
        for master in [self._master(schema)] + ([] if schema else ["sqlite_temp_master"]):
            rows = self._rows(f"SELECT sql FROM {master} WHERE name = ? AND type = 'view'", view)
            if rows:
                return rows[0][0]
        raise exc.NoSuchTableError(f"{schema}.{view}" if schema else view)

    def _sql(self, table: str, schema: Optional[str]) -> str:
        for master in [self._master(schema)] + ([] if schema else ["sqlite_temp_master"]):
            rows = self._rows(f"SELECT sql FROM {master} WHERE name = ? AND type IN ('table', 'view')", table)
            if rows:
                return rows[0][0] or ""
        return ""

    def _parsed(self, table: str, schema: Optional[str]) -> ddl_parser.ParsedTable:
        sql = self._sql(table, schema)
        return ddl_parser.parse(sql) if sql.lstrip()[:6].upper() == "CREATE" and "VIEW" not in sql[:30].upper() else ddl_parser.ParsedTable()

    def _info(self, table: str, schema: Optional[str]) -> List[Any]:
        rows = [row for row in self._pragma("table_xinfo", table, schema) if row[6] != 1]  # 1: hidden column of a virtual table
        if not rows:
            raise exc.NoSuchTableError(f"{schema}.{table}" if schema else table)
        return rows

    # ---- one table

    def columns(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        parsed, found = self._parsed(table, schema), []
        for row in self._info(table, schema):
            name, declared, not_null, default, key, hidden = row[1], row[2], row[3], row[4], row[5], row[6]
            if hidden in (2, 3):
                declared = re.sub(r"(?i)\s*GENERATED\s+ALWAYS\s*", "", declared)
            column: Dict[str, Any] = {"name": name, "type": resolve_type(declared), "nullable": not not_null, "default": default, "primary_key": key}
            if hidden in (2, 3):
                column["computed"] = {"sqltext": parsed.generated.get(name, ("", False))[0], "persisted": hidden == 3}
            found.append(column)
        return found

    def pk_constraint(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        keyed = sorted((row[5], row[1]) for row in self._info(table, schema) if row[5])
        named = next((c.name for c in self._parsed(table, schema).constraints if c.kind == "PRIMARY KEY"), None)
        return {"constrained_columns": [name for _, name in keyed], "name": named if keyed else None}

    def foreign_keys(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        self._info(table, schema)
        by_id: Dict[int, Dict[str, Any]] = {}
        for number, _, target, local, remote, *_rest in self._pragma("foreign_key_list", table, schema):
            key = by_id.setdefault(
                number,
                {"name": None, "constrained_columns": [], "referred_schema": schema, "referred_table": target, "referred_columns": [], "options": {}},
            )
            key["constrained_columns"].append(local)
            if remote is not None:
                key["referred_columns"].append(remote)
        declared = [c for c in self._parsed(table, schema).constraints if c.kind == "FOREIGN KEY"]
        found = []
        for number in sorted(by_id, reverse=True):  # SQLite numbers them from the last
            key = by_id[number]
            if not key["referred_columns"] and self.has_table(key["referred_table"], schema):
                key["referred_columns"] = self.pk_constraint(key["referred_table"], schema)["constrained_columns"]
            for constraint in declared:
                if [c.lower() for c in constraint.columns] == [c.lower() for c in key["constrained_columns"]]:
                    key["name"], key["options"] = constraint.name, dict(constraint.options)
                    declared.remove(constraint)
                    break
            found.append(key)
        return found

    def indexes(self, table: str, schema: Optional[str], automatic: bool = False) -> List[Dict[str, Any]]:
        found = []
        for row in self._pragma("index_list", table, schema):
            name, unique, partial = row[1], row[2], row[4] if len(row) > 4 else 0
            if not automatic and name.startswith("sqlite_autoindex"):
                continue
            columns = [r[2] for r in self._pragma("index_info", name, schema)]
            index: Dict[str, Any] = {"name": name, "column_names": columns, "unique": unique, "dialect_options": {}}
            sql = self._rows(f"SELECT sql FROM {self._master(schema)} WHERE name = ? AND type = 'index'", name)
            text = sql[0][0] if sql else None
            if partial and text:
                where = re.search(r"\)\s+WHERE\s+(.+)$", text, re.I | re.S)
                if where:
                    index["dialect_options"]["sqlite_where"] = sql_text(where.group(1))
            if None in columns and text:
                index["expressions"] = self._index_expressions(text, columns)
            found.append(index)
        return sorted(found, key=lambda index: index["name"])

    @staticmethod
    def _index_expressions(sql: str, columns: List[Optional[str]]) -> List[str]:
        items = ddl_parser._items(ddl_parser.tokens(sql))
        return [column if column is not None else sql[item[0][2] : item[-1][3]] for column, item in zip(columns, items)]

    def unique_constraints(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        automatic = [i["column_names"] for i in self.indexes(table, schema, automatic=True) if i["name"].startswith("sqlite_autoindex")]
        found = []
        for constraint in self._parsed(table, schema).constraints:
            if constraint.kind == "UNIQUE" and [c.lower() for c in constraint.columns] in [[c.lower() for c in names] for names in automatic]:
                found.append({"name": constraint.name, "column_names": constraint.columns})
        return found

    def check_constraints(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        self._info(table, schema)
        checks = [{"sqltext": c.sqltext, "name": c.name} for c in self._parsed(table, schema).constraints if c.kind == "CHECK"]
        return sorted(checks, key=lambda check: (check["name"] is None, check["name"] or ""))

    def table_comment(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        raise NotImplementedError("SQLite has no comments on tables")

    def table_options(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        sql = self._sql(table, schema)
        tail = sql[sql.rfind(")") + 1 :].upper() if sql else ""
        options: Dict[str, Any] = {}
        if "WITHOUT" in tail and "ROWID" in tail:
            options["sqlite_with_rowid"] = False
        if "STRICT" in tail:
            options["sqlite_strict"] = True
        return options
