"""What is measured of the gateway and its jobs, for Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dmod.jobs.demand import Node, used
from dmod.jobs.event import Event, EventKind
from dmod.jobs.state import JobState, StepState
from dmod.jobs.store.port import JobQuery, JobStore

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds of answers."""
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
BATCH = 1000
ENDS = frozenset({StepState.DONE, StepState.FAILED, StepState.CANCELLED})


class Measures:
    """The measures of one gateway, in a registry of their own.

    Attempts are counted from when the gateway started; several gateways count the same ones.
    """

    def __init__(self, store: JobStore) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry = CollectorRegistry(auto_describe=True)
        self._latency = Histogram(
            "dmod_request_seconds",
            "Time to answer, by route",
            ["method", "route", "status"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._attempts = Counter(
            "dmod_attempts",
            "Attempts that ended, by outcome and cause",
            ["outcome", "cause"],
            registry=self.registry,
        )
        self._store = store
        self._lock = threading.Lock()
        self._seen: int | None = None
        self.registry.register(_JobCollector(store))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answer; ``route`` is its template, so that there are few of them."""
        known = method if method in METHODS else "other"
        self._latency.labels(known, route or "none", str(status)).observe(seconds)

    def text(self) -> bytes:
        """Return all measures in Prometheus' text form."""
        from prometheus_client import generate_latest

        self.look()
        return generate_latest(self.registry)

    def look(self) -> None:
        """Count the attempts that have ended since the last look."""
        with self._lock:
            if self._seen is None:
                self._seen = self._store.last_sequence()
            while found := self._store.events(self._seen, limit=BATCH):
                for event in found:
                    self._count(event)
                self._seen = found[-1].sequence

    def _count(self, event: Event) -> None:
        outcome = str(event.data.get("to", ""))
        cause = event.data.get("cause")
        if event.kind is EventKind.STEP and (outcome in ENDS or cause):
            kind = str(cause.get("kind", "")) if isinstance(cause, dict) else ""
            self._attempts.labels("failed" if outcome == StepState.WAITING else outcome, kind).inc()


class _JobCollector:
    """Jobs and nodes as they are when somebody looks."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def describe(self) -> Iterator[Metric]:
        """Say nothing beforehand: the store may not be there yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield the measures."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        counted = self._store.count(JobQuery())
        jobs = GaugeMetricFamily("dmod_jobs", "Jobs by state", labels=["state"])
        for state in JobState:
            jobs.add_metric([state.value], counted.get(state, 0))
        yield jobs
        queued = counted.get(JobState.CREATED, 0) + counted.get(JobState.AWAITING_RESOURCES, 0)
        yield GaugeMetricFamily("dmod_queue_length", "Jobs that wait for resources", value=queued)
        yield from self._nodes()

    def _nodes(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import GaugeMetricFamily

        nodes = self._store.nodes()
        taken = used(job.allocation for job in self._store.active())
        families: list[tuple[str, str, Callable[[Node], int]]] = [
            ("dmod_node_cpus", "CPUs that jobs may have", lambda node: node.cpus),
            ("dmod_node_memory_bytes", "Memory that jobs may have", lambda node: node.memory),
            ("dmod_node_cpus_taken", "CPUs that jobs have", lambda node: taken.get(node.name, (0, 0))[0]),
            (
                "dmod_node_memory_taken_bytes",
                "Memory that jobs have",
                lambda node: taken.get(node.name, (0, 0))[1],
            ),
        ]
        for name, said, value in families:
            family = GaugeMetricFamily(name, said, labels=["node", "executor"])
            for node in nodes:
                family.add_metric([node.name, node.executor], value(node))
            yield family
