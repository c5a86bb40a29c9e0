"""Fetching images that users name: in threads, so that nobody waits; what waits for one is started then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from dmod.errors import BackendError, DmodError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.container.client import asking, open_client
from dmod.jobs.executor.docker.settings import DockerSettings
from dmod.jobs.executor.engine.port import Order, Sight, SightState

PATIENCE = 600.0
"""For a sign that an engine goes on with an image [s]."""
ABSENT = ("not found", "manifest unknown", "does not exist", "denied", "no basic auth", "unauthorized")
"""In what registries say of images that asking again does not help to."""


class Fetching:
    """Has an engine fetch images; each once, whoever waits for it.

    Parameters
    ----------
    settings : by which the engine is reached
    start : starts what has waited
    """

    def __init__(self, settings: DockerSettings, start: Callable[[Order], Any]) -> None:
        self._settings = replace(settings, timeout=PATIENCE)
        self._start = start
        self._waiting: dict[str, dict[str, Order]] = {}
        self._failed: dict[str, Cause] = {}
        self._lock = threading.Lock()

    def wait(self, order: Order) -> None:
        """Let an order wait for its image, which is fetched from now on if nobody waits for it yet."""
        with self._lock:
            self._failed.pop(order.label, None)
            is_first = order.image not in self._waiting
            self._waiting.setdefault(order.image, {})[order.label] = order
        if is_first:
            name = f"dmod-fetch-{order.image[-12:]}"
            threading.Thread(target=self._fetch, args=(order.image,), name=name, daemon=True).start()

    def drop(self, label: str) -> None:
        """Let an attempt wait no more; nothing is said of it any longer."""
        with self._lock:
            self._failed.pop(label, None)
            for orders in self._waiting.values():
                orders.pop(label, None)

    def sights(self) -> Mapping[str, Sight]:
        """Return what is to be said of attempts that wait, or for which there is no image."""
        with self._lock:
            found = {label: Sight(label, SightState.ENDED, cause=c) for label, c in self._failed.items()}
            for image, orders in self._waiting.items():
                reason = f"the engine fetches {image}"
                found |= {label: Sight(label, SightState.WAITING, reason=reason) for label in orders}
        return found

    def _fetch(self, image: str) -> None:
        cause = None
        try:
            with _engine(self._settings) as client, asking(self._settings.address):
                name, _, digest = image.partition("@")
                for said in client.pull(name, tag=digest, stream=True, decode=True):
                    if "error" in said:
                        raise BackendError(str(said["error"]), retryable=True)
        except DmodError as error:
            cause = _cause_of(image, error)
        with self._lock:
            orders = list(self._waiting.get(image, {}).values())
        for order in orders:
            why = cause or self._started(order)
            with self._lock:
                is_wanted = self._waiting[image].pop(order.label, None) is not None
                if why is not None and is_wanted:
                    self._failed[order.label] = why
        with self._lock:
            late = self._waiting.pop(image, {})
        for order in late.values():
            self.wait(order)

    def _started(self, order: Order) -> Cause | None:
        try:
            if not self._start(order):
                return Cause(CauseKind.BACKEND, f"the engine fetched {order.image}, and does not know it")
        except DmodError as error:
            kind = CauseKind.BACKEND if error.retryable else CauseKind.INPUT
            return Cause(kind, error.message, error.hint or "", error.retryable)
        return None


@contextmanager
def _engine(settings: DockerSettings) -> Iterator[Any]:
    client = open_client(settings)
    try:
        yield client
    finally:
        client.close()


def _cause_of(image: str, error: DmodError) -> Cause:
    message = f"the image {image} cannot be fetched: {error.message}"
    if any(words in error.message.lower() for words in ABSENT):
        return Cause(CauseKind.INPUT, message, "correct its name and digest, or have it loaded there")
    return Cause(CauseKind.BACKEND, message, "it is tried again", retryable=True)
