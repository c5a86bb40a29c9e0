"""Whole-process measurements: wall time, processor time and peak memory of a command."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

DMOD = (sys.executable, "-m", "dmod.cli.main")


@dataclass(frozen=True)
class Measured:
    """One or more runs of a command; medians.

    Parameters
    ----------
    wall, cpu : [s]
    memory : peak of the process [MB]
    runs : wall time of each run [s]
    """

    wall: float
    cpu: float
    memory: float
    runs: tuple[float, ...]


def machine() -> str:
    """Describe the machine in one line."""
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, Python {platform.python_version()}"
    )


def measure(
    command: Sequence[str],
    *,
    repeat: int = 3,
    fresh: Sequence[Path] = (),
    environment: dict[str, str] | None = None,
) -> Measured:
    """Run a command several times and return the medians.

    Parameters
    ----------
    fresh : folders that are removed before each run
    """
    walls, cpus, peaks = [], [], []
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | (environment or {})
    for _ in range(repeat):
        for folder in fresh:
            shutil.rmtree(folder, ignore_errors=True)
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=variables)
        _, status, usage = os.wait4(process.pid, 0)
        walls.append(time.perf_counter() - begin)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            message = process.stderr.read().decode() if process.stderr else ""
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{message}")
        if process.stderr:
            process.stderr.close()
        cpus.append(usage.ru_utime + usage.ru_stime)
        peaks.append(usage.ru_maxrss / 1024)
    return Measured(median(walls), median(cpus), max(peaks), tuple(walls))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, columns aligned."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * w for w in widths], *rows]
    return "\n".join(
        "| " + " | ".join(str(c).ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines
    )
