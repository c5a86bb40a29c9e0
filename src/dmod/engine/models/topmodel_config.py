"""TOPMODEL's configuration: a run file that names a file of topography and one of parameters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dmod.engine.models.module import Config, Parameter
from dmod.errors import RealizationError

# The last line of params.dat, in its order.
MODEL_PARAMETERS = (
    Parameter(
        "szm",
        "m",
        "decline of transmissivity with saturation deficit",
        minimum=1e-6,
        maximum=10.0,
        calibratable=True,
    ),
    Parameter(
        "t0",
        "1",
        "logarithm of the transmissivity at saturation, ln(m2 h-1)",
        minimum=-50.0,
        maximum=50.0,
        calibratable=True,
    ),
    Parameter(
        "td", "h m-1", "delay of unsaturated drainage per unit of deficit", minimum=1e-6, calibratable=True
    ),
    Parameter("chv", "m h-1", "velocity in the main channel", minimum=1e-6, calibratable=True),
    Parameter("rv", "m h-1", "velocity of overland flow", minimum=1e-6, calibratable=True),
    Parameter("srmax", "m", "largest root zone deficit", minimum=1e-9, maximum=10.0, calibratable=True),
    Parameter("Q0", "m h-1", "initial base flow", minimum=1e-30, maximum=1.0),
    Parameter("sr0", "m", "initial root zone deficit", minimum=0.0, maximum=10.0, calibratable=True),
    Parameter("infex", "1", "1: infiltration excess is computed", minimum=0.0, maximum=1.0),
    Parameter("xk0", "m h-1", "hydraulic conductivity at the surface", minimum=0.0, calibratable=True),
    Parameter("hf", "m", "suction at the wetting front", minimum=0.0),
    Parameter("dth", "1", "change of water content across the wetting front", minimum=0.0, maximum=1.0),
)

TOPOGRAPHY = (
    Parameter("stand_alone", "1", "0: inputs come from the framework", minimum=0.0, maximum=0.0),
    Parameter("num_sub_catchments", "1", "sub-catchments of the file; one is run", minimum=1.0, maximum=1.0),
    Parameter("area", "1", "area of the sub-catchment as fraction of the whole", minimum=1e-9, maximum=1.0),
    Parameter(
        "topographic_index_area",
        "1",
        "area between a value of the topographic index and the one before, as fraction",
        minimum=0.0,
        is_list=True,
    ),
    Parameter(
        "topographic_index",
        "1",
        "values of ln(a / tan beta), from high to low",
        minimum=-100.0,
        maximum=100.0,
        is_list=True,
    ),
    Parameter(
        "channel_area",
        "1",
        "area within each distance from the outlet, as fraction",
        minimum=0.0,
        maximum=1.0,
        is_list=True,
    ),
    Parameter(
        "channel_distance", "m", "distance from the outlet along the channel", minimum=0.0, is_list=True
    ),
)

PARAMETERS = MODEL_PARAMETERS + TOPOGRAPHY

_RUN_FILE = (
    "the run file has seven lines: stand_alone, title, and the paths of inputs.dat, subcat.dat, params.dat, "
    "topmod.out and hyd.out"
)


def read_config(text: str, source: str) -> Config:
    """Read a run file and the topography and parameter files that it names.

    Paths are taken from the folder that the program would run in: the nearest folder above the run file
    from which they exist.

    Raises
    ------
    RealizationError
        a file is missing, too short or holds something else than the numbers expected.
    """
    lines = text.splitlines()
    words = " ".join(lines[2:]).split()
    if len(lines) < 3 or len(words) < 3:
        raise RealizationError(f"{source}: {len(lines)} lines are too few", hint=_RUN_FILE)
    values: dict[str, float | str | tuple[float, ...]] = {}
    values["stand_alone"] = _Numbers(lines[:1], source, _RUN_FILE).integer("stand_alone")
    topography, parameters = _locate(words[1], source), _locate(words[2], source)
    _read_topography(values, topography)
    _read_parameters(values, parameters)
    return Config(values, source, further_sources=(str(topography), str(parameters)))


def check_structure(config: Config) -> list[str]:
    """Return a sentence for each value that contradicts another one."""
    source, values = config.source, config.values
    problems = []
    for name, order in (
        ("topographic_index", "high to low"),
        ("channel_distance", "low to high"),
        ("channel_area", "low to high"),
    ):
        found = list(numbers(config, name))
        if found != sorted(found, reverse=order == "high to low"):
            problems.append(f"{source}: {name} must be ordered from {order}")
    if not sum(numbers(config, "topographic_index_area")) > 0.0:
        problems.append(f"{source}: topographic_index_area must have a sum above 0")
    if values["infex"] not in (0.0, 1.0):
        problems.append(f"{source}: infex = {values['infex']} must be 0 or 1")
    if number(config, "sr0") > number(config, "srmax"):
        problems.append(
            f"{source}: sr0 = {values['sr0']} m must not exceed srmax = {values['srmax']} m, "
            "else evaporation would be negative"
        )
    return problems


def number(config: Config, name: str) -> float:
    """Return a single number of a configuration."""
    value = config.values[name]
    if not isinstance(value, float | int):
        raise TypeError(name)
    return float(value)


def numbers(config: Config, name: str) -> tuple[float, ...]:
    """Return a list of numbers of a configuration."""
    value = config.values[name]
    if not isinstance(value, tuple):
        raise TypeError(name)
    return value


def _read_topography(values: dict[str, float | str | tuple[float, ...]], path: Path) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    layout = (
        "subcat.dat holds: n imap yes_print / name / num_topodex area / (area ln(a/tanB))* / num_channels / "
        "(cum_area dist)*"
    )
    values["num_sub_catchments"] = _Numbers(lines[:1], str(path), layout).integer("number of sub-catchments")
    body = _Numbers(lines[2:], str(path), layout)
    classes = body.count("number of topographic index values")
    values["area"] = body.next("area")
    rows = [(body.next("area of an index value"), body.next("index value")) for _ in range(classes)]
    values["topographic_index_area"] = tuple(row[0] for row in rows)
    values["topographic_index"] = tuple(row[1] for row in rows)
    channels = body.count("number of channels")
    rows = [(body.next("area of a channel"), body.next("distance of a channel")) for _ in range(channels)]
    values["channel_area"] = tuple(row[0] for row in rows)
    values["channel_distance"] = tuple(row[1] for row in rows)


def _read_parameters(values: dict[str, float | str | tuple[float, ...]], path: Path) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    layout = "params.dat holds a name and then " + " ".join(p.name for p in MODEL_PARAMETERS)
    body = _Numbers(lines[1:], str(path), layout)
    for parameter in MODEL_PARAMETERS:
        values[parameter.name] = body.next(parameter.name)


def _locate(name: str, source: str) -> Path:
    folders = [Path(name).parent] if Path(name).is_absolute() else list(Path(source).absolute().parents)
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    tried = ", ".join(str(folder / name) for folder in folders[:6])
    raise RealizationError(
        f"{source} names {name}, which does not exist",
        hint=f"paths are relative to the folder of the run package or one above the file; tried {tried}",
    )


class _Numbers:
    """The numbers of a file of words, taken one after the other."""

    def __init__(self, lines: list[str], source: str, layout: str) -> None:
        self._words = iter(" ".join(lines).split())
        self._source = source
        self._layout = layout

    def next(self, meaning: str) -> float:
        return self._take(meaning, float)

    def integer(self, meaning: str) -> float:
        return float(self._take(meaning, int))

    def count(self, meaning: str) -> int:
        found = int(self._take(meaning, int))
        if not 1 <= found <= 100_000:
            raise RealizationError(f"{self._source}: {meaning} is {found}", hint=self._layout)
        return found

    def _take(self, meaning: str, kind: Callable[[str], float]) -> float:
        word = next(self._words, None)
        try:
            return kind("" if word is None else word)
        except ValueError as error:
            found = "the file ends" if word is None else f"{word!r} stands"
            raise RealizationError(
                f"{self._source}: {found} where the {meaning} is expected", hint=self._layout
            ) from error
