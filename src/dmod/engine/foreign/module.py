"""The port: one instance of a module that others wrote, for one catchment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.engine.foreign.failure import ForeignError
from dmod.engine.foreign.value_type import value_type
from dmod.errors import InputError

Values = NDArray[Any]


class ForeignModule(ABC):
    """One instance of a module for one catchment, as the Basic Model Interface has it.

    Every method raises `ForeignError` when the module's function fails, in whatever way its language has.
    Values are arrays of one dimension, flattened as the module does it, in the module's own type and units.

    Parameters
    ----------
    title : the module's name in the formulation, for messages
    catchment : identifier of the catchment, for messages
    """

    def __init__(self, title: str, catchment: str) -> None:
        self.title: Final = title
        self.catchment: Final = catchment
        self.initialized = False
        self.finalized = False

    def initialize(self, config_path: str | Path) -> None:
        """Let the module read its configuration and take its first state; once."""
        if self.initialized or self.finalized:
            raise self.failure("initialize", "was called twice")
        self._initialize(str(config_path))
        self.initialized = True

    def finalize(self) -> None:
        """End the instance and free what it holds; a second call does nothing."""
        if self.finalized:
            return
        self.finalized = True
        self._finalize()

    def update(self) -> None:
        """Advance by one step of the module's own."""
        self._act("update")

    def update_until(self, time: float) -> None:
        """Advance to a time in the module's own units."""
        self._act("update_until", time)

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """Names of the variables that the module takes."""
        return self._names("input")

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """Names of the variables that the module gives."""
        return self._names("output")

    def units(self, name: str) -> str:
        """Return a variable's units, as the module says them."""
        return self._text("get_var_units", name)

    def type(self, name: str) -> str:
        """Return the type of a variable's values in the words of the module's language."""
        return self._text("get_var_type", name)

    def itemsize(self, name: str) -> int:
        """Return the bytes of one value of a variable."""
        return self._whole("get_var_itemsize", name)

    def nbytes(self, name: str) -> int:
        """Return the bytes of all values of a variable."""
        return self._whole("get_var_nbytes", name)

    def grid(self, name: str) -> int:
        """Return the number of the grid on which a variable lives."""
        return self._whole("get_var_grid", name)

    @abstractmethod
    def grid_size(self, grid: int) -> int:
        """Return how many places a grid has."""

    @property
    def time(self) -> float:
        """Where the module stands, in its own units of time."""
        return self._real("get_current_time")

    @property
    def start_time(self) -> float:
        """Where it began."""
        return self._real("get_start_time")

    @property
    def end_time(self) -> float:
        """How far it can go."""
        return self._real("get_end_time")

    @property
    def time_step(self) -> float:
        """How far one update goes."""
        return self._real("get_time_step")

    @property
    def time_units(self) -> str:
        """The units of these times, as the module says them."""
        return self._text("get_time_units")

    def dtype(self, name: str) -> np.dtype[Any]:
        """Return the type of a variable's values.

        Raises
        ------
        ForeignError
            the module says one that is no number, or a size that does not go with it.
        """
        said, itemsize = self.type(name), self.itemsize(name)
        dtype = value_type(said, itemsize)
        if dtype is None:
            reason = f"said {said!r}, with {itemsize} bytes a value: no number that is known"
            raise self.failure("get_var_type", reason, variable=name)
        return dtype

    def count(self, name: str) -> int:
        """Return how many values a variable has now.

        Raises
        ------
        ForeignError
            the module's sizes do not go together.
        """
        nbytes, itemsize = self.nbytes(name), self.itemsize(name)
        if itemsize <= 0 or nbytes < 0 or nbytes % itemsize:
            reason = f"said {nbytes} bytes, of {itemsize} a value"
            raise self.failure("get_var_nbytes", reason, variable=name)
        return nbytes // itemsize

    def get_values(self, name: str) -> Values:
        """Return a copy of a variable's values."""
        return self._get_values(name, self.dtype(name), self.count(name))

    def set_values(self, name: str, values: ArrayLike) -> None:
        """Give a variable new values.

        Raises
        ------
        InputError
            they are not as many as the variable has, or its type cannot hold them.
        """
        given = np.asarray(values).reshape(-1)
        dtype, count = self.dtype(name), self.count(name)
        if given.size != count:
            raise InputError(
                f"module {self.title}, catchment {self.catchment}: {name!r} takes {count} values, "
                f"and {given.size} were given"
            )
        self._set_values(name, self._converted(name, given, dtype))

    def set_raw(self, name: str, values: Values) -> None:
        """Give a variable bytes of which it knows the meaning, whatever size it says to have."""
        self._set_values(name, values)

    def failure(
        self,
        function: str,
        reason: str,
        *,
        variable: str = "",
        code: int | None = None,
        hint: str | None = None,
    ) -> ForeignError:
        """Return the error that says what a function of this instance failed with."""
        return ForeignError(
            reason,
            module=self.title,
            catchment=self.catchment,
            function=function,
            variable=variable,
            code=code,
            hint=hint,
        )

    def _converted(self, name: str, given: Values, dtype: np.dtype[Any]) -> Values:
        with np.errstate(invalid="ignore", over="ignore"):
            made = np.ascontiguousarray(given, dtype=dtype)
        if dtype.kind != "f" and not np.array_equal(made, given):
            raise InputError(
                f"module {self.title}, catchment {self.catchment}: {name!r} holds values of type {dtype}, "
                f"and {given[made != given][0]} is none"
            )
        return made

    def _finalize(self) -> None:
        if self.initialized:
            self._act("finalize", ending=True)

    @abstractmethod
    def _initialize(self, config_path: str) -> None: ...

    @abstractmethod
    def _act(self, function: str, *numbers: float, ending: bool = False) -> None:
        """Call a function that gives nothing back; after the end only one that is ``ending``."""

    @abstractmethod
    def _text(self, function: str, name: str = "") -> str:
        """Return the text that a function gives, of a variable if one is named."""

    @abstractmethod
    def _whole(self, function: str, name: str = "") -> int:
        """Return the whole number that a function gives, of a variable if one is named."""

    @abstractmethod
    def _real(self, function: str) -> float:
        """Return the number that a function gives."""

    @abstractmethod
    def _names(self, role: str) -> tuple[str, ...]:
        """Return the names of the variables in a role, ``input`` or ``output``."""

    @abstractmethod
    def _get_values(self, name: str, dtype: np.dtype[Any], count: int) -> Values: ...

    @abstractmethod
    def _set_values(self, name: str, values: Values) -> None: ...


class Program(ABC):
    """A module as a program: opened once, with an instance for each catchment.

    Parameters
    ----------
    title : the module's name in the formulation, for messages
    """

    def __init__(self, title: str) -> None:
        self.title: Final = title

    @abstractmethod
    def instance(self, catchment: str) -> ForeignModule:
        """Return a new instance, which is not initialised yet."""
