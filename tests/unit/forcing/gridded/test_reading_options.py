from pathlib import Path

import pytest

from dmod.errors import InputError
from dmod.forcing.gridded.reading_options import OPTIONS, ReadingOptions
from dmod.forcing.gridded.store import OPTIONS as STORE_OPTIONS

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "gridded-forcing.md"


@pytest.mark.parametrize("option", [*OPTIONS, *STORE_OPTIONS])
def test_every_option_is_documented(option):
    assert f"`{option}`" in PAGE.read_text(encoding="utf-8")


def test_given_options_stand_in_place_of_what_is_known_of_a_layout():
    known = ReadingOptions(stamp="end", wind="earth", names={"precip_rate": "rain"})
    given = known.given({"stamp": "start", "TMP_2maboveground": "warmth", "region": "us-west-2"})
    assert (given.stamp, given.wind) == ("start", "earth")
    assert given.names == {"precip_rate": "rain", "TMP_2maboveground": "warmth"}
    assert given.text != known.text


def test_option_that_is_unknown_is_refused_with_all_there_are():
    with pytest.raises(InputError, match=r"'rergion'.*'region'") as error:
        ReadingOptions().given({"rergion": "x"})
    assert "endpoint" in error.value.hint
