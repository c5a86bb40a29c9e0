"""A real Redis server on this machine for tests, on a socket of its own, stopped by its number."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

PATIENCE = 30.0


def missing() -> str:
    """Return why no such server can be started here; "" where it can."""
    if shutil.which("redis-server") is None:
        return "not installed: redis-server (Debian: redis-server)"
    if find_spec("redis") is None:
        return 'not installed: redis (pip install "dmod[redis]")'
    return ""


@dataclass
class RedisServer:
    """A server that runs while the block does; it can be stopped and started again in between.

    Parameters
    ----------
    folder : short enough for the path of a socket
    """

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Return the address for clients."""
        return f"unix://{self.folder / 'redis.sock'}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        from redis import Redis, RedisError

        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.folder / "redis.sock"), "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + PATIENCE
        client = Redis.from_url(self.address)
        while True:
            try:
                client.ping()
                break
            except RedisError:
                assert time.monotonic() < end
                time.sleep(0.02)
        client.close()

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
