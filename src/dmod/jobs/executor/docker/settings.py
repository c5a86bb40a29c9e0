"""What can be set of the executor over a Docker engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from dmod.errors import InputError
from dmod.jobs.executor.container.images import ALL
from dmod.jobs.executor.engine.settings import EngineSettings

TABLE = "server.executors.docker"
PATHS = ("paths", "mounts", "packages")


@dataclass(frozen=True, slots=True)
class DockerSettings:
    """Settings of a `DockerEngine`.

    Parameters
    ----------
    image : that workers are made of; dmod is installed in it
    address : of the engine, as Docker writes it
    python : the program in the image that runs the worker
    user : number of the user and of the group of workers, as ``uid:gid``; "" is the server's own, or one that
        nobody has if that is root
    paths : folders that workers may write, under the same path
    mounts : the same, which workers may only read
    network : that workers are in: a name, ``bridge``, ``host`` or ``none``
    environment : variables of workers
    cpus, memory : that attempts may have altogether [1, bytes]; 0 takes what the engine has, less the reserve
    reserve : memory kept back for what else runs there [bytes]
    spare : memory that a worker may have beyond what its attempt may, for itself [bytes]
    processes : that an attempt may have at a time
    timeout : that the engine may take for an answer [s]
    images : names of images that users may have their jobs run in, with ``*`` for anything
    pull : whether the engine fetches such an image where it has not got it
    packages : folders with dmod and what it needs, lent to images of users that have no dmod
    images_network : that containers of such images are in
    ca, certificate, key : files to know the engine by, and to be known by; where the address is not local
    """

    image: str
    address: str = "unix:///var/run/docker.sock"
    python: str = "python"
    user: str = ""
    paths: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    network: str = "bridge"
    environment: Mapping[str, str] = field(default_factory=dict)
    cpus: int = 0
    memory: int = 0
    reserve: int = 512 << 20
    spare: int = 256 << 20
    processes: int = 4096
    timeout: float = 5.0
    images: tuple[str, ...] = ALL
    pull: bool = False
    packages: tuple[str, ...] = ()
    images_network: str = "none"
    ca: str = ""
    certificate: str = ""
    key: str = ""

    @classmethod
    def of_table(cls, table: Mapping[str, Any]) -> DockerSettings:
        """Read a table of settings.

        Raises
        ------
        InputError
            a key is not known, a value is not what it has to be, or no image is named.
        """
        known = sorted(item.name for item in fields(cls))
        unknown = sorted(set(table) - set(known))
        if unknown:
            known = sorted({*known, *EngineSettings.names()})
            raise InputError(f"[{TABLE}] has no setting {unknown[0]}", hint=f"there are: {', '.join(known)}")
        if not isinstance(table.get("image"), str) or not table["image"]:
            raise InputError(f"[{TABLE}] says no image", hint='image = "registry.example/dmod:1.0"')
        default = cls("image")
        values = {name: _value(name, given, getattr(default, name)) for name, given in table.items()}
        for path in (path for name in PATHS for path in values.get(name, ())):
            if not path.startswith("/"):
                raise InputError(f"[{TABLE}] has the path {path!r}", hint="paths begin with /")
        return cls(**values)


def _value(name: str, given: Any, default: Any) -> Any:
    if isinstance(default, Mapping):
        kind: type = Mapping
    else:
        kind = type(default)
    value = kind(given) if (kind, type(given)) in {(tuple, list), (float, int)} else given
    is_fit = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if is_fit and kind in {tuple, Mapping}:
        held = value.values() if isinstance(value, Mapping) else value
        is_fit = all(isinstance(item, str) for item in held)
    if not is_fit or (kind in {int, float} and value < 0):
        raise InputError(f"[{TABLE}] {name} is {given!r}", hint=f"it is like {default!r}")
    return value
