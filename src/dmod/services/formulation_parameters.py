"""The parameters of formulations: what each is, in which unit and range, and where its value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dmod.engine.models.module import Parameter
from dmod.engine.models.registry import find_module, names
from dmod.formulation.generate.attributes import find_attribute
from dmod.formulation.generate.formulations import FORMULATIONS
from dmod.formulation.generate.generator import Generator, Need
from dmod.services.formulation_list import describe_formulations


def describe_parameters() -> list[dict[str, Any]]:
    """Return every named formulation with its modules, and the parameters of each as data.

    Values are in the module's own unit; a range is of what the module accepts, both ends included.
    """
    described = []
    for plain in describe_formulations():
        generators = FORMULATIONS[plain["name"]].generators
        described.append({**plain, "modules": [_module(generator) for generator in generators]})
    return described


def _module(generator: Generator) -> dict[str, Any]:
    declared = _declared(generator) if generator.native else {}
    return {
        "name": generator.name,
        "title": generator.title,
        "native": generator.native,
        "parameters": [_parameter(need, declared.get(need.parameter)) for need in generator.needs],
        "settable": [
            f"{name}.{variable}"
            for name in native_modules(generator)
            for variable in find_module(name).settable
        ],
    }


def native_modules(generator: Generator) -> list[str]:
    """Return the native modules that read what it generates."""
    if not generator.native:
        return []
    return [name for name in names() if generator.name == name or generator.name.startswith(f"{name}-")]


def _declared(generator: Generator) -> Mapping[str, Parameter]:
    """Return what the native module declares, by the keys of its file."""
    return {
        key: parameter
        for name in native_modules(generator)
        for parameter in find_module(name).parameters
        for key in (parameter.keys or (parameter.name,))
    }


def _parameter(need: Need, declared: Parameter | None) -> dict[str, Any]:
    low = _bound(need.low) if declared is None or _bound(need.low) is not None else _bound(declared.minimum)
    high = (
        _bound(need.high) if declared is None or _bound(need.high) is not None else _bound(declared.maximum)
    )
    default = need.value if need.value is not None or declared is None else declared.default
    source = ""
    if need.attribute:
        source = " ".join(filter(None, (find_attribute(need.attribute).columns[0], need.conversion)))
    return {
        "name": need.parameter,
        "unit": need.unit,
        "description": need.text,
        "minimum": low,
        "maximum": high,
        "default": None if default is None else str(default),
        "choices": [] if declared is None else list(declared.choices),
        "source": source,
        "reference": need.reference,
    }


def _bound(value: float) -> float | None:
    return None if np.isinf(value) else float(value)
