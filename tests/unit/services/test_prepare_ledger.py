"""The ledger of a package that is being made."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.core.holding import clear, held
from dmod.core.time_axis import parse_time
from dmod.errors import ConflictError
from dmod.services.prepare.ledger import Ledger, step_key, work_folder
from dmod.services.prepare.options import PrepareOptions
from dmod.services.prepare.steps import Making
from dmod.services.subset import Region


def test_step_is_found_again_only_with_the_same_inputs(tmp_path: Path) -> None:
    Ledger(tmp_path).finish("subset", step_key(a=1, b="x"), {"catchments": 3})
    again = Ledger(tmp_path)
    assert again.found("subset", step_key(b="x", a=1)) == {"catchments": 3}
    assert again.found("subset", step_key(a=2, b="x")) is None
    assert again.found("forcing", step_key(a=1, b="x")) is None


def test_forgotten_step_stays_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.finish("subset", "k", {})
    ledger.forget("subset")
    assert Ledger(tmp_path).found("subset", "k") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"subset": 3}', '{"subset": {"key": "k"}}'])
def test_damaged_ledger_counts_as_empty(tmp_path: Path, content: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.path.write_text(content)
    assert Ledger(tmp_path).found("subset", "k") is None


def test_work_folder_is_held_by_one_only(tmp_path: Path) -> None:
    folder = work_folder(tmp_path / "out")
    with held(folder, "waits"), pytest.raises(ConflictError, match="another process"), held(folder, "waits"):
        pass
    with held(folder, "waits"):
        (folder / "a").mkdir()
        (folder / "a" / "b").write_text("c")
        clear(folder)
        assert [entry.name for entry in folder.iterdir()] == [".lock"]


def test_step_is_done_again_when_its_inputs_changed_or_its_files_are_gone(tmp_path: Path) -> None:
    options = PrepareOptions(parse_time("2019-03-01"), parse_time("2019-03-02"))
    made = tmp_path / "forcings"
    made.mkdir()
    done: list[str] = []

    def attempt(key: str) -> None:
        def work() -> dict[str, str]:
            (made / f"{key}.nc").write_text("values")
            done.append(key)
            return {"made": key}

        Making(tmp_path / "f.gpkg", Region(), options, tmp_path, "f", lambda *_: None).do(
            "forcing", key, made, work
        )

    attempt("a")
    attempt("a")
    assert done == ["a"]
    attempt("b")
    assert [path.name for path in made.iterdir()] == ["b.nc"]
    (made / "b.nc").unlink()
    attempt("b")
    assert done == ["a", "b", "b"]


def test_folder_that_was_renamed_by_its_holder_is_made_anew(tmp_path: Path) -> None:
    folder = work_folder(tmp_path / "out")
    with held(folder, "waits"):
        folder.rename(tmp_path / "out")
        with held(folder, "waits"):
            assert folder.is_dir()
