"""What a module says of itself. Runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable

from dmod.errors import DmodError
from dmod.services.modules.child_task import ChildTask, Telling
from dmod.services.modules.subject import Subject, instance_maker
from dmod.services.modules.trail import Trail
from dmod.services.modules.watched import Watched


def describe(task: ChildTask, tell: Telling, trail: Trail) -> None:
    """Tell a module's name, variables with units and types, and its step, as far as it says them.

    Without a configuration it is asked as it is before it begins; many modules answer then.
    """
    try:
        subject = Subject(instance_maker(task.spec), task.config, trail)
        instance = subject.start() if task.config else subject.new()
    except DmodError as error:
        tell("failed", reason=error.message)
        return
    if instance.offers("get_component_name"):
        _tell(tell, "component", lambda: instance.component)
    for role in ("input", "output"):
        _tell_variables(tell, instance, role)
    _tell(tell, "step", lambda: f"{instance.time_step:g} {instance.time_units}")


def _tell_variables(tell: Telling, instance: Watched, role: str) -> None:
    try:
        names = instance.input_names if role == "input" else instance.output_names
    except DmodError as error:
        tell("failed", reason=error.message)
        return
    for name in names:
        said = {}
        for what, ask in (("unit", instance.units), ("type", instance.type)):
            try:
                said[what] = ask(name)
            except DmodError:
                said[what] = ""  # some say it only after they began
        tell("variable", role=role, name=name, **said)


def _tell(tell: Telling, what: str, ask: Callable[[], str]) -> None:
    try:
        said = ask()
    except DmodError:
        return
    tell(what, text=said)
