"""The short form of a specification becomes a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from dmod.core.units import require_unit
from dmod.errors import InputError, NotFoundError
from dmod.evaluation.dmod_metric import find_dmod_metric
from dmod.evaluation.grading_scheme import require_scales
from dmod.evaluation.location_series import SeriesSource
from dmod.evaluation.metric import Group
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.plan import Configuration, EvaluationPlan, Member, Resampling, Weighing
from dmod.evaluation.specification.scheme import DMOD
from dmod.evaluation.specification.short import ShortSpecification
from dmod.evaluation.threshold import Threshold
from dmod.services.evaluation.backends import Content, Reach
from dmod.services.evaluation.crosswalks import read_pairs
from dmod.services.evaluation.member_openings import MembersOpener, open_members_locally
from dmod.services.evaluation.observed_quantile import ObservedQuantile
from dmod.services.evaluation.opening import Opener, Opening
from dmod.services.evaluation.pairing import bare, pair_locations
from dmod.services.evaluation.source_options import SourceOptions, scale_of

Pairs = Mapping[str, str]


def compile_short(
    specification: ShortSpecification,
    reach: Reach,
    opener: Opener,
    dmod_compatible: bool | None = None,
    *,
    opener_of_members: MembersOpener = open_members_locally,
) -> EvaluationPlan:
    """Find all that the short form names.

    Parameters
    ----------
    opener : opens runs, observations, and members that are named one by one
    opener_of_members : opens all members that one address holds

    Raises
    ------
    InputError, NotFoundError, NotPermitted
        something cannot be found or understood; its place in the specification is named.
    """
    require_unit(specification.unit)
    metrics = _metrics(specification)
    weighing = _weighing(specification, metrics, dmod_compatible)
    _require_statistics(specification, metrics)
    pairs = _pairs(specification, reach)
    observed = specification.observations
    options = SourceOptions(
        unit=specification.unit,
        stated_unit=observed.unit or "",
        variable=observed.column or "",
        zone=observed.zone or "",
    )
    start, end = specification.start, specification.end
    wanted = tuple(pairs) if pairs is not None else ()
    source = opener(Opening(observed.source, "gauges", "observations.source", options, wanted, start, end))
    openers = opener, opener_of_members
    configurations = tuple(_configurations(specification, openers, source, pairs))
    known = {location for item in configurations for location in item.crosswalk}
    return EvaluationPlan(
        title=specification.title,
        observations=source,
        configurations=configurations,
        metrics=tuple(dict.fromkeys(metrics.values())),
        unit=specification.unit,
        thresholds=tuple(_thresholds(specification, source, known)),
        step=None if specification.step is None else round(specification.step),
        start=_moment(start),
        end=_moment(end),
        warm_up=timedelta(seconds=specification.warm_up),
        facets=tuple(dict.fromkeys(specification.facets)),
        resampling=_resampling(specification),
        benchmark=specification.benchmark,
        weighing=weighing,
    )


def require_short_scheme(specification: ShortSpecification) -> None:
    """Refuse metrics that are unknown, or cannot be graded as they are weighed.

    Raises
    ------
    InputError
        one is; what to change is said.
    """
    metrics = _metrics(specification)
    _weighing(specification, metrics, None)
    _require_statistics(specification, metrics)


def _metrics(specification: ShortSpecification) -> dict[str, str]:
    """Return name as written → name in the registry."""
    found = {}
    for name in specification.metrics:
        try:
            found[name] = find_metric(name).name
        except NotFoundError as error:
            raise InputError(f"metrics: {error.message}", hint=error.hint) from error
    return found


def _weighing(
    specification: ShortSpecification, metrics: Mapping[str, str], dmod_compatible: bool | None
) -> Weighing | None:
    weights = {metrics[name]: w for name, w in specification.metrics.items() if w is not None}
    if not weights:
        return None
    as_dmod = specification.aggregation == DMOD if dmod_compatible is None else dmod_compatible
    scales = {find_metric(name).name: scale for name, scale in specification.scales.items()}
    odd = [name for name in scales if name not in weights]
    if odd:
        raise InputError(
            f"scales: {odd[0]!r} is not among the metrics", hint=f"there are {', '.join(weights)}"
        )
    weighing = Weighing(weights, scales, specification.weights, as_dmod)
    if as_dmod:
        for name in specification.ensembles:
            raise InputError(
                f"runs.{name} is an ensemble, which DMOD's way cannot grade",
                hint="leave aggregation: dmod (--as-dmod) out, or name single runs",
            )
        for name in weights:
            find_dmod_metric(name)
    else:
        require_scales(weighing)
    return weighing


def _pairs(specification: ShortSpecification, reach: Reach) -> Pairs | None:
    """Return gauge → location of the runs; None where all that both have is compared."""
    gauges = specification.gauges
    if isinstance(gauges, dict):
        return gauges
    if specification.crosswalk is None:
        return None if gauges is None else {gauge: gauge for gauge in gauges}
    paths = reach.resolve(specification.crosswalk, "crosswalk")
    pairs: dict[str, str] = {}
    for path in paths:
        pairs |= read_pairs(Content(str(path), path), "crosswalk")
    if gauges is None:
        return pairs
    missing = [gauge for gauge in gauges if gauge not in pairs]
    if missing:
        raise InputError(
            f"crosswalk: {', '.join(missing[:5])} are not in it", hint=f"it has {', '.join(list(pairs)[:8])}"
        )
    return {gauge: pairs[gauge] for gauge in gauges}


def _require_statistics(specification: ShortSpecification, metrics: Mapping[str, str]) -> None:
    """Refuse a metric of one series where it is not said what of an ensemble it is applied to."""
    single = [name for name, known in metrics.items() if find_metric(known).group is not Group.ENSEMBLE]
    unsaid = [name for name, run in specification.ensembles.items() if run.statistic is None]
    if single and unsaid:
        raise InputError(
            f"runs.{unsaid[0]}.statistic is missing: {', '.join(single[:5])} score one series, and "
            f"{unsaid[0]} is an ensemble",
            hint="state what of its members they are applied to, statistic: mean or median, or leave "
            "them out",
        )


def _configurations(
    specification: ShortSpecification,
    openers: tuple[Opener, MembersOpener],
    observed: SeriesSource,
    pairs: Pairs | None,
) -> Iterator[Configuration]:
    if pairs is not None and specification.crosswalk and specification.gauges is None:
        known = {bare(location) for location in observed.locations}
        pairs = {gauge: place for gauge, place in pairs.items() if bare(gauge) in known} or pairs
    wanted = tuple(pairs.values()) if pairs is not None else ()
    start, end = specification.start, specification.end
    for name, run in specification.runs.items():
        options, place = SourceOptions(unit=specification.unit, name=name), f"runs.{name}"
        if isinstance(run, str):
            source = openers[0](Opening(run, "run", place, options, wanted, start, end))
            yield Configuration(name, source, _paired(observed, source, pairs, place))
            continue
        place = f"{place}.members"
        if isinstance(run.members, str):
            found = openers[1](Opening(run.members, "run", place, options, wanted, start, end))
        else:
            found = {
                member: openers[0](Opening(address, "run", f"{place}.{member}", options, wanted, start, end))
                for member, address in run.members.items()
            }
        members = [
            Member(member, source, _paired(observed, source, pairs, f"{place}.{member}"))
            for member, source in found.items()
        ]
        yield Configuration.of_members(name, members, run.statistic)


def _paired(observed: SeriesSource, source: SeriesSource, pairs: Pairs | None, place: str) -> dict[str, str]:
    """Return location of the observations → location of a run, of those that it has."""
    found = pair_locations(observed, source, pairs or ())
    theirs = set(source.locations)
    there = {gauge: location for gauge, location in found.items() if location in theirs}
    if not there:
        raise InputError(
            f"{place}: it has none of {', '.join(list(found.values())[:5])}",
            hint=f"it has {', '.join(source.locations[:8]) or 'none'}; pair gauges with its locations: "
            "gauges: {GAUGE: LOCATION}, or a crosswalk",
        )
    return there


def _thresholds(
    specification: ShortSpecification, observed: SeriesSource, locations: Sequence[str] | set[str]
) -> Iterator[Threshold]:
    chosen = tuple(location for location in observed.locations if location in locations)
    for name, limit in specification.thresholds.items():
        if limit.quantile is not None:
            values = ObservedQuantile(observed, chosen, limit.quantile)
            yield Threshold(name, values, {}, limit.weight)
            continue
        amount, unit = limit.amount
        scale = scale_of(unit, SourceOptions(unit=specification.unit), f"thresholds.{name}") if unit else 1.0
        yield Threshold(name, dict.fromkeys(chosen, amount * scale), {}, limit.weight)


def _resampling(specification: ShortSpecification) -> Resampling | None:
    asked = specification.bootstrap
    if asked is None:
        return None
    return Resampling(asked.samples, timedelta(seconds=asked.block), asked.level, asked.seed)


def _moment(time: datetime | None) -> np.datetime64 | None:
    return None if time is None else np.datetime64(time.astimezone(UTC).replace(tzinfo=None), "s")
