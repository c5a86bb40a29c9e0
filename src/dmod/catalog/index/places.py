"""Statements on places: sets that many datasets share, noted, let go, and found by what they hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce

from sqlalchemy import Connection, delete, insert, select

from dmod.catalog.index.blocks import Blocks, count_of
from dmod.catalog.index.content import batches
from dmod.catalog.index.signature import MOST_BLOCKS, Places, Wanted
from dmod.catalog.index.tables import blocks, places, summaries
from dmod.database.upsert import insert_locked

FIRST_BLOCKS = 256
"""Blocks by which sets that hold all of a requirement are found, before the others are looked at."""
MOST_SHARED = 50_000
"""Blocks of all sets together that are read to find those that hold a part; those read first count."""
ASKED = 1_000
"""Codes, or sets, that one statement asks for."""

Shares = dict[int, int]
"""How many of the elements asked for a set holds, by the row's id."""


def note_places(connection: Connection, held: Places | None) -> int | None:
    """Note where a dataset lies; return the row's id, None where it does not say so."""
    if held is None:
        return None
    row = {"digest": held.digest, "anywhere": held.anywhere}
    noted = insert_locked(connection, places, "digest").values(row).returning(places.c.id)
    places_id = int(connection.execute(noted).scalar_one())
    if held.blocks and not _has_blocks(connection, places_id):
        rows = [
            {"code": code, "places_id": places_id, "mask": mask} for code, mask in sorted(held.blocks.items())
        ]
        for batch in batches(rows):
            connection.execute(insert(blocks), batch)
    return places_id


def release_places(connection: Connection, places_ids: Collection[int]) -> None:
    """Forget places where no dataset lies any more."""
    for places_id in sorted(places_ids):
        # until this transaction ends, no other one can note them anew
        connection.execute(select(places.c.id).where(places.c.id == places_id).with_for_update())
        still = select(summaries.c.version_id).where(summaries.c.places_id == places_id).limit(1)
        if connection.execute(still).first() is None:
            connection.execute(delete(places).where(places.c.id == places_id))


def holding(connection: Connection, wanted: Sequence[Wanted]) -> set[int]:
    """Return the places that may hold all that is wanted of every index."""
    found = [_holding(connection, item) for item in wanted]
    return reduce(set.intersection, found)


def sharing(connection: Connection, wanted: Wanted) -> Shares:
    """Return the places that may hold a part of what is wanted of an index, with how much they share.

    Where very many do, they are those that the blocks that were read first have told.
    """
    shares: Shares = {}
    left = MOST_SHARED
    for batch in batches(_asked(wanted.blocks), ASKED):
        chosen = select(blocks.c.code, blocks.c.places_id, blocks.c.mask).where(blocks.c.code.in_(batch))
        rows = connection.execute(chosen.limit(left)).all()
        for code, places_id, mask in rows:
            common = (wanted.blocks[code] & mask).bit_count()
            if common:
                shares[places_id] = shares.get(places_id, 0) + common
        left -= len(rows)
        if left <= 0:
            break
    return {**shares, **dict.fromkeys(_anywhere(connection, wanted.bit), count_of(wanted.blocks))}


def _holding(connection: Connection, item: Wanted) -> set[int]:
    codes = _asked(item.blocks)
    found = _holders(connection, item.blocks, codes[:FIRST_BLOCKS], None)
    for batch in batches(codes[FIRST_BLOCKS:], ASKED):
        if not found or len(found) > ASKED:
            break
        found = _holders(connection, item.blocks, batch, sorted(found))
    return found | set(_anywhere(connection, item.bit))


def _holders(
    connection: Connection, wanted: Blocks, codes: Sequence[int], among: Sequence[int] | None
) -> set[int]:
    """Return the places that hold some blocks whole."""
    chosen = select(blocks.c.code, blocks.c.places_id, blocks.c.mask).where(blocks.c.code.in_(codes))
    if among is not None:
        chosen = chosen.where(blocks.c.places_id.in_(among))
    counts: dict[int, int] = {}
    for code, places_id, mask in connection.execute(chosen):
        if wanted[code] & ~mask == 0:
            counts[places_id] = counts.get(places_id, 0) + 1
    return {places_id for places_id, count in counts.items() if count == len(codes)}


def _anywhere(connection: Connection, bit: int) -> list[int]:
    """Return the places that may hold whatever is asked for of an index; they are few."""
    rows = connection.execute(select(places.c.id, places.c.anywhere).where(places.c.anywhere != 0))
    return [row.id for row in rows if row.anywhere & bit]


def _asked(wanted: Blocks) -> list[int]:
    """Return the codes that are looked at: all of them, or as many as places have at most.

    They are hashes, so that the first of them in order are like a sample.
    """
    return sorted(wanted)[:MOST_BLOCKS]


def _has_blocks(connection: Connection, places_id: int) -> bool:
    found = select(blocks.c.code).where(blocks.c.places_id == places_id).limit(1)
    return connection.execute(found).first() is not None
