"""``dmod partition`` as a user types it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.services.partition import read_partitions
from dmod.testing import fabrics
from dmod.testing.fabrics import write_fabric, write_geojson_pair

Dmod = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fabric(tmp_path: Path) -> Path:
    return write_fabric(tmp_path, fabrics.chain(12))


def test_partition_writes_the_file_and_prints_its_quality(dmod_cli: Dmod, fabric: Path) -> None:
    done = dmod_cli("partition", "basin.gpkg", "parts.json", "--parts", "3", cwd=fabric.parent)
    assert done.returncode == 0, done.stderr
    first, *quality, times = done.stdout.splitlines()
    assert first == "parts.json"
    assert quality == [
        "12 catchments in 3 parts of 4 to 4",
        "weight of a part: 4 to 4, mean 4; imbalance 0.0 %",
        "2 flows cross between parts; each part is connected",
    ]
    assert [word.split()[0] for word in times.split(", ")] == ["read", "cut", "write"]
    assert "cutting 12 catchments" in done.stderr
    assert read_partitions(fabric.parent / "parts.json", fabric).parts == 3


def test_partition_as_json_holds_every_measure(dmod_cli: Dmod, fabric: Path) -> None:
    done = dmod_cli("partition", fabric, fabric.parent / "p.json", "-k", "4", "--tolerance", "0", "--json")
    found = json.loads(done.stdout)
    assert (found["parts"], found["crossings"], found["imbalance"]) == (4, 3, 0.0)
    assert (found["connected_parts"], found["size"]["max"], found["weight"]["min"]) == (4, 3, 3.0)
    assert found["bytes"] == (fabric.parent / "p.json").stat().st_size
    assert done.stderr == ""


def test_partition_weighs_a_realization_and_lakes(dmod_cli: Dmod, tmp_path: Path, cfe_package: Path) -> None:
    document = next(cfe_package.rglob("*realization*.json"))
    output = tmp_path / "parts.json"
    done = dmod_cli("partition", cfe_package, output, "-k", "2", "--realization", document, "--json")
    plain = json.loads(done.stdout)["weight"]
    assert 0.0 < plain["max"] < 5.0  # seconds, not numbers of catchments
    more = ("--realization", document, "--route", "--json", "--overwrite")
    routed = json.loads(dmod_cli("partition", cfe_package, output, "-k", "2", *more).stdout)["weight"]
    less = ("--realization", document, "--no-route", "--json", "--overwrite")
    unrouted = json.loads(dmod_cli("partition", cfe_package, output, "-k", "2", *less).stdout)["weight"]
    assert routed["mean"] > unrouted["mean"]


def test_check_passes_what_was_written_and_names_what_is_wrong(dmod_cli: Dmod, fabric: Path) -> None:
    file = fabric.parent / "parts.json"
    dmod_cli("partition", fabric, file, "-k", "2", "-q")
    done = dmod_cli("partition", "--check", file, fabric)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "sound: the framework can run it"
    document = json.loads(file.read_text())
    document["partitions"][0]["remote-connections"] = []
    document["partitions"][1]["cat-ids"].remove("cat-12")
    file.write_text(json.dumps(document))
    done = dmod_cli("partition", "--check", file, fabric)
    assert done.returncode == 2
    assert "cat-12" in done.stdout
    assert "[one-sided-connection]" in done.stdout
    report = json.loads(dmod_cli("partition", "--check", file, fabric, "--json").stdout)
    assert not report["ok"]
    codes = {problem["code"]: problem["ids"] for problem in report["problems"]}
    assert codes["missing-catchment"] == ["cat-12"]
    quiet = dmod_cli("partition", "--check", file, fabric, "-q")
    assert (quiet.returncode, quiet.stdout) == (2, "")
    assert "cat-12" in quiet.stderr


def test_too_many_parts_name_the_most_there_can_be(dmod_cli: Dmod, fabric: Path) -> None:
    done = dmod_cli("partition", fabric, fabric.parent / "parts.json", "-k", "13")
    assert done.returncode == 2
    assert "12 catchments cannot be cut into 13 parts" in done.stderr
    assert "at most 12" in done.stderr
    assert not (fabric.parent / "parts.json").exists()


def test_partition_of_geojson_takes_its_nexuses(dmod_cli: Dmod, tmp_path: Path) -> None:
    catchments, nexuses = write_geojson_pair(tmp_path, fabrics.y_confluence())
    done = dmod_cli("partition", catchments, tmp_path / "p.json", "-k", "2", "--nexus", nexuses)
    assert done.returncode == 0, done.stderr
    assert "3 catchments in 2 parts of 1 to 2" in done.stdout


def test_what_is_missing_or_contradicts_is_told(dmod_cli: Dmod, fabric: Path) -> None:
    output = fabric.parent / "parts.json"
    assert "no number of parts is given" in dmod_cli("partition", fabric, output).stderr
    assert "no output is given" in dmod_cli("partition", fabric, "-k", "2").stderr
    both = dmod_cli("partition", fabric, output, "--check", output)
    assert (both.returncode, "--check writes nothing" in both.stderr) == (2, True)
    output.write_text("mine")
    assert dmod_cli("partition", fabric, output, "-k", "2").returncode == 4
    assert output.read_text() == "mine"
    assert dmod_cli("partition", fabric, output, "-k", "2", "--overwrite").returncode == 0
