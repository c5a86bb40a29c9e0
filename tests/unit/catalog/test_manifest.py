"""Manifests: what they list, which paths they refuse, and how they are read again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.manifest import (
    EMPTY,
    FileEntry,
    Manifest,
    folders_of,
    is_inside,
    parse_manifest,
    plain_name,
    require_path,
)
from dmod.catalog.store.port import Content
from dmod.errors import InputError

HASH = "ab" * 32


def manifest(*paths: str) -> Manifest:
    return Manifest.of((path, Content(HASH, number)) for number, path in enumerate(paths))


paths = st.lists(
    st.text(st.characters(exclude_characters="/\\", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
).map("/".join)


def test_manifest_lists_files_in_the_order_of_their_paths() -> None:
    found = manifest("b", "a/b", "a/a")
    assert [entry.path for entry in found] == ["a/a", "a/b", "b"]
    assert found.text == f"{HASH} 2 a/a\n{HASH} 1 a/b\n{HASH} 0 b\n"
    assert found.digest == hashlib.sha256(found.text.encode()).hexdigest()
    assert found.content.size == len(found.text)
    assert (len(found), found.size) == (3, 3)
    assert found.contents == {Content(HASH, 0), Content(HASH, 1), Content(HASH, 2)}


def test_manifest_of_the_same_files_has_the_same_digest() -> None:
    entries = [FileEntry("a", 1, HASH), FileEntry("b", 2, HASH)]
    assert Manifest(tuple(entries)).digest == Manifest(tuple(reversed(entries))).digest
    assert Manifest((FileEntry("a", 1, HASH),)).digest != Manifest((FileEntry("a", 2, HASH),)).digest


def test_manifest_of_nothing_is_empty_text() -> None:
    assert EMPTY.text == ""
    assert EMPTY.digest == hashlib.sha256(b"").hexdigest()
    assert parse_manifest("", "m") == EMPTY


@given(st.lists(paths, max_size=8, unique=True), st.integers(0, 10**17))
def test_manifest_comes_back_as_it_went(names: list[str], size: int) -> None:
    try:
        held = Manifest.of((name, Content(HASH, size)) for name in names)
    except InputError:
        return
    found = parse_manifest(held.text, "m")
    assert found == held
    assert found.digest == held.digest


OUTSIDE = [
    "", "/", "/a", "..", "../a", "a/..", "a/../b", ".", "./a", "a/.", "a/./b", "a//b", "a/", "//a",
    "C:", "C:/a", "c:a", "a:b", "a\\b", "..\\a", "\\a", "a\nb", "a\rb", "a\x00b", "a\x1bb", "a\x7f", "a\x85b",
    "\ud800", "a/\udcff", "n" * 256, "\u00e9" * 128, "/".join(["n" * 100] * 41),
]  # fmt: skip
INSIDE = [
    "a", "a/b", "...", "..a", "a..", ".hidden", "a b", " ", "long:b", "a/C:", "\u00e9", "e\u0301", "~", "-rf",
    "*", "n" * 255, "\u00e9" * 127, "a\u2028b",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_path_that_leads_out_or_cannot_be_is_refused(path: str) -> None:
    assert not is_inside(path)
    with pytest.raises(InputError, match="cannot stand in a dataset"):
        require_path(path)
    with pytest.raises(InputError, match="cannot stand in a dataset"):
        manifest(path)


@pytest.mark.parametrize("path", INSIDE)
def test_path_inside_is_accepted(path: str) -> None:
    assert require_path(path) == path


@given(st.one_of(st.text(), paths, st.sampled_from(OUTSIDE + INSIDE)))
def test_path_that_is_accepted_is_a_file_below_the_folder(path: str) -> None:
    if not is_inside(path):
        return
    with TemporaryDirectory() as name:
        folder = Path(name).resolve() / "folder"
        file = folder / path
        file.parent.mkdir(parents=True)
        file.write_bytes(b"")
        assert file.resolve().is_relative_to(folder)
        assert [found.relative_to(folder).as_posix() for found in folder.rglob("*") if found.is_file()] == [
            path
        ]


def test_path_that_stands_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'a/b' stands twice"):
        manifest("a/b", "c", "a/b")


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b/c", "a/b"), ("a", "a!", "a/b")])
def test_path_of_a_file_and_a_folder_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="is a file and a folder"):
        manifest(*names)


@pytest.mark.parametrize(
    "names",
    [
        ("\u00e9", "e\u0301"),
        ("a/\u00e9/b", "a/e\u0301/b"),
        ("K", "\u212a"),
        ("a", "a\u200b"),
        ("a", "\uff41"),
    ],
)
def test_paths_that_look_alike_are_refused(names: tuple[str, str]) -> None:
    assert plain_name(names[0]) == plain_name(names[1])
    with pytest.raises(InputError, match="one path written in two ways"):
        manifest(*names)


def test_file_that_looks_like_a_folder_is_refused() -> None:
    with pytest.raises(InputError, match="looks like the folder"):
        manifest("\u00e9", "e\u0301/a")


def test_paths_that_differ_in_case_are_two() -> None:
    assert len(manifest("a", "A", "\u00e9", "\u00c9")) == 4


def test_folders_above_files_are_found() -> None:
    assert folders_of(["a/b/c", "a/b/d", "a/e", "f", "g/h"]) == {"a", "a/b", "g"}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (f"{HASH} 1 a", "last line does not end"),
        (f"{HASH} 1 a\n{HASH} 1 b", "last line does not end"),
        ("\n", "line 1"),
        (f"{HASH} 1 a\n\n", "line 2"),
        (f"{HASH} 1 \n", "line 1"),
        (f"{HASH} 1\n", "line 1"),
        (f"{HASH}  1 a\n", "line 1"),
        (f"{HASH[:-1]} 1 a\n", "line 1"),
        (f"{HASH.upper()} 1 a\n", "line 1"),
        (f"{HASH} -1 a\n", "line 1"),
        (f"{HASH} 01 a\n", "line 1"),
        (f"{HASH} 1.0 a\n", "line 1"),
        (f"{HASH} \u00b2 a\n", "line 1"),
        (f"{HASH} {'9' * 5000} a\n", "line 1"),
        (f"{HASH} 1 ../a\n", "line 1"),
        (f"{HASH} 1 a\r\n", "line 1"),
        (f"{HASH} 1 a\n{HASH} 2 a\n", "'a' stands twice"),
        (f"{HASH} 1 a\n{HASH} 2 a/b\n", "is a file and a folder"),
    ],
)
def test_text_that_is_no_manifest_is_refused_by_its_place(text: str, match: str) -> None:
    with pytest.raises(InputError, match=f"that file.*{match}"):
        parse_manifest(text, "that file")


def test_path_with_blanks_at_its_ends_comes_back() -> None:
    assert [entry.path for entry in parse_manifest(f"{HASH} 1  a \n", "m")] == [" a "]


@given(st.text())
def test_any_text_is_a_manifest_or_is_refused(text: str) -> None:
    try:
        found = parse_manifest(text, "that file")
    except InputError:
        return
    assert parse_manifest(found.text, "m") == found
