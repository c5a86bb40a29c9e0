"""A specification that was sent to a server: templates are filled in, datasets are those of this moment."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dmod.errors import DatasetNotFound, InputError
from dmod.services.data.service import DataService

if TYPE_CHECKING:
    from dmod.evaluation.specification.template import Templates

JOB, USGS = "job:", "usgs"

Change = Callable[[str, str], str]
"""(address, its place in the specification) → the address that stands in its stead."""


def settled(
    document: Mapping[str, Any],
    data: DataService,
    results_of: Callable[[str], str],
    templates: Templates,
    *,
    members_of: Callable[[str], Mapping[str, str]] = lambda _: {},
) -> dict[str, Any]:
    """Return a specification without templates, whose datasets are named with their versions.

    Parameters
    ----------
    data : as its user sees it
    results_of : id of a job → the dataset of its results
    templates : that its elements may name
    members_of : id of a job → the jobs of its members by name, none where it is no ensemble

    Raises
    ------
    InputError
        it is no specification, or names a dataset that is not there; the place is named.
    """
    from dmod.evaluation.specification.parsing import is_short, parse_specification
    from dmod.evaluation.specification.template import expanded
    from dmod.services.evaluation.compiling import require_scheme

    require_scheme(parse_specification(document, templates))
    if not is_short(document):
        document = expanded(document, "EvaluationSpecification", templates)

    def change(address: str, place: str) -> str:
        if address.startswith(JOB):
            return results_of(address.removeprefix(JOB))
        name, slash, path = address.partition("/")
        try:
            return data.dataset(name).reference + slash + path
        except (DatasetNotFound, InputError) as error:
            raise InputError(
                f"specification.{place}: {error.message}",
                hint="name a dataset of the catalog (NAME, or NAME/path of a file in it), or job:ID",
            ) from error

    return _changed(_with_members(document, members_of), change)


def _with_members(
    document: Mapping[str, Any], members_of: Callable[[str], Mapping[str, str]]
) -> dict[str, Any]:
    """Return a document whose ensembles name the jobs of their members where they name that of all."""
    found: dict[str, Any] = copy.deepcopy(dict(document))
    runs = found.get("runs", found.get("run"))
    for name, run in runs.items() if isinstance(runs, dict) else ():
        address = run.get("members") if isinstance(run, dict) else run
        is_job = isinstance(address, str) and address.startswith(JOB)
        jobs = members_of(str(address).removeprefix(JOB)) if is_job else {}
        if jobs and not isinstance(run, dict):
            raise InputError(
                f"specification.runs.{name}: {address} is an ensemble of {len(jobs)} runs",
                hint=f"write {{members: {address}}}, or name the job of one member",
            )
        if jobs:
            run["members"] = {member: f"{JOB}{job}" for member, job in jobs.items()}
    return found


def require_known(data: DataService, document: Mapping[str, Any]) -> None:
    """Refuse a specification whose datasets are not there.

    Raises
    ------
    InputError
        one is not; its place is named.
    """

    def change(address: str, place: str) -> str:
        if not address.startswith(JOB):
            name = address.partition("/")[0]
            try:
                data.dataset(name)
            except (DatasetNotFound, InputError) as error:
                raise InputError(f"specification.{place}: {error.message}", hint=error.hint) from error
        return address

    _changed(document, change)


def _changed(document: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Return a document in which addresses of runs, observations and files are others."""
    from dmod.evaluation.specification.parsing import is_short

    found: dict[str, Any] = copy.deepcopy(dict(document))
    if not is_short(found):
        _change_backends(found, "", change)
        return found
    observed = found.get("observations")
    if isinstance(observed, str):
        found["observations"] = _observed(observed, "observations", change)
    elif isinstance(observed, dict) and isinstance(observed.get("source"), str):
        observed["source"] = _observed(observed["source"], "observations.source", change)
    key = "runs" if "runs" in found else "run"
    runs = found.get(key)
    if isinstance(runs, str):
        found[key] = {"run": change(runs, key)}
    elif isinstance(runs, list):
        found[key] = {str(name): change(str(name), f"{key}[{at}]") for at, name in enumerate(runs)}
    elif isinstance(runs, dict):
        found[key] = {name: _run(run, f"{key}.{name}", change) for name, run in runs.items()}
    if isinstance(found.get("crosswalk"), str):
        found["crosswalk"] = change(found["crosswalk"], "crosswalk")
    return found


def _run(run: Any, place: str, change: Change) -> Any:
    """Return the address of a run, or an ensemble, with other addresses."""
    if isinstance(run, list):
        run = {"members": run}
    if not isinstance(run, dict):
        return change(str(run), place)
    members, where = run["members"], f"{place}.members"
    if isinstance(members, list):
        members = {str(name): name for name in members}
    if isinstance(members, dict):
        changed: Any = {name: change(str(one), f"{where}.{name}") for name, one in members.items()}
    else:
        changed = change(str(members), where)
    return {**run, "members": changed}


def _observed(address: str, place: str, change: Change) -> str:
    if address.lower() == USGS:
        raise InputError(
            f"specification.{place}: observations are not fetched on the way",
            hint="prepare them first as a dataset (kind: preparation, category: OBSERVATION), and name it",
        )
    return change(address, place)


def _change_backends(part: Any, place: str, change: Change) -> None:
    """Change the address of every backend of files in DMOD's form."""
    if isinstance(part, list):
        for at, item in enumerate(part):
            _change_backends(item, f"{place}[{at}]", change)
    if not isinstance(part, dict):
        return
    for name, item in part.items():
        where = f"{place}.{name}" if place else name
        if name == "backend" and isinstance(item, dict):
            kind = str(item.get("backend_type", item.get("type", "file"))).lower()
            if kind == "file" and isinstance(item.get("address"), str):
                item["address"] = change(item["address"], f"{where}.address")
        else:
            _change_backends(item, where, change)
