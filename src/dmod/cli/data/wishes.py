"""Options that say what is asked for: a kind of data, and what it must cover."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli.data.completing import complete_categories, complete_datasets, complete_formats, complete_kinds
from dmod.cli.data.kinds import KINDS, kind_of
from dmod.errors import InputError

if TYPE_CHECKING:
    from dmod.catalog.requirement import Requirement
    from dmod.services.data.service import DataService

KindArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[KIND]", help="Kind of data: " + ", ".join(KINDS) + ".", autocompletion=complete_kinds
    ),
]
CategoryOption = Annotated[
    str | None,
    typer.Option(
        "--category", help="What the data are for: FORCING, CONFIG, …", autocompletion=complete_categories
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format", help="Format (`dmod data formats` lists them).", autocompletion=complete_formats
    ),
]
CatchmentOption = Annotated[
    list[str] | None, typer.Option("--catchment", "-c", help="Catchment, as cat-27; several with commas.")
]
CatchmentsFile = Annotated[
    Path | None, typer.Option("--catchments-from", help="File of catchments, one in a line.")
]
GageOption = Annotated[list[str] | None, typer.Option("--gage", help="Gauge that the data are about.")]
StartOption = Annotated[str | None, typer.Option("--start", help="First hour, UTC.")]
EndOption = Annotated[str | None, typer.Option("--end", help="Last hour, UTC, included.")]
VariableOption = Annotated[
    list[str] | None, typer.Option("--variable", help="Variable, as the files call it.")
]
RestrictOption = Annotated[
    list[str] | None,
    typer.Option("--restrict", help="Further index: INDEX=VALUE, several values with commas."),
]
PlaceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--place", help="Gauge (gage-10109001), catchment, point …: all upstream of it, in a hydrofabric."
    ),
]
FabricOption = Annotated[
    str | None,
    typer.Option("--hydrofabric", help="Dataset to look places up in.", autocompletion=complete_datasets),
]
FormulationOption = Annotated[
    str | None, typer.Option("--formulation", help="Chain of modules: cfe, topmodel, … (dmod configure).")
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option("--parameter", "-p", help="Choice for a derivation: NAME=VALUE, as JSON or text."),
]
ExactOption = Annotated[bool, typer.Option("--exact", help="No other format of the family will do.")]
ExactlyOption = Annotated[bool, typer.Option("--exactly", help="Just these catchments, and no more.")]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asks for, as it was written."""

    kind: str | None = None
    category: str | None = None
    format: str | None = None
    catchments: Sequence[str] = ()
    gages: Sequence[str] = ()
    places: Sequence[str] = ()
    hydrofabric: str | None = None
    start: str | None = None
    end: str | None = None
    variables: Sequence[str] = ()
    formulation: str | None = None
    restrictions: Mapping[str, list[str | int]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    exact: bool = False
    exactly: bool = False

    def requirement(self, service: DataService) -> Requirement:
        """Return the requirement; places are looked up in the catalog's hydrofabrics."""
        from dmod.services.data.asking import requirement_of

        category, data_format = kind_of(self.kind, self.category, self.format)
        catchments = list(self.catchments)
        if self.places:
            catchments += service.basin(self.places, self.hydrofabric or "").catchments
        parameters = dict(self.parameters)
        if self.hydrofabric:
            parameters.setdefault("hydrofabric", self.hydrofabric)
        return requirement_of(
            category,
            format=data_format,
            catchments=catchments,
            gages=self.gages,
            start=self.start,
            end=self.end,
            variables=self.variables,
            formulation=self.formulation,
            restrictions=self.restrictions,
            parameters=parameters,
            exact=self.exact,
            exactly=self.exactly,
        )


def words(given: Sequence[str] | None) -> list[str]:
    """Return what was given, several at once with commas."""
    return [part.strip() for text in given or () for part in text.split(",") if part.strip()]


def catchments_given(named: Sequence[str] | None, file: Path | None) -> list[str]:
    """Return the catchments that were named, and those of a file.

    Raises
    ------
    InputError
        the file cannot be read, or holds none.
    """
    if file is None:
        return words(named)
    try:
        lines = file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or "").lower() if isinstance(error, OSError) else "it is no text in UTF-8"
        raise InputError(
            f"--catchments-from: {file} cannot be read: {why}", hint="name a text file, an id in each line"
        ) from error
    if not lines:
        raise InputError(f"--catchments-from: {file} names no catchment", hint="write one in each line")
    return [*words(named), *lines]


def restrictions_given(given: Sequence[str] | None) -> dict[str, list[str | int]]:
    """Return restrictions written as ``INDEX=VALUE,VALUE``; whole numbers of LENGTH are numbers."""
    found: dict[str, list[str | int]] = {}
    for text in given or ():
        name, equals, values = text.partition("=")
        if not equals or not words([values]):
            raise InputError(f"--restrict: {text!r} cannot be read", hint="write INDEX=VALUE, as LENGTH=4")
        number = name.strip().upper() == "LENGTH"
        found.setdefault(name.strip(), []).extend(
            int(word) if number and word.isdigit() else word for word in words([values])
        )
    return found


def parameters_given(given: Sequence[str] | None) -> dict[str, Any]:
    """Return choices written as ``NAME=VALUE``; a value that is JSON is read as such."""
    found: dict[str, Any] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(
                f"--parameter: {text!r} cannot be read", hint="write NAME=VALUE, as method=linear"
            )
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            found[name.strip()] = value
    return found
