"""``dmod module``: tools for those who write modules."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli.environment import environment_wish

if TYPE_CHECKING:
    from dmod.services.modules.program_name import Target


class Language(StrEnum):
    """Of a module."""

    python = "python"
    c = "c"
    cpp = "c++"
    fortran = "fortran"


Program = Annotated[
    str,
    typer.Argument(
        help="package.module:Class, a shared library (.so), or a name of `dmod module list`.",
    ),
]
Config = Annotated[Path | None, typer.Option("--config", help="The module's own configuration file.")]
PythonPath = Annotated[Path | None, typer.Option("--python-path", help="Folder to import the class from.")]
LibraryLanguage = Annotated[
    Language | None, typer.Option("--language", help="Of a library; found out where it is not given.")
]
Registration = Annotated[
    str | None,
    typer.Option("--registration-function", help="Of a library in C or Fortran; register_bmi if not given."),
]
Create = Annotated[
    str | None, typer.Option("--create-function", help="Of a library in C++; bmi_model_create if not given.")
]
Destroy = Annotated[
    str | None,
    typer.Option("--destroy-function", help="Of a library in C++; bmi_model_destroy if not given."),
]
TimeLimit = Annotated[float, typer.Option("--time-limit", help="Seconds that one check may take.")]
WithEnvironment = Annotated[
    list[str] | None,
    typer.Option(
        "--environment",
        help="Where a class in Python is called, as in runs: a virtual environment's path, a file of "
        "requirements (.txt), or a requirement; repeat it for several requirements.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]

module_app = typer.Typer(
    name="module",
    help="For those who write modules: a skeleton, a check, a benchmark, what is installed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@module_app.command("new")
def new_command(
    name: Annotated[str, typer.Argument(help="Name of the module: linear-reservoir.")],
    language: Annotated[Language, typer.Option("--language", help="To write it in.")] = Language.python,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to write; ./NAME if not given.")
    ] = None,
    vectorised: Annotated[
        bool, typer.Option("--vectorised", help="In Python: one instance for many catchments.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write a module to begin with: a linear reservoir with tests, an example and an explanation."""
    from dmod.services.modules.skeleton import write_skeleton

    made = write_skeleton(name, language=language.value, output=output, vectorised=vectorised)
    if as_json:
        plain = {"folder": str(made.folder), "files": made.files, "program": made.program}
        typer.echo(json.dumps({**plain, "commands": made.commands}, indent=1))
    elif not quiet:
        lines = [f"wrote {made.folder}: {', '.join(made.files)}", "next:", f"  cd {made.folder}"]
        typer.echo("\n".join([*lines, *(f"  {command}" for command in made.commands)]))


@module_app.command("check")
def check_module_command(
    program: Program,
    config: Config = None,
    python_path: PythonPath = None,
    language: LibraryLanguage = None,
    registration_function: Registration = None,
    create_function: Create = None,
    destroy_function: Destroy = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="One check, by the name that it has in the table.")
    ] = None,
    steps: Annotated[int, typer.Option("--steps", help="Over how many steps runs go.")] = 240,
    time_limit: TimeLimit = 60.0,
    environment: WithEnvironment = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Check whether a module conforms with the Basic Model Interface 2.0; exit status 1 if it does not."""
    from dmod.services.modules.check import check_module
    from dmod.services.modules.child_task import CHECK_NAMES

    target = _target(
        program, config, python_path, language, (registration_function, create_function, destroy_function)
    )
    found = check_module(
        target,
        names=tuple(only) if only else CHECK_NAMES,
        steps=steps,
        time_limit=time_limit,
        progress=None if quiet or as_json else _say,
        environment=environment_wish(environment),
    )
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=1))
    elif not quiet:
        typer.echo(found.as_text())
    elif not found.ok:
        typer.echo("\n".join(f"{f.check}: {f.where}: {f.what}" for f in found.of("error")), err=True)
    if not found.ok:
        raise typer.Exit(1)


@module_app.command("bench")
def bench_command(
    program: Program,
    config: Config = None,
    python_path: PythonPath = None,
    language: LibraryLanguage = None,
    registration_function: Registration = None,
    create_function: Create = None,
    destroy_function: Destroy = None,
    catchments: Annotated[int, typer.Option("--catchments", "-n", help="How many.")] = 100,
    steps: Annotated[
        int, typer.Option("--steps", help="How many; fewer where the module ends before.")
    ] = 1000,
    native: Annotated[
        bool, typer.Option("--native/--no-native", help="Measure CFE, PET and TOPMODEL beside it.")
    ] = True,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Seconds that one pass may take.")
    ] = 300.0,
    environment: WithEnvironment = None,
    as_json: Json = False,
) -> None:
    """Measure what a module costs per catchment and step, beside native modules on this machine."""
    from dmod.services.modules.bench import bench_module

    target = _target(
        program, config, python_path, language, (registration_function, create_function, destroy_function)
    )
    cost = bench_module(
        target,
        catchments=catchments,
        steps=steps,
        native=native,
        time_limit=time_limit,
        environment=environment_wish(environment),
    )
    typer.echo(json.dumps(cost.as_json(), indent=1) if as_json else cost.as_text())


@module_app.command("list")
def list_modules_command(as_json: Json = False) -> None:
    """List native modules and those that installed packages register; broken ones with the reason."""
    from dmod.services.modules.description import list_modules, list_text

    listed = list_modules()
    typer.echo(json.dumps(listed, indent=1) if as_json else list_text(listed))


@module_app.command("show")
def show_module_command(
    name: Annotated[str, typer.Argument(help="A name of `dmod module list`.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a page of reference.")] = False,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Seconds that the module may take.")
    ] = 60.0,
    as_json: Json = False,
) -> None:
    """Describe a module: what its package declares, its inputs and outputs with units."""
    from dmod.engine.models.registry import names

    if name in names():
        _show_native(name, markdown=markdown, as_json=as_json)
        return
    from dmod.services.modules.description import describe_module

    found = describe_module(name, time_limit=time_limit)
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=1))
    else:
        typer.echo(found.as_markdown().rstrip("\n") if markdown else found.as_text())


def _show_native(name: str, *, markdown: bool, as_json: bool) -> None:
    from dmod.errors import InputError
    from dmod.services.catalogue import describe_modules, module_table

    if markdown:
        raise InputError(
            f"{name} is a native module, and has its page already", hint="docs/reference/modules.md"
        )
    described = describe_modules(name)
    if as_json:
        typer.echo(json.dumps(described, indent=1))
    else:
        typer.echo(module_table(described, whole=True))


def _target(
    program: str,
    config: Path | None,
    python_path: Path | None,
    language: Language | None,
    functions: tuple[str | None, str | None, str | None],
) -> Target:
    from dmod.services.modules.program_name import ProgramOptions, find_target

    registration, create, destroy = (function or "" for function in functions)
    options = ProgramOptions(
        "" if language is None else language.value, python_path or "", registration, create, destroy
    )
    return find_target(program, options, config)


def _say(check: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"  checking {check} …\n")
