"""Write an example run package: a synthetic basin of any size, ready to run and to evaluate."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import hidden_path, remove, storing
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import AlreadyExists, CoverageError, InputError
from dmod.forcing.weather import Places, Weather, draw_weather
from dmod.forcing.write import write_csv_forcing, write_netcdf_forcing
from dmod.formulation.generate.documents import realization, routing
from dmod.formulation.generate.formulations import find_formulation
from dmod.formulation.generate.generator import Settings
from dmod.hydrofabric.example import GAUGE, ExampleBasin, fabric_tables, make_basin, nexus_ids
from dmod.hydrofabric.example.soils import Soils
from dmod.hydrofabric.write import write_geopackage
from dmod.services.example_configs import FORMULATIONS, module_files
from dmod.services.example_observed import Truth, measured, write_observed

SYNTHETIC = (
    "Everything in this package is synthetic: terrain, rivers, soils, weather and the observed series were "
    "made by code. It describes no real place and no real event."
)

Floats = NDArray[np.float64]
Block = tuple[int, dict[str, NDArray[np.float32]]]
Simulate = Callable[[Path], tuple[NDArray[np.datetime64], Floats]]
Progress = Callable[[str], None]

START = datetime(2015, 10, 1, tzinfo=UTC)
YEAR_HOURS = 8760
MOST_YEARS = 100.0
FORCINGS = ("netcdf", "csv")
GAPS = (False, True, "values", "stamps")

LEAD_HOURS = 45 * 24
"""How long the run for the observed series settles before the period begins."""


@dataclass(frozen=True, slots=True)
class ExamplePackage:
    """Where an example package lies.

    Parameters
    ----------
    observed : None where none was made
    gauge : number of the gauge at the outlet
    """

    path: Path
    hydrofabric: Path
    realization: Path
    routing: Path
    forcing: Path
    observed: Path | None
    catchments: int
    axis: TimeAxis
    gauge: str = GAUGE


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an example package is made from; see `make_example`."""

    catchments: int
    seed: int
    axis: TimeAxis
    forcing: str
    formulation: str
    gaps: bool | str
    lakes: int


def make_example(
    path: str | Path,
    *,
    catchments: int = 100,
    seed: int = 1,
    years: float = 1.0,
    start: datetime = START,
    forcing: str = "netcdf",
    formulation: str = "cfe",
    gaps: bool | str = False,
    observed: bool = True,
    simulate: Simulate | None = None,
    lakes: int = 0,
    progress: Progress | None = None,
) -> ExamplePackage:
    """Write a complete, synthetic run package; the same for the same arguments.

    On success the folder holds the whole package; on failure it is as it was.

    Parameters
    ----------
    path : folder to make; it may exist if it is empty
    catchments : exactly as many are made
    years : of 8760 hours
    start : first hour
    forcing : "netcdf" (one file) or "csv" (one file per catchment)
    formulation : "cfe" (SLoTH, PET, CFE) or "topmodel" (PET, TOPMODEL)
    gaps : whether some catchments' forcing misses some hours: True or "values" leaves NaN there,
        "stamps" leaves out whole rows (of CSV)
    observed : whether to make a series for the gauge at the outlet
    simulate : runs a package and returns its times and the flow at its outlet [m³/s]; None takes
        the native engine
    lakes : how many flowpaths are reservoirs
    progress : told what is being made

    Raises
    ------
    AlreadyExists
        the folder exists and is not empty.
    InputError
        a number or word is impossible.
    StoreError
        the disk is full, or the folder cannot be written.
    """
    target = Path(path)
    recipe = Recipe(catchments, seed, _axis(start, years), forcing, formulation, gaps, lakes)
    _check(target, recipe)
    say = progress or (lambda _: None)
    aside = hidden_path(target.absolute())
    try:
        with storing(target):
            aside.mkdir(parents=True)
            _write(aside, target.absolute().name, recipe, say, simulate=simulate, observed=observed)
            aside.replace(target)
    finally:
        remove(aside)
    return _located(target, target.absolute().name, recipe, observed=observed)


def _axis(start: datetime, years: float) -> TimeAxis:
    if not 1 / YEAR_HOURS <= years <= MOST_YEARS:
        raise InputError(f"{years} years cannot be made", hint=f"one hour to {MOST_YEARS:g} years")
    start = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    return TimeAxis(start.replace(minute=0, second=0, microsecond=0), 3600, round(years * YEAR_HOURS))


def _check(target: Path, recipe: Recipe) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise AlreadyExists(f"{target} exists and is not empty", hint="name a folder that is not there yet")
    for what, word, allowed in (
        ("forcing", recipe.forcing, FORCINGS),
        ("formulation", recipe.formulation, FORMULATIONS),
    ):
        if word not in allowed:
            raise InputError(f"{what} {word!r} is not known", hint=f"one of {', '.join(allowed)}")
    if recipe.gaps not in GAPS:
        raise InputError(f"gaps {recipe.gaps!r} is not known", hint="values or stamps")
    if recipe.gaps == "stamps" and recipe.forcing != "csv":
        raise InputError("NetCDF forcing has no rows to leave out", hint="choose gaps values, or forcing csv")


def _write(
    root: Path, name: str, recipe: Recipe, say: Progress, *, simulate: Simulate | None, observed: bool
) -> None:
    basin = make_basin(recipe.catchments, recipe.seed, lakes=recipe.lakes, progress=say)
    weather = draw_weather(recipe.axis, _places(basin), recipe.seed, gaps=bool(recipe.gaps), lead=LEAD_HOURS)
    for folder in ("config", "forcings", "outputs", "metadata"):
        (root / folder).mkdir()
    _write_package(root, name, recipe, basin, weather.blocks(), say=say)
    if recipe.gaps == "stamps":
        _leave_out_rows(root / "forcings", basin, weather)
    notes: dict[str, Any] = {}
    if observed:
        say("observed series")
        (root / "observed").mkdir()
        axis, flow = _true_flow(name, recipe, basin, weather, simulate or _simulate_natively)
        target = root / "observed" / f"gage-{GAUGE}.csv"
        write_observed(target, axis, measured(flow, recipe.seed), gauge=GAUGE, nexus=nexus_ids(basin)[-1])
        notes["observed"] = "a run with perturbed soils and forcing, with autocorrelated error and outages"
    (root / "metadata" / "example.json").write_text(
        json.dumps(_record(recipe, basin) | notes, indent=2) + "\n"
    )


def _places(basin: ExampleBasin) -> Places:
    longitude, latitude = basin.lonlat
    return Places(basin.x, basin.y, longitude, latitude, basin.hillslopes.elevation)


def _write_package(
    root: Path,
    name: str,
    recipe: Recipe,
    basin: ExampleBasin,
    blocks: Iterable[Block],
    *,
    say: Progress,
    soils: Soils | None = None,
) -> None:
    """Write everything but the observed series and the record."""
    say("hydrofabric")
    write_geopackage(root / "config" / f"{name}.gpkg", fabric_tables(basin))
    say("module configurations")
    made: set[Path] = set()
    for relative, text in module_files(basin, recipe.formulation, soils):
        file = root / relative
        if file.parent not in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            made.add(file.parent)
        file.write_text(text, encoding="utf-8")
    _write_documents(root, name, recipe)
    say("weather")
    _write_forcing(root / "forcings", recipe, basin, blocks)


def _write_documents(root: Path, name: str, recipe: Recipe) -> None:
    import yaml

    source = "./forcings/" if recipe.forcing == "csv" else "./forcings/forcings.nc"
    document = realization(find_formulation(recipe.formulation), Settings(recipe.axis, source))
    (root / "config" / "realization.json").write_text(json.dumps(document, indent=2) + "\n")
    channels = routing(recipe.axis, PurePosixPath("config", f"{name}.gpkg"), lakes=recipe.lakes > 0)
    (root / "config" / "troute.yaml").write_text(yaml.safe_dump(channels, sort_keys=False))


def _write_forcing(folder: Path, recipe: Recipe, basin: ExampleBasin, blocks: Iterable[Block]) -> None:
    if recipe.forcing == "netcdf":
        write_netcdf_forcing(folder / "forcings.nc", basin.ids, recipe.axis, blocks)
        return
    write_csv_forcing(folder, basin.ids, recipe.axis, blocks)


def _leave_out_rows(folder: Path, basin: ExampleBasin, weather: Weather) -> None:
    """Remove the rows of every outage, whichever variable it concerned."""
    for outage in weather.outages:
        file = folder / f"{basin.ids[outage.place]}.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if "nan" not in line.lower()]
        file.write_text("".join(kept), encoding="utf-8")


def _true_flow(
    name: str, recipe: Recipe, basin: ExampleBasin, weather: Weather, simulate: Simulate
) -> tuple[TimeAxis, Floats]:
    """Run the package as the world "really" is, and return the flow at the outlet with its stamps."""
    truth, longer = Truth.draw(recipe.seed, weather.drawn.count), replace(recipe, axis=weather.drawn)
    with tempfile.TemporaryDirectory(prefix="dmod-example-") as folder:
        root = Path(folder) / "package"
        for part in ("config", "forcings", "outputs"):
            (root / part).mkdir(parents=True)
        _write_package(
            root,
            name,
            longer,
            basin,
            truth.blocks(weather),
            say=lambda _: None,
            soils=truth.soils(basin.soils),
        )
        times, flow = simulate(root)
    stamps, own = times.astype("datetime64[s]").astype(np.int64), longer.axis.epoch_seconds()
    later = stamps - own if stamps.shape == own.shape else np.array([-1])
    if np.ptp(later) or later[0] not in (0, longer.axis.step):
        raise CoverageError("the run for the observed series does not cover the example's period")
    axis = replace(recipe.axis, start=recipe.axis.start + timedelta(seconds=int(later[0])))
    return axis, np.asarray(flow, dtype=np.float64)[longer.axis.count - recipe.axis.count :]


def _simulate_natively(package: Path) -> tuple[NDArray[np.datetime64], Floats]:
    from dmod.services.run import RunOptions, run

    options = RunOptions(report=False, save_states=False, precision="single")
    result = run(package, options)
    return result.hydrograph.times, result.hydrograph.simulated


def _record(recipe: Recipe, basin: ExampleBasin) -> dict[str, Any]:
    return {
        "synthetic": SYNTHETIC,
        "made_by": f"dmod {version('dmod')} example",
        "seed": recipe.seed,
        "catchments": recipe.catchments,
        "lakes": recipe.lakes,
        "start": format_time(recipe.axis.start),
        "hours": recipe.axis.count,
        "forcing": recipe.forcing,
        "formulation": recipe.formulation,
        "gaps": recipe.gaps,
        "area_km2": round(float(basin.area.sum()), 3),
        "outlet": nexus_ids(basin)[-1],
        "gauge": GAUGE,
        "sources": {
            "soil parameters": "Clapp and Hornberger (1978), doi:10.1029/WR014i004p00601, with scatter",
            "unit hydrograph": "travel times of the terrain's cells to the end of their catchment",
            "channels": "Bieger et al. (2015), doi:10.1111/jawr.12282, with scatter",
        },
    }


def _located(target: Path, name: str, recipe: Recipe, *, observed: bool) -> ExamplePackage:
    forcings = target / "forcings"
    return ExamplePackage(
        path=target,
        hydrofabric=target / "config" / f"{name}.gpkg",
        realization=target / "config" / "realization.json",
        routing=target / "config" / "troute.yaml",
        forcing=forcings / "forcings.nc" if recipe.forcing == "netcdf" else forcings,
        observed=target / "observed" / f"gage-{GAUGE}.csv" if observed else None,
        catchments=recipe.catchments,
        axis=recipe.axis,
    )
