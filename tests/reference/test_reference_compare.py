"""A native run compared with what the framework wrote for the same package."""

from __future__ import annotations

from pathlib import Path

import pytest

import dmod
from dmod.services.comparison.deviation import Tolerance

CASES = ("sloth_pet_cfe_nc", "sloth_pet_cfeHEAD_csv", "pet_topmodel_csv")
CATCHMENTS, NEXUSES, STEPS = 5, 3, 720


@pytest.fixture(scope="module", params=CASES)
def case(reference: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Return a folder of two: what the framework wrote in 17 digits, and what dmod found."""
    home = tmp_path_factory.mktemp("case")
    package = reference / "ngen" / request.param
    (home / "framework").symlink_to(package / "expected_p17")
    revisions = {"cfe": "a349a95"} if "HEAD" in request.param else {}
    dmod.run(package, output=home / "native", report=False, revisions=revisions)
    return home


def test_compare_finds_a_native_run_the_same_as_the_frameworks(case: Path) -> None:
    found = dmod.compare(
        [case / "framework", case / "native"],
        ["framework", "native"],
        tolerance=Tolerance(absolute=1e-12, relative=1e-10),
    )
    outputs = [variable for variable in found["native"].variables if variable.layer == "catchments"]
    assert len(outputs) > 5
    for variable in outputs:
        assert (len(variable.ids), variable.stamps.count) == (CATCHMENTS, STEPS)
        assert variable.differing == 0, (variable.variable, variable.worst(1))
        assert (variable.values.pairs == STEPS).all()


def test_compare_finds_the_nexuses_the_same_in_the_digits_that_the_framework_prints(case: Path) -> None:
    found = dmod.compare(
        [case / "framework", case / "native"],
        variables=["runoff_rate"],
        tolerance=Tolerance(absolute=1e-12, relative=1e-5),
    )
    (flow,) = found.deviations[0].variables
    assert (flow.layer, len(flow.ids), flow.differing) == ("nexuses", NEXUSES, 0)
    # six digits are printed: the two are not the same bits
    assert not flow.identical


def test_compare_tells_of_what_the_framework_does_not_say(case: Path) -> None:
    found = dmod.compare([case / "framework", case / "native"], ["framework", "native"])
    assert not found.runs[0].note.recorded
    assert found.runs[1].note.engine == "native"
    sentences = [gap.sentence for gap in found["native"].gaps]
    assert any(sentence.startswith("catchments: framework states no unit for ") for sentence in sentences)
    assert "rivers only in native" in sentences
