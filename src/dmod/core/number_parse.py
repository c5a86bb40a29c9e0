"""Tables of numbers read from text, each number the double nearest to its decimal value.

Up to 2^53 · 10^±22 one multiplication or division is exact enough (Clinger 1990,
doi:10.1145/93542.93557). Longer numbers are scaled with one 64 × 64 → 128 bit product, accepted where
its error cannot change the rounding (Lemire 2021, doi:10.1002/spe.2984). The rest is left to Python.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.core.powers_of_ten import EXACT_POWERS, MAX_POWER, MIN_POWER, POWER, POWER_EXPONENT
from dmod.core.wide import bits_to_double, leading_zeros, upper_product

Bytes = NDArray[np.uint8]

DONE, NUMBER, TIME, RAGGED = 0, 1, 2, 3
ROW, COLUMN, AT, PARSED = range(4)  # of a position; PARSED: the field at COLUMN is done

_U = np.uint64
_SMALL = _U(1 << 53)
_MOST_DIGITS = 19
_EXACT = np.array([float(10**i) for i in range(23)])
_COMMA, _NEWLINE, _RETURN, _SPACE, _TAB = 44, 10, 13, 32, 9
_MINUS, _PLUS, _POINT, _ZERO, _NINE = 45, 43, 46, 48, 57
_DAYS_TO_1970 = 719_468  # from 0000-03-01


@compiled
def _scale(number: np.uint64, power: int) -> float:
    """Return the double nearest to number · 10^power, or NaN where the rounding is not proven."""
    if number <= _SMALL and -22 <= power <= 22:
        if power < 0:
            return float(number / _EXACT[-power])
        return float(number * _EXACT[power])
    if number == 0:
        return 0.0
    if power < MIN_POWER or power > MAX_POWER:
        return np.nan
    zeros = leading_zeros(number)
    significand = number << _U(zeros)
    upper = upper_product(significand, POWER[power - MIN_POWER])
    lower = significand * POWER[power - MIN_POWER]
    drop = 11 - leading_zeros(upper)
    rest = upper & ((_U(1) << _U(drop)) - _U(1))
    half = _U(1) << _U(drop - 1)
    kept = upper >> _U(drop)
    if 0 <= power <= EXACT_POWERS:
        if rest > half or (rest == half and (lower != 0 or (kept & _U(1)) != 0)):
            kept += _U(1)
    elif rest > half or (rest == half and lower != 0):
        kept += _U(1)
    elif rest + _U(2) > half:
        return np.nan
    exponent = POWER_EXPONENT[power - MIN_POWER] + 64 + drop - zeros + 1075
    if kept == _U(1 << 53):
        kept >>= _U(1)
        exponent += 1
    if exponent <= 0 or exponent >= 2047:
        return np.nan
    return float(bits_to_double((_U(exponent) << _U(52)) | (kept & _U((1 << 52) - 1))))


@compiled
def _number(data: Bytes, at: int) -> tuple[float, int]:
    """Return the number that begins at a byte and where it ends; at -1 where it is not a plain one."""
    sign = data[at]
    if sign in (_MINUS, _PLUS):
        at += 1
    value = _U(0)
    digits = 0
    power = 0
    begin = at
    while _ZERO <= data[at] <= _NINE:
        value = value * _U(10) + _U(data[at] - _ZERO)
        digits += value != 0
        at += 1
    seen = at - begin
    if data[at] == _POINT:
        at += 1
        begin = at
        while _ZERO <= data[at] <= _NINE:
            value = value * _U(10) + _U(data[at] - _ZERO)
            digits += value != 0
            at += 1
        power = begin - at
        seen += at - begin
    if seen == 0 or digits > _MOST_DIGITS:
        return 0.0, -1
    if data[at] == 101 or data[at] == 69:
        at += 1
        negative = data[at] == _MINUS
        if negative or data[at] == _PLUS:
            at += 1
        begin = at
        exponent = 0
        while _ZERO <= data[at] <= _NINE:
            if exponent < 100_000:
                exponent = exponent * 10 + int(data[at] - _ZERO)
            at += 1
        if at == begin:
            return 0.0, -1
        power += -exponent if negative else exponent
    result = _scale(value, power)
    if result != result:  # noqa: PLR0124 - NaN
        return 0.0, -1
    return (-result if sign == _MINUS else result), at


@compiled
def _two(data: Bytes, at: int) -> int:
    """Return the number of two digits at a byte, or a large negative one."""
    tens = np.int64(data[at]) - _ZERO
    ones = np.int64(data[at + 1]) - _ZERO
    if 0 <= tens <= 9 and 0 <= ones <= 9:
        return int(tens * 10 + ones)
    return -1_000_000


@compiled
def _time(data: Bytes, at: int) -> int:
    """Return ``YYYY-MM-DD HH:MM:SS`` at a byte as seconds since 1970, or -1 for any other text."""
    year = _two(data, at) * 100 + _two(data, at + 2)
    month, day = _two(data, at + 5), _two(data, at + 8)
    hour, minute, second = _two(data, at + 11), _two(data, at + 14), _two(data, at + 17)
    marks = data[at + 4] == _MINUS and data[at + 7] == _MINUS and data[at + 13] == 58 and data[at + 16] == 58
    middle = data[at + 10] == _SPACE or data[at + 10] == 84
    if not (marks and middle) or year < 1970 or not 1 <= month <= 12 or not 1 <= day <= 31:
        return -1
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return -1
    shifted = year - 1 if month <= 2 else year  # years from March, so that a leap day comes last
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + in_year - _DAYS_TO_1970
    return days * 86_400 + hour * 3600 + minute * 60 + second


@compiled
def _skip_blanks(data: Bytes, at: int) -> int:
    while data[at] == _SPACE or data[at] == _TAB or data[at] == _RETURN:
        at += 1
    return at


@compiled
def read_rows(
    data: Bytes,
    end: int,
    targets: NDArray[np.int64],
    time_column: int,
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    position: NDArray[np.int64],
) -> int:
    """Read rows of comma-separated numbers and one time each; stop at what Python must look at.

    Parameters
    ----------
    data : text, with at least 32 bytes behind ``end`` of which the first is a line's end
    targets : per column of the file, the row of ``values`` it goes to, or -1
    times : shape (row,), seconds since 1970, filled
    values : shape (wanted column, row), filled
    position : row, column, byte and whether the field there is done; moved on

    Returns
    -------
    code : ``DONE`` (at the end, or ``times`` is full); ``NUMBER`` or ``TIME``: the field at
        ``position`` is not a plain one; ``RAGGED``: the row has too many or too few fields
    """
    columns = targets.size
    row, column, at, parsed = position[ROW], position[COLUMN], position[AT], position[PARSED]
    while (at < end or column > 0) and row < times.size:
        if column == 0 and parsed == 0:
            at = _skip_blanks(data, at)
            if data[at] == _NEWLINE:
                at += 1
                continue
        while column < columns:
            if parsed == 0:
                at = _skip_blanks(data, at)
                position[ROW], position[COLUMN], position[AT] = row, column, at
                if column == time_column:
                    time = _time(data, at)
                    if time < 0:
                        return TIME
                    times[row] = time
                    at += 19
                elif targets[column] >= 0:
                    number, stop = _number(data, at)
                    if stop < 0:
                        return NUMBER
                    values[targets[column], row] = number
                    at = stop
                else:
                    while data[at] != _COMMA and data[at] != _NEWLINE:
                        at += 1
                at = _skip_blanks(data, at)
                if data[at] != _COMMA and data[at] != _NEWLINE:
                    return TIME if column == time_column else NUMBER
            parsed = 0
            column += 1
            if (data[at] == _NEWLINE) != (column == columns):
                position[ROW] = row
                return RAGGED
            at += 1
        column = 0
        row += 1
    position[ROW], position[AT] = row, at
    return DONE
