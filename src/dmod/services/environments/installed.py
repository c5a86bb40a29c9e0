"""What is installed: told by an interpreter itself, or read from a folder without running anything in it."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path

from dmod.core.redaction import redact
from dmod.services.environments.environment import Package

ANSWER = "dmod-environment: "
PROGRAM = """
import sys
version = ".".join(str(part) for part in sys.version_info[:3])
import json, platform, re, sysconfig
answer = {
    "version": version,
    "implementation": platform.python_implementation(),
    "platform": sysconfig.get_platform(),
    "abi": sysconfig.get_config_var("SOABI") or "",
    "packages": [],
    "lacking": {},
}
if sys.version_info >= (3, 9):
    import importlib.metadata
    seen = set()
    for found in importlib.metadata.distributions():
        name = found.metadata["Name"]
        key = re.sub(r"[-_.]+", "-", name or "").lower()
        if not key or key in seen:
            continue
        seen.add(key)
        source = ""
        try:
            told = json.loads(found.read_text("direct_url.json") or "{}")
            commit = told.get("vcs_info", {}).get("commit_id", "")
            source = told.get("url", "") + ("@" + commit if commit else "")
            if told.get("dir_info", {}).get("editable"):
                source += " (editable)"
        except (ValueError, AttributeError):
            pass
        answer["packages"].append([key, str(found.version), source])
    for name in sys.argv[1:]:
        try:
            __import__(name)
            answer["lacking"][name] = None
        except BaseException as error:
            answer["lacking"][name] = "%s: %s" % (type(error).__name__, str(error).strip()[:300])
sys.stdout.flush()
print("\\ndmod-environment: " + json.dumps(answer))
"""
"""What an interpreter is asked, also one that is too old; the last line of what it prints is the answer."""


def installed_in(folder: Path) -> tuple[Package, ...]:
    """Return the distributions in a folder of site packages; nothing of them is run.

    Raises
    ------
    OSError
        it cannot be read.
    """
    found = {}
    for distribution in importlib.metadata.distributions(path=[str(folder)]):
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
        found[name] = Package(name, distribution.version, _source(distribution))
    return tuple(found[name] for name in sorted(found))


def _source(distribution: importlib.metadata.Distribution) -> str:
    """Return where a distribution came from; for one of this machine the name of its file alone."""
    told = json.loads(distribution.read_text("direct_url.json") or "{}")
    url = str(told.get("url", ""))
    commit = told.get("vcs_info", {}).get("commit_id", "")
    if url.startswith("file:") and not commit:
        return url.rpartition("/")[2]
    return redact(url) + (f"@{commit}" if commit else "")
