"""Runs with modules of others, next to native ones: what comes out, and what is done when one goes wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import dmod
from dmod.engine.foreign.failure import ForeignError
from dmod.errors import (
    BalanceError,
    DmodError,
    InputError,
    NotFoundError,
    NumericalError,
    PluginError,
    RealizationError,
    UnknownModule,
)
from dmod.services.options import RunOptions
from dmod.services.parts import run_part
from dmod.services.run import run as run_package
from dmod.testing.foreign_modules import Reservoir, closed_form
from dmod.testing.foreign_package import change_realization, make_foreign_package

MISFIT = "dmod.testing.foreign_modules.misfit"
FIELD = "dmod.testing.foreign_modules.field.Field"
RESULTS = ("catchments.nc", "nexuses.nc", "streamflow.nc", "balance.csv", "hydrograph.csv")


def run(package: Path, **options: object) -> dmod.RunResult:
    return dmod.run(package, **{"engine": "bmi", "report": False, "overwrite": True, "workers": 1, **options})


def values(package: Path, name: str = "outflow") -> np.ndarray:
    with netCDF4.Dataset(package / "outputs" / "catchments.nc") as file:
        return np.asarray(file[name][:])


def children() -> set[str]:
    found = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return {pid for pid in found if b"boot.py" in Path(f"/proc/{pid}/cmdline").read_bytes()}


def rain(package: Path) -> np.ndarray:
    """Return the rain of each catchment [m h-1]."""
    with netCDF4.Dataset(next((package / "forcings").glob("*.nc"))) as file:
        return np.asarray(file["precip_rate"][:], dtype=float) * 3.6


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return make_foreign_package(tmp_path / "package")


def test_outflow_is_that_of_the_closed_form(package: Path) -> None:
    run(package, workers=2)
    reservoir, storage = Reservoir(), np.full(5, Reservoir().storage)
    wanted = []
    for step in rain(package).T[: values(package).shape[1]]:
        following = np.array(
            [
                closed_form(Reservoir(reservoir.k, before), fallen, np.array([1.0]))[0]
                for before, fallen in zip(storage, step, strict=True)
            ]
        )
        wanted.append(step - (following - storage))
        storage = following
    np.testing.assert_allclose(values(package), np.array(wanted).T, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("language", ["c", "cpp", "f90"])
def test_compiled_module_gives_what_python_gives(
    package: Path, tmp_path: Path, language: str, compiled: Callable[..., Path], kernels: None
) -> None:
    run(package)
    other = make_foreign_package(tmp_path / language, language, library=compiled(f"reservoir.{language}"))
    run(other)
    np.testing.assert_allclose(values(other), values(package), rtol=1e-12, atol=1e-18)
    assert (values(other, "water_potential_evaporation_flux") > 0).any()


def test_chain_of_native_modules_gives_the_same_bytes_under_both_engines(tmp_path: Path) -> None:
    package = dmod.make_example(tmp_path / "package", catchments=4, years=0.02, observed=False).path
    for engine in ("native", "bmi"):
        run(package, engine=engine, output=tmp_path / engine)
    for name in RESULTS:
        assert (tmp_path / "native" / name).read_bytes() == (tmp_path / "bmi" / name).read_bytes(), name


@pytest.mark.parametrize("python_type", [None, FIELD])
def test_number_of_workers_and_parts_does_not_change_a_byte(tmp_path: Path, python_type: str | None) -> None:
    settings = {"python_type": python_type} if python_type else {}
    package = make_foreign_package(tmp_path / "package", catchments=9, **settings)
    for workers in (1, 3):
        run(package, workers=workers, output=tmp_path / str(workers))
    options = RunOptions(engine="bmi", report=False, output=tmp_path / "parts", workers=1)
    ids = [f"cat-{number}" for number in range(1, 10)]
    folders = [tmp_path / "part-0", tmp_path / "part-1"]
    for folder, members in zip(folders, (ids[:4], ids[4:]), strict=True):
        run_part(package, members, folder, options)
    run_package(package, options, parts=folders)
    for name in RESULTS:
        first = (tmp_path / "1" / name).read_bytes()
        assert (tmp_path / "3" / name).read_bytes() == first, name
        assert (tmp_path / "parts" / name).read_bytes() == first, name


def test_module_for_many_catchments_gives_what_one_for_each_gives(package: Path, tmp_path: Path) -> None:
    run(package)
    field = make_foreign_package(tmp_path / "field", python_type=FIELD)
    run(field)
    np.testing.assert_allclose(values(field), values(package), rtol=1e-12, atol=1e-18)


def test_record_names_module_and_hashes_its_file(
    tmp_path: Path, compiled: Callable[..., Path], kernels: None
) -> None:
    library = compiled("reservoir.c")
    package = make_foreign_package(tmp_path / "package", "c", library=library)
    run(package)
    record = next((package / "outputs" / "metadata").glob("*.json")).read_text(encoding="utf-8")
    assert str(library) in record
    assert '"Reservoir"' in record


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [("crashing", "signal 11 (SIGSEGV)"), ("leaving", "ended its process, with status 3")],
)
def test_module_that_ends_its_process_fails_the_run_alone(tmp_path: Path, behaviour: str, said: str) -> None:
    package = make_foreign_package(tmp_path / "package", python_type=f"{MISFIT}.Misfit", behaviour=behaviour)
    with pytest.raises(ForeignError) as caught:
        run(package, workers=2)
    text = str(caught.value)
    assert said in text
    assert "module Reservoir, catchment cat-" in text
    assert "at step 5 (2015-10-01 05:00:00)" in text
    assert f"the reservoir is {behaviour}" in text  # the last that it printed
    assert not [path for path in (package / "outputs").rglob("*") if path.is_file()]
    assert not children()


@pytest.mark.parametrize("behaviour", ["crashes-at-5", "exits-at-5"])
def test_compiled_module_that_ends_its_process_fails_the_run_alone(
    tmp_path: Path, behaviour: str, compiled: Callable[..., Path], kernels: None
) -> None:
    library = compiled("reservoir.c")
    package = make_foreign_package(tmp_path / "package", "c", library=library, behaviour=behaviour)
    with pytest.raises(ForeignError, match=r"catchment cat-\d+: update .*at step 5 "):
        run(package, workers=2)
    assert not children()


def test_module_that_never_comes_back_is_ended(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", python_type=f"{MISFIT}.Misfit", behaviour="staying")
    with pytest.raises(ForeignError, match=r"did not come back within 3 s, at step 5 ") as caught:
        run(package, workers=2, module_patience=3.0)
    assert "--module-patience" in str(caught.value)
    assert not children()


def test_module_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", python_type=f"{MISFIT}.Misfit", behaviour="growing")
    with pytest.raises(ForeignError, match=r"MiB, and 300 MiB are allowed for a process, at step 5 "):
        run(package, module_memory=300 << 20)


def test_module_that_raises_is_named_with_catchment_and_step(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", behaviour="fails-at-5")
    with pytest.raises(ForeignError) as caught:
        run(package)
    assert "update raised RuntimeError: the reservoir burst, at step 5 (2015-10-01 05:00:00)" in str(
        caught.value
    )


def test_what_is_not_a_number_stops_the_run(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", behaviour="not-a-number")
    with pytest.raises(NumericalError, match=r"Reservoir gave no finite number in cat-\d at step 3"):
        run(package)


def test_module_that_steps_by_minutes_goes_until_each_hour(package: Path, tmp_path: Path) -> None:
    run(package)
    fine = make_foreign_package(tmp_path / "fine", python_type=f"{MISFIT}.Fine")
    run(fine)
    np.testing.assert_allclose(values(fine), values(package), rtol=1e-9, atol=1e-15)


def test_module_that_steps_by_days_gets_means_and_its_outflow_is_shared_out(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", python_type=f"{MISFIT}.Daily", years=0.03)
    result = run(package)
    found = values(package)
    days = found.shape[1] // 24
    by_day = found[:, : days * 24].reshape(len(found), days, 24)
    assert (by_day == by_day[:, :, :1]).all()
    reservoir = Reservoir()
    mean = rain(package)[:, :24].mean(axis=1)
    wanted = [
        24 * each - (closed_form(reservoir, each, np.array([24.0]))[0] - reservoir.storage) for each in mean
    ]
    np.testing.assert_allclose(by_day[:, 0, 0], wanted, rtol=1e-12)
    np.testing.assert_allclose(result.water_balance.runoff, found.sum(axis=1) / 24.0, rtol=1e-9)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("Odd", "steps by 18000 s"), ("Timeless", "'furlongs', which is no unit of time")],
)
def test_step_that_does_not_go_with_the_run_is_refused(tmp_path: Path, kind: str, said: str) -> None:
    package = make_foreign_package(tmp_path / "package", python_type=f"{MISFIT}.{kind}")
    with pytest.raises(InputError, match=said):
        run(package)


def test_module_that_ends_before_the_run_is_refused_unless_it_may_go_on(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", allow_exceed_end_time=False)
    change_realization(package, {"allow_exceed_end_time": False})
    with pytest.raises(ForeignError, match="said that it ends after 360000 s, and the run takes") as caught:
        run(package)
    assert "allow_exceed_end_time" in str(caught.value)


def test_mass_balance_that_a_module_tells_is_looked_at(tmp_path: Path) -> None:
    asked = {"check": True, "tolerance": 1e-9, "frequency": 3}
    kind = f"{MISFIT}.Weighed"
    good = make_foreign_package(tmp_path / "good", python_type=kind, mass_balance=asked)
    assert not [text for text in run(good).warnings if "balance" in text]
    bad = make_foreign_package(tmp_path / "bad", python_type=kind, mass_balance=asked, behaviour="forgets")
    (said,) = [text for text in run(bad).warnings if "balance" in text]
    assert "open by up to 1.000e-03 in 5 catchments" in said
    assert "from 2015-10-01 02:00:00 on" in said
    fatal = make_foreign_package(
        tmp_path / "fatal", python_type=kind, behaviour="forgets", mass_balance={**asked, "fatal": True}
    )
    with pytest.raises(BalanceError, match=r"open by 1.000e-03, and 1e-09 is allowed, at step"):
        run(fatal)
    silent = make_foreign_package(tmp_path / "silent", mass_balance=asked)
    assert any("does not tell its mass balance" in text for text in run(silent).warnings)


def test_parts_tell_the_whole_run_of_open_balances(tmp_path: Path) -> None:
    package = make_foreign_package(
        tmp_path / "package", python_type=f"{MISFIT}.Weighed", behaviour="forgets",
        mass_balance={"check": True, "tolerance": 1e-9, "frequency": -1}, catchments=2,
    )  # fmt: skip
    options = RunOptions(engine="bmi", report=False, output=tmp_path / "parts", workers=1)
    folders = [tmp_path / "part-0", tmp_path / "part-1"]
    for number, folder in enumerate(folders, 1):
        run_part(package, [f"cat-{number}"], folder, options)
    said = [text for text in run_package(package, options, parts=folders).warnings if "balance" in text]
    assert ["(cat-1)" in said[0], "(cat-2)" in said[1]] == [True, True]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "native", "ranks": 4}, "ranks: the engine 'native' has no use for it"),
        ({"engine": "bmi", "program": "ngen"}, "program: the engine 'bmi' has no use for it"),
        ({"engine": "native", "environment": ["numpy"]}, "environment: the engine 'native' has no use"),
        ({"engine": "bmi", "environment": ["no requirement at all"]}, "no requirement at all"),
    ],
)
def test_option_that_the_engine_does_not_heed_is_refused(
    package: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        run(package, **options)


def test_run_goes_on_from_states_that_modules_gave(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", python_type=f"{MISFIT}.Restartable", catchments=3)
    run(package)
    whole = values(package)
    first, second = tmp_path / "first", tmp_path / "second"
    run(package, end="2015-10-03 23:00", output=first)
    run(package, start="2015-10-04 00:00", warm_start=first / "states.nc", output=second)
    with netCDF4.Dataset(second / "catchments.nc") as file:
        assert np.array_equal(np.asarray(file["outflow"][:]), whole[:, 72:])


def test_module_may_take_what_a_later_one_gave_a_step_before(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", catchments=2)
    place = package / "config" / "realization.json"
    text = place.read_text(encoding="utf-8")
    # the reservoir's rain is what it has let out itself a step before
    place.write_text(
        text.replace('"rain": "atmosphere_water__liquid_equivalent_precipitation_rate"', '"rain": "outflow"'),
        encoding="utf-8",
    )
    run(package)
    reservoir, storage, given, wanted = Reservoir(), Reservoir().storage, 0.0, []
    for _ in range(values(package).shape[1]):
        following = closed_form(Reservoir(reservoir.k, storage), given, np.array([1.0]))[0]
        given, storage = given - (following - storage), following
        wanted.append(given)
    np.testing.assert_allclose(values(package)[0], wanted, rtol=1e-9)


def test_parameters_of_the_realization_are_set_after_the_initialisation(tmp_path: Path) -> None:
    one = make_foreign_package(tmp_path / "one", reservoir=Reservoir(k=40.0))
    two = make_foreign_package(tmp_path / "two", model_params={"k": 40.0, "profile": [1.0, 2.0, 3.0]})
    for package in (one, two):
        run(package)
    assert np.array_equal(values(one), values(two))
    area = make_foreign_package(
        tmp_path / "area", model_params={"k": {"source": "hydrofabric", "from": "areasqkm"}}
    )
    run(area)
    assert len(np.unique(values(area)[:, 0])) > 1  # catchments have areas of their own


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"python_type": "nowhere.at.All"}, PluginError, "there is no Python package nowhere"),
        (
            {"python_type": "dmod.testing.foreign_modules.reservoir.Reservoire"},
            PluginError,
            "has no class Reservoire",
        ),
        ({"python_type": "dmod.testing.foreign_modules.reservoir.NoModule"}, PluginError, "has no update"),
        ({"python_path": "nowhere"}, NotFoundError, "nowhere does not exist"),
        ({"init_config": "./config/{{id}}.none"}, NotFoundError, "no configuration file for cat-1"),
        ({"variables_names_map": {"rain": "rein"}}, RealizationError, "needs 'rain' .mapped to 'rein'."),
        ({"model_params": {"strange": 1.0}}, DmodError, "strange"),
        ({"model_params": {"profile": [1.0]}}, InputError, "takes 3 values, and 1 were given"),
    ],
)
def test_module_that_cannot_be_had_is_told_with_what_to_do(
    package: Path, settings: dict[str, object], error: type[DmodError], said: str
) -> None:
    change_realization(package, settings, module=2)
    with pytest.raises(error, match=said):
        run(package)
    assert not children()


def test_library_that_is_not_there_is_told(tmp_path: Path) -> None:
    package = make_foreign_package(tmp_path / "package", "c", library=Path("lib/libnone.so"))
    with pytest.raises(PluginError, match=r"there is no library lib/libnone.so, and module 'Reservoir'"):
        run(package)


def test_module_that_an_installed_package_offers_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "reservoirs-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: reservoirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[dmod.modules]\nfield = dmod.testing.foreign_modules.field:Field\nlost = nowhere.at:All\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    package = make_foreign_package(tmp_path / "package", model_type_name="field", python_type="")
    assert run(package).plan.modules[-1][0] == "field"
    change_realization(package, {"model_type_name": "lost"}, module=2)
    with pytest.raises(PluginError, match=r"module lost of package reservoirs cannot be used: .*nowhere"):
        run(package)
    change_realization(package, {"model_type_name": "neither"}, module=2)
    with pytest.raises(RealizationError, match="needs python_type"):
        run(package)


def test_native_engine_names_the_engine_that_runs_a_module_of_others(package: Path) -> None:
    with pytest.raises(UnknownModule, match="--engine bmi"):
        run(package, engine="native")


def test_engine_that_is_not_there_is_refused(package: Path) -> None:
    with pytest.raises(InputError, match="there is no engine 'magic'"):
        run(package, engine="magic")


def test_check_says_what_is_wrong_with_modules_of_others(package: Path) -> None:
    assert dmod.check(package, RunOptions(engine="bmi")).ok
    change_realization(package, {"python_type": "nowhere.at.All", "init_config": ""}, module=2)
    found = dmod.check(package, RunOptions(engine="bmi"))
    assert [p for p in found.problems if "there is no Python package nowhere" in p.message]
    assert not children()
