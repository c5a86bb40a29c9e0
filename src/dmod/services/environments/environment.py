"""An environment that is there: its interpreter, what is installed in it, and where that is from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self


class Package(NamedTuple):
    """A distribution that is installed; ``source`` is the address it came from, where it is not an index."""

    name: str
    version: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What an environment's packages were chosen for.

    Parameters
    ----------
    implementation : such as CPython
    version : of Python, in full
    platform : such as linux-x86_64
    abi : tag of compiled modules
    """

    implementation: str
    version: str
    platform: str
    abi: str


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment in which Python can run.

    Parameters
    ----------
    kind : "requirements" where dmod has built it, "path" where it was there, "image" for that of a container
    python : its interpreter
    hash : of the lock and the interpreter's identity; for a path, of that and the list of packages
    identity : of the interpreter
    packages : what is installed
    created : when it was built or looked at
    lock : requirements with the hashes of what may be installed, as ``pip`` and ``uv`` read them
    wish : the normal form of what was asked for when it was built
    sources : SHA-256 of the wheels and projects of this machine that were asked for, by their paths
    builder : what resolved and installed
    bytes : on the disk
    folder : what holds it, its lock and its log; None for a path
    image, image_id : of a container, as it was asked for, and what its engine calls it; "" for others
    """

    kind: str
    python: Path
    hash: str
    identity: Identity
    packages: tuple[Package, ...]
    created: datetime
    lock: str = field(default="", repr=False)
    wish: Mapping[str, Any] = field(default_factory=dict, repr=False)
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    builder: str = ""
    bytes: int = 0
    folder: Path | None = None
    image: str = ""
    image_id: str = ""

    def record(self) -> dict[str, Any]:
        """Return what a run records: enough to tell what ran, and to build the same again elsewhere."""
        return {
            "kind": self.kind,
            "hash": self.hash,
            "python": str(self.python),
            "interpreter": {
                "implementation": self.identity.implementation,
                "version": self.identity.version,
                "platform": self.identity.platform,
                "abi": self.identity.abi,
            },
            "packages": [
                {key: value for key, value in package._asdict().items() if value} for package in self.packages
            ],
            "created": self.created.isoformat(),
            **{
                key: value
                for key, value in (
                    ("wish", self.wish),
                    ("sources", self.sources),
                    ("lock", self.lock),
                    ("builder", self.builder),
                    ("image", self.image),
                    ("digest", self.image.partition("@")[2]),
                    ("image_id", self.image_id),
                )
                if value
            },
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any], folder: Path) -> Self:
        """Return the environment that was recorded when it was built into a folder."""
        return cls(
            kind=record["kind"],
            python=folder / record["python"],
            hash=record["hash"],
            identity=Identity(**record["interpreter"]),
            packages=tuple(Package(**package) for package in record["packages"]),
            created=datetime.fromisoformat(record["created"]),
            lock=record.get("lock", ""),
            wish=record.get("wish", {}),
            builder=record.get("builder", ""),
            bytes=record.get("bytes", 0),
            folder=folder,
        )


def hash_of(*parts: object) -> str:
    """Return the SHA-256 of values that can be written as JSON."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
