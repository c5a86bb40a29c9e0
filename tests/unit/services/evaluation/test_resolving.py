"""Addresses of files: patterns as DMOD has them, and nothing out of the folder."""

from pathlib import Path

import pytest

from dmod.errors import InputError, NotFoundError, NotPermitted
from dmod.services.evaluation.resolving import FolderResolver, require_harmless


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    (root / "sub").mkdir(parents=True)
    for name in ("cat-27_cfs.csv", "cat-52_cfs.csv", "cat-52_cms.csv", "sub/a.json", "a[1].csv"):
        (root / name).write_text("x")
    (tmp_path / "secret.csv").write_text("y")
    return root


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("cat-27_cfs.csv", ["cat-27_cfs.csv"]),
        ("cat.*cfs.csv", ["cat-27_cfs.csv", "cat-52_cfs.csv"]),
        ("cat-*_cfs.csv", ["cat-27_cfs.csv", "cat-52_cfs.csv"]),
        (r"cat-\d+_c[fm]s\.csv", ["cat-27_cfs.csv", "cat-52_cfs.csv", "cat-52_cms.csv"]),
        ("*_cms.csv", ["cat-52_cms.csv"]),
        ("(*_cms|x).csv", ["cat-52_cms.csv"]),
        ("sub/a.json", ["a.json"]),
        ("sub/*.json", ["a.json"]),
        ("a[1].csv", ["a[1].csv"]),
    ],
)
def test_address_means_files_by_name_star_or_expression(folder: Path, address: str, names: list[str]) -> None:
    assert [path.name for path in FolderResolver(folder)(address, "there")] == names


def test_beginning_of_an_address_may_stand_for_a_folder(folder: Path, tmp_path: Path) -> None:
    resolve = FolderResolver(tmp_path / "other", {"dmod/test/resources": folder})
    assert resolve("dmod/test/resources/sub/a.json", "p") == [folder / "sub" / "a.json"]
    with pytest.raises(NotFoundError):
        resolve("dmod/test/resources2/sub/a.json", "p")


def test_nothing_there_is_told_with_what_is(folder: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        FolderResolver(folder)("cat-28_cfs.csv", "observations[0].backend.address")
    assert caught.value.message.startswith("observations[0].backend.address: nothing is at 'cat-28_cfs.csv'")
    assert "cat-27_cfs.csv" in str(caught.value.hint)
    with pytest.raises(NotFoundError) as caught:
        FolderResolver(folder)("nowhere/x.csv", "p")
    assert caught.value.hint == "there is no folder nowhere"
    (folder / "empty").mkdir()
    with pytest.raises(NotFoundError) as caught:
        FolderResolver(folder)("empty/x.csv", "p")
    assert caught.value.hint == "empty holds no file"


@pytest.mark.parametrize(
    "address", ["../secret.csv", "sub/../../secret.csv", "../*.csv", "~/x.csv", "/etc/passwd"]
)
def test_address_that_leads_out_of_the_folder_is_refused(folder: Path, address: str) -> None:
    expected = NotFoundError if address.startswith("~") else NotPermitted
    with pytest.raises(expected) as caught:
        FolderResolver(folder)(address, "p")
    assert "secret.csv holds" not in str(caught.value)


def test_link_that_leads_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "out").symlink_to(tmp_path)
    addresses = ("link.csv", "link*.csv", "out/secret.csv", "out/none.csv", str(tmp_path / "none.csv"))
    for address in addresses:
        with pytest.raises(NotPermitted, match="leads out"):
            FolderResolver(folder)(address, "p")


def test_open_resolver_reads_anywhere(folder: Path, tmp_path: Path) -> None:
    resolve = FolderResolver(folder, is_open=True)
    assert len(resolve("../secret.csv", "p")) == 1
    assert resolve(str(tmp_path / "secret.csv"), "p") == [tmp_path / "secret.csv"]


@pytest.mark.parametrize("pattern", ["(a+)+b.csv", "(a*b)*x", "x" * 300 + "+", "(", "(a{2,}){3}"])
def test_expression_that_is_wrong_or_never_ends_is_refused(folder: Path, pattern: str) -> None:
    with pytest.raises(InputError, match="p: "):
        FolderResolver(folder)(pattern, "p")
    with pytest.raises(InputError):
        require_harmless(pattern, "p")


def test_address_with_a_zero_byte_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="no path"):
        FolderResolver(folder)("a\x00b", "p")
