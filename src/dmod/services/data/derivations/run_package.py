"""Everything that a job reads, laid out as a run package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Parameter, Refusal, Work
from dmod.catalog.fulfilling import EXACTLY
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete
from dmod.core.atomic import storing
from dmod.core.time_axis import format_time
from dmod.errors import InputError
from dmod.services.data.derivations import convert_forcing, forcing_from_grid, package_layout
from dmod.services.data.derivations.dataset_file import hydrofabric_file, only_file
from dmod.services.data.derivations.formulation_choice import (
    FALLBACKS,
    FORMULATION,
    chain_restriction,
    configured_modules,
    formulation_of,
    says_the_period,
)
from dmod.services.data.derivations.module_configuration import END, NOAH, NOAH_PARAMETERS, START
from dmod.services.data.derivations.outcome import emptied, made
from dmod.services.data.derivations.realization import (
    FORCING,
    FORCING_PLACES,
    REALIZATION,
    write_document,
    wrong_forcing,
)
from dmod.services.data.derivations.wanted import (
    HYDROFABRIC_ROLE,
    NO_CATCHMENTS,
    OF_HYDROFABRIC,
    catchments_of,
    given,
    hydrofabric_need,
    kept,
    lacking_period,
    period_of,
    size_of,
    texts,
)

PACKAGE, MODULES = FORMATS["NGEN_JOB_COMPOSITE_CONFIG"], FORMATS["BMI_CONFIG"]
ROUTED = FORMATS["T_ROUTE_CONFIG"]
REALIZATION_ROLE, MODULES_ROLE, ROUTING_ROLE, FORCING_ROLE = "realization", "modules", "routing", "forcing"
AUTO, NONE = "auto", "none"
ROUTING = Parameter(
    "routing",
    "auto: the usual configuration; none: flow is summed downstream; or the name of a dataset with a routing"
    " configuration",
    AUTO,
)


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return hydrofabric, realization, module configurations, forcing and routing."""
    refusal = None if catchments_of(requirement) else NO_CATCHMENTS
    refusal = refusal or lacking_period(requirement) or wrong_forcing(requirement)
    if refusal is not None:
        return refusal
    name = formulation_of(requirement)
    if isinstance(name, Refusal):
        return name
    return [
        hydrofabric_need(requirement),
        _realization_need(requirement, name),
        _modules_need(requirement, name),
        _forcing_need(requirement),
        *_routing_need(requirement),
    ]


def seconds(requirement: Requirement) -> float:
    """Return 0.3 s, 1 ms a catchment, and 0.1 µs a catchment and hour for the forcing's copy."""
    catchments, hours = size_of(requirement)
    return 0.3 + 1e-3 * catchments + 1e-7 * catchments * hours


def run(work: Work) -> Made:
    """Lay the parts out, each made to agree with the others, and check the package as a run does."""
    axis, root = period_of(work.wanted), work.output
    fabric = root / package_layout.HYDROFABRIC
    package_layout.copy_file(hydrofabric_file(work.only(HYDROFABRIC_ROLE)), fabric)
    if ROUTING_ROLE in work.inputs:
        routing = only_file(work.only(ROUTING_ROLE))
        package_layout.place_routing(routing, root / package_layout.ROUTING, axis)
    _place_realization(work)
    modules = Path(work.only(MODULES_ROLE).address)
    package_layout.place_modules(modules, root, catchments_of(work.wanted))
    work.progress("forcing", 0, 0)
    _place_forcing(work)
    keep = root / package_layout.OUTPUTS / package_layout.KEEP
    with storing(keep):
        keep.parent.mkdir(exist_ok=True)
        keep.touch()
    work.progress("checking the package", 0, 0)
    facts = _require_sound(root)
    names = {staged.dataset.name for several in work.inputs.values() for staged in several}
    facts["period"] = {"start": format_time(axis.start), "end": format_time(axis.end)}
    return made(work, stating={DomainIndex.COMPOSITE_SOURCE_ID: Discrete(frozenset(names))}, facts=facts)


DERIVATION = Derivation(
    "run-package",
    1,
    "compose everything that a job reads as a run package",
    (Category.CONFIG, (PACKAGE,)),
    needs,
    seconds,
    run,
    (FORMULATION, FALLBACKS, FORCING, ROUTING, NOAH_PARAMETERS, OF_HYDROFABRIC),
    several=frozenset({FORCING_ROLE}),
)


def _realization_need(requirement: Requirement, name: str | None) -> Requirement:
    restrictions = kept(requirement, DomainIndex.CATCHMENT_ID, DomainIndex.TIME, DomainIndex.FORMULATION)
    if name is not None:
        restrictions |= chain_restriction(name)
    # the forcing that a realization names is written anew in the package, so that any will do
    parameters = given(requirement, [OF_HYDROFABRIC.name]) | _named(name)
    return Requirement(
        Category.CONFIG, REALIZATION, restrictions, role=REALIZATION_ROLE, parameters=parameters
    )


def _modules_need(requirement: Requirement, name: str | None) -> Requirement:
    restrictions = kept(requirement, DomainIndex.CATCHMENT_ID)
    parameters: dict[str, Any] = given(requirement, [NOAH, OF_HYDROFABRIC.name]) | _named(name)
    parameters[FALLBACKS.name] = texts(requirement.parameters.get(FALLBACKS.name))
    if name is not None:
        restrictions[DomainIndex.FORMULATION] = Discrete(configured_modules(name))
    if name is None or says_the_period(name):
        axis = period_of(requirement)
        parameters |= {START: format_time(axis.start), END: format_time(axis.end)}
    return Requirement(Category.CONFIG, MODULES, restrictions, role=MODULES_ROLE, parameters=parameters)


def _forcing_need(requirement: Requirement) -> Requirement:
    restrictions = kept(requirement, DomainIndex.CATCHMENT_ID, DomainIndex.TIME)
    parameters = given(requirement, [*forcing_from_grid.NAMES, OF_HYDROFABRIC.name])
    return Requirement(
        Category.FORCING,
        forcing_from_grid.NETCDF,
        restrictions,
        role=FORCING_ROLE,
        parameters=parameters,
    )


def _routing_need(requirement: Requirement) -> list[Requirement]:
    wish = str(requirement.parameters.get(ROUTING.name) or ROUTING.default)
    if wish == NONE:
        return []
    if wish != AUTO:
        named = {DomainIndex.DATA_ID: Discrete(frozenset({wish}))}
        return [Requirement(Category.CONFIG, ROUTED, named, role=ROUTING_ROLE)]
    restrictions = kept(requirement, DomainIndex.CATCHMENT_ID, DomainIndex.TIME)
    parameters = given(requirement, [OF_HYDROFABRIC.name]) | {EXACTLY: True}
    return [Requirement(Category.CONFIG, ROUTED, restrictions, role=ROUTING_ROLE, parameters=parameters)]


def _named(name: str | None) -> dict[str, Any]:
    return {} if name is None else {FORMULATION.name: name}


def _place_realization(work: Work) -> None:
    """Write the realization with period, forcing and routing of the package, all else as it was."""
    from dmod.formulation.generate.generator import Settings
    from dmod.formulation.generate.template import read_template

    source = only_file(work.only(REALIZATION_ROLE), "*.json")
    template = read_template(source, catchments_of(work.wanted))
    settings = Settings(period_of(work.wanted), FORCING_PLACES[work.parameters[FORCING.name]])
    document = template.filled(settings, routed=ROUTING_ROLE in work.inputs)
    write_document(work.output / package_layout.REALIZATION, document)


def _place_forcing(work: Work) -> None:
    """Copy the forcing if it is just what the package needs; else cut it, put it together or convert it."""
    csv = work.parameters[FORCING.name] == "csv"
    layout = forcing_from_grid.CSV if csv else forcing_from_grid.NETCDF
    staged, target = work.inputs[FORCING_ROLE], work.output / FORCING_PLACES["csv" if csv else "netcdf"]
    domain = staged[0].dataset.domain
    same = all(
        domain.restrictions.get(index) == wanted
        for index, wanted in kept(work.wanted, DomainIndex.CATCHMENT_ID, DomainIndex.TIME).items()
    )
    place = Path(staged[0].address)
    if csv:
        same = same and all((place / f"{name}.csv").is_file() for name in catchments_of(work.wanted))
    if len(staged) == 1 and domain.format == layout and same:
        if csv:
            package_layout.copy_folder(place, target)
        else:
            package_layout.copy_file(only_file(staged[0], "*.nc*"), target)
        return
    converted = emptied(work.scratch / target.name)
    convert_forcing.write_forcing(staged, work.wanted, converted, layout)
    with storing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        converted.replace(target)


def _require_sound(root: Path) -> dict[str, Any]:
    """Refuse a package that cannot be run; return whether it needs the framework in C++, and warnings.

    Raises
    ------
    InputError
        lists everything that is wrong.
    """
    from dmod.services.check import check

    found = check(root)
    foreign = [problem for problem in found.errors if problem.code == "unknown-module"]
    errors = [problem for problem in found.errors if problem not in foreign]
    if errors:
        listed = "\n".join(f"  - {problem}".replace("\n", "\n    ") for problem in errors)
        listed = listed.replace(f"{root.resolve()}/", "").replace(f"{root}/", "")
        raise InputError(
            f"the package that was composed cannot be run:\n{listed}",
            hint="correct or replace the dataset that is named, and compose it again",
        )
    warnings = [str(problem).replace(f"{root.resolve()}/", "") for problem in found.warnings]
    return {"native": not foreign, "warnings": warnings}
