"""The client that blocks, for notebooks, scripts and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dmod.accounts.secret import Secret
from dmod.client.address import find_address
from dmod.client.driving import finish, iterate
from dmod.client.job import Job, results_of
from dmod.client.operations import accounts, datasets, following, jobs, logs, scores, series, uploads
from dmod.client.operations.datasets import RemoteFile, Told, silent
from dmod.client.record import JobRecord
from dmod.client.request_file import Asked
from dmod.client.results import Results
from dmod.client.transports import BlockingTransport
from dmod.jobs.event import Event

if TYPE_CHECKING:
    import xarray as xr

PATIENCE = 30.0
"""Seconds for which a server that does not answer is tried again."""


class Client:
    """A client of a dmod server.

        with dmod.Client() as client:
            job = client.submit("run.yaml").wait()
            job.results.streamflow

    What can be sent twice without harm is sent again while the server is away. Errors are those of
    `dmod.errors`, as without a server. Safe to use from several threads.

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
        self._transport = BlockingTransport(find_address(server, token, home), patience)

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return self._transport.url

    def close(self) -> None:
        """Let go of connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self.url}>"

    def submit(self, request: Asked, idempotency_key: str | None = None, *, fresh: bool = False) -> Job:
        """Submit a request, or the file of one; it is one job, however often it has to be sent.

        Parameters
        ----------
        idempotency_key : the same key with the same request is the same job; else one is made up
        fresh : compute again what was computed before
        """
        return self._job(finish(jobs.submit(self._transport, request, idempotency_key, fresh=fresh)))

    def plan(self, request: Asked, *, fresh: bool = False) -> dict[str, Any]:
        """Return what would become of a request: steps, demand, estimate, what stands in the way."""
        return finish(jobs.plan(self._transport, request, fresh=fresh))

    def jobs(self, *, limit: int | None = None, **wanted: Any) -> Iterator[Job]:
        """Yield jobs, the latest first.

        Parameters
        ----------
        wanted : state, kind, owner, label, text, created_after, created_before, as `job_filter` has them
        """
        found = jobs.listed(self._transport, jobs.job_filter(**wanted), limit)
        return (self._job(document) for document in iterate(found))

    def job(self, job: str | JobRecord) -> Job:
        """Return a job by its id."""
        return self._job(finish(jobs.job(self._transport, id_of(job))))

    def resolve(self, prefix: str) -> str:
        """Return the id of the one job whose id begins so."""
        return finish(jobs.resolve(self._transport, prefix))

    def cancel(self, job: str | JobRecord, reason: str = "") -> Job:
        """Let a job end; twice is once."""
        return self._job(finish(jobs.cancel(self._transport, id_of(job), reason)))

    def retry(self, job: str | JobRecord) -> Job:
        """Let a job that failed, was cancelled or ran out of time go on from the step where it ended."""
        return self._job(finish(jobs.retry(self._transport, id_of(job))))

    def share(self, job: str | JobRecord, names: Iterable[str]) -> Job:
        """Let these users see a job, and no others; ``*`` is everybody."""
        return self._job(finish(jobs.share(self._transport, id_of(job), names)))

    def history(self, job: str | JobRecord) -> list[Event]:
        """Return what has happened to a job."""
        return finish(following.history(self._transport, id_of(job)))

    def follow(self, job: str | JobRecord, after: int = 0) -> Iterator[Event]:
        """Yield what happened to a job after a sequence, and what happens, until it is at an end."""
        return iterate(following.follow(self._transport, id_of(job), after))

    def log(self, job: str | JobRecord, step: str | None = None, tail: int | None = None) -> str:
        """Return what a step has written; that whose log tells most where none is named."""
        return finish(logs.log(self._transport, id_of(job), step, tail))

    def follow_log(self, job: str | JobRecord, step: str | None = None) -> Iterator[str]:
        """Yield what a step has written, and what it writes until it is over."""
        return iterate(logs.follow_log(self._transport, id_of(job), step))

    def results(self, job: str | JobRecord) -> Results:
        """Return what a job has found."""
        return finish(results_of(self._transport, id_of(job), Results))

    def why(self, job: str | JobRecord) -> list[str]:
        """Return why a job is where it is, in sentences."""
        return finish(jobs.why(self._transport, id_of(job)))

    def get(self, path: str, **query: Any) -> Any:
        """Return a document of the server by its path below ``/v1``: ``jobs/summary``, ``me``, ``audit``."""
        return finish(jobs.get(self._transport, path, **query))

    def top(self) -> Any:
        """Return the attempts under way, with what they use and say."""
        return self.get("top")

    def nodes(self) -> Any:
        """Return the nodes, and what of them is in use."""
        return self.get("nodes")

    def datasets(self, pattern: str = "", **wanted: Any) -> list[dict[str, Any]]:
        """Return datasets, by a pattern of names, category, format, owner; `sort`: name, created, size."""
        return finish(datasets.datasets(self._transport, pattern, **wanted))

    def dataset(self, reference: str) -> dict[str, Any]:
        """Return all that is known of a dataset."""
        return finish(datasets.dataset(self._transport, reference))

    def files(self, reference: str) -> list[RemoteFile]:
        """Return the files of a dataset."""
        return finish(datasets.files(self._transport, reference))

    def download(self, reference: str, folder: str | Path, *, told: Told = silent) -> list[Path]:
        """Fetch a dataset into a folder, every byte compared with its hash; what is there already is kept."""
        return finish(datasets.download(self._transport, reference, folder, told))

    def share_dataset(self, reference: str, names: Iterable[str]) -> dict[str, Any]:
        """Let these users read a dataset and use it in jobs, and no others; ``*`` is everybody."""
        return finish(datasets.share(self._transport, reference, names))

    def series(
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
        """Return every value of a series at a place, and of further ones, as one dataset on one axis of time.

        Parameters
        ----------
        reference : results of a run, or observations
        layer : catchments, nexuses, rivers, basin (flow, observations and rain of the outlet), gauges
        variable : "" is the first of the layer
        also : further series: a dataset with the same layer, place and variable, or
            ``DATASET/LAYER/VARIABLE/PLACE``
        start, end : both included, UTC where they have no zone; None for all there is

        Returns
        -------
        series : a variable for each, with the attributes ``units`` and ``source``, (time)
        """
        work = series.series(
            self._transport, reference, place, layer=layer, variable=variable, also=also, start=start, end=end
        )
        return finish(work)

    def spread(self, reference: str, *, layer: str = "rivers", variable: str = "") -> dict[str, Any]:
        """Return between which values a variable lies over all places and steps: ends and quantiles."""
        return finish(series.spread(self._transport, reference, layer=layer, variable=variable))

    def rescore(
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
        """Return what a run scores at a place against observations, over all that both have in common.

        The answer has ``scores`` by metric, ``undefined`` (why one has no value), ``pairs``, ``step`` [s],
        ``start``, ``end`` [s since 1970, UTC] and ``notes``. Nothing is kept.

        Parameters
        ----------
        reference : results of a run
        observed : dataset of observations
        place : "" for the outlet
        layer : basin (the outlet), rivers, nexuses
        variable : "" is the first of the layer
        gauge : of the observations; "" is the only one, or the one at the run's outlet
        start, end : both included, UTC where they have no zone

        Raises
        ------
        CoverageError
            run and observations share no complete interval.
        UnitError
            the variable is no flow, or the observations do not state their unit.
        InputError
            it is not said which of several places or gauges is meant.
        """
        work = scores.rescore(
            self._transport, reference, observed, place,
            layer=layer, variable=variable, gauge=gauge, start=start, end=end,
        )  # fmt: skip
        return finish(work)

    def ensembles(self, reference: str) -> list[dict[str, Any]]:
        """Return ranks and reliability of the ensembles of a dataset of scores; none of single runs."""
        return finish(scores.ensembles(self._transport, reference))

    def upload(
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
        return finish(work)

    def users(self) -> list[dict[str, Any]]:
        """Return the users whom one may see."""
        return finish(accounts.users(self._transport))

    def create_user(self, name: str, role: str = "user") -> dict[str, Any]:
        """Make a user."""
        return finish(accounts.create_user(self._transport, name, role))

    def change_user(
        self, name: str, *, role: str | None = None, disabled: bool | None = None
    ) -> dict[str, Any]:
        """Give a user another role, or let nobody act as that user, or again."""
        return finish(accounts.change_user(self._transport, name, role=role, disabled=disabled))

    def tokens(self, user: str = "") -> list[dict[str, Any]]:
        """Return the tokens of a user, without their texts; "" is one's own."""
        return finish(accounts.tokens(self._transport, user))

    def create_token(self, name: str, **said: Any) -> dict[str, Any]:
        """Make a token; its ``text`` is in this answer, and nowhere else.

        Parameters
        ----------
        said : user, scopes, lifetime (a ``timedelta``; None is for ever), as `accounts.create_token` has them
        """
        return finish(accounts.create_token(self._transport, name, **said))

    def revoke_token(self, token_id: str) -> dict[str, Any]:
        """Let a token be valid no more."""
        return finish(accounts.revoke_token(self._transport, token_id))

    def _job(self, document: dict[str, Any]) -> Job:
        return Job(document, self._transport)


def id_of(job: str | JobRecord) -> str:
    """Return the id of a job."""
    return job if isinstance(job, str) else job.id
