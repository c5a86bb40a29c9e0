from __future__ import annotations

from pathlib import Path

import pytest

from dmod.engine.models.registry import find_module
from dmod.errors import NotFoundError, RealizationError, UnknownModule
from dmod.formulation.formulation import ModuleSpec
from dmod.services.configurations import ConfigFiles, complaints, module_of, read_configs

PET = """verbose=0
pet_method=3
forcing_file=BMI
run_unit_tests=0
yes_aorc=1
wind_speed_measurement_height_m=10.0
humidity_measurement_height_m=2.0
vegetation_height_m=0.8
zero_plane_displacement_height_m=0.0003
momentum_transfer_roughness_length_m=0.0
heat_transfer_roughness_length_m=0.0
surface_longwave_emissivity=0.98
surface_shortwave_albedo=0.22
latitude_degrees=37.9
longitude_degrees=-79.9
site_elevation_m=506.3
time_step_size_s=3600
num_timesteps=1
shortwave_radiation_provided=1
"""
CATCHMENTS = ["cat-1", "cat-2", "cat-3"]


@pytest.fixture
def files(tmp_path: Path) -> ConfigFiles:
    paths = tuple(tmp_path / f"{catchment}.ini" for catchment in CATCHMENTS)
    for path in paths:
        path.write_text(PET)
    return ConfigFiles(paths)


def test_configurations_come_in_the_order_of_the_catchments(files: ConfigFiles) -> None:
    files.paths[1].write_text(PET.replace("pet_method=3", "pet_method=5"))
    configs = read_configs(find_module("PET"), files, CATCHMENTS)
    assert [config.values["pet_method"] for config in configs] == ["3", "5", "3"]


def test_file_that_catchments_share_is_read_once(files: ConfigFiles) -> None:
    shared = ConfigFiles((files.paths[0],) * 3)
    first, second, third = read_configs(find_module("PET"), shared, CATCHMENTS)
    assert first is second is third


def test_missing_files_are_named_together(files: ConfigFiles) -> None:
    files.paths[0].unlink()
    files.paths[2].unlink()
    with pytest.raises(NotFoundError, match=r"module pet: .* for cat-1, cat-3; .*cat-1\.ini"):
        read_configs(find_module("PET"), files, CATCHMENTS)


def test_file_that_is_no_text_is_named(files: ConfigFiles) -> None:
    files.paths[1].write_bytes(b"\xff\xfe")
    with pytest.raises(RealizationError, match=r"cat-2\.ini is not a text file"):
        read_configs(find_module("PET"), files, CATCHMENTS)


def test_impossible_value_is_refused_with_file_and_range(files: ConfigFiles) -> None:
    files.paths[2].write_text(PET.replace("albedo=0.22", "albedo=1.5"))
    with pytest.raises(
        RealizationError, match=r"cat-3\.ini: module pet: .*albedo = 1\.5 .* 0 to 1"
    ) as caught:
        read_configs(find_module("PET"), files, CATCHMENTS)
    assert caught.value.message.count("cat-3.ini") == 1


def test_complaints_leave_out_the_file(files: ConfigFiles) -> None:
    module = find_module("PET")
    config = module.read_config(PET.replace("albedo=0.22", "albedo=1.5"), "a.ini")
    (sentence,) = complaints(module, config)
    assert sentence.startswith("surface_shortwave_albedo = 1.5")


def test_module_takes_the_revision_of_its_entry_unless_another_is_given() -> None:
    spec = ModuleSpec(
        name="bmi_c",
        model_type_name="CFE",
        main_output_variable="Q_OUT",
        init_config="",
        path="global",
        revision="a349a95",
    )
    assert module_of(spec).revision == "a349a95"
    assert module_of(spec, "6d08db7").revision == "6d08db7"
    with pytest.raises(UnknownModule, match="'abc'"):
        module_of(spec, "abc")
