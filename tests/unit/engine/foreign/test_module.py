"""The port holds for a module in every language: names, units, times, values, and what fails is told."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.foreign.failure import ForeignError
from dmod.engine.foreign.module import ForeignModule, Program
from dmod.errors import InputError
from dmod.testing.foreign_modules import Reservoir, closed_form

LANGUAGES = ("c", "cpp", "f90", "py")
STORAGE = {"cpp": "a_storage_whose_name_is_longer_than_short_strings"}
Started = Callable[..., ForeignModule]

every = pytest.mark.parametrize("language", LANGUAGES)


@every
def test_storage_follows_the_closed_form(started: Started, language: str) -> None:
    # dS/dt = P - S / k, solved exactly, for constant rain
    module, reservoir, rain = started(language), Reservoir(), 0.004
    name = STORAGE.get(language, "storage")
    module.set_values("rain", [rain])
    found = []
    for _ in range(30):
        module.update()
        found.append(module.get_values(name)[0])
    np.testing.assert_allclose(found, closed_form(reservoir, rain, np.arange(1, 31)), rtol=1e-13)


@every
def test_outflow_closes_the_balance(started: Started, language: str) -> None:
    module, rain = started(language), 0.004
    module.set_values("rain", rain)
    out = 0.0
    for _ in range(10):
        module.update()
        out += module.get_values("outflow")[0]
    stored = module.get_values(STORAGE.get(language, "storage"))[0]
    assert out == pytest.approx(Reservoir().storage + 10 * rain - stored, rel=1e-12)


@every
def test_times_are_those_of_the_module(started: Started, language: str) -> None:
    module = started(language)
    assert (module.start_time, module.time, module.end_time, module.time_step) == (0, 0, 360000, 3600)
    assert module.time_units == "s"
    module.update()
    assert module.time == 3600
    module.update_until(9000.0)
    assert module.time == 9000
    name = STORAGE.get(language, "storage")
    assert module.get_values(name)[0] == pytest.approx(closed_form(Reservoir(), 0.0, np.array([2.5]))[0])


@every
def test_variables_are_described(started: Started, language: str) -> None:
    module = started(language)
    assert module.input_names[0] == "rain"
    assert module.output_names[:2] == ("outflow", STORAGE.get(language, "storage"))
    assert (module.units("rain"), module.units("outflow")) == ("m h-1", "m")
    assert (module.itemsize("rain"), module.nbytes("rain"), module.count("rain")) == (8, 8, 1)
    assert module.dtype("rain") == np.dtype("f8")
    assert module.grid_size(module.grid("rain")) == 1


@pytest.mark.parametrize(
    ("language", "words"), [("c", "double"), ("f90", "double precision"), ("py", "float64")]
)
def test_types_are_in_the_words_of_the_language(started: Started, language: str, words: str) -> None:
    assert started(language).type("rain") == words


@pytest.mark.parametrize("language", ["c", "f90", "py"])
def test_values_of_other_types_arrive_in_their_type(started: Started, language: str) -> None:
    module = started(language)
    module.set_values("weight", [0.1])
    assert module.get_values("weight").dtype == np.float32
    assert module.get_values("weight")[0] == np.float32(0.1)
    module.update()
    assert module.get_values("steps").dtype == np.int32
    assert module.get_values("steps").tolist() == [1]


@pytest.mark.parametrize("language", ["c", "py"])
def test_variable_with_several_places_arrives_whole(started: Started, language: str) -> None:
    module = started(language)
    assert module.count("profile") == 3
    assert module.get_values("profile").shape == (3,)


def test_parameter_set_after_initialising_is_heeded(started: Started) -> None:
    for language in LANGUAGES:
        module = started(language)
        module.set_values("k", [3.0])
        module.update()
        name = STORAGE.get(language, "storage")
        expected = closed_form(Reservoir(k=3.0), 0.0, np.array([1.0]))[0]
        assert module.get_values(name)[0] == pytest.approx(expected), language


@every
def test_instances_of_one_program_do_not_disturb_each_other(
    opened: Callable[..., Program], tmp_path: Path, language: str
) -> None:
    program = opened(language)
    reservoirs = [Reservoir(k=k, storage=s) for k, s in ((3.0, 0.1), (7.0, 0.2), (20.0, 0.4))]
    modules = [program.instance(f"cat-{i}") for i in range(3)]
    for i, (module, reservoir) in enumerate(zip(modules, reservoirs, strict=True)):
        module.initialize(reservoir.write(tmp_path / f"{i}.txt"))
        module.set_values("rain", [0.001 * i])
    for _ in range(5):
        for module in modules:
            module.update()
    name = STORAGE.get(language, "storage")
    for i, (module, reservoir) in enumerate(zip(modules, reservoirs, strict=True)):
        expected = closed_form(reservoir, 0.001 * i, np.array([5.0]))[0]
        assert module.get_values(name)[0] == pytest.approx(expected, rel=1e-12)
        module.finalize()


FAILURES = {
    "c": "returned 7",
    "cpp": "failed: the reservoir burst",
    "f90": "returned 7",
    "py": "raised RuntimeError: the reservoir burst",
}


@every
def test_failing_update_names_module_catchment_and_function(started: Started, language: str) -> None:
    module = started(language, "fails-at-5")
    for _ in range(5):
        module.update()
    with pytest.raises(ForeignError) as caught:
        module.update()
    error = caught.value
    assert str(error) == f"module Reservoir, catchment cat-27: update {FAILURES[language]}"
    assert (error.module, error.catchment, error.function, error.variable) == (
        "Reservoir",
        "cat-27",
        "update",
        "",
    )
    assert error.code == {"c": 7, "cpp": 1, "f90": 7, "py": None}[language]


def test_failure_arrives_whole_from_another_process(started: Started) -> None:
    with pytest.raises(ForeignError) as caught:
        started("c").units("snow")
    arrived = pickle.loads(pickle.dumps(caught.value))
    assert (str(arrived), arrived.variable, arrived.code) == (str(caught.value), "snow", 1)
    assert type(arrived) is ForeignError


@every
def test_failing_update_until_is_told(started: Started, language: str) -> None:
    module = started(language)
    module.update()
    with pytest.raises(ForeignError, match="update_until"):
        module.update_until(0.0)


@every
def test_missing_configuration_is_told_as_initialize(
    opened: Callable[..., Program], tmp_path: Path, language: str
) -> None:
    module = opened(language).instance("cat-27")
    with pytest.raises(ForeignError, match="catchment cat-27: initialize"):
        module.initialize(tmp_path / "none.txt")
    assert not module.initialized
    module.finalize()


@pytest.mark.parametrize("language", ["c", "cpp", "py"])
def test_unknown_variable_is_named(started: Started, language: str) -> None:
    module = started(language)
    with pytest.raises(ForeignError, match="get_var_units of 'snow'") as caught:
        module.units("snow")
    assert caught.value.variable == "snow"
    with pytest.raises(ForeignError, match="of 'snow'"):
        module.get_values("snow")


def test_text_that_is_thrown_in_cpp_is_told(opened: Callable[..., Program], tmp_path: Path) -> None:
    module = opened("cpp").instance("cat-27")
    with pytest.raises(ForeignError, match="initialize failed: k has to be positive"):
        module.initialize(Reservoir(k=-1.0).write(tmp_path / "r.txt"))


def test_what_says_nothing_when_thrown_in_cpp_is_told(started: Started) -> None:
    module = started("cpp", "throws-a-number")
    for _ in range(5):
        module.update()
    with pytest.raises(ForeignError, match="update failed: an exception that says nothing"):
        module.update()


@pytest.mark.parametrize("language", ["c", "cpp", "py"])
def test_not_a_number_is_passed_on(started: Started, language: str) -> None:
    module = started(language, "not-a-number")
    for _ in range(4):
        module.update()
    assert np.isnan(module.get_values("outflow")[0])


def test_unit_that_is_no_text_is_passed_on_readable(started: Started) -> None:
    assert started("c", "lies-about-units").units("outflow") == "furlongs\ufffd"


@pytest.mark.parametrize("language", ["c", "py"])
def test_failing_set_value_names_the_variable(started: Started, language: str) -> None:
    with pytest.raises(ForeignError, match="set_value of 'rain'"):
        started(language, "takes-nothing").set_values("rain", [1.0])


def test_failing_get_value_names_the_variable(started: Started) -> None:
    with pytest.raises(ForeignError, match="get_value of 'outflow' returned 5") as caught:
        started("c", "gives-nothing").get_values("outflow")
    assert caught.value.code == 5


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("strange-type", "said 'quaternion', with 8 bytes a value"),
        ("strange-size", "said 'double', with 5 bytes a value"),
        ("odd-bytes", "said 9 bytes, of 8 a value"),
        ("writes-more", "wrote more than the 8 bytes"),
    ],
)
def test_what_a_module_says_wrongly_of_a_variable_is_told(
    started: Started, behaviour: str, words: str
) -> None:
    with pytest.raises(ForeignError, match=words):
        started("c", behaviour).get_values("outflow")


def test_module_that_writes_past_its_size_is_told(started: Started) -> None:
    with pytest.raises(ForeignError, match="get_value of 'profile' wrote more than the 8 bytes"):
        started("c", "overruns").get_values("profile")


def test_values_of_a_grid_that_grows_are_read_in_full(started: Started) -> None:
    module = started("c", "grows")
    for _ in range(4):
        module.update()
    assert module.count("profile") == 9
    module.update()
    stored = module.get_values("storage")[0]
    np.testing.assert_allclose(module.get_values("profile"), stored * np.arange(9))


def test_fortran_grid_that_does_not_fit_is_told(started: Started) -> None:
    with pytest.raises(ForeignError, match="said 1 values, and grid 1 has 4"):
        started("f90", "lies-about-grid").get_values("outflow")


def test_names_that_are_none_are_told(started: Started) -> None:
    with pytest.raises(ForeignError, match="get_output_var_names gave 7"):
        _ = started("py", "names-nothing").output_names


def test_size_that_is_no_number_is_told(started: Started) -> None:
    with pytest.raises(ForeignError, match="get_var_itemsize of 'rain' gave 'many'"):
        started("py", "strange-size").get_values("rain")


@every
def test_wrong_number_of_values_is_refused(started: Started, language: str) -> None:
    with pytest.raises(InputError, match="'rain' takes 1 values, and 2 were given"):
        started(language).set_values("rain", [1.0, 2.0])


def test_value_that_a_type_cannot_hold_is_refused(started: Started) -> None:
    module = started("c")
    module.set_values("mode", [2.0])
    assert module.get_values("mode").tolist() == [2]
    with pytest.raises(InputError, match=r"'mode' holds values of type int32, and 2\.5 is none"):
        module.set_values("mode", [2.5])


@every
def test_calls_after_the_end_are_refused(started: Started, language: str) -> None:
    module = started(language)
    module.finalize()
    module.finalize()
    with pytest.raises(ForeignError, match="update was called after the end"):
        module.update()
    with pytest.raises(ForeignError, match="get_value"):
        module._get_values("outflow", np.dtype("f8"), 1)


@every
def test_second_initialize_is_refused(started: Started, tmp_path: Path, language: str) -> None:
    with pytest.raises(ForeignError, match="initialize was called twice"):
        started(language).initialize(tmp_path / "again.txt")
