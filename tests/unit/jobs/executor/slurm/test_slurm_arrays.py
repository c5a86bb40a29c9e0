"""Which attempt each element of a job array is stays written down, and is found from either side."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dmod.jobs.executor.engine.port import Order, SightState
from dmod.jobs.executor.slurm.arrays import Arrays, alike, folder_of_element
from dmod.jobs.executor.slurm.engine import ELEMENT
from dmod.jobs.executor.slurm.parsing import comment_of, comment_of_array, label_of, parse_jobs
from dmod.jobs.executor.slurm.settings import SlurmSettings


def order(root: Path, label: str, cpus: int = 1, nodes: tuple[str, ...] = ()) -> Order:
    folder = root / "attempts" / label
    folder.mkdir(parents=True, exist_ok=True)
    return Order(label, str(folder), str(root), cpus, 1 << 20, 60.0, nodes)


def test_element_leads_to_its_label_for_whoever_looks(tmp_path: Path) -> None:
    orders = [order(tmp_path, label) for label in ("a:s:1", "b:s:1", "c:s:1")]
    arrays = Arrays(tmp_path)
    name = arrays.write(orders)
    assert arrays.write(orders) == name
    for known in (arrays, Arrays(tmp_path)):
        assert [known.label(name, number) for number in range(4)] == ["a:s:1", "b:s:1", "c:s:1", None]
    assert arrays.label("../attempts", 0) is None
    assert arrays.label("ffff", 0) is None
    assert arrays.names(orders[1]) == [orders[1].name, f"dmod-{name}"]
    assert arrays.names(order(tmp_path, "d:s:1")) == [order(tmp_path, "d:s:1").name]


def test_array_that_another_server_wrote_later_is_known(tmp_path: Path) -> None:
    orders = [order(tmp_path, label) for label in ("a:s:1", "b:s:1")]
    early = Arrays(tmp_path / "root")
    name = Arrays(tmp_path).write(orders)
    assert early.label(name, 0) is None
    assert Arrays(tmp_path / "root").write(orders) == name
    assert early.label(name, 0) == "a:s:1"


def test_what_is_written_of_an_array_goes_with_the_last_of_its_attempts(tmp_path: Path) -> None:
    orders = [order(tmp_path, label) for label in ("a:s:1", "b:s:1")]
    arrays = Arrays(tmp_path)
    arrays.sweep()
    name = arrays.write(orders)
    for one in orders:
        arrays.sweep()
        assert arrays.folder(name).exists()
        (Path(one.folder) / "arrays").unlink()
        Path(one.folder).rmdir()
    arrays.sweep()
    assert not arrays.folder(name).exists()
    assert arrays.label(name, 0) is None


def test_word_of_the_script_becomes_the_folder_of_the_element(tmp_path: Path) -> None:
    root = tmp_path / "it's $(here); rm"
    orders = [order(root, label) for label in ("a:s:1", "b:s:1")]
    arrays = Arrays(root)
    word = folder_of_element(arrays.folder(arrays.write(orders)))
    said = subprocess.run(
        ["/bin/sh", "-c", f"printf %s {word}"], env={"SLURM_ARRAY_TASK_ID": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said == orders[1].folder


@pytest.mark.parametrize(("by_nodes", "sizes"), [(False, [3, 1, 1]), (True, [2, 1, 1, 1])])
def test_orders_that_ask_for_the_same_go_together(tmp_path: Path, by_nodes: bool, sizes: list[int]) -> None:
    orders = [
        order(tmp_path, "a:s:1", nodes=("n1",)), order(tmp_path, "b:s:1", nodes=("n1",)),
        order(tmp_path, "c:s:1", nodes=("n2",)), order(tmp_path, "d:s:1", cpus=2),
        order(tmp_path, "e:s:1", nodes=("n1", "n2")),
    ]  # fmt: skip
    groups = alike(orders, by_nodes=by_nodes)
    assert [len(group) for group in groups] == sizes
    assert [one for group in groups for one in group] == orders


def test_elements_are_known_by_comment_and_number_and_no_label_is_taken_for_an_array() -> None:
    def members(array: str, number: int) -> str | None:
        return f"job:{array}:{number}" if number < 2 else None

    comment = comment_of_array("m", "0a1b")
    lines = [f"7_{number}|dmod-0a1b|RUNNING|n1|None|{comment}" for number in (0, 1, 2)]
    found = parse_jobs("\n".join([*lines, f"7|dmod-0a1b|RUNNING|n1|None|{comment}"]), "m", members)
    assert {label: sight.native_id for label, sight in found.items()} == {
        "job:0a1b:0": "7_0",
        "job:0a1b:1": "7_1",
    }
    assert all(sight.state is SightState.RUNNING for sight in found.values())
    assert label_of("m", comment_of("m", "@0a1b"), "7_0", members) == "@0a1b"
    assert label_of("other", comment, "7_0", members) is None


@pytest.mark.parametrize("image", ["", "/images/dmod.sif"])
def test_script_ends_with_the_folder_which_an_element_looks_up_before_it_enters_the_image(
    tmp_path: Path, image: str
) -> None:
    settings = SlurmSettings(python="python3", image=image)
    script = settings.script(replace(order(tmp_path, "a:s:1"), folder=ELEMENT))
    assert script.endswith(f"python3 -P -m dmod.jobs.executor.worker {ELEMENT}\n")
    assert script.count(ELEMENT) == 1
