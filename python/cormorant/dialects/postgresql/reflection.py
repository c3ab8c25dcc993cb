"""What a PostgreSQL database says of itself: its system catalogue."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional

from ... import exc
from ...sql import sqltypes, text

ischema_names: Dict[str, Any] = {  # programs add types of their own
    "smallint": sqltypes.SMALLINT, "integer": sqltypes.INTEGER, "bigint": sqltypes.BIGINT, "text": sqltypes.TEXT, "boolean": sqltypes.BOOLEAN,
    "date": sqltypes.DATE, "real": sqltypes.REAL, "double precision": sqltypes.DOUBLE_PRECISION, "uuid": sqltypes.UUID, "json": sqltypes.JSON,
}  # fmt: skip
_ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", "r": "RESTRICT"}
_TYPE = re.compile(r'^(?P<name>.*?)(?:\((?P<first>\d+)(?:,(?P<second>-?\d+))?\))?(?P<zone> with(?:out)? time zone)?(?P<array>(?:\[\])*)$')


def resolve_type(spelled: str, labels: Optional[List[str]]) -> Any:
    """The type object for what `format_type` answers. labels: the words, where it is an enum."""
    match = _TYPE.match(spelled)
    assert match is not None
    name, first, second = match["name"], match["first"], match["second"]
    if match["array"]:
        return sqltypes.ARRAY(resolve_type(spelled[: -len(match["array"])], labels), dimensions=None)
    if labels is not None:
        return sqltypes.Enum(*labels, name=name.split(".")[-1].strip('"'))
    if name in ("character varying", "character"):
        cls = sqltypes.VARCHAR if name == "character varying" else sqltypes.CHAR
        return cls(int(first)) if first else cls()
    if name == "numeric":
        return sqltypes.NUMERIC(int(first), int(second or 0)) if first else sqltypes.NUMERIC()
    if name == "timestamp":
        return sqltypes.TIMESTAMP(timezone=match["zone"] == " with time zone")
    if name == "time":
        return sqltypes.TIME(timezone=match["zone"] == " with time zone")
    if name == "bytea":
        return _own("BYTEA", sqltypes.LargeBinary)
    if name == "jsonb":
        return _own("JSONB", sqltypes.JSON)
    if name.startswith("interval"):
        return _own("INTERVAL", sqltypes.Interval)
    if name in ischema_names:
        return ischema_names[name]()
    return _own(name.upper(), sqltypes.NullType)


def _own(name: str, otherwise: Any) -> Any:
    """The dialect's own type, where the package has one of that name."""
    import cormorant.dialects.postgresql as names

    return getattr(names, name, otherwise)()


class PGReflection:
    """Reads one connection. Answers are dictionaries of the shapes that `Inspector` documents."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def _rows(self, sql: str, *values: Any) -> List[Any]:
        return self.connection.exec_driver_sql(sql, values).fetchall() if values else self.connection.exec_driver_sql(sql).fetchall()

    def _oid(self, table: str, schema: Optional[str]) -> int:
        rows = self._rows(
            "SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = %s "
            "AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND CASE WHEN %s::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = %s END",
            table, schema, schema,
        )  # fmt: skip
        if not rows:
            raise exc.NoSuchTableError(f"{schema}.{table}" if schema else table)
        return int(rows[0][0])

    # ---- lists of things

    def schema_names(self) -> List[str]:
        return [row[0] for row in self._rows("SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\_%' ORDER BY nspname")]

    def _names(self, kinds: str, schema: Optional[str], persistence: str = "pu") -> List[str]:
        rows = self._rows(
            "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE strpos(%s, c.relkind::text) > 0 "
            "AND strpos(%s, c.relpersistence::text) > 0 AND CASE WHEN %s::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) AND n.nspname <> "
            "'pg_catalog' ELSE n.nspname = %s END ORDER BY c.relname",
            kinds, persistence, schema, schema,
        )  # fmt: skip
        return [row[0] for row in rows]

    def table_names(self, schema: Optional[str]) -> List[str]:
        return self._names("rpf", schema)

    def view_names(self, schema: Optional[str]) -> List[str]:
        return self._names("v", schema)

    def materialized_view_names(self, schema: Optional[str]) -> List[str]:
        return self._names("m", schema)

    def temp_table_names(self) -> List[str]:
        return self._names("rp", None, "t")

    def temp_view_names(self) -> List[str]:
        return self._names("v", None, "t")

    def sequence_names(self, schema: Optional[str]) -> List[str]:
        return self._names("S", schema)

    def has_table(self, table: str, schema: Optional[str]) -> bool:
        return bool(self.connection._has_table(table, schema))

    def has_type(self, name: str, schema: Optional[str]) -> bool:
        where = "pg_catalog.pg_type_is_visible(t.oid)" if schema is None else "n.nspname = %s"
        sql = f"SELECT 1 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = %s AND {where}"
        return bool(self._rows(sql, name, *(() if schema is None else (schema,))))

    def view_definition(self, view: str, schema: Optional[str]) -> str:
        return str(self._rows("SELECT pg_catalog.pg_get_viewdef(%s::oid)", self._oid(view, schema))[0][0])

    # ---- one table

    def columns(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        rows = self._rows(
            "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), "
            "a.attgenerated::text, a.attidentity::text, pg_catalog.col_description(a.attrelid, a.attnum), "
            "(SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = COALESCE(NULLIF(t.typelem, 0), t.oid)) "
            "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
            "LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
            "WHERE a.attrelid = %s::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            self._oid(table, schema),
        )
        found = []
        for name, spelled, not_null, default, generated, identity, comment, labels in rows:
            column: Dict[str, Any] = {
                "name": name, "type": resolve_type(spelled, labels), "nullable": not not_null, "default": None if generated else default,
                "autoincrement": bool(identity) or str(default or "").startswith("nextval("), "comment": comment,
            }  # fmt: skip
            if generated:
                column["computed"] = {"sqltext": default.strip("()") if default.count("(") == 1 else default, "persisted": True}
            if identity:
                column["identity"] = {"always": identity == "a"}
            found.append(column)
        return found

    def _constraints(self, table: str, schema: Optional[str], kind: str) -> List[Any]:
        return self._rows(
            "SELECT k.conname, (SELECT pg_catalog.json_agg(a.attname ORDER BY x.ord) FROM unnest(k.conkey) WITH ORDINALITY x(n, ord) "
            "JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.n), pg_catalog.pg_get_constraintdef(k.oid), "
            "pg_catalog.obj_description(k.oid, 'pg_constraint'), k.confrelid, k.confupdtype::text, k.confdeltype::text, k.condeferrable, k.condeferred, "
            "(SELECT pg_catalog.json_agg(a.attname ORDER BY x.ord) FROM unnest(k.confkey) WITH ORDINALITY x(n, ord) "
            "JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.n) "
            "FROM pg_catalog.pg_constraint k WHERE k.conrelid = %s::oid AND k.contype = %s ORDER BY k.oid",
            self._oid(table, schema), kind,
        )  # fmt: skip

    def pk_constraint(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        for name, columns, _, comment, *_rest in self._constraints(table, schema, "p"):
            return {"constrained_columns": columns, "name": name, "comment": comment}
        return {"constrained_columns": [], "name": None, "comment": None}

    def foreign_keys(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        found = []
        for name, columns, _, comment, target, on_update, on_delete, deferrable, deferred, remote in self._constraints(table, schema, "f"):
            other_schema, other, visible = self._rows(
                "SELECT n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid) FROM pg_catalog.pg_class c "
                "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s::oid",
                target,
            )[0]
            options = {}
            if on_update in _ACTIONS:
                options["onupdate"] = _ACTIONS[on_update]
            if on_delete in _ACTIONS:
                options["ondelete"] = _ACTIONS[on_delete]
            if deferrable:
                options["deferrable"] = True
                options.update({"initially": "DEFERRED"} if deferred else {})
            found.append({
                "name": name, "constrained_columns": columns, "referred_schema": other_schema if schema is not None or not visible else None,
                "referred_table": other, "referred_columns": remote, "options": options, "comment": comment,
            })  # fmt: skip
        return sorted(found, key=lambda key: key["name"])

    def indexes(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        rows = self._rows(
            "SELECT c.relname, i.indisunique, pg_catalog.pg_get_expr(i.indpred, i.indrelid), m.amname, k.conname, i.indnkeyatts, "
            "(SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, pg_catalog.pg_get_indexdef(i.indexrelid, x.ord::int, true)) ORDER BY x.ord) "
            "FROM unnest(i.indkey::int2[]) WITH ORDINALITY x(n, ord) LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = x.n "
            "AND x.n <> 0) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = c.relam "
            "LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('u', 'x') "
            "WHERE i.indrelid = %s::oid AND NOT i.indisprimary ORDER BY c.relname",
            self._oid(table, schema),
        )
        found = []
        for name, unique, where, method, constraint, nkeys, parts in rows:
            keys, included = parts[:nkeys], [column for column, _ in parts[nkeys:]]
            index: Dict[str, Any] = {"name": name, "unique": unique, "column_names": [column for column, _ in keys], "dialect_options": {}}
            if None in index["column_names"]:
                index["expressions"] = [column if column is not None else text for column, text in keys]
            if included:
                index["include_columns"] = index["dialect_options"]["postgresql_include"] = included
            if where is not None:
                index["dialect_options"]["postgresql_where"] = text(where)
            if method != "btree":
                index["dialect_options"]["postgresql_using"] = method
            if constraint is not None:
                index["duplicates_constraint"] = constraint
            found.append(index)
        return found

    def unique_constraints(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        rows = self._constraints(table, schema, "u")
        return sorted(({"name": name, "column_names": columns, "comment": comment} for name, columns, _, comment, *_rest in rows), key=lambda c: c["name"])

    def check_constraints(self, table: str, schema: Optional[str]) -> List[Dict[str, Any]]:
        found = []
        for name, _, definition, comment, *_rest in self._constraints(table, schema, "c"):
            body = re.match(r"^CHECK \((?P<sql>.*)\)(?: NO INHERIT| NOT VALID)*$", definition, re.S)
            sql = body["sql"] if body else definition
            if sql.startswith("(") and sql.endswith(")") and sql.count("(") == 1:
                sql = sql[1:-1]
            found.append({"name": name, "sqltext": sql, "comment": comment})
        return sorted(found, key=lambda check: check["name"])

    def table_comment(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        return {"text": self._rows("SELECT pg_catalog.obj_description(%s::oid, 'pg_class')", self._oid(table, schema))[0][0]}

    def table_options(self, table: str, schema: Optional[str]) -> Dict[str, Any]:
        self._oid(table, schema)
        return {}
