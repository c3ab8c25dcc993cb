"""What a code base uses of SQLAlchemy and Flask-SQLAlchemy that is absent here, with file and line."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from . import REFERENCE

Use = Tuple[str, int, str]  # file, line, dotted name


def uses(path: Path) -> Iterator[Use]:
    """Names of the reference packages that a file imports or reaches through an imported module."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        print(f"{path}: left out, it does not parse ({error})", file=sys.stderr)
        return
    modules: Dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in REFERENCE:
                    yield str(path), node.lineno, alias.name
                    modules[alias.asname or alias.name.partition(".")[0]] = alias.name if alias.asname else alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0 and node.module.partition(".")[0] in REFERENCE:
            for alias in node.names:
                yield str(path), node.lineno, node.module if alias.name == "*" else f"{node.module}.{alias.name}"
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = _dotted(node)
            if dotted is not None:
                head, _, rest = dotted.partition(".")
                if head in modules and rest:
                    yield str(path), node.lineno, f"{modules[head]}.{rest}"


def _dotted(node: ast.AST) -> Optional[str]:
    parts: List[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def missing_part(name: str) -> Optional[str]:
    """The part of a dotted name that is absent here, or None when all of it is there. Past a class, only what is a class
    attribute can be judged; past anything else nothing is said."""
    parts = name.split(".")
    try:
        found = importlib.import_module(REFERENCE[parts[0]][0])
    except ImportError as error:
        return f"{parts[0]} ({error})"
    real = REFERENCE[parts[0]][0]
    for i, part in enumerate(parts[1:], 1):
        if not isinstance(found, (type(sys), type)):
            return None
        try:
            found = getattr(found, part)
            real = f"{real}.{part}"
            continue
        except (AttributeError, NotImplementedError):
            pass
        try:
            found = importlib.import_module(f"{real}.{part}")
            real = f"{real}.{part}"
        except ImportError:
            return ".".join(parts[: i + 1])
    return None


def main(folders: List[str]) -> int:
    if not folders:
        print("usage: python -m cormorant.compat --report DIR...", file=sys.stderr)
        return 2
    absent: Dict[str, List[Tuple[str, int]]] = {}
    known: Dict[str, Optional[str]] = {}
    files = total = 0
    for folder in folders:
        root = Path(folder)
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            files += 1
            for file, line, name in set(uses(path)):
                total += 1
                if name not in known:
                    known[name] = missing_part(name)
                part = known[name]
                if part is not None:
                    absent.setdefault(part, []).append((file, line))
    for name in sorted(absent):
        print(name)
        for file, line in sorted(set(absent[name])):
            print(f"    {file}:{line}")
    print(f"{files} files, {total} uses of {len(known)} names; {len(absent)} names are absent")
    return 1 if absent else 0
