"""What is said of a requirement and datasets: exact texts, and the same as JSON data."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex, find_format
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.explanation import Fulfilment, examination_lines, finding_text, reasons
from dmod.catalog.match import covering, examine
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import ALL, Continuous, Discrete, Restriction

NOW = datetime(2020, 1, 1, tzinfo=UTC)
MONTH = datetime(2015, 12, 1, tzinfo=UTC), datetime(2016, 1, 1, tzinfo=UTC)
TIME, CATCHMENTS, DATA = DomainIndex.TIME, DomainIndex.CATCHMENT_ID, DomainIndex.DATA_ID


def days(begin: float, end: float) -> Continuous:
    return Continuous(MONTH[0] + timedelta(days=begin), MONTH[0] + timedelta(days=end))


def cats(*numbers: int, excluded: bool = False) -> Discrete:
    return Discrete(frozenset(f"cat-{number}" for number in numbers), excluded)


def forcing(
    name: str,
    box: dict[DomainIndex, Restriction],
    form: str = "AORC_CSV",
    *,
    expires: datetime | None = None,
    category: Category = Category.FORCING,
) -> Dataset:
    domain = Domain(find_format(form), box)
    return Dataset(name, 1, category, domain, f"uuid-{name}", "0" * 64, 0, 0, 0, MONTH[0], expires=expires)


def required(box: dict[DomainIndex, Restriction], form: str = "AORC_CSV", **more: bool) -> Requirement:
    return Requirement(Category.FORCING, find_format(form), box, **more)


def text(wanted: Restriction, held: Restriction | None, index: DomainIndex = CATCHMENTS) -> str:
    stated = {DomainIndex.VARIABLE: ALL} if held is None else {index: held}
    (finding,) = examine(required({index: wanted}), forcing("a", stated), NOW).findings
    return finding_text(finding)


@pytest.mark.parametrize(
    ("wanted", "held", "expected"),
    [
        ((0, 31), (0, 30), "2015-12-01 00:00:00 to 2015-12-31 00:00:00, required to 2016-01-01 00:00:00: "
         "24 h missing at the end"),
        ((0, 31), (0.5, 40), "2015-12-01 12:00:00 to 2016-01-10 00:00:00, required from 2015-12-01 00:00:00: "
         "12 h missing at the beginning"),
        ((0, 31), (1, 20), "2015-12-02 00:00:00 to 2015-12-21 00:00:00, "
         "required 2015-12-01 00:00:00 to 2016-01-01 00:00:00: 24 h missing at the beginning, "
         "11 days missing at the end"),
        ((0, 31), (40, 50), "2016-01-10 00:00:00 to 2016-01-20 00:00:00, "
         "required 2015-12-01 00:00:00 to 2016-01-01 00:00:00: they do not overlap"),
        ((0, 31), (31, 32), "2016-01-01 00:00:00 to 2016-01-02 00:00:00, "
         "required 2015-12-01 00:00:00 to 2016-01-01 00:00:00: they do not overlap"),
        ((0, 1), (0, 0.96875), "2015-12-01 00:00:00 to 2015-12-01 23:15:00, required to 2015-12-02 00:00:00: "
         "45 min missing at the end"),
        ((0, 1), (0, 86390 / 86400), "2015-12-01 00:00:00 to 2015-12-01 23:59:50, "
         "required to 2015-12-02 00:00:00: 10 s missing at the end"),
    ],
)  # fmt: skip
def test_text_of_a_period_says_what_is_missing_where(wanted, held, expected: str) -> None:
    assert text(days(*wanted), days(*held), TIME) == f"TIME: covers {expected}"


@pytest.mark.parametrize(
    ("wanted", "held", "expected"),
    [
        (cats(*range(88)), cats(*set(range(88)) - {5, 9, 11}), "3 of 88 absent: cat-5, cat-9, cat-11"),
        (cats(1, 2), cats(2, excluded=True), "1 of 2 absent: cat-2"),
        (cats(*range(2000)), cats(*range(12, 2000)),
         "12 of 2,000 absent: "
         "cat-0, cat-1, cat-2, cat-3, cat-4, cat-5, cat-6, cat-7, cat-8, cat-9 and 2 more"),
        (ALL, cats(1), "holds only cat-1, required all"),
        (cats(1, excluded=True), cats(2), "holds only cat-2, required all but cat-1"),
        (ALL, cats(1, 2, excluded=True), "required all, absent: cat-1, cat-2"),
        (cats(3, excluded=True), cats(1, 3, excluded=True), "required all but cat-3, absent: cat-1"),
        (cats(1), None, "does not say which catchments it covers, required cat-1"),
        (cats(1), cats(1, 2), "holds all that is required (cat-1)"),
    ],
)  # fmt: skip
def test_text_of_a_set_says_which_are_absent(wanted, held, expected: str) -> None:
    assert text(wanted, held) == f"CATCHMENT_ID: {expected}"


@pytest.mark.parametrize(
    ("wanted", "held", "index", "expected"),
    [
        (days(0, 31), None, TIME,
         "TIME: does not say which period it covers, required 2015-12-01 00:00:00 to 2016-01-01 00:00:00"),
        (ALL, days(0, 31), TIME,
         "TIME: holds only 2015-12-01 00:00:00 to 2016-01-01 00:00:00, required all"),
        (Discrete.of(["b", "a"]), Discrete.of(["c"]), DATA, "DATA_ID: is not called b"),
        (Discrete(frozenset({"c"}), excluded=True), Discrete.of(["c"]), DATA,
         "DATA_ID: holds only a, a@1, c, uuid-a, required all but c"),
    ],
)  # fmt: skip
def test_text_of_other_indices(wanted, held, index: DomainIndex, expected: str) -> None:
    assert text(wanted, held, index) == expected


def test_text_of_numbers_says_how_many_are_missing() -> None:
    length = DomainIndex.LENGTH
    offered = forcing(
        "a", {length: Continuous(2.0, 8.0)}, "NGEN_PARTITION_CONFIG", category=Category.PARTITION
    )
    wanted = Requirement(Category.PARTITION, offered.domain.format, {length: Continuous(2.0, 8.5)})
    (finding,) = examine(wanted, offered, NOW).findings
    assert finding_text(finding) == "LENGTH: covers 2 to 8, required to 8.5: 0.5 missing at the end"
    wanted = wanted.needing(restrictions={length: Discrete.of([4])})
    (finding,) = examine(wanted, offered, NOW).findings
    assert finding_text(finding) == "LENGTH: states 2 to 8, which cannot be compared with 4, required"


def test_reasons_name_category_format_and_expiry_first() -> None:
    offered = forcing("a", {TIME: days(0, 31)}, "FORCING_GRID", category=Category.OUTPUT, expires=MONTH[1])
    assert reasons(examine(required({TIME: days(0, 40)}), offered, NOW)) == [
        "category: is OUTPUT, required is FORCING",
        "format: is FORCING_GRID, required is AORC_CSV",
        "expired: its time was over at 2016-01-01 00:00:00",
        "TIME: covers 2015-12-01 00:00:00 to 2016-01-01 00:00:00, required to 2016-01-10 00:00:00: "
        "9 days missing at the end",
    ]


def test_reasons_of_a_format_that_could_be_converted_say_so() -> None:
    offered = forcing("a", {TIME: days(0, 31)}, "ZARR_FORCING")
    assert reasons(examine(required({}, exact=True), offered, NOW)) == [
        "format: is ZARR_FORCING, required is AORC_CSV, from which it can be converted"
    ]
    assert reasons(examine(required({}), offered, NOW)) == []


def test_lines_of_an_examination_begin_with_the_dataset() -> None:
    offered = forcing("logan", {CATCHMENTS: cats(1)})
    assert examination_lines(examine(required({CATCHMENTS: cats(1)}), offered, NOW)) == ["logan@1 fulfils it"]
    assert examination_lines(examine(required({CATCHMENTS: cats(1, 2)}), offered, NOW)) == [
        "logan@1:",
        "  CATCHMENT_ID: 1 of 2 absent: cat-2",
    ]


def test_fulfilment_by_one_dataset() -> None:
    wanted = required({CATCHMENTS: cats(1)})
    found = Fulfilment.by_one(examine(wanted, forcing("a", {CATCHMENTS: cats(1, 2)}), NOW))
    assert found.is_fulfilled
    assert found.lines() == [
        "fulfilled: FORCING as AORC_CSV with CATCHMENT_ID cat-1",
        "  by a@1",
    ]
    lacking = Fulfilment.by_one(examine(wanted, forcing("a", {CATCHMENTS: cats(2)}), NOW))
    assert not lacking.is_fulfilled
    assert lacking.uncovered == (wanted.box,)


def test_fulfilment_by_several_says_what_each_contributes() -> None:
    pieces = [
        forcing(f"p{n}", {TIME: days(n, n + 1), CATCHMENTS: cats(1, 2)}, form)
        for n, form in enumerate(("AORC_CSV", "ZARR_FORCING"))
    ]
    wanted = required({TIME: days(0, 2), CATCHMENTS: cats(1)})
    found = Fulfilment.by_cover(covering(wanted, pieces, NOW))
    assert found.is_fulfilled
    assert found.lines()[1:] == [
        "  by p0@1: CATCHMENT_ID cat-1; TIME 2015-12-01 00:00:00 to 2015-12-02 00:00:00",
        "  by p1@1: CATCHMENT_ID cat-1; TIME 2015-12-02 00:00:00 to 2015-12-03 00:00:00",
    ]


def test_fulfilment_that_lacks_something_says_what_and_why() -> None:
    wanted = required({TIME: days(0, 3)})
    piece, other = forcing("p", {TIME: days(0, 1)}), forcing("o", {CATCHMENTS: cats(1)})
    cover = covering(wanted, [piece, other], NOW)
    found = Fulfilment.by_cover(cover, [examine(wanted, item, NOW) for item in (piece, other)])
    assert found.lines() == [
        "not fulfilled: FORCING as AORC_CSV with TIME 2015-12-01 00:00:00 to 2015-12-04 00:00:00",
        "  by p@1: TIME 2015-12-01 00:00:00 to 2015-12-02 00:00:00",
        "  in no dataset: TIME 2015-12-02 00:00:00 to 2015-12-04 00:00:00",
        "  o@1:",
        "    TIME: does not say which period it covers, required 2015-12-01 00:00:00 to 2015-12-04 00:00:00",
    ]


def test_fulfilment_without_any_dataset_says_so() -> None:
    wanted = required({CATCHMENTS: cats(1)})
    assert Fulfilment(wanted, uncovered=(wanted.box,)).lines() == [
        "not fulfilled: FORCING as AORC_CSV with CATCHMENT_ID cat-1",
        "  there is no FORCING dataset that comes near",
    ]
    assert not Fulfilment(wanted).is_fulfilled, "no part, no fulfilment, even if nothing is uncovered"


def test_many_pieces_are_cut_short_in_text_and_whole_in_json() -> None:
    wanted = required({TIME: days(0, 60)})
    pieces = [forcing(f"p{n}", {TIME: days(n, n + 1)}) for n in range(0, 60, 2)]
    found = Fulfilment.by_cover(covering(wanted, pieces, NOW))
    (line,) = [line for line in found.lines() if "in no dataset" in line]
    assert line.count("TIME") == 10
    assert line.endswith("and 20 more pieces")
    assert len(found.as_json()["uncovered"]) == 30


def test_fulfilment_as_json_holds_everything_and_can_be_written() -> None:
    wanted = required({TIME: days(0, 2), CATCHMENTS: cats(1)}).needing(role="forcing", parameters={"a": 1})
    pieces = [forcing("p", {TIME: days(0, 1), CATCHMENTS: ALL}), forcing("o", {TIME: days(0, 2)})]
    examined = [examine(wanted, item, NOW) for item in pieces]
    data = json.loads(
        json.dumps(Fulfilment.by_cover(covering(wanted, pieces, NOW), examined).as_json(), allow_nan=False)
    )
    first = {"variable": "TIME", "begin": "2015-12-01 00:00:00", "end": "2015-12-02 00:00:00"}
    second = {"variable": "TIME", "begin": "2015-12-02 00:00:00", "end": "2015-12-03 00:00:00"}
    assert not data["fulfilled"]
    assert data["requirement"]["format"] == "AORC_CSV"
    assert data["requirement"]["role"] == "forcing"
    assert data["requirement"]["parameters"] == {"a": 1}
    (part,) = data["parts"]
    assert (part["dataset"], part["uuid"], part["format"]) == ("p@1", "uuid-p", "AORC_CSV")
    assert part["boxes"][0]["continuous"][0].items() >= first.items()
    assert part["boxes"][0]["discrete"] == [{"variable": "CATCHMENT_ID", "values": ["cat-1"]}]
    assert data["uncovered"][0]["continuous"][0].items() >= second.items()
    states = {
        item["dataset"]: {finding["index"]: finding["state"] for finding in item["findings"]}
        for item in data["examined"]
    }
    assert states == {
        "p@1": {"TIME": "missing", "CATCHMENT_ID": "satisfied"},
        "o@1": {"TIME": "satisfied", "CATCHMENT_ID": "unstated"},
    }
    unstated = data["examined"][1]["findings"][0]
    assert unstated["held"] is None
    assert unstated["missing"] == [unstated["wanted"]]
    assert data["examined"][1]["reasons"] == [unstated["text"]]
    assert data["examined"][0]["format_verdict"] == "exact"
