"""Validate crates by the public validator, offline: ``validate.py CACHE (CRATE PROFILE SEVERITY)…``.

Prints for each crate how many checks were made and all issues, as JSON. The validator asks for the context
of RO-Crate 1.1, which no package ships: it is answered from the context that rocrate ships, cut down to words
that the context 1.1 has. A word outside of them is an issue, as it would be online.
"""

from __future__ import annotations

import io
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
WORDS = """
    CreateAction CreativeWork DataDownload Dataset File FormalParameter Organization Person Place
    PropertyValue SoftwareApplication about actionStatus additionalProperty additionalType
    affiliation agent author conformsTo contentSize contentUrl creativeWorkStatus dateCreated
    datePublished description distribution encodingFormat endTime exampleOfWork hasPart identifier
    input instrument isBasedOn keywords license maxValue mentions minValue name object propertyID
    publisher result softwareVersion spatialCoverage temporalCoverage unitText url value
    variableMeasured version
"""


class Answering(HTTPAdapter):
    """Answers for the context, and for nothing else."""

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:
        if request.url != CONTEXT:
            raise requests.ConnectionError(f"there is no network for {request.url}")
        shipped = json.loads(files("rocrate").joinpath("data/ro-crate.jsonld").read_text(encoding="utf-8"))
        context = {word: shipped["@context"][word] for word in WORDS.split()}
        answer = HTTPResponse(
            io.BytesIO(json.dumps({"@context": context}).encode()),
            {"Content-Type": "application/ld+json"},
            200,
            preload_content=False,
            request_url=CONTEXT,
        )
        return self.build_response(request, answer)


def fill_cache(path: Path) -> None:
    """Put the context where the validator, offline, looks for what it would fetch."""
    from requests_cache import CachedSession

    with CachedSession(str(path), backend="sqlite", expire_after=-1) as session:
        session.mount("https://", Answering())
        session.get(CONTEXT).raise_for_status()


def main(cache: str, *wanted: str) -> None:
    from rocrate_validator.services import validate

    fill_cache(Path(cache))
    answers = []
    for crate, profile, severity in zip(wanted[::3], wanted[1::3], wanted[2::3], strict=True):
        result = validate(
            {
                "rocrate_uri": crate,
                "profile_identifier": profile,
                "requirement_severity": severity,
                "offline": True,
                "cache_path": Path(cache),
            }
        )
        issues = [
            [
                found.severity.name,
                found.check.identifier,
                found.violatingEntity,
                found.violatingProperty,
                found.message,
            ]
            for found in result.get_issues()
        ]
        answers.append({"checks": len(result.executed_checks), "issues": issues})
    print(json.dumps(answers, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
