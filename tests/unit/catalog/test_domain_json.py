"""Domains as JSON: round trips, runs of ids, patterns of times, and rubbish that is refused by its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.data_format import FORMATS, DomainIndex, find_format
from dmod.catalog.domain import Domain
from dmod.catalog.domain_json import (
    MOST,
    RANGE_KEYS,
    SET_KEYS,
    domain_from_json,
    domain_to_json,
    elements_of_runs,
    range_to_json,
    restrictions_from_json,
    restrictions_to_json,
    runs_of,
    set_to_json,
)
from dmod.catalog.restriction import ALL, FIRST_TIME, LAST_TIME, Continuous, Discrete
from dmod.errors import InputError

START = datetime(2015, 12, 1, tzinfo=UTC)
TIME, CATCHMENTS, LENGTH = DomainIndex.TIME, DomainIndex.CATCHMENT_ID, DomainIndex.LENGTH
PATTERNS = [
    "%Y-%m-%d %H:%M:%S", "%Y", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S%z", "%H", "no time", "%", "%Q", "%Y%Y", "",
    "\ud800",
]  # fmt: skip

fit_text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=6)
ids = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["cat-", "nex-", "", "a1b", "-", "cat"]), st.integers(0, 60)),
    st.builds("cat-{:03d}".format, st.integers(0, 60)),
    st.integers(10**17, 10**30).map("cat-{}".format),
    fit_text,
    st.integers(),
)
sets = st.builds(Discrete, st.frozensets(ids, min_size=1, max_size=60), st.booleans())
times = st.datetimes(timezones=st.just(UTC))
periods = st.one_of(
    st.tuples(times, times, st.sampled_from(PATTERNS))
    .filter(lambda abp: abp[0] != abp[1])
    .map(lambda abp: Continuous(min(abp[:2]), max(abp[:2]), abp[2])),
    st.sampled_from([Continuous(FIRST_TIME, START), Continuous(START, LAST_TIME)]),
)
numbers = st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)).filter(lambda ab: ab[0] != ab[1])
ranges = numbers.map(lambda ab: Continuous(min(ab), max(ab)))
restrictions = st.fixed_dictionaries(
    {},
    optional={
        TIME: st.one_of(periods, st.just(ALL)),
        CATCHMENTS: st.one_of(sets, st.just(ALL)),
        LENGTH: st.one_of(ranges, sets),
    },
)


def written(data: object) -> Any:
    """Return JSON data as it comes back from a file that every program can read."""
    return json.loads(json.dumps(data, allow_nan=False))


# round trips


@given(restrictions)
def test_restrictions_come_back_as_they_went(box) -> None:
    assert restrictions_from_json(written(restrictions_to_json(box)), "w") == box


@given(box=restrictions, runs=st.booleans(), units=st.dictionaries(fit_text, fit_text, max_size=2))
def test_domain_comes_back_as_it_went(box, runs: bool, units: dict[str, str]) -> None:
    domain = Domain(find_format("GENERIC"), box, units=units, data_fields={"a": "str"} if units else {})
    found = domain_from_json(written(domain_to_json(domain, runs=runs)), "w")
    assert found == domain
    assert found.units == domain.units
    assert found.data_fields == domain.data_fields
    assert domain_to_json(found, runs=runs) == domain_to_json(domain, runs=runs)


@given(st.frozensets(ids, max_size=80))
def test_runs_stand_for_just_the_ids_that_they_were_made_of(values) -> None:
    runs, rest = runs_of(values)
    unfolded = [*elements_of_runs(written(runs), "w"), *rest]
    assert len(unfolded) == len(values)
    assert set(unfolded) == values


@pytest.mark.parametrize("name", FORMATS)
def test_domain_of_every_format_comes_back(name: str) -> None:
    form = find_format(name)
    box = {index: Discrete.of([f"{index}-1"]) for index in form.allowed if index is not TIME}
    if TIME in form.allowed:
        box[TIME] = Continuous(START, START + timedelta(hours=1))
    domain = Domain(form, box)
    assert domain_from_json(written(domain_to_json(domain)), "w") == domain


def test_long_set_of_numbered_ids_is_short() -> None:
    many = Discrete(frozenset(f"cat-{n}" for n in [*range(1, 89), 90]) | {"cat-007", "outlet"})
    assert set_to_json(CATCHMENTS, many) == {
        "variable": "CATCHMENT_ID",
        "runs": {"cat-": "1-88,90"},
        "values": ["cat-007", "outlet"],
    }
    assert len(set_to_json(CATCHMENTS, many, runs=False)["values"]) == 91


def test_few_elements_are_written_in_full() -> None:
    held = Discrete(frozenset({"cat-10", "cat-9"}), excluded=True)
    assert set_to_json(CATCHMENTS, held) == {
        "variable": "CATCHMENT_ID", "excluded": True, "values": ["cat-9", "cat-10"],
    }  # fmt: skip
    assert set_to_json(CATCHMENTS, ALL) == {"variable": "CATCHMENT_ID", "values": []}


def test_range_is_written_as_its_pattern_says() -> None:
    held = Continuous(START, START + timedelta(days=1), "%d.%m.%Y", "TimeRange")
    assert range_to_json(TIME, held) == {
        "variable": "TIME",
        "begin": "01.12.2015",
        "end": "02.12.2015",
        "datetime_pattern": "%d.%m.%Y",
        "subclass": "TimeRange",
    }


@pytest.mark.parametrize("pattern", [*PATTERNS, "%d.%m.%Y"])
def test_pattern_that_would_lose_something_does_not(pattern: str) -> None:
    held = Continuous(START, START + timedelta(hours=1, microseconds=1), pattern)
    entry = range_to_json(TIME, held)
    assert entry["end"] == "2015-12-01T01:00:00.000001+00:00"
    assert restrictions_from_json({"continuous": [entry]}, "w") == {TIME: held}


def test_range_of_numbers_without_end_is_written_as_text() -> None:
    entry = range_to_json(LENGTH, Continuous(-inf, 3))
    assert (entry["begin"], entry["end"]) == ("-inf", 3.0)


# reading


def read(kind: str, **entry: Any) -> Any:
    return restrictions_from_json({kind: [entry]}, "file.json")


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2015-12-01 00:00:00", "2015-12-01 01:00:00"),
        ("2015-12-01", "2015-12-01T01:00"),
        ("2015-11-30T18:00:00-06:00", "2015-12-01T01:00:00Z"),
    ],
)
def test_times_are_read_as_users_write_them(begin: str, end: str) -> None:
    expected = Continuous(START, START + timedelta(hours=1))
    assert read("continuous", variable="TIME", begin=begin, end=end) == {TIME: expected}


def test_index_is_read_in_any_case_and_no_values_are_everything() -> None:
    assert read("discrete", variable="catchment-id", values=[]) == {CATCHMENTS: ALL}
    assert read("discrete", variable="LENGTH", values=[8.0, 4]) == {LENGTH: Discrete.of([4, 8])}
    assert read("discrete", variable="LENGTH", values=[], excluded=True) == {LENGTH: ALL}


RANGE = {"variable": "TIME", "begin": "2015-12-01", "end": "2015-12-02"}
SET = {"variable": "CATCHMENT_ID", "values": ["cat-1"]}
RUBBISH = [
    ("continuous", "TIME", "continuous is a list"),
    ("continuous", {"TIME": RANGE}, "continuous is a list"),
    ("continuous", ["TIME"], r"continuous\[0\] names no variable"),
    ("continuous", [RANGE, {}], r"continuous\[1\] names no variable"),
    ("continuous", [{**RANGE, "variable": "WHEN"}], r"continuous\[0\]: 'WHEN' is no index"),
    ("continuous", [RANGE, RANGE], r"continuous\[1\]: TIME is restricted twice"),
    ("continuous", [{**RANGE, "ending": 1}], r"continuous\[0\]: a range has no key ending"),
    ("continuous", [{"variable": "TIME", "begin": "2015-12-01"}], r"continuous\[0\] has no end"),
    ("continuous", [{**RANGE, "end": "soon"}], r"continuous\[0\]\.end: 'soon' is not a time"),
    ("continuous", [{**RANGE, "end": None}], r"continuous\[0\]\.end: 'None' is not a time"),
    ("continuous", [{**RANGE, "end": True}], r"continuous\[0\]\.end: 'True' is not a time"),
    ("continuous", [{**RANGE, "end": ["x"]}], r"continuous\[0\]\.end"),
    ("continuous", [{**RANGE, "end": 3}], r"continuous\[0\]: a range mixes"),
    ("continuous", [{**RANGE, "end": "2015-12-01"}], r"continuous\[0\]: a range must begin before"),
    ("continuous", [{**RANGE, "begin": 1, "end": nan}], r"continuous\[0\]: a range must begin"),
    ("continuous", [{**RANGE, "begin": 1, "end": 10**400}], r"continuous\[0\]\.end: the number is too large"),
    ("continuous", [{**RANGE, "end": "9999-12-31T23:59:59-01:00"}], r"continuous\[0\]\.end"),
    ("discrete", {"CATCHMENT_ID": []}, "discrete is a list"),
    ("discrete", [{"variable": 3, "values": []}], r"discrete\[0\] names no variable"),
    ("discrete", [{"variable": "CATCHMENT_ID"}], r"discrete\[0\] has no values"),
    ("discrete", [{**SET, "values": "cat-1"}], r"discrete\[0\]\.values is a list"),
    ("discrete", [{**SET, "values": [True]}], r"discrete\[0\]: True cannot be an element"),
    ("discrete", [{**SET, "values": [None]}], r"discrete\[0\]: None cannot be an element"),
    ("discrete", [{**SET, "values": [1.5]}], r"discrete\[0\]: 1.5 cannot be an element"),
    ("discrete", [{**SET, "values": [["cat-1"]]}], r"discrete\[0\]: \['cat-1'\] cannot be an element"),
    ("discrete", [{**SET, "values": ["a\x00b"]}], r"discrete\[0\]: .* control characters"),
    ("discrete", [{**SET, "values": ["a\nb"]}], r"discrete\[0\]: .* control characters"),
    ("discrete", [{**SET, "values": ["\ud800"]}], r"discrete\[0\]: .* cannot be an element"),
    ("discrete", [{**SET, "exclude": True}], r"discrete\[0\]: a set has no key exclude"),
    ("discrete", [{**SET, "excluded": "yes"}], r"discrete\[0\]\.excluded is true or false"),
    ("discrete", [{**SET, "runs": "1-8"}], r"discrete\[0\]: runs are an object"),
    ("discrete", [{**SET, "runs": {"cat-": "1-"}}], r"discrete\[0\]: '1-' is no run"),
    ("discrete", [{**SET, "runs": {"cat-": ""}}], r"discrete\[0\]: '' is no run"),
    ("discrete", [{**SET, "runs": {"cat-": "1, 2"}}], r"discrete\[0\]: ' 2' is no run"),
    ("discrete", [{**SET, "runs": {"cat-": "9-1"}}], r"discrete\[0\]: '9-1' is no run"),
    ("discrete", [{**SET, "runs": {"cat-": None}}], r"discrete\[0\]: 'None' is no run"),
    ("discrete", [{**SET, "runs": {"cat-": f"0-{MOST}"}}], r"discrete\[0\]: .* more than"),
    ("discrete", [{"variable": "CATCHMENT_ID", "runs": {}}], r"discrete\[0\] has no element"),
]


@pytest.mark.parametrize(("kind", "given_", "match"), RUBBISH)
def test_rubbish_is_refused_by_its_place(kind: str, given_: Any, match: str) -> None:
    with pytest.raises(InputError, match="file.json: " + match.partition(": .*")[0]) as caught:
        restrictions_from_json({kind: given_}, "file.json")
    assert match.partition(": .*")[2].strip() in str(caught.value)


@pytest.mark.parametrize(
    ("document", "match"),
    [
        (None, "a domain is an object, not NoneType"),
        ([], "a domain is an object, not list"),
        ({}, "names no data_format"),
        ({"data_format": None}, "'None' is no data format"),
        ({"data_format": "CSV"}, "'CSV' is no data format"),
        ({"data_format": "AORC_CSV"}, "states nothing"),
        ({"data_format": "AORC_CSV", "contiguous": []}, "a domain has no key contiguous"),
        ({"data_format": "AORC_CSV", "discrete": [{"variable": "LENGTH", "values": [1]}]}, "have no LENGTH"),
        ({"data_format": "GENERIC", "units": []}, "units is an object"),
        ({"data_format": "GENERIC", "units": {"rain": None}}, "units: rain is text"),
        ({"data_format": "GENERIC", "data_fields": "str"}, "data_fields is an object"),
    ],
)
def test_document_that_is_no_domain_is_refused_by_its_name(document: Any, match: str) -> None:
    with pytest.raises(InputError, match="file.json: .*" + match):
        domain_from_json(document, "file.json")


json_data = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
              st.sampled_from(["TIME", "CATCHMENT_ID", "2015-12-01", "1-8", "AORC_CSV", "inf", "%Y"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.text(max_size=4),
                st.sampled_from(sorted(RANGE_KEYS | SET_KEYS)),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)  # fmt: skip
entries = st.one_of(
    st.lists(
        st.fixed_dictionaries(
            {"variable": st.sampled_from(["TIME", "LENGTH", "CATCHMENT_ID"])},
            optional=dict.fromkeys(
                ["values", "begin", "end", "runs", "excluded", "datetime_pattern"], json_data
            ),
        ),
        max_size=2,
    ),
    json_data,
)


@given(
    st.one_of(
        json_data,
        st.fixed_dictionaries(
            {"data_format": st.sampled_from(["GENERIC", "AORC_CSV", "NGEN_PARTITION_CONFIG"])},
            optional={
                "continuous": entries,
                "discrete": entries,
                "units": json_data,
                "data_fields": json_data,
            },
        ),
    )
)
def test_any_json_is_a_domain_or_is_refused_by_name(document: Any) -> None:
    try:
        found = domain_from_json(document, "file.json")
    except InputError as error:
        found, message = None, error.message
    if found is None:
        assert message.startswith("file.json")
    else:
        assert domain_from_json(written(domain_to_json(found)), "again") == found
