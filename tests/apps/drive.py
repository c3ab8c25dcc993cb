"""Sends requests to an application and prints what came back, as JSON.   python drive.py < job

The job: `app` ("module:name" or "module:factory()"), `prepare` (modules that are run first), `tables` (make them from `db`),
`database` (its file), `requests`. Each request has `method`, `path`, and may have `form`, `json`, `body` (latin-1), `type`, `as` (which of several
clients sends it), `keep` (a name for the path that the answer leads to, for `{name}` in later paths) and `do` (what happens to the
database file first). Whatever differs between runs by nature (UUIDs, salts) is made from counters, times are replaced.
"""

import importlib
import json
import os
import re
import runpy
import sqlite3
import sys
import uuid
from datetime import date

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")


def without_chance():
    import werkzeug.security

    numbers = iter(range(1, 1 << 30))
    uuid.uuid4 = lambda: uuid.UUID(int=(next(numbers) * 0x9E3779B97F4A7C15F39CC0605CEDC835) % (1 << 128), version=4)
    werkzeug.security.gen_salt = lambda length: "s" * length


def no_sqlalchemy():
    class Block:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in ("sqlalchemy", "flask_sqlalchemy"):
                raise ImportError(f"{name} is blocked in this test")

    sys.meta_path.insert(0, Block())


def dump(path):
    """Every table of a database file, rows in order."""
    if not os.path.exists(path):
        return "no file"
    db = sqlite3.connect(path)
    db.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    try:
        names = sorted(row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
        rows = {name: sorted(map(repr, db.execute(f'SELECT * FROM "{name}"'))) for name in names}
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        db.close()
    return {name: [TIME.sub("<time>", row) for row in found] for name, found in rows.items()}


def load(spec):
    module, _, name = spec.partition(":")
    module = importlib.import_module(module)
    return getattr(module, name[:-2])() if name.endswith("()") else getattr(module, name)


def send(client, request, kept):
    arguments = {"method": request["method"]}
    if "form" in request:
        arguments["data"] = request["form"]
    if "json" in request:
        arguments["json"] = request["json"]
    if "body" in request:
        arguments["data"] = request["body"].encode("latin-1")
    if "type" in request:
        arguments["content_type"] = request["type"]
    path = request["path"]
    for name, value in kept.items():
        path = path.replace(f"{{{name}}}", value)
    return client.open(path, **arguments)


def happen(what, path):
    if what == "vanish":
        for name in (path, f"{path}-journal", f"{path}-wal", f"{path}-shm"):
            if os.path.exists(name):
                os.remove(name)
    elif what == "garble":
        with open(path, "r+b") as file:
            file.write(b"this is no database " * 40)
    elif what == "folder":
        os.rename(os.path.dirname(path), os.path.dirname(path) + ".gone")
    elif what == "folder back":
        os.rename(os.path.dirname(path) + ".gone", os.path.dirname(path))


def main():
    job = json.load(sys.stdin)
    without_chance()
    if job.get("block"):
        no_sqlalchemy()
    for module in job.get("prepare", ()):
        runpy.run_module(module, run_name="__main__")
    app = load(job["app"])
    from flask import got_request_exception, request as current

    if job.get("tables"):
        with app.app_context():
            app.extensions["sqlalchemy"].create_all()
    seen, raised = set(), []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.add((current.endpoint, current.method)) if current.url_rule else None)
    got_request_exception.connect(lambda sender, exception, **rest: raised.append(exception), app, weak=False)
    clients, kept, answers = {}, {}, []
    for request in job["requests"]:
        if "do" in request:
            happen(request["do"], job["database"])
            if "method" not in request:
                continue
        if request["method"] == "CREATE":
            with app.app_context():
                app.extensions["sqlalchemy"].create_all()
            continue
        client = clients.setdefault(request.get("as", ""), app.test_client())
        raised.clear()
        answer = send(client, request, kept)
        location = answer.headers.get("Location")
        if "keep" in request:
            kept[request["keep"]] = location
        body = TIME.sub("<time>", answer.get_data(as_text=True)).replace(date.today().isoformat(), "<today>")
        answers.append({
            "status": answer.status, "location": location, "type": answer.content_type, "body": body,
            "raised": [type(error).__name__ for error in raised], "text": [str(error).splitlines()[0] for error in raised], "tables": dump(job["database"]),
        })
    rules = sorted((rule.endpoint, method) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"})
    real = sys.modules.get("cormorant") is not None
    json.dump({"answers": answers, "seen": sorted(seen), "rules": rules, "cormorant": real}, sys.stdout)


if __name__ == "__main__":
    sys.stderr = open(os.devnull, "w")
    if "--errors" in sys.argv:
        sys.stderr = sys.__stderr__
    main()
