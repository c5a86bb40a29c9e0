"""Folders that one process or thread holds at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from dmod.core.holding import held
from dmod.errors import ConflictError


def test_folder_that_is_held_is_refused_with_what_the_other_does(tmp_path: Path) -> None:
    with (
        held(tmp_path / "a", "derives this"),
        pytest.raises(ConflictError, match="derives this"),
        held(tmp_path / "a", "derives this"),
    ):
        pass


def test_who_has_patience_gets_it_when_the_other_is_done(tmp_path: Path) -> None:
    order = []
    begun, done = threading.Event(), threading.Event()

    def first() -> None:
        with held(tmp_path / "a", "is first"):
            begun.set()
            done.wait(10.0)
            order.append("first")

    other = threading.Thread(target=first)
    other.start()
    begun.wait(10.0)
    threading.Timer(0.2, done.set).start()
    with held(tmp_path / "a", "is first", patience=10.0):
        order.append("second")
    other.join()
    assert order == ["first", "second"]
