"""The record of a configuration: which parameter comes from where, and what stands in for what."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from dmod.core.time_axis import format_time
from dmod.formulation.generate.attributes import ATTRIBUTES
from dmod.formulation.generate.generator import Need, Settings
from dmod.formulation.generate.values import Values
from dmod.services.configuration_plan import Configuration


def record_of(configuration: Configuration, settings: Settings) -> dict[str, Any]:
    """Return the record as JSON data."""
    plan = configuration.plan
    return {
        "made_by": f"dmod {version('dmod')}",
        "hydrofabric": {
            "file": configuration.fabric.source.name,
            "version": configuration.fabric.version,
            "catchments": plan.catchments,
        },
        "formulation": plan.formulation,
        "engine": "native" if plan.native else "C++ framework",
        "start": format_time(settings.axis.start),
        "end": format_time(settings.axis.end),
        "step": settings.axis.step,
        "modules": [
            {
                "name": values.generator.name,
                "title": values.generator.title,
                "files": part.pattern or str(values.generator.place),
                "catchments": len(values.rows),
                "parameters": {need.parameter: _parameter(need, values) for need in values.generator.needs},
            }
            for part, values in zip(configuration.parts, configuration.values, strict=True)
        ],
        "replacements": [
            {
                "module": replacement.generator,
                "parameter": replacement.parameter,
                "attribute": replacement.attribute,
                "fallback": replacement.method,
                "values": dict(zip(replacement.catchments, map(_plain, replacement.values), strict=True)),
            }
            for replacement in plan.replacements
        ],
        "warnings": [str(problem) for problem in plan.problems],
    }


def _parameter(need: Need, values: Values) -> dict[str, str]:
    found = {"unit": need.unit, "meaning": need.text, "source": values.sources[need.parameter]}
    if need.attribute:
        found |= {"made_from": ATTRIBUTES[need.attribute].source, "reference": need.reference}
    return found


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else repr(value)
