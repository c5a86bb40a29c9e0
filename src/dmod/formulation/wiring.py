"""Where each input of a chain comes from: forcing, another module, or a constant.

A chain is wired by name. A module's variable is known in the chain by its alias in
``variables_names_map``, else by its own name. An input takes, in this order,

1. the forcing variable of that name,
2. the output of a module that runs earlier, in the same step,
3. the output of a module that runs later (or of itself), one step late; on the first step the
   value in ``default_output_values``, else what the producer holds after initialisation.

Two outputs of one name are refused, and so is an output named like a forcing variable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal

from dmod.core.problem import Problem, Severity, errors_of
from dmod.core.units import IDENTITY, Conversion, conversion
from dmod.core.variables import BY_COLUMN, PRECIPITATION, PRECIPITATION_DEPTH
from dmod.errors import RealizationError, UnitError
from dmod.formulation.formulation import Formulation

Kind = Literal["forcing", "module", "constant", "missing"]
Declared = Sequence[tuple[str, str]]
"""Variables of a module in its own order: ``(name, unit)``."""

RUNOFF_UNIT = "m"
_NO_CONSTANTS: Mapping[tuple[int, str], float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Connection:
    """One value that is asked for, and what supplies it.

    Parameters
    ----------
    name : the input, or the output column, as it was asked for
    unit : in which it is wanted
    kind : "missing" where nothing supplies it
    source : the forcing variable, or the producing module's own name of its output
    module : position of the producing module in the chain, -1 for forcing
    conversion : from the supplier's unit to ``unit``
    previous_step : the producer runs later, so its value is that of the step before
    initial : value on the first step, in ``unit``; None for what the producer holds then
    value : of a constant, in ``unit``
    """

    name: str
    unit: str
    kind: Kind = "missing"
    source: str = ""
    module: int = -1
    conversion: Conversion = IDENTITY
    previous_step: bool = False
    initial: float | None = None
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Wiring:
    """A chain with every input, output column and the runoff traced to its supplier.

    Parameters
    ----------
    connections : per module, one per declared input, in order
    columns : the variables to write, in order, in their supplier's unit
    headers : heading of each column
    runoff : the main output, converted to metres per step where its unit allows
    problems : what could not be wired
    """

    connections: tuple[tuple[Connection, ...], ...]
    columns: tuple[Connection, ...]
    headers: tuple[str, ...]
    runoff: Connection
    problems: tuple[Problem, ...] = ()

    @property
    def feeds_back(self) -> bool:
        """Whether some module needs the previous step's value of another."""
        return any(c.previous_step for inputs in self.connections for c in inputs)

    @property
    def forcing(self) -> tuple[str, ...]:
        """The forcing variables that are read, without repetition."""
        wanted = [c for inputs in self.connections for c in inputs]
        wanted += [*self.columns, self.runoff]
        return tuple(dict.fromkeys(c.source for c in wanted if c.kind == "forcing"))

    def require_sound(self) -> Wiring:
        """Return the wiring itself.

        Raises
        ------
        RealizationError
            an input, a column or the main output has no supplier; all of them are named.
        """
        errors = errors_of(self.problems)
        if errors:
            hints = "; ".join(dict.fromkeys(problem.hint for problem in errors if problem.hint))
            said = (f"{p.where}: {p.message}" if p.where else p.message for p in errors)
            raise RealizationError("; ".join(said), hint=hints or None)
        return self


@dataclass(frozen=True, slots=True)
class _Supplier:
    kind: Kind
    source: str
    unit: str
    module: int = -1
    value: float = 0.0


@dataclass(slots=True)
class _Board:
    """The names that the chain knows, and the complaints."""

    formulation: Formulation
    forcing: Mapping[str, str]
    by_alias: dict[str, _Supplier] = field(default_factory=dict)
    by_module: dict[tuple[int, str], _Supplier] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, severity: Severity, code: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(severity, code, message, where=self.formulation.path, hint=hint))

    def find(self, name: str) -> _Supplier | None:
        """Look a name up: forcing before modules, as the framework does."""
        if name in self.forcing:
            return _Supplier("forcing", name, self.forcing[name])
        if name in self.by_alias:
            return self.by_alias[name]
        known = BY_COLUMN.get(name)
        for other in (known.name, *known.columns) if known else ():
            if other in self.forcing:
                return _Supplier("forcing", other, self.forcing[other])
        return None

    def find_own_name(self, name: str, first_module: int = 0) -> _Supplier | None:
        """Look up an output that has an alias by the name its module gives it."""
        for (index, own), supplier in self.by_module.items():
            if own == name and index >= first_module:
                return supplier
        return None

    def nearest(self, name: str) -> str:
        depth = next((n for n in PRECIPITATION_DEPTH.columns if n in self.forcing), None)
        if name == PRECIPITATION.name and depth:
            return f"the forcing has a depth per hour; map it in variables_names_map: {{{name!r}: {depth!r}}}"
        close = get_close_matches(name, [*self.by_alias, *self.forcing], n=1, cutoff=0.7)
        return f"did you mean {close[0]!r}?" if close else ""

    def module(self, index: int) -> str:
        return f"module {self.formulation.modules[index].model_type_name}"


def wire(
    formulation: Formulation,
    inputs: Sequence[Declared],
    outputs: Sequence[Declared],
    forcing: Mapping[str, str],
    *,
    constants: Mapping[tuple[int, str], float] = _NO_CONSTANTS,
) -> Wiring:
    """Trace every input of a chain to what supplies it.

    Parameters
    ----------
    formulation : the chain
    inputs, outputs : per module of the chain, what it declares, ``(name, unit)``
    forcing : forcing variable → unit, as the forcing source states them (standard or column names)
    constants : (module, its own name of the output) → value that never changes, in the output's unit

    Returns
    -------
    wiring : with its ``problems``; call `Wiring.require_sound` before running it
    """
    board = _Board(formulation, forcing)
    _offer(board, outputs, constants)
    connections = tuple(
        tuple(_connect(board, index, name, unit) for name, unit in declared)
        for index, declared in enumerate(inputs)
    )
    columns, headers = _columns(board)
    return Wiring(connections, columns, headers, _runoff(board), tuple(board.problems))


def _offer(board: _Board, outputs: Sequence[Declared], constants: Mapping[tuple[int, str], float]) -> None:
    """Put every module's outputs on the board."""
    chain = board.formulation.modules
    for index, (module, declared) in enumerate(zip(chain, outputs, strict=True)):
        for name, unit in declared:
            kind: Kind = "constant" if (index, name) in constants else "module"
            supplier = _Supplier(kind, name, unit, index, constants.get((index, name), 0.0))
            board.by_module[index, name] = supplier
            alias = module.alias(name)
            rival = ""
            if alias in board.by_alias:
                rival = board.module(board.by_alias[alias].module)
            elif alias in board.forcing and len(chain) > 1:
                rival = "the forcing"
            if rival:
                board.complain(
                    "error",
                    "output-twice",
                    f"{board.module(index)} gives {alias!r}, which {rival} gives too",
                    f"give it another name in variables_names_map: {{{name!r}: …}}",
                )
            board.by_alias.setdefault(alias, supplier)


def _connect(board: _Board, index: int, name: str, unit: str) -> Connection:
    """Connect one input of module ``index``."""
    alias = board.formulation.modules[index].alias(name)
    # a later module's output is also found by its own name, an earlier one's by its alias only
    supplier = board.find(alias) or board.find_own_name(alias, first_module=index)
    if supplier is None:
        asked = f"{name!r}" if alias == name else f"{name!r} (mapped to {alias!r})"
        board.complain(
            "error",
            "input-missing",
            f"{board.module(index)} needs {asked}, which neither the forcing nor a module gives",
            board.nearest(alias)
            or f"map it to a name that is given, in variables_names_map: {{{name!r}: …}}",
        )
        return Connection(name, unit)
    connection = _join(board, supplier, name, unit, board.module(index))
    if supplier.kind != "module" or supplier.module < index:
        return connection
    initial = board.formulation.default_output_values.get(alias)
    return replace(connection, previous_step=True, initial=initial)


def _join(board: _Board, supplier: _Supplier, name: str, unit: str, asker: str) -> Connection:
    """Connect, converting units; a module's value that cannot be converted is passed as it is."""
    forced = supplier.kind == "forcing"
    change = IDENTITY
    try:
        if supplier.unit and unit:
            change = conversion(supplier.unit, unit)
        elif forced and unit:
            board.complain(
                "warning",
                "unit-unknown",
                f"{asker} wants {name!r} in {unit!r}, but the forcing does not say in which unit it has "
                f"{supplier.source!r}",
                f"the number is used as it stands; a column named {supplier.source}[{unit}] would state it",
            )
    except UnitError:
        giver = "the forcing" if forced else board.module(supplier.module)
        board.complain(
            "error" if forced else "warning",
            "unit-mismatch",
            f"{asker} wants {name!r} in {unit!r}, but {giver} gives {supplier.source!r} in {supplier.unit!r}",
            "correct the unit, or map another variable"
            if forced
            else "the number is used as it stands, as the framework does",
        )
    value = change(supplier.value)
    return Connection(name, unit, supplier.kind, supplier.source, supplier.module, change, value=value)


def _columns(board: _Board) -> tuple[tuple[Connection, ...], tuple[str, ...]]:
    """Resolve the variables to write; where the chain names none, those of the last module."""
    formulation = board.formulation
    last = len(formulation.modules) - 1
    asked = formulation.output_variables
    if asked is None:
        own = tuple(name for index, name in board.by_module if index == last)
        asked = formulation.modules[last].output_variables or own
        columns = tuple(_column(board, name, board.by_module.get((last, name))) for name in asked)
    else:
        columns = tuple(_column(board, name) for name in asked)
    headers = formulation.output_header_fields
    if headers is not None and len(headers) != len(columns):
        board.complain(
            "warning",
            "header-count",
            f"output_header_fields has {len(headers)} entries for {len(columns)} output variables",
            "the variables' names are used instead, as the framework does",
        )
        headers = None
    return columns, headers if headers is not None else asked


def _column(board: _Board, name: str, supplier: _Supplier | None = None) -> Connection:
    """Connect one output column, in its supplier's unit."""
    supplier = supplier or board.find(name) or board.find_own_name(name)
    if supplier is None:
        board.complain(
            "error",
            "output-missing",
            f"output variable {name!r} is given by no module of the chain and not by the forcing",
            board.nearest(name) or f"the modules give {', '.join(board.by_alias)}",
        )
        return Connection(name, "")
    return _join(board, supplier, name, supplier.unit, "the output")


def _runoff(board: _Board) -> Connection:
    """Find the main output, in the last module first, then from the first on."""
    name = board.formulation.main_output_variable
    chain = board.formulation.modules
    for wanted in (len(chain) - 1, *range(len(chain) - 1)):
        for (index, own), supplier in board.by_module.items():
            if index == wanted and name in (own, chain[index].alias(own)):
                return _join(board, supplier, name, RUNOFF_UNIT, "main_output_variable")
    board.complain(
        "error",
        "main-output-missing",
        f"main_output_variable {name!r} is given by no module of the chain",
        board.nearest(name),
    )
    return Connection(name, RUNOFF_UNIT)
