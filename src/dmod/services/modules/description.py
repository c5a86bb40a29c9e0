"""A module's reference page: what its package declares, and what it says of itself when it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dmod.engine.foreign_modules import RegisteredModule, offered_modules
from dmod.errors import NotFoundError, PluginError
from dmod.services.catalogue import describe_modules, module_table
from dmod.services.modules.child_run import TIME_LIMIT, run_child
from dmod.services.modules.child_task import ChildTask
from dmod.services.modules.registered import find_registered


@dataclass(frozen=True, slots=True)
class DescribedVariable:
    """A variable as a module describes it; "" for what it does not say."""

    name: str
    unit: str
    type: str


@dataclass(frozen=True, slots=True)
class ModuleDescription:
    """What is known of a registered module.

    Parameters
    ----------
    registered : the entry point, with what the package declares
    component : what the module calls itself, "" where it does not say
    inputs, outputs : its variables
    step : of its own, with units
    fault : why it could not be asked, "" where it could
    """

    registered: RegisteredModule
    component: str = ""
    inputs: tuple[DescribedVariable, ...] = ()
    outputs: tuple[DescribedVariable, ...] = ()
    step: str = ""
    fault: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            **entry_json(self.registered),
            "component": self.component,
            "inputs": [asdict(variable) for variable in self.inputs],
            "outputs": [asdict(variable) for variable in self.outputs],
            "step": self.step,
            "fault": self.fault,
        }

    def as_markdown(self) -> str:
        """Return it as a page of reference in Markdown."""
        module, declared = self.registered, self.registered.declaration
        if declared is None:
            return f"# {module.name}\n\nCannot be used: {module.reason}\n"
        lines = [f"# {module.name}", "", f"{declared.title}.", ""]
        lines += [declared.description, ""] if declared.description else []
        facts = [("package", f"{module.package} {module.version}".strip()), ("coupling", declared.coupling)]
        facts += [("program", declared.python_type or str(declared.library_file)), ("step", self.step)]
        facts += [("example configuration", str(declared.example_config or ""))]
        lines += ["| | |", "|---|---|", *(f"| {name} | `{text}` |" for name, text in facts if text)]
        for title, variables in (("Inputs", self.inputs), ("Outputs", self.outputs)):
            if variables:
                rows = [f"| `{v.name}` | {_cell(v.unit)} | {_cell(v.type)} |" for v in variables]
                lines += ["", f"**{title}**", "", "| name | unit | type |", "|---|---|---|", *rows]
        if self.fault:
            lines += ["", f"It could not be asked for more: {self.fault}"]
        if declared.references:
            lines += ["", "**Sources**", "", *(f"- {reference}" for reference in declared.references)]
        return "\n".join(lines) + "\n"

    def as_text(self) -> str:
        """Return it as plain text."""
        module, declared = self.registered, self.registered.declaration
        if declared is None:
            return f"{module.name}: cannot be used: {module.reason}"
        lines = [
            f"{module.name}: {declared.title}",
            f"  {module.package} {module.version}, {declared.coupling}",
        ]
        lines += [f"  {line}" for line in declared.description.splitlines()]
        for title, variables in (("inputs", self.inputs), ("outputs", self.outputs)):
            lines += _rows(title, variables)
        lines += [f"  step: {self.step}"] if self.step else []
        lines += [f"  could not be asked for more: {self.fault}"] if self.fault else []
        return "\n".join([*lines, *(f"  source: {reference}" for reference in declared.references)])


def describe_module(name: str, *, time_limit: float = TIME_LIMIT) -> ModuleDescription:
    """Ask a registered module for what it says of itself, in a process of its own.

    Raises
    ------
    NotFoundError
        no package registers a module of that name.
    PluginError
        the package that does is broken.
    """
    found = next(iter(find_registered(name, time_limit=time_limit)), None)
    if found is None:
        names = [module.name for module in offered_modules()]
        raise NotFoundError(
            f"there is no module {name!r}", hint=f"installed packages have {', '.join(names) or 'none'}"
        )
    if found.declaration is None:
        raise PluginError(f"module {name} of {found.package or found.value} cannot be used: {found.reason}")
    config = str(found.declaration.example_config or "")
    end = run_child(ChildTask("describe", found.declaration.spec(name), config), time_limit)
    said = {event["event"]: event.get("text", "") for event in end.told}
    fault = next((event["reason"] for event in end.told if event["event"] == "failed"), "")
    lost = f"{end.call or 'loading it'} {end.fault}" if end.fault else ""
    inputs, outputs = (
        tuple(
            DescribedVariable(event["name"], event["unit"], event["type"])
            for event in end.told
            if event["event"] == "variable" and event["role"] == role
        )
        for role in ("input", "output")
    )
    return ModuleDescription(
        found, said.get("component", ""), inputs, outputs, said.get("step", ""), lost or fault
    )


def list_modules() -> list[dict[str, Any]]:
    """Return native and registered modules as data; a broken one with the reason."""
    native = [
        {
            "name": module["name"],
            "kind": "native",
            "title": module["title"],
            "revision": module["revision"],
            "default": module["default"],
        }
        for module in describe_modules()
    ]
    return [*native, *(entry_json(module) for module in find_registered())]


def entry_json(module: RegisteredModule) -> dict[str, Any]:
    """Return a registered module as JSON data."""
    declared = module.declaration
    return {
        "name": module.name,
        "kind": "registered",
        "title": declared.title if declared else "",
        "package": module.package,
        "version": module.version,
        "value": module.value,
        "coupling": declared.coupling if declared else "",
        "description": declared.description if declared else "",
        "references": list(declared.references) if declared else [],
        "example_config": str(declared.example_config) if declared else "",
        "usable": declared is not None,
        "reason": module.reason,
    }


def list_text(listed: Sequence[dict[str, Any]]) -> str:
    """Return the listing as plain text."""
    native = module_table(describe_modules(), whole=False).splitlines()
    lines = ["native", *(f"  {line}" for line in native), "registered by installed packages"]
    registered = [module for module in listed if module["kind"] == "registered"]
    for module in registered:
        what = module["title"] if module["usable"] else f"cannot be used: {module['reason']}"
        where = f"{module['package']} {module['version']}".strip()
        lines.append(f"  {module['name']}: {what} ({where or module['value']})")
    return "\n".join(lines if registered else [*lines, "  none; see `dmod module new`"])


def _rows(title: str, variables: Sequence[DescribedVariable]) -> list[str]:
    if not variables:
        return []
    name = max(len(variable.name) for variable in variables)
    return [f"  {title}", *(f"    {v.name:<{name}}  [{v.unit}]  {v.type}".rstrip() for v in variables)]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
