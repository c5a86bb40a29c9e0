"""What agencies say about a value: whether it is approved, how it came about, why there is none."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from dmod.core.flow_columns import MISSING_CODES, WORDS_FOR_MISSING
from dmod.errors import InputError

APPROVED, PROVISIONAL = "A", "P"
SAYS_NOTHING = frozenset({"", "nan", "na", "n/a", "none", "null"})
ESTIMATED = frozenset({"e", "estimated"})
_STATUS = {"a": APPROVED, "approved": APPROVED, "p": PROVISIONAL, "provisional": PROVISIONAL}


def split_code(code: str) -> tuple[str, str]:
    """Return approval and qualifiers of a code: ``A:e`` is ("A", "e"), ``P:Ice`` is ("P", "Ice").

    Qualifiers keep their spelling; several are joined by a colon.
    """
    parts = [part for part in re.split(r"[:\s,]+", code.strip()) if part]
    approval = next((_STATUS[p.lower()] for p in parts if p.lower() in _STATUS), "")
    return approval, ":".join(part for part in parts if part.lower() not in _STATUS)


def qualifier_text(value: object) -> str:
    """Return the qualifiers of a feature, a list or its JSON text, joined by a colon."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ":".join(str(part).strip() for part in value)
    return str(value).strip()


def read_value(text: str, *, missing: Sequence[float] = ()) -> tuple[float, str]:
    """Return the number and, where there is none, the word that stands in its place.

    Parameters
    ----------
    missing : numbers that the source writes for "no value", beside -999 and its longer kin

    Raises
    ------
    InputError
        it is neither a number nor a word that agencies write for "no value".
    """
    text = text.strip()
    try:
        value = float(text)
    except ValueError:
        if text.lower() in WORDS_FOR_MISSING:
            return math.nan, "" if text.lower() in SAYS_NOTHING else text
        raise InputError(
            f"{text!r} is not a number",
            hint="leave the cell empty where there is no value, or write the agency's word (Ice, Eqp, …)",
        ) from None
    if not math.isfinite(value) or value in MISSING_CODES or value in missing:
        return math.nan, ""
    return value, ""


def joined(*codes: str) -> str:
    """Return qualifiers joined by a colon, each once."""
    parts = [part for code in codes for part in code.split(":") if part]
    return ":".join(dict.fromkeys(parts))
