"""Plants one bug after the other in a copy of the sources, builds it and lets the oracle look for it.

`python -m tests.oracle.planted [NAME...] [--machines N] [--families N] [--selects N] [--others]`: names are parts of patch names.
A bug counts as found when any machine or SELECT differs, or when the process dies of it. --others runs all other tests of
features first and tells which of them fails. Exits with 1 when fewer than nine in ten are found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SOURCES = ("csrc", "bindings", "python", "setup.py", "pyproject.toml", "README.md", "LICENSE")

REPLAYS = "tests/python/test_oracle_regressions.py"
"""Holds what machines found before, each as a program: no test besides the oracle, but what came out of it."""

OTHERS = ("tests/python", "tests/idioms", "tests/compile", "tests/flask", "tests/bindings", "tests/backends", "tests/budgets")


def build(folder: Path, patches: t.Sequence[Path]) -> Path:
    """A private build of the sources with patches applied; answers the folder to import from."""
    source, built = folder / "source", folder / "built"
    shutil.rmtree(source, ignore_errors=True)
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, source / name, **({"ignore": shutil.ignore_patterns("*.so", "__pycache__")} if (ROOT / name).is_dir() else {}))  # type: ignore[operator]
    for patch in patches:
        subprocess.run(["patch", "-p1", "-s", "-F3", "-i", str(patch)], cwd=source, check=True, stdout=subprocess.DEVNULL)
    shutil.copytree(source / "python", built, dirs_exist_ok=True)
    env = {**os.environ, "CORMORANT_CFLAGS": "-O1 -fno-lto", "LDFLAGS": "-fno-lto", "CCACHE_BASEDIR": str(source), "CCACHE_NOHASHDIR": "1",
           **({"CC": "/usr/lib/ccache/gcc", "LDSHARED": "gcc -shared"} if Path("/usr/lib/ccache/gcc").exists() else {})}
    command = [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", str(built), "--build-temp", str(folder / "objects"), "--force"]
    subprocess.run(command, cwd=source, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return built


def search(built: Path, budget: t.Sequence[int], record: Path) -> str:
    """What gave the bug away, or nothing."""
    env = {**os.environ, "PYTHONPATH": f"{built}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.oracle.planted.search", *map(str, budget), str(record)]
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=3600)
    except subprocess.TimeoutExpired:
        return "does not end"
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    return lines[-1][:200] if lines else f"died of signal {-done.returncode}"


def other_tests(built: Path) -> str:
    """The first test outside this folder that a bug fails, or nothing."""
    env = {**os.environ, "PYTHONPATH": str(built)}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-o", f"pythonpath={built} .", *OTHERS, "--ignore", REPLAYS]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=3600)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0][:110] if failed else "" if done.returncode == 0 else f"exit code {done.returncode}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.planted", description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--machines", type=int, default=400)
    parser.add_argument("--families", type=int, default=100, help="and as many of every other kind")
    parser.add_argument("--selects", type=int, default=400)
    parser.add_argument("--others", action="store_true", help="run the other tests first")
    parser.add_argument("--record", type=Path, help="where the reference's side is kept for another time")
    options = parser.parse_args()
    patches = [p for p in sorted(HERE.glob("*.patch")) if not options.names or any(n in p.name for n in options.names)]
    folder, found, tried = Path(tempfile.mkdtemp(prefix="planted")), 0, 0
    budget = (options.machines, options.families, options.selects)
    record = options.record or folder / "record"
    record.mkdir(exist_ok=True)
    try:
        clean = search(build(folder, []), budget, record)
        if clean:
            print(f"without any patch: {clean}")
            return 1
        for patch in patches:
            begun = time.monotonic()
            built = build(folder, [patch])
            other = options.others and other_tests(built)
            if other:
                print(f"{patch.stem:45} {time.monotonic() - begun:5.0f} s  other tests: {other}", flush=True)
                continue
            why = search(built, budget, record)
            found, tried = found + bool(why), tried + 1
            print(f"{patch.stem:45} {time.monotonic() - begun:5.0f} s  {why or 'NOT FOUND'}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{found} of {tried} found")
    return int(found * 10 < tried * 9)


if __name__ == "__main__":
    sys.exit(main())
