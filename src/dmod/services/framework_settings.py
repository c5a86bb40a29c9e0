"""What a user may choose about a run by the C++ framework."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dmod.engine.ngen import NGEN, FrameworkProgram
from dmod.errors import InputError, NotFoundError, PluginError


@dataclass(frozen=True, slots=True)
class FrameworkSettings:
    """Settings of a run by the framework.

    Parameters
    ----------
    program : path of it; where None, what ``DMOD_NGEN`` names, or ``ngen`` in ``PATH``
    ranks : how many processes; 1 is one without MPI
    partitions : the framework's partition file, with a part for each rank; made where None
    library_path : folders with libraries, before those of the system; a module's library that is not where
        the realization says is looked for in them, too
    time_limit : for the whole run [s]; None for none
    silence_limit : without a new line in log or outputs [s]; None for none
    routes : whether the framework routes, too
    environment : variables of this process
    """

    program: Path | None = None
    ranks: int = 1
    partitions: Path | None = None
    library_path: tuple[Path, ...] = ()
    time_limit: float | None = None
    silence_limit: float | None = None
    routes: bool = False
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.ranks < 1:
            raise InputError(f"{self.ranks} ranks are impossible", hint="give 1 or more")
        if self.partitions is not None and self.ranks == 1:
            raise InputError(
                f"{self.partitions}: one rank has no use for a partition file",
                hint="say how many ranks there are, or leave the file out",
            )
        for name, seconds in (("time", self.time_limit), ("silence", self.silence_limit)):
            if seconds is not None and not seconds > 0:
                raise InputError(
                    f"a limit of {name} of {seconds:g} s is impossible", hint="give seconds above 0"
                )
        for folder in self.library_path:
            if not folder.is_dir():
                raise NotFoundError(
                    f"library path: {folder} is no folder", hint="name folders that are there"
                )

    def require_parallel(self, program: FrameworkProgram) -> None:
        """Refuse several ranks of a program that was built for one.

        Raises
        ------
        PluginError
            the program says that it was.
        """
        if self.ranks > 1 and program.is_parallel is False:
            raise PluginError(
                f"{program.path} was built without MPI, and cannot run on {self.ranks} ranks",
                hint=f"run it on one, or name a program built with MPI, by an option or by {NGEN}",
            )
