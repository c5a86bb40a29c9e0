"""Blocks of elements: sets of numbered ids as bitmaps, so that what two of them share is quickly counted.

Ids that differ in their number alone (``cat-1`` to ``cat-59``) are one block: a code that stands for what
they have in common, and a bit for each. Basins are numbered together, more or less, so that a block stands
for tens of catchments; what is not numbered is a block of its own. A code may stand for more than one block,
if seldom, so that blocks may say that a set holds what it lacks, but never that it lacks what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import Element

Blocks = Mapping[int, int]
"""A mask of bits by the code of a block."""

WIDTH = 60
"""Ids of a block; databases have 64 bits, of which one is the sign."""
CODE_BYTES = 6
"""Bytes of a code; few, since a database has very many of them."""
DIGITS = "0123456789"
MOST_DIGITS = 18


def blocks_of(index: DomainIndex, values: Iterable[Element]) -> dict[int, int]:
    """Return the blocks of a set of elements of one index."""
    masks: dict[tuple[str, int], int] = {}
    for value in values:
        if isinstance(value, int):
            prefix, number = "n", value
        else:
            head = value.rstrip(DIGITS)
            tail = value[len(head) :]
            if tail and len(tail) <= MOST_DIGITS and (tail[0] != "0" or len(tail) == 1):
                prefix, number = f"t{head}", int(tail)
            else:
                prefix, number = f"w{value}", 0
        block, bit = divmod(number, WIDTH)
        key = (prefix, block)
        masks[key] = masks.get(key, 0) | 1 << bit
    found: dict[int, int] = {}
    for (prefix, block), mask in masks.items():
        text = f"{index.value}\0{prefix}\0{block}".encode("utf-8", "surrogatepass")
        code = int.from_bytes(blake2b(text, digest_size=CODE_BYTES).digest(), "big")
        found[code] = found.get(code, 0) | mask
    return found


def count_of(blocks: Blocks) -> int:
    """Return how many elements blocks hold."""
    return sum(mask.bit_count() for mask in blocks.values())
