"""What a module costs is measured, or it is said why not. No time is asserted but its being one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmod.errors import BackendError, InputError
from dmod.services.modules.bench import bench_module
from dmod.services.modules.native_cost import native_costs
from dmod.services.modules.program_name import Target


@pytest.mark.parametrize(("language", "vectorised"), [("c", False), ("python", False), ("vectorised", True)])
def test_module_is_measured(made: Callable[..., Target], language: str, vectorised: bool) -> None:
    cost = bench_module(made(language), catchments=3, steps=50, native=False)
    assert (cost.catchments, cost.steps, cost.inputs, cost.outputs) == (3, 50, 1, 2)
    assert cost.vectorised == vectorised
    assert 0 < cost.update <= cost.whole
    assert cost.coupling == cost.whole - cost.update
    assert cost.initialize > 0
    text = cost.as_text()
    assert cost.machine in text
    assert "3 catchments × 50 steps, 1 values in, 2 out" in text
    assert cost.as_json()["coupling"] == cost.coupling


def test_module_is_measured_no_further_than_it_goes(made: Callable[..., Target]) -> None:
    target = made("python", ("return sys.float_info.max", "return 20 * 3600.0"))
    assert bench_module(target, catchments=2, steps=1000, native=False).steps == 20


def test_module_that_crashes_cannot_be_measured(made: Callable[..., Target]) -> None:
    edit = ("  it->time += seconds;", "  it->time += seconds; if (it->time > 36000) *(volatile int *)8 = 1;")
    with pytest.raises(BackendError, match="update was ended by signal SIGSEGV"):
        bench_module(made("c", edit), catchments=2, steps=50, native=False)


def test_module_that_fails_cannot_be_measured(made: Callable[..., Target]) -> None:
    with pytest.raises(BackendError, match=r"cannot be measured: .*initialize returned 1"):
        bench_module(made("c", config=False), catchments=2, steps=50, native=False)


def test_native_modules_are_measured_on_the_spot() -> None:
    costs = native_costs(2, 30)
    assert set(costs) == {"pet", "cfe", "topmodel"}
    assert all(cost > 0 for cost in costs.values())


def test_benchmark_of_nothing_is_refused(made: Callable[..., Target]) -> None:
    with pytest.raises(InputError, match="cannot be measured"):
        bench_module(made("python"), catchments=0)
