"""In what two runs were made differently, by their records and by the inputs that are still there."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dmod.core.problem import name_some
from dmod.errors import InputError
from dmod.output.metadata import hash_file
from dmod.services.comparison.run_note import NotedInput, RunNote

READABLE = frozenset(
    {".ini", ".json", ".txt", ".input", ".dat", ".namelist", ".yaml", ".yml", ".cfg", ".config"}
)
MOST_BYTES = 4 << 20
MOST_FILES = 5000
_ENTRY = re.compile(r"^\s*([A-Za-z_][\w.|:\-\[\]]*)\s*[=:]\s*(.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Unlike:
    """One thing in which a run was made differently from the reference.

    Parameters
    ----------
    what : ``engine``, ``modules``, ``option …``, ``forcing``, ``parameter …``
    reference, other : what each has, "" for nothing
    detail : how many files, which
    """

    what: str
    reference: str
    other: str
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it for JSON."""
        return {"what": self.what, "reference": self.reference, "other": self.other, "detail": self.detail}


def unlike(reference: RunNote, other: RunNote) -> tuple[Unlike, ...]:
    """Return what the records of two runs have differently; nothing where one has no record."""
    if not (reference.recorded and other.recorded):
        return ()
    found = [
        Unlike(what, a, b)
        for what, a, b in (
            ("engine", reference.engine, other.engine),
            ("modules", " + ".join(reference.modules), " + ".join(other.modules)),
            ("routing", reference.routing, other.routing),
        )
        if a != b
    ]
    found += _differing("option", _options(reference), _options(other))
    found += _differing("version of", reference.versions, other.versions)
    return (*found, *_inputs(reference, other))


def main_output(note: RunNote) -> str | None:
    """Return what a run's realization calls its main output; None where that is not known any more."""
    for item in note.inputs_of("realization"):
        text = (_entries(item) or {}).get("global.formulations[0].params.main_output_variable")
        if text:
            return str(json.loads(text))
    return None


def _options(note: RunNote) -> dict[str, str]:
    return {name: value for name, value in note.options.items() if name != "engine"}


def _differing(what: str, reference: Mapping[str, str], other: Mapping[str, str]) -> list[Unlike]:
    names = dict.fromkeys([*reference, *other])
    return [
        Unlike(f"{what} {name}", reference.get(name, ""), other.get(name, ""))
        for name in names
        if reference.get(name) != other.get(name)
    ]


def _inputs(reference: RunNote, other: RunNote) -> list[Unlike]:
    """Compare inputs by role and file name: the content counts, not where it lies."""
    found = []
    readable: list[tuple[NotedInput, NotedInput]] = []
    for role in dict.fromkeys(item.role for item in (*reference.inputs, *other.inputs)):
        ours, theirs = _by_name(reference, role), _by_name(other, role)
        if len(ours) == len(theirs) == 1:  # one file of a role is that file, whatever it is called
            theirs = dict(zip(ours, theirs.values(), strict=True))
        changed = [name for name in ours if name in theirs and ours[name].sha256 != theirs[name].sha256]
        lost = [name for name in ours if name not in theirs]
        new = [name for name in theirs if name not in ours]
        what = role or "input"
        if changed:
            a, b = ours[changed[0]], theirs[changed[0]]
            detail = (
                f"{len(changed)} of {len(ours)} files differ: {name_some(changed)}" if len(ours) > 1 else ""
            )
            found.append(Unlike(what, f"sha256:{a.sha256[:12]}…", f"sha256:{b.sha256[:12]}…", detail))
            readable += [(ours[name], theirs[name]) for name in changed]
        if lost:
            found.append(Unlike(what, name_some(lost), "", f"{len(lost)} files only here"))
        if new:
            found.append(Unlike(what, "", name_some(new), f"{len(new)} files only here"))
    return found + _parameters(readable)


def _by_name(note: RunNote, role: str) -> dict[str, NotedInput]:
    """Return the inputs of a role by the shortest ends of their paths that tell them apart."""
    items = note.inputs_of(role)
    for length in (1, 2, 3):
        named = {"/".join(item.path.parts[-length:]): item for item in items}
        if len(named) == len(items):
            return named
    return {str(item.path): item for item in items}


def _parameters(pairs: list[tuple[NotedInput, NotedInput]]) -> list[Unlike]:
    """Return the entries of differing configurations that differ, as far as the files are as they were."""
    values: dict[str, list[tuple[str, str]]] = defaultdict(list)
    unread = []
    for ours, theirs in pairs[:MOST_FILES]:
        a, b = _entries(ours), _entries(theirs)
        if a is None or b is None:
            if ours.path.suffix.lower() in READABLE:
                unread.append(ours.path.name)
            continue
        for name in dict.fromkeys([*a, *b]):
            if a.get(name) != b.get(name):
                values[name].append((a.get(name, ""), b.get(name, "")))
    found = []
    for name, differing in values.items():
        count = len(differing)
        detail = f"in {count} files, the first of them shown" if count > 1 else ""
        found.append(Unlike(f"parameter {name}", *differing[0], detail))
    if unread:
        what = f"{name_some(unread)}: gone or changed since the run"
        found.append(Unlike("parameters that cannot be looked up", "", "", what))
    return found


def _entries(item: NotedInput) -> dict[str, str] | None:
    """Return what a configuration says; None where it is none, is gone, or has changed since the run."""
    if item.path.suffix.lower() not in READABLE or item.size > MOST_BYTES:
        return None
    try:
        if hash_file(item.path).sha256 != item.sha256:
            return None
        text = item.path.read_text(encoding="utf-8", errors="replace")
    except (OSError, InputError):
        return None
    if item.path.suffix.lower() == ".json":
        try:
            return dict(_flat(json.loads(text), ""))
        except ValueError:
            return None
    lines = (_ENTRY.match(line.partition("#")[0]) for line in text.splitlines())
    return {match[1]: match[2] for match in lines if match}


def _flat(value: Any, prefix: str) -> list[tuple[str, str]]:
    """Return the leaves of a JSON document under dotted names."""
    if isinstance(value, dict):
        return [leaf for name, part in value.items() for leaf in _flat(part, f"{prefix}.{name}".lstrip("."))]
    if isinstance(value, list):
        return [leaf for index, part in enumerate(value) for leaf in _flat(part, f"{prefix}[{index}]")]
    return [(prefix, json.dumps(value))]
