"""How content lies in parts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.store.memory import memory_store
from dmod.catalog.store.parts import SMALLEST_PART, complete_parts, hash_of, object_key, parts, pieces
from dmod.catalog.store.port import Content
from dmod.catalog.store.remote import RemoteStore
from dmod.errors import InputError
from dmod.testing.store_suite import bytes_of, content_of, store_bytes

SIZES = st.integers(0, 10 * SMALLEST_PART)
PART_SIZES = st.integers(SMALLEST_PART, 3 * SMALLEST_PART)
HASH = "ab" + "0" * 62


@given(SIZES, PART_SIZES)
def test_parts_are_the_content_in_order(size: int, part_size: int) -> None:
    found = parts(Content(HASH, size), part_size)
    assert found[0].start == 0
    assert found[-1].end == size
    assert all(one.end == after.start for one, after in pairwise(found))
    assert all(0 < part.size <= part_size for part in found) or size == 0
    assert all(hash_of(part.key) == HASH for part in found)
    assert [part.key for part in found] == sorted(part.key for part in found)


@given(SIZES, PART_SIZES, st.data())
def test_pieces_are_the_range_in_order(size: int, part_size: int, data: st.DataObject) -> None:
    content = Content(HASH, size)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    step = data.draw(st.integers(20_000, 100_000))
    offset = start
    lying = {part.key: part for part in parts(content, part_size)}
    for piece in pieces(list(lying.values()), start, end, step):
        part = lying[piece.key]
        assert piece.offset == offset == part.start + piece.start
        assert 0 < piece.end - piece.start <= step
        assert piece.end <= part.size
        offset += piece.end - piece.start
    assert offset == end


@given(st.integers(2 * SMALLEST_PART, 10 * SMALLEST_PART), st.data())
def test_content_is_complete_only_with_all_its_parts(size: int, data: st.DataObject) -> None:
    content = Content(HASH, size)
    own = parts(content, SMALLEST_PART)
    found = {part.key: part.size for part in own}
    other = parts(content, SMALLEST_PART + 1)  # of a writer that was cut off
    found |= {part.key: part.size for part in other[: data.draw(st.integers(0, len(other) - 1))]}
    assert complete_parts(content, found) == own
    spoiled = data.draw(st.sampled_from(own)).key
    assert complete_parts(content, {**found, spoiled: found[spoiled] - 1}) is None
    del found[spoiled]
    assert complete_parts(content, found) is None


def test_foreign_objects_are_no_content() -> None:
    for key in ("objects/readme", f"objects/{HASH}", f"documents/{HASH[:2]}/{HASH[2:]}", "objects/ab/cd/1/2"):
        assert hash_of(key) is None
    found = {f"{object_key(HASH)}/{name}": 5 for name in ("notes", "0/00000", "x/00000", "99999999999/00000")}
    assert complete_parts(Content(HASH, 5 * SMALLEST_PART), found) is None


@pytest.mark.parametrize("first", [SMALLEST_PART, 2 * SMALLEST_PART, 1 << 30])
@pytest.mark.parametrize("second", [SMALLEST_PART, 3 * SMALLEST_PART, 1 << 20])
def test_stores_of_different_part_sizes_read_each_other(first: int, second: int) -> None:
    data = bytes_of(10 * SMALLEST_PART + 1)
    content = content_of(data)
    one = memory_store(part_size=first)
    other = RemoteStore(one.objects.client, one.address, part_size=second)
    assert store_bytes(one, data) == content
    assert other.holds([content]) == {content.sha256}
    assert b"".join(other.read(content)) == data
    before = list(other.list_content())
    store_bytes(other, data)
    assert list(one.list_content()) == before


def test_upload_in_other_parts_that_was_cut_off_does_not_spoil_content() -> None:
    data = bytes_of(10 * SMALLEST_PART)
    content = content_of(data)
    one = memory_store(part_size=2 * SMALLEST_PART)
    other = RemoteStore(one.objects.client, one.address, part_size=3 * SMALLEST_PART)
    store_bytes(one, data)
    one.objects.delete([parts(content, one.part_size)[1].key])
    store_bytes(other, data)
    assert one.holds([content]) == {content.sha256}
    assert b"".join(one.read(content)) == data
    one.delete_content([content.sha256])
    assert list(one.objects.list("")) == []


def test_part_size_that_is_too_small_is_refused() -> None:
    with pytest.raises(InputError, match="too small"):
        memory_store(part_size=SMALLEST_PART - 1)
