"""The executor over an engine: attempts are workers that it starts, known by what they write and it says."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from dmod.errors import BackendError, SubmitError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Node
from dmod.jobs.executor.engine.account import SUBMITTED, Account
from dmod.jobs.executor.engine.describing import describe
from dmod.jobs.executor.engine.looking import Looking
from dmod.jobs.executor.engine.port import Engine, Order, Sight, companion_of
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import CANCEL, END, LOG, STARTED, TASK, AttemptFolder
from dmod.jobs.executor.local.watch import WITHDRAWN
from dmod.jobs.executor.port import Executor, Task, TaskState, TaskStatus

DEFAULTS = EngineSettings()
REMEMBERED = 5000
TOGETHER = 250
"""Attempts that are submitted together, at most: a file of each is open meanwhile."""
FORCE_SECONDS = 3.0
"""After the grace of a worker before the engine ends it: it does so itself, and says so."""

log = logging.getLogger("dmod.executor")


class EngineExecutor(Executor):
    """Runs attempts on an engine.

    Whatever is known of attempts stands in files below one folder that workers share, and with the engine.
    Another one that is made over the same folder and engine knows the same attempts.

    Parameters
    ----------
    root : folder for what is kept of attempts; workers see it under the same path
    """

    def __init__(self, root: Path, engine: Engine, settings: EngineSettings = DEFAULTS) -> None:
        self.name = engine.name
        self.root = root.resolve()
        self.engine = engine
        self.settings = settings
        self._attempts = self.root / "attempts"
        self._accounts: dict[str, Account] = {}
        self._submitting: set[str] = set()
        self._force_at: dict[str, float] = {}
        self._to_stop: set[str] = set()
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._is_closed = False
        try:
            self._attempts.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SubmitError(
                f"attempts cannot be kept in {self.root}: {error}", hint="choose another folder"
            ) from error
        self._looking = Looking(
            engine,
            settings.every,
            is_wanted=self._is_wanted,
            on_files=self._mind,
            on_view=self._changed.set,
            missing=self._missing,
        )

    def nodes(self) -> Sequence[Node]:
        """Return the nodes of the engine as they were a moment ago; none is ready while it is silent.

        Raises
        ------
        BackendError
            it was never heard of.
        """
        return self._looking.find_nodes()

    def submit(self, task: Task) -> str:
        """Have a worker started for an attempt, unless one was; on return the engine has it."""
        if self._is_closed:
            raise SubmitError(f"{task.label} came after the executor was closed", hint="open another one")
        folder = self._folder(task.label)
        with self._lock:
            self._submitting.add(task.label)
        try:
            orders = describe(task, folder, self.engine, self.settings, self.root)
            with self._alone(folder):
                return self._start(folder, orders)
        except OSError as error:
            raise _failed(task.label, error) from error
        finally:
            with self._lock:
                self._submitting.discard(task.label)
            self._looking.ask()

    def submit_many(self, tasks: Sequence[Task]) -> list[str | SubmitError]:
        """Have workers started for attempts, with few questions to the engine where it can do so."""
        if len(tasks) < 2 or not self.engine.starts_together or self._is_closed:
            return super().submit_many(tasks)
        # in one order, for each is locked until the engine has all of them
        ordered = [task for _, task in sorted({task.label: task for task in tasks}.items())]
        found: dict[str, str | SubmitError] = {}
        for first in range(0, len(ordered), TOGETHER):
            found |= self._submit_together(ordered[first : first + TOGETHER])
        return [found[task.label] for task in tasks]

    def poll(self, labels: Sequence[str]) -> list[TaskStatus]:
        """Return what is known of attempts, in their order; never waits for the engine."""
        now = time.monotonic()
        is_stale = self._looking.age() > self.settings.patience + self.settings.every
        with self._lock:
            found = [self._look(label, now, is_stale=is_stale) for label in labels]
            if len(self._accounts) > REMEMBERED + 2 * len(labels):
                kept = set(labels)
                self._accounts = {label: item for label, item in self._accounts.items() if label in kept}
        return found

    def cancel(self, label: str, grace: float) -> None:
        """Have an attempt ended, or see to it that it never begins."""
        folder = self._folder(label)
        if folder.read(TASK) is None or folder.read(END) is not None:
            return
        moment = time.monotonic() + grace + FORCE_SECONDS
        with self._lock:
            self._force_at[label] = min(moment, self._force_at.get(label, moment))
        # where nothing can be written the engine ends it all the same, only later
        with suppress(OSError):
            wish = folder.read(CANCEL)
            if wish is None or grace < float(wish["grace"]):
                folder.write(CANCEL, {"grace": grace, "at": _now()})
            cause = Cause(CauseKind.CANCELLED, "it was cancelled")
            if folder.write_once(STARTED, {WITHDRAWN: cause.as_json(), "at": _now()}):
                with self._lock:
                    self._to_stop.add(label)
                self._changed.set()

    def log(self, label: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """Return what an attempt has written, from an offset."""
        try:
            with open(self._folder(label).open_file(LOG), "rb") as file:  # noqa: PTH123 - a descriptor
                file.seek(offset)
                return file.read(limit)
        except (FileNotFoundError, NotADirectoryError):
            return b""

    def forget(self, label: str) -> None:
        """Remove what is kept of an attempt, by the engine too; one that is under way is left alone."""
        folder = self._folder(label)
        (status,) = self.poll([label])
        under_way = {TaskState.RUNNING, TaskState.STALE, TaskState.PENDING}
        if label in self._submitting or status.state in under_way or folder.read(TASK) is None:
            return
        with suppress(BackendError):
            for name in self._started_for(label):
                self.engine.remove(name)
        folder.remove()
        with self._lock:
            self._accounts.pop(label, None)
            self._force_at.pop(label, None)

    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after some seconds."""
        self._changed.wait(seconds)
        self._changed.clear()

    def wake(self) -> None:
        """Let `wait` return."""
        self._changed.set()

    def close(self) -> None:
        """Let go; attempts go on. A second time does nothing."""
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self._looking.close()
            self.engine.close()

    # submitting

    def _submit_together(self, tasks: Sequence[Task]) -> dict[str, str | SubmitError]:
        found: dict[str, str | SubmitError] = {}
        ready: dict[str, tuple[AttemptFolder, Order]] = {}
        with self._lock:
            self._submitting.update(task.label for task in tasks)
        try:
            with ExitStack() as locks:
                for task in tasks:
                    folder = self._folder(task.label)
                    try:
                        orders = describe(task, folder, self.engine, self.settings, self.root)
                        locks.enter_context(self._alone(folder))
                        is_new = folder.read(SUBMITTED) is None and folder.read(STARTED) is None
                        if is_new and len(orders) == 1:
                            ready[task.label] = folder, orders[0]
                        else:
                            found[task.label] = self._start(folder, orders)
                    except SubmitError as error:
                        found[task.label] = error
                    except OSError as error:
                        found[task.label] = _failed(task.label, error)
                told = self.engine.start_many([order for _, order in ready.values()]) if ready else []
                for (label, (folder, _)), said in zip(ready.items(), told, strict=True):
                    found[label] = said if isinstance(said, SubmitError) else self._note(label, folder, said)
        finally:
            with self._lock:
                self._submitting.difference_update(task.label for task in tasks)
            self._looking.ask()
        return found

    def _note(self, label: str, folder: AttemptFolder, native_id: str) -> str | SubmitError:
        try:
            folder.write_once(SUBMITTED, {"native_id": native_id, "at": _now()})
        except OSError as error:
            return _failed(label, error)
        return native_id

    def _start(self, folder: AttemptFolder, orders: list[Order]) -> str:
        """Have the engine start a worker, unless it did; several that try at once do it one after another."""
        order, *companions = orders
        submitted = folder.read(SUBMITTED)
        if submitted is not None:
            return str(submitted["native_id"])
        if folder.read(STARTED) is not None:  # withdrawn meanwhile, or begun under a submit that was cut off
            try:
                sight = self.engine.look().get(order.label)
            except BackendError as error:
                raise SubmitError(error.message, hint=error.hint, retryable=True) from error
            return sight.native_id if sight is not None else ""
        try:
            for companion in companions:
                self.engine.start(companion)
            native_id = self.engine.start(order)
        except SubmitError:
            # they would wait for a worker that does not come
            with suppress(BackendError):
                for companion in companions:
                    self.engine.stop(companion.label)
            raise
        folder.write_once(SUBMITTED, {"native_id": native_id, "at": _now()})
        return native_id

    @contextmanager
    def _alone(self, folder: AttemptFolder) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(folder.file(".submitting"), flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    # looking

    def _look(self, label: str, now: float, *, is_stale: bool) -> TaskStatus:
        account = self._accounts.get(label)
        is_stale = is_stale and account is not None
        if account is None:
            account = Account(label, self._folder(label), self.settings, self.engine)
            if not os.path.exists(self._folder(label).file(TASK)):  # noqa: PTH110 - quick
                return account.status
        was_running, was_over = account.is_running, account.is_over
        status = account.look(now, self._looking.view, is_stale=is_stale)
        if account.lingers:
            self._to_stop.add(label)
        if status.state is TaskState.UNKNOWN:
            pending = label in self._submitting
            return TaskStatus(label, TaskState.PENDING) if pending else status
        if label not in self._accounts:
            self._accounts[label] = account
            self._looking.ask()
        if account.is_over and not was_over:
            self._force_at.pop(label, None)
            if account.was_judged or status.state is TaskState.LOST or not (was_running or status.is_success):
                self._to_stop.add(label)
        return status

    def _is_wanted(self) -> bool:
        with self._lock:
            return bool(self._submitting or self._force_at or self._to_stop) or any(
                not account.is_over for account in self._accounts.values()
            )

    def _missing(self, sights: Mapping[str, Sight], begun: float) -> Mapping[str, str]:
        """Return what the engine says nothing of, and should: its own ids, by label."""
        with self._lock:
            accounts = [item for label, item in self._accounts.items() if label not in sights]
        return {item.label: item.native_id for item in accounts if item.is_missed(begun)}

    def _mind(self) -> None:
        """Look for what has ended, and end what did not end when it was asked to."""
        now = time.monotonic()
        with self._lock:
            open_accounts = [account for account in self._accounts.values() if not account.is_over]
            due = [label for label, moment in self._force_at.items() if moment <= now]
            for label in due:
                del self._force_at[label]
            stopping, self._to_stop = [*self._to_stop, *due], set()
        if any(account.has_ended() for account in open_accounts):
            self._changed.set()
        for label in stopping:
            try:
                for name in self._started_for(label):
                    self.engine.stop(name)
            except BackendError as error:
                log.warning("%s could not be ended: %s", label, error.message)
                with self._lock:
                    self._force_at[label] = now + 5.0

    def _started_for(self, label: str) -> list[str]:
        """Return the labels of all that the engine has started for an attempt: its worker, and companions."""
        if self.engine.spans_nodes:
            return [label]
        hosts = (self._folder(label).read(TASK) or {}).get("hosts") or ()
        return [label, *(companion_of(label, number) for number in range(1, len(hosts)))]

    def _folder(self, label: str) -> AttemptFolder:
        return AttemptFolder.of_label(self._attempts, label)


def _failed(label: str, error: OSError) -> SubmitError:
    return SubmitError(f"{label} cannot be submitted: {error}", retryable=True)


def _now() -> str:
    return datetime.now(UTC).isoformat()
