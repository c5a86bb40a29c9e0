"""Unpacking of archives: what is in order comes out whole, what is hostile or damaged leaves nothing."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.catalog.archive import HEADER, Limits, Unpacked, unpack
from dmod.errors import AlreadyExists, InputError, NotFoundError

FILES = {"cat-1.csv": b"Time,rain\n", "deep/er/cat-2.csv": b"x" * 100_000, "deep/\u00e9.txt": b"", "a": b"1"}
TARS = {"tar": "w", "tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}

Members = Sequence[tuple[tarfile.TarInfo, bytes]]


def tar_info(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info


def write_tar(path: Path, members: Members, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return path


def tar_of(path: Path, *names: str, mode: str = "w") -> Path:
    return write_tar(path, [(tar_info(name, 1), b"x") for name in names], mode)


def write_zip(path: Path, members: Sequence[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def zip_info(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def found(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def require_refused(archive: Path, match: str, limits: Limits = Limits()) -> InputError:  # noqa: B008
    """Check that an archive is refused, by its name, and that nothing is left or written elsewhere."""
    target = archive.parent / "room" / "into" / "unpacked"
    target.parent.mkdir(parents=True)
    before = found(archive.parent)
    with pytest.raises(InputError, match=match) as caught:
        unpack(archive, target, limits)
    assert str(archive) in str(caught.value)
    assert list(target.parent.iterdir()) == []
    assert found(archive.parent) == before
    return caught.value


# in order


@pytest.mark.parametrize("kind", [*TARS, "zip"])
def test_archive_of_files_comes_out_as_it_went_in(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"files.{kind}"
    if kind == "zip":
        write_zip(path, list(FILES.items()))
    else:
        write_tar(path, [(tar_info(name, len(data)), data) for name, data in FILES.items()], TARS[kind])
    assert unpack(path, tmp_path / "out") == Unpacked(len(FILES), sum(map(len, FILES.values())))
    assert found(tmp_path / "out") == FILES
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [f"files.{kind}", "out"]


def test_archive_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    assert unpack(tar_of(tmp_path / "a.zip", "x", mode="w:xz"), tmp_path / "out").files == 1


def test_tar_of_a_folder_itself_comes_out_without_the_dot(tmp_path: Path) -> None:
    members = [
        (tar_info("./", kind=tarfile.DIRTYPE), b""),
        (tar_info("./sub/", kind=tarfile.DIRTYPE), b""),
        (tar_info("./sub/a", 1), b"x"),
        (tar_info("././b", 1), b"y"),
    ]
    unpack(write_tar(tmp_path / "a.tar", members), tmp_path / "out")
    assert found(tmp_path / "out") == {"sub/a": b"x", "b": b"y"}


def test_zip_with_folders_comes_out(tmp_path: Path) -> None:
    members = [
        (zip_info("sub/", stat.S_IFDIR | 0o755), b""),
        (zip_info("sub/a", stat.S_IFREG | 0o644), b"x"),
        ("sub/b", b"y"),
    ]
    unpack(write_zip(tmp_path / "a.zip", members), tmp_path / "out")
    assert found(tmp_path / "out") == {"sub/a": b"x", "sub/b": b"y"}


def test_pax_and_old_tars_come_out(tmp_path: Path) -> None:
    long = "/".join(["folder" * 20] * 5)
    for number, form in enumerate((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)):
        path = tmp_path / f"{number}.tar"
        with tarfile.open(path, "w", format=form) as archive:
            archive.addfile(tar_info(long, 1), io.BytesIO(b"x"))
        unpack(path, tmp_path / f"out-{number}")
        assert found(tmp_path / f"out-{number}") == {long: b"x"}


def test_permissions_of_members_are_not_kept(tmp_path: Path) -> None:
    info = tar_info("a", 1)
    info.mode = 0o6777
    unpack(write_tar(tmp_path / "a.tar", [(info, b"x")]), tmp_path / "out")
    assert not (tmp_path / "out" / "a").stat().st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IXUSR)


def test_target_that_is_there_is_left_alone(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar", "x")
    (tmp_path / "out").mkdir()
    with pytest.raises(AlreadyExists, match="out"):
        unpack(archive, tmp_path / "out")
    assert found(tmp_path / "out") == {}


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: None])
def test_archive_that_is_not_there_is_not_found(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "a.tar")
    with pytest.raises(NotFoundError, match=r"a\.tar"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


# names

OUTSIDE = [
    "../evil", "a/../../evil", "..", "/evil", "//evil", "C:/evil", "C:evil", "..\\evil", "a\\b", "a//b",
    "a/./b", "a\nb", "a\x01b", "a\x7f", "n" * 256, "/".join(["n" * 100] * 50),
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_tar_with_a_name_that_cannot_stand_is_refused(name: str, tmp_path: Path) -> None:
    require_refused(tar_of(tmp_path / "a.tar", "good", name), "name that cannot stand")


@pytest.mark.parametrize("name", [*OUTSIDE, "./.."])
def test_zip_with_a_name_that_cannot_stand_is_refused(name: str, tmp_path: Path) -> None:
    require_refused(write_zip(tmp_path / "a.zip", [("good", b""), (name, b"x")]), "name that cannot stand")


def test_tar_with_a_folder_outside_is_refused(tmp_path: Path) -> None:
    info = tar_info("../outside", kind=tarfile.DIRTYPE)
    require_refused(write_tar(tmp_path / "a.tar", [(info, b"")]), "name that cannot stand")


def test_zip_whose_name_is_cut_at_a_null_character_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("innocent_evil", b"x")])
    path.write_bytes(path.read_bytes().replace(b"innocent_evil", b"innocent\x00evil"))
    require_refused(path, "name that cannot stand")


def test_tar_with_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tar_info("caf\udce9", 1), io.BytesIO(b"x"))
    require_refused(path, "name that cannot stand")


TWINS = [
    ("a", "a"),
    ("a", "./a"),
    ("caf\u00e9", "cafe\u0301"),
    ("a.csv", "a\u200b.csv"),
    ("a.csv", "\uff41.csv"),
]


@pytest.mark.parametrize(("first", "second"), TWINS)
@pytest.mark.parametrize("above", ["", "folder/"])
def test_member_that_is_there_twice_is_refused(first: str, second: str, above: str, tmp_path: Path) -> None:
    path = tar_of(
        tmp_path / "a.tar", above + first, second if second == "./a" and not above else above + second
    )
    if second == "./a" and above:
        require_refused(path, "name that cannot stand")
    else:
        require_refused(path, "twice" if second in {"a", "./a"} else "written in two ways")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    require_refused(write_zip(tmp_path / "a.zip", [("a", b"x"), ("a", b"y")]), "'a' twice")


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a")])
def test_name_of_a_file_and_a_folder_is_refused(names: tuple[str, str], tmp_path: Path) -> None:
    require_refused(tar_of(tmp_path / "a.tar", *names), "as a file and as a folder")


# kinds

KINDS = {
    "link": [(tarfile.SYMTYPE, "good"), (tarfile.SYMTYPE, "../../x"), (tarfile.LNKTYPE, "good")],
    "neither file nor folder": [
        (kind, "") for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z")
    ],
}


@pytest.mark.parametrize(
    ("what", "kind", "link"), [(what, *pair) for what, pairs in KINDS.items() for pair in pairs]
)
def test_tar_member_that_is_no_file_is_refused(what: str, kind: bytes, link: str, tmp_path: Path) -> None:
    members = [(tar_info("good", 1), b"x"), (tar_info("bad", kind=kind, link=link), b"")]
    require_refused(write_tar(tmp_path / "a.tar", members), what)


def test_tar_that_writes_through_its_own_link_is_refused(tmp_path: Path) -> None:
    members = [
        (tar_info("out", kind=tarfile.SYMTYPE, link=str(tmp_path)), b""),
        (tar_info("out/evil", 1), b"x"),
    ]
    require_refused(write_tar(tmp_path / "a.tar", members), "link")


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK, stat.S_IFDIR])
def test_zip_member_that_is_no_file_is_refused(mode: int, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("good", b""), (zip_info("bad", mode | 0o777), b"/etc")])
    require_refused(path, "link" if mode == stat.S_IFLNK else "neither file nor folder")


def test_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("a", b"x")])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    require_refused(path, "encrypted")


# sizes


def test_more_bytes_than_the_limit_are_refused(tmp_path: Path) -> None:
    members = [(tar_info("a", 600), b"x" * 600), (tar_info("b", 600), b"y" * 600)]
    archive = write_tar(tmp_path / "a.tar", members)
    require_refused(archive, "limit of 1,199 bytes", Limits(size=1199))
    assert unpack(archive, tmp_path / "out", Limits(size=1200)).size == 1200


def test_more_members_than_the_limit_are_refused(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar", "a", "b", "c")
    require_refused(archive, "more than 2 files", Limits(members=2))
    assert unpack(archive, tmp_path / "out", Limits(members=3)).files == 3


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "tar.xz", "zip"])
def test_bomb_is_refused_by_its_ratio(kind: str, tmp_path: Path) -> None:
    zeros = bytes(8 << 20)
    path = tmp_path / f"a.{kind}"
    if kind == "zip":
        write_zip(path, [("zeros", zeros)])
    else:
        write_tar(path, [(tar_info("zeros", len(zeros)), zeros)], TARS[kind])
    require_refused(path, "300 times its own size", Limits(small=1 << 20))
    assert unpack(path, tmp_path / "out").size == len(zeros), "a small file is never too much"


def test_bytes_count_as_they_come_out_whatever_the_zip_says(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("a", bytes(100_000))])
    data = bytearray(path.read_bytes())
    for start, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.index(start) + offset
        data[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    require_refused(path, "cannot be unpacked")


def test_sparse_file_counts_with_its_holes(tmp_path: Path) -> None:
    # a sparse member of 1 TiB without any data, as GNU tar writes it
    info = tar_info("holes", kind=tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:398] = b"%011o\x00" % 0
    header[398:410] = b"%011o\x00" % 0
    header[483:495] = tarfile.itn(1 << 40, 12, tarfile.GNU_FORMAT)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\x00 " % sum(header)
    path = tmp_path / "a.tar"
    path.write_bytes(bytes(header) + bytes(1024))
    require_refused(path, "unpacks to more than")


def test_header_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    header = tar_info("pax", HEADER + 1, tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT)
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb") as file:
        file.write(header + bytes(HEADER + 512) + tar_info("a").tobuf() + bytes(1024))
    require_refused(path, "a header of")


def test_zeros_after_the_end_do_not_come_without_end(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "a.tar.gz", "a", mode="w:gz")
    with gzip.open(path, "ab") as file:
        file.write(bytes(3 * HEADER))
    require_refused(path, "damaged")


# damage


@pytest.mark.parametrize(
    "data", [b"", b"short", b"x" * 5000, b"\x1f\x8bnonsense", b"BZh9", b"PK\x03\x04", bytes(9)]
)
def test_what_is_no_archive_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    require_refused(path, "cannot be unpacked")


def test_compressed_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"Time,rain\n" * 1000)
    error = require_refused(path, "cannot be unpacked")
    assert "tar.gz" in str(error)


@pytest.mark.parametrize("kind", [*TARS, "zip"])
def test_archive_without_files_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    if kind == "zip":
        write_zip(path, [])
    else:
        write_tar(path, [(tar_info("folder", kind=tarfile.DIRTYPE), b"")], TARS[kind])
    require_refused(path, "holds no files")


@pytest.mark.parametrize("kind", [*TARS, "zip"])
def test_archive_that_is_cut_anywhere_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "whole"
    names = [f"file-{number}" for number in range(4)]
    if kind == "zip":
        write_zip(path, [(name, name.encode() * 50) for name in names])
    else:
        write_tar(path, [(tar_info(name, 300), name.encode() * 50) for name in names], TARS[kind])
    data = path.read_bytes()
    used = len(data) if kind != "tar" else 4 * 1024 + 512  # zeros fill a tar up to its record
    for size in sorted({*range(1, used, max(used // 97, 1)), *range(1024, used, 512), used - 1}):
        cut = tmp_path / "cut"
        cut.write_bytes(data[:size])
        with pytest.raises(InputError):
            unpack(cut, tmp_path / "out")
        assert not (tmp_path / "out").exists()
    assert unpack(path, tmp_path / "out").files == 4


def test_damaged_header_inside_a_tar_is_not_taken_for_its_end(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "a.tar", "a", "b", "c")
    data = bytearray(path.read_bytes())
    data[1024 + 150] ^= 0xFF
    path.write_bytes(data)
    require_refused(path, "damaged, or not whole")


def _fuzzed(kind: str) -> bytes:
    if kind == "zip":
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in FILES.items():
                archive.writestr(name, data[:2000])
        return held.getvalue()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=TARS[kind], format=tarfile.PAX_FORMAT) as archive:
        for name, data in FILES.items():
            archive.addfile(tar_info(name, len(data[:2000])), io.BytesIO(data[:2000]))
    return held.getvalue()


WHOLE = {kind: _fuzzed(kind) for kind in (*TARS, "zip")}


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_archive_with_any_bytes_changed_comes_out_inside_or_leaves_nothing(
    kind: str, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(WHOLE[kind])
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "archive").write_bytes(data)
        try:
            unpack(folder / "archive", folder / "out")
        except InputError:
            assert [path.name for path in folder.iterdir()] == ["archive"]
        else:
            assert sorted(path.name for path in folder.iterdir()) == ["archive", "out"]
            assert not any(path.is_symlink() for path in (folder / "out").rglob("*"))
