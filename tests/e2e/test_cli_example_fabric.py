"""``dmod example --fabric-only`` as a user calls it."""

from pathlib import Path

import pytest

from dmod.hydrofabric import gauges, read_hydrofabric


def test_fabric_alone_is_written_and_its_gauges_are_shown(tmp_path: Path, dmod_cli) -> None:
    path = tmp_path / "fabric.gpkg"
    done = dmod_cli("example", path, "--fabric-only", "-n", "150", "--seed", "2")
    assert done.returncode == 0, done.stderr
    assert "catchments 150" in done.stdout
    fabric = read_hydrofabric(path)
    assert len(fabric.catchments) == 150
    shown = [line.split()[0].removeprefix("gage-") for line in done.stdout.splitlines() if "upstream" in line]
    assert shown
    assert set(shown) <= set(gauges(fabric))
    again = dmod_cli("example", path, "--fabric-only", "-n", "150")
    assert again.returncode == 4, again.stderr
    assert "exists already" in again.stderr


@pytest.mark.parametrize(
    "option",
    [("--years", "2"), ("--start", "2019-01-01"), ("--forcing", "csv"), ("--lakes", "1"), ("--no-observed",)],
    ids=lambda option: option[0],
)
def test_option_without_meaning_for_a_fabric_alone_is_refused(
    option: tuple[str, ...], tmp_path: Path, dmod_cli
) -> None:
    done = dmod_cli("example", tmp_path / "fabric.gpkg", "--fabric-only", *option)
    assert done.returncode == 2
    assert "--fabric-only" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_fabric_alone_under_another_suffix_is_refused(tmp_path: Path, dmod_cli) -> None:
    done = dmod_cli("example", tmp_path / "fabric", "--fabric-only")
    assert done.returncode == 2
    assert "fabric.gpkg" in done.stderr
    assert list(tmp_path.iterdir()) == []
