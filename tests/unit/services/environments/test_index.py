"""Environments from a real index over HTTP, which then goes away."""

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dmod.errors import InputError
from dmod.services.environments import Environments, EnvironmentSpec, Package
from dmod.services.environments.uv import find_uv
from dmod.testing import wheels

Kept = Callable[..., Environments]


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, but what is called ``private`` to nobody."""

    def do_GET(self) -> None:
        if "private" in self.path:
            self.send_error(401)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def index(tmp_path: Path, links: Path) -> Iterator[ThreadingHTTPServer]:
    """Return a server of a package index with the tiny wheels, by name, with their hashes."""
    for wheel in links.glob("*.whl"):
        page = tmp_path / "served" / "simple" / wheel.name.partition("-")[0] / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        with page.open("a") as file:
            file.write(f'<a href="/files/{wheel.name}#sha256={digest}">{wheel.name}</a><br>\n')
    shutil.copytree(links, tmp_path / "served" / "files")
    handler = partial(Handler, directory=str(tmp_path / "served"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/simple"


def test_index_that_was_used_once_is_not_needed_again(kept: Kept, index: ThreadingHTTPServer) -> None:
    given = {"index": address(index), "find_links": []}
    spec = EnvironmentSpec.parse(["tiny"])
    built = kept(**given).build(spec)
    assert built.packages == (Package("numpy", "2.1.0"), Package("tiny", "2.0"))
    index.shutdown()
    index.server_close()
    kept().remove(built.hash)
    again = kept(**given, offline=True).build(spec)
    assert again.hash == built.hash


def test_index_of_a_wish_goes_before_that_of_the_folder(kept: Kept, index: ThreadingHTTPServer) -> None:
    spec = EnvironmentSpec.parse({"requirements": ["tiny<2"], "index": address(index)})
    assert kept(index="none", find_links=[]).build(spec).packages[1] == Package("tiny", "1.0")


def test_wheel_is_taken_from_an_address_and_locked_with_its_hash(
    kept: Kept, index: ThreadingHTTPServer, links: Path
) -> None:
    where = f"{address(index).removesuffix('/simple')}/files/tiny-1.0-py3-none-any.whl"
    built = kept().build(EnvironmentSpec.parse([f"tiny @ {where}"]))
    digest = hashlib.sha256((links / "tiny-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    assert f"--hash=sha256:{digest}" in built.lock
    assert built.packages[1] == Package("tiny", "1.0", where)


def test_index_that_wants_a_password_says_where_to_put_it(kept: Kept, index: ThreadingHTTPServer) -> None:
    private = address(index).replace("/simple", "/private")
    with pytest.raises(InputError, match="401") as raised:
        kept(index=private, find_links=[]).build(EnvironmentSpec.parse(["tiny"]))
    assert "netrc" in (raised.value.hint or "")


def test_wheel_that_is_not_at_its_address_is_told(kept: Kept, index: ThreadingHTTPServer) -> None:
    where = f"{address(index).removesuffix('/simple')}/files/none-1.0-py3-none-any.whl"
    with pytest.raises(InputError, match="404"):
        kept().build(EnvironmentSpec.parse([f"none @ {where}"]))


def test_uv_is_found_where_a_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\n")
    with pytest.raises(InputError, match="is no program"):
        find_uv(program)
    program.chmod(0o755)
    assert find_uv(program) == program
    if not wheels.missing():
        monkeypatch.setenv("PATH", os.pathsep.join([str(wheels.uv().parent), "/usr/bin"]))
        assert find_uv().name == "uv"
