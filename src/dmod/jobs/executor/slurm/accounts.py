"""What Slurm's accounts say of jobs that the queue has forgotten: pure functions of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.engine.port import Sight, SightState, name_of
from dmod.jobs.executor.slurm.exit import parse_exit
from dmod.jobs.executor.slurm.parsing import ENDED, Members, label_of, no_members, sight_of

FORMAT = "JobID,State,ExitCode,NodeList,JobName,Comment"
"""What is asked of ``sacct -P``; what may hold anything comes last."""
PREFIX = "dmod-"
NO_NODES = frozenset({"", "None assigned", "None"})


def accounts_command(jobs: Sequence[str]) -> list[str]:
    """Return the one question for all of some jobs, each life of theirs a line, the oldest first."""
    return ["sacct", "-X", "-P", "-n", "-D", f"--format={FORMAT}", f"--jobs={','.join(jobs)}"]


def parse_accounts(
    text: str, mark: str, missing: Mapping[str, str], members: Members = no_members
) -> dict[str, Sight]:
    """Return how attempts ended that the queue has forgotten, by label.

    An id alone is not believed, for a controller that lost what it knew gives it again. Where accounts keep
    comments, that tells whose a job was; where they do not, its name does, which is made from the label. What
    accounts believe to be waiting or running, and the queue does not know, is no end.

    Parameters
    ----------
    missing : ids by label
    """
    asked = {job: label for label, job in missing.items()}
    found: dict[str, Sight] = {}
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|", 5)]
        if len(fields) < 6:
            continue
        job, said, code, nodes, name, comment = fields
        state, _, by = said.partition(" ")
        label = _label(job, name, comment, mark, asked.get(job, ""), members)
        if label is None or label not in missing:
            continue
        found.pop(label, None)  # an earlier life of it
        where = "" if nodes in NO_NODES else nodes
        if state == "REQUEUED":
            found[label] = Sight(label, SightState.ENDED, job, cause=REQUEUED, is_lost=True)
        elif state in ENDED:
            sight = sight_of(label, job, state, where, "", parse_exit(code))
            if state == "CANCELLED" and by and sight.cause is not None:
                who = by.removeprefix("by ")
                sight = replace(
                    sight, cause=replace(sight.cause, message=f"{sight.cause.message} by user {who}")
                )
            found[label] = sight
    return found


REQUEUED = Cause(
    CauseKind.LOST,
    "it was put back into Slurm's queue, and is not there any more",
    "it is tried again",
    retryable=True,
)


def _label(job: str, name: str, comment: str, mark: str, asked: str, members: Members) -> str | None:
    if comment:
        return label_of(mark, comment, job, members)
    if not asked:
        return None
    number = job.partition("_")[2]
    is_member = number.isdigit() and members(name.removeprefix(PREFIX), int(number)) == asked
    return asked if is_member or name == name_of(asked) else None
