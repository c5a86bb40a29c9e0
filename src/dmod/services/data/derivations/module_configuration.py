"""Configuration files of the modules of a formulation, from the attributes of a hydrofabric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Parameter, Refusal, Work
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete, Restriction
from dmod.core.atomic import remove
from dmod.core.time_axis import parse_time
from dmod.errors import InputError
from dmod.services.data.derivations.dataset_file import hydrofabric_file, hydrofabric_id, only_file
from dmod.services.data.derivations.formulation_choice import (
    FALLBACKS,
    FORMULATION,
    formulation_of,
    named_formulation,
    says_the_period,
    stated,
)
from dmod.services.data.derivations.outcome import emptied, made, moved_into
from dmod.services.data.derivations.wanted import (
    HYDROFABRIC_ROLE,
    OF_HYDROFABRIC,
    catchments_of,
    given,
    hydrofabric_need,
    kept,
    lacking_fabric,
    size_of,
    texts,
)

REALIZATION_ROLE = "realization"
REALIZATION = FORMATS["NGEN_REALIZATION_CONFIG"]
START, END, NOAH = "start", "end", "noah_parameters"
PERIOD = (
    Parameter(START, "first hour of the run, where module files say it (Noah-OWP-Modular, Snow-17, SAC-SMA)"),
    Parameter(END, "last hour of the run, included"),
)
NOAH_PARAMETERS = Parameter(NOAH, "folder of Noah-OWP-Modular's tables")
_ANY_HOUR = datetime(2000, 1, 1, tzinfo=UTC)
_DOCUMENTS = ("realization.json", "troute.yaml")


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return a hydrofabric with attributes, and without a formulation of a realization."""
    refusal = lacking_fabric(requirement) or _wrong_period(requirement)
    if refusal is not None:
        return refusal
    name = formulation_of(requirement)
    if isinstance(name, Refusal):
        return name
    if name is not None:
        if says_the_period(name) and not {START, END} <= set(given(requirement, [START, END])):
            return Refusal(
                f"files of {name} say the period of the run, and none is given", "give start and end"
            )
        return [hydrofabric_need(requirement)]
    if not catchments_of(requirement) or DomainIndex.FORMULATION in requirement.restrictions:
        found = named_formulation(requirement)
        assert isinstance(found, Refusal)
        return found
    return [hydrofabric_need(requirement), _document_need(requirement)]


def seconds(requirement: Requirement) -> float:
    """Return 0.5 s and 1.7 ms a catchment, as measured with CFE and PET."""
    return 0.5 + 1.7e-3 * size_of(requirement)[0]


def run(work: Work) -> Made:
    """Write the files, and read each one of a native module back."""
    from dmod.services.configure import configure
    from dmod.services.prepare.steps import configuration_facts

    fabric = work.only(HYDROFABRIC_ROLE)
    name = formulation_of(work.wanted)
    assert not isinstance(name, Refusal)
    place = emptied(work.scratch / "package")
    start, end = (_hour(work.parameters[which], which) or _ANY_HOUR for which in (START, END))
    tables = work.parameters[NOAH]
    result = configure(
        hydrofabric_file(fabric),
        place,
        formulation=name or only_file(work.only(REALIZATION_ROLE), "*.json"),
        start=start,
        end=max(start, end),
        fallbacks=texts(work.parameters[FALLBACKS.name]),
        options={NOAH: str(tables)} if tables else None,
        progress=lambda text: work.progress(text, 0, 0),
    )
    for path in (result.hydrofabric, *(place / "config" / name for name in _DOCUMENTS)):
        remove(path)
    remove(place / "metadata")
    for folder in ("forcings", "outputs"):
        remove(place / folder)
    moved_into(work.output, _roots(place))
    facts = configuration_facts(result.plan)
    facts = {key: value for key, value in facts.items() if key != "formulation"}
    return _made(work, name, {**hydrofabric_id(fabric), **_data_ids(work)}, facts)


DERIVATION = Derivation(
    "module-configuration",
    1,
    "write the configuration files of a formulation's modules",
    (Category.CONFIG, (FORMATS["BMI_CONFIG"],)),
    needs,
    seconds,
    run,
    (FORMULATION, FALLBACKS, *PERIOD, NOAH_PARAMETERS, OF_HYDROFABRIC),
)


def _document_need(requirement: Requirement) -> Requirement:
    restrictions = kept(requirement, DomainIndex.CATCHMENT_ID)
    start, end = (_hour(requirement.parameters.get(which), which) for which in (START, END))
    if start is not None and end is not None:
        restrictions[DomainIndex.TIME] = Continuous(start, end + timedelta(hours=1))
    parameters = given(requirement, [OF_HYDROFABRIC.name])
    return Requirement(
        Category.CONFIG, REALIZATION, restrictions, role=REALIZATION_ROLE, parameters=parameters
    )


def _roots(package: Path) -> list[Path]:
    """Return what the dataset holds: what lies in the package's config, if nothing lies elsewhere."""
    for folder in sorted((path for path in package.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    entries = sorted(package.iterdir())
    return sorted(entries[0].iterdir()) if [entry.name for entry in entries] == ["config"] else entries


def _made(
    work: Work, name: str | None, known: Mapping[DomainIndex, Restriction], facts: Mapping[str, Any]
) -> Made:
    if not any(work.output.iterdir()):
        raise InputError(
            "no module of the formulation has configuration files", hint="a run of it needs none"
        )
    tables = work.parameters[NOAH]
    found = made(work, stating=known, sources={NOAH: str(tables)} if tables else None, facts=facts)
    if name is None:
        return found
    modules = found.domain.values(DomainIndex.FORMULATION) | set(stated(name))
    return Made(
        found.domain.stating({DomainIndex.FORMULATION: Discrete(modules)}),
        found.description,
        found.sources,
        found.facts,
    )


def _data_ids(work: Work) -> dict[DomainIndex, Restriction]:
    """Return the restrictions to the datasets that the files were made from."""
    roles = (
        (DomainIndex.HYDROFABRIC_DATA_ID, HYDROFABRIC_ROLE),
        (DomainIndex.REALIZATION_CONFIG_DATA_ID, REALIZATION_ROLE),
    )
    return {
        index: Discrete(frozenset({work.only(role).dataset.name}))
        for index, role in roles
        if role in work.inputs
    }


def _hour(value: object, which: str) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return parse_time(str(value), what=which)


def _wrong_period(requirement: Requirement) -> Refusal | None:
    try:
        start, end = (_hour(requirement.parameters.get(which), which) for which in (START, END))
    except InputError as error:
        return Refusal(error.message, error.hint or "")
    if (start is None) != (end is None):
        return Refusal("only one of start and end is given", "give both: first and last hour of the run")
    return Refusal("end lies before start", "swap them") if start and end and end < start else None
