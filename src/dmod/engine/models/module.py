"""What a native module declares: parameters, states, inputs, outputs, and the kernel that steps it.

Configuration reading, checks before a run, warm starts, unit conversion and the reference
documentation are all driven by this declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Columns of the balance array that every kernel accumulates, all in metres of water.
INFLOW, OUTFLOW, STORAGE_CHANGE, UNACCOUNTED = range(4)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key of a module's configuration file.

    Parameters
    ----------
    keys : spellings under which files carry it; the first is the one that is written
    default : used where the file has no such key; None where the key must be present
    minimum, maximum : physical range, both allowed; outside it ``dmod check`` complains
    choices : allowed words of a key that is not a number
    """

    name: str
    unit: str
    description: str
    keys: tuple[str, ...] = ()
    default: float | str | None = None
    required: bool = False
    minimum: float = -np.inf
    maximum: float = np.inf
    choices: tuple[str, ...] = ()
    is_list: bool = False
    calibratable: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """One input, output or state of a module."""

    name: str
    unit: str
    description: str


class Kernel(Protocol):
    """Step every catchment of a block through every time step of a chunk.

    Parameters
    ----------
    parameters : shape (catchment, parameter)
    state : shape (catchment, state), read at the start and left at the end of the chunk
    inputs : one C-contiguous array (catchment, time) per declared input, in the declared units
    outputs : one C-contiguous array (catchment, time) per declared output, filled
    balance : shape (catchment, 4), accumulated: inflow, outflow, storage change, and water that the
        followed behaviour is documented to lose (+) or create (-), all in m
    failed_step : shape (catchment,), set to the first step without a finite result, else -1
    """

    def __call__(
        self,
        parameters: Array,
        state: Array,
        inputs: tuple[Array, ...],
        outputs: tuple[Array, ...],
        balance: Array,
        failed_step: NDArray[np.int64],
    ) -> None:
        """See the class."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A module made ready for a set of catchments.

    Parameters
    ----------
    parameters : shape (catchment, parameter)
    state : shape (catchment, state), initial
    state_names : one name per state column (``soil_storage``, ``giuh_queue[0]``, …)
    """

    parameters: Array
    state: Array
    state_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of one module for one catchment, as read.

    Parameters
    ----------
    values : parameter name → number, word, or tuple of numbers
    source : file it was read from, for messages
    unknown : keys of the file that the module does not know
    ignored : keys that the module's program is known to read past, with the reason
    further_sources : files that it names and that were read with it
    """

    values: Mapping[str, float | str | tuple[float, ...]]
    source: str = ""
    unknown: tuple[str, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=dict)
    further_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """A model component that the native engine can run.

    Parameters
    ----------
    name : short name, as in ``--revision cfe=…`` ("cfe", "pet", "topmodel", "sloth")
    revision : which published revision's behaviour is followed, "" where there is only one
    inputs, outputs : BMI names and units; the chain converts what it passes
    read_config : ``(text, source) -> Config``; raises RealizationError naming key and source
    check : ``(Config) -> problems``; each a sentence with key, value and allowed range
    prepare : ``(configs) -> Prepared``, one row per configuration, in order
    kernel : see `Kernel`
    uses_water : whether the module moves water, so that its balance is checked
    tells_balance : whether it says how much of it; modules of others do not
    takes_several : whether a step of many catchments costs it little more than one of a few
    known_imbalance : what is known about water the followed behaviour loses or creates, "" if none
    settable : names accepted in ``model_params`` (BMI set_value after initialize)
    set_value : ``(config, name, value) -> Config`` with the consequences that the program's BMI set_value
        has before the first step; None where nothing is settable
    finish : called after the last step, to put the states of all catchments into their array
        (catchment, state) where the kernel has kept them elsewhere
    initially : name of an output → its value before the first step, where a module of others tells that
    """

    name: str
    revision: str
    title: str
    references: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    states: tuple[Variable, ...]
    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    read_config: Callable[[str, str], Config]
    check: Callable[[Config], list[str]]
    prepare: Callable[[Sequence[Config]], Prepared]
    kernel: Kernel | Any
    uses_water: bool = True
    tells_balance: bool = True
    takes_several: bool = False
    known_imbalance: str = ""
    settable: tuple[str, ...] = ()
    set_value: Callable[[Config, str, float], Config] | None = None
    finish: Callable[[Array], None] | None = None
    initially: Callable[[str], float] | None = None
