"""``dmod data get``, ``lineage``, ``verify``, ``export``, ``rm``, ``gc``, ``edit`` and ``reindex``."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli.data.completing import complete_datasets
from dmod.cli.data.moments import parse_duration, parse_expiry
from dmod.cli.data.opening import DatasetArgument, HomeOption, JsonOption, QuietOption, opened, show
from dmod.cli.data.rendering import counted, size_text

if TYPE_CHECKING:
    from dmod.catalog.removal import Collected

DAMAGED = 5
"""Exit status where stored bytes are not what was stored."""


class GraphForm(StrEnum):
    """How a lineage is drawn."""

    text = "text"
    dot = "dot"
    mermaid = "mermaid"
    json = "json"


class Ancestors(StrEnum):
    """What of the datasets that something came from goes into an export."""

    metadata = "metadata"
    data = "data"


def get_command(
    dataset: DatasetArgument,
    target: Annotated[Path, typer.Argument(help="Folder to put the files into; made if it is not there.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Pattern of the files to take: forcings/*.")
    ] = None,
    link: Annotated[
        bool, typer.Option("--link", help="Share the store's own files, read-only, where the disk can.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take the files of a dataset out of the catalog, every byte compared with its hash."""
    with opened(home, quiet=quiet or as_json) as service:
        placed = service.get(dataset, target, only=only or (), link=link)
    ways = ", ".join(f"{count:,} by {way}" for way, count in placed.ways.items())
    values = {"path": str(placed.path), "files": placed.files, "bytes": placed.bytes, "ways": placed.ways}
    lines = [f"{placed.path}: {counted(placed.files, 'file')}, {size_text(placed.bytes)} ({ways})"]
    show(values, lines, as_json=as_json, quiet=quiet)


def lineage_command(
    dataset: DatasetArgument,
    form: Annotated[GraphForm, typer.Option("--as", help="How it is drawn.")] = GraphForm.text,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write it to.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw where a dataset comes from, and what was made of it."""
    import json

    from dmod.core.atomic import replacing

    with opened(home, quiet=True) as service:
        graph = service.lineage(dataset)
    drawn: dict[GraphForm, Callable[[], str]] = {
        GraphForm.text: lambda: "\n".join(graph.lines()),
        GraphForm.dot: graph.as_dot,
        GraphForm.mermaid: graph.as_mermaid,
        GraphForm.json: lambda: json.dumps(graph.as_json(), indent=1, default=str),
    }
    text = drawn[GraphForm.json if as_json else form]()
    if output is None:
        typer.echo(text)
        return
    with replacing(output) as hidden:
        hidden.write_text(text + "\n", encoding="utf-8")


def verify_command(
    datasets: Annotated[
        list[str] | None,
        typer.Argument(help="Datasets; all where none is named.", autocompletion=complete_datasets),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Hash every stored byte again; exit status 5 if one is not what was stored."""
    with opened(home, quiet=quiet or as_json) as service:
        found = service.verify(datasets or ())
    values = {
        "datasets": found.datasets,
        "files": found.files,
        "bytes": found.bytes,
        "external": list(found.external),
        "faults": [{"dataset": f.dataset, "path": f.path, "what": f.what} for f in found.faults],
    }
    lines = [f"{fault}" for fault in found.faults]
    lines.append(
        f"{counted(found.datasets, 'dataset')}, {counted(found.files, 'file')}, {size_text(found.bytes)}: "
        + (f"{counted(len(found.faults), 'fault')}" if found.faults else "every byte is what was stored")
    )
    if found.external:
        lines.append(f"not in the store, so not proven: {', '.join(found.external)}")
    show(values, lines, as_json=as_json, quiet=quiet and not found.faults)
    if found.faults:
        raise typer.Exit(DAMAGED)


def export_command(
    dataset: DatasetArgument,
    target: Annotated[Path, typer.Argument(help="Folder to make, or a file that ends with .zip.")],
    ancestors: Annotated[
        Ancestors, typer.Option("--ancestors", help="Of what it came from: what is known, or the files too.")
    ] = Ancestors.metadata,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Export a dataset with its whole lineage as an RO-Crate."""
    from dmod.services.data.crate import export_crate

    with opened(home, quiet=quiet or as_json) as service:
        made = export_crate(
            service.catalog,
            service.dataset(dataset),
            target,
            ancestors=ancestors.value,
            progress=service.progress,
        )
    lines = [
        f"{made.path}: RO-Crate of {made.dataset}, {counted(made.files, 'file')}, {size_text(made.bytes)}"
    ]
    if made.lost:
        lines.append(f"no longer in the catalog, so known by name and hash only: {', '.join(made.lost)}")
    show(made.as_json(), lines, as_json=as_json, quiet=quiet)


def rm_command(
    datasets: Annotated[
        list[str],
        typer.Argument(
            help="Datasets, with version where there are several.", autocompletion=complete_datasets
        ),
    ],
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Although others were derived from it: they can then not be traced to it."
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Remove datasets; their content goes with the next `dmod data gc`."""
    with opened(home, quiet=True) as service:
        gone = service.remove(datasets, even_if_needed=force)
    names = [dataset.reference for dataset in gone]
    show({"removed": names}, [f"removed {', '.join(names)}"], as_json=as_json, quiet=quiet)


def gc_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    grace: Annotated[str, typer.Option("--grace", help="How long content that nobody needs is kept.")] = "1d",
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Remove what has expired, and content that no dataset needs."""
    wait = parse_duration(grace, "--grace")
    with opened(home, quiet=quiet or as_json) as service:
        found = service.collect(grace=wait, dry_run=dry_run)
    show(found.as_json(), _collected(found), as_json=as_json, quiet=quiet)


def _collected(found: Collected) -> list[str]:
    would = "would be " if found.dry_run else ""
    lines = [f"{counted(found.contents, 'piece')} of content {would}deleted, {size_text(found.bytes)}"]
    facts = (
        ("expired", found.expired),
        ("still read", found.waiting),
        ("completed for a process that died", found.completed),
        ("given up for a process that died", found.abandoned),
        ("remains of uploads", found.debris),
    )
    return lines + [f"{name}: {', '.join(names)}" for name, names in facts if names]


def edit_command(
    dataset: DatasetArgument,
    description: Annotated[
        str | None, typer.Option("--description", help="What it is, in a sentence.")
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Whose it is.")] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", help="When it may be removed: 30d, 12h, 2w, or a date.")
    ] = None,
    never_expires: Annotated[bool, typer.Option("--never-expires", help="It does not expire.")] = False,
    read_only: Annotated[
        bool | None,
        typer.Option("--read-only/--no-read-only", help="No removal and no further version, or again."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Change what is said of a dataset; its data never change."""
    from dmod.catalog.record import record_of
    from dmod.errors import InputError

    given: dict[str, Any] = {"description": description, "owner": owner, "read_only": read_only}
    changes = {name: value for name, value in given.items() if value is not None}
    if expires is not None and never_expires:
        raise InputError("--expires and --never-expires contradict each other", hint="give one of them")
    if expires is not None or never_expires:
        changes["expires"] = parse_expiry(expires)
    if not changes:
        raise InputError(
            "nothing is to be changed", hint="give --description, --owner, --expires or --read-only"
        )
    with opened(home, quiet=True) as service:
        edited = service.edit(dataset, changes)
    show(
        record_of(edited), [f"{edited.reference}: changed {', '.join(changes)}"], as_json=as_json, quiet=quiet
    )


def share_command(
    dataset: DatasetArgument,
    users: Annotated[
        list[str] | None, typer.Argument(help="Names of users, in place of those before; * is everybody.")
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Only its owner may read it from now on.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Let other users of a server read a dataset and use it in jobs: a version, or all of a name."""
    from dmod.catalog.record import record_of
    from dmod.errors import InputError

    if bool(users) == nobody:
        raise InputError("say with whom to share it", hint="name users, * for everybody, or give --nobody")
    with opened(home, quiet=True) as service:
        shared = service.share(dataset, users or ())
    names = ", ".join(shared[-1].shared_with) or "nobody"
    show(
        [record_of(item) for item in shared],
        [f"{item.reference}: shared with {names}" for item in shared],
        as_json=as_json,
        quiet=quiet,
    )


def reindex_command(
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the index anew from what the store holds; what it knows already stays."""
    with opened(home, quiet=quiet or as_json) as service:
        found = service.rebuild()
    values = {
        "datasets": list(found.datasets),
        "faults": [{"record": fault.dataset, "what": fault.what} for fault in found.faults],
    }
    lines = [f"known: {counted(len(found.datasets), 'dataset')}", *(str(fault) for fault in found.faults)]
    show(values, lines, as_json=as_json, quiet=quiet)
    if found.faults:
        raise typer.Exit(DAMAGED)
