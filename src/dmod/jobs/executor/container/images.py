"""Images that users name, pinned to their content: which of them may run, and what an engine calls them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from dmod.errors import NotFoundError, SubmitError
from dmod.jobs.executor.container.client import asking
from dmod.jobs.executor.engine.port import Order

ALL = ("*",)
NO_PROGRAM = "unable to start container process"
"""In what an engine says of a container whose program is not there, or no program of this machine."""
LACKING = "it needs a program python3 on its path that runs on this machine: Python 3.11 or newer"


def is_allowed(image: str, patterns: Sequence[str]) -> bool:
    """Return whether the name of a pinned image fits one of some patterns; ``*`` is anything."""
    name = image.partition("@")[0]
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def require_allowed(order: Order, patterns: Sequence[str]) -> None:
    """Refuse an image that settings do not allow.

    Raises
    ------
    SubmitError
        it is none of them.
    """
    if not is_allowed(order.image, patterns):
        raise SubmitError(
            f"{order.label} cannot be submitted: the image {order.image} is not allowed here",
            hint=f"allowed are {', '.join(patterns) or 'none'}; ask who runs the server",
        )


def no_python(order: Order) -> SubmitError:
    """Return the error for an image whose Python cannot be started."""
    return SubmitError(
        f"{order.label} cannot be submitted: the image {order.image} has no Python that can be started",
        hint=LACKING,
    )


class FoundImage(NamedTuple):
    """An image that an engine has: its id there, and whether the engine knows it by name and digest."""

    id: str
    has_digest: bool


def find_image(client: Any, address: str, image: str) -> FoundImage | None:
    """Return what an engine calls the image of a name and digest; None where it has none.

    An engine knows a digest of what it got from a registry. What was built or loaded on it has only the id of
    its content, which counts as its digest where the name is one that it bears.
    """
    name, _, digest = image.partition("@")
    for asked in (image, digest):
        try:
            with asking(address):
                found = client.inspect_image(asked)
        except NotFoundError:
            continue
        if asked == image or name in _names(found):
            return FoundImage(str(found["Id"]), asked == image)
    return None


def _names(found: Any) -> set[str]:
    """Return the names of an image, without tags and digests."""
    tagged = {tag.rpartition(":")[0] for tag in found.get("RepoTags") or ()}
    return tagged | {digest.partition("@")[0] for digest in found.get("RepoDigests") or ()}
