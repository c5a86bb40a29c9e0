"""Estimates grow with the work, and are above what was measured."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.engine.integrate import CHUNK_BYTES
from dmod.jobs.schedule.estimate import HELD_CELLS, PreparationWork, RunWork, estimate

runs = st.builds(
    RunWork,
    catchments=st.integers(1, 10**6),
    hours=st.integers(1, 10**5),
    modules=st.sampled_from([("SLoTH", "PET", "CFE"), ("PET", "TOPMODEL"), ("LSTM",)]),
    is_routed=st.booleans(),
    is_csv=st.booleans(),
    cpus=st.integers(1, 64),
)


@given(runs, st.sampled_from(["catchments", "hours"]), st.integers(1, 10**5))
def test_estimate_of_a_larger_run_is_never_less(work: RunWork, name: str, more: int) -> None:
    larger = replace(work, **{name: getattr(work, name) + more})
    assert estimate(larger).memory >= estimate(work).memory
    assert estimate(larger).seconds >= estimate(work).seconds


@given(runs)
def test_estimate_of_a_run_with_more_done_is_never_less(work: RunWork) -> None:
    plain = replace(work, is_routed=False, is_csv=False)
    assert estimate(work).seconds >= estimate(plain).seconds
    assert estimate(work).memory >= estimate(plain).memory
    assert estimate(replace(work, cpus=work.cpus + 1)).seconds <= estimate(work).seconds


@given(runs)
def test_estimate_of_an_unknown_formulation_is_that_of_the_dearest(work: RunWork) -> None:
    unknown = estimate(replace(work, modules=("something",)))
    assert unknown.seconds >= estimate(replace(work, modules=("pet", "topmodel"))).seconds
    assert unknown.seconds >= estimate(replace(work, modules=("sloth", "pet", "cfe"))).seconds


def test_estimate_of_memory_stops_growing_with_the_hours() -> None:
    year, decade = (estimate(RunWork(10_000, hours)) for hours in (8784, 87840))
    assert decade.memory == year.memory
    assert decade.seconds > 5 * year.seconds


def test_estimate_holds_as_many_cells_at_once_as_the_engine_does() -> None:
    assert HELD_CELLS * 8 == CHUNK_BYTES


def test_estimate_of_a_preparation_with_a_new_fabric_has_its_index() -> None:
    known, new = (estimate(PreparationWork(100, 24, fabric)) for fabric in (0, 800_000))
    assert new.seconds > known.seconds
    assert new.memory > known.memory


@pytest.mark.parametrize(
    ("work", "megabytes", "seconds"),
    [
        # whole processes measured apart from those that the terms were fitted to (benchmarks/README.md)
        (RunWork(10_000, 8760, is_routed=False, cpus=2), 880, 34.5),
        (RunWork(10_000, 8760, cpus=2), 1089, 78.9),
        (PreparationWork(10_000, 744), 1132, 20.7),
        (PreparationWork(9_345, 0, 800_000), 1252, 30.0),
    ],
)
def test_estimate_is_above_what_was_measured_but_not_out_of_all_proportion(
    work: RunWork | PreparationWork, megabytes: float, seconds: float
) -> None:
    found = estimate(work)
    assert megabytes < found.memory / 1e6 < 5 * megabytes
    assert seconds < found.seconds < 20 * seconds
