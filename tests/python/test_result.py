"""Results and rows: the whole protocol."""

import pickle

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.dialects import dialect_object
from cormorant.engine import result as engine_result
from cormorant.orm import Session


@pytest.fixture(scope="module")
def table():
    return sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String), sa.Column("n", sa.Integer))


@pytest.fixture
def connection(table):
    engine = sa.create_engine("sqlite://")
    table.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(table.insert(), [{"name": "a", "n": 1}, {"name": "b", "n": 1}, {"name": "c", "n": 2}])
        yield connection


def test_row(connection, table):
    row = connection.execute(sa.select(table)).first()
    assert row == (1, "a", 1) and hash(row) == hash((1, "a", 1)) and row < (2,)
    assert (row.id, row.name, row[1], row[-1], row[0:2]) == (1, "a", "a", 1, (1, "a"))
    assert row._fields == ("id", "name", "n") and row._asdict() == {"id": 1, "name": "a", "n": 1}
    assert row._mapping["name"] == row._mapping[table.c.name] == "a"
    assert dict(row._mapping) == row._asdict() and "id" in row._mapping and "x" not in row._mapping
    assert list(row._mapping.keys()) == ["id", "name", "n"] and list(row._mapping.values()) == [1, "a", 1]
    assert repr(row) == "(1, 'a', 1)" and len(row) == 3 and 1 in row
    assert row.count(1) == 2 and row.index("a") == 1
    assert isinstance(row, tuple) and row._tuple() is row and row.t is row
    first, *rest = row
    assert rest == ["a", 1]
    with pytest.raises(AttributeError, match="Could not locate column in row for column 'nope'"):
        row.nope
    with pytest.raises(exc.NoSuchColumnError):
        row._mapping["nope"]
    with pytest.raises(KeyError):
        row._mapping["nope"]
    with pytest.raises(AttributeError):
        row.id = 5
    with pytest.raises(TypeError):
        row["id"]


def test_row_pickles(connection, table):
    row = pickle.loads(pickle.dumps(connection.execute(sa.select(table)).first()))
    assert row == (1, "a", 1) and row.name == "a"


def test_columns_named_like_methods(connection):
    row = connection.execute(sa.text('select 1 as "count", 2 as "index", 3 as t, 4 as "_mapping"')).one()
    assert (row.count, row.index) == (1, 2)
    assert row.t is row and row._mapping["t"] == 3 and row._mapping["_mapping"] == 4


def test_ambiguous_names(connection):
    row = connection.execute(sa.text("select 1 as x, 2 as x")).one()
    assert row == (1, 2)
    with pytest.raises(exc.InvalidRequestError, match="Ambiguous column name 'x'"):
        row.x


def test_fetching(connection, table):
    def result():
        return connection.execute(sa.select(table.c.id).order_by(table.c.id))

    assert result().all() == [(1,), (2,), (3,)]
    assert [row.id for row in result()] == [1, 2, 3]
    found = result()
    assert (found.fetchone(), found.fetchmany(1), found.fetchall(), found.fetchone(), found.all()) == ((1,), [(2,)], [(3,)], None, [])
    assert next(result()) == (1,)
    assert list(result().partitions(2)) == [[(1,), (2,)], [(3,)]]
    assert result().keys() == ["id"] and list(result().keys()) == ["id"]
    with result() as found:
        pass
    with pytest.raises(exc.ResourceClosedError, match="This result object is closed."):
        found.all()


@pytest.mark.parametrize(
    ("n", "first", "one", "one_or_none"),
    [(0, None, exc.NoResultFound, None), (1, (1,), (1,), (1,)), (3, (1,), exc.MultipleResultsFound, exc.MultipleResultsFound)],
)
def test_one_row(connection, table, n, first, one, one_or_none):
    statement = sa.select(table.c.id).order_by(table.c.id).limit(n)
    value = first[0] if first else None
    assert connection.execute(statement).first() == first
    assert connection.execute(statement).scalar() == value
    assert connection.execute(statement).scalars().first() == value
    assert connection.scalar(statement) == value
    for name, expected in (("one", one), ("one_or_none", one_or_none)):
        if isinstance(expected, type):
            for call in (name, f"scalar_{name}"):
                with pytest.raises(expected):
                    getattr(connection.execute(statement), call)()
            with pytest.raises(expected):
                getattr(connection.execute(statement).scalars(), name)()
        else:
            assert getattr(connection.execute(statement), name)() == expected
            assert getattr(connection.execute(statement), f"scalar_{name}")() == value


def test_result_is_closed_after_one_row(connection, table):
    found = connection.execute(sa.select(table))
    found.first()
    assert found.closed
    with pytest.raises(exc.ResourceClosedError):
        found.first()


def test_views(connection, table):
    def result():
        return connection.execute(sa.select(table).order_by(table.c.id))

    assert result().scalars().all() == [1, 2, 3]
    assert result().scalars(1).all() == result().scalars("name").all() == result().scalars(table.c.name).all() == ["a", "b", "c"]
    assert result().columns("n", "id").all() == [(1, 1), (1, 2), (2, 3)]
    assert result().columns("n").scalars().all() == [1, 1, 2]
    assert result().mappings().all()[0] == {"id": 1, "name": "a", "n": 1}
    assert [m["name"] for m in result().mappings()] == ["a", "b", "c"]
    assert result().mappings().columns("n").first() == {"n": 1}
    assert result().tuples().all() == result().all()
    assert connection.scalars(sa.select(table.c.name)).all() == ["a", "b", "c"]
    with pytest.raises(exc.NoSuchColumnError):
        result().scalars("nope")


def test_unique(connection, table):
    statement = sa.select(table.c.n).order_by(table.c.id)
    assert connection.execute(statement).unique().all() == [(1,), (2,)]
    assert connection.execute(statement).scalars().unique().all() == [1, 2]
    assert connection.execute(statement).unique().scalars().all() == [1, 2]
    assert connection.execute(statement).unique(lambda row: 0).all() == [(1,)]
    assert connection.execute(statement).unique().mappings().all() == [{"n": 1}, {"n": 2}]
    assert connection.scalars(statement).unique(lambda n: 0).all() == [1]
    again = sa.union_all(*[sa.select(sa.literal_column(n)) for n in ("1", "1", "2", "1", "NULL", "3", "NULL", "2")])
    result = connection.scalars(again).unique()
    assert result.fetchmany(1) == [1] and result.all() == [2, None, 3] and result.all() == []
    listed = connection.scalars(sa.select(sa.type_coerce(sa.literal_column("'[1]'"), sa.JSON))).unique()
    with pytest.raises(TypeError, match="unhashable"):
        listed.all()


def test_columns_of_columns(connection, table):
    statement = sa.select(table).order_by(table.c.id)
    assert connection.execute(statement).columns("n", "name", "id").columns(1, 2).first() == ("a", 1)
    assert connection.execute(statement).columns("n", "id").columns("id").scalars().all() == [1, 2, 3]
    assert connection.execute(statement).mappings().columns("n", "id").columns("id").first() == {"id": 1}


def test_a_strategy_of_unique_mappings_gets_rows(connection, table):
    assert [m["id"] for m in connection.execute(sa.select(table).order_by(table.c.id)).unique(lambda row: row[2]).mappings()] == [1, 3]


def test_results_over_rows_made_in_python():
    meta = engine_result.SimpleResultMetaData(["a", "b"])
    assert engine_result.IteratorResult(meta, [(1, 2), (3, 4)]).fetchmany() == [(1, 2), (3, 4)]
    scalars = engine_result.ChunkedIteratorResult(meta, lambda size: iter([[1, 2], [3]]), source_supports_scalars=True)
    assert scalars.fetchone() == (1,) and scalars.scalars().all() == [2, 3]
    with pytest.raises(TypeError, match="names of columns are strings, not None"):
        engine_result.result_tuple(["a", None])


def test_a_merged_result_is_as_unique_as_its_first(connection, table):
    results = [connection.execute(sa.select(table.c.n)).unique() for _ in range(2)]
    assert sorted(results[0].merge(results[1]).all()) == [(1,), (2,)]


@pytest.mark.parametrize("width", [1, 3, 255, 256, 257, 600])
def test_all_rows_of_any_width(connection, width):
    numbers = sa.select(sa.literal_column("1").label("n")).cte(recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < 300))
    found = connection.execute(sa.select(*[(numbers.c.n * width + i).label(f"c{i}") for i in range(width)])).all()
    assert found == [tuple(n * width + i for i in range(width)) for n in range(1, 301)]


def test_freeze_and_merge(connection, table):
    statement = sa.select(table.c.id).order_by(table.c.id)
    frozen = connection.execute(statement).freeze()
    assert frozen().all() == frozen().all() == [(1,), (2,), (3,)]
    assert frozen().scalars().all() == [1, 2, 3]
    assert frozen().merge(frozen()).scalars().all() == [1, 2, 3, 1, 2, 3]


def test_no_rows(connection, table):
    found = connection.execute(table.update().values(n=5))
    assert (found.returns_rows, found.rowcount) == (False, 3)
    assert not found.closed  # as long as nobody closes it
    for call in ("all", "first", "one", "scalars", "mappings", "fetchone", "keys"):
        with pytest.raises(exc.ResourceClosedError, match="does not return rows"):
            getattr(found, call)()


def test_what_an_insert_says(connection, table):
    found = connection.execute(table.insert().values(name="x"))
    assert found.is_insert and found.inserted_primary_key == (4,) and found.inserted_primary_key.id == 4
    assert (found.lastrowid, found.rowcount) == (4, 1)
    assert connection.execute(table.insert(), {"id": 77}).inserted_primary_key == (77,)
    with pytest.raises(exc.InvalidRequestError):
        connection.execute(sa.select(table)).inserted_primary_key


def test_streaming(connection, table):
    found = connection.execution_options(yield_per=2).execute(sa.select(table.c.id).order_by(table.c.id))
    assert [len(p) for p in found.partitions()] == [2, 1]
    found = connection.execute(sa.select(table.c.id), execution_options={"stream_results": True})
    assert found.fetchone() == (1,)
    found.close()


def test_rows_outlive_their_result_and_connection(table):
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        row = connection.execute(sa.text("select 1 as a, 'x' as b")).one()
    engine.dispose()
    assert row.b == "x" and row._mapping["a"] == 1


def test_reading_after_close_keeps_what_was_fetched(table):
    engine = sa.create_engine("sqlite://")
    connection = engine.connect()
    found = connection.execute(sa.text("select 1"))
    connection.close()
    assert found.all() == [(1,)]


def test_inserted_keys_of_every_kind():
    engine = sa.create_engine("sqlite://")
    table = sa.Table("k", sa.MetaData(), sa.Column("a", sa.String, primary_key=True), sa.Column("b", sa.Integer, primary_key=True, default=lambda: 7))
    table.metadata.create_all(engine)
    with engine.connect() as connection:
        assert connection.execute(table.insert().values(a="x")).inserted_primary_key == ("x", 7)
        assert connection.execute(table.insert(), {"a": "y", "b": 8}).inserted_primary_key == ("y", 8)
        assert connection.execute(table.insert().values(a="z", b=9)).last_inserted_params() == {"a": "z", "b": 9}


def test_rows_answer_to_keys_of_columns():
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer, key="b"), sa.Column("c", sa.Integer))
    with sa.create_engine("sqlite://").connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"b": 1, "c": 2})
        row = connection.execute(sa.select(table)).one()
        assert row._fields == ("a", "c") and (row.a, row.b, row._mapping["b"], row._mapping[table.c.b]) == (1, 1, 1, 1)
        assert connection.execute(sa.select(table).set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)).one().t_b == 1
        assert connection.execute(sa.select(table.c.b, sa.literal(5).label("b"))).one().b == 5


def test_rows_answer_to_columns_of_aliases(connection, table):
    other, inner = table.alias("o"), sa.select(table).subquery("i")
    row = connection.execute(sa.select(table, other).where(table.c.id < other.c.id)).first()
    assert (row._mapping[table.c.name], row._mapping[other.c.name]) == ("a", "b")
    labelled = connection.execute(sa.select(inner).set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)).first()
    assert labelled._fields[1] == "i_name" and labelled._mapping[inner.c.name] == "a"
    one, two = table.alias(), table.alias()
    row = connection.execute(sa.select(one.c.id, two.c.id).where(one.c.id < two.c.id)).first()
    with pytest.raises(exc.InvalidRequestError, match="Ambiguous"):
        row._mapping[two.c.id]


def test_keys_hold_columns(connection, table):
    result = connection.execute(sa.select(table.c.id, table.c.name))
    assert table.c.id in result.keys() and table.c.n not in result.keys() and "id" in result.keys() and 0 not in result.keys()
    keys = result.first()._mapping.keys()
    assert keys == ["id", "name"] and len(keys) == 2 and table.c.name in keys


def test_attributes_of_rows_cannot_be_deleted(connection, table):
    with pytest.raises(AttributeError, match="can't delete attribute"):
        del connection.execute(sa.select(table)).first().id


def test_functions_and_stars_are_executed(connection, table):
    assert connection.scalar(sa.func.max(3, 5)) == 5 and connection.execute(sa.func.lower("A")).all() == [("a",)]
    with Session(connection) as session:
        assert session.scalar(sa.func.upper("b")) == "B"
    assert connection.execute(sa.select("*").select_from(table)).first() == (1, "a", 1)


def test_keys_that_the_database_made_are_known():
    metadata = sa.MetaData()
    named = sa.Table("n", metadata, sa.Column("id", sa.String, primary_key=True, server_default="k"), sa.Column("d", sa.Integer))
    pair = sa.Table("p", metadata, sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.Integer, primary_key=True, server_default="7"))
    with sa.create_engine("sqlite://").begin() as connection:
        metadata.create_all(connection)
        found = connection.execute(named.insert(), {"d": 1})
        assert found.inserted_primary_key == ("k",) and not found.returns_rows and found.rowcount == 1
        assert connection.execute(named.insert().values(id=sa.func.lower("ABC"))).inserted_primary_key == ("abc",)
        assert connection.execute(pair.insert(), {"a": 3}).inserted_primary_key == (3, 7)
        assert connection.execute(pair.insert(), [{"a": n} for n in range(10, 200)]).rowcount == 190
        assert connection.execute(named.insert().prefix_with("OR IGNORE"), {"d": 1}).rowcount == 0
    shown = named.insert().values(id="x").compile(dialect=dialect_object("sqlite"), compile_kwargs={"literal_binds": True})
    assert str(shown) == "INSERT INTO n (id) VALUES ('x')"


def test_escaped_colons_in_quotes(connection):
    assert connection.scalar(sa.text(r"select 'a\:b' || :c || '12:30'"), {"c": "-"}) == "a:b-12:30"


def test_regular_expressions_on_sqlite(connection, table):
    assert connection.scalars(sa.select(table.c.name).where(table.c.name.regexp_match("^[bc]$"))).all() == ["b", "c"]
    assert connection.scalars(sa.select(table.c.name).where(~table.c.name.regexp_match("[bc]"))).all() == ["a"]
    assert connection.scalar(sa.select(sa.null().regexp_match("a"))) is None


def test_exclusive_or_on_sqlite(connection):
    assert connection.scalar(sa.select(sa.literal(5).bitwise_xor(1))) == 4


def test_selected_columns_of_a_subquery_are_its_own(connection, table):
    inner = sa.union(sa.select(table.c.id), sa.select(table.c.n)).subquery()
    statement = sa.select(inner, sa.literal(1).label("one"))
    assert statement.selected_columns.id is inner.c.id and statement.selected_columns.keys() == ["id", "one"]
    assert connection.scalars(statement.order_by(statement.selected_columns.id.desc())).all() == [3, 2, 1]


def test_values_as_a_common_table(connection):
    rows = sa.values(sa.column("a", sa.String), sa.column("b", sa.Integer), name="v").data([("x", 2), ("y", 3)])
    for given in (rows.cte("c"), rows.cte()):
        assert connection.execute(sa.select(given).where(given.c.b > 2)).all() == [("y", 3)]


def test_the_key_of_rows_that_came_from_a_select_is_not_known(connection, table):
    written = connection.execute(table.insert().from_select(["name"], sa.select(table.c.name)))
    assert written.inserted_primary_key == (None,)


def test_parameters_may_be_called_as_items_of_a_list_are(connection, table):
    items = table.c.id.in_(sa.bindparam("q", expanding=True))
    for conditions in ((items, table.c.name == sa.bindparam("q_1")), (table.c.name == sa.bindparam("q_1"), items)):
        assert connection.execute(sa.select(table.c.id).where(*conditions), {"q": [1, 2], "q_1": "a"}).all() == [(1,)]
