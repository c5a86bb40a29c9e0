"""Numbers of events: in the order in which transactions are seen."""

from __future__ import annotations

import threading
import time
from contextlib import closing

from sqlalchemy import create_engine, text

from dmod.database.database import url_of
from dmod.jobs.store import history
from dmod.jobs.store.opening import open_job_store
from dmod.testing.job_store_values import an_event

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def test_event_waits_until_one_with_a_lower_number_can_be_seen(postgresql):
    address = postgresql.make_database()
    engine = create_engine(url_of(address))
    noted: list[int] = []
    with closing(open_job_store(address)) as store, engine.connect() as first, engine.connect() as watching:
        history.add(first, [an_event("first")])
        second = threading.Thread(target=lambda: noted.append(store.note([an_event("second")])[0].sequence))
        second.start()
        while second.is_alive() and not watching.execute(text(WAITING)).scalar():
            watching.rollback()  # what it sees is else kept as it was
            time.sleep(0.01)
        seen = store.events()
        assert noted == []
        assert seen == ()
        first.commit()
        second.join()
        assert [(event.job, event.sequence) for event in store.events()] == [("first", 1), ("second", 2)]
    engine.dispose()
    assert noted == [2]


def test_number_of_an_event_that_was_undone_is_given_to_the_next(postgresql, tmp_path):
    for address in (str(tmp_path / "jobs.sqlite"), postgresql.make_database()):
        engine = create_engine(url_of(address))
        with closing(open_job_store(address)) as store, engine.connect() as undone:
            history.add(undone, [an_event("undone")] * 3)
            undone.rollback()
            assert store.note([an_event("kept")])[0].sequence == 1
        engine.dispose()
