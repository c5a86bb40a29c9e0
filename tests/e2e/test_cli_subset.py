"""``dmod subset`` as a user types it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from dmod.hydrofabric import read_hydrofabric
from dmod.testing import fabrics
from dmod.testing.fabrics import write_fabric
from dmod.testing.warm_command import warm_command


def dmod(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = ["subset", *map(str, arguments)]
    done = warm_command().run(command, cwd=cwd, variables=os.environ, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli")
    write_fabric(path, fabrics.tree(7))
    return path


def test_gauge_is_cut_out(folder: Path) -> None:
    done = dmod("basin.gpkg", "gauge.gpkg", "--gage", "01234567", cwd=folder)
    assert done.returncode == 0
    assert done.stdout == "gauge.gpkg: 7 catchments, 7.0 km², out through nex-8\n"
    assert "writing gauge.gpkg" in done.stderr
    assert len(read_hydrofabric(folder / "gauge.gpkg").catchments) == 7


def test_options_may_be_repeated_and_numbers_need_no_prefix(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "places.txt").write_text("# outlets\nwb-3  # third\n\nconus:cat-1\n")
    done = dmod(
        "basin.gpkg", tmp_path / "o.gpkg", "--catchment", "2", "--catchment", "cat-1", "--flowpath", "4",
        "--places-from", tmp_path / "places.txt", "--json", cwd=folder,
    )  # fmt: skip
    (made,) = json.loads(done.stdout)["outputs"]
    assert [place["asked"] for place in made["places"]] == ["cat-2", "cat-1", "wb-4", "wb-3", "conus:cat-1"]
    assert made["catchments"] == 4
    assert done.stderr == ""


def test_box_with_negative_degrees_is_understood(folder: Path, tmp_path: Path) -> None:
    done = dmod(
        "basin.gpkg", tmp_path / "o.gpkg", "--bbox", "-112,41,-110,43", "--rule", "within", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    assert "7 catchments" in done.stdout
    assert "of the bbox lies outside basin.gpkg" in done.stdout


def test_dry_run_says_what_would_be_written_and_writes_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = dmod("basin.gpkg", "--nexus", "nex-7", "--dry-run", cwd=folder)
    assert done.returncode == 0
    assert "catchments  6" in done.stdout
    assert "domain      conus" in done.stdout
    assert {*sorted(folder.iterdir())} - {*before} <= {folder / "basin.gpkg.index"}


def test_validation_tells_each_id_and_ends_with_three_if_one_is_missing(folder: Path) -> None:
    done = dmod(
        "basin.gpkg", "--validate", "--gage", "0123456", "--catchment", "1", "--vpu", "16", cwd=folder
    )
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "gage-0123456  missing; near: gage-01234567",
        "cat-1         catchment",
        "vpu-16        vpu",
    ]
    assert dmod("basin.gpkg", "--validate", "--place", "wb-1", "-q", cwd=folder).returncode == 0
    answers = json.loads(dmod("basin.gpkg", "--validate", "--place", "wb-99", "--json", cwd=folder).stdout)
    assert answers[0]["exists"] is False


def test_split_writes_one_file_a_place(folder: Path, tmp_path: Path) -> None:
    done = dmod("basin.gpkg", tmp_path / "parts", "--split", "--nexus", "7", "--gage", "01234567", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "parts").iterdir()) == ["gage-01234567.gpkg", "nex-7.gpkg"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["basin.gpkg", "x.gpkg", "--gage", "01234576"], 3, "did you mean gage-01234567"),
        (["basin.gpkg", "x.gpkg", "--at", "48,-111"], 2, "the nearest catchment, cat-"),
        (["basin.gpkg", "x.gpkg"], 2, "no region is given"),
        (["basin.gpkg", "--gage", "01234567"], 2, "no output is given"),
        (["basin.gpkg", "--validate"], 2, "no place is given"),
        (["basin.gpkg", "x.gpkg", "--bbox", "1,2,3"], 2, "not four numbers"),
        (["basin.gpkg", "x.gpkg", "--polygon", "no.geojson"], 3, "no polygon file"),
        (["basin.gpkg", "x.gpkg", "--catchment", "ak:1"], 2, "not Alaska"),
        (["basin.gpkg", "x.gpkg", "--catchment", "1", "--domain", "hi"], 2, "not Hawaii"),
        (["basin.gpkg", "basin.gpkg", "--catchment", "1", "--overwrite"], 2, "is the fabric itself"),
        (["no.gpkg", "x.gpkg", "--catchment", "1"], 3, "no hydrofabric no.gpkg"),
        (["basin.gpkg", "x.gpkg", "--places-from", "no.txt"], 2, "cannot be read"),
    ],
)
def test_bad_input_is_told_and_nothing_is_left(
    folder: Path, arguments: list[str], status: int, said: str
) -> None:
    done = dmod(*arguments, cwd=folder)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "hint:" in done.stderr
    assert not (folder / "x.gpkg").exists()
    assert not list(folder.glob(".*"))
