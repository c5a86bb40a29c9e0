"""A gateway with real services behind it, for tests: accounts, jobs and datasets of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dmod.accounts.principal import Caller, Principal
from dmod.accounts.role import ROLE_SCOPES, Role, Scope
from dmod.accounts.store.opening import open_accounts
from dmod.api.application import make_application
from dmod.api.services import Services
from dmod.catalog.catalog import Catalog
from dmod.catalog.index.opening import open_index
from dmod.catalog.store.folder import FolderStore
from dmod.jobs.control.clock import utc_now
from dmod.jobs.control.scheduling import Scheduling
from dmod.jobs.demand import Node, Share
from dmod.jobs.event import Event, EventKind
from dmod.jobs.events.bus import EventBus
from dmod.jobs.job import Attempt, Job
from dmod.jobs.state import AttemptState, JobState, StepState
from dmod.jobs.store.opening import open_job_store
from dmod.jobs.store.port import Change, JobStore
from dmod.services.accounts import AccountService
from dmod.services.data.service import DataService
from dmod.services.jobs.checking import Checking
from dmod.services.jobs.estimating import Estimated
from dmod.services.jobs.service import JobService

USERS = {"root": Role.ADMIN, "anna": Role.USER, "bert": Role.USER, "vera": Role.VIEWER}
ROOT = Principal("root", Role.ADMIN, ROLE_SCOPES[Role.ADMIN], "-")


@dataclass
class Gateway:
    """A gateway, with tokens of some users."""

    services: Services
    logs: dict[str, bytes] = field(default_factory=dict)
    opened: list[TestClient] = field(default_factory=list)

    def token(self, user: str, *scopes: Scope) -> str:
        """Return the text of a new token of a user, who is made where there is none."""
        issued = self.services.accounts.issue_token(Caller(ROOT), "test", user=user, scopes=scopes or None)
        return issued.secret.reveal()

    def application(self, **settings: Any) -> FastAPI:
        """Return the application, with some settings."""
        changed = replace(self.services.settings, **settings)
        return make_application(replace(self.services, settings=changed))

    def client(self, token: str = "", address: str = "192.0.2.7", **settings: Any) -> TestClient:
        """Return a client at an address that sends a token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        found = TestClient(
            self.application(**settings),
            headers=headers,
            raise_server_exceptions=False,
            client=(address, 4711),
        )
        found.__enter__()
        self.opened.append(found)
        return found

    @property
    def store(self) -> JobStore:
        """Return the store of jobs."""
        return self.services.jobs.store

    def move(self, job_id: str, *states: JobState) -> Job:
        """Bring a job into one state after the other, as the controller would."""
        for state in states:
            job = self.store.job(job_id)
            at = utc_now()
            event = Event(job_id, at, EventKind.STATE, "controller", "", {"from": job.state, "to": state})
            self.store.apply([Change(job.to(state, at), (event,))])
            self.services.bus.poke()
        return self.store.job(job_id)

    def begin(self, job_id: str, step: str, state: AttemptState = AttemptState.STARTED) -> Job:
        """Let an attempt at a step be under way on two CPUs, or have ended."""
        job = self.store.job(job_id)
        shares = (Share("node-1", 2, 10**9),)
        attempt = Attempt(1, state, "local", utc_now(), "4711", shares, utc_now())
        begun = replace(job.step(step), state=StepState.RUNNING).with_attempt(attempt)
        self.store.apply([Change(replace(job.with_step(begun), allocation=shares))])
        self.services.bus.poke()
        return self.store.job(job_id)

    @contextmanager
    def served(self, **settings: Any) -> Iterator[tuple[str, FastAPI]]:
        """Yield the address of a real server on the loopback address, and its application."""
        app = self.application(**settings)
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_config=None,
            ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            yield f"127.0.0.1:{port}", app
        finally:
            server.should_exit = True
            thread.join(20)


def make_gateway(folder: Path, address: str, users: Mapping[str, Role] = USERS) -> Gateway:
    """Return a gateway over stores in a folder, or in memory."""
    store = open_job_store(address if address == "memory:" else str(folder / address))
    accounts = AccountService(open_accounts(address if address == "memory:" else str(folder / address)))
    for name, role in users.items():
        accounts.create_user(Caller(ROOT), name, role)
    index = open_index(address if address == "memory:" else str(folder / "index.sqlite"))
    data = DataService(Catalog(FolderStore(folder / "store"), index), folder / "work", "nobody")
    bus = EventBus(store, alone=True)
    jobs = JobService(
        store,
        Scheduling(store),
        lambda _request, _reader: Estimated(),
        lambda _result, _job: True,
        bus.poke,
        utc_now,
        check=Checking(data),
    )
    store.set_nodes("local", [Node("node-1", 4, 8 * 10**9)])
    logs: dict[str, bytes] = {}
    services = Services(
        data, jobs, accounts, bus, lambda label, offset, limit: logs.get(label, b"")[offset : offset + limit]
    )
    return Gateway(services, logs)


def close_gateway(gateway: Gateway) -> None:
    """Let go of clients and stores."""
    for client in gateway.opened:
        client.__exit__(None, None, None)
    gateway.services.jobs.store.close()
    gateway.services.accounts.store.close()
    gateway.services.data.catalog.index.close()
