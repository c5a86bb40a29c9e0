"""What gauges observed, and output of the framework unpacked and as NetCDF."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dmod
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Refusal
from dmod.errors import InputError, NotFoundError
from dmod.services.data.asking import requirement_of
from dmod.services.data.derivations import observations, output_to_netcdf, run_package, unpack_ngen_output
from dmod.testing.derivation_trial import DerivationTrial
from dmod.testing.gauge_service import Gauge, GaugeService, Value

START, END = "2019-03-01", "2019-03-01 23:00"
OBSERVED = "OBSERVATION_CSV"


def hourly(count: int, base: float) -> list[Value]:
    first = datetime(2019, 3, 1, tzinfo=UTC)
    return [Value((first + timedelta(hours=i)).isoformat(), f"{base + i}") for i in range(count)]


GAUGES = [
    Gauge(name, values={("00060", "00011", ""): hourly(24, base)})
    for name, base in (("10109000", 5.0), ("10109001", 50.0))
]


def wanting(*gages: str, **parameters: Any) -> Any:
    return requirement_of(
        "OBSERVATION", format=OBSERVED, gages=gages, start=START, end=END, parameters=parameters
    )


def test_observations_of_several_gauges_are_the_same_bytes_and_name_their_source(trial) -> None:
    with GaugeService(GAUGES) as service:
        wanted = wanting("10109000", "gage-10109001", source=service.address)
        done, again = (trial.run(observations.DERIVATION, wanted, {}) for _ in range(2))
    assert list(done.content()) == ["gage-10109000.csv", "gage-10109001.csv"]
    assert done.content() == again.content()
    assert done.made.sources == {"source": service.address}
    assert done.made.domain.values(DomainIndex.GAGE_ID) == {"10109000", "10109001"}


def test_interrupted_observations_do_not_ask_for_what_is_there(
    trial: DerivationTrial, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with GaugeService(GAUGES[:1]) as service:
        wanted = wanting("10109000", "10109001", source=service.address)
        with pytest.raises(NotFoundError):
            trial.run(observations.DERIVATION, wanted, {}, scratch=scratch)
    assert (scratch / "gage-10109000.csv").is_file()
    with GaugeService(GAUGES[1:]) as service:  # knows the other one only
        wanted = wanting("10109000", "10109001", source=service.address)
        done = trial.run(observations.DERIVATION, wanted, {}, scratch=scratch)
    assert len(done.content()) == 2


@pytest.mark.parametrize(
    ("gages", "more", "said"),
    [((), {}, "no gauge"), (("10109000",), {"kind": "weekly"}, "no kind 'weekly'")],
)
def test_observations_that_are_not_said_are_refused(gages, more, said: str) -> None:
    found = observations.needs(wanting(*gages, **more))
    assert isinstance(found, Refusal)
    assert said in found.reason
    assert found.hint


def test_observations_without_a_period_are_refused() -> None:
    found = observations.needs(requirement_of("OBSERVATION", format=OBSERVED, gages=["10109000"]))
    assert isinstance(found, Refusal)
    assert "no period" in found.reason


@pytest.fixture(scope="session")
def results(basin, parts, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The framework's CSV of a run, and the same as NetCDF."""
    wanted = basin.wanting(
        "CONFIG",
        "NGEN_JOB_COMPOSITE_CONFIG",
        formulation="cfe",
        parameters={"fallbacks": ["basin-median"]},
    )
    package = DerivationTrial(tmp_path_factory.mktemp("run")).run(
        run_package.DERIVATION, wanted, parts.inputs()
    )
    folder = tmp_path_factory.mktemp("results")
    dmod.run(package.output, output=folder / "netcdf", report=False)
    dmod.run(package.output, output=folder / "all", report=False, csv=True)
    plain = folder / "csv"
    plain.mkdir()
    for path in (folder / "all").glob("*-*.csv"):
        (plain / path.name).write_bytes(path.read_bytes())
    return plain, folder / "netcdf"


def output_wanted(basin, form: str) -> Any:
    return requirement_of("OUTPUT", format=form, catchments=basin.catchments, exact=True)


def test_archived_output_is_unpacked_and_becomes_netcdf_with_the_same_values(
    basin, results, trial, tmp_path: Path
) -> None:
    import xarray

    plain, netcdf = results
    archive = tmp_path / "output.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(plain, "out")
    wanted = output_wanted(basin, "NGEN_CSV_OUTPUT")
    unpacked, second = (
        trial.run(unpack_ngen_output.DERIVATION, wanted, {"archive": [archive]}) for _ in range(2)
    )
    assert unpacked.content() == second.content()
    assert len(unpacked.content()) == len(list(plain.iterdir()))
    wanted = output_wanted(basin, "NGEN_NETCDF_OUTPUT")
    done, again = (trial.run(output_to_netcdf.DERIVATION, wanted, {"output": [unpacked]}) for _ in range(2))
    assert done.content() == again.content()
    assert set(done.content()) == {"catchments.nc", "nexuses.nc"}
    for file, feature, digits in (("catchments.nc", "catchment", 9), ("nexuses.nc", "feature_id", 6)):
        with xarray.open_dataset(done.output / file) as made, xarray.open_dataset(netcdf / file) as theirs:
            order = [list(theirs[feature].values).index(name) for name in made[feature].values]
            np.testing.assert_array_equal(made["time"].values, theirs["time"].values)
            assert set(made.data_vars) == set(theirs.data_vars)
            for name in made.data_vars:
                expected = theirs[name].values[order]
                np.testing.assert_allclose(made[name].values, expected, rtol=10.0 ** (1 - digits), atol=1e-12)


def test_output_of_different_periods_is_not_put_into_one_file(basin, results, trial, tmp_path: Path) -> None:
    plain, _ = results
    folder = tmp_path / "cut"
    folder.mkdir()
    for path in plain.glob("cat-*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    victim = next(iter(sorted(folder.iterdir())))
    victim.write_text("".join(victim.read_text().splitlines(keepends=True)[:-3]))
    with pytest.raises(InputError, match="other times"):
        trial.run(
            output_to_netcdf.DERIVATION, output_wanted(basin, "NGEN_NETCDF_OUTPUT"), {"output": [folder]}
        )


@pytest.mark.parametrize("module", [unpack_ngen_output, output_to_netcdf])
def test_output_that_is_not_said_is_refused(module) -> None:
    form = module.DERIVATION.makes[1][0]
    assert isinstance(module.needs(requirement_of("OUTPUT", format=form)), Refusal)
    (need,) = module.needs(requirement_of("OUTPUT", format=form, parameters={"dataset": "mine"}))
    assert need.restrictions[DomainIndex.DATA_ID].values == {"mine"}
    assert need.format in (FORMATS["ARCHIVED_NGEN_CSV_OUTPUT"], FORMATS["NGEN_CSV_OUTPUT"])
