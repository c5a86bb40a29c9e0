"""The reference page of derivations: ``python -m dmod.services.data.derivations.page PAGE``."""

from __future__ import annotations

from dmod.catalog.derivation import Derivation
from dmod.services.data.derivations.registry import OWN, find_derivation

HEAD = """\
# Derivations

<!-- Written by `python -m dmod.services.data.derivations.page docs/reference/derivations.md` from
src/dmod/services/data/derivations. -->

What dmod can make when nothing in the catalog is what is asked for. A derivation says which datasets it
needs; those that are not there either are derived in turn. Its result is kept under a hash of the
derivation, its choices and the content of what went in: the same is never made twice, and equal inputs give
equal bytes. An interrupted derivation goes on when the same is asked for again.

Choices are given with the requirement (`--set NAME=VALUE`), and reach those derivations in the chain that
take them. A dataset that was derived with another choice than the one that is asked for is passed over; one
that a user brought is taken at its word.

| derivation | makes | what it does |
|---|---|---|
"""

TAIL = """
## Derivations of other packages

A package adds its own by an entry point:

```toml
[project.entry-points."dmod.derivations"]
my-derivation = "my_package.my_module:DERIVATION"
```

`DERIVATION` is a `dmod.catalog.derivation.Derivation`. One that cannot be loaded is left out of planning, and
reported by name when it is asked for.
"""


def derivations_page() -> str:
    """Return the reference page ``docs/reference/derivations.md``."""
    found = [find_derivation(name) for name in OWN]
    rows = [f"| [`{d.name}`](#{d.name}) | {', '.join(_formats(d))} | {d.title} |\n" for d in found]
    return HEAD + "".join((*rows, *map(_section, found))) + TAIL


def _formats(derivation: Derivation) -> list[str]:
    return [f"`{item.name}`" for item in derivation.makes[1]]


def _section(derivation: Derivation) -> str:
    doc = " ".join((derivation.run.__doc__ or "").split())
    needs = " ".join((derivation.needs.__doc__ or "").split()).removeprefix("Return ")
    makes = f"Makes {derivation.makes[0]} data as {', '.join(_formats(derivation))}."
    title = f"{_sentence(derivation.title)} Version {derivation.version}. {makes}"
    lines = [f"\n## {derivation.name}\n\n{title}\n\n{doc}\n\n**Needs** {needs}\n"]
    if derivation.several:
        roles = ", ".join(sorted(derivation.several))
        lines.append(f"\nSeveral datasets that together cover the need will do as: {roles}.\n")
    if derivation.parameters:
        lines.append("\n| choice | default | meaning |\n|---|---|---|\n")
        lines += [f"| `{p.name}` | {_default(p.default)} | {p.help} |\n" for p in derivation.parameters]
    return "".join(lines)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _default(value: object) -> str:
    return "" if value in (None, "", ()) else f"`{value}`"


if __name__ == "__main__":
    import sys
    from pathlib import Path

    Path(sys.argv[1]).write_text(derivations_page(), encoding="utf-8")
