"""A smoke program that ends with everything open, on this CPython, and on every other one that this machine has: there the
extension is built into a temporary directory."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cormorant

OLDEST, NEWEST = 11, 15
SMOKE = """
import sys, threading
import cormorant as sa
from cormorant.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

class Base(DeclarativeBase):
    pass

class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped["str"]
    children: Mapped["list[Child]"] = relationship(back_populates="parent", cascade="all, delete-orphan")

class Child(Base):
    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(sa.ForeignKey("parent.id"))
    parent: Mapped[Parent] = relationship(back_populates="children")

engine = sa.create_engine("sqlite:///smoke.db")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([Parent(name=n, children=[Child(), Child()]) for n in ("a", "b")])
    session.commit()
    for parent in session.scalars(sa.select(Parent).order_by(Parent.name).options(selectinload(Parent.children))):
        print(parent.name, [c.id for c in parent.children])
    session.delete(session.get(Child, 1))
    session.get(Parent, 2).name = "c"
    session.commit()
    print(session.execute(sa.select(Parent.name, sa.func.count()).join(Parent.children).group_by(Parent.id)).all())
    try:
        session.execute(sa.text("select * from nowhere"))
    except sa.exc.OperationalError as error:
        print(error.orig)

left_open = Session(engine)
left_open.add(Parent(name="never flushed"))
result = left_open.execute(sa.select(Parent.id))
instance = left_open.get(Parent, 2)

class Late:
    def __del__(self):
        instance.name, instance.children  # may load, may fail; must not crash
late = Late()
late.itself = late

def work(started):
    with engine.connect() as connection:
        rows = connection.execute(sa.text("with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"))
        for row in rows:
            started.set()
for _ in range(2):
    started = threading.Event()
    threading.Thread(target=work, args=(started,), daemon=True).start()
    started.wait(1)
"""
PRINTS = "a [1, 2]\nb [3, 4]\n[('a', 1), ('c', 2)]\nno such table: nowhere\n"


def interpreters():
    """Paths of the other interpreters, by version."""
    found = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(OLDEST, NEWEST + 1):
        name = f"python3.{minor}"
        candidates = [shutil.which(name), *sorted(pyenv.glob(f"3.{minor}.*/bin/{name}"), reverse=True)]
        if minor == sys.version_info.minor:
            continue
        for path in filter(None, candidates):
            asked = [str(path), "-c", "import sys; print(*sys.version_info[:2])"]
            done = subprocess.run(asked, capture_output=True, text=True, check=False)
            if done.stdout.split() == ["3", str(minor)]:  # a shim of pyenv may have nothing behind it
                found[f"3.{minor}"] = str(path)
                break
    return found


FOUND = interpreters()


def ask(python, expression):
    command = [python, "-c", f"import sysconfig; print({expression})"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def build(root, python, folder):
    """The module `_core` for `python`, compiled as quickly as the compiler can: this is no test of speed."""
    include = ask(python, 'sysconfig.get_paths()["include"]')
    if not (Path(include) / "Python.h").exists():
        pytest.skip(f"{python} has no headers in {include}")
    names = [line.split("#")[0].strip() for line in (root / "csrc" / "sources.txt").read_text().splitlines()]
    sources = [root / "csrc" / "src" / name for name in names if name]
    sources += [path for path in sorted((root / "bindings" / "python").rglob("*.c")) if path.parent.name != "drivers"]
    suffix = ask(python, 'sysconfig.get_config_var("EXT_SUFFIX")')
    flags = ["-std=c11", "-O0", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden", "-Werror=implicit-function-declaration"]
    paths = [f"-I{root / 'csrc' / 'include'}", f"-I{root / 'csrc' / 'src'}", f"-I{root / 'bindings'}", f"-I{include}"]
    done = subprocess.run(
        [os.environ.get("CC", "gcc"), *flags, *paths, *map(str, sources), "-lsqlite3", "-lm", "-o", str(folder / f"_core{suffix}")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def run(python, folder, environment):
    (folder / "smoke.py").write_text(SMOKE)
    command = [python, "-X", "dev", "-W", "error", "smoke.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, PRINTS, "")


def test_this_one(tmp_path):
    run(sys.executable, tmp_path, {**os.environ, "PYTHONPATH": str(Path(cormorant.__file__).parent.parent)})


@pytest.mark.skipif(not FOUND, reason="no other CPython of 3.11 and later is installed here")
@pytest.mark.parametrize("version", FOUND or ["none"])
def test_smoke(root, tmp_path, version):
    if shutil.which(os.environ.get("CC", "gcc")) is None:
        pytest.skip("no C compiler is installed here")
    package = tmp_path / "cormorant"
    shutil.copytree(root / "python" / "cormorant", package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    build(root, FOUND[version], package)
    run(FOUND[version], tmp_path, {name: value for name, value in os.environ.items() if not name.startswith(("LD_", "PYTHON"))})
