"""The framework's CSV output as NetCDF: one file for all catchments, one for all nexuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.derivation import Derivation, Made, Refusal, Work
from dmod.catalog.requirement import Requirement
from dmod.core.atomic import storing
from dmod.errors import InputError
from dmod.services.data.derivations.outcome import made
from dmod.services.data.derivations.wanted import OF_DATASET, output_need, size_of

if TYPE_CHECKING:
    from dmod.core.time_axis import TimeAxis
    from dmod.forcing.csv_table import CsvTable

ROLE = "output"
CSV = FORMATS["NGEN_CSV_OUTPUT"]


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return the output as CSV, unpacked."""
    need = output_need(requirement, CSV, ROLE)
    return need if isinstance(need, Refusal) else [need]


def seconds(requirement: Requirement) -> float:
    """Return 0.2 s and 9 µs a catchment and hour, as measured with twelve variables."""
    catchments, hours = size_of(requirement)
    return 0.2 + 9e-6 * catchments * hours


def run(work: Work) -> Made:
    """Write every value of every file as it is read, in double precision."""
    place = Path(work.only(ROLE).address)
    catchments, nexuses = _files(place if place.is_dir() else place.parent)
    if not catchments and not nexuses:
        raise InputError(
            f"{work.only(ROLE).dataset.reference} has no file of its own for each catchment",
            hint="output of all catchments in one CSV file is not converted",
        )
    if catchments:
        _write_catchments(work, catchments)
    if nexuses:
        _write_nexuses(work, nexuses)
    return made(work)


DERIVATION = Derivation(
    "output-to-netcdf",
    1,
    "write the framework's CSV output as NetCDF",
    (Category.OUTPUT, (FORMATS["NGEN_NETCDF_OUTPUT"],)),
    needs,
    seconds,
    run,
    (OF_DATASET,),
)


def _files(folder: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """Return the files of catchments and of nexuses by identifier, in the order in which people count."""
    from dmod.catalog.restriction import in_order
    from dmod.services.data.detect.forcing_csv import identifier_in
    from dmod.services.data.detect.ngen_csv import NEXUS_ROW

    catchments: dict[str, Path] = {}
    nexuses: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.csv")):
        identifier = identifier_in(path.name)
        if identifier:
            with path.open(encoding="utf-8") as file:
                is_nexus = NEXUS_ROW.fullmatch(file.readline().rstrip("\n")) is not None
            (nexuses if is_nexus else catchments)[identifier] = path
    first, second = (
        {str(name): group[str(name)] for name in in_order(group)} for group in (catchments, nexuses)
    )
    return first, second


def _write_catchments(work: Work, files: Mapping[str, Path]) -> None:
    import numpy as np

    from dmod.output.layout import OutputLayout, OutputVariable
    from dmod.output.netcdf_output import CatchmentNetcdf

    rows: dict[tuple[OutputVariable, ...], list[int]] = {}
    axis: TimeAxis | None = None
    for row, path in enumerate(files.values()):
        table = _table(path, with_values=False)
        variables = tuple(OutputVariable(column.name, column.stated_unit) for column in table.header)
        rows.setdefault(variables, []).append(row)
        axis = _same_axis(axis, table, path)
    assert axis is not None
    layouts = [OutputLayout(variables, np.array(which)) for variables, which in rows.items()]
    with CatchmentNetcdf.open(work.output / "catchments.nc", list(files), axis, layouts) as sink:
        for row, path in enumerate(files.values()):
            work.progress("catchments", row, len(files))
            table = _table(path, with_values=True)
            values = {column.name: table.values[i : i + 1] for i, column in enumerate(table.columns)}
            sink.write(np.array([row]), 0, values)


def _write_nexuses(work: Work, files: Mapping[str, Path]) -> None:
    import numpy as np

    from dmod.forcing.times import axis_of
    from dmod.output.netcdf_output import NEXUS_FLOW, NexusNetcdf

    axis: TimeAxis | None = None
    flows: list[Any] = []
    for path in files.values():
        with storing(path):
            cells = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines() if line]
        try:
            times = np.array([cell[1].strip().replace(" ", "T") for cell in cells], dtype="datetime64[s]")
            flows.append(np.array([float(cell[2]) for cell in cells])[None])
        except (IndexError, ValueError) as error:
            raise InputError(f"{path.name} has a row that cannot be read: {error}") from error
        found = axis_of(times.astype(np.int64), path.name)
        axis = axis or found
        _require_same(axis, found, path)
    assert axis is not None
    with NexusNetcdf.open(work.output / "nexuses.nc", list(files), axis) as sink:
        for row, flow in enumerate(flows):
            sink.write(np.array([row]), 0, {NEXUS_FLOW: flow})


def _table(path: Path, *, with_values: bool) -> CsvTable:
    from dmod.forcing.csv_table import read_table

    head = read_table(path, (), {})
    titled = tuple(column for column in head.header if column.name != "Time Step")
    return replace(read_table(path, [c.name for c in titled], {}) if with_values else head, header=titled)


def _same_axis(axis: TimeAxis | None, table: CsvTable, path: Path) -> TimeAxis:
    from dmod.forcing.times import axis_of

    found = axis_of(table.times, path.name)
    _require_same(axis or found, found, path)
    return axis or found


def _require_same(axis: TimeAxis, found: TimeAxis, path: Path) -> None:
    if axis != found:
        raise InputError(
            f"{path.name} has other times than the files before it",
            hint="take the output of one run; one that was interrupted is not whole",
        )
