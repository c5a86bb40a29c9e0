"""CFE: one ``key=value[unit]`` file a catchment, with rain partitioned by Schaake's or the Xinanjiang scheme.

Mapping and constants are those of the NextGen community's preprocessor (CIROH-UA/NGIAB_data_preprocess,
config/catchment/cfe.ini). Keys are spelled so that both revisions of the program read them without a
word: ``surface_partitioning_scheme`` and ``K_nash`` are known to both; ``nash_storage`` is left out, because
the newer one reads past it, and both start their lateral reservoirs empty where nothing is said. The
program reads from top to bottom: the scheme comes before the keys that only it has, and max_gw_storage before
gw_storage.

References
----------
NOAA-OWP/cfe, src/bmi_cfe.c, read_init_config_cfe (revisions 6d08db7 and a349a95).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from dmod.formulation.generate.comments import comment, heading, number
from dmod.formulation.generate.generator import (
    CONFIG_FOLDER,
    LIBRARIES,
    Catchment,
    Column,
    Document,
    File,
    Generator,
    Need,
    Settings,
)
from dmod.formulation.generate.land_classes import soil_values

_FOLDER: Final = "CFE"
_PLACE: Final = CONFIG_FOLDER / _FOLDER

_NGIAB = "NGIAB, cfe.ini"
_PROGRAM = "CFE, bmi_cfe.c"
_TABLE = "NextGenSandboxHub, cfe.py: SOILPARM.TBL by ISLTYP"


def _taken(
    parameter: str, unit: str, text: str, attribute: str, value: float, *limits: float, **more: Any
) -> Need:
    low, high = limits
    reference = more.pop("reference", _NGIAB)
    return Need(
        parameter, unit, text, reference, attribute=attribute, value=value, low=low, high=high, **more
    )


def _fixed(parameter: str, unit: str, text: str, value: Any, reference: str = _NGIAB) -> Need:
    return Need(parameter, unit, text, reference, value=value)


def by_soil(name: str) -> Callable[[Column], Column]:
    """Return the conversion from soil class to one of its properties."""
    return lambda classes: soil_values(classes, name)


def _in_metres(column: Column) -> Column:
    return column / 1000


def _as_share(column: Column) -> Column:
    return column / 100


_SOIL = (
    _fixed("soil_params.depth", "m", "soil depth", 2.0),
    _taken("soil_params.b", "1", "Clapp-Hornberger exponent", "soil_b", 4.05, 1.000001, 50.0),
    _taken(
        "soil_params.satdk",
        "m s-1",
        "saturated hydraulic conductivity",
        "soil_conductivity",
        3.38e-6,
        0.0,
        1.0,
    ),
    _taken("soil_params.satpsi", "m", "saturated capillary head", "soil_suction", 0.355, 1e-6, 100.0),
    _taken("soil_params.slop", "m/m", "share of free drainage below the soil", "drainage", 0.01, 0.0, 1.0),
    _taken("soil_params.smcmax", "m/m", "porosity", "soil_porosity", 0.439, 1e-6, 1.0),
    _taken(
        "soil_params.wltsmc",
        "m/m",
        "water content at the wilting point",
        "soil_wilting",
        0.066,
        0.0,
        1.0,
        below="soil_params.smcmax",
    ),
    _fixed("soil_params.expon", "1", "exponent of percolation", 1.0),
    _fixed("soil_params.expon_secondary", "1", "exponent of lateral flow", 1.0),
    _taken("refkdt", "1", "infiltration parameter", "refkdt", 3.0, 1e-9, 100.0),
)

_GROUNDWATER = (
    _taken(
        "max_gw_storage",
        "m",
        "capacity of the groundwater reservoir",
        "groundwater_depth",
        0.011,
        1e-9,
        100.0,
        convert=_in_metres,
        conversion="/ 1000 (mm to m)",
    ),
    _taken("Cgw", "m h-1", "coefficient of base flow", "groundwater_coefficient", 0.0018, 0.0, 100.0),
    _taken("expon", "1", "exponent of base flow", "groundwater_exponent", 6.0, 1e-9, 700.0),
    _fixed("gw_storage", "m/m", "groundwater at the start, share of max_gw_storage", 0.05),
)

_REST = (
    _fixed("alpha_fc", "1", "suction at field capacity, share of an atmosphere", 0.33),
    _fixed("soil_storage", "m/m", "soil water at the start, share of smcmax * depth", 0.05),
    _fixed("K_nash", "1", "share of a lateral reservoir that flows on in an hour", 0.03),
    _fixed("K_lf", "1", "share of the soil water above field capacity that flows sideways in an hour", 0.01),
    _fixed("giuh_ordinates", "1", "unit hydrograph of surface runoff, per hour", (0.55, 0.25, 0.2)),
    _fixed("verbosity", "1", "how much the program prints", 0),
)

_XINANJIANG = (
    _taken(
        "a_Xinanjiang_inflection_point_parameter",
        "1",
        "inflection point of the tension water curve",
        "soil_type",
        -0.212938,
        -0.5,
        0.5,
        convert=by_soil("inflection"),
        conversion="AXAJ of the soil class",
        reference=_TABLE,
    ),
    _taken(
        "b_Xinanjiang_shape_parameter",
        "1",
        "shape of the tension water curve",
        "soil_type",
        0.666238,
        0.0,
        100.0,
        convert=by_soil("shape"),
        conversion="BXAJ of the soil class",
        reference=_TABLE,
    ),
    _taken(
        "x_Xinanjiang_shape_parameter",
        "1",
        "shape of the free water curve",
        "soil_type",
        0.02414,
        0.0,
        100.0,
        convert=by_soil("free_shape"),
        conversion="XXAJ of the soil class",
        reference=_TABLE,
    ),
    _taken(
        "urban_decimal_fraction",
        "1",
        "impervious share of the area",
        "impervious",
        0.0,
        0.0,
        1.0,
        convert=_as_share,
        conversion="/ 100 (percent to share)",
        reference="CFE, configs/README.md",
    ),
)


def _scheme(word: str) -> Need:
    return _fixed("surface_partitioning_scheme", "", "partitioning of rain", word, _PROGRAM)


_FORCING = _fixed("forcing_file", "", "who passes the forcing: the framework", "BMI")

# what stands in brackets behind a value; nothing behind words and lists, nor where the convention has nothing
_BARE = frozenset(
    {"forcing_file", "surface_partitioning_scheme", "refkdt", "alpha_fc", "giuh_ordinates", "verbosity"}
)


def _needs(scheme: str, *own: Need) -> tuple[Need, ...]:
    return (_FORCING, _scheme(scheme), *own, *_SOIL, *_GROUNDWATER, *_REST)


def _line(need: Need, catchment: Catchment) -> str:
    value = catchment.values[need.parameter]
    text = ",".join(map(number, value)) if isinstance(value, tuple) else number(value)
    unit = "" if need.parameter in _BARE else f"[{need.unit if need.unit != '1' else ''}]"
    return f"{comment(need, catchment)}{need.parameter}={text}{unit}\n"


def _writer(name: str) -> Callable[[Catchment, Settings], Iterator[File]]:
    def files(catchment: Catchment, _settings: Settings) -> Iterator[File]:
        generator = CFE if name == "cfe" else CFE_X
        lines = [_line(need, catchment) for need in generator.needs]
        yield _PLACE / f"{catchment.id}.ini", heading(generator, catchment) + "".join(lines)

    return files


def _module(_settings: Settings) -> Document:
    return {
        "model_type_name": "bmi_c_cfe",
        "library_file": f"{LIBRARIES}/libcfebmi.so",
        "forcing_file": "",
        "init_config": f"./{_PLACE}/{{{{id}}}}.ini",
        "main_output_variable": "Q_OUT",
        "registration_function": "register_bmi_cfe",
    }


def _generator(name: str, title: str, needs: tuple[Need, ...]) -> Generator:
    return Generator(name, title, _FOLDER, "bmi_c", needs, _module, files=_writer(name))


CFE: Final = _generator("cfe", "Conceptual Functional Equivalent (CFE), Schaake", _needs("Schaake"))
CFE_X: Final = _generator(
    "cfe-x",
    "Conceptual Functional Equivalent (CFE), Xinanjiang",
    _needs("Xinanjiang", *_XINANJIANG),
)
