"""``dmod configure`` as a stranger uses it."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from dmod.testing import attributes as made
from dmod.testing import fabrics

Dmod = Callable[..., CompletedProcess[str]]
PERIOD = ("--start", "2015-10-01", "--end", "2015-10-03")


@pytest.fixture
def fabric(tmp_path: Path) -> Path:
    tables = made.spoiled(made.river(5), "mean.smcmax_soil_layers_stag=2", 1, math.nan)
    return fabrics.write_fabric(tmp_path, tables, "river.gpkg")


def test_list_names_formulations_with_needs_and_fallbacks(dmod_cli: Dmod) -> None:
    done = dmod_cli("configure", "--list")
    assert done.returncode == 0
    for word in ("cfe-x:", "snow17-sac:", "mode.ISLTYP", "basin-median:", "C++ framework"):
        assert word in done.stdout


def test_dry_run_says_what_is_missing_and_writes_nothing(dmod_cli: Dmod, fabric: Path) -> None:
    done = dmod_cli("configure", fabric, "--dry-run")
    assert done.returncode == 2
    assert "mean.smcmax_soil_layers_stag=2 has no value" in done.stdout
    assert "cat-2" in done.stdout
    done = dmod_cli("configure", fabric, "--dry-run", "--json", "--fallback", "upstream")
    assert done.returncode == 0
    assert json.loads(done.stdout)["replacements"][0]["catchments"] == ["cat-2"]
    assert [path.name for path in fabric.parent.iterdir()] == ["river.gpkg"]


def test_example_is_configured_anew_checked_and_run(
    dmod_cli: Dmod, cfe_package: Path, copy: Callable[..., Path]
) -> None:
    package = copy(cfe_package)
    done = dmod_cli("configure", package, *PERIOD)
    assert done.returncode == 4
    assert "--overwrite" in done.stderr
    done = dmod_cli("configure", package, *PERIOD, "--formulation", "cfe-x", "--overwrite")
    assert done.returncode == 0, done.stderr
    assert f"made {package}" in done.stdout
    checked = json.loads(dmod_cli("check", package, "--json").stdout)
    assert (checked["errors"], checked["warnings"]) == (0, 0)
    assert dmod_cli("run", package, "--quiet").returncode == 0


def test_configure_with_a_fallback_writes_a_package(dmod_cli: Dmod, fabric: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    done = dmod_cli("configure", fabric, package, *PERIOD, "--fallback", "smcmax=neighbour", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "fallback neighbour" in (package / "config/cat_config/CFE/cat-2.ini").read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "no hydrofabric is given"),
        (("{fabric}", "{new}"), 2, "--start and --end"),
        (("{fabric}", "{new}", *PERIOD), 2, "choose what stands in"),
        (("{fabric}", "{new}", *PERIOD, "--formulation", "topmodell"), 2, "did you mean topmodel"),
        (("{new}.gpkg", "{new}", *PERIOD), 3, "there is no hydrofabric"),
        (("{empty}", *PERIOD), 3, "no hydrofabric was found"),
    ],
)
def test_bad_request_says_what_is_wrong_and_leaves_nothing(
    dmod_cli: Dmod, fabric: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    empty, new = tmp_path / "empty", tmp_path / "new"
    empty.mkdir()
    done = dmod_cli(
        "configure", *(a.format(fabric=fabric, new=new, empty=empty) for a in arguments), cwd=tmp_path
    )
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "river.gpkg"]
    assert not list(empty.iterdir())


def test_fabric_that_is_no_fabric_is_said_to_be_so(dmod_cli: Dmod, tmp_path: Path) -> None:
    file = tmp_path / "x.gpkg"
    shutil.copy(__file__, file)
    done = dmod_cli("configure", file, tmp_path / "new", *PERIOD)
    assert done.returncode == 2
    assert "is no GeoPackage" in done.stderr
