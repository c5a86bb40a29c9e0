"""A formulation: the ordered chain of modules that a catchment runs, as the realization states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ID_PATTERN = "{{id}}"
MULTI = "bmi_multi"
MODULE_NAMES = ("bmi_c", "bmi_c++", "bmi_fortran", "bmi_python")


def substitute(pattern: str, catchment: str) -> str:
    """Return ``pattern`` with every ``{{id}}`` replaced by the catchment's identifier.

    The framework knows this one spelling only; another, such as ``{{ID}}``, stays as it is.
    """
    return pattern.replace(ID_PATTERN, catchment)


@dataclass(frozen=True, slots=True)
class HydrofabricAttribute:
    """A module parameter whose value is an attribute of the catchment in the hydrofabric."""

    name: str


ParameterValue = float | tuple[float, ...] | HydrofabricAttribute


@dataclass(frozen=True, slots=True)
class MassBalance:
    """What the framework was asked to do about a module's water balance."""

    check: bool = False
    frequency: int = 1
    tolerance: float = 1e-16
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """One module of a chain, as the realization states it.

    Parameters
    ----------
    name : how the framework couples it: ``bmi_c``, ``bmi_c++``, ``bmi_fortran``, ``bmi_python``
    model_type_name, library_file, registration_function, create_function, destroy_function, python_type :
        which program it is
    python_path : folder from which ``python_type`` is imported, "" for the installed ones; dmod's own key
    init_config : path of its configuration file, ``{{id}}`` standing for the catchment
    variables_names_map : variable of the module → name under which the chain knows it
    model_params : variable → value set after the module was initialised
    revision : which revision's behaviour to follow, "" for the default
    output_variables : heeded where this is the last module and the chain names none
    path : where it stands in the document, for messages
    """

    name: str
    model_type_name: str
    library_file: str = ""
    registration_function: str = ""
    create_function: str = ""
    destroy_function: str = ""
    python_type: str = ""
    python_path: str = ""
    init_config: str = ""
    main_output_variable: str = ""
    variables_names_map: Mapping[str, str] = field(default_factory=dict)
    model_params: Mapping[str, ParameterValue] = field(default_factory=dict)
    revision: str = ""
    output_variables: tuple[str, ...] | None = None
    fixed_time_step: bool = True
    allow_exceed_end_time: bool = False
    mass_balance: MassBalance | None = None
    path: str = field(default="", compare=False)

    def alias(self, variable: str) -> str:
        """Return the name under which the chain knows a variable of this module."""
        return self.variables_names_map.get(variable, variable)

    def init_config_for(self, catchment: str) -> str:
        """Return the path of the configuration file for one catchment, as written otherwise."""
        return substitute(self.init_config, catchment)

    def parameters_for(self, attributes: Mapping[str, float]) -> dict[str, float | tuple[float, ...]]:
        """Return the values to set, with those of the hydrofabric looked up in ``attributes``.

        An attribute that the catchment lacks is left out, as the framework does;
        `find_realization_problems` reports it.
        """
        values: dict[str, float | tuple[float, ...]] = {}
        for name, value in self.model_params.items():
            if not isinstance(value, HydrofabricAttribute):
                values[name] = value
            elif value.name in attributes:
                values[name] = attributes[value.name]
        return values

    @property
    def structure(self) -> tuple[object, ...]:
        """What catchments must share to run as one block: all but file paths and parameter values."""
        return (
            self.name,
            self.model_type_name,
            self.library_file,
            self.registration_function,
            self.create_function,
            self.destroy_function,
            self.python_type,
            self.python_path,
            self.revision,
            tuple(self.variables_names_map.items()),
            tuple(self.model_params),
            self.output_variables,
        )


@dataclass(frozen=True, slots=True)
class Formulation:
    """The chain of modules that a catchment runs; a single module is a chain of one.

    Parameters
    ----------
    name : ``bmi_multi``, or the name of the single module
    main_output_variable : the runoff, asked for in metres per step
    modules : in order of execution
    output_variables : columns to write, in order; None where the document names none
    output_header_fields : their headings; None where the document names none
    default_output_values : name → value that stands in on the first step for an output not yet made
    path : where it stands in the document, for messages
    """

    name: str
    model_type_name: str
    main_output_variable: str
    modules: tuple[ModuleSpec, ...]
    init_config: str = ""
    output_variables: tuple[str, ...] | None = None
    output_header_fields: tuple[str, ...] | None = None
    output_precision: int | None = None
    default_output_values: Mapping[str, float] = field(default_factory=dict)
    allow_exceed_end_time: bool = False
    path: str = field(default="", compare=False)

    @property
    def structure(self) -> tuple[object, ...]:
        """What catchments must share to run as one block: all but file paths and parameter values."""
        return (
            self.name,
            self.main_output_variable,
            self.output_variables,
            self.output_header_fields,
            tuple(self.default_output_values.items()),
            tuple(module.structure for module in self.modules),
        )
