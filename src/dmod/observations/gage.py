"""Gauge numbers: text of 8 to 15 digits, zeros in front included."""

from __future__ import annotations

import re

from dmod.errors import InputError

SHORTEST, LONGEST = 8, 15
_PREFIX = re.compile(r"^(?:usgs|gages?|gauges?)[-:_ ]?", re.IGNORECASE)
LEADING_ZEROS = "zeros in front belong to the number: 01073000 is not 1073000"


def parse_gage(text: str) -> str:
    """Return the digits of a gauge as users write it: ``01073000``, ``gage-01073000``, ``USGS-01073000``.

    Raises
    ------
    InputError
        it is no text of 8 to 15 digits; the hint says what it could be.
    """
    if not isinstance(text, str):
        raise InputError(
            f"gauge {text!r} is not text",
            hint=f'write it in quotes, "{str(text).zfill(SHORTEST)}": {LEADING_ZEROS}',
        )
    digits = _PREFIX.sub("", text.strip())
    if not re.fullmatch(r"[0-9]+", digits):
        raise InputError(
            f"gauge {text!r} is not a USGS site number",
            hint=f"give its {SHORTEST} to {LONGEST} digits, such as 01073000 or gage-01073000",
        )
    if not SHORTEST <= len(digits) <= LONGEST:
        raise InputError(
            f"gauge {text!r} has {len(digits)} digits; a USGS site number has {SHORTEST} to {LONGEST}",
            hint=f"did you mean {digits.zfill(SHORTEST)}? {LEADING_ZEROS}"
            if len(digits) < SHORTEST
            else "a stream gauge has 8 digits, a site named by its place 15",
        )
    return digits


def resembling(gage: str, known: list[str]) -> list[str]:
    """Return the numbers among ``known`` that differ from ``gage`` in zeros in front, or in one digit."""
    bare = gage.lstrip("0")
    same = [site for site in known if site.lstrip("0") == bare]
    near = [
        site
        for site in known
        if len(site) == len(gage) and sum(a != b for a, b in zip(site, gage, strict=True)) == 1
    ]
    return list(dict.fromkeys([*same, *near]))
