"""Write a synthetic hydrofabric alone: from one basin to a continent of a million catchments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dmod.core.atomic import require_space
from dmod.errors import AlreadyExists
from dmod.hydrofabric.example.bare import BARE_ROWS
from dmod.hydrofabric.example.continent import Continent, make_continent
from dmod.hydrofabric.example.stamped import ROWS
from dmod.hydrofabric.example.stamped_basin import StampedBasin
from dmod.hydrofabric.stream import streaming
from dmod.hydrofabric.version22 import TABLES

Progress = Callable[[str], None]

BYTES_PER_CATCHMENT = 3000
"""Size of the file (about)."""


@dataclass(frozen=True, slots=True)
class ExampleGauge:
    """A gauge of an example hydrofabric.

    Parameters
    ----------
    id : its number, zeros in front included
    flowpath : whose outflow it measures
    catchments : upstream of it, that of the flowpath included
    """

    id: str
    flowpath: str
    catchments: int


@dataclass(frozen=True, slots=True)
class ExampleFabric:
    """A hydrofabric that was made.

    Parameters
    ----------
    catchments : divides, those without a river included
    basins : rivers that reach the sea or end inland
    gauges : in the order of the file
    regions : vector processing units
    """

    path: Path
    catchments: int
    basins: int
    gauges: tuple[ExampleGauge, ...]
    regions: tuple[str, ...]

    def gauge_of(self, catchments: int) -> ExampleGauge:
        """Return the gauge whose number of catchments upstream is nearest."""
        return min(self.gauges, key=lambda gauge: abs(gauge.catchments - catchments))


def make_example_fabric(
    path: Path | str,
    *,
    catchments: int,
    seed: int = 1,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ExampleFabric:
    """Write a synthetic hydrofabric, version 2.2 with all its tables; the same for the same numbers.

    Up to 50,000 catchments are one basin; more are basins of many sizes, stamped from a few patterns, side
    by side over the conterminous United States. On success the file is complete; on failure there is
    nothing new, and a file that was there is unchanged.

    Parameters
    ----------
    path : GeoPackage to write
    catchments : divides; one in a hundred has no river (coastal or internal)
    overwrite : whether a file that is there may be replaced
    progress : told what is being made

    Raises
    ------
    AlreadyExists
        the file exists and is not to be overwritten.
    InputError
        a number is impossible.
    StoreError
        the disk is full, or the folder cannot be written.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise AlreadyExists(f"{path} exists already", hint="choose another name, or remove it first")
    require_space(path, catchments * BYTES_PER_CATCHMENT)
    continent = make_continent(catchments, seed, progress=progress)
    write_continent(path, continent, overwrite=overwrite, progress=progress)
    return _described(path, continent)


def write_continent(
    path: Path, continent: Continent, *, overwrite: bool = False, progress: Progress | None = None
) -> None:
    """Write the hydrofabric, table by table and basin by basin.

    Raises
    ------
    AlreadyExists
        the file exists and is not to be overwritten.
    StoreError
        the disk is full, or the folder cannot be written.
    """
    say = progress or (lambda _: None)
    needed = len(continent) * BYTES_PER_CATCHMENT
    with streaming(path, TABLES, overwrite=overwrite, needed=needed) as stream:
        for name, rows in ROWS.items():
            say(f"table {name}")
            for stamp in continent.stamps:
                stream.add(name, *rows(StampedBasin(stamp)))
            if name in BARE_ROWS and len(continent.bare):
                stream.add(name, *BARE_ROWS[name](continent.bare))
        say("spatial indexes")


def _described(path: Path, continent: Continent) -> ExampleFabric:
    gauges = [
        ExampleGauge(number, f"wb-{stamp.first + flowpath}", int(stamp.pattern.upstream_count[flowpath]))
        for stamp in continent.stamps
        for number, flowpath in zip(stamp.gauges, stamp.pattern.locations.gauged.tolist(), strict=True)
    ]
    regions = {region for stamp in continent.stamps for region in stamp.regions}
    return ExampleFabric(
        path=path,
        catchments=len(continent),
        basins=len(continent.stamps),
        gauges=tuple(gauges),
        regions=tuple(sorted(regions | set(continent.bare.regions))),
    )
