"""Values go in and out of many instances at every step, as calls one by one would have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.foreign.compiled_exchange import CompiledExchange
from dmod.engine.foreign.exchange import Exchange
from dmod.engine.foreign.failure import ForeignError
from dmod.engine.foreign.module import ForeignModule, Program
from dmod.engine.foreign.program import ProgramSpec, bind, open_program
from dmod.errors import InputError
from dmod.testing.foreign_modules import Reservoir, closed_form

pytestmark = pytest.mark.usefixtures("kernels")

STORAGE = {"cpp": "a_storage_whose_name_is_longer_than_short_strings"}
LANGUAGES = ("c", "cpp", "f90", "py")
Opened = Callable[..., Program]
Started = Callable[..., ForeignModule]

every = pytest.mark.parametrize("language", LANGUAGES)


def run(exchange: Exchange, steps: int = 10, rain: float = 0.004) -> np.ndarray:
    results = np.full((len(exchange.modules), len(exchange.outputs), steps), -1.0)
    exchange.run(np.full((len(exchange.modules), len(exchange.inputs), steps), rain), results)
    return results


@every
@pytest.mark.parametrize("pointers", [True, False])
def test_exchange_equals_calls_one_by_one_to_the_last_bit(
    opened: Opened, tmp_path: Path, language: str, pointers: bool
) -> None:
    program, storage = opened(language), STORAGE.get(language, "storage")
    pairs = []
    for i in range(3):
        path = Reservoir(k=3.0 + i, storage=0.1 * i).write(tmp_path / f"{i}.txt")
        pairs.append([program.instance(f"cat-{i}") for _ in range(2)])
        for module in pairs[-1]:
            module.initialize(path)
    rain = np.random.default_rng(7).random((3, 1, 40)) * 0.01
    results = np.zeros((3, 2, 40))
    exchange = bind([together for together, _ in pairs], ["rain"], ["outflow", storage], pointers=pointers)
    for part in (slice(0, 1), slice(1, 17), slice(17, 17), slice(17, 40)):
        exchange.run(np.ascontiguousarray(rain[:, :, part]), view := np.zeros_like(results[:, :, part]))
        results[:, :, part] = view
    for i, (_, alone) in enumerate(pairs):
        for step in range(40):
            alone.set_values("rain", rain[i, 0, step])
            alone.update()
            assert results[i, 0, step] == alone.get_values("outflow")[0]
            assert results[i, 1, step] == alone.get_values(storage)[0]


@every
def test_exchange_until_times_follows_the_closed_form(started: Started, language: str) -> None:
    module, storage = started(language), STORAGE.get(language, "storage")
    hours = np.array([0.5, 1.0, 4.0, 4.25])
    results = np.zeros((1, 1, 4))
    bind([module], ["rain"], [storage]).run(np.full((1, 1, 4), 0.002), results, until=hours[None, :] * 3600)
    np.testing.assert_allclose(results[0, 0], closed_form(Reservoir(), 0.002, hours), rtol=1e-13)
    assert module.time == 4.25 * 3600


@pytest.mark.parametrize("language", ["c", "f90", "py"])
def test_values_of_other_types_are_converted(started: Started, language: str) -> None:
    module = started(language)
    given = np.array([[[0.0, 0.0], [0.1, 0.25]]])
    results = np.zeros((1, 1, 2))
    bind([module], ["rain", "weight"], ["steps"]).run(given, results)
    assert results.tolist() == [[[1.0, 2.0]]]
    assert module.get_values("weight")[0] == 0.25


def test_whole_numbers_go_in_and_others_are_refused(started: Started) -> None:
    module = started("c")
    exchange = bind([module], ["mode"], ["hot"])
    exchange.run(np.array([[[3.0, -2.0]]]), np.zeros((1, 1, 2)))
    assert module.get_values("mode").tolist() == [-2]
    for value in (0.5, np.nan, 3e9):
        with pytest.raises(InputError, match="cat-27: 'mode' holds values of type int32, and"):
            exchange.run(np.full((1, 1, 1), value), np.zeros((1, 1, 1)))


def test_outputs_are_read_where_the_module_keeps_them(started: Started) -> None:
    exchange = bind([started("c")], ["rain"], ["outflow", "hot"])
    assert isinstance(exchange, CompiledExchange)
    run(exchange)
    assert exchange.pointed == (("outflow", "hot"),)
    exchange = bind([started("f90")], ["rain"], ["outflow"])
    assert isinstance(exchange, CompiledExchange)
    assert exchange.pointed == ((),)


def test_output_that_is_not_what_its_place_holds_is_asked_for(started: Started) -> None:
    module = started("c", "converts")
    exchange = bind([module], ["rain"], ["outflow", "storage"])
    results = run(exchange, 5)
    assert isinstance(exchange, CompiledExchange)
    assert exchange.pointed == (("storage",),)
    plain = run(bind([started("c")], ["rain"], ["outflow", "storage"]), 5)
    np.testing.assert_array_equal(results[:, 0], plain[:, 0] * 1000)
    np.testing.assert_array_equal(results[:, 1], plain[:, 1])


def test_output_whose_place_moves_is_told(started: Started) -> None:
    exchange = bind([started("c", "moves")], ["rain"], ["outflow"])
    run(exchange, 3)
    with pytest.raises(ForeignError, match="get_value_ptr of 'outflow' gave another address than before"):
        run(exchange, 3)


def test_module_that_tells_no_places_is_asked(
    started: Started, compiled: Callable[..., Path], tmp_path: Path
) -> None:
    assert run(bind([started("cpp", "tells-no-places")], ["rain"], ["outflow"])).min() > 0
    spec = ProgramSpec(
        "bmi_c", "R", compiled("reservoir.c"), registration_function="register_bmi_without_pointers"
    )
    module = open_program(spec).instance("cat-1")
    module.initialize(Reservoir().write(tmp_path / "r.txt"))
    exchange = bind([module], ["rain"], ["outflow"])
    assert run(exchange).min() > 0
    with pytest.raises(ForeignError, match="update_until is not offered by the module"):
        exchange.run(np.zeros((1, 1, 1)), np.zeros((1, 1, 1)), until=np.ones((1, 1)))


FAILURES = {
    "c": "returned 7",
    "cpp": "failed: the reservoir burst",
    "f90": "returned 7",
    "py": "raised RuntimeError",
}


@every
def test_failing_update_names_the_catchment_that_failed(
    opened: Opened, tmp_path: Path, language: str
) -> None:
    program = opened(language)
    modules = [program.instance(f"cat-{i}") for i in range(3)]
    for i, module in enumerate(modules):
        module.initialize(Reservoir().write(tmp_path / f"{i}.txt", "fails-at-5" if i == 1 else "well"))
    exchange = bind(modules, ["rain"], ["outflow"])
    assert run(exchange, 5).shape == (3, 1, 5)
    with pytest.raises(ForeignError, match=f"module Reservoir, catchment cat-1: update {FAILURES[language]}"):
        run(exchange, 1)


@pytest.mark.parametrize("language", ["c", "py"])
def test_failing_set_value_names_the_variable(started: Started, language: str) -> None:
    with pytest.raises(ForeignError, match="cat-27: set_value of 'rain'"):
        run(bind([started(language, "takes-nothing")], ["rain"], ["outflow"]))


def test_failing_get_value_names_the_variable(started: Started) -> None:
    exchange = bind([started("c", "gives-nothing")], ["rain"], ["storage", "outflow"], pointers=False)
    with pytest.raises(ForeignError, match="cat-27: get_value of 'outflow' returned 5"):
        run(exchange)


@pytest.mark.parametrize("language", ["c", "cpp", "py"])
def test_not_a_number_is_passed_on_where_it_was_given(started: Started, language: str) -> None:
    results = run(bind([started(language, "not-a-number")], ["rain"], ["outflow"]), 6)
    assert np.isnan(results[0, 0]).tolist() == [False, False, False, True, False, False]


def test_module_that_writes_past_its_size_is_told(started: Started) -> None:
    exchange = bind([started("c", "writes-more")], ["rain"], ["outflow"], pointers=False)
    with pytest.raises(ForeignError, match="get_value of 'outflow' wrote more than the 8 bytes"):
        run(exchange)


def test_variable_that_grows_is_told(started: Started) -> None:
    exchange = bind([started("py", "grows")], ["rain"], ["outflow"])
    run(exchange, 3)
    with pytest.raises((ForeignError, InputError), match="outflow"):
        run(exchange, 3)


def test_variable_with_several_values_is_refused(started: Started) -> None:
    for language in ("c", "py"):
        with pytest.raises(InputError, match="'profile' has 3 values, and one is exchanged at a step"):
            bind([started(language)], ["rain"], ["profile"])


@every
def test_unknown_variable_is_refused_with_those_there_are(started: Started, language: str) -> None:
    with pytest.raises(InputError, match=r"has no output snow, ice\n.*its outputs: outflow, "):
        bind([started(language)], ["rain"], ["snow", "outflow", "ice"])


@every
def test_instance_that_did_not_begin_or_has_ended_is_refused(
    opened: Opened, started: Started, language: str
) -> None:
    with pytest.raises(ForeignError, match="initialize was not called yet"):
        bind([opened(language).instance("cat-1")], ["rain"], ["outflow"])
    module = started(language)
    exchange = bind([module], ["rain"], ["outflow"])
    module.finalize()
    with pytest.raises(ForeignError, match="update was called after the end"):
        run(exchange)


def test_shapes_that_do_not_fit_are_refused(started: Started) -> None:
    exchange = bind([started("c")], ["rain"], ["outflow"])
    with pytest.raises(ValueError, match=r"do(es)? not fit the exchange"):
        exchange.run(np.zeros((1, 2, 3)), np.zeros((1, 1, 3)))
    with pytest.raises(ValueError, match=r"do(es)? not fit the exchange"):
        exchange.run(np.zeros((1, 1, 3)), np.zeros((1, 1, 3)), until=np.zeros((1, 2)))


def test_arrays_of_any_order_are_filled(started: Started) -> None:
    for language in ("c", "py"):
        results = np.full((5, 1, 1), -1.0).T
        given = np.broadcast_to(0.004, (1, 1, 5))
        bind([started(language)], ["rain"], ["outflow"]).run(given, results)
        np.testing.assert_array_equal(results, run(bind([started(language)], ["rain"], ["outflow"]), 5))


def test_module_without_inputs_runs(started: Started) -> None:
    for language in LANGUAGES:
        results = run(bind([started(language)], [], ["outflow"]), 3)
        assert results.shape == (1, 1, 3), language
        assert (results > 0).all(), language
