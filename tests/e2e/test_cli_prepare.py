"""``dmod prepare`` as a user meets it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from dmod.core.time_axis import TimeAxis, parse_time
from dmod.forcing.gridded.example_stores import write_aorc_store
from dmod.services.example_fabric import make_example_fabric
from dmod.services.subset import Region, find_region

Dmod = Callable[..., subprocess.CompletedProcess[str]]

PERIOD = ("--start", "2019-03-01", "--end", "2019-03-01 23:00")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    root = tmp_path_factory.mktemp("world")
    made = make_example_fabric(root / "basin.gpkg", catchments=12, seed=2)
    west, south, east, north = find_region(made.path, Region(bbox=(-130, 20, -60, 55))).bounds or (0,) * 4
    levels = {"TMP_2maboveground": 280.0, "SPFH_2maboveground": 0.004, "PRES_surface": 90_000.0}
    write_aorc_store(
        root / "store",
        (west - 0.1, south - 0.1, east + 0.1, north + 0.1),
        TimeAxis(parse_time("2019-03-01"), 3600, 24),
        lambda column, x, y, step: levels.get(column, 1e-4) + 0.0 * (x + y + step),
        packed=False,
    )
    return SimpleNamespace(root=root, fabric=made.path, store=root / "store")


def arguments(world: SimpleNamespace, out: Path, *more: str) -> list[str]:
    return ["prepare", str(out), "--hydrofabric", str(world.fabric), *PERIOD, *more]


def test_prepare_tells_what_was_made_and_how_to_run_it(
    dmod_cli: Dmod, world: SimpleNamespace, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = dmod_cli(
        *arguments(world, out, "--catchment", "cat-3", "--forcing", str(world.store), "--map", "map.html"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert f"dmod run {out}" in done.stdout
    assert (tmp_path / "map.html").is_file()
    assert dmod_cli("check", out).returncode == 0


def test_prepare_dry_run_writes_nothing_and_fails_where_the_real_one_would(
    dmod_cli: Dmod, world: SimpleNamespace, tmp_path: Path
) -> None:
    good = dmod_cli(
        *arguments(world, tmp_path / "out", "--place", "cat-3", "--forcing", str(world.store)),
        "--dry-run",
        "--json",
    )
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["ok"] is True
    bad = dmod_cli(
        *arguments(world, tmp_path / "out", "--place", "cat-3", "--forcing", str(world.root / "nowhere")),
        "--dry-run",
    )
    assert bad.returncode == 2
    assert "nowhere" in bad.stdout
    assert list(tmp_path.iterdir()) == []


def test_prepare_split_makes_a_package_for_each_place(
    dmod_cli: Dmod, world: SimpleNamespace, tmp_path: Path
) -> None:
    done = dmod_cli(
        *arguments(world, tmp_path / "many", "--place", "cat-3", "--place", "cat-4", "--split", "--json")
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 2
    assert sorted(path.name for path in (tmp_path / "many").iterdir()) == ["cat-3", "cat-4"]


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        (("--gage", "99999999"), 3, "99999999"),
        (("--at", "0,0"), 2, "outside"),
        (("--place", "cat-3", "--formulation", "cfx"), 2, "cfe"),
        (("--place", "cat-3", "--fallback", "guess"), 2, "basin-median"),
        (("--place", "cat-3", "--map", "map.pdf"), 2, ".png"),
        (("--place", "cat-3", "--observations", "usgs"), 2, "--gage"),
        (("--place", "cat-3", "--option", "endpoint"), 2, "KEY=VALUE"),
    ],
)
def test_prepare_refuses_and_leaves_nothing(
    dmod_cli: Dmod, world: SimpleNamespace, tmp_path: Path, more: tuple[str, ...], status: int, words: str
) -> None:
    done = dmod_cli(*arguments(world, tmp_path / "out", *more), cwd=tmp_path)
    assert done.returncode == status, (done.stdout, done.stderr)
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []
