"""The token of who runs a server for themselves: made at its first start, found by the command line.

It lies in ``<home>/token``, for its owner alone. Who can read it acts as an administrator of that server.
"""

from __future__ import annotations

import errno
import getpass
import os
import re
import socket
import stat
from contextlib import suppress
from pathlib import Path

from dmod.accounts.principal import Caller, Principal
from dmod.accounts.role import ROLE_SCOPES, Role
from dmod.accounts.secret import Secret, id_of
from dmod.accounts.token import MOST_NAME
from dmod.accounts.user import NAME, User
from dmod.core.atomic import remove, replacing
from dmod.errors import AlreadyExists, InputError, NotAuthenticated, NotFoundError, NotPermitted, StoreError
from dmod.services.accounts import AccountService

TOKEN_FILE = "token"
LOCAL = "local"
"""What stands in the audit log as the address of who starts a server."""
_MODE = 0o600
_MOST_BYTES = 1_000
_UNFIT = re.compile(r"[^A-Za-z0-9._@+-]")


def local_token(accounts: AccountService, home: Path, user: str = "") -> Secret:
    """Return the token of this machine's user; user, token and file are made where they are not there.

    A user who is made becomes an administrator; one who is there keeps the role. A token that the accounts do
    not accept any more is replaced.

    Parameters
    ----------
    home : folder of the server
    user : "" is who runs this program

    Raises
    ------
    NotPermitted
        the file can be read by others, or is another user's.
    ConflictError
        the user is disabled.
    InputError
        the file holds something else.
    StoreError
        the file cannot be read or written.
    """
    name = user or system_user()
    by = Caller(Principal(name, Role.ADMIN, ROLE_SCOPES[Role.ADMIN], LOCAL), address=LOCAL)
    _ensure_user(accounts, by, name)
    kept = read_local_token(home)
    if kept is not None:
        with suppress(NotAuthenticated):
            accounts.authenticate(kept, address=LOCAL)
            return kept
    issued = accounts.issue_token(by, f"local on {socket.gethostname()}"[:MOST_NAME], lifetime=None)
    try:
        _write(home / TOKEN_FILE, issued.secret)
    except StoreError:
        accounts.revoke_token(by, issued.token.id)
        raise
    return issued.secret


def read_local_token(home: Path) -> Secret | None:
    """Return the token that a server has left in its folder; None where there is none.

    Raises
    ------
    NotPermitted
        the file can be read by others, or is another user's.
    InputError
        the file holds something else.
    StoreError
        the file cannot be read.
    """
    path = home / TOKEN_FILE
    try:
        # a link, or a pipe that nobody writes to, is no token file
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        said = (
            "is a link" if error.errno == errno.ELOOP else f"cannot be read: {(error.strerror or '').lower()}"
        )
        raise StoreError(f"the token file {path} {said}", hint=_renew(path)) from error
    try:
        _require_private(path, os.fstat(descriptor))
        secret = Secret(os.read(descriptor, _MOST_BYTES).decode("utf-8", "replace").strip())
    finally:
        os.close(descriptor)
    if not id_of(secret):
        raise InputError(f"{path} does not hold a token", hint=_renew(path))
    return secret


def system_user() -> str:
    """Return the name of who runs this program, as a user may be called."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in many containers
        name = str(os.getuid())
    fit = _UNFIT.sub("_", name)[:64]
    return fit if NAME.fullmatch(fit) else f"_{fit[:62]}_"


def _ensure_user(accounts: AccountService, by: Caller, name: str) -> User:
    with suppress(NotFoundError):
        return accounts.store.user(name)
    with suppress(AlreadyExists):  # another server that starts at this moment has made it
        return accounts.create_user(by, name, Role.ADMIN)
    return accounts.store.user(name)


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"the token file {path} is no file", hint=_renew(path))
    if status.st_uid != os.geteuid():
        raise NotPermitted(
            f"the token file {path} belongs to another user (number {status.st_uid})",
            hint="run this as that user, or use a folder of your own",
        )
    if status.st_mode & 0o077:
        raise NotPermitted(
            f"the token file {path} is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            hint=f"nobody else should have read it: chmod 600 {path}; if in doubt {_renew(path)}",
        )


def _renew(path: Path) -> str:
    return f"remove {path} and start the server again, which makes a new token"


def _write(path: Path, secret: Secret) -> None:
    with replacing(path) as hidden:
        remove(hidden)  # of a process of the same number that was killed
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(f"{secret.reveal()}\n".encode())
