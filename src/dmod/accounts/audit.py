"""What was done, by whom and with which outcome: entries of a log that is only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dmod.core.redaction import redact

MOST = {"actor": 64, "address": 64, "action": 64, "target": 256, "request": 128, "detail": 500}
"""Characters that are kept of each text."""
REACH = 1_000


class Outcome(StrEnum):
    """How an act ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. Texts may be a stranger's: they are cut, and hold no secrets and only what can be printed.

    Parameters
    ----------
    actor : name of the user; "" where nobody knows
    address : of the machine that asked
    action : such as ``token:revoke``
    target : what it was done with
    request : id of the request
    detail : more, such as why it was refused
    sequence : given by the store, in the order of adding
    """

    at: datetime
    actor: str
    action: str
    target: str
    outcome: Outcome
    address: str = ""
    request: str = ""
    detail: str = ""
    sequence: int = 0

    def __post_init__(self) -> None:
        for name, most in MOST.items():
            object.__setattr__(self, name, _clean(getattr(self, name), most))


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries to return, the newest first; what is left out does not matter.

    Parameters
    ----------
    begin, end : half open
    before : sequence of the last entry of the page before; 0 for the first page
    """

    actor: str = ""
    address: str = ""
    action: str = ""
    target: str = ""
    request: str = ""
    outcome: Outcome | None = None
    begin: datetime | None = None
    end: datetime | None = None
    before: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of entries.

    Parameters
    ----------
    next : to be given as ``before`` for the next page; 0 where this is the last
    """

    entries: tuple[AuditEntry, ...]
    next: int = 0


def _clean(text: str, most: int) -> str:
    # what is cut away is looked at, too, for the secret that a cut may fall into
    kept = redact(text[: most + REACH])
    kept = kept if len(kept) <= most and len(text) <= most + REACH else kept[: most - 1] + "…"
    return kept if kept.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in kept)
