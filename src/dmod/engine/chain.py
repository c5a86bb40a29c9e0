"""A chain of modules ready to run over a block of catchments.

Modules of a chain run one after the other over a whole chunk of time, because each needs only what
the ones before it made. Where a module takes the *previous* step's value of a later one, the chain
runs step by step instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmod.core.units import IDENTITY, Conversion
from dmod.engine.models.module import Array, Module

BALANCE_TERMS = 4


@dataclass(frozen=True, slots=True)
class Source:
    """Where one input of a module comes from.

    Parameters
    ----------
    kind : forcing read for the run, output of a module of the chain, or a constant
    key : name of the forcing variable as read (its unit already the module's)
    stage, output : which module of the chain, which of its outputs
    value : of a constant, in the module's unit
    conversion : from the producing module's unit
    previous_step : the value of the step before (the producer runs later in the chain)
    """

    kind: Literal["forcing", "module", "constant"]
    key: str = ""
    stage: int = -1
    output: int = -1
    value: float = 0.0
    conversion: Conversion = IDENTITY
    previous_step: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """One module of a chain with the parameters and states of its catchments.

    Parameters
    ----------
    parameters : shape (catchment, parameter)
    state : shape (catchment, state), changed in place as the chain runs
    balance : shape (catchment, 4), see `Kernel`
    failed_step : shape (catchment,), -1 or the first step without a finite result
    """

    module: Module
    sources: tuple[Source, ...]
    parameters: Array
    state: Array
    state_names: tuple[str, ...]
    balance: Array
    failed_step: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """One output variable: which module's output, or forcing or constant, and how it is called."""

    name: str
    source: Source
    unit: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """A formulation, wired, for the catchments that run it.

    Parameters
    ----------
    rows : shape (catchment,), positions of these catchments in the run
    stages : modules in order of execution
    columns : output variables in the order in which they are written
    runoff : the main output; its conversion yields metres per step
    feedback : shape (catchment, stage, output) previous-step values, where a stage needs them
    """

    name: str
    rows: NDArray[np.int64]
    stages: tuple[Stage, ...]
    columns: tuple[Column, ...]
    runoff: Source
    feedback: Array | None = None

    @property
    def forcing_keys(self) -> tuple[str, ...]:
        """Return the forcing variables that this chain reads, without repetition."""
        sources = [s for stage in self.stages for s in stage.sources]
        sources += [c.source for c in self.columns] + [self.runoff]
        return tuple(dict.fromkeys(s.key for s in sources if s.kind == "forcing"))


@dataclass(slots=True)
class Scratch:
    """Work arrays of one worker, kept from block to block."""

    arrays: dict[tuple[object, ...], Array] = field(default_factory=dict)
    constants: dict[tuple[object, ...], float] = field(default_factory=dict)

    def array(self, shape: tuple[int, int], *key: object) -> Array:
        """Return the work array called ``key``, made anew where its shape changed."""
        found = self.arrays.get(key)
        if found is None or found.size < shape[0] * shape[1]:
            found = np.empty(shape[0] * shape[1])
            self.arrays[key] = found
            self.constants.pop(key, None)
        return found[: shape[0] * shape[1]].reshape(shape)

    def constant(self, shape: tuple[int, int], value: float) -> Array:
        """Return an array of one value; not to be written to."""
        key = ("constant", value)
        array = self.array(shape, *key)
        if self.constants.get(key) != value:
            self.arrays[key].fill(value)
            self.constants[key] = value
        return array


class BlockRun:
    """One block of a chain's catchments over one chunk of time."""

    def __init__(
        self, chain: Chain, block: slice, steps: int, forcing: Mapping[str, Array], scratch: Scratch
    ) -> None:
        self.chain = chain
        self.block = block
        self.forcing = forcing
        self.scratch = scratch
        self.shape = (len(range(*block.indices(len(chain.rows)))), steps)
        self.outputs = [
            tuple(scratch.array(self.shape, "output", s, o) for o in range(len(stage.module.outputs)))
            for s, stage in enumerate(chain.stages)
        ]

    def run(self) -> None:
        """Step every module; outputs, states and balances are left in place."""
        if self.chain.feedback is None:
            for index in range(len(self.chain.stages)):
                self._step(index, [self.resolve(s) for s in self.chain.stages[index].sources])
        else:
            self._run_step_by_step(self.chain.feedback[self.block])

    def resolve(self, source: Source) -> Array:
        """Return the values of a source, shape (catchment, time)."""
        if source.kind == "forcing":
            return self.forcing[source.key]
        if source.kind == "constant":
            return self.scratch.constant(self.shape, source.value)
        values = self.outputs[source.stage][source.output]
        if source.conversion.is_identity:
            return values
        converted = self.scratch.array(
            self.shape, "converted", source.stage, source.output, source.conversion
        )
        np.multiply(values, source.conversion.scale, out=converted)
        if source.conversion.offset:
            converted += source.conversion.offset
        return converted

    def _step(self, index: int, inputs: list[Array]) -> None:
        stage = self.chain.stages[index]
        stage.module.kernel(
            stage.parameters[self.block],
            stage.state[self.block],
            tuple(inputs),
            self.outputs[index],
            stage.balance[self.block],
            stage.failed_step[self.block],
        )

    def _run_step_by_step(self, feedback: Array) -> None:
        whole = self.outputs
        count, steps = self.shape
        one = (count, 1)
        for t in range(steps):
            self.outputs = [
                tuple(self.scratch.array(one, "step", s, o) for o in range(len(outs)))
                for s, outs in enumerate(whole)
            ]
            for index, stage in enumerate(self.chain.stages):
                self._step(index, [self._at(source, t, feedback) for source in stage.sources])
                for o, values in enumerate(self.outputs[index]):
                    whole[index][o][:, t] = values[:, 0]
                    feedback[:, index, o] = values[:, 0]
        self.outputs = whole

    def _at(self, source: Source, t: int, feedback: Array) -> Array:
        """Return a source at one step, shape (catchment, 1); later modules give the step before."""
        if source.kind == "forcing":
            return np.ascontiguousarray(self.forcing[source.key][:, t : t + 1])
        if source.kind == "constant":
            return np.full((self.shape[0], 1), source.value)
        values = feedback[:, source.stage, source.output] * source.conversion.scale
        return np.ascontiguousarray(values + source.conversion.offset)[:, None]
