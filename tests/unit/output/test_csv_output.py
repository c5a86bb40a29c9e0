"""The framework's CSV, byte for byte, whole or not at all."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.errors import StoreError
from dmod.output.csv_output import CatchmentCsv, NexusCsv
from dmod.output.layout import OutputLayout, OutputVariable

AXIS = TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 30)
IDS = ("cat-1", "cat-2", "cat-3")
LAYOUT = OutputLayout((OutputVariable("Q_OUT", "m", header="flow"), OutputVariable("ET", "m")))


def values(rows: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.random((rows, AXIS.count)) * 1e-4 for name in ("Q_OUT", "ET")}


def expected(arrays: dict[str, np.ndarray], row: int) -> str:
    lines = ["Time Step,Time,flow,ET"]
    for step, label in enumerate(AXIS.labels()):
        lines.append(f"{step},{label},{arrays['Q_OUT'][row, step]:.9g},{arrays['ET'][row, step]:.9g}")
    return "\n".join(lines) + "\n"


def test_catchment_csv_written_in_windows_equals_the_whole(tmp_path: Path) -> None:
    arrays = values()
    with CatchmentCsv.open(tmp_path, IDS, AXIS, [LAYOUT]) as sink:
        for first, end in ((0, 7), (7, 30)):
            part = {name: array[:, first:end] for name, array in arrays.items()}
            sink.write(np.arange(3), first, part)
        assert not list(tmp_path.glob("*.csv"))
    assert {p.name for p in tmp_path.iterdir()} == {"cat-1.csv", "cat-2.csv", "cat-3.csv"}
    for row, name in enumerate(IDS):
        assert (tmp_path / f"{name}.csv").read_text() == expected(arrays, row)


def test_catchment_csv_from_threads_keeps_rows_apart(tmp_path: Path) -> None:
    ids = [f"cat-{i}" for i in range(64)]
    arrays = values(64)
    sink = CatchmentCsv.open(tmp_path, ids, AXIS, [LAYOUT], durable=False)
    with sink, ThreadPoolExecutor(4) as pool:
        tasks = [
            pool.submit(sink.write, np.arange(i, i + 4), 0, {n: a[i : i + 4] for n, a in arrays.items()})
            for i in range(0, 64, 4)
        ]
        for task in tasks:
            task.result()
    for row, name in enumerate(ids):
        assert (tmp_path / f"{name}.csv").read_text() == expected(arrays, row)


def test_catchment_csv_formulations_have_their_own_columns_and_digits(tmp_path: Path) -> None:
    layouts = [
        OutputLayout((OutputVariable("a"),), np.array([0, 2])),
        OutputLayout((OutputVariable("b"), OutputVariable("a")), np.array([1])),
    ]
    axis = TimeAxis(AXIS.start, 3600, 1)
    with CatchmentCsv.open(tmp_path, IDS, axis, layouts, digits=17) as sink:
        sink.write(np.array([0, 2]), 0, {"a": np.array([[0.1], [3.0]])})
        sink.write(np.array([1]), 0, {"a": np.array([[1.0]]), "b": np.array([[2.0]])})
    assert (tmp_path / "cat-1.csv").read_text().endswith("a\n0,2015-12-01 00:00:00,0.10000000000000001\n")
    assert (tmp_path / "cat-2.csv").read_text() == "Time Step,Time,b,a\n0,2015-12-01 00:00:00,2,1\n"


def test_nexus_csv_has_no_header_and_six_digits(tmp_path: Path) -> None:
    axis = TimeAxis(AXIS.start, 3600, 2)
    with NexusCsv.open(tmp_path, ["nex-7"], axis) as sink:
        sink.write(np.array([0]), 0, {"runoff_rate": np.array([[0.29891712, 1234567.0]])})
    text = (tmp_path / "nex-7_output.csv").read_text()
    assert text == "0, 2015-12-01 00:00:00, 0.298917\n1, 2015-12-01 01:00:00, 1.23457e+06\n"


def test_catchment_csv_interrupt_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "cat-1.csv").write_text("old")

    def interrupted() -> None:
        with CatchmentCsv.open(tmp_path, IDS, AXIS, [LAYOUT]) as sink:
            sink.write(np.arange(3), 0, values())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["cat-1.csv"]
    assert (tmp_path / "cat-1.csv").read_text() == "old"


def test_catchment_csv_disk_full_is_a_store_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def run() -> None:
        with CatchmentCsv.open(tmp_path, IDS, AXIS, [LAYOUT]) as sink:
            monkeypatch.setattr(os, "write", full)
            sink.write(np.arange(3), 0, values())

    with pytest.raises(StoreError, match=r"no space left to write .*cat-1\.csv"):
        run()
    assert not list(tmp_path.iterdir())


def test_catchment_csv_read_only_folder_is_refused_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be written"):
        CatchmentCsv.open(folder, IDS, AXIS, [LAYOUT])
