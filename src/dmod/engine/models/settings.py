"""Values that a realization sets in a module after it was initialised (``model_params``)."""

from __future__ import annotations

from collections.abc import Mapping

from dmod.engine.models.module import Config, Module
from dmod.errors import RealizationError


def apply_settings(module: Module, config: Config, values: Mapping[str, float | tuple[float, ...]]) -> Config:
    """Return the configuration with the values set, with the consequences they have in the program.

    Raises
    ------
    RealizationError
        the module lets nothing of that name be set, or the value is no single number.
    """
    for name, value in values.items():
        if module.set_value is None or name not in module.settable:
            allowed = ", ".join(module.settable) or "none"
            raise RealizationError(
                f"model_params {name!r}: module {module.name} has no such value to set",
                hint=f"allowed: {allowed}",
            )
        numbers = value if isinstance(value, tuple) else (value,)
        if len(numbers) != 1:
            raise RealizationError(f"model_params {name!r}: {value} is not one number")
        config = module.set_value(config, name, numbers[0])
    return config
