"""Daily streamflow as CAMELS distributes it: ``GAUGE YYYY MM DD FLOW FLAG``, ft³/s, -999 where there is none.

Source: Newman et al. (2015), doi:10.5065/D6MW2F4D, ``usgs_streamflow/*/*_streamflow_qc.txt``; flags are
``A``, ``A:e`` (estimated) and ``M`` (missing).
"""

from __future__ import annotations

import re

UNIT = "ft3/s"
_ROW = re.compile(r"(\d{8,15})\s+(\d{4})\s+(\d{1,2})\s+(\d{1,2})\s+(-?\d+(?:\.\d*)?)(?:\s+(\S+))?")


def is_camels_flow(line: str) -> bool:
    """Whether a line is a row of such a file."""
    return _ROW.fullmatch(line.strip()) is not None


def split_camels_flow(line: str) -> tuple[str, str, str, str] | None:
    """Return gauge, date, flow and flag of a row; None if it is none."""
    match = _ROW.fullmatch(line.strip())
    if match is None:
        return None
    gauge, year, month, day, flow, flag = match.groups()
    return gauge, f"{year}-{int(month):02d}-{int(day):02d}", flow, flag or ""
