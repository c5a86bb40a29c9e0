"""Modules in Python (``bmi_python``): objects of a class that is imported by its dotted name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dmod.engine.foreign.failure import ForeignError
from dmod.engine.foreign.interface import NEEDED
from dmod.engine.foreign.module import ForeignModule, Program, Values
from dmod.engine.foreign.python_class import find_class
from dmod.errors import PluginError

Number = TypeVar("Number", int, float)


class PythonModule(ForeignModule):
    """An instance of a module in Python.

    Parameters
    ----------
    made : the object
    """

    def __init__(self, title: str, catchment: str, made: Any) -> None:
        super().__init__(title, catchment)
        self.made = made

    def grid_size(self, grid: int) -> int:
        """Return how many places a grid has."""
        return self._number(int, "get_grid_size", self._call("get_grid_size", grid))

    def raised(self, function: str, error: BaseException, variable: str = "") -> ForeignError:
        """Return the error for what a function of the module raised."""
        return self.failure(function, f"raised {type(error).__name__}: {error}", variable=variable)

    def _initialize(self, config_path: str) -> None:
        self._call("initialize", config_path)

    def _act(self, function: str, *numbers: float, ending: bool = False) -> None:
        self._call(function, *numbers, ending=ending)

    def _names(self, role: str) -> tuple[str, ...]:
        function = f"get_{role}_var_names"
        names = self._call(function)
        listed = isinstance(names, tuple | list) and all(isinstance(name, str) for name in names)
        if not listed:
            raise self.failure(function, f"gave {names!r}, and no list of names")
        return tuple(names)

    def _get_values(self, name: str, dtype: np.dtype[Any], count: int) -> Values:
        room = np.zeros(count, dtype=dtype)
        self._call("get_value", name, room, variable=name)
        return room

    def _set_values(self, name: str, values: Values) -> None:
        self._call("set_value", name, values, variable=name)

    def _call(self, function: str, *arguments: Any, variable: str = "", ending: bool = False) -> Any:
        if self.finalized and not ending:
            raise self.failure(function, "was called after the end of the instance", variable=variable)
        called = getattr(self.made, function, None)
        if called is None:
            raise self.failure(function, "is not offered by the module", variable=variable)
        try:
            return called(*arguments)
        except Exception as error:  # boundary: whatever code of others raises
            raise self.raised(function, error, variable) from error

    def _text(self, function: str, name: str = "") -> str:
        return str(self._told(function, name))

    def _whole(self, function: str, name: str = "") -> int:
        return self._number(int, function, self._told(function, name), name)

    def _told(self, function: str, name: str) -> Any:
        return self._call(function, *([name] if name else ()), variable=name)

    def _real(self, function: str) -> float:
        return self._number(float, function, self._call(function))

    def _number(self, kind: Callable[[Any], Number], function: str, said: Any, name: str = "") -> Number:
        try:
            return kind(said)
        except (TypeError, ValueError) as error:
            raise self.failure(function, f"gave {said!r}, and no number", variable=name) from error


class PythonProgram(Program):
    """A module in Python.

    Parameters
    ----------
    title : the module's name in the formulation
    python_type : the class, ``package.module.Class``
    python_path : a folder to import it from, beside those that Python knows

    Attributes
    ----------
    takes_several : whether one instance is for many catchments at once

    Raises
    ------
    PluginError
        it cannot be imported, there is no such class, or it lacks functions that a run needs.
    """

    def __init__(self, title: str, python_type: str, python_path: str | Path | None = None) -> None:
        super().__init__(title)
        self.python_type = python_type
        self._class = find_class(title, python_type, python_path)
        self.takes_several = callable(getattr(self._class, "initialize_many", None))
        # get_input_item_count and its like are for callers that must make room beforehand
        spared = {"initialize"} if self.takes_several else set()
        needed = [name for name in NEEDED if not name.endswith("item_count") and name not in spared]
        missing = [name for name in needed if not callable(getattr(self._class, name, None))]
        if missing:
            raise PluginError(
                f"module {title}: {python_type} has no {', no '.join(missing)}",
                hint="a module has to have the functions of the Basic Model Interface 2.0",
            )

    def instance(self, catchment: str) -> PythonModule:
        """Return a new instance.

        Raises
        ------
        PluginError
            the class cannot be called without arguments, or raises.
        """
        return PythonModule(self.title, catchment, self._made(catchment))

    def instance_of_several(self, catchments: Sequence[str]) -> PythonModule:
        """Return a new instance for many catchments; see `instance`."""
        from dmod.engine.foreign.several_module import SeveralModule

        return SeveralModule(self.title, catchments, self._made(catchments[0]))

    def _made(self, catchment: str) -> Any:
        try:
            return self._class()
        except Exception as error:  # boundary: whatever code of others raises
            raise PluginError(
                f"module {self.title}, catchment {catchment}: {self.python_type}() raised "
                f"{type(error).__name__}: {error}",
                hint="a module's class is called without arguments",
            ) from error
