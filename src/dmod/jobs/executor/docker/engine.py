"""One Docker engine as an engine: a container for each attempt."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from dmod.errors import BackendError, ConflictError, DmodError, NotFoundError, SubmitError
from dmod.jobs.demand import Node
from dmod.jobs.executor.container.client import asking, open_client
from dmod.jobs.executor.container.fetching import Fetching
from dmod.jobs.executor.container.handing import Handing, user_of
from dmod.jobs.executor.container.images import NO_PROGRAM, find_image, no_python, require_allowed
from dmod.jobs.executor.container.marks import LABEL, MARK, USERS
from dmod.jobs.executor.container.setup import Setup, setup_of
from dmod.jobs.executor.docker.settings import DockerSettings
from dmod.jobs.executor.docker.sights import ENDED, sight_of
from dmod.jobs.executor.engine.port import Engine, Order, Sight, name_of
from dmod.jobs.executor.outcome import in_gigabytes

SMALLEST = 64 << 20
TEMPORARY = 256 << 20
"""Of what a worker may keep in its ``/tmp``; steps have a folder of their own on the disk [bytes]."""
NANO = 10**9
IMAGE, IMAGE_ID = "dmod.image", "dmod.image.id"
"""Labels that say which image was meant, and which that was."""
PINNED_SECONDS = 5.0
"""How long the content of an image is taken to be what its name means."""


class DockerEngine(Engine):
    """Runs workers as containers.

    A worker is no administrator, cannot become one, sees a root that cannot be written, and has no more
    memory, processor time and processes than it was given.

    Parameters
    ----------
    mark : of the executor; what bears another one is not ours
    home : folder of the server, with a catalog that workers may have to write
    """

    name = "docker"
    runs_images = True

    def __init__(self, settings: DockerSettings, mark: str, home: Path | None = None) -> None:
        self.settings = replace(settings, user=user_of(settings.user))
        self.mark = mark
        self._handing = Handing(self.settings.user, self.settings.paths, home)
        self._client = open_client(settings)
        self._fetching = Fetching(settings, self.start)
        self._ended: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._image = ("", -1e9)
        self._node: Node | None = None

    def nodes(self) -> Sequence[Node]:
        """Return the machine of the engine."""
        with asking(self.settings.address):
            found = self._client.info()
        memory = self.settings.memory or max(SMALLEST, int(found["MemTotal"]) - self.settings.reserve)
        self._node = Node(str(found["Name"]), self.settings.cpus or int(found["NCPU"]), memory, self.name)
        return (self._node,)

    def start(self, order: Order) -> str:
        """Make and start the container of an attempt; return its id."""
        try:
            self._require_satisfiable(order)
            if order.image and self._must_fetch(order):
                self._fetching.wait(order)
                return ""
            self._handing.give(order.folder, order.job_folder, *order.apart[0])
            container = self._made(order)
            with asking(self.settings.address):
                # one that has ended is not started again
                if self._client.inspect_container(container)["State"]["Status"] == "created":
                    self._begin(container, order)
        except SubmitError:
            raise
        except DmodError as error:
            raise SubmitError(
                f"{order.label} cannot be submitted: {error.message}",
                hint=error.hint,
                retryable=error.retryable,
            ) from error
        return container

    def look(self) -> Mapping[str, Sight]:
        """Return all containers that are ours."""
        waiting = self._fetching.sights()  # first: what is started meanwhile is among the containers
        with asking(self.settings.address):
            found = self._client.containers(all=True, filters={"label": f"{MARK}={self.mark}"})
            # what has our mark and no label was made by somebody else
            sights = [self._sight(item) for item in found if LABEL in (item["Labels"] or {})]
        there = {_turn(item) for item in found}
        self._ended = {turn: state for turn, state in self._ended.items() if turn in there}
        return {**waiting, **{sight.label: sight for sight in sights}}

    def stop(self, label: str) -> None:
        """Kill a container, and with it all of its processes; what waits for its image waits no more."""
        self._fetching.drop(label)
        with suppress(NotFoundError, ConflictError), asking(self.settings.address):
            found = self._client.inspect_container(name_of(label))
            if self._is_ours(found, label):
                self._client.kill(found["Id"])

    def remove(self, label: str) -> None:
        """Remove a container."""
        self._fetching.drop(label)
        self._remove(label)

    def _remove(self, label: str) -> None:
        with suppress(NotFoundError, ConflictError), asking(self.settings.address):
            found = self._client.inspect_container(name_of(label))
            if self._is_ours(found, label):
                self._client.remove_container(found["Id"], force=True, v=True)

    def close(self) -> None:
        """Let go of the connections to the engine."""
        self._client.close()

    def _begin(self, container: str, order: Order) -> None:
        """Start a container; one of a user's image that cannot be started is the user's to mend."""
        try:
            with asking(self.settings.address):
                self._client.start(container)
        except BackendError as error:
            if order.image and NO_PROGRAM in error.message:
                self._remove(order.label)  # it would be there as one that waits
                raise no_python(order) from error
            raise

    def _made(self, order: Order) -> str:
        """Return the container of an order: a new one, or the one that a submit before has left."""
        image = self._users_image(order) if order.image else self._pinned(order)
        setup = setup_of(order, self.settings, image)
        try:
            with asking(self.settings.address):
                made = self._client.create_container(
                    image,
                    command=list(setup.command[1:]),
                    entrypoint=[setup.command[0]],
                    name=order.name,
                    user=self.settings.user,
                    working_dir="/",
                    environment=dict(setup.environment),
                    labels={
                        MARK: self.mark,
                        LABEL: order.label,
                        IMAGE: order.image or self.settings.image,
                        IMAGE_ID: image,
                        **({USERS: order.image} if setup.is_apart else {}),
                    },
                    host_config=self._limits(order, setup),
                )
                return str(made["Id"])
        except NotFoundError:
            if not order.image:
                self._image = ("", -1e9)  # removed since it was looked for
                self._pinned(order)
            raise
        except ConflictError:
            with asking(self.settings.address):
                found = self._client.inspect_container(order.name)
            if not self._is_ours(found, order.label):
                raise SubmitError(
                    f"{order.label} cannot be submitted: container {order.name} is not of this server",
                    hint="remove it, if nobody needs it",
                ) from None
            return str(found["Id"])

    def _require_satisfiable(self, order: Order) -> None:
        """Refuse what the engine can never give; by itself it would let a container have less."""
        node = self._node or self.nodes()[0]
        if order.cpus > node.cpus or (order.memory or 0) > node.memory:
            memory = f" and {in_gigabytes(order.memory)}" if order.memory is not None else ""
            raise SubmitError(
                f"{order.label} needs {order.cpus} processors{memory}, and {node.name} can never give that",
                hint=f"ask for less: it has {node.cpus} and {in_gigabytes(node.memory)}",
            )

    def _limits(self, order: Order, setup: Setup) -> Any:
        settings = self.settings
        binds = [f"{path}:{path}:ro" for path in setup.readable]
        binds += [f"{path}:{path}:rw" for path in setup.writable]
        memory = order.memory + settings.spare if order.memory is not None else None
        return self._client.create_host_config(
            binds=binds,
            network_mode=settings.images_network if setup.is_apart else settings.network,
            read_only=True,
            tmpfs={"/tmp": f"rw,nosuid,nodev,mode=1777,size={TEMPORARY}"},
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            nano_cpus=order.cpus * NANO,
            mem_limit=memory,
            memswap_limit=memory,
            pids_limit=settings.processes,
            restart_policy={"Name": "no"},
            log_config={"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
        )

    def _sight(self, container: Mapping[str, Any]) -> Sight:
        turn, state = _turn(container), str(container["State"])
        if state in ENDED and turn not in self._ended:
            with suppress(NotFoundError), asking(self.settings.address):
                self._ended[turn] = self._client.inspect_container(turn[0])["State"]
        labels, ended = container["Labels"], self._ended.get(turn, {})
        return sight_of(labels[LABEL], turn[0], state, ended, labels.get(USERS, ""))

    def _is_ours(self, container: Mapping[str, Any], label: str) -> bool:
        labels = container["Config"].get("Labels") or {}
        return labels.get(MARK) == self.mark and labels.get(LABEL) == label

    def _must_fetch(self, order: Order) -> bool:
        """Whether a user's image, which has to be allowed, is to be fetched first."""
        require_allowed(order, self.settings.images)
        if not self.settings.pull:
            return False
        return find_image(self._client, self.settings.address, order.image) is None

    def _users_image(self, order: Order) -> str:
        """Return what the engine calls a user's image."""
        found = find_image(self._client, self.settings.address, order.image)
        if found is None:
            raise SubmitError(
                f"{order.label} cannot be submitted: the engine has no image {order.image}",
                hint="have it loaded or pulled there; the digest is that of a registry, or the image's id",
            )
        return found.id

    def _pinned(self, order: Order) -> str:
        """Return the image by its content, so that what runs is known whatever its name means later."""
        image, moment = self._image
        if time.monotonic() - moment < PINNED_SECONDS:
            return image
        try:
            with asking(self.settings.address):
                image = str(self._client.inspect_image(self.settings.image)["Id"])
        except NotFoundError:
            raise SubmitError(
                f"{order.label} cannot be submitted: the engine has no image {self.settings.image}",
                hint="build or pull it, or name another one in the executor's settings",
            ) from None
        self._image = (image, time.monotonic())
        return image


def _turn(container: Mapping[str, Any]) -> tuple[str, str]:
    """Return which run of a container it is, as far as a list tells: one may be started again by somebody."""
    return str(container["Id"]), f"{container['State']} {container['Status']}".partition(")")[0]
