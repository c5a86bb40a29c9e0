"""What a server that is root gives to the user of its workers, and what it does not."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from dmod.jobs.executor.container import handing
from dmod.jobs.executor.container.handing import Handing, user_of
from dmod.jobs.executor.local.attempt_folder import TASK, AttemptFolder

USER = 65532
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def owner(path: Path) -> int:
    return path.lstat().st_uid


def test_user_of_workers_is_what_is_said_or_the_server_s_own_and_never_root() -> None:
    assert user_of("7:8") == "7:8"
    own = os.geteuid()
    assert user_of("") == (f"{own}:{os.getegid()}" if own else "65532:65532")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    for name in ("jobs/a/b", "jobs/other", "executor-docker/attempts/=a", "store/objects/00"):
        (home / name).mkdir(parents=True)
    for name in ("token", "jobs/a/b/file", "jobs/other/file", "store/objects/00/x", "index.sqlite-wal"):
        (home / name).write_text("x", encoding="ascii")
    (home / "jobs").chmod(0o700)
    (home / "executor-docker" / "attempts").chmod(0o700)
    return home


def give(home: Path, giving: Handing) -> None:
    giving.give(str(home / "executor-docker/attempts/=a"), str(home / "jobs/a"))


@as_root
def test_folders_of_an_attempt_and_the_catalog_change_hands_and_nothing_else(home: Path) -> None:
    (home / "index.sqlite").write_text("x", encoding="ascii")
    give(home, Handing("65532:65532", [str(home)], home))
    given = ("", "executor-docker/attempts/=a", "jobs/a", "jobs/a/b/file", "store", "store/objects/00/x",
             "index.sqlite", "index.sqlite-wal")  # fmt: skip
    assert {name: owner(home / name) for name in given} == dict.fromkeys(given, USER)
    kept = ("token", "jobs", "jobs/other", "jobs/other/file", "executor-docker/attempts")
    assert {name: owner(home / name) for name in kept} == dict.fromkeys(kept, 0)
    # who is of that group passes through, and sees nothing of it
    assert stat.S_IMODE((home / "jobs").stat().st_mode) == 0o710


@as_root
def test_home_stays_root_s_where_its_catalog_is_elsewhere_or_not_seen(home: Path) -> None:
    give(home, Handing("65532:65532", [str(home)], home))
    assert owner(home) == 0
    (home / "index.sqlite").write_text("x", encoding="ascii")
    give(home, Handing("65532:65532", [str(home / "jobs"), str(home / "executor-docker")], home))
    assert [owner(home / name) for name in ("", "index.sqlite", "jobs/a")] == [0, 0, USER]


@as_root
@pytest.mark.parametrize("seconds", [0.0, 100.0], ids=["at once", "later"])
def test_what_root_makes_since_changes_hands_the_next_time(home: Path, seconds: float) -> None:
    objects = home / "store" / "objects" / "00"
    before = time.time() - seconds
    os.utime(objects, (before, before))
    giving = Handing("65532:65532", [str(home)], home)
    give(home, giving)
    (objects / "new").write_text("x", encoding="ascii")
    give(home, giving)
    assert owner(objects / "new") == USER


@as_root
def test_links_are_not_followed_and_what_is_of_others_stays_theirs(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("x", encoding="ascii")
    (home / "jobs/a/link").symlink_to(outside)
    (home / "jobs/a/file").symlink_to(outside / "file")
    other = home / "jobs/a/of-somebody"
    other.write_text("x", encoding="ascii")
    os.chown(other, 7, 7)
    give(home, Handing("65532:65532", [str(home)], home))
    assert (owner(outside), owner(outside / "file"), owner(other)) == (0, 0, 7)


@pytest.mark.parametrize("user", ["0:0", ""])
def test_workers_that_are_root_are_given_nothing(home: Path, user: str) -> None:
    give(home, Handing(user, [str(home)], home))
    assert owner(home / "jobs/a") == os.geteuid()


def test_server_that_is_not_root_gives_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing.os, "geteuid", lambda: 1000)
    give(home, Handing("65532:65532", [str(home)], home))
    assert owner(home / "jobs/a") == home.stat().st_uid


@as_root
def test_what_root_writes_into_the_folder_of_an_attempt_is_its_owner_s(tmp_path: Path) -> None:
    folder = AttemptFolder(str(tmp_path / "attempt"))
    folder.make()
    os.chown(folder.path, USER, USER)
    folder.write_once(TASK, {})
    assert owner(tmp_path / "attempt" / TASK) == USER
