"""The formulation that a requirement names: by name as a choice, or by its modules in the domain."""

from __future__ import annotations

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.derivation import Parameter, Refusal
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete, Restriction
from dmod.errors import InputError
from dmod.services.data.derivations.wanted import NO_FORMULATION, values_of

FORMULATION = Parameter(
    "formulation", "name of the formulation, such as cfe: its modules and how they are wired"
)
FALLBACKS = Parameter(
    "fallbacks", "what stands in for attributes that are missing or impossible, such as basin-median", ()
)
OF_A_PERIOD = frozenset({"noah-owp", "snow17", "sac-sma"})
"""Generators whose files say the period of the run."""


def formulation_of(requirement: Requirement) -> str | Refusal | None:
    """Return the name of the formulation that is asked for; None where none is.

    It is given as ``formulation``, or follows from the modules that FORMULATION asks for.
    """
    from dmod.formulation.generate.formulations import find_formulation

    name = requirement.parameters.get(FORMULATION.name)
    if name is not None:
        try:
            return find_formulation(str(name)).name
        except InputError as error:
            return Refusal(error.message, error.hint or "")
    wanted = values_of(requirement, DomainIndex.FORMULATION)
    found = [known for known in _names() if wanted and set(wanted) <= set(stated(known))]
    if len(found) > 1:
        return Refusal(
            f"several formulations have the modules {', '.join(wanted)}",
            "give --formulation: " + ", ".join(found),
        )
    return found[0] if found else None


def named_formulation(requirement: Requirement) -> str | Refusal:
    """Return the name of the formulation that is asked for, or that none is."""
    found = formulation_of(requirement)
    if found is not None:
        return found
    wanted = values_of(requirement, DomainIndex.FORMULATION)
    if wanted:
        return Refusal(
            f"no formulation that is known by name has the modules {', '.join(wanted)}",
            "add a realization as a dataset, or give one of " + ", ".join(_names()),
        )
    return NO_FORMULATION


def chain_restriction(name: str) -> dict[DomainIndex, Restriction]:
    """Return the restriction to the chain of modules of a formulation."""
    from dmod.services.data.detect import formulation_chain

    return {DomainIndex.FORMULATION: Discrete(frozenset({formulation_chain(name)}))}


def configured_modules(name: str) -> frozenset[str]:
    """Return the modules of a formulation that have configuration files, as domains call them."""
    from dmod.formulation.generate.formulations import find_formulation
    from dmod.services.data.detect.chain import module_title

    with_files = (generator for generator in find_formulation(name).generators if generator.folder)
    return frozenset(module_title(generator.name) for generator in with_files)


def stated(name: str) -> tuple[str, ...]:
    """Return all by which a domain may call a formulation: its chain, and each module with files."""
    from dmod.services.data.detect import formulation_chain

    return (formulation_chain(name), *sorted(configured_modules(name)))


def says_the_period(name: str) -> bool:
    """Whether module files of a formulation say the period of the run."""
    from dmod.formulation.generate.formulations import find_formulation

    return any(generator.name in OF_A_PERIOD for generator in find_formulation(name).generators)


def _names() -> tuple[str, ...]:
    from dmod.formulation.generate.formulations import FORMULATIONS

    return tuple(FORMULATIONS)
