"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dmod.core.atomic import hidden_path, replacing, require_space, storing, sweep
from dmod.errors import StoreError


def test_replacing_success_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    for text in ("old", "new"):
        with replacing(target) as hidden:
            hidden.write_text(text)
            assert not target.exists() or target.read_text() == "old"
    assert target.read_text() == "new"
    assert [p.name for p in target.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ZeroDivisionError])
def test_replacing_failure_keeps_the_old_file(tmp_path: Path, failure: type[BaseException]) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail() -> None:
        with replacing(target) as hidden:
            hidden.write_text("half")
            raise failure

    with pytest.raises(failure):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_text() == "old"


def test_storing_full_disk_names_file_bytes_and_way_out(tmp_path: Path) -> None:
    message = r"no space left to write .*a\.nc: needs 840\.0 MB"
    with pytest.raises(StoreError, match=message) as caught, storing(tmp_path / "a.nc", needed=840_000_000):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.retryable
    assert "choose another folder" in (caught.value.hint or "")
    assert isinstance(caught.value.__cause__, OSError)


def test_storing_real_full_device_is_a_store_error() -> None:
    full = Path("/dev/full")
    with pytest.raises(StoreError, match="no space left"), storing(full):
        full.write_text("x")


def test_replacing_a_folder_says_that_one_is_there(tmp_path: Path) -> None:
    (tmp_path / "out" / "inside").mkdir(parents=True)
    with (
        pytest.raises(StoreError, match=r"out cannot be written: a folder is there\n") as caught,
        replacing(tmp_path / "out") as hidden,
    ):
        hidden.write_text("new", encoding="utf-8")
    assert ".partial" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_storing_forbidden_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="permission denied") as caught, storing(tmp_path / "a"):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert "choose a folder" in str(caught.value)


def test_require_space_more_than_the_disk_has_is_refused(tmp_path: Path) -> None:
    require_space(tmp_path / "no" / "such" / "folder" / "a.nc", 1)
    with pytest.raises(StoreError, match="needs"):
        require_space(tmp_path / "a.nc", 1 << 62)


def test_sweep_removes_debris_of_dead_processes_only(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    dead = tmp_path / f".a.nc.{pid}.partial"
    dead.mkdir()
    (dead / "x").touch()
    mine = hidden_path(tmp_path / "b.nc")
    other = tmp_path / ".download.partial"
    for path in (mine, other):
        path.touch()
    assert sweep(tmp_path) == [dead]
    assert {p.name for p in tmp_path.iterdir()} == {mine.name, other.name}
