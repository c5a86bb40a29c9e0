from __future__ import annotations

from pathlib import Path

import pytest

from dmod.errors import NotFoundError, RealizationError
from dmod.formulation.document import parse_document, point_at, read_document, show_path


@pytest.mark.parametrize(
    ("text", "place", "said", "hint"),
    [
        ('{\n  "a": 1,\n}', "2:9", "a comma before the closing '}'", "remove the comma"),
        ('{"a": [1,\n 2,\n]}', "2:3", "a comma before the closing ']'", "remove the comma"),
        ('{"a": 1, // one\n "b": 2}', "1:10", "JSON has no comments", "remove the comment"),
        ('{"a": 1 /* one */}', "1:9", "JSON has no comments", "remove the comment"),
        ('{"a": 1\n "b": 2}', "1:8", "a comma is missing here", "separate the entries by a comma"),
        ("{'a': 1}", "1:2", "text in single quotes", "JSON text stands in double quotes"),
        ('{"a": True}', "1:7", "True is not JSON", "write true"),
        ('{"a": "NaN", "b": NaN}', "1:19", "NaN is not JSON", "write a number"),
        ('{"a": -Infinity}', "1:7", "-Infinity is not JSON", "write a number"),
        (
            '{"a": 1',
            "1:8",
            "the document ends too early",
            "a closing bracket or brace is missing, or the file was cut short",
        ),
        ('{"a" 1}', "1:6", "not JSON: expecting ':' delimiter", None),
        ("  \n", "1:1", "the file is empty", "write a realization document"),
    ],
)
def test_document_not_json_says_where_and_what_to_do(
    text: str, place: str, said: str, hint: str | None
) -> None:
    with pytest.raises(RealizationError) as caught:
        parse_document(text, "r.json")
    assert caught.value.message.startswith(f"r.json:{place}: {said}\n")
    assert caught.value.hint == hint


def test_document_error_shows_the_line_with_a_caret_under_the_column() -> None:
    with pytest.raises(RealizationError) as caught:
        parse_document('{\n  "a": 1,\n}', "r.json")
    assert caught.value.message.splitlines()[1:] == ['      "a": 1,', "            ^"]


def test_document_repeated_key_names_path_and_both_lines() -> None:
    text = '{"x": [{"a": 1}, {"b": {"c": 1,\n "c": 2}}], "c": 0}'
    with pytest.raises(RealizationError, match=r"r.json:2:2: x\[1\].b.c: .*second time \(first in line 1\)"):
        parse_document(text, "r.json")


def test_document_same_key_in_different_objects_is_sound() -> None:
    assert parse_document('{"a": {"k": 1}, "b": {"k": 2}}', "r").tree["b"]["k"] == 2


def test_document_not_utf8_names_line_column_and_byte(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(b'{"a": 1,\n "b": "M\xfcnchen"}')
    with pytest.raises(RealizationError, match=r"r.json:2:9: byte 0xfc is not UTF-8") as caught:
        read_document(file)
    assert caught.value.hint == "save the file in UTF-8"


def test_document_byte_order_mark_is_read_past(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_document(file).tree == {"a": 1}


def test_document_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"r\.json: there is no such file"):
        read_document(tmp_path / "r.json")


def test_document_nested_too_deeply_is_refused() -> None:
    with pytest.raises(RealizationError, match="nested too deeply"):
        parse_document("[" * 200_000, "r.json")


def test_document_error_at_a_path_finds_it_among_strings_that_look_like_json() -> None:
    text = '{"a": "},{[", "b": [1, [], {}, {"c\\"d": -1.5e3,\n "e": null}]}'
    document = parse_document(text, "r.json")
    assert str(document.error(("b", 3, "e"), "bad")).startswith("r.json:2:2: b[3].e: bad\n")
    assert document.line_of(("b", 3, 'c"d')) == 1
    assert document.line_of(("b", 3, "absent")) == 1


def test_point_at_long_line_is_cut_around_the_column() -> None:
    shown = point_at("x" * 500 + "!" + "y" * 500, 1, 501).splitlines()
    assert shown[0][shown[1].index("^")] == "!"
    assert len(shown[0]) < 110


def test_show_path_writes_indices_in_brackets() -> None:
    assert show_path(("global", "formulations", 0, "params")) == "global.formulations[0].params"
