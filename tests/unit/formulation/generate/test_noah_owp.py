from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError
from dmod.formulation.generate.noah_owp import (
    IMAGE_TABLES,
    NOAH_OWP,
    TABLES,
    read_tables,
    surface_type,
    terrain_angle,
)
from dmod.testing.namelists import Value, configured, read_namelist, spring, written

GROUPS = ["timing", "parameters", "location", "forcing", "model_options", "structure", "initial_values"]


def namelist(**attributes: float) -> dict[str, dict[str, Value]]:
    (text,) = written(NOAH_OWP, configured(NOAH_OWP, **attributes)).values()
    return read_namelist(text)


def tables(folder: Path) -> Path:
    folder.mkdir()
    for name, text in zip(TABLES, ("General", "STAS\n", "&usgs_veg_categories\n"), strict=True):
        (folder / name).write_text(text)
    return folder


def test_groups_stand_in_the_readers_order() -> None:
    assert list(namelist()) == GROUPS


def test_attributes_reach_their_keys() -> None:
    found = namelist(latitude=44.5, longitude=-70.25, aspect=12.5, soil_type=6.0, vegetation_type=11.0)
    location, structure = found["location"], found["structure"]
    assert (location["lat"], location["lon"], location["azimuth"]) == (44.5, -70.25, 12.5)
    assert (structure["isltyp"], structure["vegtyp"], structure["sfctyp"]) == (6, 11, 1)


def test_whole_numbers_have_no_point() -> None:
    found = namelist()
    assert all(isinstance(value, int) for value in {**found["structure"], **found["model_options"]}.values())


def test_period_runs_from_the_first_step_to_the_end_of_the_last() -> None:
    timing = namelist()["timing"]
    assert (timing["dt"], timing["startdate"], timing["enddate"]) == (3600.0, "201903010000", "201903040000")


def test_options_stay_in_the_ranges_that_the_reader_checks() -> None:
    options = namelist()["model_options"]
    assert len(options) == 17
    for need in NOAH_OWP.needs:
        if need.parameter in options:
            assert need.low <= options[need.parameter] <= need.high  # type: ignore[operator]


@pytest.mark.parametrize(("fabric", "low", "high"), [(37.4, 0.3, 0.6), (87.25, 11.0, 12.5), (0.0, 0.0, 0.0)])
def test_terrain_angle_undoes_the_centimetres(fabric: float, low: float, high: float) -> None:
    assert low <= terrain_angle(np.array([fabric]))[0] <= high


def test_terrain_angle_grows_with_the_fabrics_to_the_vertical() -> None:
    angles = terrain_angle(np.array([0.0, 45.0, 60.0, 85.0, 89.9, 90.0]))
    assert (np.diff(angles) > 0).all()
    assert angles[-1] == pytest.approx(90.0)


def test_water_is_a_lake_and_unknown_cover_is_not_guessed() -> None:
    np.testing.assert_array_equal(surface_type(np.array([16.0, 14.0, np.nan])), [2.0, 1.0, np.nan])


def test_every_value_says_unit_and_source() -> None:
    (text,) = written(NOAH_OWP, configured(NOAH_OWP)).values()
    assert "[degrees]; source of lat" in text
    assert all(f"source of {need.parameter}" in text for need in NOAH_OWP.needs)


def test_tables_of_the_user_go_into_the_package(tmp_path: Path) -> None:
    settings = spring(noah_parameters=str(tables(tmp_path / "tables")))
    shared = {str(path): text for path, text in NOAH_OWP.shared(settings)}
    assert sorted(Path(path).name for path in shared) == sorted(TABLES)
    (text,) = written(NOAH_OWP, configured(NOAH_OWP), settings).values()
    folder = str(read_namelist(text)["parameters"]["parameter_dir"])
    assert {f"./{path}" for path in shared} == {folder + name for name in TABLES}


def test_without_tables_the_images_are_named() -> None:
    assert not list(NOAH_OWP.shared(spring()))
    assert namelist()["parameters"]["parameter_dir"] == IMAGE_TABLES


def test_missing_tables_are_named(tmp_path: Path) -> None:
    folder = tables(tmp_path / "tables")
    (folder / "GENPARM.TBL").unlink()
    (folder / "MPTABLE.TBL").unlink()
    with pytest.raises(NotFoundError, match=r"no GENPARM\.TBL, no MPTABLE\.TBL") as caught:
        list(read_tables(folder))
    assert "noah_parameters" in str(caught.value)


def test_table_of_other_classes_is_refused(tmp_path: Path) -> None:
    folder = tables(tmp_path / "tables")
    (folder / "MPTABLE.TBL").write_text("&modis_veg_categories\n")
    with pytest.raises(InputError, match=r"MPTABLE\.TBL has no classes 'usgs_veg_categories'"):
        list(read_tables(folder))


def test_module_reads_the_file_that_is_written() -> None:
    (path,) = written(NOAH_OWP, configured(NOAH_OWP, "cat-9"))
    module = NOAH_OWP.module(spring())
    assert module["init_config"].replace("{{id}}", "cat-9") == f"./{path}"
    assert module["main_output_variable"] == "QINSUR"


def test_half_hours_are_kept() -> None:
    start = datetime(2019, 3, 1, 6, 30, tzinfo=UTC)
    settings = replace(spring(), axis=replace(spring().axis, start=start))
    (text,) = written(NOAH_OWP, configured(NOAH_OWP), settings).values()
    assert read_namelist(text)["timing"]["startdate"] == "201903010630"
