"""How far the framework has come, by what it prints and by how its files grow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_STEP = re.compile(rb"(?:at output step|[Rr]unning timestep)\W+(\d+)")
_DONE = re.compile(rb"Finished (\d+) timesteps")
MOST = 1 << 26
"""Bytes that are looked at at once; what is more waits for the next look."""
FEW = 4
"""Files whose rows are counted: all are written at the same pace."""


class Follower:
    """Steps that are done, as far as can be seen.

    The framework says a step's number every hundred steps; between, rows of some of its files are counted.

    Parameters
    ----------
    log : what it prints
    tables : files with a row per step that it writes; those that are not there are passed over
    steps : of the whole run
    """

    def __init__(self, log: Path, tables: Sequence[Path], steps: int) -> None:
        self._log = _Growing(log)
        self._tables = [_Growing(path) for path in tables[:FEW]]
        self._rows = [0] * len(self._tables)
        self._steps = steps
        self.done = 0
        self.size = 0
        """Bytes of all that is looked at: while it grows, the framework is at work."""

    def look(self) -> int:
        """Return how many steps are done now."""
        said = self._log.more()
        for pattern in (_STEP, _DONE):
            for match in pattern.finditer(said):
                self.done = max(self.done, int(match[1]))
        for number, table in enumerate(self._tables):
            self._rows[number] += table.more().count(b"\n")
        if any(self._rows):
            self.done = max(self.done, max(self._rows) - 1)
        self.done = min(self.done, self._steps)
        self.size = self._log.at + sum(table.at for table in self._tables)
        return self.done


class _Growing:
    """What was added to a file since it was last looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest = b""
        self.at = 0

    def more(self) -> bytes:
        """Return whole lines that were added; nothing while the file is not there."""
        try:
            with self._path.open("rb") as file:
                file.seek(self.at)
                found = file.read(MOST)
        except OSError:
            return b""
        self.at += len(found)
        whole, newline, self._rest = (self._rest + found).rpartition(b"\n")
        return whole + newline
