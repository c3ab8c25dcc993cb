"""INSERT, UPDATE and DELETE of mapped classes through a session, and the bulk methods of `Session`."""

from __future__ import annotations

import itertools
import typing as t
from types import MappingProxyType

from .. import _core, exc
from ..engine.result import IteratorResult, SimpleResultMetaData
from ..sql import delete, insert, select, tuple_, update
from ..sql.schema import Column
from ..types import Boolean, Integer, String, Text
from .base import NO_VALUE, written_entity
from .evaluator import UnevaluatableError, UnloadedError, evaluate

_NAMED = frozenset((_core.K_ATTR, _core.K_COLUMN, _core.K_LABEL))
_IDENTITY = 3
_KEYS_AT_ONCE = 400
_PLAIN = {Integer: int, String: str, Text: str, Boolean: bool}


def mapper_of(entity: t.Any) -> t.Any:
    return _core.entity_class(entity).__mapper__


def _under_criteria(statement: t.Any, mapper: t.Any) -> t.Any:
    """UPDATE and DELETE under the conditions of with_loader_criteria()."""
    if statement._kind not in (_core.K_UPDATE, _core.K_DELETE):
        return statement
    for option in statement._seg(_core.SEG_OPTIONS):
        if option._kind == _core.K_CRITERIA and mapper.isa(mapper_of(option._kids[0])):
            statement = statement.where(option._kids[1])
    return statement


def of_its_class(statement: t.Any) -> t.Any:
    """An UPDATE or DELETE of a class that shares its table, for the rows of that class; alone, or read by from_statement()."""
    if statement._kind == _core.K_FROM_STATEMENT:
        inner = of_its_class(statement._kids[0])
        if inner is statement._kids[0]:
            return statement
        return select(*statement._seg(_core.SEG_COLUMNS)).from_statement(inner).options(*statement._seg(_core.SEG_OPTIONS))
    entity = written_entity(statement)
    if entity is None or statement._kind == _core.K_INSERT:
        return statement
    mapper = mapper_of(entity)
    on = mapper.polymorphic_on
    identities = [m.polymorphic_identity for m in mapper.self_and_descendants if m.polymorphic_identity is not None]
    if not mapper.single or on is None or not identities:
        return statement
    return statement.where(mapper._entity_attr(entity, mapper.get_property_by_column(on).key).in_(identities))


def execute(session: t.Any, statement: t.Any, params: t.Any, options: t.Mapping[str, t.Any]) -> t.Any:
    """Runs a DML statement over a mapped class, and brings the session's instances in step."""
    mapper = mapper_of(written_entity(statement))
    statement = _returning_entities(_under_criteria(statement, mapper))
    many = isinstance(params, (list, tuple)) and bool(params)
    if _written(statement)._kind == _core.K_INSERT:
        return _insert(session, mapper, statement, params if many else [params] if params else None)
    written = _written(statement)
    strategy = options.get("synchronize_session", "auto")
    if strategy not in ("auto", "evaluate", "fetch", False, None):
        raise exc.ArgumentError("Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch', False")
    if many and written._kind == _core.K_UPDATE and options.get("dml_strategy", "auto") in ("auto", "bulk"):
        return _update_by_key(session, mapper, written, list(params), strategy)
    rows = list(params) if many else [params] if params else None
    criteria = written._seg(_core.SEG_WHERE)  # the session knows the classes of its instances
    statement = of_its_class(statement)
    written = _written(statement)
    if not strategy or many:
        return session._run(statement, rows)
    if session.autoflush:
        session._flush()
    matched = _matched(session, mapper, criteria, strategy)
    if matched is not None:
        result = session._run(statement, rows)
    elif _answers_keys(session, statement, mapper):
        result = session._run(statement.returning(*mapper.primary_key), rows)
        matched = _held(session, mapper, result.all())
        result._forget_rows()
    else:
        matched = _held(session, mapper, session._run(select(*mapper.primary_key).where(*written._seg(_core.SEG_WHERE)), rows).all())
        result = session._run(statement, rows)
    _synchronise(session, written, mapper, matched)
    return result


def _update_by_key(session: t.Any, mapper: t.Any, statement: t.Any, rows: t.List[t.Mapping[str, t.Any]], strategy: t.Any) -> t.Any:
    """UPDATE with a list of rows: each by its primary key, under the statement's own conditions and with its values."""
    criteria = statement._seg(_core.SEG_WHERE)
    if statement._flags & _core.FLAG_ORDERED:
        raise exc.InvalidRequestError("bulk ORM UPDATE does not support ordered_values() for custom UPDATE statements with bulk parameter sets.")
    if strategy == "fetch":
        raise exc.InvalidRequestError("The 'fetch' synchronization strategy is not available for 'bulk' ORM updates (i.e. multiple parameter sets)")
    if criteria and strategy == "evaluate":
        raise exc.InvalidRequestError(
            "bulk synchronize of persistent objects not supported when using bulk update with additional WHERE criteria right now: say "
            "synchronize_session=None in the execution options"
        )
    pairs = [assign._kids for assign in statement._seg(_core.SEG_VALUES)]
    values = {target._expr if target._kind == _core.K_ATTR else target: value for target, value in pairs}
    update_mappings(session, mapper, rows, values, criteria)
    return IteratorResult(SimpleResultMetaData([]), [])


def _insert(session: t.Any, mapper: t.Any, statement: t.Any, rows: t.Optional[t.Sequence[t.Mapping[str, t.Any]]]) -> t.Any:
    if not rows:
        return session._run(statement, None)
    rows = _with_identity(mapper, rows)
    if len(mapper.tables) < 2:
        rows = _all_by_column(mapper, rows)
        if set(map(len, rows)) == {len(set().union(*rows))}:
            return session._run(statement, rows)
        groups = [list(group) for _, group in itertools.groupby(rows, key=lambda row: row.keys())]
        results = [session._run(statement, group) for group in groups]
        return results[0].merge(*results[1:]) if _written(statement)._seg(_core.SEG_RETURNING) else _counted(results)
    done = [_by_column(mapper, row) for row in rows]
    result = _insert_joined(session, mapper, done, _written(statement))
    asked = statement._seg(_core.SEG_COLUMNS) if statement is not _written(statement) else statement._seg(_core.SEG_RETURNING)
    return _read_inserted(session, mapper, statement, asked, done) if asked else result


def _read_inserted(session: t.Any, mapper: t.Any, statement: t.Any, asked: t.Sequence[t.Any], rows: t.Sequence[t.Mapping[str, t.Any]]) -> t.Any:
    """What an INSERT into several tables returns, in the order of its rows: read afterwards, by key."""
    key = mapper.primary_key
    options = _written(statement)._seg(_core.SEG_OPTIONS)
    order = [tuple(row[c.key] for c in key) for row in rows]
    found: t.Dict[t.Tuple[t.Any, ...], t.Any] = {}
    names: t.Sequence[str] = ()
    for start in range(0, len(order), _KEYS_AT_ONCE):
        part = order[start : start + _KEYS_AT_ONCE]
        criterion = key[0].in_([k[0] for k in part]) if len(key) == 1 else tuple_(*key).in_(part)
        result = session._run(select(*(mapper._nodes[mapper.get_property_by_column(c).key] for c in key), *asked).where(criterion).options(*options), None)
        names = list(result.keys())[len(key) :]
        found.update((tuple(row[: len(key)]), tuple(row[len(key) :])) for row in result)
    return IteratorResult(SimpleResultMetaData(names), [found[k] for k in order])


def _with_identity(mapper: t.Any, rows: t.Sequence[t.Mapping[str, t.Any]]) -> t.Sequence[t.Mapping[str, t.Any]]:
    """Rows of a class in a hierarchy say which class it is."""
    on = mapper.polymorphic_on
    if mapper.polymorphic_identity is None or not isinstance(on, Column) or not any(on is c for table in mapper.tables for c in table.c):
        return rows
    key = mapper.get_property_by_column(on).key
    return [row if key in row else {**row, key: mapper.polymorphic_identity} for row in rows]


def _insert_joined(session: t.Any, mapper: t.Any, done: t.Sequence[t.Dict[str, t.Any]], written: t.Any = None) -> t.Any:
    """Rows of a class in several tables: the key that the first table makes is that of the others, and is put into the rows.
    written: the INSERT, for what it says of every row."""
    result = None
    given: t.Dict[str, t.Any] = {}
    if written is not None:
        if any(part._kind == _core.K_ON_CONFLICT for part in written._seg(_core.SEG_EXTRA)):
            raise exc.InvalidRequestError(f"INSERT of several rows with ON CONFLICT is not supported for {mapper}, which has several tables")
        given = _by_column(mapper, _said(mapper, written))
    for table in mapper.tables:
        known = [{k: v for k, v in row.items() if k in table.c} for row in done]
        key = list(table.primary_key.columns)
        statement = insert(table) if written is None else insert(table)._replace(_core.SEG_PREFIX, written._seg(_core.SEG_PREFIX))
        said = {k: v for k, v in given.items() if k in table.c}
        results = []
        if all(c.key in row for row in known for c in key):
            for names in dict.fromkeys(tuple(row) for row in known):
                rest = {k: v for k, v in said.items() if k not in names}
                results.append(session._run(statement.values(rest) if rest else statement, [row for row in known if tuple(row) == names]))
        else:
            for row, values in zip(done, known):
                results.append(session._run(statement.values({**said, **values}), None))
                for column, value in zip(key, results[-1].inserted_primary_key):
                    row.update({c.key: value for c in mapper.get_property_by_column(column).columns})
        result = _counted(results) if table is mapper.tables[0] else result
    return result


def _counted(results: t.Sequence[t.Any]) -> t.Any:
    """The result of several statements that return nothing: the last one, which counts the rows of all."""
    counts = [result.rowcount for result in results]
    results[-1].rowcount = sum(counts) if min(counts) >= 0 else -1
    return results[-1]


def _said(mapper: t.Any, written: t.Any) -> t.Dict[str, t.Any]:
    """What values() of an INSERT or UPDATE says of every row, by names of attributes."""
    found = {}
    for assign in written._seg(_core.SEG_VALUES):
        target, value = assign._kids
        column = target._expr if target._kind == _core.K_ATTR else target
        found[mapper.get_property_by_column(column).key] = value._value if value._kind == _core.K_BIND else value
    return found


def _returning_entities(statement: t.Any) -> t.Any:
    """`insert(User).returning(User)`: read as entities, from the columns they consist of."""
    items = statement._seg(_core.SEG_RETURNING)
    entities = [item for item in items if item._kind == _core.K_ENTITY]
    if not entities:
        return statement
    asked, columns = [], []
    for item in items:
        if item._kind == _core.K_ENTITY:
            columns += [p.columns[0] for p in mapper_of(item)._props.values() if _is_column(p)]
        else:
            item = item if item._kind in _NAMED else item.label(f"anon_{len(asked) + 1}")
            columns.append(item)
        asked.append(item)
    return select(*asked).from_statement(statement._replace(_core.SEG_RETURNING, columns)).options(*statement._seg(_core.SEG_OPTIONS))


def _is_column(prop: t.Any) -> bool:
    return hasattr(prop, "is_expression") and not prop.is_expression


def _written(statement: t.Any) -> t.Any:
    """The INSERT, UPDATE or DELETE inside a statement that reads what it returns."""
    return statement._kids[0] if statement._kind == _core.K_FROM_STATEMENT else statement


def _spread(cls: type, values: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
    """The values with those of hybrids and their kin put into columns."""
    for key in list(values):
        described = next((base.__dict__[key] for base in cls.__mro__ if key in base.__dict__), None)
        if hasattr(type(described), "_spread_bulk_value"):
            described._spread_bulk_value(cls, values, values.pop(key))  # type: ignore[union-attr]
    return values


def _by_column(mapper: t.Any, values: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """Attribute names as column keys; hybrids say which columns they set."""
    if not values.keys() <= mapper._props.keys() or any(key in values for key in mapper._composites):
        values = _spread(mapper.class_, dict(values))
    found = {}
    for key, value in values.items():
        prop = mapper._props.get(key)
        found[prop.columns[0].key if prop is not None and hasattr(prop, "columns") and not hasattr(prop, "direction") else key] = value
    return found


def _all_by_column(mapper: t.Any, rows: t.Sequence[t.Mapping[str, t.Any]]) -> t.List[t.Mapping[str, t.Any]]:
    """The same for many rows; those of a class whose attributes have their columns' names stay as they are."""
    same = {key for key, prop in mapper._props.items() if _is_column(prop) and prop.columns[0].key == key}
    if same.issuperset(set().union(*rows)):
        return rows if isinstance(rows, list) else list(rows)
    return [_by_column(mapper, row) for row in rows]


def _matched(session: t.Any, mapper: t.Any, criteria: t.Sequence[t.Any], strategy: t.Any) -> t.Optional[t.List[t.Any]]:
    """Instances of the session that the statement is about to change; None: the database has to say."""
    held = [obj for obj in session._list(_IDENTITY) if isinstance(obj, mapper.class_)]
    if not held:
        return []
    if strategy == "fetch":
        return None
    try:
        return _evaluated(session, held, criteria)
    except UnevaluatableError as error:
        if strategy == "evaluate":
            raise exc.InvalidRequestError(
                f'Could not evaluate current criteria in Python: "{error}". Specify \'fetch\' or False for the synchronize_session '
                'execution option.'
            ) from error
    return None


def _answers_keys(session: t.Any, statement: t.Any, mapper: t.Any) -> bool:
    """Whether the statement itself can answer the keys of the rows it changed."""
    if statement._kind == _core.K_FROM_STATEMENT or statement._seg(_core.SEG_RETURNING) or len(mapper.tables) > 1:
        return False
    dialect = session.get_bind(mapper).dialect
    return bool(dialect.update_returning if statement._kind == _core.K_UPDATE else dialect.delete_returning)


def _held(session: t.Any, mapper: t.Any, keys: t.Iterable[t.Any]) -> t.List[t.Any]:
    wanted = {tuple(row) for row in keys}
    return [obj for obj in session._list(_IDENTITY) if isinstance(obj, mapper.class_) and _core.inst_identity(obj) in wanted]


def _evaluated(session: t.Any, held: t.List[t.Any], criteria: t.Any) -> t.List[t.Any]:
    """Instances for which the criteria hold in memory. Those that cannot tell for want of a value are read again when next used."""
    found, unsure = [], []
    for obj in held:
        try:
            if all(evaluate(c, obj) for c in criteria):
                found.append(obj)
        except UnloadedError:
            unsure.append(obj)
    for obj in unsure:
        session._expire(obj, None)
    return found


def _synchronise(session: t.Any, statement: t.Any, mapper: t.Any, matched: t.List[t.Any]) -> None:
    if statement._kind == _core.K_DELETE:
        for obj in matched:
            session._row_deleted(obj)
        return
    assigned = {}
    for assign in statement._seg(_core.SEG_VALUES):
        target, value = assign._kids
        column = target._expr if target._kind == _core.K_ATTR else target
        for prop in mapper._props.values():
            if not hasattr(prop, "direction") and any(c is column for c in getattr(prop, "columns", ()) or ()):
                assigned[prop.key] = column, value
    onupdate = [p.key for p in mapper._props.values() if _is_column(p) and _changes_by_itself(p.columns[0])]
    for obj in matched:
        known = _new_values(obj, assigned)
        unknown = [k for k in dict.fromkeys([*assigned, *onupdate]) if k not in known]
        for key, value in known.items():
            _core.inst_set_committed(obj, key, value)
        if unknown or not known:
            session._expire(obj, unknown or None)


def _changes_by_itself(column: t.Any) -> bool:
    """Whether an UPDATE that does not speak of a column may change it."""
    return any(getattr(column, name, None) is not None for name in ("onupdate", "server_onupdate", "computed"))


def _new_values(obj: t.Any, assigned: t.Mapping[str, t.Tuple[t.Any, t.Any]]) -> t.Dict[str, t.Any]:
    """What an UPDATE gave loaded, unchanged attributes, where memory tells as surely as the database would."""
    found = {}
    for key, (column, node) in assigned.items():
        if _core.inst_peek(obj, key, NO_VALUE) is NO_VALUE or any(_core.inst_history(obj, key)[::2]):
            continue
        try:
            value = evaluate(node, obj)
        except UnevaluatableError:
            continue
        if value is None or type(value) is _PLAIN.get(type(column.type)):
            found[key] = value
    return found


# ---- Session.bulk_*


def insert_mappings(session: t.Any, mapper: t.Any, mappings: t.List[t.Mapping[str, t.Any]]) -> None:
    """INSERTs rows given as mappings of attribute names, those with the same keys together."""
    mappings = list(_with_identity(mapper, mappings))
    if len(mapper.tables) > 1:
        if mappings:
            _insert_joined(session, mapper, [_by_column(mapper, row) for row in mappings])
        return
    groups: t.Dict[t.Tuple[str, ...], t.List[t.Dict[str, t.Any]]] = {}
    for mapping in mappings:
        row = {k: v for k, v in _by_column(mapper, mapping).items() if k in mapper.local_table.c}
        groups.setdefault(tuple(row), []).append(row)
    for rows in groups.values():
        session._run(insert(mapper.local_table), rows)


def update_mappings(
    session: t.Any, mapper: t.Any, mappings: t.List[t.Mapping[str, t.Any]], given: t.Mapping[t.Any, t.Any] = MappingProxyType({}),
    conditions: t.Sequence[t.Any] = (),
) -> None:
    """UPDATEs rows by primary key, given as mappings of attribute names. given: expressions by column, for every row; conditions: for every row."""
    names = [mapper.get_property_by_column(c).key for c in mapper.primary_key]
    held = {_core.inst_identity(o): o for o in session._list(_IDENTITY) if isinstance(o, mapper.class_)}
    for mapping in mappings:
        missing = [n for n in names if n not in mapping]
        if missing:
            raise exc.InvalidRequestError(
                f"No primary key value supplied for column(s) {', '.join(missing)}; per-row ORM Bulk UPDATE by Primary Key "
                "requires that records contain primary key values"
            )
        values = {k: v for k, v in mapping.items() if k not in names}
        if not values and not given:
            continue
        criteria = {name: mapping[name] for name in names}
        for table in mapper.tables:
            row = {c.key: v for c, v in given.items() if c.table is table}
            row.update((k, v) for k, v in _by_column(mapper, values).items() if k in table.c)
            if row:
                session._run(update(table).where(*_of_table(mapper, table, criteria), *conditions).values(row))
        obj = held.get(tuple(mapping[n] for n in names))
        if obj is not None:
            session._expire(obj, [k for k in (*values, *(mapper.get_property_by_column(c).key for c in given)) if k in mapper._props])


def _of_table(mapper: t.Any, table: t.Any, key: t.Mapping[str, t.Any]) -> t.List[t.Any]:
    """The primary key as columns of one of the tables of a class."""
    found = []
    for name, value in key.items():
        columns = mapper._props[name].columns
        found.append(next((c for c in columns if c.table is table), columns[-1]) == value)
    return found


def save_objects(session: t.Any, objects: t.List[t.Any], return_defaults: bool) -> None:
    """INSERTs or UPDATEs the rows of instances without taking them into the session."""
    if return_defaults:
        raise NotImplementedError("bulk_save_objects(return_defaults=True) is not supported yet; use add_all() and flush()")
    for obj in objects:
        mapper = _core.inst_state(obj).mapper
        loaded = {k: v for k, v in _core.inst_loaded(obj).items() if hasattr(mapper._props[k], "columns") and not mapper._props[k].is_expression}
        key = _core.inst_identity(obj)
        if key is None:
            insert_mappings(session, mapper, [loaded])
        else:
            names = [mapper.get_property_by_column(c).key for c in mapper.primary_key]
            changed = {k: v for k, v in loaded.items() if any(_core.inst_history(obj, k)[::2])}
            update_mappings(session, mapper, [{**changed, **dict(zip(names, key))}])


__all__ = ["delete", "execute", "insert_mappings", "save_objects", "update_mappings"]
