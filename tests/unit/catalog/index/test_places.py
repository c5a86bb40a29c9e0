"""Places in a database: kept once, gone with the last dataset, and made of an index of the first form."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, func, insert, select, text

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.index.migrating import INDEX_TABLES
from dmod.catalog.index.opening import open_index
from dmod.catalog.index.port import Listing
from dmod.catalog.index.rows import record_column, version_row
from dmod.catalog.index.tables import (
    COMMITTED,
    PENDING,
    REMOVED,
    REVISIONS,
    blocks,
    names,
    places,
    summaries,
    versions,
)
from dmod.catalog.manifest import EMPTY
from dmod.catalog.restriction import ALL, Discrete
from dmod.database.database import url_of
from dmod.testing.datasets import AT, add, dataset_of
from dmod.testing.index_match_suite import forcing, month, requirement_of
from dmod.testing.store_suite import at_once

PLACE, TIME = DomainIndex.CATCHMENT_ID, DomainIndex.TIME
BASIN = Discrete.of(f"cat-{number}" for number in range(200))
OTHER = Discrete.of(f"cat-{number}" for number in range(100, 400))


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Return the address of a database that nobody has opened, of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "index.sqlite")
    return request.getfixturevalue("postgresql").make_database()


def rows_of(address):
    """Return how many places there are, and how many blocks of them."""
    engine = create_engine(url_of(address))
    with engine.connect() as connection:
        found = [connection.scalar(select(func.count()).select_from(table)) for table in (places, blocks)]
    engine.dispose()
    return tuple(found)


def test_datasets_of_one_basin_share_its_places(address):
    with closing(open_index(address)) as index:
        for number in range(5):
            add(index, f"d{number}", **forcing({PLACE: BASIN, TIME: month(number)}))
        assert rows_of(address) == (1, 4)
        add(index, "other", **forcing({PLACE: OTHER}))
        assert rows_of(address) == (2, 4 + 6)
        add(index, "everywhere", **forcing({PLACE: ALL}))
        add(index, "nowhere", **forcing({TIME: month(1)}))
        assert rows_of(address) == (3, 4 + 6)


def test_places_go_with_the_last_dataset_that_lies_there(address):
    with closing(open_index(address)) as index:
        first, second = (add(index, name, **forcing({PLACE: BASIN})) for name in ("a", "b"))
        index.remove(first.uuid)
        index.drop(first.uuid)
        assert rows_of(address) == (1, 4)
        index.remove(second.uuid)
        assert rows_of(address) == (0, 0)
        index.drop(second.uuid)
        add(index, "c", **forcing({PLACE: BASIN}))
        assert rows_of(address) == (1, 4)


def test_places_of_a_version_committed_anew_are_those_it_has_now(address):
    with closing(open_index(address)) as index:
        dataset = dataset_of("d", **forcing({PLACE: BASIN}))
        index.commit(dataset, EMPTY)
        index.commit(dataset, EMPTY)
        assert rows_of(address) == (1, 4)
        index.commit(replace(dataset, domain=forcing({PLACE: OTHER})["domain"]), EMPTY)
        assert rows_of(address) == (1, 6)


def test_places_stay_with_one_dataset_while_others_come_and_go(address):
    with closing(open_index(address)) as first, closing(open_index(address)) as second:
        lasting = add(first, "lasting", **forcing({PLACE: OTHER}))

        def come_and_go(number):
            index = (first, second)[number % 2]
            for turn in range(4):
                held = BASIN if (number + turn) % 2 else OTHER
                dataset = add(index, f"d{number}-{turn}", **forcing({PLACE: held}))
                assert dataset in index.candidates(requirement_of({PLACE: held}), AT)
                index.remove(dataset.uuid)
                index.drop(dataset.uuid)

        results = at_once(come_and_go, 8)
        assert results == [None] * 8
        assert list(first.candidates(requirement_of({PLACE: OTHER}), AT)) == [lasting]
    assert rows_of(address) == (1, 6)


def _make_first_form(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(INDEX_TABLES.migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[0])


def _insert_first_form(connection: Connection, number: int, name: str, state: int) -> None:
    """Insert a version as the first form had it; a summary is made by what was known of it then."""
    dataset = dataset_of(name, created=AT, **forcing({PLACE: BASIN, TIME: month(number)}))
    connection.execute(insert(names).values(name=name, highest=1))
    noted = insert(versions).values(version_row(dataset, state)).returning(versions.c.id)
    version_id = connection.execute(noted).scalar_one()
    if state != PENDING:
        old = {"version_id": version_id, "coded": 4, "codes": b"1234", "record": record_column(dataset)}
        columns = ", ".join(old)
        marks = ", ".join(f":{column}" for column in old)
        connection.execute(text(f"INSERT INTO dataset_document ({columns}) VALUES ({marks})"), old)
    if state == COMMITTED:
        words = {f"{kind}_{word}": 1 for kind in ("places", "others") for word in range(4)}
        summary = {
            "category": "FORCING", "format": 0, "time_begin": 1, "version_id": version_id, "time_end": 2,
            "created": 3, "stated": 14, "unbounded": 0, "place_count": 200, **words,
        }  # fmt: skip
        columns, marks = ", ".join(summary), ", ".join(f":{column}" for column in summary)
        connection.execute(text(f"INSERT INTO dataset_summary ({columns}) VALUES ({marks})"), summary)


def test_index_of_the_first_form_is_brought_to_the_present_one_with_all_its_data(address):
    engine = create_engine(url_of(address))
    with engine.begin() as connection:
        _make_first_form(connection)
        for number in range(1, 8):
            _insert_first_form(connection, number, f"d{number}", COMMITTED)
        _insert_first_form(connection, 8, "pending", PENDING)
        _insert_first_form(connection, 9, "removed", REMOVED)
    engine.dispose()
    with closing(open_index(address)) as index:
        expected = [f"d{number}" for number in range(1, 8)]
        assert [dataset.name for dataset in index.list(Listing(), AT)] == expected
        assert [dataset.name for dataset in index.removed()] == ["removed"]
        wanted = requirement_of({PLACE: Discrete.of(["cat-3", "cat-99"]), TIME: month(3)})
        assert [dataset.name for dataset in index.candidates(wanted, AT)] == ["d3"]
        several = requirement_of({PLACE: BASIN, TIME: month(0, 20)})
        assert sorted(dataset.name for dataset in index.overlapping(several, AT, 99)) == expected
        assert rows_of(address) == (1, 4)
        engine = create_engine(url_of(address))
        with engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(summaries)) == 7
        engine.dispose()
        add(index, "new", **forcing({PLACE: BASIN, TIME: month(30)}))
        index.remove(index.get("d3").uuid)
        assert list(index.candidates(wanted, AT)) == []
    with closing(open_index(address)) as index:  # which changes nothing more
        assert index.count() == 7
