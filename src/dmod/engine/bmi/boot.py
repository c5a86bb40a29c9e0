"""Started by path, by any Python: makes dmod importable there, and nothing that lies beside it."""

import importlib.util
import sys
from pathlib import Path


def load(folder: str) -> None:
    """Load the package dmod from its folder."""
    spec = importlib.util.spec_from_file_location(
        "dmod", Path(folder) / "__init__.py", submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["dmod"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    place, *descriptors = sys.argv[1:]
    load(place)
    from dmod.engine.bmi.worker import serve

    serve(*(int(text) for text in descriptors))
