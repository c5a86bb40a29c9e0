"""How a run routes, from the package's routing configuration to what its result says."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.errors import RealizationError
from dmod.services.check import check_package
from dmod.services.example import make_example
from dmod.services.options import RunOptions
from dmod.services.plan import locate
from dmod.services.result import RunResult
from dmod.services.run import run

OPTIONS = RunOptions(report=False, save_states=False, end=datetime(2015, 10, 2, 23, tzinfo=UTC))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("routing") / "basin"
    make_example(
        target, catchments=12, years=0.02, start=datetime(2015, 10, 1, tzinfo=UTC), observed=False, lakes=1
    )
    return target


@pytest.fixture
def package(example: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(example, tmp_path / "basin"))


def configure(package: Path, **changes: str) -> None:
    """Change values of the routing configuration, by key."""
    file = package / "config" / "troute.yaml"
    lines = []
    for line in file.read_text().splitlines():
        key = line.strip().partition(":")[0]
        lines.append(f"{line.partition(':')[0]}: {changes.pop(key)}" if key in changes else line)
    assert not changes
    file.write_text("\n".join(lines))


def routed(package: Path) -> tuple[RunResult, np.ndarray]:
    result = run(package, OPTIONS)
    with netCDF4.Dataset(result.folder / "streamflow.nc") as file:
        assert file.routing == result.routing
        return result, np.asarray(file["flow"][:])


def test_run_without_a_routing_configuration_routes_as_the_example_asks(
    package: Path, tmp_path: Path
) -> None:
    result, asked = routed(package)
    other = Path(shutil.copytree(package, tmp_path / "plain", ignore=shutil.ignore_patterns("outputs")))
    (other / "config" / "troute.yaml").unlink()
    plain, usual = routed(other)
    assert result.routing == plain.routing == "Muskingum-Cunge, 300 s steps"
    assert usual.tobytes() == asked.tobytes()
    assert asked.max() > 0.0


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"assume_short_ts": "false"}, "Muskingum-Cunge, 300 s steps, full scheme"),
        ({"dt": "60", "qts_subdivisions": "60"}, "Muskingum-Cunge, 60 s steps"),
        ({"break_network_at_waterbodies": "false"}, "Muskingum-Cunge, 300 s steps, lakes as channels"),
    ],
)
def test_run_acts_on_the_routing_configuration_and_says_so(
    package: Path, tmp_path: Path, changes: dict[str, str], text: str
) -> None:
    other = Path(shutil.copytree(package, tmp_path / "changed"))
    configure(other, **changes)
    _, before = routed(package)
    result, after = routed(other)
    assert result.routing == text
    assert check_package(locate(other, OPTIONS.locations), OPTIONS).facts["routing"] == text
    assert np.abs(after - before).max() > 1e-3


def test_run_carries_what_of_the_routing_configuration_is_done_otherwise(package: Path) -> None:
    configure(package, compute_kernel="diffusive", start_datetime="'2015-09-30 00:00:00'")
    report = check_package(locate(package, OPTIONS.locations), OPTIONS)
    result, _ = routed(package)
    codes = [p.code for p in report.problems if p.code.startswith("routing")]
    assert codes == ["routing-kernel", "routing-start", "routing-period"]
    for problem in report.problems:
        if problem.code in codes:
            assert f"{problem.where}: {problem.message}" in result.warnings


def test_run_refuses_a_routing_step_that_does_not_divide_the_hour_as_check_does(package: Path) -> None:
    configure(package, dt="350")
    with pytest.raises(
        RealizationError, match="dt = 350 s does not divide the time step of 3600 s"
    ) as refused:
        run(package, OPTIONS)
    assert refused.value.hint is not None
    assert not check_package(locate(package, OPTIONS.locations), OPTIONS).ok
    assert not (package / "outputs" / "streamflow.nc").exists()


def test_run_refuses_subdivisions_that_do_not_make_up_the_step(package: Path) -> None:
    configure(package, qts_subdivisions="6")
    with pytest.raises(RealizationError, match="is 1800 s, but the inflow comes every 3600 s"):
        run(package, OPTIONS)


def test_run_that_does_not_route_needs_no_sound_routing_configuration(package: Path) -> None:
    (package / "config" / "troute.yaml").write_text("a: b: c")
    with pytest.raises(RealizationError):
        run(package, OPTIONS)
    result = run(package, RunOptions(report=False, save_states=False, end=OPTIONS.end, route=False))
    assert result.routing == "summed downstream without delay"
