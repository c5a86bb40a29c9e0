"""How often somebody may ask."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.accounts.principal import Principal
from dmod.accounts.rate_limit import Bucket, Limit, RateLimiter, RateLimits, address_key, draw
from dmod.accounts.role import Role
from dmod.errors import InputError

LIMIT = Limit(rate=2.0, burst=5.0)
times = st.lists(st.tuples(st.floats(0, 3), st.sampled_from([0.5, 1.0, 2.5])), max_size=60)


def test_burst_is_admitted_at_once_then_the_rate():
    limiter = RateLimiter(LIMIT)
    assert [limiter.ask("a", 0.0).is_admitted for _ in range(6)] == [True] * 5 + [False]
    assert limiter.ask("a", 0.0).wait == 0.5
    assert [limiter.ask("a", t).is_admitted for t in (0.49, 0.5, 0.6, 1.0, 1.0)] == [
        False, True, False, True, False,
    ]  # fmt: skip


@given(times)
def test_never_more_is_admitted_than_burst_and_rate_give(requests):
    bucket, now, admitted = None, 0.0, 0.0
    for pause, cost in requests:
        now += pause
        bucket, verdict = draw(bucket, LIMIT, now, cost)
        admitted += cost * verdict.is_admitted
        assert admitted <= LIMIT.burst + LIMIT.rate * now + 1e-3
        assert 0 <= verdict.remaining <= LIMIT.burst


@given(times)
def test_who_waits_as_long_as_told_is_admitted(requests):
    bucket, now = None, 0.0
    for pause, cost in requests:
        now += pause
        bucket, verdict = draw(bucket, LIMIT, now, cost)
        if not verdict.is_admitted:
            assert not draw(bucket, LIMIT, now + verdict.wait * 0.9, cost)[1].is_admitted
            now += verdict.wait
            bucket, verdict = draw(bucket, LIMIT, now, cost)
            assert verdict.is_admitted
        assert verdict.wait == 0


def test_what_is_refused_costs_nothing():
    limiter = RateLimiter(LIMIT)
    for _ in range(5):
        limiter.ask("a", 0.0)
    for number in range(50):
        assert not limiter.ask("a", number * 0.009).is_admitted
    assert limiter.ask("a", 0.5).is_admitted


def test_bucket_is_never_fuller_than_the_burst():
    limiter = RateLimiter(LIMIT)
    limiter.ask("a", 0.0)
    assert limiter.ask("a", 1e6).remaining == 4.0


def test_time_that_goes_back_gives_and_takes_nothing():
    assert draw(Bucket(3.0, 10.0), LIMIT, 4.0) == (Bucket(2.0, 10.0), draw(Bucket(3.0, 10.0), LIMIT, 10.0)[1])


def test_cost_above_the_burst_is_never_admitted():
    verdict = RateLimiter(LIMIT).ask("a", 0.0, cost=5.5)
    assert not verdict.is_admitted
    assert verdict.wait == math.inf


def test_askers_do_not_share_a_bucket():
    limiter = RateLimiter(LIMIT)
    for _ in range(5):
        limiter.ask("a", 0.0)
    assert not limiter.ask("a", 0.0).is_admitted
    assert limiter.ask("b", 0.0).is_admitted


def test_memory_is_bounded_and_who_asks_often_is_kept():
    limiter = RateLimiter(LIMIT, capacity=100)
    admitted = 0
    for number in range(1000):
        limiter.ask(f"stranger-{number}", 0.0)
        admitted += limiter.ask("regular", 0.0).is_admitted
    assert len(limiter) == 100
    assert admitted == 5


@pytest.mark.parametrize(
    ("rate", "burst"), [(0, 5), (-1, 5), (1, 0.5), (math.inf, 5), (1, math.inf), (math.nan, 5)]
)
def test_limit_that_is_none_is_refused(rate, burst):
    with pytest.raises(InputError, match="limit"):
        Limit(rate, burst)


def test_users_count_with_all_tokens_and_strangers_by_address():
    limits = RateLimits(users=LIMIT, addresses=Limit(1.0, 1.0))
    tokens = [Principal("alice", Role.USER, frozenset(), f"t{n}") for n in range(6)]
    assert [limits.ask(one, "10.0.0.1", 0.0).is_admitted for one in tokens] == [True] * 5 + [False]
    assert limits.ask(None, "10.0.0.1", 0.0).is_admitted
    assert not limits.ask(None, "10.0.0.1", 0.0).is_admitted
    assert limits.ask(None, "10.0.0.2", 0.0).is_admitted
    bob = Principal("10.0.0.1", Role.USER, frozenset(), "t")
    assert limits.ask(bob, "10.0.0.1", 0.0).is_admitted


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", ""),
        ("10.0.0.1, 10.0.0.2", ""),
    ],
)
def test_address_counts_for_who_holds_it(address, key):
    assert address_key(address) == key
