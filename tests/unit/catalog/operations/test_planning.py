"""Plans: what is there, the cheapest chain, shared inputs, what was derived before, and why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DataFormat, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.derivation import Derivation, Made, Parameter, Refusal, Work
from dmod.catalog.domain import Domain
from dmod.catalog.explanation import Fulfilment
from dmod.catalog.match import covering, examine
from dmod.catalog.planning import Planner
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete

NOW = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CATCHMENTS = {DomainIndex.CATCHMENT_ID: Discrete(frozenset({"cat-1", "cat-2"}))}
PERIOD = {DomainIndex.TIME: Continuous(NOW, NOW + DAY)}
CSV, NETCDF, ZARR = FORMATS["AORC_CSV"], FORMATS["NETCDF_AORC_DEFAULT"], FORMATS["ZARR_FORCING"]
GRID, FABRIC = FORMATS["FORCING_GRID"], FORMATS["NGEN_GEOPACKAGE_HYDROFABRIC_V2"]
FORCING = Requirement(Category.FORCING, NETCDF, {**CATCHMENTS, **PERIOD}, exact=True)

Needs = Callable[[Requirement], Sequence[Requirement] | Refusal]


def dataset(name: str, form: DataFormat, restrictions: dict, *, digest: str = "") -> Dataset:
    return Dataset(
        name,
        1,
        form.categories[0],
        Domain(form, restrictions),
        f"uuid-{name}",
        digest or f"digest-{name}",
        0,
        1,
        1,
        NOW,
    )


def derivation(
    name: str, makes: tuple[Category, tuple[DataFormat, ...]], needs: Needs, seconds: float, **more: object
) -> Derivation:
    def run(_work: Work) -> Made:
        raise AssertionError("planning runs nothing")

    return Derivation(name, 1, name, makes, needs, lambda _wanted: seconds, run, **more)  # type: ignore[arg-type]


def planner(
    datasets: Sequence[Dataset], derivations: Sequence[Derivation], cached: dict | None = None
) -> Planner:
    def find(requirement: Requirement, several: bool) -> tuple[Fulfilment, tuple]:
        for item in datasets:
            found = examine(requirement, item, NOW)
            if found.is_fulfilled:
                return Fulfilment.by_one(found), ()
        cover = covering(requirement, datasets, NOW)
        if several and cover.is_complete:
            return Fulfilment.by_cover(cover), ()
        return Fulfilment(requirement, (), (), cover.uncovered), ()

    return Planner(find, (cached or {}).get, tuple(derivations))


def grid_needs(wanted: Requirement) -> list[Requirement]:
    return [
        Requirement(Category.HYDROFABRIC, None, CATCHMENTS, role="hydrofabric"),
        Requirement(
            Category.FORCING, GRID, {DomainIndex.TIME: wanted.restrictions[DomainIndex.TIME]}, role="grid"
        ),
    ]


def other_form(wanted: Requirement) -> list[Requirement]:
    return [wanted.needing(format=CSV if wanted.format == NETCDF else NETCDF, role="forcing")]


FROM_GRID = derivation("from-grid", (Category.FORCING, (NETCDF,)), grid_needs, 100.0)
CONVERT = derivation("convert", (Category.FORCING, (CSV, NETCDF, ZARR)), other_form, 2.0)
HERE = dataset("here", FABRIC, CATCHMENTS)
WEATHER = dataset("weather", GRID, PERIOD)


def test_plan_of_what_is_there_is_ready_without_a_step() -> None:
    there = dataset("forcing", NETCDF, {**CATCHMENTS, **PERIOD})
    plan = planner([there], [FROM_GRID]).plan(FORCING)
    assert plan.is_ready
    assert plan.datasets == (there,)
    assert plan.step is None
    assert plan.seconds == 0.0


def test_plan_takes_the_cheapest_chain() -> None:
    csv = dataset("csv", CSV, {**CATCHMENTS, **PERIOD})
    plan = planner([csv, HERE, WEATHER], [FROM_GRID, CONVERT]).plan(FORCING)
    assert plan.step is not None
    assert plan.step.derivation is CONVERT
    assert plan.seconds == 2.0


def test_plan_counts_what_the_inputs_cost() -> None:
    zarr = Requirement(Category.FORCING, ZARR, FORCING.restrictions, exact=True)
    plan = planner([HERE, WEATHER], [CONVERT, FROM_GRID]).plan(zarr)
    assert [step.derivation.name for step in plan.steps()] == ["from-grid", "convert"]
    assert plan.seconds == 102.0


def test_plan_does_not_feed_a_derivation_with_itself() -> None:
    plan = planner([], [CONVERT]).plan(FORCING)
    assert not plan.is_possible
    assert [item.derivation for item in plan.refused] == ["convert"]
    assert "nothing fulfils" in plan.refused[0].reason


def test_plan_with_known_inputs_finds_what_was_derived_before() -> None:
    made = dataset("made", NETCDF, {**CATCHMENTS, **PERIOD})
    fresh = planner([HERE, WEATHER], [FROM_GRID]).plan(FORCING)
    assert fresh.step is not None
    assert fresh.step.key
    plan = planner([HERE, WEATHER], [FROM_GRID], {fresh.step.key: made}).plan(FORCING)
    assert plan.is_ready
    assert plan.datasets == (made,)


def test_key_changes_with_inputs_parameters_and_what_is_wanted() -> None:
    chosen = derivation(
        "chosen", (Category.FORCING, (NETCDF,)), grid_needs, 1.0, parameters=(Parameter("method", "how"),)
    )

    def key(weather: Dataset, **changes: object) -> str:
        step = planner([HERE, weather], [chosen]).plan(FORCING.needing(**changes)).step
        assert step is not None
        return step.key

    plain = key(WEATHER)
    assert key(WEATHER) == plain
    assert key(dataset("weather", GRID, PERIOD, digest="other")) != plain
    assert key(WEATHER, parameters={"method": "linear"}) != plain
    assert key(WEATHER, parameters={"unrelated": 1}) == plain
    assert (
        key(WEATHER, restrictions={**FORCING.restrictions, DomainIndex.VARIABLE: Discrete(frozenset({"P"}))})
        != plain
    )


def test_plan_without_a_required_parameter_says_which() -> None:
    chosen = derivation(
        "realize", (Category.FORCING, (NETCDF,)), grid_needs, 1.0,
        parameters=(Parameter("formulation", "which models", required=True),),
    )  # fmt: skip
    plan = planner([HERE, WEATHER], [chosen]).plan(FORCING)
    assert not plan.is_possible
    assert "formulation" in plan.refused[0].reason
    assert any("formulation" in line for line in plan.lines())


def test_several_datasets_serve_only_roles_that_allow_it() -> None:
    halves = [
        dataset("first", CSV, {**CATCHMENTS, DomainIndex.TIME: Continuous(NOW, NOW + DAY / 2)}),
        dataset("second", CSV, {**CATCHMENTS, DomainIndex.TIME: Continuous(NOW + DAY / 2, NOW + DAY)}),
    ]
    assert not planner(halves, [CONVERT]).plan(FORCING).is_possible
    merging = derivation(
        "merge", (Category.FORCING, (NETCDF,)), other_form, 3.0, several=frozenset({"forcing"})
    )
    plan = planner(halves, [CONVERT, merging]).plan(FORCING)
    assert plan.step is not None
    assert plan.step.derivation is merging
    assert {item.name for item in plan.step.inputs[0].datasets} == {"first", "second"}


def test_refusal_of_a_derivation_is_told_with_its_hint() -> None:
    never = derivation("never", (Category.FORCING, (NETCDF,)), lambda _w: Refusal("it rains", "wait"), 1.0)
    plan = planner([], [never]).plan(FORCING)
    text = "\n".join(plan.lines())
    assert "never: it rains" in text
    assert "hint: wait" in text


def test_plan_by_one_derivation_disregards_what_is_there() -> None:
    there = dataset("forcing", NETCDF, {**CATCHMENTS, **PERIOD})
    plan = planner([there, HERE, WEATHER], [FROM_GRID]).plan_with(FROM_GRID, FORCING)
    assert not plan.is_ready
    assert plan.step is not None


@pytest.mark.parametrize("ready", [True, False])
def test_plan_as_json_is_json(ready: bool) -> None:
    import json

    datasets = [HERE, WEATHER, *([dataset("forcing", NETCDF, {**CATCHMENTS, **PERIOD})] if ready else [])]
    plan = planner(datasets, [FROM_GRID, CONVERT]).plan(FORCING)
    found = json.loads(json.dumps(plan.as_json()))
    assert found["ready"] is ready
    assert found["possible"] is True
