"""The groups ``dmod job``, ``dmod token`` and ``dmod user``, and the commands beside them."""

from __future__ import annotations

import typer

from dmod.cli.jobs import accounts, acting, listing, showing, submitting, top


def _group(name: str, text: str) -> typer.Typer:
    return typer.Typer(name=name, help=text, no_args_is_help=True, rich_markup_mode=None)


job_app = _group("job", "One job of a server: what it does, what it found, and why it is where it is.")
job_app.command("show")(showing.show_command)
job_app.command("follow")(acting.follow_command)
job_app.command("logs")(showing.logs_command)
job_app.command("cancel")(acting.cancel_command)
job_app.command("retry")(acting.retry_command)
job_app.command("results")(showing.results_command)
job_app.command("why")(showing.why_command)
job_app.command("history")(showing.history_command)

token_app = _group("token", "Tokens, by which programs and machines act for a user of a server.")
token_app.command("create")(accounts.token_create_command)
token_app.command("list")(accounts.token_list_command)
token_app.command("revoke")(accounts.token_revoke_command)

user_app = _group("user", "Users of a server.")
user_app.command("add")(accounts.user_add_command)
user_app.command("list")(accounts.user_list_command)
user_app.command("disable")(accounts.user_disable_command)
user_app.command("role")(accounts.user_role_command)


def register(app: typer.Typer) -> None:
    """Add all commands about the jobs of a server."""
    app.command("submit")(submitting.submit_command)
    app.command("jobs")(listing.jobs_command)
    app.add_typer(job_app)
    app.command("top")(top.top_command)
    app.command("schema")(submitting.schema_command)
    app.add_typer(token_app)
    app.add_typer(user_app)
