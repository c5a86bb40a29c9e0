"""The realizations, run packages and routing configuration that other programs ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.core.problem import errors_of
from dmod.formulation.checks import find_realization_problems
from dmod.formulation.package import find_package
from dmod.formulation.routing_config import find_routing_config_problems, read_routing_config
from dmod.services.check import check
from dmod.services.options import RunOptions

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
CASES = (
    "noah_pet_cfe_csv",
    "outopt_precision17",
    "pet_topmodel_csv",
    "sloth_pet1_cfe_csv",
    "sloth_pet2_cfe_csv",
    "sloth_pet3_cfe_csv",
    "sloth_pet5_cfe_csv",
    "sloth_pet_cfeHEAD_csv",
    "sloth_pet_cfeHEADnash_csv",
    "sloth_pet_cfeHEADxaj_csv",
    "sloth_pet_cfe_nc",
)

pytestmark = pytest.mark.skipif(not REFERENCE.exists(), reason="no reference material beside the repository")


@pytest.mark.parametrize("case", CASES)
def test_reference_package_is_found_and_sound(case: str) -> None:
    package = find_package(REFERENCE / "ngen" / case)
    realization = package.realization
    assert package.hydrofabric.name == "gauge_01073000.gpkg"
    assert package.problems == ()
    assert realization.time.count == 720
    assert realization.unknown == ()
    ids = [file.stem for file in (package.root / "config" / "pet").iterdir()]
    assert find_realization_problems(realization, ids) == []
    assert package.forcing is not None
    assert package.forcing.exists()


@pytest.mark.parametrize("case", CASES)
def test_reference_module_configurations_are_found(case: str) -> None:
    package = find_package(REFERENCE / "ngen" / case)
    formulation = package.realization.formulation_for("cat-11223")
    for module in formulation.modules:
        pattern = package.resolve_pattern(module.init_config)
        assert Path(pattern.replace("{{id}}", "cat-11223")).exists()


def test_reference_chain_is_read_in_full() -> None:
    realization = find_package(REFERENCE / "ngen" / "outopt_precision17").realization
    formulation = realization.formulation_for("cat-11223")
    sloth, pet, cfe = formulation.modules
    assert [m.name for m in formulation.modules] == ["bmi_c++", "bmi_c", "bmi_c"]
    assert sloth.model_params["sloth_smp(1,double,1,node)"] == 0.0
    assert pet.registration_function == "register_bmi_pet"
    assert cfe.alias("soil_moisture_profile") == "sloth_smp"
    assert formulation.output_variables is not None
    assert len(formulation.output_variables) == 12
    assert realization.output.precision == 17


def test_reference_routing_configuration_is_read() -> None:
    config = read_routing_config(REFERENCE / "troute" / "gage-10109001" / "troute.yaml")
    assert (config.dt, config.qts_subdivisions, config.nts) == (300, 12, 17568)
    assert config.assume_short_ts
    assert not config.break_network_at_waterbodies
    assert config.unknown == ()
    assert errors_of(config.problems) == ()


def test_reference_routing_configuration_fits_its_period() -> None:
    config = read_routing_config(REFERENCE / "troute" / "gage-10109001" / "troute.yaml")
    time = find_package(REFERENCE / "ngen" / "outopt_precision17").realization.time
    assert config.start is not None
    assert config.nts is not None
    fitting = type(time)(config.start, 3600, config.nts // 12)
    assert find_routing_config_problems(config, fitting) == []


@pytest.mark.parametrize("case", CASES)
def test_reference_package_passes_the_check_but_for_the_module_that_is_not_native(case: str) -> None:
    newer = {"cfe": "a349a95"} if "HEAD" in case else {}
    report = check(REFERENCE / "ngen" / case, RunOptions(revisions=newer))
    codes = [problem.code for problem in report.errors]
    assert codes == (["unknown-module"] if case.startswith("noah") else [])
    if case.startswith("noah"):
        assert "Noah-OWP-Modular" in report.errors[0].message
        assert "libsurfacebmi.so" in report.errors[0].message
