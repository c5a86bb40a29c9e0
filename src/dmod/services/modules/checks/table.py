"""The checks of a module in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dmod.services.modules.checks import (
    behaviour,
    clock,
    description,
    ending,
    interface,
    many,
    mass,
    restart,
    values,
)
from dmod.services.modules.subject import Report, Subject

Check = Callable[[Subject, Report], str]
"""Looks at a module, reports what it finds, and returns what is right if all is."""

CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "functions": interface.check_functions,
        "initialize": interface.check_initialize,
        "names": description.check_names,
        "types": description.check_types,
        "units": description.check_units,
        "time": clock.check_time,
        "values": values.check_values,
        "numbers": behaviour.check_numbers,
        "determinism": behaviour.check_determinism,
        "independence": behaviour.check_independence,
        "catchments": many.check_many,
        "restart": restart.check_restart,
        "mass balance": mass.check_mass,
        "memory": ending.check_memory,
        "finalize": ending.check_finalize,
        "wrong path": interface.check_missing_configuration,
    }
)
"""Name → check."""
