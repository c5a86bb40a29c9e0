"""Sizes in bytes and lengths of time as people write them."""

from __future__ import annotations

import re

from dmod.errors import InputError

_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKMGT]?)(i?)B?\s*")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}
_TIME = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)\s*")
_CLOCK = re.compile(r"(?:([0-9]+)-)?([0-9]+):([0-5]?[0-9])(?::([0-5]?[0-9]))?")
_PERIOD = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_size(text: str) -> int:
    """Return a number of bytes written like ``50 GB`` (powers of 1000) or ``50 GiB`` (of 1024).

    Raises
    ------
    InputError
        it is none.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is no size", hint="write it like 500 MB or 20 GB")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2]])


def format_size(size: float) -> str:
    """Return bytes as people read them: ``4.2 GB``."""
    for unit, power in (("TB", 4), ("GB", 3), ("MB", 2), ("kB", 1)):
        if size >= 1000**power:
            return f"{size / 1000**power:.3g} {unit}"
    return f"{size:.0f} B"


def parse_duration(text: str) -> float:
    """Return seconds written like ``90 min``, ``2h``, ``1-12:00:00`` (as Slurm has it) or ``PT2H``.

    Raises
    ------
    InputError
        it is none.
    """
    plain = text.strip()
    if match := _TIME.fullmatch(plain):
        return float(match[1]) * _SECONDS[match[2][0]]
    if match := _CLOCK.fullmatch(plain):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return days * 86400.0 + hours * 3600.0 + minutes * 60.0 + seconds
    if (match := _PERIOD.fullmatch(plain)) and any(match.groups()):
        return sum(
            float(part or 0) * size for part, size in zip(match.groups(), (86400, 3600, 60, 1), strict=True)
        )
    raise InputError(f"{text!r} is no length of time", hint="write it like 90 min, 2h, 1-12:00:00 or PT2H")


def format_duration(seconds: float) -> str:
    """Return seconds as people read them: ``2 h 05 min``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
