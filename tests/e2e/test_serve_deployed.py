"""Roles in processes of their own: two gateways, two controllers, PostgreSQL as index, Redis between them."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dmod.testing import redis_server
from dmod.testing.postgresql import PostgresServer
from dmod.testing.redis_server import RedisServer
from dmod.testing.serving import ServedHome, wait_for
from dmod.testing.warm_command import WarmProcess, start_dmod

PROBE = {"kind": "probe", "fresh": True}


@dataclass
class Deployment:
    """Servers, gateways and controllers."""

    folder: Path
    environment: dict[str, str]
    redis: RedisServer
    gateways: list[ServedHome] = field(default_factory=list)
    controllers: list[WarmProcess | subprocess.Popen[bytes]] = field(default_factory=list)

    def start_gateway(self) -> ServedHome:
        gateway = ServedHome(self.folder / "home", ("--role", "gateway"), self.environment).start()
        self.gateways.append(gateway)
        return gateway

    def start_controller(self) -> WarmProcess | subprocess.Popen[bytes]:
        command = ["serve", "--home", self.folder / "home", "--role", "controller", "--cpus", "4"]
        log = self.folder / f"controller-{len(self.controllers)}.log"
        with log.open("wb") as file:
            process = start_dmod(command, file, file, self.environment)
        wait_for(lambda: b"acts as controller" in log.read_bytes())
        self.controllers.append(process)
        return process


@pytest.fixture
def deployment(tmp_path: Path, postgresql: PostgresServer) -> Iterator[Deployment]:
    reason = redis_server.missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with ExitStack() as opened:
        place = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="dmod-redis-")))
        redis = opened.enter_context(RedisServer(place))
        environment = {"DMOD_INDEX": postgresql.make_database(), "DMOD_REDIS": redis.address}
        found = Deployment(tmp_path, environment, redis)
        try:
            yield found
        finally:
            for process in found.controllers:
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)
                    process.terminate()
                    process.wait()
            for gateway in found.gateways:
                gateway.stop()


def test_several_gateways_and_controllers_act_as_one(deployment: Deployment) -> None:
    first, second = deployment.start_gateway(), deployment.start_gateway()
    waiting = first.submit(PROBE)  # nobody acts yet
    assert first.job(waiting)["state"] == "created"
    deployment.start_controller()
    deployment.start_controller()
    assert second.ended(waiting)["state"] == "completed"

    seen: list[str] = []
    job = first.submit({**PROBE, "seconds": 0.5, "steps": 2})
    with second.client as client, client.stream("GET", f"/jobs/{job}/events?until=end") as stream:
        seen += [line for line in stream.iter_lines() if line.startswith("id:")]
    assert len(seen) == len(set(seen)) >= 5

    # Redis away: slower, and nothing lost
    deployment.redis.stop()
    assert second.ended(first.submit(PROBE))["state"] == "completed"
    deployment.redis.start()
    assert first.ended(second.submit(PROBE))["state"] == "completed"


def test_controller_that_hangs_is_replaced_and_does_nothing_more(deployment: Deployment) -> None:
    gateway = deployment.start_gateway()
    hanging = deployment.start_controller()
    job = gateway.submit({**PROBE, "seconds": 2, "steps": 2})
    gateway.in_state(job, "running")
    hanging.send_signal(signal.SIGSTOP)
    deployment.start_controller()
    ended = gateway.ended(job)
    assert ended["state"] == "completed"
    hanging.send_signal(signal.SIGCONT)
    again = gateway.submit(PROBE)
    assert gateway.ended(again)["state"] == "completed"
    assert [len(step["attempts"]) for step in gateway.job(job)["steps"]] == [1, 1]


def test_controller_that_is_killed_is_replaced_at_once(deployment: Deployment) -> None:
    gateway = deployment.start_gateway()
    killed = deployment.start_controller()
    deployment.start_controller()
    jobs = [gateway.submit({**PROBE, "seconds": 0.2}) for _ in range(8)]
    killed.kill()
    killed.wait()
    for job in jobs:
        ended = gateway.ended(job)
        assert ended["state"] == "completed"
        assert len(ended["steps"][0]["attempts"]) == 1
