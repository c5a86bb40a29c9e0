"""Series as a specification selects them: locations, units, times, and what is wrong with values."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError, UnitError
from dmod.evaluation.specification.parsing import parse_element
from dmod.evaluation.specification.source import DataSource
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.joined_source import JoinedSource
from dmod.services.evaluation.selected_source import SelectedSource, location_in

CUBIC_FOOT = 0.3048**3
ROWS = "time,site,flow,unit\n"


def source(reach: Reach, definition: dict[str, Any], **keys: Any) -> SelectedSource:
    return SelectedSource(parse_element(DataSource, definition), reach, "observations[0]", **keys)


def table(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Gauges",
        "value_field": "flow",
        "value_selectors": [
            {
                "name": "flow",
                "where": "column",
                "associated_fields": [
                    {"name": "time", "datatype": "datetime"},
                    {"name": "site"},
                    {"name": "unit"},
                ],
            }
        ],
        "backend": {"backend_type": "file", "format": "csv", "address": "flow.csv"},
        "locations": {"identify": True, "from_field": "column", "pattern": "site"},
        "unit": {"field": "unit"},
        "x_axis": "time",
        **changes,
    }


def test_json_gives_each_location_in_the_unit_asked_for(reach: Reach, document: dict[str, Any]) -> None:
    found = source(reach, document["observations"], unit="m3 s-1", location_field="observation_location")
    assert found.locations == ("01", "02")
    assert found.stated_unit == "ft3/s"
    second, first = found.read(["02", "01"])
    assert (second.location, first.location) == ("02", "01")
    assert first.step == 3600
    assert first.values[:2] == pytest.approx([10 * CUBIC_FOOT, 11 * CUBIC_FOOT])
    (path, digest), *rest = found.provenance().items()
    assert Path(path).name == "observed.json"
    assert (len(digest), rest) == (64, [])
    found.close()
    assert next(found.read(["01"])).values[0] == first.values[0]


def test_files_are_read_when_their_location_is_asked_for(
    reach: Reach, document: dict[str, Any], files: Path
) -> None:
    (files / "cat-2.csv").write_text("broken")
    found = source(reach, document["predictions"], unit="ft3/s")
    assert found.locations == ("cat-1", "cat-2")
    (series,) = found.read(["cat-1"])
    assert series.values[0] == pytest.approx(11.0)
    assert [Path(path).name for path in found.provenance()] == ["cat-1.csv"]
    with pytest.raises(InputError, match=r"observations\[0\].value_selectors: cat-2.csv has no column"):
        list(found.read(["cat-2"]))


def test_files_of_one_location_are_put_together(reach: Reach, document: dict[str, Any], files: Path) -> None:
    rows = "2020-01-03T00:00Z,7,x\n"
    (files / "cat-1-later.csv").write_text("date,predicted,unit\n" + rows)
    (series,) = source(reach, document["predictions"]).read(["cat-1"])
    assert (len(series.times), series.values[-1]) == (49, 7.0)


def test_units_may_differ_from_row_to_row(reach: Reach, files: Path) -> None:
    rows = "2020-01-01,1,1,cfs\n2020-01-02,1,1,m3/s\n2020-01-01,2,1,00060\n"
    (files / "flow.csv").write_text(ROWS + rows)
    first, second = source(reach, table(), unit="m3 s-1").read(["1", "2"])
    assert first.values.tolist() == pytest.approx([CUBIC_FOOT, 1.0])
    assert second.values.tolist() == pytest.approx([CUBIC_FOOT])


def test_what_is_wrong_with_values_is_counted(reach: Reach, files: Path) -> None:
    cells = ("1", "Ice", "-999999", "", "5")
    rows = "".join(f"2020-01-0{i + 1},1,{cell},m3/s\n" for i, cell in enumerate(cells))
    (files / "flow.csv").write_text(ROWS + rows + "2020-01-05,1,6,m3/s\n2020-01-01,1,1,m3/s\n,1,1,m3/s\n")
    found = source(reach, table())
    (series,) = found.read(["1"])
    assert np.isnan(series.values).tolist() == [False, True, True, True, True]
    said = " ".join(series.notes)
    for text in (
        "2 of 7 values are missing",
        "1 values that mean no value, such as -999999",
        "1 rows without a time",
    ):
        assert text in said
    assert any("contradicting" in note for note in series.notes)
    (rows_found,) = found.rows(["1"])
    assert len(rows_found.times) == 7


def test_locations_may_be_some_of_all(reach: Reach, files: Path, document: dict[str, Any]) -> None:
    (files / "flow.csv").write_text(ROWS + "2020-01-01,1,1,cfs\n2020-01-01,2,1,cfs\n")
    assert source(
        reach, table(locations={"from_field": "column", "pattern": "site", "ids": "2"})
    ).locations == ("2",)
    document["predictions"]["locations"]["ids"] = ["cat-2"]
    assert source(reach, document["predictions"]).locations == ("cat-2",)


def test_source_of_one_location_need_not_say_which(reach: Reach, files: Path) -> None:
    (files / "flow.csv").write_text("time,flow\n2020-01-01,1\n")
    selectors = [{"name": "flow", "where": "column", "associated_fields": [{"name": "time"}]}]
    plain = table(value_selectors=selectors, unit="m3/s", locations={})
    assert source(reach, plain).locations == ("Gauges",)
    assert source(reach, {**plain, "locations": {"identify": True, "ids": ["7"]}}).locations == ("7",)
    with pytest.raises(InputError, match=r"observations\[0\].locations: no selected field") as caught:
        _ = source(reach, {**plain, "locations": {"identify": True, "from_field": "value"}}).locations
    assert "there are flow, time" in str(caught.value.hint)


def test_constants_and_names_of_files_are_fields(reach: Reach, files: Path) -> None:
    (files / "flow.csv").write_text("time,flow\n2020-01-01,1\n")
    selectors = [
        {"name": "flow", "where": "column", "associated_fields": [{"name": "time"}]},
        {"name": "unit", "where": "constant", "path": "cfs"},
        {"name": "site", "where": "filename", "path": "[a-z]+"},
    ]
    found = source(reach, table(value_selectors=selectors), unit="m3 s-1", location_field="site")
    assert found.locations == ("flow",)
    assert next(found.read(["flow"])).values[0] == pytest.approx(CUBIC_FOOT)


def test_unit_may_stand_at_a_path(reach: Reach, document: dict[str, Any]) -> None:
    observed = {**document["observations"], "unit": {"path": "series/[0]/unit"}}
    found = source(reach, observed, unit="m3 s-1", location_field="observation_location")
    assert next(found.read(["01"])).values[0] == pytest.approx(10 * CUBIC_FOOT)
    nowhere = source(reach, {**observed, "unit": {"path": "units"}}, location_field="observation_location")
    with pytest.raises(InputError, match=r"unit\.path: nothing is at 'units'"):
        _ = nowhere.locations


def test_several_selectors_are_joined_by_fields_they_share(reach: Reach, files: Path) -> None:
    flow = [{"t": "2020-01-01", "q": 1}, {"t": "2020-01-02", "q": 2}]
    sites = [{"t": "2020-01-02", "s": "b"}, {"t": "2020-01-01", "s": "a"}]
    (files / "flow.json").write_text(json.dumps({"flow": flow, "sites": sites}))
    time = {"name": "time", "path": "t"}
    selectors = [
        {"name": "flow", "where": "value", "origin": "flow[*]", "path": "q", "associated_fields": [time]},
        {"name": "site", "where": "value", "origin": "sites[*]", "path": "s", "associated_fields": [time]},
    ]
    backend = {"backend_type": "file", "format": "json", "address": "flow.json"}
    whole = table(value_selectors=selectors, backend=backend, unit="m3/s")
    assert next(source(reach, whole).read(["b"])).values.tolist() == [2.0]
    selectors[1]["associated_fields"] = []
    assert next(source(reach, whole).read(["b"])).values.tolist() == [1.0]
    (files / "flow.json").write_text(json.dumps({"flow": flow, "sites": sites[:1]}))
    with pytest.raises(InputError, match="2 and 1 values that share no field"):
        _ = source(reach, whole).locations


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"unit": "mm"}, UnitError, "observations[0] (flow.csv).unit"),
        ({"unit": {"path": "u"}}, InputError, "observations[0].unit: a table has no path"),
        (
            {
                "backend": {"backend_type": "file", "format": "json", "address": "flow.csv"},
                "value_selectors": [
                    {
                        "name": "flow",
                        "where": "value",
                        "path": "a",
                        "associated_fields": [{"name": "time"}, {"name": "unit"}],
                    }
                ],
            },
            InputError,
            "observations[0].backend: flow.csv is no JSON",
        ),
        (
            {"backend": {"backend_type": "file", "format": "csv", "address": "none.csv"}},
            NotFoundError,
            "observations[0].backend.address: nothing is at 'none.csv'",
        ),
    ],
)
def test_wrong_source_is_refused_with_its_place(
    reach: Reach, files: Path, change: dict[str, Any], error: type[Exception], said: str
) -> None:
    (files / "flow.csv").write_text(ROWS + "2020-01-01,1,1,cfs\n")
    with pytest.raises(error) as caught:
        list(source(reach, table(**change), unit="m3 s-1").read(["1"]))
    assert said in str(caught.value)


def test_what_is_missing_is_counted_at_each_location(reach: Reach, files: Path) -> None:
    days = "".join(f"2020-01-{day:02d},1,1,cfs\n" for day in (1, 2, 3, 6, 7))
    (files / "flow.csv").write_text(ROWS + days + "2020-01-01,2,Ice,cfs\n2020-01-02,2,1,cfs\n")
    first, second = source(reach, table()).read(["1", "2"])
    assert first.notes == ("2 of 7 steps are not there",)
    assert second.notes == ("1 of 2 values are missing or no numbers",)


def test_row_without_a_unit_is_told(reach: Reach, files: Path) -> None:
    (files / "flow.csv").write_text(ROWS + "2020-01-01,1,1,cfs\n2020-01-02,1,1,\n")
    with pytest.raises(InputError, match=r"unit: row 2 states no unit"):
        list(source(reach, table(), unit="m3 s-1").read(["1"]))


def test_location_that_is_not_there_is_told_with_those_that_are(reach: Reach, files: Path) -> None:
    (files / "flow.csv").write_text(ROWS + "2020-01-01,1,1,cfs\n")
    with pytest.raises(NotFoundError, match="Gauges has no location '9'") as caught:
        list(source(reach, table()).read(["9"]))
    assert caught.value.hint == "it has 1"


def test_joined_sources_give_the_values_of_both(reach: Reach, files: Path) -> None:
    (files / "flow.csv").write_text(ROWS + "2020-01-01,1,1,cfs\n2020-01-01,2,5,cfs\n")
    (files / "more.csv").write_text(ROWS + "2020-01-02,1,2,cfs\n")
    more = table(backend={"backend_type": "file", "format": "csv", "address": "more.csv"})
    joined = JoinedSource([source(reach, table()), source(reach, more)])
    assert (joined.name, joined.locations) == ("Gauges", ("1", "2"))
    first, second = joined.read(["1", "2"])
    assert (first.values.tolist(), second.values.tolist()) == ([1.0, 2.0], [5.0])
    assert [len(rows.times) for rows in joined.rows(["1", "2"])] == [2, 1]
    assert {Path(path).name for path in joined.provenance()} == {"flow.csv", "more.csv"}
    joined.close()


@pytest.mark.parametrize(
    ("name", "pattern", "location"),
    [("cat-27_cfs.csv", r"cat-\d+", "cat-27"), ("cat-27.csv", None, "cat-27"), ("a", "b", "a")],
)
def test_location_is_found_in_the_name_of_a_file(name: str, pattern: str | None, location: str) -> None:
    assert location_in(name, pattern) == location
