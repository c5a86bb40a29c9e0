"""What Slurm prints is told apart: ours from others', waiting from never, failures by their kind."""

from __future__ import annotations

import pytest

from dmod.errors import InputError
from dmod.jobs.cause import CauseKind
from dmod.jobs.executor.engine.port import Order, SightState
from dmod.jobs.executor.slurm.parsing import comment_of, label_of, parse_jobs, parse_nodes, sight_of
from dmod.jobs.executor.slurm.settings import SlurmSettings

MARK = "a1b2c3"
RECORDED = """\
17|dmod-0a|RUNNING|n1|None|dmod:a1b2c3:job:run:1
18|dmod-0b|PENDING||Resources|dmod:a1b2c3:job:run:2
19|dmod-0c|COMPLETED|n2|None|dmod:a1b2c3:other:run:1
20|foreign|RUNNING|n3|None|(null)
21|dmod-0d|RUNNING|n3|None|dmod:ffffff:job:run:9
22|evil|RUNNING|n1|None|dmod:a1b2c3
23|with|bars|RUNNING|n1|None|dmod:a1b2c3:stolen:run:1
24_7|array|PENDING||Priority|
25|dmod-0e|PENDING||(launch failed requeued held)|dmod:a1b2c3:job:held:1
26|dmod-0f|FAILED|n1|NonZeroExitCode|dmod:a1b2c3:a%7Cb%0A%C3%A9:s:1
27|cut o
"""


def test_ours_are_found_by_their_comment_and_all_others_passed_over() -> None:
    found = parse_jobs(RECORDED, MARK)
    assert {label: (sight.native_id, sight.state) for label, sight in found.items()} == {
        "job:run:1": ("17", SightState.RUNNING),
        "job:run:2": ("18", SightState.WAITING),
        "other:run:1": ("19", SightState.ENDED),
        "job:held:1": ("25", SightState.WAITING),
        "a|b\né:s:1": ("26", SightState.ENDED),
    }
    assert found["job:run:2"].reason == "Resources"
    assert found["job:run:2"].cause is None
    held = found["job:held:1"].cause
    assert held is not None
    assert (held.kind, held.retryable) == (CauseKind.BACKEND, True)
    assert parse_jobs("", MARK) == {}


@pytest.mark.parametrize("label", ["job:run:1", "a b|c\n:s:2", "é ü/../x:s:3", "%41:s:1", ""])
def test_label_comes_back_from_its_comment(label: str) -> None:
    comment = comment_of(MARK, label)
    assert label_of(MARK, comment) == label
    assert "|" not in comment
    assert "\n" not in comment
    assert comment.isascii()
    assert label_of("other", comment) is None


def test_of_two_jobs_with_one_label_the_one_that_runs_counts() -> None:
    lines = ["1|d|COMPLETED|n1|None|dmod:m:x:s:1", "2|d|RUNNING|n2|None|dmod:m:x:s:1"]
    for text in ("\n".join(lines), "\n".join(reversed(lines))):
        assert parse_jobs(text, "m")["x:s:1"].native_id == "2"


@pytest.mark.parametrize(
    ("state", "kind", "is_lost", "retryable"),
    [
        ("TIMEOUT", CauseKind.TIME, False, False),
        ("DEADLINE", CauseKind.TIME, False, False),
        ("OUT_OF_MEMORY", CauseKind.OUT_OF_MEMORY, False, False),
        ("NODE_FAIL", CauseKind.LOST, True, True),
        ("BOOT_FAIL", CauseKind.LOST, True, True),
        ("PREEMPTED", CauseKind.LOST, True, True),
        ("CANCELLED", CauseKind.SIGNAL, False, True),
        ("FAILED", CauseKind.EXIT, False, False),
    ],
)
def test_each_end_has_its_own_cause(state: str, kind: CauseKind, is_lost: bool, retryable: bool) -> None:
    sight = sight_of("x:s:1", "7", state, "n[1-2]", "None")
    assert sight.state is SightState.ENDED
    assert sight.cause is not None
    assert (sight.cause.kind, sight.is_lost, sight.cause.retryable) == (kind, is_lost, retryable)
    assert "n[1-2]" in sight.cause.message


def test_completed_has_no_cause_for_the_worker_says_how_it_ended() -> None:
    sight = sight_of("x:s:1", "7", "COMPLETED")
    assert (sight.state, sight.cause, sight.is_lost) == (SightState.ENDED, None, False)


@pytest.mark.parametrize("state", ["SUSPENDED", "COMPLETING", "STAGE_OUT", "A_STATE_OF_THE_FUTURE"])
def test_state_that_is_neither_waiting_nor_an_end_has_a_worker(state: str) -> None:
    assert sight_of("x:s:1", "7", state).state is SightState.RUNNING


@pytest.mark.parametrize(
    ("reason", "never"),
    [("Resources", False), ("Priority", False), ("ReqNodeNotAvail, UnavailableNodes:n1", False),
     ("PartitionTimeLimit", True), ("BadConstraints", True), ("QOSMaxCpuPerJobLimit", True)],
)  # fmt: skip
def test_waiting_for_ever_is_told_from_waiting(reason: str, never: bool) -> None:
    sight = sight_of("x:s:1", "7", "PENDING", "", reason)
    assert sight.state is SightState.WAITING
    assert (sight.cause is not None) == never
    assert sight.cause is None or sight.cause.kind is CauseKind.UNSATISFIABLE


def test_nodes_are_read_once_each_and_only_some_are_ready() -> None:
    lines = ["n1|2|4000|idle", "n1|2|4000|idle", "n2|64|515000+|mixed", "n3|2|4000|down*", "n4|2|4000|idle*"]
    nodes = parse_nodes("\n".join([*lines, "n5|2|4000|drained", "broken"]), "slurm")
    assert [(node.name, node.cpus, node.memory >> 20, node.is_ready) for node in nodes] == [
        ("n1", 2, 4000, True), ("n2", 64, 515000, True), ("n3", 2, 4000, False), ("n4", 2, 4000, False),
        ("n5", 2, 4000, False),
    ]  # fmt: skip


def test_script_is_one_command_with_every_word_quoted() -> None:
    settings = SlurmSettings(python="/shared/my env/bin/python", variables={"A": "b; rm -rf /"})
    order = Order("a:s:1", "/jobs/$(touch x)", "/jobs", 2, None, 60.0)
    assert settings.script(order).splitlines() == [
        "#!/bin/sh",
        'export DMOD_NODE="$SLURMD_NODENAME"',
        "export A='b; rm -rf /'",
        "exec '/shared/my env/bin/python' -P -m dmod.jobs.executor.worker '/jobs/$(touch x)'",
    ]


def test_script_for_several_nodes_starts_a_companion_on_each_but_the_first() -> None:
    order = Order("a:s:1", "/jobs/a", "/jobs", 6, None, 60.0, ("n1", "n2", "n3"))
    *_, companions, worker = SlurmSettings(python="python").script(order).splitlines()
    assert companions.startswith(
        "srun --nodes=2 --ntasks=2 --ntasks-per-node=1 --relative=1 --cpus-per-task=2 "
    )
    assert companions.endswith("sh python -P -m dmod.jobs.executor.ranks.companion /jobs/a &")
    assert worker == "exec python -P -m dmod.jobs.executor.worker /jobs/a"


def test_image_of_apptainer_sees_only_what_is_bound() -> None:
    settings = SlurmSettings(python="python3", image="/images/dmod.sif", binds=("/shared", "/scratch"))
    assert settings.command(("-m", "worker")) == [
        "apptainer", "exec", "--containall", "--no-home", "--bind", "/shared", "--bind", "/scratch",
        "/images/dmod.sif", "python3", "-m", "worker",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"partitions": "x"}, "has no key partitions"),
        ({"partition": 3}, "partition: 3"),
        ({"arguments": ["--wrap=rm"]}, "'--wrap=rm' is not allowed"),
        ({"arguments": ["--export=ALL"]}, "not allowed"),
    ],
)
def test_settings_that_are_wrong_are_named(table: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        SlurmSettings.of_table(table)


def test_settings_are_read_as_they_are_written_in_toml() -> None:
    settings = SlurmSettings.of_table({"arguments": ["--gres=gpu:1"], "patience": 5, "account": "hydro"})
    assert settings.patience == 5.0
    assert settings.options() == ["--account=hydro", "--gres=gpu:1"]
