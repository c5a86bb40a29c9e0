"""``dmod compare`` as a user types it: runs of one basin by two revisions, formulations, formats."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import dmod
from dmod.testing.serving import ServedHome

Dmod = Callable[..., subprocess.CompletedProcess[str]]
REVISIONS = ("6d08db7", "a349a95")
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)


@pytest.fixture(scope="module")
def runs(cfe_package: Path, topmodel_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of runs: default, again, revised, csv, topmodel."""
    home = tmp_path_factory.mktemp("runs")
    for name, options in {
        "default": {},
        "again": {"workers": 1},
        "revised": {"revisions": {"cfe": REVISIONS[1]}},
        "csv": {"csv": True},
    }.items():
        dmod.run(cfe_package, output=home / name, report=False, **options)
    dmod.run(topmodel_package, output=home / "topmodel", report=False)
    return home


def test_compare_of_a_repeated_run_is_identical(dmod_cli: Dmod, runs: Path) -> None:
    done = dmod_cli("compare", "default", "again", "--tolerance", "0", cwd=runs)
    assert done.returncode == 0, done.stderr
    assert "again against default: identical, bit for bit, in all 16 variables that both have" in done.stdout
    assert "made differently: option workers: nothing | 1" in done.stdout


def test_compare_of_two_revisions_names_them_and_exits_with_1(dmod_cli: Dmod, runs: Path) -> None:
    done = dmod_cli("compare", "default", "revised", "--tolerance", "0", "--top", "2", cwd=runs)
    assert done.returncode == 1, done.stderr
    assert f"made differently: modules: pet + cfe {REVISIONS[0]} | pet + cfe {REVISIONS[1]}" in done.stdout
    worst = re.findall(r"^  cat-\d+ ", done.stdout, flags=re.MULTILINE)
    assert len(worst) == 2


def test_compare_without_a_tolerance_only_shows(dmod_cli: Dmod, runs: Path) -> None:
    done = dmod_cli("compare", "default", "revised", cwd=runs)
    assert done.returncode == 0, done.stderr


def test_compare_as_json_says_what_differs_as_numbers_do(dmod_cli: Dmod, runs: Path) -> None:
    done = dmod_cli("compare", "default", "revised", "topmodel", "--json", "--top", "1", cwd=runs)
    found = json.loads(done.stdout)
    revised, topmodel = found["deviations"]
    by_name = {item["variable"]: item for item in revised["variables"]}
    rows = dmod.compare([runs / "default", runs / "revised"])["revised"]
    for variable in rows.variables:
        assert by_name[variable.variable]["beyond_tolerance"] == variable.differing
    assert by_name["DIRECT_RUNOFF"]["beyond_tolerance"] == 5
    assert by_name["flow"]["identical"] == 5
    sentences = [gap["sentence"] for gap in topmodel["not_shared"]]
    assert "the main outputs, Q_OUT of default and Qout of topmodel, are called Q_OUT" in sentences
    assert {item["variable"] for item in topmodel["variables"]} >= {"Q_OUT", "flow", "runoff_rate"}


def test_compare_of_csv_with_netcdf_is_the_same_within_the_printed_digits(dmod_cli: Dmod, runs: Path) -> None:
    strict = dmod_cli("compare", "default", "csv", "--tolerance", "0", "-q", cwd=runs)
    loose = dmod_cli("compare", "default", "csv", "--tolerance", "1e-8/2e-5", "-q", "--shared", cwd=runs)
    assert (strict.returncode, loose.returncode) == (1, 0), strict.stderr + loose.stderr
    assert strict.stdout == loose.stdout == ""


def test_compare_writes_a_table_of_every_place(dmod_cli: Dmod, runs: Path, tmp_path: Path) -> None:
    done = dmod_cli("compare", "default", "revised", "-q", "--csv", tmp_path / "tables", cwd=runs)
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "tables").iterdir())
    assert names == ["revised-catchments.csv", "revised-nexuses.csv", "revised-rivers.csv"]
    with (tmp_path / "tables" / names[0]).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * 12
    assert {row["pairs"] for row in rows} == {"438"}


def test_compare_of_stored_datasets_takes_them_by_name(dmod_cli: Dmod, runs: Path, tmp_path: Path) -> None:
    home = {"DMOD_DATA_HOME": str(tmp_path / "home")}
    for name in ("default", "again"):
        added = dmod_cli("data", "add", name, runs / name, environment=home)
        assert added.returncode == 0, added.stderr
    done = dmod_cli("compare", "dataset:default", "dataset:again", "--tolerance", "0", environment=home)
    assert done.returncode == 0, done.stderr
    assert "identical, bit for bit" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["default"], 2, "1 run cannot be compared", "give two folders or more"),
        (["default", "default"], 2, "default and default are the same folder", "into another folder"),
        (["default", "nowhere"], 3, "there is no folder nowhere", "that dmod run wrote into"),
        (["default", "."], 2, ". holds no results of a run", "that dmod run wrote into"),
        (["default", "csv", "--variable", "Q_UOT"], 3, "no run has a variable Q_UOT", "Q_OUT"),
        (["default", "csv", "--tolerance", "some"], 2, "--tolerance 'some' is no tolerance", "1e-9/1e-6"),
        (["default", "csv", "--same", "Q_OUT"], 2, "is not REFERENCE=OTHER", "Q_OUT=Qout"),
        (["default", "csv", "--report", "page.txt"], 2, "page.txt is no HTML file", ".html"),
        (
            ["default", "csv", "--csv", "p.tables", "--report", "p.html", "--at", "cat-77"],
            3, "--at cat-77", "did you mean",
        ),
        (["default", "csv", "--at", "cat-1"], 2, "--at is for the page", "--report FILE"),
        (["default", "csv", "--same", "Q_UOT=Q_OUT"], 3, "--same: default has no variable Q_UOT", "Q_OUT"),
        (["default", "csv", "--same", "Q_OUT=Q_UOT"], 3, "no other run has a variable Q_UOT", "near"),
        (["default", "csv", "--csv", "default/balance.csv"], 2, "balance.csv is a file", "name a folder"),
        (["default", "csv", "--csv", "p.tables", "--report", "p.txt"], 2, "is no HTML file", ".html"),
    ],
)  # fmt: skip
def test_compare_of_bad_input_says_what_to_do(
    dmod_cli: Dmod, runs: Path, arguments: list[str], code: int, message: str, hint: str
) -> None:
    done = dmod_cli("compare", *arguments, cwd=runs)
    assert done.returncode == code
    error, told = done.stderr.split("hint:")
    assert message in error
    assert hint in told
    assert not list(runs.glob("p*.*"))


def test_compare_page_draws_map_series_and_curves_in_a_browser(
    dmod_cli: Dmod, runs: Path, tmp_path: Path
) -> None:
    if BROWSER is None:
        reason = "no chromium on this machine (Debian: apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    page = tmp_path / "page.html"
    done = dmod_cli("compare", "default", "revised", "topmodel", "-q", "--report", page, cwd=runs)
    assert done.returncode == 0, done.stderr
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    opened = subprocess.run(
        [
            BROWSER,
            *flags,
            "--enable-logging=stderr",
            "--virtual-time-budget=4000",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert [line for line in opened.stderr.splitlines() if "CONSOLE" in line] == []
    dom = opened.stdout
    assert 'data-compared="yes"' in dom
    for chart in ("series", "durations"):
        drawing = re.search(rf'id="{chart}".*?</svg>', dom, flags=re.DOTALL)
        assert drawing is not None
        assert len(re.findall(r'class="line run [^"]*r[012]" d="M\d', drawing[0])) >= 3
        assert "NaN" not in drawing[0]
    assert re.search(r'class="dots run r2" d="M\d', dom)
    assert len(re.findall(r'class="catchment q\w"', dom)) == 5


@pytest.fixture(scope="module")
def served(cfe_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    home = tmp_path_factory.mktemp("served") / "home"
    with dmod.open_data(home) as data:
        data.add("basin", [cfe_package])
    served = ServedHome(home, ("--cpus", "4")).start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def address(served: ServedHome) -> dict[str, str]:
    token = (served.folder / "token").read_text(encoding="utf-8").strip()
    return {"DMOD_SERVER": served.url, "DMOD_TOKEN": token}


def test_compare_of_an_ensemble_takes_its_members_by_name(
    dmod_cli: Dmod, served: ServedHome, address: dict[str, str]
) -> None:
    base = {"kind": "run", "package": "basin", "evaluation": False, "outputs": {"report": False}}
    members = [{"name": f"cfe-{revision}", "changes": {"revisions.cfe": revision}} for revision in REVISIONS]
    ensemble = served.submit({"kind": "ensemble", "base": base, "members": members})
    ended = served.ended(ensemble)
    assert ended["state"] == "completed", ended["cause"]

    done = dmod_cli("compare", f"job:{ensemble}", "--tolerance", "0", environment=address)
    assert done.returncode == 1, done.stderr
    assert f"cfe-{REVISIONS[1]} against cfe-{REVISIONS[0]}: different in 2 of 16 variables" in done.stdout
    assert f"made differently: modules: pet + cfe {REVISIONS[0]} | pet + cfe {REVISIONS[1]}" in done.stdout

    jobs = [job["id"] for job in served.get("/jobs")["jobs"] if job["kind"] == "run"]
    done = dmod_cli("compare", *(f"job:{job}" for job in jobs), environment=address)
    assert done.returncode == 0, done.stderr
    assert f"{jobs[1]} against {jobs[0]}: different in 2 of 16 variables" in done.stdout
