"""What is exported is an RO-Crate, as the public validator sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dmod.catalog.catalog import Catalog
from dmod.services.data.crate import Party, Publication, export_crate

Validate = Callable[..., Any]
Breaking = Callable[[Path, dict[str, Any]], None]

CRATE, PROCESS = "ro-crate-1.1", "process-run-crate"
KNOWN = Publication(
    "https://creativecommons.org/licenses/by/4.0/",
    Party("Ann Lee", "https://orcid.org/0000-0000-0000-0000"),
    Party("Institute of Rivers", "https://example.org/rivers"),
    Party("Institute of Rivers", "https://example.org/rivers"),
)
NOT_KNOWN = {
    "The Application SHOULD have a url",  # dmod has no home page to name
    "The SoftwareApplication id SHOULD be an absolute URI",  # for the same reason
    # nobody states for whom the owners of ancestors work
    "The author SHOULD have an organizational affiliation.",
    "The author SHOULD have a Contextual Entity which specifies the organizational `affiliation`.",
}


def test_exported_crates_meet_all_that_is_required(
    catalog: Catalog, family: Any, tmp_path: Path, validate: Validate
) -> None:
    plain, full, lost = tmp_path / "plain", tmp_path / "full.zip", tmp_path / "lost"
    export_crate(catalog, family.forcing, plain)
    export_crate(catalog, family.forcing, full, ancestors="data")
    catalog.index.remove(family.fabric.uuid)
    export_crate(catalog, family.forcing, lost, ancestors="data")
    wanted = [(plain, CRATE), (plain, PROCESS), (full, PROCESS), (lost, PROCESS)]
    assert validate(*((crate, profile, "REQUIRED") for crate, profile in wanted)) == [[]] * 4


def test_crates_with_a_known_publication_lack_only_recommendations_that_nobody_can_fulfil(
    catalog: Catalog, family: Any, tmp_path: Path, validate: Validate
) -> None:
    export_crate(catalog, family.forcing, tmp_path / "derived", ancestors="data", publication=KNOWN)
    export_crate(catalog, family.fabric, tmp_path / "brought", publication=KNOWN)
    derived, brought = validate(
        (tmp_path / "derived", PROCESS, "RECOMMENDED"), (tmp_path / "brought", CRATE, "RECOMMENDED")
    )
    assert {message for *_, message in derived} == NOT_KNOWN
    assert brought == []


def without_license(folder: Path, graph: dict[str, Any]) -> None:
    del graph["./"]["license"]


def without_instrument(folder: Path, graph: dict[str, Any]) -> None:
    (action,) = (entity for entity in graph.values() if entity["@type"] == "CreateAction")
    del action["instrument"]


def without_file(folder: Path, graph: dict[str, Any]) -> None:
    (folder / "data" / "cat-1.csv").unlink()


def with_a_foreign_word(folder: Path, graph: dict[str, Any]) -> None:
    graph["./"]["catchments"] = "cat-1"


BREAKING: dict[Breaking, str] = {
    without_license: "license",
    without_instrument: "instrument",
    without_file: "cat-1.csv",
    with_a_foreign_word: "catchments",
}


def test_crate_that_was_broken_on_purpose_is_refused_for_each_fault(
    catalog: Catalog, family: Any, tmp_path: Path, validate: Validate
) -> None:
    crate = tmp_path / "crate"
    export_crate(catalog, family.forcing, crate)
    metadata = crate / "ro-crate-metadata.json"
    document = json.loads(metadata.read_text(encoding="utf-8"))
    for breaking in BREAKING:
        breaking(crate, {entity["@id"]: entity for entity in document["@graph"]})
    metadata.write_text(json.dumps(document), encoding="utf-8")
    ((*issues,),) = validate((crate, PROCESS, "REQUIRED"))
    for said in BREAKING.values():
        assert any(said in message for *_, message in issues), said
