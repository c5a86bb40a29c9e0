"""What the Tab key offers: names of datasets, formats, categories, kinds, derivations."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer

from dmod.errors import DmodError


def complete_datasets(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of datasets that start like this; after ``@`` the versions.

    Parameters
    ----------
    context : of the command line so far, which may name the catalog with ``--home``
    """
    from dmod.app.settings import read_settings
    from dmod.catalog.index.opening import open_index
    from dmod.catalog.index.port import Listing

    home = context.params.get("home")
    try:
        address = read_settings({"home": None if home is None else str(home)}).index
        if "://" not in address and not Path(address).exists():
            return []  # to look makes nothing
        index = open_index(address)
    except DmodError:
        return []  # a shell that completes has nowhere to show an error
    try:
        name, at, _ = incomplete.partition("@")
        if not at:
            return list(index.names(incomplete))
        from datetime import UTC, datetime

        every = index.list(Listing(pattern=name, latest=False, expired=True), datetime.now(UTC))
        return starting((dataset.reference for dataset in every), incomplete)
    except DmodError:
        return []
    finally:
        index.close()


def complete_formats(incomplete: str) -> list[str]:
    """Return the formats that start like this."""
    from dmod.catalog.data_format import FORMATS

    return starting(FORMATS, incomplete.upper())


def complete_categories(incomplete: str) -> list[str]:
    """Return the categories that start like this."""
    from dmod.catalog.category import Category

    return starting((item.value for item in Category), incomplete.upper())


def complete_kinds(incomplete: str) -> list[str]:
    """Return the kinds of data that start like this."""
    from dmod.cli.data.kinds import KINDS

    return starting(KINDS, incomplete)


def complete_derivations(incomplete: str) -> list[str]:
    """Return the derivations that start like this."""
    from dmod.services.data.derivations.registry import DERIVATIONS

    return starting(DERIVATIONS, incomplete)


def starting(names: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that start like this, in order."""
    return sorted(name for name in names if name.startswith(incomplete))
