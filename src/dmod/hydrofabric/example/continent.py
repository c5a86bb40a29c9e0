"""An example hydrofabric of any size: one basin, or a continent of basins stamped from a few patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.hydrofabric.example.basin import MOST_CATCHMENTS, make_basin
from dmod.hydrofabric.example.layout import TURNS, Layout, alone, lay_out, nearest_regions
from dmod.hydrofabric.example.pattern import CELL, Pattern, make_pattern
from dmod.hydrofabric.shape_arrays import ShapeArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_DIVIDES = 5_000_000

SHARES = {
    24_000: 0.24,
    9_000: 0.20,
    3_500: 0.16,
    1_400: 0.13,
    500: 0.10,
    180: 0.07,
    60: 0.05,
    20: 0.03,
    6: 0.02,
}
"""Catchments of the patterns of a continent, and the share of all catchments that their stamps have."""

WITHOUT_RIVER = 100
"""One divide of so many has no flowpath: it drains to the coast, or stays inland."""

DIVIDED = 2000
"""Basins from this size on lie in two regions."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One basin of the continent.

    Parameters
    ----------
    seed : of the continent
    number : 0 for the first
    first : number of its first catchment
    turn, shift, scale : where it lies, see `Place`
    regions : vector processing units of its lower and its upper part
    first_line : number of its first source flowline
    first_poi, first_location : numbers of its first point of interest and hydrolocation
    gauges : number of each gauge, in the order of the pattern's
    scatter : how much its attributes differ from the pattern's; 0: not at all
    """

    pattern: Pattern
    seed: int
    number: int
    first: int
    turn: int
    shift: tuple[float, float]
    scale: float
    regions: tuple[str, str]
    first_line: int
    first_poi: int
    first_location: int
    gauges: tuple[str, ...]
    scatter: float

    def placed(self, shapes: ShapeArray) -> ShapeArray:
        """Return shapes of the pattern where they are on this stamp [m]."""
        return ShapeArray(shapes.kind, self.points(shapes.points), shapes.first)

    def points(self, points: Floats) -> Floats:
        """Return points of the pattern where they are on this stamp [m]."""
        turned = points if self.turn == 0 else points @ TURNS[self.turn].T
        moved = turned if self.shift == (0.0, 0.0) else turned + self.shift
        return np.asarray(moved if self.scale == 1.0 else moved * self.scale)


@dataclass(frozen=True, slots=True)
class BareDivides:
    """Divides without a flowpath: squares beside the basins.

    Parameters
    ----------
    first : number of the first
    corner : shape (n, 2), their south-western corners [m]
    side : of all [m]
    coastal : whether the sea is beside each
    regions : vector processing unit of each
    patterns : what the basins are stamped from
    like : shape (n, 2), pattern and catchment whose attributes each has
    """

    first: int
    corner: Floats
    side: float
    coastal: NDArray[np.bool_]
    regions: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    like: Index

    def __len__(self) -> int:
        return len(self.corner)


@dataclass(frozen=True, slots=True)
class Continent:
    """Everything that an example hydrofabric is made of."""

    seed: int
    stamps: tuple[Stamp, ...]
    bare: BareDivides

    def __len__(self) -> int:
        return sum(len(stamp.pattern) for stamp in self.stamps) + len(self.bare)


def make_continent(
    catchments: int,
    seed: int = 1,
    *,
    shares: dict[int, float] | None = None,
    largest_basin: int = MOST_CATCHMENTS,
    progress: Callable[[str], None] | None = None,
) -> Continent:
    """Make a hydrofabric with exactly ``catchments`` divides; the same for the same arguments.

    Parameters
    ----------
    catchments : divides, of which one in a hundred has no river
    shares : catchments of each pattern and its share of the whole
    largest_basin : up to as many catchments are a single basin
    progress : told what is being made

    Raises
    ------
    InputError
        a number is impossible.
    """
    if not 1 <= catchments <= MOST_DIVIDES:
        raise InputError(
            f"a hydrofabric of {catchments} catchments cannot be made", hint=f"1 to {MOST_DIVIDES:,}"
        )
    if seed < 0:
        raise InputError(f"the seed is {seed}", hint="any whole number from 0 on")
    say = progress or (lambda _: None)
    bare = catchments // WITHOUT_RIVER
    random = np.random.default_rng([seed, catchments, 2])
    if catchments <= largest_basin:
        basin = make_basin(catchments - bare, seed, lakes=_lakes(catchments - bare), progress=say)
        patterns = [make_pattern(basin, divided=True, centred=False)]
        layout = alone(patterns[0])
    else:
        copies = copies_of(catchments - bare, shares or SHARES)
        patterns = [_pattern(size, seed, say) for size in copies]
        say(f"{sum(copies.values()):,} basins side by side")
        layout = lay_out(patterns, list(copies.values()), random)
    stamps = tuple(_stamps(patterns, layout, seed))
    return Continent(seed, stamps, _bare(layout, patterns, bare, catchments - bare + 1, random))


def copies_of(catchments: int, shares: dict[int, float]) -> dict[int, int]:
    """Return how often each size of basin is there, so that they have exactly ``catchments``."""
    sizes = sorted(shares, reverse=True)
    largest = sizes[0]
    if catchments < largest:
        raise InputError(f"a continent of {catchments} catchments is too small for a basin of {largest}")
    copies = {largest: max(int(shares[largest] * catchments / largest), 1)}
    others = min(catchments, (catchments - largest * copies[largest]) / (1 - shares[largest]))
    copies |= {size: int(shares[size] * others / size) for size in sizes[1:]}
    left = catchments - sum(size * count for size, count in copies.items())
    for size in sizes:
        more, left = divmod(left, size)
        copies[size] += more
    copies |= {left: 1} if left else {}
    return {size: count for size, count in copies.items() if count}


def _lakes(catchments: int) -> int:
    return catchments // 100


def _pattern(size: int, seed: int, say: Callable[[str], None]) -> Pattern:
    say(f"a basin of {size:,} catchments")
    return make_pattern(make_basin(size, seed, lakes=_lakes(size)), divided=size >= DIVIDED)


def _stamps(patterns: Sequence[Pattern], layout: Layout, seed: int) -> Iterator[Stamp]:
    """Yield the basins, numbered region by region, from north to south."""
    regions = [
        _regions(patterns[place.pattern], place.turn, place.shift, layout.scale) for place in layout.places
    ]
    order = sorted(
        range(len(regions)), key=lambda i: (regions[i], -layout.places[i].shift[1], layout.places[i].shift)
    )
    first, line, poi, location = 1, 1, 1, 1
    gauges: dict[str, int] = {}
    for number, i in enumerate(order):
        place = layout.places[i]
        pattern = patterns[place.pattern]
        yield Stamp(
            pattern=pattern,
            seed=seed,
            number=number,
            first=first,
            turn=place.turn,
            shift=place.shift,
            scale=layout.scale,
            regions=regions[i],
            first_line=line,
            first_poi=poi,
            first_location=location,
            gauges=tuple(_gauge_numbers(pattern, regions[i], gauges)),
            scatter=0.0 if len(layout.places) == 1 else 1.0,
        )
        first += len(pattern)
        line += pattern.sources.total
        poi += len(pattern.locations.flowpath)
        location += len(pattern.locations.kind)


def _regions(pattern: Pattern, turn: int, shift: tuple[float, float], scale: float) -> tuple[str, str]:
    """Return the regions of the lower and the upper part; they differ where the pattern is divided."""
    at = np.column_stack((pattern.attributes["centroid_x"], pattern.attributes["centroid_y"]))
    lower = (at[~pattern.upper].mean(axis=0) @ TURNS[turn].T + shift) * scale
    below = nearest_regions(*lower)[0]
    if not pattern.upper.any():
        return below, below
    upper = (at[pattern.upper].mean(axis=0) @ TURNS[turn].T + shift) * scale
    return below, next(name for name in nearest_regions(*upper) if name != below)


def _gauge_numbers(pattern: Pattern, regions: tuple[str, str], used: dict[str, int]) -> Iterator[str]:
    """Yield numbers of a series that no real gauge has: 00, region, running number."""
    for flowpath in pattern.locations.gauged.tolist():
        region = regions[int(pattern.upper[flowpath])][:2]
        used[region] = used.get(region, 0) + 1
        yield f"00{region}{used[region]:04d}"


def _bare(
    layout: Layout, patterns: Sequence[Pattern], count: int, first: int, random: np.random.Generator
) -> BareDivides:
    """Choose open cells beside the basins, on the coast first where there is one."""
    cells = np.argwhere(layout.land & ~layout.taken)
    if len(cells) < count:
        raise InputError(
            f"there is no room for {count} divides without a river", hint="ask for fewer catchments"
        )
    apart = ~_beside(layout.taken)[tuple(cells.T)]
    cells = cells[np.lexsort((random.random(len(cells)), apart))][:count]
    cells = cells[np.lexsort(cells.T)]
    coastal = _beside(~layout.land)[tuple(cells.T)]
    if layout.land.all():  # a single basin has no sea; some are called coastal all the same
        coastal = np.arange(count) % 2 == 0
    corner = (np.array(layout.corner) + CELL * cells[:, ::-1]) * layout.scale
    which = random.integers(0, len(patterns), count)
    sizes = np.array([len(pattern) for pattern in patterns])
    like = np.column_stack((which, random.integers(0, sizes[which])))
    regions = tuple(nearest_regions(x, y)[0] for x, y in corner.tolist())
    return BareDivides(first, corner, CELL * layout.scale, coastal, regions, tuple(patterns), like)


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which cells share an edge with a cell of the mask."""
    padded = np.pad(mask, 1)
    return padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
