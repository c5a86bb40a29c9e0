"""Datasets over a real gateway: sent in pieces, fetched and compared, opened as results."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from dmod.client.blocking import Client
from dmod.client.driving import finish
from dmod.client.operations import uploads
from dmod.client.operations.datasets import RemoteFile, cached
from dmod.errors import AlreadyExists, DatasetNotFound, InputError, IntegrityError, NotFoundError
from dmod.jobs.state import JobState
from dmod.testing.served_gateway import ServedGateway

GENERIC = {"category": "OUTPUT", "format": "GENERIC"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three files, one of them empty."""
    found = tmp_path / "sent"
    (found / "a").mkdir(parents=True)
    (found / "a" / "b c.bin").write_bytes(bytes(range(256)) * 10)
    (found / "empty").touch()
    (found / "ü.txt").write_text("ü")
    return found


def test_folder_is_sent_in_pieces_and_fetched_as_it_was(
    client: Client, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 1000)
    told: list[tuple[int, int]] = []
    made = client.upload("here", folder, told=lambda _, done, total: told.append((done, total)), **GENERIC)
    assert (made["name"], made["files"]) == ("here", 3)
    assert told[-1] == (2562, 2562)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    paths = client.download("here", tmp_path / "got")
    assert {p.relative_to(tmp_path / "got").as_posix(): p.read_bytes() for p in paths} == {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
    assert [item["name"] for item in client.datasets("he*")] == ["here"]
    assert client.dataset("here")["versions"] == [1]


def test_upload_that_was_cut_off_goes_on_where_it_was(
    client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 1000)
    sent: list[int] = []
    whole = uploads._send_piece

    async def cut(transport, path, file, start, size):
        if len(sent) == 2:
            raise KeyboardInterrupt
        sent.append(start)
        return await whole(transport, path, file, start, size)

    begun = client._transport._client.post("data/uploads").json()["upload"]
    monkeypatch.setattr(uploads, "_send_piece", cut)
    with pytest.raises(KeyboardInterrupt):
        client.upload("here", folder, going_on=begun, **GENERIC)
    monkeypatch.setattr(uploads, "_send_piece", whole)
    seen: list[int] = []
    client.upload("here", folder, going_on=begun, told=lambda _, done, __: seen.append(done), **GENERIC)
    assert seen[0] == 2560  # of the first file only what was missing
    assert {f.sha256 for f in client.files("here")} >= {sha256(bytes(range(256)) * 10).hexdigest()}


def test_what_is_not_there_is_refused_before_anything_is_begun(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        client.upload("here", tmp_path / "nothing")
    (tmp_path / "bare").mkdir()
    with pytest.raises(InputError, match="nothing to send"):
        client.upload("here", tmp_path / "bare")
    with pytest.raises(DatasetNotFound):
        client.files("nothing")


def test_file_of_the_same_name_is_kept_if_it_is_the_same_and_never_replaced(
    client: Client, folder: Path, tmp_path: Path
) -> None:
    client.upload("here", folder, **GENERIC)
    client.download("here", tmp_path / "got")
    (tmp_path / "got" / "empty").unlink()
    assert len(client.download("here", tmp_path / "got")) == 3
    assert (tmp_path / "got" / "empty").exists()
    (tmp_path / "got" / "ü.txt").write_text("mine")
    with pytest.raises(AlreadyExists, match=r"ü\.txt"):
        client.download("here", tmp_path / "got")
    assert (tmp_path / "got" / "ü.txt").read_text() == "mine"


def test_bytes_that_are_not_those_of_the_hash_are_not_kept(
    client: Client, folder: Path, tmp_path: Path
) -> None:
    client.upload("here", folder, **GENERIC)
    item = next(f for f in client.files("here") if f.path == "ü.txt")
    wrong = RemoteFile(item.dataset, item.path, item.size, "0" * 64)
    with pytest.raises(IntegrityError):
        finish(cached(client._transport, wrong))
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]


def test_results_are_fetched_once_when_they_are_first_used(
    client: Client, gateway: ServedGateway, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    flow = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("feature_id", "time"), name="flow")
    flow.to_dataset().to_netcdf(made / "streamflow.nc")
    (made / "report.html").write_text("<p>report")
    client.upload("found", made, **GENERIC)
    job = client.submit({"kind": "probe"})
    gateway.move(job.id, JobState.RUNNING)
    gateway.begin(job.id, "probe")
    found = {"dataset": "found@1", "scores": {"kge": 0.5}, "summary": {"peak_m3s": 3.0}}
    gateway.finish(job.id, "probe", result=found)
    gateway.move(job.id, JobState.COMPLETED)
    results = job.results
    assert (results.dataset, results.scores, results.summary) == ("found@1", {"kge": 0.5}, {"peak_m3s": 3.0})
    assert not (tmp_path / "cache").exists()
    with results.open("streamflow") as opened:
        np.testing.assert_array_equal(opened["flow"], flow)
    xr.testing.assert_equal(results.streamflow.load(), flow)
    results.streamflow.close()
    assert len([p for p in (tmp_path / "cache").rglob("*") if p.is_file()]) == 1
    assert results.report.read_text() == "<p>report"
    gateway.stop()
    assert results.path("streamflow").is_file()
    with pytest.raises(NotFoundError, match="streamflow"):
        results.open("nexuses")


def test_dataset_is_shared_and_not_any_more(client: Client, folder: Path) -> None:
    client.upload("here", folder, **GENERIC)
    assert client.share_dataset("here", ["grace", "ada"])["shared_with"] == ["ada", "grace"]
    assert client.dataset("here")["shared_with"] == ["ada", "grace"]
    assert "shared_with" not in client.share_dataset("here@1", [])


def test_job_without_results_has_no_files(client: Client) -> None:
    results = client.submit({"kind": "probe"}).results
    assert (results.dataset, results.files, results.scores) == (None, (), None)
