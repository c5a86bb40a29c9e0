"""What users type wrongly: every option value that cannot be used, and what the command line answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from dmod.cli.main import app
from dmod.errors import DmodError

Copy = Callable[..., Path]
Cli = Callable[..., Any]
Listing = Callable[[Path], dict[str, bytes]]

WRONG = {
    "fill": (["--fill", "foo"], 2, ("--fill", "foo", "linear, previous, nearest, zero-precipitation")),
    "revision": (["--revision", "cfe=abc"], 7, ("--revision cfe=abc", "cfe: 6d08db7, a349a95")),
    "revision without equals": (["--revision", "cfe"], 2, ("--revision 'cfe'", "cfe=a349a95")),
    "revision of a stranger": (["--revision", "foo=1"], 7, ("--revision foo=1", "native modules: cfe")),
    "revision of an idle module": (["--revision", "topmodel=1"], 7, ("--revision topmodel=1",)),
    "start that is no time": (["--start", "yesterday"], 2, ("--start", "'yesterday'", "YYYY-MM-DD")),
    "start that no calendar has": (["--start", "2015-02-31"], 2, ("--start", "2015-02-31")),
    "start that no zone has": (["--start", "0001-01-01T00:00+14:00"], 2, ("--start", "0001-01-01")),
    "start after end": (
        ["--start", "2015-10-10", "--end", "2015-10-02"],
        2,
        ("2015-10-10 00:00:00", "2015-10-02 00:00:00", "--start and --end"),
    ),
    "start after the realization's end": (["--start", "2016-01-01"], 2, ("--start and --end", "2015-10-19")),
    "start outside forcing": (
        ["--start", "2014-01-01"],
        2,
        ("forcings.nc", "2015-10-01 00:00:00", "--start"),
    ),
    "end outside forcing": (["--end", "2017-01-01"], 2, ("forcings.nc", "2015-10-19 05:00:00", "--end")),
    "start between hours": (["--start", "2015-10-02 00:30"], 2, ("forcings.nc", "2015-10-02 00:30:00")),
    "hydrofabric not there": (["--hydrofabric", "no.gpkg"], 3, ("--hydrofabric", "no.gpkg")),
    "hydrofabric is a folder": (["--hydrofabric", "."], 2, ("--hydrofabric", "folder")),
    "realization not there": (["--realization", "no.json"], 3, ("--realization", "no.json")),
    "realization is a folder": (["--realization", "."], 2, ("--realization", "folder")),
    "forcing not there": (["--forcing", "no.nc"], 3, ("--forcing", "no.nc")),
    "routing not there": (["--routing", "no.yaml"], 3, ("--routing", "no.yaml")),
}
WRONG_FOR_RUN = {
    "outlet": (["--outlet", "nex-nope"], 3, ("--outlet nex-nope", "did you mean: nex-")),
    "warm-up below nought": (["--warm-up", "-3"], 2, ("--warm-up", "-3", "0 or more")),
    "warm-up no number": (["--warm-up", "nan"], 2, ("--warm-up", "nan")),
    "warm-up without end": (["--warm-up", "1e300"], 2, ("--warm-up", "0 or more")),
    "workers": (["--workers", "-1"], 2, ("-1 workers", "0 takes all cores")),
    "warm start not there": (["--warm-start", "no.nc"], 3, ("no.nc",)),
    "observed not there": (["--observed", "no.csv"], 3, ("no.csv", "does not exist")),
    "observed is a folder": (["--observed", "."], 2, ("observed", "folder")),
}


def refused(arguments: list[str]) -> DmodError:
    """Run the command line in this process and return the error that it refuses with."""
    with pytest.raises(DmodError) as caught:
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    return caught.value


@pytest.mark.parametrize(
    ("options", "status", "says"), (WRONG | WRONG_FOR_RUN).values(), ids=WRONG | WRONG_FOR_RUN
)
def test_run_with_a_wrong_option_is_refused_and_writes_nothing(
    cfe_package: Path, listing: Listing, options: list[str], status: int, says: tuple[str, ...]
) -> None:
    before = listing(cfe_package)
    error = refused(["run", str(cfe_package), *options])
    for part in says:
        assert part in str(error)
    assert error.exit_code == status
    assert listing(cfe_package) == before


@pytest.mark.parametrize(("options", "status", "says"), WRONG.values(), ids=WRONG)
def test_check_with_a_wrong_option_is_refused_too(
    cfe_package: Path, options: list[str], status: int, says: tuple[str, ...]
) -> None:
    found: list[DmodError] = []
    result = None
    try:
        result = CliRunner().invoke(app, ["check", str(cfe_package), *options], catch_exceptions=False)
    except DmodError as error:
        found.append(error)
    said = str(found[0]) if result is None else result.output
    assert (found[0].exit_code if result is None else result.exit_code) in (2, status)
    assert says[0] in said


def test_commands_given_something_that_is_no_package_say_so(tmp_path: Path, cfe_package: Path) -> None:
    for given, status, says in (
        (tmp_path, 3, "no realization was found"),
        (tmp_path / "nothing", 3, "does not exist"),
        (next(cfe_package.glob("config/*.gpkg")), 2, "neither a folder nor a realization document"),
    ):
        for command in ("run", "check"):
            error = refused([command, str(given)])
            assert says in error.message
            assert str(given) in error.message
            assert error.hint is not None or status == 2
            assert error.exit_code == status
    assert not list(tmp_path.iterdir())


def test_realization_document_given_as_package_runs(
    dmod_cli: Cli, copy: Copy, cfe_package: Path, tmp_path: Path
) -> None:
    package = copy(cfe_package)
    done = dmod_cli("run", package / "config/realization.json", "-o", tmp_path / "out", "-q", "--no-report")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/metadata/run.json").is_file()


def test_command_line_prints_errors_on_stderr_and_sets_the_exit_status(dmod_cli: Cli, tmp_path: Path) -> None:
    done = dmod_cli("run", tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("error: no realization was found")
    assert "\n  hint: give it with --realization\n" in done.stderr


def test_command_line_unknown_option_or_command_shows_the_usage(dmod_cli: Cli) -> None:
    for arguments in (["run", "--bogus"], ["bogus"], ["run"], ["run", "x", "--precision", "half"]):
        done = dmod_cli(*arguments)
        assert done.returncode == 2
        assert "Usage:" in done.stderr
        assert "Error:" in done.stderr


def test_unexpected_exception_is_reported_as_a_fault_of_dmod(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dmod.cli.boundary import FAULT, guarded

    monkeypatch.delenv("DMOD_DEBUG", raising=False)

    def broken() -> None:
        raise ZeroDivisionError("division by zero")

    assert guarded(broken) == FAULT
    said = capsys.readouterr().err
    assert "a fault of dmod" in said
    assert "ZeroDivisionError: division by zero" in said
    assert "DMOD_DEBUG=1" in said
    assert "Traceback" not in said
    monkeypatch.setenv("DMOD_DEBUG", "1")
    guarded(broken)
    assert "Traceback" in capsys.readouterr().err


def test_system_errors_name_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from dmod.cli.boundary import guarded

    assert guarded((tmp_path / "gone").read_text) == 5
    assert f"error: {tmp_path / 'gone'}: no such file or directory" in capsys.readouterr().err


def test_output_that_nobody_reads_on_ends_quietly(cfe_package: Path) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "dmod.cli.main", "check", str(cfe_package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""
    assert process.returncode in (0, 1)


def test_check_quiet_prints_errors_alone(dmod_cli: Cli, copy: Copy, cfe_package: Path) -> None:
    sound = dmod_cli("check", cfe_package, "--quiet")
    assert (sound.returncode, sound.stdout, sound.stderr) == (0, "", "")
    package = copy(cfe_package)
    (package / "config/cat_config/CFE/cat-2.ini").unlink()
    wrong = dmod_cli("check", package, "--quiet")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "cat-2" in wrong.stderr
    assert "num_timesteps" not in wrong.stderr


def test_check_json_is_parseable_and_lists_every_id(dmod_cli: Cli, copy: Copy, cfe_package: Path) -> None:
    package = copy(cfe_package)
    for number in range(1, 6):
        (package / f"config/cat_config/CFE/cat-{number}.ini").unlink()
    done = dmod_cli("check", package, "--json")
    assert done.returncode == 2
    found = json.loads(done.stdout)
    assert found["ok"] is False
    (missing,) = (p for p in found["problems"] if p["code"] == "config-missing")
    assert sorted(missing["ids"]) == [f"cat-{number}" for number in range(1, 6)]
    assert missing["hint"]


def test_run_json_is_pure_json_and_names_what_was_made(
    dmod_cli: Cli, cfe_package: Path, tmp_path: Path
) -> None:
    done = dmod_cli("run", cfe_package, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert Path(found["output"]) == tmp_path / "out"
    assert found["catchments"] == 5
    assert found["steps"] == 438
    assert Path(found["report"]).is_file()


def test_run_quiet_prints_nothing(dmod_cli: Cli, cfe_package: Path, tmp_path: Path) -> None:
    done = dmod_cli("run", cfe_package, "-o", tmp_path / "out", "--quiet", "--no-report")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "out/report.html").exists()


def test_run_without_a_terminal_draws_no_progress_bar(
    dmod_cli: Cli, cfe_package: Path, tmp_path: Path
) -> None:
    done = dmod_cli("run", cfe_package, "-o", tmp_path / "out", "--no-report")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "Streamflow at nex-" in done.stdout


def test_run_on_a_terminal_draws_a_progress_bar(cfe_package: Path, tmp_path: Path) -> None:
    import os
    import pty
    import subprocess
    import sys

    above, below = pty.openpty()
    command = [sys.executable, "-m", "dmod.cli.main", "run", str(cfe_package), "-o", str(tmp_path / "out")]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [*command, "--no-report"], stdout=subprocess.DEVNULL, stderr=below, env=environment
    ) as process:
        os.close(below)
        drawn = b""
        try:
            while piece := os.read(above, 4096):
                drawn += piece
        except OSError:  # the terminal's other end was closed
            pass
    os.close(above)
    assert process.returncode == 0
    assert b"simulate" in drawn
    assert b"left" in drawn


def test_run_where_the_terminal_lacks_characters_prints_others(
    dmod_cli: Cli, cfe_package: Path, tmp_path: Path
) -> None:
    done = dmod_cli(
        "run",
        cfe_package,
        "-o",
        tmp_path / "out",
        "--no-report",
        environment={"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert "Streamflow at nex-" in done.stdout


def test_run_csv_writes_the_frameworks_file_names(
    dmod_cli: Cli, cfe_package: Path, tmp_path: Path, listing: Listing
) -> None:
    done = dmod_cli("run", cfe_package, "-o", tmp_path / "out", "--csv", "-q", "--no-report")
    assert done.returncode == 0, done.stderr
    made = set(listing(tmp_path / "out"))
    assert {f"cat-{number}.csv" for number in range(1, 6)} <= made
    assert {f"nex-{number}_output.csv" for number in range(3, 7)} <= made
    assert not [name for name in made if name.endswith("catchments.nc")]
    first = (tmp_path / "out/cat-1.csv").read_text().splitlines()
    assert first[0].startswith("Time Step,Time,RAIN_RATE,DIRECT_RUNOFF")
    assert first[1].startswith("0,2015-10-01 00:00:00,")
    assert len(first) == 1 + 438


@pytest.mark.parametrize("name", ["with blanks, übergroß Ω流域", 'quote\'d "and" [more] %s'])
def test_package_of_any_name_runs_and_checks(dmod_cli: Cli, copy: Copy, cfe_package: Path, name: str) -> None:
    package = copy(cfe_package, name)
    done = dmod_cli("check", package.name, cwd=package.parent)
    assert done.returncode == 0, done.stdout
    done = dmod_cli("run", package.name, "-q", cwd=package.parent)
    assert done.returncode == 0, done.stderr
    assert (package / "outputs/report.html").is_file()
    assert [path for path in package.parent.iterdir() if path != package] == []


def test_commands_are_all_there() -> None:
    names = {command.name for command in app.registered_commands}
    assert {"run", "check", "modules", "example", "demo"} <= names
    assert isinstance(app, typer.Typer)
