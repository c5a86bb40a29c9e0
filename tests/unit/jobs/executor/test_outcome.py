"""What becomes of an action, in words."""

import errno
import json
from pathlib import Path

import pytest

from dmod.errors import AccessError, BackendError, DmodError, InputError, NotConverged, PluginError
from dmod.jobs.cause import CauseKind
from dmod.jobs.executor import actions
from dmod.jobs.executor.action import ActionContext
from dmod.jobs.executor.actions import find_action
from dmod.jobs.executor.outcome import RESULT_LIMIT, Outcome, cause_of, outcome_of
from dmod.jobs.executor.port import Progress


def returns_text(inputs, context):
    return "text"


def returns_number_that_is_none(inputs, context):
    return {"value": float("nan")}


def returns_much(inputs, context):
    return {"value": "x" * RESULT_LIMIT}


def returns_tuple(inputs, context):
    return {"value": (1, 2), "label": context.label}


@pytest.fixture
def here(monkeypatch):
    """Return how an action of this file is registered."""

    def register(function):
        monkeypatch.setitem(actions.OWN, "trial", "this_test:trial")
        monkeypatch.setitem(__import__("sys").modules, "this_test", type("M", (), {"trial": function}))
        return "trial"

    return register


@pytest.fixture
def context(tmp_path):
    return ActionContext("job:step:3", tmp_path)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (returns_text, "answered with a str"),
        (returns_number_that_is_none, "cannot be written as JSON"),
        (returns_much, "allowed 8.4 MB"),
    ],
)
def test_answer_that_is_no_small_json_object_is_a_fault(here, context, function, words):
    cause = outcome_of(here(function), {}, context).cause
    assert cause.kind is CauseKind.INTERNAL
    assert words in cause.message


def test_answer_is_what_will_be_read_from_json(here, context):
    outcome = outcome_of(here(returns_tuple), {}, context)
    assert outcome.result == {"value": [1, 2], "label": "job:step:3"}
    assert Outcome.of_json(json.loads(json.dumps(outcome.as_json()))) == outcome


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (InputError("x", hint="y"), CauseKind.INPUT, False),
        (PluginError("x", hint="y"), CauseKind.INPUT, False),
        (AccessError("x", hint="y"), CauseKind.INPUT, False),
        (NotConverged("x", hint="y"), CauseKind.INPUT, False),
        (BackendError("x", hint="y", retryable=True), CauseKind.BACKEND, True),
        (OSError(errno.ENOSPC, "full", "x"), CauseKind.BACKEND, True),
        (OSError(errno.ENOENT, "no x"), CauseKind.INTERNAL, False),
        (KeyError("x"), CauseKind.INTERNAL, False),
    ],
)
def test_error_becomes_its_cause(error, kind, retryable):
    cause = cause_of(error)
    assert (cause.kind, cause.retryable) == (kind, retryable)
    assert "x" in cause.message
    assert cause.hint
    assert not isinstance(error, DmodError) or cause.hint == "y"


def test_own_action_is_found_and_one_that_is_not_known_is_refused_with_those_that_are():
    assert find_action("probe").__name__ == "probe"
    with pytest.raises(PluginError, match="no action 'prove'") as caught:
        find_action("prove")
    assert "did you mean probe? known actions: " in str(caught.value.hint)


@pytest.mark.parametrize("place", ["no_such_module:probe", "dmod.jobs.executor.probe:no_such_function"])
def test_action_that_cannot_be_loaded_is_named_with_its_place(monkeypatch, place):
    monkeypatch.setitem(actions.OWN, "broken", place)
    with pytest.raises(PluginError, match="'broken' cannot be loaded") as caught:
        find_action("broken")
    assert place in caught.value.message


def test_action_of_another_package_is_found_by_its_entry_point(monkeypatch, tmp_path):
    folder = tmp_path / "other-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[dmod.actions]\nfarewell = other_package:farewell\nprobe = other_package:farewell\n"
    )
    (tmp_path / "other_package.py").write_text("def farewell(inputs, context):\n    return {'bye': True}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    context = ActionContext("a:b:1", Path())
    assert outcome_of("farewell", {}, context).result == {"bye": True}
    assert find_action("probe").__module__ == "dmod.jobs.executor.probe", "dmod's own is not replaced"


def test_context_tells_progress_within_bounds_and_the_attempt(tmp_path):
    told = []
    context = ActionContext("job:step:3", tmp_path, report=told.append)
    context.progress("x" * 1000, 1.7)
    context.progress("half", 0.5)
    context.progress("unknown")
    assert told == [Progress("x" * 500, 1.0), Progress("half", 0.5), Progress("unknown", None)]
    assert context.attempt == 3
