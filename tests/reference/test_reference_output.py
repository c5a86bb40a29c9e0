"""CSV of the framework, read and written again, is the same to the last byte."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.output.csv_output import CatchmentCsv, NexusCsv
from dmod.output.layout import OutputLayout, OutputVariable

AXIS = TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 720)
CASES = ("sloth_pet1_cfe_csv", "sloth_pet_cfe_nc", "sloth_pet_cfeHEADxaj_csv", "pet_topmodel_csv")


def columns_of(path: Path, first: int) -> np.ndarray:
    lines = path.read_text().splitlines()[first:]
    return np.array([[float(text) for text in line.split(",")[2:]] for line in lines]).T


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("folder", "digits"), [("expected", 9), ("expected_p17", 17)])
def test_catchment_csv_is_the_frameworks_to_the_byte(
    reference: Path, tmp_path: Path, case: str, folder: str, digits: int
) -> None:
    exact = reference / "ngen" / case / "expected_p17"
    files = sorted(exact.glob("cat-*.csv"))
    header = files[0].read_text().splitlines()[0].split(",")[2:]
    layout = OutputLayout(tuple(OutputVariable(name) for name in header))
    values = np.stack([columns_of(path, 1) for path in files])
    with CatchmentCsv.open(tmp_path, [path.stem for path in files], AXIS, [layout], digits=digits) as sink:
        for first, end in ((0, 500), (500, 720)):
            arrays = {name: values[:, i, first:end] for i, name in enumerate(header)}
            sink.write(np.arange(len(files)), first, arrays)
    assert files
    for path in files:
        assert (tmp_path / path.name).read_bytes() == (exact.parent / folder / path.name).read_bytes()


def test_nexus_csv_is_the_frameworks_to_the_byte(reference: Path, tmp_path: Path) -> None:
    folder = reference / "ngen" / "sloth_pet1_cfe_csv" / "expected"
    files = sorted(folder.glob("nex-*.csv"))
    flow = np.concatenate([columns_of(path, 0) for path in files])
    ids = [path.name.removesuffix("_output.csv") for path in files]
    with NexusCsv.open(tmp_path, ids, AXIS) as sink:
        sink.write(np.arange(len(files)), 0, {"runoff_rate": flow})
    assert files
    for path in files:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
