"""The framework's CSV output out of an archive."""

from __future__ import annotations

from collections.abc import Sequence

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.derivation import Derivation, Made, Refusal, Work
from dmod.catalog.requirement import Requirement
from dmod.services.data.derivations.dataset_file import only_file
from dmod.services.data.derivations.outcome import emptied, made, moved_into
from dmod.services.data.derivations.wanted import OF_DATASET, output_need, size_of

ROLE = "archive"
ARCHIVE = FORMATS["ARCHIVED_NGEN_CSV_OUTPUT"]


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return the archive."""
    need = output_need(requirement, ARCHIVE, ROLE)
    return need if isinstance(need, Refusal) else [need]


def seconds(requirement: Requirement) -> float:
    """Return 0.2 s and 3.5 µs a catchment and hour, as measured with twelve variables and gzip."""
    catchments, hours = size_of(requirement)
    return 0.2 + 3.5e-6 * catchments * hours


def run(work: Work) -> Made:
    """Unpack the archive as a whole, or not at all."""
    from dmod.catalog.archive import unpack

    place = emptied(work.scratch / "unpacked")
    unpack(only_file(work.only(ROLE)), place)
    moved_into(work.output, place.iterdir())
    return made(work)


DERIVATION = Derivation(
    "unpack-ngen-output",
    1,
    "unpack the framework's CSV output",
    (Category.OUTPUT, (FORMATS["NGEN_CSV_OUTPUT"],)),
    needs,
    seconds,
    run,
    (OF_DATASET,),
)
