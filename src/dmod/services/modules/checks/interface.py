"""Whether all functions are there, and whether a module begins."""

from __future__ import annotations

from pathlib import Path

from dmod.core.problem import name_some
from dmod.engine.foreign.compiled_module import CompiledModule
from dmod.engine.foreign.interface import FUNCTIONS, NEEDED
from dmod.engine.foreign.python_module import PythonModule
from dmod.errors import DmodError
from dmod.services.modules.checks.many import is_vectorised
from dmod.services.modules.subject import Report, Subject

GRID = tuple(name for name in FUNCTIONS if name.startswith("get_grid_"))
_NOT_IN_FORTRAN = ("get_value_ptr", "get_value_at_indices", "set_value_at_indices")
_WANTED = {
    "update_until": "runs whose step is not the module's own need it",
    "get_component_name": "messages and listings cannot name the module",
    "get_var_grid": "the size of a variable cannot be told from its grid",
    "get_input_item_count": "frameworks that make room for the names beforehand cannot use the module",
    "get_output_item_count": "frameworks that make room for the names beforehand cannot use the module",
    "get_grid_size": "the size of a variable cannot be told from its grid",
}


def check_functions(subject: Subject, report: Report) -> str:
    """Look whether every function of the interface is there."""
    instance = subject.new()
    expected = [name for name in FUNCTIONS if not _is_unbound(instance.module, name)]
    missing = [name for name in expected if not instance.offers(name)]
    if "initialize" in missing and is_vectorised(instance.module):
        missing.remove("initialize")
    needed = {name for name in NEEDED if not (name in _WANTED and isinstance(instance.module, PythonModule))}
    for name in missing:
        if name in needed:
            report.error(name, "is not there", "a run needs it", f"write {name}")
        elif name in _WANTED:
            report.warning(name, "is not there", f"without it {_WANTED[name]}", f"write {name}")
    others = [name for name in missing if name not in needed and name not in _WANTED]
    grid, rest = [n for n in others if n in GRID], [n for n in others if n not in GRID]
    if rest:
        report.note("", f"these functions are not there: {', '.join(rest)}", "dmod does without them")
    if grid:
        report.note(
            "",
            f"{len(grid)} of the {len(GRID)} functions of grids are not there: {name_some(grid)}",
            "scalar variables do without them",
        )
    return f"{len(expected) - len(missing)} of {len(expected)} functions are there"


def check_initialize(subject: Subject, report: Report) -> str:
    """Look whether a module begins with its configuration."""
    instance = subject.new()
    try:
        instance.initialize(subject.config)
    except DmodError as error:
        if subject.config:
            raise
        report.error(
            "initialize",
            f"failed without a configuration file: {error.message}",
            to_do="give the module's configuration file with --config",
        )
        return ""
    instance.finalize()
    return f"begins with {Path(subject.config).name}" if subject.config else "begins without a configuration"


def check_missing_configuration(subject: Subject, report: Report) -> str:
    """Look whether a configuration file that does not exist is noticed."""
    if not subject.config:
        return "the module has no configuration file"
    instance = subject.new()
    try:
        instance.initialize(str(Path(subject.config).with_name("no-such-file-of-any-module")))
    except DmodError:
        return "a configuration file that does not exist is refused"
    report.warning(
        "initialize",
        "went well with a configuration file that does not exist",
        "a wrong path has to fail, or runs go on with values that nobody gave",
        "return a status that is not zero, or raise",
    )
    return ""


def _is_unbound(module: object, name: str) -> bool:
    """Whether the binding of a language has no such function."""
    return isinstance(module, CompiledModule) and module.by_reference and name in _NOT_IN_FORTRAN
