"""Values of BIT columns."""

from __future__ import annotations

import typing as t

__all__ = ["BitString"]


class BitString(str):
    """Text of 0 and 1 that can be reckoned with: `BitString("0110") & BitString("0011")`. Operations keep the length."""

    __slots__ = ()

    def __new__(cls, value: str) -> BitString:
        if isinstance(value, BitString):
            return value
        if value.strip("01"):
            raise ValueError(f"a BitString is made of the characters 0 and 1, not {value!r}")
        return super().__new__(cls, value)

    @classmethod
    def from_int(cls, value: int, length: int) -> BitString:
        """The bits of a number, with zeros before them."""
        if value < 0 or length < 0 or value.bit_length() > length:
            raise ValueError(f"{value} has no form of {length} bits")
        return cls(f"{value:0{length}b}" if length else "")

    @classmethod
    def from_bytes(cls, value: bytes, length: int = -1) -> BitString:
        """The bits of bytes; length: how many, taken from or filled up at the left."""
        return cls.from_int(int.from_bytes(value, "big"), 8 * len(value) if length < 0 else length)

    bit_length = property(len)
    octet_length = property(lambda self: (len(self) + 7) // 8)

    def get_bit(self, index: int) -> str:
        return str.__getitem__(self, index)

    def has_bit(self, index: int) -> bool:
        return self.get_bit(index) == "1"

    def set_bit(self, index: int, value: t.Any) -> BitString:
        """Another one with that bit: 0, 1, "0", "1" or a truth value."""
        if not 0 <= index < len(self):
            raise IndexError("there is no bit of that number")
        bit = "1" if value not in ("0", 0) else "0"
        return BitString(str.__getitem__(self, slice(index)) + bit + str.__getitem__(self, slice(index + 1, None)))

    def to_bytes(self, length: int = -1) -> bytes:
        return int(self).to_bytes(self.octet_length if length < 0 else length, "big")

    __bytes__ = to_bytes

    def __int__(self) -> int:
        return int(str(self), 2) if self else 0

    def __repr__(self) -> str:
        return f'BitString("{self!s}")'

    # ---- as text

    def lstrip(self, chars: str | None = None) -> BitString:
        return BitString(super().lstrip(chars or "0"))

    def rstrip(self, chars: str | None = None) -> BitString:
        return BitString(super().rstrip(chars or "0"))

    def strip(self, chars: str | None = None) -> BitString:
        return BitString(super().strip(chars or "0"))

    def removeprefix(self, prefix: str, /) -> BitString:
        return BitString(super().removeprefix(prefix))

    def removesuffix(self, suffix: str, /) -> BitString:
        return BitString(super().removesuffix(suffix))

    def replace(self, old: str, new: str, count: t.SupportsIndex = -1) -> BitString:
        return BitString(super().replace(old, new, count))

    def split(self, sep: str | None = None, maxsplit: t.SupportsIndex = -1) -> list[str]:
        return [BitString(part) for part in super().split(sep, maxsplit)]

    def zfill(self, width: t.SupportsIndex) -> BitString:
        return BitString(super().zfill(width))

    def __getitem__(self, key: t.Any) -> BitString:
        return BitString(super().__getitem__(key))

    def __add__(self, other: str) -> BitString:
        return BitString(super().__add__(other))

    def __radd__(self, other: str) -> BitString:
        return BitString(other) + self

    # ---- as bits

    def __invert__(self) -> BitString:
        return BitString.from_int(int(self) ^ (1 << len(self)) - 1, len(self))

    def __lshift__(self, amount: int) -> BitString:
        return BitString.from_int(int(self) << amount & (1 << len(self)) - 1, len(self))

    def __rshift__(self, amount: int) -> BitString:
        return BitString.from_int(int(self) >> amount, len(self))

    def _with(self, other: str, reckon: t.Callable[[int, int], int]) -> BitString:
        if not isinstance(other, str):
            return NotImplemented
        if len(self) != len(other):
            raise ValueError("both must have the same length")
        return BitString.from_int(reckon(int(self), int(BitString(other))), len(self))

    def __and__(self, other: str) -> BitString:
        return self._with(other, int.__and__)

    def __or__(self, other: str) -> BitString:
        return self._with(other, int.__or__)

    def __xor__(self, other: str) -> BitString:
        return self._with(other, int.__xor__)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__
