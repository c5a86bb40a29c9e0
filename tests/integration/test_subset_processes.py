"""Several processes on one index, a builder that is killed, a disk that is full."""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.hydrofabric.subset import open_index
from dmod.testing import fabrics
from dmod.testing.fabrics import write_fabric

BUILD = """
import sys
from dmod.hydrofabric.subset import open_index
for _ in range(8):
    index = open_index(sys.argv[1], rebuild=True)
    assert index.file is not None, index.notes
    assert index.count["divide"] == 300
    again = open_index(sys.argv[1], verify=True)
    assert again.find("cat-300") >= 0
    assert not again.notes, again.notes
"""

HALF = """
import sys, time
from dmod.hydrofabric.subset import keeping
def half(path, arrays, facts):
    import io
    from dmod.hydrofabric.subset.array_file import write_arrays
    write_arrays(path, arrays, facts)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    print("half", flush=True)
    time.sleep(60)
keeping.write_arrays = half
keeping.open_index(sys.argv[1])
"""


@pytest.fixture
def fabric(tmp_path: Path) -> Path:
    return write_fabric(tmp_path, fabrics.tree(300))


def start(script: str, fabric: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(fabric)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_builders_at_the_same_time_do_not_harm_each_other(fabric: Path) -> None:
    builders = [start(BUILD, fabric) for _ in range(3)]
    for builder in builders:
        said = builder.communicate(timeout=120)[1]
        assert builder.returncode == 0, said
    assert names(fabric.parent) == ["basin.gpkg", "basin.gpkg.index"]
    assert open_index(fabric, verify=True).notes == ()


def test_builder_killed_while_it_writes_leaves_no_index(fabric: Path) -> None:
    builder = start(HALF, fabric)
    assert builder.stdout is not None
    assert builder.stdout.readline() == "half\n"
    builder.kill()
    builder.communicate()
    assert names(fabric.parent) == [f".basin.gpkg.index.{builder.pid}.partial", "basin.gpkg"]
    said: list[str] = []
    assert open_index(fabric, tell=said.append).count["divide"] == 300
    assert said[0] == "building the index of basin.gpkg, once"


def limited(size: int) -> Callable[[], None]:
    """Return what keeps a process from writing larger files, as a full disk or a quota does."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def cut(fabric: Path, output: Path, *options: str, size: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dmod.cli.main", "subset", str(fabric), str(output), "--nexus", "301"]
    return subprocess.run(
        [*command, *options],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited(size),
        timeout=60,
    )


def test_full_disk_leaves_nothing_and_says_so(fabric: Path) -> None:
    output = fabric.with_name("out.gpkg")
    done = cut(fabric, output, size=150_000)
    assert done.returncode == 5
    assert f"error: {output} cannot be written: " in done.stderr
    assert "nothing was left half-written" in done.stderr
    assert names(fabric.parent) == ["basin.gpkg", "basin.gpkg.index"]


def test_full_disk_keeps_the_earlier_file(fabric: Path) -> None:
    output = fabric.with_name("out.gpkg")
    output.write_text("earlier")
    assert cut(fabric, output, "--overwrite", size=150_000).returncode == 5
    assert output.read_text() == "earlier"


def test_no_room_for_the_index_does_not_hinder_the_answer(
    fabric: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DMOD_CACHE_DIR", str(fabric.parent / "cache"))
    done = cut(fabric, fabric, "--dry-run", size=1_000)
    assert done.returncode == 0, done.stderr
    assert "catchments  300" in done.stdout
    assert "could not be kept" in done.stdout
    assert not fabric.with_name("basin.gpkg.index").exists()
