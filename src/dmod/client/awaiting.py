"""The client that is awaited, for programs on an event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dmod.accounts.secret import Secret
from dmod.client.address import find_address
from dmod.client.blocking import PATIENCE, id_of
from dmod.client.job import AsyncJob, results_of
from dmod.client.operations import accounts, datasets, following, jobs, logs, scores, series, uploads
from dmod.client.operations.datasets import RemoteFile, Told, silent
from dmod.client.record import JobRecord
from dmod.client.request_file import Asked
from dmod.client.results import AsyncResults
from dmod.client.transports import AwaitingTransport
from dmod.jobs.event import Event

if TYPE_CHECKING:
    import xarray as xr


class AsyncClient:
    """A client of a dmod server on an event loop; see `dmod.Client`, whose methods it has.

        async with dmod.AsyncClient() as client:
            job = await client.submit("run.yaml")
            async for event in job.follow(): ...

    Parameters
    ----------
    server : address; else ``DMOD_SERVER``, the settings, or the server that runs on this machine
    token : its text; else ``DMOD_TOKEN``, the settings, or that of this machine's server
    home : folder of this machine's server, where it is not the user's own
    patience : how long a server that does not answer is tried again [s]
    """

    def __init__(
        self,
        server: str | None = None,
        token: str | Secret | None = None,
        *,
        home: str | Path | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._transport = AwaitingTransport(find_address(server, token, home), patience)

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return self._transport.url

    async def close(self) -> None:
        """Let go of connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncClient of {self.url}>"

    async def submit(
        self, request: Asked, idempotency_key: str | None = None, *, fresh: bool = False
    ) -> AsyncJob:
        """Submit a request, or the file of one; it is one job, however often it has to be sent.

        Parameters
        ----------
        idempotency_key : the same key with the same request is the same job; else one is made up
        fresh : compute again what was computed before
        """
        return self._job(await jobs.submit(self._transport, request, idempotency_key, fresh=fresh))

    async def plan(self, request: Asked, *, fresh: bool = False) -> dict[str, Any]:
        """Return what would become of a request: steps, demand, estimate, what stands in the way."""
        return await jobs.plan(self._transport, request, fresh=fresh)

    def jobs(self, *, limit: int | None = None, **wanted: Any) -> AsyncIterator[AsyncJob]:
        """Yield jobs, the latest first.

        Parameters
        ----------
        wanted : state, kind, owner, label, text, created_after, created_before, as `job_filter` has them
        """
        found = jobs.listed(self._transport, jobs.job_filter(**wanted), limit)
        return (self._job(document) async for document in found)

    async def job(self, job: str | JobRecord) -> AsyncJob:
        """Return a job by its id."""
        return self._job(await jobs.job(self._transport, id_of(job)))

    async def resolve(self, prefix: str) -> str:
        """Return the id of the one job whose id begins so."""
        return await jobs.resolve(self._transport, prefix)

    async def cancel(self, job: str | JobRecord, reason: str = "") -> AsyncJob:
        """Let a job end; twice is once."""
        return self._job(await jobs.cancel(self._transport, id_of(job), reason))

    async def retry(self, job: str | JobRecord) -> AsyncJob:
        """Let a job that failed, was cancelled or ran out of time go on from the step where it ended."""
        return self._job(await jobs.retry(self._transport, id_of(job)))

    async def share(self, job: str | JobRecord, names: Iterable[str]) -> AsyncJob:
        """Let these users see a job, and no others; ``*`` is everybody."""
        return self._job(await jobs.share(self._transport, id_of(job), names))

    async def history(self, job: str | JobRecord) -> list[Event]:
        """Return what has happened to a job."""
        return await following.history(self._transport, id_of(job))

    def follow(self, job: str | JobRecord, after: int = 0) -> AsyncIterator[Event]:
        """Yield what happened to a job after a sequence, and what happens, until it is at an end."""
        return following.follow(self._transport, id_of(job), after)

    async def log(self, job: str | JobRecord, step: str | None = None, tail: int | None = None) -> str:
        """Return what a step has written; that whose log tells most where none is named."""
        return await logs.log(self._transport, id_of(job), step, tail)

    def follow_log(self, job: str | JobRecord, step: str | None = None) -> AsyncIterator[str]:
        """Yield what a step has written, and what it writes until it is over."""
        return logs.follow_log(self._transport, id_of(job), step)

    async def results(self, job: str | JobRecord) -> AsyncResults:
        """Return what a job has found."""
        return await results_of(self._transport, id_of(job), AsyncResults)

    async def why(self, job: str | JobRecord) -> list[str]:
        """Return why a job is where it is, in sentences."""
        return await jobs.why(self._transport, id_of(job))

    async def get(self, path: str, **query: Any) -> Any:
        """Return a document of the server by its path below ``/v1``: ``jobs/summary``, ``me``, ``audit``."""
        return await jobs.get(self._transport, path, **query)

    async def top(self) -> Any:
        """Return the attempts under way, with what they use and say."""
        return await self.get("top")

    async def nodes(self) -> Any:
        """Return the nodes, and what of them is in use."""
        return await self.get("nodes")

    async def datasets(self, pattern: str = "", **wanted: Any) -> list[dict[str, Any]]:
        """Return datasets, by a pattern of names, category, format, owner; `sort`: name, created, size."""
        return await datasets.datasets(self._transport, pattern, **wanted)

    async def dataset(self, reference: str) -> dict[str, Any]:
        """Return all that is known of a dataset."""
        return await datasets.dataset(self._transport, reference)

    async def files(self, reference: str) -> list[RemoteFile]:
        """Return the files of a dataset."""
        return await datasets.files(self._transport, reference)

    async def download(self, reference: str, folder: str | Path, *, told: Told = silent) -> list[Path]:
        """Fetch a dataset into a folder, every byte compared with its hash; what is there already is kept."""
        return await datasets.download(self._transport, reference, folder, told)

    async def share_dataset(self, reference: str, names: Iterable[str]) -> dict[str, Any]:
        """Let these users read a dataset and use it in jobs, and no others; ``*`` is everybody."""
        return await datasets.share(self._transport, reference, names)

    async def series(
        self,
        reference: str,
        place: str,
        *,
        layer: str = "rivers",
        variable: str = "",
        also: Sequence[str] = (),
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> xr.Dataset:
        """Return every value of a series at a place, and of further ones; see `Client.series`."""
        return await series.series(
            self._transport, reference, place, layer=layer, variable=variable, also=also, start=start, end=end
        )

    async def spread(self, reference: str, *, layer: str = "rivers", variable: str = "") -> dict[str, Any]:
        """Return between which values a variable lies over all places and steps: ends and quantiles."""
        return await series.spread(self._transport, reference, layer=layer, variable=variable)

    async def rescore(
        self,
        reference: str,
        observed: str,
        place: str = "",
        *,
        layer: str = "basin",
        variable: str = "",
        gauge: str = "",
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> dict[str, Any]:
        """Return what a run scores at a place against observations; see `Client.rescore`."""
        work = scores.rescore(
            self._transport, reference, observed, place,
            layer=layer, variable=variable, gauge=gauge, start=start, end=end,
        )  # fmt: skip
        return await work

    async def ensembles(self, reference: str) -> list[dict[str, Any]]:
        """Return ranks and reliability of the ensembles of a dataset of scores; none of single runs."""
        return await scores.ensembles(self._transport, reference)

    async def upload(
        self,
        name: str,
        paths: str | Path | Sequence[str | Path],
        *,
        going_on: str | None = None,
        told: Told = silent,
        **said: Any,
    ) -> dict[str, Any]:
        """Send files and make a dataset of them; what is not said of it is found out.

        Parameters
        ----------
        going_on : id of an earlier upload that was cut off
        said : category, format, description, catchments …
        """
        work = uploads.upload(self._transport, name, paths, said, going_on=going_on, told=told)
        return await work

    async def users(self) -> list[dict[str, Any]]:
        """Return the users whom one may see."""
        return await accounts.users(self._transport)

    async def create_user(self, name: str, role: str = "user") -> dict[str, Any]:
        """Make a user."""
        return await accounts.create_user(self._transport, name, role)

    async def change_user(
        self, name: str, *, role: str | None = None, disabled: bool | None = None
    ) -> dict[str, Any]:
        """Give a user another role, or let nobody act as that user, or again."""
        return await accounts.change_user(self._transport, name, role=role, disabled=disabled)

    async def tokens(self, user: str = "") -> list[dict[str, Any]]:
        """Return the tokens of a user, without their texts; "" is one's own."""
        return await accounts.tokens(self._transport, user)

    async def create_token(self, name: str, **said: Any) -> dict[str, Any]:
        """Make a token; its ``text`` is in this answer, and nowhere else.

        Parameters
        ----------
        said : user, scopes, lifetime (a ``timedelta``; None is for ever), as `accounts.create_token` has them
        """
        return await accounts.create_token(self._transport, name, **said)

    async def revoke_token(self, token_id: str) -> dict[str, Any]:
        """Let a token be valid no more."""
        return await accounts.revoke_token(self._transport, token_id)

    def _job(self, document: dict[str, Any]) -> AsyncJob:
        return AsyncJob(document, self._transport)
