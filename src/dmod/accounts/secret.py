"""The text of a token, which only its user knows.

    dmod_<id>_<secret>      dmod_k3v9x0q2m8ya_ + 43 letters and digits

The prefix, the alphabet and the fixed lengths let secret scanners recognise it, and one click selects it
whole. The id is public. The secret is drawn from 62**43 texts, that is 256 bits of chance.

Only its SHA-256 is kept. Slow hashes such as argon2 protect passwords, which people choose among few; among
2**256 nobody finds one by trying, however fast that goes, so a slow hash would only let strangers keep
the server busy with tokens that they made up.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NoReturn

PREFIX = "dmod"
ID_LENGTH, SECRET_LENGTH = 12, 43
TOKEN = re.compile(rf"{PREFIX}_([a-z0-9]{{{ID_LENGTH}}})_([A-Za-z0-9]{{{SECRET_LENGTH}}})")
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + _LOWER


class Secret:
    """A text that is shown only where it is asked for by name; it cannot be printed, logged or pickled."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the text."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, _specification: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self.__text.encode("utf-8", "surrogatepass"), other.reveal().encode("utf-8", "surrogatepass")
        )

    __hash__ = None  # type: ignore[assignment]  # a hash would be a short form of it

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def new_token() -> tuple[str, Secret]:
    """Return the id and the text of a new token."""
    token_id = "".join(secrets.choice(_LOWER) for _ in range(ID_LENGTH))
    hidden = "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_LENGTH))
    return token_id, Secret(f"{PREFIX}_{token_id}_{hidden}")


def id_of(text: Secret) -> str:
    """Return the id of a token's text; "" where it is none."""
    found = TOKEN.fullmatch(text.reveal())
    return "" if found is None else found.group(1)


def digest_of(text: Secret) -> bytes:
    """Return what is kept of a token's text."""
    return hashlib.sha256(text.reveal().encode("utf-8", "surrogatepass")).digest()


def is_same(digest: bytes, kept: bytes) -> bool:
    """Whether two hashes are equal; it takes equally long wherever they differ."""
    return hmac.compare_digest(digest, kept)
