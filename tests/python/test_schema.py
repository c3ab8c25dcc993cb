"""Tables, columns, constraints: authoring, resolution, DDL, copies."""

import pytest

import cormorant as sa
from cormorant import event, exc, schema
from cormorant.dialects import dialect_object
from cormorant.sql.util import join_condition


def ddl(table):
    return [line.strip() for line in str(schema.CreateTable(table)).strip().splitlines()]


def test_create_table_text():
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True))
    table = sa.Table(
        "b",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a_id", None, sa.ForeignKey("a.id", ondelete="CASCADE")),
        sa.Column("name", sa.String(5), nullable=False, server_default="x'y"),
        sa.Column("select", sa.Boolean, unique=True),
        sa.CheckConstraint("id > 0", name="positive"),
    )
    assert ddl(table) == [
        "CREATE TABLE b (",
        "id INTEGER NOT NULL,",
        "a_id INTEGER,",
        "name VARCHAR(5) DEFAULT 'x''y' NOT NULL,",
        '"select" BOOLEAN,',
        "PRIMARY KEY (id),",
        "CONSTRAINT positive CHECK (id > 0),",
        "FOREIGN KEY(a_id) REFERENCES a (id) ON DELETE CASCADE,",
        'UNIQUE ("select")',
        ")",
    ]


def test_foreign_key_gives_its_column_a_type_in_either_order():
    metadata = sa.MetaData()
    child = sa.Table("child", metadata, sa.Column("p", sa.ForeignKey("parent.id")))
    assert isinstance(child.c.p.type, sa.types.NullType)
    parent = sa.Table("parent", metadata, sa.Column("id", sa.String(7), primary_key=True))
    assert child.c.p.type is parent.c.id.type
    assert child.c.p.references(parent.c.id)
    assert metadata.sorted_tables == [parent, child]


def test_lost_references_name_what_is_missing():
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer, sa.ForeignKey("nope.id")))
    (key,) = table.c.x.foreign_keys
    with pytest.raises(exc.NoReferencedTableError, match="could not find table 'nope'") as caught:
        key.column
    assert caught.value.table_name == "nope"
    with pytest.raises(exc.NoReferencedTableError):
        table.metadata.create_all(sa.create_engine("sqlite://"))
    sa.Table("nope", table.metadata, sa.Column("other", sa.Integer))
    with pytest.raises(exc.NoReferencedColumnError, match="table 'nope' has no column named 'id'"):
        key.column


def test_naming_convention():
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    table = sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("x", sa.Integer, sa.ForeignKey("o.id"), index=True),
        sa.Column("y", sa.Integer, unique=True),
        sa.CheckConstraint("y > 0", name="pos"),
    )
    names = {c.name for c in table.constraints} | {i.name for i in table.indexes}
    assert names == {"pk_t", "fk_t_x_o", "uq_t_y", "ck_t_pos", "ix_t_x"}


def test_same_name_twice():
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("a", sa.Integer))
    assert sa.Table("t", metadata) is table
    with pytest.raises(exc.InvalidRequestError, match="already defined for this MetaData instance"):
        sa.Table("t", metadata, sa.Column("b", sa.Integer))
    assert sa.Table("t", metadata, sa.Column("b", sa.Integer), extend_existing=True).c.keys() == ["a", "b"]
    assert sa.Table("t", metadata, sa.Column("c", sa.Integer), keep_existing=True).c.keys() == ["a", "b"]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: sa.Table("t", sa.MetaData(), sa.Column("q", sa.Integer), sa.Column("q", sa.Integer)), exc.DuplicateColumnError, "'q' is already present"),
        (lambda: sa.Table("t", sa.MetaData(), sa.Column(sa.Integer)), exc.ArgumentError, "non-blank name"),
        (lambda: sa.Table("t", sa.MetaData(), foo=1), TypeError, "foo"),
        (lambda: sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer), sa.UniqueConstraint("y")), exc.ConstraintColumnNotFoundError, "'y'"),
        (lambda: sa.Table("t", sa.MetaData(), 5), exc.ArgumentError, "SchemaItem"),
        (lambda: sa.Column("x", sa.Integer, index="name"), None, None),
    ],
)
def test_mistakes(make, error, text):
    if error is None:
        with pytest.raises(exc.ArgumentError, match="boolean only"):
            sa.Table("t", sa.MetaData(), make())
        return
    with pytest.raises(error, match=text):
        make()


def test_a_column_has_one_table():
    column = sa.Column("x", sa.Integer)
    sa.Table("a", sa.MetaData(), column)
    with pytest.raises(exc.ArgumentError, match="already assigned to Table 'a'"):
        sa.Table("b", sa.MetaData(), column)
    copy = column._copy()
    assert copy.table is None
    assert sa.Table("b", sa.MetaData(), copy).c.x is copy


def test_column_collection():
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer, key="bee"))
    assert table.c.keys() == ["a", "bee"]
    assert table.c.bee.name == "b"
    assert table.c["a"] is table.c[0] is table.c.a
    assert "a" in table.c and "b" not in table.c
    assert [c.name for c in table.c["bee", "a"]] == ["b", "a"]
    assert table.c.get("zz") is None
    with pytest.raises(AttributeError):
        table.c.zz
    with pytest.raises(KeyError):
        table.c["zz"]
    with pytest.raises(exc.ArgumentError):
        table.c.a in table.c


def test_tables_in_order_and_cycles():
    metadata = sa.MetaData()
    for name, target in (("z", None), ("y", "z"), ("x", "y"), ("self", "self")):
        keys = [sa.ForeignKey(f"{target}.id")] if target else []
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("o", sa.Integer, *keys))
    assert [t.name for t in metadata.sorted_tables] == ["self", "z", "y", "x"]
    sa.Table("p", metadata, sa.Column("id", sa.Integer, sa.ForeignKey("q.id"), primary_key=True))
    sa.Table("q", metadata, sa.Column("id", sa.Integer, sa.ForeignKey("p.id"), primary_key=True))
    with pytest.warns(exc.SAWarning, match="unresolvable cycles"):
        assert len(metadata.sorted_tables) == 6


def test_to_metadata_copies_everything():
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True))
    table = sa.Table(
        "b",
        metadata,
        sa.Column("id", sa.Integer, sa.ForeignKey("a.id", name="fk"), primary_key=True, default=5, info={"k": 1}),
        sa.Column("x", sa.Integer, index=True, unique=True),
        sa.UniqueConstraint("id", "x", name="u"),
        sa.CheckConstraint("x > 0", name="c"),
        sa.Index("i", "id", "x"),
    )
    other = sa.MetaData()
    for t in metadata.sorted_tables:
        t.to_metadata(other)
    made = other.tables["b"]
    assert {c.name for c in made.constraints} == {c.name for c in table.constraints}
    assert {i.name for i in made.indexes} == {i.name for i in table.indexes}
    assert made.c.id.references(other.tables["a"].c.id)
    assert made.c.id.default.arg == 5 and made.c.id.info == {"k": 1}
    assert ddl(made) == ddl(table)


def test_create_and_drop_leave_others_alone():
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.create_all(engine)
    metadata.create_all(engine)
    assert sa.inspect(engine).get_table_names() == ["t"]
    with pytest.raises(exc.OperationalError, match="already exists"):
        metadata.create_all(engine, checkfirst=False)
    sa.Table("other", metadata, sa.Column("id", sa.Integer, primary_key=True)).create(engine)
    table.drop(engine)
    assert sa.inspect(engine).get_table_names() == ["other"]
    metadata.drop_all(engine)
    assert sa.inspect(engine).get_table_names() == []


def test_columns_may_be_added_after_use():
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    assert str(sa.select(table)).split() == ["SELECT", "t.id", "FROM", "t"]
    table.append_column(sa.Column("x", sa.Integer, default=3))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert())
        assert connection.execute(sa.select(table)).all() == [(1, 3)]


def test_defaults_of_every_kind():
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()
    table = sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("value", sa.Integer, default=1),
        sa.Column("function", sa.Integer, default=lambda: 2),
        sa.Column("sql", sa.Integer, default=sa.select(sa.literal(3)).scalar_subquery()),
        sa.Column("server", sa.Integer, server_default=sa.text("4")),
        sa.Column("changed", sa.Integer, onupdate=lambda: 5),
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert())
        connection.execute(table.update().values(value=9))
        assert connection.execute(sa.select(table)).one() == (1, 9, 2, 3, 4, 5)


def test_ddl_events():
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    heard = []
    event.listen(table, "before_create", lambda target, connection, **kw: heard.append("before"))
    event.listen(table, "after_create", sa.DDL("CREATE VIEW %(table)s_view AS SELECT id FROM %(table)s"))
    event.listen(metadata, "after_create", lambda target, connection, tables, **kw: heard.append([x.name for x in tables]))
    metadata.create_all(engine)
    metadata.create_all(engine)
    assert heard == ["before", ["t"], []]
    assert sa.inspect(engine).get_view_names() == ["t_view"]


def test_reflection():
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER PRIMARY KEY, name VARCHAR(5) NOT NULL UNIQUE)")
        connection.exec_driver_sql("CREATE TABLE b (a_id INTEGER REFERENCES a (id), x NUMERIC(10, 2) DEFAULT 5)")
    metadata = sa.MetaData()
    table = sa.Table("b", metadata, autoload_with=engine)
    assert set(metadata.tables) == {"a", "b"}
    assert table.c.a_id.references(metadata.tables["a"].c.id)
    assert metadata.tables["a"].c.name.type.length == 5 and not metadata.tables["a"].c.name.nullable
    with pytest.raises(exc.NoSuchTableError):
        sa.Table("nope", metadata, autoload_with=engine)
    every = sa.MetaData()
    every.reflect(engine)
    assert set(every.tables) == {"a", "b"}


def test_index_over_expressions():
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer), sa.Column("y", sa.String))
    index = sa.Index("i", sa.func.lower(table.c.y), table.c.x.desc(), unique=True)
    assert str(schema.CreateIndex(index)).strip() == "CREATE UNIQUE INDEX i ON t (lower(y), x DESC)"


def test_defaults_that_look_at_their_row():
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()

    def twice(context):
        return context.get_current_parameters()["x"] * 2

    table = sa.Table("t", metadata, sa.Column("y", sa.Integer, default=twice), sa.Column("x", sa.Integer), sa.Column("z", sa.Integer, onupdate=twice))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert().values(x=1))
        connection.execute(table.insert(), [{"x": 2}, {"x": 3}])
        connection.execute(table.update().where(table.c.x == 3).values(x=4))
        assert connection.execute(sa.select(table).order_by(table.c.x)).all() == [(2, 1, None), (4, 2, None), (6, 4, 8)]


def test_defaults_that_look_at_defaults_before_them():
    engine = sa.create_engine("sqlite://")
    metadata, seen = sa.MetaData(), []

    def note(context):
        seen.append((dict(context.get_current_parameters()), context.isinsert, context.isupdate))
        return 9

    table = sa.Table(
        "t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer, default=4),
        sa.Column("y", sa.Integer, default=note), sa.Column("z", sa.Integer, default=note, onupdate=note),
    )  # fmt: skip
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), {"id": 1})
        connection.execute(table.insert(), [{"id": 2}, {"id": 3}])
        assert seen == [made for n in (1, 2, 3) for made in (({"id": n, "x": 4, "y": None, "z": None}, True, False), ({"id": n, "x": 4, "y": 9, "z": None}, True, False))]
        seen.clear()
        connection.execute(table.insert().values([{"id": 5, "y": 0}, {"id": 6, "y": 1}]))
        assert [values["id"] for values, _, _ in seen] == [5, 6]
        seen.clear()
        connection.execute(table.update().where(table.c.id == 1).values(x=3))
        assert [(values["x"], insert, update) for values, insert, update in seen] == [(3, False, True)]


def test_defaults_that_ask_their_connection():
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()
    numbers = sa.Table("numbers", metadata, sa.Column("n", sa.Integer))

    def highest(context):
        assert context.root_connection is context.connection and context.engine is context.connection.engine and context.dialect.name == "sqlite"
        return context.connection.scalar(sa.select(sa.func.max(numbers.c.n)))

    table = sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer, default=highest))
    metadata.create_all(engine)
    sa.orm.registry().map_imperatively(Plain := type("Plain", (), {}), table)
    with engine.begin() as connection:
        connection.execute(numbers.insert(), {"n": 42})
        connection.execute(table.insert(), {"id": 1})
        connection.execute(table.insert(), [{"id": 2}, {"id": 3}])
        connection.execute(table.insert().values([{"id": 4}, {"id": 5}]))
        with sa.orm.Session(connection) as s:
            s.add_all([Plain(), Plain()])
            s.execute(sa.insert(Plain), [{"id": 8}, {"id": 9}])
            s.commit()
        assert connection.scalars(sa.select(table.c.x)).all() == [42] * 9


def test_defaults_of_mapped_classes_look_at_their_row():
    seen = []
    Base = sa.orm.declarative_base()

    class A(Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        x = sa.Column(sa.Integer, default=4)
        y = sa.Column(sa.Integer, default=lambda c: c.get_current_parameters()["x"] * 2)
        title = sa.Column(sa.String)
        slug = sa.Column(sa.String, default=lambda c: c.current_parameters["title"])
        z = sa.Column(sa.Integer, onupdate=lambda c: seen.append((dict(c.get_current_parameters())["x"], c.isupdate, "slug" in c.current_parameters)))

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with sa.orm.Session(engine) as s:
        a = A()
        s.add_all([a, A(x=7, title="t")])
        s.flush()
        a.x = 9
        s.flush()
        assert s.execute(sa.select(A.x, A.y, A.slug).order_by(A.id)).all() == [(9, 8, None), (7, 14, "t")]
    assert seen == [(9, True, False)]


def test_definitions_are_spelled_for_the_database_they_are_made_in():
    """Whatever engine was made last: the same table on two databases."""
    metadata = sa.MetaData()
    table = sa.Table(
        "t", metadata, sa.Column("a", sa.Integer, server_default=sa.func.abs(5)), sa.Column("b", sa.String(9), server_default="it's"),
        sa.Column("c", sa.Integer, sa.Computed("a + 1", persisted=True)), sa.CheckConstraint(sa.text("a > 0"), name="ck"), sqlite_strict=True,
    )
    index = sa.Index("ix", sa.func.lower(table.c.b), sqlite_where=table.c.a > 3, postgresql_where=table.c.a > 4)
    sa.create_engine("sqlite://")
    for _ in range(2):
        made = {name: str(schema.CreateTable(table).compile(dialect=dialect_object(name))) for name in ("sqlite", "postgresql")}
        assert "a INTEGER DEFAULT (abs(5))" in made["sqlite"] and "STRICT" in made["sqlite"]
        assert "a INTEGER DEFAULT abs(5)" in made["postgresql"] and "STRICT" not in made["postgresql"]
        assert all("DEFAULT 'it''s'" in text and "GENERATED ALWAYS AS (a + 1) STORED" in text and "CHECK (a > 0)" in text for text in made.values())
        assert str(schema.CreateIndex(index).compile(dialect=dialect_object("sqlite"))) == "CREATE INDEX ix ON t (lower(b)) WHERE a > 3"
        assert str(schema.CreateIndex(index).compile(dialect=dialect_object("postgresql"))) == "CREATE INDEX ix ON t (lower(b)) WHERE a > 4"


def test_foreign_keys_by_tokens():
    metadata = sa.MetaData()
    dotted = sa.Table("my.tbl", metadata, sa.Column("z", sa.Integer, primary_key=True))
    table = sa.Table("t", metadata, sa.Column("a", sa.ForeignKey(("my.tbl", "z"))), sa.Column("b", sa.ForeignKey((None, "my.tbl", "z"))))
    a, b = (next(iter(table.c[name].foreign_keys)) for name in "ab")
    assert a.column is b.column is dotted.c.z and a.target_column is None and sa.ForeignKey(dotted.c.z).target_column is dotted.c.z
    assert a.target_tokens == (None, "my.tbl", "z") == tuple(schema.ForeignKeyTarget(schema=None, table_name="my.tbl", column_name="z"))
    assert sa.ForeignKey("x.y.t.c").target_tokens == ("x.y", "t", "c") and repr(sa.ForeignKey(("t", "c"))) == "ForeignKey('t.c')"
    assert eval(repr(a), {"ForeignKey": sa.ForeignKey, "ForeignKeyTarget": schema.ForeignKeyTarget}).target_tokens == a.target_tokens
    with pytest.raises(exc.InvalidRequestError, match="the table name 'my.tbl' contains a dot"):
        a.target_fullname  # noqa: B018
    with pytest.raises(exc.ArgumentError, match="must have two tokens"):
        sa.ForeignKey(("a", "b", "c", "d"))
    with pytest.raises(exc.ArgumentError, match="Column object for DDL foreign key constraint expected, got 5"):
        sa.ForeignKey(5)
    copied = table.to_metadata(sa.MetaData(), schema="s")
    assert {key.target_tokens for key in copied.foreign_keys} == {("s", "my.tbl", "z")}


def test_one_column_may_lead_to_two():
    metadata = sa.MetaData()
    sa.Table("b", metadata, sa.Column("x", sa.Integer, primary_key=True), sa.Column("y", sa.Integer, primary_key=True))
    table = sa.Table("t", metadata, sa.Column("a", sa.Integer), sa.ForeignKeyConstraint(["a", "a"], ["b.x", "b.y"]))
    assert "FOREIGN KEY(a, a) REFERENCES b (x, y)" in ddl(table)
    assert {key.target_fullname for key in table.c.a.foreign_keys} == {"b.x", "b.y"}


def test_columns_are_put_among_others():
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
    table.insert_column(sa.Column("c", sa.Integer), 1)
    table.insert_column(sa.Column("d", sa.Integer, primary_key=True), 0)
    assert table.c.keys() == ["d", "a", "c", "b"] and ddl(table)[1].startswith("d INTEGER")
    table.insert_column(sa.Column("a", sa.String), -1, replace_existing=True)
    assert table.c.keys() == ["d", "c", "a", "b"] and isinstance(table.c.a.type, sa.String)
    with pytest.raises(exc.DuplicateColumnError, match="name 'a' is already present in table 't'. Specify replace_existing=True"):
        table.append_column(sa.Column("a", sa.Integer))


def test_cycles_are_told_apart_from_what_depends_on_them():
    metadata = sa.MetaData()
    for name, target in (("a", "b"), ("b", "c"), ("c", "b")):
        sa.Table(name, metadata, sa.Column("id", sa.Integer, sa.ForeignKey(f"{target}.id"), primary_key=True))
    with pytest.warns(exc.SAWarning, match='cycles between tables "b, c"'):
        assert [t.name for t in metadata.sorted_tables] == ["b", "c", "a"]


def test_conventions_see_columns():
    convention = {"pk": "pk_%(table_name)s_%(column_0_N_name)s", "fk": "fk_%(referred_column_0_name)s"}
    metadata = sa.MetaData(naming_convention=convention)
    a = sa.Table("a", metadata, sa.Column("Id", sa.Integer, key="id", primary_key=True), sa.Column("n", sa.Integer, primary_key=True))
    b = sa.Table("b", metadata, sa.Column("x", sa.ForeignKey("a.id")))
    assert a.primary_key.name == "pk_a_Id_n" and {c.name for c in b.foreign_key_constraints} == {"fk_Id"}


def test_copies_have_info_and_sequences_of_their_own():
    key, check, sequence = sa.ForeignKey("u.id"), sa.CheckConstraint("a > 1"), sa.Sequence("s", start=3)
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer, key), sa.Column("n", sa.Integer, sequence), check)
    key.info["k"], check.info["c"], table.primary_key.info["p"] = 1, 2, 3
    copied = table.to_metadata(sa.MetaData())
    assert next(iter(copied.foreign_keys)).info == {"k": 1} and copied.primary_key.info == {"p": 3}
    assert [c.info for c in copied.constraints if isinstance(c, sa.CheckConstraint)] == [{"c": 2}]
    assert copied.c.n.default is not sequence and copied.c.n.default.metadata is copied.metadata and sequence.metadata is table.metadata
    assert repr(sequence) == "Sequence('s', start=3)"


def test_unknown_arguments_of_dialects_are_refused():
    column = sa.Column("a", sa.Integer)
    with pytest.raises(exc.ArgumentError, match="'postgresql_usng' is not accepted by dialect 'postgresql' on behalf of .*Index"):
        sa.Index("i", column, postgresql_usng="gin")
    with pytest.raises(exc.ArgumentError, match="sqlite_where"):
        sa.UniqueConstraint("a", sqlite_where="a > 1")
    assert sa.Index("i", "a", bigquery_anything=1).dialect_kwargs == {"bigquery_anything": 1}


def test_sqlite_on_conflict_and_defaults():
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, sqlite_on_conflict_primary_key="fail"),
        sa.Column("a", sa.Integer, nullable=False, sqlite_on_conflict_not_null="IGNORE", unique=True, sqlite_on_conflict_unique="REPLACE"),
        sa.Column("b", sa.String, server_default=sa.func.datetime(sa.func.now(), "localtime")),
        sa.Column("c", sa.String, server_default=sa.text("datetime('now')")),
        sa.Column("d", sa.String, server_default=sa.func.now()),
        sa.Column("e", sa.String, server_default="it's"),
        sa.UniqueConstraint("id", "a", sqlite_on_conflict="ROLLBACK"),
    )
    lines = [line.strip() for line in str(schema.CreateTable(table).compile(dialect=dialect_object("sqlite"))).strip().splitlines()]
    assert lines[1:] == [
        "id INTEGER NOT NULL,",
        "a INTEGER NOT NULL ON CONFLICT IGNORE,",
        "b VARCHAR DEFAULT (datetime(CURRENT_TIMESTAMP, 'localtime')),",
        "c VARCHAR DEFAULT (datetime('now')),",
        "d VARCHAR DEFAULT CURRENT_TIMESTAMP,",
        "e VARCHAR DEFAULT 'it''s',",
        "PRIMARY KEY (id) ON CONFLICT FAIL,",
        "UNIQUE (id, a) ON CONFLICT ROLLBACK,",
        "UNIQUE (a) ON CONFLICT REPLACE",
        ")",
    ]
    with sa.create_engine("sqlite://").begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"a": 1})
        connection.execute(table.insert(), {"a": 1})
        row = connection.execute(sa.select(table)).one()
        assert row.id == 2 and len(row.b) == len(row.c) == 19
    with pytest.raises(exc.CompileError, match="Unexpected SQL phrase"):
        bad = sa.Table("u", sa.MetaData(), sa.Column("a", sa.Integer, unique=True, sqlite_on_conflict_unique="x); drop"))
        str(schema.CreateTable(bad).compile(dialect=dialect_object("sqlite")))


def test_listeners_hear_of_reflected_columns():
    heard = []

    def rename(inspector, table, column_info):
        heard.append((table.name, column_info["name"]))
        column_info.update(key="k_" + column_info["name"], info={"by": "us"})

    def retype(inspector, table, column_info):
        column_info["type"] = sa.Text()

    with sa.create_engine("sqlite://").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE b (id INTEGER PRIMARY KEY, a_id VARCHAR REFERENCES a (id), UNIQUE (a_id))")
        connection.exec_driver_sql("CREATE INDEX ix ON b (a_id)")
        metadata = sa.MetaData()
        event.listen(metadata, "column_reflect", rename)
        table = sa.Table("b", metadata, autoload_with=connection, listeners=[("column_reflect", retype)])
        assert heard == [("b", "id"), ("b", "a_id"), ("a", "id")] and table.c.keys() == ["k_id", "k_a_id"]
        assert table.c.k_a_id.info == {"by": "us"} and isinstance(table.c.k_a_id.type, sa.Text) and table.c.k_a_id.name == "a_id"
        assert [c.key for c in table.primary_key] == ["k_id"] and next(iter(table.foreign_keys)).column is metadata.tables["a"].c.k_id
        assert {c.name for i in table.indexes for c in i.columns} == {"a_id"}
        assert connection.execute(sa.select(table)).all() == []
        every = []

        def hear(inspector, table, column_info):
            every.append(column_info["name"])

        event.listen(sa.Table, "column_reflect", hear)
        try:
            sa.Table("a", sa.MetaData(), autoload_with=connection)
        finally:
            event.remove(sa.Table, "column_reflect", hear)
        assert every == ["id"]


def test_dialects_read_schemas_over_a_connection():
    with sa.create_engine("sqlite://").begin() as connection:
        sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer, index=True)).create(connection)
        dialect = connection.dialect
        assert dialect.get_table_names(connection) == ["t"] and [c["name"] for c in dialect.get_columns(connection, "t")] == ["id", "a"]
        assert dialect.has_index(connection, "t", "ix_t_a") and not dialect.has_index(connection, "t", "no") and not dialect.has_index(connection, "u", "no")
        assert dialect.get_pk_constraint(connection, "t")["constrained_columns"] == ["id"] and dialect.get_schema_names(connection) == ["main"]
        assert not sa.inspect(connection).has_table("t", schema="nowhere")
        with pytest.raises(exc.NoSuchTableError, match="u"):
            sa.inspect(connection).get_table_options("u")


def test_a_table_of_an_attached_database_is_not_ours():
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("ATTACH ':memory:' AS other")
        connection.exec_driver_sql("CREATE TABLE other.t (b INTEGER)")
        dialect, inspector = connection.dialect, sa.inspect(connection)
        assert not dialect.has_table(connection, "t") and not inspector.has_table("t")
        assert dialect.has_table(connection, "t", "other") and inspector.has_table("t", "other") and not dialect.has_table(connection, "t", "nowhere")
        assert dialect.has_multi_table(connection, ["t"], "other") == {("other", "t"): True}
        table.metadata.create_all(connection)
        assert connection.execute(sa.select(table)).all() == []


def test_tables_work_without_those_that_their_keys_lead_to():
    meta = sa.MetaData()
    child = sa.Table("child", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("far_id", sa.Integer, sa.ForeignKey("far.id")),
                     sa.Column("near_id", sa.ForeignKey("near.id")))  # fmt: skip
    near = sa.Table("near", meta, sa.Column("id", sa.Integer, primary_key=True))
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE child (id INTEGER PRIMARY KEY, far_id INTEGER, near_id INTEGER)")
        connection.execute(child.insert(), {"id": 1, "far_id": 7})
        assert connection.execute(sa.select(child)).all() == [(1, 7, None)]
    assert str(child.join(near)) == "child JOIN near ON near.id = child.near_id"
    for definition in (lambda: meta.create_all(engine), lambda: str(sa.schema.CreateTable(child)), lambda: child.join(sa.table("far"))):
        with pytest.raises((exc.NoReferencedTableError, exc.NoForeignKeysError)):
            definition()
    far = sa.Table("far", meta, sa.Column("id", sa.Integer, primary_key=True))
    assert str(sa.select(child.c.id).join(far)) == "SELECT child.id \nFROM child JOIN far ON far.id = child.far_id"
    assert "REFERENCES far" in str(sa.schema.CreateTable(child))


def test_the_table_that_was_joined_last_is_joined_first():
    meta = sa.MetaData()
    a = sa.Table("a", meta, sa.Column("id", sa.Integer))
    b = sa.Table("b", meta, sa.Column("id", sa.Integer), sa.Column("a_id", sa.ForeignKey("a.id")))
    c = sa.Table("c", meta, sa.Column("a_id", sa.ForeignKey("a.id")), sa.Column("b_id", sa.ForeignKey("b.id")))
    assert str(a.join(b).join(c)).endswith("JOIN c ON b.id = c.b_id")
    with pytest.raises(exc.AmbiguousForeignKeysError):
        join_condition(a.join(b), c)
    assert str(join_condition(a.join(b), c, a_subset=a)) == "a.id = c.a_id"
    assert str(join_condition(a.join(b), c, consider_as_foreign_keys={c.c.b_id})) == "b.id = c.b_id"
    twice = sa.Table("twice", meta, sa.Column("a_id", sa.Integer, sa.ForeignKey("a.id"), sa.ForeignKey("a.id")))
    assert str(a.join(twice)) == "a JOIN twice ON a.id = twice.a_id"


def test_tables_are_read_where_their_schema_is_translated_to(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/t.db")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ATTACH '{tmp_path}/other.db' AS other")
        connection.exec_driver_sql("CREATE TABLE other.t (q INTEGER PRIMARY KEY, r INTEGER UNIQUE CHECK (r > 1))")
        connection.exec_driver_sql("CREATE INDEX other.ix ON t (r)")
        connection = connection.execution_options(schema_translate_map={"here": "other"})
        read = sa.Table("t", sa.MetaData(), schema="here", autoload_with=connection)
        assert (read.schema, read.c.keys(), [i.name for i in read.indexes]) == ("here", ["q", "r"], ["ix"])
        again = sa.Table("t", read.metadata, schema="here", autoload_with=connection, extend_existing=True)
        assert again is read and [i.name for i in read.indexes] == ["ix"]


def test_tables_of_one_name_in_two_schemas():
    """Reading both at once, `t.x` would be either."""
    meta = sa.MetaData()
    plain = sa.Table("t", meta, sa.Column("id", sa.Integer, primary_key=True), sa.Column("far_id", sa.Integer))
    far = sa.Table("t", meta, sa.Column("id", sa.Integer, primary_key=True), schema="far")
    assert str(sa.select(plain.c.id).where(plain.c.far_id == far.c.id)).replace("\n", "") == (
        "SELECT t_1.id FROM t AS t_1, far.t WHERE t_1.far_id = far.t.id"
    )
    assert str(sa.select(plain)) == "SELECT t.id, t.far_id \nFROM t" and str(sa.select(plain.alias(), far)).count(" AS t_") == 1
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("ATTACH ':memory:' AS far")
        meta.create_all(connection)
        connection.execute(far.insert(), [{"id": 5}, {"id": 6}])
        connection.execute(plain.insert(), [{"id": 1, "far_id": 6}, {"id": 2, "far_id": 7}])
        both = sa.select(plain, far).join_from(plain, far, plain.c.far_id == far.c.id)
        assert connection.execute(both).all() == [(1, 6, 6)]
        inner = both.where(plain.c.id == sa.select(sa.func.min(plain.alias().c.id)).scalar_subquery())
        assert connection.execute(sa.select(sa.func.count()).select_from(inner.subquery())).scalar() == 1
