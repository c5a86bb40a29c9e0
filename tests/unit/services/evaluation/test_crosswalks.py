"""Pairs of locations."""

import json
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError
from dmod.evaluation.specification.crosswalk import Crosswalk
from dmod.evaluation.specification.parsing import parse_element
from dmod.services.evaluation.backends import Content, Reach
from dmod.services.evaluation.crosswalks import read_crosswalks, read_pairs


def crosswalk(document: dict[str, Any], **changes: Any) -> Crosswalk:
    return parse_element(Crosswalk, {**document["crosswalks"], **changes})


def test_keys_with_a_gauge_are_its_partners(reach: Reach, document: dict[str, Any]) -> None:
    assert read_crosswalks([crosswalk(document)], reach) == {
        "01": ("cat-1",),
        "02": ("cat-2",),
        "03": ("cat-3",),
    }


def test_origin_of_the_crosswalk_bounds_where_it_is_read(
    reach: Reach, document: dict[str, Any], files: Path
) -> None:
    (files / "crosswalk.json").write_text(
        json.dumps({"a": {"cat-1": {"site_no": "01"}}, "b": {"site_no": 3}})
    )
    assert read_crosswalks([crosswalk(document, origin="$/a")], reach) == {"01": ("cat-1",)}


def test_table_gives_pairs_and_several_tables_add_up(
    reach: Reach, document: dict[str, Any], files: Path
) -> None:
    (files / "pairs.csv").write_text("prediction_location,gauge\nwb-1,01\nwb-9,\n,09\n")
    table = crosswalk(
        document,
        backend={"backend_type": "file", "format": "csv", "address": "pairs.csv"},
        field={
            "name": "prediction_location",
            "where": "column",
            "associated_fields": [{"name": "observation_location", "path": "gauge"}],
        },
    )
    assert read_crosswalks([table], reach) == {"01": ("wb-1",)}
    assert read_crosswalks([crosswalk(document), table], reach)["01"] == ("cat-1", "wb-1")


def test_crosswalk_without_a_pair_is_refused(reach: Reach, document: dict[str, Any], files: Path) -> None:
    (files / "crosswalk.json").write_text('{"a": {"x": 1}}')
    with pytest.raises(InputError, match=r"crosswalks\[0\].field: nothing is at '\$.\* where site_no'"):
        read_crosswalks([crosswalk(document)], reach)
    (files / "crosswalk.json").write_text('{"a": {"site_no": ""}}')
    with pytest.raises(InputError, match=r"crosswalks\[0\]: no pair of locations"):
        read_crosswalks([crosswalk(document)], reach)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "gauge,location\n01, cat-1\n# note\n\n02,cat-2\n"),
        ("a.json", '{"01": "cat-1", "02": "cat-2"}'),
        ("a.json", '{"cat-1": {"site_no": "01"}, "cat-2": {"Gage_no": ["02"]}, "cat-3": {}}'),
    ],
)
def test_plain_tables_pair_gauges_with_locations(name: str, text: str) -> None:
    assert read_pairs(Content(name, data=text.encode()), "crosswalk") == {"01": "cat-1", "02": "cat-2"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", b"gauge,location\n01\n", "row 2 of a.csv has one cell"),
        ("a.csv", b"gauge,location\n", "holds no pair"),
        ("a.csv", b"\xff\xfe", "a.csv is no text"),
        ("a.json", b"[]", "a.json is no mapping"),
        ("a.json", b"{}", "holds no pair"),
    ],
)
def test_table_that_is_none_is_refused(name: str, text: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_pairs(Content(name, data=text), "crosswalk")
