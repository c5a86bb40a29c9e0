"""A run in parts gives the bytes of the whole one, and parts that do not belong to it are refused."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError
from dmod.services.example import make_example
from dmod.services.options import RunOptions
from dmod.services.parts import run_part
from dmod.services.run import run

COUNT = 23
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


def test_part_whose_file_was_cut_off_is_refused(package: Path, ids: list[str], tmp_path: Path) -> None:
    options = RunOptions(output=tmp_path / "out", report=False)
    (folder,) = in_parts(package, [ids], tmp_path / "parts", options)
    path = folder / "0.depth"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match=r"0\.depth is shorter"):
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
    assert [path.name for path in tmp_path.iterdir()] == ["part"]
