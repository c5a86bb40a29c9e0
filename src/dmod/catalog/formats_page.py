"""The reference page of formats, made from their registry: ``python -m dmod.catalog.formats_page PAGE``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DataFormat, DomainIndex

HEAD = """\
# Data formats

<!-- Written by `python -m dmod.catalog.formats_page docs/reference/data-formats.md`
     from src/dmod/catalog/data_format.py and category.py. -->

Every dataset has a category, which says what its data are for, and a format, which says how its files are to
be read and what its domain can state. Names are written in any case, with `-` or `_`. Formats 0 to 18 and
their indices are those of DMOD; those from 100 on, and the indices under *more*, are dmod's own. DMOD knows
neither.

## Categories

| category | formats of it |
|---|---|
"""

TABLE = """
EMPTY and GENERIC may be of any category.

## Formats

*Indices*: what a domain of this format can restrict; in brackets the field of the file that holds it.
`DATA_ID` can be restricted in every format: a dataset is always called by its name, by `NAME@VERSION` and by
its uuid. *More*: indices that dmod adds. *Family*: formats of one family hold the same and stand in for each
other when a requirement is not exact. *Divisible along*: several datasets can make up a whole along these
indices; in all others each of them must hold all that is required.

| format | id | what it is | category | indices | more | family | divisible along |
|---|---|---|---|---|---|---|---|
"""

FOOT = """
## What a domain states

- A range (`TIME`) holds its beginning and not its end: hourly data stamped 00:00 to 23:00 cover 00:00 to
  24:00. Times are UTC.
- A set (`CATCHMENT_ID`, …) names its elements, or all but these (`excluded`); with no element it is
  everything.
- An index that a dataset does not state is not known: a requirement that restricts it is not fulfilled. A
  requirement that does not restrict an index takes whatever there is.
- A domain restricts at least one index, except in EMPTY and GENERIC.

## How the files of a dataset may be called

A path is relative, with `/`, at most 4,095 bytes long and 255 in each part; it holds neither `.` nor `..` nor
an empty part, no backslash, no control character, and does not begin like a drive (`c:`). Two paths that look
alike, since a letter is composed in one and not in the other, has another width, or an invisible sign stands
between, cannot be in one dataset: not every system can hold both.

## Indices

| index | of formats |
|---|---|
"""

DMOD = """
Not known to DMOD: {own}.
What a dataset states of these is written for DMOD under `dmod_more`, which it passes over; a requirement on
them is not written, since DMOD would take it for a weaker one.
"""


def formats_page() -> str:
    """Return the reference page ``docs/reference/data-formats.md``."""
    categories = [f"| {item} | {_names(_of_category(item))} |\n" for item in Category]
    formats = [_row(form) for form in FORMATS.values()]
    indices = [f"| `{item}` | {_names(_with_index(item))} |\n" for item in DomainIndex if _with_index(item)]
    return HEAD + "".join(categories) + TABLE + "".join(formats) + FOOT + "".join(indices) + _dmod()


def _row(form: DataFormat) -> str:
    indices = ", ".join(f"{index} (`{name}`)" if name else str(index) for index, name in form.indices.items())
    categories = "any" if form.is_unrestricted else ", ".join(form.categories)
    cells = (
        f"`{form}`", str(form.id), form.title, categories, "any" if form.is_unrestricted else indices,
        _plain(form.more), form.family, _plain(form.divides),
    )  # fmt: skip
    return "| " + " | ".join(cell or "–" for cell in cells) + " |\n"


def _of_category(category: Category) -> list[DataFormat]:
    return [form for form in FORMATS.values() if category in form.categories and not form.is_unrestricted]


def _with_index(index: DomainIndex) -> list[DataFormat]:
    return [form for form in FORMATS.values() if index in form.indices or index in form.more]


def _names(formats: Iterable[DataFormat]) -> str:
    return ", ".join(f"`{form}`" for form in formats)


def _plain(indices: Iterable[DomainIndex]) -> str:
    return ", ".join(index for index in DomainIndex if index in set(indices))


def _dmod() -> str:
    from dmod.catalog.dmod_documents import INDICES

    own = [index for index in DomainIndex if index not in INDICES and _with_index(index)]
    return DMOD.format(own=", ".join(f"`{index}`" for index in own))


if __name__ == "__main__":
    import sys

    Path(sys.argv[1]).write_text(formats_page(), encoding="utf-8")
