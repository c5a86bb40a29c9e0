"""The server: all parts of it, made from the settings, in one process or in several."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.accounts.store.opening import open_accounts
from dmod.app.executors import JOBS, open_executors
from dmod.app.messenger import open_messenger
from dmod.app.server_settings import ROLES, ServerSettings
from dmod.app.settings import CONFIG, VARIABLES, DataSettings
from dmod.app.wiring import open_catalog
from dmod.core.atomic import storing
from dmod.core.cache import user_cache
from dmod.core.process import Process
from dmod.database.opening import require_known_tables
from dmod.jobs.control.controller import Controller
from dmod.jobs.control.reusing import Reusing
from dmod.jobs.control.scheduling import Scheduling
from dmod.jobs.events.bus import EventBus
from dmod.jobs.executor.port import Executor
from dmod.jobs.job import Job
from dmod.jobs.schedule.policy import Policy
from dmod.jobs.store.opening import open_job_store
from dmod.jobs.store.port import JobStore
from dmod.services.accounts import AccountService
from dmod.services.data.service import DataService
from dmod.services.engines import ENGINES
from dmod.services.jobs.checking import Checking
from dmod.services.jobs.confining import PUBLIC, is_readable
from dmod.services.jobs.estimating import Estimating
from dmod.services.jobs.image_policy import ImagePolicy
from dmod.services.jobs.members import SubmittedMembers
from dmod.services.jobs.notifying import Notifier
from dmod.services.jobs.service import JobService
from dmod.services.jobs.sweeping import Sweeper
from dmod.services.outgoing import Outgoing, allowed_networks

CACHE = "DMOD_CACHE_DIR"
PASSED = ("AWS_", "GOOGLE_", "AZURE_", "SSL_CERT_", "PGPASSFILE", "PGSSL")
"""Variables of the server that steps are given, by how they begin: what reaching store and index needs."""


@dataclass(frozen=True, slots=True)
class Server:
    """The parts of a server.

    Parameters
    ----------
    controller : None where another process has that role
    """

    data: DataService
    jobs: JobService
    accounts: AccountService
    bus: EventBus
    store: JobStore
    executors: Mapping[str, Executor]
    controller: Controller | None


@contextmanager
def open_server(data_settings: DataSettings, settings: ServerSettings) -> Iterator[Server]:
    """Open all parts of a server; its controller acts until the end of the block, and what runs goes on.

    Raises
    ------
    InputError
        a setting is wrong.
    StoreError, IndexFailure
        store or database cannot be opened.
    """
    with ExitStack() as opened:
        parts = _open_parts(data_settings, settings, opened)
        home, policy = data_settings.home, Policy.of(settings.policy, "server.policy")
        is_there = _finder(parts.data)
        controller = None
        if "controller" in settings.roles:
            controller = Controller(
                parts.store,
                parts.executors,
                Scheduling(parts.store, policy),
                Reusing(parts.store, is_there),
                home / JOBS,
                Process.this_process().text,
                environment=_environment(data_settings, elsewhere=bool(settings.executors)),
                told=parts.bus.poke,
            )
        poke = _poke(parts.bus, controller)
        jobs = JobService(
            parts.store, Scheduling(parts.store, policy), Estimating(parts.data), is_there, poke,
            executor=settings.executor, engines=settings.engines or ENGINES,
            images=ImagePolicy.of_tables(settings.executors), check=Checking(parts.data),
        )  # fmt: skip
        parts.bus.start(*([controller.wake] if controller is not None else []))
        if controller is not None:
            controller.members = SubmittedMembers(jobs, parts.store)
            _act(controller, parts, home / JOBS, opened, private=settings.is_loopback)
        yield Server(parts.data, jobs, parts.accounts, parts.bus, parts.store, parts.executors, controller)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a server is made of, whatever its roles."""

    data: DataService
    store: JobStore
    accounts: AccountService
    executors: Mapping[str, Executor]
    bus: EventBus


def _open_parts(data_settings: DataSettings, settings: ServerSettings, opened: ExitStack) -> _Parts:
    _require_known_tables(data_settings)
    catalog = open_catalog(data_settings)
    opened.callback(catalog.index.close)
    store = open_job_store(data_settings.index)
    opened.callback(store.close)
    accounts = open_accounts(data_settings.index)
    opened.callback(accounts.close)
    executors = open_executors(data_settings.home, settings, opened)
    messenger = open_messenger(settings.redis)
    if messenger is not None:
        opened.callback(messenger.close)
    return _Parts(
        DataService(catalog, data_settings.home, data_settings.owner),
        store,
        AccountService(accounts),
        executors,
        EventBus(store, messenger, alone=set(settings.roles) == set(ROLES)),
    )


def _require_known_tables(settings: DataSettings) -> None:
    """Refuse what a later version made before anything is brought to its present form: never half of it."""
    from dmod.accounts.store.tables import ACCOUNTS
    from dmod.catalog.index.migrating import INDEX_TABLES
    from dmod.jobs.store.sql import JOB_TABLES

    with storing(settings.home):
        settings.home.mkdir(parents=True, exist_ok=True)
    require_known_tables(settings.index, (INDEX_TABLES, JOB_TABLES, ACCOUNTS))


def _act(controller: Controller, parts: _Parts, folder: Path, opened: ExitStack, *, private: bool) -> None:
    """Let a controller act, and what goes with it, until what was opened is closed."""
    opened.enter_context(_acting(controller))
    sweeper = Sweeper(parts.store, parts.executors, folder, others=(parts.accounts.prune_audit,))
    opened.enter_context(sweeper.running())
    telling = Outgoing(allowed_networks(is_private=private))
    notifier = Notifier(parts.store, telling.post, acts=lambda: controller.is_acting)
    opened.enter_context(notifier.running())


def _finder(data: DataService) -> Callable[[Mapping[str, Any], Job], bool]:
    """Return whether what a result names is still there, and a job may read it."""

    def is_there(result: Mapping[str, Any], job: Job) -> bool:
        uuid = result.get("uuid")
        if uuid is None:
            return True
        found = data.catalog.index.with_uuid(str(uuid))
        return found is not None and (not job.is_confined or is_readable(job.owner)(found))

    return is_there


@contextmanager
def _acting(controller: Controller) -> Iterator[None]:
    """Let a controller act in a thread of its own."""
    thread = threading.Thread(target=controller.run, name="controller")
    thread.start()
    try:
        yield
    finally:
        controller.stop()
        thread.join()


def _poke(bus: EventBus, controller: Controller | None) -> Any:
    if controller is None:
        return bus.poke

    def poke() -> None:
        controller.wake()
        bus.poke()

    return poke


def _environment(settings: DataSettings, *, elsewhere: bool) -> dict[str, str]:
    """Return the variables by which a step finds the catalog that the server has.

    Parameters
    ----------
    elsewhere : whether steps run on other machines too, or in containers: they see the server's folder, and
        not that of its user
    """
    cache = settings.home / "cache" if elsewhere and not os.environ.get(CACHE) else user_cache()
    found = {name: value for name, value in os.environ.items() if name.startswith(PASSED)}
    found |= {
        VARIABLES["home"]: str(settings.home),
        VARIABLES["store"]: settings.store,
        VARIABLES["index"]: settings.index,
        VARIABLES["cache_limit"]: f"{settings.cache_limit} B",
        CACHE: str(cache),  # what is compiled for one step is there for all
    }
    return found | {name: os.environ[name] for name in (PUBLIC, CONFIG) if os.environ.get(name)}
