"""The reference page names every problem that the code can report, and no other."""

import re
from pathlib import Path

import dmod.hydrofabric

ROOM = Path(dmod.hydrofabric.__file__).parent
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "hydrofabric.md"


def test_every_problem_code_is_documented_and_no_other() -> None:
    source = "".join(path.read_text() for path in ROOM.glob("*.py"))
    source = source.replace('f"{noun}-without-nexus"', '"catchment-without-nexus" "flowpath-without-nexus"')
    section = PAGE.read_text().split("## Problems")[1].split("\n## ")[0]
    documented = {
        code
        for row in section.splitlines()
        if row.startswith("| `")
        for code in re.findall(r"`([a-z-]+)`", row.split("|")[1])
    }
    reported = set(re.findall(r'Problem\(\s*(?:severity|"error"|"warning"),\s*"([a-z-]+)"', source))
    reported |= {"catchment-without-nexus", "flowpath-without-nexus"}
    assert documented == reported
