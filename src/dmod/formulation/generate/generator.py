"""What a generator of module configurations is: what it needs, the files it writes, its module entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis

Document = dict[str, Any]
File = tuple[PurePosixPath, str]
Column = NDArray[Any]
Convert = Callable[[Column], Column]

CONFIG_FOLDER = PurePosixPath("config/cat_config")
LIBRARIES = "/dmod/shared_libs"


def scaled(factor: float) -> Convert:
    """Return the conversion that multiplies by a factor."""
    return lambda column: column * factor


@dataclass(frozen=True, slots=True)
class Need:
    """One parameter of a module, and where its value comes from.

    Parameters
    ----------
    parameter : the key in the module's file; values are found by it
    unit : in the module's file; "" for words
    text : what it is
    reference : the convention, program or paper that says so
    attribute : name in the registry of attributes (`dmod.formulation.generate.attributes`); "" for
        a constant
    convert : column of the attribute → column in ``unit``, shape (n,); None where they are the same.
        NaN means that the value has no counterpart (an unknown class, say)
    conversion : the same in words, such as "/ 1000"
    value : the constant; with an attribute, the module's documented default, which the fallback
        "default" takes; None where there is none
    low, high : what the module accepts, in ``unit``, both included
    below : parameter of the same module that this one must be smaller than
    """

    parameter: str
    unit: str
    text: str
    reference: str
    attribute: str = ""
    convert: Convert | None = None
    conversion: str = ""
    value: Any = None
    low: float = -np.inf
    high: float = np.inf
    below: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is the same for all catchments of a package.

    Parameters
    ----------
    axis : the run's steps
    forcing : NetCDF file, as the realization names it
    options : further choices by name, such as ``noah_parameters`` (folder of Noah-OWP-Modular's tables)
    """

    axis: TimeAxis
    forcing: str = "./forcings/forcings.nc"
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catchment:
    """One catchment, with the values that a generator needs.

    Parameters
    ----------
    id : ``cat-N``
    values : parameter → value in the module's unit, constants included
    sources : parameter → where the value comes from, as the file's comment says it: column of the
        fabric and conversion, "constant …", or what was taken in place of what
    """

    id: str
    values: Mapping[str, Any]
    sources: Mapping[str, str]


MakeFiles = Callable[[Catchment, Settings], Iterator[File]]
MakeModule = Callable[[Settings], Document]
MakeShared = Callable[[Settings], Iterator[File]]


def no_files(_catchment: Catchment, _settings: Settings) -> Iterator[File]:
    """Yield nothing: the module has no configuration per catchment."""
    yield from ()


def no_shared_files(_settings: Settings) -> Iterator[File]:
    """Yield nothing: the module's catchments share no file."""
    yield from ()


@dataclass(frozen=True, slots=True)
class Generator:
    """How one module is configured.

    Parameters
    ----------
    name : by which formulations name it: ``cfe``, ``cfe-x``, ``noah-owp``, …
    title : the module's name for people
    folder : below ``config/cat_config``; "" where the module has no files
    language : how the framework couples it: ``bmi_c``, ``bmi_c++``, ``bmi_fortran``
    needs : every parameter of its files
    module : the ``params`` of its entry in the realization, without ``variables_names_map``; the
        ``init_config`` there names the file that ``files`` gives first
    files : path inside the package and text of one catchment's files
    shared : path and text of files for all catchments together
    native : whether the native engine runs it
    """

    name: str
    title: str
    folder: str
    language: str
    needs: tuple[Need, ...]
    module: MakeModule
    files: MakeFiles = no_files
    shared: MakeShared = no_shared_files
    native: bool = True

    @property
    def place(self) -> PurePosixPath:
        """The folder of its files inside a package."""
        return CONFIG_FOLDER / self.folder

    def need(self, parameter: str) -> Need:
        """Return what is known of a parameter."""
        return next(need for need in self.needs if need.parameter == parameter)
