"""A server that lies: a proxy that changes some bytes of what a server answers, and a program that reads them.

    python -m tests.backends.liar DATABASE SOCKET FROM TO     a lie for each number; SOCKET is that of an honest server

Lies are drawn from their number: a byte of another value, lengths that are negative or enormous, bytes left out, said twice or
added, an end in the middle. Whatever a server says, a program gets an error of a database, or values; it never crashes, waits for
ever or takes memory without bound, and a new connection works.
"""

import contextlib
import datetime
import decimal
import os
import random
import resource
import shutil
import socket
import sys
import tempfile
import threading
import uuid
import warnings
from pathlib import Path

import cormorant as sa
from cormorant.orm import DeclarativeBase, Session, mapped_column, relationship

PATIENCE = 0.3  # seconds after a lie until the server hangs up: a length that is a lie makes the client wait for what never comes
MEMORY = 1 << 30  # bytes of addresses that a lie may cost


class Lie:
    """What happens to the bytes that a server sends, at one place of them."""

    KINDS = ("byte", "length", "bits", "less", "twice", "more", "end")

    def __init__(self, number, size):
        rng = random.Random(number)
        self.kind, self.at = rng.choice(self.KINDS), rng.randrange(size)
        self.byte, self.count = rng.randrange(256), rng.choice((1, 2, 4, 5, 8, 40))
        self.length = rng.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x00", b"\x00\x00\x00\x03", b"\xfe\xff\xff\xff", b"\xff\xff\xff\x00"))
        self.noise = rng.randbytes(self.count)

    def __str__(self):
        return f"{self.kind} at {self.at}"

    def told(self, data, at):
        """The bytes told instead of `data`, which has the place at `at`."""
        before, here, after = data[:at], data[at : at + 1], data[at + 1 :]
        if self.kind == "byte":
            return before + bytes([self.byte]) + after
        if self.kind == "bits":
            return before + bytes([here[0] ^ 0x80]) + after
        if self.kind == "length":
            return before + self.length + data[at + 4 :]
        if self.kind == "less":
            return before + data[at + self.count :]
        if self.kind == "twice":
            return data[: at + self.count] + data[at:]
        if self.kind == "more":
            return before + self.noise + data[at:]
        return before


class Liar:
    """A socket in a folder of its own that leads to an honest server's; `lie` is told to all connections, counted together."""

    def __init__(self, upstream):
        self.upstream, self.folder = upstream, tempfile.mkdtemp(prefix="cm-liar-")
        self.path = f"{self.folder}/{Path(upstream).name}"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.lie, self.said, self.lock = None, 0, threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def tell(self, lie):
        self.lie, self.said = lie, 0

    def close(self):
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.upstream)
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source, sink, answers):
        lied = False
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if answers:
                    data, lied_now = self._words(data)
                    lied = lied or lied_now
                sink.sendall(data)
                if lied and self.lie and self.lie.kind == "end":
                    break
                if lied:
                    source.settimeout(PATIENCE)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            if answers:
                each.close()

    def _words(self, data):
        with self.lock:
            start, self.said = self.said, self.said + len(data)
            lie = self.lie
        if lie is None or not start <= lie.at < start + len(data):
            return data, False
        return lie.told(data, lie.at - start), True


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id = mapped_column(sa.Integer, primary_key=True)
    name = mapped_column(sa.String(30))
    things = relationship("Thing", back_populates="shelf")


class Thing(Base):
    __tablename__ = "thing"
    id = mapped_column(sa.Integer, primary_key=True)
    shelf_id = mapped_column(sa.ForeignKey("shelf.id"))
    shelf = relationship(Shelf, back_populates="things")
    text = mapped_column(sa.Text)
    number = mapped_column(sa.Numeric(20, 4))
    real = mapped_column(sa.Float)
    day = mapped_column(sa.Date)
    moment = mapped_column(sa.DateTime)
    clock = mapped_column(sa.Time)
    gone = mapped_column(sa.Boolean)
    key = mapped_column(sa.Uuid)
    data = mapped_column(sa.LargeBinary(100))
    document = mapped_column(sa.JSON)
    many = mapped_column(sa.ARRAY(sa.Integer).with_variant(sa.JSON(), "mariadb", "mysql"))
    kind = mapped_column(sa.Enum("book", "toy", name="kind"))


def fill(engine):
    """The rows that `program` reads, made over an honest connection."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            Shelf(name=f"shelf {i}", things=[
                Thing(text="text é " * j, number=decimal.Decimal("12345.6789") * j, real=j / 3, day=datetime.date(2024, 2, 29), moment=datetime.datetime(2024, 2, 29, 12, 30, 1, 250),
                      clock=datetime.time(1, 2, 3), gone=bool(j % 2), key=uuid.UUID(int=i * 100 + j), data=bytes(range(j)), document={"a": [1, None, "x"]}, many=[1, 2, j], kind="toy")
                for j in range(10)])
            for i in range(3)
        )  # fmt: skip
        session.commit()


def program(engine):
    """What uses of a session ask of a server: one transaction, taken back."""
    with Session(engine) as session:
        for shelf in session.scalars(sa.select(Shelf).order_by(Shelf.id)):
            [(t.text, t.number, t.moment, t.many) for t in shelf.things]
        session.execute(sa.select(Thing.id, Thing.number, Thing.document, Thing.key).where(Thing.id.in_([1, 2, 3]))).all()
        for thing in session.scalars(sa.select(Thing).execution_options(yield_per=5)):
            thing.gone = True
        session.add(Shelf(name="new", things=[Thing(text="x"), Thing(text="y")]))
        session.flush()
        session.execute(sa.insert(Shelf).returning(Shelf.id), [{"name": str(i)} for i in range(20)]).all()
        session.execute(sa.text("SELECT * FROM thing")).all()
        with contextlib.suppress(sa.exc.IntegrityError), session.begin_nested():
            session.execute(sa.insert(Shelf).values(id=1, name="there already"))
        session.rollback()
    sa.inspect(engine).get_columns("thing")


URLS = {
    "postgresql": lambda folder, path: f"postgresql://postgres@/postgres?host={folder}&port={path.rsplit('.', 1)[-1]}",
    "mariadb": lambda folder, path: f"mariadb://root@/test?unix_socket={path}",
    "mysql": lambda folder, path: f"mysql://root@/test?unix_socket={path}",
}


def main(database, upstream, first, last):
    warnings.simplefilter("ignore")
    liar = Liar(upstream)
    url = URLS[database](liar.folder, liar.path)
    honest = sa.create_engine(url, poolclass=sa.pool.NullPool)
    fill(honest)
    program(honest)
    liar.tell(None)
    program(honest)
    size, errors = liar.said, 0
    if not os.environ.get("LD_PRELOAD"):  # sanitizers reserve addresses by the terabyte
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
    for number in range(first, last):
        lie = Lie(number, size)
        print(number, lie, flush=True)
        liar.tell(lie)
        engine = sa.create_engine(url)
        try:
            program(engine)
        except (sa.exc.SQLAlchemyError, ValueError, ArithmeticError, LookupError):  # the latter: what a type makes of its value
            errors += 1
        finally:
            engine.dispose()
        liar.tell(None)
        program(honest)
    print(f"{last - first} lies over {size} bytes, {errors} errors", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
