"""Which location of a simulation belongs to which one of the observations, where nobody has said so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dmod.errors import InputError
from dmod.evaluation.evaluation import Place
from dmod.evaluation.location_series import KnowsPlaces, LocationSeries, SeriesSource

PREFIXES = ("usgs", "gages", "gage", "gauge", "camels", "site")


def bare(location: str) -> str:
    """Return a gauge's number without what stands before it: ``USGS-01073000`` is ``01073000``."""
    text = location.strip().lower()
    for prefix in PREFIXES:
        rest = text.removeprefix(prefix)
        if rest != text and rest[:1] in "-_: ":
            return rest[1:]
    return text


def pair_locations(
    observed: SeriesSource, simulated: SeriesSource, wanted: Sequence[str] | Mapping[str, str] = ()
) -> dict[str, str]:
    """Return location of the observations → location of the simulations.

    Ids that are equal belong together, else those that are equal without ``USGS-``, ``gage-`` and the like.

    Parameters
    ----------
    wanted : locations of the observations, or pairs of them and the simulations'; all if empty

    Raises
    ------
    InputError
        nothing belongs together; the message says what each side has.
    """
    theirs = {bare(location): location for location in reversed(simulated.locations)}
    theirs.update({location: location for location in simulated.locations})
    ours = {bare(location): location for location in reversed(observed.locations)}
    ours.update({location: location for location in observed.locations})
    stated = dict(wanted) if isinstance(wanted, Mapping) else dict.fromkeys(wanted, "")
    found: dict[str, str] = {}
    for name, other in (stated or dict.fromkeys(observed.locations, "")).items():
        here = ours.get(name, ours.get(bare(name)))
        if here is None and len(observed.locations) == 1 and len(stated) == 1:
            here = observed.locations[0]  # a file of one gauge need not name it
        if here is None:
            raise InputError(
                f"{observed.name} does not hold {name}", hint=f"it holds {_some(observed.locations)}"
            )
        there = theirs.get(other or name, theirs.get(bare(other or name), other))
        if there:
            found[here] = there
    if not found:
        raise InputError(
            f"no location of {simulated.name} belongs to one of {observed.name}",
            hint=f"{observed.name} has {_some(observed.locations)}; {simulated.name} has "
            f"{_some(simulated.locations)}; pair them by GAUGE=LOCATION",
        )
    return found


def _some(locations: Sequence[str]) -> str:
    return ", ".join(locations[:6]) + (f" and {len(locations) - 6} more" if len(locations) > 6 else "")


@dataclass(frozen=True, slots=True)
class CalledAsObserved:
    """A source whose locations can also be asked for by what the observations call them.

    Parameters
    ----------
    others : location of the observations → the source's own
    """

    source: SeriesSource
    others: Mapping[str, str]

    @property
    def name(self) -> str:
        """What it is called in results."""
        return self.source.name

    @property
    def locations(self) -> tuple[str, ...]:
        """The source's own, and those that belong to one by another name."""
        return tuple(dict.fromkeys((*self.source.locations, *self.others)))

    @property
    def hydrofabric(self) -> Path | None:
        """The run's hydrofabric, where it is known."""
        return getattr(self.source, "hydrofabric", None)

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give the series of some locations."""
        yield from self.source.read([self.others.get(location, location) for location in locations])

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        """Return what the source knows of locations, by what they are asked for."""
        if not isinstance(self.source, KnowsPlaces):
            return {}
        own = {location: self.others.get(location, location) for location in locations}
        known = self.source.places(list(dict.fromkeys(own.values())))
        return {one: replace(known[other], id=one) for one, other in own.items() if other in known}

    def provenance(self) -> Mapping[str, str]:
        """Return what was read."""
        return self.source.provenance()


def called_as_observed(source: SeriesSource, observed: SeriesSource) -> SeriesSource:
    """Return a source that answers to the observations' ids where they differ by ``USGS-`` and the like."""
    own = set(source.locations)
    if own.issuperset(observed.locations):
        return source
    theirs = {bare(location): location for location in reversed(source.locations)}
    others = {
        location: theirs[bare(location)]
        for location in observed.locations
        if location not in own and bare(location) in theirs
    }
    return CalledAsObserved(source, others) if others else source
