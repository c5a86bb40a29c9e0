"""``dmod evaluate library``: specifications and templates by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dmod.cli.evaluate_options import Library
from dmod.cli.evaluate_plan import open_library

SPECIFICATION = "specification"
Kind = Annotated[
    str, typer.Option("--kind", help="specification, or of a template the element's, such as DataSource.")
]
Name = Annotated[str, typer.Argument(help="Name of the document.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

library_app = typer.Typer(
    name="library",
    help="Specifications and templates by name, searched by what they hold.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@library_app.command("list")
def list_command(
    kind: Annotated[str | None, typer.Option("--kind", help="Of one kind alone.")] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """List what the library holds."""
    entries = open_library(library).entries(kind=kind)
    if as_json:
        typer.echo(json.dumps([entry.as_dict() for entry in entries], indent=1, ensure_ascii=False))
        return
    from dmod.services.evaluation.score_text import table

    rows = [[entry.name, entry.kind, entry.changed, entry.fault or entry.description] for entry in entries]
    typer.echo("\n".join(table([["name", "kind", "changed", ""], *rows], left=4)))


@library_app.command("show")
def show_command(name: Name, kind: Kind = SPECIFICATION, library: Library = None) -> None:
    """Print a document of the library."""
    found = open_library(library).show(name, kind=kind)
    typer.echo(json.dumps(found.document, indent=1, ensure_ascii=False))


@library_app.command("save")
def save_command(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The document, JSON or YAML.")],
    kind: Kind = SPECIFICATION,
    description: Annotated[str, typer.Option("--description", help="In a sentence.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace one that is there.")] = False,
    library: Library = None,
) -> None:
    """Keep a document that is sound."""
    from dmod.evaluation.specification.parsing import read_document

    document = read_document(file)
    entry = open_library(library).save(name, document, kind=kind, description=description, replace=replace)
    typer.echo(f"{entry.kind} {entry.name} is kept")


@library_app.command("search")
def search_command(
    text: Annotated[str, typer.Argument(help="Words that it holds.")],
    element: Annotated[
        str, typer.Option("--element", help="Keys that the words stand below, such as metrics.name.")
    ] = "",
    kind: Annotated[str | None, typer.Option("--kind", help="Of one kind alone.")] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Find documents by what they hold, and where."""
    found = open_library(library).search(text, element=element, kind=kind)
    if as_json:
        rows = [{**one.entry.as_dict(), "places": list(one.places)} for one in found]
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for one in found:
        typer.echo(
            f"{one.entry.name} ({one.entry.kind}){': ' if one.places else ''}{', '.join(one.places[:5])}"
        )


@library_app.command("validate")
def validate_command(name: Name, kind: Kind = SPECIFICATION, library: Library = None) -> None:
    """Say whether a document is still sound, with the templates that it names."""
    open_library(library).validate(name, kind=kind)
    typer.echo(f"{kind} {name} is sound")


@library_app.command("remove")
def remove_command(name: Name, kind: Kind = SPECIFICATION, library: Library = None) -> None:
    """Remove a document."""
    open_library(library).remove(name, kind=kind)
    typer.echo(f"{kind} {name} is removed")
