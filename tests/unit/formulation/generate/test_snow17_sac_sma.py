from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dmod.errors import InputError
from dmod.formulation.generate.generator import Generator
from dmod.formulation.generate.sac_sma import SAC_SMA
from dmod.formulation.generate.snow17 import SNOW17
from dmod.testing.namelists import configured, read_namelist, read_table, spring, written

CONTROL = {
    "forcing_root", "output_root", "main_id", "n_hrus", "output_hrus", "start_datehr", "end_datehr",
    "warm_start_run", "write_states", "model_timestep",
}  # fmt: skip
CASES = [(SNOW17, "SNOW17_CONTROL", "snow17_param_file"), (SAC_SMA, "SAC_CONTROL", "sac_param_file")]


@pytest.mark.parametrize(("generator", "name", "file"), CASES)
def test_control_file_has_the_readers_keys_and_names_the_parameters(
    generator: Generator, name: str, file: str
) -> None:
    files = written(generator, configured(generator, "cat-9"))
    control, parameters = files
    (group,) = read_namelist(files[control]).items()
    state = "snow" if generator is SNOW17 else "sac"
    assert group[0] == name
    assert set(group[1]) == CONTROL | {file, f"{state}_state_in_root", f"{state}_state_out_root"}
    assert group[1][file] == f"./{parameters}"
    assert generator.module(spring())["init_config"].replace("{{id}}", "cat-9") == f"./{control}"


@pytest.mark.parametrize(("generator", "name", "file"), CASES)
def test_control_file_holds_the_runs_period(generator: Generator, name: str, file: str) -> None:
    group = read_namelist(next(iter(written(generator, configured(generator)).values())))[name]
    assert (group["start_datehr"], group["end_datehr"]) == ("2019030100", "2019030400")
    assert (group["model_timestep"], group["n_hrus"], group["main_id"]) == (3600, 1, "cat-7")


@pytest.mark.parametrize(("generator", "count"), [(SNOW17, 26), (SAC_SMA, 18)])
def test_parameters_are_as_many_as_the_reader_counts(generator: Generator, count: int) -> None:
    text = list(written(generator, configured(generator)).values())[1]
    assert len(read_table(text)) == len(text.splitlines()) == count
    assert all(f"source of {need.parameter}" in text for need in generator.needs)


def test_snow17_takes_place_and_cover_from_the_attributes() -> None:
    catchment = configured(SNOW17, area=8.5, latitude=44.5, elevation=350.0, vegetation_type=11.0)
    found = read_table(list(written(SNOW17, catchment).values())[1])
    expected = {"hru_area": 8.5, "latitude": 44.5, "elev": 350.0, "mfmax": 1.2, "mfmin": 0.4}
    assert {key: found[key] for key in expected} == expected
    assert [found[f"adc{number}"] for number in (1, 11)] == [0.05, 1.0]


def test_sac_sma_takes_soil_and_towns_from_the_attributes() -> None:
    loam = read_table(list(written(SAC_SMA, configured(SAC_SMA, soil_type=6.0, impervious=5.0)).values())[1])
    clay = read_table(list(written(SAC_SMA, configured(SAC_SMA, soil_type=12.0)).values())[1])
    assert loam["pctim"] == 0.05
    assert loam["uztwm"] != clay["uztwm"]
    assert loam["uzfwm"] == pytest.approx(55.0333333)


@pytest.mark.parametrize("generator", [SNOW17, SAC_SMA])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": datetime(2019, 3, 1, 0, 15, tzinfo=UTC)}, "not on the hour"),
        ({"step": 1800}, "whole hours up to a day, got 1800 s"),
        ({"step": 172_800}, "got 172800 s"),
    ],
)
def test_period_that_the_module_cannot_hold_is_refused(
    generator: Generator, change: dict[str, object], message: str
) -> None:
    settings = spring()
    settings = replace(settings, axis=replace(settings.axis, **change))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        written(generator, configured(generator), settings)


@pytest.mark.parametrize("generator", [SNOW17, SAC_SMA])
def test_identifier_that_the_reader_would_cut_is_refused(generator: Generator) -> None:
    with pytest.raises(InputError, match=r"main_id.*keeps 20"):
        written(generator, configured(generator, "cat-12345678901234567"))
