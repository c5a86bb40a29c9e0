"""The service that a swarm is asked for: one worker, at one place, that is never started again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dmod.jobs.executor.container.marks import LABEL, MARK, USERS
from dmod.jobs.executor.container.setup import Setup, setup_of
from dmod.jobs.executor.engine.port import Order
from dmod.jobs.executor.swarm.settings import SwarmSettings

NANO = 10**9
LEAST_MEMORY = 4 << 20
"""That a swarm takes for an amount of memory [bytes]."""


def service_of(
    order: Order, settings: SwarmSettings, *, mark: str, image: str, secrets: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Return the service of an order, as Docker's interface takes it.

    It is of the kind that keeps one copy running, and is told never to start another: what a swarm calls a
    job leaves its containers behind when it is removed (Docker 20.10).

    Parameters
    ----------
    image : that is meant by the settings, by its content
    secrets : number and name of each
    """
    labels = {MARK: mark, LABEL: order.label, **({USERS: order.image} if order.image else {})}
    setup = setup_of(order, settings, image)
    return {
        "Name": order.name,
        "Labels": labels,
        "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {
            "ContainerSpec": _container(setup, settings, labels=labels, secrets=secrets),
            "Resources": _resources(order, settings),
            "RestartPolicy": {"Condition": "none", "MaxAttempts": 0},
            "Placement": {"Constraints": [f"node.hostname=={name}" for name in order.nodes[:1]]},
            "Networks": [{"Target": name} for name in _networks(setup, settings)],
            # what an attempt writes stands in its folder; this is what Python says if it cannot begin
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m", "max-file": "1"}},
        },
    }


def _networks(setup: Setup, settings: SwarmSettings) -> tuple[str, ...]:
    """Return the networks that a container joins: of users' images none of the server's own."""
    if setup.is_apart:
        return (settings.images_network,) if settings.images_network else ()
    return settings.networks


def _container(
    setup: Setup,
    settings: SwarmSettings,
    *,
    labels: Mapping[str, str],
    secrets: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    user, _, group = settings.user.partition(":")
    return {
        "Image": setup.image,
        "Command": list(setup.command),
        "Labels": labels,
        "Env": [f"{name}={value}" for name, value in setup.environment.items()],
        "Dir": "/",
        "User": settings.user,
        "ReadOnly": True,
        "CapabilityDrop": ["ALL"],
        "StopGracePeriod": int(settings.stop_grace * NANO),
        "Mounts": [
            *_binds(setup.readable, is_read_only=True),
            *_binds(setup.writable, is_read_only=False),
            {"Type": "tmpfs", "Target": "/tmp"},
        ],
        "Secrets": [
            {
                "SecretID": number,
                "SecretName": name,
                "File": {"Name": name, "UID": user or "0", "GID": group or "0", "Mode": 0o400},
            }
            for number, name in secrets
        ],
    }


def _binds(paths: Sequence[str], *, is_read_only: bool) -> list[dict[str, Any]]:
    return [{"Type": "bind", "Source": path, "Target": path, "ReadOnly": is_read_only} for path in paths]


def _resources(order: Order, settings: SwarmSettings) -> dict[str, Any]:
    """Return what is kept for a worker, and what it can have at most."""
    cpus = order.cpus * NANO
    if order.memory is None:
        return {"Limits": {"NanoCPUs": cpus}, "Reservations": {"NanoCPUs": cpus}}
    memory = max(LEAST_MEMORY, order.memory)
    return {
        "Limits": {"NanoCPUs": cpus, "MemoryBytes": memory + settings.spare},
        "Reservations": {"NanoCPUs": cpus, "MemoryBytes": memory},
    }
