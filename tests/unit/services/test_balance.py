from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.chain import Chain, Source, Stage
from dmod.engine.models.registry import find_module
from dmod.errors import BalanceError
from dmod.services.balance import balance_of, documented_losses, write_balance

CATCHMENTS = ("cat-1", "cat-2", "cat-3")


def chain(rows: list[int], balance: list[list[float]], module: str = "CFE") -> Chain:
    count = len(rows)
    stage = Stage(
        module=find_module(module),
        sources=(),
        parameters=np.zeros((count, 0)),
        state=np.zeros((count, 0)),
        state_names=(),
        balance=np.array(balance),
        failed_step=np.full(count, -1),
    )
    return Chain("test", np.array(rows), (stage,), (), Source("module", stage=0, output=0))


def test_balance_of_several_chains_stands_in_the_order_of_the_catchments() -> None:
    chains = [
        chain([2, 0], [[3.0, 2.0, 1.0, 0.0], [1.0, 0.5, 0.5, 0.0]]),
        chain([1], [[2.0, 1.0, 0.5, 0.5]]),
    ]
    balance = balance_of(chains, CATCHMENTS, np.array([0.25, 0.5, 1.5]))
    np.testing.assert_array_equal(balance.inflow, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(balance.evapotranspiration, [0.25, 0.5, 0.5])
    np.testing.assert_array_equal(balance.storage_change, [0.5, 0.5, 1.0])
    np.testing.assert_array_equal(balance.unaccounted, [0.0, 0.5, 0.0])
    np.testing.assert_array_equal(balance.residual, [0.0, 0.0, 0.0])


@pytest.mark.parametrize("lost", [2e-6, -2e-6, np.nan, np.inf])
def test_balance_that_is_open_names_the_worst_catchment_and_the_module(lost: float) -> None:
    closed, open_ = [1.0, 0.5, 0.5, 0.0], [1.0, 0.5 + lost, 0.5, 0.0]
    with pytest.raises(BalanceError, match=r"module cfe .* in 1 catchments; worst at cat-3"):
        balance_of([chain([1, 2], [closed, open_])], CATCHMENTS, np.zeros(3))


def test_balance_within_the_tolerance_passes() -> None:
    balance_of([chain([0], [[1.0, 0.5 + 9e-7, 0.5, 0.0]])], CATCHMENTS, np.zeros(3))
    balance_of([chain([0], [[0.0, 9e-10, 0.0, 0.0]])], CATCHMENTS, np.zeros(3))


def test_balance_of_a_module_that_moves_no_water_is_not_asked_for() -> None:
    balance = balance_of([chain([0], [[1.0, 0.0, 0.0, 0.0]], "PET")], CATCHMENTS, np.zeros(3))
    assert not balance.inflow.any()


def test_documented_loss_is_said_once_with_its_catchments() -> None:
    one = chain([0, 2], [[1.0, 0.5, 0.5, 0.0], [1.0, 0.5, 0.498, 0.002]])
    (sentence,) = documented_losses([one], CATCHMENTS)
    assert sentence.startswith("cfe 6d08db7: up to 2 mm of water lost")
    assert "(cat-3)" in sentence
    assert documented_losses([replace(one, stages=())], CATCHMENTS) == []


def test_balance_table_is_in_millimetres(tmp_path: Path) -> None:
    balance = balance_of([chain([0], [[1.0, 0.75, 0.25, 0.0]])], CATCHMENTS[:1], np.array([0.5]))
    write_balance(tmp_path / "balance.csv", CATCHMENTS[:1], balance)
    header, row = (tmp_path / "balance.csv").read_text().splitlines()
    assert header.split(",")[:4] == ["catchment", "inflow_mm", "runoff_mm", "evapotranspiration_mm"]
    assert row == "cat-1,1000,500,250,250,0,0"
