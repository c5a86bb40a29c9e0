"""Blocks: what sets of elements become, and that they never say less than the sets."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.index.blocks import WIDTH, blocks_of, count_of

PLACE, GAUGE = DomainIndex.CATCHMENT_ID, DomainIndex.GAGE_ID
ELEMENTS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.text(max_size=6),
    st.builds("{}{}".format, st.sampled_from(["cat-", "wb-", "", "7-"]), st.integers(0, 400)),
)
SETS = st.frozensets(ELEMENTS, max_size=30)


@given(SETS)
def test_blocks_hold_as_many_elements_as_the_set(values: frozenset[str | int]) -> None:
    assert count_of(blocks_of(PLACE, values)) == len(values)


@given(SETS, SETS)
def test_blocks_share_as_much_as_the_sets_do(one: frozenset[str | int], other: frozenset[str | int]) -> None:
    first, second = blocks_of(PLACE, one), blocks_of(PLACE, other)
    common = sum((mask & second.get(code, 0)).bit_count() for code, mask in first.items())
    assert common == len(one & other)


def test_numbered_ids_that_follow_each_other_are_few_blocks() -> None:
    blocks = blocks_of(PLACE, (f"cat-{number}" for number in range(10 * WIDTH)))
    assert len(blocks) == 10
    assert set(blocks.values()) == {(1 << WIDTH) - 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [("cat-5", "cat-05"), ("5", "05"), ("5", 5), (5, -5), ("cat-1", "wb-1"), ("", "0"), ("a", "a0")],
)
def test_elements_that_differ_are_told_apart(one: str | int, other: str | int) -> None:
    first, second = blocks_of(PLACE, [one]), blocks_of(PLACE, [other])
    assert not any(mask & second.get(code, 0) for code, mask in first.items())


def test_same_ids_of_another_index_are_other_blocks() -> None:
    ids = ["1", "cat-1", "x"]
    assert not set(blocks_of(PLACE, ids)) & set(blocks_of(GAUGE, ids))


def test_blocks_do_not_depend_on_the_order_of_elements() -> None:
    ids = [f"cat-{number}" for number in range(500)]
    shuffled = Random(1).sample(ids, len(ids))
    assert blocks_of(PLACE, ids) == blocks_of(PLACE, shuffled)


def test_blocks_are_what_databases_keep() -> None:
    """Codes and masks that a database holds are not to change with a later version of dmod."""
    assert blocks_of(PLACE, ["cat-0", "cat-59", "cat-60", 7, "x"]) == {
        137610549579961: 1 | 1 << 59,
        145082423796463: 1,
        184489037805873: 1 << 7,
        57890929721642: 1,
    }
