"""Let a run package run the recurrent network of this folder in the place of its own chain.

Usage: python use.py PACKAGE [--type recurrent.RecurrentField]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from recurrent import RUNOFF


def use(package: Path, python_type: str) -> None:
    """Write the realization's entry, and a configuration file for each catchment."""
    place = package / "config" / "realization.json"
    document = json.loads(place.read_text(encoding="utf-8"))
    document["global"]["formulations"] = [
        {
            "name": "bmi_python",
            "params": {
                "model_type_name": "Recurrent",
                "python_type": python_type,
                "python_path": str(Path(__file__).parent.absolute()),
                "init_config": "./config/cat_config/recurrent/{{id}}.txt",
                "main_output_variable": RUNOFF,
            },
        }
    ]
    place.write_text(json.dumps(document, indent=2), encoding="utf-8")
    configs = package / "config" / "cat_config"
    (configs / "recurrent").mkdir(exist_ok=True)
    for file in (configs / "PET").glob("*.ini"):
        text = "hidden = 32\nseed = 7\n"
        (configs / "recurrent" / f"{file.stem}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("package", type=Path)
    parser.add_argument("--type", default="recurrent.RecurrentField")
    arguments = parser.parse_args()
    use(arguments.package, arguments.type)
