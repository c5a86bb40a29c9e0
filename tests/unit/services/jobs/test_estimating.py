"""What requests will need, whether what they name is there, and who may read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import dmod
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import Continuous, Discrete
from dmod.errors import DatasetNotFound, InputError
from dmod.jobs.request.request import parse_request
from dmod.services.data.service import DataService
from dmod.services.jobs.confining import PUBLIC, confined
from dmod.services.jobs.estimating import Estimating, Reader


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataService]:
    """A catalog with packages of anna's, small and large."""
    (tmp_path / "file").write_text("x")
    period = Continuous(datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 2, 1, tzinfo=UTC))
    with dmod.open_data(tmp_path / "home", owner="anna") as service:
        for name, count in (("small", 20), ("large", 20_000)):
            held = {
                DomainIndex.CATCHMENT_ID: Discrete(frozenset(f"cat-{number}" for number in range(count))),
                DomainIndex.TIME: period,
                DomainIndex.FORMULATION: Discrete(frozenset({"SLoTH+PET+CFE"})),
            }
            said = dmod.Description("CONFIG", "NGEN_JOB_COMPOSITE_CONFIG", held)  # type: ignore[arg-type]
            service.add(name, [tmp_path / "file"], said)
        yield service


def test_size_of_a_package_makes_the_estimate(data: DataService) -> None:
    estimating = Estimating(data)
    small = estimating(parse_request({"package": "small"}))
    large = estimating(parse_request({"package": "large"}))
    assert (small.catchments, small.hours) == (20, 744)
    assert (large.catchments, large.hours) == (20_000, 744)
    assert large.memory > small.memory
    assert large.seconds > small.seconds > 0


def test_named_catchments_and_period_make_the_estimate(data: DataService) -> None:
    request = {
        "where": {"catchments": ["cat-1", "cat-2"]},
        "period": {"start": "2019-01-01", "end": "2019-01-01 23:00"},
        "formulation": "cfe",
    }
    found = Estimating(data)(parse_request(request))
    assert (found.catchments, found.hours) == (2, 24)


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        ({"package": "nope"}, "package"),
        ({"package": "small", "warm_start": "nope"}, "warm_start"),
        ({"package": "small", "evaluation": {"observed": "nope"}}, "evaluation.observed"),
        ({"kind": "evaluation", "results": "nope"}, "results"),
        (
            {
                "where": {"hydrofabric": "nope", "places": ["gage-1"]},
                "period": {"start": "2019-01-01", "end": "2019-01-02"},
                "formulation": "cfe",
            },
            "where.hydrofabric",
        ),
    ],
)
def test_dataset_that_is_not_there_is_named_with_its_key(
    data: DataService, request_: dict[str, object], key: str
) -> None:
    with pytest.raises(InputError, match=rf"{key}: there is no dataset nope"):
        Estimating(data)(parse_request(request_))


def test_what_is_another_s_is_as_if_it_were_not_there(data: DataService) -> None:
    request = parse_request({"package": "small"})
    assert Estimating(data)(request, Reader("anna", is_confined=True)).catchments == 20
    with pytest.raises(InputError, match="there is no dataset small"):
        Estimating(data)(request, Reader("ben", is_confined=True))
    with pytest.raises(DatasetNotFound):
        confined(data, "ben").dataset("small")


def test_what_is_public_is_everybody_s(data: DataService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PUBLIC, "carl,anna")
    assert confined(data, "ben").dataset("small").owner == "anna"


def test_what_is_shared_is_theirs_too_until_it_is_not(data: DataService) -> None:
    (shared,) = data.share("small", ["ben", "ben"])
    assert shared.shared_with == ("ben",)
    request = parse_request({"package": "small"})
    assert Estimating(data)(request, Reader("ben", is_confined=True)).catchments == 20
    with pytest.raises(DatasetNotFound):
        confined(data, "carl").dataset("small")
    data.share("small", ["*"])
    assert confined(data, "carl").dataset("small").owner == "anna"
    data.share("small", [])
    with pytest.raises(DatasetNotFound):
        confined(data, "ben").dataset("small")


def test_what_somebody_adds_while_confined_is_theirs(data: DataService, tmp_path: Path) -> None:
    own = confined(replace(data, owner="ben"), "ben")
    own.add("mine", [tmp_path / "file"], dmod.Description("OUTPUT", "GENERIC"))  # type: ignore[arg-type]
    assert own.dataset("mine").owner == "ben"
    assert [item.name for item in own.list()] == ["mine"]
