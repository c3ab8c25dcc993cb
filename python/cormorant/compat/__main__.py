"""`python -m cormorant.compat [-m MODULE | -c CODE | PROGRAM.py] ARGS...` and `--report DIR`: as `python` itself runs them."""

from __future__ import annotations

import os
import runpy
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any, List

from . import install

USAGE = "usage: python -m cormorant.compat [-m MODULE | -c CODE | PROGRAM.py | --report DIR...] [ARGS...]"


def main(argv: List[str]) -> Any:
    if not argv or argv[0] in ("-h", "--help"):
        print(USAGE)
        return 0 if argv else 2
    if argv[0] == "--report":
        from .report import main as report

        return report(argv[1:])
    install()
    if argv[0] == "-m":
        if len(argv) < 2:
            print(USAGE, file=sys.stderr)
            return 2
        sys.argv = argv[1:]
        runpy._run_module_as_main(argv[1])  # type: ignore[attr-defined]  # what `python -m` itself calls
        return 0
    if argv[0] == "-c":
        sys.argv = ["-c", *argv[2:]]
        return _run_main(compile(argv[1], "<string>", "exec", dont_inherit=True), None)
    if argv[0].startswith("-"):
        print(f"unknown option {argv[0]}\n{USAGE}", file=sys.stderr)
        return 2
    path = argv[0]
    if os.path.isdir(path):
        path = os.path.join(path, "__main__.py")
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)  # not the future imports of this module
    except OSError as error:
        print(f"{sys.executable}: can't open file {path!r}: {error.strerror}", file=sys.stderr)
        return 2
    sys.argv = argv
    sys.path[0] = os.path.dirname(os.path.abspath(path))
    return _run_main(code, path)


def _run_main(code: CodeType, path: Any) -> int:
    """Runs code as `__main__`, in the module that was there from the start, with nothing of ours left in it."""
    namespace = sys.modules["__main__"].__dict__  # this module's own names: none of them may be used after they are gone
    program = {} if path is None else {"__file__": path, "__cached__": None, "__loader__": SourceFileLoader("__main__", path)}
    for name in [n for n in namespace if n not in ("__name__", "__builtins__")]:
        del namespace[name]
    namespace.update(__name__="__main__", __doc__=None, __package__=None, __spec__=None, __loader__=None, __annotations__={})
    namespace.update(program)
    exec(code, namespace)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
