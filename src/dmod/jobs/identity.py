"""Ids of jobs: short text that sorts in the order of creation.

Nine letters are the time in milliseconds, seven are chance: ``1kqg8d3m0x4v7tza``. The letters are those of
Crockford's alphabet, in which none is taken for another, in small.
"""

from __future__ import annotations

import os
import secrets
import threading
from datetime import datetime, timedelta

from dmod.core.time_axis import EPOCH
from dmod.errors import InputError

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16
_BITS = 5
_CHANCE = 35
_STEP = 2**20
_MILLISECOND = timedelta(milliseconds=1)
_TIMES = 2 ** (_BITS * LENGTH - _CHANCE)
"""How many milliseconds can be told apart: a thousand years."""


class _Made:
    """What this process has made last."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.lock = threading.Lock()
        self.number = 0

    def follow(self, number: int) -> int:
        """Return a number, or one that is above the last."""
        with self.lock:
            if number <= self.number:
                number = self.number + 1 + secrets.randbelow(_STEP)
            self.number = number
        return number


_made = _Made()
# a child has no thread that would let the lock go, and must not go on from where its brothers do
os.register_at_fork(after_in_child=_made.forget)


def new_job_id(at: datetime) -> str:
    """Return an id that no other job has.

    Those that one process makes are in order, even within a millisecond or after the clock was set back;
    those of several processes are in the order of their clocks.

    Raises
    ------
    InputError
        the time is before 1970 or after 3084.
    """
    milliseconds = (at - EPOCH) // _MILLISECOND
    if not 0 <= milliseconds < _TIMES:
        raise InputError(f"{at:%Y-%m-%d} is no time at which a job is made", hint="set the clock")
    return _text(_made.follow((milliseconds << _CHANCE) + secrets.randbits(_CHANCE)))


def created_of(job_id: str) -> datetime:
    """Return when an id was made, to the millisecond.

    Raises
    ------
    InputError
        it is not an id of a job.
    """
    try:
        number = sum(ALPHABET.index(letter) << _BITS * n for n, letter in enumerate(reversed(job_id)))
    except ValueError as error:
        raise InputError(
            f"{job_id!r} is no id of a job", hint=f"ids are of the letters {ALPHABET}"
        ) from error
    if len(job_id) != LENGTH:
        raise InputError(f"{job_id!r} is no id of a job", hint=f"ids have {LENGTH} letters")
    return EPOCH + (number >> _CHANCE) * _MILLISECOND


def _text(number: int) -> str:
    return "".join(ALPHABET[number >> _BITS * n & 31] for n in reversed(range(LENGTH)))
