"""What a user may have meant by an id that the fabric does not have."""

from __future__ import annotations

import string
from collections.abc import Iterator

import numpy as np

from dmod.hydrofabric.subset.index import FabricIndex
from dmod.hydrofabric.subset.places import place_key

MOST = 5
VPU = "vpu-"

_PREFIXES = ("cat-", "wb-", "nex-", "tnx-")


def near_names(index: FabricIndex, name: str) -> tuple[str, ...]:
    """Return existing names that differ from one by a single slip, then neighbours by number.

    A slip is a character too much, too little, wrong, or exchanged with the next; a bare number may lack
    its prefix. Gauges next to each other by number stand on the same river (USGS numbers go downstream).
    """
    key = place_key(name)
    if key.startswith(VPU):
        return _units(index, key)
    slips = {spelt for spelt in _slips(key) if _exists(index, spelt)}
    found = dict.fromkeys(sorted(slips, key=lambda spelt: (_apart(spelt, key), spelt)))
    if key.isdigit():
        found |= dict.fromkeys(_with_prefix(index, key))
    found |= dict.fromkeys(_neighbours(index, key))
    found.pop(key, None)
    return tuple(found)[:MOST]


def _units(index: FabricIndex, key: str) -> tuple[str, ...]:
    """Return processing units, those that hold what was written first."""
    wanted = key.removeprefix(VPU)
    units = sorted(index.vpus, key=lambda unit: (wanted not in unit.lower(), unit))
    holding = [unit for unit in units if wanted and wanted in unit.lower()]
    return tuple(VPU + unit for unit in holding or units)[:MOST]


def _slips(name: str) -> Iterator[str]:
    """Yield every text that is one slip away, keeping the prefix before the first hyphen."""
    prefix, hyphen, rest = name.rpartition("-")
    signs = string.digits if rest.isdigit() else string.digits + string.ascii_lowercase
    for at in range(len(rest) + 1):
        before, after = rest[:at], rest[at:]
        variants = [before + sign + after for sign in signs]
        if after:
            variants += [before + after[1:], *(before + sign + after[1:] for sign in signs)]
        if len(after) > 1:
            variants.append(before + after[1] + after[0] + after[2:])
        yield from (prefix + hyphen + variant for variant in variants if variant)


def _apart(name: str, other: str) -> int:
    """Return how far apart the numbers of two names are; 0 where they are not numbers."""
    one, two = name.rpartition("-")[2], other.rpartition("-")[2]
    return abs(int(one) - int(two)) if one.isdecimal() and two.isdecimal() else 0


def _exists(index: FabricIndex, name: str) -> bool:
    return index.find(name) >= 0 or bool(index.find_place(name).size)


def _with_prefix(index: FabricIndex, number: str) -> Iterator[str]:
    for prefix in (*_PREFIXES, "poi-"):
        if _exists(index, prefix + number):
            yield prefix + number
    yield from (spelt for spelt in _slips(f"gage-{number}") if _exists(index, spelt))


def _neighbours(index: FabricIndex, key: str) -> list[str]:
    """Return the names around one in the order of places; of features those around by number."""
    prefix, hyphen, rest = key.rpartition("-")
    if not hyphen and not rest[:1].isdigit():
        return []
    if not hyphen:
        prefix, key = "gage", f"gage-{key}"
    if prefix + hyphen in _PREFIXES:
        if not rest.isdigit():
            return []
        steps = (sign * step for step in range(1, 50) for sign in (-1, 1))
        around = (f"{prefix}-{int(rest) + step}" for step in steps)
        return [name for name in around if index.find(name) >= 0][:MOST]
    names = index.arrays["place.name"]
    at = int(np.searchsorted(names, np.bytes_(key.encode())))
    places = sorted(range(max(at - MOST, 0), min(at + MOST, len(names))), key=lambda i: abs(i - at + 0.5))
    found = dict.fromkeys(name.decode() for name in names[places].tolist())
    return [name for name in found if name.startswith(prefix + "-")]
