"""Why the framework failed is said in words, with the lines of its log that tell and what to do."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from dmod.engine.ngen.execution import Cause, Ended
from dmod.engine.ngen.failure import explain
from dmod.errors import BackendError, CoverageError, DmodError, InputError, PluginError, RealizationError

THROWN = "terminate called after throwing an instance of 'std::runtime_error'\n  what():  "


def explained(
    tmp_path: Path, text: str, code: int = -signal.SIGABRT, cause: Cause = Cause.NONE, ranks: int = 1
) -> DmodError:
    log = tmp_path / "ngen.log"
    log.write_text(text)
    return explain(Ended(code, 12.0, cause, 300), log, ranks=ranks, title="ngen 0.3.0")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (
            "Can't init CFE; unreadable shared library file '/lib/libcfebmi.so'", PluginError,
            "a module's library /lib/libcfebmi.so is not there",
        ),
        (
            "Cannot load shared lib '/lib/libcfebmi.so' for model CFE (libm2.so: cannot open)", PluginError,
            "a module's library /lib/libcfebmi.so cannot be loaded",
        ),
        (
            "Cannot load shared lib symbol 'register_bmi_cfe' for model CFE", RealizationError,
            "has no function register_bmi_cfe",
        ),
        (
            "Forcing data could not be found for 'cat-3375499'", CoverageError,
            "there is no forcing for cat-3375499",
        ),
        (
            "Multi BMI formulation cannot be created from config: cannot find available data provider to "
            "satisfy set of deferred provisions for nested module at index 2: {ice_fraction_xinanjiang}",
            RealizationError, "neither the forcing nor a module gives ice_fraction_xinanjiang",
        ),
        ("Unable to convert mm s^-1 to K", RealizationError, "units do not fit together"),
        ("ModuleNotFoundError: No module named 'lstm'", PluginError, "Python has no module lstm"),
        (
            "FAIL: Unable to import a supported routing module.\n  what():  ModuleNotFoundError: No module "
            "named 'nwm_routing'", PluginError, "t-route cannot be imported in the framework's Python",
        ),
        (
            "ValidationError: 2 validation errors for Config\ncompute_parameters -> cpu_pool\n  wrong",
            RealizationError, "t-route does not accept its configuration: compute_parameters -> cpu_pool",
        ),
        (
            "KeyError: 'link'\n\nAt:\n  /lib/troute/HYFeaturesNetwork.py(9): read", BackendError,
            "t-route failed: KeyError: 'link'",
        ),
        (
            "Geopackage error occurred reading divides: /data/basin.gpkg", InputError,
            "the hydrofabric /data/basin.gpkg cannot be read",
        ),
        ("std::bad_alloc", BackendError, "memory ran out"),
    ],
)  # fmt: skip
def test_failure_that_is_known_is_named_with_what_it_concerns(
    tmp_path: Path, text: str, kind: type[DmodError], said: str
) -> None:
    error = explained(tmp_path, f"NGen Framework 0.3.0\n{THROWN}{text}\n")
    assert type(error) is kind
    assert said in error.message
    assert text.splitlines()[0][:60] in error.message
    assert "ngen 0.3.0 was ended by SIGABRT" in error.message
    assert str(tmp_path / "ngen.log") in error.message
    assert error.hint


def test_failure_that_is_not_known_shows_the_lines_that_tell(tmp_path: Path) -> None:
    noise = "\n".join(f"Config Value - Param: '{i}'" for i in range(5000))
    error = explained(tmp_path, f"{noise}\n{THROWN}the moon is full\n{noise}\n")
    assert type(error) is BackendError
    assert "the moon is full" in error.message
    assert "Config Value" not in error.message


def test_failure_without_a_telling_line_shows_the_last_ones(tmp_path: Path) -> None:
    error = explained(tmp_path, "one\ntwo\n", code=3)
    assert error.message.startswith("ngen 0.3.0 ended with exit code 3\n    one\n    two")


def test_failure_without_a_log_is_explained_all_the_same(tmp_path: Path) -> None:
    error = explain(Ended(2, 1.0), tmp_path / "none.log")
    assert error.message.startswith("the framework ended with exit code 2")


@pytest.mark.parametrize(
    ("code", "name", "hint"),
    [
        (-signal.SIGKILL, "SIGKILL", "memory"),
        (137, "SIGKILL", "memory"),
        (-signal.SIGSEGV, "SIGSEGV", "a module broke"),
        (139, "SIGSEGV", "a module broke"),
        (143, "SIGTERM", "somebody ended it"),
    ],
)
def test_signal_is_named_whether_a_launcher_stands_between_or_not(
    tmp_path: Path, code: int, name: str, hint: str
) -> None:
    error = explained(tmp_path, "Running Models\n", code=code)
    assert f"was ended by {name}" in error.message
    assert hint in (error.hint or "")


def test_arguments_that_it_did_not_understand_are_no_signal(tmp_path: Path) -> None:
    error = explained(tmp_path, "Missing required args:\n", code=255)
    assert "exit code 255" in error.message
    assert "arguments" in (error.hint or "")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (Cause.TIME_LIMIT, "its time was over"),
        (Cause.SILENCE, "no sign of work"),
        (Cause.CANCELLED, "cancelled"),
    ],
)
def test_end_from_here_says_why_and_how_far_it_came(tmp_path: Path, cause: Cause, said: str) -> None:
    error = explained(tmp_path, f"{THROWN}of no matter\n", cause=cause)
    assert type(error) is BackendError
    assert said in error.message
    assert "at step 300 after 12 s" in error.message


def test_silence_of_many_ranks_hints_at_the_partition_file(tmp_path: Path) -> None:
    assert "partition" in (explained(tmp_path, "", cause=Cause.SILENCE, ranks=2).hint or "")
    assert "partition" not in (explained(tmp_path, "", cause=Cause.SILENCE).hint or "")


def test_failure_of_routing_shows_where_in_t_route(tmp_path: Path) -> None:
    said = "  what():  KeyError: 'link'\n\nAt:\n  /lib/troute/HYFeaturesNetwork.py(9): read\n"
    assert "HYFeaturesNetwork.py(9): read" in explained(tmp_path, f"noise\n{said}").message
