"""How an environment is built: gathered, resolved, locked, installed, described; in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dmod.core.atomic import remove, storing
from dmod.errors import InputError
from dmod.services.environments.environment import Identity, Package
from dmod.services.environments.installed import installed_in
from dmod.services.environments.local_source import LocalSource
from dmod.services.environments.soundness import fingerprint
from dmod.services.environments.specification import NEEDED, NO_INDEX, EnvironmentSpec
from dmod.services.environments.uv import Tell, Uv
from dmod.services.environments.variables import kept_variables

LOCK = "lock.txt"
FILES = "files"
VENV = "venv"
RECORD = "environment.json"
PYTHON = f"{VENV}/bin/python"
WISHED = "requirements.in"

_PROJECTS = "projects"
_GIT = re.compile(r"@\s*git\+\S+@[0-9a-f]{40,64}\b")


@dataclass(frozen=True, slots=True)
class Access:
    """Where packages come from.

    Parameters
    ----------
    index : address of the package index; "none", or "" for the one that is set up
    find_links : folders and addresses beside it
    builds : whether code of packages may run to build them; False for wheels alone
    """

    index: str = ""
    find_links: tuple[str, ...] = ()
    builds: bool = True

    def of(self, spec: EnvironmentSpec) -> Access:
        """Return it with what a wish says itself."""
        links = tuple(dict.fromkeys((*spec.find_links, *self.find_links)))
        return Access(spec.index or self.index, links, self.builds)

    @property
    def arguments(self) -> list[str]:
        """Return it as arguments of uv."""
        index = ["--no-index"] if self.index == NO_INDEX else ["--default-index", self.index]
        links = [word for link in self.find_links for word in ("--find-links", link)]
        return [*(index if self.index else []), *links, *([] if self.builds else ["--no-build"])]


@dataclass(slots=True)
class Building:
    """Builds one environment.

    Parameters
    ----------
    uv, access : what builds, and where it gets packages
    python : the interpreter to build for
    folder : where; what is in it counts only once it is renamed
    tell : told what is done, line by line
    """

    uv: Uv
    access: Access
    python: Path
    folder: Path
    tell: Tell = field(repr=False)

    def resolve(self, spec: EnvironmentSpec, *, refresh: bool = False) -> str:
        """Return the lock for a wish: every package with its version and hashes.

        Parameters
        ----------
        refresh : look what the index has now

        Raises
        ------
        DmodError
            it cannot be met; the reason is uv's own.
        """
        lines = list(dict.fromkeys((*spec.requirements, *NEEDED)))
        for number, source in enumerate(spec.sources):
            lines.append(f"./{FILES}/{self._gather(source, number).name}{source.suffix}")
        self._start()
        with storing(self.folder):
            (self.folder / WISHED).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        self.tell("resolving " + ", ".join(lines))
        self.uv.run(
            "resolving",
            [
                "pip", "compile", WISHED, "--output-file", LOCK, "--generate-hashes", "--no-header",
                "--no-annotate", "--python", self.python, "--no-python-downloads", *self.access.arguments,
                *(["--refresh"] if refresh and not self.uv.offline else []),
            ],
            self.folder,
            self.tell,
        )  # fmt: skip
        lock = (self.folder / LOCK).read_text(encoding="utf-8")
        _require_pinned(lock)
        return lock

    def install(self, lock: str) -> None:
        """Make the virtual environment and install what is locked, every file proven by its hash.

        Raises
        ------
        DmodError
            it cannot be installed; the reason is uv's own.
        """
        self._start()
        with storing(self.folder):
            (self.folder / LOCK).write_text(lock, encoding="utf-8")
        remove(self.folder / VENV)
        self.uv.run(
            "making the virtual environment",
            ["venv", VENV, "--python", self.python, "--relocatable", "--no-project", "--no-python-downloads"],
            self.folder,
            self.tell,
        )
        checked = "--verify-hashes" if _GIT.search(lock) else "--require-hashes"
        self.uv.run(
            "installing",
            [
                "pip", "sync", LOCK, "--python", self.folder / PYTHON, "--strict", "--no-python-downloads",
                checked, "--link-mode", "copy", *self.access.arguments,
            ],
            self.folder,
            self.tell,
        )  # fmt: skip
        self._compile()

    def describe(self, spec: Mapping[str, Any], lock: str, identity: Identity, digest: str) -> None:
        """Write the record of the environment, which makes it one."""
        (site,) = (self.folder / VENV / "lib").glob("python*/site-packages")
        packages = installed_in(site)
        present = {package.name for package in packages}
        lacking = [name for name in NEEDED if name not in present]
        if lacking:
            raise InputError(
                f"environment: {', '.join(lacking)} was not installed", hint="name it without a condition"
            )
        traces, size = fingerprint(self.folder / VENV)
        record = {
            "kind": "requirements",
            "hash": digest,
            "python": PYTHON,
            "interpreter": {name: getattr(identity, name) for name in Identity.__slots__},
            "packages": [
                {key: value for key, value in package._asdict().items() if value} for package in packages
            ],
            "created": datetime.now(UTC).isoformat(),
            "wish": spec,
            "lock": lock,
            "builder": self.uv.version,
            "bytes": size,
            "fingerprint": traces,
        }
        with storing(self.folder):
            (self.folder / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
        self.tell(f"{counted(packages)}, {size / 1e6:,.1f} MB")

    def _start(self) -> None:
        with storing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            # the search for a project's settings ends here: those of a folder above are not meant
            (self.folder / "uv.toml").touch()

    def _gather(self, source: LocalSource, number: int) -> Path:
        """Put a wheel, or what is built of a project, among the environment's files."""
        self._start()
        files = self.folder / FILES
        if source.is_source and not self.access.builds:
            raise InputError(
                f"environment: {source.path} would have to be built, and only wheels are installed here",
                hint="build its wheel where you trust it (uv build --wheel) and name that",
            )
        if not source.is_project:
            source.copy(files / source.path.name)
            return files / source.path.name
        copied = self.folder / _PROJECTS / f"{number}" / source.path.name
        source.copy(copied)
        before = set(files.glob("*.whl"))
        self.tell(f"building {source.path}")
        self.uv.run(
            f"building {source.path}",
            [
                "build", "--wheel", "--out-dir", files, "--no-create-gitignore", "--python", self.python,
                "--no-python-downloads", copied, *self.access.arguments,
            ],
            self.folder,
            self.tell,
        )  # fmt: skip
        made = set(files.glob("*.whl")) - before
        remove(self.folder / _PROJECTS)
        if len(made) != 1:
            raise InputError(
                f"environment: {source.path} was built to {len(made)} wheels that were not there before",
                hint="name each project once, and only those with names of their own",
            )
        return made.pop()

    def _compile(self) -> None:
        """Compile to byte code, once for all; by the bare interpreter, so that nothing installed is run."""
        self.tell("compiling to byte code")
        python = (self.folder / PYTHON).resolve()
        (site,) = (self.folder / VENV / "lib").glob("python*/site-packages")
        command = [str(python), "-I", "-S", "-m", "compileall", "-q", "-j", "0", str(site)]
        # some packages hold templates that are no Python: what cannot be compiled is left as it is
        subprocess.run(
            command,
            check=False,
            capture_output=True,
            env=kept_variables(os.environ),
            stdin=subprocess.DEVNULL,
        )


def counted(packages: Sequence[Package]) -> str:
    """Return how many packages there are, as text."""
    return f"{len(packages)} package{'' if len(packages) == 1 else 's'}"


def logical_lines(lock: str) -> Sequence[str]:
    """Return one line for each package of a lock."""
    lines = re.sub(r"\\\n", " ", lock).splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _require_pinned(lock: str) -> None:
    open_ones = [line for line in logical_lines(lock) if "--hash=" not in line and not _GIT.search(line)]
    if open_ones:
        raise InputError(
            f"environment: there is no hash for {', '.join(open_ones)}",
            hint="name a wheel, or an index that has hashes",
        )
