"""What the real framework wrote is gathered as if it had just been run, and is what dmod makes of it."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.integrate import ChunkRunoff
from dmod.services.framework import FrameworkRun, FrameworkSettings, open_framework
from dmod.services.framework_unit import find_scale
from dmod.services.options import RunOptions
from dmod.services.plan import RAIN, RunPlan, locate, plan_run
from dmod.services.streamflow import Nexuses
from dmod.testing.columns import Columns
from dmod.testing.ngen_stand_in import write_libraries

# case → folder of its results in 17 digits
CASES = {
    "outopt_precision17": "expected",
    **{f"sloth_pet{method}_cfe_csv": "expected_p17" for method in (1, 2, 3, 4, 5)},
    "sloth_pet_cfe_nc": "expected_p17",
    "sloth_pet_cfeHEAD_csv": "expected_p17",
    "sloth_pet_cfeHEADnash_csv": "expected_p17",
    "sloth_pet_cfeHEADxaj_csv": "expected_p17",
    "pet_topmodel_csv": "expected_p17",
    "noah_pet_cfe_csv": "expected_p17",
}
MAIN = {"pet_topmodel_csv": "Qout"}
SIX_DIGITS = 5.1e-6
Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@contextmanager
def recorded(case: Path, results: str, folder: Path) -> Iterator[tuple[RunPlan, FrameworkRun]]:
    """Open a case with a program that leaves what the framework left."""
    package = locate(case, RunOptions().locations)
    program = folder / "ngen"
    source = shlex.quote(str(case / results))
    program.write_text(f'#!/bin/sh\n[ $# -ge 5 ] && cp {source}/*.csv "$(dirname "$5")/output/"\n')
    program.chmod(0o755)
    document = json.loads(package.realization_file.read_text())
    settings = FrameworkSettings(program, library_path=(write_libraries(folder / "lib", document),))
    plan, run = open_framework(package, RunOptions(), settings, folder / "run")
    try:
        yield plan, run
    finally:
        plan.close()


def table(path: Path) -> dict[str, Array]:
    """Return the numbers of a catchment's file by column, read by another reader."""
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    columns = zip(header, zip(*rows, strict=True), strict=True)
    return {
        name: np.array(values, dtype=float) for name, values in columns if name not in ("Time", "Time Step")
    }


def nexus_flow(path: Path) -> Array:
    return np.array([float(line.split(", ")[2]) for line in path.read_text().splitlines()])


@pytest.mark.parametrize("case", CASES)
def test_outputs_of_the_framework_are_gathered_in_every_column_and_step(
    reference: Path, tmp_path: Path, case: str
) -> None:
    home = reference / "ngen" / case
    with recorded(home, CASES[case], tmp_path) as (plan, run):
        sink = Columns(plan)
        (chunk,) = run.run([sink], lambda _: None)
        for row, catchment in enumerate(plan.catchments):
            due = table(home / CASES[case] / f"{catchment}.csv")
            assert set(sink.found) == {*due, RAIN}
            for name, values in due.items():
                assert np.array_equal(sink.found[name][row], values), name
            assert np.array_equal(chunk.depth[row], due[MAIN.get(case, "Q_OUT")])


@pytest.mark.parametrize("case", CASES)
def test_flow_at_nexuses_is_what_the_framework_summed(reference: Path, tmp_path: Path, case: str) -> None:
    home = reference / "ngen" / case
    with recorded(home, CASES[case], tmp_path) as (plan, run):
        chunks: list[ChunkRunoff] = list(run.run([], lambda _: None))
        nexuses = Nexuses(plan.fabric)
        flow = np.concatenate([nexuses.flow(chunk) for chunk in chunks], axis=1)
        for row in nexuses.receiving:
            due = nexus_flow(home / CASES[case] / f"{nexuses.ids[row]}_output.csv")
            np.testing.assert_allclose(flow[row], due, rtol=SIX_DIGITS, atol=1e-300)


@pytest.mark.parametrize("case", CASES)
def test_unit_of_the_main_output_is_found_out_from_the_frameworks_own_flow(
    reference: Path, tmp_path: Path, case: str
) -> None:
    home = reference / "ngen" / case
    with recorded(home, CASES[case], tmp_path) as (plan, _):
        from dmod.engine.ngen import columns_of

        columns = replace(columns_of(plan.realization.formulation_for("")), to_depth=None)
        notes: list[str] = []
        assert find_scale(plan, plan.chains[0].rows, columns, home / CASES[case], notes) == 1.0
        assert notes == []


@pytest.mark.parametrize("case", [name for name in CASES if not name.startswith("noah")])
def test_plan_has_the_columns_that_dmods_own_engine_has(reference: Path, tmp_path: Path, case: str) -> None:
    home = reference / "ngen" / case
    options = RunOptions(revisions={"cfe": "a349a95"} if "HEAD" in case else {})
    native = plan_run(locate(home, options.locations), options)
    try:
        with recorded(home, CASES[case], tmp_path) as (plan, _):
            ours, theirs = plan.chains[0].columns, native.chains[0].columns
            assert [column.name for column in ours] == [column.name for column in theirs]
            assert plan.column_count == native.column_count
            assert plan.catchments == native.catchments
            assert plan.axis == native.axis
            if "HEAD" not in case:  # which revision a library is, nobody says
                assert [column.unit for column in ours] == [column.unit for column in theirs]
    finally:
        native.close()
