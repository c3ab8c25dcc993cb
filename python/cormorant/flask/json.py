"""JSON answers, written by the C core: `db.jsonify` and a JSON provider for applications.

The text is the one Flask's own provider makes with the application's settings (`app.json.sort_keys`, `compact`,
`ensure_ascii`, `default`). Beyond it: entities by the attributes that are chosen, rows as objects, results as arrays.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Callable, Dict, Optional, Sequence

from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider

from .. import _core
from ..orm import MappedAsDataclass

Default = Callable[[Any], Any]
_DUMPS_OPTIONS = {"default", "ensure_ascii", "sort_keys", "indent", "separators"}
_flask_default = DefaultJSONProvider.default


def for_entities(default: Default) -> Default:
    """A provider's `default` that knows entities: `to_dict()` where they have it; else none is written whole."""
    if hasattr(default, "_inner"):
        return default

    def other(value: Any) -> Any:
        return _entity(value, default) if _core.inst_is_mapped(value) else default(value)

    other._inner = default  # type: ignore[attr-defined]
    return other


def _entity(entity: Any, default: Default) -> Any:
    cls = type(entity)
    if hasattr(cls, "to_dict"):
        return entity.to_dict()
    if default is not _flask_default:  # the program's own
        return default(entity)
    if dataclasses.is_dataclass(cls) and not issubclass(cls, MappedAsDataclass):  # its author listed fields
        return default(entity)
    raise TypeError(
        f"Object of type {cls.__name__} is not JSON serializable: an entity is not written whole, for it may hold what nobody should see. "
        f"Choose its attributes, db.jsonify(..., only=[{cls.__name__}.id, ...]), or give {cls.__name__} a to_dict() method"
    )


def write(
    value: Any, *, default: Default, ensure_ascii: bool, sort_keys: bool, indent: Any = None, separators: Any = None,
    only: Optional[Sequence[Any]] = None, load: bool = False, strict: bool = True,
) -> bytes:
    """A value as JSON in UTF-8; the arguments are those of `json.dumps`."""
    other = for_entities(default)
    comma, colon = separators or (", " if indent is None else ",", ": ")
    if isinstance(indent, int):
        indent = " " * indent
    return _core.json_bytes(
        value, other, only=only, load=load, ascii=ensure_ascii, sort=sort_keys, plain=other._inner is _flask_default,  # type: ignore[attr-defined]
        strict=strict, indent=indent, comma=comma, colon=colon,
    )


def respond(app: Flask, value: Any, only: Optional[Sequence[Any]] = None, load: bool = False) -> Response:
    """The answer of `db.jsonify`, as the settings of the application's provider say."""
    provider: Any = app.json
    if not isinstance(provider, DefaultJSONProvider):
        raise TypeError(f"db.jsonify() follows the settings of Flask's DefaultJSONProvider; app.json is a {type(provider).__name__}")
    body = write(
        value, only=only, load=load, default=provider.default, ensure_ascii=provider.ensure_ascii, sort_keys=provider.sort_keys,
        **_layout(provider, app),
    )
    return app.response_class(body + b"\n", mimetype=provider.mimetype)


def _layout(provider: DefaultJSONProvider, app: Flask) -> Dict[str, Any]:
    if provider.compact is False or (provider.compact is None and app.debug):
        return {"indent": 2}
    return {"separators": (",", ":")}


class JSONProvider(DefaultJSONProvider):
    """Flask's provider, written in C, for every `jsonify` and `app.json.dumps` of an application:
    `app.json = JSONProvider(app)`, or `CORMORANT_JSON_PROVIDER = True` in its configuration."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        if not _DUMPS_OPTIONS.issuperset(kwargs):  # allow_nan, cls, ...
            kwargs.setdefault("default", for_entities(self.default))
            return super().dumps(obj, **kwargs)
        kwargs.setdefault("default", self.default)
        kwargs.setdefault("ensure_ascii", self.ensure_ascii)
        kwargs.setdefault("sort_keys", self.sort_keys)
        return write(obj, strict=False, **kwargs).decode("utf-8", "surrogatepass")

    def response(self, *args: Any, **kwargs: Any) -> Response:
        return respond(self._app, self._prepare_response_obj(args, kwargs))


def install(app: Flask) -> None:
    """What `init_app` does: the provider, if asked for; an error that helps, for entities handed to `flask.jsonify`."""
    if app.config.setdefault("CORMORANT_JSON_PROVIDER", False):
        app.json = JSONProvider(app)
    elif isinstance(app.json, DefaultJSONProvider):
        app.json.default = for_entities(app.json.default)  # type: ignore[method-assign]
