"""Thresholds from tables and documents, for all times and by day."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.errors import InputError, UnitError
from dmod.evaluation.specification.parsing import parse_element
from dmod.evaluation.specification.threshold import Thresholds
from dmod.evaluation.threshold import Threshold
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.threshold_reading import read_thresholds

CUBIC_FOOT = 0.3048**3
DAILY = "#\nsite_no\tmonth_nu\tday_nu\tp50_va\n5s\t3n\t3n\t12s\n"
DAILY += "01\t1\t1\t2\n01\t2\t29\t3\n01\t12\t31\t4\n01\t3\t1\t\n"
RULES = {
    "threshold_field": {"name": "day", "path": ["month_nu", "day_nu"], "datatype": "Day"},
    "observation_field": {"name": "day", "path": ["value_date"], "datatype": "Day"},
}


def read(reach: Reach, document: dict[str, Any], **changes: Any) -> tuple[Threshold, ...]:
    group = parse_element(Thresholds, {**document["thresholds"], **changes})
    return read_thresholds([group], reach, "m3 s-1")


def rdb(**changes: Any) -> dict[str, Any]:
    return {
        "backend": {"backend_type": "file", "format": "rdb", "address": "stats.rdb"},
        "locations": {"from_field": "column", "pattern": "site_no"},
        "definitions": [{"name": "Median", "field": "p50_va", "unit": "ft^3/s"}],
        "application_rules": RULES,
        **changes,
    }


def as_json(**changes: Any) -> dict[str, Any]:
    return {
        "backend": {"backend_type": "file", "format": "json", "address": "t.json"},
        "locations": {"from_field": "value", "pattern": "meta/site"},
        "origin": "$.sets[?(@.kind == 'NWS')]",
        "definitions": [{"name": "Flood", "field": "flow/flood", "weight": 2, "unit": {"path": "meta/unit"}}],
        **changes,
    }


SETS = [
    {"kind": "NWS", "meta": {"site": "01", "unit": "CFS"}, "flow": {"flood": 10}},
    {"kind": "NWS", "meta": {"site": "02", "unit": None}, "flow": {"flood": None}},
    {"kind": "USGS", "meta": {"site": "01", "unit": "CFS"}, "flow": {"flood": 11}},
]


def test_columns_are_thresholds_in_the_unit_asked_for(reach: Reach, document: dict[str, Any]) -> None:
    flood, action = read(reach, document)
    assert (flood.name, flood.weight) == ("Flood", 2.0)
    assert flood.constant == pytest.approx({"01": 20 * CUBIC_FOOT, "02": 30 * CUBIC_FOOT})
    assert action.constant == pytest.approx({"01": 15 * CUBIC_FOOT})
    assert action.locations == {"01"}


def test_thresholds_by_day_hold_on_their_day_of_any_year(
    reach: Reach, document: dict[str, Any], files: Path
) -> None:
    (files / "stats.rdb").write_text(DAILY)
    (median,) = read(reach, document, **rdb())
    times = np.array(
        ["2021-01-01T23", "2020-02-29", "2021-12-31T12", "2021-03-01", "2021-06-01"], "datetime64[s]"
    )
    found = median.at("01", times) / CUBIC_FOOT
    assert found[:3] == pytest.approx([2.0, 3.0, 4.0])
    assert np.isnan(found[3:]).all()


@pytest.mark.parametrize(
    ("text", "index"),
    [("03-01", 60), ("2021-03-01", 60), ("3/1", 60), ("61", 60), ("1", 0), ("366", 365), ("12-31", 365)],
)
def test_day_may_be_one_column(
    reach: Reach, document: dict[str, Any], files: Path, text: str, index: int
) -> None:
    (files / "stats.rdb").write_text(f"site_no\tday\tp50_va\n01\t{text}\t2\n")
    rules = {**RULES, "threshold_field": {"name": "day", "datatype": "day"}}
    (median,) = read(reach, document, **rdb(application_rules=rules))
    assert np.flatnonzero(np.isfinite(median.daily["01"])).tolist() == [index]


def test_elements_of_documents_are_filtered_and_what_is_null_is_left_out(
    reach: Reach, document: dict[str, Any], files: Path
) -> None:
    (files / "t.json").write_text(json.dumps({"sets": SETS}))
    (flood,) = read(reach, document, **as_json())
    assert flood.constant == pytest.approx({"01": 10 * CUBIC_FOOT})


def test_locations_may_be_in_the_name_of_the_file_or_be_stated(
    reach: Reach, document: dict[str, Any], files: Path
) -> None:
    (files / "t.json").write_text(json.dumps({"flood": 1}))
    definition = [{"name": "Flood", "field": "flood", "unit": "m3/s"}]
    base = as_json(origin="$", definitions=definition)
    for locations, site in (({"from_field": "filename"}, "t"), ({"ids": ["7"]}, "7")):
        (flood,) = read(reach, document, **{**base, "locations": locations})
        assert flood.constant == {site: 1.0}
    (files / "thresholds.csv").write_text("flood\n5\n")
    for locations, site in (({"from_field": "filename"}, "thresholds"), ({"ids": ["7"]}, "7")):
        (flood,) = read(reach, document, definitions=definition, locations=locations)
        assert flood.constant == {site: 5.0}


def test_table_with_a_threshold_a_row_is_read_by_name(
    reach: Reach, document: dict[str, Any], files: Path
) -> None:
    text = "value,name,unit,location\n3730,action,CFS,01\n5440,flood,CFS,01\n1,other,CFS,01\n2,flood,CFS,02\n"
    (files / "thresholds.csv").write_text(text)
    definitions = [{"name": "Flood", "field": "flood", "unit": {"field": "unit"}}]
    (flood,) = read(
        reach, document, definitions=definitions, locations={"from_field": "column", "pattern": "location"}
    )
    assert flood.constant == pytest.approx({"01": 5440 * CUBIC_FOOT, "02": 2 * CUBIC_FOOT})
    only = {"from_field": "column", "pattern": "location", "ids": ["02"]}
    assert read(reach, document, definitions=definitions, locations=only)[0].locations == {"02"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"definitions": [{"name": "F", "field": "floood", "unit": "cfs"}]},
            "thresholds[0].definitions[0].field: there is no column 'floood'",
        ),
        (
            {"definitions": [{"name": "F", "field": "flood", "unit": {"field": "u"}}]},
            "thresholds[0].definitions[0].unit: there is no column 'u'",
        ),
        (
            {"locations": {"from_field": "column", "pattern": "gauge"}},
            "thresholds[0].locations.pattern: there is no column 'gauge'",
        ),
        ({"locations": {}}, "thresholds[0].locations.pattern: there is no column 'location'"),
        (
            {"application_rules": RULES},
            "thresholds[0].application_rules.threshold_field.path: there is no column 'month_nu'",
        ),
        (as_json(origin="$.none"), "thresholds[0].origin: nothing is at '$.none'"),
        (as_json(locations={}), "thresholds[0].locations: nothing says whose"),
        (
            as_json(definitions=[{"name": "F", "field": "flow/none", "unit": "cfs"}]),
            "thresholds[0].definitions[0].field: nothing is at 'flow/none'",
        ),
        (
            as_json(definitions=[{"name": "F", "field": "flow/flood", "unit": {"path": "meta/none"}}]),
            "thresholds[0].definitions[0].unit: no unit is at 'meta/none'",
        ),
        (
            as_json(definitions=[{"name": "F", "field": "meta/site", "unit": "m"}]),
            "thresholds[0].definitions[0].unit",
        ),
        (
            as_json(definitions=[{"name": "F", "field": "kind", "unit": "cfs"}]),
            "thresholds[0].definitions[0].field: 'NWS' is no number",
        ),
        (as_json(origin="$.sets[*]"), "thresholds[0].definitions[0]: 'Flood' has the values"),
        (
            as_json(application_rules=RULES),
            "thresholds[0].application_rules: days of the year are read from tables",
        ),
    ],
)
def test_wrong_thresholds_are_refused_with_their_place(
    reach: Reach, document: dict[str, Any], files: Path, changes: dict[str, Any], said: str
) -> None:
    (files / "t.json").write_text(json.dumps({"sets": SETS}))
    with pytest.raises((InputError, UnitError)) as caught:
        read(reach, document, **changes)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["13-01", "02-30", "x", "0", "367", "1-2-3-4"])
def test_day_that_is_none_is_refused(reach: Reach, document: dict[str, Any], files: Path, text: str) -> None:
    (files / "stats.rdb").write_text(f"site_no\tday\tp50_va\n01\t{text}\t2\n")
    rules = {**RULES, "threshold_field": {"name": "day", "datatype": "day"}}
    with pytest.raises(InputError, match=f"'{text}' is no day of the year"):
        read(reach, document, **rdb(application_rules=rules))


def test_cell_that_is_no_number_is_refused(reach: Reach, document: dict[str, Any], files: Path) -> None:
    (files / "thresholds.csv").write_text("site,flood,action\n01,high,1\n")
    with pytest.raises(InputError, match=r"definitions\[0\].field: 'high' is no number"):
        read(reach, document)
