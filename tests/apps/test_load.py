"""The library behind gunicorn, 4 workers of 8 threads each, on one SQLite file and on PostgreSQL: no error, nothing lost, nothing left open."""

import importlib.util
import json
import sqlite3
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from . import load, servers, twins

for name in ("gunicorn", "flask_login", "flask_migrate"):
    pytest.importorskip(name, reason=f"no {name}: pip install {name.replace('_', '-')}")
HERE = Path(__file__).parent
WORKERS, THREADS = 4, 8
COMMAND = (
    "-m", "gunicorn", "-w", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60", "-b", "127.0.0.1:{port}", "--log-level", "warning", "served:app",
)
CLIENTS, REQUESTS = 24, 960


def left_open(url):
    """What the workers say of themselves, by process id. Which of them answers is the kernel's choice: on a busy machine some may never do."""
    found, end = {}, time.monotonic() + 30
    while len(found) < WORKERS and time.monotonic() < end:
        with urlopen(f"{url}/_left", timeout=30) as answer:
            said = json.load(answer)
        found[said.pop("pid")] = said
    return found


def serve_and_load(folder, side, url, capsys):
    """Prints what the load met with; what each worker had left open afterwards."""
    twins.run(folder, side, url, "served.py")
    with servers.serve(folder, side, url, *COMMAND) as address:
        load.run(address, 8, 80, 4, "before ")  # every worker has seen a request
        outcome = load.run(address, CLIENTS, REQUESTS, 4)
        left = left_open(address)
    with capsys.disabled():
        print(f"\n  library, {WORKERS} workers x {THREADS} threads, {CLIENTS} clients, {url.partition(':')[0]}, {side:<10}: {outcome}", end="", flush=True)
    return outcome, left


def assert_clean(folder, outcome, left, books):
    """No error, every book that was answered with a redirect is there, and no worker keeps anything."""
    log = (folder / "server.log").read_text(encoding="utf-8")
    assert not outcome.wrong, outcome.wrong[:3]
    assert "Traceback" not in log and "Error" not in log, log[-3000:]
    assert books == REQUESTS // 10 + 8
    assert left
    for said in left.values():
        assert said == {"sessions": 0, "checked_out": 0, "session": 0, "inst": 0, "result": 0}, left


COUNT = "SELECT count(*) FROM book WHERE title LIKE 'New %'"


def test_gunicorn(tmp_path, capsys):
    copies = twins.copies(tmp_path / "copies", HERE / "served.py")
    outcome, left = serve_and_load(copies["cormorant"], "cormorant", f"sqlite:///{tmp_path}/ours.db", capsys)
    with sqlite3.connect(tmp_path / "ours.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert_clean(copies["cormorant"], outcome, left, db.execute(COUNT).fetchone()[0])
    serve_and_load(copies["sqlalchemy"], "sqlalchemy", f"sqlite:///{tmp_path}/theirs.db", capsys)


def test_gunicorn_on_postgresql(tmp_path, capsys, postgresql):
    from cormorant import create_engine, text

    copies = twins.copies(tmp_path / "copies", HERE / "served.py")
    url = postgresql("ours")
    outcome, left = serve_and_load(copies["cormorant"], "cormorant", url, capsys)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert_clean(copies["cormorant"], outcome, left, connection.scalar(text(COUNT)))
    engine.dispose()
    if importlib.util.find_spec("psycopg"):
        serve_and_load(copies["sqlalchemy"], "sqlalchemy", postgresql("theirs").replace("postgresql:", "postgresql+psycopg:", 1), capsys)
