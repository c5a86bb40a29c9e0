"""The attributes of a hydrofabric that configurations are made from: names, units, plausible ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from dmod.errors import InputError

Kind = Literal["number", "class", "distribution"]

NWM: Final = "National Water Model 3.0 parameters, aggregated to the divide"
TERRAIN: Final = "30 m terrain, aggregated to the divide"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a catchment.

    Parameters
    ----------
    name : by which needs refer to it
    columns : its spellings over versions and domains, the newest first
    table : where it stands in a v2.2 fabric
    unit : in which generators get it
    text : what it is
    low, high : plausible range in ``unit``; a value outside is treated as impossible
    above : whether ``low`` itself is impossible
    source : what it was made from
    kind : a number, the number of a class, or a distribution as JSON text
    stored : unit in the fabric, where it is another one
    per : how many of the fabric's units make one of ``unit``
    soil : the property of `dmod.formulation.generate.land_classes.Soil` that stands in for it
    """

    name: str
    columns: tuple[str, ...]
    table: str
    unit: str
    text: str
    low: float = float("-inf")
    high: float = float("inf")
    above: bool = False
    source: str = NWM
    kind: Kind = "number"
    stored: str = ""
    per: float = 1.0
    soil: str = ""

    @property
    def range(self) -> str:
        """The plausible range in words."""
        if self.kind == "distribution":
            return "at least one class, areas that add up to 1"
        return f"{'above ' if self.above else ''}{self.low:g} to {self.high:g}"


_TABLE = "divide-attributes"


def _layered(statistic: str, name: str, plain: str = "") -> tuple[str, ...]:
    """Return the spellings of a soil property of the second layer (v2.2, Puerto Rico, v2.0 and v2.1.1)."""
    dotted = f"{statistic}." if statistic else ""
    return (
        f"{dotted}{name}_soil_layers_stag=2",
        f"{plain or dotted}{name}_Time=_soil_layers_stag=2",
        f"{name}_Time=_soil_layers_stag=2",
        f"{name}_soil_layers_stag=2",
    )


def _mean(name: str, *older: str) -> tuple[str, ...]:
    return (f"mean.{name}", f"mean.{name}_Time=", *older, *(() if older else (name,)))


def _attribute(
    name: str, columns: tuple[str, ...], unit: str, text: str, *limits: float, **more: object
) -> Attribute:
    low, high = limits or (float("-inf"), float("inf"))
    return Attribute(name, columns, _TABLE, unit, text, low, high, **more)  # type: ignore[arg-type]


_ALL: Final = (
    _attribute(
        "soil_b",
        _layered("mode", "bexp"),
        "1",
        "exponent of Clapp and Hornberger's retention curve, second soil layer",
        1.0,
        20.0,
        above=True,
        soil="b",
    ),
    _attribute(
        "soil_conductivity",
        _layered("geom_mean", "dksat"),
        "m s-1",
        "saturated hydraulic conductivity, second soil layer",
        0.0,
        0.01,
        above=True,
        soil="conductivity",
    ),
    _attribute(
        "soil_suction",
        _layered("geom_mean", "psisat"),
        "m",
        "suction at saturation, second soil layer",
        0.0,
        10.0,
        above=True,
        soil="suction",
    ),
    _attribute(
        "soil_porosity",
        _layered("mean", "smcmax"),
        "m3 m-3",
        "water content at saturation, second soil layer",
        0.05,
        0.95,
        soil="porosity",
    ),
    _attribute(
        "soil_wilting",
        _layered("mean", "smcwlt"),
        "m3 m-3",
        "water content at the wilting point, second soil layer; below that at saturation",
        0.0,
        0.6,
        soil="wilting",
    ),
    _attribute(
        "drainage",
        ("mean.slope_1km", "mean.slope_Time=", "slope_1km", "slope"),
        "1",
        "share of free drainage below the soil",
        0.0,
        1.0,
    ),
    _attribute("refkdt", _mean("refkdt"), "1", "infiltration parameter", 0.0, 10.0, above=True),
    _attribute(
        "groundwater_depth",
        _mean("Zmax", "gw_Zmax", "Zmax"),
        "mm",
        "capacity of the groundwater bucket",
        0.0,
        10_000.0,
        above=True,
    ),
    _attribute(
        "groundwater_coefficient",
        _mean("Coeff", "gw_Coeff", "Coeff"),
        "m h-1",
        "coefficient of the groundwater bucket's outflow (by convention used as m/h)",
        0.0,
        10.0,
        above=True,
    ),
    _attribute(
        "groundwater_exponent",
        ("mode.Expon", "gw_Expon", "Expon"),
        "1",
        "exponent of the groundwater bucket's outflow",
        0.0,
        20.0,
        above=True,
    ),
    _attribute(
        "soil_type",
        ("mode.ISLTYP", "ISLTYP"),
        "",
        "soil texture, one of the 19 classes of STATSGO (14 is water)",
        1.0,
        19.0,
        kind="class",
    ),
    _attribute(
        "vegetation_type",
        ("mode.IVGTYP", "IVGTYP"),
        "",
        "land cover, one of the 27 classes of the USGS (16 is water)",
        1.0,
        27.0,
        kind="class",
    ),
    _attribute(
        "impervious",
        _mean("impervious", "impervious_mean"),
        "%",
        "impervious share of the area",
        0.0,
        100.0,
        source="National Land Cover Database 2021, aggregated to the divide",
    ),
    _attribute(
        "elevation",
        _mean("elevation", "elevation_mean"),
        "m",
        "height above the sea",
        -500.0,
        9_000.0,
        source=TERRAIN,
        stored="cm",
        per=100.0,
    ),
    _attribute(
        "slope",
        _mean("slope", "slope_mean"),
        "degree",
        "slope of the terrain as the fabric has it: the angle of a rise in cm over a distance in m",
        0.0,
        90.0,
        source=TERRAIN,
    ),
    _attribute(
        "aspect",
        ("circ_mean.aspect", "aspect_c_mean", "aspect_mean"),
        "degree",
        "direction in which the terrain falls, clockwise from north",
        0.0,
        360.0,
        source=TERRAIN,
    ),
    _attribute(
        "wetness",
        ("dist_4.twi", "twi_dist_4", "twi"),
        "ln(m)",
        "topographic index in classes of equal area: upper bound and share of each",
        kind="distribution",
        source=TERRAIN,
    ),
    _attribute("cwpvt", _mean("cwpvt"), "1", "canopy wind parameter", 0.0, 10.0),
    _attribute("mfsno", _mean("mfsno"), "1", "snow melt parameter", 0.0, 20.0, above=True),
    _attribute("mp", _mean("mp"), "1", "slope of conductance to photosynthesis", 0.0, 50.0, above=True),
    _attribute("vcmx25", _mean("vcmx25"), "umol m-2 s-1", "rate of carboxylation at 25 °C", 0.0, 200.0),
    Attribute(
        "latitude",
        ("centroid_y", "Y"),
        _TABLE,
        "degree",
        "of the centroid, from metres in the fabric's reference system (or from the divide's shape)",
        -90.0,
        90.0,
        source="centroid of the divide",
    ),
    Attribute(
        "longitude",
        ("centroid_x", "X"),
        _TABLE,
        "degree",
        "of the centroid, from metres in the fabric's reference system (or from the divide's shape)",
        -180.0,
        180.0,
        source="centroid of the divide",
    ),
    Attribute(
        "area",
        ("areasqkm", "area_sqkm"),
        "divides",
        "km2",
        "area",
        0.0,
        100_000.0,
        above=True,
        source="shape of the divide",
    ),
    Attribute(
        "flowpath_length",
        ("Length_m", "lengthkm"),
        "flowpath-attributes",
        "m",
        "length of the catchment's flowpath",
        0.0,
        1_000_000.0,
        above=True,
        source="shape of the flowpath",
    ),
)

ATTRIBUTES: Final[Mapping[str, Attribute]] = MappingProxyType({a.name: a for a in _ALL})


def find_attribute(name: str) -> Attribute:
    """Return an attribute by name.

    Raises
    ------
    InputError
        there is none.
    """
    if name not in ATTRIBUTES:
        raise InputError(f"there is no attribute {name!r}", hint=f"one of {', '.join(ATTRIBUTES)}")
    return ATTRIBUTES[name]
