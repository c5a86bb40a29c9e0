"""``dmod user`` and ``dmod token``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from dmod.accounts.role import Role, Scope
from dmod.cli.data.moments import parse_duration
from dmod.cli.data.opening import QuietOption, note, show
from dmod.cli.jobs.connecting import HomeOption, JsonOption, ServerOption, connected
from dmod.cli.jobs.table import moment, table_lines

NameArgument = Annotated[str, typer.Argument(help="Name of the user.")]
FOREVER = "never"
TOKEN_ID = re.compile("[a-z0-9]{12}")


def token_create_command(
    name: Annotated[str, typer.Argument(help="What it is for: laptop.")],
    user: Annotated[str, typer.Option("--user", help="Whose it is; else your own.")] = "",
    scope: Annotated[
        list[Scope] | None, typer.Option("--scope", help="What it is for; else all that it can be for.")
    ] = None,
    expires: Annotated[
        str, typer.Option("--expires", help="How long it is valid: 30d, 12h, or never.")
    ] = "90d",
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a token, and print its text, which nobody can find out later."""
    lifetime = None if expires == FOREVER else parse_duration(expires, "--expires")
    scopes = None if not scope else [item.value for item in scope]
    with connected(server, home) as client:
        made = client.create_token(name, user=user, scopes=scopes, lifetime=lifetime)
    show(made, [made["text"]], as_json=as_json, quiet=False)
    note("this is shown only now; whoever has it acts as you: keep it where nobody else reads", quiet=quiet)


def token_list_command(
    user: Annotated[str, typer.Option("--user", help="Whose they are; else your own.")] = "",
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List tokens, without their texts."""
    with connected(server, home) as client:
        found = client.tokens(user)
    heads = ("token", "user", "name", "for", "made", "used", "until", "")
    rows = [
        (
            item["id"],
            item["user"],
            item["name"],
            " ".join(item["scopes"]),
            _at(item["created"]),
            _at(item["last_used"]),
            _at(item["expires"]),
            "revoked" if item["revoked"] else "",
        )
        for item in found
    ]
    show(found, _table(heads, rows, "no tokens"), as_json=as_json, quiet=False)


def token_revoke_command(
    token: Annotated[str, typer.Argument(help="Its id, as in the list.")],
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Let a token be valid no more, at once."""
    from dmod.accounts.secret import Secret, id_of
    from dmod.errors import InputError

    # who pastes the text of a token means its id, and the text stays out of addresses
    token_id = id_of(Secret(token)) or token
    if not TOKEN_ID.fullmatch(token_id):
        raise InputError("that is no id of a token", hint="`dmod token list` shows the ids")
    with connected(server, home) as client:
        found = client.revoke_token(token_id)
    show(found, [f"{found['id']}: revoked"], as_json=as_json, quiet=quiet)


def user_add_command(
    name: NameArgument,
    role: Annotated[Role, typer.Option("--role", help="What the user may do.")] = Role.USER,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a user, who can act once there is a token."""
    from dmod.accounts.user import require_name

    require_name(name)
    with connected(server, home) as client:
        made = client.create_user(name, role.value)
    lines = [_told(made), f"  make a token: dmod token create NAME --user {made['name']}"]
    show(made, lines, as_json=as_json, quiet=quiet)


def user_list_command(
    server: ServerOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """List users."""
    with connected(server, home) as client:
        found = client.users()
    rows = [
        (
            item["name"],
            item["role"],
            _at(item["created"]),
            f"disabled {_at(item['disabled'])}" if item["disabled"] else "",
        )
        for item in found
    ]
    show(found, _table(("user", "role", "made", ""), rows, "no users"), as_json=as_json, quiet=False)


def user_disable_command(
    name: NameArgument,
    again: Annotated[bool, typer.Option("--undo", help="Let the user act again.")] = False,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Let nobody act as a user any more; tokens and jobs stay."""
    with connected(server, home) as client:
        changed = client.change_user(name, disabled=not again)
    show(changed, [_told(changed)], as_json=as_json, quiet=quiet)


def user_role_command(
    name: NameArgument,
    role: Annotated[Role, typer.Argument(help="What the user may do from now on.")],
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Give a user another role; tokens may at once no more than it allows."""
    with connected(server, home) as client:
        changed = client.change_user(name, role=role.value)
    show(changed, [_told(changed)], as_json=as_json, quiet=quiet)


def _told(user: Mapping[str, Any]) -> str:
    return f"{user['name']}: {user['role']}{', disabled' if user['disabled'] else ''}"


def _at(text: str | None) -> str:
    from dmod.client.record import time_or_none

    return moment(time_or_none(text))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], nothing: str) -> list[str]:
    return table_lines(heads, rows) if rows else [nothing]
