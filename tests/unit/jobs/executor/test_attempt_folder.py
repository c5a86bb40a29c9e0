"""Documents that are written once, and folders of labels."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.executor.local.attempt_folder import END, LARGEST, TASK, AttemptFolder

LABELS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300) | st.sampled_from(
    ["", ".", "..", "/", "a:b:1", "a,b,1", "a%3Ab:1", "=a", "../../x:1:1"]
)


@given(LABELS, LABELS)
def test_labels_have_folders_of_their_own_inside(one, two):
    attempts = Path("/root/of/attempts")
    paths = [Path(AttemptFolder.of_label(attempts, label).path) for label in (one, two)]
    assert all(path.parent == attempts for path in paths)
    assert all(len(path.name.encode()) <= 255 and path.name not in {"", ".", ".."} for path in paths)
    assert (paths[0] == paths[1]) == (one == two)


def test_of_many_who_write_once_one_does_and_the_document_is_whole(tmp_path):
    folder = AttemptFolder(str(tmp_path))
    barrier = threading.Barrier(16)

    def write(number: int) -> bool:
        barrier.wait()
        return folder.write_once(END, {"number": number, "filling": "x" * 50_000})

    with ThreadPoolExecutor(16) as pool:
        wrote = list(pool.map(write, range(16)))
    assert sum(wrote) == 1
    document = folder.read(END)
    assert document is not None
    assert document["number"] == wrote.index(True)
    assert [path.name for path in tmp_path.iterdir()] == [END]


def test_document_that_is_absent_or_was_cut_off_is_none(tmp_path):
    folder = AttemptFolder(str(tmp_path))
    assert folder.read(END) is None
    (tmp_path / END).write_bytes(b'{"cause"')
    assert folder.read(END) is None
    (tmp_path / END).write_bytes(b"")
    assert folder.read(END) is None
    folder.write(END, {"x": 1})
    assert folder.read(END) == {"x": 1}


def test_link_pipe_and_device_in_the_place_of_a_document_are_none(tmp_path):
    folder = AttemptFolder(str(tmp_path))
    secret = tmp_path / "secret"
    secret.write_text('{"token": 1}', encoding="ascii")
    (tmp_path / END).symlink_to(secret)
    assert folder.read(END) is None
    (tmp_path / END).unlink()
    os.mkfifo(tmp_path / END)
    assert folder.read(END) is None
    (tmp_path / END).unlink()
    (tmp_path / END).mkdir()
    assert folder.read(END) is None


def test_document_larger_than_any_or_too_deep_or_with_what_is_no_number_is_none(tmp_path):
    folder = AttemptFolder(str(tmp_path))
    (tmp_path / END).write_bytes(b'{"x": "' + b"x" * LARGEST + b'"}')
    assert folder.read(END) is None
    (tmp_path / END).write_bytes(b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    assert folder.read(END) is None
    (tmp_path / END).write_bytes(b'{"x": NaN}')
    assert folder.read(END) is None


def test_folder_is_removed_with_all_that_it_holds_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder, other = (AttemptFolder.of_label(tmp_path, label) for label in ("a:run:1", "a:run:2"))
    for one in (folder, other):
        one.make()
        one.write_once(TASK, {})
    Path(folder.file("deeper")).mkdir()
    folder.remove()
    folder.remove()
    assert [path.name for path in tmp_path.iterdir()] == [Path(other.path).name]
    assert other.read(TASK) == {}
