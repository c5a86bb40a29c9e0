"""The chain and the loop over blocks and chunks, with toy modules whose results are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.engine import integrate
from dmod.engine.chain import Chain, Column
from dmod.engine.integrate import Integrator, blocks, sum_into_nexuses
from dmod.engine.models.module import Config, Module, Prepared, Variable
from dmod.engine.native import ChainModule, build_chain, forcing_key, split_forcing_key
from dmod.errors import NumericalError, RealizationError
from dmod.formulation.formulation import Formulation, ModuleSpec

AXIS = TimeAxis(datetime(2020, 1, 1, tzinfo=UTC), 3600, 48)
RAIN = forcing_key("rain", "mm h-1")


def _toy(name: str, inputs: Sequence[str], output: str, step: Any, unit: str = "m") -> Module:
    def kernel(parameters, state, ins, outs, balance, failed):  # type: ignore[no-untyped-def]
        for t in range(outs[0].shape[1]):
            outs[0][:, t] = step(parameters, state, [array[:, t] for array in ins])
            bad = ~np.isfinite(outs[0][:, t]) & (failed < 0)
            failed[bad] = t

    def prepare(configs: Sequence[Config]) -> Prepared:
        scale = np.array([[float(c.values["scale"])] for c in configs])  # type: ignore[arg-type]
        return Prepared(scale, np.zeros((len(configs), 1)), ("store",))

    return Module(
        name=name, revision="", title=name, references=(), parameters=(),
        states=(Variable("store", "m", ""),),
        inputs=tuple(Variable(n, "mm h-1" if n == "rain" else "m", "") for n in inputs),
        outputs=(Variable(output, unit, ""),), read_config=lambda *_: Config({}), check=lambda _: [],
        prepare=prepare, kernel=kernel, uses_water=False,
    )  # fmt: skip


def _accumulate(parameters: Any, state: Any, ins: Any) -> Any:
    state[:, 0] += parameters[:, 0] * ins[0]
    return state[:, 0].copy()


def _sum_with_store(parameters: Any, state: Any, ins: Any) -> Any:
    state[:, 0] = ins[0] + 0.5 * ins[1]
    return state[:, 0].copy()


def _formulation(*names: str, main: str, outputs: tuple[str, ...], **more: Any) -> Formulation:
    specs = tuple(ModuleSpec("bmi_c", name) for name in names)
    return Formulation("bmi_multi", "bmi_multi", main, specs, output_variables=outputs, **more)


def _configs(count: int) -> list[Config]:
    return [Config({"scale": 1.0 + i}) for i in range(count)]


def _chain(count: int) -> Chain:
    first = ChainModule(_toy("first", ["rain"], "a", _accumulate), _configs(count))
    second = ChainModule(_toy("second", ["a", "rain"], "b", _sum_with_store), _configs(count))
    formulation = _formulation("first", "second", main="b", outputs=("a", "b"))
    return build_chain(formulation, [first, second], {"rain": "mm h-1"}, np.arange(count))


class _Keep:
    def __init__(self, count: int) -> None:
        self.values = {name: np.full((count, AXIS.count), np.nan) for name in ("a", "b")}

    def write(self, rows: Any, first_step: int, arrays: Mapping[str, Any]) -> None:
        for name, array in arrays.items():
            self.values[name][rows, first_step : first_step + array.shape[1]] = array


def _rain(rows: Any, keys: Sequence[str], first: int, out: Mapping[str, Any]) -> None:
    for array in out.values():
        array[:] = np.sin(1 + rows)[:, None] + np.arange(first, first + array.shape[1]) % 7


def _run(count: int, workers: int) -> tuple[_Keep, np.ndarray]:
    sink = _Keep(count)
    ids = [f"cat-{i}" for i in range(count)]
    runs = Integrator([_chain(count)], ids, axis=AXIS, read=_rain, sinks=[sink], workers=workers).run()
    return sink, np.concatenate([chunk.depth for chunk in runs], axis=1)


def test_chain_passes_each_module_what_the_one_before_made() -> None:
    sink, depth = _run(3, workers=1)
    rain = np.sin(1 + np.arange(3))[:, None] + np.arange(AXIS.count) % 7
    a = np.cumsum(rain * np.array([[1.0], [2.0], [3.0]]), axis=1)
    np.testing.assert_allclose(sink.values["a"], a, rtol=1e-12)
    np.testing.assert_allclose(sink.values["b"], a + 0.5 * rain, rtol=1e-12)
    np.testing.assert_array_equal(depth, sink.values["b"])


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize(("block_bytes", "chunk_bytes"), [(1, 1), (6000, 24 * 8 * 17), (2**24, 2**24)])
def test_integrator_gives_the_same_bits_for_any_workers_blocks_and_chunks(
    workers: int, block_bytes: int, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = _run(17, workers=1)
    monkeypatch.setattr(integrate, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(integrate, "CHUNK_BYTES", chunk_bytes)
    sink, _ = _run(17, workers)
    for name, values in expected.values.items():
        np.testing.assert_array_equal(sink.values[name], values)


def test_blocks_cover_every_catchment_once() -> None:
    chain = _chain(23)
    parts = [block.rows for block in blocks(chain, 24, 2)]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(23))


def test_feedback_takes_the_value_of_the_step_before() -> None:
    early = ChainModule(_toy("early", ["rain", "late"], "x", _sum_with_store), _configs(2))
    late = ChainModule(_toy("late", ["x"], "late", lambda p, s, i: 2.0 * i[0]), _configs(2))
    formulation = _formulation(
        "early", "late", main="late", outputs=("x", "late"), default_output_values={"late": 10.0}
    )
    chain = build_chain(formulation, [early, late], {"rain": "mm h-1"}, np.arange(2))

    def read(rows: Any, keys: Any, first: int, out: Mapping[str, Any]) -> None:
        for array in out.values():
            array[:] = 1.0

    sink = _Keep(2)
    sink.values = {name: np.zeros((2, AXIS.count)) for name in ("x", "late")}
    list(Integrator([chain], ["cat-0", "cat-1"], axis=AXIS, read=read, sinks=[sink], workers=2).run())
    x = sink.values["x"][0]
    assert x[0] == 1.0 + 0.5 * 10.0
    np.testing.assert_allclose(x[1:], 1.0 + 0.5 * 2.0 * x[:-1], rtol=1e-15)


def test_constant_is_given_in_the_unit_that_is_wanted() -> None:
    sloth = _toy("sloth", [], "c", None)
    first = ChainModule(_toy("first", ["c"], "a", _accumulate), _configs(1))
    formulation = _formulation("sloth", "first", main="a", outputs=("a",))
    chain = build_chain(
        formulation, [ChainModule(sloth, constants=[("c", "mm", 250.0)]), first], {}, np.arange(1)
    )
    assert chain.stages[0].sources[0].value == 0.25
    assert len(chain.stages) == 1


def test_number_that_is_not_finite_names_catchment_module_and_step() -> None:
    broken = ChainModule(
        _toy("broken", ["rain"], "a", lambda p, s, i: np.where(i[0] > 7.5, np.nan, i[0])), _configs(2)
    )
    formulation = _formulation("broken", main="a", outputs=("a",))
    chain = build_chain(formulation, [broken], {"rain": "mm h-1"}, np.arange(2))

    def read(rows: Any, keys: Any, first: int, out: Mapping[str, Any]) -> None:
        for array in out.values():
            array[:] = 0.0
            array[rows == 1, 13] = 8.0

    integrator = Integrator([chain], ["cat-7", "cat-8"], axis=AXIS, read=read)
    with pytest.raises(NumericalError, match=r"broken .* cat-8 at step 13 \(2020-01-01 13:00:00\)"):
        list(integrator.run())


def test_chain_without_a_supplier_names_the_input() -> None:
    first = ChainModule(_toy("first", ["rain"], "a", _accumulate), _configs(1))
    with pytest.raises(RealizationError, match="'rain'"):
        build_chain(_formulation("first", main="a", outputs=("a",)), [first], {}, np.arange(1))


def test_forcing_key_splits_into_name_and_unit() -> None:
    assert split_forcing_key(forcing_key("TMP [2m]", "W m-2")) == ("TMP [2m]", "W m-2")


def test_nexus_flow_is_the_sum_of_depth_times_area() -> None:
    depth = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
    flow = np.full((2, 2), -1.0)
    sum_into_nexuses(depth, np.array([1.0, 0.5, 2.0]), np.array([0, 2, 3]), np.array([2, 0, 1]), flow)
    np.testing.assert_array_equal(flow, [[201.0, 402.0], [5.0, 10.0]])


def test_column_keeps_the_unit_of_its_module() -> None:
    chain = _chain(1)
    assert [(c.name, c.unit) for c in chain.columns] == [("a", "m"), ("b", "m")]
    assert isinstance(chain.columns[0], Column)
