"""A table that several threads read at once: thresholds by quantile are found while blocks are scored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from dmod.services.evaluation.sources import open_source


def test_table_is_read_by_several_threads_at_once(tmp_path: Path) -> None:
    rows = "".join(
        f"g{place},2020-01-{1 + hour // 24:02d} {hour % 24:02d}:00,{place + hour}\n"
        for place in range(8)
        for hour in range(500)
    )
    (tmp_path / "flows.csv").write_text("location,time,value[m3/s]\n" + rows)
    source = open_source(tmp_path / "flows.csv", "table")

    def first(place: int) -> tuple[float, float]:
        (series,) = source.read([f"g{place}"])
        return float(series.values[0]), float(np.nanmax(series.values))

    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(first, [place for _ in range(30) for place in range(8)]))
    finally:
        source.close()
    assert found == [(float(place), float(place + 499)) for _ in range(30) for place in range(8)]
