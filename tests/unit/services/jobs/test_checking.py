"""What is found wrong with a request before anything is run: whatever a run would refuse, and no more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import Continuous
from dmod.errors import CoverageError
from dmod.formulation.package import find_package
from dmod.jobs.request.finding import Finding
from dmod.jobs.request.request import parse_request
from dmod.services.data.service import DataService
from dmod.services.forcing_inputs import open_inputs
from dmod.services.jobs import package_hours as looking
from dmod.services.jobs.checking import Checking
from dmod.services.jobs.estimating import Reader

COVERED = "2015-10-01 00:00:00 to 2015-10-08 06:00:00"
INSIDE = {"start": "2015-10-02", "end": "2015-10-03"}
LATE = {"start": "2015-10-07", "end": "2015-10-09"}
GRID_ONLY = {"start": "2018-01-01", "end": "2018-01-02"}


@pytest.fixture(scope="module")
def basin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package whose realization asks for two days of the seven that its forcing has."""
    folder = tmp_path_factory.mktemp("checking") / "basin"
    dmod.make_example(folder, catchments=4, years=0.02)
    path = folder / "config/realization.json"
    document = json.loads(path.read_text())
    document["time"] |= {"start_time": "2015-10-02 00:00:00", "end_time": "2015-10-03 23:00:00"}
    path.write_text(json.dumps(document))
    return folder


@pytest.fixture(scope="module")
def data(basin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataService]:
    """A catalog with the package, its fabric, and forcing that covers catchments and hours of its own."""
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "file").write_text("x")
    with dmod.open_data(folder / "home", owner="anna") as service:
        service.add("basin", [basin])
        service.add("fabric", [next(basin.rglob("*.gpkg"))])
        service.add("forcing", [basin / "forcings/forcings.nc"])
        service.basin(["cat-1"])  # whoever asks for a place first has the fabric looked into
        yield service


@pytest.fixture(scope="module")
def check(data: DataService) -> Any:
    checking = Checking(data)

    def check(**request: Any) -> list[Finding]:
        return list(checking(parse_request(request)))

    return check


def place(**changes: Any) -> dict[str, Any]:
    return {"where": {"places": ["cat-2"]}, "period": INSIDE, "formulation": "topmodel", **changes}


def fields(found: list[Finding]) -> list[str]:
    return [finding.field for finding in found]


def test_package_as_it_is_has_no_finding(check: Any) -> None:
    assert check(package="basin") == []
    assert check(package="basin", period=INSIDE, evaluation={"outlet": "cat-2"}) == []


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2015-10-02 00:00", "2015-10-03 23:00"),
        ("2015-10-01 00:00", "2015-10-08 06:00"),  # more than the realization asks for, all of the forcing
        ("2015-10-01 00:00", "2015-10-08 06:30"),
        ("2015-10-01 00:00", "2015-10-08 07:00"),
        ("2015-09-30 23:00", "2015-10-02 00:00"),
        ("2016-01-01 00:00", "2016-01-02 00:00"),
        ("2015-09-01 00:00", "2015-12-01 00:00"),
    ],
)
def test_period_of_a_package_is_refused_where_its_run_would_refuse_it(
    check: Any, basin: Path, start: str, end: str
) -> None:
    found = check(package="basin", period={"start": start, "end": end})
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end)]
    package = find_package(basin)
    try:
        open_inputs(package, package.realization.with_period(*moments), ["cat-1"], fill=None).close()
    except CoverageError:
        assert found
        assert all(item.allowed == (COVERED,) for item in found)
        assert set(fields(found)) <= {"/period/start", "/period/end"}
    else:
        assert found == []


def test_end_that_is_too_late_is_found_at_the_end_alone(check: Any) -> None:
    (found,) = check(package="basin", period=LATE)
    assert (found.field, found.given) == ("/period/end", "2015-10-09 00:00:00")
    assert "2015-10-08 06:00:00" in found.hint
    assert found.text.startswith("period.end: 2015-10-09 00:00:00 is not covered")


def test_more_parts_than_catchments_are_found(check: Any) -> None:
    assert check(package="basin", partitions=4) == []
    (found,) = check(package="basin", partitions=5)
    assert (found.field, found.given) == ("/partitions", "5")
    assert "4 catchments" in found.message
    assert "at most 4" in found.hint
    (found,) = check(**place(where={"catchments": ["cat-2"]}, partitions=2))
    assert "1 catchment," in found.message


def test_hours_of_a_package_are_read_once(data: DataService, monkeypatch: pytest.MonkeyPatch) -> None:
    checking, times = Checking(data), []
    monkeypatch.setattr(
        "dmod.services.jobs.checking.package_hours",
        lambda *given: times.append(given) or looking.package_hours(*given),
    )
    for _ in range(3):
        checking(parse_request({"package": "basin", "period": LATE}))
    assert len(times) == 1


def test_nothing_is_left_behind_by_a_look(data: DataService, check: Any) -> None:
    check(package="basin", period=LATE)
    assert not any((data.folder / looking.WORK).iterdir())


@pytest.mark.parametrize(
    ("name", "engine", "field", "message"),
    [
        ("topmodel.szn", "native", "/model_params/topmodel.szn", "no variable 'szn' that can be set"),
        ("cfe.refkdt", "native", "/model_params/cfe.refkdt", "topmodel does not run cfe"),
        ("snow.melt", "native", "/model_params/snow.melt", "dmod has no module 'snow'"),
        ("topmodel.szm", "ngen", "/model_params", "reads the realization itself"),
    ],
)
def test_parameter_that_no_module_takes_is_told_beside_it(
    check: Any, name: str, engine: str, field: str, message: str
) -> None:
    (found,) = check(**place(model_params={name: 1}, engine=engine))
    assert (found.field, message in found.message) == (field, True)


def test_parameters_that_modules_take_are_let_pass(check: Any) -> None:
    assert not check(**place(model_params={"topmodel.szm": 0.02}))
    assert not check(**place(model_params={"snow.melt": 1}, engine="bmi"))


def test_unknown_formulation_is_told_with_those_that_there_are(check: Any) -> None:
    (found,) = check(**place(formulation="topmodell"))
    assert (found.field, found.given, found.hint) == ("/formulation", "topmodell", "did you mean topmodel?")
    assert "cfe" in found.allowed


def test_every_place_that_is_not_there_is_told_by_itself(check: Any) -> None:
    found = check(**place(where={"places": ["cat-2", "cat-77", "gage-1"]}))
    assert fields(found) == ["/where/places/1", "/where/places/2"]
    assert [item.given for item in found] == ["cat-77", "gage-1"]


def test_catchments_of_no_fabric_are_named(check: Any) -> None:
    (found,) = check(**place(where={"catchments": ["cat-1", "cat-88"]}))
    assert (found.field, found.given) == ("/where/catchments", "cat-88")


def test_place_whose_forcing_can_be_had_has_no_finding(check: Any) -> None:
    assert check(**place()) == []


def test_period_that_no_forcing_of_a_place_covers_is_found(check: Any) -> None:
    (found,) = check(**place(period=LATE))
    assert (found.field, found.allowed) == ("/period/end", (COVERED,))


def test_grid_that_forcing_can_be_derived_from_counts(
    basin: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "file").write_text("x")
    hours = Continuous(datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 2, 1, tzinfo=UTC))
    with dmod.open_data(tmp_path / "home") as data:
        data.add("fabric", [next(basin.rglob("*.gpkg"))])
        data.basin(["cat-1"])
        checking = Checking(data)
        (none,) = checking(parse_request(place(period=GRID_ONLY)))
        assert none.field == "/where/places"
        assert "no forcing" in none.message
        grid = dmod.Description("FORCING", "FORCING_GRID", {DomainIndex.TIME: hours})  # type: ignore[arg-type]
        data.add("grid", [tmp_path / "file"], grid)
        assert checking(parse_request(place(period=GRID_ONLY))) == ()
        (late,) = checking(parse_request(place(period=INSIDE)))[:1]
        assert late.allowed == ("2018-01-01 00:00:00 to 2018-01-31 23:00:00",)
        # a store outside is named: what it covers is not known here
        named = place(period=INSIDE, parameters={"store": "s3://somewhere/else"})
        assert checking(parse_request(named)) == ()


def test_outlet_that_is_not_there_is_found(check: Any) -> None:
    for request in ({"package": "basin"}, place()):
        (found,) = check(**request, evaluation={"outlet": "nex-4711"})
        assert (found.field, found.given) == ("/evaluation/outlet", "nex-4711")
    assert check(package="basin", evaluation={"outlet": "gage-99000001"}) == []


def test_outlet_outside_the_basin_of_a_place_is_found(data: DataService, check: Any) -> None:
    basins = {name: set(data.basin([name]).catchments) for name in ("cat-1", "cat-2", "cat-3", "cat-4")}
    upper = min(basins, key=lambda name: len(basins[name]))
    below = max(basins, key=lambda name: len(basins[name]))
    (found,) = check(**place(where={"places": [upper]}, evaluation={"outlet": below}))
    assert found.field == "/evaluation/outlet"
    assert "not in the basin" in found.message
    assert check(**place(where={"places": [below]}, evaluation={"outlet": upper})) == []


def test_data_that_are_to_be_prepared_are_looked_for_as_well(check: Any) -> None:
    asked = {"kind": "preparation", "category": "FORCING", "where": {"places": ["cat-2"]}}
    assert check(**asked, period=INSIDE) == []
    assert fields(check(**asked, period=LATE)) == ["/period/end"]


def test_members_of_an_ensemble_are_told_by_their_place(check: Any) -> None:
    members = [
        {"name": "a", "changes": {}},
        {"name": "b", "changes": {"period.end": "2017-01-01"}},
        {"name": "c", "changes": {"formulation": "nope"}},
    ]
    found = check(kind="ensemble", base=place(), members=members)
    assert fields(found) == ["/members/1/changes/period.end", "/members/2/changes/formulation"]
    assert fields(check(kind="ensemble", base=place(formulation="nope"), members=members[:2])) == [
        "/base/formulation"
    ]


def test_package_whose_forcing_cannot_be_found_is_let_pass(basin: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(basin, bare)
    (bare / "forcings/forcings.nc").unlink()
    with dmod.open_data(tmp_path / "home") as data:
        data.add("bare", [bare])
        assert Checking(data)(parse_request({"package": "bare", "period": LATE})) == ()


def test_what_another_owns_is_as_if_it_were_not_there(data: DataService) -> None:
    (found,) = Checking(data)(parse_request(place()), Reader("ben", is_confined=True))
    assert (found.field, found.message) == (
        "/where/places/0",
        "the catalog holds no hydrofabric to find places in",
    )


def test_findings_are_one_text_for_people() -> None:
    one = Finding("/where/places/0", "is none", "x")
    assert one.text == "where.places.0: is none"
    assert Finding("", "all is wrong").text == "all is wrong"
