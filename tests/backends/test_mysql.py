"""The driver of MariaDB and MySQL: values, errors, transactions, batches."""

import datetime as dt
import decimal
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid

import flask
import pytest

import cormorant as sa
from cormorant import func, insert, select, text
from cormorant.flask import SQLAlchemy
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column
from tests.backends.databases import needs

pytestmark = needs("MySQL's SQL")


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(30), unique=True)
    price: Mapped[decimal.Decimal | None] = mapped_column(sa.Numeric(10, 2))
    n: Mapped[int] = mapped_column(default=0)


def test_types_of_its_own(engine, database):
    """What a program reads from tables that others made, with and without types; the second run is the one that binds and reads by habit."""
    uuid_type, ip_type = ("UUID", "INET6") if "MariaDB's SQL" in database.capabilities else ("CHAR(36)", "VARCHAR(39)")
    with engine.begin() as c:
        c.execute(text(
            "CREATE TABLE t (u BIGINT UNSIGNED, m MEDIUMINT, tu TINYINT UNSIGNED, su SMALLINT UNSIGNED, iu INT UNSIGNED ZEROFILL, y YEAR, b BIT(10), "
            "long_time TIME(6), dt6 DATETIME(6), ts TIMESTAMP(3) NULL, f FLOAT, e ENUM('a','b'), s SET('x','y','z'), bin BINARY(3), j JSON, d DECIMAL(65,30), "
            f"id {uuid_type}, ip {ip_type}, medium MEDIUMTEXT, big LONGBLOB)"
        ))  # fmt: skip
        c.execute(text(
            "INSERT INTO t VALUES (18446744073709551615, -8388608, 255, 65535, 4294967295, 2024, b'1000000001', '-838:59:58.999999', '9999-12-31 23:59:59.999999', "
            "'2024-02-29 13:37:00.123', 0.1, 'b', 'x,z', 'ab', '{\"a\": 1}', 12345678901234567890123456789012345.000000000000000000000000000001, "
            "'01234567-89ab-4def-8123-456789abcdef', '::1', 'm', 'b'), (9223372036854775807, 8388607, 0, 0, 0, 1901, b'0', '00:00:00', '1000-01-01', NULL, "
            "-1e30, 'a', '', '', 'null', 0, NULL, NULL, '', '')"
        ))  # fmt: skip
        for _ in range(2):
            one, two = c.execute(text("SELECT * FROM t ORDER BY m")).all()
        assert one.u == 2**64 - 1 and type(one.u) is int and two.u == 2**63 - 1
        assert (one.m, one.tu, one.su, one.iu, one.y) == (-8388608, 255, 65535, 4294967295, 2024) and two.m == 8388607
        assert one.b == b"\x02\x01" and one.bin == b"ab\0" and one.big == b"b" and one.medium == "m"
        assert one.long_time == -dt.timedelta(hours=838, minutes=59, seconds=58, microseconds=999999) and two.long_time == dt.timedelta(0)
        assert one.dt6 == dt.datetime(9999, 12, 31, 23, 59, 59, 999999) and one.ts == dt.datetime(2024, 2, 29, 13, 37, 0, 123000) and two.ts is None
        assert (one.f, two.f) == (0.1, -1e30) and (one.e, one.s, one.j) == ("b", "x,z", '{"a": 1}')
        assert one.d == decimal.Decimal("12345678901234567890123456789012345.000000000000000000000000000001")
        assert (one.id, one.ip) == ("01234567-89ab-4def-8123-456789abcdef", "::1")
        typed = sa.table("t", sa.column("long_time", sa.Time), sa.column("j", sa.JSON), sa.column("id", sa.Uuid), sa.column("u", sa.BigInteger), sa.column("m"))
        assert c.execute(select(typed).order_by(typed.c.m)).first()[:4] == (
            -dt.timedelta(hours=838, minutes=59, seconds=58, microseconds=999999), {"a": 1}, uuid.UUID("01234567-89ab-4def-8123-456789abcdef"), 2**64 - 1
        )  # fmt: skip
        assert c.scalar(select(func.count()).select_from(typed).where(typed.c.id == uuid.UUID("01234567-89ab-4def-8123-456789abcdef"))) == (uuid_type == "UUID"), "elsewhere without hyphens"
        assert c.scalar(text("SELECT count(*) FROM t WHERE long_time > :d"), {"d": dt.time(0)}) == 0


def test_text_of_statements_without_a_prepared_form(engine):
    """CHECK TABLE and their like answer rows in text."""
    Base.metadata.create_all(engine)
    with engine.connect() as c:
        assert c.execute(text("CHECK TABLE item")).one() == ("test.item", "check", "status", "OK")
        c.execute(text("CREATE TABLE z (d DATE, t DATETIME)"))
        c.execute(text("SET sql_mode = ''"))
        c.execute(text("INSERT INTO z VALUES ('0000-00-00', '2024-00-00 00:00:00')"))
        assert c.execute(text("SELECT * FROM z")).one() == (None, None), "dates of zeros are NULL"


def test_procedures_answer_their_first_rows(engine):
    with engine.connect() as c:
        c.exec_driver_sql("CREATE PROCEDURE two(n INT) BEGIN SELECT n, 'first'; SELECT 'second', 2; END")
        for n in (1, 2):
            assert c.execute(text("CALL two(:n)"), {"n": n}).all() == [(n, "first")]
            assert c.exec_driver_sql("CALL two(5)").all() == [(5, "first")]
        assert c.scalar(text("SELECT 1")) == 1


def test_definitions_commit_and_say_so(engine):
    Base.metadata.create_all(engine)
    with engine.connect() as c:
        c.execute(insert(Item), {"name": "a"})
        with pytest.warns(sa.exc.SAWarning, match="commit the changes of this transaction before they run: CREATE TABLE other"):
            c.execute(text("CREATE TABLE other (id INT)"))
        c.execute(insert(Item), {"name": "b"})
        c.rollback()
        assert c.execute(select(Item.name)).scalars().all() == ["a"]


def test_isolation_of_tests_refuses_definitions(engine, server):
    """They would commit the transaction that isolates the test; what the driver refuses leaves it as it was."""
    app = flask.Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = server.url()
    db = SQLAlchemy(app)

    class Note(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    with app.app_context():
        db.create_all()
        with db.test_isolation():
            db.session.add(Note())
            db.session.commit()
            with pytest.raises(sa.exc.InvalidRequestError, match="definitions belong before it"):
                db.session.execute(text("CREATE TABLE other (id INT)"))
            db.session.rollback()
            assert db.session.scalar(select(func.count()).select_from(Note)) == 1
            db.session.rollback()
        assert db.session.scalar(select(func.count()).select_from(Note)) == 0
        db.session.rollback()
        db.engine.dispose()


def test_a_statement_is_stopped_from_another_thread(engine):
    with engine.connect() as c:
        timer = threading.Timer(0.2, c._dbapi().interrupt)
        timer.start()
        begin = time.monotonic()
        with pytest.raises(sa.exc.OperationalError) as caught:
            c.execute(text("SELECT SLEEP(20) FROM (SELECT 1 UNION SELECT 2) x FOR UPDATE"))
            c.execute(text("SELECT benchmark(1000000000, md5('x'))"))
        assert caught.value.orig.errno == 1317 and not caught.value.connection_invalidated
        assert time.monotonic() - begin < 10
        timer.join()
        c.rollback()
        assert c.scalar(text("SELECT 1")) == 1


def test_text_is_compared_with_text(engine):
    """A number beside a text column would match every word."""
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add_all([Item(name="secret"), Item(name="0")])
        s.commit()
        assert [i.name for i in s.scalars(select(Item).where(Item.name == 0))] == ["0"]


def test_keys_belong_to_their_rows(engine):
    """Rows of a flush travel as arrays; each learns its own key, also where values are missing or of other types."""
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        items = [Item(name=None if i % 7 == 0 else f"n{i}", n=i) for i in range(1500)]
        s.add_all(items)
        s.commit()
        keys = {i.id: i.n for i in items}
    assert len(keys) == 1500
    with Session(engine) as s:
        assert {i.id: i.n for i in s.scalars(select(Item))} == keys
        for item in s.scalars(select(Item)):
            item.price = decimal.Decimal(item.n) if item.n % 2 else None
        s.commit()
        for item in s.scalars(select(Item).where(Item.n < 100)).all():
            s.delete(item)
        s.commit()
        assert s.scalar(select(func.count()).select_from(Item)) == 1400
        assert s.scalar(select(func.sum(Item.price))) == sum(i for i in range(100, 1500) if i % 2)


@pytest.mark.parametrize(
    ("values", "cls", "errno", "sqlstate", "constraint"),
    [
        ({"name": "a"}, sa.exc.IntegrityError, 1062, "23000", "name"),
        ({"name": "x" * 31}, sa.exc.DataError, 1406, "22001", None),
        ({"name": "b", "n": 2**40}, sa.exc.DataError, 1264, "22003", None),
        ({"name": "b", "n": None}, sa.exc.IntegrityError, 1048, "23000", None),
    ],
)
def test_errors_have_class_number_state_and_constraint(engine, values, cls, errno, sqlstate, constraint):
    Base.metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(insert(Item), {"name": "a"})
    with pytest.raises(cls) as caught, engine.begin() as c:
        c.execute(insert(Item), values)
    orig = caught.value.orig
    assert orig.args == (errno, orig.msg) and orig.errno == errno and orig.sqlstate == sqlstate
    assert orig.constraint_name == constraint and isinstance(orig, engine.dialect.dbapi.Error)
    assert f'({errno}, "' in str(caught.value) or f"({errno}, '" in str(caught.value)
    assert not caught.value.connection_invalidated
    with engine.connect() as c:
        assert c.scalar(select(func.count()).select_from(Item)) == 1


def test_options(engine, server):
    Base.metadata.create_all(engine)
    with pytest.raises(sa.exc.ArgumentError, match="nonsense is not an option of MySQL connections"):
        sa.create_engine(server.url(), connect_args={"nonsense": 1})
    for name, value in (("charset", "latin1"), ("local_infile", 1), ("multi_statements", True), ("sql_mode", "x' OR"), ("port", "x"), ("connect_timeout", "soon")):
        with pytest.raises(sa.exc.ArgumentError, match=f"Invalid value .* for the MySQL option {name}"):
            sa.create_engine(server.url(), connect_args={name: value})
    for backend in ("mysql", "mariadb", "mysql+pymysql", "mysql+mysqldb", "mysql+mysqlconnector", "mariadb+mariadbconnector", "mysql+asyncmy", "mysql+aiomysql"):
        other = sa.create_engine(server.url(backend=backend, charset="utf8mb4"), connect_args={"sql_mode": "ANSI_QUOTES", "init_command": "SET @x = 5"})
        with other.connect() as c:
            assert c.execute(text("SELECT @x, @@sql_mode, @@local_infile")).one()[0] == 5
            assert c.execute(text('SELECT "x" FROM (SELECT 1 AS x) q')).one() == (1,)
            assert c.scalar(text("SELECT @@sql_mode")) == "ANSI_QUOTES,STRICT_TRANS_TABLES"
            with pytest.raises(sa.exc.DBAPIError, match="(?i)loading local data|LOCAL"):
                c.execute(text("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE item"))
        other.dispose()


@pytest.mark.parametrize("args", [{"ssl": {"ca": "/nonexistent.pem"}}, {"ssl": True}, {"ssl_ca": "/nonexistent.pem", "tls": "on"}])
def test_encryption_that_is_asked_for_is_not_done_without(engine, server, args):
    """The server of the tests offers none."""
    other = sa.create_engine(server.url(), connect_args=args)
    with pytest.raises(sa.exc.OperationalError, match="(?i)ssl|tls") as caught:
        other.connect()
    assert caught.value.orig.errno == 2026
    with pytest.raises(sa.exc.ArgumentError, match="ssl_nonsense is not an option"):
        sa.create_engine(server.url(), connect_args={"ssl": {"nonsense": 1}})


def test_encryption(database):
    """With a certificate of the test's own: encrypted where it is asked for, refused where the certificate is not the one that was named."""
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate: apt-get install openssl")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        key, cert, other = (f"{folder}/{name}.pem" for name in ("key", "cert", "other"))
        for made in (cert, other):
            command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key if made == cert else f"{folder}/x", "-out", made, "-days", "2", "-subj", "/CN=localhost"]
            subprocess.run(command, check=True, capture_output=True)
        os.chmod(key, 0o644)
        server = database.running(**{"ssl-cert": cert, "ssl-key": key, "ssl-ca": cert})
        try:
            for args in ({"ssl": {"ca": cert}}, {"ssl": True}):
                engine = sa.create_engine(server.url(), connect_args=args, poolclass=sa.pool.NullPool)
                with engine.connect() as c:
                    assert c.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1]
            engine = sa.create_engine(server.url(), connect_args={"ssl_ca": other, "ssl_verify_cert": True})
            with pytest.raises(sa.exc.OperationalError, match="(?i)certificate") as caught:
                engine.connect()
            assert caught.value.orig.errno == 2026
        finally:
            server.remove()


def test_the_session_is_strict_and_in_utf8mb4(engine):
    with engine.connect() as c:
        mode, client, results = c.execute(text("SELECT @@sql_mode, @@character_set_client, @@character_set_results")).one()
        assert "STRICT_TRANS_TABLES" in mode and (client, results) == ("utf8mb4", "utf8mb4")
        with pytest.raises(sa.exc.ProgrammingError, match="one statement at a time"):
            c.exec_driver_sql("SELECT 1; SELECT 2")
        assert c.exec_driver_sql("SELECT %s + %s, '100%%', 5 %% 3", (1, 2)).one() == (3, "100%", 2)
        assert c.exec_driver_sql("SELECT %(a)s, %(b)s, %(a)s", {"a": 1, "b": "x"}).one() == (1, "x", 1)
        assert c.exec_driver_sql("SELECT '%s', '\\'?', `x` -- %s ?\n FROM (SELECT 5 AS x) q # ?").one() == ("%s", "'?", 5)
