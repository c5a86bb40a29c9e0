"""A run package prepared end to end: from real files and a real server, interrupted and gone on with."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import dmod
from dmod.core.holding import held
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import AlreadyExists, ConflictError, CoverageError, InputError, NotFoundError, StoreError
from dmod.forcing.gridded.example_stores import write_aorc_store
from dmod.services.example_fabric import make_example_fabric
from dmod.services.prepare import PrepareOptions, plan_preparation, prepare, prepare_each
from dmod.services.prepare.ledger import work_folder
from dmod.services.subset import Region, find_region
from dmod.testing.gauge_service import Gauge, GaugeService, readings

START, END = parse_time("2019-03-01"), parse_time("2019-03-05 23:00")
PERIOD = TimeAxis(START, 3600, 120)
CHUNKS = (24, 16, 16)
QUICK = {"retries": "0", "timeout": "5"}


def weather(column: str, x: np.ndarray, y: np.ndarray, step: int) -> np.ndarray:
    """Return plausible values that differ from cell to cell and hour to hour."""
    level, slope = {
        "precip_rate": (2e-4, 1e-5),
        "TMP_2maboveground": (275.0, 0.5),
        "SPFH_2maboveground": (0.004, 1e-5),
        "PRES_surface": (90_000.0, 50.0),
        "DLWRF_surface": (250.0, 1.0),
        "DSWRF_surface": (100.0, 1.0),
    }.get(column, (2.0, 0.1))
    return level + slope * (np.sin(x) + np.cos(y) + 0.01 * (step % 24))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A fabric of 60 catchments with a gauge, and a store of forcing around it; not to be changed."""
    root = tmp_path_factory.mktemp("world")
    made = make_example_fabric(root / "basin.gpkg", catchments=60, seed=4)
    bounds = find_region(root / "basin.gpkg", Region(bbox=(-130, 20, -60, 55))).bounds
    assert bounds is not None
    wide = (bounds[0] - 0.1, bounds[1] - 0.1, bounds[2] + 0.1, bounds[3] + 0.1)
    write_aorc_store(root / "store", wide, PERIOD, weather, packed=False, chunks=CHUNKS)
    gauge = made.gauge_of(20)
    return SimpleNamespace(
        root=root, fabric=root / "basin.gpkg", store=root / "store", gauge=gauge, bounds=bounds
    )


@pytest.fixture
def region(world: SimpleNamespace) -> Region:
    return Region(places=(f"gage-{world.gauge.id}",))


@pytest.fixture
def options(world: SimpleNamespace) -> PrepareOptions:
    return PrepareOptions(START, END, forcing=str(world.store))


class Slow(SimpleHTTPRequestHandler):
    """A folder's files; after a number of chunks the server fails, or every chunk takes a while."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        chunk = self.path.rpartition("/")[2].count(".") == 2 and self.path[-1].isdigit()
        if chunk:
            server.chunks.append(self.path)
            time.sleep(server.delay)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.answer(server, chunk)

    def answer(self, server: Any, chunk: bool) -> None:
        if chunk and len(server.chunks) > server.good:
            self.send_error(503)
        else:
            super().do_GET()


@pytest.fixture
def web(world: SimpleNamespace) -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Slow, directory=str(world.root))) as server:
        server.chunks, server.good, server.delay = [], 10**9, 0.0
        server.url = f"http://127.0.0.1:{server.server_port}/store"
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return what a package holds, without records of how and when it was made."""
    records = {
        "prepare.json",
        "configuration.json",
        "map.html",
        "forcings_report.json",
        "forcings_report.txt",
    }
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in records | {"forcings_report.txt"}
    }


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_prepared_package_is_checked_and_runs(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    made = prepare(world.fabric, tmp_path / "out", region, options)
    assert made.catchments == world.gauge.catchments
    assert dmod.check(made.path).ok
    assert (made.path / "config" / "cat_config" / "CFE").is_dir()
    assert (made.path / "config" / "troute.yaml").is_file()
    assert leftovers(tmp_path) == []
    result = dmod.run(made.path, output=tmp_path / "results", report=False)
    assert np.isfinite(result.streamflow.values).all()
    record = json.loads((made.path / "metadata" / "prepare.json").read_text())
    assert record["steps"]["subset"]["catchments"] == world.gauge.catchments
    assert ".preparing" not in json.dumps(record)
    assert "<svg" in made.map.read_text()


def test_same_request_gives_the_same_package(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    first = prepare(world.fabric, tmp_path / "a" / "out", region, replace(options, workers=1))
    second = prepare(world.fabric, tmp_path / "b" / "out", region, replace(options, workers=2))
    assert bytes_of(first.path) == bytes_of(second.path)


@pytest.mark.parametrize("formulation", ["cfe-x", "topmodel"])
def test_other_native_formulations_run(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path, formulation: str
) -> None:
    fallbacks = ("default",) if formulation == "cfe-x" else ()
    chosen = replace(options, formulation=formulation, fallbacks=fallbacks, csv=formulation == "topmodel")
    made = prepare(world.fabric, tmp_path / "out", region, chosen)
    result = dmod.run(made.path, output=tmp_path / "results", report=False)
    assert np.isfinite(result.streamflow.values).all()


@pytest.mark.parametrize("formulation", ["noah-cfe", "snow17-sac"])
def test_formulations_of_the_framework_are_prepared_and_named_so(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path, formulation: str
) -> None:
    made = prepare(world.fabric, tmp_path / "out", region, replace(options, formulation=formulation))
    assert not made.native
    assert (made.path / "forcings" / "forcings.nc").is_file()
    assert any(problem.is_error for problem in made.problems)


def test_store_that_fails_half_way_is_gone_on_with_and_nothing_is_read_twice(
    world: SimpleNamespace, region: Region, options: PrepareOptions, web: ThreadingHTTPServer, tmp_path: Path
) -> None:
    remote = replace(options, forcing=web.url, layout="aorc", store_options=QUICK, workers=1)
    prepare(world.fabric, tmp_path / "whole", region, remote)
    whole = len(web.chunks)
    web.chunks.clear()
    web.good = whole // 2
    with pytest.raises(StoreError) as error:
        prepare(world.fabric, tmp_path / "out", region, remote)
    assert error.value.retryable
    assert "again" in str(error.value)
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == [".out.preparing"]
    read, web.good = set(web.chunks[: web.good]), 10**9
    web.chunks.clear()
    made = prepare(world.fabric, tmp_path / "out", region, remote)
    again = read & set(web.chunks)
    assert len(web.chunks) < whole
    assert len(again) <= whole // 4, "whole blocks were read twice"
    assert bytes_of(made.path) == bytes_of(tmp_path / "whole")
    assert leftovers(tmp_path) == []


def command(world: SimpleNamespace, gauge: str, out: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "dmod.cli.main", "prepare", str(out), "--hydrofabric", str(world.fabric),
        "--gage", gauge, "--start", "2019-03-01", "--end", "2019-03-05 23:00", *more,
    ]  # fmt: skip


def test_killed_preparation_goes_on_where_it_was(
    world: SimpleNamespace, region: Region, options: PrepareOptions, web: ThreadingHTTPServer, tmp_path: Path
) -> None:
    web.delay = 0.02
    line = command(
        world,
        world.gauge.id,
        tmp_path / "out",
        "--forcing",
        web.url,
        "--layout",
        "aorc",
        "--workers",
        "1",
        "--json",
    )
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(web.chunks) < 60 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    _, said = process.communicate()
    read = set(web.chunks)
    assert len(read) >= 60, said
    assert not (tmp_path / "out").exists()
    web.delay = 0.0
    web.chunks.clear()
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not read <= set(web.chunks), "everything was read again"
    local = prepare(world.fabric, tmp_path / "local" / "out", region, options)
    assert bytes_of(tmp_path / "out") == bytes_of(local.path)


def test_full_disk_leaves_no_package_and_says_so(world: SimpleNamespace, tmp_path: Path) -> None:
    line = command(world, world.gauge.id, tmp_path / "out", "--forcing", str(world.store))
    limited = ["bash", "-c", 'ulimit -f 200; exec "$@"', "bash", *line]
    done = subprocess.run(limited, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 5, (done.stdout, done.stderr)
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_unknown_gauge_suggests_near_ones_and_leaves_nothing(
    world: SimpleNamespace, options: PrepareOptions, tmp_path: Path
) -> None:
    wrong = world.gauge.id[:-1] + str((int(world.gauge.id[-1]) + 5) % 10)
    with pytest.raises(NotFoundError, match=wrong) as error:
        prepare(world.fabric, tmp_path / "out", Region(places=(f"gage-{wrong}",)), options)
    assert world.gauge.id in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_period_beyond_the_store_is_refused_before_anything_is_read(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    with pytest.raises(CoverageError, match="2019-03-05 23:00"):
        prepare(world.fabric, tmp_path / "out", region, replace(options, end=parse_time("2019-03-09")))
    assert list(tmp_path.iterdir()) == []


def test_grid_that_misses_catchments_is_refused_or_renormalised(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    west, south, east, north = find_region(world.fabric, region).bounds or (0, 0, 0, 0)
    half = (west - 0.1, south - 0.1, (west + east) / 2, north + 0.1)
    write_aorc_store(tmp_path / "half", half, PERIOD, weather, packed=False, chunks=CHUNKS)
    narrow = replace(options, forcing=str(tmp_path / "half"))
    with pytest.raises(CoverageError, match="cat-"):
        prepare(world.fabric, tmp_path / "out", region, narrow)
    with pytest.raises(CoverageError, match="cat-"):
        prepare(world.fabric, tmp_path / "out", region, replace(narrow, partial="renormalise"))
    assert leftovers(tmp_path) == []


def test_grid_without_values_over_land_names_catchments(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    def holes(column: str, x: np.ndarray, y: np.ndarray, step: int) -> np.ndarray:
        values = weather(column, x, y, step)
        return np.where(step == 50, np.nan, values) if column == "DSWRF_surface" else values

    write_aorc_store(tmp_path / "holes", _around(world), PERIOD, holes, packed=False, chunks=CHUNKS)
    gappy = replace(options, forcing=str(tmp_path / "holes"))
    with pytest.raises(CoverageError, match=r"DSWRF_surface.*cat-|cat-.*DSWRF_surface"):
        prepare(world.fabric, tmp_path / "out", region, gappy)
    assert not (tmp_path / "out").exists()


def _around(world: SimpleNamespace) -> tuple[float, float, float, float]:
    west, south, east, north = world.bounds
    return (west - 0.1, south - 0.1, east + 0.1, north + 0.1)


@pytest.fixture
def spoiled(world: SimpleNamespace, tmp_path: Path) -> Path:
    """The fabric without a porosity in two divides of the gauge's basin."""
    path = tmp_path / "spoiled.gpkg"
    path.write_bytes(world.fabric.read_bytes())
    found = find_region(path, Region(places=(f"gage-{world.gauge.id}",)))
    with sqlite3.connect(path) as database:
        for name in found.catchments[:2]:
            database.execute(
                'UPDATE "divide-attributes" SET "mean.smcmax_soil_layers_stag=2" = NULL WHERE divide_id = ?',
                (name,),
            )
    return path


def test_missing_attributes_are_listed_and_replaced_only_on_request(
    spoiled: Path, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="smcmax") as error:
        prepare(spoiled, tmp_path / "out", region, options)
    assert "cat-" in str(error.value)
    assert "fallback" in str(error.value)
    assert not (tmp_path / "out").exists()
    made = prepare(spoiled, tmp_path / "out", region, replace(options, fallbacks=("smcmax=basin-median",)))
    (replaced,) = made.steps["configuration"]["replacements"]
    assert replaced["catchments"] == 2
    assert dmod.check(made.path).ok


def test_plan_says_what_it_takes_and_writes_nothing(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    plan = plan_preparation(world.fabric, tmp_path / "out", region, options, map_file=tmp_path / "map.html")
    assert plan.ok
    assert plan.forcing is not None
    assert plan.forcing.bytes_to_read
    text = plan.as_text()
    for word in (f"gage-{world.gauge.id}", "km²", "120 hourly steps", "to read", "memory", "disk"):
        assert word in text
    assert json.loads(json.dumps(plan.as_json()))["region"]["catchments"] == world.gauge.catchments
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]


def test_plan_lists_everything_that_is_wrong_at_once(
    spoiled: Path, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    wrong = replace(options, end=parse_time("2019-03-09"))
    plan = plan_preparation(spoiled, tmp_path / "out", region, wrong)
    assert not plan.ok
    assert "smcmax" in plan.as_text()
    assert "2019-03-05 23:00" in plan.as_text()


def test_existing_folder_is_replaced_only_if_it_was_prepared(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.txt").write_text("mine")
    bare = replace(options, forcing="")
    for chosen in (bare, replace(bare, overwrite=True)):
        with pytest.raises(AlreadyExists):
            prepare(world.fabric, own, region, chosen)
    assert (own / "thesis.txt").read_text() == "mine"
    prepare(world.fabric, tmp_path / "out", region, bare)
    with pytest.raises(AlreadyExists):
        prepare(world.fabric, tmp_path / "out", region, bare)
    made = prepare(world.fabric, tmp_path / "out", region, replace(bare, overwrite=True))
    assert made.forcing is None
    assert leftovers(tmp_path) == []


def test_attempt_with_another_request_leaves_nothing_in_the_package(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    # as if an attempt for another basin had been interrupted before the package appeared
    target, work = tmp_path / "out", work_folder(tmp_path / "out")
    prepare(world.fabric, tmp_path / "first", Region(places=("cat-1",)), options)
    (tmp_path / "first").rename(work)
    (work / "observed").mkdir()
    (work / "observed" / "gage-1.csv").write_text("time,flow\n")
    made = prepare(world.fabric, target, region, replace(options, csv=True))
    assert [path.name for path in (target / "config").glob("*.gpkg")] == [made.hydrofabric.name]
    assert not list((target / "forcings").glob("*.nc"))
    assert len(list((target / "forcings").glob("cat-*.csv"))) == made.catchments
    assert not (target / "observed").exists()


def test_folder_in_use_is_refused(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path
) -> None:
    with held(work_folder(tmp_path / "out"), "waits"), pytest.raises(ConflictError):
        prepare(world.fabric, tmp_path / "out", region, options)


def test_each_place_gets_its_package_and_complete_ones_stay(
    world: SimpleNamespace, options: PrepareOptions, tmp_path: Path
) -> None:
    region = Region(places=("cat-1", f"gage-{world.gauge.id}"))
    bare = replace(options, forcing="")
    first = prepare_each(world.fabric, tmp_path / "many", replace(region, places=region.places[:1]), bare)
    both = prepare_each(world.fabric, tmp_path / "many", region, bare)
    assert [made.path.name for made in first] == ["cat-1"]
    assert [made.path.name for made in both] == [f"gage-{world.gauge.id}"]
    assert both[0].catchments == world.gauge.catchments


def test_observations_come_with_the_package(
    world: SimpleNamespace, region: Region, options: PrepareOptions, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("DATARETRIEVAL_CONFIG", "/nonexistent/dataretrieval.toml")
    flow = readings("2019-03-01T00:00:00+00:00", [str(100 + i % 7) for i in range(4 * 120)])
    gauge = Gauge(world.gauge.id, "SYNTHETIC CREEK", values={("00060", "00011", "c1"): flow})
    with GaugeService([gauge]) as service:
        made = prepare(world.fabric, tmp_path / "out", region, replace(options, observations=service.address))
    observed = made.observed[world.gauge.id]
    result = dmod.run(made.path, output=tmp_path / "results", observed=observed, report=False)
    assert result.hydrograph.scores is not None
