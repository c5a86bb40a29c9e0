"""The folder that environments are kept in: whole ones, what was wished for, and what builds them now."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from dmod.core.atomic import HIDDEN_SUFFIX, hidden_path, move, remove, replacing, storing
from dmod.core.holding import held
from dmod.errors import ConflictError, DmodError, NotFoundError, StoreError
from dmod.services.environments.building import RECORD, VENV, WISHED
from dmod.services.environments.environment import Environment
from dmod.services.environments.interpreter import find_python
from dmod.services.environments.soundness import fingerprint, protect
from dmod.services.environments.specification import EnvironmentSpec

LOG = "build.log"
USED = "used"
PAUSE = 0.2

_DIGEST = re.compile(r"[0-9a-f]{64}")


class EnvironmentFolder:
    """Where environments are kept, which several processes, also of several containers, may use at once.

    built/HASH/      an environment: venv/, lock.txt, build.log, files/, environment.json, used
    wishes/KEY.json  which environment a wish has led to
    failed/KEY.log   the log of a build that failed
    downloads/       what uv has downloaded
    holding/         locks of what is being built

    Parameters
    ----------
    path : the folder; made when it is needed
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.built = path / "built"
        self.wishes = path / "wishes"
        self.failed = path / "failed"
        self.downloads = path / "downloads"

    def environments(self) -> list[Environment]:
        """Return all environments that were built."""
        names = (path.parent.name for path in self.built.glob(f"*/{RECORD}"))
        found = [self.read(name) for name in names if _DIGEST.fullmatch(name)]  # none that is being built
        return [one for one in found if one is not None]

    def read(self, digest: str) -> Environment | None:
        """Return the environment of a hash, whole or not; None where there is none."""
        folder = self.built / digest
        try:
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            return Environment.from_record(record, folder)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def whole(self, digest: str) -> Environment | None:
        """Return the environment of a hash if it is whole; it counts as used now."""
        environment = self.read(digest)
        if environment is None or self.flaw(environment):
            return None
        with suppress(OSError):  # a folder that may only be read is as good
            (self.built / digest / USED).touch()
        return environment

    def flaw(self, environment: Environment) -> str:
        """Return what is wrong with a built environment; "" where it is whole."""
        folder = self.built / environment.hash
        try:
            find_python(environment.python)
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            is_same = fingerprint(folder / VENV)[0] == record["fingerprint"]
        except NotFoundError:
            return "its Python is gone"
        except (DmodError, OSError, KeyError, ValueError):
            return "it cannot be read"
        return "" if is_same else "its files were changed after it was built"

    def used(self, environment: Environment) -> datetime:
        """Return when an environment was last built or found for a wish."""
        with suppress(OSError):
            return datetime.fromtimestamp((self.built / environment.hash / USED).stat().st_mtime, UTC)
        return environment.created

    def put(self, hidden: Path, digest: str) -> Environment:
        """Put a complete environment in its place, instead of one that is not whole.

        Raises
        ------
        StoreError
            it cannot be put there.
        """
        target = self.built / digest
        for name in ("uv.toml", WISHED):
            remove(hidden / name)
        self.take_away(digest)
        os.sync()  # thousands of files: a power cut after the renaming must not find them empty
        with storing(target):
            move(hidden, target)
            (target / USED).touch()
        protect(target / VENV)
        environment = self.read(digest)
        if environment is None:
            raise StoreError(f"{target} cannot be read after it was built")
        return environment

    def take_away(self, digest: str) -> None:
        """Remove what is in the place of an environment, if anything is; at no time is there half of it."""
        target = self.built / digest
        if not target.exists():
            return
        protect(target, writable=True)
        hidden = hidden_path(target)
        remove(hidden)
        with storing(target):
            target.rename(hidden)
        remove(hidden)

    def wished(self, key: str) -> str:
        """Return the hash of the environment that a wish has led to; "" for none."""
        try:
            digest = json.loads((self.wishes / f"{key}.json").read_text(encoding="utf-8"))["hash"]
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        return digest if _DIGEST.fullmatch(str(digest)) else ""

    def note(self, key: str, digest: str, spec: EnvironmentSpec) -> None:
        """Note which environment a wish has led to."""
        text = json.dumps({"hash": digest, "wish": spec.as_json()}, indent=1)
        with replacing(self.wishes / f"{key}.json") as path:
            path.write_text(text, encoding="utf-8")

    def forget(self, digest: str) -> None:
        """Forget the wishes that have led to an environment."""
        for path in self.wishes.glob("*.json"):
            if self.wished(path.stem) == digest:
                remove(path)

    @contextmanager
    def holding(self, key: str, tell: Callable[[str], None]) -> Iterator[None]:
        """Hold a key for this process and thread alone; wait where another does."""
        place, waits = self.path / "holding" / key, False
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(held(place, "builds the same environment"))
                    break
                except ConflictError:
                    if not waits:
                        tell("another process builds the same environment: waiting for it")
                    waits = True
                    time.sleep(PAUSE)
            yield

    def sweep(self) -> None:
        """Remove what builds have left that were killed: what nobody holds the key of."""
        for hidden in self.built.glob(f".*{HIDDEN_SUFFIX}"):
            key = hidden.name.split(".")[1]
            with suppress(ConflictError), held(self.path / "holding" / key, "builds this environment"):
                protect(hidden, writable=True)
                remove(hidden)

    @contextmanager
    def logging(self, key: str, tell: Callable[[str], None]) -> Iterator[tuple[Path, Callable[[str], None]]]:
        """Yield a hidden folder to build in, for who holds the key, and what writes to the log in it.

        When this is left the folder is gone; the log of a build that failed is kept, and the error names it.
        """
        hidden, failed = hidden_path(self.built / key), self.failed / f"{key}.log"
        for left in self.built.glob(f".{key}.*{HIDDEN_SUFFIX}"):
            remove(left)
        with storing(hidden):
            hidden.mkdir(parents=True)
            file = (hidden / LOG).open("w", encoding="utf-8")
        try:
            with file:

                def say(line: str) -> None:
                    with storing(hidden):
                        file.write(f"{line}\n")
                        file.flush()
                    tell(line)

                yield hidden, say
        except DmodError as error:
            with suppress(OSError):
                self.failed.mkdir(exist_ok=True)
                (hidden / LOG).replace(failed)
                error.hint = f"{error.hint or 'ask again'}; the build's log is {failed}"
            raise
        finally:
            remove(hidden)
