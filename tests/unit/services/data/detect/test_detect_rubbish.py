"""What is no data, or damaged: an error that says what it looks like, what was tried, and what to do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dmod.errors import InputError, NotFoundError
from dmod.services.data.detect import detect
from dmod.services.example import ExamplePackage


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        detect(path)
    return str(caught.value)


def test_missing_path_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no file or folder"):
        detect(tmp_path / "nothing")


def test_link_that_leads_nowhere_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(NotFoundError, match="is a link to what does not exist"):
        detect(tmp_path / "link")


def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is neither a file nor a folder" in refused(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["hydrofabric", "forcing"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_truncated_file_is_said_to_be_damaged(
    package: ExamplePackage, tmp_path: Path, name: str, share: float
) -> None:
    whole: Path = getattr(package, name)
    data = whole.read_bytes()
    cut = tmp_path / whole.name
    cut.write_bytes(data[: int(share * len(data))])
    said = refused(cut)
    assert "cut short" in said or "damaged" in said
    assert "again" in said


def test_netcdf_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "forcing.nc"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"rubbish " * 100)
    assert "begins like a NetCDF file, but cannot be opened" in refused(path)


def test_netcdf_of_something_else_says_so(tmp_path: Path) -> None:
    import netCDF4

    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 3)
        file.createVariable("height", "f8", ("x",))[:] = 1.0
    said = refused(tmp_path / "a.nc")
    assert "it is a NetCDF or HDF5 file" in said
    assert "tried: empty folder, run package" in said
    assert "GENERIC" in said


def test_csv_without_times_says_how_it_begins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("# remark\nname,height\nRigi,1797\n")
    assert "it is a text file that starts with 'name,height'" in refused(tmp_path / "a.csv")


def test_json_of_something_else_names_its_keys(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"colour": 1, "weight": 2}))
    assert "it is a JSON document with the keys colour, weight" in refused(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["[1, 2, 3]", '"x"', "{}", "[]", '{"global": 3}', '{"partitions": 3}'])
def test_json_of_any_shape_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert "none of the kinds of data that are known" in refused(tmp_path / "a.json")


def test_broken_json_names_the_line(package: ExamplePackage, tmp_path: Path) -> None:
    text = package.realization.read_text()
    (tmp_path / "r.json").write_text(text[: len(text) // 2])
    assert "begins like JSON, but is none" in refused(tmp_path / "r.json")
    assert "(line " in refused(tmp_path / "r.json")


def test_deeply_nested_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" * 100_000)
    assert "nested too deeply" in refused(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"", "an empty file"),
        (bytes(range(256)) * 20, "a binary file that starts with 00 01 02 03 04 05 06 07"),
        (b"<html><body>404</body></html>", "an HTML or XML document"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a Git LFS pointer"),
        (b"\x1f\x8b\x08\x00rubbish", ""),
        (b"PK\x03\x04rubbish", ""),
    ],
)
def test_other_files_are_told_by_their_first_bytes(tmp_path: Path, content: bytes, looks: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert looks in refused(path) if looks else "is an archive that cannot be read" in refused(path)


def test_sqlite_of_something_else_is_no_fabric(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        database.execute("CREATE TABLE songs (name TEXT)")
    assert "it is an SQLite database" in refused(tmp_path / "a.gpkg")


def test_folder_of_anything_lists_it(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.txt").write_text("words\n")
    said = refused(tmp_path)
    assert "it is a folder of 12 files (00.txt, 01.txt, " in said
    assert "and 4 more" in said


def test_broken_zarr_store_is_refused(package: ExamplePackage, tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    store.mkdir()
    (store / ".zgroup").write_text("{")
    assert "cannot be read" in refused(store)


def test_names_decide_nothing(package: ExamplePackage, tmp_path: Path) -> None:
    shutil.copy(package.hydrofabric, tmp_path / "forcing.csv")
    assert detect(tmp_path / "forcing.csv").format.name == "NGEN_GEOPACKAGE_HYDROFABRIC_V2"
    shutil.copy(package.realization, tmp_path / "cat-1.ini")
    assert detect(tmp_path / "cat-1.ini").format.name == "NGEN_REALIZATION_CONFIG"
    shutil.copy(package.forcing, tmp_path / "realization.json")
    assert detect(tmp_path / "realization.json").format.name == "NETCDF_AORC_DEFAULT"


def test_empty_folder_is_empty(tmp_path: Path) -> None:
    (tmp_path / "sub" / "folder").mkdir(parents=True)
    (tmp_path / ".hidden").write_text("x")
    found = detect(tmp_path)
    assert (found.format.name, found.files, dict(found.domain.restrictions)) == ("EMPTY", 0, {})


@pytest.mark.parametrize("what", ["file", "folder"])
def test_path_that_may_not_be_read_says_so(tmp_path: Path, what: str) -> None:
    """A process without rights looks at it, as tests often run with all of them."""
    secret = tmp_path / "secret"
    if what == "file":
        secret.write_text("time,precip_rate\n")
    else:
        secret.mkdir()
    secret.chmod(0)
    way = {parent: parent.stat().st_mode for parent in (tmp_path, *tmp_path.parents[:2])}
    for parent in way:
        parent.chmod(0o755)
    code = (
        "import os, sys\n"
        "from dmod.errors import InputError\n"
        "from dmod.services.data.detect import detect\n"
        "if os.geteuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try:\n    detect(sys.argv[1])\n"
        "except InputError as error:\n    print(error)\n"
    )
    try:
        said = subprocess.run(
            [sys.executable, "-c", code, str(secret)], capture_output=True, text=True, check=False
        )
    finally:
        secret.chmod(0o700)
        for parent, mode in way.items():
            parent.chmod(mode)
    assert "cannot be read: permission denied" in said.stdout, said.stderr
    assert "check its permissions" in said.stdout
