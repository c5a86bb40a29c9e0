"""Series of configurations at one location: one of a run, one for each member of an ensemble."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dmod.evaluation.align import span
from dmod.evaluation.location_series import LocationSeries, SeriesSource
from dmod.evaluation.plan import Configuration
from dmod.evaluation.stack import LocationPairs

Found = Mapping[str, Mapping[str, LocationSeries]]
"""Key of a series, by location of the observations, what was read."""


def series_of(
    configurations: Sequence[Configuration],
) -> Iterator[tuple[str, SeriesSource, Mapping[str, str]]]:
    """Yield the key of each series that is read, its source and the locations that it is paired with."""
    for configuration in configurations:
        if not configuration.members:
            yield configuration.name, configuration.source, configuration.crosswalk
        for key, member in zip(configuration.keys, configuration.members, strict=True):
            yield key, member.source, member.crosswalk


def gather(
    configurations: Sequence[Configuration], read: Found, location: str, step: int | None
) -> tuple[dict[str, LocationSeries], dict[str, str]]:
    """Return the series of a location by key, and why a configuration has none, by its name.

    An ensemble has all its members or none.

    Parameters
    ----------
    step : that values are brought to [s]; None for the longest, members then have the same
    """
    found: dict[str, LocationSeries] = {}
    reasons: dict[str, str] = {}
    for configuration in configurations:
        keys = configuration.keys or (configuration.name,)
        own = {key: read[key][location] for key in keys if location in read[key]}
        if not own:
            reasons[configuration.name] = f"nothing of {configuration.name} is paired with {location}"
        elif why := _unlike(configuration, own, location, step):
            reasons[configuration.name] = why
        else:
            found |= own
    return found, reasons


def _unlike(
    configuration: Configuration, own: Mapping[str, LocationSeries], location: str, step: int | None
) -> str:
    """Return how members differ that have to be alike; empty where they do not."""
    name = configuration.name
    lacking = [member.name for member in configuration.members if location not in member.crosswalk]
    if lacking:
        return (
            f"{_some(lacking)} of {name} {'lack' if len(lacking) > 1 else 'lacks'} {location}: give it to "
            "all members, or leave them out"
        )
    by_step: dict[int | None, list[str]] = {}
    for key, member in zip(configuration.keys, configuration.members, strict=True):
        if len(own[key].times):
            by_step.setdefault(own[key].step, []).append(member.name)
    if step is None and len(by_step) > 1:
        said = "; ".join(
            f"{'irregular' if length is None else span(length)}: {_some(names)}"
            for length, names in by_step.items()
        )
        return f"members of {name} have different steps ({said}): state the step that all are brought to"
    return ""


def whole_ensembles(pairs: LocationPairs, configurations: Sequence[Configuration]) -> LocationPairs:
    """Return what is known of a location without ensembles that lack a member there, which is said."""
    simulated, reasons = dict(pairs.simulated), dict(pairs.reasons)
    for configuration in configurations:
        keys = dict(zip(configuration.keys, configuration.members, strict=True))
        gone = [key for key in keys if key in reasons]
        if not gone:
            continue
        said = reasons[gone[0]]
        everyone = len(gone) == len(keys) and len({reasons[key] for key in gone}) == 1
        reasons[configuration.name] = said if everyone else f"{keys[gone[0]].name}: {said}"
        for key in keys:
            simulated.pop(key, None)
            reasons.pop(key, None)
    return replace(pairs, simulated=simulated, reasons=reasons, clock=pairs.clock if simulated else None)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
