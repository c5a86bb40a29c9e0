"""Which outputs of catchments a run writes: what its realization asks for, and in NetCDF the runoff."""

from __future__ import annotations

import numpy as np

from dmod.engine.chain import Chain
from dmod.output.catchment_outputs import CatchmentOutputs
from dmod.output.layout import OutputLayout, OutputVariable
from dmod.services.options import RunOptions
from dmod.services.plan import RUNOFF, RunPlan, chain_modules, complete_chain


def outputs_of(plan: RunPlan, options: RunOptions) -> CatchmentOutputs:
    """Return what the whole run writes of its catchments, also where the plan is that of a part.

    A formulation that none of the part's catchments has is looked at with one that has it.
    """
    return CatchmentOutputs(
        ids=plan.catchments,
        axis=plan.axis,
        layouts=_layouts(plan, options),
        csv=options.csv,
        digits=plan.realization.output.precision,
        dtype="float64" if options.precision == "double" else "float32",
    )


def _layouts(plan: RunPlan, options: RunOptions) -> list[OutputLayout]:
    """Return the layouts of all chains and of formulations that have none, in the order of formulations."""
    here = {formulation.structure for formulation, _, chain in plan.groups if chain >= 0}
    found = []
    for formulation, row, number in plan.groups:
        if number >= 0:
            found.append(_layout(plan.chains[number], plan.column_count[number], options))
        elif formulation.structure not in here:
            here.add(formulation.structure)
            modules = chain_modules(plan.package, plan.realization, plan.fabric, [row], plan.finder)
            chain, asked = complete_chain(
                formulation, modules, plan.forcing.units(), [row], engine=options.engine
            )
            found.append(_layout(chain, asked, options, rows=()))
    return found or [
        _layout(chain, asked, options) for chain, asked in zip(plan.chains, plan.column_count, strict=True)
    ]


def _layout(
    chain: Chain, asked: int, options: RunOptions, rows: tuple[int, ...] | None = None
) -> OutputLayout:
    columns = chain.columns[:asked]
    if not options.csv:
        columns += tuple(c for c in chain.columns[asked:] if c.name == RUNOFF)
    return OutputLayout(
        tuple(OutputVariable(c.name, c.unit, c.description) for c in columns),
        rows=chain.rows if rows is None else np.array(rows, dtype=np.int64),
    )
