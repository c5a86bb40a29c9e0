"""Statements about rights to act, and the clock that they end by.

PostgreSQL's own clock counts for all that use it. Beside an SQLite file, whose users are all on one machine,
the clock counts that has run since the machine was started: it is not set, and does not stop while the
machine sleeps. A right from before a restart has ended, and so has one that would last longer than it was
taken for, which only a clock that began anew can make of it.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, cast, func, select, update

from dmod.database.upsert import insert_locked
from dmod.jobs.store.port import Fence
from dmod.jobs.store.tables import rights

_MICROSECONDS = 1_000_000


def take(connection: Connection, name: str, holder: str, seconds: float) -> Fence | None:
    """Take or renew a right; None if another has it."""
    empty = {"name": name, "holder": "", "token": 0, "until": 0, "lasts": 0, "boot": ""}
    row = connection.execute(insert_locked(connection, rights, "name").values(empty).returning(rights)).one()
    # the time is asked for when nobody else can take it any more
    boot, now = _clock(connection)
    is_mine = row.holder == holder
    if row.holder and not is_mine and _lasts(row, boot, now):
        return None
    token = row.token if is_mine else row.token + 1
    lasts = int(seconds * _MICROSECONDS)
    connection.execute(
        update(rights)
        .where(rights.c.name == name)
        .values(holder=holder, token=token, until=now + lasts, lasts=lasts, boot=boot)
    )
    return Fence(name, token)


def end(connection: Connection, name: str, holder: str) -> None:
    """Give a right back; changes under it are refused from now on."""
    mine = (rights.c.name == name) & (rights.c.holder == holder)
    connection.execute(update(rights).where(mine).values(holder="", token=rights.c.token + 1))


def holder(connection: Connection, name: str) -> str:
    """Return who had a right last; "" where nobody did, or it was given back."""
    return connection.execute(select(rights.c.holder).where(rights.c.name == name)).scalar() or ""


def _lasts(row: Row[Any], boot: str, now: int) -> bool:
    return bool(row.boot == boot and now < row.until <= now + row.lasts)


def _clock(connection: Connection) -> tuple[str, int]:
    """Return whose clock counts, and its time in microseconds."""
    if connection.dialect.name == "sqlite":
        return boot_id(), since_boot()
    seconds = func.extract("epoch", func.clock_timestamp())
    return "", int(connection.execute(select(cast(seconds * _MICROSECONDS, BigInteger))).scalar_one())


@cache
def boot_id() -> str:
    """Return what tells this start of the machine from all others; "" where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def since_boot() -> int:
    """Return the time since the machine was started, in microseconds."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1000
