"""What a launcher of ranks calls in the place of a remote shell.

    python -m dmod.jobs.executor.ranks.agent FOLDER [OPTION ...] ADDRESS COMMAND ...

It leaves the command for the companion on the host with that address, prints what that prints, and ends with
its exit code.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from dmod.jobs.executor.ranks.meeting import Meeting

PAUSE = 0.02
LOOK = 2.0
"""Between looks whether all hosts are heard of [s]."""
VARIABLES = "DMOD_RANKS_VARIABLES"
"""Variable that names those which ranks are given everywhere, with commas between."""
REFUSED = 255
"""Exit code of a remote shell that could not reach its host."""


class Agent:
    """Has one command run on another host."""

    def __init__(self, meeting: Meeting, address: str, command: str) -> None:
        self._meeting = meeting
        names = os.environ.get(VARIABLES, "").split(",")
        variables = {name: os.environ[name] for name in names if name in os.environ}
        self._place = meeting.launches / meeting.launch(address, command, variables)
        self._printed = 0

    def run(self) -> int:
        """Wait for the end of the command; return its exit code."""
        look = time.monotonic() + LOOK
        while True:
            code = self._exit_code()
            self._print()
            if code is not None:
                return code
            if time.monotonic() > look:
                look = time.monotonic() + LOOK
                if self._meeting.silent():
                    return REFUSED
            time.sleep(PAUSE)

    def cancel(self, _number: int, _frame: FrameType | None) -> None:
        """Ask the command to end."""
        self._place.with_suffix(".cancel").touch()

    def _exit_code(self) -> int | None:
        try:
            return int(self._place.with_suffix(".exit").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None

    def _print(self) -> None:
        with suppress(FileNotFoundError), self._place.with_suffix(".out").open("rb") as file:
            file.seek(self._printed)
            data = file.read()
            self._printed += len(data)
            sys.stdout.buffer.write(data)
            sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run as a program."""
    if not arguments:
        sys.stderr.write(__doc__ or "")
        return 2
    meeting = Meeting(Path(arguments[0]))
    rest = arguments[1:]
    while rest and rest[0].startswith("-"):
        # what is for a remote shell: -x, -n, -q
        rest = rest[1:]
    if len(rest) < 2:
        sys.stderr.write(__doc__ or "")
        return 2
    # as a remote shell does: the words make one line, which a shell reads on the other side
    agent = Agent(meeting, rest[0], " ".join(rest[1:]))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, agent.cancel)
    return agent.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
