"""``dmod data add``, ``detect`` and ``import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli.data.completing import complete_datasets
from dmod.cli.data.moments import parse_expiry
from dmod.cli.data.opening import HomeOption, JsonOption, QuietOption, opened, show
from dmod.cli.data.rendering import counted, covered, size_text
from dmod.cli.data.wishes import (
    CatchmentOption,
    CatchmentsFile,
    CategoryOption,
    EndOption,
    FormatOption,
    GageOption,
    RestrictOption,
    StartOption,
    VariableOption,
    catchments_given,
    restrictions_given,
    words,
)
from dmod.errors import InputError

if TYPE_CHECKING:
    from dmod.services.data.bringing import Brought


def add_command(
    name: Annotated[str, typer.Argument(help="Name of the dataset.", autocompletion=complete_datasets)],
    paths: Annotated[list[str], typer.Argument(help="Files and folders; with --link a path or an address.")],
    new_version: Annotated[
        bool, typer.Option("--new-version", help="Add the next version of a name that exists.")
    ] = False,
    category: CategoryOption = None,
    data_format: FormatOption = None,
    catchment: CatchmentOption = None,
    catchments_from: CatchmentsFile = None,
    gage: GageOption = None,
    start: StartOption = None,
    end: EndOption = None,
    variable: VariableOption = None,
    restrict: RestrictOption = None,
    description: Annotated[str, typer.Option("--description", help="What it is, in a sentence.")] = "",
    expires: Annotated[
        str | None, typer.Option("--expires", help="When it may be removed: 30d, 12h, 2w, or a date.")
    ] = None,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="No removal and no further version, until the mark is taken away."),
    ] = False,
    made_from: Annotated[
        list[str] | None,
        typer.Option("--from", help="Dataset that the files were made of.", autocompletion=complete_datasets),
    ] = None,
    step: Annotated[str, typer.Option("--step", help="What made them of these.")] = "",
    link: Annotated[
        bool, typer.Option("--link", help="Leave the data where they are and note the place only.")
    ] = False,
    unpack: Annotated[
        bool, typer.Option("--unpack", help="Take the files out of an archive (tar, zip).")
    ] = False,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Whose data they are; else your user name.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Put data into the catalog; what is not said of them is found out."""
    from dmod.catalog.category import Category
    from dmod.catalog.data_format import find_format
    from dmod.services.data.asking import domain_restrictions
    from dmod.services.data.bringing import Description, facts_of

    if link and unpack:
        raise InputError("--link and --unpack contradict each other", hint="give one of them")
    said = Description(
        category=None if category is None else Category.named(category),
        format=None if data_format is None else find_format(data_format),
        restrictions=domain_restrictions(
            catchments=catchments_given(catchment, catchments_from),
            gages=words(gage),
            start=start,
            end=end,
            variables=words(variable),
            restrictions=restrictions_given(restrict),
        ),
        text=description,
        expires=parse_expiry(expires),
        read_only=read_only,
        came_from=tuple(made_from or ()),
        step=step,
        link=link,
    )
    with opened(home, quiet=quiet or as_json, owner=owner) as service:
        brought = service.add(name, paths, said, another=new_version, unpack=unpack)
    show(facts_of(brought), _lines(brought), as_json=as_json, quiet=quiet)


def _lines(brought: Brought) -> list[str]:
    dataset = brought.dataset
    held = (
        f"at {dataset.access_location}"
        if dataset.is_external
        else f"{counted(dataset.files, 'file')}, {size_text(dataset.size)}"
    )
    lines = [f"{dataset.reference}: {dataset.description or dataset.domain.format.title} ({held})"]
    if not brought.is_new:
        lines = [f"{dataset.reference} holds the same already: nothing was added"]
    lines += [f"  {index:<20} {text}" for index, text in covered(dataset.domain)]
    if dataset.lineage.inputs:
        lines.append("  made of              " + ", ".join(item.reference for item in dataset.lineage.inputs))
    return lines + [f"  note: {text}" for text in brought.notes]


def detect_command(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders to look into.")],
    as_json: JsonOption = False,
) -> None:
    """Say what files are, and what they cover."""
    from dmod.services.data.detect import detect

    found = [detect(path) for path in paths]
    lines: list[str] = []
    for item in found:
        lines += [f"{item.path}: {item.description}", f"  {'format':<20} {item.format} ({item.category})"]
        lines += [f"  {index:<20} {text}" for index, text in covered(item.domain)]
        lines += [f"  note: {text}" for text in item.notes]
    values: Any = [item.as_json() for item in found]
    show(values[0] if len(values) == 1 else values, lines, as_json=as_json, quiet=False)


def import_command(
    crate: Annotated[Path, typer.Argument(help="RO-Crate that `dmod data export` wrote: folder or .zip.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Bring the datasets of an exported RO-Crate into the catalog, with their lineage."""
    from dmod.catalog.record import record_of
    from dmod.services.data.crate import import_crate

    with opened(home, quiet=quiet or as_json) as service:
        made = import_crate(service.catalog, crate)
    lines = [f"{dataset.reference}: {dataset.description}" for dataset in made]
    show([record_of(dataset) for dataset in made], lines, as_json=as_json, quiet=quiet)
