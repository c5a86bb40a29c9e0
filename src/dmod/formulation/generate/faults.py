"""Attributes that cannot be used, as problems: each said once, with its catchments and what may stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dmod.core.problem import Problem
from dmod.formulation.generate.attribute_table import AttributeTable
from dmod.formulation.generate.fallbacks import possible
from dmod.formulation.generate.values import Fault


def problems_of(faults: Iterable[Fault], table: AttributeTable) -> list[Problem]:
    """Return one problem for each attribute and what is wrong with it, over all modules that need it."""
    merged: dict[tuple[str, str, str], list[Fault]] = {}
    for fault in faults:
        merged.setdefault((fault.attribute.name, fault.code, fault.why), []).append(fault)
    return [_problem(same, table) for same in merged.values()]


def _problem(faults: Sequence[Fault], table: AttributeTable) -> Problem:
    first = faults[0]
    rows = sorted({row for fault in faults for row in fault.rows})
    name = first.column or " or ".join(first.attribute.columns[:1])
    parameters = ", ".join(dict.fromkeys(f"{f.generator} {f.need.parameter}" for f in faults))
    value = ""
    if first.code == "attribute-impossible" and first.column:
        value = f" = {str(table.find(first.attribute).raw[rows[0]])[:60]} in {table.ids[rows[0]]}"
    return Problem(
        "error",
        first.code,
        f"{name}{value} {first.why}; needed for {parameters}",
        where=table.place_of(first.attribute),
        ids=tuple(table.ids[row] for row in rows),
        hint=_hint(faults),
    )


def _hint(faults: Sequence[Fault]) -> str:
    shared = [m for m in possible(faults[0].need) if all(m in possible(fault.need) for fault in faults)]
    if not shared:
        return "nothing can stand in for it: complete the fabric"
    short = faults[0].need.parameter.rpartition(".")[2]
    return f"choose what stands in: --fallback {', '.join(shared)}; for it alone: {short}={shared[0]}"
