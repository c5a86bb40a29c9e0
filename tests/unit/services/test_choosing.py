"""What a user chooses of the modules that a realization runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import dmod
from dmod.errors import InputError
from dmod.services.check import check
from dmod.services.options import RunOptions, parse_model_params
from dmod.services.parts import run_part


@pytest.fixture(scope="module")
def basin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dmod.make_example(
        tmp_path_factory.mktemp("choosing") / "basin", catchments=4, years=0.02, observed=False
    ).path


def runoff(folder: Path) -> Any:
    with xr.open_dataset(folder / "catchments.nc") as found:
        return found.DIRECT_RUNOFF.values.tolist()


def test_parameter_that_is_chosen_is_as_one_in_the_realization(basin: Path, tmp_path: Path) -> None:
    document = json.loads((basin / "config/realization.json").read_text())
    for module in document["global"]["formulations"][0]["params"]["modules"]:
        if module["params"]["model_type_name"] == "bmi_c_cfe":
            module["params"]["model_params"] = {"refkdt": 0.5, "slope": 0.9}
    (basin / "config/other.json").write_text(json.dumps(document))
    dmod.run(basin, output=tmp_path / "as-it-is", report=False)
    dmod.run(basin, output=tmp_path / "stated", report=False, realization=basin / "config/other.json")
    chosen = {"CFE.refkdt": 0.5, "cfe.slope": 0.9}
    dmod.run(basin, output=tmp_path / "chosen", report=False, model_params=chosen)
    assert runoff(tmp_path / "chosen") == runoff(tmp_path / "stated") != runoff(tmp_path / "as-it-is")
    record = json.loads((tmp_path / "chosen/metadata/run.json").read_text())
    assert record["options"]["model_params"] == "CFE.refkdt=0.5, cfe.slope=0.9"


def test_parts_of_a_run_have_it_too(basin: Path, tmp_path: Path) -> None:
    options = RunOptions(model_params={"cfe.refkdt": 0.5}, output=tmp_path / "whole", report=False)
    dmod.run(basin, output=tmp_path / "alone", report=False, model_params=options.model_params)
    folders = [tmp_path / "parts" / number for number in "01"]
    for folder, ids in zip(folders, (["cat-1", "cat-2"], ["cat-3", "cat-4"]), strict=True):
        run_part(basin, ids, folder, options)
    from dmod.services.run import run

    run(basin, options, parts=folders)
    assert runoff(tmp_path / "whole") == runoff(tmp_path / "alone")


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("cfe.refdkt", "--set cfe.refdkt: module cfe has no variable of that name", "refkdt"),
        ("topmodel.szm", "--set topmodel.szm: no catchment runs the module", "the realization runs"),
        ("pet.x", "--set pet.x: module pet has no variable", "it can set none"),
    ],
)
def test_parameter_that_nothing_takes_is_refused_and_told_by_the_check(
    basin: Path, tmp_path: Path, name: str, message: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        dmod.run(basin, output=tmp_path / "out", model_params={name: 1.0})
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert not (tmp_path / "out").exists()
    (found,) = check(basin, RunOptions(model_params={name: 1.0})).errors
    assert message in found.message


def test_value_out_of_its_range_is_refused(basin: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="maxsmc"):
        dmod.run(basin, output=tmp_path / "out", model_params={"cfe.maxsmc": 7.0})


def test_entries_of_the_command_line_are_read() -> None:
    assert parse_model_params(["cfe.refkdt=2.5", " topmodel.szm = 1e-3"]) == {
        "cfe.refkdt": 2.5, "topmodel.szm": 0.001,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["cfe.refkdt", "refkdt=1", "cfe.=1", ".x=1", "cfe.refkdt=much", "cfe.x=nan"])
def test_entry_of_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"is not MODULE\.VARIABLE=NUMBER"):
        parse_model_params([text])
