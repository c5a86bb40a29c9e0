"""The folder of a run's results: what it holds, opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dmod.core.atomic import HIDDEN_SUFFIX
from dmod.errors import InputError, NotFoundError
from dmod.services.comparison.csv_files import catchment_files, nexus_files
from dmod.services.comparison.layer import Layer, LayerName
from dmod.services.comparison.netcdf_layer import NetcdfLayer
from dmod.services.comparison.run_note import RunNote, read_note

ROUTED = ("streamflow.nc", "troute_output_*.nc")
BALANCE = "balance.csv"
HINT = "give the folder that dmod run wrote into, or one with the framework's cat-*.csv and nex-*_output.csv"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Results of one run.

    Parameters
    ----------
    name : as it is called in the comparison
    layers : what was written, by kind of place
    """

    name: str
    path: Path
    note: RunNote
    layers: dict[LayerName, Layer]

    @property
    def balance(self) -> Path | None:
        """Return the table of the water balance."""
        path = self.path / BALANCE
        return path if path.is_file() else None

    def close(self) -> None:
        """Close all files."""
        for layer in self.layers.values():
            layer.close()


def open_run(path: Path, name: str, aliases: Mapping[str, str] | None = None) -> RunFolder:
    """Open a run's results; close them after use.

    Parameters
    ----------
    aliases : name in the run → name that it is to have, where the run has the one and not the other

    Raises
    ------
    NotFoundError
        there is no such folder.
    InputError
        it holds no results of a run, or they cannot be read or are not whole.
    """
    _require_run(path)
    run = RunFolder(name, path, read_note(path), {})
    opened = False
    try:
        for kind, open_layer in _found(path).items():
            layer = run.layers[kind] = open_layer()
            for stored, called in (aliases or {}).items():
                if stored in layer.units and called not in layer.units:
                    layer.call(stored, called)
        opened = True
    finally:
        if not opened:
            run.close()
    return run


def _found(path: Path) -> dict[LayerName, Callable[[], Layer]]:
    found: dict[LayerName, Callable[[], Layer]] = {}
    if (path / "catchments.nc").is_file():
        found["catchments"] = lambda: NetcdfLayer(path / "catchments.nc")
    elif catchment_files(path):
        found["catchments"] = lambda: _catchments(path)
    if (path / "nexuses.nc").is_file():
        found["nexuses"] = lambda: NetcdfLayer(path / "nexuses.nc")
    elif nexus_files(path):
        found["nexuses"] = lambda: _nexuses(path)
    routed = [file for pattern in ROUTED for file in sorted(path.glob(pattern))]
    if routed:
        found["rivers"] = lambda: NetcdfLayer(routed[0])
    return found


def _catchments(path: Path) -> Layer:
    # what reads CSV is compiled: a server that nobody asks for CSV does without the compiler
    from dmod.services.comparison.csv_layer import CatchmentCsvLayer

    return CatchmentCsvLayer(path)


def _nexuses(path: Path) -> Layer:
    from dmod.services.comparison.csv_layer import NexusCsvLayer

    return NexusCsvLayer(path)


def _require_run(path: Path) -> None:
    if not path.exists():
        raise NotFoundError(f"there is no folder {path}", hint=HINT)
    if not path.is_dir():
        raise InputError(f"{path} is a file, not the folder of a run", hint=HINT)
    if _found(path):
        return
    if list(path.glob(f".*{HIDDEN_SUFFIX}")):
        raise InputError(
            f"{path} holds no results: a run into it has not ended, or was killed",
            hint="wait until it has ended, or run it again",
        )
    inside = path / "outputs"
    if inside.is_dir() and _found(inside):
        raise InputError(f"{path} is a run package, not the results of a run", hint=f"give {inside}")
    with suppress(OSError):
        names = sorted(entry.name for entry in path.iterdir())
        if not names:
            raise InputError(f"{path} is empty", hint=HINT)
    raise InputError(f"{path} holds no results of a run", hint=HINT)


def names_of(paths: Sequence[Path], given: Sequence[str] | None) -> list[str]:
    """Return what the runs are called: as given, or by the ends of their paths, as short as they differ.

    Raises
    ------
    InputError
        fewer than two runs, one folder twice, or names that are too few, too many or not distinct.
    """
    if len(paths) < 2:
        raise InputError(
            f"{len(paths)} run{'s' if len(paths) != 1 else ''} cannot be compared",
            hint="give two folders or more; the first is the reference",
        )
    whole = [path.resolve() for path in paths]
    for index, path in enumerate(whole):
        if path in whole[:index]:
            raise InputError(
                f"{paths[index]} and {paths[whole.index(path)]} are the same folder",
                hint="give each run once; to compare a run with a repetition, run it into another folder",
            )
    if given:
        if len(given) != len(paths) or len(set(given)) < len(given) or not all(given):
            said = "1 name" if len(given) == 1 else f"{len(given)} names"
            raise InputError(
                f"{said} for {len(paths)} runs: {', '.join(given)}",
                hint="give a name for every run, each another one",
            )
        return list(given)
    for length in range(1, max(len(path.parts) for path in whole) + 1):
        names = ["/".join(path.parts[-length:]) for path in whole]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in whole]
