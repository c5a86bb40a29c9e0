"""Reference results of other programs; kept beside the repository, not in it."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference() -> Path:
    folder = Path(__file__).resolve().parents[3] / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip(f"no reference results at {folder}")
    return folder
