"""The native engine: turn a wired formulation into a chain of compiled modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.units import Conversion
from dmod.engine.chain import BALANCE_TERMS, Chain, Column, Source, Stage
from dmod.engine.models.module import Config, Module
from dmod.errors import RealizationError
from dmod.formulation.formulation import Formulation
from dmod.formulation.wiring import Connection, Declared, Wiring, wire


@dataclass(frozen=True, slots=True)
class ChainModule:
    """A module of a formulation as the native engine sees it.

    Parameters
    ----------
    module : its declaration
    configs : one per catchment that runs the chain; empty where the module only gives constants
    constants : outputs that never change, ``(name, unit, value)``
    """

    module: Module
    configs: Sequence[Config] = ()
    constants: Sequence[tuple[str, str, float]] = ()

    @property
    def inputs(self) -> Declared:
        """Return what the module takes, ``(name, unit)``."""
        return [(v.name, v.unit) for v in self.module.inputs]

    @property
    def outputs(self) -> Declared:
        """Return what the module gives, ``(name, unit)``."""
        if self.constants:
            return [(name, unit) for name, unit, _ in self.constants]
        return [(v.name, v.unit) for v in self.module.outputs]


def wire_modules(
    formulation: Formulation, modules: Sequence[ChainModule], forcing: Mapping[str, str]
) -> Wiring:
    """Trace every input of the chain; ``forcing`` maps the variables that are there to their units."""
    constants = {
        (index, name): value for index, part in enumerate(modules) for name, _, value in part.constants
    }
    return wire(
        formulation,
        [part.inputs for part in modules],
        [part.outputs for part in modules],
        forcing,
        constants=constants,
    )


def build_chain(
    formulation: Formulation,
    modules: Sequence[ChainModule],
    forcing: Mapping[str, str],
    rows: NDArray[np.int64],
) -> Chain:
    """Return the chain for the catchments at ``rows``, in their initial state.

    Raises
    ------
    RealizationError
        an input, an output column or the main output has no supplier; all are named.
    """
    wiring = wire_modules(formulation, modules, forcing).require_sound()
    stage_of = _stage_positions(modules)
    stages = tuple(
        _stage(part, wiring.connections[index], modules, stage_of, len(rows))
        for index, part in enumerate(modules)
        if not part.constants
    )
    columns = tuple(
        _column(header, connection, modules, stage_of)
        for header, connection in zip(wiring.headers, wiring.columns, strict=True)
    )
    if not stages:
        raise RealizationError(
            f"{formulation.path or 'the formulation'} has no module that computes anything",
            hint="a chain needs at least one module beside SLoTH",
        )
    return Chain(
        name=" + ".join(part.module.title for part in modules),
        rows=rows,
        stages=stages,
        columns=columns,
        runoff=_source(wiring.runoff, modules, stage_of),
        feedback=_initial_feedback(wiring, modules, stage_of, len(rows)),
    )


def forcing_key(name: str, unit: str) -> str:
    """Return the name under which a chain reads a forcing variable in a certain unit."""
    return f"{name} [{unit}]"


def split_forcing_key(key: str) -> tuple[str, str]:
    """Return ``(name, unit)`` of a `forcing_key`."""
    name, _, unit = key.rpartition(" [")
    return name, unit.removesuffix("]")


def _stage_positions(modules: Sequence[ChainModule]) -> list[int]:
    """Return for each module its position among those that compute, -1 for constants."""
    positions, count = [], 0
    for part in modules:
        positions.append(-1 if part.constants else count)
        count += not part.constants
    return positions


def _stage(
    part: ChainModule,
    connections: Sequence[Connection],
    modules: Sequence[ChainModule],
    stage_of: Sequence[int],
    count: int,
) -> Stage:
    prepared = part.module.prepare(part.configs)
    return Stage(
        module=part.module,
        sources=tuple(_source(c, modules, stage_of) for c in connections),
        parameters=np.ascontiguousarray(prepared.parameters),
        state=np.ascontiguousarray(prepared.state),
        state_names=prepared.state_names,
        balance=np.zeros((count, BALANCE_TERMS)),
        failed_step=np.full(count, -1, dtype=np.int64),
    )


def _source(connection: Connection, modules: Sequence[ChainModule], stage_of: Sequence[int]) -> Source:
    if connection.kind == "forcing":
        return Source("forcing", key=forcing_key(connection.source, connection.unit))
    if connection.kind == "constant":
        return Source("constant", value=connection.value)
    return Source(
        "module",
        stage=stage_of[connection.module],
        output=_output_index(modules[connection.module].module, connection.source),
        conversion=connection.conversion,
        previous_step=connection.previous_step,
    )


def _output_index(module: Module, name: str) -> int:
    return [v.name for v in module.outputs].index(name)


def _column(
    header: str, connection: Connection, modules: Sequence[ChainModule], stage_of: Sequence[int]
) -> Column:
    source = _source(connection, modules, stage_of)
    description = ""
    if source.kind == "module":
        description = modules[connection.module].module.outputs[source.output].description
    return Column(header, source, connection.unit, description)


def _initial_feedback(
    wiring: Wiring, modules: Sequence[ChainModule], stage_of: Sequence[int], count: int
) -> NDArray[np.float64] | None:
    """Return the values of the step before the first, shape (catchment, stage, output)."""
    if not wiring.feeds_back:
        return None
    widest = max(len(part.module.outputs) for part in modules)
    values = np.zeros((count, sum(s >= 0 for s in stage_of), widest))
    for connection in (c for inputs in wiring.connections for c in inputs if c.previous_step):
        source = _source(connection, modules, stage_of)
        initially = modules[connection.module].module.initially
        if connection.initial is not None:
            values[:, source.stage, source.output] = _undo(connection.conversion, connection.initial)
        elif initially is not None:
            values[:, source.stage, source.output] = initially(connection.source)
    return values


def _undo(conversion: Conversion, value: float) -> float:
    return (value - conversion.offset) / conversion.scale
