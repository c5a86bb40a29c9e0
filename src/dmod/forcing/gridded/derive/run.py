"""Read, average and keep every piece that is not there yet: several at once, within bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from dmod.errors import DmodError
from dmod.forcing.gridded.derive.means import Gap, piece_means
from dmod.forcing.gridded.derive.pieces import Cut, Piece
from dmod.forcing.gridded.derive.tile import Tile
from dmod.forcing.gridded.derive.work import Work
from dmod.forcing.gridded.source import GridSource

Progress = Callable[[str, float], None]

MEMORY_BYTES = 640 * 2**20
"""What pieces under way may take together; one is under way even if it alone takes more."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """What is to be derived from a source.

    Parameters
    ----------
    tiles : groups of catchments, by their number in pieces
    gap : what to do where the grid has no value
    bytes_of_chunk : what a chunk of one variable takes in the store, on average
    """

    source: GridSource
    cut: Cut
    tiles: Sequence[Tile]
    gap: Gap
    bytes_of_chunk: float = 0.0

    def is_kept(self, work: Work, piece: Piece) -> bool:
        """Whether a piece is complete, and nothing in it would be otherwise with this choice about gaps."""
        facts = work.facts(piece.name)
        if facts is None or facts["gaps"] == 0:
            return facts is not None
        return bool(facts["missing"] == self.gap.missing and facts["least"] >= self.gap.least_share)


def at_once(cut: Cut, workers: int) -> int:
    """Return how many pieces are under way at once: one more than work, so that one is read meanwhile."""
    largest = max((cut.memory(piece) for piece in cut.pieces), default=1)
    return max(1, min(workers + 1, MEMORY_BYTES // max(1, largest)))


@dataclass(slots=True)
class Effort:
    """What deriving took, in this process.

    Parameters
    ----------
    pieces : all, however many of them were there before
    kept : those that were complete before
    bytes_read : estimate
    """

    pieces: int
    kept: int
    bytes_read: int = 0
    _begin: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.perf_counter() - self._begin

    def told(self, done: int) -> str:
        """Return how far it is."""
        rate = f", {self.bytes_read / 1e6 / self.seconds:.1f} MB/s" if self.bytes_read else ""
        return f"block {done} of {self.pieces}{rate}"


def derive_pieces(
    derivation: Derivation, work: Work, *, workers: int, progress: Progress | None = None
) -> Effort:
    """Complete every piece; those that are there are left alone. Values are the same for any ``workers``.

    Raises
    ------
    DmodError
        what stopped the first piece that failed; those under way are completed and kept before.
    """
    pieces = derivation.cut.pieces
    left = [piece for piece in pieces if not derivation.is_kept(work, piece)]
    effort = Effort(len(pieces), len(pieces) - len(left))
    tell = progress or (lambda _text, _share: None)
    tell(effort.told(effort.kept), effort.kept / effort.pieces)
    threads = at_once(derivation.cut, workers)
    inner = max(1, workers // threads)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="forcing")
    try:
        futures = [pool.submit(_derive, derivation, work, piece, inner) for piece in left]
        for done, future in enumerate(as_completed(futures), effort.kept + 1):
            effort.bytes_read += _result(future, pool)
            tell(effort.told(done), done / effort.pieces)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return effort


def _result(future: Future[int], pool: ThreadPoolExecutor) -> int:
    """Return what a piece read; if it failed, let those under way end first."""
    try:
        return future.result()
    except DmodError:
        pool.shutdown(wait=True, cancel_futures=True)
        raise


def _derive(derivation: Derivation, work: Work, piece: Piece, workers: int) -> int:
    """Derive one piece and keep it."""
    tile, times = derivation.tiles[piece.tile], derivation.cut.times(piece)
    means = piece_means(derivation.source, tile, piece, times, gap=derivation.gap, workers=workers)
    read = round(derivation.bytes_of_chunk * derivation.cut.chunks(piece))
    facts = {
        **means.facts,
        "missing": derivation.gap.missing,
        "bytes_read": read,
        "missing_chunks": derivation.source.missing_chunks,
    }
    work.store(piece.name, means.values, facts)
    return read
