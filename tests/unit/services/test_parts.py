"""A run in parts gives the bytes of the whole one, and parts that do not belong to it are refused."""

from __future__ import annotations

import errno
import json
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from dmod.errors import InputError, NotFoundError, StoreError
from dmod.services.example import make_example
from dmod.services.options import RunOptions
from dmod.services.parts import run_part
from dmod.services.run import run

COUNT = 23
OTHERS = ("cat-2", "cat-3", "cat-17")
"""Catchments with a formulation of their own, where there are two."""
RESULTS = ("catchments.nc", "nexuses.nc", "streamflow.nc", "states.nc", "balance.csv", "hydrograph.csv")


@pytest.fixture(scope="module", params=["cfe", "topmodel"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts") / "package"
    make_example(folder, catchments=COUNT, years=0.1, formulation=request.param, observed=False, seed=4)
    return folder


@pytest.fixture(scope="module")
def ids(package: Path) -> list[str]:
    options = RunOptions(output=package.parent / "ids", report=False)
    return list(run(package, options).plan.catchments)


def divided(ids: Sequence[str], count: int) -> list[list[str]]:
    """Return catchments in parts that lie across the basin, of sizes that differ."""
    mixed = list(ids)
    random.Random(count).shuffle(mixed)
    cuts = [0, *sorted(random.Random(count).sample(range(1, len(mixed)), count - 1)), len(mixed)]
    return [mixed[a:b] for a, b in pairwise(cuts)]


def in_parts(package: Path, parts: list[list[str]], folder: Path, options: RunOptions) -> list[Path]:
    folders = [folder / str(number) for number in range(len(parts))]
    for part, place in zip(parts, folders, strict=True):
        run_part(package, part, place, options)
    return folders


@pytest.mark.parametrize("count", [1, 2, 7, COUNT])
def test_parts_of_any_number_give_the_bytes_of_the_whole(
    package: Path, ids: list[str], count: int, tmp_path: Path
) -> None:
    options = RunOptions(output=tmp_path / "whole", report=False, workers=1)
    whole = run(package, options)
    folders = in_parts(package, divided(ids, count), tmp_path / "parts", replace(options, workers=2))
    again = run(package, replace(options, output=tmp_path / "again", workers=2), parts=folders)
    for name in RESULTS:
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    assert whole.hydrograph.rain is not None
    assert again.hydrograph.rain is not None
    assert np.array_equal(again.hydrograph.rain, whole.hydrograph.rain)
    assert np.array_equal(again.hydrograph.simulated, whole.hydrograph.simulated)


def test_parts_start_warm_and_write_csv_as_the_whole_does(
    package: Path, ids: list[str], tmp_path: Path
) -> None:
    spin_up = RunOptions(output=tmp_path / "first", report=False)
    axis = run(package, spin_up).plan.axis
    middle = axis.time(axis.count // 2)
    first = run(package, replace(spin_up, end=axis.time(axis.count // 2 - 1), overwrite=True))
    options = RunOptions(
        output=tmp_path / "whole", start=middle, warm_start=first.folder / "states.nc", csv=True, report=False
    )
    whole = run(package, options)
    folders = in_parts(package, divided(ids, 3), tmp_path / "parts", options)
    again = run(package, replace(options, output=tmp_path / "again"), parts=folders)
    written = sorted(path.name for path in whole.folder.glob("*.csv"))
    assert len(written) > COUNT
    for name in written:
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a package in which some catchments have other outputs than the rest."""
    folder = tmp_path_factory.mktemp("two") / "package"
    make_example(folder, catchments=COUNT, years=0.02, observed=False, seed=4)
    path = folder / "config/realization.json"
    document = json.loads(path.read_text())
    formulations = document["global"]["formulations"]
    own = json.loads(json.dumps(formulations))
    own[0]["params"] |= {"output_variables": ["POTENTIAL_ET", "Q_OUT"]}
    formulations[0]["params"] |= {"output_variables": ["Q_OUT", "SOIL_STORAGE"]}
    for formulation in (formulations, own):
        formulation[0]["params"].pop("output_header_fields", None)
    forcing = document["global"]["forcing"]
    document["catchments"] = {name: {"formulations": own, "forcing": forcing} for name in OTHERS}
    path.write_text(json.dumps(document))
    return folder


def same(again: Path, whole: Path) -> None:
    """Require that two runs left the same files."""
    for path in sorted(whole.glob("*.*")):
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name
    assert {path.name for path in again.iterdir()} == {path.name for path in whole.iterdir()}


@pytest.mark.parametrize("form", [{"csv": True}, {"precision": "single"}, {}], ids=str)
@pytest.mark.parametrize("steps", [24, None], ids=["chunks", "one chunk"])
def test_parts_of_two_formulations_give_the_bytes_of_the_whole(
    two: Path, form: dict[str, Any], steps: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if steps:
        monkeypatch.setattr("dmod.engine.integrate.CHUNK_BYTES", 8 * COUNT * steps)
    options = RunOptions(output=tmp_path / "whole", report=False, **form)
    whole = run(two, options)
    rest = [name for name in whole.plan.catchments if name not in OTHERS]
    parts = [[rest[0], OTHERS[1], rest[7]], [*OTHERS[::2]], rest[1:7], rest[8:]]
    folders = in_parts(two, parts, tmp_path / "parts", options)
    same(run(two, replace(options, output=tmp_path / "again"), parts=folders).folder, whole.folder)
    if not options.csv:
        with xarray.open_dataset(tmp_path / "again/catchments.nc") as data:
            there = data["SOIL_STORAGE"].notnull().all("time").sel(catchment=[*OTHERS, rest[0]])
            assert there.values.tolist() == [False, False, False, True]
            assert data["POTENTIAL_ET"].notnull().all("time").sum() == len(OTHERS)


KILLED = """
import os, signal, sys
from pathlib import Path
import dmod.engine.integrate
from dmod.services.options import RunOptions
from dmod.services.parts import run_part

dmod.engine.integrate.CHUNK_BYTES = int(sys.argv[4])
def kill(_phase, done, total):
    if done > total // 2:
        os.kill(os.getpid(), signal.SIGKILL)
options = RunOptions(csv="csv" in sys.argv)
run_part(sys.argv[1], sys.argv[2].split(","), Path(sys.argv[3]), options, progress=kill)
"""


@pytest.mark.parametrize("csv", [False, True], ids=["netcdf", "csv"])
def test_part_that_is_killed_on_its_way_is_run_again(
    two: Path, csv: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 8 * COUNT * 24
    monkeypatch.setattr("dmod.engine.integrate.CHUNK_BYTES", size)
    options = RunOptions(output=tmp_path / "whole", report=False, csv=csv)
    whole = run(two, options)
    ids = whole.plan.catchments
    parts = [list(ids[::2]), list(ids[1::2])]
    place = tmp_path / "parts"
    form = "csv" if csv else "netcdf"
    said = [two, ",".join(parts[0]), place / "0", str(size), form]
    killed = subprocess.run([sys.executable, "-c", KILLED, *said], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [path.suffix for path in place.glob(".0.*")] == [".new"]
    folders = in_parts(two, parts, place, options)
    assert not list(place.glob(".*"))
    same(run(two, replace(options, output=tmp_path / "again"), parts=folders).folder, whole.folder)


def test_predecessor_that_still_writes_does_no_harm(package: Path, ids: list[str], tmp_path: Path) -> None:
    options = RunOptions(output=tmp_path / "whole", report=False)
    whole = run(package, options)
    place = tmp_path / "parts"
    run_part(package, ids[4:], place / "1", options)
    again = iter([lambda: run_part(package, ids[:4], place / "0", options)])

    def overtaken(*_: object) -> None:
        next(again, lambda: None)()

    with pytest.raises(StoreError):
        run_part(package, ids[:4], place / "0", replace(options, workers=1), progress=overtaken)
    folders = [place / "0", place / "1"]
    result = run(package, replace(options, output=tmp_path / "again"), parts=folders)
    for name in RESULTS:
        assert (result.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    assert not list(place.glob(".*"))


@pytest.mark.parametrize("csv", [False, True], ids=["netcdf", "csv"])
def test_run_goes_on_from_parts_once_more_and_they_leave_its_results_alone(
    two: Path, csv: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = RunOptions(output=tmp_path / "first", report=False, csv=csv)
    ids = run(two, options).plan.catchments
    place = tmp_path / "parts"
    folders = in_parts(two, [list(ids[:9]), list(ids[9:])], place, options)
    first = run(two, replace(options, overwrite=True), parts=folders)
    content = {path.name: path.read_bytes() for path in first.folder.glob("*.*")}

    def no_links(*_: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "hardlink_to", no_links)
        same(run(two, replace(options, output=tmp_path / "second"), parts=folders).folder, first.folder)
    other = replace(options, model_params={"cfe.refkdt": 0.5})
    run_part(two, ids[:9], folders[0], other)
    assert {path.name: path.read_bytes() for path in first.folder.glob("*.*")} == content
    if not csv:  # the second part did not write into the new file
        with pytest.raises(InputError, match="did not write into"):
            run(two, replace(other, output=tmp_path / "third"), parts=folders)


def test_parts_with_other_outputs_are_refused(two: Path, tmp_path: Path) -> None:
    options = RunOptions(output=tmp_path / "out", report=False)
    ids = run(two, replace(options, output=tmp_path / "whole")).plan.catchments
    (folder,) = in_parts(two, [list(ids)], tmp_path / "parts", options)
    for other, said in (
        ({"csv": True}, "NetCDF, float64, not CSV, 9 digits"),
        ({"precision": "single"}, "NetCDF, float64, not NetCDF, float32"),
    ):
        with pytest.raises(InputError, match=said):
            run(two, replace(options, **other), parts=[folder])
    (shared,) = tmp_path.glob("parts/catchments-*/catchments.nc")
    shared.write_bytes(shared.read_bytes()[:-8])
    with pytest.raises(InputError, match=r"catchments\.nc has \d+ bytes"):
        run(two, options, parts=[folder])
    (folder,) = in_parts(two, [list(ids)], tmp_path / "parts", replace(options, csv=True))
    table = folder / "tables/cat-5.csv"
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"tables holds \d+ bytes, \d+ were written"):
        run(two, replace(options, csv=True), parts=[folder])
    table.unlink()
    with pytest.raises(InputError, match=r"cat-5\.csv is not there"):
        run(two, replace(options, csv=True), parts=[folder])
    assert not (tmp_path / "out").exists()


def test_parts_that_do_not_hold_every_catchment_once_are_refused(
    package: Path, ids: list[str], tmp_path: Path
) -> None:
    options = RunOptions(output=tmp_path / "out", report=False)
    first, second = in_parts(package, [ids[:10], ids[9:]], tmp_path / "parts", options)
    with pytest.raises(InputError, match=f"13 catchments are in no part.*{ids[10]}"):
        run(package, options, parts=[first])
    with pytest.raises(InputError, match=f"1 catchments are in several parts.*{ids[9]}"):
        run(package, options, parts=[first, second])
    with pytest.raises(NotFoundError, match="holds no part"):
        run(package, options, parts=[tmp_path / "nothing"])
    assert not (tmp_path / "out").exists()


def test_part_of_another_period_is_refused(package: Path, ids: list[str], tmp_path: Path) -> None:
    options = RunOptions(output=tmp_path / "out", report=False)
    axis = run(package, options).plan.axis
    folders = in_parts(package, [ids], tmp_path / "parts", replace(options, end=axis.time(5)))
    with pytest.raises(InputError, match="part of another run"):
        run(package, replace(options, overwrite=True), parts=folders)


def test_part_whose_file_was_cut_off_or_lost_is_refused(
    package: Path, ids: list[str], tmp_path: Path
) -> None:
    options = RunOptions(output=tmp_path / "out", report=False)
    (folder,) = in_parts(package, [ids], tmp_path / "parts", options)
    for name, said in (
        ("0.depth", "is shorter"), ("0.rows", r"holds \d+ values, not"), ("rain", r"holds \d+ values, not"),
        ("0.balance-1", r"holds \d+ values, not"), ("0.state-1", r"holds \d+ values, not"),
    ):  # fmt: skip
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-8])
        with pytest.raises(InputError, match=f"{name} {said}"):
            run(package, options, parts=[folder])
        path.write_bytes(whole)
    (folder / "0.balance-0").unlink()
    with pytest.raises(InputError, match=r"0\.balance-0 is not there"):
        run(package, options, parts=[folder])
    assert not (tmp_path / "out").exists()


def test_catchments_that_are_not_of_the_package_are_refused(package: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cat-nowhere"):
        run_part(package, ["cat-nowhere"], tmp_path / "part")
    with pytest.raises(InputError, match="no catchments"):
        run_part(package, [], tmp_path / "part")
    assert list(tmp_path.iterdir()) == []


def test_part_that_fails_leaves_what_was_there(package: Path, ids: list[str], tmp_path: Path) -> None:
    run_part(package, ids, tmp_path / "part")
    before = sorted(path.name for path in (tmp_path / "part").iterdir())

    def stop(*_: object) -> None:
        raise InputError("stopped on the way")

    with pytest.raises(InputError, match="on the way"):
        run_part(package, ids, tmp_path / "part", progress=stop)
    assert sorted(path.name for path in (tmp_path / "part").iterdir()) == before
    assert sorted(path.name.partition("-")[0] for path in tmp_path.iterdir()) == ["catchments", "part"]
