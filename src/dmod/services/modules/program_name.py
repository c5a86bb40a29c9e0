"""Which module a user means: a class of Python, a library, or a name that an installed package registers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from dmod.engine.foreign.program import ProgramSpec
from dmod.errors import InputError, NotFoundError, PluginError
from dmod.services.modules.registered import find_registered

COUPLING_OF = {"c": "bmi_c", "c++": "bmi_c++", "fortran": "bmi_fortran", "python": "bmi_python"}
"""Language → the coupling of its modules."""
_CLASS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*[.:][^\W\d]\w*")
_LIBRARY = re.compile(r"\.(so(\.\d+)*|dylib)$")


@dataclass(frozen=True, slots=True)
class ProgramOptions:
    """What is said of a program beside its name; "" for what is not said.

    Parameters
    ----------
    language : ``c``, ``c++``, ``fortran`` or ``python``
    python_path : folder to import a class from
    registration_function, create_function, destroy_function : of a library
    """

    language: str = ""
    python_path: str | Path = ""
    registration_function: str = ""
    create_function: str = ""
    destroy_function: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A module that tools look at.

    Parameters
    ----------
    name : as the user said it
    spec : how it is opened; every path is absolute
    config : its configuration file, "" for none
    """

    name: str
    spec: ProgramSpec
    config: str = ""


def find_target(
    program: str, options: ProgramOptions | None = None, config: str | Path | None = None
) -> Target:
    """Return the module that a name means.

    Parameters
    ----------
    program : ``package.module:Class`` or ``package.module.Class``, a shared library, or the name under which
        an installed package registers a module
    config : the module's configuration file; that of the registration where none is given

    Raises
    ------
    InputError
        the language does not fit, the configuration is no file, or the name says none of these.
    NotFoundError
        there is no such library.
    PluginError
        the package that registers it is broken.
    """
    chosen = options or ProgramOptions()
    if chosen.language and chosen.language not in COUPLING_OF:
        raise InputError(
            f"language {chosen.language!r} is unknown", hint=f"there are {', '.join(COUPLING_OF)}"
        )
    found = _registered(program) or _named(program, chosen)
    if config is None:
        return found
    path = Path(config).absolute()
    if not path.is_file():
        raise InputError(f"--config {config} is no file", hint="give the module's own configuration file")
    return replace(found, config=str(path))


def _registered(program: str) -> Target | None:
    module = next(iter(find_registered(program)), None)
    if module is None:
        return None
    if module.declaration is None:
        raise PluginError(
            f"module {program} of {module.package or module.value} cannot be used: {module.reason}",
            hint="tell its authors, or install another version",
        )
    return Target(program, module.declaration.spec(program), str(module.declaration.example_config or ""))


def _named(program: str, options: ProgramOptions) -> Target:
    path = Path(program)
    is_library = bool(_LIBRARY.search(program)) or (path.is_file() and path.suffix != ".py")
    if is_library:
        return Target(program, _library(path, options))
    if options.language not in {"", "python"}:
        raise NotFoundError(
            f"there is no library {program}", hint="give the path of the shared library (.so)"
        )
    if not _CLASS.fullmatch(program):
        raise InputError(
            f"{program!r} names no module",
            hint="it can be package.module:Class, a shared library (.so), or a name of `dmod module list`",
        )
    folder = str(Path(options.python_path).absolute()) if options.python_path else ""
    dotted = program.replace(":", ".")
    title = dotted.rpartition(".")[2]
    return Target(program, ProgramSpec("bmi_python", title, python_type=dotted, python_path=folder))


def _library(path: Path, options: ProgramOptions) -> ProgramSpec:
    if not path.is_file():
        raise NotFoundError(f"library {path} does not exist", hint="compile it first, or correct the path")
    if options.language == "python":
        raise InputError(f"{path} is a library, and no class", hint="give --language c, c++ or fortran")
    absolute = path.absolute()
    language = options.language or _language_of(absolute, options)
    return ProgramSpec(
        COUPLING_OF[language],
        path.name,
        library_file=str(absolute),
        registration_function=options.registration_function,
        create_function=options.create_function,
        destroy_function=options.destroy_function,
    )


def _language_of(path: Path, options: ProgramOptions) -> str:
    """Return the language of a library by the functions that it shows."""
    from dmod.engine.foreign.elf import exported_functions

    offered = set(exported_functions(path))
    create = options.create_function or "bmi_model_create"
    register = options.registration_function or "register_bmi"
    if create in offered:
        return "c++"
    if not offered:
        return "c"  # no library at all: opening it says what is wrong
    # the binding of Fortran modules shows a getter for each type
    if "get_value_double" in offered:
        return "fortran"
    if register in offered:
        return "c"
    shown = ", ".join(sorted(name for name in offered if not name.startswith("_"))[:8])
    raise InputError(
        f"{path} does not tell its language: it has neither {register!r} nor {create!r}",
        hint=f"give --language, with --registration-function or --create-function; it has {shown}",
    )
