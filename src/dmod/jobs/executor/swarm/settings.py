"""What can be set of the executor over a swarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dmod.jobs.executor.container.images import ALL
from dmod.jobs.executor.engine.node_settings import NodeSettings


@dataclass(frozen=True, slots=True)
class SwarmSettings:
    """Settings of a `SwarmEngine`.

    Parameters
    ----------
    image : that workers are made of; dmod is installed in it
    address : of a manager of the swarm, as Docker writes it
    python : the program in the image that runs the worker
    user : number of the user and of the group of workers, as ``uid:gid``; "" is the server's own, or one that
        nobody has if that is root
    paths : folders that all nodes share under the same path, which workers may write
    mounts : the same, which workers may only read
    secrets : names of the swarm's secrets that workers find below ``/run/secrets``
    networks : names of the swarm's networks that workers join; without any they have their node's own
    ranks_network : the one of them over which ranks of one attempt talk; "" is ``mpi``, or the first
    environment : variables of workers
    reserve_cpus, reserve_memory : kept back on each node for what else runs there [1, bytes]
    nodes : by name, what differs on one of them
    spare : memory that a worker may have beyond what its attempt may, for itself [bytes]
    stop_grace : between a worker's being told that it is removed and its end by force [s]
    timeout : that the manager may take for an answer [s]
    images : names of images that users may have their jobs run in, with ``*`` for anything
    pull : whether nodes fetch such an image that the manager has not got
    packages : folders with dmod and what it needs, the same on all nodes, lent to images that have no dmod
    images_network : of the swarm, that containers of such images join; "" is their node's own
    ca, certificate, key : files to know the manager by, and to be known by; where the address is not local
    """

    image: str
    address: str = "unix:///var/run/docker.sock"
    python: str = "python"
    user: str = ""
    paths: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    ranks_network: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    reserve_cpus: int = 0
    reserve_memory: int = 0
    nodes: Mapping[str, NodeSettings] = field(default_factory=dict)
    spare: int = 256 << 20
    stop_grace: float = 3.0
    timeout: float = 5.0
    images: tuple[str, ...] = ALL
    pull: bool = False
    packages: tuple[str, ...] = ()
    images_network: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
