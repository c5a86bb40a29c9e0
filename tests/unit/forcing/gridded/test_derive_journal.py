"""A journal survives whatever happens while it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import StoreError
from dmod.forcing.gridded.derive.journal import Journal


def test_journal_holds_what_was_added_and_the_latest_of_a_name(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.add("a", {"n": 1})
    journal.add("b", {"text": "ü\n"})
    journal.add("a", {"n": 2})
    assert Journal(tmp_path / "journal").entries == {"a": {"n": 2}, "b": {"text": "ü\n"}} == journal.entries


@given(cut=st.integers(0, 200), garbage=st.binary(max_size=40))
def test_journal_cut_anywhere_keeps_the_whole_lines_and_goes_on(
    tmp_path_factory: pytest.TempPathFactory, cut: int, garbage: bytes
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal"
    journal = Journal(path)
    for number in range(5):
        journal.add(str(number), {"n": number})
    content = path.read_bytes()
    path.write_bytes(content[:cut] + garbage)
    whole = content[:cut].count(b"\n")
    again = Journal(path)
    assert list(again.entries) == [str(number) for number in range(whole)]
    again.add("new", {})
    assert list(Journal(path).entries) == [*(str(number) for number in range(whole)), "new"]


def test_damaged_line_ends_what_is_believed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    for name in "abc":
        journal.add(name, {})
    lines = journal.path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"b"', b'"x"')
    journal.path.write_bytes(b"".join(lines))
    assert list(Journal(journal.path).entries) == ["a"]


def test_journal_that_cannot_be_written_keeps_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    journal = Journal(tmp_path / "journal")
    journal.add("a", {})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="no space left"):
            journal.add("b", {})
    assert list(Journal(journal.path).entries) == ["a"]
    journal.add("c", {})
    assert list(Journal(journal.path).entries) == ["a", "c"]
