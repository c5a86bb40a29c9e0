"""``dmod environment``: Python environments for modules of one's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dmod.services.environments import Environment, Environments

FolderOption = Annotated[
    Path | None, typer.Option("--folder", help="Where environments are kept; by default in the cache.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]

environment_app = typer.Typer(
    name="environment",
    help="Python environments for your own modules: built once, locked, recorded.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@environment_app.command("build")
def build_command(
    requirements: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="REQUIREMENT...", help="Such as numpy>=2, ./module.whl, ./project, name @ https://…"
        ),
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", "-r", help="File with one requirement a line.")
    ] = None,
    path: Annotated[
        Path | None,
        typer.Option("--path", help="An environment that exists, or its interpreter: look at it."),
    ] = None,
    python: Annotated[
        str, typer.Option("--python", help="Version of Python, such as 3.12; by default that of dmod.")
    ] = "",
    index: Annotated[
        str,
        typer.Option("--index", help='Address of the package index, or "none"; by default the usual one.'),
    ] = "",
    find_links: Annotated[
        list[str] | None, typer.Option("--find-links", help="Folder or address with wheels.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use only what was downloaded before, and what lies in folders.")
    ] = False,
    wheels_only: Annotated[
        bool, typer.Option("--wheels-only", help="Run no code of packages to build them.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Resolve anew, so that newer versions are taken.")
    ] = False,
    folder: FolderOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Build an environment, or find the one that was built for the same wish."""
    from dmod.errors import InputError
    from dmod.services.environments import Environments, EnvironmentSpec, read_requirements

    asked = [*(requirements or ())]
    for named in file or ():  # its relative paths start where it lies
        lines = EnvironmentSpec.parse(read_requirements(named), base=named.absolute().parent)
        asked += lines.as_json()["requirements"]
    if not asked and path is None:
        raise InputError(
            "no environment is asked for", hint="name requirements, --file FILE, or --path of one that exists"
        )
    given: dict[str, Any] = {
        "requirements": asked,
        "path": None if path is None else str(path),
        "python": python,
        "index": index,
        "find_links": find_links,
    }
    spec = EnvironmentSpec.parse({key: value for key, value in given.items() if value})
    kept = Environments(folder, offline=offline, builds=not wheels_only)
    environment = kept.build(spec, log=None if quiet else _say, refresh=refresh)
    if as_json:
        typer.echo(json.dumps(environment.record(), indent=1))
    elif not quiet:
        typer.echo("\n".join(_lines(environment)))


@environment_app.command("list")
def list_command(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """List the environments that were built, the one used last first."""
    from dmod.services.environments import Environments

    kept = Environments(folder)
    found = kept.list()
    if as_json:
        typer.echo(json.dumps([_summary(kept, one) for one in found], indent=1))
        return
    if not found:
        typer.echo(f"no environments in {kept.folder}")
    for one in found:
        asked = ", ".join(one.wish.get("requirements", ())) or "numpy"
        flaw = kept.flaw(one)
        typer.echo(
            f"{one.hash[:12]}  {one.identity.version:<8}{len(one.packages):>4} package(s)"
            f"{one.bytes / 1e6:>9,.1f} MB  used {kept.used(one):%Y-%m-%d}  {asked}"
            + (f"  [not whole: {flaw}]" if flaw else "")
        )


@environment_app.command("show")
def show_command(
    digest: Annotated[str, typer.Argument(metavar="HASH", help="Hash of an environment, or its beginning.")],
    lock: Annotated[bool, typer.Option("--lock", help="Print only the lock, with hashes.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Print only the log of the build.")] = False,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an environment: interpreter, packages, lock and log."""
    from dmod.services.environments import Environments

    kept = Environments(folder)
    environment = kept.get(digest)
    if lock:
        typer.echo(environment.lock, nl=False)
    elif log:
        typer.echo(kept.log_of(environment), nl=False)
    elif as_json:
        typer.echo(json.dumps(environment.record() | _summary(kept, environment), indent=1))
    else:
        flaw = kept.flaw(environment)
        typer.echo("\n".join([*_lines(environment), *([f"not whole: {flaw}"] if flaw else [])]))
        typer.echo(f"\nlock\n{environment.lock}\nlog\n{kept.log_of(environment)}", nl=False)


@environment_app.command("remove")
def remove_command(
    digests: Annotated[list[str], typer.Argument(metavar="HASH...", help="Hashes, or their beginnings.")],
    folder: FolderOption = None,
    quiet: QuietOption = False,
) -> None:
    """Remove environments; what was downloaded for them stays."""
    from dmod.services.environments import Environments

    kept = Environments(folder)
    for one in [kept.get(digest) for digest in digests]:
        _tell_removed([kept.remove(one.hash)], quiet=quiet)


@environment_app.command("prune")
def prune_command(
    unused_for: Annotated[
        float, typer.Option("--unused-for", min=0.0, max=36_500.0, help="Days that it was not used for.")
    ] = 30.0,
    downloads: Annotated[
        bool, typer.Option("--downloads", help="Remove also what was downloaded to build them.")
    ] = False,
    folder: FolderOption = None,
    quiet: QuietOption = False,
) -> None:
    """Remove environments that were not used for some days, and what killed builds have left."""
    from datetime import timedelta

    from dmod.services.environments import Environments

    removed = Environments(folder).prune(timedelta(days=unused_for), downloads=downloads)
    _tell_removed(removed, quiet=quiet)
    if not removed and not quiet:
        typer.echo(f"nothing was unused for {unused_for:g} days")


def environment_wish(texts: list[str] | None) -> str | list[str] | dict[str, str] | None:
    """Return the wish that ``--environment`` says: one text may be a path, or an image."""
    if not texts:
        return None
    one, image = Path(texts[0]).expanduser(), texts[0].removeprefix("image:")
    if len(texts) == 1 and one.exists():
        return str(one.absolute())
    return {"image": image} if len(texts) == 1 and "@sha256:" in image else texts


def _summary(kept: Environments, one: Environment) -> dict[str, Any]:
    return {
        "hash": one.hash,
        "python": str(one.python),
        "version": one.identity.version,
        "packages": [package._asdict() for package in one.packages],
        "bytes": one.bytes,
        "used": kept.used(one).isoformat(),
        "flaw": kept.flaw(one),
    }


def _lines(one: Environment) -> list[str]:
    lines = [
        f"environment  {one.hash}",
        f"python       {one.python}",
        f"version      {one.identity.implementation} {one.identity.version}, {one.identity.platform}",
        f"packages     {len(one.packages)}" + (f", {one.bytes / 1e6:,.1f} MB" if one.bytes else ""),
    ]
    return lines + [
        f"  {package.name} {package.version}" + (f"  from {package.source}" if package.source else "")
        for package in one.packages
    ]


def _tell_removed(removed: Sequence[Environment], *, quiet: bool) -> None:
    for one in removed:
        if not quiet:
            typer.echo(f"removed {one.hash[:12]}, {one.bytes / 1e6:,.1f} MB")


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")
