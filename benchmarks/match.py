"""Measure matching among many datasets: `python benchmarks/match.py [--datasets 100000] [--only sqlite]`.

Four populations of one category and format. Scattered: each dataset holds 88 catchments from a random place
among 800,000, and a random month of 40 years. Series: 1,000 basins of 88 catchments, each by month, so that
months of one basin can be put together. One basin: all datasets hold the same 88 catchments, each another
hour, and some hours are missing. Large: a fiftieth as many datasets, each of 10,000 catchments. Measured is
`dmod.catalog.fulfilling.fulfil`, in a process that has used the index before: as often for requirements that
one dataset or several fulfil as for such that nothing fulfils, which has to be explained. Every answer is
compared with what is known of the population. With ``--repeats`` each is asked several times in a row, of
which the quickest counts, since other programs may disturb; what was read before is forgotten each time.

Then what the index takes to claim and to commit one dataset of many files. PostgreSQL is a server of this
machine that runs for the measurement; its statistics are brought up to date after filling.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from sqlalchemy import Connection, Table, insert

from dmod.catalog import domain_json
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.fulfilling import fulfil
from dmod.catalog.index import signature, sql
from dmod.catalog.index.opening import open_index
from dmod.catalog.index.port import Index
from dmod.catalog.index.rows import record_column, summary_row, version_row
from dmod.catalog.index.signature import signature_of
from dmod.catalog.index.sql import SqlIndex
from dmod.catalog.index.tables import COMMITTED, blocks, documents, names, places, summaries, versions
from dmod.catalog.manifest import EMPTY, Manifest
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete
from dmod.catalog.store.port import Content
from dmod.testing.postgresql import PostgresServer, missing
from measure import machine, table

PLACES, BASIN, BASINS = 800_000, 88, 1_000
FIRST_YEAR, YEARS = 1980, 40
FORM = FORMATS["AORC_CSV"]
NOW = datetime(2030, 1, 1, tzinfo=UTC)
BATCH = 5_000
LARGE = 10_000
HOUR = timedelta(hours=1)
HOURS_FROM = datetime(2010, 1, 1, tzinfo=UTC)
GAPS = 997
"""Of so many hours one is missing where all datasets are of one basin."""
ABSENT = "cat-absent"
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Held:
    """What a dataset holds: catchments that follow each other, and a period."""

    place: int
    period: Continuous
    size: int = BASIN

    @property
    def catchments(self) -> frozenset[str]:
        """Return the ids."""
        return frozenset(f"cat-{self.place + number}" for number in range(self.size))


@dataclass(frozen=True)
class Asked:
    """A requirement, and whether there are datasets that fulfil it."""

    kind: str
    requirement: Requirement
    is_fulfilled: bool


def months(first: int, count: int = 1) -> Continuous:
    """Return a period of whole months."""
    ends = (divmod(number, 12) for number in (first, first + count))
    return Continuous(*(datetime(FIRST_YEAR + year, month + 1, 1, tzinfo=UTC) for year, month in ends))


def hours(first: int, count: int = 1) -> Continuous:
    """Return a period of whole hours."""
    return Continuous(HOURS_FROM + first * HOUR, HOURS_FROM + (first + count) * HOUR)


def scattered(dice: Random, count: int) -> list[Held]:
    """Return datasets of random places and months."""
    places = [(dice.randrange(PLACES - BASIN), dice.randrange(12 * YEARS)) for _ in range(count)]
    return [Held(place, months(month)) for place, month in places]


def series(dice: Random, count: int) -> list[Held]:
    """Return datasets of a few places and of as many months of each."""
    places = dice.sample(range(0, PLACES - BASIN, BASIN), BASINS)
    return [Held(place, months(month)) for month in range(count // BASINS) for place in places]


def one_basin(_dice: Random, count: int) -> list[Held]:
    """Return datasets of one place and of as many hours, without some."""
    return [Held(0, hours(hour)) for hour in range(count) if hour % GAPS != GAPS - 1]


def large(dice: Random, count: int) -> list[Held]:
    """Return datasets of many catchments."""
    places = [(dice.randrange(PLACES - LARGE), dice.randrange(12 * YEARS)) for _ in range(count // 50)]
    return [Held(place, months(month), LARGE) for place, month in places]


def dataset_of(number: int, held: Held) -> Dataset:
    """Return a dataset that lies elsewhere: only the index is measured."""
    stated = {DomainIndex.CATCHMENT_ID: Discrete(held.catchments), DomainIndex.TIME: held.period}
    created = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return Dataset(
        f"forcing-{number}", 1, Category.FORCING, Domain(FORM, stated), f"uuid-{number}", EMPTY.digest, 0, 0,
        0, created, access_location="elsewhere",
    )  # fmt: skip


def fill(index: SqlIndex, population: Sequence[Held]) -> float:
    """Write all datasets as `commit` would, but many rows at a time; return how long that took [s]."""
    begin = time.perf_counter()
    known: dict[bytes, int] = {}
    for first in range(0, len(population), BATCH):
        numbered = list(enumerate(population[first : first + BATCH], first + 1))
        index._database.write(lambda c, numbered=numbered: insert_all(c, numbered, known))  # type: ignore[misc]
    return time.perf_counter() - begin


def insert_all(connection: Connection, numbered: Sequence[tuple[int, Held]], known: dict[bytes, int]) -> None:
    """Insert datasets; ``known`` are the ids of places by their digests."""
    known_before = len(known)
    tables = (names, versions, documents, places, blocks, summaries)
    rows: dict[Table, list[dict[str, Any]]] = {name: [] for name in tables}
    for number, held in numbered:
        dataset = dataset_of(number, held)
        described = signature_of(dataset)
        there = described.places
        if there is None:
            raise SystemExit(f"{dataset.reference} lies nowhere")
        places_id = known.setdefault(there.digest, len(known) + 1)
        if places_id > len(rows[places]) + known_before:
            rows[places].append({"id": places_id, "digest": there.digest, "anywhere": there.anywhere})
            codes = sorted(there.blocks.items())
            rows[blocks] += ({"code": code, "places_id": places_id, "mask": mask} for code, mask in codes)
        key = {"version_id": number}
        rows[names].append({"name": dataset.name, "highest": dataset.version})
        rows[versions].append({"id": number, **version_row(dataset, COMMITTED)})
        rows[documents].append({**key, "record": record_column(dataset)})
        rows[summaries].append({**key, **summary_row(dataset, described, places_id)})
    for into, values in rows.items():
        if values:
            connection.execute(insert(into), values)


def requirement_of(catchments: frozenset[str], period: Continuous) -> Requirement:
    """Return a requirement of forcing."""
    stated = {DomainIndex.CATCHMENT_ID: Discrete(catchments), DomainIndex.TIME: period}
    return Requirement(Category.FORCING, FORM, stated)


def asked_of_places(dice: Random, population: Sequence[Held], count: int) -> Iterator[Asked]:
    """Yield requirements: half of a dataset; then what is not there in one way or another."""
    week = timedelta(days=7)
    for _ in range(count):
        held = dice.choice(population)
        some = frozenset(dice.sample(sorted(held.catchments), held.size // 2))
        inside = Continuous(held.period.begin + week, held.period.end - week)  # type: ignore[operator]
        yield Asked("one", requirement_of(some, inside), is_fulfilled=True)
    late = months(12 * YEARS)
    for number in range(count):
        held = dice.choice(population)
        some = held.catchments
        if number % 3 == 0:
            yield Asked(
                "one catchment more", requirement_of(some | {ABSENT}, held.period), is_fulfilled=False
            )
        elif number % 3 == 1:
            yield Asked("after all", requirement_of(some, late), is_fulfilled=False)
        else:
            long = Continuous(months(0).begin, late.end)
            yield Asked("all years and more", requirement_of(some, long), is_fulfilled=False)


def asked_of_series(dice: Random, population: Sequence[Held], count: int) -> Iterator[Asked]:
    """Yield requirements: one month, or several that make up a whole; then what has a gap."""
    length = len(population) // BASINS
    for number in range(count):
        held, several = dice.choice(population), 1 if number % 2 else dice.randint(2, min(24, length))
        first = dice.randrange(length - several + 1)
        kind = "one" if several == 1 else "several"
        yield Asked(kind, requirement_of(held.catchments, months(first, several)), is_fulfilled=True)
    for number in range(count):
        held, several = dice.choice(population), dice.randint(2, min(24, length))
        if number % 3 == 0:
            wanted, period = held.catchments | {ABSENT}, months(length - several, several)
            yield Asked("one catchment more", requirement_of(wanted, period), is_fulfilled=False)
        elif number % 3 == 1:
            period = months(length - several, several + 1)
            yield Asked("one month more", requirement_of(held.catchments, period), is_fulfilled=False)
        else:
            period = months(0, length + 1)
            yield Asked("all months and one", requirement_of(held.catchments, period), is_fulfilled=False)


def asked_of_one_basin(dice: Random, population: Sequence[Held], count: int) -> Iterator[Asked]:
    """Yield requirements: an hour, or several; then what has a gap, or lies after all."""
    catchments = population[0].catchments
    end = len(population) + len(population) // (GAPS - 1)
    for number in range(count):
        several = 1 if number % 2 else dice.randint(2, 72)
        first = GAPS * dice.randrange(end // GAPS) + dice.randrange(GAPS - several)
        kind = "one" if several == 1 else "several"
        yield Asked(kind, requirement_of(catchments, hours(first, several)), is_fulfilled=True)
    for number in range(count):
        gap = GAPS * (1 + dice.randrange(end // GAPS)) - 1
        if number % 4 == 0:
            period = hours(gap - dice.randrange(1, 40), 72)
            yield Asked("gap", requirement_of(catchments, period), is_fulfilled=False)
        elif number % 4 == 1:
            wanted, period = catchments | {ABSENT}, hours(gap - 100, dice.randint(1, 72))
            yield Asked("one catchment more", requirement_of(wanted, period), is_fulfilled=False)
        elif number % 4 == 2:
            yield Asked("after all", requirement_of(catchments, hours(end + 24, 24)), is_fulfilled=False)
        else:
            period = hours(gap - 100, 24)
            yield Asked("elsewhere", requirement_of(frozenset({ABSENT}), period), is_fulfilled=False)


POPULATIONS = {
    "scattered": (scattered, asked_of_places),
    "series": (series, asked_of_series),
    "one basin": (one_basin, asked_of_one_basin),
    "large": (large, asked_of_places),
}


def measured(index: Index, questions: Sequence[Asked], repeats: int) -> dict[tuple[bool, str], list[float]]:
    """Return how long each answer took [s], by whether there was something that fulfils and by kind."""
    fulfil(index, questions[0].requirement, NOW)
    fulfil(index, questions[-1].requirement, NOW)
    times: dict[tuple[bool, str], list[float]] = {}
    for asked in questions:
        took = []
        for _ in range(repeats):
            for known in (sql.KNOWN, signature.KNOWN, domain_json.KNOWN):
                known.clear()
            begin = time.perf_counter()
            found, _ = fulfil(index, asked.requirement, NOW)
            took.append(time.perf_counter() - begin)
            if found.is_fulfilled != asked.is_fulfilled:
                raise SystemExit(f"wrong answer ({asked.kind}): {asked.requirement}")
        times.setdefault((asked.is_fulfilled, asked.kind), []).append(min(took))
    return times


def lines_of(database: str, population: str, times: dict[tuple[bool, str], list[float]]) -> list[list[str]]:
    """Return lines of the table: all that is fulfilled, all that is not, and each kind of them."""
    found = []
    for is_fulfilled, title in ((True, "fulfilled"), (False, "not fulfilled")):
        kinds = {kind: seconds for (fits, kind), seconds in times.items() if fits is is_fulfilled}
        every = [one for seconds in kinds.values() for one in seconds]
        for name, seconds in {title: every, **{f"- {kind}": held for kind, held in kinds.items()}}.items():
            figures = [f"{1e3 * value:.0f}" for value in (median(seconds), max(seconds))]
            found.append([database, population, name, str(len(seconds)), *figures])
    return found


def take_in(index: Index, count: int) -> tuple[float, float]:
    """Return how long claiming and committing a dataset of many files takes [s]."""
    contents = [Content(hashlib.sha256(b"%d" % number).hexdigest(), 1) for number in range(count)]
    manifest = Manifest.of((f"file-{number:06d}", content) for number, content in enumerate(contents))
    domain = Domain(FORMATS["GENERIC"])
    dataset = Dataset(
        "many-files", 1, Category.FORCING, domain, "uuid-many", manifest.digest, manifest.content.size,
        manifest.size, len(manifest), NOW,
    )  # fmt: skip
    begin = time.perf_counter()
    index.claim([*contents, manifest.content], NOW)
    claimed = time.perf_counter()
    index.commit(dataset, manifest)
    return claimed - begin, time.perf_counter() - claimed


def opened(address: str) -> SqlIndex:
    """Open an index that lies in a database."""
    index = open_index(address)
    if not isinstance(index, SqlIndex):
        raise SystemExit(f"{address} is no database")
    return index


def analyze(address: str) -> None:
    """Bring the statistics of a PostgreSQL database up to date, as it does by itself after a while."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--datasets", type=int, default=100_000)
    parser.add_argument("--requirements", type=int, default=50, help="fulfilled, and as many unfulfilled")
    parser.add_argument("--repeats", type=int, default=1, help="times that each is asked")
    parser.add_argument("--population", choices=tuple(POPULATIONS), help="one of the populations")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--only", choices=DATABASES, help="one of the databases")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows, lines = [], []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dmod-benchmark-")))
        for database in [options.only] if options.only else DATABASES:
            if database == "postgresql" and missing():
                lines.append(f"- PostgreSQL was not measured: {missing()}")
                continue
            server = stack.enter_context(PostgresServer()) if database == "postgresql" else None
            for name, (populate, ask) in POPULATIONS.items():
                if options.population not in {None, name}:
                    continue
                dice = Random(1)
                population = populate(dice, options.datasets)
                address = (
                    server.make_database() if server else str(folder / f"{name.replace(' ', '-')}.sqlite")
                )
                with closing(opened(address)) as index:
                    filling = fill(index, population)
                    if server:
                        analyze(address)
                    questions = list(ask(dice, population, options.requirements))
                    found = lines_of(database, name, measured(index, questions, options.repeats))
                    print("\n".join(" | ".join(line) for line in found), flush=True)
                    rows += found
                    lines.append(f"- {database}, {name}: filled in {filling:.0f} s")
            address = server.make_database() if server else str(folder / "files.sqlite")
            with closing(opened(address)) as index:
                claim, commit = take_in(index, options.files)
            lines.append(
                f"- {database}: {options.files:,} files claimed in {claim:.1f} s, committed in {commit:.1f} s"
            )
    text = report(options.datasets, options.requirements, rows, lines, load=load)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def report(datasets: int, count: int, rows: list[list[str]], lines: list[str], *, load: float) -> str:
    """Return what was measured as Markdown."""
    header = ["database", "population", "requirements", "number", "median, ms", "worst, ms"]
    head = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}; load of the machine before {load:.1f}.",
        f"{datasets:,} datasets; {count} requirements that are fulfilled and {count} that are not.",
        "",
    ]
    return "\n".join([*head, table(header, rows), "", *lines])


if __name__ == "__main__":
    main()
