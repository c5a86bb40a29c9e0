"""What Slurm's commands print, as values: pure functions of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, unquote

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Node
from dmod.jobs.executor.engine.port import Sight, SightState
from dmod.jobs.executor.slurm.exit import Exit, parse_status

JOBS = "%i|%j|%T|%N|%r|%k"
"""Format of ``squeue``: id, name, state, nodes, reason, comment; what may hold anything comes last."""
EXITS = "JobArrayID:40,exit_code:12"
"""Long format of ``squeue``, of a fixed width: id, and how the system says that the batch script ended."""
NODES = "%N|%c|%m|%T"
"""Format of ``sinfo -N``."""
WAITING = frozenset(
    {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
)
ENDED = frozenset(
    {
        "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
        "PREEMPTED", "REVOKED", "TIMEOUT",
    }
)  # fmt: skip
"""Whatever is neither has a worker, or had one a moment ago."""
NEVER = frozenset(
    {
        "PartitionNodeLimit", "PartitionTimeLimit", "BadConstraints", "InvalidAccount", "InvalidQOS",
        "AccountNotAllowed", "QOSNotAllowed", "AssociationTimeLimit", "QOSTimeLimit",
        "AssocMaxCpuPerJobLimit", "AssocMaxMemPerJob", "AssocMaxNodePerJobLimit", "QOSMaxCpuPerJobLimit",
        "QOSMaxMemoryPerJob", "QOSMaxNodePerJobLimit", "ReservationDeleted", "DependencyNeverSatisfied",
    }
)  # fmt: skip
"""Reasons why a job will not start unless somebody changes it or the cluster."""
MEMBER = "@"
"""Before the name of an array in the comment of its elements; in labels it is quoted."""
Members = Callable[[str, int], str | None]
"""From the name of an array and the number of an element to its label; None where that is not known."""
READY = frozenset({"idle", "mixed", "allocated", "completing", "planned"})


def comment_of(mark: str, label: str) -> str:
    """Return the comment by which an attempt is known: which executor's, and its label."""
    return f"dmod:{mark}:{quote(label, safe=':')}"


def comment_of_array(mark: str, array: str) -> str:
    """Return the comment of all elements of an array."""
    return f"dmod:{mark}:{MEMBER}{array}"


def no_members(_array: str, _number: int) -> str | None:
    """Know of no array."""
    return None


def label_of(mark: str, comment: str, job: str = "", members: Members = no_members) -> str | None:
    """Return the label that a comment stands for; None where it is not ours.

    Parameters
    ----------
    job : its id, ``17_3`` for an element of an array
    """
    prefix = f"dmod:{mark}:"
    if not comment.startswith(prefix):
        return None
    said = comment[len(prefix) :]
    if not said.startswith(MEMBER):
        return unquote(said)
    number = job.partition("_")[2]
    return members(said.removeprefix(MEMBER), int(number)) if number.isdigit() else None


def parse_jobs(
    text: str, mark: str, members: Members = no_members, exits: Mapping[str, Exit] | None = None
) -> dict[str, Sight]:
    """Return what ``squeue`` says of our attempts, by label; lines of others, or cut off, are passed over.

    Of several jobs with one label, which there are where Slurm lost the answer to a submit, the one that is
    furthest from having ended counts.

    Parameters
    ----------
    exits : how batch scripts ended, by id, as far as that is known
    """
    found: dict[str, Sight] = {}
    for sight in _sights(text, mark, members, exits or {}):
        other = found.get(sight.label)
        if other is None or (_ORDER[sight.state] < _ORDER[other.state]):
            found[sight.label] = sight
    return found


def _sights(text: str, mark: str, members: Members, exits: Mapping[str, Exit]) -> Iterator[Sight]:
    for line in text.splitlines():
        fields = line.split("|", 5)
        if len(fields) < 6:
            continue
        job, _, state, nodes, reason, comment = (field.strip() for field in fields)
        label = label_of(mark, comment, job, members)
        if label is not None and job:
            yield sight_of(label, job, state, nodes, reason, exits.get(job))


def failed_jobs(text: str, mark: str) -> list[str]:
    """Return the ids of our jobs of which ``squeue`` says that they failed, and not how."""
    found = []
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|", 5)]
        if len(fields) == 6 and fields[2] == "FAILED" and fields[5].startswith(f"dmod:{mark}:"):
            found.append(fields[0])
    return found


def parse_exits(text: str) -> dict[str, Exit]:
    """Return how batch scripts ended, by id, of what ``squeue -O`` says."""
    found = {}
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 2 and (how := parse_status(fields[1])) is not None:
            found[fields[0]] = how
    return found


def sight_of(
    label: str, job: str, state: str, nodes: str = "", reason: str = "", how: Exit | None = None
) -> Sight:
    """Return what a state of Slurm means."""
    said = "" if reason in {"", "None"} else reason
    if state in WAITING:
        return Sight(label, SightState.WAITING, job, said, _never(state, said))
    if state not in ENDED:
        return Sight(label, SightState.RUNNING, job, said)
    if state == "CANCELLED" and said in NEVER:
        return Sight(label, SightState.ENDED, job, said, _never(state, said))  # some clusters do not keep it
    where = f" ({nodes})" if nodes else ""
    if state == "FAILED" and how is not None and (cause := how.cause(where)) is not None:
        return Sight(label, SightState.ENDED, job, said, cause)
    cause, is_lost = _cause(state, where, said)
    return Sight(label, SightState.ENDED, job, said, cause, is_lost)


def _never(state: str, reason: str) -> Cause | None:
    """Return why a job will never start; None where it may."""
    if reason in NEVER:
        return Cause(
            CauseKind.UNSATISFIABLE,
            f"Slurm will never start it: {reason}",
            "ask for less, or for another partition, account or QOS",
        )
    if state in {"REQUEUE_HOLD", "SPECIAL_EXIT"} or "launch failed" in reason:
        return Cause(
            CauseKind.BACKEND,
            f"Slurm could not launch it and holds it: {reason or state}",
            "look at slurmd's log on the node",
            retryable=True,
        )
    return None


def _cause(state: str, where: str, reason: str) -> tuple[Cause | None, bool]:
    if state == "COMPLETED":
        return None, False
    kind, message, hint = _ENDINGS.get(state, (CauseKind.EXIT, f"Slurm says {state}", ""))
    why = f": {reason}" if reason and kind in {CauseKind.EXIT, CauseKind.SIGNAL} else ""
    is_lost = kind is CauseKind.LOST
    return Cause(kind, f"{message}{where}{why}", hint, retryable=kind in _PASSING), is_lost


_PASSING = frozenset({CauseKind.LOST, CauseKind.SIGNAL})
_ENDINGS = {
    "TIMEOUT": (CauseKind.TIME, "Slurm ended it when its time was over", "ask for more time"),
    "DEADLINE": (CauseKind.TIME, "Slurm ended it at its deadline", "ask for less time"),
    "OUT_OF_MEMORY": (
        CauseKind.OUT_OF_MEMORY, "Slurm ended it for its memory", "ask for more memory, or for less at a time"
    ),
    "NODE_FAIL": (CauseKind.LOST, "its node failed", "it is tried again"),
    "BOOT_FAIL": (CauseKind.LOST, "its node did not start", "it is tried again"),
    "PREEMPTED": (CauseKind.LOST, "Slurm gave its place to another", "it is tried again"),
    "REVOKED": (CauseKind.LOST, "another cluster took it", "it is tried again"),
    # by somebody, or by a controller that lost what it had not yet written and found it twice
    "CANCELLED": (CauseKind.SIGNAL, "it was cancelled in Slurm", "cancel the job itself to have it ended"),
}  # fmt: skip
_ORDER = {SightState.RUNNING: 0, SightState.WAITING: 1, SightState.ENDED: 2}


def parse_nodes(text: str, executor: str) -> tuple[Node, ...]:
    """Return what ``sinfo -N`` says; a node that is in several partitions once."""
    found: dict[str, Node] = {}
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 4 or not fields[1].isdigit() or not fields[2].rstrip("+").isdigit():
            continue
        name, cpus, memory, state = fields
        is_ready = state.rstrip("*~#!%$@^-+") in READY and not state.endswith("*")
        found[name] = Node(name, int(cpus), int(memory.rstrip("+")) << 20, executor, is_ready)
    return tuple(found.values())
