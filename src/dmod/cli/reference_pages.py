"""The reference pages that are written from the code: the command line and the native modules.

``python -m dmod.cli.reference_pages docs/reference`` writes them; a test fails when they are out of date.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from typer import Typer
from typer.models import ArgumentInfo

from dmod import errors
from dmod.cli.main import app
from dmod.services.catalogue import describe_modules

WRITTEN_BY = "<!-- Written by `python -m dmod.cli.reference_pages docs/reference`; do not edit. -->"
INTERRUPTED = 130
USAGE = 2


def pages() -> Mapping[str, str]:
    """Return each page's text by file name."""
    return {"cli.md": command_page(), "modules.md": module_page()}


@dataclass(frozen=True, slots=True)
class Choice:
    """An argument or option of a command.

    Parameters
    ----------
    names : as they are typed; of an argument its one name in capitals
    value : what stands after an option, "" for a switch
    default : "" for none
    """

    names: tuple[str, ...]
    value: str
    default: str
    help: str
    is_argument: bool = False


def commands() -> dict[str, Callable[..., None]]:
    """Return the functions behind the commands by name; those of a group by both names."""
    return dict(_commands(app, ""))


def _commands(group: Typer, above: str) -> Iterator[tuple[str, Callable[..., None]]]:
    for info in group.registered_commands:
        if info.callback is not None and not info.hidden:
            yield f"{above}{info.name}", info.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _commands(inner.typer_instance, f"{above}{inner.typer_instance.info.name} ")


def choices_of(command: Callable[..., None]) -> list[Choice]:
    """Return the arguments and options of a command in their order."""
    hints = get_type_hints(command, include_extras=True)
    found = []
    for name, parameter in inspect.signature(command).parameters.items():
        if get_origin(hints[name]) is not Annotated:
            continue  # the context of the call, no option
        kind, info = get_args(hints[name])
        if isinstance(info, ArgumentInfo):
            required = parameter.default is inspect.Parameter.empty
            found.append(Choice((name.upper(),), "", "required" if required else "", info.help or "", True))
            continue
        # inside Annotated the first spelling stands where the default would
        spelled = [text for text in (info.default, *(info.param_decls or ())) if isinstance(text, str)]
        names = tuple(part for text in spelled for part in text.split("/"))
        names = names or (f"--{name.replace('_', '-')}",)
        found.append(Choice(names, _value(kind), _default(names, parameter.default), info.help or ""))
    return found


def command_page() -> str:
    """Return the page of commands, options and exit statuses."""
    lines = [
        "# Command line",
        "",
        WRITTEN_BY,
        "",
        f"{app.info.help} `dmod --version` shows the version; `-h` after any command shows its options.",
        "",
    ]
    lines += ["| command | what it does |", "|---|---|"]
    lines += [
        f"| [`dmod {name}`](#dmod-{name.replace(' ', '-')}) | {_first_line(c.__doc__)} |"
        for name, c in commands().items()
    ]
    for name, command in commands().items():
        lines += ["", f"## dmod {name}", "", _first_line(command.__doc__), "", *_usage(name, command)]
    lines += ["", *_exit_statuses()]
    return "\n".join(lines) + "\n"


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def _usage(name: str, command: Callable[..., None]) -> Iterator[str]:
    choices = choices_of(command)
    words = [
        choice.names[0] if choice.default == "required" else f"[{choice.names[0]}]"
        for choice in choices
        if choice.is_argument
    ]
    yield "```text"
    yield " ".join(["dmod", name, *words, *(["[OPTIONS]"] if len(choices) > len(words) else [])])
    yield "```"
    yield from _table(
        "",
        ("", "default", "meaning"),
        [
            (
                ", ".join(f"`{part}`" for part in choice.names)
                + (f" {choice.value}" if choice.value else ""),
                choice.default,
                choice.help,
            )
            for choice in choices
        ],
    )


def _value(kind: Any) -> str:
    """Return what is to be written after an option of a type."""
    parts = [part for part in get_args(kind) if part is not type(None)]
    if isinstance(kind, types.UnionType):
        return _value(parts[0])
    if get_origin(kind) is list:
        return f"{_value(parts[0])} (repeatable)"
    if issubclass(kind, Enum):
        return " or ".join(f"`{member.value}`" for member in kind)
    words: dict[Any, str] = {bool: "", int: "N", float: "NUMBER", Path: "PATH"}
    return words.get(kind, "TEXT")


def _default(names: tuple[str, ...], value: Any) -> str:
    value = getattr(value, "value", value)
    if value is inspect.Parameter.empty:
        return "required"
    if value is None or value is False:
        return ""
    if value is True:
        return f"`{names[0]}`"
    return f"`{value}`"


def _exit_statuses() -> Iterator[str]:
    yield "## Exit status"
    yield ""
    yield "An error is one message on standard error: what was wrong and where, then a hint."
    yield ""
    yield "| status | error | meaning |"
    yield "|---|---|---|"
    yield "| 0 | | success |"
    classes = [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.DmodError)
    ]
    for error in sorted(classes, key=lambda item: item.exit_code):
        yield f"| {error.exit_code} | `{error.__name__}` | {_first_line(error.__doc__)} |"
    yield f"| {USAGE} | | the command line cannot be understood, or `dmod check` found an error |"
    yield "| 0, 1, 4, 9 | | a job that was followed is completed, failed, was cancelled, timed out |"
    yield "| 70 | | a fault of dmod; `DMOD_DEBUG=1` shows where |"
    yield f"| {INTERRUPTED} | | interrupted with Ctrl-C; nothing half-written is left |"
    yield "| 129, 143 | | ended by a hang-up or a request to terminate; nothing half-written is left |"


def module_page() -> str:
    """Return the page of native modules."""
    described = describe_modules()
    lines = [
        "# Native modules",
        "",
        WRITTEN_BY,
        "",
        "What the native engine runs. `dmod modules NAME` prints the same; `dmod modules --json` gives data.",
        "How configuration files are read: [module files](configuration/module-files.md). Whose behaviour is",
        "followed where the equation says otherwise: [behaviour](behaviour.md).",
        "",
        "| module | revision | what it is |",
        "|---|---|---|",
    ]
    for module in described:
        lines.append(
            f"| [`{module['name']}`](#{_anchor(module)}) | {_revision(module)} | {module['title']} |"
        )
    for module in described:
        lines += ["", *_module(module)]
    return "\n".join(lines) + "\n"


def _heading(module: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (module["name"], module["revision"])))


def _anchor(module: Mapping[str, Any]) -> str:
    return _heading(module).replace(" ", "-")


def _revision(module: Mapping[str, Any]) -> str:
    if not module["revision"]:
        return ""
    return f"`{module['revision']}`" + (" (default)" if module["default"] else "")


def _module(module: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {_heading(module)}"
    yield ""
    yield f"{module['title']}."
    if module["known_imbalance"]:
        yield ""
        yield f"Known imbalance: {_cell(module['known_imbalance'])}"
    yield from _table(
        "Parameters",
        ("key", "unit", "meaning", "allowed", "default"),
        [_parameter_row(p) for p in module["parameters"]],
    )
    if module["settable"]:
        yield ""
        yield "`model_params` can set: " + ", ".join(f"`{name}`" for name in module["settable"]) + "."
    for kind in ("inputs", "outputs", "states"):
        rows = [(f"`{v['name']}`", v["unit"], v["description"]) for v in module[kind]]
        yield from _table(kind.capitalize(), ("name", "unit", "meaning"), rows)
    if module["references"]:
        yield ""
        yield "**Sources**"
        yield ""
        yield from (f"- {reference}" for reference in module["references"])


def _parameter_row(parameter: Mapping[str, Any]) -> tuple[str, ...]:
    keys = " or ".join(f"`{key}`" for key in parameter["keys"])
    allowed = " or ".join(f"`{choice}`" for choice in parameter["choices"])
    low, high = parameter["minimum"], parameter["maximum"]
    if low is not None or high is not None:
        allowed = f"{'…' if low is None else f'{low:g}'} to {'…' if high is None else f'{high:g}'}"
    default = "required" if parameter["required"] else parameter["default"]
    return keys, parameter["unit"], parameter["description"], allowed, "" if default is None else str(default)


def _table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    if title:
        yield f"**{title}**"
        yield ""
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(_cell(cell) for cell in row) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write the pages into the folder that is given."""
    folder = Path(sys.argv[1])
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
