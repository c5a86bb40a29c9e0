"""What somebody may see: of jobs and of datasets. What they may not is as if it were not there."""

from __future__ import annotations

from dataclasses import replace

from dmod.accounts.permission import Permission
from dmod.accounts.user import EVERYBODY
from dmod.api.asking import Asking
from dmod.catalog.dataset import Dataset
from dmod.errors import JobNotFound
from dmod.jobs.job import Job
from dmod.jobs.store.port import JobQuery
from dmod.jobs.store.refusal import no_job
from dmod.services.data.service import DataService
from dmod.services.data.visible_index import visible_index


def sees_job(asking: Asking, job: Job) -> bool:
    """Whether they may know of a job."""
    return asking.can_see(Permission.JOB_SEE, job.owner, job.shared_with)


def visible_job(asking: Asking, job_id: str) -> Job:
    """Return a job that they may know of.

    Raises
    ------
    JobNotFound
        there is none, in the same words whether it is another's or nobody's.
    """
    try:
        found: Job | None = asking.services.jobs.job(job_id)
    except JobNotFound:
        found = None
    if found is None or not sees_job(asking, found):
        raise no_job(job_id, ())
    return found


def job_to_change(asking: Asking, job_id: str, permission: Permission) -> Job:
    """Return a job that they may do something with.

    Raises
    ------
    JobNotFound
        there is none that they may know of.
    NotPermitted
        they may not do that with it.
    """
    job = visible_job(asking, job_id)
    asking.require(permission, job.owner, job.shared_with)
    return job


def visible_query(asking: Asking) -> JobQuery:
    """Return the query for all jobs that they may know of."""
    return JobQuery(visible_to="" if asking.sees_all(Permission.JOB_SEE) else asking.user)


def readers_of(asking: Asking, dataset: Dataset) -> tuple[str, ...]:
    """Return whom a dataset is shared with."""
    is_public = dataset.owner in asking.services.settings.public_owners
    return (EVERYBODY,) if is_public else dataset.shared_with


def sees_dataset(asking: Asking, dataset: Dataset) -> bool:
    """Whether they may know of a dataset."""
    return asking.can_see(Permission.DATASET_SEE, dataset.owner, readers_of(asking, dataset))


def data_of(asking: Asking) -> DataService:
    """Return the data service as they see it; what they add is theirs."""
    data = replace(asking.services.data, owner=asking.user)
    if asking.sees_all(Permission.DATASET_SEE):
        return data
    index = visible_index(data.catalog.index, lambda dataset: sees_dataset(asking, dataset))
    return replace(data, catalog=replace(data.catalog, index=index))


def dataset_to_change(asking: Asking, reference: str, permission: Permission) -> Dataset:
    """Return a dataset that they may do something with.

    Raises
    ------
    DatasetNotFound
        there is none that they may know of.
    NotPermitted
        they may not do that with it.
    """
    dataset = data_of(asking).dataset(reference)
    asking.require(permission, dataset.owner, readers_of(asking, dataset))
    return dataset
