"""Runs the suites of third-party libraries, unmodified, on SQLAlchemy and on Cormorant, and compares test by test.

    python tests/foreign/run.py                     # all of them
    python tests/foreign/run.py factory_boy         # one
    python tests/foreign/run.py --again             # SQLAlchemy's results are those of the run before
    python tests/foreign/run.py --keep DIR          # where sources, the environment and reports stay (default: /tmp/foreign)

Not part of `make test`: it downloads source distributions and needs some minutes. docs/compatibility.md holds its results.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import venv
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ["sqlalchemy==2.1.9", "flask-sqlalchemy==3.1.1", "flask", "pytest", "setuptools>=77,<80"]
BACKENDS = ["wheel", "flit_core<4", "hatchling", "hatch-vcs", "hatch-fancy-pypi-readme", "poetry-core", "pdm-backend", "setuptools-scm"]  # of source distributions


class Suite(NamedTuple):
    version: str
    tests: List[str]
    needs: List[str] = []


SUITES: Dict[str, Suite] = {
    "flask_sqlalchemy": Suite("3.1.1", ["tests"]),
    "marshmallow_sqlalchemy": Suite("1.6.0", ["tests"], ["pytest-lazy-fixtures"]),
    "flask_marshmallow": Suite("1.5.0", ["tests"], ["marshmallow-sqlalchemy"]),
    "wtforms_sqlalchemy": Suite("0.4.2", ["tests"]),
    "factory_boy": Suite("3.3.3", ["tests/test_alchemy.py"]),
    "sqlalchemy_json": Suite("0.7.0", ["test"]),
    "apscheduler": Suite("3.11.0", ["tests/test_jobstores.py", "-k", "sqlalchemy"], ["pytz"]),
    "flask_admin": Suite("2.2.1", ["flask_admin/tests/sqla"], ["wtforms", "sqlalchemy-utils", "arrow", "colour", "email_validator", "furl", "babel", "flask-babel", "pillow"]),
    "sqlmodel": Suite("0.0.50", ["tests", "--ignore=tests/test_asyncio.py", "--ignore=tests/test_datetime.py"], ["fastapi", "httpx", "dirty-equals", "coverage", "alembic"]),
    "flask_security": Suite(
        "5.9.2", ["tests", "-k", "not mongo and not pony and not peewee and not async"],
        ["argon2-cffi", "authlib", "babel", "bcrypt", "flask-babel", "flask-login", "flask-mail", "flask-mailman", "flask-principal", "flask-wtf",
         "email-validator", "mongomock", "nh3", "passlib", "phonenumberslite", "pony", "peewee", "qrcode", "webauthn", "zxcvbn"],
    ),
    "sqlalchemy_utils": Suite(
        "0.43.0", ["tests"], ["babel", "furl", "colour", "passlib", "cryptography", "arrow", "pendulum", "phonenumbers", "flexmock", "psycopg2-binary", "python-dateutil"]
    ),
    "flask_dance": Suite(
        "7.1.0", ["tests/consumer/storage/test_sqla.py"],
        ["pytest-mock", "responses", "freezegun", "flask-login", "flask-caching", "betamax"],
    ),
    "records": Suite("0.6.0", ["tests"], ["tablib", "openpyxl", "docopt", "pandas"]),
    "dataset": Suite("2.0.0", ["test"], ["alembic"]),
    "optuna": Suite("5.0.0", ["tests/storages_tests/rdb_tests", "-k", "not mysql and not postgres"], ["alembic", "cmaes", "fakeredis"]),
    "jupyterhub": Suite(
        "5.3.0", [f"jupyterhub/tests/test_{name}.py" for name in ("orm", "db", "roles")],
        ["pytest-asyncio", "requests-mock", "beautifulsoup4[html5lib]", "jsonschema", "mock", "cryptography", "virtualenv", "configurable-http-proxy==0.4.0"],
    ),
    "sqlalchemy_continuum": Suite("2.0.0", ["tests"], ["sqlalchemy-utils", "sqlalchemy-i18n", "flask-login", "flexmock"]),
}  # fmt: skip


def python_of(home: Path) -> Path:
    return home / "venv" / "bin" / "python"


def prepare(home: Path, name: str) -> Path:
    """The unpacked source distribution, with what it needs installed."""
    suite, python = SUITES[name], python_of(home)
    if not python.exists():
        venv.create(home / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *REFERENCE, *BACKENDS], check=True)
    wanted = f"{name.replace('_', '-')}=={suite.version}"
    subprocess.run([python, "-m", "pip", "install", "-q", wanted, *suite.needs, *REFERENCE], check=True)
    downloads = home / "downloads" / name
    if not any(downloads.glob("*.tar.gz")):
        subprocess.run([python, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", downloads, wanted], check=True)
        with tarfile.open(next(downloads.glob("*.tar.gz"))) as archive:
            archive.extractall(downloads)
    return next(path for path in downloads.iterdir() if path.is_dir())


def outcomes(home: Path, name: str, source: Path, alias: bool, again: bool) -> Dict[str, Tuple[str, str]]:
    """Test -> (passed, failed or skipped; the last line of its message)."""
    report = home / "reports" / f"{name}-{'cormorant' if alias else 'sqlalchemy'}.xml"
    if not (again and not alias and report.exists()):
        run_suite(home, name, source, alias, report)
    return read_report(report)


def run_suite(home: Path, name: str, source: Path, alias: bool, report: Path) -> None:
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    before = ["-m", "cormorant.compat"] if alias else []
    flags = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "-W", "ignore", "--tb=no", "--continue-on-collection-errors", f"--junitxml={report}"]
    env = {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT / "python"))}
    env["PATH"] = os.pathsep.join([str(python_of(home).parent), env["PATH"]])  # of programs that suites start
    subprocess.run([python_of(home), *before, "-m", "pytest", *flags, *SUITES[name].tests], cwd=source, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def read_report(report: Path) -> Dict[str, Tuple[str, str]]:
    if not report.exists():
        return {}
    found: Dict[str, Tuple[str, str]] = {}
    for case in ET.parse(report).iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        state = "passed" if not bad else "skipped" if bad[0].tag == "skipped" else "failed"
        message = (bad[0].get("message") or "").splitlines()[:1] if bad else []
        found[f"{case.get('classname')}::{case.get('name')}"] = (state, message[0][:160] if message else "")
    return found


def compare(home: Path, name: str, again: bool) -> int:
    """Prints one line, and why tests fail here that pass there. Answers how many do."""
    source = prepare(home, name)
    theirs, ours = (outcomes(home, name, source, alias, again) for alias in (False, True))
    passed_there = {test for test, (state, _) in theirs.items() if state == "passed"}
    passed_here = {test for test, (state, _) in ours.items() if state == "passed"}
    lost = passed_there - passed_here
    print(f"{name} {SUITES[name].version}: {len(passed_there)} pass on SQLAlchemy, {len(passed_here)} here; {len(lost)} only there", flush=True)
    for message, count in Counter(ours.get(test, ("", "not collected"))[1] for test in lost).most_common(12):
        print(f"    {count:>5}  {message}")
    return len(lost)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    parser.add_argument("--keep", type=Path, default=Path("/tmp/foreign"))
    parser.add_argument("--again", action="store_true", help="SQLAlchemy's results are those of the run before")
    args = parser.parse_args()
    unknown = set(args.suites) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    args.keep.mkdir(parents=True, exist_ok=True)
    return 1 if sum(compare(args.keep, name, args.again) for name in args.suites or SUITES) else 0


if __name__ == "__main__":
    sys.exit(main())
