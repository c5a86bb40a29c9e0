"""A dataset: an immutable, typed collection of files, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.domain import Domain
from dmod.catalog.store.port import Content
from dmod.errors import InputError

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
VERSION = re.compile(r"[1-9][0-9]{0,8}")
UNFIT = re.compile(r"[\x00\ud800-\udfff]")
"""What no database and no file can hold as text."""
_NAME_HINT = (
    "use 1 to 128 letters, digits, dots, hyphens and underscores, beginning and ending with a letter or digit"
)


def new_uuid() -> str:
    """Return an identity for a new version."""
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class Input:
    """A dataset that another one was derived from.

    Parameters
    ----------
    role : what it served as (``hydrofabric``, ``grid``)
    name, version, uuid : which it was
    digest : of its manifest: with it the bytes are known
    """

    role: str
    name: str
    version: int
    uuid: str
    digest: str

    @property
    def reference(self) -> str:
        """Its name with its version."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Lineage:
    """How a dataset came to be.

    Parameters
    ----------
    step : what made it (``forcing-from-grid``); ``add`` of what a user brought
    inputs : datasets that it was derived from
    parameters : of the step, as JSON data
    key : hash of step, inputs and parameters; equal keys mean equal results. "" where there is none
    software : program and version
    sources : what lies outside the store and went in: address by role
    """

    step: str
    inputs: tuple[Input, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    software: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)


ADDED = Lineage("add")
"""Of what a user brought."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One version of a dataset; its files are in the manifest that ``digest`` names.

    Parameters
    ----------
    name, version : together unique in a catalog; versions count from 1
    uuid : identity for ever, also after export to another catalog
    digest : SHA-256 of the manifest's text, which is content of the store; equal digests mean equal files
    manifest_size : bytes of the manifest's text
    size : bytes of all files
    files : how many there are
    created : when it was added
    expires : when it may be removed; None for never
    read_only : whether it must neither be removed nor get a further version
    access_location : where the data lie, if the store does not hold them; "" where it does
    extra : what other programs' records say of it and dmod does not use, kept as it is
    shared_with : who else may read it, by name; ``*`` is everybody
    """

    name: str
    version: int
    category: Category
    domain: Domain
    uuid: str
    digest: str
    manifest_size: int
    size: int
    files: int
    created: datetime
    description: str = ""
    owner: str = ""
    expires: datetime | None = None
    read_only: bool = False
    lineage: Lineage = ADDED
    access_location: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    shared_with: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_name(self.name)
        if self.version < 1:
            raise InputError(f"{self.name}: versions count from 1, got {self.version}")
        for what, text in (
            ("description", self.description),
            ("owner", self.owner),
            ("location", self.access_location),
            ("name of a reader", "".join(self.shared_with)),
        ):
            if UNFIT.search(text):
                raise InputError(f"{self.name}: the {what} holds a character that is no text: {text[:80]!r}")
        for what, time in (("created", self.created), ("expires", self.expires)):
            if time is not None and time.tzinfo is None:
                raise InputError(f"{self.name}: the time {what} has no zone: {time}", hint="give it in UTC")

    @property
    def reference(self) -> str:
        """Its name with its version."""
        return f"{self.name}@{self.version}"

    @property
    def manifest_content(self) -> Content:
        """The manifest's text as content of a store."""
        return Content(self.digest, self.manifest_size)

    @property
    def is_external(self) -> bool:
        """Whether the store does not hold its bytes."""
        return bool(self.access_location)

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now

    @property
    def data_ids(self) -> frozenset[str | int]:
        """Everything that a requirement on DATA_ID may call it."""
        stated = self.domain.values(DomainIndex.DATA_ID)
        return stated | {self.name, self.reference, self.uuid}

    def as_input(self, role: str) -> Input:
        """Return it as what something is derived from."""
        return Input(role, self.name, self.version, self.uuid, self.digest)


def require_name(name: str) -> str:
    """Return a name that a dataset may have.

    Raises
    ------
    InputError
        it may not.
    """
    if NAME.fullmatch(name) is None or ".." in name:
        raise InputError(f"{name!r} is no name for a dataset", hint=_NAME_HINT)
    return name


def split_reference(reference: str) -> tuple[str, int | None]:
    """Return name and version of ``NAME`` or ``NAME@VERSION``; None is the latest version.

    Raises
    ------
    InputError
        it is neither.
    """
    name, at, version = reference.strip().partition("@")
    if at and not VERSION.fullmatch(version):
        raise InputError(f"{reference!r} names no version", hint="write NAME, or NAME@2 for version 2")
    return require_name(name), int(version) if at else None
