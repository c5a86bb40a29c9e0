"""What is particular to the executor of this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from dmod.core.process import Process, start_ticks
from dmod.errors import SubmitError
from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Share
from dmod.jobs.executor.local import watch
from dmod.jobs.executor.local.attempt_folder import END, STARTED, TASK, AttemptFolder
from dmod.jobs.executor.local.bell import ring
from dmod.jobs.executor.local.confinement import kept_variables
from dmod.jobs.executor.local.control_group import ControlGroup, hierarchy
from dmod.jobs.executor.local.executor import LocalExecutor
from dmod.jobs.executor.local.orphans import find_orphans
from dmod.jobs.executor.local.settings import LocalSettings
from dmod.jobs.executor.local.supervisor import group_name
from dmod.jobs.executor.local.work import Work
from dmod.jobs.executor.port import TaskState
from dmod.testing.executor_trial import LONG, MEGABYTE, PATIENCE

LABEL = "job:step:1"


def folder_of(trial, label=LABEL):
    return AttemptFolder.of_label(trial.executor.root / "attempts", label)


def put_task(trial, label=LABEL, **inputs):
    """Leave what a controller leaves that is killed before it has an attempt started."""
    folder = folder_of(trial, label)
    task = trial.task(label, inputs)
    trial.labels.append(label)
    folder.make()
    work = Work.of_task(task, trial.executor.settings, trial.executor.root, "name", ())
    assert folder.write_once(TASK, work.as_json())
    return folder


def gone(pid):
    end = time.monotonic() + PATIENCE
    while start_ticks(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not start_ticks(pid)


# the launcher


def test_launcher_that_is_killed_is_started_again_and_what_runs_goes_on(begin):
    trial = begin()
    trial.submit("a:s:1", seconds=1.0)
    first = trial.executor.launcher
    os.kill(first, signal.SIGKILL)
    trial.submit("b:s:1")
    assert trial.executor.launcher != first
    assert trial.ended("b:s:1").is_success
    assert trial.ended("a:s:1").is_success
    assert gone(first)


def test_launchers_killed_again_and_again_start_each_attempt_once(begin):
    trial = begin()
    trial.submit("first:s:1")
    done = threading.Event()

    def kill():
        pause = 0.15
        while not done.wait(pause):
            os.kill(trial.executor.launcher, signal.SIGKILL)
            pause *= 1.1  # a busy machine takes long to start one that may accept something

    killer = threading.Thread(target=kill)
    killer.start()
    accepted, tried = [], 0
    end = time.monotonic() + PATIENCE
    try:
        while tried < 12 or (not accepted and time.monotonic() < end):
            label = f"j{tried}:s:1"
            tried += 1
            with suppress(SubmitError):
                trial.submit(label, lines=1)
                accepted.append(label)
    finally:
        done.set()
        killer.join()
    assert accepted
    for label in accepted:
        assert trial.ended(label).is_success
        assert trial.executor.log(label) == b"line 0\n"
    assert len(accepted) + 1 <= len(trial.pids()) <= tried + 1


def test_launcher_and_its_spares_end_with_the_executor(begin, tmp_path):
    executor = LocalExecutor(tmp_path / "other")
    trial = begin()
    executor.submit(trial.task("x:s:1", {}))
    launcher = executor.launcher
    deadline = time.monotonic() + PATIENCE
    while executor.poll(["x:s:1"])[0].state is TaskState.RUNNING and time.monotonic() < deadline:
        executor.wait(0.1)
    marked = f"DMOD_EXECUTOR={executor.root}".encode()
    executor.close()
    executor.close()
    assert gone(launcher)
    end = time.monotonic() + PATIENCE
    while (left := _marked(marked)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not left
    with pytest.raises(SubmitError, match="closed"):
        executor.submit(trial.task("y:s:1", {}))


def _marked(mark):
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_launcher_gets_nothing_of_the_environment_that_it_does_not_need(begin, monkeypatch):
    monkeypatch.setenv("PASSWORD_OF_THE_SERVER", "secret")
    trial = begin()
    trial.submit(seconds=LONG)
    (pid,) = trial.noted(1)
    for process in (trial.executor.launcher, int(trial.status().native_id), pid):
        assert b"PASSWORD" not in Path(f"/proc/{process}/environ").read_bytes()


def test_place_where_an_attempt_runs_says_where_the_framework_is():
    found = kept_variables({"DMOD_NGEN": "/opt/ngen/bin/ngen", "PASSWORD_OF_THE_SERVER": "secret"})
    assert found == {"DMOD_NGEN": "/opt/ngen/bin/ngen"}


def test_module_to_preload_that_starts_a_thread_is_refused(begin, monkeypatch, tmp_path):
    (tmp_path / "with_a_thread.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    trial = begin(preload=("with_a_thread",))
    with pytest.raises(SubmitError, match="ended 3 times") as caught:
        trial.submit()
    log = Path(str(caught.value.hint).removesuffix(" may say why")).read_text()
    assert "with_a_thread" in log
    assert "starts threads" in log


def test_action_gets_no_descriptor_but_those_for_its_output_and_progress(begin):
    secret = os.open("/etc/hostname", os.O_RDONLY)
    os.set_inheritable(secret, True)
    try:
        found = begin().run().result["descriptors"]
    finally:
        os.close(secret)
    assert found[0] == "/dev/null"
    assert [name.partition(":")[0] for name in found[1:]] == ["pipe", "pipe", "socket"]


# claims


def test_attempt_that_was_described_and_never_started_is_unknown_and_starts_once(begin):
    trial = begin()
    put_task(trial)
    assert trial.status().state is TaskState.UNKNOWN
    trial.submit()
    assert trial.ended().is_success
    assert len(trial.pids()) == 1


def test_attempt_that_is_cancelled_before_it_starts_never_starts(begin):
    trial = begin()
    put_task(trial)
    trial.executor.cancel(LABEL, 0.0)
    status = trial.status()
    assert status.state is TaskState.ENDED
    assert status.cause.kind is CauseKind.CANCELLED
    trial.submit()
    assert trial.status() == status
    assert trial.pids() == []


def test_attempt_of_another_node_is_refused(begin):
    trial = begin(node="here")
    with pytest.raises(SubmitError, match="is to run on elsewhere, and this machine is here"):
        trial.submit(_allocation=(Share("elsewhere", 1, MEGABYTE),))
    assert trial.status().state is TaskState.UNKNOWN


def test_executor_that_is_opened_while_attempts_end_hears_of_them(begin, tmp_path):
    trial = begin()
    done = threading.Event()

    def ring_often():
        while not done.is_set():
            ring(trial.executor.root, LABEL)

    ringing = threading.Thread(target=ring_often)
    ringing.start()
    try:
        for _ in range(20):
            other = LocalExecutor(trial.executor.root)
            start = time.monotonic()
            other.wait(PATIENCE)
            assert time.monotonic() - start < PATIENCE
            other.close()
    finally:
        done.set()
        ringing.join()


def test_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SubmitError, match="cannot be kept"):
        LocalExecutor(tmp_path / "file" / "executor")


def test_attempt_whose_folder_cannot_be_made_ends_with_the_reason(begin, tmp_path):
    (tmp_path / "job").write_text("a file in the way")
    trial = begin()
    trial.folder = tmp_path / "job" / "inside"
    cause = trial.run().cause
    assert cause.kind is CauseKind.BACKEND
    assert "job" in cause.message


# being lost


def started_elsewhere(trial, **changes):
    """Leave an attempt that another process says that it looks after."""
    folder = put_task(trial)
    mine = Process.this_process()
    values = {"host": mine.host, "pid": mine.pid, "ticks": mine.started, "at": "2030-01-01T00:00:00+00:00"}
    folder.write_once(STARTED, {**values, "processors": [], **changes})
    trial.labels.clear()


def test_attempt_from_before_the_machine_was_started_anew_is_lost(begin):
    trial = begin()
    name, _, space = Process.this_process().host.split("/")
    started_elsewhere(trial, host=f"{name}/an-earlier-boot/{space}")
    assert trial.status().state is TaskState.LOST


def test_attempt_whose_number_is_now_a_strangers_is_lost_and_the_stranger_is_left_alone(begin, monkeypatch):
    monkeypatch.setattr(watch, "QUIET", 0.1)
    trial = begin()
    started_elsewhere(trial, ticks="1")
    trial.executor.cancel(LABEL, 0.0)
    assert trial.ended().state is TaskState.LOST


def test_attempt_of_a_machine_that_is_silent_is_lost_after_the_window_and_not_before(begin):
    trial = begin(window=0.4)
    started_elsewhere(trial, host="another/boot/space")
    start = time.monotonic()
    status = trial.ended()
    assert status.state is TaskState.LOST
    assert time.monotonic() - start >= 0.4
    assert "silent for 0.4 s" in status.cause.message


def test_time_in_which_nobody_looked_is_not_silence(begin, monkeypatch):
    trial = begin(window=20.0)
    started_elsewhere(trial, host="another/boot/space")
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for now in (1000.0, 1010.0, 5000.0, 5000.1):  # noqa: B007 - the clock
        assert trial.status().state is TaskState.RUNNING
    for now in (5005.0, 5010.0, 5015.0):  # noqa: B007 - the clock
        status = trial.status()
    assert status.state is TaskState.LOST


def test_supervisor_that_hangs_is_ended_with_its_attempt_and_cannot_publish_later(begin):
    trial = begin(window=1.5)
    trial.submit(seconds=LONG)
    (pid,) = trial.noted(1)
    supervisor = int(trial.status().native_id)
    os.kill(supervisor, signal.SIGSTOP)
    status = trial.ended()
    assert status.state is TaskState.LOST
    assert gone(supervisor)
    assert gone(pid)
    assert folder_of(trial).read(END)["lost"]


def test_verdict_that_comes_after_the_attempt_was_given_up_does_not_count(begin):
    trial = begin(window=0.1)
    started_elsewhere(trial, host="another/boot/space")
    lost = trial.ended()
    late = {"result": {"late": True}, "at": "2030-01-01T00:00:00+00:00"}
    assert not folder_of(trial).write_once(END, late)
    assert trial.status() == lost


def test_orphans_are_found_and_processes_that_are_looked_after_are_not(begin):
    trial = begin()
    trial.submit(seconds=LONG, fork=1, spawn=1, children=1)
    pids = trial.noted(4)
    assert find_orphans(trial.executor.root) == []
    os.kill(int(trial.status().native_id), signal.SIGKILL)
    assert gone(pids[0])
    end = time.monotonic() + PATIENCE
    while set(find_orphans(trial.executor.root)) != set(pids[1:]) and time.monotonic() < end:
        time.sleep(0.01)
    assert set(find_orphans(trial.executor.root)) == set(pids[1:])


def test_supervisor_that_is_told_to_end_ends_its_attempt_in_good_order(begin):
    trial = begin()
    trial.submit(seconds=LONG)
    trial.noted(1)
    os.kill(int(trial.status().native_id), signal.SIGTERM)
    status = trial.ended()
    assert status.state is TaskState.ENDED
    assert (status.cause.kind, status.cause.retryable) == (CauseKind.SIGNAL, True)


# limits


def test_files_of_a_job_above_the_limit_end_it(begin):
    trial = begin(disk_limit=5 * MEGABYTE)
    cause = trial.run(disk=20 * MEGABYTE, seconds=LONG).cause
    assert cause.kind is CauseKind.BACKEND
    assert "allowed 5.0 MB" in cause.message


def test_memory_of_all_processes_together_is_limited_without_control_groups(begin):
    trial = begin(use_control_groups=False)
    node = trial.executor.nodes()[0].name
    share = Share(node, 1, 150 * MEGABYTE)
    cause = trial.run(children=3, child_memory=60 * MEGABYTE, seconds=LONG, _allocation=(share,)).cause
    assert cause.kind is CauseKind.OUT_OF_MEMORY
    assert "allowed 150.0 MB" in cause.message


def test_one_demand_for_far_too_much_memory_fails_at_once_without_control_groups(begin):
    trial = begin(use_control_groups=False)
    node = trial.executor.nodes()[0].name
    cause = trial.run(memory=100_000 * MEGABYTE, _allocation=(Share(node, 1, 200 * MEGABYTE),)).cause
    assert cause.kind is CauseKind.OUT_OF_MEMORY
    assert "allowed 200.0 MB" in cause.message


def test_log_is_bounded_while_it_is_written(begin):
    trial = begin(log_limit=10_000)
    assert trial.run(lines=20_000).is_success
    log = trial.executor.log(LABEL)
    assert len(log) < 10_300
    assert log.startswith(b"line 0\n")
    assert log.endswith(b"line 19999\n")
    assert b"bytes left out" in log


def test_files_of_no_use_are_removed_when_an_attempt_ends(begin):
    trial = begin()
    temporary = Path(trial.run().result["temporary"])
    end = time.monotonic() + PATIENCE
    while temporary.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not temporary.exists()


def test_attempts_are_spread_over_processors(begin):
    count = len(os.sched_getaffinity(0))
    if count < 2:
        pytest.skip("this machine has one processor")
    trial = begin()
    node = trial.executor.nodes()[0].name
    for number in range(2):
        trial.submit(f"j{number}:s:1", seconds=LONG, _allocation=(Share(node, 1, 500 * MEGABYTE),))
    first, second = (os.sched_getaffinity(pid) for pid in trial.noted(2))
    assert len(first) == len(second) == 1
    assert first != second


def test_node_is_what_settings_say_or_what_is_there(tmp_path):
    executor = LocalExecutor(tmp_path, LocalSettings(node="n", cpus=3, memory=5), name="other")
    (node,) = executor.nodes()
    executor.close()
    assert (node.name, node.cpus, node.memory, node.executor) == ("n", 3, 5, "other")
    there = LocalExecutor(tmp_path)
    (node,) = there.nodes()
    there.close()
    assert 1 <= node.cpus <= len(os.sched_getaffinity(0))
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < node.memory <= physical - there.settings.reserve


# limits that the system keeps


def test_sudden_demand_for_memory_is_refused_by_the_system(begin):
    group = ControlGroup("trial-of-memory")
    has_groups = group.limit_memory(100 * MEGABYTE)
    group.remove()
    if not has_groups:
        pytest.skip("no control group with a limit of memory can be made here")
    trial = begin()
    node = trial.executor.nodes()[0].name
    share = Share(node, 1, 100 * MEGABYTE)
    cause = trial.run(memory=200 * MEGABYTE, _allocation=(share,)).cause
    assert cause.kind is CauseKind.OUT_OF_MEMORY
    group = hierarchy("memory").places[0] / f"dmod-{group_name(trial.executor.root, LABEL)}"
    end = time.monotonic() + PATIENCE
    while group.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not group.exists()


def test_number_of_processes_is_limited_by_the_system(begin):
    group = ControlGroup("trial-of-processes")
    has_groups = group.limit_processes(10)
    group.remove()
    if not has_groups:
        pytest.skip("no control group with a limit of processes can be made here")
    trial = begin(processes=10)
    cause = trial.run(children=20, seconds=LONG).cause
    assert cause.kind is CauseKind.INTERNAL
    assert "temporarily unavailable" in cause.message
    assert len(trial.pids()) == 10
