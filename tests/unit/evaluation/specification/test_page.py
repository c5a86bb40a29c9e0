"""The reference page has every key of every element, with what it means and by what other name it goes."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from dmod.evaluation.specification.parsing import keys_of
from dmod.evaluation.specification.short import Bootstrap, Ensemble, Limit, Observed, ShortSpecification
from dmod.evaluation.specification.template import KINDS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "reference" / "evaluation-specification.md"
EVERYWHERE = {"name", "template_name", "templates", "properties"}
MODELS: dict[str, type[BaseModel]] = {
    **KINDS,
    "The short form": ShortSpecification,
    **{model.__name__: model for model in (Observed, Ensemble, Limit, Bootstrap)},
}


@pytest.mark.parametrize("heading", MODELS)
def test_every_key_is_on_the_page(heading: str) -> None:
    section = re.split(
        r"^##+ ", PAGE.read_text(encoding="utf-8").split(f"# {heading}\n")[1], flags=re.MULTILINE
    )[0]
    rows = set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE))
    assert keys_of(MODELS[heading]) - EVERYWHERE <= rows
    assert rows - keys_of(MODELS[heading]) == set()


def test_keys_of_all_elements_are_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert not [key for key in EVERYWHERE if f"| `{key}`" not in text]
