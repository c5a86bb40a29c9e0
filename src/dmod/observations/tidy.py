"""The tidy form: one row a value, one file a series, and a JSON file beside it that says where it is from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dmod.core.atomic import replacing
from dmod.observations.series import Series

COLUMNS = ("site", "time", "value", "unit", "approval", "qualifiers", "parameter", "statistic")


def sidecar_of(path: Path) -> Path:
    """Return where the description of a table stands."""
    return path.with_suffix(".json")


def is_sidecar(document: object) -> bool:
    """Whether a JSON document describes a tidy table."""
    return isinstance(document, Mapping) and {"site", "table", "sha256"} <= set(document)


def write_tidy(path: Path, series: Series, about: Mapping[str, Any]) -> None:
    """Write table and description; both appear whole, or neither changes.

    Parameters
    ----------
    about : what the description says; the hash of the table is added

    Raises
    ------
    StoreError
        the disk is full, or the folder cannot be written.
    """
    text = tidy_text(series)
    digest = hashlib.sha256(text.encode()).hexdigest()
    described = json.dumps({**about, "table": path.name, "sha256": digest}, indent=1, ensure_ascii=False)
    with replacing(path, needed=len(text)) as table, replacing(sidecar_of(path)) as sidecar:
        table.write_text(text, encoding="utf-8")
        sidecar.write_text(described + "\n", encoding="utf-8")


def tidy_text(series: Series) -> str:
    """Return the table as CSV."""
    return ",".join(COLUMNS) + "\n" + "".join(_rows(series))


def _rows(series: Series) -> Iterator[str]:
    times = np.datetime_as_string(series.times.astype("datetime64[s]"), unit="s").tolist()
    last = f"{series.parameter},{series.statistic}\n"
    columns = (series.values.tolist(), series.approval.tolist(), series.qualifiers.tolist())
    for time, value, approval, qualifiers in zip(times, *columns, strict=True):
        number = "" if value != value else repr(value).removesuffix(".0")  # noqa: PLR0124 - NaN is not itself
        yield f"{series.site},{time}Z,{number},{series.unit},{approval},{_cell(qualifiers)},{last}"


def _cell(text: str) -> str:
    """Return a cell as CSV has it: quoted where it holds a comma or a quote."""
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text
