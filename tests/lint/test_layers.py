"""The rooms of csrc include only what the map allows, and nobody reaches past a public header."""

import re

import pytest

ROOMS = {
    "base": {"base"},
    "schema": {"base", "schema"},
    "expr": {"base", "schema", "expr"},
    "sql": {"base", "schema", "expr", "sql"},
    "driver": {"base", "driver"},
    "engine": {"base", "schema", "expr", "sql", "driver", "engine"},
    "orm": {"base", "schema", "expr", "sql", "driver", "engine", "orm"},
    "load": {"base", "schema", "expr", "sql", "driver", "engine", "orm", "load"},
    "uow": {"base", "schema", "expr", "sql", "driver", "engine", "orm", "uow"},
    "host": {"base", "schema", "expr", "sql", "driver", "engine", "orm", "host"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def sources(root):
    return sorted((root / "csrc" / "src").rglob("*.[ch]"))


def test_include_graph(root):
    wrong = []
    for path in sources(root):
        room = path.relative_to(root / "csrc" / "src").parts[0]
        for name in INCLUDE.findall(path.read_text()):
            if name.startswith("cormorant"):
                continue
            target = name.split("/")[0] if "/" in name else room
            if target not in ROOMS[room]:
                wrong.append(f"{path.relative_to(root)} includes {name}")
    assert not wrong, "\n".join(wrong)


def test_core_knows_no_python(root):
    found = [str(p) for p in sources(root) if re.search(r"Python\.h|PyObject", p.read_text())]
    assert not found


def test_binding_uses_public_headers_only(root):
    allowed = {"cormorant.h", "cormorant_ext.h", "cormorant_ops.def"}
    here = {p.name for p in (root / "bindings" / "python").glob("*.h")}
    wrong = []
    for path in (root / "bindings" / "python").glob("*.[ch]"):
        for name in INCLUDE.findall(path.read_text()):
            if name not in allowed | here:
                wrong.append(f"{path.name} includes {name}")
    assert not wrong, "\n".join(wrong)


def test_source_list_is_complete(root):
    lists = [root / "csrc" / "sources.txt", *(root / "csrc").glob("sources_*.txt")]
    listed = {line.split("#")[0].strip() for path in lists for line in path.read_text().splitlines()} - {""}
    found = {str(p.relative_to(root / "csrc" / "src")) for p in (root / "csrc" / "src").rglob("*.c")}
    assert listed == found


def test_internal_headers_say_who_sees_them(root):
    wrong = [str(p) for p in (root / "csrc" / "src").rglob("*.h") if not p.read_text().startswith("/* visible to:")]
    assert not wrong


@pytest.mark.parametrize("word", ["sqlalchemy", "flask_sqlalchemy"])
def test_package_never_imports_the_reference(root, word):
    wrong = []
    for path in (root / "python").rglob("*.py"):
        if path.is_relative_to(root / "python" / "cormorant" / "migrate"):  # the bridge to Alembic, which needs it
            continue
        if re.search(rf"^\s*(import|from)\s+{word}\b", path.read_text(), re.M):
            wrong.append(str(path))
    assert not wrong


def test_only_the_flask_package_imports_flask(root):
    wrong = []
    for path in (root / "python").rglob("*.py"):
        if "flask" in path.parts:
            continue
        if re.search(r"^\s*(import|from)\s+flask\b", path.read_text(), re.M):
            wrong.append(str(path))
    assert not wrong
