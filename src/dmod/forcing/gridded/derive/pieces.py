"""The pieces that the work is cut into: by place, by time along the store's chunks, by variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dmod.core.time_axis import TimeAxis
from dmod.forcing.gridded.derive.shape import VALUE_BYTES, Extents, Integers, Shape, chunks_of
from dmod.forcing.gridded.grid import GridWindow
from dmod.forcing.gridded.source import GridSource
from dmod.forcing.gridded.weights import Weights

Columns = tuple[str, ...]

WIND: Columns = ("UGRD_10maboveground", "VGRD_10maboveground")
"""Along the axes x and y of a grid; both are needed to turn one to east or north."""
DECODING = 1.5
"""Fields more that reading takes, of stores that pack values and of those that do not."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of time of some catchments and one variable, or of both components of the wind.

    Parameters
    ----------
    tile : number of the group of catchments
    first, steps : the block, from the period's beginning
    """

    tile: int
    first: int
    steps: int
    columns: Columns

    @property
    def name(self) -> str:
        """Return what it is called in the work folder."""
        return f"{self.tile:04d}-{self.first:07d}-{'+'.join(self.columns)}"


@dataclass(frozen=True, slots=True)
class Cut:
    """All pieces of a derivation.

    Parameters
    ----------
    axis : the period
    rows, windows : of each tile, its catchments, ascending, and the window that holds their cells
    seams : columns that are derived together → steps with which a chunk of the store begins
    pieces : earlier times first
    chunk : steps, rows and columns that the store holds together
    """

    axis: TimeAxis
    rows: Sequence[Integers]
    windows: Sequence[GridWindow]
    seams: Mapping[Columns, Integers]
    pieces: Sequence[Piece]
    chunk: tuple[int, int, int]

    def times(self, piece: Piece) -> TimeAxis:
        """Return the steps of a piece."""
        return self.axis.window(piece.first, piece.steps)

    def chunks(self, piece: Piece) -> int:
        """Return how many of the store's chunks a piece takes."""
        seams = self.seams[piece.columns]
        inside = (seams > piece.first) & (seams < piece.first + piece.steps)
        return (1 + int(inside.sum())) * chunks_of(self.windows[piece.tile], self.chunk) * len(piece.columns)

    def fewest_chunks(self, window: GridWindow) -> int:
        """Return how many chunks reading everything in one go would take."""
        size = chunks_of(window, self.chunk)
        return sum(
            (1 + int((seams > 0).sum())) * size * len(columns) for columns, seams in self.seams.items()
        )

    def memory(self, piece: Piece) -> int:
        """Estimate what a piece takes of memory while it is read and averaged."""
        columns, catchments = len(piece.columns), self.rows[piece.tile].size
        cells = self.windows[piece.tile].cells
        return round(piece.steps * VALUE_BYTES * (cells * (columns + DECODING) + 3 * catchments * columns))


def make_cut(
    source: GridSource, weights: Weights, columns: Sequence[str], axis: TimeAxis, shape: Shape
) -> Cut:
    """Cut the work into pieces of a shape."""
    groups = Extents(weights).groups(source.chunk, shape.side)
    seams = {group: source.seams(group[0], axis) for group in column_groups(source, columns)}
    pieces = [
        Piece(tile, first, steps, group)
        for group, places in seams.items()
        for first, steps in cut_blocks(axis.count, shape.steps, places)
        for tile in range(len(groups))
    ]
    return Cut(
        axis,
        tuple(rows for rows, _ in groups),
        tuple(window for _, window in groups),
        seams,
        sorted(pieces, key=lambda piece: (piece.first, piece.tile)),
        source.chunk,
    )


def column_groups(source: GridSource, columns: Sequence[str]) -> tuple[Columns, ...]:
    """Return which columns are derived together: winds that must be turned, else each alone."""
    turned = {column for column in columns if source.variables[column].wind}
    alone = tuple((column,) for column in columns if column not in turned)
    return (*alone, WIND) if turned else alone


def cut_blocks(count: int, size: int, seams: Integers) -> Iterator[tuple[int, int]]:
    """Yield first step and number of steps of blocks, at most ``size``, that end at seams if they can."""
    edges = [*seams[(seams > 0) & (seams < count)].tolist(), count]
    first = 0
    while first < count:
        reached = [edge for edge in edges[: size + 1] if edge <= first + size]
        stop = reached[-1] if reached else first + size
        yield first, stop - first
        first = stop
        edges = edges[len(reached) :]
