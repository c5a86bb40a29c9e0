"""What a container of an attempt is made of: the executor's own image, or one that a user names.

A user's image is somebody else's program from its first instruction on. It sees the folder of its attempt
and one in that of its job to write, and the rest of the job's folder to read: neither the catalog, nor the
folders of others, nor what the server's settings tell its own workers, nor their networks and secrets.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from dmod.jobs.executor.engine.port import Order
from dmod.jobs.executor.image import CACHE, IMAGE, IMAGE_ID, OWN_CACHE

HOME = "/tmp"
PYTHON = "python3"
"""Of a user's image, found by its own path."""


class Told(Protocol):
    """What settings of executors over containers say of them."""

    @property
    def python(self) -> str:
        """Return the program in the executor's image that runs the worker."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Return variables of workers."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Return folders that workers may write."""

    @property
    def mounts(self) -> tuple[str, ...]:
        """Return folders that they may only read."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Return folders with dmod and what it needs, lent to images that have no dmod."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a container is made of.

    Parameters
    ----------
    image : as the engine is to find it
    command : program and arguments
    environment : variables
    writable, readable : folders that it sees, under the same path
    is_apart : whether it is a user's, and gets neither networks nor secrets
    """

    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    writable: tuple[str, ...]
    readable: tuple[str, ...]
    is_apart: bool = False


def setup_of(order: Order, settings: Told, image: str) -> Setup:
    """Return what the container of an order is made of.

    Parameters
    ----------
    image : that is meant, by its content
    """
    if not order.image:
        return Setup(
            image,
            (settings.python, *order.arguments),
            {"HOME": HOME, **settings.environment},
            settings.paths,
            settings.mounts,
        )
    writable, readable = order.apart
    lent = [order.compiled] if os.path.isdir(order.compiled) else []  # noqa: PTH112 - quick
    known = (order.folder, order.image, own_version(), own_python())
    lists = os.pathsep.join(settings.packages), *(lent or [""])
    return Setup(
        image,
        (PYTHON, "-c", entry(), *known, *lists),
        {"HOME": HOME, CACHE: OWN_CACHE, IMAGE: order.image, IMAGE_ID: image},
        writable,
        tuple(dict.fromkeys((*readable, *lent, *settings.packages))),
        is_apart=True,
    )


@lru_cache(maxsize=1)
def entry() -> str:
    """Return the program by which a user's image begins."""
    return Path(__file__).with_name("entry.py").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def own_version() -> str:
    """Return the version of dmod."""
    from importlib import metadata

    return metadata.version("dmod")


def own_python() -> str:
    """Return the version of Python that what is lent is for: that of the server."""
    return ".".join(map(str, sys.version_info[:2]))
