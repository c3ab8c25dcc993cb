"""Every route of every example by GET and POST, with good and bad input: status, Location, body, exceptions and tables on Cormorant are
what they are on Flask-SQLAlchemy."""

import json
import sqlite3
from pathlib import Path

import pytest

from . import pages, twins

pytest.importorskip("flask_login", reason="no Flask-Login: pip install flask-login")
pytest.importorskip("flask_sqlalchemy", reason="the reference is not installed: pip install flask-sqlalchemy")
HERE = Path(__file__).parent
EXAMPLES = ("users_shell", "shop", "students", "books", "library")

BETTER_NAMED = {  # (reference, here): docs/differences.md says why
    ("AttributeError", "UnmappedInstanceError"), ("UnicodeEncodeError", "StatementError"), ("IntegrityError", "StatementError"), ("TypeError", "InvalidRequestError"),
}


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    return twins.copies(tmp_path_factory.mktemp("twins"), HERE / "drive.py", HERE / "probes.py")


@pytest.fixture(scope="module")
def ask(copies, tmp_path_factory):
    """Sends the requests of a job on one side; what came back."""

    def ask(name, side, url=None):
        if "library" in name:
            pytest.importorskip("flask_migrate", reason="no Flask-Migrate: pip install flask-migrate")
        job = dict(pages.APPS[name])
        folder = tmp_path_factory.mktemp(side) / "data"
        folder.mkdir()
        job["database"] = str(folder / "app.db")
        job["block"] = job.get("block", False) and side == "cormorant"
        out = twins.run(copies[side], side, url or f"sqlite:///{job['database']}", "drive.py", stdin=json.dumps(job))
        got = json.loads(out[out.index('{"answers"'):])
        assert got["cormorant"] == (side == "cormorant")
        got["sent"] = [request for request in job["requests"] if request.get("method", "CREATE") != "CREATE"]
        return got

    return ask


def differences(ours, theirs):
    """(request, what differs, ours, theirs) of each answer that is not the same."""
    for request, a, b in zip(ours["sent"], ours["answers"], theirs["answers"], strict=True):
        for key in ("status", "location", "type", "body", "tables"):
            if a[key] != b[key]:
                yield request, key, a[key], b[key]
        if a["raised"] != b["raised"] and (*b["raised"], *a["raised"]) not in BETTER_NAMED:
            yield request, "raised", a["raised"], b["raised"]


def assert_same(ours, theirs):
    found = list(differences(ours, theirs))
    assert not found, "\n".join(f"{request}: {key}\n  here:  {a!r:.500}\n  there: {b!r:.500}" for request, key, a, b in found[:5])


@pytest.mark.parametrize("name", [*EXAMPLES, "probes"])
def test_every_page_is_the_same(ask, name):
    ours, theirs = ask(name, "cormorant"), ask(name, "sqlalchemy")
    assert_same(ours, theirs)
    seen = {tuple(pair) for pair in ours["seen"]}
    assert not [rule for rule in map(tuple, ours["rules"]) if rule not in seen and rule[0] != "static"], "routes that no request reaches"
    if name != "users_shell":
        kinds = {answer["status"][0] for answer in ours["answers"]}
        assert {"2", "4"} <= kinds and len(ours["answers"]) > 60


@pytest.mark.parametrize("name", ["users_shell", "library"])
def test_every_page_on_postgresql(ask, postgresql, name):
    pytest.importorskip("psycopg", reason="SQLAlchemy's driver: pip install psycopg[binary]")
    ours = ask(name, "cormorant", postgresql(f"ours_{name}"))
    theirs = ask(name, "sqlalchemy", postgresql(f"theirs_{name}").replace("postgresql:", "postgresql+psycopg:", 1))
    for answer in ours["answers"]:  # beyond 64 bits, here the value is refused before it is sent
        answer["raised"] = ["DataError" if raised == "OverflowError" else raised for raised in answer["raised"]]
    assert_same(ours, theirs)


@pytest.mark.parametrize("name", ["users_shell", "library"])
def test_every_page_on_mariadb(ask, mariadb, name):
    pytest.importorskip("pymysql", reason="SQLAlchemy's driver: pip install pymysql")
    ours = ask(name, "cormorant", mariadb(f"ours_{name}"))
    theirs = ask(name, "sqlalchemy", mariadb(f"theirs_{name}").replace("mariadb:", "mysql+pymysql:", 1))
    for request, here, there in zip(ours["sent"], ours["answers"], theirs["answers"], strict=True):
        here["raised"] = ["DataError" if raised == "OverflowError" else raised for raised in here["raised"]]  # refused before it is sent
        if "page=" in request["path"] and there["raised"] == ["ProgrammingError"]:
            there.update(here)  # an offset beyond 64 bits, which the peer writes into the text, where it is no number
    assert_same(ours, theirs)


@pytest.mark.parametrize("what", pages.GONE)
def test_the_database_vanishes_between_requests(ask, what):
    ours, theirs = ask(f"gone: {what}", "cormorant"), ask(f"gone: {what}", "sqlalchemy")
    assert_same(ours, theirs)
    failures = [answer for answer in ours["answers"] if answer["raised"]]
    assert failures and all(answer["raised"] in (["OperationalError"], ["DatabaseError"]) for answer in failures)
    assert [answer["text"] for answer in failures] == [answer["text"] for answer in theirs["answers"] if answer["raised"]]
    if what != "content":
        assert ours["answers"][-1]["status"] == "200 OK", "what came back is used again"


def test_the_page_of_a_failed_flush(ask):
    ours, theirs = ask("library without a file", "cormorant"), ask("library without a file", "sqlalchemy")
    assert_same(ours, theirs)
    failed = [answer for answer in ours["answers"] if answer["raised"]]
    assert [answer["status"][:3] for answer in failed] == ["500"] and "Log out Ann" in failed[0]["body"]


def test_no_request_reaches_the_machinery(ask):
    """Where the reference sets attributes of the ORM from a request, an error names the key, and nothing is written."""
    ours = ask("machinery", "cormorant")
    for request, answer in zip(ours["sent"], ours["answers"], strict=True):
        key = list(request["json"])[1]
        assert answer["status"].startswith("500"), request
        assert answer["raised"] == (["TypeError"] if "/add/" in request["path"] else ["InvalidRequestError"]), (request, answer["text"])
        assert key in answer["text"][0], answer["text"]
        assert answer["tables"] == {"author": [], "book": []}


SHELL = """
db.create_all()
admin = User(username="admin", email="admin@example.com")
guest = User(username="guest", email="guest@example.com")
print(admin.id, admin)
db.session.add_all([admin, guest])
db.session.commit()
print(admin.id, guest.id, User.query.all())
print(User.query.filter_by(username="admin").first(), User.query.get(2), db.session.get(User, 3))
db.session.add(User(username="admin", email="other@example.com"))
try:
    db.session.commit()
except Exception as error:
    print(type(error).__name__, str(error).splitlines()[0])

print(db.session.is_active)
db.session.rollback()
guest.email = "roman@à.clef"
db.session.commit()
print(db.session.execute(db.select(User.username, User.email).order_by(User.id)).all())
db.session.delete(admin)
db.session.add(User(username="ghost", email="ghost@example.com"))
print(User.query.count(), db.session.new, sorted(name for name in ("db", "User", "app") if name in globals()))
"""


def test_users_in_the_shell(copies, tmp_path):
    """The tutorial's session, typed into `flask shell`."""
    printed = {}
    for side, folder in copies.items():
        out = twins.run(folder, side, f"sqlite:///{tmp_path}/{side}.db", "-m", "flask", "--app", "examples.users_shell.app", "shell", stdin=SHELL)
        printed[side] = out.replace(">>> ", "").replace("... ", "")
    assert printed["cormorant"] == printed["sqlalchemy"]
    assert "[<User 'admin'>, <User 'guest'>]" in printed["cormorant"] and "IntegrityError" in printed["cormorant"]
    with sqlite3.connect(tmp_path / "cormorant.db") as db:
        assert db.execute("SELECT username, email FROM user ORDER BY id").fetchall() == [("admin", "admin@example.com"), ("guest", "roman@à.clef")]
