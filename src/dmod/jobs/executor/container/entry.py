"""The first of dmod that runs in an image of a user: finds dmod there, or says what the image lacks.

    python3 -c ENTRY FOLDER IMAGE VERSION PYTHON PACKAGES COMPILED

It is given to the image's Python as text, so it needs nothing, and old Pythons understand it.
"""

import json
import os
import shutil
import sys
import time

OLDEST = (3, 11)


def main(folder: str, image: str, version: str, python: str, packages: str, compiled: str) -> int:
    """Do the work of an attempt, or say why it cannot be done here; return the exit code."""
    sys.path = [path for path in sys.path if path]  # not where it happens to be
    lacking = find(version, python, [path for path in packages.split(os.pathsep) if path])
    if not lacking:
        try:
            from importlib import import_module

            from dmod.core.compiled import cache_folder

            borrow(compiled, cache_folder())
            import_module("dmod.app.computing")
            from dmod.jobs.executor.worker import main as work
        except Exception as error:  # noqa: BLE001  # boundary: nobody else could say why it ended
            lacking = "dmod cannot be loaded in it: " + repr(error), "have in it what that needs"
    if not lacking:
        return work([folder])
    say(folder, "the image " + image + " cannot run it: " + lacking[0], lacking[1])
    return 0


def find(version: str, python: str, packages: "list[str]") -> "tuple[str, str] | None":
    """Have dmod on the path; return what the image lacks and what to do, or nothing."""
    own = ".".join(map(str, sys.version_info[:2]))
    if sys.version_info < OLDEST:
        return "its python3 is Python " + own, "Python " + ".".join(map(str, OLDEST)) + " or newer is needed"
    from importlib import metadata

    try:
        found = metadata.version("dmod")
    except metadata.PackageNotFoundError:
        found = ""
    if found == version:
        return None
    there = "it has dmod " + found if found else "it has no dmod"
    make = "make it from the dmod image of the server, or install dmod " + version + " in it"
    if not packages:
        return there + ", and the server has " + version, make
    if own != python:
        return there + ", and what the server lends it is for Python " + python + ", not " + own, make
    import site

    before = list(sys.path)
    for path in packages:
        site.addsitedir(path)
    lent = [path for path in sys.path if path not in before]
    sys.path = lent + before
    # a process of a module in Python heeds none of this, and sees only what its image has
    os.environ["PYTHONPATH"] = os.pathsep.join([*lent, os.environ.get("PYTHONPATH", "")])
    return None


def borrow(compiled: str, own: str) -> None:
    """Copy compiled code of these very sources: what other attempts run must not be written from here."""
    lent = os.path.join(compiled, os.path.basename(own))  # noqa: PTH118, PTH119
    if compiled and os.path.isdir(lent) and not os.path.isdir(own):  # noqa: PTH112
        shutil.copytree(lent, own)


def say(folder: str, what: str, hint: str) -> None:
    """Write down that the attempt has ended before it began, and why."""
    sys.stderr.write(what + chr(10))
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    cause = {"kind": "input", "message": what, "hint": hint}
    hidden = os.path.join(folder, ".end")  # noqa: PTH118
    with open(hidden, "w") as file:  # noqa: PTH123
        json.dump({"cause": cause, "lost": False, "at": stamp}, file)
    os.rename(hidden, os.path.join(folder, "end.json"))  # noqa: PTH104, PTH118


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
