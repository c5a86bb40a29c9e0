"""Measure means over catchments: `python benchmarks/zonal_means.py [--quick] [--folder DIR] [--output FILE]`.

10,000 catchments × 744 hours × 8 variables on AORC's 1 km grid (1,000 catchments × 168 hours with
``--quick``): a synthetic fabric, and a synthetic store in the published layout and chunks, on the disk. The
product is measured as a whole process, `dmod forcing`: reading, means, a NetCDF file, and the comparison of
totals. The usual script is measured beside it: a loop over steps that gives each field to exactextract. It
runs for a few steps, with the fields in memory, and the rest is extrapolated; so is exactextract with many
steps as bands in one call. Their times hold neither reading nor writing.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measure import DMOD, Measured, machine, measure, table

START = datetime(2019, 3, 1, tzinfo=UTC)
VARIABLE = "TMP_2maboveground"
LOOP_STEPS, BANDS = 6, 24


def make_fabric(folder: Path, catchments: int) -> Path:
    """Write a synthetic fabric, unless an earlier measurement left it."""
    path = folder / f"fabric-{catchments}.gpkg"
    if not path.is_file():
        print(f"making {path.name} ...", flush=True)
        subprocess.run(
            [*DMOD, "example", str(path), "--fabric-only", "-n", str(catchments), "-q"], check=True
        )
    return path


def make_store(folder: Path, fabric: Path, hours: int) -> Path:
    """Write a store in AORC's layout around the fabric, unless an earlier measurement left it."""
    from pyproj import Transformer

    from dmod.core.time_axis import TimeAxis
    from dmod.forcing.gridded.example_stores import write_aorc_store
    from dmod.hydrofabric.polygons import read_polygons

    store = folder / f"{fabric.stem}-{hours}-aorc"
    if store.is_dir():
        return store
    print(f"making {store.name} ...", flush=True)
    polygons = read_polygons(fabric)
    west, south, east, north = Transformer.from_crs(
        polygons.crs, "EPSG:4326", always_xy=True
    ).transform_bounds(*polygons.bounds)
    noise = np.random.default_rng(1).random((2048, 2048))
    bounds = (west - 0.05, south - 0.05, east + 0.05, north + 0.05)
    write_aorc_store(store, bounds, TimeAxis(START, 3600, hours), lambda *asked: weather(noise, *asked))
    return store


def weather(
    noise: NDArray[np.float64], column: str, lon: NDArray[np.float64], lat: NDArray[np.float64], hour: int
) -> NDArray[np.float64]:
    """Return a field that changes from cell to cell and from hour to hour, plausible in its size."""
    rows, columns = lon.shape
    shift = (37 * hour) % (2048 - rows), (53 * hour) % (2048 - columns)
    wild = noise[shift[0] : shift[0] + rows, shift[1] : shift[1] + columns]
    low, high = {
        "precip_rate": (-4e-3, 1e-3),
        "TMP_2maboveground": (270.0, 300.0),
        "SPFH_2maboveground": (0.002, 0.012),
        "PRES_surface": (85e3, 101e3),
        "DLWRF_surface": (200.0, 400.0),
        "DSWRF_surface": (0.0, 900.0),
    }.get(column, (-8.0, 8.0))
    smooth = 0.5 + 0.25 * np.sin(4 * lon + hour / 9) + 0.2 * np.cos(5 * lat)
    return np.maximum(low + (high - low) * (smooth + 0.05 * wild), 0.0 if low >= -1.0 else low)


def derive(store: Path, fabric: Path, folder: Path, hours: int, *, fresh_weights: bool) -> Measured:
    """Measure the product, from its start to the file closed."""
    output, weights = folder / "forcing.nc", folder / "cache"
    end = START + timedelta(hours=hours - 1)
    command = [
        *DMOD, "forcing", str(store), str(fabric), str(output), "--layout", "aorc", "--quiet", "--overwrite",
        "--fresh", "--start", f"{START:%Y-%m-%d %H:%M}", "--end", f"{end:%Y-%m-%d %H:%M}",
    ]  # fmt: skip
    place = {"DMOD_CACHE_DIR": str(weights)}
    if not fresh_weights:
        measure(command, repeat=1, environment=place)  # compiles, and finds weights
    fresh = [output, weights / "weights"] if fresh_weights else [output]
    return measure(command, repeat=3, fresh=fresh, environment=place)


def usual(store: Path, fabric: Path, bands: int) -> tuple[Measured, dict[str, NDArray[Any]]]:
    """Measure the usual script in a process of its own; return also what it found."""
    with tempfile.NamedTemporaryFile(suffix=".npz") as found:
        command = [sys.executable, __file__, "--usual", str(store), str(fabric), found.name, str(bands)]
        measured = measure(command, repeat=1)
        return measured, dict(np.load(found.name, allow_pickle=True))


def run_usual(store: Path, fabric: Path, output: Path, bands: int) -> None:
    """Give fields to exactextract, as scripts do that are found everywhere, and say what a step takes."""
    import geopandas
    import xarray
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    catchments = geopandas.read_file(fabric, layer="divides")[["divide_id", "geometry"]].to_crs("EPSG:4326")
    data = xarray.open_zarr(store / f"{START.year}.zarr")[VARIABLE]
    first = int(np.searchsorted(data.time.values, np.datetime64(START.replace(tzinfo=None))))
    fields = data[first : first + max(bands, LOOP_STEPS)].values[:, ::-1].astype(np.float64)
    lon, lat, half = data.longitude.values, data.latitude.values, 1 / 240
    bounds = (lon[0] - half, lat[0] - half, lon[-1] + half, lat[-1] + half)
    rasters = [
        NumPyRasterSource(field, *bounds, name=f"b{i}", srs_wkt=catchments.crs.to_wkt())
        for i, field in enumerate(fields)
    ]
    means = []
    begin = time.perf_counter()
    for at in range(0, len(rasters), bands):
        found = exact_extract(
            rasters[at : at + bands], catchments, ["mean"], include_cols=["divide_id"], output="pandas"
        )
        means.append(found.drop(columns="divide_id").to_numpy())
    seconds = (time.perf_counter() - begin) / len(rasters)
    np.savez(output, seconds=seconds, means=np.hstack(means), ids=catchments["divide_id"].to_numpy(object))


def largest_difference(output: Path, found: dict[str, NDArray[Any]]) -> float:
    """Return by how much temperatures differ at most [K]."""
    import netCDF4

    with netCDF4.Dataset(output) as data:
        ids = data["ids"][:].tolist()
        means = data[VARIABLE][:, : found["means"].shape[1]].filled(np.nan)
    order = [ids.index(name) for name in found["ids"].tolist()[:500]]
    return float(np.abs(means[order] - found["means"][:500]).max())


def alone(store: Path, fabric: Path, hours: int) -> tuple[float, float]:
    """Return the seconds that finding weights takes, and that means of as many fields in memory take."""
    from dmod.core.time_axis import TimeAxis
    from dmod.forcing.gridded.apply import catchment_means
    from dmod.forcing.gridded.coverage import find_weights
    from dmod.forcing.gridded.opening import open_grid_source
    from dmod.hydrofabric.polygons import read_polygons

    polygons = read_polygons(fabric)
    source = open_grid_source(str(store), TimeAxis(START, 3600, hours), layout="aorc")
    weights = find_weights(source.grid, polygons.ids, polygons.shapes, polygons.crs)  # compiles
    begin = time.perf_counter()
    weights = find_weights(source.grid, polygons.ids, polygons.shapes, polygons.crs)
    finding = time.perf_counter() - begin
    field = source.read(VARIABLE, weights.window, TimeAxis(START, 3600, 96))
    catchment_means(weights, field)  # compiles
    begin = time.perf_counter()
    for _ in range(8):
        for first in range(0, hours, 96):
            catchment_means(weights, field[: min(96, hours - first)])
    applying = time.perf_counter() - begin
    source.close()
    return finding, applying


def main() -> None:
    if "--usual" in sys.argv:
        store, fabric, found, bands = sys.argv[2:6]
        run_usual(Path(store), Path(fabric), Path(found), int(bands))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="1,000 catchments and a week only")
    parser.add_argument("--folder", type=Path, help="where fabric and store are kept between calls (3 GB)")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args()
    catchments, hours = (1000, 168) if options.quick else (10_000, 744)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="dmod-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    fabric = make_fabric(folder, catchments)
    store = make_store(folder, fabric, hours)
    text = report(store, fabric, folder, catchments, hours)
    if options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def report(store: Path, fabric: Path, folder: Path, catchments: int, hours: int) -> str:
    """Measure everything and return it as Markdown."""
    fields = 8 * hours
    kept = derive(store, fabric, folder, hours, fresh_weights=False)
    anew = derive(store, fabric, folder, hours, fresh_weights=True)
    rows = [
        [name, f"{run.wall:.1f}", f"{run.cpu:.1f}", f"{run.memory:,.0f}", ""]
        for name, run in (
            ("`dmod forcing`, weights found", anew),
            ("`dmod forcing`, weights kept from before", kept),
        )
    ]
    off = 0.0
    for name, bands in (("loop over exactextract", 1), (f"exactextract, {BANDS} steps a call", BANDS)):
        run, found = usual(store, fabric, bands)
        whole = float(found["seconds"]) * fields
        times = f"{whole / anew.wall:,.0f} ×"
        rows.append([f"{name} (extrapolated)", f"{whole:,.0f}", "", f"{run.memory:,.0f}", times])
        off = max(off, largest_difference(folder / "forcing.nc", found))
    finding, applying = alone(store, fabric, hours)
    header = ["run", "wall s", "cpu s", "peak MB", "`dmod forcing` is faster by"]
    return "\n".join(
        [
            f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}.",
            f"Input: {catchments:,} catchments × {hours} hours × 8 variables, a synthetic store in AORC's"
            " layout.",
            "",
            table(header, rows),
            "",
            f"- weights alone, compiled: {finding:.2f} s; means of {fields:,} fields in memory:"
            f" {applying:.1f} s",
            f"- temperatures of both differ by {off:.2g} K at most: exactextract takes a cell of degrees as a"
            " plane, and its coverage is in single precision",
        ]
    )


if __name__ == "__main__":
    main()
