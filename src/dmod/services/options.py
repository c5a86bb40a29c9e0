"""What a user may choose about a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from dmod.core.time_axis import parse_time
from dmod.errors import InputError
from dmod.services.engines import BMI, NGEN

Moment = str | datetime
Precision = Literal["double", "single"]
RoutedBy = Literal["dmod", "framework"]
WARM_UP = "give the days that are left out of the scores, 0 or more"


@dataclass(frozen=True, slots=True)
class Locations:
    """Files given in place of those found in the package; None where they are to be found."""

    hydrofabric: Path | None = None
    nexus: Path | None = None
    realization: Path | None = None
    forcing: Path | None = None
    routing: Path | None = None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of a run beside its package.

    Parameters
    ----------
    output : folder for the results; the package's ``outputs`` where None
    csv : write the framework's CSV in place of NetCDF
    start, end : period in place of the realization's; the end is the last stamp, included
    route : None routes where the hydrofabric has channel attributes; False never; True insists
    fill : named method for missing forcing; None refuses it
    revisions : module → revision, before what the realization says
    model_params : ``module.variable`` → value, in every catchment, before what realization and configuration
        say; of dmod's modules the calibratable ones
    observed, observed_unit, observed_column : the gauge's series; its unit where the file does not say
    outlet : nexus, flowpath, catchment or gauge to evaluate; the largest basin's outlet where None
    warm_up : left out of the scores
    warm_start : states to start from
    save_states : write ``states.nc`` at the end
    precision : of the NetCDF output
    overwrite : replace results of an earlier run
    report : write ``report.html``
    workers : threads; 0 takes all cores. Results are the same for any number
    engine : ``native``; ``bmi`` for realizations with modules of others; ``ngen`` for the C++ framework
    environment : in which modules of others in Python run: a path, a list of requirements, or a mapping, as
        `dmod.services.environments` reads them; dmod's own where None
    module_patience : seconds in which a module of others has to do a step
    module_memory : bytes that a process with modules of others may take; 0 sets no limit
    program : the C++ framework's, for the engine ``ngen``; found by itself where None
    ranks : processes of the framework
    library_path : folders with libraries of the framework and its modules
    partition_file : the framework's, with a part for each rank; made where None
    time_limit : for the framework's whole run [s]; None for none
    silence_limit : for which the framework may show no sign of work [s]; None for none
    routed_by : of a run by the framework: ``dmod``, or ``framework`` for t-route as the package configures it
    """

    output: Path | None = None
    csv: bool = False
    start: datetime | None = None
    end: datetime | None = None
    locations: Locations = field(default_factory=Locations)
    route: bool | None = None
    fill: str | None = None
    revisions: Mapping[str, str] = field(default_factory=dict)
    model_params: Mapping[str, float] = field(default_factory=dict)
    observed: Path | None = None
    observed_unit: str | None = None
    observed_column: str | None = None
    outlet: str | None = None
    warm_up: timedelta = timedelta(0)
    warm_start: Path | None = None
    save_states: bool = True
    precision: Precision = "double"
    overwrite: bool = False
    report: bool = True
    workers: int = 0
    engine: str = "native"
    environment: Any = None
    module_patience: float = 300.0
    module_memory: int = 0
    program: Path | None = None
    ranks: int = 1
    library_path: tuple[Path, ...] = ()
    partition_file: Path | None = None
    time_limit: float | None = None
    silence_limit: float | None = None
    routed_by: RoutedBy = "dmod"

    def require_meaning(self) -> None:
        """Refuse what the engine has no use for.

        Raises
        ------
        InputError
            an option is given that only another engine heeds, or that the C++ framework cannot be told.
        """
        given = {
            NGEN: {
                "program": self.program is not None, "ranks": self.ranks != 1,
                "library_path": bool(self.library_path), "partition_file": self.partition_file is not None,
                "time_limit": self.time_limit is not None, "silence_limit": self.silence_limit is not None,
                "routed_by": self.routed_by != "dmod",
            },
            BMI: {"environment": self.environment is not None and not self._names_the_frameworks_image},
        }  # fmt: skip
        for engine, options in given.items():
            idle = [name for name, is_given in options.items() if is_given]
            if idle and self.engine != engine:
                raise InputError(
                    f"{', '.join(idle)}: the engine {self.engine!r} has no use for it",
                    hint=f"choose the engine {engine}, or leave it out",
                )
        if self.engine == NGEN:
            self._require_what_the_framework_takes()
        if self.routed_by == "framework" and self.route is False:
            raise InputError(
                "routed_by framework and no routing do not go together",
                hint="leave --no-route out, or have dmod sum the flow: leave --routed-by out",
            )

    def _require_what_the_framework_takes(self) -> None:
        untold = (
            (self.fill, "--fill", "the framework reads the forcing itself: fill it in its files"),
            (self.warm_start, "--warm-start", "the framework starts from its modules' configurations"),
            (self.revisions, "--revision", "the revision is that of the library that the realization names"),
            (self.model_params, "--set", "the framework reads the realization: set model_params there"),
        )
        for value, option, why in untold:
            if value:
                raise InputError(f"{option} has no meaning for a run by the framework", hint=why)

    @property
    def _names_the_frameworks_image(self) -> bool:
        """Whether the environment is an image that has the framework."""
        return self.engine == NGEN and isinstance(self.environment, Mapping) and "image" in self.environment

    def __post_init__(self) -> None:
        if not self.module_patience > 0:
            raise InputError(f"module_patience of {self.module_patience:g} s is impossible")
        if self.precision not in ("double", "single"):
            raise InputError(f"precision {self.precision!r} is unknown", hint="double or single")
        if self.routed_by not in ("dmod", "framework"):
            raise InputError(f"routed_by {self.routed_by!r} is unknown", hint="dmod or framework")
        if self.warm_up < timedelta(0):
            raise InputError(
                f"--warm-up of {self.warm_up / timedelta(days=1):g} days is impossible", hint=WARM_UP
            )
        if self.workers < 0:
            raise InputError(f"{self.workers} workers are impossible", hint="0 takes all cores")


def parse_days(days: float) -> timedelta:
    """Return a length of time given in days.

    Raises
    ------
    InputError
        it is not a finite number of days, 0 or more.
    """
    try:
        length = timedelta(days=days)
    except (ValueError, OverflowError) as error:
        raise InputError(f"--warm-up of {days} days is impossible", hint=WARM_UP) from error
    if length < timedelta(0):
        raise InputError(f"--warm-up of {days:g} days is impossible", hint=WARM_UP)
    return length


def parse_revisions(texts: list[str]) -> dict[str, str]:
    """Read ``cfe=a349a95`` entries.

    Raises
    ------
    InputError
        an entry is not of that form.
    """
    revisions = {}
    for text in texts:
        name, equals, revision = text.partition("=")
        if not equals or not name.strip() or not revision.strip():
            raise InputError(f"--revision {text!r} is not MODULE=REVISION", hint="for example cfe=a349a95")
        revisions[name.strip().lower()] = revision.strip()
    return revisions


def parse_model_params(texts: Sequence[str]) -> dict[str, float]:
    """Read ``cfe.refkdt=2.5`` entries.

    Raises
    ------
    InputError
        an entry is not of that form.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        module, _, variable = name.strip().rpartition(".")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not equals or not module or not variable or not math.isfinite(number):
            raise InputError(
                f"--set {text!r} is not MODULE.VARIABLE=NUMBER", hint="for example cfe.refkdt=2.5"
            )
        found[f"{module}.{variable}"] = number
    return found


def parse_moment(value: Moment | None, what: str) -> datetime | None:
    """Return a time as users give it in UTC; a naive one is UTC already.

    Raises
    ------
    InputError
        the text is no time; ``what`` names it.
    """
    if value is None or isinstance(value, str):
        return None if value is None else parse_time(value, what=what)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
