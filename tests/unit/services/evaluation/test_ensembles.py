"""Ensembles of the short form: opened from where they lie, paired, scored; or refused with what to change."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError, UnitError
from dmod.evaluation import metrics as m
from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.specification.parsing import parse_specification
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.compiling import compile_evaluation, require_scheme
from dmod.services.evaluation.resolving import FolderResolver
from dmod.services.evaluation.running import run_evaluation
from dmod.services.evaluation.settling import settled

DAYS = 40
PLACES = ("01", "02")
TIMES = np.datetime64("2020-01-01", "s") + np.arange(DAYS) * np.timedelta64(86400, "s")
OBSERVED = np.random.default_rng(0).gamma(2.0, 3.0, (2, DAYS))
MEMBERS = np.stack([OBSERVED * (0.7 + 0.2 * k) for k in range(3)])
FEET = 0.3048**3


def write_table(path: Path, flow: Any, *, unit: str = "m3/s", member: str = "") -> None:
    """Add the flow of both places to a table."""
    is_new = not path.is_file()
    with path.open("a") as file:
        if is_new:
            file.write(f"location,time,value,unit{',member' if member else ''}\n")
        for place, values in zip(PLACES, flow, strict=False):
            for time, value in zip(TIMES, values, strict=True):
                file.write(f"{place},{time},{float(value)!r},{unit}{f',{member}' if member else ''}\n")


def write_netcdf(path: Path, flow: Any, dimensions: tuple[str, ...]) -> None:
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(dimensions, np.shape(flow), strict=True):
            file.createDimension(name, size)
        seconds = file.createVariable("time", "i8", ("time",))
        seconds.units = "seconds since 1970-01-01"
        seconds[:] = TIMES.astype(np.int64)
        if "location" in dimensions:
            places = file.createVariable("location", str, ("location",))
            places[:] = np.array(PLACES, dtype=object)
        values = file.createVariable("streamflow", "f8", dimensions)
        values.units = "m3 s-1"
        values[:] = flow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same observations and members in all forms that can hold them."""
    folder = tmp_path_factory.mktemp("forms")
    write_table(folder / "observed.csv", OBSERVED)
    (folder / "netcdf").mkdir()
    for k, flow in enumerate(MEMBERS):
        write_table(folder / f"m{k}.csv", flow)
        write_table(folder / "all.csv", flow, member=f"{k + 8}")
        write_netcdf(folder / "netcdf" / f"m{k}.nc", flow, ("location", "time"))
    write_table(folder / "feet.csv", MEMBERS[2] / FEET, unit="ft3/s")
    write_netcdf(folder / "member.nc", MEMBERS, ("member", "location", "time"))
    write_netcdf(folder / "late.nc", MEMBERS.transpose(2, 1, 0), ("time", "location", "realization"))
    return folder


def evaluated(folder: Path, run: Any, **changes: Any) -> Evaluation:
    document = {
        "observations": str(folder / "observed.csv"),
        "runs": {"forecast": run},
        "metrics": ["crps", "crpss"],
        **changes,
    }
    plan = compile_evaluation(parse_specification(document), Reach(FolderResolver(folder)))
    return run_evaluation(plan)


def require_crps(found: Evaluation) -> None:
    values = found.scores[found.scores["metric"] == "crps"]["value"].to_list()
    expected = [m.crps(MEMBERS[:, place], OBSERVED[place]) for place in range(2)]
    assert values == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("address", ["all.csv", "member.nc", "late.nc", "netcdf"])
def test_members_are_all_that_one_address_holds(folder: Path, address: str) -> None:
    require_crps(evaluated(folder, {"members": str(folder / address)}))


def test_members_are_files_that_are_listed_and_are_brought_to_one_unit(folder: Path) -> None:
    files = [str(folder / name) for name in ("m0.csv", "m1.csv", "feet.csv")]
    found = evaluated(folder, {"members": files, "statistic": "mean"}, metrics=["crps", "nse"])
    require_crps(found)
    nse = found.scores[found.scores["metric"] == "nse"]["value"].to_list()
    assert nse == pytest.approx([m.nse(MEMBERS[:, k].mean(axis=0), OBSERVED[k]) for k in range(2)])
    assert any("simulated (forecast): " in note and "ft3/s" in note for note in found.notes)


def test_folder_of_runs_is_an_ensemble_of_them(folder: Path, tmp_path: Path) -> None:
    for k in range(3):
        (tmp_path / f"run-{k}").mkdir()
        shutil.copy(folder / "netcdf" / f"m{k}.nc", tmp_path / f"run-{k}" / "streamflow.nc")
    (tmp_path / "notes.txt").write_text("of the runs")
    from dmod.services.evaluation.member_openings import divided
    from dmod.services.evaluation.opening import Opening

    found = divided(Opening(str(tmp_path), "run", "runs.f.members"), tmp_path)
    assert {name: one.address for name, one in found.items()} == {
        f"run-{k}": str(tmp_path / f"run-{k}") for k in range(3)
    }


def test_members_of_a_table_are_in_the_order_of_their_numbers(folder: Path) -> None:
    from dmod.services.evaluation.source_options import SourceOptions
    from dmod.services.evaluation.teehr import members_of_table

    assert members_of_table(folder / "all.csv", SourceOptions()) == ("8", "9", "10")
    assert members_of_table(folder / "m0.csv", SourceOptions()) == ()


@pytest.mark.parametrize("name", ["all.csv", "member.nc"])
def test_members_that_are_named_as_one_run_are_refused_with_how_to_score_them(
    folder: Path, name: str
) -> None:
    with pytest.raises(InputError, match=r"runs.forecast: .*(several members|no variable)") as error:
        evaluated(folder, str(folder / name))
    assert "NAME: {members: ADDRESS} under runs" in str(error.value.hint)


def test_one_file_is_no_ensemble_and_it_says_what_is(folder: Path) -> None:
    for name in ("m0.csv", "netcdf/m0.nc", "observed.csv"):
        with pytest.raises(InputError, match=r"runs.forecast.members: .* holds no members") as error:
            evaluated(folder, {"members": str(folder / name)})
        assert "a table with a column member" in str(error.value.hint)


def test_folder_of_one_file_is_that_file_and_one_run_is_no_ensemble(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    shutil.copy(folder / "member.nc", tmp_path / "one")
    require_crps(evaluated(folder, {"members": str(tmp_path / "one")}))
    (tmp_path / "run").mkdir()
    shutil.copy(folder / "netcdf" / "m0.nc", tmp_path / "run" / "streamflow.nc")
    with pytest.raises(InputError, match="holds no members"):
        evaluated(folder, {"members": str(tmp_path / "run")})


def test_file_that_cannot_be_read_is_told_by_its_place(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.nc").write_bytes(b"CDF no more")
    with pytest.raises(InputError, match=r"runs.forecast.members: .*broken.nc cannot be read as NetCDF"):
        evaluated(folder, {"members": str(tmp_path / "broken.nc")})


def test_member_that_is_not_there_is_told_by_its_place(folder: Path) -> None:
    with pytest.raises(NotFoundError, match=r"runs.forecast.members.two: there is nothing at"):
        evaluated(folder, {"members": {"one": str(folder / "m0.csv"), "two": str(folder / "gone.csv")}})
    with pytest.raises(InputError, match=r"runs.forecast.members: there is nothing at"):
        evaluated(folder, {"members": str(folder / "gone.csv")})
    with pytest.raises(InputError, match=r"runs.forecast.members: 'job:7' is a job of a server"):
        evaluated(folder, {"members": "job:7"})


def test_member_of_an_unknown_unit_is_told_by_its_place(folder: Path, tmp_path: Path) -> None:
    rows = "".join(f"01,{time},1.0\n" for time in TIMES)
    (tmp_path / "bare.csv").write_text("location,time,value\n" + rows)
    with pytest.raises(UnitError, match=r"runs.forecast.members.bare: .*the unit is not stated"):
        evaluated(folder, {"members": {"a": str(folder / "m0.csv"), "bare": str(tmp_path / "bare.csv")}})


def test_member_without_any_of_the_places_is_told(folder: Path, tmp_path: Path) -> None:
    text = (folder / "m1.csv").read_text()
    (tmp_path / "other.csv").write_text(text.replace("\n01,", "\n77,").replace("\n02,", "\n78,"))
    files = {"a": str(folder / "m0.csv"), "b": str(tmp_path / "other.csv")}
    with pytest.raises(InputError, match="no location of forecast belongs to one of"):
        evaluated(folder, {"members": files})
    with pytest.raises(InputError, match=r"runs.forecast.members.b: it has none of 01"):
        evaluated(folder, {"members": files}, gauges=["01"])


def test_metric_of_one_series_without_a_statistic_is_refused_before_anything_is_read(folder: Path) -> None:
    document = {"observations": "gone.csv", "runs": {"f": ["gone", "lost"]}, "metrics": ["kge", "crps"]}
    with pytest.raises(InputError, match=r"runs.f.statistic is missing: kge score one series") as error:
        require_scheme(parse_specification(document))
    assert "statistic: mean or median" in str(error.value.hint)
    require_scheme(parse_specification({**document, "metrics": ["crps"]}))


def test_ensemble_is_not_graded_in_dmods_way(folder: Path) -> None:
    run = {"members": str(folder / "member.nc"), "statistic": "mean"}
    with pytest.raises(InputError, match=r"runs.forecast is an ensemble, which DMOD's way cannot grade"):
        evaluated(folder, run, metrics={"kge": 1}, aggregation="dmod")


def test_member_that_a_file_does_not_hold_is_refused(folder: Path) -> None:
    from dmod.services.evaluation.source_options import SourceOptions
    from dmod.services.evaluation.sources import open_source

    for name, there in (("member.nc", "0, 1, 2"), ("all.csv", "8, 9, 10")):
        with pytest.raises(InputError, match="holds no member 77") as error:
            open_source(folder / name, options=SourceOptions(member="77"))
        assert error.value.hint == f"it holds {there}"


class Datasets:
    """Stands in for the catalog: every dataset is there in its first version."""

    def dataset(self, name: str) -> Any:
        from types import SimpleNamespace

        return SimpleNamespace(reference=f"{name}@1")


def settle(runs: Mapping[str, Any]) -> Any:
    document = {"observations": "gauge", "runs": runs, "metrics": ["crps"]}
    jobs = {"E": {"dry": "1", "wet": "2"}}
    found = settled(
        document,
        Datasets(),  # type: ignore[arg-type]
        lambda job: f"results-{job}@3",
        {},  # type: ignore[arg-type]
        members_of=lambda job: jobs.get(job, {}),
    )
    return found["runs"]


def test_members_on_a_server_become_datasets_with_their_versions() -> None:
    found = settle(
        {
            "all": {"members": "job:E"},
            "listed": ["one", "two/flow.nc"],
            "named": {"members": {"a": "job:7", "b": "three"}},
            "held": {"members": "forecast", "statistic": "mean"},
            "run": "job:8",
        }
    )
    assert found == {
        "all": {"members": {"dry": "results-1@3", "wet": "results-2@3"}},
        "listed": {"members": {"one": "one@1", "two/flow.nc": "two@1/flow.nc"}},
        "named": {"members": {"a": "results-7@3", "b": "three@1"}},
        "held": {"members": "forecast@1", "statistic": "mean"},
        "run": "results-8@3",
    }


def test_ensemble_job_as_a_single_run_is_refused_with_how_to_write_it() -> None:
    with pytest.raises(InputError, match=r"runs.f: job:E is an ensemble of 2 runs") as error:
        settle({"f": "job:E"})
    assert "{members: job:E}" in str(error.value.hint)
