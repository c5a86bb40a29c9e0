"""Which part of the country a fabric covers: catchment numbers are repeated from one to the next.

The published fabrics are one file a domain: the conterminous United States, Alaska, Hawaii, Puerto Rico with
the Virgin Islands, and the Great Lakes. ``cat-7`` of one is another place than ``cat-7`` of the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dmod.errors import InputError

DOMAINS = {
    "conus": "the conterminous United States",
    "ak": "Alaska",
    "hi": "Hawaii",
    "prvi": "Puerto Rico and the Virgin Islands",
    "gl": "the Great Lakes",
}
SEVERAL = "several"
"""Domain of a file that holds catchments of more than one."""

_SPELLINGS = {
    "alaska": "ak",
    "hawaii": "hi",
    "pr": "prvi",
    "vi": "prvi",
    "puertorico": "prvi",
    "greatlakes": "gl",
    "us": "conus",
}
_REGIONS = {"19": "ak", "20": "hi", "21": "prvi"}
_UNIT = re.compile(r"(\d\d)[a-z]?$")

# west, south, east, north [degrees]; the first that holds a fabric's middle is its domain
_EXTENTS = {
    "prvi": (-69.0, 16.5, -63.5, 19.5),
    "hi": (-162.0, 17.5, -153.5, 23.5),
    "ak": (-180.0, 51.0, -129.5, 72.5),
    "conus": (-130.0, 22.0, -63.5, 54.0),
}


def as_domain(name: str) -> str:
    """Return the short name of a domain that a user wrote.

    Raises
    ------
    InputError
        there is no such domain.
    """
    plain = re.sub(r"[^a-z]", "", name.lower())
    found = _SPELLINGS.get(plain, plain)
    if found not in DOMAINS:
        known = ", ".join(f"{key} ({meaning})" for key, meaning in DOMAINS.items())
        raise InputError(f"there is no domain {name!r}", hint=f"one of {known}")
    return found


def domain_of_units(vpus: Iterable[str]) -> str:
    """Return the domain that the names of processing units tell; "" where they do not.

    Units are numbered 01 to 18 in the conterminous states (some with a letter: 03N, 10L), 19 in Alaska,
    20 in Hawaii, 21 in Puerto Rico; fabrics outside the conterminous states name the domain instead.
    """
    found = {_of_unit(name.strip().lower()) for name in vpus} - {""}
    return found.pop() if len(found) == 1 else SEVERAL if found else ""


def domain_of_place(longitude: float, latitude: float) -> str:
    """Return the domain that a point lies in; "" for none."""
    return next(
        (
            name
            for name, (west, south, east, north) in _EXTENTS.items()
            if west <= longitude <= east and south <= latitude <= north
        ),
        "",
    )


def split_namespace(place: str) -> tuple[str, str]:
    """Return the domain that a place is prefixed with and the place: ``ak:cat-7`` → ("ak", "cat-7").

    Raises
    ------
    InputError
        the prefix is no domain.
    """
    before, colon, after = place.partition(":")
    return (as_domain(before), after.strip()) if colon and before.strip().isalpha() else ("", place.strip())


def _of_unit(name: str) -> str:
    plain = re.sub(r"[^a-z]", "", name)
    if not name[:1].isdigit():
        known = _SPELLINGS.get(plain, plain)
        return known if known in DOMAINS else ""
    number = _UNIT.match(name)
    if number is None:
        return ""
    return _REGIONS.get(number[1], "conus" if 1 <= int(number[1]) <= 18 else "")
