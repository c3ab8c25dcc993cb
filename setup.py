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


def binding_sources():
    return sorted(str(p.relative_to(ROOT)) for p in (ROOT / "bindings" / "python").glob("*.c"))


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
        self.parallel = self.parallel or os.cpu_count()
        super().build_extensions()


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

setup(
    ext_modules=[
        Extension(
            "cormorant._core",
            sources=core_sources() + binding_sources(),
            depends=[str(p.relative_to(ROOT)) for d in ("csrc", "bindings") for p in (ROOT / d).rglob("*.[h]")]
            + ["csrc/include/cormorant_ops.def", "csrc/sources.txt"],
            include_dirs=["csrc/include", "csrc/src"],
            libraries=["sqlite3", "m"],
            extra_compile_args=flags,
            extra_link_args=link,
        )
    ],
    cmdclass={"build_ext": BuildExt},
)
