"""An R-tree that is filled at once: sound to SQLite's own check, right in every window, open to edits."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from dmod.hydrofabric.subset.rtree import fill_rtree


def filled(database: sqlite3.Connection, count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(count)
    low = random.uniform(-100, 100, (count, 2)).astype(np.float32)
    high = low + random.uniform(0, 5, (count, 2)).astype(np.float32)
    boxes = np.column_stack((low[:, 0], high[:, 0], low[:, 1], high[:, 1]))
    rows = random.permutation(10 * count)[:count].astype(np.int64)
    database.execute('CREATE VIRTUAL TABLE "r t" USING rtree(id, minx, maxx, miny, maxy)')
    fill_rtree(database, "r t", rows, boxes)
    return rows, boxes


@pytest.mark.parametrize("count", [0, 1, 51, 52, 400, 6000])
def test_rtree_filled_at_once_is_sound_and_finds_what_lies_in_any_window(count: int) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        rows, boxes = filled(database, count)
        assert database.execute("SELECT rtreecheck('r t')").fetchall() == [("ok",)]
        for west, south, width in ((-100, -100, 300), (0, 0, 10), (-50, 20, 40), (300, 300, 1)):
            east, north = west + width, south + width
            hit = (
                (boxes[:, 0] <= east)
                & (boxes[:, 1] >= west)
                & (boxes[:, 2] <= north)
                & (boxes[:, 3] >= south)
            )
            query = 'SELECT id FROM "r t" WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?'
            found = {row for (row,) in database.execute(query, (east, west, north, south))}
            assert found == set(rows[hit].tolist())


def test_rtree_filled_at_once_takes_later_edits() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        rows, _ = filled(database, 400)
        for new in range(10_000, 10_200):
            database.execute('INSERT INTO "r t" VALUES (?, 1, 2, 3, 4)', (new,))
        database.execute('DELETE FROM "r t" WHERE id = ?', (int(rows[0]),))
        assert database.execute('SELECT count(*) FROM "r t"').fetchone() == (599,)
        assert database.execute("SELECT rtreecheck('r t')").fetchall() == [("ok",)]
