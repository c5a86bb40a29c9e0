"""The description of the API (OpenAPI) as a file: ``python -m dmod.testing.api_description FILE``.

The web page's types are made from it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path


def api_description() -> str:
    """Return the description of the whole gateway, as JSON."""
    from dmod.testing.gateway import close_gateway, make_gateway

    with tempfile.TemporaryDirectory() as folder:
        gateway = make_gateway(Path(folder), "memory:")
        try:
            document = gateway.client().get("/openapi.json").json()
        finally:
            close_gateway(gateway)
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(api_description(), encoding="utf-8")
