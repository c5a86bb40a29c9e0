"""What an administrator may say about the queue, and what is told when it is wrong."""

import pytest

from dmod.errors import InputError, QuotaExceeded
from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Demand
from dmod.jobs.schedule.policy import Policy, Quota


def test_policy_of_a_whole_document_has_all_of_it() -> None:
    document = {
        "ageing": 2,
        "share": 0,
        "half_life": "2 days",
        "reservations": 5,
        "quota": {"running": 10, "queued": 100},
        "quotas": {"ops": {}, "guest": {"cpus": 4}},
    }
    found = Policy.of(document)
    assert found == Policy(2, 0, 172800.0, 5, Quota(10, None, 100), {"ops": Quota(), "guest": Quota(cpus=4)})
    assert found.quota_of("anybody") == Quota(10, None, 100)
    assert found.quota_of("ops") == Quota()


@pytest.mark.parametrize(
    ("document", "message", "hint"),
    [
        ({"aging": 1}, "schedule has no key aging", "allowed: ageing, share"),
        ({"quota": {"cpu": 1}}, "schedule: quota has no key cpu", "allowed: running, cpus, queued"),
        ({"quotas": {"a": {"cpus": 0}}}, "schedule: quotas.a: cpus of a quota cannot be 0", "1 or more"),
        ({"quotas": {"a": 3}}, "schedule: quotas.a cannot be 3", "a table"),
        ({"quota": 3}, "schedule: quota cannot be 3", "a table"),
        ({"quota": {"running": True}}, "running of a quota cannot be True", "1 or more"),
        ({"ageing": 0}, "ageing cannot be 0", "more than 0"),
        ({"ageing": "4"}, "ageing cannot be '4'", "a number"),
        ({"share": -1}, "share cannot be -1", "0 or more"),
        ({"share": float("nan")}, "share cannot be nan", "0 or more"),
        ({"half_life": "soon"}, "'soon' is no length of time", "write it like"),
        ({"half_life": 0}, "half_life cannot be 0", "more than 0"),
        ({"reservations": 0}, "reservations cannot be 0", "1 or more"),
        ({"reservations": 1.5}, "reservations cannot be 1.5", "whole"),
    ],
)
def test_policy_with_a_mistake_names_it_and_what_is_allowed(document: dict, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        Policy.of(document)
    assert message in caught.value.message
    assert hint in str(caught.value.hint)


def test_queue_room_ends_at_the_quota_and_is_worth_another_try_later() -> None:
    policy = Policy(quota=Quota(queued=2))
    policy.require_queue_room("ann", 1)
    with pytest.raises(
        QuotaExceeded, match=r"ann has 2 jobs that are not at an end, and may have 2"
    ) as caught:
        policy.require_queue_room("ann", 2)
    assert caught.value.retryable
    Policy().require_queue_room("ann", 10**6)


def test_demand_beyond_what_somebody_may_ever_have_is_refused() -> None:
    policy = Policy(quotas={"ann": Quota(cpus=4)})
    cause = policy.refusal("ann", Demand(5))
    assert cause is not None
    assert cause.kind is CauseKind.UNSATISFIABLE
    assert cause.message == "needs 5 CPUs, and ann may have 4 at once"
    assert policy.refusal("ann", Demand(4)) is None
    assert policy.refusal("bob", Demand(5)) is None
