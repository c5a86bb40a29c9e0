"""Names of places in a fabric: gauges, points of interest, locations along the rivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.subset.numbering import Numbering, is_null
from dmod.hydrofabric.subset.ownership import Locations

GAUGE, POINT = "gage-", "poi-"
GAUGE_PREFIXES = ("gages-", "gauges-", "gage-", "gauge-", "usgs-", "nwis-")


def gauge_number(name: str) -> str:
    """Return the number of a gauge that is written with any of the usual prefixes; "" if it has none."""
    prefix = next((prefix for prefix in GAUGE_PREFIXES if name.lower().startswith(prefix)), None)
    return "" if prefix is None else name[len(prefix) :].strip()


def place_key(name: str) -> str:
    """Return the one spelling under which a place is kept: lower case, gauges as ``gage-01073000``."""
    number = gauge_number(name)
    return (GAUGE + number if number else name.strip()).lower()


def name_places(
    numbering: Numbering, locations: Locations, drained: Callable[[int], float]
) -> tuple[NDArray[np.bytes_], NDArray[np.int32]]:
    """Return the places of a fabric and their nodes, ordered by name; a name may stand there repeatedly.

    Of several tables that name a place the first counts: flowpath attributes, hydrolocations, nexuses, the
    network. A gauge that is known by its nexus alone stands on the flowpath above it that drains most.

    Parameters
    ----------
    drained : returns the area [km²] that drains through a flowpath
    """
    found: dict[str, set[int]] = {}
    for tier in _tiers(numbering, locations):
        of_tier: dict[str, set[int]] = {}
        for name, node in tier:
            of_tier.setdefault(place_key(name), set()).add(node)
        for name, nodes in of_tier.items():
            found.setdefault(name, nodes)
    pairs = sorted(
        (name, node) for name, nodes in found.items() for node in _placed(name, nodes, numbering, drained)
    )
    names = np.array([name.encode() for name, _ in pairs], dtype=np.bytes_)
    return names if pairs else names.astype("S1"), np.array([node for _, node in pairs], dtype=np.int32)


def _tiers(numbering: Numbering, locations: Locations) -> Iterator[Iterable[tuple[str, int]]]:
    yield ((GAUGE + number, node) for text, node in locations.gauges for number in _numbers(text))
    for mentions in (locations.uris, numbering.mentions, sorted(locations.network)):
        yield ((part, node) for text, node in mentions for part in _parts(text))
    yield (
        (POINT + number, node) for number, nodes in locations.poi.items() for node in _best(nodes, numbering)
    )


def _numbers(text: str) -> Iterator[str]:
    for part in _parts(text):
        yield gauge_number(part) or part


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if not is_null(part)]


def _best(nodes: set[int], numbering: Numbering) -> set[int]:
    """Return the flowpaths among the nodes, without any the nodes themselves."""
    return {node for node in nodes if node < numbering.flowpaths} or nodes


def _placed(
    name: str, nodes: set[int], numbering: Numbering, drained: Callable[[int], float]
) -> Mapping[int, None]:
    if not name.startswith(GAUGE):
        return dict.fromkeys(sorted(nodes))
    above = [
        node if node < numbering.flowpaths else _main_stem(node, numbering, drained) for node in sorted(nodes)
    ]
    return dict.fromkeys(above)


def _main_stem(nexus: int, numbering: Numbering, drained: Callable[[int], float]) -> int:
    """Return the flowpath that brings most water to a nexus; the nexus where none does."""
    above = [node for node in numbering.above.of(np.array([nexus])).tolist() if node < numbering.flowpaths]
    return max(above, key=drained, default=nexus)
