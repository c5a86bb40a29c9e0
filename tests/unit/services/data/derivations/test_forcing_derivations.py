"""Forcing from a grid and from other formats: the same values, the same bytes, and it goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Made, Refusal
from dmod.catalog.domain import Domain
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous
from dmod.core.hdf5 import HDF5_LOCK
from dmod.errors import InputError
from dmod.services.data.derivations import convert_forcing, forcing_from_grid
from dmod.services.data.derivations.wanted import hours_of
from dmod.services.derive_forcing import derive_forcing
from dmod.services.example_store import make_example_store
from dmod.testing.derivation_trial import Done, draft

START, END = datetime(2019, 3, 1, tzinfo=UTC), datetime(2019, 3, 2, 11, tzinfo=UTC)
FAMILY = ("NETCDF_AORC_DEFAULT", "AORC_CSV", "NETCDF_FORCING_CANONICAL", "ZARR_FORCING")


def values_of(path: Path) -> dict[str, np.ndarray]:
    import netCDF4

    with HDF5_LOCK, netCDF4.Dataset(path) as file:
        return {name: np.asarray(variable[:]) for name, variable in file.variables.items()}


def test_forcing_from_grid_is_what_dmod_forcing_writes(basin, parts, tmp_path: Path) -> None:
    derive_forcing(
        str(basin.store),
        parts.fabric.output / "hydrofabric.gpkg",
        tmp_path / "forcings.nc",
        start=START,
        end=END,
    )
    assert list(parts.forcing.content()) == ["forcings.nc"]
    made, plain = values_of(parts.forcing.output / "forcings.nc"), values_of(tmp_path / "forcings.nc")
    assert made.keys() == plain.keys()
    for name, values in plain.items():
        np.testing.assert_array_equal(made[name], values)
    assert parts.forcing.made.facts["coverage"]["catchments"] == len(basin.catchments)


@pytest.mark.parametrize("form", ["NETCDF_AORC_DEFAULT", "AORC_CSV"])
def test_forcing_from_grid_twice_is_the_same_bytes(basin, parts, trial, form: str) -> None:
    wanted = basin.wanting("FORCING", form, exact=True)
    inputs = {"hydrofabric": [parts.fabric], "grid": [basin.store]}
    first, second = (trial.run(forcing_from_grid.DERIVATION, wanted, inputs) for _ in range(2))
    assert first.content() == second.content()
    assert first.made.domain.format.name == form
    assert first.made.domain.restrictions[DomainIndex.HYDROFABRIC_ID]


def test_forcing_from_a_store_outside_names_it_as_source(basin, parts, trial) -> None:
    wanted = basin.wanting("FORCING", "NETCDF_AORC_DEFAULT", parameters={"store": str(basin.store)})
    done = trial.run(forcing_from_grid.DERIVATION, wanted, {"hydrofabric": [parts.fabric]})
    assert done.made.sources == {"store": str(basin.store)}
    assert done.content() == parts.forcing.content()


class Stopped(BaseException):
    """Stands for an interrupt."""


def test_interrupted_forcing_goes_on_without_reading_again(basin, parts, trial, tmp_path: Path) -> None:
    wanted = basin.wanting("FORCING", "NETCDF_AORC_DEFAULT")
    inputs = {"hydrofabric": [parts.fabric], "grid": [basin.store]}
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def stop(text: str, _done: int, _total: int) -> None:
        if text.startswith("writing"):
            raise Stopped

    with pytest.raises(Stopped):
        trial.run(forcing_from_grid.DERIVATION, wanted, inputs, scratch=scratch, progress=stop)
    kept = sorted(path.name for path in scratch.rglob("*.f32"))
    assert kept
    journal = next(scratch.rglob("journal.jsonl"))
    lines = journal.read_text().splitlines()
    read: list[str] = []
    done = trial.run(
        forcing_from_grid.DERIVATION,
        wanted,
        inputs,
        scratch=scratch,
        progress=lambda text, *_: read.append(journal.read_text() if journal.exists() else ""),
    )
    assert done.content() == parts.forcing.content()
    assert all(text.splitlines() == lines for text in read if text)


def test_work_of_another_state_of_the_grid_is_given_up(basin, parts, trial, tmp_path: Path) -> None:
    wanted = basin.wanting("FORCING", "NETCDF_AORC_DEFAULT")
    inputs = {"hydrofabric": [parts.fabric], "grid": [basin.store]}
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def stop(text: str, _done: int, _total: int) -> None:
        if text.startswith("writing"):
            raise Stopped

    other = basin.wanting("FORCING", "NETCDF_AORC_DEFAULT", parameters={"method": "linear"})
    with pytest.raises(Stopped):
        trial.run(forcing_from_grid.DERIVATION, other, inputs, scratch=scratch, progress=stop)
    done = trial.run(forcing_from_grid.DERIVATION, wanted, inputs, scratch=scratch)
    assert done.content() == parts.forcing.content()


def test_grids_of_several_periods_are_read_together(basin, parts, trial, tmp_path: Path) -> None:
    inside = basin.wanting("FORCING", "NETCDF_AORC_DEFAULT", start="2018-12-31 12:00", end="2019-01-01 11:00")
    start = datetime(2018, 12, 31, tzinfo=UTC)
    store = make_example_store(tmp_path / "both", around=basin.fabric, start=start, days=2).path
    # a year's store ends an hour early, as rain is stamped with the end of its hour; its owner says all of it
    turn, years = datetime(2019, 1, 1, tzinfo=UTC), []
    for year, period in (
        ("2018", Continuous(start, turn)),
        ("2019", Continuous(turn, datetime(2020, 1, 1, tzinfo=UTC))),
    ):
        folder = tmp_path / f"aorc-{year}"
        folder.mkdir()
        (store / f"{year}.zarr").rename(folder / f"{year}.zarr")
        domain = Domain(FORMATS["FORCING_GRID"], {DomainIndex.TIME: period})
        dataset = draft(f"aorc-{year}", Category.FORCING, domain, folder)
        years.append(Done(folder, folder, Made(domain, ""), dataset))
    done = trial.run(forcing_from_grid.DERIVATION, inside, {"hydrofabric": [parts.fabric], "grid": years})
    assert values_of(done.output / "forcings.nc")["Time"].shape[1] == 24


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"catchments": ()}, "no catchments"),
        ({"start": None, "end": None}, "no period"),
        ({"start": "2019-03-01 00:30", "end": "2019-03-02"}, "no full hour"),
    ],
)
def test_forcing_without_catchments_or_period_is_refused(basin, more: dict[str, Any], said: str) -> None:
    found = forcing_from_grid.needs(basin.wanting("FORCING", "NETCDF_AORC_DEFAULT", **more))
    assert isinstance(found, Refusal)
    assert said in found.reason
    assert found.hint


def test_store_options_without_a_name_are_refused(basin, parts, trial) -> None:
    parameters = {"store": str(basin.store), "store_options": ["us-east-1"]}
    wanted = basin.wanting("FORCING", "NETCDF_AORC_DEFAULT", parameters=parameters)
    with pytest.raises(InputError, match="store_options"):
        trial.run(forcing_from_grid.DERIVATION, wanted, {"hydrofabric": [parts.fabric]})


@pytest.mark.parametrize("form", FAMILY)
def test_converted_forcing_has_the_same_values_cut_to_what_is_asked(basin, parts, trial, form: str) -> None:
    some = basin.catchments[1:4]
    wanted = basin.wanting("FORCING", form, exact=True, catchments=some, start="2019-03-01 06:00")
    first, second = (
        trial.run(convert_forcing.DERIVATION, wanted, {"forcing": [parts.forcing]}) for _ in range(2)
    )
    assert first.content() == second.content()
    assert first.made.domain.format.name == form
    assert (
        first.made.domain.restrictions[DomainIndex.CATCHMENT_ID]
        == wanted.restrictions[DomainIndex.CATCHMENT_ID]
    )
    back = trial.run(
        convert_forcing.DERIVATION,
        basin.wanting(
            "FORCING", "NETCDF_AORC_DEFAULT", exact=True, catchments=some, start="2019-03-01 06:00"
        ),
        {"forcing": [first]},
    )
    before, after = values_of(parts.forcing.output / "forcings.nc"), values_of(back.output / "forcings.nc")
    rows = [list(before["ids"]).index(name) for name in after["ids"]]
    np.testing.assert_array_equal(after["precip_rate"], before["precip_rate"][rows, 6:])


def test_datasets_of_several_catchments_and_periods_are_put_together(basin, parts, trial) -> None:
    half = len(basin.catchments) // 2
    pieces = []
    for catchments, start, end in (
        (basin.catchments[:half], START, END),
        (basin.catchments[half:], START, START + timedelta(hours=20)),
        # overlaps by six hours
        (basin.catchments[half:], START + timedelta(hours=15), END),
    ):
        wanted = basin.wanting(
            "FORCING", "ZARR_FORCING", exact=True, catchments=catchments, start=start, end=end
        )
        pieces.append(trial.run(convert_forcing.DERIVATION, wanted, {"forcing": [parts.forcing]}))
    whole = basin.wanting("FORCING", "NETCDF_AORC_DEFAULT", exact=True)
    done = trial.run(convert_forcing.DERIVATION, whole, {"forcing": pieces})
    before, after = values_of(parts.forcing.output / "forcings.nc"), values_of(done.output / "forcings.nc")
    rows = [list(before["ids"]).index(name) for name in after["ids"]]
    for name in ("precip_rate", "Time", "PRES_surface"):
        np.testing.assert_array_equal(after[name], before[name][rows])


def test_conversion_of_a_named_dataset_takes_all_of_it(basin, parts, trial) -> None:
    wanted = Requirement(
        Category.FORCING,
        FORMATS["ZARR_FORCING"],
        exact=True,
        parameters={"dataset": parts.forcing.dataset.name},
    )
    done = trial.run(convert_forcing.DERIVATION, wanted, {"forcing": [parts.forcing]})
    assert done.made.domain.values(DomainIndex.CATCHMENT_ID) == set(basin.catchments)
    assert done.made.domain.time == parts.forcing.made.domain.time


def test_conversion_of_nothing_named_is_refused(basin) -> None:
    nothing = basin.wanting("FORCING", "ZARR_FORCING", catchments=(), start=None, end=None)
    assert isinstance(convert_forcing.needs(nothing), Refusal)


def test_hours_end_with_the_hour_that_the_period_ends_in(basin) -> None:
    period = Continuous(START, START + timedelta(hours=23, minutes=59, seconds=59))
    axis = hours_of(Requirement(Category.FORCING, None, {DomainIndex.TIME: period}))
    assert axis is not None
    assert axis.count == 24  # type: ignore[union-attr]
    number = hours_of(Requirement(Category.FORCING, None, {DomainIndex.TIME: Continuous(1.0, 2.0)}))
    assert isinstance(number, Refusal)


def test_where_datasets_disagree_each_hour_is_taken_of_the_first_that_has_it(
    basin, parts, trial, tmp_path
) -> None:
    (name,) = basin.catchments[:1]
    early = basin.wanting(
        "FORCING", "AORC_CSV", exact=True, catchments=[name], end=START + timedelta(hours=19)
    )
    late = basin.wanting(
        "FORCING", "AORC_CSV", exact=True, catchments=[name], start=START + timedelta(hours=15)
    )
    first, second = (
        trial.run(convert_forcing.DERIVATION, wanted, {"forcing": [parts.forcing]})
        for wanted in (early, late)
    )
    other = tmp_path / "other"
    other.mkdir()
    header, *rows = (second.output / f"{name}.csv").read_text().splitlines()
    place = header.split(",").index("TMP_2maboveground")
    changed = [
        ",".join("300" if i == place else cell for i, cell in enumerate(row.split(","))) for row in rows
    ]
    (other / f"{name}.csv").write_text("\n".join([header, *changed]) + "\n")
    whole = basin.wanting("FORCING", "NETCDF_AORC_DEFAULT", exact=True, catchments=[name])
    done = trial.run(convert_forcing.DERIVATION, whole, {"forcing": [first, other]})
    made = values_of(done.output / "forcings.nc")["TMP_2maboveground"][0]
    assert (made[20:] == 300).all()
    assert (made[:20] != 300).all()
