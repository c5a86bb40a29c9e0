"""The reference page of formats says what the registry says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.formats_page import formats_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "data-formats.md"


def test_reference_page_of_formats_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == formats_page(), (
        "run python -m dmod.catalog.formats_page docs/reference/data-formats.md"
    )


def test_page_is_written_by_its_command(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    subprocess.run([sys.executable, "-m", "dmod.catalog.formats_page", str(page)], check=True)
    assert page.read_text(encoding="utf-8") == formats_page()


@pytest.mark.parametrize("name", FORMATS)
def test_row_of_every_format_is_whole(name: str) -> None:
    form = FORMATS[name]
    (row,) = [line for line in formats_page().splitlines() if line.startswith(f"| `{name}` | {form.id} |")]
    cells = row.split(" | ")
    assert len(cells) == 8
    assert all(index in cells[4] for index in form.indices)
    assert all(f"{index} (`{field}`)" in cells[4] for index, field in form.indices.items() if field)
    assert all(index in cells[5] for index in form.more)


def test_every_category_and_index_is_on_the_page() -> None:
    text = formats_page()
    assert all(f"\n| {category} | " in text for category in Category)
    used = {index for form in FORMATS.values() for index in (*form.indices, *form.more)}
    assert {index for index in DomainIndex if f"\n| `{index}` | " in text} == used
