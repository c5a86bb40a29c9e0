"""Documents that are written once, and folders of labels."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.executor.local.attempt_folder import END, AttemptFolder

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
