"""A swarm as an engine: one service for each attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from dmod.errors import ConflictError, DmodError, NotFoundError, SubmitError
from dmod.jobs.demand import Node
from dmod.jobs.executor.container.client import asking, open_client
from dmod.jobs.executor.container.handing import Handing, user_of
from dmod.jobs.executor.container.images import find_image, require_allowed
from dmod.jobs.executor.container.marks import LABEL, MARK
from dmod.jobs.executor.engine.port import Engine, Order, Sight, name_of
from dmod.jobs.executor.ranks.addresses import NETWORK
from dmod.jobs.executor.swarm.membership import Member, members, nodes_of
from dmod.jobs.executor.swarm.service import service_of
from dmod.jobs.executor.swarm.settings import SwarmSettings
from dmod.jobs.executor.swarm.sights import asks_for_nodes, places_of, sights_of


class SwarmEngine(Engine):
    """Runs workers as services of a swarm.

    Parameters
    ----------
    mark : of the executor; what bears another one is not ours
    home : folder of the server, with a catalog that workers may have to write
    """

    name = "swarm"
    runs_images = True

    def __init__(self, settings: SwarmSettings, mark: str, home: Path | None = None) -> None:
        self.settings = replace(settings, user=user_of(settings.user))
        self.mark = mark
        self._handing = Handing(self.settings.user, self.settings.paths, home)
        self._client = open_client(settings)
        self._members: Mapping[str, Member] = {}
        self._ranks_network: str | None = None

    def nodes(self) -> Sequence[Node]:
        """Return the nodes of the swarm."""
        with asking(self.settings.address):
            found = self._client.nodes()
        return nodes_of(members(found), self.settings, self.name)

    def start(self, order: Order) -> str:
        """Have the swarm run a worker; return the id of its service."""
        self._handing.give(order.folder, order.job_folder, *order.apart[0])
        try:
            with asking(self.settings.address):
                service = self._service(order)
                made = self._client.create_service(
                    service["TaskTemplate"],
                    name=service["Name"],
                    labels=service["Labels"],
                    mode=service["Mode"],
                )
                return str(made["ID"])
        except ConflictError:
            # a submit whose answer was lost
            return self._adopt(order)
        except SubmitError:
            raise
        except DmodError as error:
            raise _not_submitted(order, error) from error

    def look(self) -> Mapping[str, Sight]:
        """Return what the swarm says of all that is ours."""
        ours = {"label": f"{MARK}={self.mark}"}
        with asking(self.settings.address):
            services = self._client.services(filters=ours)
            tasks = self._client.tasks(filters=ours) if services else []
            # how nodes are is rarely of interest, and rarely asked for
            if asks_for_nodes(tasks) or not places_of(tasks) <= self._members.keys():
                self._members = {node["ID"]: Member.of(node) for node in self._client.nodes()}
        return sights_of(services, tasks, tuple(self._members.values()))

    def stop(self, label: str) -> None:
        """Remove the service of an attempt, and with it all of its processes."""
        self.remove(label)

    def remove(self, label: str) -> None:
        """Remove the service of an attempt."""
        with suppress(NotFoundError), asking(self.settings.address):
            found = self._client.inspect_service(name_of(label))
            if self._is_ours(found, label):
                self._client.remove_service(found["ID"])

    def close(self) -> None:
        """Let go of the connections to the manager."""
        self._client.close()

    def _service(self, order: Order) -> dict[str, Any]:
        if order.image:
            return service_of(
                order, self.settings, mark=self.mark, image=self._users_image(order), secrets=()
            )
        return service_of(
            order, self._with_network(), mark=self.mark, image=self._pinned(), secrets=self._secrets()
        )

    def _users_image(self, order: Order) -> str:
        """Return the image of a user's as all nodes know it; refuse one that is not allowed, or not there."""
        require_allowed(order, self.settings.images)
        found = find_image(self._client, self.settings.address, order.image)
        if found is None and not self.settings.pull:
            raise SubmitError(
                f"{order.label} cannot be submitted: the manager has no image {order.image}",
                hint="have it loaded or pulled there; the digest is that of a registry, or the image's id",
            )
        # what was loaded is known by its id alone, and cannot be fetched
        return order.image if found is None or found.has_digest else found.id

    def _adopt(self, order: Order) -> str:
        """Return the id of a service that has the name of an order, if it is that of the same attempt."""
        try:
            with asking(self.settings.address):
                found = self._client.inspect_service(order.name)
        except DmodError as error:
            raise _not_submitted(order, error, retryable=True) from error
        if not self._is_ours(found, order.label):
            raise SubmitError(
                f"{order.label} cannot be submitted: service {order.name} of the swarm is not of this server",
                hint="remove it, if nobody needs it",
            )
        return str(found["ID"])

    def _is_ours(self, service: Mapping[str, Any], label: str) -> bool:
        labels = service["Spec"].get("Labels") or {}
        return labels.get(MARK) == self.mark and labels.get(LABEL) == label

    def _pinned(self) -> str:
        """Return the image by its content, so that all nodes run the same whatever its name means there."""
        name = self.settings.image
        if "@" in name or name.startswith("sha256:"):
            return name
        try:
            with asking(self.settings.address):
                found = self._client.inspect_image(name)
        except NotFoundError:
            return name  # the manager has none; nodes may
        repository = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
        digests = [item for item in found.get("RepoDigests") or () if item.startswith(f"{repository}@")]
        return str(digests[0] if digests else found["Id"])

    def _with_network(self) -> SwarmSettings:
        """Return the settings, with what tells workers by which addresses ranks reach one another."""
        names = self.settings.networks
        if not names:
            return self.settings
        if self._ranks_network is None:
            name = self.settings.ranks_network or ("mpi" if "mpi" in names else names[0])
            ranges = (self._client.inspect_network(name).get("IPAM") or {}).get("Config") or ()
            self._ranks_network = str(ranges[0]["Subnet"]) if ranges else ""
        environment = {NETWORK: self._ranks_network, **self.settings.environment}
        return replace(self.settings, environment=environment)

    def _secrets(self) -> list[tuple[str, str]]:
        """Return number and name of the secrets that workers are given."""
        if not self.settings.secrets:
            return []
        found = {item["Spec"]["Name"]: str(item["ID"]) for item in self._client.secrets()}
        for name in self.settings.secrets:
            if name not in found:
                raise SubmitError(
                    f"the swarm has no secret {name}", hint=f"it has: {', '.join(sorted(found)) or 'none'}"
                )
        return [(found[name], name) for name in self.settings.secrets]


def _not_submitted(order: Order, error: DmodError, *, retryable: bool | None = None) -> SubmitError:
    return SubmitError(
        f"{order.label} cannot be submitted: {error.message}",
        hint=error.hint,
        retryable=error.retryable if retryable is None else retryable,
    )
