"""Files that were read are hashed once, and again when they have changed."""

import hashlib
from pathlib import Path

import pytest

from dmod.errors import InputError
from dmod.services.evaluation import file_hashes as module
from dmod.services.evaluation.file_hashes import file_hashes


def test_file_is_hashed_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    whole = module._hashed
    monkeypatch.setattr(module, "_hashed", lambda path: read.append(path) or whole(path))
    file = tmp_path / "flow.csv"
    file.write_bytes(b"1")
    expected = {str(file): hashlib.sha256(b"1").hexdigest()}
    assert file_hashes([file]) == expected
    assert file_hashes([file]) == expected
    assert read == [file]
    file.write_bytes(b"22")
    assert file_hashes([file]) == {str(file): hashlib.sha256(b"22").hexdigest()}
    assert read == [file, file]


def test_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone.csv cannot be read"):
        file_hashes([tmp_path / "gone.csv"])
    assert file_hashes([]) == {}
