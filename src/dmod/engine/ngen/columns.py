"""Which columns the framework writes for a formulation, in which units, and which of them is the runoff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dmod.core.units import IDENTITY, Conversion, conversion
from dmod.engine.models.registry import find_module
from dmod.engine.models.sloth import read_sloth_params
from dmod.errors import RealizationError, UnitError, UnknownModule
from dmod.formulation.formulation import Formulation, ModuleSpec

RUNOFF_UNIT = "m"


@dataclass(frozen=True, slots=True)
class FrameworkColumns:
    """What the framework is asked to write for the catchments of a formulation.

    Parameters
    ----------
    variables, headers, units : per column; a unit is "" where nothing here knows it
    asked : how many of them the realization asks for; the main output may stand behind them
    main : column of the main output
    to_depth : from the main output's unit to metres per step; None where its unit is not known here
    notes : what the user must know
    """

    variables: tuple[str, ...]
    headers: tuple[str, ...]
    units: tuple[str, ...]
    asked: int
    main: int
    to_depth: Conversion | None
    notes: tuple[str, ...] = ()


def columns_of(formulation: Formulation) -> FrameworkColumns:
    """Return what the framework is asked to write for a formulation.

    Without ``output_variables`` the framework writes all outputs of the last module. Which these are is
    known for modules that dmod has itself; of others the main output alone is asked for, and a note says so.
    """
    known = _Known(formulation)
    wanted, notes = _wanted(formulation, known)
    headers = formulation.output_header_fields
    if headers is None or len(headers) != len(wanted):
        headers = wanted
    main = formulation.main_output_variable
    place = next((i for i, name in enumerate(wanted) if known.is_main(name)), -1)
    asked = len(wanted)
    if place < 0:
        place, wanted, headers = asked, (*wanted, main), (*headers, main)
    units = tuple(known.unit(name) or "" for name in wanted)
    return FrameworkColumns(wanted, headers, units, asked, place, _to_depth(known.unit(main)), tuple(notes))


def _wanted(formulation: Formulation, known: _Known) -> tuple[tuple[str, ...], list[str]]:
    last = formulation.modules[-1]
    named = formulation.output_variables
    if named is None:
        named = last.output_variables
    if named:
        return named, []
    own = tuple(name for name, _ in known.outputs[-1] or ())
    if own:
        return own, []
    note = (
        f"{formulation.path}: no output_variables are named, and which outputs module {last.model_type_name} "
        "has is not known here: the main output alone is written"
    )
    return (formulation.main_output_variable,), [note]


def _to_depth(unit: str | None) -> Conversion | None:
    """Return the framework's conversion of the main output; what cannot be converted it takes as it is."""
    if unit is None:
        return None
    try:
        return conversion(unit, RUNOFF_UNIT)
    except UnitError:
        return IDENTITY


class _Known:
    """What is known here of the outputs of a formulation's modules.

    Parameters
    ----------
    outputs : per module ``(name, unit)`` of each output; None where nothing is known
    """

    def __init__(self, formulation: Formulation) -> None:
        self._formulation = formulation
        self.outputs = [_declared(spec) for spec in formulation.modules]

    def unit(self, name: str) -> str | None:
        """Return the unit of a variable of the chain; None where it is not known."""
        if name == self._formulation.main_output_variable and self.outputs[-1] is None:
            return None  # the last module is asked first, and may have it
        return next((unit for alias, own, unit in self._every() if name in (alias, own)), None)

    def is_main(self, name: str) -> bool:
        """Whether a variable is the main output, by whichever of its names."""
        main = self._formulation.main_output_variable
        same = ((alias, own) for alias, own, _ in self._every())
        return name == main or any(main in names and name in names for names in same)

    def _every(self) -> Iterator[tuple[str, str, str]]:
        """Yield alias, own name and unit of each output, those of the last module first."""
        chain = list(zip(self._formulation.modules, self.outputs, strict=True))
        for spec, outputs in (chain[-1], *chain[:-1]):
            for name, unit in outputs or ():
                yield spec.alias(name), name, unit


def _declared(spec: ModuleSpec) -> list[tuple[str, str]] | None:
    try:
        module = find_module(spec.model_type_name, spec.registration_function, spec.library_file)
        if module.name == "sloth":
            values = {
                name: value for name, value in spec.model_params.items() if isinstance(value, float | int)
            }
            return [(name, unit) for name, unit, _ in read_sloth_params(values)]
    except (UnknownModule, RealizationError):
        return None
    return [(variable.name, variable.unit) for variable in module.outputs]
