"""The awaited client does the same, by the same names."""

from __future__ import annotations

import asyncio
import inspect

from dmod.client.awaiting import AsyncClient
from dmod.client.blocking import Client
from dmod.client.job import AsyncJob, Job
from dmod.client.results import AsyncResults, Results
from dmod.jobs.state import JobState
from dmod.testing.served_gateway import ServedGateway


def faces(kind: type) -> dict[str, list[str]]:
    """Return the parameters of the public methods of a class."""
    return {
        name: list(inspect.signature(value).parameters)
        for name, value in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


def test_both_clients_have_the_same_methods_and_parameters() -> None:
    assert faces(Client) == faces(AsyncClient)
    assert faces(Job) == faces(AsyncJob)
    assert faces(Results).items() <= faces(AsyncResults).items()


def test_awaited_client_submits_follows_and_finds(gateway: ServedGateway) -> None:
    async def ask() -> None:
        async with AsyncClient(gateway.url, gateway.token("anna"), patience=20.0) as client:
            job = await client.submit({"kind": "probe", "name": "a"})
            kinds = []
            async for event in job.follow():
                kinds.append(event.kind.value)
                if len(kinds) == 1:
                    await asyncio.to_thread(gateway.move, job.id, JobState.RUNNING)
                    await asyncio.to_thread(gateway.begin, job.id, "probe")
                    gateway.write(job.id, "probe", "hello")
                    await asyncio.to_thread(gateway.finish, job.id, "probe")
                    await asyncio.to_thread(gateway.move, job.id, JobState.COMPLETED)
            assert kinds == ["state", "state", "step", "step", "state"]
            assert (await job.wait()).state is JobState.COMPLETED
            assert await job.log() == "hello"
            assert [text async for text in client.follow_log(job)] == ["hello", ""]
            assert [item.id async for item in client.jobs()] == [job.id]
            assert (await job.results).files == ()
            assert (await client.get("me"))["user"] == "anna"

    asyncio.run(ask())


def test_followers_at_once_all_see_all(gateway: ServedGateway) -> None:
    async def ask() -> None:
        async with AsyncClient(gateway.url, gateway.token("anna"), patience=20.0) as client:
            job = await client.submit({"kind": "probe"})

            async def seen() -> list[int]:
                return [event.sequence async for event in client.follow(job)]

            followers = [asyncio.create_task(seen()) for _ in range(20)]
            await asyncio.to_thread(gateway.move, job.id, JobState.RUNNING, JobState.COMPLETED)
            assert await asyncio.gather(*followers) == [[1, 2, 3]] * 20

    asyncio.run(ask())
