"""The port of engines: what starts a worker somewhere, and tells what became of it.

An engine is believed about what it alone can know: that something waits and why, that a node is gone, that
the system ended it for its memory. What an attempt has found stands in the attempt's folder.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from dmod.errors import SubmitError
from dmod.jobs.cause import Cause
from dmod.jobs.demand import Node

WORKER = "dmod.jobs.executor.worker"
COMPANION = "dmod.jobs.executor.ranks.companion"


@dataclass(frozen=True, slots=True)
class Order:
    """A worker to be started.

    Parameters
    ----------
    label : of the attempt; the engine keeps it with what it starts, and tells it in `Engine.look`
    folder : of the attempt, which the worker is told
    job_folder : which it works in
    cpus, memory, seconds : that it may have [1, bytes, s]; None sets no limit of memory
    nodes : on which it is to run, where the engine lets us say; none where it may choose. Several only for
        an engine that spans nodes
    companion : number of the host of the attempt that it is a companion on; None is its worker
    image : of a user's, pinned to its content, for engines that run images; "" is the engine's own
    apart : folders that are all that a user's image sees: what it may write, and what it may only read
    compiled : folder with compiled code that it may copy
    """

    label: str
    folder: str
    job_folder: str
    cpus: int
    memory: int | None
    seconds: float
    nodes: tuple[str, ...] = ()
    companion: int | None = None
    image: str = ""
    apart: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    compiled: str = ""

    @property
    def name(self) -> str:
        """Return a name that every engine takes, the same whenever the label is."""
        return name_of(self.label)

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return what follows the name of the Python that runs the worker, or a companion."""
        if self.companion is not None:
            return ("-P", "-m", COMPANION, self.folder, str(self.companion))
        return ("-P", "-m", WORKER, self.folder)


def companion_of(label: str, number: int) -> str:
    """Return the label of the companion on a further host of an attempt."""
    return f"{label}+{number}"


def name_of(label: str) -> str:
    """Return what an engine calls the attempt with a label."""
    return f"dmod-{sha256(label.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


class SightState(StrEnum):
    """What an engine says of an attempt."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Sight:
    """What an engine says of what it was given under a label.

    Parameters
    ----------
    native_id : the engine's own
    reason : why it waits, in the engine's words
    cause : why it ended, or why it waits for ever
    is_lost : whether its worker may live on unseen: a node that is not heard of
    """

    label: str
    state: SightState
    native_id: str = ""
    reason: str = ""
    cause: Cause | None = None
    is_lost: bool = False


class Engine(ABC):
    """Starts workers; safe to use from several threads, and by several processes at a time."""

    name: str
    starts_together: bool = False
    """Whether `start_many` is less work than as many times `start`."""
    runs_images: bool = False
    """Whether a worker can be started in an image of a user's."""
    spans_nodes: bool = False
    """Whether one start covers several nodes, companions included."""

    @abstractmethod
    def nodes(self) -> Sequence[Node]:
        """Return the nodes that workers can run on.

        Raises
        ------
        BackendError
            it cannot be asked now.
        """

    @abstractmethod
    def start(self, order: Order) -> str:
        """Start a worker and return the engine's own id for it.

        What was started under the same label is found by it, not started again, as far as the engine can
        tell.

        Raises
        ------
        SubmitError
            it was refused: not retryable if it would be refused again.
        """

    def start_many(self, orders: Sequence[Order]) -> list[str | SubmitError]:
        """Start workers as `start` does, and return for each, in their order, its id or why there is none."""
        found: list[str | SubmitError] = []
        for order in orders:
            try:
                found.append(self.start(order))
            except SubmitError as error:
                found.append(error)
        return found

    @abstractmethod
    def look(self) -> Mapping[str, Sight]:
        """Return all that was started by us and is remembered, by label, from one question to the engine.

        What bears another mark than ours is nobody's business.

        Raises
        ------
        BackendError
            it cannot be asked now.
        """

    def recall(self, missing: Mapping[str, str]) -> Mapping[str, Sight]:
        """Return how attempts ended that `look` tells nothing of any more, as far as that is kept elsewhere.

        Never raises: what is not told stays unknown.

        Parameters
        ----------
        missing : the engine's own ids, by label
        """
        return {}

    @abstractmethod
    def stop(self, label: str) -> None:
        """Have what was started under a label ended by force, with all of its processes; waits for nothing.

        Raises
        ------
        BackendError
            it cannot be asked now.
        """

    @abstractmethod
    def remove(self, label: str) -> None:
        """Remove what the engine keeps of what has ended.

        Raises
        ------
        BackendError
            it cannot be asked now.
        """

    def close(self) -> None:  # noqa: B027 - few have anything to let go
        """Let go; what runs goes on."""
