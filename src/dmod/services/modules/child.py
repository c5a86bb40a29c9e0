"""The process that calls a module: ``python -m dmod.services.modules.child FOLDER``.

Whatever a module does to its process, it does here: the one that asked reads what was told until then.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from dmod.engine.foreign.failure import ForeignError
from dmod.engine.foreign_modules import load_at
from dmod.errors import DmodError
from dmod.jobs.executor.local.linux import end_with_parent
from dmod.services.modules.checks.table import CHECKS
from dmod.services.modules.child_task import DECISIVE, TRAIL, ChildTask, Telling
from dmod.services.modules.finding import Finding
from dmod.services.modules.known_names import learn_units
from dmod.services.modules.lender import Lender
from dmod.services.modules.subject import Report, Subject, instance_maker
from dmod.services.modules.trail import Trail


def main(folder: Path) -> None:
    """Do the task of a folder and tell what comes of it."""
    task = ChildTask.read(folder)
    end_with_parent(signal.SIGKILL)
    signal.alarm(task.lifetime)  # where the system knows no parents, or whose process was gone already
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path[:0] = [entry for entry in task.path if entry not in sys.path]
    if task.lent:
        sys.meta_path.append(Lender(task.lent))
    learn_units(task.units)
    tell, trail = Telling(folder), Trail(folder / TRAIL)
    if task.action == "check":
        run_checks(task, tell, trail)
    elif task.action == "bench":
        from dmod.services.modules.measuring import measure

        try:
            measure(task, tell, trail)
        except DmodError as error:
            tell("failed", reason=error.message)
    elif task.action == "load":
        for place in task.names:
            tell("begin", check=place)
            tell("loaded", module=json.loads(json.dumps(asdict(load_at(int(place))), default=str)))
    else:
        from dmod.services.modules.describing import describe

        describe(task, tell, trail)
    tell("done")


def run_checks(task: ChildTask, tell: Telling, trail: Trail) -> None:
    """Run checks one after the other, and tell each when it begins, what it finds, and when it ends."""
    subject: Subject | None = None
    for name in task.names:
        trail.note("")
        tell("begin", check=name)
        report = Report(name, lambda finding: tell("finding", **asdict(finding)))
        said = ""
        try:
            if subject is None:
                trail.note("opening the program")
                subject = Subject(instance_maker(task.spec), task.config, trail, task.steps)
            said = CHECKS[name](subject, report)
        except DmodError as error:
            _report(report, error)
        if report.is_clean and said:
            tell("finding", **asdict(Finding("ok", name, "", said)))
        tell("end", check=name)
        if name in DECISIVE and any(finding.level == "error" for finding in report.found):
            return


def _report(report: Report, error: DmodError) -> None:
    hint = error.hint or ""
    if isinstance(error, ForeignError):
        place = f"{error.function}({error.variable})" if error.variable else error.function
        report.error(place, error.reason, "to do its work, on input that runs give", hint)
    else:
        report.error("", error.message, to_do=hint)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
