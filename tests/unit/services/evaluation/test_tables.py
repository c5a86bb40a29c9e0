"""CSV and RDB as tables."""

from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError
from dmod.evaluation.specification.backend import Backend
from dmod.services.evaluation.backends import Content
from dmod.services.evaluation.tables import read_table

RDB = "# comment\nagency_cd\tsite_no\tp50_va\n5s\t15s\t12s\nUSGS\t0214\t2.9\nUSGS\t0215\t\n"


def backend(**keys: Any) -> Backend:
    return Backend.model_validate({"backend_type": "file", "format": "csv", "address": "a", **keys})


def file(folder: Path, text: str) -> Content:
    path = folder / "a.csv"
    path.write_text(text)
    return Content(str(path), path)


def test_ids_keep_their_zeros_and_words(tmp_path: Path) -> None:
    content = file(tmp_path, "site,value,other\n007,1.5,x\nNA,,y\n")
    frame = read_table(content, backend(), ["site", "value", "site"], "p", ["value"])
    assert list(frame.columns) == ["site", "value"]
    assert frame["site"].tolist() == ["007", "NA"]
    assert frame["value"].tolist()[0] == 1.5
    assert frame["value"].isna().tolist() == [False, True]


def test_columns_come_in_the_order_asked_for(tmp_path: Path) -> None:
    frame = read_table(file(tmp_path, "a,b\n1,2\n"), backend(), ["b", "a"], "p")
    assert frame.iloc[0].tolist() == ["2", "1"]


def test_delimiter_and_comments_are_those_that_are_stated(tmp_path: Path) -> None:
    content = file(tmp_path, "; note\na|b\n1|2\n")
    assert read_table(content, backend(sep="|", comment=";"), None, "p")["b"].tolist() == ["2"]


def test_rdb_is_read_without_comments_and_widths() -> None:
    content = Content("x.rdb", data=RDB.encode())
    frame = read_table(content, backend(format="rdb"), None, "p")
    assert frame["site_no"].tolist() == ["0214", "0215"]
    assert frame["p50_va"].isna().tolist() == [False, True]
    plain = "site_no\tx\nabc\t1\n"
    assert len(read_table(Content("x", data=plain.encode()), backend(format="rdb"), None, "p")) == 1
    assert len(read_table(Content("x", data=b"site_no\tx\n"), backend(format="rdb"), None, "p")) == 0


def test_missing_column_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"p: a.csv has no column 'c'") as caught:
        read_table(file(tmp_path, "a,b\n1,2\n"), backend(), ["c"], "p")
    assert caught.value.hint == "there are a, b"


@pytest.mark.parametrize("text", ["", 'a\n"x\n'])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="cannot be read as a table"):
        read_table(file(tmp_path, text), backend(), None, "p")


def test_cells_after_the_last_column_do_not_shift_the_others(tmp_path: Path) -> None:
    content = file(tmp_path, "a,b\n1,2,\n3,4,\n")
    assert read_table(content, backend(), ["a"], "p")["a"].tolist() == ["1", "3"]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError, match="cannot be read as a table"):
        read_table(Content("x.csv", data=b"a,b\n\xff\xfe,1\n"), backend(), None, "p")
