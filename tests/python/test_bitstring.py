"""Values of PostgreSQL's BIT columns."""

import pytest

import cormorant as sa
from cormorant.dialects.postgresql import BIT, BitString


def test_bits():
    b = BitString("0110")
    assert (b & "0011", b | "0001", b ^ BitString("1111"), ~b, b << 1, b >> 3) == ("0010", "0111", "1001", "1001", "1100", "0000")
    assert (int(b), bytes(b), b.to_bytes(2), b.bit_length, b.octet_length, BitString("1" * 9).octet_length) == (6, b"\x06", b"\x00\x06", 4, 1, 2)
    assert (b.get_bit(1), b.has_bit(0), b.set_bit(0, True), b.set_bit(1, "0")) == ("1", False, "1110", "0010")
    assert all(type(x) is BitString for x in (b[1:], b + "1", "1" + b, b.strip(), b.zfill(8), *b.split("11"), b.replace("11", "0")))
    assert (b.lstrip(), b.rstrip(), b == "0110", repr(b), BitString(b) is b) == ("110", "011", True, 'BitString("0110")', True)
    assert (BitString.from_int(5, 4), BitString.from_bytes(b"\x01"), BitString.from_bytes(b"\x05", 3), int(BitString(""))) == ("0101", "00000001", "101", 0)


@pytest.mark.parametrize(
    "wrong",
    [lambda: BitString("012"), lambda: BitString.from_int(2, 1), lambda: BitString.from_int(-1, 4), lambda: BitString.from_bytes(b"\xff", 7), lambda: BitString("1") & "11", lambda: BitString("1") + "2"],
)
def test_what_is_no_bits(wrong):
    with pytest.raises(ValueError):
        wrong()


def test_columns_of_bits_answer_them():
    assert BIT(4)._result("0101") & "0001" == "0001" and BIT(4)._bind(BitString("01")) == "01"
    with pytest.raises(sa.exc.StatementError), sa.create_engine("sqlite://").connect() as c:
        c.execute(sa.select(sa.literal("x", BIT(4))))
