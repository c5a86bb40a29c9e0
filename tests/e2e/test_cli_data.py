"""The data service on the command line: what is printed, as text and as JSON, refusals, the Tab key."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dmod.cli.main import app
from dmod.errors import DmodError
from dmod.testing.warm_command import warm_command

Dmod = Callable[..., subprocess.CompletedProcess[str]]
GENERIC = ("--category", "OUTPUT", "--format", "GENERIC")


@pytest.fixture
def data(dmod_cli: Dmod, tmp_path: Path) -> Dmod:
    """Return ``dmod data`` over a catalog of its own."""

    def run(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        return dmod_cli("data", *arguments, environment={"DMOD_DATA_HOME": str(tmp_path / "home")}, **more)

    return run


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """Return a folder of two small files."""
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "a.txt").write_text("one")
    (folder / "b.txt").write_text("three")
    return folder


@pytest.fixture
def weather(data: Dmod, words: Path) -> str:
    """Return the name of a dataset that is said to be forcing of two catchments in January."""
    said = ("--catchment", "cat-1,cat-2", "--start", "2020-01-01", "--end", "2020-01-31 23:00")
    done = data("add", "weather", words, "--format", "AORC_CSV", *said)
    assert done.returncode == 0, done.stderr
    return "weather"


def test_package_is_detected_and_added_by_what_it_is(data: Dmod, cfe_package: Path) -> None:
    detected = json.loads(data("detect", cfe_package, "--json").stdout)
    assert detected["format"] == "NGEN_JOB_COMPOSITE_CONFIG"
    added = json.loads(data("add", "basin", cfe_package, "--json").stdout)
    assert added["domain"]["discrete"] == detected["domain"]["discrete"]
    assert (added["name"], added["version"], added["is_new"]) == ("basin", 1, True)
    again = data("add", "basin", cfe_package, "--new-version")
    assert "holds the same already" in again.stdout


def test_added_data_are_listed_shown_got_verified_and_removed(
    data: Dmod, words: Path, tmp_path: Path
) -> None:
    data("add", "words", words, *GENERIC, "--description", "a few words", "--expires", "30d")
    (listed,) = json.loads(data("list", "--json").stdout)
    assert listed["description"] == "a few words"
    assert "words@1" in data("list").stdout
    (newest,) = json.loads(data("list", "--sort", "created", "--descending", "--json").stdout)
    assert newest["name"] == "words"
    shown = data("show", "words").stdout
    assert "a.txt" in shown
    assert "expires" in shown
    got = json.loads(data("get", "words", tmp_path / "got", "--json").stdout)
    assert (got["files"], got["bytes"]) == (2, 8)
    assert (tmp_path / "got" / "b.txt").read_text() == "three"
    assert "every byte is what was stored" in data("verify").stdout
    assert json.loads(data("rm", "words", "--json").stdout) == {"removed": ["words@1"]}
    assert json.loads(data("gc", "--grace", "0", "--json").stdout)["contents"] == 3
    assert json.loads(data("list", "--json").stdout) == []


def test_find_tells_by_its_status_whether_something_fits(data: Dmod, weather: str) -> None:
    fits = data("find", "forcing", "-c", "cat-1", "--start", "2020-01-05", "--end", "2020-01-06")
    assert fits.returncode == 0
    assert f"by {weather}@1" in fits.stdout
    lacks = data("find", "forcing", "-c", "cat-1,cat-3", "--start", "2020-01-05", "--end", "2020-02-01 23:00")
    assert lacks.returncode == 3
    assert "1 of 2 absent: cat-3" in lacks.stdout
    assert "24 h missing at the end" in lacks.stdout
    as_json = json.loads(data("find", "forcing", "-c", "cat-3", "--json").stdout)
    assert as_json["fulfilled"] is False
    assert as_json["examined"][0]["findings"][0]["state"] == "missing"


def test_plan_that_is_impossible_says_what_would_help(data: Dmod, weather: str) -> None:
    done = data("plan", "package", "-c", "cat-1", "--start", "2020-01-05", "--end", "2020-01-06")
    assert done.returncode == 3
    assert "run-package: it needs" in done.stdout
    assert "hint: " in done.stdout
    derived = data("derive", "package", "-c", "cat-1", "--start", "2020-01-05", "--end", "2020-01-06")
    assert derived.returncode == 3
    assert derived.stderr.startswith("error: nothing fulfils")


def test_damaged_store_is_found_by_verify(data: Dmod, words: Path, tmp_path: Path) -> None:
    data("add", "words", words, *GENERIC)
    for stored in (tmp_path / "home" / "store" / "objects").rglob("*"):
        if stored.is_file() and stored.read_bytes() == b"one":
            stored.chmod(0o644)
            stored.write_bytes(b"onE")
    done = data("verify")
    assert done.returncode == 5
    assert "words@1: a.txt" in done.stdout
    assert data("get", "words", tmp_path / "got").returncode == 5
    assert not (tmp_path / "got").exists()


def test_index_that_was_lost_is_written_anew(data: Dmod, words: Path, tmp_path: Path) -> None:
    data("add", "words", words, *GENERIC)
    for path in (tmp_path / "home").glob("index.sqlite*"):
        path.unlink()
    assert json.loads(data("list", "--json").stdout) == []
    assert json.loads(data("reindex", "--json").stdout)["datasets"] == ["words@1"]
    assert "words@1" in data("list").stdout


def test_exported_crate_is_imported_elsewhere(
    data: Dmod, dmod_cli: Dmod, words: Path, tmp_path: Path
) -> None:
    data("add", "words", words, *GENERIC)
    assert data("export", "words", tmp_path / "crate.zip").returncode == 0
    other = ("--home", tmp_path / "other")
    (made,) = json.loads(dmod_cli("data", "import", tmp_path / "crate.zip", *other, "--json").stdout)
    (kept,) = json.loads(data("list", "--json").stdout)
    assert (made["uuid"], made["digest"]) == (kept["uuid"], kept["digest"])


def test_lineage_is_drawn_for_other_programs(data: Dmod, words: Path, tmp_path: Path) -> None:
    data("add", "base", words, *GENERIC)
    (words / "c.txt").write_text("more")
    data("add", "result", words, *GENERIC, "--from", "base", "--step", "my-model")
    assert "made by my-model" in data("lineage", "result").stdout
    assert data("lineage", "result", "--as", "dot").stdout.startswith("digraph")
    assert data("lineage", "result", "--as", "mermaid").stdout.startswith("flowchart")
    data("lineage", "result", "--as", "json", "--output", tmp_path / "lineage.json")
    assert json.loads((tmp_path / "lineage.json").read_text())["edges"][0]["role"] == "input"
    refused = data("rm", "base")
    assert refused.returncode == 4
    assert "result@1" in refused.stderr


def test_edit_changes_what_is_said(data: Dmod, words: Path) -> None:
    data("add", "words", words, *GENERIC)
    assert json.loads(data("edit", "words", "--read-only", "--json").stdout)["read_only"] is True
    refused = data("rm", "words", "--force")
    assert refused.returncode == 8
    assert "--no-read-only" in refused.stderr
    assert "shared with ada, grace" in data("share", "words", "grace", "ada").stdout
    assert "ada, grace" in data("show", "words").stdout
    assert "shared with nobody" in data("share", "words", "--nobody").stdout
    data("edit", "words", "--no-read-only", "--expires", "2100-01-01", "--description", "new")
    shown = json.loads(data("show", "words", "--json").stdout)
    assert (shown["description"], shown["expires"][:10]) == ("new", "2100-01-01")


def test_formats_and_derivations_are_listed(data: Dmod) -> None:
    assert {"AORC_CSV", "GENERIC"} <= {item["name"] for item in json.loads(data("formats", "--json").stdout)}
    assert {"run-package", "forcing-from-grid"} <= {
        item["name"] for item in json.loads(data("derivations", "--json").stdout)
    }
    assert "formulation" in data("derivations").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["add", "words", "WORDS"], 2, "GENERIC"),
        (["add", "wo/rds", "WORDS", *GENERIC], 2, "no name for a dataset"),
        (["add", "words", "nowhere", *GENERIC], 3, "nowhere is not there"),
        (["add", "words", "WORDS", "--category", "WEATHER"], 2, "allowed: CONFIG"),
        (["add", "words", "WORDS", "--format", "CSV"], 2, "allowed: AORC_CSV"),
        (["add", "words", "WORDS", *GENERIC, "--expires", "soon"], 2, "write 30d"),
        (["add", "words", "WORDS", *GENERIC, "--restrict", "LENGTH"], 2, "INDEX=VALUE"),
        (["add", "words", "WORDS", *GENERIC, "--restrict", "COLOUR=red"], 2, "no index of a domain"),
        (["add", "words", "s3://bucket/x", "--link"], 2, "--format"),
        (["find"], 2, "give a kind"),
        (["find", "wether"], 2, "no kind of data"),
        (["find", "forcing", "--start", "2020-01-01"], 2, "end is missing"),
        (["find", "forcing", "--start", "2020-02-01", "--end", "2020-01-01"], 2, "swap start and end"),
        (["find", "forcing", "--start", "yesterday", "--end", "2020-01-01"], 2, "YYYY-MM-DD"),
        (["find", "forcing", "--place", "gage-1"], 3, "no hydrofabric"),
        (["find", "forcing", "--catchments-from", "nowhere"], 2, "cannot be read"),
        (["plan", "forcing", "-p", "method"], 2, "NAME=VALUE"),
        (["plan", "forcing", "-c", "cat-1", "--by", "magic"], 3, "no derivation"),
        (["show", "nothing"], 3, "no dataset nothing"),
        (["show", "a@b"], 2, "NAME@2"),
        (["get", "nothing", "target"], 3, "no dataset nothing"),
        (["gc", "--grace", "long"], 2, "30d"),
        (["edit", "nothing"], 2, "nothing is to be changed"),
        (["import", "nowhere"], 3, "nowhere"),
        (["detect", "nowhere"], 3, "nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_rubbish_is_refused_in_words(
    words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, said: str
) -> None:
    monkeypatch.setenv("DMOD_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DmodError) as refused:
        app(["data", *(str(words) if word == "WORDS" else word for word in arguments)], standalone_mode=False)
    assert refused.value.exit_code == status
    assert said in str(refused.value)
    assert not (tmp_path / "target").exists()


def complete(line: str, home: Path) -> list[str]:
    """Ask for completions as bash does."""
    environment = {
        **os.environ, "DMOD_DATA_HOME": str(home), "_DMOD_COMPLETE": "complete_bash",
        "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1),
    }  # fmt: skip
    script = "import sys; sys.argv = ['dmod']; from dmod.cli.main import app; app(prog_name='dmod')"
    done = warm_command().run([], cwd=None, variables=environment, timeout=60, script=script)
    return done.stdout.split()


def test_tab_offers_names_versions_kinds_and_formats(
    data: Dmod, weather: str, words: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    data("add", "words", words, *GENERIC)
    assert complete("dmod data show we", home) == ["weather"]
    assert complete("dmod data show w", home) == ["weather", "words"]
    assert complete("dmod data find fo", home) == ["forcing"]
    assert complete("dmod data list --format AORC", home) == ["AORC_CSV"]
    assert complete("dmod data plan --by run", home) == ["run-package"]
    assert complete("dmod data show x", tmp_path / "empty") == []
