"""A requirement of an environment: a name with versions, an address, a wheel or project of this machine."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from dmod.errors import InputError
from dmod.services.environments.local_source import ARCHIVES, LocalSource, read_source

OPTIONS = {
    "-r": "name that file instead: dmod environment build --file FILE",
    "-c": "write the constraint as a requirement, such as numpy<2.3",
    "-e": "name the project's folder without -e; it is built and its content is recorded",
    "-i": "say index: in the environment, or --index",
    "-f": "say find_links: in the environment, or --find-links",
}
LONG = {
    "--requirement": "-r",
    "--constraint": "-c",
    "--editable": "-e",
    "--index-url": "-i",
    "--extra-index-url": "-i",
    "--find-links": "-f",
}
SCHEMES = ("https", "http", "git+https", "git+ssh", "git+file")
EXAMPLES = "such as numpy>=2, mymodule[fast]==1.4, ./mymodule-1.4-py3-none-any.whl or ./mymodule"

_EXTRAS = re.compile(r"\[([\w\s,.-]*)\]$")
_PATH_LIKE = re.compile(r"^(\.{0,2}/|\.{1,2}$|~)")
_NAMED_FILE = re.compile(r"^([\w.-]+)\s*(?:\[([\w\s,.-]*)\])?\s*@\s*(file:.*)$", re.IGNORECASE)


def parse_requirement(text: object, *, base: Path, local: bool) -> str | LocalSource:
    """Return a requirement in its normal form, or what it names on this machine, with its content's hash.

    Parameters
    ----------
    base : folder that relative paths start from
    local : whether paths are allowed

    Raises
    ------
    InputError
        it is no requirement, an option, or names something that is not there or must not be named.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"environment: {text!r} is no requirement", hint=f"write text {EXAMPLES}")
    asked = text.strip()
    _refuse_what_is_not_one(asked)
    named = _NAMED_FILE.match(asked)
    if named is not None:
        return _local(named.group(3), named.group(2) or "", base=base, local=local)
    if asked.lower().startswith("file:") or _is_path(asked):
        extras = _EXTRAS.search(asked)
        place = asked[: extras.start()] if extras else asked
        return _local(place, extras.group(1) if extras else "", base=base, local=local)
    try:
        requirement = Requirement(asked)
    except InvalidRequirement as error:
        raise InputError(
            f"environment: {asked!r} is no requirement: {str(error).splitlines()[0]}",
            hint=f"write text {EXAMPLES}",
        ) from error
    if requirement.url:
        require_address(requirement.url, SCHEMES)
    return _normal(requirement)


def require_address(address: str, schemes: tuple[str, ...]) -> None:
    """Refuse an address of another scheme, or with a secret in it: it would stand in every record.

    Raises
    ------
    InputError
        it is one.
    """
    refuse_expansion(address)
    try:
        parts = urlsplit(address)
        user, secret, host = parts.username, parts.password, parts.hostname
    except ValueError as error:
        raise InputError(f"environment: {address!r} is no address: {error}") from error
    if parts.scheme not in schemes or not (host or parts.scheme == "git+file"):
        raise InputError(
            f"environment: {address!r} cannot be installed from", hint="allowed: " + ", ".join(schemes)
        )
    if secret or (user and parts.scheme != "git+ssh"):
        raise InputError(
            f"environment: the address at {host} has a user or password in it, which would be recorded",
            hint="leave them out and put them into ~/.netrc of the account that builds",
        )


def refuse_expansion(text: str) -> None:
    """Refuse what would be replaced by a variable of the building process.

    Raises
    ------
    InputError
        it has ``${…}`` in it, or a line break.
    """
    if "${" in text or re.search(r"[\x00-\x1f\x7f]", text):
        raise InputError(
            f"environment: {text!r} has a variable, a line break or a control character in it",
            hint="write it out, one requirement for each entry",
        )


def _refuse_what_is_not_one(asked: str) -> None:
    refuse_expansion(asked)
    if asked.startswith("-"):
        word = re.split(r"[\s=]", asked, maxsplit=1)[0]
        short = LONG.get(word, word[:2])
        raise InputError(
            f"environment: {asked!r} is an option, and no requirement",
            hint=OPTIONS.get(short, f"leave it out; a requirement is text {EXAMPLES}"),
        )
    if re.fullmatch(r"[\w.-]+\.(txt|in|toml|lock|ya?ml)", asked):
        raise InputError(
            f"environment: {asked!r} is the name of a file, and no requirement",
            hint="dmod environment build takes it by --file; elsewhere name it alone, with its path",
        )
    if re.search(r"\s--\w", asked):
        raise InputError(
            f"environment: {asked!r} has an option in it",
            hint="leave it out; versions and hashes are locked by dmod itself",
        )


def _is_path(asked: str) -> bool:
    plain = _EXTRAS.sub("", asked)
    if "://" in asked or " @ " in asked:
        return False
    if _PATH_LIKE.match(plain):
        return True
    return not re.search(r"[\s;|&$<>]", plain) and (plain.endswith(ARCHIVES) or "/" in plain)


def _local(place: str, extras: str, *, base: Path, local: bool) -> LocalSource:
    if not local:
        raise InputError(
            f"environment: {place!r} is a path, and paths are not allowed here",
            hint="name a package of the index, or the address of a wheel",
        )
    if place.lower().startswith("file:"):
        parts = urlsplit(place)
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
            raise InputError(
                f"environment: {place!r} names no file of this machine", hint="write file:///path/to/it"
            )
        place = unquote(parts.path)
        refuse_expansion(place)
    names = sorted({canonicalize_name(name) for name in re.split(r"[\s,]+", extras) if name})
    return read_source((base / Path(place).expanduser()).absolute(), tuple(names))


def _normal(requirement: Requirement) -> str:
    extras = ",".join(sorted({canonicalize_name(extra) for extra in requirement.extras}))
    name = canonicalize_name(requirement.name) + (f"[{extras}]" if extras else "")
    where = f" @ {requirement.url}" if requirement.url else str(requirement.specifier)
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{name}{where}{marker}"
