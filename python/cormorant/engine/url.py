"""Database URLs: `dialect+driver://user:password@host:port/database?key=value`."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from .. import exc

__all__ = ["URL", "make_url"]

_Query = t.Mapping[str, t.Union[str, t.Sequence[str]]]

_SECRETS = frozenset(("password", "passwd", "pwd", "sslpassword", "ssl_password", "passphrase", "key_password", "secret", "token"))

_PATTERN = re.compile(
    r"""
    (?P<name>[\w\+]+)://
    (?: (?P<username>[^:/]*) (?: : (?P<password>[^@]*) )? @ )?
    (?: (?: \[ (?P<ipv6>[^/\?]+) \] | (?P<host>[^/:\?]+) )? (?: : (?P<port>[^/\?]*) )? )?
    (?: / (?P<database>[^\?]*) )?
    (?: \? (?P<query>.*) )?
    """,
    re.X,
)


class _FrozenQuery(dict[str, t.Any]):
    """A dictionary that nobody changes, so that URLs can be keys."""

    def _refuse(self, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise TypeError("the query of a URL is immutable; use URL.update_query_dict() or URL.set()")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))

    def union(self, other: t.Mapping[str, t.Any]) -> _FrozenQuery:
        return _FrozenQuery({**self, **other})


class _Parts(t.NamedTuple):

    drivername: str
    username: str | None = None
    password: str | None = None
    host: str | None = None
    port: int | None = None
    database: str | None = None
    query: t.Any = _FrozenQuery()


class URL(_Parts):
    """The parts of a database URL. Immutable: `set()` and its like answer changed copies. Printing hides the password."""

    __slots__ = ()

    @classmethod
    def create(
        cls,
        drivername: str,
        username: str | None = None,
        password: str | None = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: t.Mapping[str, t.Any] = _FrozenQuery(),
    ) -> URL:
        """A URL from its parts, as they are: nothing needs escaping."""
        if not isinstance(drivername, str):
            raise TypeError("drivername must be a string")
        for name, value in (("username", username), ("host", host), ("database", database)):
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name} must be a string")
        if port is not None and port != "":
            try:
                port = int(port)
            except ValueError as e:
                raise TypeError("Port argument must be an integer or None") from e
        return cls(drivername, username, password, host, port or None, database, _checked_query(query))

    def set(self, **changed: t.Any) -> URL:
        """A copy with some parts replaced."""
        parts = {**self._asdict(), **{k: v for k, v in changed.items() if v is not None}}
        return URL.create(**parts)

    def _replace(self, **changed: t.Any) -> URL:  # type: ignore[override]
        return URL.create(**{**self._asdict(), **changed})

    def update_query_string(self, query_string: str, append: bool = False, *, keep_blank_values: bool = False) -> URL:
        return self.update_query_pairs(parse_qsl(query_string, keep_blank_values=keep_blank_values), append=append)

    def update_query_pairs(self, key_value_pairs: t.Iterable[tuple[str, str | t.Sequence[str]]], append: bool = False) -> URL:
        changed: dict[str, t.Any] = {}
        for key, value in key_value_pairs:
            changed[key] = (*_as_tuple(changed[key]), *_as_tuple(value)) if key in changed else value
        if append:
            for key, value in changed.items():
                if key in self.query:
                    changed[key] = (*_as_tuple(self.query[key]), *_as_tuple(value))
        return self.set(query={**self.query, **changed})

    def update_query_dict(self, query_parameters: t.Mapping[str, t.Any], append: bool = False) -> URL:
        return self.update_query_pairs(list(query_parameters.items()), append=append)

    def difference_update_query(self, names: t.Iterable[str]) -> URL:
        gone = set(names)
        return self._replace(query={k: v for k, v in self.query.items() if k not in gone}) if gone & set(self.query) else self

    @property
    def normalized_query(self) -> t.Mapping[str, t.Sequence[str]]:
        return {k: _as_tuple(v) for k, v in self.query.items()}

    def render_as_string(self, hide_password: bool = True) -> str:
        """The URL as text, the password as *** unless told otherwise."""
        text = self.drivername + "://"
        if self.username is not None:
            text += quote(self.username, safe=" +")
            if self.password is not None:
                text += ":" + ("***" if hide_password else quote(str(self.password), safe=" +"))
            text += "@"
        if self.host is not None:
            text += f"[{self.host}]" if ":" in self.host else self.host
        if self.port is not None:
            text += f":{self.port}"
        if self.database is not None:
            text += "/" + quote(self.database, safe=" +/:\\")
        if self.query:
            pairs = [
                f"{quote_plus(k)}={'***' if hide_password and k.lower() in _SECRETS else quote_plus(v)}"
                for k in sorted(self.query)
                for v in _as_tuple(self.query[k])
            ]
            text += "?" + "&".join(pairs)
        return text

    def __str__(self) -> str:
        return self.render_as_string()

    def __repr__(self) -> str:
        return self.render_as_string()

    def __hash__(self) -> int:
        return hash(self.render_as_string(hide_password=False))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and tuple(self) == tuple(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __copy__(self) -> URL:
        return self

    def __deepcopy__(self, memo: t.Any) -> URL:
        return self

    def get_backend_name(self) -> str:
        return self.drivername.split("+")[0]

    def get_driver_name(self) -> str:
        """The driver the URL names; the built-in one's when it names none."""
        return self.drivername.split("+", 1)[1] if "+" in self.drivername else self.get_dialect().driver

    def get_dialect(self, _is_async: bool = False) -> t.Any:
        """The class of the dialect, also by the name of a driver that writes its texts otherwise."""
        from ..dialects import find, find_driver

        backend, _, driver = self.drivername.partition("+")
        return find_driver(backend, driver) or find(backend)

    def translate_connect_args(self, names: t.Sequence[str] | None = None, **kw: str) -> dict[str, t.Any]:
        """The parts that are set, under the names a connect function takes them."""
        attributes = ["host", "database", "username", "password", "port"]
        found: dict[str, t.Any] = {}
        for i, attribute in enumerate(attributes):
            name = names[i] if names is not None and i < len(names) else kw.get(attribute, attribute)
            if name and getattr(self, attribute):
                found[name] = getattr(self, attribute)
        return found


def _as_tuple(value: t.Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)):
        return tuple(value)
    raise TypeError(_QUERY_VALUES)


_QUERY_VALUES = "Query dictionary values must be strings or sequences of strings"


def _checked_query(query: t.Mapping[str, t.Any]) -> _FrozenQuery:
    checked: dict[str, t.Any] = {}
    for key, value in query.items():
        if not isinstance(key, str):
            raise TypeError("Query dictionary keys must be strings")
        if isinstance(value, str):
            checked[key] = value
        elif isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value):
            checked[key] = tuple(value)
        else:
            raise TypeError(_QUERY_VALUES)
    return _FrozenQuery(checked)


def make_url(name_or_url: str | URL, *, keep_blank_values: bool = False) -> URL:
    """A URL from its text; a URL passes."""
    if isinstance(name_or_url, URL):
        return name_or_url
    if not isinstance(name_or_url, str):
        raise exc.ArgumentError(f"Expected string or URL object, got {name_or_url!r}")
    found = _PATTERN.fullmatch(name_or_url)
    if not found:
        raise exc.ArgumentError("Could not parse SQLAlchemy URL from given URL string")
    parts = found.groupdict()
    query: dict[str, t.Any] = {}
    for key, value in parse_qsl(parts["query"] or "", keep_blank_values=keep_blank_values):
        query[key] = (*_as_tuple(query[key]), value) if key in query else value
    port = parts["port"]
    if port:
        try:
            port = int(port)
        except ValueError as e:
            raise ValueError(f"invalid literal for int() with base 10: {port!r}") from e
    unquoted = {k: unquote(parts[k]) if parts[k] is not None else None for k in ("username", "password", "database")}
    return URL.create(parts["name"], host=parts["ipv6"] or parts["host"], port=port or None, query=query, **unquoted)
