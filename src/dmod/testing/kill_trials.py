"""Trials of the data service under SIGKILL: an act on a catalog is killed somewhere, then all must hold.

``python -m dmod.testing.kill_trials FOLDER TRIALS SEED`` runs trials of add, of a further version, derive, rm
and gc, and prints one JSON line with how many were killed and what was broken. It is a program of its own so
that it has one thread when it forks.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dmod.catalog.adding import NewDataset, add_files
from dmod.catalog.catalog import Catalog, silent
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.derivation import Derivation, Made, Work
from dmod.catalog.domain import Domain
from dmod.catalog.index.opening import open_index
from dmod.catalog.index.port import Listing
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete
from dmod.catalog.store.folder import FolderStore
from dmod.catalog.verification import verify
from dmod.errors import AlreadyExists, DatasetNotFound
from dmod.services.data.deriving import WORK, Deriving, Keeping, planner_of
from dmod.services.data.service import DataService
from dmod.testing.killing import count_acts, killed_after, killed_at

NONE = timedelta(0)
GENERIC = Domain(FORMATS["GENERIC"])
WANTED = Requirement(
    Category.OUTPUT, FORMATS["GENERIC"], {DomainIndex.VARIABLE: Discrete(frozenset({"joined"}))}
)
BASE = ("base", "small", "old")
Act = Callable[[DataService], object]


def opened(folder: Path) -> DataService:
    """Return the data service of a folder."""
    catalog = Catalog(FolderStore(folder / "store"), open_index(str(folder / "index.sqlite")))
    return DataService(catalog, folder / "home", "trial")


def join_files() -> Derivation:
    """Return a derivation that joins the files of the dataset ``base`` into one."""

    def needs(_wanted: Requirement) -> Sequence[Requirement]:
        named = {DomainIndex.DATA_ID: Discrete(frozenset({"base"}))}
        return [Requirement(Category.OUTPUT, FORMATS["GENERIC"], named, role="parts")]

    def run(work: Work) -> Made:
        parts = sorted(path for path in work.only("parts").path.rglob("*") if path.is_file())
        (work.output / "joined").write_bytes(b"".join(path.read_bytes() for path in parts))
        return Made(Domain(FORMATS["GENERIC"], WANTED.restrictions), "all files in one")

    makes = (Category.OUTPUT, (FORMATS["GENERIC"],))
    return Derivation("join", 1, "joins files", makes, needs, lambda _wanted: 1.0, run)


def _add(service: DataService, name: str, folder: Path, *, another: bool = False) -> Dataset:
    new = NewDataset(name, Category.OUTPUT, GENERIC)
    files = [(path.name, path) for path in sorted(folder.iterdir())]
    return add_files(service.catalog, new, files, another=another)


def _derive(service: DataService) -> object:
    plan = planner_of(service.catalog, [join_files()]).plan(WANTED)
    return Deriving(service.catalog, service.folder / WORK, silent).meet(plan, Keeping("joined"))


def _remove(service: DataService) -> object:
    try:
        return service.remove(["old"])
    except DatasetNotFound:
        return None  # the act before it was killed had done it


MORE = 3
"""Trials for each that is wanted to be killed, at most."""
ACTS: dict[str, Act] = {
    "add": lambda service: _add(service, "new", service.folder.parent / "new"),
    "add a version": lambda service: _add(service, "base", service.folder.parent / "next", another=True),
    "derive": _derive,
    "rm": _remove,
    "gc": lambda service: service.collect(grace=NONE),
}


def prepare(folder: Path) -> None:
    """Make a catalog with datasets that stay, one that is to be removed, an expired one, and garbage."""
    service = opened(folder)
    for name, files, size in (
        ("new", 6, 3_000),
        ("next", 5, 50_000),
        ("small", 12, 100),
        ("base", 4, 70_000),
    ):
        place = folder / name
        place.mkdir()
        for number in range(files):
            # every third file is the same everywhere, so that datasets share content
            text = f"{'shared' if number % 3 == 0 else name} {number} ".encode()
            (place / f"f{number:02d}").write_bytes((text * size)[:size])
    _add(service, "small", folder / "small")
    _add(service, "base", folder / "base")
    _add(service, "old", folder / "next")
    for name in ("expired", "removed"):
        place = folder / name
        place.mkdir()
        for number in range(4):
            (place / f"{number}").write_bytes(f"{name} {number}".encode() * 1_000)
    new = NewDataset("expired", Category.OUTPUT, GENERIC, expires=datetime(2020, 1, 1, tzinfo=UTC))
    add_files(service.catalog, new, [(p.name, p) for p in sorted((folder / "expired").iterdir())])
    _add(service, "removed", folder / "removed")
    service.remove(["removed"])
    service.catalog.index.close()


def look(folder: Path, act: str) -> list[str]:
    """Return what is broken after an act was killed, and clear up by a collection of garbage."""
    service = opened(folder)
    service.recover()
    catalog, wrong = service.catalog, []
    every = service.list(Listing(latest=False, expired=True))
    wrong += [str(fault) for fault in verify(catalog, every).faults]
    there = {dataset.name for dataset in every}
    expected = set(BASE) - ({"old"} if act == "rm" else set())
    wrong += [f"{name} is lost" for name in expected - there]
    service.collect(grace=NONE)
    kept = service.list(Listing(latest=False, expired=True))
    wrong += [f"after gc: {fault}" for fault in verify(catalog, kept).faults]
    needed = {entry.sha256 for dataset in kept for entry in catalog.manifest(dataset)}
    needed |= {dataset.digest for dataset in kept}
    stored = {content.sha256 for content in catalog.store.list_content()}
    wrong += [f"debris after gc: {name}" for name in sorted(stored - needed)]
    wrong += [f"debris after gc: {left.place}" for _, left in catalog.store.debris()]
    records = {document.key for document in catalog.store.list("datasets/")}
    wrong += [f"a record without a dataset: {key}" for key in records - {_key(d) for d in kept}]
    work = list((service.folder / WORK).glob("*"))
    wrong += [f"debris after gc: {path.name}" for path in work]
    with suppress(AlreadyExists):  # what was killed had been done
        ACTS[act](service)
    wrong += [f"after doing it again: {fault}" for fault in verify(catalog, service.list()).faults]
    catalog.index.close()
    return wrong


def _key(dataset: Dataset) -> str:
    return f"datasets/{dataset.name}/{dataset.version}.json"


def try_once(
    template: Path, folder: Path, act: str, dice: random.Random, acts: int, seconds: float
) -> tuple[bool, list[str]]:
    """Kill an act on a copy of a catalog at one point; return whether it was killed, and what is broken."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)

    def call() -> None:
        service = opened(folder)
        ACTS[act](service)
        service.catalog.index.close()

    if dice.random() < 0.6:
        killed = killed_at(call, dice.randrange(acts))
    else:
        killed = killed_after(call, dice.random() * seconds)
    return killed, look(folder, act)


def main() -> None:
    """Run trials until so many acts were killed, and print what came of them.

    Some acts end before they are to be killed, most of them on a busy machine.
    """
    folder, trials, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    template, dice = folder / "template", random.Random(seed)
    template.mkdir(parents=True)
    prepare(template)
    killed: Counter[str] = Counter()
    broken: list[str] = []
    measured: dict[str, tuple[int, float]] = {}
    for number in range(MORE * trials):
        if sum(killed.values()) >= trials:
            break
        act = list(ACTS)[number % len(ACTS)]
        if act not in measured:
            shutil.rmtree(folder / "trial", ignore_errors=True)
            shutil.copytree(template, folder / "trial")
            begin = time.perf_counter()
            acts = count_acts(lambda act=act: ACTS[act](opened(folder / "trial")))  # type: ignore[misc]
            measured[act] = acts, time.perf_counter() - begin
        was_killed, wrong = try_once(template, folder / "trial", act, dice, *measured[act])
        killed[act] += was_killed
        broken += [f"trial {number}, {act}: {text}" for text in wrong]
    print(json.dumps({"killed": killed, "broken": broken}))  # noqa: T201 - the program's answer


if __name__ == "__main__":
    main()
