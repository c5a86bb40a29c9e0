"""What all stores answer about what is there already, is not there, or must not go."""

from __future__ import annotations

from dmod.errors import AlreadyExists, ConflictError, NotFoundError


def no_user(name: str) -> NotFoundError:
    """Return that there is no such user."""
    return NotFoundError(
        f"there is no user {name}", hint="see the list of users; capitals and small letters differ"
    )


def no_token(token_id: str) -> NotFoundError:
    """Return that there is no such token."""
    return NotFoundError(f"there is no token {token_id}", hint="see the list of your tokens")


def user_exists(name: str) -> AlreadyExists:
    """Return that a name is taken."""
    return AlreadyExists(f"there is a user {name} already", hint="choose another name")


def token_exists(token_id: str) -> AlreadyExists:
    """Return that an id is taken."""
    return AlreadyExists(f"there is a token {token_id} already", hint="make another one")


def last_administrator(name: str) -> ConflictError:
    """Return that somebody must stay who can see to the others."""
    return ConflictError(
        f"{name} is the last administrator who can act", hint="make another user an administrator first"
    )
