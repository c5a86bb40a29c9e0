"""Looking at an engine in a thread of its own, so that who asks about attempts never waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dmod.errors import BackendError
from dmod.jobs.demand import Node
from dmod.jobs.executor.engine.port import Engine, Sight

FILES_SECONDS = 0.1
"""Between two looks at folders for what has ended [s]."""
NODES_SECONDS = 10.0
"""How long what an engine said of its nodes is taken as it was."""
IDLE_SECONDS = 2.0
"""Between looks whether there is anything to ask for [s]."""

log = logging.getLogger("dmod.executor")


@dataclass(frozen=True, slots=True)
class View:
    """What an engine said last.

    Parameters
    ----------
    begun : when the question was asked, by a clock that nobody sets [s]; what was started later need not be
        there yet
    sights : by label
    """

    begun: float = -1e9
    sights: Mapping[str, Sight] = field(default_factory=dict)


class Looking:
    """Looks at an engine while there is something to look for.

    Parameters
    ----------
    every : between two questions [s]
    is_wanted : whether anything is under way
    on_files : called often while something is; looks at folders
    on_view : called when the engine says something new
    missing : returns what is under way and not among some sights, which were asked for at some time: the
        engine's own ids, by label
    """

    def __init__(
        self,
        engine: Engine,
        every: float,
        *,
        is_wanted: Callable[[], bool],
        on_files: Callable[[], None],
        on_view: Callable[[], None],
        missing: Callable[[Mapping[str, Sight], float], Mapping[str, str]] = lambda _sights, _begun: {},
    ) -> None:
        self._engine = engine
        self._every = every
        self._is_wanted = is_wanted
        self._on_files = on_files
        self._on_view = on_view
        self._missing = missing
        self._recalled: dict[str, Sight] = {}
        self._ends = threading.Event()
        self._asks = threading.Event()
        self.view = View()
        self.error: BackendError | None = None
        self.nodes: tuple[Node, ...] | None = None
        self._nodes_at = -1e9
        self._nodes_lock = threading.Lock()
        self._resumed = time.monotonic()
        self._is_idle = True
        self._threads = [
            threading.Thread(target=target, name=f"dmod-{engine.name}-{name}", daemon=True)
            for name, target in (("engine", self._ask_again), ("folders", self._look_again))
        ]
        for thread in self._threads:
            thread.start()

    def age(self) -> float:
        """Return for how long the engine has been asked, or was to be, without an answer [s]."""
        return time.monotonic() - max(self.view.begun, self._resumed)

    def ask(self) -> None:
        """Ask the engine soon."""
        if self._is_idle:
            # nobody has waited for it until now
            self._resumed = time.monotonic()
        self._asks.set()

    def find_nodes(self) -> tuple[Node, ...]:
        """Return the nodes as they were a moment ago; none of them is ready while the engine is silent.

        Raises
        ------
        BackendError
            the engine was never heard of, and is not now.
        """
        if self.nodes is None:
            self._ask_nodes()
        assert self.nodes is not None
        return self.nodes

    def _ask_nodes(self) -> None:
        with self._nodes_lock:
            self._nodes_at = time.monotonic()
            try:
                # the same machine may be a node of several executors
                self.nodes = tuple(
                    replace(node, name=f"{self._engine.name}/{node.name}") for node in self._engine.nodes()
                )
            except BackendError:
                if self.nodes is None:
                    raise
                self.nodes = tuple(replace(node, is_ready=False) for node in self.nodes)

    def close(self) -> None:
        """Look no more; a question that has no answer yet is left alone."""
        self._ends.set()
        self._asks.set()
        for thread in self._threads:
            thread.join(1.0)

    def _ask_again(self) -> None:
        while not self._ends.is_set():
            if self._is_wanted():
                if self._is_idle:
                    self._resumed = time.monotonic()
                self._is_idle = False
                self._ask()
            else:
                self._is_idle = True
            if self.nodes is not None and time.monotonic() - self._nodes_at > NODES_SECONDS:
                self._ask_nodes()
            self._asks.wait(IDLE_SECONDS if self._is_idle else self._every)
            self._asks.clear()

    def _ask(self) -> None:
        begun = time.monotonic()
        try:
            sights = self._recall(self._engine.look(), begun)
        except BackendError as error:
            if self.error is None:
                log.warning("%s cannot be asked: %s", self._engine.name, error.message)
            self.error = error
            return
        if self.error is not None:
            log.info("%s answers again", self._engine.name)
        is_new = sights != self.view.sights
        self.view, self.error = View(begun, sights), None
        if is_new:
            self._on_view()

    def _recall(self, sights: Mapping[str, Sight], begun: float) -> Mapping[str, Sight]:
        """Add what the engine can tell of what it has forgotten; what it told of once is not asked again."""
        missing = self._missing(sights, begun)
        known = {label: self._recalled[label] for label in missing if label in self._recalled}
        asked = {label: native_id for label, native_id in missing.items() if label not in known}
        self._recalled = {**known, **(self._engine.recall(asked) if asked else {})}
        return {**sights, **self._recalled} if self._recalled else sights

    def _look_again(self) -> None:
        while not self._ends.wait(FILES_SECONDS if self._is_wanted() else 0.5):
            if self._is_wanted():
                self._on_files()
