"""A gateway that answers on the loopback address, over services in memory: for tests of whoever asks it.

Nothing is pretended but the controller: `ServedGateway.move` and the like bring jobs on. It can be stopped,
and started again on the same port, as a server that is updated.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from dmod.accounts.principal import Caller
from dmod.accounts.role import Role
from dmod.api.application import make_application
from dmod.api.services import GatewaySettings, Services
from dmod.jobs.cause import Cause
from dmod.jobs.demand import Share
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Attempt, Job, label
from dmod.jobs.state import AttemptState, JobState, StepState
from dmod.jobs.store.port import Change
from dmod.testing.gateway import ROOT, close_gateway, make_gateway

USERS = {"root": Role.ADMIN, "anna": Role.USER, "vera": Role.VIEWER}
WAIT = 20.0


@dataclass
class ServedGateway:
    """A gateway with its services.

    Parameters
    ----------
    logs : what attempts have written, by label
    port : that it answers on; 0 before it first did
    """

    services: Services
    logs: dict[str, bytes] = field(default_factory=dict)
    port: int = 0
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def token(self, user: str = "root") -> str:
        """Return the text of a new token of a user."""
        return self.services.accounts.issue_token(Caller(ROOT), "test", user=user).secret.reveal()

    def start(self) -> None:
        """Answer, on the same port as before."""
        config = uvicorn.Config(
            make_application(self.services), host="127.0.0.1", port=self.port, log_config=None, ws="none",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until = time.monotonic() + WAIT
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Answer no more; who follows is cut off."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(WAIT)

    def move(self, job_id: str, *states: JobState, cause: Cause | None = None) -> Job:
        """Bring a job into one state after the other."""
        for state in states:
            job = self.services.jobs.store.job(job_id)
            at = datetime.now(UTC)
            changes: dict[str, Any] = {"cause": cause} if cause is not None else {}
            if state.is_end:
                changes["ended"] = at
            said = {"from": job.state.value, "to": state.value}
            said |= {"cause": cause.as_json()} if cause is not None else {}  # type: ignore[dict-item]
            event = Event(job_id, at, EventKind.STATE, "controller", "", said)
            self._apply(job.to(state, at, **changes), event)
        return self.services.jobs.store.job(job_id)

    def begin(self, job_id: str, step: str) -> Job:
        """Let a further attempt at a step be under way."""
        job = self.services.jobs.store.job(job_id)
        now, shares = datetime.now(UTC), (Share("node-1", 2, 10**9),)
        number = len(job.step(step).attempts) + 1
        attempt = Attempt(number, AttemptState.STARTED, "local", now, "4711", shares, now)
        begun = replace(job.step(step), state=StepState.RUNNING).with_attempt(attempt)
        changed = replace(job.with_step(begun), allocation=shares, started=job.started or now)
        return self._apply(changed, self._step_event(job_id, step, StepState.RUNNING, attempt=number))

    def finish(
        self, job_id: str, step: str, result: dict[str, Any] | None = None, cause: Cause | None = None
    ) -> Job:
        """Let the attempt at a step end: well, or for a cause."""
        job = self.services.jobs.store.job(job_id)
        attempt = job.step(step).attempt
        assert attempt is not None
        ended = replace(attempt, state=AttemptState.ENDED, ended=datetime.now(UTC), cause=cause)
        state = StepState.DONE if cause is None else StepState.FAILED
        over = replace(job.step(step), state=state, result=result or {}).with_attempt(ended)
        said: dict[str, Any] = {} if cause is None else {"cause": cause.as_json()}
        return self._apply(job.with_step(over), self._step_event(job_id, step, state, **said))

    def tell(self, job_id: str, step: str, done: float, text: str = "") -> None:
        """Let a step say how far it is."""
        data = {"step": step, "done": done, "text": text}
        event = Event(job_id, datetime.now(UTC), EventKind.PROGRESS, "controller", "", data)
        self._apply(self.services.jobs.store.job(job_id), event)

    def write(self, job_id: str, step: str, text: str, attempt: int = 1) -> None:
        """Let an attempt write something."""
        name = label(job_id, step, attempt)
        self.logs[name] = self.logs.get(name, b"") + text.encode()

    def _step_event(self, job_id: str, step: str, state: StepState, **said: Any) -> Event:
        data = {"step": step, "to": state.value, **said}
        return Event(job_id, datetime.now(UTC), EventKind.STEP, "controller", "", data)

    def _apply(self, job: Job, event: Event) -> Job:
        (changed,) = self.services.jobs.store.apply([Change(job, (event,))]).jobs
        self.services.bus.poke()
        return changed


@contextmanager
def served_gateway(folder: Path, **settings: Any) -> Iterator[ServedGateway]:
    """Yield a gateway that answers, with users root, anna and vera; settings are its `GatewaySettings`."""
    made = make_gateway(folder, "memory:", USERS)
    services = replace(made.services, settings=GatewaySettings(**settings))
    gateway = ServedGateway(services, made.logs)
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.stop()
        close_gateway(made)
