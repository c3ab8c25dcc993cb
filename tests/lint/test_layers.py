"""The rooms of csrc include only what the map allows, and nobody reaches past a public header."""

import ast
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
    home, wrong = root / "bindings" / "python", []
    for path in home.rglob("*.[ch]"):
        if path.parent.name == "drivers":  # extensions of their own, behind the driver's interface
            continue
        for name in INCLUDE.findall(path.read_text()):
            if name not in allowed and not (name.startswith("python/") and (home.parent / name).exists()):
                wrong.append(f"{path.relative_to(home)} includes {name}")
    assert not wrong, "\n".join(wrong)


# The extension, from the ground up. Files at the top of the folder are the ground, but for the two that put all together.
BINDING = ["", "schema", "expr", "engine", "orm", "json"]
ASSEMBLY = {"host.c", "module.c"}


def test_rooms_of_the_binding_include_what_lies_below(root):
    home, wrong = root / "bindings" / "python", []
    for path in home.rglob("*.[ch]"):
        room = "" if path.parent == home else path.parent.name
        if room == "drivers" or path.name in ASSEMBLY:
            continue
        for name in INCLUDE.findall(path.read_text()):
            if name.startswith("python/"):
                target = name.split("/")[1] if name.count("/") > 1 else ""
                if BINDING.index(target) > BINDING.index(room):
                    wrong.append(f"{path.relative_to(home)} includes {name}")
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


# The package, from the ground up: a folder or module imports from lines above its own, and from its own.
DATABASES = {"_own", "_server", "sqlite", "postgresql", "mysql", "mssql", "oracle"}
PACKAGE = [
    {"_core", "_late", "_version", "exc", "log"},
    {"event", "inspection", "util", "dialects"},
    {"sql"},
    {"types", "schema", "pool"},
    {"engine"},
    {"databases", "dbapi", "events", "future"},  # databases: the folders in dialects/
    {"orm"},
    {"ext"},
    {"compat", "migrate"},
    {"flask"},
]
LATE = {("dialects", "engine")}  # these may, inside functions


def room_of(module):
    return "databases" if module[0] == "dialects" and len(module) > 1 and module[1] in DATABASES else module[0]


def package_imports(path, package):
    """(module that is named, whether the import stands inside a function) of every import within the package."""
    tree = ast.parse(path.read_text())
    late = {id(n) for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) for n in ast.walk(f)}
    here = [package.name, *path.relative_to(package).with_suffix("").parts]
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = here[: len(here) - node.level] + (node.module.split(".") if node.module else [])
        for alias in node.names:
            yield tuple([*base, alias.name])[1:], id(node) in late


def test_package_layers(root):
    package = root / "python" / "cormorant"
    rank = {name: i for i, names in enumerate(PACKAGE) for name in names}
    wrong = []
    for path in package.rglob("*.py"):
        room = room_of(path.relative_to(package).with_suffix("").parts)
        if room == "__init__":
            continue
        for target, late in package_imports(path, package):
            there = room_of(target)
            if there in rank and rank[there] > rank[room] and not (late and (room, there) in LATE):
                wrong.append(f"{path.relative_to(package)} imports {'.'.join(target)}")
    assert not wrong, "\n".join(wrong)


def test_package_has_no_circles(root):
    """Of imports that run when a module is loaded."""
    package = root / "python" / "cormorant"
    modules = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        modules[parts[:-1] if parts[-1] == "__init__" else parts] = path
    needs = {}
    for name, path in modules.items():
        found = {t if t in modules else t[:-1] for t, late in package_imports(path, package) if not late}
        needs[name] = {t for t in found if t in modules and t != name and t != ()}
    while needs:
        free = {name for name, targets in needs.items() if not targets & needs.keys()}
        assert free, "circle among " + ", ".join(sorted(".".join(name) for name in needs))
        needs = {name: targets for name, targets in needs.items() if name not in free}
