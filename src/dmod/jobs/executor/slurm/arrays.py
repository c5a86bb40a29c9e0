"""Job arrays: which attempt each element is, written down where nodes and every server see it.

    arrays/NAME/labels.json   the labels, in the order of their numbers; written before Slurm is asked
    arrays/NAME/0, 1, ...     links to the folders of the attempts

An array's name is made from its labels, so a submit that is made again writes the same again. It stands in
the comment of all elements; with the number of an element it leads to a label, and to a folder.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from dmod.jobs.executor.engine.port import Order
from dmod.jobs.executor.slurm.accounts import PREFIX

LABELS = "labels.json"
MINE = "arrays"
"""In the folder of an attempt: the arrays that it was submitted in, one a line."""


class Arrays:
    """The arrays of one executor.

    Parameters
    ----------
    root : folder of the executor, on a path that nodes share
    """

    def __init__(self, root: Path) -> None:
        self._root = root / "arrays"
        self._labels: dict[str, tuple[str, ...]] = {}

    def folder(self, array: str) -> Path:
        """Return where it is written which attempts an array has."""
        return self._root / array

    def write(self, orders: Sequence[Order]) -> str:
        """Write down which attempts an array is to have, and return its name."""
        labels = [order.label for order in orders]
        text = json.dumps(labels)
        array = sha256(text.encode()).hexdigest()[:32]
        folder = self.folder(array)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number, order in enumerate(orders):
            with suppress(FileExistsError):
                os.symlink(order.folder, folder / str(number))  # noqa: PTH211 - quick
            with open(f"{order.folder}/{MINE}", "a", encoding="ascii") as file:  # noqa: PTH123 - quick
                file.write(f"{array}\n")
        hidden = folder / f".{LABELS}.{os.getpid()}"
        hidden.write_text(text, encoding="ascii")
        hidden.replace(folder / LABELS)
        return array

    def label(self, array: str, number: int) -> str | None:
        """Return the label of an element; None where that is not known."""
        labels = self._labels.get(array) or (self._read(array) if array.isalnum() else ())
        if labels:
            self._labels[array] = labels
        return labels[number] if number < len(labels) else None

    def names(self, order: Order) -> list[str]:
        """Return the names of all jobs that may be the attempt's: its own, and those of arrays it was in."""
        try:
            with open(f"{order.folder}/{MINE}", encoding="ascii") as file:  # noqa: PTH123 - quick
                arrays = sorted(set(file.read().split()))
        except FileNotFoundError:
            arrays = []
        return [order.name, *(name_of_array(array) for array in arrays)]

    def sweep(self) -> None:
        """Remove what is written of arrays none of whose attempts is kept any more."""
        try:
            arrays = [Path(entry.path) for entry in os.scandir(self._root)]
        except FileNotFoundError:
            return
        for array in arrays:
            links = (path for path in array.iterdir() if path.is_symlink())
            if (array / LABELS).exists() and not any(path.exists() for path in links):
                shutil.rmtree(array, ignore_errors=True)
                self._labels.pop(array.name, None)

    def _read(self, array: str) -> tuple[str, ...]:
        try:
            return tuple(json.loads((self.folder(array) / LABELS).read_text(encoding="ascii")))
        except FileNotFoundError:
            return ()


def name_of_array(array: str) -> str:
    """Return what Slurm calls the jobs of an array."""
    return f"{PREFIX}{array}"


def alike(orders: Iterable[Order], *, by_nodes: bool) -> list[list[Order]]:
    """Return orders in groups that ask for the same; what spans several nodes is alone.

    Parameters
    ----------
    by_nodes : whether they are to run on the nodes that they name
    """
    groups: dict[object, list[Order]] = {}
    for order in orders:
        is_alone = len(order.nodes) > 1
        nodes = order.nodes if by_nodes else ()
        key = order.label if is_alone else (order.cpus, order.memory, order.seconds, nodes)
        groups.setdefault(key, []).append(order)
    return list(groups.values())


def folder_of_element(folder: Path) -> str:
    """Return the word of a batch script that becomes the attempt's folder, of whichever element it is."""
    return f'"$(readlink {shlex.quote(f"{folder}/")}"$SLURM_ARRAY_TASK_ID")"'
