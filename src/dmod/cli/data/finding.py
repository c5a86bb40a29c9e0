"""``dmod data find``, ``plan`` and ``derive``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli.data.completing import complete_derivations
from dmod.cli.data.moments import parse_expiry
from dmod.cli.data.opening import HomeOption, JsonOption, QuietOption, opened, show
from dmod.cli.data.rendering import listing_lines, terminal_width
from dmod.cli.data.wishes import (
    CatchmentOption,
    CatchmentsFile,
    CategoryOption,
    EndOption,
    ExactlyOption,
    ExactOption,
    FabricOption,
    FormatOption,
    FormulationOption,
    GageOption,
    KindArgument,
    ParameterOption,
    PlaceOption,
    RestrictOption,
    StartOption,
    VariableOption,
    Wish,
    catchments_given,
    parameters_given,
    restrictions_given,
    words,
)

if TYPE_CHECKING:
    from dmod.catalog.planning import Plan

MISSING = 3
"""Exit status where nothing fulfils what is asked for."""

ByOption = Annotated[
    str,
    typer.Option(
        "--by", help="Derivation to use, whatever the catalog has.", autocompletion=complete_derivations
    ),
]


def find_command(
    kind: KindArgument = None,
    category: CategoryOption = None,
    data_format: FormatOption = None,
    catchment: CatchmentOption = None,
    catchments_from: CatchmentsFile = None,
    place: PlaceOption = None,
    hydrofabric: FabricOption = None,
    gage: GageOption = None,
    start: StartOption = None,
    end: EndOption = None,
    variable: VariableOption = None,
    formulation: FormulationOption = None,
    restrict: RestrictOption = None,
    parameter: ParameterOption = None,
    exact: ExactOption = False,
    exactly: ExactlyOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Find the data that cover what is asked for, or see why none do; exit status 3 if none do."""
    wish = Wish(
        kind, category, data_format, catchments_given(catchment, catchments_from), words(gage), words(place),
        hydrofabric, start, end, words(variable), formulation, restrictions_given(restrict),
        parameters_given(parameter), exact, exactly,
    )  # fmt: skip
    with opened(home, quiet=True) as service:
        plan = service.plan(wish.requirement(service), derivations=())
    lines = plan.fulfilment.lines() + [f"  {o.dataset.reference}: {o.reason}" for o in plan.objections]
    show(plan.fulfilment.as_json(), lines, as_json=as_json, quiet=quiet)
    if not plan.is_ready:
        raise typer.Exit(MISSING)


def plan_command(
    kind: KindArgument = None,
    category: CategoryOption = None,
    data_format: FormatOption = None,
    catchment: CatchmentOption = None,
    catchments_from: CatchmentsFile = None,
    place: PlaceOption = None,
    hydrofabric: FabricOption = None,
    gage: GageOption = None,
    start: StartOption = None,
    end: EndOption = None,
    variable: VariableOption = None,
    formulation: FormulationOption = None,
    restrict: RestrictOption = None,
    parameter: ParameterOption = None,
    exact: ExactOption = False,
    exactly: ExactlyOption = False,
    by: ByOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """See what is there and what would be derived, by which steps; exit status 3 if it cannot be."""
    wish = Wish(
        kind, category, data_format, catchments_given(catchment, catchments_from), words(gage), words(place),
        hydrofabric, start, end, words(variable), formulation, restrictions_given(restrict),
        parameters_given(parameter), exact, exactly,
    )  # fmt: skip
    with opened(home, quiet=True) as service:
        plan = service.plan(wish.requirement(service), by=by)
    show(plan.as_json(), plan.lines(), as_json=as_json, quiet=quiet)
    if not plan.is_possible:
        raise typer.Exit(MISSING)


def derive_command(
    kind: KindArgument = None,
    category: CategoryOption = None,
    data_format: FormatOption = None,
    catchment: CatchmentOption = None,
    catchments_from: CatchmentsFile = None,
    place: PlaceOption = None,
    hydrofabric: FabricOption = None,
    gage: GageOption = None,
    start: StartOption = None,
    end: EndOption = None,
    variable: VariableOption = None,
    formulation: FormulationOption = None,
    restrict: RestrictOption = None,
    parameter: ParameterOption = None,
    exact: ExactOption = False,
    exactly: ExactlyOption = False,
    by: ByOption = "",
    name: Annotated[
        str, typer.Option("--name", help="Name of what is made; else of its derivation and key.")
    ] = "",
    description: Annotated[str, typer.Option("--description", help="What it is, in a sentence.")] = "",
    expires: Annotated[
        str | None,
        typer.Option("--expires", help="When what is made may be removed: 30d, 12h, 2w, or a date."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Have what is asked for: found in the catalog, or derived and kept with its lineage."""
    from dmod.catalog.record import record_of

    wish = Wish(
        kind, category, data_format, catchments_given(catchment, catchments_from), words(gage), words(place),
        hydrofabric, start, end, words(variable), formulation, restrictions_given(restrict),
        parameters_given(parameter), exact, exactly,
    )  # fmt: skip
    until = parse_expiry(expires)
    with opened(home, quiet=quiet or as_json) as service:
        plan = service.plan(wish.requirement(service), by=by)
        made = service.derive(plan, name=name, description=description, expires=until)
    lines = [*_done(plan, name), *listing_lines(made, terminal_width())]
    show([record_of(dataset) for dataset in made], lines, as_json=as_json, quiet=quiet)


def _done(plan: Plan, name: str) -> list[str]:
    steps = [step.derivation.name for step in plan.steps()]
    if steps:
        return [f"derived by {', '.join(steps)}"]
    return [f"there already, under its own name and not {name}" if name else "there already"]
