"""Stubs say what there is: the extension's name by name, the package's by their public names; every C callable explains itself."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest
from cormorant import _core

SPECIAL = {  # made by the interpreter for every class, or without meaning for callers
    "__doc__", "__module__", "__dict__", "__new__", "__init__", "__weakref__", "__slots__", "__repr__", "__str__", "__reduce__",
    "__reduce_ex__", "__copy__", "__setstate__", "__getstate__", "__class_getitem__", "__setattr__", "__delattr__", "__getattribute__",
    "__getattr__", "__hash__", "__bool__", "__iter__", "__next__", "__slotnames__",
}  # fmt: skip
IGNORED = {"__builtins__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__spec__"}


def declared(body):
    """Names that a module or class body of a stub declares, with the bodies of its classes."""
    names = {}
    for node in body:
        if isinstance(node, ast.ClassDef):
            names[node.name] = node
        elif isinstance(node, ast.FunctionDef):
            names.setdefault(node.name, node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names[node.target.id] = node
        elif isinstance(node, ast.Assign):
            names.update({target.id: node for target in node.targets if isinstance(target, ast.Name)})
    return names


def is_check_only(node):
    return any("type_check_only" in ast.unparse(d) for d in getattr(node, "decorator_list", ()))


def is_typing_help(name, node):
    """Type variables and aliases, which only stubs have."""
    return name.startswith("_") and (isinstance(node, ast.Assign) or "TypeAlias" in ast.unparse(getattr(node, "annotation", node)))


@pytest.fixture(scope="module")
def core_stub(root):
    return declared(ast.parse((root / "python" / "cormorant" / "_core.pyi").read_text()).body)


def test_core_names(core_stub):
    there, said = set(dir(_core)) - IGNORED, {name for name, node in core_stub.items() if not is_typing_help(name, node)}
    assert there - said == set(), "not in _core.pyi"
    assert said - there == set(), "in _core.pyi only"


def core_classes():
    return sorted(name for name, value in vars(_core).items() if isinstance(value, type))


@pytest.mark.parametrize("name", core_classes())
def test_core_class_members(core_stub, name):
    cls, said = getattr(_core, name), set(declared(core_stub[name].body)) - SPECIAL
    there = set(vars(cls)) - SPECIAL
    inherited = {member for base in cls.__mro__[1:] for member in vars(base)}
    public = {member for member in there - inherited if not member.startswith("_") or member.startswith("__")}
    assert public - said == set(), "not in _core.pyi"
    assert said - there == set(), "in _core.pyi only"


def core_callables():
    for name, value in sorted(vars(_core).items()):
        if name.startswith("_"):
            continue
        if isinstance(value, type):
            for member, method in sorted(vars(value).items()):
                if not member.startswith("_") and callable(method):
                    yield pytest.param(method, id=f"{name}.{member}")
        elif callable(value):
            yield pytest.param(value, id=name)


@pytest.mark.parametrize("function", list(core_callables()))
def test_core_callables_explain_themselves(function):
    assert function.__doc__, "no docstring"
    assert inspect.signature(function) is not None


@pytest.mark.parametrize("name", core_classes())
def test_core_classes_explain_themselves(name):
    assert getattr(_core, name).__doc__


def stub_modules():
    package = Path(_core.__file__).parent
    for path in sorted(package.rglob("*.pyi")):
        dotted = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        if dotted != "cormorant._core":
            yield pytest.param(path, dotted, id=dotted)


def star_names(path, stub):
    """Names that `from .x import *` brings into a stub."""
    for node in stub.body:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            inner = path.parent / f"{node.module}.pyi"
            tree = ast.parse(inner.read_text())
            yield from (n for n, d in declared(tree.body).items() if not n.startswith("_") and not is_check_only(d))
            yield from star_names(inner, tree)
            yield from imported(tree)


def imported(stub):
    """Names that a stub exports by `import x as x`."""
    for node in stub.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname for alias in node.names if alias.asname and alias.asname == alias.name)


@pytest.mark.parametrize("path, dotted", list(stub_modules()))
def test_module_names(path, dotted):
    module, stub = importlib.import_module(dotted), ast.parse(path.read_text())
    own = declared(stub.body)
    said = {n for n, node in own.items() if not is_typing_help(n, node) and not is_check_only(node)}
    said |= set(imported(stub)) | set(star_names(path, stub))
    public = set(getattr(module, "__all__", ())) or {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", None) == dotted
    }
    public = {n for n in public if not n.startswith("_") and not inspect.ismodule(getattr(module, n))}
    assert {n for n in said if not n.startswith("_") and not hasattr(module, n)} == set(), "in the stub only"
    assert public - said == set(), "not in the stub"
