"""The environments of this machine: built once for equal wishes, found again, listed, removed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dmod.core.atomic import remove, storing
from dmod.core.cache import user_cache
from dmod.errors import DmodError, InputError, NotFoundError
from dmod.services.environments.building import FILES, Access, Building, logical_lines
from dmod.services.environments.environment import Environment, Identity, hash_of
from dmod.services.environments.folder import LOG, EnvironmentFolder
from dmod.services.environments.image import image_environment
from dmod.services.environments.interpreter import (
    identity_of,
    inspect_environment,
    own_identity,
    own_interpreter,
)
from dmod.services.environments.specification import EnvironmentSpec, parse_index, parse_links
from dmod.services.environments.uv import LIMIT, Tell, Uv, find_uv


def default_folder() -> Path:
    """Return where environments are kept: in the user's cache of dmod."""
    return user_cache() / "environments"


class Environments:
    """Environments in a folder of this machine, which several processes may use at once.

    Parameters
    ----------
    folder : where they are kept; by default in the user's cache
    uv : the program that builds; by default the one that is found
    offline : whether only what was downloaded before, and what lies in folders, may be used
    index, find_links : where packages come from; a wish's own index goes before this one
    builds : whether code of packages may run to build them; False for wheels alone
    limit_seconds : after which each act of a build is ended

    Raises
    ------
    InputError, NotFoundError
        the index is no address, or a folder of wheels is not there.
    """

    def __init__(
        self,
        folder: Path | str | None = None,
        *,
        uv: Path | str | None = None,
        offline: bool = False,
        index: str = "",
        find_links: Sequence[Path | str] = (),
        builds: bool = True,
        limit_seconds: float = LIMIT,
    ) -> None:
        self.folder = Path(folder or default_folder()).absolute()
        self._kept = EnvironmentFolder(self.folder)
        self._program = uv
        self._offline = offline
        links = parse_links([str(link) for link in find_links], Path.cwd(), local=True)
        self._access = Access(parse_index(index), links, builds)
        self._limit = limit_seconds

    def build(self, spec: EnvironmentSpec, *, log: Tell | None = None, refresh: bool = False) -> Environment:
        """Return the environment for a wish, built now or before; one that exists is looked at.

        On success it is complete; on failure nothing of it counts, and what was there is as it was. Where
        another process builds the same, this waits for it.

        Parameters
        ----------
        log : told every line of the build as it is said
        refresh : resolve anew, so that newer versions are taken

        Raises
        ------
        InputError
            the wish cannot be met: the reason is the resolver's own; or there is no uv.
        NotFoundError
            an existing environment, a wheel or a project is not there.
        BackendError
            the index cannot be reached, or the disk is full; retryable.
        """
        tell = log or _silent
        if spec.kind != "requirements":
            return _existing(spec)
        found = None if refresh else self.find(spec)
        if found is None:
            key = _key(spec)
            with self._kept.holding(key, tell):
                found = None if refresh else self.find(spec)
                if found is None:
                    return _told(self._built(spec, key, tell, refresh=refresh), spec)
        tell(f"environment {found.hash[:12]} is there")
        return found

    def find(self, spec: EnvironmentSpec) -> Environment | None:
        """Return the environment that was built for a wish and is whole, without building; or None.

        Raises
        ------
        InputError, NotFoundError
            an existing one is wished for, and it is none.
        """
        if spec.kind != "requirements":
            return _existing(spec)
        digest = self._kept.wished(_key(spec))
        found = self._kept.whole(digest) if digest else None
        return None if found is None else _told(found, spec)

    def list(self) -> tuple[Environment, ...]:
        """Return the environments that were built, the one used last first."""
        return tuple(sorted(self._kept.environments(), key=self.used, reverse=True))

    def get(self, digest: str) -> Environment:
        """Return a built environment by its hash, or by how that begins.

        Raises
        ------
        NotFoundError
            there is none.
        InputError
            several begin so.
        """
        asked = digest.strip().lower()
        fitting = [one for one in self.list() if asked and one.hash.startswith(asked)]
        if len(fitting) > 1:
            raise InputError(
                f"{len(fitting)} environments have a hash that begins with {digest}", hint="write more of it"
            )
        if not fitting:
            raise NotFoundError(
                f"there is no environment {digest!r} in {self.folder}",
                hint="dmod environment list shows them",
            )
        return fitting[0]

    def used(self, environment: Environment) -> datetime:
        """Return when an environment was last built or found for a wish."""
        return self._kept.used(environment)

    def flaw(self, environment: Environment) -> str:
        """Return what is wrong with a built environment, so that it is not used; "" where it is whole."""
        return self._kept.flaw(environment)

    def log_of(self, environment: Environment) -> str:
        """Return the log of an environment's build."""
        if environment.folder is not None:
            with suppress(OSError):
                return (environment.folder / LOG).read_text(encoding="utf-8", errors="replace")
        return ""

    def remove(self, digest: str) -> Environment:
        """Remove a built environment; what runs in it meanwhile may fail.

        Raises
        ------
        NotFoundError, InputError
            as `get` does.
        StoreError
            it cannot be removed.
        """
        environment = self.get(digest)
        with self._kept.holding(environment.hash, _silent):
            self._kept.take_away(environment.hash)
        self._kept.forget(environment.hash)
        return environment

    def prune(self, unused_for: timedelta, *, downloads: bool = False) -> tuple[Environment, ...]:
        """Remove what was not used for a time, and what killed builds have left; return what was removed.

        Parameters
        ----------
        downloads : remove also what was downloaded; what is built stays, and builds need the network again
        """
        self._kept.sweep()
        limit = datetime.now(UTC) - unused_for
        old = tuple(one for one in self.list() if self.used(one) <= limit)
        for environment in old:
            self.remove(environment.hash)
        for path in self._kept.failed.glob("*.log"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) <= limit:
                remove(path)
        if downloads:
            remove(self._kept.downloads)
        return old

    def _built(self, spec: EnvironmentSpec, key: str, tell: Tell, *, refresh: bool) -> Environment:
        self._kept.sweep()
        with self._kept.logging(key, tell) as (hidden, say):
            uv = Uv(find_uv(self._program), self._kept.downloads, self._offline, self._limit)
            python, identity = _interpreter(spec.python, uv, hidden, say)
            building = Building(uv, self._access.of(spec), python, hidden, say)
            lock = ("" if refresh else self._lock_before(key, identity, hidden, say)) or building.resolve(
                spec, refresh=refresh
            )
            digest = hash_of(logical_lines(lock), astuple(identity))
            with self._kept.holding(digest, tell):
                environment = self._kept.whole(digest)
                if environment is None:
                    building.install(lock)
                    building.describe(spec.as_json(), lock, identity, digest)
                    environment = self._kept.put(hidden, digest)
                else:
                    say(f"the same packages are there: environment {digest[:12]}")
            self._kept.note(key, digest, spec)
        return environment

    def _lock_before(self, key: str, identity: Identity, hidden: Path, tell: Tell) -> str:
        """Return the lock of an environment that is no longer whole, with its files; "" for none."""
        digest = self._kept.wished(key)
        before = self._kept.read(digest) if digest else None
        if before is None or hash_of(logical_lines(before.lock), astuple(identity)) != digest:
            return ""
        tell(f"environment {digest[:12]} is built anew from its lock: {self._kept.flaw(before)}")
        files = self._kept.built / digest / FILES
        if files.is_dir():
            with storing(hidden):
                shutil.copytree(files, hidden / FILES)
        return before.lock


def _existing(spec: EnvironmentSpec) -> Environment:
    if spec.kind == "image":
        return image_environment(spec)
    return replace(inspect_environment(Path(spec.path)), wish=spec.as_json())


def _told(environment: Environment, spec: EnvironmentSpec) -> Environment:
    """Return an environment with what was wished for this time: other wishes may have led to the same."""
    sources = {str(source.path): source.digest for source in spec.sources}
    return replace(environment, wish=spec.as_json(), sources=sources)


def _key(spec: EnvironmentSpec) -> str:
    identity = own_identity()
    if not _is_of(identity, spec.python):
        # which interpreter that is shows when it is built, and it is the same until it is removed
        identity = replace(identity, version=spec.python, abi="")
    return hash_of(spec.hash, astuple(identity))


def _is_of(identity: Identity, version: str) -> bool:
    return identity.version == version or not version or identity.version.startswith(f"{version}.")


def _interpreter(version: str, uv: Uv, folder: Path, tell: Tell) -> tuple[Path, Identity]:
    if _is_of(own_identity(), version):
        return own_interpreter(), own_identity()
    find = ["python", "find", version, "--system", "--no-project", "--no-python-downloads"]
    try:
        found = uv.run(f"finding Python {version}", find, folder, tell)
    except DmodError:
        if uv.offline:
            raise
        uv.run(f"getting Python {version}", ["python", "install", version, "--no-bin"], folder, tell)
        found = uv.run(f"finding Python {version}", find, folder, tell)
    python = Path(found.strip())
    return python, identity_of(python)


def _silent(_line: str) -> None:
    pass
