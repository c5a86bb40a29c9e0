"""CSV and RDB as tables of named columns; only those that are asked for are read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dmod.errors import InputError
from dmod.evaluation.specification.backend import Backend
from dmod.services.evaluation.backends import Content

if TYPE_CHECKING:
    import pandas as pd

_WIDTH = re.compile(r"\d+[sdn]")
RDB_COMMENT = "#"
_MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-")


def read_table(
    content: Content,
    backend: Backend,
    columns: Iterable[str] | None,
    place: str,
    numbers: Sequence[str] = (),
    *,
    repeating: bool = False,
) -> pd.DataFrame:
    """Return columns of a table, as text but for those of numbers.

    Parameters
    ----------
    columns : that are read, each once; all if None
    numbers : columns that hold numbers; what in them is none stays as text
    repeating : whether the same texts occur in many rows: they are kept once, as categories

    Raises
    ------
    InputError
        it is no table, or a column does not exist; those that do are named.
    """
    import pandas as pd

    is_rdb = backend.format == "rdb"
    wanted = None if columns is None else list(dict.fromkeys(columns))
    options: dict[str, Any] = {
        "sep": backend.delimiter or ("\t" if is_rdb else ","),
        "comment": backend.comment or (RDB_COMMENT if is_rdb else None),
        "encoding": "utf-8-sig",
        "skipinitialspace": True,
    }
    source = content.path if content.path is not None and not is_rdb else io.BytesIO(content.read())
    if is_rdb:
        source = io.BytesIO(_without_widths(content.read()))
    head = _read(pd, source, content, place, {**options, "nrows": 0, "dtype": str})
    names = [str(name).strip() for name in head.columns]
    missing = [name for name in wanted or () if name not in names]
    if missing:
        raise InputError(
            f"{place}: {content.name} has no column {missing[0]!r}",
            hint=f"there are {', '.join(names[:30]) or 'none'}",
        )
    if isinstance(source, io.BytesIO):
        source.seek(0)
    chosen = names if wanted is None else wanted
    text: dict[str, Any] = {name: "category" if repeating else str for name in chosen if name not in numbers}
    options |= {"names": names, "header": 0, "usecols": chosen, "dtype": text, "index_col": False}
    # an id such as NA is one; a number that says NA is missing
    options["keep_default_na"] = False
    options["na_values"] = {name: [""] if name in text else list(_MISSING) for name in chosen}
    frame = _read(pd, source, content, place, options)
    return frame[chosen]


def _read(pd: Any, source: Any, content: Content, place: str, options: dict[str, Any]) -> pd.DataFrame:
    try:
        return pd.read_csv(source, low_memory=False, **options)
    except (ValueError, UnicodeDecodeError, OSError, pd.errors.ParserError) as error:
        raise InputError(
            f"{place}: {content.name} cannot be read as a table: {str(error).strip()}",
            hint="check format and delimiter; the first line names the columns",
        ) from error


def _without_widths(data: bytes) -> bytes:
    """Return RDB without its row of widths (``5s 15s 20d``)."""
    lines = data.split(b"\n")
    at = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith(b"#")), None)
    if at is None or at + 1 >= len(lines):
        return data
    cells = lines[at + 1].decode("utf-8", "replace").rstrip("\r").split("\t")
    if all(_WIDTH.fullmatch(cell.strip()) for cell in cells):
        del lines[at + 1]
    return b"\n".join(lines)
