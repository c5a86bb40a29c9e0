"""The web page, in a real browser before a real server: Playwright's tests in ``web/e2e``, and Vitest's."""

from __future__ import annotations

import os
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.services.evaluation.results import write_evaluation
from dmod.testing.browser import browser_program
from dmod.testing.evaluations import example_evaluation, unplaced, with_ensemble
from dmod.testing.requiring import require
from dmod.testing.serving import ServedHome

WEB = Path(__file__).parents[2] / "web"
LONGEST = 900
SCORES = {
    "scores-a": lambda: with_ensemble(example_evaluation(12, ("cfe", "topmodel"), steps=240), "topmodel"),
    "scores-b": lambda: example_evaluation(12, ("tuned",), steps=240, seed=5),
    "scores-one": lambda: example_evaluation(1, ("cfe",), steps=240),
    "scores-nowhere": lambda: unplaced(example_evaluation(4, ("cfe",), steps=240)),
}
"""Evaluations that are looked at, by the names of their datasets."""


@pytest.fixture(scope="module")
def building() -> dict[str, Any]:
    """Return the builder of the page, which it has built."""
    program = runpy.run_path(str(WEB / "build.py"))
    require("" if program["has_node"]() else "not installed: Node 20.19 or newer (Debian: nodejs, npm)")
    program["build"]()
    return program


@pytest.fixture(scope="module")
def served(building: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    require("" if browser_program() else "not installed: Chromium (Debian: chromium)")
    folder = tmp_path_factory.mktemp("page")
    dmod.make_example(folder / "basin", catchments=12, years=0.1)
    with dmod.open_data(folder / "home") as data:
        data.add("basin", [folder / "basin"])
        data.add("fabric", [next((folder / "basin").rglob("*.gpkg"))])
        data.add("gauge", [next((folder / "basin/observed").glob("*.csv"))])
        for name, scored in SCORES.items():
            data.add(name, [write_evaluation(folder / name, scored())])
    served = ServedHome(folder / "home", ("--cpus", "2")).start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def variables(served: ServedHome) -> dict[str, str]:
    """Return where the page is, who looks at it, and a run that has ended."""
    job = served.submit({"kind": "run", "package": "basin", "outputs": {"dataset": "found"}})
    assert served.ended(job)["state"] == "completed"
    return {
        **os.environ,
        "DMOD_URL": served.url,
        "DMOD_TOKEN": (served.folder / "token").read_text(encoding="utf-8").strip(),
        "DMOD_JOB": job,
        "DMOD_RUN": "found@1",
        "CHROMIUM": browser_program() or "",
    }


def run(building: dict[str, Any], program: str, *arguments: str, variables: dict[str, str]) -> None:
    """Run a program of the page's own packages; what it says is shown where it fails."""
    node, own = building["node"]()
    command = [*node, str(WEB / "node_modules" / program), *arguments]
    done = subprocess.run(
        command,
        cwd=WEB,
        env={**own, **variables},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-12_000:]


def test_parts_of_the_page_pass_their_own_tests(building: dict[str, Any]) -> None:
    run(building, "vitest/vitest.mjs", "run", variables={})


def test_every_flow_works_in_a_browser(building: dict[str, Any], variables: dict[str, str]) -> None:
    run(building, "@playwright/test/cli.js", "test", variables=variables)


def test_page_is_small_enough_without_the_map(building: dict[str, Any]) -> None:
    packed = [path for path in building["PAGE"].rglob("*.gz") if "maplibre" not in path.name.lower()]
    assert packed
    assert sum(path.stat().st_size for path in packed) < 1_000_000
