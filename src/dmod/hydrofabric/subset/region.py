"""What part of a fabric is asked for, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Rule = Literal["overlap", "centroid", "within"]
RULES: tuple[Rule, ...] = ("overlap", "centroid", "within")


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a fabric; at least one of places, box and polygon. Several are united.

    Parameters
    ----------
    places : outlets, each with everything that drains to it: a gauge (``gage-10109001``), catchment
        (``cat-7``), flowpath (``wb-7``), nexus (``nex-7``), point of interest (``poi-18025``), location
        (``huc12-160102030301``, ``nid-UT00310``) or "latitude,longitude"; or a whole processing unit
        (``vpu-16``). A domain may stand before: ``ak:cat-7``
    bbox : west, south, east, north [degrees]
    polygon : a GeoJSON, GeoPackage or WKT file
    rule : which catchments an area selects: those that "overlap" it, whose "centroid" is in it, or that
        lie "within" it
    upstream : add everything that drains into what an area or a processing unit selects
    domain : "conus", "ak", "hi", "prvi", "gl"; "" is the fabric's own
    """

    places: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float] | None = None
    polygon: Path | None = None
    rule: Rule = "overlap"
    upstream: bool = False
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that was asked for, as the fabric has it.

    Parameters
    ----------
    asked : as the user wrote it
    kind : "gauge", "flowpath", "nexus", "catchment", "poi", "location", "point", "vpu", "bbox", "polygon"
    ids : the features it stands on
    """

    asked: str
    kind: str
    ids: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """One line: what it is and where."""
        at = f" at {', '.join(self.ids)}" if self.ids and self.ids != (self.asked,) else ""
        return f"{self.kind}{at}"
