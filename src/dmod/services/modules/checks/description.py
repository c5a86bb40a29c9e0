"""Whether what a module says of its variables is sensible: names, types, sizes, grids, units."""

from __future__ import annotations

from dmod.core.problem import name_some
from dmod.engine.foreign.interface import TEXT_BYTES
from dmod.engine.foreign.value_type import value_type
from dmod.services.modules.known_names import known_units, measures, nearly, suggestions, unit_fault
from dmod.services.modules.subject import Report, Subject
from dmod.services.modules.watched import Watched

GRID_TYPES = {
    "scalar": (0, 1), "points": (1, 2, 3), "vector": (1,), "unstructured": (1, 2, 3),
    "structured_quadrilateral": (2, 3), "rectilinear": (1, 2, 3), "uniform_rectilinear": (0, 1, 2, 3),
}  # fmt: skip
"""Types of grids → dimensions that they can have; some modules keep one value on a grid of one point."""
SHAPED = ("structured_quadrilateral", "rectilinear", "uniform_rectilinear")
LOCATIONS = ("node", "edge", "face")
_MOST_DIMENSIONS = 3


def check_names(subject: Subject, report: Report) -> str:
    """Look whether names are there, each once, and known."""
    instance = subject.start()
    if instance.offers("get_component_name") and not instance.component:
        report.warning("get_component_name", "gave nothing", to_do="return the module's name")
    inputs, outputs = instance.input_names, instance.output_names
    for role, names in (("input", inputs), ("output", outputs)):
        _require_names(report, role, names)
        count = instance.item_count(role) if instance.offers(f"get_{role}_item_count") else len(names)
        if count != len(names):
            report.error(
                f"get_{role}_item_count", f"said {count}, and there are {len(names)} names", "one number"
            )
    if not outputs:
        report.error("get_output_var_names", "names no output", "a module gives at least one value")
    both = [name for name in inputs if name in outputs]
    if both:
        report.note(
            "", f"both input and output: {', '.join(both)}", "inputs and outputs with names of their own"
        )
    for name in inputs:
        _require_known(report, name)
    for name in outputs:
        if near := nearly(name):
            report.note(
                name, f"is nearly {near}", "", "if that is meant, write it so: names are how modules meet"
            )
    return f"inputs {name_some(inputs) or 'none'}; outputs {name_some(outputs) or 'none'}"


def _require_names(report: Report, role: str, names: tuple[str, ...]) -> None:
    function = f"get_{role}_var_names"
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        report.error(function, f"names {', '.join(twice)} more than once", "every variable once")
    for name in names:
        if not name or name != name.strip():
            report.error(function, f"gave {name!r}", "names without blanks at their ends")
        elif len(name) >= TEXT_BYTES:
            report.error(function, f"gave a name of {len(name)} letters", f"fewer than {TEXT_BYTES}")


def _require_known(report: Report, name: str) -> None:
    if name in known_units():
        return
    near = suggestions(name)
    likely = f"perhaps it is {' or '.join(near)}; " if near else ""
    report.note(
        name,
        "is no name of a forcing variable, and no native module gives it",
        "standard names of forcing, or outputs of modules before it in the formulation",
        f"{likely}say in the realization's variables_names_map where its values come from",
    )


def check_types(subject: Subject, report: Report) -> str:
    """Look whether types, sizes and grids go together."""
    instance = subject.start()
    for name in instance.names:
        role = "input" if name in instance.input_names else "output"
        said, itemsize, nbytes = instance.type(name), instance.itemsize(name), instance.nbytes(name)
        if value_type(said, itemsize) is None:
            report.error(
                f"get_var_type({name})",
                f"said {said!r}, with {itemsize} bytes a value",
                "numbers as double, float, int, long, float64, real, integer …, of the size that they have",
                "correct get_var_type or get_var_itemsize",
            )
            continue
        if itemsize <= 0 or nbytes <= 0 or nbytes % itemsize:
            report.error(
                f"get_var_nbytes({name})",
                f"said {nbytes} bytes, of {itemsize} a value",
                "a multiple of get_var_itemsize",
            )
            continue
        count = nbytes // itemsize
        _require_grid(instance, report, name, count)
        if count != 1:
            what = f"has {count} values"
            allowed = "what modules exchange at every step has one value"
            (report.warning if role == "input" else report.note)(name, what, allowed)
    return f"{len(instance.names)} variables"


def _require_grid(instance: Watched, report: Report, name: str, count: int) -> None:
    if not instance.offers("get_var_grid"):
        return
    grid = instance.grid(name)
    if instance.offers("get_var_location") and (where := instance.location(name)) not in LOCATIONS:
        report.warning(f"get_var_location({name})", f"said {where!r}", ", ".join(LOCATIONS))
    if not instance.offers("get_grid_size"):
        return
    size = instance.grid_size(grid)
    if size != count:
        report.error(
            f"get_grid_size({grid})",
            f"said {size} places, and {name!r}, which lives there, has {count} values",
            "as many values as the grid has places",
            "correct get_grid_size, get_var_grid or get_var_nbytes",
        )
    if not (instance.offers("get_grid_rank") and instance.offers("get_grid_type")):
        return
    rank, kind = instance.grid_rank(grid), instance.grid_type(grid)
    if kind not in GRID_TYPES:
        report.warning(f"get_grid_type({grid})", f"said {kind!r}", ", ".join(GRID_TYPES))
    elif rank not in GRID_TYPES[kind]:
        allowed = f"{kind} has {' or '.join(map(str, GRID_TYPES[kind]))}"
        report.warning(f"get_grid_rank({grid})", f"said {rank} dimensions for a grid of type {kind}", allowed)
    elif kind in SHAPED and 0 < rank <= _MOST_DIMENSIONS and count > 1:
        _require_shape(instance, report, grid, rank, size)


def _require_shape(instance: Watched, report: Report, grid: int, rank: int, size: int) -> None:
    if not instance.offers("get_grid_shape"):
        report.warning("get_grid_shape", "is not there", f"grid {grid} has {rank} dimensions")
        return
    shape, places = instance.grid_shape(grid, rank), 1
    for length in shape:
        places *= length
    if places != size:
        report.error(
            f"get_grid_shape({grid})",
            f"said {' × '.join(map(str, shape))}, and get_grid_size {size}",
            "a shape whose product is the size",
        )


def check_units(subject: Subject, report: Report) -> str:
    """Look whether units can be converted, and fit names whose meaning is known."""
    instance = subject.start()
    found = {name: instance.units(name) for name in instance.names}
    for name, unit in found.items():
        fault = unit_fault(unit)
        if fault:
            report.error(
                f"get_var_units({name})", fault, "UDUNITS, such as mm h-1, m, W m-2, K, 1", "correct it"
            )
            continue
        if not unit:
            report.note(f"get_var_units({name})", "is empty, and taken for a number without unit", "1")
        known = known_units().get(name)
        if known is not None and not measures(unit, known):
            report.error(
                f"get_var_units({name})",
                f"said {unit!r}, and what goes by this name measures {known}",
                f"a unit that can be converted to {known}",
                "correct the unit, or give the variable another name",
            )
        elif instance.units(name) != unit:
            report.error(f"get_var_units({name})", "says something else when it is asked again", "one unit")
    return name_some([f"{name} [{unit}]" for name, unit in found.items()])
