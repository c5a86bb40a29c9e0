"""Noah-OWP-Modular: a namelist a catchment, and the tables of parameters that all share.

The reader (``NamelistRead.f90``) takes the groups in this order, and stops at an unknown key, a missing
one, or an option outside its range.

References
----------
NOAA-OWP/noah-owp-modular: src/NamelistRead.f90, src/OptionsType.f90, src/UtilitiesModule.f90.
NOAA-OWP/ngen: the example of gauge 01073000 (settings that are no catchment's own).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from dmod.errors import InputError, NotFoundError
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
from dmod.formulation.generate.namelist import Entry, fitting, group, known

TABLES: Final = ("GENPARM.TBL", "SOILPARM.TBL", "MPTABLE.TBL")
OPTION: Final = "noah_parameters"
IMAGE_TABLES: Final = "/dmod/datasets/static/"

_FOLDER: Final = "NOAH-OWP-M"
_PLACE: Final = CONFIG_FOLDER / _FOLDER
_PATH_LENGTH: Final = 256  # characters that the reader keeps
_WATER: Final = 16  # water bodies among the USGS classes

_EXAMPLE = "NOAA-OWP/ngen, example of gauge 01073000"
_READER = "NOAA-OWP/noah-owp-modular, src/NamelistRead.f90"
_OPTIONS = "NOAA-OWP/noah-owp-modular, src/OptionsType.f90; values of the National Water Model 2.2"


def terrain_angle(column: Column) -> Column:
    """Return the terrain's slope [degrees] from the fabric's ``mean.slope``, shape (n,).

    The fabric's angle belongs to elevations in centimetres over distances in metres: coastal plains of
    Florida have 40 to 60 degrees, mountains 85 to 89. Its tangent is 100 times the terrain's.
    """
    angle: Column = np.degrees(np.arctan(np.tan(np.radians(np.asarray(column, dtype=float))) / 100.0))
    return angle


def surface_type(column: Column) -> Column:
    """Return 2 (lake) where the land cover is water, 1 (soil) elsewhere, NaN where it is unknown."""
    cover = np.asarray(column, dtype=float)
    return np.where(np.isnan(cover), np.nan, np.where(cover == _WATER, 2.0, 1.0))


def _option(key: str, value: int, text: str, low: int, high: int) -> Need:
    return Need(key, "", text, _OPTIONS, value=value, low=low, high=high)


_OPTION_NEEDS = (
    _option("precip_phase_option", 1, "rain or snow: 1 Jordan (1991)", 1, 7),
    _option("snow_albedo_option", 1, "snow albedo: 1 BATS", 1, 2),
    _option("dynamic_veg_option", 4, "vegetation: 4 LAI of the table, maximum fraction", 1, 9),
    _option("runoff_option", 3, "surface runoff: 3 original, free drainage", 1, 8),
    _option("drainage_option", 8, "drainage: 8 as for dynamic VIC, free drainage", 1, 8),
    _option("frozen_soil_option", 1, "frozen soil: 1 linear effects", 1, 2),
    _option("dynamic_vic_option", 1, "infiltration of dynamic VIC: 1 Philip", 1, 3),
    _option("radiative_transfer_option", 3, "radiation: 3 two-stream in the vegetated part", 1, 3),
    _option("sfc_drag_coeff_option", 1, "surface drag: 1 Monin-Obukhov", 1, 2),
    _option("canopy_stom_resist_option", 1, "stomata: 1 Ball-Berry", 1, 2),
    _option("crop_model_option", 0, "crop model: 0 none (no other is there)", 0, 0),
    _option("snowsoil_temp_time_option", 3, "temperature scheme: 3 semi-implicit, snow share", 1, 3),
    _option("soil_temp_boundary_option", 2, "lower boundary: 2 fixed temperature at 8 m", 1, 2),
    _option("supercooled_water_option", 1, "supercooled water: 1 no iteration", 1, 2),
    _option("stomatal_resistance_option", 1, "soil moisture on stomata: 1 Noah", 1, 3),
    _option("evap_srfc_resistance_option", 4, "evaporation: 4 Sakaguchi and Zeng (2009), snow apart", 1, 4),
    _option("subsurface_option", 2, "below ground: 2 one-way, hydrostatic", 1, 3),
)

_WHERE_NEEDS = (
    Need("lat", "degrees", "latitude of the centroid", _READER, attribute="latitude", low=-90, high=90),
    Need("lon", "degrees", "longitude of the centroid", _READER, attribute="longitude", low=-180, high=180),
    Need(
        "terrain_slope",
        "degrees",
        "slope of the terrain, turns the sun's direct radiation",
        _READER + "; Corripio (2003)",
        attribute="slope",
        convert=terrain_angle,
        conversion="atan(tan(angle) / 100): the fabric's angle has elevation in cm over distance in m",
        value=0.0,
        low=0,
        high=90,
    ),
    Need(
        "azimuth",
        "degrees",
        "direction that the slope faces, clockwise from north",
        _READER,
        attribute="aspect",
        value=0.0,
        low=0,
        high=360,
    ),
)

_GROUND_NEEDS = (
    Need(
        "isltyp",
        "",
        "soil texture class (STAS)",
        "NOAA-OWP/noah-owp-modular, parameters/SOILPARM.TBL",
        attribute="soil_type",
        low=1,
        high=19,
    ),
    Need("nsoil", "", "soil layers", _EXAMPLE, value=4),
    Need("nsnow", "", "snow layers at most", _EXAMPLE, value=3),
    Need(
        "nveg",
        "",
        "land cover classes of the table (USGS)",
        "NOAA-OWP/noah-owp-modular, parameters/MPTABLE.TBL: usgs_veg_categories",
        value=27,
    ),
    Need(
        "vegtyp",
        "",
        "land cover class (USGS, as the National Water Model has it)",
        "NOAA-OWP/ngen-cal, config_gen/models/noaa_owp.py (NWM uses USGS classes)",
        attribute="vegetation_type",
        low=1,
        high=27,
    ),
    Need("croptype", "", "crop, 0: none", _READER, value=0),
    Need(
        "sfctyp",
        "",
        "surface, 1: soil, 2: lake",
        "NOAA-OWP/ngen-cal, config_gen/models/noaa_owp.py",
        attribute="vegetation_type",
        convert=surface_type,
        conversion="2 where the class is 16 (water), else 1",
        low=1,
        high=2,
    ),
    Need("soilcolor", "", "soil colour class", _EXAMPLE, value=4),
)

_WEATHER_NEEDS = (
    Need("ZREF", "m", "height of the wind measurement", "AORC and NWM forcing: wind at 10 m", value=10.0),
    Need(
        "rain_snow_thresh",
        "degC",
        "rain above this temperature (used by options 5 and 6 only)",
        _EXAMPLE,
        value=1.0,
    ),
)

_STATE_NEEDS = (
    Need(
        "dzsnso",
        "m",
        "thickness of three snow and four soil layers",
        _EXAMPLE,
        value=(0.0, 0.0, 0.0, 0.1, 0.3, 0.6, 1.0),
    ),
    Need("sice", "m3 m-3", "ice in the soil layers at the start", _EXAMPLE, value=(0.0,) * 4),
    Need("sh2o", "m3 m-3", "water in the soil layers at the start", _EXAMPLE, value=(0.3,) * 4),
    Need("zwt", "m", "water table at the start, below the surface", _EXAMPLE, value=-2.0),
)

_WHOLE = tuple(need.parameter for need in (*_OPTION_NEEDS, *_GROUND_NEEDS))


def table_folder(settings: Settings) -> str:
    """Return the folder of the tables as the namelist names it: inside the package, or the image's."""
    return f"./{_PLACE}/parameters/" if settings.options.get(OPTION) else IMAGE_TABLES


def read_tables(folder: Path) -> Iterator[File]:
    """Yield Noah's three tables, for the package.

    Raises
    ------
    NotFoundError
        one of them is not in the folder.
    InputError
        a table lacks the classes that the namelists name.
    """
    missing = [name for name in TABLES if not (folder / name).is_file()]
    if missing:
        raise NotFoundError(
            f"{folder}: no {', no '.join(missing)}",
            hint=f"option {OPTION} names the folder that holds {', '.join(TABLES)}; without it the"
            f" framework's image is expected to have them in {IMAGE_TABLES}",
        )
    for name, classes in zip(TABLES, ("", "STAS", "usgs_veg_categories"), strict=True):
        text = (folder / name).read_text(encoding="utf-8", errors="replace")
        if classes not in text:
            raise InputError(
                f"{folder / name} has no classes {classes!r}",
                hint="take the tables of NOAA-OWP/noah-owp-modular, folder parameters",
            )
        yield _PLACE / "parameters" / name, text


def _shared(settings: Settings) -> Iterator[File]:
    folder = settings.options.get(OPTION)
    if folder:
        yield from read_tables(Path(folder))


def _timing(catchment: Catchment, settings: Settings) -> str:
    axis = settings.axis
    end = axis.end + timedelta(seconds=axis.step)
    return group(
        "timing",
        [
            Entry("dt", float(axis.step), "step [s]"),
            Entry("startdate", f"{axis.start:%Y%m%d%H%M}", "start of the first step, UTC"),
            Entry("enddate", f"{end:%Y%m%d%H%M}", "end of the last step, UTC"),
            Entry("forcing_filename", ".", "not read: the framework gives the forcing"),
            Entry("output_filename", f"{catchment.id}.nc", "not written: the framework takes the output"),
        ],
    )


def _parameters(settings: Settings) -> str:
    folder = fitting(table_folder(settings), _PATH_LENGTH, what="folder of Noah-OWP-Modular's tables")
    return group(
        "parameters",
        [
            Entry("parameter_dir", folder, "tables, seen from where the framework runs"),
            Entry("general_table", "GENPARM.TBL", "general parameters"),
            Entry("soil_table", "SOILPARM.TBL", "soil classes"),
            Entry("noahowp_table", "MPTABLE.TBL", "land cover classes"),
            Entry("soil_class_name", "STAS", "soil classes as the fabric has them"),
            Entry("veg_class_name", "USGS", "land cover classes as the fabric has them"),
        ],
    )


def _files(catchment: Catchment, settings: Settings) -> Iterator[File]:
    whole = {key: int(catchment.values[key]) for key in _WHOLE}
    catchment = replace(catchment, values={**catchment.values, **whole})

    def part(name: str, needs: tuple[Need, ...]) -> str:
        return group(name, known(NOAH_OWP, catchment, (need.parameter for need in needs)))

    parts = [
        _timing(catchment, settings),
        _parameters(settings),
        part("location", _WHERE_NEEDS),
        part("forcing", _WEATHER_NEEDS),
        part("model_options", _OPTION_NEEDS),
        part("structure", _GROUND_NEEDS),
        part("initial_values", _STATE_NEEDS),
    ]
    yield _PLACE / f"{catchment.id}.input", "\n".join(parts)


def _module(_settings: Settings) -> Document:
    return {
        "model_type_name": "NoahOWP",
        "library_file": f"{LIBRARIES}/libsurfacebmi.so",
        "forcing_file": "",
        "init_config": f"./{_PLACE}/{{{{id}}}}.input",
        "main_output_variable": "QINSUR",
    }


NOAH_OWP = Generator(
    name="noah-owp",
    title="Noah-OWP-Modular",
    folder=_FOLDER,
    language="bmi_fortran",
    needs=(*_WHERE_NEEDS, *_WEATHER_NEEDS, *_OPTION_NEEDS, *_GROUND_NEEDS, *_STATE_NEEDS),
    module=_module,
    files=_files,
    shared=_shared,
    native=False,
)
