"""Which location of a simulation belongs to which one of the observations, where nobody has said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dmod.errors import InputError
from dmod.evaluation.location_series import SeriesSource

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
