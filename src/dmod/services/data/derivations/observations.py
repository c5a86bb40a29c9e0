"""What stream gauges observed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Parameter, Refusal, Work
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous
from dmod.services.data.derivations.outcome import made, moved_into
from dmod.services.data.derivations.wanted import NO_PERIOD, kept, values_of

SOURCE = "source"
KINDS = ("instantaneous", "daily")
PARAMETERS = (
    Parameter(
        SOURCE, "usgs for the agency's service, the address of another one, or a file or folder", "usgs"
    ),
    Parameter("kind", "instantaneous or daily values", "instantaneous"),
    Parameter("parameter", "the agency's code: 00060 streamflow, 00065 gage height", "00060"),
    Parameter("zone", "of the gauge's clock (MST, -07:00), where the source does not say"),
    Parameter("unit", "of the values, where the source does not say", ""),
)


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return nothing, or why gauge or period are not enough."""
    if not values_of(requirement, DomainIndex.GAGE_ID):
        return Refusal("no gauge is named (GAGE_ID)", "name gauges: --gage 10109001")
    held = requirement.restrictions.get(DomainIndex.TIME)
    if not isinstance(held, Continuous) or not isinstance(held.begin, datetime):
        return NO_PERIOD
    kind = requirement.parameters.get("kind", KINDS[0])
    return (
        [] if kind in KINDS else Refusal(f"there is no kind {kind!r} of values", "one of " + ", ".join(KINDS))
    )


def seconds(requirement: Requirement) -> float:
    """Return 10 s a gauge: a service's answer, which nobody has measured here."""
    return 10.0 * len(values_of(requirement, DomainIndex.GAGE_ID))


def run(work: Work) -> Made:
    """Fetch each gauge's series; those that were fetched before an interruption are not asked for again.

    The period of the result is the one that was asked for: what is not there in it was not observed.
    """
    from dmod.observations.tidy import sidecar_of
    from dmod.services.observations import fetch_observations

    chosen = work.parameters
    period = work.wanted.restrictions[DomainIndex.TIME]
    assert isinstance(period, Continuous)
    assert isinstance(period.begin, datetime)
    assert isinstance(period.end, datetime)
    gauges = values_of(work.wanted, DomainIndex.GAGE_ID)
    tables = []
    for done, gauge in enumerate(gauges):
        work.progress(f"observations of {gauge}", done, len(gauges))
        table = work.scratch / f"gage-{gauge}.csv"
        tables.append(table)
        if not (table.exists() and sidecar_of(table).exists()):
            fetch_observations(
                gauge, table, start=period.begin, end=period.end, kind=chosen["kind"],
                source=chosen[SOURCE], parameter=str(chosen["parameter"]), zone=chosen["zone"],
                unit=str(chosen["unit"] or ""), overwrite=True,
            )  # fmt: skip
    moved_into(work.output, tables)
    return made(work, stating=kept(work.wanted, DomainIndex.TIME), sources={SOURCE: str(chosen[SOURCE])})


DERIVATION = Derivation(
    "observations",
    1,
    "fetch what stream gauges observed",
    (Category.OBSERVATION, (FORMATS["OBSERVATION_CSV"],)),
    needs,
    seconds,
    run,
    PARAMETERS,
)
