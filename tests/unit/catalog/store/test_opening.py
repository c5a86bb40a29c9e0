"""Addresses of stores and what opens at them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dmod.catalog.store.folder import FolderStore
from dmod.catalog.store.opening import OPTIONS, SCHEMES, open_store
from dmod.catalog.store.remote import RemoteStore
from dmod.errors import InputError, StoreError


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_path_opens_a_folder(tmp_path: Path, form: str) -> None:
    store = open_store(form.format(tmp_path / "a store"))
    assert isinstance(store, FolderStore)
    assert store.path == tmp_path / "a store"
    store.put("a", b"1")
    assert open_store(str(tmp_path / "a store")).get("a") == b"1"


def test_quoted_address_of_a_folder_is_read(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}/a%20store")
    assert isinstance(store, FolderStore)
    assert store.path == tmp_path / "a store"


def test_home_of_the_user_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_store("~/store").address == str(tmp_path / "store")


def test_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("store")
    monkeypatch.chdir("/")
    store.put("a", b"1")
    assert (tmp_path / "store/documents/a").read_bytes() == b"1"


def test_memory_is_a_store_of_its_own_each_time() -> None:
    first, second = open_store("memory://"), open_store("memory://")
    first.put("a", b"1")
    assert list(second.list()) == []


@pytest.mark.parametrize(
    ("address", "options"),
    [
        (
            "s3://bucket/some/prefix",
            {"endpoint": "http://127.0.0.1:1", "access_key_id": "a", "secret_access_key": "b"},
        ),
        ("gs://bucket/prefix", {}),
        ("az://container/prefix", {"account_name": "a", "account_key": "YQ=="}),
    ],
)
def test_bucket_opens_without_asking_its_server(
    address: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = tmp_path / "google.json"
    key.write_text('{"gcs_base_url": "http://127.0.0.1:1", "disable_oauth": true, "client_email": "", '
                   '"private_key": "", "private_key_id": ""}')  # fmt: skip
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    if address.startswith("gs"):
        options = {"service_account": str(key)}
    store = open_store(f"{address}/", {**options, "part_size": "100000"})
    assert isinstance(store, RemoteStore)
    assert store.address == address
    assert store.part_size == 100_000
    assert store.objects.client.prefix == address.split("/", 3)[3]


class Listening(BaseHTTPRequestHandler):
    """Notes by whose key each request is signed, and for which region."""

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.signed.append(self.headers["Authorization"])  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.send_header("Last-Modified", "Wed, 25 Nov 2026 10:00:00 GMT")
        self.end_headers()
        self.wfile.write(b"1")


def test_environment_gives_what_options_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        server.signed = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        assert open_store("s3://bucket").get("a") == b"1"
        assert open_store("s3://bucket", {"access_key_id": "given", "region": "here"}).get("a") == b"1"
        server.shutdown()
    first, second = server.signed  # type: ignore[attr-defined]
    assert "Credential=from-environment/" in first
    assert "/us-east-1/" in first
    assert "Credential=given/" in second
    assert "/here/" in second


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("s3://bucket", {"access_key_id": "alone"}),
        ("az://container", {}),
        ("gs://b", {"service_account": "/no"}),
    ],
)
def test_options_that_do_not_suffice_are_refused(address: str, options: dict[str, str]) -> None:
    with pytest.raises(InputError, match=address):
        open_store(address, options)


def test_unknown_scheme_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError) as caught:
        open_store("ftp://host/folder")
    for form in SCHEMES.values():
        assert form in str(caught.value)


def test_unknown_option_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match="acess_key") as caught:
        open_store("s3://bucket", {"acess_key": "1"})
    for name in OPTIONS:
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("", {}),
        ("s3://", {}),
        ("s3:///key", {}),
        ("file://elsewhere/folder", {}),
        ("memory://", {"part_size": "many"}),
        ("memory://", {"part_size": "-1"}),
        ("memory://", {"part_size": "inf"}),
        ("memory://", {"part_size": "65535"}),
        ("s3://bucket", {"timeout": "soon"}),
        ("s3://bucket", {"retries": "nan"}),
        ("s3://bucket", {"allow_http": "perhaps"}),
    ],
)
def test_address_or_option_that_means_nothing_is_refused(address: str, options: dict[str, str]) -> None:
    with pytest.raises(InputError):
        open_store(address, options)


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="file"):
        open_store(str(tmp_path / "file" / "store"))
