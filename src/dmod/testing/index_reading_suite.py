# ruff: noqa: D102 - the names of tests say what they test
"""Finding and listing: a part of what every index must do, see `dmod.testing.index_suite`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.dataset import Lineage
from dmod.catalog.domain import Domain
from dmod.catalog.index.port import Index, Listing, Order
from dmod.catalog.manifest import EMPTY
from dmod.catalog.record import record_of
from dmod.errors import DatasetNotFound, NotPermitted
from dmod.testing.datasets import (
    AT,
    add,
    content_of,
    dataset_of,
    derived_from,
    everything,
    references,
    reserve,
)

HOUR = timedelta(hours=1)


class IndexReadingSuite:
    """Tests of finding and listing."""

    def test_missing_name_is_told_with_near_names(self, index: Index) -> None:
        for name in ("logan-forcing", "logan-fabric", "boise"):
            add(index, name)
        with pytest.raises(DatasetNotFound, match="logan-forcin") as caught:
            index.get("logan-forcin")
        assert "logan-forcing" in str(caught.value.hint)
        assert "boise" not in str(caught.value.hint)

    def test_missing_version_is_told_with_those_that_there_are(self, index: Index) -> None:
        for _ in range(3):
            add(index, "logan", another=True)
        index.remove(index.get("logan", 2).uuid)
        with pytest.raises(DatasetNotFound, match="9") as caught:
            index.get("logan", 9)
        assert "1, 3" in str(caught.value.hint)

    def test_name_is_one_in_its_case(self, index: Index) -> None:
        add(index, "Logan")
        with pytest.raises(DatasetNotFound):
            index.get("logan")
        add(index, "logan")
        assert index.list(Listing("logan"), AT) == [index.get("logan")]
        assert list(index.names("L")) == ["Logan"]

    def test_equal_files_are_found_by_their_digest(self, index: Index) -> None:
        files = {"a": b"1"}
        later = add(index, "later", files, created=AT + HOUR)
        first = add(index, "zero", files, created=AT)
        add(index, "other", {"b": b"1"})
        assert index.with_digest(first.digest) == [first, later]
        index.remove(first.uuid)
        assert index.with_digest(first.digest) == [later]
        assert index.with_digest("0" * 64) == []

    def test_datasets_are_found_by_their_content(self, index: Index) -> None:
        one = add(index, "one", {"a": b"1", "b": b"2"}, created=AT + HOUR)
        two = add(index, "two", {"x": b"2", "y": b"2"}, created=AT)
        gone = add(index, "gone", {"x": b"2"})
        index.remove(gone.uuid)
        hashes = [content_of(data).sha256 for data in (b"1", b"2", b"3")]
        found = index.with_content(hashes)
        assert {sha256: list(datasets) for sha256, datasets in found.items()} == {
            hashes[0]: [one],
            hashes[1]: [two, one],
        }
        assert not index.with_content([])

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ("", ["A-1", "Zeta", "a.1", "a1", "a_1", "aa1", "zeta"]),
            ("*", ["A-1", "Zeta", "a.1", "a1", "a_1", "aa1", "zeta"]),
            ("a*", ["a.1", "a1", "a_1", "aa1"]),
            ("a?1", ["a.1", "a_1", "aa1"]),
            ("a_1", ["a_1"]),
            ("?eta", ["Zeta", "zeta"]),
            ("*1", ["A-1", "a.1", "a1", "a_1", "aa1"]),
            ("a%", []),
            ("[az]*", []),
            ("a\\*", []),
            ("eta", []),
        ],
    )
    def test_listing_by_a_pattern_is_in_the_order_of_names(
        self, index: Index, pattern: str, expected: list[str]
    ) -> None:
        for name in ("zeta", "a_1", "A-1", "aa1", "a.1", "Zeta", "a1"):
            add(index, name)
        assert [dataset.name for dataset in index.list(Listing(pattern), AT)] == expected

    def test_listing_goes_by_everything_that_is_asked(self, index: Index) -> None:
        forcing, csv = Category.FORCING, FORMATS["AORC_CSV"]
        generic = Domain(FORMATS["GENERIC"])
        one = add(index, "one", owner="ann")
        two = add(index, "two", owner="bob", domain=generic, lineage=derived_from("mother", "father"))
        three = add(index, "three", owner="bob", domain=generic, category=Category.OUTPUT)
        for listing, expected in (
            (Listing(category=forcing), [one, two]),
            (Listing(format=csv), [one]),
            (Listing(owner="bob"), [three, two]),
            (Listing(owner="bob", category=forcing), [two]),
            (Listing(derived_from="father"), [two]),
            (Listing("t*", owner="bob", format=FORMATS["GENERIC"]), [three, two]),
            (Listing(owner="BOB"), []),
        ):
            assert index.list(listing, AT) == expected, listing

    def test_listing_has_the_latest_versions_or_all(self, index: Index) -> None:
        for name in ("b", "a", "b", "b"):
            add(index, name, another=True)
        assert references(index.list(Listing(), AT)) == ["a@1", "b@3"]
        assert references(index.list(Listing(latest=False), AT)) == ["a@1", "b@1", "b@2", "b@3"]
        index.remove(index.get("b").uuid)
        assert references(index.list(Listing(), AT)) == ["a@1", "b@2"]

    def test_versions_are_listed_as_numbers(self, index: Index) -> None:
        for version in (10, 9, 2):
            index.commit(dataset_of("logan", version), EMPTY)
        assert references(index.list(Listing(latest=False), AT)) == ["logan@2", "logan@9", "logan@10"]

    def test_listing_comes_in_pages(self, index: Index) -> None:
        names = [f"d{number}" for number in range(7)]
        for name in names:
            add(index, name)
        pages = [index.list(Listing(limit=3, offset=offset), AT) for offset in (0, 3, 6, 9)]
        assert [[dataset.name for dataset in page] for page in pages] == [
            names[:3],
            names[3:6],
            names[6:],
            [],
        ]
        assert [dataset.name for dataset in index.list(Listing(offset=5), AT)] == names[5:]
        assert index.list(Listing(limit=0), AT) == []

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            ("name", ["a@1", "b@1", "b@2", "c@1", "d@1"]),
            ("created", ["d@1", "a@1", "b@2", "c@1", "b@1"]),
            ("size", ["c@1", "a@1", "b@1", "b@2", "d@1"]),
        ],
    )
    def test_listing_is_sorted_and_its_pages_fit_together(
        self, index: Index, order: Order, expected: list[str]
    ) -> None:
        made = [("d", 1, 0, 10**10), ("b", 2, 1, 20), ("a", 1, 1, 20), ("c", 1, 1, 3), ("b", 1, 2, 20)]
        for name, version, hours, size in made:
            changes: dict[str, Any] = {"created": AT + hours * HOUR, "size": size}
            index.commit(replace(dataset_of(name, version), **changes), EMPTY)
        for descending, wanted in ((False, expected), (True, expected[::-1])):
            asked = Listing(latest=False, order=order, descending=descending)
            assert references(index.list(asked, AT)) == wanted
            pages = [index.list(replace(asked, limit=2, offset=at), AT) for at in (0, 2, 4)]
            assert [references(page) for page in pages] == [wanted[:2], wanted[2:4], wanted[4:]]

    def test_what_is_expired_is_listed_only_if_asked_for(self, index: Index) -> None:
        old = add(index, "old", expires=AT, lineage=Lineage("made", key="k"))
        young = add(index, "young", expires=AT + timedelta(microseconds=1))
        assert index.list(Listing(), AT) == [young]
        assert index.list(Listing(expired=True), AT) == [old, young]
        assert index.get("old") == old
        assert index.derived("k", AT) is None
        assert index.derived("k", AT - timedelta(microseconds=1)) == old

    def test_expired_are_those_whose_time_is_over_but_read_only_ones(self, index: Index) -> None:
        old = add(index, "old", expires=AT)
        add(index, "kept", expires=AT, read_only=True)
        add(index, "young", expires=AT + HOUR)
        add(index, "eternal")
        reserve(index, "pending", expires=AT)
        assert index.expired(AT) == [old]
        assert index.expired(AT - HOUR) == []

    def test_names_are_those_of_what_is_committed(self, index: Index) -> None:
        for name in ("b_1", "bx1", "a", "b_1"):
            add(index, name, another=True)
        reserve(index, "b_2")
        index.remove(add(index, "b_3").uuid)
        assert list(index.names()) == ["a", "b_1", "bx1"]
        assert list(index.names("b_")) == ["b_1"]
        assert list(index.names("b%")) == []

    def test_versions_are_counted_by_category(self, index: Index) -> None:
        add(index, "a")
        add(index, "a", another=True)
        add(index, "b", category=Category.OUTPUT, domain=Domain(FORMATS["GENERIC"]))
        counts = (index.count(), index.count(Category.FORCING), index.count(Category.STATE))
        assert counts == (3, 2, 0)

    def test_newest_version_with_a_lineage_key_is_found(self, index: Index) -> None:
        made = Lineage("made", key="k")
        new = add(index, "new", lineage=made, created=AT + HOUR)
        add(index, "old", lineage=made, created=AT)
        add(index, "other", lineage=Lineage("made", key="l"))
        add(index, "brought")
        assert index.derived("k", AT) == new
        assert index.derived("m", AT) is None
        assert index.derived("", AT) is None
        assert references(index.all_derived("k", AT)) == [new.reference, "old@1"]
        assert index.all_derived("m", AT) == index.all_derived("", AT) == []

    def test_children_are_those_derived_directly(self, index: Index) -> None:
        mother = add(index, "mother")
        child = add(index, "child", lineage=derived_from(mother.uuid, mother.uuid, "unknown"))
        add(index, "grandchild", lineage=derived_from(child.uuid))
        removed = add(index, "removed", lineage=derived_from(mother.uuid))
        index.remove(removed.uuid)
        assert index.children(mother.uuid) == [child]
        assert index.children("unknown") == [child]
        assert index.children("nobody") == []

    def test_edit_changes_description_owner_expiry_and_mark_alone(self, index: Index) -> None:
        old = add(index, "logan", {"a": b"1"}, **everything())
        wanted: dict[str, Any] = {
            "description": "new",
            "owner": "bob",
            "expires": AT + HOUR,
            "read_only": True,
            "shared_with": ("*", "eve"),
        }
        index.edit(replace(old, **wanted, created=AT + 9 * HOUR, category=Category.CONFIG, size=99, extra={}))
        new = replace(old, **wanted)
        found = index.get("logan")
        assert found.shared_with == ("*", "eve")
        assert record_of(found) == record_of(new)
        assert index.list(Listing(owner="bob"), AT) == [found]
        assert index.list(Listing(owner=old.owner), AT) == []
        assert index.list(Listing(), AT + HOUR) == []
        assert index.expired(AT + HOUR) == []
        with pytest.raises(NotPermitted):
            index.remove(old.uuid)
        index.edit(old)
        assert record_of(index.get("logan")) == record_of(old)
        index.remove(old.uuid)
        with pytest.raises(DatasetNotFound):
            index.edit(old)
