"""What ``dmod data`` says where something is odd, on a terminal, in a pipe, and what it refuses."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dmod.testing.warm_command import warm_command

Dmod = Callable[..., subprocess.CompletedProcess[str]]
GENERIC = ("--category", "OUTPUT", "--format", "GENERIC")
JANUARY = ("--start", "2020-01-01", "--end", "2020-01-31 23:00")


@pytest.fixture
def data(dmod_cli: Dmod, tmp_path: Path) -> Dmod:
    """Return ``dmod data`` over a catalog of its own."""

    def run(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {"DMOD_DATA_HOME": str(tmp_path / "home"), **settings}
        return dmod_cli("data", *arguments, cwd=tmp_path, environment=environment)

    return run


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """Return a folder of two small files."""
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "a.txt").write_text("one")
    (folder / "b.txt").write_text("three")
    return folder


def read(done: subprocess.CompletedProcess[str]) -> Any:
    """Return the data of a command that must have done well and said nothing else."""
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str], status: int, *said: str) -> None:
    """Require a refusal in words, and nothing else."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert not [part for part in said if part not in done.stderr]


def test_list_takes_each_of_its_options(data: Dmod, words: Path) -> None:
    data("add", "words", words, *GENERIC, "--owner", "ann")
    (words / "c.txt").write_text("more")
    data("add", "words", words, *GENERIC, "--owner", "bob", "--new-version", "--from", "words")
    data("add", "weather", words, "--format", "AORC_CSV", "-c", "cat-1", *JANUARY, "--owner", "bob")

    def listed(*options: str) -> list[str]:
        return [f"{item['name']}@{item['version']}" for item in read(data("list", *options, "--json"))]

    assert listed() == ["weather@1", "words@2"]
    assert listed("--all-versions") == ["weather@1", "words@1", "words@2"]
    assert listed("w?rds") == ["words@2"]
    assert listed("--owner", "ann", "--all-versions") == ["words@1"]
    assert listed("--category", "forcing") == ["weather@1"]
    assert listed("--format", "generic") == ["words@2"]
    assert listed("--derived-from", "words@1") == ["words@2"]
    assert "no dataset is like that" in data("list", "x*").stdout


def test_dataset_that_has_expired_is_listed_only_when_asked_and_then_collected(
    data: Dmod, words: Path
) -> None:
    data("add", "words", words, *GENERIC, "--expires", "0.001s")
    assert read(data("list", "--json")) == []
    assert [item["name"] for item in read(data("list", "--expired", "--json"))] == ["words"]
    assert "expired: words@1" in data("gc", "--dry-run").stdout
    assert read(data("gc", "--json"))["expired"] == ["words@1"]
    assert read(data("list", "--expired", "--json")) == []


def test_version_of_another_kind_is_added_with_a_note(data: Dmod, words: Path) -> None:
    data("add", "words", words, *GENERIC)
    added = data("add", "words", words, "--format", "AORC_CSV", "-c", "cat-1", *JANUARY, "--new-version")
    assert "note: words@1 is GENERIC, this is AORC_CSV" in added.stdout


def test_catchments_are_read_from_a_file(data: Dmod, words: Path, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("cat-1\ncat-2\n\ncat-3\n")
    said = ("--format", "AORC_CSV", "--catchments-from", "ids", *JANUARY)
    assert "3: cat-1, cat-2, cat-3" in data("add", "weather", words, *said).stdout
    assert data("find", "forcing", "--catchments-from", "ids", "-q").returncode == 0
    (tmp_path / "bytes").write_bytes(b"cat-1\xff")
    refused(
        data("find", "forcing", "--catchments-from", "bytes"),
        2,
        "bytes cannot be read: it is no text in UTF-8",
    )
    refused(data("find", "forcing", "--catchments-from", "."), 2, ". cannot be read: is a directory")


def test_archive_is_unpacked_and_a_hostile_one_leaves_nothing(
    data: Dmod, words: Path, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "words.tar.gz", "w:gz") as archive:
        archive.add(words, "words")
    assert read(data("add", "words", "words.tar.gz", "--unpack", *GENERIC, "--json"))["files"] == 2
    with tarfile.open(tmp_path / "hostile.tar", "w") as archive:
        archive.add(words / "a.txt", "../../escaped.txt")
    refused(data("add", "hostile", "hostile.tar", "--unpack", *GENERIC), 2, "escaped.txt")
    assert not list(tmp_path.parent.rglob("escaped.txt"))
    assert [item["name"] for item in read(data("list", "--json"))] == ["words"]


def test_linked_data_are_known_but_not_held(data: Dmod, cfe_package: Path) -> None:
    added = read(data("add", "basin", cfe_package, "--link", "--json"))
    assert (added["files"], added["access_location"]) == (0, str(cfe_package))
    assert "linked" in data("list").stdout
    assert str(cfe_package) in data("show", "basin").stdout
    assert "not proven: basin@1" in data("verify").stdout
    refused(data("get", "basin", "target"), 2, str(cfe_package))


def test_some_files_are_got_by_pattern_or_shared_with_the_store(
    data: Dmod, words: Path, tmp_path: Path
) -> None:
    data("add", "words", words, *GENERIC)
    assert read(data("get", "words", "some", "--only", "a*", "--json"))["files"] == 1
    assert [path.name for path in (tmp_path / "some").iterdir()] == ["a.txt"]
    refused(data("get", "words", "none", "--only", "x*"), 3, "x*")
    refused(data("get", "words", "some"), 4, "exists")
    linked = read(data("get", "words", "linked", "--link", "--json"))
    assert sum(linked["ways"].values()) == 2
    assert (tmp_path / "linked" / "b.txt").read_text() == "three"


def test_all_files_are_shown_when_asked(data: Dmod, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(25):
        (folder / f"{n:02}.txt").write_text(f"{n}")
    data("add", "many", folder, *GENERIC)
    assert "… and 5 more" in data("show", "many").stdout
    shown = data("show", "many", "--files").stdout
    assert "24.txt" in shown
    assert "more" not in shown
    assert len(read(data("show", "many", "--json"))["manifest"]) == 25


def test_quiet_says_nothing_and_does_all(data: Dmod, words: Path, tmp_path: Path) -> None:
    commands: list[tuple[str | Path, ...]] = [
        ("add", "words", words, *GENERIC),
        ("edit", "words", "--description", "words"),
        ("get", "words", "got"),
        ("verify",),
        ("export", "words", "words.zip"),
        ("reindex",),
        ("rm", "words"),
        ("gc",),
        ("import", "words.zip"),
    ]
    for command in commands:
        done = data(*command, "--quiet")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), command
    assert [item["description"] for item in read(data("list", "--json"))] == ["words"]


def test_category_that_the_format_has_not_is_refused(data: Dmod, words: Path) -> None:
    said = ("--format", "AORC_CSV", "-c", "cat-1", *JANUARY, "--category", "HYDROFABRIC")
    refused(data("add", "weather", words, *said), 2, "AORC_CSV are no HYDROFABRIC data", "FORCING")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--expires", "2020-01-01"], "lies in the past"),
        (["--expires=-3d"], "neither a duration nor a date"),
        (["--link", "--unpack"], "contradict"),
        (["--restrict", "TIME=2020"], "--start"),
        (["--start", "2020-01-01"], "end is missing"),
        (["--catchment", "cat-1", "--format", "NGEN_GEOPACKAGE_HYDROFABRIC_V2"], ""),
    ],
    ids=" ".join,
)
def test_option_of_add_that_is_rubbish_leaves_nothing(
    data: Dmod, words: Path, options: list[str], said: str
) -> None:
    given = [] if "--format" in options else list(GENERIC)
    done = data("add", "words", words, *given, *options)
    if said:
        refused(done, 2, said)
        assert read(data("list", "--json")) == []
    else:  # what the user says of files of any look is taken at the user's word
        assert done.returncode == 0
        assert [item["name"] for item in read(data("list", "--json"))] == ["words"]


@pytest.mark.parametrize(
    ("settings", "status", "said"),
    [
        ({"DMOD_INDEX": "mysql://host/db"}, 2, "postgresql://"),
        ({"DMOD_STORE": "ftp://host"}, 2, "s3://"),
        ({"DMOD_CONFIG": "nowhere.toml"}, 2, "nowhere.toml"),
        ({"DMOD_CACHE_LIMIT": "much"}, 2, "20 GB"),
        ({"DMOD_DATA_HOME": "words/a.txt"}, 5, "a file stands"),
        ({"DMOD_INDEX": "words/a.txt"}, 5, "words/a.txt"),
    ],
    ids=str,
)
def test_setting_that_is_wrong_is_named(
    data: Dmod, words: Path, settings: dict[str, str], status: int, said: str
) -> None:
    refused(data("list", **settings), status, said)
    assert (words / "a.txt").read_text() == "one"


def test_names_that_come_near_are_offered(data: Dmod, words: Path) -> None:
    data("add", "words", words, *GENERIC)
    refused(data("show", "wrods"), 3, "no dataset wrods", "near: words")
    refused(data("add", "words", words, *GENERIC), 4, "--new-version")
    refused(data("add", "wörds", words, *GENERIC), 2, "letters")


def on_terminal(home: Path, *words: str | Path) -> str:
    """Run a command whose output goes to a terminal of 100 columns; return what is drawn."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm", "DMOD_DATA_HOME": str(home)}
    drawn = b""
    with os.fdopen(theirs, "wb") as terminal:
        command = ["data", *map(str, words)]
        process = warm_command().start(command, terminal, terminal, variables=environment)
    try:
        while part := os.read(ours, 65536):
            drawn += part
    except OSError:
        pass  # how Linux says that the terminal was closed
    assert process.wait(60) == 0
    os.close(ours)
    return drawn.decode().replace("\r\n", "\n")


def test_table_fits_on_the_terminal_and_is_whole_in_a_pipe(data: Dmod, words: Path, tmp_path: Path) -> None:
    long = "a-name-of-which-all-is-shown"
    said = ("--format", "NGEN_GEOPACKAGE_HYDROFABRIC_V2", "-c", "cat-1", "--expires", "2999-12-31")
    data("add", long, words, *said)
    data("add", "weather", words, "--format", "AORC_CSV", "-c", "cat-1", *JANUARY)
    drawn = on_terminal(tmp_path / "home", "list")
    assert max(map(len, drawn.splitlines())) <= 100
    assert f"{long}@1" in drawn
    piped = data("list").stdout
    assert "NGEN_GEOPACKAGE_HYDROFABRIC_V2" in piped
    assert max(map(len, piped.splitlines())) > 100


def test_progress_is_drawn_on_a_terminal_only(data: Dmod, words: Path, tmp_path: Path) -> None:
    drawn = on_terminal(tmp_path / "home", "add", "words", words, *GENERIC)
    assert "storing" in drawn
    assert "words@1" in drawn
    quiet = on_terminal(tmp_path / "home", "verify", "--quiet")
    assert quiet == ""
    assert data("verify").stderr == ""


def complete(line: str, home: Path, **settings: str) -> list[str]:
    """Ask for completions as bash does."""
    environment = {
        **os.environ, "DMOD_DATA_HOME": str(home), "_DMOD_COMPLETE": "complete_bash",
        "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), **settings,
    }  # fmt: skip
    script = "import sys; sys.argv = ['dmod']; from dmod.cli.main import app; app(prog_name='dmod')"
    done = warm_command().run([], cwd=None, variables=environment, timeout=60, script=script)
    assert done.stderr == ""
    return done.stdout.split()


def test_tab_looks_into_the_catalog_that_the_line_names(data: Dmod, words: Path, tmp_path: Path) -> None:
    data("add", "words", words, *GENERIC, "--home", tmp_path / "other")
    assert complete("dmod data show w", tmp_path / "home") == []
    assert complete(f"dmod data show --home {tmp_path / 'other'} w", tmp_path / "home") == ["words"]
    assert not (tmp_path / "home").exists()


def test_tab_offers_versions_in_every_place_for_a_dataset(data: Dmod, words: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    data("add", "words", words, *GENERIC)
    (words / "c.txt").write_text("more")
    data("add", "words", words, *GENERIC, "--new-version")
    both = ["words@1", "words@2"]
    for line in (
        "dmod data get words@",
        "dmod data rm other words@",
        "dmod data verify words@",
        "dmod data lineage words@",
        "dmod data list --derived-from words@",
        "dmod data add new file --from words@",
        "dmod data plan forcing --hydrofabric words@",
    ):
        assert complete(line, home) == both, line
    assert complete("dmod data find --category HY", home) == ["HYDROFABRIC"]
    assert complete("dmod data lineage words --as d", home) == ["dot"]


def test_tab_is_silent_where_the_catalog_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_text("rubbish")
    assert complete("dmod data show w", tmp_path) == []
    assert complete("dmod data show w", tmp_path, DMOD_INDEX="mysql://host/db") == []
    assert complete("dmod data show w", tmp_path, DMOD_CONFIG=str(tmp_path / "nowhere")) == []
