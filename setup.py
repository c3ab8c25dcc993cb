"""Builds `cormorant._core`: the C core (csrc/sources.txt) and the CPython extension (bindings/python) in one module."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent


def core_sources():
    """The C files of the core, from the one list that the Makefile reads too."""
    lines = (ROOT / "csrc" / "sources.txt").read_text().splitlines()
    names = [line.split("#")[0].strip() for line in lines]
    return [f"csrc/src/{name}" for name in names if name]


def driver_sources(name):
    """The C files of a driver that is an extension of its own."""
    lines = (ROOT / "csrc" / f"sources_{name}.txt").read_text().splitlines()
    return [f"csrc/src/{line}" for line in lines if line and not line.startswith("#")] + [f"bindings/python/drivers/{name}.c"]


def binding_sources():
    home = ROOT / "bindings" / "python"
    return sorted(str(p.relative_to(ROOT)) for p in home.rglob("*.c") if p.parent.name != "drivers")


def compiles(compiler, text):
    """Whether a small program compiles here."""
    return (
        subprocess.run(
            [*compiler, "-fsyntax-only", "-x", "c", "-"],
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
        == 0
    )


class BuildExt(build_ext):
    """Says in one sentence which Debian package is missing, before the compiler says it in a hundred lines."""

    def build_extensions(self):
        compiler = list(self.compiler.compiler_so[:1])
        include = sysconfig.get_paths()["include"]
        if not compiles(compiler, "int x;"):
            sys.exit("cormorant: no C compiler was found. On Debian: apt-get install gcc")
        if not compiles([*compiler, f"-I{include}"], "#include <Python.h>"):
            sys.exit("cormorant: the Python headers are missing. On Debian: apt-get install python3-dev")
        if not compiles(compiler, "#include <sqlite3.h>"):
            sys.exit("cormorant: the SQLite headers are missing. On Debian: apt-get install libsqlite3-dev")
        self.extensions = [e for e in self.extensions if e.name not in OPTIONAL or self.is_there(compiler, e)]
        self.parallel = self.parallel or os.cpu_count()
        super().build_extensions()


    def is_there(self, compiler, extension):
        """Whether the headers of an optional driver are installed; without them it is left out."""
        header, package = OPTIONAL[extension.name]
        folders = [f"-I{d}" for d in extension.include_dirs]
        if compiles([*compiler, *folders], f"#include <{header}>"):
            return True
        print(f"cormorant: without {extension.name}, for {header} is missing. On Debian: apt-get install {package}")
        return False


HEADERS = [str(p.relative_to(ROOT)) for d in ("csrc", "bindings") for p in (ROOT / d).rglob("*.[h]")]
HEADERS += ["csrc/include/cormorant_ops.def", "bindings/python/hooks.def", *(str(p.relative_to(ROOT)) for p in (ROOT / "csrc").glob("sources*.txt"))]
OPTIONAL = {"cormorant._pg": ("libpq-fe.h", "libpq-dev"), "cormorant._mysql": ("mysql.h", "libmariadb-dev")}


def include_of(command, otherwise):
    """The folder of headers that the library's own command names."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0].removeprefix("-I")
    except (OSError, subprocess.CalledProcessError, IndexError):
        return otherwise


flags = ["-std=c11", "-O3", "-flto=auto", "-fno-plt", "-g1", "-fvisibility=hidden", "-fno-semantic-interposition", "-pthread", "-Wall", "-Wextra",
         "-Wno-missing-field-initializers", "-Wno-cast-function-type", "-Wno-unused-parameter"]
link = ["-pthread", "-flto=auto", "-O3"]
if os.environ.get("CI"):
    flags.append("-Werror")
if os.environ.get("CORMORANT_SANITIZE"):  # "address,undefined"
    sanitize = [f"-fsanitize={os.environ['CORMORANT_SANITIZE']}", "-fno-sanitize-recover=undefined", "-fno-lto"]
    flags += [*sanitize, "-fno-omit-frame-pointer", "-O1", "-DCM_DEBUG"]
    link += sanitize
flags += os.environ.get("CORMORANT_CFLAGS", "").split()

# CORMORANT_SQLITE=folder: SQLite's amalgamation (sqlite3.c, sqlite3.h) goes into the extension instead of the system's library.
# One connection serves one thread at a time, so THREADSAFE=2. docs/performance.md says what it gains and when it is dangerous.
own_sqlite = os.environ.get("CORMORANT_SQLITE")
if own_sqlite:
    flags += ["-w", *(f"-DSQLITE_{option}" for option in (
        "THREADSAFE=2", "DEFAULT_MEMSTATUS=0", "USE_ALLOCA", "USE_URI=1", "OMIT_DEPRECATED", "DEFAULT_RECURSIVE_TRIGGERS=1", "ENABLE_COLUMN_METADATA",
        "ENABLE_FTS5", "ENABLE_RTREE", "ENABLE_MATH_FUNCTIONS", "ENABLE_DBSTAT_VTAB", "MAX_VARIABLE_NUMBER=250000"))]

setup(
    ext_modules=[
        Extension(
            "cormorant._core",
            sources=core_sources() + binding_sources() + ([f"{own_sqlite}/sqlite3.c"] if own_sqlite else []),
            depends=HEADERS,
            include_dirs=["csrc/include", "csrc/src", "bindings", *([own_sqlite] if own_sqlite else [])],
            libraries=["m"] if own_sqlite else ["sqlite3", "m"],
            extra_compile_args=flags,
            extra_link_args=link,
        ),
        Extension(
            "cormorant._pg",
            sources=driver_sources("pg"),
            depends=HEADERS,
            include_dirs=["csrc/include", "csrc/src", include_of(["pg_config", "--includedir"], "/usr/include/postgresql")],
            libraries=["pq"],
            extra_compile_args=flags,
            extra_link_args=link,
        ),
        Extension(
            "cormorant._mysql",
            sources=driver_sources("mysql"),
            depends=HEADERS,
            include_dirs=["csrc/include", "csrc/src", include_of(["mariadb_config", "--include"], "/usr/include/mariadb")],
            libraries=["mariadb"],
            extra_compile_args=flags,
            extra_link_args=link,
        ),
    ],
    cmdclass={"build_ext": BuildExt},
)
