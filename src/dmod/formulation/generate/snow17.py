"""Snow-17: a control file and a file of parameters a catchment.

The reader (``ioModule.f90``) wants 26 parameters, each on a line of its own, and no other line: what it
does not know it reports. Melt factors are per six hours whatever the step is.

References
----------
Anderson, E. A. (2006), Snow Accumulation and Ablation Model - SNOW-17, NWS.
Anderson, E. A. (2002), Calibration of Conceptual Hydrologic Models for Use in River Forecasting, NWS.
NOAA-OWP/snow17: src/share/ioModule.f90, src/share/namelistModule.f90, src/bmi/bmi_snow17.f90.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmod.formulation.generate.control import control_files
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
from dmod.formulation.generate.melt_factors import from_cover

_FOLDER: Final = "SNOW17"
_PLACE: Final = CONFIG_FOLDER / _FOLDER

_DEFAULTS = "NOAA-OWP/icefabric, data/module_ipes/snow17_params.csv"
_TRAINING = "NWS training centre, snow model calibration (RFS905W5)"
_COVER = "Anderson (2002), section 7.4: initial melt factors by forest cover"
_FACTOR = "mm degC-1 (6 h)-1"

# share of the area under snow where 0, 0.1, … 1 of the snow cover's water is left
DEPLETION: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def _curve(number: int, share: float) -> Need:
    return Need(
        f"adc{number}",
        "",
        f"area under snow with {(number - 1) / 10:g} of its water left",
        _DEFAULTS,
        value=share,
        low=0,
        high=1,
    )


_NEEDS = (
    Need("hru_area", "km2", "area", "NOAA-OWP/snow17", attribute="area", low=1e-6, high=1e7),
    Need(
        "latitude",
        "degrees",
        "latitude of the centroid; from 54 on the melt season is Alaska's",
        "NOAA-OWP/snow17",
        attribute="latitude",
        low=-90,
        high=90,
    ),
    Need(
        "elev",
        "m",
        "mean elevation, for the air pressure",
        "NOAA-OWP/snow17",
        attribute="elevation",
        low=-500,
        high=9000,
    ),
    Need("scf", "", "snowfall per measured snowfall", _DEFAULTS, value=1.1, low=0.1, high=5),
    Need(
        "mfmax",
        _FACTOR,
        "melt factor on 21 June",
        _COVER,
        attribute="vegetation_type",
        convert=from_cover(0),
        conversion="by land cover: conifers 0.6, mixed 1.0, deciduous 1.2, open 1.85 flat, 1.1 mountains",
        value=1.0,
        low=0.01,
        high=5,
    ),
    Need(
        "mfmin",
        _FACTOR,
        "melt factor on 21 December",
        _COVER,
        attribute="vegetation_type",
        convert=from_cover(1),
        conversion="by land cover: conifers 0.3, mixed 0.2, deciduous 0.4, open 0.4 flat, 0.2 mountains",
        value=0.2,
        low=0.0,
        high=5,
        below="mfmax",
    ),
    Need("uadj", "mm mb-1 (6 h)-1", "wind function with rain on snow", _DEFAULTS, value=0.05, low=0, high=1),
    Need("si", "mm", "water equivalent above which all ground is covered", _DEFAULTS, value=500.0, low=0),
    Need("pxtemp", "degC", "rain above this temperature", _TRAINING, value=1.0, low=-5, high=10),
    Need("nmf", _FACTOR, "heat exchange without melt, at most", _DEFAULTS, value=0.15, low=0, high=2),
    Need("tipm", "", "weight of the last 6 h in the snow's temperature", _TRAINING, value=0.1, low=0, high=1),
    Need("mbase", "degC", "no melt below this temperature", _TRAINING, value=0.0, low=-5, high=5),
    Need("plwhc", "", "water that ripe snow holds, per ice", _TRAINING, value=0.03, low=0, high=1),
    Need("daygm", "mm d-1", "melt at the ground", _DEFAULTS, value=0.0, low=0, high=5),
    *(_curve(number, share) for number, share in enumerate(DEPLETION, start=1)),
)


def _files(catchment: Catchment, settings: Settings) -> Iterator[File]:
    return control_files(SNOW17, "SNOW17_CONTROL", "snow17", catchment, settings)


def _module(_settings: Settings) -> Document:
    return {
        "model_type_name": "SNOW17",
        "library_file": f"{LIBRARIES}/libsnow17bmi.so",
        "forcing_file": "",
        "init_config": f"./{_PLACE}/{{{{id}}}}.input",
        "main_output_variable": "raim",
    }


SNOW17 = Generator(
    name="snow17",
    title="Snow-17",
    folder=_FOLDER,
    language="bmi_fortran",
    needs=_NEEDS,
    module=_module,
    files=_files,
    native=False,
)
