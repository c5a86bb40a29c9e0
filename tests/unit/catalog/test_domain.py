"""Domains, requirements, formats and categories: what they accept, and the algebra of domains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex, find_format
from dmod.catalog.domain import Domain, discrete
from dmod.catalog.holder import Holder
from dmod.catalog.requirement import Requirement, element_restriction
from dmod.catalog.restriction import ALL, Continuous, Discrete
from dmod.errors import InputError

START = datetime(2015, 12, 1, tzinfo=UTC)
TIME, CATCHMENTS, DATA = DomainIndex.TIME, DomainIndex.CATCHMENT_ID, DomainIndex.DATA_ID
CSV, ZARR, GRID = find_format("AORC_CSV"), find_format("ZARR_FORCING"), find_format("FORCING_GRID")


def hours(begin: int, end: int) -> Continuous:
    return Continuous(START + timedelta(hours=begin), START + timedelta(hours=end))


def cats(*numbers: int) -> Discrete:
    return Discrete(frozenset(f"cat-{number}" for number in numbers))


def forcing(begin: int, end: int, *numbers: int) -> Domain:
    return Domain(CSV, {TIME: hours(begin, end), CATCHMENTS: cats(*numbers)})


# domains


def test_domain_lists_its_restrictions_in_one_order() -> None:
    domain = Domain(CSV, {TIME: hours(0, 1), CATCHMENTS: cats(1)})
    assert list(domain.restrictions) == [CATCHMENTS, TIME]
    assert domain == Domain(CSV, {CATCHMENTS: cats(1), TIME: hours(0, 1)})
    assert hash(domain) == hash(Domain(CSV, {CATCHMENTS: cats(1), TIME: hours(0, 1)}))
    assert str(domain) == ("AORC_CSV(CATCHMENT_ID cat-1; TIME 2015-12-01 00:00:00 to 2015-12-01 01:00:00)")


def test_domain_cannot_be_changed_from_outside() -> None:
    held = {TIME: hours(0, 1)}
    domain = Domain(CSV, held)
    held[CATCHMENTS] = cats(1)
    assert list(domain.restrictions) == [TIME]
    with pytest.raises(TypeError):
        domain.restrictions[CATCHMENTS] = cats(1)  # type: ignore[index]


@pytest.mark.parametrize(
    ("form", "box", "match"),
    [
        ("AORC_CSV", {DomainIndex.LENGTH: cats(1)}, "AORC_CSV have no LENGTH"),
        ("AORC_CSV", {}, "states nothing"),
        ("AORC_CSV", {TIME: cats(1)}, "TIME is a range, not a set"),
        ("AORC_CSV", {TIME: Continuous(1, 2)}, "not of numbers"),
    ],
)
def test_domain_that_is_none_is_refused(form: str, box, match: str) -> None:
    with pytest.raises(InputError, match=match):
        Domain(find_format(form), box)


@pytest.mark.parametrize("form", ["EMPTY", "GENERIC"])
def test_domain_of_anything_may_state_anything(form: str) -> None:
    assert Domain(find_format(form)).restrictions == {}
    assert Domain(find_format(form), {DomainIndex.LENGTH: Continuous(1, 2)}).restrictions


def test_every_format_may_state_its_data_id_and_all_times() -> None:
    assert Domain(CSV, {DATA: Discrete.of(["a"]), TIME: ALL}).time is None


def test_domain_tells_its_period_and_elements() -> None:
    domain = forcing(0, 1, 1, 2)
    assert domain.time == hours(0, 1)
    assert domain.values(CATCHMENTS) == {"cat-1", "cat-2"}
    assert domain.values(DATA) == frozenset()
    assert (
        Domain(CSV, {CATCHMENTS: Discrete(frozenset({"cat-1"}), excluded=True)}).values(CATCHMENTS) == set()
    )


def test_domain_contains_what_it_can_stand_in_for() -> None:
    csv = forcing(0, 9, 1, 2)
    assert csv.contains(replace(forcing(1, 2, 1), format=ZARR))
    assert not csv.contains(forcing(1, 2, 3))
    assert not csv.contains(Domain(GRID, {TIME: hours(1, 2)}))


def test_intersection_and_difference_of_domains() -> None:
    ours, theirs = forcing(0, 3, 1, 2), replace(forcing(2, 5, 2, 3), format=ZARR)
    assert ours.intersection(theirs) == forcing(2, 3, 2)
    assert theirs.intersection(ours) == replace(forcing(2, 3, 2), format=ZARR)
    assert ours.intersection(forcing(3, 4, 1)) is None
    assert ours.intersection(Domain(GRID, {TIME: hours(0, 1)})) is None
    rest = ours.subtract(theirs)
    assert set(rest) == {forcing(0, 3, 1), forcing(0, 2, 2)}
    assert ours.subtract(Domain(GRID, {TIME: hours(0, 9)})) == (ours,)
    assert ours.subtract(ours) == ()


def test_domains_merge_along_one_index_only() -> None:
    assert forcing(0, 2, 1).merge(forcing(2, 3, 1)) == forcing(0, 3, 1)
    assert forcing(0, 2, 1).merge(forcing(0, 2, 2)) == forcing(0, 2, 1, 2)
    assert forcing(0, 9, 1).merge(forcing(2, 3, 1)) == forcing(0, 9, 1)
    for other, match in (
        (forcing(3, 4, 1), "no single domain"),
        (forcing(2, 4, 2), "no single domain"),
        (replace(forcing(2, 3, 1), format=ZARR), "cannot be merged"),
    ):
        with pytest.raises(InputError, match=match):
            forcing(0, 2, 1).merge(other)


def test_merged_domain_has_the_units_of_both_and_refuses_two_for_one_variable() -> None:
    rain = replace(forcing(0, 2, 1), units={"rain": "mm/h"}, data_fields={"a": "str"})
    heat = replace(forcing(2, 4, 1), units={"heat": "K"}, data_fields={"b": "int"})
    merged = rain.merge(heat)
    assert merged.units == {"rain": "mm/h", "heat": "K"}
    assert merged.data_fields == {"a": "str", "b": "int"}
    with pytest.raises(InputError, match=r"rain is in mm/h in one domain and in kg m-2 s-1"):
        rain.merge(replace(heat, units={"rain": "kg m-2 s-1"}))


def test_units_are_no_part_of_the_comparison() -> None:
    assert replace(forcing(0, 2, 1), units={"rain": "mm/h"}) == forcing(0, 2, 1)


def test_domain_can_state_more() -> None:
    assert Domain(CSV, {TIME: hours(0, 2)}).stating({CATCHMENTS: cats(1)}) == forcing(0, 2, 1)
    with pytest.raises(InputError, match="have no LENGTH"):
        forcing(0, 2, 1).stating({DomainIndex.LENGTH: Discrete.of([1])})


def test_restriction_of_no_value_is_none() -> None:
    assert discrete(CATCHMENTS, []) == {}
    assert discrete(CATCHMENTS, ["cat-1"]) == {CATCHMENTS: cats(1)}


# requirements


@pytest.mark.parametrize(
    ("category", "form", "box", "match"),
    [
        (Category.OUTPUT, "AORC_CSV", {}, "no OUTPUT data"),
        (Category.FORCING, "AORC_CSV", {DomainIndex.LENGTH: Discrete.of([1])}, "have no LENGTH"),
        (Category.FORCING, None, {TIME: cats(1)}, "not a set"),
    ],
)
def test_requirement_that_nothing_can_fulfil_is_refused(category, form, box, match: str) -> None:
    with pytest.raises(InputError, match=match):
        Requirement(category, None if form is None else find_format(form), box)


def test_requirements_are_equal_by_what_they_ask_for() -> None:
    one = Requirement(Category.FORCING, CSV, {TIME: hours(0, 1), CATCHMENTS: cats(1)}, extra={"size": 1})
    other = Requirement(Category.FORCING, CSV, {CATCHMENTS: cats(1), TIME: hours(0, 1)})
    assert one == other
    assert hash(one) == hash(other)
    assert one != one.needing(parameters={"formulation": "cfe"})
    assert one != one.needing(exact=True)


def test_requirement_without_a_format_restricts_anything() -> None:
    assert Requirement(Category.FORCING, None, {DomainIndex.LENGTH: Discrete.of([1])}).accepts(CSV)


def test_text_of_a_requirement_is_short() -> None:
    many = Requirement(Category.FORCING, CSV, {CATCHMENTS: cats(*range(88))})
    assert str(many) == "FORCING as AORC_CSV with CATCHMENT_ID 88 ids"
    assert str(Requirement(Category.FORCING)) == "FORCING"


@pytest.mark.parametrize(
    ("given", "expected"),
    [("a", {"a"}), (3, {3}), (["a", "b"], {"a", "b"}), (("a",), {"a"}), ({"a", 1}, {"a", 1})],
)
def test_elements_of_a_document_become_a_set(given, expected) -> None:
    assert element_restriction(given) == Discrete(frozenset(expected))


@pytest.mark.parametrize("given", [None, 1.5, [True], [["a"]], {"a": 1}])
def test_elements_that_are_none_are_refused(given) -> None:
    with pytest.raises(InputError, match="cannot be an element"):
        element_restriction(given)


# formats and categories


def test_formats_have_the_numbers_of_dmod_and_their_own_from_100_on() -> None:
    numbers = [form.id for form in FORMATS.values()]
    assert numbers == [*range(19), *range(100, 100 + len(numbers) - 19)]


def test_formats_of_one_family_have_the_same_indices_and_can_be_divided_alike() -> None:
    for form in FORMATS.values():
        assert form.divides <= form.allowed, form
        assert form.categories, form
        assert form.title, form
        for other in FORMATS.values():
            if form.stands_in_for(other):
                assert form.allowed == other.allowed, (form, other)
                assert form.divides == other.divides, (form, other)
                assert set(form.categories) == set(other.categories), (form, other)


@pytest.mark.parametrize("text", ["AORC_CSV", " aorc-csv ", "Aorc_Csv"])
def test_format_is_found_in_any_spelling(text: str) -> None:
    assert find_format(text) is CSV


@pytest.mark.parametrize("text", ["", "csv", "0", "AORC CSV"])
def test_format_that_is_none_is_refused_with_all_there_are(text: str) -> None:
    with pytest.raises(InputError, match="no data format") as caught:
        find_format(text)
    assert all(name in str(caught.value) for name in FORMATS)


def test_category_and_index_are_found_in_any_case() -> None:
    assert Category.named(" forcing ") is Category.FORCING
    assert DomainIndex.named("catchment-id") is CATCHMENTS
    with pytest.raises(InputError, match="no category of data"):
        Category.named("weather")
    with pytest.raises(InputError, match="no index of a domain"):
        DomainIndex.named("where")


# holders


def test_this_process_is_there() -> None:
    assert not Holder.this_process().is_gone()


def test_process_that_has_ended_is_gone_even_before_anybody_looks() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        mine = Holder.this_process()
        started = subprocess.run(
            [sys.executable, "-c", "from dmod.core.process import start_ticks; import sys; "
             "print(start_ticks(int(sys.argv[1])))", str(child.pid)],
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        holder = Holder(mine.host, child.pid, started)
        assert not holder.is_gone()
        assert Holder(mine.host, child.pid, "1").is_gone(), "the number was given to another process"
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert holder.is_gone(), "it has ended, its parent has not looked yet"
    finally:
        child.kill()
        child.communicate()
    assert holder.is_gone()


def test_process_elsewhere_is_never_known_to_be_gone() -> None:
    assert not Holder("another/boot/", 2**22 + 1, "").is_gone()
    assert Holder(Holder.this_process().host, 2**22 + 1, "").is_gone()
