"""What happens to the output folder when a run cannot write, or must not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
Copy = Callable[..., Path]
Listing = Callable[[Path], dict[str, bytes]]
Mount = Callable[[str], Path]

ROOT = os.geteuid() == 0


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Return a function that mounts a file system in memory; skips where that is not permitted."""
    mounted: list[Path] = []

    def make(options: str) -> Path:
        place = tmp_path / f"mount{len(mounted)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = f"a file system cannot be mounted here: {done.stderr.strip()}"
            if ROOT and os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        mounted.append(place)
        return place

    yield make
    for place in reversed(mounted):
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("options", [(), ("--csv",)], ids=["netcdf", "csv"])
@pytest.mark.parametrize("size", ["40k", "400k"])
def test_run_on_a_full_disk_says_so_and_leaves_nothing(
    dmod_cli: Cli, cfe_package: Path, listing: Listing, mount: Mount, options: tuple[str, ...], size: str
) -> None:
    place = mount(f"size={size}")
    (place / "mine.txt").write_text("kept")
    done = dmod_cli("run", cfe_package, "-o", place / "out", "-q", *options)
    assert done.returncode == 5, done.stderr
    assert "no space left to write" in done.stderr
    assert str(place / "out") in done.stderr
    assert "MB" in done.stderr
    assert "choose another folder" in done.stderr
    assert listing(place) == {"mine.txt": b"kept"}


def test_overwriting_run_on_a_full_disk_keeps_the_earlier_results(
    dmod_cli: Cli, cfe_package: Path, listing: Listing, mount: Mount
) -> None:
    place = mount("size=360k")
    first = dmod_cli("run", cfe_package, "-o", place, "-q", "--no-report", "--end", "2015-10-02")
    assert first.returncode == 0, first.stderr
    before = listing(place)
    assert "metadata/run.json" in before
    done = dmod_cli("run", cfe_package, "-o", place, "-q", "--overwrite", "--csv")
    assert done.returncode == 5, done.stderr
    assert "no space left" in done.stderr
    assert listing(place) == before


@pytest.mark.parametrize("options", [(), ("--csv",)], ids=["netcdf", "csv"])
@pytest.mark.parametrize("size", [0, 20_000, 60_000])
def test_run_whose_files_may_not_grow_leaves_nothing(
    dmod_cli: Cli, cfe_package: Path, tmp_path: Path, options: tuple[str, ...], size: int
) -> None:
    done = dmod_cli("run", cfe_package, "-o", tmp_path / "out", "-q", *options, file_limit=size)
    assert done.returncode == 5, done.stderr
    assert "no space left to write" in done.stderr or "cannot be written" in done.stderr
    assert str(tmp_path / "out") in done.stderr
    assert not list(tmp_path.iterdir())


def test_run_into_a_read_only_folder_says_so_before_it_runs(
    dmod_cli: Cli, cfe_package: Path, listing: Listing, mount: Mount
) -> None:
    place = mount("size=1m")
    (place / "out").mkdir()
    (place / "out/mine.txt").write_text("kept")
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    for output in (place / "out", place / "new"):
        done = dmod_cli("run", cfe_package, "-o", output, "-q")
        assert done.returncode == 5
        assert f"{output} cannot be written: read-only file system" in done.stderr
        assert "choose a folder" in done.stderr
    assert listing(place) == {"out": b"", "out/mine.txt": b"kept"}


@pytest.mark.skipif(ROOT, reason="permissions do not bind the superuser")
def test_run_into_a_folder_without_permission_says_so(
    dmod_cli: Cli, cfe_package: Path, tmp_path: Path
) -> None:
    place = tmp_path / "closed"
    place.mkdir(mode=0o500)
    done = dmod_cli("run", cfe_package, "-o", place, "-q")
    assert done.returncode == 5
    assert f"{place} cannot be written: permission denied" in done.stderr
    assert not list(place.iterdir())


def test_run_into_a_file_is_refused(dmod_cli: Cli, cfe_package: Path, tmp_path: Path) -> None:
    file = tmp_path / "results"
    file.write_text("mine")
    for output in (file, file / "below"):
        done = dmod_cli("run", cfe_package, "-o", output, "-q")
        assert done.returncode in (2, 5)
        assert str(output) in done.stderr
        assert "a file" in done.stderr
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("first", [(), ("--csv",)], ids=["netcdf", "csv"])
def test_run_where_results_are_is_refused_and_overwrites_on_request(
    dmod_cli: Cli, cfe_package: Path, tmp_path: Path, listing: Listing, first: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    short = ("run", cfe_package, "-o", out, "-q", "--no-report", "--end", "2015-10-03")
    assert dmod_cli(*short, *first).returncode == 0
    (out / "notes.txt").write_text("mine")
    before = listing(out)
    again = dmod_cli(*short)
    assert again.returncode == 4
    assert str(out) in again.stderr
    assert "--overwrite" in again.stderr
    assert listing(out) == before
    replaced = dmod_cli(*short, "--overwrite")
    assert replaced.returncode == 0, replaced.stderr
    after = listing(out)
    assert after["notes.txt"] == b"mine"
    assert after["metadata/run.json"] != before["metadata/run.json"]
    assert set(after) == {
        "balance.csv",
        "catchments.nc",
        "hydrograph.csv",
        "metadata",
        "metadata/run.json",
        "nexuses.nc",
        "notes.txt",
        "states.nc",
        "streamflow.nc",
    }


def test_overwriting_run_that_fails_keeps_the_earlier_results(
    dmod_cli: Cli, copy: Copy, cfe_package: Path, listing: Listing
) -> None:
    package = copy(cfe_package)
    assert dmod_cli("run", package, "-q", "--no-report").returncode == 0
    before = listing(package / "outputs")
    (package / "config/cat_config/CFE/cat-3.ini").unlink()
    assert dmod_cli("run", package, "-q", "--overwrite").returncode == 3
    assert listing(package / "outputs") == before
