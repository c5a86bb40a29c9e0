"""The framework's CSV output in an archive: names of all files, ends of some."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from dmod.catalog.data_format import FORMATS
from dmod.errors import InputError
from dmod.services.data.detect.csv_ends import ends_of_text
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.forcing_csv import identifier_in
from dmod.services.data.detect.ngen_csv import OutputTable, described, is_output, output_table
from dmod.services.data.detect.sight import Kind, kind_of
from dmod.services.data.detect.words import counted

_ARCHIVES = frozenset({Kind.ZIP, Kind.TAR, Kind.COMPRESSED})
_READ = 12
"""Members whose content is read; of the others the names tell whose they are."""
_LARGEST = 1 << 28


class _Members(Protocol):
    """The files of an archive."""

    names: Sequence[str]

    def read(self, name: str) -> bytes:
        """Return what a file holds."""


def recognises(path: Path) -> bool:
    """Whether it is an archive in which a first file of CSV is output."""
    if not path.is_file() or kind_of(path) not in _ARCHIVES:
        return False
    with _opened(path) as members:
        names = _tables(members)
        return bool(names) and is_output(ends_of_text(members.read(names[0]), Path(names[0])))


def read(path: Path) -> Detected:
    """Read names of all files and the ends of some."""
    with _opened(path) as members:
        names = _tables(members)
        every = max(1, -(-len(names) // _READ))
        looked_at = sorted({*names[::every], names[-1]})
        tables = {name: _table(members, name) for name in looked_at}
    like = next((table for table in tables.values() if table.columns), None)
    nexus = next((table for table in tables.values() if table.nexus), None)
    for name in names:
        identifier = identifier_in(Path(name).name)
        is_nexus = name.removesuffix(".csv").endswith("_output")
        model = nexus if is_nexus else like
        if name not in tables and model is not None and identifier:
            own = () if is_nexus else (identifier,)
            tables[name] = OutputTable(
                name, model.span, own, identifier if is_nexus else "", () if is_nexus else model.columns
            )
    notes = []
    if len(looked_at) < len(names):
        notes.append(f"of {counted(len(names), 'file')} in it {len(looked_at)} were read")
    return described(path, list(tables.values()), FORMATS["ARCHIVED_NGEN_CSV_OUTPUT"], notes, 1)


DETECTOR = Detector("output of the framework as CSV in an archive", recognises, read)


def _table(members: _Members, name: str) -> OutputTable:
    return output_table(name, ends_of_text(members.read(name), Path(name)))


def _tables(members: _Members) -> list[str]:
    return sorted(name for name in members.names if name.lower().endswith(".csv"))


@contextmanager
def _opened(path: Path) -> Iterator[_Members]:
    """Open an archive.

    Raises
    ------
    InputError
        it is damaged, or none.
    """
    try:
        if kind_of(path) is Kind.ZIP:
            with zipfile.ZipFile(path) as archive:
                yield _Zip(archive)
        else:
            with tarfile.open(path) as packed:
                yield _Tar(packed)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        raise InputError(
            f"{path} is an archive that cannot be read: {error}", hint="copy or make the archive again"
        ) from error


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names: Sequence[str] = [item.filename for item in archive.infolist() if not item.is_dir()]

    def read(self, name: str) -> bytes:
        with self._archive.open(name) as file:
            return _content(file, name)


class _Tar:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.names: Sequence[str] = [item.name for item in archive.getmembers() if item.isfile()]

    def read(self, name: str) -> bytes:
        file = self._archive.extractfile(name)
        if file is None:
            raise InputError(f"{name} in the archive is no file", hint="make the archive again")
        with file:
            return _content(file, name)


def _content(file: IO[bytes], name: str) -> bytes:
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise InputError(
            f"{name} in the archive is larger than {_LARGEST:,} bytes", hint="unpack the archive"
        )
    return data
