"""TOPMODEL: a run file, the topography and the parameters of each catchment.

The fabric has the topographic index in classes of equal area with their upper bounds. TOPMODEL spreads the
area of a value between it and the one before, from high to low, and rains on half of the first one's
area only; so the highest bound comes first with an area of 0. The area by distance from the outlet rises
evenly along the flowpath, from 0 at its end to 1 at its head.

The program reads words and stops after the last one that it wants; comments follow there.

References
----------
NOAA-OWP/topmodel, src/topmodel.c, tread and init (revision a4cb3ba); docs/INPUT_FILES_EXPLAINED.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmod.formulation.generate.comments import comments, heading, number
from dmod.formulation.generate.generator import (
    CONFIG_FOLDER,
    LIBRARIES,
    Catchment,
    Document,
    File,
    Generator,
    Need,
    Settings,
)
from dmod.formulation.generate.topographic_index import Wetness

_FOLDER: Final = "TOPMODEL"
_PLACE: Final = CONFIG_FOLDER / _FOLDER

_EXAMPLE = "TOPMODEL, params.dat"
_TWI = "hydrofabric, zonal::equal_population_distribution: v is the upper bound of a class"

# five classes of the module's own example, data/subcat.dat
EXAMPLE_WETNESS: Final = Wetness(
    (4.482725, 5.401480, 5.707732, 6.320236, 9.382756), (0.2932, 0.1938, 0.2270, 0.2265, 0.0595)
)


def _fixed(parameter: str, unit: str, text: str, value: float) -> Need:
    return Need(parameter, unit, text, _EXAMPLE, value=value)


_PARAMETERS = (
    _fixed("szm", "m", "decay of transmissivity with the deficit", 0.032),
    _fixed("t0", "ln(m2 h-1)", "logarithm of the transmissivity at saturation", 5.0),
    _fixed("td", "h m-1", "delay of unsaturated drainage per unit of deficit", 50.0),
    _fixed("chv", "m h-1", "velocity in the main channel", 3600.0),
    _fixed("rv", "m h-1", "velocity of overland flow", 3600.0),
    _fixed("srmax", "m", "largest root zone deficit", 0.05),
    _fixed("Q0", "m h-1", "base flow at the start", 3.28e-5),
    _fixed("sr0", "m", "root zone deficit at the start", 0.002),
    _fixed("infex", "1", "0: no infiltration excess", 0),
    _fixed("xk0", "m h-1", "hydraulic conductivity at the surface (not used with infex 0)", 1.0),
    _fixed("hf", "m", "suction at the wetting front (not used with infex 0)", 0.02),
    _fixed("dth", "1", "change of water content at the wetting front (not used with infex 0)", 0.1),
)

_TOPOGRAPHY = (
    Need("area", "1", "share of the sub-catchment in the whole", _EXAMPLE, value=1),
    Need(
        "topographic_index",
        "ln(m)",
        "ln(a / tan beta), from high to low, each after its share of the area",
        _TWI,
        attribute="wetness",
        conversion="bounds from high to low, the first with area 0; the last one class below the lowest",
        value=EXAMPLE_WETNESS,
    ),
    Need(
        "channel_distance",
        "m",
        "distance from the outlet, each after the share of the area nearer to it",
        "assumed: the area rises evenly along the flowpath",
        attribute="flowpath_length",
        conversion="0 with area 0, the flowpath's length with area 1",
        value=1500.0,
        low=1e-3,
        high=72_000.0,  # the program has room for 20 hours at 3600 m h-1
    ),
)


def _files(catchment: Catchment, _settings: Settings) -> Iterator[File]:
    name, title = catchment.id, f"{catchment.id}\n"
    topography, parameters = _PLACE / f"{name}_subcat.dat", _PLACE / f"{name}_params.dat"
    unused = [_PLACE / f"{name}_{part}" for part in ("inputs.dat", "topmod.out", "hyd.out")]
    paths = (unused[0], topography, parameters, *unused[1:])
    head = heading(TOPMODEL, catchment)
    note = "# 0: the framework gives inputs; title; inputs (not read); topography; parameters; outputs\n"
    yield _PLACE / f"{name}.run", "".join(["0\n", title, *(f"./{path}\n" for path in paths), head, note])
    values = " ".join(number(catchment.values[need.parameter]) for need in _PARAMETERS)
    yield parameters, "".join([title, f"{values}\n", head, *comments(_PARAMETERS, catchment)])
    yield topography, _topography(catchment, title) + head + "".join(comments(_TOPOGRAPHY, catchment))


def _topography(catchment: Catchment, title: str) -> str:
    """Return the file's numbers; the last of its first line keeps the program from printing to files."""
    bounds = catchment.values["topographic_index"].bounds()
    rows = "".join(f"{share:.6f} {index:.6f}\n" for share, index in bounds)
    length = number(catchment.values["channel_distance"])
    return f"1 1 0\n{title}{len(bounds)} {catchment.values['area']}\n{rows}2\n0.0 0.0 1.0 {length}\n"


def _module(_settings: Settings) -> Document:
    return {
        "model_type_name": "bmi_c_topmodel",
        "library_file": f"{LIBRARIES}/libtopmodelbmi.so",
        "forcing_file": "",
        "init_config": f"./{_PLACE}/{{{{id}}}}.run",
        "main_output_variable": "Qout",
        "registration_function": "register_bmi_topmodel",
    }


TOPMODEL: Final = Generator(
    "topmodel", "TOPMODEL", _FOLDER, "bmi_c", (*_PARAMETERS, *_TOPOGRAPHY), _module, files=_files
)
