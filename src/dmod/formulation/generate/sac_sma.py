"""SAC-SMA: a control file and a file of parameters a catchment.

The reader (``ioModule.f90``) wants 18 parameters, each on a line of its own, and stops at another
number of them.

References
----------
Burnash, R. J. C., R. L. Ferral, R. A. McGuire (1973), A generalized streamflow simulation system.
NOAA-OWP/sac-sma: src/share/ioModule.f90, src/share/namelistModule.f90, src/bmi/bmi_sac.f90.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from dmod.formulation.generate import soil_texture
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
    scaled,
)

_FOLDER: Final = "SAC-SMA"
_PLACE: Final = CONFIG_FOLDER / _FOLDER

_KOREN = "Koren et al. (2000, 2003), water contents by Cosby et al. (1984)"
_DEFAULTS = "NOAA-OWP/icefabric, data/module_ipes/sac_sma_params.csv"
_USUAL = "eWater Source, Sacramento model, table 1"


def _soil(key: str, unit: str, text: str, rule: str, *, value: float, low: float, high: float) -> Need:
    """Return a parameter that the texture class tells; ``value`` is the usual default."""
    parameter: Callable[[soil_texture.SoilWater], Any] = getattr(soil_texture, key)
    return Need(
        key,
        unit,
        text,
        f"{_KOREN}; default: {_USUAL if key == 'zperc' else _DEFAULTS}",
        attribute="soil_type",
        convert=soil_texture.from_texture(parameter),
        conversion=rule,
        value=value,
        low=low,
        high=high,
    )


_UPPER = "upper depth by the curve number's initial abstraction"
_NEEDS = (
    Need("hru_area", "km2", "area", "NOAA-OWP/sac-sma", attribute="area", low=1e-6, high=1e7),
    _soil(
        "uztwm",
        "mm",
        "upper zone's tension water",
        f"(field capacity - wilting point) x upper depth; {_UPPER}",
        value=75.0,
        low=1,
        high=1000,
    ),
    _soil(
        "uzfwm",
        "mm",
        "upper zone's free water",
        "initial abstraction 5.08 (1000 / CN - 10)",
        value=30.0,
        low=1,
        high=1000,
    ),
    _soil(
        "lztwm",
        "mm",
        "lower zone's tension water",
        "(field capacity - wilting point) x (1750 mm - upper depth)",
        value=150.0,
        low=1,
        high=2000,
    ),
    _soil(
        "lzfpm",
        "mm",
        "lower zone's primary free water",
        "(saturation - field capacity) x lower depth x (1 - (wilting point / saturation)^1.6)",
        value=300.0,
        low=1,
        high=2000,
    ),
    _soil(
        "lzfsm",
        "mm",
        "lower zone's supplemental free water",
        "(saturation - field capacity) x lower depth x (wilting point / saturation)^1.6",
        value=150.0,
        low=1,
        high=2000,
    ),
    Need("adimp", "", "further area impervious when wet", _DEFAULTS, value=0.0, low=0, high=1),
    _soil(
        "uzk",
        "d-1",
        "interflow's share of the upper free water",
        "1 - (field capacity / saturation)^1.6",
        value=0.3,
        low=1e-3,
        high=1,
    ),
    _soil(
        "lzpk",
        "d-1",
        "share of the primary free water that leaves",
        "1 - exp(-4.06e-9 Ks Z D2 / (3.5 (saturation - field capacity)^1.66)), D = 2.5 km-1",
        value=0.01,
        low=1e-6,
        high=1,
    ),
    _soil(
        "lzsk",
        "d-1",
        "share of the supplemental free water that leaves",
        "uzk / (1 + 2 (1 - wilting point))",
        value=0.1,
        low=1e-6,
        high=1,
    ),
    _soil(
        "zperc",
        "",
        "percolation into a dry lower zone, per that into a full one",
        "(lztwm + lzfsm + lzfpm - base) / base, base = lzfsm lzsk + lzfpm lzpk",
        value=40.0,
        low=1,
        high=2000,
    ),
    _soil(
        "rexp",
        "",
        "percolation's exponent",
        "sqrt(wilting point / (wilting point of sand - 0.001))",
        value=2.0,
        low=0.5,
        high=10,
    ),
    Need(
        "pctim",
        "",
        "impervious area",
        "Burnash et al. (1973); the whole impervious area counts as connected",
        attribute="impervious",
        convert=scaled(0.01),
        conversion="/ 100",
        value=0.0,
        low=0,
        high=1,
    ),
    _soil(
        "pfree",
        "",
        "percolation that goes to free water at once",
        "(wilting point / saturation)^1.6",
        value=0.1,
        low=0,
        high=1,
    ),
    Need("riva", "", "area of plants along rivers", _DEFAULTS, value=0.0, low=0, high=1),
    Need("side", "", "base flow past the channel, per that into it", _DEFAULTS, value=0.0, low=0, high=10),
    Need("rserv", "", "lower free water out of the plants' reach", _DEFAULTS, value=0.3, low=0, high=1),
)


def _files(catchment: Catchment, settings: Settings) -> Iterator[File]:
    return control_files(SAC_SMA, "SAC_CONTROL", "sac", catchment, settings)


def _module(_settings: Settings) -> Document:
    return {
        "model_type_name": "bmi_fortran_sac",
        "library_file": f"{LIBRARIES}/libsacbmi.so",
        "forcing_file": "",
        "init_config": f"./{_PLACE}/{{{{id}}}}.input",
        "main_output_variable": "tci",
    }


SAC_SMA = Generator(
    name="sac-sma",
    title="SAC-SMA",
    folder=_FOLDER,
    language="bmi_fortran",
    needs=_NEEDS,
    module=_module,
    files=_files,
    native=False,
)
