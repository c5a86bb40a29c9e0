"""A program is run to its end, followed, and ended where it has to end; nothing of it is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dmod.engine.ngen import execution as module
from dmod.engine.ngen.execution import Cause, Ended, Execution, execute
from dmod.engine.ngen.following import Follower
from dmod.errors import PluginError


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "ngen.log"


def shell(log: Path, text: str, **more: object) -> Execution:
    execution = Execution(["/bin/sh", "-c", text], log.parent, log, variables={})
    return replace(execution, **more)  # type: ignore[arg-type]


def run(execution: Execution, **more: object) -> Ended:
    return execute(execution, Follower(execution.log, [], 1000), **more)  # type: ignore[arg-type]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_for(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 20.0
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_program_that_ends_well_is_well_and_its_words_are_in_the_log(log: Path) -> None:
    ended = run(shell(log, 'echo out; echo "error" >&2; pwd; echo $WORD', variables={"WORD": "given"}))
    assert ended.is_well
    assert log.read_text().splitlines() == ["out", "error", str(log.parent), "given"]


@pytest.mark.parametrize(("text", "code"), [("exit 3", 3), ("kill -SEGV $$", -signal.SIGSEGV)])
def test_program_that_ends_badly_says_how(log: Path, text: str, code: int) -> None:
    ended = run(shell(log, text))
    assert ended.code == code
    assert not ended.is_well


def test_program_that_is_not_there_is_refused(log: Path) -> None:
    execution = replace(shell(log, ""), command=["/nowhere/ngen"], before=["/nowhere/mpirun"])
    with pytest.raises(PluginError) as caught:
        execute(replace(execution, folder=Path("/nowhere")), Follower(log, [], 1))
    assert "cannot be started" in caught.value.message


@pytest.mark.parametrize(
    ("limits", "cause"),
    [({"time_limit": 0.5}, Cause.TIME_LIMIT), ({"silence_limit": 0.5}, Cause.SILENCE)],
)
def test_program_over_a_limit_is_ended_with_all_that_it_started(
    log: Path, limits: Mapping[str, float], cause: Cause
) -> None:
    text = "sleep 60 & echo $!; echo 'Running timestep 7'; wait"
    ended = run(shell(log, text, **limits))
    assert ended.cause is cause
    assert not ended.is_well
    assert ended.steps == 7
    wait_for(lambda: not is_running(int(log.read_text().split()[0])))


def test_program_that_prints_is_not_silent(log: Path) -> None:
    text = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done"
    assert run(shell(log, text, silence_limit=1.0)).is_well


def test_program_that_does_not_heed_the_request_is_ended_all_the_same(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.3)
    text = "trap '' TERM; echo $$; while true; do sleep 0.1; done"
    ended = run(shell(log, text, time_limit=0.5))
    assert ended.cause is Cause.TIME_LIMIT
    assert ended.code == -signal.SIGKILL
    wait_for(lambda: not is_running(int(log.read_text().split()[0])))


def test_program_is_ended_when_the_run_is_cancelled(log: Path) -> None:
    asked = threading.Event()
    threading.Timer(0.4, asked.set).start()
    assert run(shell(log, "sleep 60"), cancelled=asked.is_set).cause is Cause.CANCELLED


def test_program_is_ended_where_an_error_leaves_the_run(log: Path) -> None:
    class Interrupt(Exception):  # noqa: N818
        """Stands for one."""

    def interrupt(_steps: int) -> None:
        if log.exists() and log.read_text().endswith("\n"):
            raise Interrupt

    with pytest.raises(Interrupt):
        run(shell(log, "echo $$; sleep 60"), progress=interrupt)
    wait_for(lambda: not is_running(int(log.read_text().split()[0])))


def test_program_ends_with_the_process_that_ran_it_and_was_killed(log: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from dmod.engine.ngen.execution import Execution, execute\n"
        "from dmod.engine.ngen.following import Follower\n"
        f"log = Path({str(log)!r})\n"
        "execution = Execution(['/bin/sh', '-c', 'echo $$; exec sleep 60'], log.parent, log, variables={})\n"
        "execute(execution, Follower(log, [], 1))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
        pid = int(log.read_text())
        assert is_running(pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_for(lambda: not is_running(pid))


def test_progress_follows_what_is_printed_and_how_files_grow(log: Path, tmp_path: Path) -> None:
    table = tmp_path / "cat-1.csv"
    text = (
        "echo \"Updating layer: 'surface layer' at output step 100\"; sleep 0.5;"
        f"for i in $(seq 0 250); do echo row; done > {table}; sleep 0.5; echo 'Finished 720 timesteps.'"
    )
    seen: list[int] = []
    execution = shell(log, text)
    ended = execute(execution, Follower(log, [tmp_path / "none.csv", table], 720), progress=seen.append)
    assert ended.steps == 720
    assert seen == sorted(seen)
    assert {100, 250, 720} <= set(seen)


def test_steps_never_exceed_those_of_the_run(log: Path) -> None:
    assert run(shell(log, "echo 'Running timestep 5000'")).steps == 1000


class Ranks:
    """Starts a command as ranks somewhere else, here as a process of its own."""

    def __init__(self) -> None:
        self.command: list[str] = []
        self.ranks = 0
        self.ended = False

    def __call__(
        self,
        command: Sequence[str],
        *,
        ranks: int,
        variables: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> int:
        self.command, self.ranks = list(command), ranks
        environment = {**os.environ, **variables}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    on_line(line.rstrip("\n"))
            finally:
                if process.poll() is None:
                    process.kill()
                self.ended = True
        return process.returncode


def test_ranks_of_somebody_else_run_in_the_folder_with_the_variables(log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    ranks = Ranks()
    execution = shell(log, "pwd; echo $WORD", launch=ranks, ranks=3, folder=folder, variables={"WORD": "x"})
    assert run(execution).is_well
    assert ranks.ranks == 3
    assert log.read_text().splitlines() == [str(folder), "x"]


def test_ranks_of_somebody_else_that_fail_say_so(log: Path) -> None:
    assert run(shell(log, "exit 5", launch=Ranks(), ranks=2)).code == 5


def test_silent_ranks_of_somebody_else_keep_the_limit_themselves(log: Path) -> None:
    ended = run(shell(log, "sleep 60", launch=Ranks(), ranks=2, time_limit=1.0))
    assert ended.cause is Cause.TIME_LIMIT


def test_ranks_of_somebody_else_that_print_are_ended_when_the_run_is_cancelled(log: Path) -> None:
    ranks = Ranks()
    text = "while true; do echo word; sleep 0.1; done"
    ended = run(shell(log, text, launch=ranks, ranks=2), cancelled=lambda: True)
    assert ended.cause is Cause.CANCELLED
    assert ranks.ended
