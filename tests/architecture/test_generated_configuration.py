"""The reference page of generated configurations is what the registries say."""

from pathlib import Path

from dmod.formulation.generate.attributes import ATTRIBUTES
from dmod.formulation.generate.fallbacks import METHODS
from dmod.formulation.generate.formulations import FORMULATIONS
from dmod.formulation.generate.reference_page import configuration_page
from dmod.formulation.generate.registry import GENERATORS, find_generator

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "generated-configuration.md"


def test_page_of_generated_configurations_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == configuration_page(), (
        "write it anew: python -m dmod.formulation.generate.reference_page"
    )


def test_every_parameter_has_a_reference_a_meaning_and_a_row() -> None:
    text = configuration_page()
    for name in GENERATORS:
        generator = find_generator(name)
        for need in generator.needs:
            assert need.reference, (name, need.parameter)
            assert need.text, (name, need.parameter)
            assert need.attribute or need.value is not None, (name, need.parameter)
            assert f"| `{need.parameter}` |" in text.split(f"\n## {generator.title}\n")[1].split("\n## ")[0]
            if need.convert is not None:
                assert need.conversion, (name, need.parameter)


def test_every_attribute_fallback_and_formulation_is_documented() -> None:
    text = configuration_page()
    assert not [name for name in ATTRIBUTES if f"| {name} |" not in text]
    assert not [name for name in (*METHODS, *FORMULATIONS) if f"| `{name}` |" not in text]
