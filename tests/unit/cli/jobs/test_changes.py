"""Changes of a request by options."""

from __future__ import annotations

from typing import Any

import pytest

from dmod.cli.jobs.changes import changed, pairs
from dmod.errors import InputError

REQUEST = {"kind": "run", "where": {"places": ["cat-1"]}, "priority": 50}


@pytest.mark.parametrize(
    ("setting", "place", "value"),
    [
        ("resources.cpus=4", ["resources", "cpus"], 4),
        ("period.end=2016-01-31 23:00", ["period", "end"], "2016-01-31 23:00"),
        ("where.places.0=gage-00060", ["where", "places", 0], "gage-00060"),
        ("where.places.1=cat-2", ["where", "places", 1], "cat-2"),
        ("where.places=[cat-3, cat-4]", ["where", "places"], ["cat-3", "cat-4"]),
        ("name=a=b", ["name"], "a=b"),
        ("warm_start=", ["warm_start"], None),
        ("evaluation=false", ["evaluation"], False),
    ],
)
def test_value_is_put_in_its_place(setting: str, place: list[Any], value: object) -> None:
    found: Any = changed(REQUEST, [setting])
    for part in place:
        found = found[part]
    assert found == value
    assert REQUEST == {"kind": "run", "where": {"places": ["cat-1"]}, "priority": 50}


@pytest.mark.parametrize(
    "setting", ["cpus", "=4", "priority.high=1", "where.places.3=x", "where.places.first=x", "a={"]
)
def test_setting_that_has_no_place_is_refused(setting: str) -> None:
    with pytest.raises(InputError):
        changed(REQUEST, [setting])


def test_labels_are_read_up_to_the_first_sign() -> None:
    assert pairs(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    with pytest.raises(InputError, match="--label"):
        pairs(["a"])
