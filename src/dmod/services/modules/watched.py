"""An instance of a module whose every call is noted before it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from dmod.engine.bmi.serialized import packed, unpacked
from dmod.engine.foreign.module import ForeignModule, Values
from dmod.services.modules import raw_call
from dmod.services.modules.trail import Trail

P = ParamSpec("P")
T = TypeVar("T")


class Watched:
    """An instance of a module; see `ForeignModule` for what its methods do and raise.

    Parameters
    ----------
    module : the instance
    trail : where calls are noted
    """

    def __init__(self, module: ForeignModule, trail: Trail) -> None:
        self.module: Final = module
        self._trail = trail

    def initialize(self, config: str) -> None:
        """Let the module read its configuration."""
        self._do("initialize", "", self.module.initialize, config)

    def initialize_many(self, configs: list[str]) -> None:
        """Let a vectorised module read the configurations of many catchments."""
        self._do("initialize_many", "", raw_call.initialize_many, self.module, configs)

    def update(self) -> None:
        """Advance by a step."""
        self._do("update", "", self.module.update)

    def update_until(self, time: float) -> None:
        """Advance to a time."""
        self._do("update_until", "", self.module.update_until, time)

    def finalize(self) -> None:
        """End the instance."""
        self._do("finalize", "", self.module.finalize)

    def plainly(self, function: str) -> None:
        """Call a function without arguments, whatever the port thinks of it."""
        self._do(function, "", raw_call.call_plain, self.module, function)

    def offers(self, function: str) -> bool:
        """Return whether the module has a function."""
        return raw_call.offers(self.module, function)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of what it takes."""
        return self._do("get_input_var_names", "", lambda: self.module.input_names)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of what it gives."""
        return self._do("get_output_var_names", "", lambda: self.module.output_names)

    def item_count(self, role: str) -> int:
        """Return how many variables a module says it has in a role, ``input`` or ``output``."""
        return self._do(f"get_{role}_item_count", "", raw_call.item_count, self.module, role)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all variables, each once."""
        return tuple(dict.fromkeys((*self.input_names, *self.output_names)))

    @property
    def component(self) -> str:
        """What the module calls itself."""
        return self._do("get_component_name", "", raw_call.component_name, self.module)

    def units(self, name: str) -> str:
        """Return a variable's units."""
        return self._do("get_var_units", name, self.module.units, name)

    def type(self, name: str) -> str:
        """Return the type of a variable's values as the module says it."""
        return self._do("get_var_type", name, self.module.type, name)

    def itemsize(self, name: str) -> int:
        """Return the bytes of one value."""
        return self._do("get_var_itemsize", name, self.module.itemsize, name)

    def nbytes(self, name: str) -> int:
        """Return the bytes of all values."""
        return self._do("get_var_nbytes", name, self.module.nbytes, name)

    def dtype(self, name: str) -> np.dtype[Any]:
        """Return the type of a variable's values."""
        return self._do("get_var_type", name, self.module.dtype, name)

    def count(self, name: str) -> int:
        """Return how many values a variable has."""
        return self._do("get_var_nbytes", name, self.module.count, name)

    def grid(self, name: str) -> int:
        """Return the number of a variable's grid."""
        return self._do("get_var_grid", name, self.module.grid, name)

    def location(self, name: str) -> str:
        """Return on which elements of its grid a variable lives."""
        return self._do("get_var_location", name, raw_call.location, self.module, name)

    def grid_size(self, grid: int) -> int:
        """Return how many places a grid has."""
        return self._do("get_grid_size", "", self.module.grid_size, grid)

    def grid_type(self, grid: int) -> str:
        """Return the type of a grid."""
        return self._do("get_grid_type", "", raw_call.grid_type, self.module, grid)

    def grid_rank(self, grid: int) -> int:
        """Return how many dimensions a grid has."""
        return self._do("get_grid_rank", "", raw_call.grid_rank, self.module, grid)

    def grid_shape(self, grid: int, rank: int) -> tuple[int, ...]:
        """Return a grid's places along each dimension."""
        return self._do("get_grid_shape", "", raw_call.grid_shape, self.module, grid, rank)

    @property
    def time(self) -> float:
        """Where it stands."""
        return self._do("get_current_time", "", lambda: self.module.time)

    @property
    def start_time(self) -> float:
        """Where it began."""
        return self._do("get_start_time", "", lambda: self.module.start_time)

    @property
    def end_time(self) -> float:
        """How far it can go."""
        return self._do("get_end_time", "", lambda: self.module.end_time)

    @property
    def time_step(self) -> float:
        """How far one update goes."""
        return self._do("get_time_step", "", lambda: self.module.time_step)

    @property
    def time_units(self) -> str:
        """The units of its times."""
        return self._do("get_time_units", "", lambda: self.module.time_units)

    def get(self, name: str) -> Values:
        """Return a copy of a variable's values."""
        return self._do("get_value", name, self.module.get_values, name)

    def set(self, name: str, values: ArrayLike) -> None:
        """Give a variable values."""
        self._do("set_value", name, self.module.set_values, name, values)

    def packed(self) -> bytes | None:
        """Return its states by the framework's protocol, None where it cannot give them."""
        return self._do("set_value", "ngen::serialization_create", packed, self.module)

    def unpack(self, state: bytes) -> None:
        """Put it into a state that `packed` returned."""
        self._do("set_value", "ngen::serialization_state", unpacked, self.module, state)

    def get_at(self, name: str, index: int) -> Values:
        """Return one of a variable's values."""
        return self._do("get_value_at_indices", name, raw_call.value_at, self.module, name, index)

    def pointed(self, name: str) -> tuple[int, Values | None]:
        """Return where a variable is kept, and what lies there."""
        return self._do("get_value_ptr", name, raw_call.pointed_values, self.module, name)

    def _do(self, function: str, variable: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        self._trail.note(f"{function}({variable})" if variable else function)
        return call(*args, **kwargs)
