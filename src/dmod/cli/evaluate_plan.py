"""What ``dmod evaluate`` is asked for, as a plan: from a specification, or from options."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import InputError

if TYPE_CHECKING:
    from dmod.evaluation.location_series import SeriesSource
    from dmod.evaluation.plan import EvaluationPlan
    from dmod.services.evaluation.library import SpecificationLibrary
    from dmod.services.evaluation.opening import Opening

SPECIFICATIONS = frozenset({".json", ".yaml", ".yml"})
USUAL = ("kge", "nse", "r", "percent_bias", "rmse")
LIBRARY = "library:"
ELSEWHERE = ("job:", "dataset:")


def is_specification(path: str) -> bool:
    """Whether what is asked for is a specification, by its name."""
    return path.startswith(LIBRARY) or Path(path).suffix.lower() in SPECIFICATIONS


def read_specification(address: str, library: Path | None) -> tuple[Any, Path]:
    """Return a specification's document, and the folder that addresses in it are relative to.

    Parameters
    ----------
    address : a file, or ``library:NAME``
    library : folder of the library; that of the user's data if None
    """
    from dmod.evaluation.specification.parsing import read_document

    if address.startswith(LIBRARY):
        return dict(open_library(library).show(address.removeprefix(LIBRARY)).document), Path.cwd()
    return read_document(Path(address)), Path(address).resolve().parent


def open_library(folder: Path | None) -> SpecificationLibrary:
    """Return the library of specifications and templates."""
    from dmod.app.settings import read_settings
    from dmod.services.evaluation.library import SpecificationLibrary

    return SpecificationLibrary(folder or read_settings({}).home / "specifications")


def short_document(runs: Sequence[str], observed: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """Return the short form of a specification that options amount to.

    Parameters
    ----------
    runs : ``[NAME=]ADDRESS`` each
    options : its other keys; None and empty ones are left out
    """
    several = next((text for text in runs if is_specification(text)), None)
    if several is not None and len(runs) > 1:
        raise InputError(
            f"{several} is a specification, and {len(runs)} things are to be scored",
            hint="give a specification alone; it names the runs",
        )
    if observed is None:
        raise InputError(
            "there are no observations", hint="give them with --observed FILE, or give a specification"
        )
    named = [_named(text) for text in runs]
    names = [name for name, _ in named]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"two runs are called {twice[0]}", hint="name them by NAME=PATH")
    observations = {"source": observed, **options.pop("observations")}
    metrics = options.pop("metrics") or list(USUAL)
    rest = {key: value for key, value in options.items() if value not in (None, "", [], {})}
    return {"observations": observations, "runs": dict(named), "metrics": metrics, **rest}


def pairs_of(texts: Sequence[str], option: str) -> dict[str, str]:
    """Return ``NAME=VALUE`` texts as a mapping."""
    found = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise InputError(f"{option} {text!r} is not NAME=VALUE")
        found[name] = value
    return found


def gauges_of(texts: Sequence[str]) -> list[str] | dict[str, str]:
    """Return gauges, or gauge → location of the runs where that is said."""
    if any("=" in text for text in texts):
        pairs = [[part.strip() for part in text.partition("=")] for text in texts]
        for text, (name, equals, value) in zip(texts, pairs, strict=True):
            if not name or (equals and not value):
                raise InputError(f"--gauge {text!r} is not GAUGE=LOCATION", hint="for example 10109001=wb-3")
        return {name: value or name for name, _, value in pairs}
    return list(texts)


def compiled(
    document: Any,
    folder: Path,
    stack: ExitStack,
    *,
    prefixes: Mapping[str, Path],
    library: Path | None = None,
    dmod: bool | None = None,
) -> EvaluationPlan:
    """Return the plan of a specification; what it opens is closed with the stack.

    Parameters
    ----------
    folder : that addresses of files are relative to
    prefixes : beginning of an address → folder that stands in its place
    library : folder of the library that has its templates; that of the user's data if None
    dmod : grade as DMOD does; as the specification says if None
    """
    from dmod.evaluation.specification.parsing import parse_specification
    from dmod.services.evaluation.backends import Reach
    from dmod.services.evaluation.compiling import compile_evaluation
    from dmod.services.evaluation.resolving import FolderResolver

    opener = _Opener(folder, stack)
    reach = Reach(FolderResolver(folder, prefixes, is_open=True))
    specification = parse_specification(document, open_library(library))
    return compile_evaluation(
        specification, reach, opener=opener, opener_of_members=opener.members, dmod_compatible=dmod
    )


def _named(text: str) -> tuple[str, str]:
    """Return name and address of a run: as given, or by the end of the address."""
    name, equals, address = text.partition("=")
    if equals and "/" not in name:
        if not (name.strip() and address.strip()):
            raise InputError(f"the run {text!r} is not NAME=PATH", hint="for example new=outputs")
        return name.strip(), address.strip()
    return (text if text.startswith(ELSEWHERE) else Path(text).resolve().name), text


def _gauge(opening: Opening) -> str:
    """Return the gauge that a dataset of observations is of, "" where it is none or of several."""
    kind, _, name = opening.address.partition(":")
    if opening.kind != "gauges" or kind != "dataset":
        return ""
    from dmod.app.wiring import open_data
    from dmod.services.evaluation.dataset_gauge import gauge_of

    with open_data() as data:
        return gauge_of(data.dataset(name))


class _Opener:
    """Opens what a specification names: files beside it, datasets, results of jobs, the agency's service."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._observed: SeriesSource | None = None

    def __call__(self, opening: Opening) -> SeriesSource:
        address = opening.address
        if address.startswith(ELSEWHERE):
            return self._opened(opening, self._fetched(address))
        if address.lower() == "usgs":
            return self._opened(opening, Path(self._observations(opening)))
        return self._opened(opening, self._folder / Path(address).expanduser())

    def members(self, opening: Opening) -> Mapping[str, SeriesSource]:
        """Open all members of an ensemble: of its job, or that a file, a folder or a dataset holds."""
        from dataclasses import replace

        from dmod.services.evaluation.member_openings import divided

        if not opening.address.startswith(ELSEWHERE):
            found = divided(opening, self._folder / Path(opening.address).expanduser())
        else:
            folders = self._all_fetched(opening.address)
            if len(folders) > 1:
                return {name: self._opened(opening, folder) for name, folder in folders.items()}
            (folder,) = folders.values()
            found = divided(opening, folder)
        return {
            name: self._opened(replace(one, address=opening.address), Path(one.address))
            for name, one in found.items()
        }

    def _opened(self, opening: Opening, path: Path) -> SeriesSource:
        """Open what lies at a path, and call it by its address."""
        from dataclasses import replace

        from dmod.services.evaluation.fetched_source import FetchedSource
        from dmod.services.evaluation.opening import open_locally
        from dmod.services.evaluation.pairing import called_as_observed

        is_elsewhere = opening.address.startswith(ELSEWHERE)
        name = opening.options.name or (opening.address if is_elsewhere else "")
        options = replace(opening.options, gauge=_gauge(opening), name=name)
        source = open_locally(replace(opening, address=str(path), options=options))
        self._stack.callback(source.close)  # type: ignore[attr-defined]
        if is_elsewhere:
            source = FetchedSource(source, path, opening.address)
        if opening.kind == "gauges":
            self._observed = source
            return source
        return source if self._observed is None else called_as_observed(source, self._observed)

    def _all_fetched(self, address: str) -> dict[str, Path]:
        from dmod.cli.compare import _found

        return dict(_found(address, self._stack))

    def _fetched(self, address: str) -> Path:
        folders = self._all_fetched(address)
        if len(folders) > 1:
            raise InputError(
                f"{address} is an ensemble of {len(folders)} runs",
                hint=f"write NAME: {{members: {address}}} under runs, or name the job of one member",
            )
        (folder,) = folders.values()
        return folder

    def _observations(self, opening: Opening) -> str:
        from dmod.services.observations import fetch_observations

        if not opening.gauges:
            raise InputError(
                f"{opening.place}: the service needs gauges to ask for",
                hint="name them under gauges (--gauge)",
            )
        aside = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="dmod-observations-")))
        for gauge in opening.gauges:
            fetch_observations(gauge, aside / f"{gauge}.csv", start=opening.start, end=opening.end)
        return str(aside)
