"""The whole way of data through the process: put in, asked for, derived, run, traced, exported, removed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Dmod = Callable[..., subprocess.CompletedProcess[str]]
GAGE = "gage-00020003"
PERIOD = ("--start", "2019-03-01", "--end", "2019-03-04 23:00")
BASIN = ("--place", GAGE, *PERIOD)


class Walk:
    """A user in a folder, with a catalog in it.

    Parameters
    ----------
    dmod_cli : runs the command line
    folder : where the user is
    """

    def __init__(self, dmod_cli: Dmod, folder: Path) -> None:
        self._dmod, self.folder = dmod_cli, folder

    def dmod(self, *words: str | Path, status: int = 0) -> str:
        """Run a command that must end with a status; return what it printed."""
        home = {"DMOD_DATA_HOME": str(self.folder / "catalog"), "DMOD_OWNER": "hydrologist"}
        done = self._dmod(*words, cwd=self.folder, environment=home)
        assert done.returncode == status, (words, done.stdout, done.stderr)
        return done.stdout

    def data(self, *words: str | Path, status: int = 0) -> str:
        """Run ``dmod data``."""
        return self.dmod("data", *words, status=status)

    def read(self, *words: str | Path, status: int = 0) -> Any:
        """Run ``dmod data … --json`` and return the data."""
        return json.loads(self.data(*words, "--json", status=status))

    def put_in(self) -> None:
        """Make a country and its weather, and put both into the catalog."""
        self.dmod("example", "country.gpkg", "--fabric-only", "--catchments", "60", "--seed", "4")
        around = ("--around", "country.gpkg", "--start", "2019-03-01", "--days", "4")
        self.dmod("example-store", "weather", *around)
        assert "CATCHMENT_ID         60: cat-1" in self.data("add", "country", "country.gpkg")
        assert self.read("add", "weather", "weather")["domain"]["data_format"] == "FORCING_GRID"


@pytest.fixture
def walk(dmod_cli: Dmod, tmp_path: Path) -> Walk:
    """Return a user in an empty folder."""
    return Walk(dmod_cli, tmp_path)


def names(listed: list[dict[str, Any]]) -> set[str]:
    return {item["name"] for item in listed}


def test_data_put_in_once_are_asked_for_derived_run_and_traced(walk: Walk) -> None:
    walk.put_in()
    refused_forcing(walk)
    derived_package(walk)
    traced_results(walk)
    exported_and_removed(walk)


def refused_forcing(walk: Walk) -> None:
    """Ask for what is not there: the answer says what comes near, and what it lacks."""
    said = walk.data("find", "forcing", *BASIN, status=3)
    assert said.startswith("not fulfilled: FORCING with CATCHMENT_ID 10 ids")
    assert "weather@1:" in said
    assert "does not say which catchments it covers" in said
    assert walk.data("find", "forcing", *BASIN, "--quiet", status=3) == ""


def derived_package(walk: Walk) -> None:
    """See the plan, have it done, and see that it is not done twice."""
    asked = ("package", *BASIN, "--formulation", "cfe")
    plan = walk.data("plan", *asked)
    assert "have country@1" in plan
    assert "have weather@1" in plan
    assert "derive by forcing-from-grid" in plan
    assert names(walk.read("list")) == {"country", "weather"}
    (made,) = walk.read("derive", *asked, "--name", "creek", "--description", "the upper creek")
    assert (made["name"], made["version"], made["owner"]) == ("creek", 1, "hydrologist")
    before = walk.read("list", "--all-versions")
    assert "there already" in walk.data("derive", *asked)
    assert walk.read("list", "--all-versions") == before
    # the next wish takes what was made on the way
    steps = walk.data("plan", "package", *BASIN, "--formulation", "topmodel")
    assert "have forcing-from-grid-" in steps
    assert walk.data("find", "forcing", *BASIN).startswith("fulfilled")


def traced_results(walk: Walk) -> None:
    """Run the package; what it gives leads back to the files that were put in."""
    walk.data("get", "creek", "creek")
    walk.dmod("check", "creek")
    walk.dmod("run", "creek", "--no-report", "--quiet")
    walk.data("add", "results", "creek/outputs")
    lineage = walk.read("lineage", "results")
    assert {"results@1", "creek@1", "country@1", "weather@1"} <= {
        node["reference"] for node in lineage["datasets"]
    }
    assert "package: creek@1" in walk.data("lineage", "results")
    assert names(walk.read("list", "--derived-from", "creek")) == {"results"}


def exported_and_removed(walk: Walk) -> None:
    """Everything is proven, packed for others, and goes in the order of who needs whom."""
    assert walk.read("verify")["faults"] == []
    made = walk.read("export", "results", "results.zip", "--ancestors", "data")
    assert made["lost"] == []
    other = ("--home", walk.folder / "other")
    imported = walk.read("import", "results.zip", *other)
    assert {"results", "creek", "country", "weather"} <= names(imported)
    assert walk.read("lineage", "results", *other)["datasets"] == walk.read("lineage", "results")["datasets"]
    walk.data("rm", "creek", status=4)
    assert walk.read("rm", "results", "creek") == {"removed": ["results@1", "creek@1"]}
    would = walk.read("gc", "--dry-run", "--grace", "0")
    gone = walk.read("gc", "--grace", "0")
    assert (gone["contents"], gone["bytes"]) == (would["contents"], would["bytes"])
    assert gone["contents"] > 0
    assert walk.read("verify")["faults"] == []
    assert {"country", "weather"} <= names(walk.read("list"))


def test_derived_part_alone_is_named_and_expires(walk: Walk) -> None:
    walk.put_in()
    asked = ("hydrofabric", "--place", GAGE, "--hydrofabric", "country", "--exactly")
    (made,) = walk.read("derive", *asked, "--name", "brook", "--expires", "30d")
    assert made["name"] == "brook"
    assert made["expires"] > made["created"]
    (again,) = walk.read("derive", *asked)
    assert again["uuid"] == made["uuid"]
    by = walk.read("plan", *asked, "--by", "hydrofabric-subset")
    assert by != walk.read("plan", *asked)
