from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dmod.errors import AlreadyExists, InputError, StoreError
from dmod.services.output_folder import earlier_results, require_free, staged


def fill(folder: Path, text: str, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def dead_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_earlier_results_are_the_runs_own_names_alone(tmp_path: Path) -> None:
    fill(tmp_path, "", "catchments.nc", "cat-1.csv", "nex-2_output.csv", "notes.txt", "cat.csv", "own.nc")
    assert {p.name for p in earlier_results(tmp_path)} == {"catchments.nc", "cat-1.csv", "nex-2_output.csv"}


def test_folder_with_results_is_refused_unless_they_are_to_be_replaced(tmp_path: Path) -> None:
    require_free(tmp_path / "new", overwrite=False)
    fill(tmp_path, "", "notes.txt")
    require_free(tmp_path, overwrite=False)
    fill(tmp_path, "", "balance.csv", "states.nc")
    with pytest.raises(AlreadyExists, match="and 1 more"):
        require_free(tmp_path, overwrite=False)
    require_free(tmp_path, overwrite=True)


def test_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, "", "file")
    with pytest.raises(InputError, match="is a file"):
        require_free(tmp_path / "file", overwrite=True)


def test_staged_results_appear_together_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "a/b"
    with staged(out, overwrite=False) as aside:
        fill(aside, "new", "balance.csv", "metadata/run.json")
        assert contents(out).keys() == {
            f".run.{os.getpid()}.partial/balance.csv",
            f".run.{os.getpid()}.partial/metadata/run.json",
        }
    assert contents(out) == {"balance.csv": "new", "metadata/run.json": "new"}
    assert len(list(out.iterdir())) == 2


def test_staged_results_replace_all_earlier_ones_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path, "old", "cat-1.csv", "metadata/run.json", "report.html", "notes.txt")
    with staged(tmp_path, overwrite=True) as aside:
        fill(aside, "new", "catchments.nc", "metadata/run.json")
    assert contents(tmp_path) == {"catchments.nc": "new", "metadata/run.json": "new", "notes.txt": "old"}


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_staging_that_fails_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    fill(tmp_path / "out", "old", "balance.csv")
    for folder in (tmp_path / "out", tmp_path / "new"):
        with pytest.raises(type(error)), staged(folder, overwrite=True) as aside:
            fill(aside, "new", "balance.csv")
            raise error
    assert contents(tmp_path) == {"out/balance.csv": "old"}
    assert not (tmp_path / "new").exists()


def test_publishing_that_fails_puts_the_earlier_results_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "old", "balance.csv", "metadata/run.json", "report.html", "cat-1.csv")
    rename = Path.replace

    def fail(path: Path, target: Path) -> Path:
        if path.name == "report.html" and path.parent.name.startswith(".run."):
            raise OSError(5, "Input/output error", str(path))
        return rename(path, target)

    with pytest.raises(StoreError), staged(tmp_path, overwrite=True) as aside:
        fill(aside, "new", "balance.csv", "metadata/run.json", "report.html")
        monkeypatch.setattr(Path, "replace", fail)
    assert contents(tmp_path) == {
        "balance.csv": "old",
        "metadata/run.json": "old",
        "report.html": "old",
        "cat-1.csv": "old",
    }
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_debris_of_dead_processes_is_swept_and_that_of_living_ones_stays(tmp_path: Path) -> None:
    dead, alive = f".run.{dead_process()}.partial", f".run.{os.getppid()}.partial"
    fill(tmp_path, "half", f"{dead}/catchments.nc", f"{alive}/catchments.nc")
    with staged(tmp_path, overwrite=False) as aside:
        fill(aside, "new", "balance.csv")
    assert contents(tmp_path) == {f"{alive}/catchments.nc": "half", "balance.csv": "new"}


def test_failed_write_names_the_folder_and_not_the_place_aside(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught, staged(tmp_path / "out", overwrite=False) as aside:
        (aside / "nothing/balance.csv").write_text("")
    assert ".partial" not in caught.value.message
    assert str(tmp_path / "out") in caught.value.message
    assert not list(tmp_path.iterdir())


def test_error_about_an_input_file_passes_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), staged(tmp_path / "out", overwrite=False):
        (tmp_path / "forcing.csv").read_text()
