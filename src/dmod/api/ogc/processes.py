"""The processes that are offered: kinds of requests of the job service, with what goes in and comes out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel

from dmod.api.ogc.exceptions import NoSuchProcess
from dmod.api.ogc.links import JSON, Link, link
from dmod.api.ogc.schemas import written_out
from dmod.jobs.job import JobKind
from dmod.jobs.request.others import EvaluationRequest, PreparationRequest, ProbeRequest
from dmod.jobs.request.run import RunRequest

ASYNC, SYNC, DISMISS = "async-execute", "sync-execute", "dismiss"
HIDDEN = frozenset({"kind", "notify"})
"""Keys of requests that are no inputs: the process says the one, a subscriber stands for the other."""
MODES = ["value", "reference"]


@dataclass(frozen=True, slots=True)
class Output:
    """Something that comes of a process.

    Parameters
    ----------
    schema : of its value, in the words of OpenAPI 3.0
    """

    title: str
    description: str
    schema: dict[str, Any]


_DATASET = {
    "type": "object",
    "contentMediaType": JSON,
    "required": ["dataset", "files"],
    "properties": {
        "dataset": {"type": "string", "description": "name and version in the catalog"},
        "uuid": {"type": "string"},
        "datasets": {"type": "array", "items": {"type": "string"}, "description": "where there are several"},
        "files": {"type": "string", "format": "uri", "description": "address of the list of its files"},
    },
}
_ANY = {"type": "object", "contentMediaType": JSON, "additionalProperties": True}
RESULTS = Output("Results", "The dataset that was made, in the catalog.", _DATASET)
SCORES = Output("Scores", "How well simulated and observed flow agree, by measure.", _ANY)
SUMMARY = Output("Summary", "What was done, and how long it took.", _ANY)


@dataclass(frozen=True, slots=True)
class Process:
    """A process.

    Parameters
    ----------
    model : of its requests
    is_quick : whether one may wait for it
    """

    id: str
    title: str
    model: type[BaseModel]
    outputs: dict[str, Output]
    keywords: tuple[str, ...]
    is_quick: bool = False

    @property
    def control(self) -> list[str]:
        """Return in which ways it can be carried out."""
        return [*([SYNC] if self.is_quick else []), ASYNC, DISMISS]

    def summary(self, base: str) -> dict[str, Any]:
        """Return it as it stands in a list, with links."""
        return {
            "id": self.id,
            "title": self.title,
            "description": (self.model.__doc__ or "").strip().splitlines()[0],
            "keywords": list(self.keywords),
            "version": version("dmod"),
            "jobControlOptions": self.control,
            "outputTransmission": MODES,
            "links": self._links(base),
        }

    def described(self, base: str) -> dict[str, Any]:
        """Return it with its inputs and outputs."""
        outputs = {
            name: {"title": item.title, "description": item.description, "schema": item.schema}
            for name, item in self.outputs.items()
        }
        return {**self.summary(base), "inputs": self.inputs(), "outputs": outputs}

    def inputs(self) -> dict[str, Any]:
        """Return the descriptions of its inputs."""
        return _inputs(self.model)

    def _links(self, base: str) -> list[Link]:
        here = f"{base}/processes/{self.id}"
        return [
            link(here, "self", "this process"),
            link(f"{here}/execution", "ogc:execute", "where it is executed"),
            link(f"{base}/jobs?processID={self.id}", "ogc:job-list", "its jobs"),
        ]


PROCESSES = {
    item.id: item
    for item in (
        Process(
            "run", "Model run", RunRequest,
            {"results": RESULTS, "scores": SCORES, "summary": SUMMARY}, ("hydrology", "streamflow"),
        ),
        Process(
            "evaluation", "Evaluation of results", EvaluationRequest,
            {"scores": SCORES}, ("hydrology", "evaluation"), is_quick=True,
        ),
        Process(
            "preparation", "Preparation of data", PreparationRequest,
            {"results": RESULTS}, ("hydrology", "data"),
        ),
        Process("probe", "Probe", ProbeRequest, {"summary": SUMMARY}, ("test",), is_quick=True),
    )
}  # fmt: skip
KINDS = frozenset(JobKind(name) for name in PROCESSES)


def process_named(name: str) -> Process:
    """Return a process.

    Raises
    ------
    NoSuchProcess
        there is none of that name.
    """
    if name not in PROCESSES:
        raise NoSuchProcess(f"there is no process {name[:80]!r}", hint=f"there are {', '.join(PROCESSES)}")
    return PROCESSES[name]


@cache
def _inputs(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    definitions, required = schema.get("$defs", {}), schema.get("required", [])
    found = {}
    for name, part in schema["properties"].items():
        if name in HIDDEN:
            continue
        written = written_out(part, definitions)
        said = written.get("description")
        found[name] = {
            "title": name.replace("_", " ").capitalize(),
            **({"description": said} if said else {}),
            "minOccurs": int(name in required),
            "maxOccurs": 1,
            "schema": written,
        }
    return found
