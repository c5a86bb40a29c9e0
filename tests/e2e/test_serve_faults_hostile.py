"""Archives, names and documents that try to climb out or to execute are refused, here and by a server."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dmod.testing.serving import ServedHome

Dmod = Callable[..., subprocess.CompletedProcess[str]]
GENERIC = {"category": "OUTPUT", "format": "GENERIC"}
DESCRIBED = ("--category", "OUTPUT", "--format", "GENERIC")
RUNS = [
    "kind: probe\ntext: !!python/object/apply:os.system ['touch {target}']",
    "!!python/object/new:subprocess.Popen [[touch, {target}]]",
    "kind: probe\ntext: !!python/name:os.system",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    served = ServedHome(tmp_path_factory.mktemp("hostile") / "a" / "b" / "home").start()
    yield served
    served.stop()


def tar_of(*members: tuple[str, str]) -> bytes:
    """Return an archive of members by name: text, or a link where it begins with an arrow."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in members:
            member = tarfile.TarInfo(name)
            if text.startswith("->"):
                member.type, member.linkname = tarfile.SYMTYPE, text[2:]
            else:
                member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def zip_of(*members: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members:
            archive.writestr(name, text)
    return buffer.getvalue()


ARCHIVES = {
    "climbs.tar.gz": tar_of(("good.txt", "x"), ("../../../../escaped", "x")),
    "climbs.zip": zip_of(("good.txt", "x"), ("../../../../escaped", "x")),
    "absolute.tar.gz": tar_of(("/tmp/escaped-absolutely", "x")),
    "through-link.tar.gz": tar_of(("out", "->../../../.."), ("out/escaped", "x")),
    "shows.tar.gz": tar_of(("passwd", "->/etc/passwd")),
}


def outside(served: ServedHome) -> set[Path]:
    """Return what lies around the folder of the server, where nothing of it belongs."""
    top = served.folder.parents[1]
    return {path for path in top.rglob("*") if served.folder not in (path, *path.parents)}


def datasets(served: ServedHome) -> list[Any]:
    found: list[Any] = served.get("/data/datasets")
    return found


def uploaded(served: ServedHome, file: str, content: bytes, **said: Any) -> tuple[int, dict[str, Any]]:
    """Send a file and make a dataset of it; return status and answer."""
    with served.client as client:
        upload = client.post("/data/uploads").raise_for_status().json()["upload"]
        client.put(f"/data/uploads/{upload}/files/{file}", content=content).raise_for_status()
        answer = client.post(f"/data/uploads/{upload}/commit", json={**GENERIC, **said})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("archive", list(ARCHIVES))
def test_archive_that_climbs_out_is_refused(home: ServedHome, archive: str) -> None:
    before = outside(home)
    status, said = uploaded(home, archive, ARCHIVES[archive], name="hostile", unpack=True)
    assert status == 422, said
    assert archive in said["detail"]
    assert datasets(home) == []
    assert outside(home) == before
    assert not Path("/tmp/escaped-absolutely").exists()


@pytest.mark.parametrize("name", ["../escaped", "a/../../escaped", "/etc/escaped", ".hidden", "a b", "x\n"])
def test_name_that_climbs_out_is_refused_wherever_one_is_given(home: ServedHome, name: str) -> None:
    before = outside(home)
    status, said = uploaded(home, "a.txt", b"x", name=name)
    assert status == 422, said
    with home.client as client:
        for request in (
            {"kind": "run", "package": name},
            {"kind": "run", "package": "basin", "outputs": {"dataset": name}},
            {"kind": "evaluation", "results": name},
        ):
            answer = client.post("/jobs", json=request)
            assert answer.status_code in {404, 422}, answer.text
        assert client.put("/data/uploads/../../escaped/files/a", content=b"x").status_code in {404, 405, 422}
    assert datasets(home) == []
    assert outside(home) == before


def test_command_line_refuses_what_climbs_out(home: ServedHome, dmod_cli: Dmod, tmp_path: Path) -> None:
    before = outside(home)
    archive = tmp_path / "climbs.tar.gz"
    archive.write_bytes(ARCHIVES["climbs.tar.gz"])
    for name, said in (("hostile", "climbs.tar.gz"), ("../escaped", "../escaped")):
        options = (*DESCRIBED, "--unpack", "--home", home.folder)
        refused = dmod_cli("data", "add", name, archive, *options)
        assert refused.returncode == 2, refused.stderr
        assert said in refused.stderr
    assert datasets(home) == []
    assert outside(home) == before


def test_document_that_would_execute_does_not(home: ServedHome, dmod_cli: Dmod, tmp_path: Path) -> None:
    target = tmp_path / "touched"
    jobs = home.get("/jobs")["jobs"]
    for text in RUNS:
        document = text.format(target=target)
        with home.client as client:
            answer = client.post("/jobs", content=document, headers={"Content-Type": "application/yaml"})
        assert answer.status_code == 422
    path = tmp_path / "request.yaml"
    path.write_text(RUNS[0].format(target=target))
    refused = dmod_cli("submit", path, "--home", home.folder)
    assert refused.returncode == 2, refused.stderr
    assert home.get("/jobs")["jobs"] == jobs
    assert not target.exists()


def test_path_of_a_file_that_climbs_out_of_a_dataset_is_refused(home: ServedHome) -> None:
    secret = home.folder / "token"
    with home.client as client:
        upload = client.post("/data/uploads").raise_for_status().json()["upload"]
        for path in (
            "..%2F..%2Ftoken",
            "%2e%2e/%2e%2e/token",
            f"%2F{str(secret)[1:]}",
            "a/..%2F..%2F..%2Ftoken",
        ):
            answer = client.put(f"/data/uploads/{upload}/files/{path}", content=b"mine")
            assert answer.status_code in {404, 405, 422}, path
            answer = client.get(f"/data/datasets/words@1/files/{path}")
            assert answer.status_code in {404, 422}
            assert secret.read_text(encoding="utf-8") not in answer.text
    assert secret.read_text(encoding="utf-8") != "mine"
