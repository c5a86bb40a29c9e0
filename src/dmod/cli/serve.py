"""``dmod serve``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.cli.data.opening import HomeOption

if TYPE_CHECKING:
    from dmod.app.settings import DataSettings

FORMATS = ("text", "json")


def serve_command(
    home: HomeOption = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on; else 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port; 0 takes any that is free; else 8470.")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="What this process does: gateway, controller; both where left out."),
    ] = None,
    cpus: Annotated[
        int | None, typer.Option("--cpus", help="CPUs that jobs may have on this machine.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option("--memory", help="Memory that jobs may have on this machine: 24GB.")
    ] = None,
    executor: Annotated[
        list[str] | None,
        typer.Option("--executor", help="Where jobs can run beside this machine: docker, swarm, slurm."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="File with the certificate for TLS.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="File with its key.")] = None,
    example: Annotated[
        bool,
        typer.Option("--example", help="Put a synthetic basin with weather into the catalog first."),
    ] = False,
    log_format: Annotated[
        str, typer.Option("--log-format", help="text, or json: one object a line.")
    ] = "text",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Start the server: gateway, scheduler, monitor and the executor of this machine, in one process.

    It stops when it is asked to (Ctrl-C); jobs that run go on and are taken up again by the next start.
    """
    from dmod.api.serving import serve
    from dmod.app.logs import configure_logs
    from dmod.app.server_settings import read_server_settings
    from dmod.app.settings import read_settings
    from dmod.services.local_token import read_local_token

    data = read_settings({"home": None if home is None else str(home)})
    settings = read_server_settings(
        {
            "host": host, "port": port, "roles": role or None, "cpus": cpus, "memory": memory,
            "certificate": certificate, "key": key, "executors": executor,
        }
    )  # fmt: skip
    configure_logs(log_format, logging.DEBUG if verbose else logging.INFO)

    if example:
        _add_example(data)

    def ready(url: str) -> None:
        lines = [f"dmod is ready at {url}" if url else "dmod acts as controller"]
        lines.append(f"  home {data.home}")
        if url and settings.is_loopback and sys.stderr.isatty():
            # it is for who sits before it; a log file gets no token
            token = read_local_token(data.home)
            lines.append(f"  open {url}/" + ("" if token is None else f"#token={token.reveal()}"))
        if url and not settings.is_loopback and settings.certificate is None:
            lines.append(
                "  warning: tokens travel unencrypted; give --certificate, or put a proxy with TLS before it"
            )
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()

    serve(data, settings, ready)


def _add_example(settings: DataSettings) -> None:
    """Put the example data into the catalog where they are not there, and say so."""
    from dmod.app.wiring import open_catalog
    from dmod.services.data.service import DataService
    from dmod.services.example_data import add_example_data

    def say(what: str) -> None:
        sys.stderr.write(f"{what}\n")

    catalog = open_catalog(settings)
    try:
        service = DataService(catalog, settings.home, settings.owner)
        added = add_example_data(service, progress=lambda what: say(f"  making an example: {what} …"))
    finally:
        catalog.index.close()
    if added:
        say(f"  added {', '.join(dataset.name for dataset in added)}")
