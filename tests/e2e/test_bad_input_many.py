"""Faults together, faults that a run survives, and faults of the files beside the package."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import dmod
from dmod.errors import CoverageError, DmodError, InputError, UnitError

Cli = Callable[..., Any]
Copy = Callable[..., Path]
Listing = Callable[[Path], dict[str, bytes]]


def replace_in(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_check_of_six_faults_names_all_six(
    dmod_cli: Cli, copy: Copy, cfe_package: Path, listing: Listing
) -> None:
    package = copy(cfe_package)
    configurations = package / "config/cat_config"
    (configurations / "CFE/cat-1.ini").unlink()
    replace_in(configurations / "CFE/cat-2.ini", "soil_params.slop=", "soil_params.slop=7")
    replace_in(configurations / "PET/cat-3.ini", "pet_method=3", "pet_method=9")
    with netCDF4.Dataset(package / "forcings/forcings.nc", "a") as file:
        file["TMP_2maboveground"][3, 10] = np.nan
        file["precip_rate"][4, 20] = -1.0
    realization = json.loads((package / "config/realization.json").read_text())
    realization["global"]["formulations"][0]["params"]["output_variables"].append("SNOW_DEPTH")
    realization["time"]["end_time"] = "2015-10-20 00:00:00"
    (package / "config/realization.json").write_text(json.dumps(realization))
    before = listing(package)
    done = dmod_cli("check", package)
    assert done.returncode == 2
    assert listing(package) == before
    for says in (
        "no configuration file",
        "soil_params.slop = 7",
        "pet_method = '9'",
        "TMP_2maboveground: 1 values are missing, the first in cat-4 at 2015-10-01 10:00:00",
        "precip_rate: 1 values are outside 0 to 0.2 mm s-1, the first -1 mm s-1 in cat-5",
        "SNOW_DEPTH",
        "19 steps missing",
    ):
        assert says in done.stdout
    assert "cannot run: 7 errors" in done.stdout


def test_check_goes_on_behind_every_unreadable_forcing_file(copy: Copy, csv_package: Path) -> None:
    package = copy(csv_package)
    replace_in(package / "forcings/cat-2.csv", "2015-10-03 04:00:00,", "3 October,")
    (package / "forcings/cat-3.csv").write_text("")
    found = {
        problem.ids: problem.message
        for problem in dmod.check(package).errors
        if problem.code == "forcing-unreadable"
    }
    assert set(found) == {("cat-2",), ("cat-3",)}
    assert "3 October" in found["cat-2",]


def test_forcing_of_a_catchment_that_is_not_in_the_fabric_is_a_warning(
    copy: Copy, csv_package: Path, tmp_path: Path
) -> None:
    package = copy(csv_package)
    shutil.copy(package / "forcings/cat-1.csv", package / "forcings/cat-99.csv")
    report = dmod.check(package)
    assert report.ok
    (surplus,) = (p for p in report.warnings if p.code == "forcing-surplus-catchment")
    assert surplus.ids == ("cat-99",)
    result = dmod.run(package, output=tmp_path / "out", report=False)
    assert any("cat-99" in warning for warning in result.warnings)


def test_routing_configuration_that_is_not_there_is_a_warning_that_the_run_carries(
    copy: Copy, cfe_package: Path, tmp_path: Path
) -> None:
    package = copy(cfe_package)
    (package / "config/troute.yaml").unlink()
    report = dmod.check(package)
    assert report.ok
    assert "routing-not-found" in {p.code for p in report.warnings}
    result = dmod.run(package, output=tmp_path / "out", report=False)
    assert any("troute.yaml" in warning for warning in result.warnings)


def test_missing_value_is_filled_only_on_request_and_recorded(
    copy: Copy, cfe_package: Path, tmp_path: Path
) -> None:
    package = copy(cfe_package)
    with netCDF4.Dataset(package / "forcings/forcings.nc", "a") as file:
        file["TMP_2maboveground"][1, 30] = np.nan
    with pytest.raises(CoverageError, match="--fill"):
        dmod.run(package, output=tmp_path / "out", report=False)
    assert dmod.check(package, dmod.RunOptions(fill="linear")).ok
    dmod.run(package, output=tmp_path / "out", fill="linear", report=False)
    record = json.loads((tmp_path / "out/metadata/run.json").read_text())
    assert record["options"]["fill"] == "linear"
    (filled,) = record["filled"]
    assert filled.startswith("cat-2 TMP_2maboveground: 1 missing values from 2015-10-02 06:00:00")


OBSERVED = {
    "without a unit": ("time,flow\n2015-10-02 00:00:00,1.0\n", UnitError, ("flow", "--observed-unit")),
    "in a unit that is none": ("time,flow[kg]\n2015-10-02 00:00:00,1\n", UnitError, ("'kg'", "m3/s")),
    "of another time": ("time,flow[m3/s]\n1999-10-02 00:00:00,1.0\n", CoverageError, ("1999-10-02",)),
    "empty": ("", InputError, ("gauge.csv",)),
    "with a header alone": ("time,flow[m3/s]\n", InputError, ("gauge.csv", "no data")),
    "without values": ("time,flow[m3/s]\n2015-10-02 00:00:00,\n", InputError, ("flow", "no value")),
    "with a word": ("time,flow[m3/s]\n2015-10-02 00:00:00,much\n", InputError, ("line 2", "much")),
    "with a bad time": ("time,flow[m3/s]\nyesterday,1.0\n", InputError, ("line 2", "yesterday")),
    "with a short row": ("time,flow[m3/s]\n2015-10-02 00:00:00\n", InputError, ("line 2",)),
    "in latin-1": ("time,flow[m³/s]\n2015-10-02 00:00:00,1.0\n", InputError, ("gauge.csv", "UTF-8")),
}


@pytest.mark.parametrize(("text", "kind", "says"), OBSERVED.values(), ids=OBSERVED)
def test_observed_series_that_cannot_be_used_is_refused_before_the_run(
    cfe_package: Path, tmp_path: Path, text: str, kind: type[DmodError], says: tuple[str, ...]
) -> None:
    gauge = tmp_path / "gauge.csv"
    gauge.write_bytes(text.encode("latin-1"))
    phases: list[str] = []
    with pytest.raises(kind) as caught:
        dmod.run(
            cfe_package,
            output=tmp_path / "out",
            observed=gauge,
            progress=lambda phase, _done, _total: phases.append(phase),
        )
    for part in says:
        assert part in str(caught.value)
    assert phases == []
    assert list(tmp_path.iterdir()) == [gauge]


def test_warm_up_longer_than_the_run_leaves_nothing_to_score(cfe_package: Path, tmp_path: Path) -> None:
    gauge = tmp_path / "gauge.csv"
    gauge.write_text("time,flow[m3/s]\n2015-10-02 00:00:00,1.0\n2015-10-02 01:00:00,2.0\n")
    with pytest.raises(CoverageError, match="warm"):
        dmod.run(cfe_package, output=tmp_path / "out", observed=gauge, warm_up=timedelta(days=400))
    assert list(tmp_path.iterdir()) == [gauge]


@pytest.fixture(scope="module")
def states(cfe_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """States at the end of a run of two days."""
    out = tmp_path_factory.mktemp("states") / "out"
    dmod.run(cfe_package, output=out, end="2015-10-02 23:00", report=False)
    return out / "states.nc"


def test_warm_start_at_another_time_is_refused(cfe_package: Path, states: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        dmod.run(cfe_package, output=tmp_path / "out", warm_start=states)
    assert "2015-10-03 00:00:00" in caught.value.message
    assert "--start '2015-10-03 00:00:00'" in str(caught.value.hint)


def test_warm_start_of_other_modules_or_catchments_is_refused(
    topmodel_package: Path, csv_package: Path, cfe_package: Path, states: Path, tmp_path: Path
) -> None:
    start = "2015-10-03"
    with pytest.raises(InputError, match=r"cat-1 was run with .*cfe 6d08db7, now it runs .*topmodel"):
        dmod.run(topmodel_package, output=tmp_path / "out", warm_start=states, start=start)
    with pytest.raises(InputError, match="cfe a349a95"):
        dmod.run(
            cfe_package,
            output=tmp_path / "out",
            warm_start=states,
            start=start,
            revisions={"cfe": "a349a95"},
        )
    other = tmp_path / "other"
    dmod.run(csv_package, output=other, end="2015-10-02 23:00", report=False)
    with pytest.raises(InputError, match="no states for cat-4, cat-5"):
        dmod.run(cfe_package, output=tmp_path / "out", warm_start=other / "states.nc", start=start)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.9])
def test_warm_start_from_a_file_cut_short_is_refused(
    cfe_package: Path, states: Path, tmp_path: Path, share: float
) -> None:
    part = tmp_path / "states.nc"
    content = states.read_bytes()
    part.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"states\.nc"):
        dmod.run(cfe_package, output=tmp_path / "out", warm_start=part, start="2015-10-03")
    assert list(tmp_path.iterdir()) == [part]
