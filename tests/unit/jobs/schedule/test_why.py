"""Why a job waits, as people read it."""

import json
from datetime import UTC, datetime, timedelta

from dmod.jobs.demand import Demand, Node, Paradigm, Share
from dmod.jobs.schedule.decision import Decision, decide
from dmod.jobs.schedule.policy import Policy, Quota
from dmod.jobs.schedule.queue import Running, Waiting

GB = 10**9
AT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
N1, N2 = Node("n1", 8, 24 * GB), Node("n2", 8, 24 * GB)
X = Running("X", "bob", Demand(6, 12 * GB, 3 * 3600.0), (Share("n1", 6, 12 * GB),), AT - 40 * HOUR / 60)


def why(queue: list[Waiting], running=(X,), nodes=(N1,), policy: Policy | None = None) -> Decision:
    return decide(queue, running, nodes, {"ann": 0.0, "bob": 3600.0}, policy or Policy(), AT)


def test_why_of_a_job_that_waits_for_room_tells_place_priority_holders_and_start() -> None:
    decision = why([Waiting("w", "ann", Demand(4, 2 * GB, 3600.0), AT - HOUR, reserved=AT - HOUR / 2)])
    assert decision.whys["w"].lines() == [
        "place 1 of 1 in the queue",
        "priority 74.0: 50 asked for, 4.0 for waiting 1 h 00 min, 20.0 for the owner's share"
        " (used 0 times the mean lately)",
        "needs 4 CPUs and 2 GB on one node",
        "n1: 2 of 8 CPUs and 12 GB of 24 GB free",
        "  job X holds 6 CPUs and 12 GB until 2026-01-01 14:20:00 at the latest",
        "starts 2026-01-01 14:20:00 at the latest, unless a job of higher priority comes",
        "room has been reserved for it since 2026-01-01 11:30:00",
    ]


def test_why_of_a_spread_job_tells_how_much_room_there_is() -> None:
    demand = Demand(12, 12 * GB, 3600.0, Paradigm.ROUND_ROBIN)
    lines = why([Waiting("w", "ann", demand, AT)], nodes=(N1, N2)).whys["w"].lines()
    assert lines[2] == "needs 12 CPUs and 12 GB over all nodes, 1 GB a CPU; there is room for 10 now"
    assert "n2: 8 of 8 CPUs and 24 GB of 24 GB free" in lines


def test_why_of_a_job_that_would_delay_another_names_it() -> None:
    queue = [
        Waiting("large", "ann", Demand(8, GB, 3600.0), AT, 90),
        Waiting("long", "ann", Demand(2, GB, 7 * 3600.0), AT),
    ]
    lines = why(queue).whys["long"].lines()
    assert lines[2:5] == [
        "there is room now, but not until 2026-01-01 19:00:00, as long as it may take",
        "from 2026-01-01 14:20:00 room is reserved for job large, place 1 in the queue, on n1",
        "starts 2026-01-01 15:20:00 at the latest, unless a job of higher priority comes",
    ]


def test_why_of_a_job_without_a_reservation_guesses_from_the_work_before_it() -> None:
    queue = [Waiting(f"w{i}", "ann", Demand(8, GB, 3600.0), AT, 90 - i) for i in range(3)]
    found = why(queue, policy=Policy(reservations=1)).whys["w2"]
    # 6 CPUs until 14:20 and two hours of all eight
    assert found.start == AT + timedelta(hours=2 + 6 * (2 + 20 / 60) / 8)
    assert found.lines()[-1].endswith("a guess from the work before it")


def test_why_of_jobs_held_by_quota_tells_what_their_owner_has() -> None:
    queue = [Waiting(f"w{i}", "bob", Demand(2, GB, 3600.0), AT, 90 - i) for i in range(2)]
    decision = why(queue, policy=Policy(quota=Quota(running=1, cpus=7)))
    assert decision.whys["w0"].waits_for == (
        "bob has 1 job running, and may have 1",
        "needs 2 CPUs; bob has 6, and may have 7",
        "job X ends 2026-01-01 14:20:00 at the latest",
    )
    assert decision.whys["w1"].waits_for == ("job w0 of bob comes before it, and waits for bob's quota",)


def test_why_of_a_job_held_by_a_promise_to_its_owner_names_the_promise() -> None:
    queue = [
        Waiting("large", "ann", Demand(8, GB, 3600.0), AT, 90),
        Waiting("small", "ann", Demand(1, GB, 60.0), AT),
    ]
    decision = why(queue, policy=Policy(quota=Quota(running=1)))
    assert decision.whys["small"].waits_for == ("ann has 1 job running or reserved (large), and may have 1",)


def test_why_as_a_document_is_json_and_has_the_sentences() -> None:
    found = why([Waiting("w", "ann", Demand(4, 2 * GB, 3600.0), AT - HOUR)]).whys["w"]
    document = json.loads(json.dumps(found.as_json()))
    assert document["lines"] == found.lines()
    assert document["priority"] == {
        "total": 74.0, "base": 50, "age": 4.0, "share": 20.0, "waited": 3600.0, "used": 0.0,
    }  # fmt: skip
    assert document["start"] == "2026-01-01T14:20:00+00:00"
