"""Routes of nodes, and of what runs on them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.guarding import GuardedRoute
from dmod.api.seeing import sees_job
from dmod.api.shown_jobs import AttemptShown, ShareShown, attempt_of
from dmod.services.jobs.watching import NodeUse, RunningAttempt, running_attempts, use_of_nodes

router = APIRouter(prefix="/v1", tags=["nodes"], route_class=GuardedRoute)

SeeingNodes = Annotated[Asking, Depends(Needs(Permission.NODE_SEE))]
SeeingJobs = Annotated[Asking, Depends(Needs(Permission.JOB_SEE))]


class TenantShown(BaseModel):
    """What a job has of a node."""

    job: str
    name: str
    owner: str
    share: ShareShown


class NodeShown(BaseModel):
    """A node, and what is taken of it."""

    name: str = Field(examples=["node-1"])
    executor: str
    is_ready: bool = Field(description="whether new work may be put there")
    cpus: int
    memory: int = Field(description="bytes")
    cpus_taken: int = Field(description="by whomever")
    memory_taken: int = Field(description="bytes, by whomever")
    tenants: list[TenantShown] = Field(description="jobs that one may see")


@router.get("/nodes", response_model=list[NodeShown], summary="List nodes")
def list_nodes(asking: SeeingNodes) -> list[NodeShown]:
    """Return the nodes with what they have, what is taken, and by which of the jobs that one may see."""
    return [_node(use) for use in use_of_nodes(asking.services.jobs.store, lambda job: sees_job(asking, job))]


def _node(use: NodeUse) -> NodeShown:
    node = use.node
    return NodeShown(
        name=node.name,
        executor=node.executor,
        is_ready=node.is_ready,
        cpus=node.cpus,
        memory=node.memory,
        cpus_taken=use.cpus,
        memory_taken=use.memory,
        tenants=[
            TenantShown(
                job=item.job.id,
                name=item.job.name,
                owner=item.job.owner,
                share=ShareShown(node=item.share.node, cpus=item.share.cpus, memory=item.share.memory),
            )
            for item in use.tenants
        ],
    )


class UsageShown(BaseModel):
    """What an attempt has used when it was last looked at."""

    cpu: float = Field(description="seconds of all of its processes")
    memory: int = Field(description="bytes, now")
    peak: int = Field(description="bytes, at most")
    read: int = Field(description="bytes from disks")
    written: int = Field(description="bytes to disks")
    at: datetime


class ProgressShown(BaseModel):
    """How far an attempt says it is."""

    text: str
    done: float | None = Field(description="0 to 1")


class RunningShown(BaseModel):
    """An attempt under way."""

    job: str
    name: str
    owner: str
    step: str
    attempt: AttemptShown
    state: str | None = Field(description="as the executor has it")
    heartbeat: datetime | None
    progress: ProgressShown | None
    usage: UsageShown | None


@router.get("/top", response_model=list[RunningShown], summary="Show what runs")
def show_top(asking: SeeingJobs) -> list[RunningShown]:
    """Return the attempts under way of jobs that one may see, the longest running first."""
    found = running_attempts(asking.services.jobs.store, lambda job: sees_job(asking, job))
    return [_running(item) for item in found]


def _running(item: RunningAttempt) -> RunningShown:
    report: dict[str, Any] = dict(item.report)
    progress, usage = report.get("progress"), report.get("usage")
    return RunningShown(
        job=item.job.id,
        name=item.job.name,
        owner=item.job.owner,
        step=item.step.name,
        attempt=attempt_of(item.job, item.step, item.attempt),
        state=report.get("state"),
        heartbeat=report.get("heartbeat"),
        progress=ProgressShown(**progress) if progress else None,
        usage=UsageShown(**usage) if usage else None,
    )
