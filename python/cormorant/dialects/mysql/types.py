"""Column types of MySQL and MariaDB."""

from __future__ import annotations

import typing as t

from ... import _core, exc
from ...sql import sqltypes
from ...sql.type_api import TypeEngine
from .._own import Own

__all__ = [
    "BIGINT", "BIT", "CHAR", "DATETIME", "DECIMAL", "DOUBLE", "ENUM", "FLOAT", "INET4", "INET6", "INTEGER", "JSON", "LONGBLOB", "LONGTEXT", "MEDIUMBLOB",
    "MEDIUMINT", "MEDIUMTEXT", "NCHAR", "NUMERIC", "NVARCHAR", "REAL", "SET", "SMALLINT", "TEXT", "TIME", "TIMESTAMP", "TINYBLOB", "TINYINT",
    "TINYTEXT", "VARCHAR", "YEAR",
]  # fmt: skip


class _MySQL(Own):
    """Types that other databases read as the generic type they are a kind of, where their name means something there."""

    _databases = ("mysql", "mariadb")
    _elsewhere: t.ClassVar[bool] = True

    def _spell_for(self, dialect_name: str) -> str:
        if dialect_name in (*self._databases, "default"):
            return self._spelled()
        if not self._elsewhere:
            return super()._spell_for(dialect_name)
        described = list(self._native_def())  # type: ignore[attr-defined]
        from ...sql.type_api import _Described

        return t.cast(str, _core.type_ddl(_Described(tuple(described)), dialect_name))


class _Number(_MySQL):
    unsigned = zerofill = False

    def _signs(self, text: str) -> str:
        return text + (" UNSIGNED" if self.unsigned else "") + (" ZEROFILL" if self.zerofill else "")


class _Whole(_Number):
    display_width: int | None

    def __init__(self, display_width: int | None = None, unsigned: bool = False, zerofill: bool = False, **kw: t.Any) -> None:
        self.display_width, self.unsigned, self.zerofill = display_width, unsigned, zerofill

    def _spelled(self) -> str:
        width = f"({int(self.display_width)})" if self.display_width is not None else ""
        return self._signs(type(self).__name__ + width)


class INTEGER(_Whole, sqltypes.INTEGER):
    """INTEGER, perhaps UNSIGNED."""


class BIGINT(_Whole, sqltypes.BIGINT):
    """BIGINT."""


class SMALLINT(_Whole, sqltypes.SMALLINT):
    """SMALLINT."""


class MEDIUMINT(_Whole, sqltypes.Integer):
    """Whole numbers of 24 bits."""

    __visit_name__ = "MEDIUMINT"
    _elsewhere = False


class TINYINT(_Whole, sqltypes.Integer):
    """Whole numbers of 8 bits."""

    __visit_name__ = "TINYINT"
    _elsewhere = False


class _Decimal(_Number):
    precision: int | None
    scale: int | None

    def __init__(
        self, precision: int | None = None, scale: int | None = None, asdecimal: bool = True, unsigned: bool = False, zerofill: bool = False, **kw: t.Any
    ) -> None:
        self.precision, self.scale, self.asdecimal = precision, scale, asdecimal
        self.decimal_return_scale = kw.pop("decimal_return_scale", None)
        self.unsigned, self.zerofill = unsigned, zerofill

    def _spelled(self) -> str:
        digits = "" if self.precision is None else f"({self.precision})" if self.scale is None else f"({self.precision}, {self.scale})"
        return self._signs(type(self).__name__ + digits)


class NUMERIC(_Decimal, sqltypes.NUMERIC[t.Any]):
    """NUMERIC."""


class DECIMAL(_Decimal, sqltypes.DECIMAL[t.Any]):
    """DECIMAL."""


class DOUBLE(_Decimal, sqltypes.DOUBLE[t.Any]):
    """DOUBLE."""


class REAL(_Decimal, sqltypes.REAL[t.Any]):
    """REAL."""


class FLOAT(_Decimal, sqltypes.FLOAT[t.Any]):
    """FLOAT."""

    def __init__(self, precision: int | None = None, scale: int | None = None, asdecimal: bool = False, **kw: t.Any) -> None:
        super().__init__(precision, scale, asdecimal, **kw)


class BIT(_MySQL, TypeEngine[int]):
    """Up to 64 bits, as a number."""

    __visit_name__ = "BIT"
    _kind = _core.T_BIGINT
    _elsewhere = False

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    def _flags(self) -> int:
        return int(_core.TYPE_HOST)

    def _bind(self, value: t.Any) -> t.Any:
        return int.from_bytes(value, "big") if isinstance(value, bytes) else value

    def _result(self, value: t.Any) -> t.Any:
        return int.from_bytes(value, "big") if isinstance(value, bytes) else value

    def _spelled(self) -> str:
        return "BIT" if self.length is None else f"BIT({int(self.length)})"


class _Fraction(_MySQL):
    fsp: int | None

    def _spelled(self) -> str:
        return type(self).__name__ + (f"({int(self.fsp)})" if self.fsp else "")


class TIME(_Fraction, sqltypes.TIME):
    """TIME, with digits after the second."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp


class TIMESTAMP(_Fraction, sqltypes.TIMESTAMP):
    """TIMESTAMP."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp


class DATETIME(_Fraction, sqltypes.DATETIME):
    """DATETIME."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        super().__init__(timezone=timezone)
        self.fsp = fsp


class YEAR(_MySQL, TypeEngine[t.Any]):
    """A year."""

    __visit_name__ = "YEAR"
    _kind = _core.T_SMALLINT
    _elsewhere = False

    def __init__(self, display_width: int | None = None) -> None:
        self.display_width = display_width

    def _spelled(self) -> str:
        return "YEAR" if self.display_width is None else f"YEAR({int(self.display_width)})"


def _word(text: str) -> str:
    if not text.replace("_", "").isalnum():
        raise exc.ArgumentError(f"{text!r} is no name of a character set or collation")
    return text


class _Text(_MySQL):
    """Text with a character set and a collation."""

    _length_first = True

    def __init__(self, length: int | None = None, **kw: t.Any) -> None:
        self.charset, self.ascii, self.unicode = kw.pop("charset", None), kw.pop("ascii", False), kw.pop("unicode", False)
        self.binary, self.national = kw.pop("binary", False), kw.pop("national", False)
        super().__init__(length, kw.pop("collation", None), **kw)  # type: ignore[call-arg]

    def _spelled(self) -> str:
        length: t.Any = getattr(self, "length", None)
        name = type(self).__name__
        name = {"NCHAR": "NATIONAL CHAR", "NVARCHAR": "NATIONAL VARCHAR"}.get(name, f"NATIONAL {name}" if self.national else name)
        parts = [name + (f"({int(length)})" if length is not None else "")]
        if self.charset and not name.startswith("NATIONAL"):
            parts.append(f"CHARACTER SET {_word(self.charset)}")
        parts += [word for word, on in (("ASCII", self.ascii), ("UNICODE", self.unicode)) if on]
        collation = getattr(self, "collation", None)
        if collation:
            parts.append(f"COLLATE {_word(collation)}")
        elif self.binary:
            parts.append("BINARY")
        return " ".join(parts)


class TEXT(_Text, sqltypes.TEXT):
    """TEXT."""


class TINYTEXT(_Text, sqltypes.Text):
    """Text of 255 bytes."""

    __visit_name__ = "TINYTEXT"
    _elsewhere = False

    def __init__(self, **kw: t.Any) -> None:
        super().__init__(None, **kw)


class MEDIUMTEXT(TINYTEXT):
    """Text of 16 megabytes."""

    __visit_name__ = "MEDIUMTEXT"


class LONGTEXT(TINYTEXT):
    """Text of 4 gigabytes."""

    __visit_name__ = "LONGTEXT"


class VARCHAR(_Text, sqltypes.VARCHAR):
    """VARCHAR."""

    def _spelled(self) -> str:
        if self.length is None:
            raise exc.CompileError("VARCHAR requires a length on dialect mysql")
        return super()._spelled()


class CHAR(_Text, sqltypes.CHAR):
    """CHAR."""


class NVARCHAR(_Text, sqltypes.NVARCHAR):
    """NATIONAL VARCHAR."""


class NCHAR(_Text, sqltypes.NCHAR):
    """NATIONAL CHAR."""


class TINYBLOB(_MySQL, sqltypes._Binary):
    """Bytes, up to 255."""

    __visit_name__ = "TINYBLOB"
    _kind = _core.T_BLOB
    _elsewhere = False

    def __init__(self) -> None:
        super().__init__(None)


class MEDIUMBLOB(TINYBLOB):
    """Bytes, up to 16 megabytes."""

    __visit_name__ = "MEDIUMBLOB"


class LONGBLOB(TINYBLOB):
    """Bytes, up to 4 gigabytes."""

    __visit_name__ = "LONGBLOB"


class INET4(_MySQL, TypeEngine[str]):
    """An address of a host, MariaDB's."""

    __visit_name__ = "INET4"
    _kind = _core.T_STRING
    _elsewhere = False


class INET6(INET4):
    """An address of a host of either kind, MariaDB's."""

    __visit_name__ = "INET6"


class JSON(sqltypes.JSON):
    """A document."""


def _words(words: t.Iterable[str]) -> str:
    return ",".join("'" + w.replace("\\", "\\\\").replace("'", "''") + "'" for w in words)


def _character_set(type_: t.Any) -> str:
    charset = f" CHARACTER SET {_word(type_.charset)}" if type_.charset else ""
    return charset + (f" COLLATE {_word(type_.collation)}" if type_.collation else "")


class ENUM(sqltypes.Enum):
    """One of a few words."""

    def __init__(self, *enums: t.Any, **kw: t.Any) -> None:
        charset, collation = kw.pop("charset", None), kw.pop("collation", None)
        kw.pop("strict", None)
        super().__init__(*enums, **kw)
        self.charset, self.collation = charset, collation

    def _spell_for(self, dialect_name: str) -> str:
        if dialect_name in ("mysql", "mariadb"):
            return f"ENUM({_words(self.enums)})" + _character_set(self)
        from ...sql.type_api import _Described

        described = list(self._cm_def())
        described[1] &= ~_core.TYPE_SPELLED
        return t.cast(str, _core.type_ddl(_Described(tuple(described)), None if dialect_name == "default" else dialect_name))


class SET(_MySQL, TypeEngine[t.Any]):
    """Some of a few words: a set of strings."""

    __visit_name__ = "SET"
    _kind = _core.T_STRING
    _elsewhere = False

    def __init__(self, *values: str, **kw: t.Any) -> None:
        self.retrieve_as_bitwise = kw.pop("retrieve_as_bitwise", False)
        self.charset, self.collation = kw.pop("charset", None), kw.pop("collation", None)
        if self.retrieve_as_bitwise:
            raise NotImplementedError("SET(retrieve_as_bitwise=True) is not supported")
        if any("," in v for v in values):
            raise exc.ArgumentError("the words of a SET must not contain commas")
        self.values = tuple(values)

    def _flags(self) -> int:
        return int(_core.TYPE_HOST)

    def _arguments(self) -> tuple[t.Any, ...]:
        return (None,) * 8

    def _bind(self, value: t.Any) -> t.Any:
        return value if value is None or isinstance(value, str) else ",".join(w for w in self.values if w in value)

    def _result(self, value: t.Any) -> t.Any:
        return set(x for x in value.split(",") if x) if isinstance(value, str) else value

    def _spelled(self) -> str:
        return f"SET({_words(self.values)})" + _character_set(self)
