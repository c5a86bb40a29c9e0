"""Bodies are read so that nothing is executed, swallowed or multiplied."""

from __future__ import annotations

import pytest

from dmod.api.documents import read_document, read_json, read_yaml
from dmod.errors import InputError


def test_yaml_of_the_core_schema_is_read_as_people_mean_it() -> None:
    text = """
a: 2020-01-01
b: no
c: 12:30
d: [1, 1.5, 1e3, -2, 0x10, true, null, ~, "1", '', 017]
e: {f: |
  two
  lines
}
g: &x {h: 1}
i: *x
""".replace("{f: |\n  two\n  lines\n}", "\n  f: |\n    two\n    lines")
    assert read_yaml(text.encode()) == {
        "a": "2020-01-01", "b": "no", "c": "12:30",
        "d": [1, 1.5, 1000.0, -2, 16, True, None, None, "1", "", "017"],
        "e": {"f": "two\nlines\n"}, "g": {"h": 1}, "i": {"h": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: !!python/object/apply:os.system ['touch /tmp/x']", "the tag"),
        ("!!python/name:os.system ''", "the tag"),
        ("a: !!binary aGFsbG8=", "the tag"),
        ("a: 1\nb: 2\na: 3", "stands twice"),
        ("{a: 1, {b: 1}: 2}", "no text"),
        ("[1]: 2", "no text"),
        ("1: 2", None),
        ("&a [*a]", "contains itself"),
        ("a: 1\n---\nb: 2", "document"),
        ("a: [", "line"),
        ("a: .nan", None),
        ("<<: {a: 1}", None),
        ("a: 1e999", "too large"),
        ('a: "\\0"', "no text"),
    ],
)
def test_yaml_that_is_more_than_data_is_refused(text: str, said: str | None) -> None:
    if said is None:  # plain text and plain keys here
        assert isinstance(read_yaml(text.encode()), dict)
        return
    with pytest.raises(InputError, match=said):
        read_yaml(text.encode())


def test_yaml_that_multiplies_itself_is_refused() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(InputError, match="aliases"):
        read_yaml("\n".join(lines).encode())
    with pytest.raises(InputError, match="YAML"):
        read_yaml(b"a: " + b"x" * (5 << 20))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "stands twice"), ('{"a": {"b": 1, "b": 2}}', "stands twice"), ("NaN", "NaN"),
        ('{"a": -Infinity}', "Infinity"), ("1e999", "too large"), ('"\\ud800"', "no text"),
        ('{"\\u0000": 1}', "no text"), ("[" * 100_000, "nested"), ("[" * 300 + "]" * 300, "nested"),
        ("9" * 5000, "digits"), ("{", "line 1"), ("", "line 1"), ("{'a': 1}", "line 1"),
    ],
)  # fmt: skip
def test_json_that_readers_do_not_agree_on_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_json(text.encode())


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(InputError, match="UTF-8"):
        read_json(b'{"a": "\xff"}')
    assert read_json(b"\xef\xbb\xbf1") == 1


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/xml", "multipart/form-data", "application/json; charset=latin-1", "json"],
)
def test_body_of_another_kind_is_refused(media: str) -> None:
    with pytest.raises(InputError, match="body"):
        read_document(b"{}", media)


@pytest.mark.parametrize(
    "media", ["application/json", "application/problem+json", "Application/JSON; charset=UTF-8"]
)
def test_json_is_told_by_its_type(media: str) -> None:
    assert read_document(b'{"a": 1}', media) == {"a": 1}
