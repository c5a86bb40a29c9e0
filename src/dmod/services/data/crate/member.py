"""A dataset as a part of a crate."""

from __future__ import annotations

from dataclasses import dataclass

from dmod.catalog.dataset import Dataset
from dmod.catalog.manifest import Manifest
from dmod.services.data.crate.layout import ROOT, address_of, folder_of


@dataclass(frozen=True, slots=True)
class Member:
    """A dataset as a part of a crate.

    Parameters
    ----------
    is_root : whether the crate is about it; the others are what it was derived from
    with_files : whether its files are in the crate, or only what is known of them
    """

    dataset: Dataset
    manifest: Manifest
    is_root: bool
    with_files: bool

    @property
    def folder(self) -> str:
        """Where its files lie in the crate, with ``/`` at the end."""
        return folder_of(self.dataset, is_root=self.is_root)

    @property
    def identifier(self) -> str:
        """Its id in the metadata."""
        if self.is_root:
            return ROOT
        return address_of(self.folder) if self.with_files else abstract_id(self.dataset.uuid)


@dataclass(frozen=True, slots=True)
class Document:
    """A small file that is made for a crate.

    Parameters
    ----------
    path : in the crate
    title : what it is, for people
    about : id in the metadata of what it describes
    """

    path: str
    data: bytes
    title: str
    about: str


def abstract_id(uuid: str) -> str:
    """Return the id of a dataset whose files are not in the crate."""
    return f"#dataset-{uuid}"
