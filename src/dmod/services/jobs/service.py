"""The job service: what people ask of jobs. Whoever asks has been found to be allowed to.

service.submit({"package": "logan"}, owner="anna").job
service.cancel(job.id, actor="anna", reason="wrong period")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dmod.errors import ConflictError, IllegalTransition, InputError, QuotaExceeded, StaleChange
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.clock import utc_now
from dmod.jobs.control.moving import take_up, wish
from dmod.jobs.control.scheduling import Scheduling
from dmod.jobs.demand import Demand
from dmod.jobs.event import Event, EventKind
from dmod.jobs.identity import new_job_id
from dmod.jobs.job import Job, JobKind, Step
from dmod.jobs.request.finding import Finding, RefusedRequest, hint_of, told
from dmod.jobs.request.others import EnsembleRequest
from dmod.jobs.request.request import Request, digest_of, normalised, parse_request
from dmod.jobs.schedule.refusal import refusal
from dmod.jobs.state import JobState, StepState
from dmod.jobs.store.port import Change, JobQuery, JobStore, Page, Submitted
from dmod.services.engines import ENGINES
from dmod.services.jobs.cautions import cautions_of
from dmod.services.jobs.checking import Check, nothing_found
from dmod.services.jobs.estimating import EVERYTHING, Estimated, Reader
from dmod.services.jobs.image_policy import ANY_IMAGE, ImagePolicy
from dmod.services.jobs.planning import plan_demand, plan_steps, require_engine

TRIES = 20
KEY = 200
"""Longest idempotency key."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What would become of a request.

    Parameters
    ----------
    request : normalised
    refusal : why it would be refused
    findings : what is wrong with the request, for which it would be refused as well
    cautions : what speaks against it without ruling it out
    answered_by : the finished job whose results it would be answered with
    """

    request: Mapping[str, Any]
    digest: str
    steps: tuple[Step, ...]
    demand: Mapping[str, Demand]
    estimated: Estimated
    refusal: Cause | None
    answered_by: Job | None
    findings: tuple[Finding, ...] = ()
    cautions: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class JobService:
    """Jobs, for people.

    Parameters
    ----------
    scheduling : knows the policy of the queue
    estimate : what a request will need
    is_there : whether what a result names is still there, and a job may read it
    poke : tells controller and followers that something has changed
    executor : where what is asked for runs if the request does not say
    engines : that may be asked for
    images : of users, that may run, and where
    check : what is wrong with a request, as far as it can be seen before anything is run
    """

    store: JobStore
    scheduling: Scheduling
    estimate: Callable[[Request, Reader], Estimated]
    is_there: Callable[[Mapping[str, Any], Job], bool]
    poke: Callable[[], None]
    clock: Callable[[], datetime] = utc_now
    executor: str = "local"
    engines: tuple[str, ...] = ENGINES
    images: ImagePolicy = ANY_IMAGE
    check: Check = nothing_found

    def plan(self, document: object, reader: Reader = EVERYTHING, *, is_own: bool = False) -> Planned:
        """Return what would become of a request, and change nothing.

        Parameters
        ----------
        reader : what data it may read
        is_own : whether it comes from a job, which may ask for what people may not

        Raises
        ------
        InputError
            it is not what a request has to be; every fault is named.
        PluginError
            nothing carries out such a request.
        """
        request = parse_request(document, is_own=is_own)
        if "executor" not in request.model_fields_set:
            request = request.model_copy(update={"executor": self.executor})
        require_engine(request, self.engines, self.images)
        if isinstance(request, EnsembleRequest):
            self._require_members(request)
        steps = plan_steps(request)
        asked = normalised(request)
        digest = digest_of(asked)
        answered = None if request.fresh else self._answered(digest, reader)
        # what was computed before needs no data any more, and a job's own jobs say themselves why they fail
        findings = () if answered is not None or is_own else self.check(request, reader)
        estimated = self._estimated(request, reader, findings)
        nodes = self.store.nodes()
        demand = plan_demand(request, steps, estimated, nodes)
        refusals: list[Cause | None] = [_cause_of(findings)] if findings else []
        refusals += [refusal(item, nodes) for item in demand.values()] if nodes else []
        refused = next(filter(None, refusals), None)
        cautions = () if answered is not None else tuple(cautions_of(request, estimated))
        return Planned(asked, digest, steps, demand, estimated, refused, answered, findings, cautions)

    def _estimated(self, request: Request, reader: Reader, findings: Sequence[Finding]) -> Estimated:
        """Return the estimate; of what cannot be found, and is said to be wrong, there is none."""
        try:
            return self.estimate(request, reader)
        except InputError:
            if not findings:
                raise
            return Estimated()

    def _require_members(self, request: EnsembleRequest) -> None:
        """Check every member as if it were submitted by itself."""
        from dmod.services.jobs.members import member_request

        ensemble = normalised(request)
        for member in ensemble["members"]:
            try:
                require_engine(parse_request(member_request(ensemble, member)), self.engines, self.images)
            except InputError as error:
                raise InputError(f"member {member['name']}: {error.message}", hint=error.hint) from error

    def submit(
        self,
        document: object,
        owner: str,
        *,
        idempotency_key: str = "",
        is_confined: bool = False,
        is_own: bool = False,
    ) -> Submitted:
        """Take a job on: on return it will be run, whoever is killed.

        The same key of the same owner with the same request is the same job. A request that was answered
        before is answered with the same results at once, unless it says ``fresh``.

        Raises
        ------
        InputError
            the request is not what it has to be, or no node can ever give what it needs.
        ConflictError
            the key was used for another request.
        """
        if len(idempotency_key) > KEY or not idempotency_key.isprintable():
            raise InputError("the idempotency key cannot be used", hint=f"up to {KEY} printable characters")
        planned = self.plan(document, Reader(owner, is_confined), is_own=is_own)
        if planned.findings:
            raise RefusedRequest(planned.findings)
        if planned.refusal is not None:
            raise InputError(planned.refusal.message, hint=planned.refusal.hint or None)
        at = self.clock()
        self._require_room(owner, planned.demand, idempotency_key)
        asked = planned.request
        job = Job(
            new_job_id(at), JobKind(asked["kind"]), owner, asked, planned.digest, at,
            name=asked.get("name", ""), labels=asked.get("labels", {}), priority=asked.get("priority", 50),
            idempotency_key=idempotency_key, updated=at, demand=planned.demand, steps=planned.steps,
            is_confined=is_confined,
        )  # fmt: skip
        events = [Event(job.id, at, EventKind.STATE, owner, "submitted", {"to": JobState.CREATED.value})]
        if planned.answered_by is not None:
            job, answered = _answered(job, planned.answered_by, at)
            events.append(answered)
        submitted = self.store.submit(job, events)
        if submitted.is_new:
            self.poke()
        return submitted

    def job(self, job_id: str) -> Job:
        """Return a job.

        Raises
        ------
        JobNotFound
            there is none.
        """
        return self.store.job(job_id)

    def list(self, query: JobQuery) -> Page:
        """Return a page of jobs."""
        return self.store.list(query)

    def cancel(self, job_id: str, actor: str, reason: str = "") -> Job:
        """Let a job end: what waits is cancelled at once, what runs is asked to end and then made to.

        Cancelling twice is cancelling once.

        Raises
        ------
        IllegalTransition
            it has ended otherwise.
        """

        def change(job: Job) -> Change | None:
            if job.state is JobState.CANCELLED or job.wish is not None:
                return None
            if job.is_over:
                raise IllegalTransition(
                    f"job {job.id} is {job.state.words} already", hint="there is nothing to cancel"
                )
            return wish(job, actor, reason, self.clock())

        return self._change(job_id, change)

    def retry(self, job_id: str, actor: str) -> Job:
        """Let a job that failed, was cancelled or ran out of time go on from the step where it ended.

        Raises
        ------
        IllegalTransition
            it has not ended so.
        """

        def change(job: Job) -> Change | None:
            if job.state is JobState.COMPLETED or not job.is_over:
                raise IllegalTransition(
                    f"job {job.id} is {job.state.words}",
                    hint="only what failed, was cancelled or timed out can be taken up again",
                )
            return take_up(job, actor, self.clock())

        return self._change(job_id, change)

    def share(self, job_id: str, names: Iterable[str]) -> Job:
        """Let others see a job; ``*`` stands for everybody."""
        wanted = tuple(sorted(set(names)))

        def change(job: Job) -> Change | None:
            return None if job.shared_with == wanted else Change(replace(job, shared_with=wanted))

        return self._change(job_id, change)

    def _change(self, job_id: str, change: Callable[[Job], Change | None]) -> Job:
        """Change a job as it is, again where somebody else was quicker."""
        for _ in range(TRIES):
            job = self.store.job(job_id)
            wanted = change(job)
            if wanted is None:
                return job
            try:
                (changed,) = self.store.apply([wanted]).jobs
            except StaleChange:
                continue
            self.poke()
            return changed
        raise ConflictError(f"job {job_id} changes all the time", hint="try again", retryable=True)

    def why(self, job_id: str) -> Sequence[str]:
        """Return in sentences why a job is where it is: what it waits for, what it does, why it ended."""
        from dmod.services.jobs.explaining import explain

        job = self.store.job(job_id)
        at = self.clock()
        waits: Sequence[str] = ()
        if not job.is_over:
            self.scheduling.nodes = self.store.nodes()
            waits = self.scheduling.why(self.store.active(), job_id, at)
        return explain(job, waits, self.store.reports(job_id), at)

    def _require_room(self, owner: str, demand: Mapping[str, Demand], key: str) -> None:
        """Refuse more than somebody may have; what was submitted before is not one more."""
        policy = self.scheduling.policy
        for item in demand.values():
            cause = policy.refusal(owner, item)
            if cause is not None:
                raise QuotaExceeded(cause.message, hint=cause.hint)
        if policy.quota_of(owner).queued is not None and not key:
            counted = self.store.count(JobQuery(owner=owner))
            policy.require_queue_room(
                owner, sum(number for state, number in counted.items() if not state.is_end)
            )

    def _answered(self, digest: str, reader: Reader) -> Job | None:
        job = self.store.answered(digest)
        if job is None:
            return None
        asking = replace(job, owner=reader.owner, is_confined=reader.is_confined)
        results = [step.result for step in job.steps if step.result]
        return job if results and all(self.is_there(result, asking) for result in results) else None


def _cause_of(findings: Sequence[Finding]) -> Cause:
    return Cause(CauseKind.INPUT, told(findings), hint_of(findings) or "")


def _answered(job: Job, earlier: Job, at: datetime) -> tuple[Job, Event]:
    """Return a job with the results of an earlier one."""
    steps = tuple(
        replace(step, state=StepState.DONE, key=was.key, result=was.result, reused=earlier.id)
        for step, was in zip(job.steps, earlier.steps, strict=True)
    )
    done = replace(job, steps=steps).to(JobState.COMPLETED, at, started=at, ended=at, answered_by=earlier.id)
    data = {"from": JobState.CREATED.value, "to": JobState.COMPLETED.value, "answered_by": earlier.id}
    reason = f"the same was asked before: answered with the results of {earlier.id}"
    return done, Event(job.id, at, EventKind.STATE, "controller", reason, data)
