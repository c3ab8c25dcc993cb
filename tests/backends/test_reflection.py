"""Tables made on PostgreSQL are read back as they were written, and make no difference when made again."""

import cormorant as sa
from cormorant import Column


def make(metadata):
    sa.Table("author", metadata, Column("id", sa.Integer, primary_key=True), Column("name", sa.String(40), nullable=False, unique=True))
    sa.Table(
        "book", metadata,
        Column("id", sa.BigInteger, primary_key=True),
        Column("author_id", sa.ForeignKey("author.id", ondelete="CASCADE", name="fk_author"), nullable=False),
        Column("price", sa.Numeric(8, 2), server_default="1.50"),
        Column("kind", sa.Enum("novel", "poem", name="kind")),
        Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
        Column("raw", sa.LargeBinary), Column("doc", sa.JSON), Column("key", sa.Uuid), Column("span", sa.Interval), Column("day", sa.Date),
        Column("twice", sa.Integer, sa.Computed("id * 2")),
        sa.CheckConstraint("price > 0", name="ck_price"),
        sa.Index("ix_kind", "kind", "day"),
        sa.Index("ix_lower", sa.text("lower(raw::text)"), unique=True),
    )  # fmt: skip


def test_reading_back(engine):
    metadata = sa.MetaData()
    make(metadata)
    metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(sa.text("COMMENT ON COLUMN book.day IS 'first sold'"))
        c.execute(sa.text("CREATE VIEW cheap AS SELECT id FROM book WHERE price < 2"))
    inspector = sa.inspect(engine)
    assert inspector.get_table_names() == ["author", "book"] and inspector.get_view_names() == ["cheap"]
    assert "public" in inspector.get_schema_names() and inspector.has_table("cheap")
    columns = {c["name"]: c for c in inspector.get_columns("book")}
    types = {name: str(c["type"]) for name, c in columns.items()}
    assert types["id"] == "BIGINT" and types["price"] == "NUMERIC(8, 2)" and types["key"] == "UUID" and types["day"] == "DATE"
    assert columns["kind"]["type"].enums == ["novel", "poem"] and columns["at"]["type"].timezone is True
    assert columns["day"]["comment"] == "first sold" and columns["id"]["autoincrement"] and columns["twice"]["computed"]["persisted"]
    assert not columns["author_id"]["nullable"] and columns["at"]["default"] == "now()"
    assert inspector.get_pk_constraint("book")["constrained_columns"] == ["id"]
    (key,) = inspector.get_foreign_keys("book")
    assert (key["name"], key["referred_table"], key["options"]) == ("fk_author", "author", {"ondelete": "CASCADE"})
    assert [u["column_names"] for u in inspector.get_unique_constraints("author")] == [["name"]]
    assert [c["name"] for c in inspector.get_check_constraints("book")] == ["ck_price"]
    indexes = {i["name"]: i for i in inspector.get_indexes("book")}
    assert indexes["ix_kind"]["column_names"] == ["kind", "day"] and indexes["ix_lower"]["expressions"] == ["lower(raw::text)"]
    assert inspector.get_sequence_names() == ["author_id_seq", "book_id_seq"]


def test_tables_read_from_the_database_work(engine):
    metadata = sa.MetaData()
    make(metadata)
    metadata.create_all(engine)
    read = sa.MetaData()
    book = sa.Table("book", read, autoload_with=engine)
    assert set(read.tables) == {"author", "book"}
    with engine.begin() as c:
        c.execute(read.tables["author"].insert(), {"name": "a"})
        c.execute(book.insert(), {"author_id": 1, "kind": "poem", "doc": {"x": 1}})
        row = c.execute(sa.select(book.c.kind, book.c.twice, book.c.doc, book.c.price)).one()
    assert (row.kind, row.twice, row.doc, str(row.price)) == ("poem", 2, {"x": 1}, "1.50")
    read.drop_all(engine)
    read.create_all(engine)
    assert sa.inspect(engine).get_table_names() == ["author", "book"]
