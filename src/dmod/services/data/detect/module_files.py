"""Configuration files of modules: recognised by what stands in them, one after another."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.services.data.detect.companions import notes_on_others
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.forcing_csv import identifier_in
from dmod.services.data.detect.sight import HEAD, Kind, head_of, kind_of, listing, unreadable
from dmod.services.data.detect.words import counted, some

Lines = Sequence[str]
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_PARAMETERS = re.compile(rf"{_NUMBER}(?:\s+{_NUMBER}){{10,12}}")
_LOOKED_AT = 60
_TOPMODEL_LINES = 5


def recognises(path: Path) -> bool:
    """Whether it is such a file, or a folder with such files."""
    if not path.is_dir():
        return kind_of(path) is Kind.TEXT and bool(module_of(head_of(path)))
    names = listing(path).files
    kinds = {(name.parent, name.suffix, identifier_in(name.name) != ""): name for name in reversed(names)}
    return any(
        kind_of(path / name) is Kind.TEXT and module_of(head_of(path / name))
        for name in list(kinds.values())[:_LOOKED_AT]
    )


def read(path: Path) -> Detected:
    """Read which modules there are, for which catchments, and the checksum of everything."""
    whole = listing(path).files if path.is_dir() else (Path(path.name),)
    base = path if path.is_dir() else path.parent
    digest = hashlib.sha256()
    modules: dict[str, set[str]] = defaultdict(set)
    taken: set[Path] = set()
    for name in whole:
        content = _content(base / name)
        digest.update(f"{name.as_posix()}\0{hashlib.sha256(content).hexdigest()}\n".encode())
        module = module_of(content[:HEAD])
        if module:
            taken.add(name)
            modules[module] |= {identifier_in(name.name)} - {""}
    notes = notes_on_others(path, taken, "configurations of modules") if path.is_dir() else []
    catchments, uneven = _shared(modules)
    held = {
        **discrete(DomainIndex.GLOBAL_CHECKSUM, [digest.hexdigest()]),
        **discrete(DomainIndex.FORMULATION, modules),
        **discrete(DomainIndex.CATCHMENT_ID, catchments),
    }
    whose = f" for {counted(len(catchments), 'catchment')}" if catchments else ""
    return Detected(
        path,
        Category.CONFIG,
        Domain(FORMATS["BMI_CONFIG"], held),
        f"module configurations of {', '.join(sorted(modules))}{whose}",
        notes=(*uneven, *notes),
        files=len(whole),
    )


DETECTOR = Detector("configurations of modules", recognises, read)


def module_of(head: bytes) -> str:
    """Return the module that a file configures, by its first bytes; "" where that cannot be told."""
    text = head.decode("utf-8", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    plain = [line.lower() for line in lines]
    return next((module for module, fits in _MARKS if plain and fits(plain)), "")


def _starts(*words: str) -> Callable[[Lines], bool]:
    """Return whether each of the words begins a line."""
    return lambda lines: all(any(line.startswith(word) for line in lines) for word in words)


def _is_noah_table(lines: Lines) -> bool:
    return lines[0] in {"general parameters", "soil parameters"} or _starts("&usgs_veg_categories")(lines)


def _is_topmodel_run(lines: Lines) -> bool:
    """Whether it names inputs, topography, parameters and results, as its first line asks for."""
    files = lines[2:_TOPMODEL_LINES]
    return (
        lines[0] in {"0", "1"}
        and len(files) == _TOPMODEL_LINES - 2
        and all(" " not in name and "." in name for name in files)
    )


def _is_topmodel_topography(lines: Lines) -> bool:
    counts = re.compile(r"\d+\s+[01]\s+[01]")
    return len(lines) > 3 and bool(
        counts.fullmatch(lines[0])
        and re.match(rf"\d+\s+{_NUMBER}$", lines[2])
        and re.match(rf"{_NUMBER}\s+{_NUMBER}$", lines[3])
    )


def _is_topmodel_parameters(lines: Lines) -> bool:
    return len(lines) > 1 and _PARAMETERS.fullmatch(lines[1]) is not None


_NOAH = "Noah-OWP-Modular"
# module and what its files have; the first that fits
_MARKS: tuple[tuple[str, Callable[[Lines], bool]], ...] = (
    ("CFE", _starts("soil_params.")),
    ("PET", _starts("pet_method")),
    ("Snow-17", _starts("&snow17_control")),
    ("Snow-17", _starts("scf ", "mfmax ", "pxtemp ")),
    ("SAC-SMA", _starts("&sac_control")),
    ("SAC-SMA", _starts("uztwm ", "lztwm ", "zperc ")),
    (_NOAH, _starts("&timing", "&parameters", "noahowp_table")),
    (_NOAH, _is_noah_table),
    ("TOPMODEL", _is_topmodel_run),
    ("TOPMODEL", _is_topmodel_topography),
    ("TOPMODEL", _is_topmodel_parameters),
)


def _shared(modules: dict[str, set[str]]) -> tuple[set[str], list[str]]:
    """Return the catchments for which every module has files, and a note where they differ."""
    named = {module: ids for module, ids in modules.items() if ids}
    if not named:
        return set(), []
    shared = set.intersection(*named.values())
    lacking = [module for module, ids in named.items() if ids < set().union(*named.values())]
    if not lacking:
        return shared, []
    note = f"{some(lacking)} not for every catchment; the domain is what all modules have"
    return shared, [note]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
