"""``dmod evaluate`` as a user types it: runs of one basin by two ways of routing, against its gauge."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import dmod
from dmod.services.evaluation.results import read_evaluation
from dmod.services.rescore import rescore

Dmod = Callable[..., subprocess.CompletedProcess[str]]
OBSERVED = "package/observed/gage-99000001.csv"
SPECIFICATION = """
title: Two ways to route
observations: package/observed/gage-99000001.csv
runs: {routed: routed, summed: summed}
metrics: {kge: 2, nse: 1}
scales: {kge: [-0.41, 1], nse: [0, 1]}
facets: [month]
benchmark: summed
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a package, its gauge, two runs and a specification; not to be changed."""
    home = tmp_path_factory.mktemp("evaluate")
    dmod.make_example(home / "package", catchments=5, years=0.1)
    for name, route in (("routed", True), ("summed", False)):
        dmod.run(home / "package", output=home / name, report=False, route=route)
    (home / "routing.yaml").write_text(SPECIFICATION, encoding="utf-8")
    return home


def test_runs_are_scored_at_their_gauge_without_a_word_on_where_it_stands(dmod_cli: Dmod, home: Path) -> None:
    done = dmod_cli("evaluate", "routed", "new=summed", "--observed", OBSERVED, "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["configurations"] == ["routed", "new"]
    values = {(row["configuration"], row["metric"]): row["value"] for row in found["scores"]}
    for folder, name in (("routed", "routed"), ("summed", "new")):
        scores = rescore(home / folder, home / "package", home / OBSERVED).scores
        assert scores is not None
        for metric in ("kge", "nse", "rmse"):
            assert values[name, metric] == pytest.approx(scores[metric], rel=1e-6)


def test_a_specification_is_run_kept_drawn_and_compared(dmod_cli: Dmod, home: Path, tmp_path: Path) -> None:
    out, page, document = tmp_path / "out", tmp_path / "page.html", tmp_path / "dmod.json"
    done = dmod_cli(
        *("evaluate", "routing.yaml", "-o", out, "--report", page, "--dmod", document, "--bootstrap", "50"),
        cwd=home,
    )
    assert done.returncode != 0
    assert "--bootstrap cannot stand beside a specification" in done.stderr
    done = dmod_cli("evaluate", "routing.yaml", "-o", out, "--report", page, "--dmod", document, cwd=home)
    assert done.returncode == 0, done.stderr
    assert "Two ways to route: 2 configurations at 1 location" in done.stdout
    assert "grade of routed:" in done.stdout
    found = read_evaluation(out)
    assert set(found.scores["facet"]) == {"", "month"}
    assert "skill:kge" in set(found.scores["metric"])
    assert any(str(home / "routed" / "streamflow.nc") == address for address in found.sources)
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert json.loads(document.read_text(encoding="utf-8"))["max_possible_total"] == 1.0
    table = tmp_path / "table.csv"
    compared = dmod_cli("evaluate", "compare", out, "-m", "kge", "--csv", table, cwd=home)
    assert compared.returncode == 0, compared.stderr
    assert "kge at 1 location, ideal 1" in compared.stdout
    assert list(pd.read_csv(table)["run"]) == ["routed", "summed"]
    again = dmod_cli("evaluate", "routing.yaml", "-o", out, cwd=home)
    assert again.returncode != 0
    assert "--overwrite" in again.stderr


def test_what_is_asked_for_but_not_there_is_told(dmod_cli: Dmod, home: Path) -> None:
    for arguments, said in (
        (("routed",), "there are no observations"),
        (("routed", "--observed", OBSERVED, "-m", "kgge"), "did you mean"),
        (("routed", "--observed", OBSERVED, "--gauge", "01073000"), "01073000"),
        (("routed", "--observed", OBSERVED, "--start", "2031-01-01"), "nothing could be scored"),
        (("routed", "routed", "--observed", OBSERVED), "two runs are called routed"),
        (("routed", "--observed", OBSERVED, "--dmod", "x.json"), "the metrics have no weights"),
        (("nowhere.yaml",), "nowhere.yaml does not exist"),
    ):
        done = dmod_cli("evaluate", *arguments, "-q", cwd=home)
        assert done.returncode not in (0, 70), arguments
        assert said in done.stderr


def test_what_cannot_be_written_in_the_end_is_refused_before_anything_is(
    dmod_cli: Dmod, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    scored = ("evaluate", "routed", "--observed", OBSERVED)
    for arguments, said in (
        (("--dmod", tmp_path / "x.txt", "-m", "kge=1"), "x.txt is neither .json nor .nc"),
        (("--dmod", tmp_path / "x.json"), "the metrics have no weights"),
        (("-o", tmp_path / "full"), "exists and is no evaluation"),
        (("--teehr", tmp_path / "full"), "exists"),
        (("--report", tmp_path / "full"), "is a folder"),
        (("--figures", home / "routing.yaml"), "routing.yaml is a file"),
        (("--unit", "bananas"), "unit 'bananas' is not known"),
        (("--bootstrap", "0"), "bootstrap.samples: "),
        (("--gauge", "="), "'=' is not GAUGE=LOCATION"),
        (("=summed",), "'=summed' is not NAME=PATH"),
        (("a=",), "'a=' is not NAME=PATH"),
        (("routing.yaml",), "routing.yaml is a specification"),
    ):
        more = () if "--figures" in arguments else ("--figures", tmp_path / "figures")
        done = dmod_cli(*scored, *arguments, *more, cwd=home)
        assert done.returncode not in (0, 70), arguments
        assert said in done.stderr
        assert "hint:" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
    told = dmod_cli("evaluate", "metrics", "--group", "nonsense")
    assert told.returncode == 2
    assert "groups are efficiency" in told.stderr


def test_metrics_schema_and_library_are_told(dmod_cli: Dmod, home: Path, tmp_path: Path) -> None:
    listed = dmod_cli("evaluate", "metrics", "--json")
    assert {"kge", "critical_success_index"} <= {metric["name"] for metric in json.loads(listed.stdout)}
    assert "Kling-Gupta efficiency" in dmod_cli("evaluate", "metrics", "kge").stdout
    assert json.loads(dmod_cli("evaluate", "schema").stdout)
    library = ("--library", tmp_path / "library")
    saved = dmod_cli("evaluate", "library", "save", "routing", home / "routing.yaml", *library)
    assert saved.returncode == 0, saved.stderr
    assert "routing (specification): " in dmod_cli("evaluate", "library", "search", "kge", *library).stdout
    checked = dmod_cli("evaluate", "validate", "library:routing", *library, cwd=home)
    assert checked.stdout == "Two ways to route: routed, summed at 1 location by 2 metrics\n", checked.stderr
    removed = dmod_cli("evaluate", "library", "remove", "routing", *library)
    assert removed.returncode == 0, removed.stderr
    assert dmod_cli("evaluate", "library", "show", "routing", *library).returncode != 0


def test_ensemble_of_runs_is_scored_beside_one_of_them(dmod_cli: Dmod, home: Path, tmp_path: Path) -> None:
    plan = tmp_path / "ensemble.yaml"
    runs = f"runs: {{both: {{members: [{home}/routed, {home}/summed], statistic: mean}}, one: {home}/routed}}"
    plan.write_text(f"observations: {home / OBSERVED}\n{runs}\nmetrics: [crps, mae]\nbenchmark: one\n")
    page, figures = tmp_path / "page.html", tmp_path / "figures"
    done = dmod_cli("evaluate", plan, "--json", "--report", page, "--figures", figures, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    values = {(row["configuration"], row["metric"]): row["value"] for row in found["scores"]}
    assert values["one", "crps"] == pytest.approx(values["one", "mae"])
    assert values["both", "crps"] <= values["both", "mae"] + 1e-9
    # over the times that both have, which are not quite all
    skill = 1.0 - values["both", "crps"] / values["one", "crps"]
    assert values["both", "skill:crps"] == pytest.approx(skill, abs=0.005)
    assert found["ensembles"][0]["members"] == 2
    assert "Rank histogram" in page.read_text()
    assert (figures / "ranks.svg").is_file()
    plan.write_text(plan.read_text().replace(", statistic: mean", ""))
    done = dmod_cli("evaluate", plan, cwd=tmp_path)
    assert done.returncode != 0
    assert "runs.both.statistic is missing: mae score one series" in done.stderr
