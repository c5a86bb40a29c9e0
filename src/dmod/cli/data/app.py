"""The sub-commands of ``dmod data``."""

from __future__ import annotations

import typer

from dmod.cli.data import adding, finding, keeping, listing

data_app = typer.Typer(
    name="data",
    help="Datasets: put in once, found by what they cover, derived, traced, proven, never lost.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
data_app.command("add")(adding.add_command)
data_app.command("get")(keeping.get_command)
data_app.command("list")(listing.list_command)
data_app.command("show")(listing.show_command)
data_app.command("detect")(adding.detect_command)
data_app.command("find")(finding.find_command)
data_app.command("plan")(finding.plan_command)
data_app.command("derive")(finding.derive_command)
data_app.command("lineage")(keeping.lineage_command)
data_app.command("verify")(keeping.verify_command)
data_app.command("export")(keeping.export_command)
data_app.command("import")(adding.import_command)
data_app.command("rm")(keeping.rm_command)
data_app.command("gc")(keeping.gc_command)
data_app.command("edit")(keeping.edit_command)
data_app.command("share")(keeping.share_command)
data_app.command("reindex")(keeping.reindex_command)
data_app.command("formats")(listing.formats_command)
data_app.command("derivations")(listing.derivations_command)
