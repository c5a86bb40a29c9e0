"""``dmod evaluate``: scores of many runs at many gauges."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from dmod.cli import evaluate_compare, evaluate_library, evaluate_lists, evaluate_run

RUN = "run"


class RunUnlessNamed(TyperGroup):
    """A group that takes what is none of its commands for the specification of one to run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in front that is meant."""
        plain = [word for word in args if word not in ctx.help_option_names]
        if plain and plain[0] not in self.commands:
            args = [RUN, *args]
        return super().parse_args(ctx, args)


evaluate_app = typer.Typer(
    name="evaluate",
    cls=RunUnlessNamed,
    help="Score runs against observations, at one gauge or at thousands. `dmod evaluate SPEC` runs one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
evaluate_app.command(RUN)(evaluate_run.run_command)
evaluate_app.command("compare")(evaluate_compare.compare_command)
evaluate_app.command("metrics")(evaluate_lists.metrics_command)
evaluate_app.command("validate")(evaluate_lists.validate_command)
evaluate_app.command("schema")(evaluate_lists.schema_command)
evaluate_app.add_typer(evaluate_library.library_app)
