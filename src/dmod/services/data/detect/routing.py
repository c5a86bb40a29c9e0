"""A configuration of the NextGen routing (t-route)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.catalog.restriction import Continuous, Restriction
from dmod.formulation.routing_config import RoutingConfig, read_routing_config
from dmod.services.data.detect import geojson_fabric, geopackage
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import Kind, head_of, kind_of
from dmod.services.data.detect.words import counted, period_text, some

_SECTIONS = (b"network_topology_parameters", b"compute_parameters")
_LARGEST = 1 << 20
_FABRICS = (geopackage.DETECTOR, geojson_fabric.DETECTOR)


def recognises(path: Path) -> bool:
    """Whether it is a text with the sections of such a configuration."""
    if kind_of(path) is not Kind.TEXT:
        return False
    lines = head_of(path, _LARGEST).splitlines()
    return any(line.startswith(section) for line in lines for section in _SECTIONS)


def read(path: Path) -> Detected:
    """Read the period, and the network if its file is there."""
    config = read_routing_config(path)
    period = _period(config)
    network, note = _network(path, config)
    held: dict[DomainIndex, Restriction] = {**network}
    if period is not None:
        held[DomainIndex.TIME] = period
    if not held:
        held |= discrete(DomainIndex.DATA_ID, [path.stem])
    notes = [note] if note else []
    if config.unknown:
        notes.append(f"{counted(len(config.unknown), 'key')} without a meaning: {some(config.unknown)}")
    words = [f"routing configuration, steps of {config.dt} s"]
    words += [period_text(period)] if period is not None else []
    return Detected(
        path,
        Category.CONFIG,
        Domain(FORMATS["T_ROUTE_CONFIG"], held),
        ", ".join(words),
        config.dt,
        tuple(notes),
    )


DETECTOR = Detector("routing configuration", recognises, read)


def _period(config: RoutingConfig) -> Continuous | None:
    if config.start is None or config.nts is None:
        return None
    return Continuous(config.start, config.start + timedelta(seconds=config.nts * config.dt))


def _network(path: Path, config: RoutingConfig) -> tuple[dict[DomainIndex, Restriction], str]:
    """Return the identity of the network that it names, and a note where the file is not there."""
    if not config.geo_file_path:
        return {}, "it names no hydrofabric"
    for base in (path.parent, path.parent.parent):
        place = base / config.geo_file_path
        found = next((d for d in _FABRICS if place.is_file() and d.recognises(place)), None)
        if found is not None:
            box = found.read(place).domain.restrictions
            index = DomainIndex.HYDROFABRIC_ID
            return {index: box[index]} if index in box else {}, ""
    return {}, f"the hydrofabric that it names is not there: {config.geo_file_path}"
