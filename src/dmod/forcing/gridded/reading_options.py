"""How a store is to be understood where it does not say so itself, as users give it: ``key=value``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dmod.errors import InputError
from dmod.forcing.gridded.cf_names import COLUMNS, DEWPOINT, RELATIVE
from dmod.forcing.gridded.store import OPTIONS as STORE_OPTIONS

CHOICES: Mapping[str, tuple[str, ...]] = {
    "stamp": ("start", "end"),
    "wind": ("earth", "grid"),
    "accumulation": ("step", "day", "start"),
}
OPTIONS = {
    "stamp": "what the times of amounts and means stand for: start or end of their interval",
    "wind": "whether wind components point to east and north (earth) or along the grid's axes (grid)",
    "accumulation": "amounts are of each step (step), or add up since 00 UTC (day) or the first time (start)",
    "crs": "reference system of a grid that states none",
    "cache_bytes": "bytes of the disk that NetCDF files from a remote store may take while they are read",
} | dict.fromkeys((*COLUMNS, DEWPOINT, RELATIVE), "name of the variable in the store")


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What is known of a layout, and what the user says, who is right.

    Parameters
    ----------
    stamp : of amounts and of means over an interval; "" where the store's own bounds decide
    wind : "earth", "grid", or "" where the standard names decide
    accumulation : "step", "day", "start", or "" where the store must say
    crs : of a grid that states none
    names : column → variable
    means : columns whose values are means over an interval though nothing says so
    """

    stamp: str = ""
    wind: str = ""
    accumulation: str = ""
    crs: str = ""
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    means: frozenset[str] = frozenset()
    cache_bytes: int = 4 * 2**30

    def given(self, options: Mapping[str, str]) -> ReadingOptions:
        """Return these with what the user says in their place.

        Raises
        ------
        InputError
            an option is unknown, or has a value that it cannot have.
        """
        for key, value in options.items():
            _check(key, value)
        names = {key: value for key, value in options.items() if key in (*COLUMNS, DEWPOINT, RELATIVE)}
        return ReadingOptions(
            options.get("stamp", self.stamp),
            options.get("wind", self.wind),
            options.get("accumulation", self.accumulation),
            options.get("crs", self.crs),
            MappingProxyType(dict(self.names) | names),
            self.means,
            int(float(options.get("cache_bytes", self.cache_bytes))),
        )

    @property
    def text(self) -> str:
        """Everything that decides what is read, for the identity of a source."""
        names = ",".join(f"{key}={value}" for key, value in sorted(self.names.items()))
        return "|".join((self.stamp, self.wind, self.accumulation, self.crs, names, *sorted(self.means)))


def _check(key: str, value: str) -> None:
    known = OPTIONS | STORE_OPTIONS
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        raise InputError(
            f"option {key!r} of the forcing store is unknown"
            + (f"; did you mean {near[0]!r}?" if near else ""),
            hint="one of " + ", ".join(known),
        )
    if key in CHOICES and value not in CHOICES[key]:
        raise InputError(f"option {key}={value}: it is one of {', '.join(CHOICES[key])}", hint=OPTIONS[key])
    if key == "cache_bytes" and not value.replace("e", "", 1).isdigit():
        raise InputError(f"option cache_bytes={value} is no number of bytes")
