"""Requests to execute a process: what goes in, how results are wanted, and whether one waits for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dmod.api.documents import read_json
from dmod.api.ogc.asked import Asked
from dmod.api.ogc.links import JSON
from dmod.api.ogc.processes import HIDDEN, Process
from dmod.errors import BackendError, InputError
from dmod.services.outgoing import Outgoing

LONGEST_WAIT = 60
"""Seconds that an answer is waited for; then the job goes on, and the answer leads to it."""
REFERENCES = 16
"""Inputs of one request that may be given by reference."""
_QUALIFIERS = frozenset({"value", "mediaType", "encoding", "schema", "format"})
_LINK = frozenset({"href", "rel", "type", "hreflang", "title"})
_WAIT = re.compile(r"wait\s*=\s*\"?(\d{1,6})\"?", re.IGNORECASE)

Uri = Annotated[str, Field(min_length=1, max_length=2000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Format(_Strict):
    """In which form an output is wanted."""

    mediaType: str | None = None  # noqa: N815 - as the standard writes it
    encoding: str | None = None
    schema_: Any = Field(default=None, alias="schema")


class OutputAsked(_Strict):
    """How an output is wanted."""

    format: Format | None = None
    transmissionMode: Literal["value", "reference"] = "value"  # noqa: N815


class Subscriber(_Strict):
    """Who is to be told what becomes of the job."""

    successUri: Uri | None = None  # noqa: N815
    inProgressUri: Uri | None = None  # noqa: N815
    failedUri: Uri | None = None  # noqa: N815


class Execute(_Strict):
    """A request to execute a process."""

    inputs: dict[str, Any] = {}
    outputs: dict[str, OutputAsked] = {}
    response: Literal["raw", "document"] = "raw"
    subscriber: Subscriber | None = None

    def asked(self, process: Process, outgoing: Outgoing, origin: str) -> Asked:
        """Return how results are wanted, and who is to be told.

        Raises
        ------
        InputError
            the process has no such output, or not in that form; or somebody may not be told.
        """
        for name, output in self.outputs.items():
            if name not in process.outputs:
                raise InputError(
                    f"outputs.{name}: {process.id} has none of that name",
                    hint=f"it has {', '.join(process.outputs)}",
                )
            media = output.format.mediaType if output.format else None
            if media not in {None, JSON}:
                raise InputError(f"outputs.{name}: it cannot be had as {media}", hint=f"it is {JSON}")
        told = self.subscriber.model_dump(exclude_none=True) if self.subscriber else {}
        for name, address in told.items():
            outgoing.require(address, f"subscriber.{name}")
        modes = {name: output.transmissionMode for name, output in self.outputs.items()}
        return Asked(self.response == "raw", modes, told, origin)


def requested(process: Process, inputs: Mapping[str, Any], outgoing: Outgoing) -> dict[str, Any]:
    """Return the request of a job out of the inputs of a process.

    Raises
    ------
    InputError
        there is no such input, or what it refers to cannot be read.
    """
    known = process.inputs()
    unknown = [name for name in inputs if name not in known or name in HIDDEN]
    if unknown:
        raise InputError(
            f"inputs.{unknown[0]}: {process.id} has none of that name", hint=f"it has {', '.join(known)}"
        )
    links = [name for name, value in inputs.items() if _is_link(value)]
    if len(links) > REFERENCES:
        raise InputError(f"{len(links)} inputs are given by reference", hint=f"{REFERENCES} at most")
    return {"kind": process.id, **{name: _value(name, item, outgoing) for name, item in inputs.items()}}


def _value(name: str, given: Any, outgoing: Outgoing) -> Any:
    """Return the value of an input that is given plainly, with qualifiers, or by reference."""
    if isinstance(given, list) and len(given) == 1:
        return _value(name, given[0], outgoing)  # the list of all occurrences, of which there is one
    if _is_link(given):
        try:
            return read_json(outgoing.fetch(given["href"]))
        except (InputError, BackendError) as error:
            raise InputError(f"inputs.{name}: {error.message}", hint=error.hint) from error
    if not isinstance(given, Mapping) or "value" not in given or not _QUALIFIERS.issuperset(given):
        return given
    media = given.get("mediaType") or (given.get("format") or {}).get("mediaType")
    value = given["value"]
    if isinstance(value, str) and media == JSON:
        try:
            return read_json(value.encode("utf-8", "surrogatepass"))
        except InputError:
            return value  # text that is no JSON text is the value itself
    return value


def _is_link(given: Any) -> bool:
    is_link = isinstance(given, Mapping) and isinstance(given.get("href"), str)
    return is_link and _LINK.issuperset(given)


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether an answer waits for the results.

    Parameters
    ----------
    wait : for so long at most [s]; 0 is not at all
    applied : header ``Preference-Applied``; "" where none was
    """

    wait: int
    applied: str = ""


def mode_of(process: Process, prefer: Iterable[str]) -> Mode:
    """Return whether to wait, by what the process can and the headers ``Prefer`` ask for.

    What can be done both ways is waited for unless ``respond-async`` is preferred; with ``wait=10`` beside
    it, whatever is done in 10 s is answered with its results. What takes long is never waited for.
    """
    preferences = [item.strip() for line in prefer for item in re.split(r"[,;]", line)]
    is_async = any(item.lower() == "respond-async" for item in preferences)
    waits = [int(match[1]) for item in preferences if (match := _WAIT.fullmatch(item))]
    if not process.is_quick:
        return Mode(0, "respond-async" if is_async else "")
    wait = min(waits[0], LONGEST_WAIT) if waits else None
    if not is_async:
        return Mode(LONGEST_WAIT if wait is None else wait, "" if wait is None else f"wait={wait}")
    return Mode(wait or 0, "respond-async" if wait is None else f"respond-async, wait={wait}")


def execute_schema(process: Process) -> dict[str, Any]:
    """Return the schema of requests to execute a process, in the words of OpenAPI 3.0."""
    inputs = process.inputs()
    needed = [name for name, item in inputs.items() if item["minOccurs"]]
    outputs: dict[str, Any] = {
        name: {
            "type": "object",
            "properties": {
                "format": {"type": "object", "properties": {"mediaType": {"type": "string", "enum": [JSON]}}},
                "transmissionMode": {"type": "string", "enum": ["value", "reference"], "default": "value"},
            },
        }
        for name in process.outputs
    }
    uri = {"type": "string", "format": "uri", "maxLength": 2000}
    told = dict.fromkeys(Subscriber.model_fields, uri)
    return {
        "type": "object",
        **({"required": ["inputs"]} if needed else {}),
        "properties": {
            "inputs": {
                "type": "object",
                "properties": {name: item["schema"] for name, item in inputs.items()},
                **({"required": needed} if needed else {}),
                "additionalProperties": False,
            },
            "outputs": {"type": "object", "properties": outputs, "additionalProperties": False},
            "response": {"type": "string", "enum": ["raw", "document"], "default": "raw"},
            "subscriber": {"type": "object", "properties": told, "additionalProperties": False},
        },
        "additionalProperties": False,
    }
