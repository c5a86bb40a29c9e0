"""What formulations can be configured, and which attributes of a hydrofabric each of them needs."""

from __future__ import annotations

from typing import Any

from dmod.formulation.generate.attributes import find_attribute
from dmod.formulation.generate.fallbacks import METHODS
from dmod.formulation.generate.formulations import FORMULATIONS


def describe_formulations() -> list[dict[str, Any]]:
    """Return every named formulation as data: name, text, engine, modules, attributes (v2.2 columns)."""
    return [
        {
            "name": formulation.name,
            "text": formulation.text,
            "engine": "native" if all(g.native for g in formulation.generators) else "C++ framework",
            "modules": [g.title for g in formulation.generators],
            "attributes": sorted(
                {
                    find_attribute(need.attribute).columns[0]
                    for generator in formulation.generators
                    for need in generator.needs
                    if need.attribute
                }
            ),
        }
        for formulation in FORMULATIONS.values()
    ]


def describe_fallbacks() -> dict[str, str]:
    """Return every fallback with its meaning."""
    return dict(METHODS)
