"""A source archive builds a wheel, and the wheel installs and runs outside of the checkout."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import cormorant, cormorant.orm
from cormorant import Column, Integer, String, create_engine, select
Base = cormorant.orm.declarative_base()
class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with cormorant.orm.Session(engine) as session:
    session.add(Item(name="x"))
    session.commit()
    print(cormorant.__file__, cormorant.__version__, session.scalars(select(Item)).one().name)
"""


def run(*command, cwd, **env):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **env})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    pytest.importorskip("build", reason="the package `build` makes archives: pip install build")
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", str(out), str(root), cwd=out)
    (archive,) = out.glob("cormorant-*.tar.gz")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(out), str(archive), cwd=out, CORMORANT_CFLAGS="-O0 -fno-lto")
    (found,) = out.glob("cormorant-*.whl")
    return found


def test_wheel_from_the_source_archive_runs_elsewhere(wheel, tmp_path):
    target = tmp_path / "site"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target), str(wheel), cwd=tmp_path)
    printed = run(sys.executable, "-c", PROGRAM, cwd=tmp_path, PYTHONPATH=str(target))
    assert str(target) in printed and printed.split()[-1] == "x"
    assert (target / "cormorant" / "py.typed").exists() and (target / "cormorant" / "_core.pyi").exists()


def test_missing_headers_are_named(root, tmp_path):
    """setup.py says which Debian package is missing before the compiler does."""
    text = (root / "setup.py").read_text()
    for package in ("gcc", "python3-dev", "libsqlite3-dev"):
        assert f"apt-get install {package}" in text
    fake = tmp_path / "cc"
    fake.write_text('#!/bin/sh\nif grep -q sqlite3.h; then exit 1; fi; exit 0\n')
    fake.chmod(0o755)
    command = [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", str(tmp_path / "lib"), "--build-temp", str(tmp_path / "temp")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env={**os.environ, "CC": str(fake)})
    assert done.returncode != 0
    assert "the SQLite headers are missing. On Debian: apt-get install libsqlite3-dev" in done.stderr + done.stdout
