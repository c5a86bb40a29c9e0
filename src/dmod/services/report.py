"""Filling the report with a run's results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dmod.evaluation.report import (
    InputFile,
    ReportInput,
    WaterBalance,
    write_report,
)
from dmod.services.basin_shapes import catchment_rings, river_lines, shapes_to_draw
from dmod.services.options import RunOptions
from dmod.services.record import option_texts

if TYPE_CHECKING:
    from dmod.hydrofabric.geometry import Geometry
    from dmod.output.metadata import HashedFile
    from dmod.services.plan import RunPlan
    from dmod.services.result import RunResult

SHOWN_FILES = 12
TITLES = {"sloth": "SLoTH", "pet": "PET", "cfe": "CFE", "topmodel": "TOPMODEL"}


def make_report(
    path: Path, result: RunResult, options: RunOptions, hashed: Sequence[tuple[str, HashedFile]]
) -> None:
    """Write ``report.html`` for a run."""
    plan, hydrograph = result.plan, result.hydrograph
    geometry = shapes_to_draw(plan.fabric)
    outlet = hydrograph.outlet
    gauge = f" at gauge {outlet.gauge}" if outlet.gauge else f" at {outlet.id}"
    contents = ReportInput(
        title=f"{_basin_name(plan)}{gauge}",
        outlet=outlet.id,
        formulation=_formulation(plan),
        times=hydrograph.times,
        simulated=hydrograph.simulated,
        step=hydrograph.step,
        rain=hydrograph.rain,
        steps=plan.axis.stamps(),
        gauge=outlet.gauge,
        outlet_location=_location(geometry, outlet.id),
        catchments=catchment_rings(geometry),
        rivers=river_lines(plan.fabric, geometry),
        balance=_balance(result),
        observed=hydrograph.observed,
        pairs=hydrograph.pairs,
        scores=hydrograph.scores,
        synthetic=_is_synthetic(plan),
        version=version("dmod"),
        files=_files(hashed),
        modules=[(TITLES.get(name, name), revision) for name, revision in plan.modules],
        options=option_texts(options),
        facts=_facts(result),
        filled=plan.forcing.filled_sentences(),
        warnings=result.warnings,
    )
    write_report(path, contents)


def _basin_name(plan: RunPlan) -> str:
    count = len(plan.catchments)
    name = plan.package.root.name.replace("_", " ")
    return f"{name}: {count} catchment{'s' if count > 1 else ''}"


def _formulation(plan: RunPlan) -> str:
    chains = {" + ".join(TITLES.get(s.module.name, s.module.name) for s in c.stages) for c in plan.chains}
    return "; ".join(sorted(chains))


def _is_synthetic(plan: RunPlan) -> bool:
    """Whether the package says of itself that it was made by code."""
    note = plan.package.root / "metadata" / "example.json"
    if not note.is_file():
        return False
    content = json.loads(note.read_text(encoding="utf-8"))
    return isinstance(content, dict) and bool(content.get("synthetic"))


def _location(geometry: Geometry, outlet: str) -> tuple[float, float] | None:
    point = geometry.nexuses.get(outlet)
    if point is None and outlet in geometry.flowpaths and geometry.flowpaths[outlet]:
        point = geometry.flowpaths[outlet][-1][-1]
    return None if point is None else (float(point[0]), float(point[1]))


def _balance(result: RunResult) -> WaterBalance:
    balance = result.water_balance
    other = {}
    if np.any(np.abs(balance.unaccounted) > 1e-9):
        other["Lost by documented behaviour"] = balance.unaccounted * 1e3
    return WaterBalance(
        ids=result.plan.catchments,
        area=result.plan.fabric.catchments.area_km2,
        precipitation=balance.inflow * 1e3,
        evapotranspiration=balance.evapotranspiration * 1e3,
        runoff=balance.runoff * 1e3,
        storage_change=balance.storage_change * 1e3,
        residual=balance.residual * 1e3,
        other=other,
    )


def _files(hashed: Sequence[tuple[str, HashedFile]]) -> list[InputFile]:
    """Return the inputs; of many files of one kind the first few."""
    shown: list[InputFile] = []
    for role in dict.fromkeys(role for role, _ in hashed):
        files = [file for kind, file in hashed if kind == role]
        limit = SHOWN_FILES if len(files) <= SHOWN_FILES else 3
        shown += [InputFile(role, f.path, f"sha256:{f.sha256}", f.size) for f in files[:limit]]
        if len(files) > limit:
            size = sum(file.size for file in files[limit:])
            shown.append(
                InputFile(role, f"and {len(files) - limit} more files, see metadata/run.json", "", size)
            )
    return shown


def _facts(result: RunResult) -> list[tuple[str, str]]:
    plan = result.plan
    steps = len(plan.catchments) * plan.axis.count
    computed = result.phases.get("compute", 0.0)
    rate = f"{steps / computed / 1e6:.2f} million catchment steps per second" if computed else ""
    return [
        ("Streamflow", result.routing),
        ("Hydrofabric", f"version {plan.fabric.version}"),
        ("Steps", f"{plan.axis.count} of {plan.axis.step} s"),
        ("Simulated", f"{steps:,} catchment steps in {computed:.2f} s" + (f", {rate}" if rate else "")),
    ]
