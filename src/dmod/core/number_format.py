"""Numbers as text, exactly as ``printf("%.{p}g")`` writes them, many at a time.

A double x = m·2^e is scaled to the integer of p digits next to x·10^k by one 64 × 64 → 128 bit
product with a table of powers of ten. Below 10^28 the power, and so the product, is exact, ties
included; above, the power is cut off after 64 bits and the digits are accepted only where that
error cannot change the rounding. The few numbers left (and subnormal ones) go to Python's own
formatting, which is exact. The idea of proving the rounding from a truncated product: Adams (2018),
"Ryū: fast float-to-string conversion", doi:10.1145/3192366.3192369, and Loitsch (2010),
doi:10.1145/1806596.1806623.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.core.powers_of_ten import EXACT_POWERS, MIN_POWER, POWER, POWER_EXPONENT
from dmod.core.wide import leading_zeros, store_word, upper_product

Bytes = NDArray[np.uint8]

MAX_DIGITS = 17
LONGEST_EXPONENT_TEXT = 8  # sign, point, e-308 and the separator behind the number
SLACK = 32  # whole words are written, so up to this many bytes beyond the text are touched

_U = np.uint64
_FRACTION = _U((1 << 52) - 1)
_HIDDEN_ONE = _U(1 << 52)
_SIGN = _U(1 << 63)
_ASCII_ZEROS = _U(0x3030303030303030)
_ZERO_POINT = _U(int.from_bytes(b"0.000000", "little"))
_NAN, _INF = _U(int.from_bytes(b"nan", "little")), _U(int.from_bytes(b"inf", "little"))


def _first_at_least(n: int) -> float:
    """Return the smallest double that is not below 10^n, 10^n itself taken exactly."""
    value = float(f"1e{n}")
    if n >= 0:
        return value if int(value) >= 10**n else math.nextafter(value, math.inf)
    top, bottom = value.as_integer_ratio()
    return value if top * 10**-n >= bottom else math.nextafter(value, math.inf)


def _decades() -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return, per binary exponent, the decade of the smallest such number, and where the next begins."""
    begins = np.array([_first_at_least(n) for n in range(-307, 309)])
    smallest = (np.arange(2048, dtype=np.uint64) << _U(52)).view(np.float64)
    smallest[2047] = smallest[2046]
    decade = np.searchsorted(begins, smallest, side="right").astype(np.int64) - 308
    limits = np.append(begins, math.inf).view(np.uint64)
    return decade, limits[decade + 308]


DECADE, NEXT_DECADE = _decades()
TEN = np.array([10**i for i in range(MAX_DIGITS + 1)], np.uint64)


@compiled
def _eight_digits(number: np.uint64) -> np.uint64:
    """Return the eight decimal digits of a number below 10^8 as bytes 0 to 9, first digit lowest."""
    upper = number // _U(10_000)
    fours = upper | ((number - upper * _U(10_000)) << _U(32))
    head = ((fours * _U(10_486)) >> _U(20)) & _U(0x7F0000007F)
    twos = head | ((fours - head * _U(100)) << _U(16))
    head = ((twos * _U(103)) >> _U(10)) & _U(0x000F000F000F000F)
    return head | ((twos - head * _U(10)) << _U(8))


@compiled
def _scaled(bits: np.uint64, digits: int) -> tuple[np.uint64, int, bool]:
    """Return the rounded integer of ``digits`` digits, its decimal exponent, and whether that is certain."""
    field = bits >> _U(52)
    significand = ((bits & _FRACTION) | _HIDDEN_ONE) << _U(11)
    decade = int(DECADE[field])
    if bits >= NEXT_DECADE[field]:
        decade += 1
    k = digits - 1 - decade
    power = POWER[k - MIN_POWER]
    upper = upper_product(significand, power)
    lower = significand * power
    shift = _U(1086 - 64 - np.int64(field) - POWER_EXPONENT[k - MIN_POWER])
    number = upper >> shift
    rest = upper & ((_U(1) << shift) - _U(1))
    half = _U(1) << (shift - _U(1))
    certain = True
    if 0 <= k <= EXACT_POWERS:
        if rest > half or (rest == half and (lower != 0 or (number & _U(1)) != 0)):
            number += _U(1)
    elif rest >= half:
        number += _U(1)
        certain = rest > half or lower != 0
    else:
        certain = rest + _U(2) <= half
    if number >= TEN[digits]:
        number = TEN[digits - 1]
        decade += 1
    return number, decade, certain


@compiled
def _put_exponent(buffer: Bytes, at: int, decade: int) -> int:
    """Write ``e-07`` or ``e+123``; return where the text ends."""
    buffer[at] = 101
    buffer[at + 1] = 45 if decade < 0 else 43
    size = abs(decade)
    at += 2
    if size >= 100:
        buffer[at] = 48 + size // 100
        size %= 100
        at += 1
    buffer[at] = 48 + size // 10
    buffer[at + 1] = 48 + size % 10
    return at + 2


@compiled
def _put_short(buffer: Bytes, at: int, number: np.uint64, decade: int, digits: int) -> int:
    """Write a number of nine digits (padded), with up to ``digits`` shown; return where the text ends."""
    first = number // _U(100_000_000)
    tail = _eight_digits(number - first * _U(100_000_000))
    shown: int = 1 if tail == 0 else 9 - (leading_zeros(tail) >> 3)
    tail |= _ASCII_ZEROS
    lead = np.uint8(first + _U(48))
    if 0 <= decade < digits:
        buffer[at] = lead
        store_word(buffer, at + 1, tail)
        if shown <= decade + 1:
            return at + decade + 1
        buffer[at + decade + 1] = 46
        store_word(buffer, at + decade + 2, tail >> _U(8 * decade))
        return at + shown + 1
    if -4 <= decade < 0:
        store_word(buffer, at, _ZERO_POINT)
        at += 1 - decade
        buffer[at] = lead
        store_word(buffer, at + 1, tail)
        at += shown
        return at
    buffer[at] = lead
    if shown > 1:
        buffer[at + 1] = 46
        store_word(buffer, at + 2, tail)
        at += shown + 1
    else:
        at += 1
    return _put_exponent(buffer, at, decade)


@compiled
def _put_long(buffer: Bytes, at: int, number: np.uint64, decade: int, digits: int) -> int:
    """Write a number of 17 digits (padded), with up to ``digits`` shown; return where the text ends."""
    first = number // _U(10_000_000_000_000_000)
    number -= first * _U(10_000_000_000_000_000)
    upper = number // _U(100_000_000)
    middle = _eight_digits(upper)
    tail = _eight_digits(number - upper * _U(100_000_000))
    if tail != 0:
        shown = 17 - (leading_zeros(tail) >> 3)
    else:
        shown = 1 if middle == 0 else 9 - (leading_zeros(middle) >> 3)
    before = decade + 1  # digits before the point
    if -4 <= decade < 0:
        store_word(buffer, at, _ZERO_POINT)
        at += -decade
        before = 0
    elif decade < 0 or decade >= digits:
        before = 1
    # the digits one place to the right, then those before the point back to the left
    buffer[at + 1] = np.uint8(first + _U(48))
    store_word(buffer, at + 2, middle | _ASCII_ZEROS)
    store_word(buffer, at + 10, tail | _ASCII_ZEROS)
    if -4 <= decade < 0:
        at += 1 + shown
        return at
    for i in range(before):
        buffer[at + i] = buffer[at + i + 1]
    if shown <= before:
        at += before
    else:
        buffer[at + before] = 46
        at += shown + 1
    if decade < 0 or decade >= digits:
        return _put_exponent(buffer, at, decade)
    return at


@compiled
def _put_number(buffer: Bytes, at: int, bits: np.uint64, digits: int) -> int:
    """Write one double; return where its text ends, or -1 where the rounding could not be proven."""
    if bits & _SIGN:
        buffer[at] = 45
        at += 1
        bits &= ~_SIGN
    field = bits >> _U(52)
    if bits == 0:
        buffer[at] = 48
        return at + 1
    if field == _U(2047):
        store_word(buffer, at, _INF if (bits & _FRACTION) == 0 else _NAN)
        return at + 3
    if field == 0:
        return -1
    number, decade, certain = _scaled(bits, digits)
    if not certain:
        return -1
    if digits <= 9:
        return _put_short(buffer, at, number * TEN[9 - digits], decade, digits)
    return _put_long(buffer, at, number * TEN[17 - digits], decade, digits)


@compiled
def _put_rows(
    bits: NDArray[np.uint64],
    prefixes: Bytes,
    prefix_ends: NDArray[np.int64],
    digits: int,
    buffer: Bytes,
    position: NDArray[np.int64],
) -> None:
    """Write rows from ``position`` (row, column, byte) on; stop before a number that Python must write.

    ``bits`` is (column, row); ``prefixes`` holds the text in front of each row, one after the other.
    """
    columns, rows = bits.shape
    row, column, at = position[0], position[1], position[2]
    while row < rows:
        if column == 0:
            begin = prefix_ends[row - 1] if row > 0 else 0
            for i in range(begin, prefix_ends[row]):
                buffer[at] = prefixes[i]
                at += 1
        while column < columns:
            end = _put_number(buffer, at, bits[column, row], digits)
            if end < 0:
                position[0], position[1], position[2] = row, column, at
                return
            buffer[end] = 44
            at = end + 1
            column += 1
        buffer[at - 1] = 10
        column = 0
        row += 1
    position[0], position[1], position[2] = row, 0, at


class RowFormatter:
    """Lines of comma-separated numbers, each behind a text of its own, as bytes ready to be written.

    One formatter serves one thread at a time: it owns the buffer that it fills.

    Parameters
    ----------
    prefixes : text in front of each row, its separator included (``0,2015-12-01 00:00:00,``)
    columns : numbers in a row, 1 or more
    digits : significant digits, 1 to 17
    header : first line, without its end; none where empty
    """

    def __init__(self, prefixes: Sequence[str], columns: int, digits: int, *, header: str = "") -> None:
        if not 1 <= digits <= MAX_DIGITS:
            raise ValueError(f"significant digits must be 1 to {MAX_DIGITS}, got {digits}")
        encoded = [prefix.encode() for prefix in prefixes]
        self._prefixes = np.frombuffer(b"".join(encoded), np.uint8)
        self._ends = np.cumsum([len(prefix) for prefix in encoded], dtype=np.int64)
        self._digits = digits
        self._head = f"{header}\n".encode() if header else b""
        longest = len(encoded) * columns * (digits + LONGEST_EXPONENT_TEXT)
        self._buffer = np.empty(len(self._head) + self._prefixes.size + longest + SLACK, np.uint8)
        self._buffer[: len(self._head)] = np.frombuffer(self._head, np.uint8)
        self._shape = (columns, len(encoded))

    def format(self, values: NDArray[np.float64]) -> memoryview:
        """Return the text of ``values`` (column, row), valid until the next call."""
        if values.shape != self._shape:
            raise ValueError(f"expected an array of shape {self._shape}, got {values.shape}")
        bits = np.ascontiguousarray(values, dtype=np.float64).view(np.uint64)
        position = np.array([0, 0, len(self._head)], np.int64)
        while True:
            _put_rows(bits, self._prefixes, self._ends, self._digits, self._buffer, position)
            row, column, at = position.tolist()
            if row == self._shape[1]:
                return self._buffer[:at].data
            self._put_exactly(float(values[column, row]), row, column, position)

    def _put_exactly(self, value: float, row: int, column: int, position: NDArray[np.int64]) -> None:
        last = column + 1 == self._shape[0]
        text = f"{value:.{self._digits}g}{chr(10) if last else ','}".encode()
        at = int(position[2])
        self._buffer[at : at + len(text)] = np.frombuffer(text, np.uint8)
        position[:] = (row + 1, 0, at + len(text)) if last else (row, column + 1, at + len(text))
