"""What a look at a request finds wrong with it before anything is run, with the place in the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dmod.errors import InputError

SHOWN = 20
"""How many are told in words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing for which the run would fail.

    Parameters
    ----------
    field : JSON pointer into the request: ``/period/end``; "" for the request as a whole
    message : what is wrong, without the field's name
    given : what the request says there, as text
    allowed : what it could say there
    hint : what to do
    """

    field: str
    message: str
    given: str = ""
    allowed: tuple[str, ...] = ()
    hint: str = ""

    @property
    def place(self) -> str:
        """The field as people write it: ``period.end``."""
        return ".".join(part.replace("~1", "/").replace("~0", "~") for part in self.field.split("/")[1:])

    @property
    def text(self) -> str:
        """The finding in one line."""
        return f"{self.place}: {self.message}" if self.field else self.message

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "field": self.field,
            "message": self.message,
            "given": self.given,
            "allowed": list(self.allowed),
            "hint": self.hint,
        }


class RefusedRequest(InputError):  # noqa: N818 - as in the tree of errors
    """The request would fail, and it is known why before anything is run.

    Parameters
    ----------
    findings : all that was found, at least one
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"the request cannot be used: {told(self.findings)}", hint=hint_of(self.findings))


def told(findings: Sequence[Finding]) -> str:
    """Return findings as text: one as it is, several in lines of their own."""
    if len(findings) == 1:
        return findings[0].text
    return f"{len(findings)} things are wrong:\n  " + "\n  ".join(item.text for item in findings[:SHOWN])


def hint_of(findings: Sequence[Finding]) -> str | None:
    """Return what to do about the first finding that says so."""
    return next((item.hint for item in findings if item.hint), None)
