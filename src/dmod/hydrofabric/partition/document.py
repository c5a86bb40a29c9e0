"""The framework's partition file: one entry a rank, with its catchments, nexuses and connections.

    {"partitions": [
     {"id": 0, "cat-ids": ["cat-1"], "nex-ids": ["nex-2"],
      "remote-connections": [
       {"mpi-rank": 1, "nex-id": "nex-2", "cat-id": "cat-2", "cat-direction": "nex-to-dest_cat"}]}, ...]}

A rank takes the entry at its own place in the list. Catchment ids ``wb-TERMINAL_SENTINEL-...``, which
other generators insert, are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dmod.core.problem import Problem
from dmod.errors import InputError, NotFoundError, StoreError
from dmod.hydrofabric.fabric import Floats, Hydrofabric, Index
from dmod.hydrofabric.partition.checks import check_partitioning
from dmod.hydrofabric.partition.connections import RECEIVES, SENDS, Connections, nexuses_of_parts
from dmod.hydrofabric.partition.drainage import Drainage, drainage_of
from dmod.hydrofabric.partition.partitioning import Partitioning, pieces_of
from dmod.hydrofabric.partition.weights import checked_weights

LISTED_PROBLEMS = 20

_SENTINEL = "wb-TERMINAL_SENTINEL-"
_LISTS = ("cat-ids", "nex-ids", "remote-connections")
_EXPECTED = "give a partition file of the NextGen framework, made for this hydrofabric"

# code → message and hint of what reading itself can find
_KINDS = {
    "malformed-part": ("parts are not as the format has them", "each has id, " + ", ".join(_LISTS)),
    "part-order": ("parts do not stand at the place of their id", "order them by id, from 0 on"),
    "unknown-catchment": ("catchments are not in the hydrofabric", "give the hydrofabric that was cut"),
    "repeated-catchment": ("catchments are listed more than once", "list each in one part"),
    "unknown-nexus": ("nexuses are not in the hydrofabric", "give the hydrofabric that was cut"),
    "malformed-connection": (
        "connections are not as the format has them",
        f"each has mpi-rank, nex-id, cat-id and cat-direction, {SENDS} or {RECEIVES}",
    ),
    "unknown-rank": ("connections lead to a part that does not exist", "ranks are the parts' ids"),
    "unknown-connection": (
        "connections name a catchment or nexus that is not in the hydrofabric",
        "give the hydrofabric that was cut",
    ),
    "missing-nexus": (
        "parts lack nexuses that their catchments drain to or receive from",
        "list them in nex-ids",
    ),
    "unneeded-nexus": (
        "parts list nexuses that none of their catchments drains to or receives from",
        "remove them: a part would write the flow of a nexus that another computes",
    ),
}


def partition_text(fabric: Hydrofabric, partitioning: Partitioning) -> str:
    """Return the text of the partition file; equal partitionings give equal text."""
    catchments, nexuses = fabric.catchments.ids, fabric.nexuses.ids
    rows = nexuses_of_parts(drainage_of(fabric), partitioning.part)
    first = np.searchsorted(rows[:, 0], np.arange(partitioning.parts + 1))
    order = np.argsort(partitioning.part, kind="stable")
    members = np.searchsorted(partitioning.part[order], np.arange(partitioning.parts + 1))
    links: list[list[dict[str, Any]]] = [[] for _ in range(partitioning.parts)]
    for part, nexus, sends, remote, catchment in partitioning.connections.rows:
        ids = {"mpi-rank": remote, "nex-id": nexuses[nexus], "cat-id": catchments[catchment]}
        links[part].append({**ids, "cat-direction": SENDS if sends else RECEIVES})
    entries = []
    for part in range(partitioning.parts):
        cats = [catchments[i] for i in order[members[part] : members[part + 1]].tolist()]
        nexs = [nexuses[i] for i in rows[first[part] : first[part + 1], 1].tolist()]
        lines = [
            f'"{name}": {json.dumps(v)}' for name, v in zip(_LISTS, (cats, nexs, links[part]), strict=True)
        ]
        entries.append(f'{{"id": {part},\n ' + ",\n ".join(lines) + "}")
    return '{"partitions": [\n' + ",\n".join(entries) + "\n]}\n"


def read_partitioning(
    path: Path | str, fabric: Hydrofabric, *, weights: Floats | None = None
) -> Partitioning:
    """Read a partition file and make sure that the framework can run it.

    Raises
    ------
    NotFoundError
        there is no such file.
    InputError
        it is no partition file, or wrong for this fabric; all that is wrong is listed.
    HydrofabricError
        the fabric's network is not sound.
    """
    partitioning, problems = examine_partitions(path, fabric, weights=weights)
    if problems:
        lines = [f"  - {problem}".replace("\n", "\n    ") for problem in problems[:LISTED_PROBLEMS]]
        more = len(problems) - len(lines)
        lines += [f"  - and {more} more"] if more else []
        raise InputError(
            f"{path} cannot be run on {fabric.source}:\n" + "\n".join(lines),
            hint="cut the hydrofabric again, or correct the file",
        )
    return partitioning


def examine_partitions(
    path: Path | str, fabric: Hydrofabric, *, weights: Floats | None = None
) -> tuple[Partitioning, list[Problem]]:
    """Read a partition file, right or wrong, and return with it everything that is wrong.

    Raises
    ------
    NotFoundError, InputError
        there is no such file, or it is no partition file at all.
    HydrofabricError
        the fabric's network is not sound.
    """
    path = Path(path)
    drainage = drainage_of(fabric)
    reading = _Reading(fabric, _entries(path))
    part = reading.part
    weight = checked_weights(fabric, weights)
    pieces, river_pieces = pieces_of(drainage, part, reading.parts)
    found = Partitioning(part, reading.parts, weight, reading.connections(), pieces, river_pieces)
    reading.compare_nexuses(drainage)
    return found, [*reading.problems(path.name), *check_partitioning(fabric, found, where=path.name)]


def _entries(path: Path) -> list[Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}", hint="name the partition file") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error}", hint="check its permissions") from error
    except ValueError as error:  # no UTF-8, or no JSON
        raise InputError(f"{path} is no JSON: {error}", hint=_EXPECTED) from error
    entries = document.get("partitions") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path} is no partition file: it has no list 'partitions'", hint=_EXPECTED)
    return entries


class _Reading:
    """What the entries of a file mean for a fabric, and what they say that means nothing."""

    def __init__(self, fabric: Hydrofabric, entries: list[Any]) -> None:
        self.fabric = fabric
        self.parts = len(entries)
        self.part: Index = np.full(len(fabric.catchments), -1, np.int64)
        self._wrong: dict[str, list[str]] = {}
        self._nexuses: set[tuple[int, int]] = set()
        self._rows: list[tuple[int, int, int, int, int]] = []
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self._note("malformed-part", f"part {number}")
                continue
            self._read_id(number, entry.get("id"))
            self._read_catchments(number, self._list(number, entry, "cat-ids"))
            self._read_nexuses(number, self._list(number, entry, "nex-ids"))
            for link in self._list(number, entry, "remote-connections"):
                self._read_connection(number, link)

    def _note(self, code: str, what: str) -> None:
        self._wrong.setdefault(code, []).append(what)

    def _list(self, number: int, entry: Mapping[str, Any], key: str) -> list[Any]:
        value = entry.get(key)
        if isinstance(value, list):
            return value
        if value != "" or key != "remote-connections":  # the framework takes "" for an empty list
            self._note("malformed-part", f"part {number}: {key}")
        return []

    def _read_id(self, number: int, identifier: object) -> None:
        if str(identifier) != str(number):
            self._note("part-order", f"part {identifier} at place {number}")

    def _read_catchments(self, number: int, ids: list[Any]) -> None:
        index = self.fabric.catchment_index
        for identifier in ids:
            at = index.get(identifier, -1) if isinstance(identifier, str) else -1
            if at < 0:
                if not str(identifier).startswith(_SENTINEL):
                    self._note("unknown-catchment", str(identifier))
            elif self.part[at] >= 0:
                self._note("repeated-catchment", str(identifier))
            else:
                self.part[at] = number

    def _read_nexuses(self, number: int, ids: list[Any]) -> None:
        index = self.fabric.nexus_index
        for identifier in ids:
            at = index.get(identifier, -1) if isinstance(identifier, str) else -1
            if at < 0:
                self._note("unknown-nexus", str(identifier))
            else:
                self._nexuses.add((number, at))

    def _read_connection(self, number: int, link: object) -> None:
        said = f"part {number}: {json.dumps(link)}"
        if not isinstance(link, dict):
            self._note("malformed-connection", said)
            return
        rank, nexus, catchment = link.get("mpi-rank"), link.get("nex-id"), link.get("cat-id")
        direction = link.get("cat-direction")
        named = isinstance(nexus, str) and isinstance(catchment, str)
        if type(rank) is not int or not named or direction not in {SENDS, RECEIVES}:
            self._note("malformed-connection", said)
            return
        at = self.fabric.nexus_index.get(str(nexus), -1), self.fabric.catchment_index.get(str(catchment), -1)
        if min(at) < 0:
            self._note("unknown-connection", said)
        if not 0 <= rank < self.parts:
            self._note("unknown-rank", said)
        elif min(at) >= 0:
            self._rows.append((number, at[0], int(direction == SENDS), rank, at[1]))

    def connections(self) -> Connections:
        """Return what the entries list, as far as it has a meaning."""
        return Connections.from_rows(np.array(self._rows, dtype=np.int64))

    def compare_nexuses(self, drainage: Drainage) -> None:
        """Note what nexuses the parts lack, and what they list without need."""
        due = {(part, nexus) for part, nexus in nexuses_of_parts(drainage, self.part).tolist()}
        idle = set(np.flatnonzero((drainage.contributors == 0) & (drainage.receiver < 0)).tolist())
        for code, rows in (("missing-nexus", due - self._nexuses), ("unneeded-nexus", self._nexuses - due)):
            for part, nexus in sorted(rows):
                if nexus not in idle:
                    self._note(code, f"part {part}: {self.fabric.nexuses.ids[nexus]}")

    def problems(self, where: str) -> Iterator[Problem]:
        """Yield what was noted, one problem a kind."""
        for code, (message, hint) in _KINDS.items():
            if code in self._wrong:
                ids = tuple(dict.fromkeys(self._wrong[code]))
                yield Problem("error", code, message, where, ids, hint)
