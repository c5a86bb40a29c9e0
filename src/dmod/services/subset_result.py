"""What the use cases of a subset answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.hydrofabric.subset.projection import bounds_in_degrees
from dmod.hydrofabric.subset.region import Place


@dataclass(frozen=True, slots=True)
class Selected:
    """What belongs to a region; nothing was written.

    Parameters
    ----------
    hydrofabric : the fabric it is part of
    domain : "conus", "ak", "hi", "prvi", "gl"; "" where it is not known
    places : what was asked for, as the fabric has it
    catchments, flowpaths, nexuses : ids, ascending as text
    outlets : nexuses where the water leaves
    inflows : flowpaths that also take water from outside
    area_km2 : of all catchments
    extent : west, south, east, north of the catchments in the fabric's reference system; None without shapes
    system : that reference system
    rows : how many rows each table will have
    bytes : estimated size of the GeoPackage
    outside : share of the area asked for that no catchment covers, 0 to 1; 0 without an area
    notes : what the user should know
    """

    hydrofabric: Path
    domain: str
    places: tuple[Place, ...]
    catchments: tuple[str, ...]
    flowpaths: tuple[str, ...]
    nexuses: tuple[str, ...]
    outlets: tuple[str, ...]
    inflows: tuple[str, ...]
    area_km2: float
    extent: tuple[float, float, float, float] | None
    system: Mapping[str, Any]
    rows: Mapping[str, int]
    bytes: int
    outside: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees; None where the reference system is not known."""
        return bounds_in_degrees(self.extent, self.system)

    def as_json(self) -> dict[str, Any]:
        """Return the selection as plain values."""
        return {
            "hydrofabric": str(self.hydrofabric),
            "domain": self.domain,
            "places": [{"asked": p.asked, "kind": p.kind, "ids": list(p.ids)} for p in self.places],
            "catchments": len(self.catchments),
            "flowpaths": len(self.flowpaths),
            "nexuses": len(self.nexuses),
            "outlets": list(self.outlets),
            "inflows": list(self.inflows),
            "area_km2": self.area_km2,
            "bounds": self.bounds,
            "rows": dict(self.rows),
            "bytes": self.bytes,
            "outside": self.outside,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class SubsetResult:
    """What was written.

    Parameters
    ----------
    outputs : the GeoPackages
    selected : what each of them holds
    """

    outputs: tuple[Path, ...]
    selected: tuple[Selected, ...]

    @property
    def output(self) -> Path:
        """The GeoPackage, where it is one."""
        return self.outputs[0]

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain values."""
        pairs = zip(self.outputs, self.selected, strict=True)
        return {"outputs": [{"path": str(path), **selected.as_json()} for path, selected in pairs]}


@dataclass(frozen=True, slots=True)
class IdAnswer:
    """Whether an id exists.

    Parameters
    ----------
    asked : as it was written
    exists : whether the fabric has it
    kind : "gauge", "catchment", "flowpath", "nexus", "poi", "location", "point", "vpu"; "" where not known
    ids : the features it stands on
    near : names that the user may have meant, where it does not exist
    reason : why it does not, where that is not simply so
    """

    asked: str
    exists: bool
    kind: str = ""
    ids: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain values."""
        return {
            "asked": self.asked,
            "exists": self.exists,
            "kind": self.kind,
            "ids": list(self.ids),
            "near": list(self.near),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """What to do with the fabric's index.

    Parameters
    ----------
    rebuild : build it anew
    verify : hash every byte of fabric and index before it is trusted
    """

    rebuild: bool = False
    verify: bool = False
