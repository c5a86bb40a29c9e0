"""The native modules as data and as text, from their declarations."""

from __future__ import annotations

from typing import Any

import numpy as np

from dmod.engine.models.module import Module, Parameter, Variable
from dmod.engine.models.registry import default_revision, modules, names
from dmod.errors import NotFoundError


def describe_modules(name: str | None = None) -> list[dict[str, Any]]:
    """Return what each module declares; of one module all revisions.

    Raises
    ------
    NotFoundError
        there is no module of that name.
    """
    if name is not None and name not in names():
        raise NotFoundError(f"there is no native module {name!r}", hint="one of " + ", ".join(names()))
    return [_describe(m) for (own, _), m in sorted(modules().items()) if name in (None, own)]


def _describe(module: Module) -> dict[str, Any]:
    return {
        "name": module.name,
        "revision": module.revision,
        "default": module.revision == default_revision(module.name),
        "title": module.title,
        "references": list(module.references),
        "parameters": [_parameter(p) for p in module.parameters],
        "inputs": [_variable(v) for v in module.inputs],
        "outputs": [_variable(v) for v in module.outputs],
        "states": [_variable(v) for v in module.states],
        "settable": list(module.settable),
        "known_imbalance": module.known_imbalance,
    }


def _variable(variable: Variable) -> dict[str, str]:
    return {"name": variable.name, "unit": variable.unit, "description": variable.description}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "keys": list(parameter.keys or (parameter.name,)),
        "unit": parameter.unit,
        "description": parameter.description,
        "required": parameter.required,
        "default": parameter.default,
        "minimum": None if np.isinf(parameter.minimum) else parameter.minimum,
        "maximum": None if np.isinf(parameter.maximum) else parameter.maximum,
        "choices": list(parameter.choices),
    }


def module_table(described: list[dict[str, Any]], *, whole: bool) -> str:
    """Return the modules as text; ``whole`` with parameters, inputs, outputs and states."""
    blocks = []
    for module in described:
        revision = f" {module['revision']}" if module["revision"] else ""
        default = " (default)" if module["revision"] and module["default"] else ""
        lines = [f"{module['name']}{revision}{default}: {module['title']}"]
        if whole:
            lines += _rows("parameters", [_parameter_row(p) for p in module["parameters"]])
            for kind in ("inputs", "outputs", "states"):
                rows = [(v["name"], f"[{v['unit']}]", v["description"]) for v in module[kind]]
                lines += _rows(kind, rows)
            lines += [f"  source: {reference}" for reference in module["references"]]
        blocks.append("\n".join(lines))
    return ("\n\n" if whole else "\n").join(blocks)


def _parameter_row(parameter: dict[str, Any]) -> tuple[str, str, str]:
    limits = " or ".join(parameter["choices"])
    if parameter["minimum"] is not None or parameter["maximum"] is not None:
        low = "…" if parameter["minimum"] is None else f"{parameter['minimum']:g}"
        high = "…" if parameter["maximum"] is None else f"{parameter['maximum']:g}"
        limits = f"{low} to {high}"
    state = "required" if parameter["required"] else f"default {parameter['default']}"
    text = ", ".join(filter(None, (parameter["description"], limits, state)))
    return " | ".join(parameter["keys"]), f"[{parameter['unit']}]", text


def _rows(title: str, rows: list[tuple[str, str, str]]) -> list[str]:
    if not rows:
        return []
    name = max(len(row[0]) for row in rows)
    unit = max(len(row[1]) for row in rows)
    return [f"  {title}", *(f"    {a:<{name}}  {b:<{unit}}  {c}" for a, b, c in rows)]
