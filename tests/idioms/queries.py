"""Lists, searches, reports, imports: statements as applications write them."""

from __future__ import annotations

import csv
import datetime
import io

from .kit import program

PEOPLE = [("ann", 31, "rome"), ("bob", 25, "oslo"), ("cy", 40, "rome"), ("dee", 25, None), ("eve", 19, "oslo"), ("fay", 67, "bern")]


def people(k):
    """A session with a table of people."""
    sa, Base = k.sa, k.base()

    class Person(Base):
        __tablename__ = "person"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String, unique=True)
        age = sa.Column(sa.Integer)
        city = sa.Column(sa.String)

        def __repr__(self):
            return self.name

    s = k.session(Base)
    s.execute(sa.insert(Person), [{"name": n, "age": a, "city": c} for n, a, c in PEOPLE])
    s.commit()
    return s, Person


@program
def search_with_optional_filters(k):
    s, Person = people(k)
    sa = k.sa

    def search(name=None, city=(), older=None, order="name", descending=False):
        stmt = sa.select(Person)
        if name:
            stmt = stmt.where(Person.name.icontains(name, autoescape=True))
        if city:
            stmt = stmt.where(Person.city.in_(city))
        if older is not None:
            stmt = stmt.where(Person.age > older)
        column = getattr(Person, order)
        return repr(s.scalars(stmt.order_by(column.desc() if descending else column.asc(), Person.id)).all())

    return search(), search(name="E"), search(city=["rome", "bern"], older=35), search(order="age", descending=True), search(name="%")


@program
def pages_by_offset_and_by_key(k):
    s, Person = people(k)
    sa = k.sa
    total = s.scalar(sa.select(sa.func.count()).select_from(Person))
    by_offset = [s.scalars(sa.select(Person.name).order_by(Person.id).limit(4).offset(n)).all() for n in (0, 4, 8)]
    pages, after = [], (0, 0)
    while True:
        page = s.execute(
            sa.select(Person).where(sa.tuple_(Person.age, Person.id) > after).order_by(Person.age, Person.id).limit(4)
        ).scalars().all()
        if not page:
            return total, by_offset, repr(pages)
        pages.append(page)
        after = (page[-1].age, page[-1].id)


@program
def report_by_group(k):
    s, Person = people(k)
    sa, func = k.sa, k.sa.func
    band = sa.case((Person.age < 30, "young"), (Person.age < 60, "grown"), else_="old").label("band")
    stmt = sa.select(func.coalesce(Person.city, "-").label("city"), func.count().label("n"), func.round(func.avg(Person.age), 1).label("mean"), func.min(Person.name).label("first"))
    bands = sa.select(band, func.count(), func.sum(sa.case((Person.city == "oslo", 1), else_=0))).group_by(band).order_by(band)
    having = stmt.group_by("city").having(func.count() > 1).order_by(sa.desc("n"), "city")
    return [tuple(r) for r in s.execute(having)], [tuple(r) for r in s.execute(bands)], list(s.execute(having).keys())


@program
def running_totals_and_previous_rows(k):
    s, Person = people(k)
    sa, func = k.sa, k.sa.func
    stmt = sa.select(
        Person.name, func.sum(Person.age).over(order_by=Person.id, rows=(None, 0)).label("running"),
        func.lag(Person.name).over(order_by=Person.id), func.rank().over(partition_by=Person.city, order_by=Person.age.desc()),
    ).order_by(Person.id)
    top = sa.select(Person.name, Person.city, func.row_number().over(partition_by=Person.city, order_by=Person.age.desc()).label("rn")).subquery()
    return [tuple(r) for r in s.execute(stmt)], sorted(s.scalars(sa.select(top.c.name).where(top.c.rn == 1)))


@program
def upsert(k):
    s, Person = people(k)
    insert = k.module("dialects.sqlite").insert
    stmt = insert(Person).values([{"name": "ann", "age": 32}, {"name": "zed", "age": 1}])
    stmt = stmt.on_conflict_do_update(index_elements=[Person.name], set_={"age": stmt.excluded.age}, where=Person.age < 60).returning(Person.name, Person.age)
    changed = sorted(tuple(r) for r in s.execute(stmt))
    s.execute(insert(Person).values(name="bob", age=0).on_conflict_do_nothing())
    s.commit()
    return changed, s.query(Person.age).filter_by(name="bob").scalar(), s.query(Person).count()


@program
def bulk_import_from_csv(k):
    s, Person = people(k)
    sa = k.sa
    rows = list(csv.DictReader(io.StringIO("name,age\ngil,50\nhal,51\n")))
    s.execute(sa.insert(Person), [{**row, "age": int(row["age"])} for row in rows])
    s.bulk_insert_mappings(Person, [{"name": "ivy", "age": 1}])
    s.bulk_save_objects([Person(name="jon", age=2)])
    s.commit()
    s.execute(sa.update(Person), [{"id": p.id, "age": p.age + 100} for p in s.query(Person).filter(Person.name > "f")])
    s.commit()
    ids = s.scalars(sa.insert(Person).returning(Person.id, sort_by_parameter_order=True), [{"name": "x"}, {"name": "y"}]).all()
    return [tuple(r) for r in s.query(Person.name, Person.age).filter(Person.age > 100).order_by(Person.id)], len(ids)


@program
def many_rows_in_batches(k):
    s, Person = people(k)
    sa = k.sa
    s.execute(sa.insert(Person), [{"name": f"n{i}", "age": i} for i in range(2500)])
    sizes = [len(part) for part in s.scalars(sa.select(Person).order_by(Person.id).execution_options(yield_per=1000)).partitions()]
    summed = sum(row.age for row in s.execute(sa.select(Person.age)).yield_per(100))
    return sizes, summed, sum(1 for _ in s.query(Person).yield_per(500))


@program
def update_and_delete_by_condition(k):
    s, Person = people(k)
    sa = k.sa
    ann = s.query(Person).filter_by(name="ann").one()
    n = s.query(Person).filter(Person.city == "rome").update({"age": Person.age + 1})
    after = ann.age
    gone = s.execute(sa.delete(Person).where(Person.age.between(20, 30)).returning(Person.name)).scalars().all()
    moved = s.execute(sa.update(Person).where(Person.id.in_(sa.select(Person.id).where(Person.age > 60))).values(city="home")).rowcount
    s.commit()
    return n, after, sorted(gone), moved, s.query(Person).count()


@program
def latest_of_each_by_lateral_thinking(k):
    s, Person = people(k)
    sa, orm = k.sa, k.orm
    other = orm.aliased(Person)
    oldest = sa.select(Person).where(~sa.exists().where(other.city == Person.city, other.age > Person.age), Person.city.is_not(None)).order_by(Person.city)
    youngest = sa.select(Person.city, sa.select(other.name).where(other.city == Person.city).order_by(other.age).limit(1).scalar_subquery().label("who"))
    return repr(s.scalars(oldest).all()), sorted(tuple(r) for r in s.execute(youngest.where(Person.city.is_not(None)).distinct()))


@program
def unions_of_searches(k):
    s, Person = people(k)
    sa, orm = k.sa, k.orm
    a, b = sa.select(Person).where(Person.age < 26), sa.select(Person).where(Person.city == "rome")
    both = orm.aliased(Person, sa.union(a, b).subquery())
    stmt = sa.select(Person).from_statement(sa.union_all(a, b).order_by("name"))
    return repr(s.scalars(sa.select(both).order_by(both.name)).all()), repr(s.scalars(stmt).all()), s.query(Person).filter(Person.age < 26).union(s.query(Person).filter_by(city="rome")).count()


@program
def raw_sql_with_parameters(k):
    s, Person = people(k)
    sa = k.sa
    found = s.execute(sa.text("select name, age from person where age > :age and city in :cities order by name").bindparams(sa.bindparam("cities", expanding=True)), {"age": 20, "cities": ["rome", "oslo"]})
    rows = [dict(r) for r in found.mappings()]
    typed = sa.text("select '2024-01-02' as d, 1 as b").columns(d=sa.Date, b=sa.Boolean)
    entities = s.scalars(sa.select(Person).from_statement(sa.text("select * from person where age > :n order by id")), {"n": 35}).all()
    return rows, s.execute(typed).one() == (datetime.date(2024, 1, 2), True), repr(entities)


@program
def loading_without_n_plus_one(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class A(Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        bs = orm.relationship("B", order_by="B.id", back_populates="a")

    class B(Base):
        __tablename__ = "b"
        id = sa.Column(sa.Integer, primary_key=True)
        a_id = sa.Column(sa.ForeignKey("a.id"))
        big = orm.deferred(sa.Column(sa.Text))
        a = orm.relationship(A, back_populates="bs")

    s = k.session(Base)
    s.add_all([A(bs=[B(big="x"), B(big="y")]), A(bs=[B(big="z")])])
    s.commit()
    counts = []

    @k.event.listens_for(s.get_bind(), "before_cursor_execute")
    def count(conn, cursor, statement, parameters, context, executemany):
        counts.append(statement)

    for option in (orm.lazyload(A.bs), orm.selectinload(A.bs), orm.joinedload(A.bs), orm.selectinload(A.bs).undefer(B.big), orm.subqueryload(A.bs)):
        s.expunge_all()
        counts.append([])
        made = [[b.big for b in a.bs] for a in s.scalars(sa.select(A).options(option).order_by(A.id)).unique()]
    per = [0]
    for c in counts[1:]:
        per = [*per, 0] if c == [] else [*per[:-1], per[-1] + 1]
    refused = k.raises(lambda: s.scalars(sa.select(A).options(orm.raiseload("*")).execution_options(populate_existing=True)).first().bs)
    return per, made, refused


@program
def reading_into_a_data_frame(k):
    s, Person = people(k)
    sa = k.sa
    with s.get_bind().connect() as connection:
        cursor = connection.connection.cursor()  # what pandas.read_sql does with a raw connection
        cursor.execute("select city, age from person where age > ? order by age", (30,))
        columns = [d[0] for d in cursor.description]
        frame = {name: list(values) for name, values in zip(columns, zip(*cursor.fetchall(), strict=True), strict=True)}
        cursor.close()
        result = connection.execute(sa.select(Person.__table__).where(Person.age < 20))
        return frame, list(result.keys()), result.fetchall() == [(5, "eve", 19, "oslo")]


@program
def full_text_search_in_sqlite(k):
    s, Person = people(k)
    sa = k.sa
    s.execute(sa.text("create virtual table docs using fts5(body)"))
    docs = sa.table("docs", sa.column("body", sa.String), sa.column("rowid", sa.Integer))
    s.execute(sa.insert(docs), [{"body": "the quick fox"}, {"body": "a slow dog"}, {"body": "quick quick"}])
    found = s.execute(sa.select(docs.c.body).where(sa.literal_column("docs").op("MATCH")("quick")).order_by(sa.text("rank"))).scalars().all()
    return found, s.scalar(sa.select(sa.func.highlight(sa.literal_column("docs"), 0, "[", "]")).select_from(docs).where(docs.c.body.match("dog")))


@program
def reflection_of_a_foreign_database(k):
    sa, orm = k.sa, k.orm
    engine = k.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("create table author (id integer primary key, name varchar(20) not null)")
        connection.exec_driver_sql("create table book (id integer primary key, author_id integer references author(id), title text default 'x')")
        connection.exec_driver_sql("insert into author values (1, 'ann')")
        connection.exec_driver_sql("insert into book (author_id) values (1)")
    metadata = sa.MetaData()
    metadata.reflect(engine)

    class Base(orm.DeclarativeBase):
        pass

    Base.metadata = metadata

    class Author(Base):
        __table__ = metadata.tables["author"]

    class Book(Base):
        __table__ = metadata.tables["book"]
        author = orm.relationship(Author, backref="books")

    s = orm.Session(engine)
    book = s.query(Book).one()
    columns = [(c.name, str(c.type), c.nullable) for c in sa.Table("author", sa.MetaData(), autoload_with=engine).columns]
    return book.author.name, book.title, columns, sorted(metadata.tables), [len(a.books) for a in s.query(Author)]
