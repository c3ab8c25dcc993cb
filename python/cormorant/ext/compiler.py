"""Constructs of one's own: `@compiles(MyElement)` says how a class is written.

    class coalesce(ColumnElement):
        inherit_cache = True

    @compiles(coalesce, "sqlite")
    def compile_coalesce(element, compiler, **kw):
        return "coalesce(%s)" % compiler.process(element.clauses, **kw)
"""

from __future__ import annotations

import typing as t

from .. import _core, exc

__all__ = ["compiles", "deregister"]

_F = t.TypeVar("_F", bound=t.Callable[..., t.Any])


def _every_subclass(cls: type) -> t.Iterator[type]:
    yield cls
    for sub in type.__subclasses__(cls):
        yield from _every_subclass(sub)


def compiles(class_: type, *specs: str) -> t.Callable[[_F], _F]:
    """The function decorated compiles elements of a class, on the dialects named or on all."""
    if not issubclass(class_, _core.Node):
        if issubclass(class_, _core.TypeEngine):
            return lambda fn: _spells(class_, specs, fn)
        raise exc.ArgumentError(f"@compiles() takes a class of SQL elements, got {class_!r}")

    def decorate(fn: _F) -> _F:
        functions = class_.__dict__.get("_compile_functions")
        if functions is None:
            functions = {}
            class_._compile_functions = functions  # type: ignore[attr-defined]
            for cls in _every_subclass(class_):
                _core.hook_compile(cls)
        for name in specs or ("default",):
            functions[name] = fn
        _teach_definition(class_)
        return fn

    return decorate


def _spells(class_: t.Any, specs: tuple[str, ...], fn: t.Any) -> t.Any:
    """A compile function of a type. Types described before (used in a statement) keep their spelling."""
    if "_compile_functions" not in class_.__dict__:
        class_._compile_functions = {}
    for name in specs or ("default",):
        class_._compile_functions[name] = fn
    for cls in _every_subclass(class_):
        if "_cm_default" in cls.__dict__:
            del cls._cm_default  # type: ignore[attr-defined]
    return fn


def _teach_definition(class_: type) -> None:
    """Definitions (CREATE ...) answer their text to whoever runs them."""
    from ..sql.compiler import HookCompiler, compile_element, compile_function
    from ..sql.ddl import ExecutableDDLElement

    if not issubclass(class_, ExecutableDDLElement):
        return
    usual = class_._text

    def text(self: t.Any, dialect: t.Any) -> str:
        name = dialect.name if dialect is not None else "default"
        function = compile_function(type(self), name)
        if function is None:
            return usual(self, dialect)
        compiler = HookCompiler(name)
        made = []
        for piece in compiler.pieces(function(self, compiler)):
            if isinstance(piece, str):
                made.append(piece)
            elif isinstance(piece, tuple):
                made.append(usual(piece[0], dialect))
            else:
                made.append(str(compile_element(piece, None, dialect, compile_kwargs={"literal_binds": True})))
        return "".join(made)

    class_._text = text  # type: ignore[method-assign]


def deregister(class_: type) -> None:
    """Forgets the compile functions of a class."""
    functions = class_.__dict__.get("_compile_functions")
    if functions is not None:
        functions.clear()
