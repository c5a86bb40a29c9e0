"""``dmod data list``, ``show``, ``formats`` and ``derivations``."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli.data.completing import complete_datasets
from dmod.cli.data.opening import DatasetArgument, HomeOption, JsonOption, opened, show
from dmod.cli.data.rendering import covered, listing_lines, size_text, terminal_width
from dmod.cli.data.wishes import CategoryOption, FormatOption

if TYPE_CHECKING:
    from dmod.services.data.service import Shown

FILES = 20
"""How many files are named unless all are asked for."""


class Sorting(StrEnum):
    """By what datasets can be sorted."""

    NAME = "name"
    CREATED = "created"
    SIZE = "size"


def list_command(
    pattern: Annotated[str, typer.Argument(help="Pattern of names, with * and ?.")] = "",
    category: CategoryOption = None,
    data_format: FormatOption = None,
    owner: Annotated[str, typer.Option("--owner", help="Only what belongs to this owner.")] = "",
    derived_from: Annotated[
        str | None,
        typer.Option(
            "--derived-from", help="Only what was made of this dataset.", autocompletion=complete_datasets
        ),
    ] = None,
    all_versions: Annotated[bool, typer.Option("--all-versions", help="Earlier versions too.")] = False,
    expired: Annotated[bool, typer.Option("--expired", help="Also what has expired.")] = False,
    sort: Annotated[Sorting, typer.Option("--sort", help="By what; equal ones by name.")] = Sorting.NAME,
    descending: Annotated[
        bool, typer.Option("--descending", help="The last, newest or largest first.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List datasets."""
    from dmod.catalog.category import Category
    from dmod.catalog.data_format import find_format
    from dmod.catalog.index.port import Listing
    from dmod.catalog.record import record_of

    with opened(home, quiet=True) as service:
        found = service.list(
            Listing(
                pattern=pattern,
                category=None if category is None else Category.named(category),
                format=None if data_format is None else find_format(data_format),
                owner=owner,
                derived_from="" if derived_from is None else service.dataset(derived_from).uuid,
                latest=not all_versions,
                expired=expired,
                order=sort.value,
                descending=descending,
            )
        )
    asked = bool(pattern or category or data_format or owner or derived_from)
    nothing = "no dataset is like that" if asked else "nothing: dmod data add NAME PATH puts something in"
    lines = listing_lines(found, terminal_width()) if found else [nothing]
    show([record_of(dataset) for dataset in found], lines, as_json=as_json, quiet=False)


def show_command(
    dataset: DatasetArgument,
    files: Annotated[bool, typer.Option("--files", help="Name all files, with their hashes.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show all that is known of a dataset."""
    from dmod.catalog.record import record_of

    with opened(home, quiet=True) as service:
        shown = service.show(dataset)
    values = {
        **record_of(shown.dataset),
        "versions": list(shown.versions),
        "children": [child.reference for child in shown.children],
        "held_by": [hold.purpose for hold in shown.holds],
        "manifest": [{"path": e.path, "size": e.size, "sha256": e.sha256} for e in shown.manifest],
    }
    show(values, list(_lines(shown, files=files)), as_json=as_json, quiet=False)


def _lines(shown: Shown, *, files: bool) -> Iterator[str]:
    dataset = shown.dataset
    facts = [
        ("dataset", dataset.reference),
        ("description", dataset.description),
        ("category", dataset.category.value),
        ("format", f"{dataset.domain.format}: {dataset.domain.format.title}"),
        *((index, text) for index, text in covered(dataset.domain)),
        ("files", "" if dataset.is_external else f"{dataset.files:,}, {size_text(dataset.size)}"),
        ("place", dataset.access_location),
        ("digest", "" if dataset.is_external else dataset.digest),
        ("uuid", dataset.uuid),
        ("owner", dataset.owner),
        ("shared with", ", ".join(dataset.shared_with)),
        ("created", f"{dataset.created:%Y-%m-%d %H:%M:%S} UTC"),
        ("expires", f"{dataset.expires:%Y-%m-%d %H:%M:%S} UTC" if dataset.expires else ""),
        ("read-only", "yes" if dataset.read_only else ""),
        ("versions", ", ".join(map(str, shown.versions)) if len(shown.versions) > 1 else ""),
        ("made by", dataset.lineage.step if dataset.lineage.step != "add" else ""),
        ("made of", ", ".join(item.reference for item in dataset.lineage.inputs)),
        ("made into", ", ".join(child.reference for child in shown.children)),
        ("held by", "; ".join(hold.purpose for hold in shown.holds)),
    ]
    yield from (f"{name:<20}  {text}" for name, text in facts if text)
    entries = list(shown.manifest)
    for entry in entries if files else entries[:FILES]:
        yield f"  {entry.sha256 if files else entry.sha256[:12]}  {size_text(entry.size):>8}  {entry.path}"
    if not files and len(entries) > FILES:
        yield f"  … and {len(entries) - FILES:,} more (--files names all)"


def formats_command(as_json: JsonOption = False) -> None:
    """List the formats of data, and what each can say that it covers."""
    from dmod.catalog.data_format import FORMATS

    values = [
        {
            "name": item.name,
            "id": item.id,
            "title": item.title,
            "categories": [category.value for category in item.categories],
            "indices": sorted(item.allowed),
            "family": item.family,
        }
        for item in FORMATS.values()
    ]
    width = max(map(len, FORMATS))
    lines = [f"{item.name:<{width}}  {item.title}" for item in FORMATS.values()]
    show(values, lines, as_json=as_json, quiet=False)


def derivations_command(as_json: JsonOption = False) -> None:
    """List what can be derived, by what, and with which choices."""
    from dmod.services.data.derivations.registry import all_derivations

    found = all_derivations()
    values = [
        {
            "name": item.name,
            "title": item.title,
            "category": item.makes[0].value,
            "formats": [form.name for form in item.makes[1]],
            "parameters": [
                {"name": p.name, "help": p.help, "default": p.default, "required": p.required}
                for p in item.parameters
            ],
        }
        for item in found
    ]
    lines: list[str] = []
    for item in found:
        lines += [f"{item.name}", f"  {item.title}", f"  makes {', '.join(f.name for f in item.makes[1])}"]
        for p in item.parameters:
            usual = (
                "required"
                if p.required
                else ("" if p.default in (None, [], {}, "") else f"default {p.default}")
            )
            lines.append(f"    {p.name:<16} {p.help}" + (f" ({usual})" if usual else ""))
    show(values, lines, as_json=as_json, quiet=False)
