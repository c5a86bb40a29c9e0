"""A run's record names what the result rests on, and notices when that changes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dmod.errors import InputError
from dmod.output.metadata import find_changed_inputs, hash_files, write_run_record


def test_run_record_holds_versions_times_and_hashes(tmp_path: Path) -> None:
    content = b"x" * (5 * 2**20) + b"end"
    (tmp_path / "a.nc").write_bytes(content)
    (tmp_path / "b.json").write_bytes(b"")
    files = hash_files([tmp_path / "a.nc", tmp_path / "b.json"])
    path = write_run_record(
        tmp_path / "metadata", files, started=datetime(2020, 1, 1, tzinfo=UTC), command=["dmod", "run"],
        notes={"filled": []},
    )  # fmt: skip
    assert [p.name for p in path.parent.iterdir()] == ["run.json"]
    record = json.loads(path.read_text())
    assert record["inputs"][0] == {
        "path": str(tmp_path / "a.nc"),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert {"dmod", "python", "numpy", "numba", "netCDF4"} == set(record["versions"])
    assert record["started"] == "2020-01-01 00:00:00"
    assert record["elapsed_seconds"] > 0
    assert record["command"] == ["dmod", "run"]
    assert record["filled"] == []


def test_changed_and_missing_inputs_are_found(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_text(path.name)
    record = write_run_record(tmp_path / "metadata", hash_files(paths), started=datetime.now(UTC))
    assert find_changed_inputs(record) == []
    paths[0].write_text("other")
    paths[1].unlink()
    assert [(p.code, p.message.split()[0]) for p in find_changed_inputs(record)] == [
        ("input-gone", str(paths[1])),
        ("input-changed", str(paths[0])),
    ]


def test_hash_of_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        hash_files([tmp_path / "none"])
