"""A specification becomes a plan: everything that it names is found, nothing is scored yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dmod.errors import InputError, NotFoundError, UnitError
from dmod.evaluation.dmod_metric import find_dmod_metric
from dmod.evaluation.grading_scheme import require_scales
from dmod.evaluation.location_series import SeriesSource
from dmod.evaluation.metric import Metric
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.plan import Configuration, EvaluationPlan, Weighing
from dmod.evaluation.specification.evaluation import EvaluationSpecification
from dmod.evaluation.specification.parsing import Specification
from dmod.evaluation.specification.scheme import DMOD, MetricWeight, Scheme
from dmod.evaluation.specification.source import DataSource
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.crosswalks import read_crosswalks
from dmod.services.evaluation.joined_source import JoinedSource
from dmod.services.evaluation.member_openings import MembersOpener, open_members_locally
from dmod.services.evaluation.opening import Opener, open_locally
from dmod.services.evaluation.selected_source import SelectedSource, unit_text
from dmod.services.evaluation.short_compiling import compile_short, require_short_scheme
from dmod.services.evaluation.source_options import FLOW_UNIT, SourceOptions, scale_of
from dmod.services.evaluation.threshold_reading import read_thresholds

Selected = SelectedSource | JoinedSource


def compile_evaluation(
    specification: Specification,
    reach: Reach,
    *,
    opener: Opener = open_locally,
    opener_of_members: MembersOpener = open_members_locally,
    dmod_compatible: bool | None = None,
    unit: str | None = None,
) -> EvaluationPlan:
    """Find all that a specification names.

    Parameters
    ----------
    reach : what files and services may be read
    opener : opens runs and observations that the short form names
    opener_of_members : opens all members of an ensemble that one address holds
    dmod_compatible : grade as DMOD does; as the specification says if not given
    unit : of all values; if not given m3 s-1 for flow, in DMOD's way the observations' own

    Raises
    ------
    InputError, NotFoundError, NotPermitted, BackendError
        something cannot be found, read or understood; its place in the specification is named.
    """
    if isinstance(specification, EvaluationSpecification):
        return _compile_full(specification, reach, dmod_compatible, unit)
    return compile_short(specification, reach, opener, dmod_compatible, opener_of_members=opener_of_members)


def require_scheme(specification: Specification) -> None:
    """Refuse metrics that are unknown, or cannot be graded as they are weighed, before anything is read.

    Raises
    ------
    InputError
        one is; what to change is said.
    """
    if isinstance(specification, EvaluationSpecification):
        scheme = specification.scheme
        metrics = [_metric(item, index) for index, item in enumerate(scheme.metrics)]
        _weighing(scheme, metrics, scheme.aggregation == DMOD)
    else:
        require_short_scheme(specification)


def _compile_full(
    specification: EvaluationSpecification, reach: Reach, dmod_compatible: bool | None, unit: str | None
) -> EvaluationPlan:
    scheme = specification.scheme
    as_dmod = scheme.aggregation == DMOD if dmod_compatible is None else dmod_compatible
    metrics = [_metric(item, index) for index, item in enumerate(scheme.metrics)]
    weighing = _weighing(scheme, metrics, as_dmod)
    fields = _location_fields(specification)
    observations = _sources(specification.observations, "observations", reach, fields[0])
    predictions = _sources(specification.predictions, "predictions", reach, fields[1])
    chosen = unit or _unit(observations[0], as_dmod)
    for source in (*observations, *predictions):
        source.unit = chosen
    observed = _one(observations)
    pairs = read_crosswalks(specification.crosswalks, reach) if specification.crosswalks else None
    thresholds = read_thresholds(specification.thresholds, reach, chosen) if specification.thresholds else ()
    return EvaluationPlan(
        title=specification.name or "Evaluation",
        observations=observed,
        configurations=tuple(_configurations(predictions, observed, pairs)),
        metrics=tuple(dict.fromkeys(metric.name for metric in metrics)),
        unit=chosen,
        thresholds=thresholds,
        weighing=weighing,
    )


def _metric(item: MetricWeight, index: int) -> Metric:
    try:
        return find_metric(item.name)
    except NotFoundError as error:
        raise InputError(f"scheme.metrics[{index}].name: {error.message}", hint=error.hint) from error


def _weighing(scheme: Scheme, metrics: Sequence[Metric], as_dmod: bool) -> Weighing:
    stated = zip(scheme.metrics, metrics, strict=True)
    weights: dict[str, float] = {}
    scales: dict[str, tuple[float, float]] = {}
    for item, metric in stated:
        if metric.name in weights:
            raise InputError(f"scheme.metrics: {item.name!r} is {metric.name}, which stands there already")
        weights[metric.name] = item.weight
        scale = item.scale or (None if metric.is_bounded else _dmod_scale(item.name))
        if scale is not None:
            scales[metric.name] = scale
    weighing = Weighing(weights, scales, scheme.locations, as_dmod)
    if as_dmod:
        for name in weights:
            find_dmod_metric(name)
    else:
        require_scales(weighing)
    return weighing


def _dmod_scale(name: str) -> tuple[float, float] | None:
    """Return between what DMOD scales a metric, where that is stated on both sides of it."""
    try:
        metric = find_dmod_metric(name)
    except InputError:
        return None
    if metric.is_bounded:
        return (
            (metric.lowest, metric.ideal)
            if metric.ideal == metric.highest
            else (metric.highest, metric.ideal)
        )
    return None


def _location_fields(specification: EvaluationSpecification) -> tuple[str, str]:
    """Return the fields that hold locations in the observations and in the predictions."""
    names = {(item.observation_field_name, item.prediction_field) for item in specification.crosswalks}
    if len(names) > 1:
        raise InputError(
            "crosswalks: they call the same locations by different fields",
            hint="give all the same observation_field_name, and the same prediction_field_name",
        )
    return names.pop() if names else ("", "")


def _sources(
    definitions: Sequence[DataSource], key: str, reach: Reach, location_field: str
) -> list[SelectedSource]:
    return [
        SelectedSource(definition, reach, f"{key}[{index}]", location_field=location_field)
        for index, definition in enumerate(definitions)
    ]


def _unit(observations: SelectedSource, as_dmod: bool) -> str:
    stated = unit_text(observations.stated_unit)
    if as_dmod:
        return stated
    try:
        scale_of(stated, SourceOptions(unit=FLOW_UNIT), f"{observations.place}.unit")
    except UnitError:
        return stated
    return FLOW_UNIT


def _one(sources: Sequence[SelectedSource]) -> Selected:
    return sources[0] if len(sources) == 1 else JoinedSource(sources)


def _configurations(
    predictions: Sequence[SelectedSource],
    observed: SeriesSource,
    pairs: Mapping[str, tuple[str, ...]] | None,
) -> Iterator[Configuration]:
    """Yield one configuration, or one for each source where they have locations in common."""
    everywhere = [location for source in predictions for location in source.locations]
    if len(set(everywhere)) == len(everywhere):
        source = _one(predictions)
        yield Configuration(source.name, source, _crosswalk(source, observed, pairs))
        return
    names = [source.name for source in predictions]
    for index, source in enumerate(predictions):
        name = source.name if names.count(source.name) == 1 else f"{source.name} {index + 1}"
        yield Configuration(name, source, _crosswalk(source, observed, pairs))


def _crosswalk(
    source: SeriesSource, observed: SeriesSource, pairs: Mapping[str, tuple[str, ...]] | None
) -> dict[str, str]:
    theirs = set(source.locations)
    if pairs is None:
        found = {location: location for location in observed.locations if location in theirs}
        hint = "give a crosswalk, or the same ids on both sides"
    else:
        found = {}
        for location in observed.locations:
            partners = [partner for partner in pairs.get(location, ()) if partner in theirs]
            if len(partners) > 1:
                raise InputError(
                    f"crosswalks: {location} is paired with {', '.join(partners)}, all of {source.name}",
                    hint="leave one pair",
                )
            if partners:
                found[location] = partners[0]
        hint = f"the crosswalk has {', '.join(list(pairs)[:5])}"
    if not found:
        raise InputError(
            f"no location of {observed.name} is paired with one of {source.name}: they have "
            f"{', '.join(observed.locations[:5]) or 'none'} and {', '.join(source.locations[:5]) or 'none'}",
            hint=hint,
        )
    return found
