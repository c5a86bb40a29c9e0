"""Columns of times as seconds, whatever zones they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_ZONED = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"


def seconds_of(column: pd.Series[Any], zone: str, place: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return seconds since 1970 UTC, and which of them are known.

    Parameters
    ----------
    column : times in ISO 8601, as text
    zone : of those that carry none: a name, an offset or an abbreviation of gauges

    Raises
    ------
    InputError
        a text is no time; an hour does not exist or is ambiguous in the zone.
    """
    import pandas as pd

    from dmod.observations.zones import parse_zone

    local = parse_zone(zone, what=f"{place}: zone")
    # the same moments occur at every location: each is read once
    codes, different = pd.factorize(column)
    known = codes >= 0
    if not len(different):
        return np.zeros(len(column), dtype=np.int64), known
    texts = pd.Series(different).astype(str).str.strip()
    try:
        if zone.upper() == "UTC":
            times = pd.to_datetime(texts, utc=True, format="ISO8601")
        else:
            zoned = texts.str.slice(10).str.contains(_ZONED, regex=True)
            plain = pd.to_datetime(texts.where(~zoned, "1970-01-01"), format="ISO8601")
            times = plain.dt.tz_localize(local).dt.tz_convert("UTC")
            stated = pd.to_datetime(texts.where(zoned, "1970-01-01T00:00:00Z"), utc=True, format="ISO8601")
            times = times.where(~zoned, stated)
    except ValueError as error:
        raise InputError(
            f"{place}: {_first_bad(texts, codes)}", hint="write YYYY-MM-DD HH:MM, or ISO 8601 with its zone"
        ) from error
    seconds = times.to_numpy(dtype="datetime64[s]").astype(np.int64)
    return np.where(known, seconds[codes], 0), known


def _first_bad(texts: pd.Series[Any], codes: NDArray[np.intp]) -> str:
    import pandas as pd

    read = pd.to_datetime(texts, utc=True, format="ISO8601", errors="coerce")
    bad = texts[read.isna()]
    if len(bad):
        row = int(np.flatnonzero(codes == bad.index[0])[0]) + 1
        return f"row {row}: {bad.iloc[0]!r} is not a time"
    return "a time does not exist, or occurs twice, in its zone"
