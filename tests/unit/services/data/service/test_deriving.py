"""Asking for data by what they are: found, or derived by a chain, once, with a lineage that proves it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Work
from dmod.catalog.domain import Domain
from dmod.catalog.index.port import Listing
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete
from dmod.errors import CoverageError, DatasetNotFound
from dmod.services.data.deriving import WORK, Deriving, Keeping, planner_of
from dmod.services.data.service import DataService

START, END, GAGE = "2019-03-01", "2019-03-05 23:00", "00020003"
GENERIC = FORMATS["GENERIC"]


def package_wanted(service: DataService, **more: Any) -> Requirement:
    catchments = service.basin([f"gage-{GAGE}"]).catchments
    said = {"start": START, "end": END, "formulation": "cfe", **more}
    return dmod.requirement("config", format="NGEN_JOB_COMPOSITE_CONFIG", catchments=catchments, **said)


def test_package_derived_of_country_and_weather_passes_the_check(filled: DataService, tmp_path: Path) -> None:
    filled.get("creek", tmp_path / "creek")
    assert not dmod.check(tmp_path / "creek").errors


def test_package_derived_runs(filled: DataService, tmp_path: Path) -> None:
    filled.get("creek", tmp_path / "creek")
    result = dmod.run(tmp_path / "creek", output=tmp_path / "out")
    assert result.streamflow.sizes["time"] == 120


def test_derived_again_with_the_same_wish_is_the_same_dataset(filled: DataService) -> None:
    before = len(filled.list(Listing(latest=False)))
    assert [d.reference for d in filled.derive(package_wanted(filled))] == ["creek@1"]
    assert len(filled.list(Listing(latest=False))) == before


def test_package_of_another_formulation_is_not_taken_for_it(filled: DataService) -> None:
    plan = filled.plan(package_wanted(filled, formulation="topmodel"))
    assert not plan.is_ready
    assert plan.is_possible
    # hydrofabric and forcing serve both
    assert {step.derivation.name for step in plan.steps()}.isdisjoint(
        {"hydrofabric-subset", "forcing-from-grid"}
    )


def test_lineage_leads_from_the_package_to_what_was_added(filled: DataService) -> None:
    graph = filled.lineage("creek")
    assert graph.is_provable
    roots = {
        node.reference for node in graph.nodes.values() if node.dataset and node.dataset.lineage.step == "add"
    }
    assert roots == {"country@1", "weather@1"}
    text = "\n".join(graph.lines())
    assert "made by run-package" in text
    assert "as above" in text


def test_every_derived_byte_is_proven(filled: DataService) -> None:
    found = filled.verify()
    assert found.datasets >= 7
    assert not found.faults


def test_results_of_a_run_are_traced_to_the_package(filled: DataService, tmp_path: Path) -> None:
    filled.get("creek", tmp_path / "creek")
    dmod.run(tmp_path / "creek", output=tmp_path / "out")
    results = filled.add("creek-results", [tmp_path / "out"], another=True).dataset
    assert [item.reference for item in results.lineage.inputs] == ["creek@1"]
    assert results.lineage.step == "run"
    assert filled.lineage("creek-results").is_provable


def test_results_of_a_run_on_a_changed_package_name_what_is_not_known(
    filled: DataService, tmp_path: Path
) -> None:
    filled.get("creek", tmp_path / "creek")
    realization = tmp_path / "creek" / "config" / "realization.json"
    realization.write_text(realization.read_text() + "\n")
    dmod.run(tmp_path / "creek", output=tmp_path / "out")
    lineage = filled.add("changed-results", [tmp_path / "out"], another=True).dataset.lineage
    assert any("realization.json" in place for place in lineage.sources)
    assert not filled.lineage("changed-results").is_provable


def test_what_nothing_fits_is_explained_by_dataset_and_index(filled: DataService) -> None:
    catchments = filled.basin([f"gage-{GAGE}"]).catchments
    wanted = dmod.requirement("forcing", catchments=catchments, start=START, end="2019-03-07 23:00")
    found = filled.find(wanted)
    assert not found.is_fulfilled
    text = "\n".join(found.lines())
    assert "48 h missing at the end" in text


def test_what_cannot_be_derived_says_why_and_what_would_help(filled: DataService) -> None:
    wanted = package_wanted(filled, end="2019-04-01")
    with pytest.raises(DatasetNotFound) as failure:
        filled.derive(wanted)
    text = str(failure.value)
    assert "run-package" in text
    assert "forcing" in text


def test_forcing_is_converted_to_the_format_that_is_asked_for(service: DataService, tmp_path: Path) -> None:
    package = dmod.make_example(tmp_path / "package", catchments=3, years=0.02, observed=False).path
    brought = service.add("forcing", [package / "forcings"])
    domain = brought.dataset.domain
    assert domain.time is not None
    wanted = Requirement(
        Category.FORCING, FORMATS["AORC_CSV"],
        {DomainIndex.CATCHMENT_ID: Discrete(frozenset({"cat-1", "cat-2"})), DomainIndex.TIME: domain.time},
        exact=True,
    )  # fmt: skip
    (made,) = service.derive(wanted)
    assert made.domain.format.name == "AORC_CSV"
    assert made.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-1", "cat-2"}
    assert [item.reference for item in made.lineage.inputs] == ["forcing@1"]


# the mechanism, with derivations made for the purpose


def derivation(run: Any, needs: Any = lambda _wanted: []) -> Derivation:
    makes = (Category.OUTPUT, (GENERIC,))
    return Derivation("made", 1, "makes", makes, needs, lambda _wanted: 1.0, run)


def meet(service: DataService, derivations: Sequence[Derivation], variable: str = "x", **keeping: Any) -> Any:
    wanted = Requirement(Category.OUTPUT, GENERIC, {DomainIndex.VARIABLE: Discrete(frozenset({variable}))})
    plan = planner_of(service.catalog, derivations).plan(wanted)
    return Deriving(service.catalog, service.folder / WORK, service.progress).meet(plan, Keeping(**keeping))


def stating(variable: str) -> Domain:
    return Domain(GENERIC, {DomainIndex.VARIABLE: Discrete(frozenset({variable}))})


def test_result_that_does_not_cover_the_wish_is_not_kept(service: DataService) -> None:
    def run(work: Work) -> Made:
        (work.output / "f").write_text("x")
        return Made(stating("other"), "")

    with pytest.raises(CoverageError, match="does not cover"):
        meet(service, [derivation(run)])
    assert service.list() == []


def test_derivation_that_fails_keeps_its_scratch_for_the_next_try(service: DataService) -> None:
    tries = []

    def run(work: Work) -> Made:
        tries.append(sorted(path.name for path in work.scratch.iterdir()))
        (work.scratch / "block-1").write_text("done")
        (work.output / "f").write_text("x")
        if len(tries) == 1:
            raise CoverageError("not yet")
        return Made(stating("x"), "")

    with pytest.raises(CoverageError, match="not yet"):
        meet(service, [derivation(run)])
    (made,) = meet(service, [derivation(run)])
    assert tries == [[], ["block-1"]]
    assert made.files == 1
    assert not list((service.folder / WORK).glob("*"))


def test_inputs_are_placed_read_only_and_shared_with_the_store(service: DataService, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    said = dmod.Description(Category.OUTPUT, GENERIC)
    service.add("base", [tmp_path / "a"], said)
    seen: list[tuple[int, int]] = []

    def needs(_wanted: Requirement) -> list[Requirement]:
        named = {DomainIndex.DATA_ID: Discrete(frozenset({"base"}))}
        return [Requirement(Category.OUTPUT, GENERIC, named, role="parts")]

    def run(work: Work) -> Made:
        status = (work.only("parts").path / "a").stat()
        seen.append((status.st_nlink, status.st_mode & 0o222))
        (work.output / "f").write_text("x")
        return Made(stating("x"), "")

    (made,) = meet(service, [derivation(run, needs)], name="result", owner="me")
    assert seen[0][0] >= 2
    assert seen[0][1] == 0
    assert (made.name, made.owner, made.lineage.inputs[0].reference) == ("result", "me", "base@1")
