"""Users and tokens of a server: who asks, who may what, and a log of all that was changed or refused.

Where an act fails nothing is changed. What was refused or failed goes into the audit log as well as what was
done, by name of who acted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dmod.accounts.access import can_see, require
from dmod.accounts.audit import AuditEntry, AuditPage, AuditQuery, Outcome
from dmod.accounts.issuing import LIFETIME, expiry_of, scopes_of
from dmod.accounts.permission import Permission, Relation, Thing
from dmod.accounts.principal import Caller, Principal
from dmod.accounts.role import ROLE_SCOPES, Role, Scope
from dmod.accounts.secret import Secret, digest_of, id_of, is_same, new_token
from dmod.accounts.store.absence import no_token, no_user
from dmod.accounts.store.port import AccountStore, Credential
from dmod.accounts.token import Token
from dmod.accounts.user import User
from dmod.errors import (
    AccessError,
    ConflictError,
    IndexFailure,
    InputError,
    NotAuthenticated,
    NotFoundError,
    QuotaExceeded,
)

RETENTION = timedelta(days=400)
"""How long the audit log is kept unless said otherwise."""
NOTED_EVERY = timedelta(minutes=1)
"""How often it is noted that a token is used."""
MOST_TOKENS = 100
"""Valid tokens of one user."""
AUTHENTICATE = "authenticate"
_NO_ID, _NO_DIGEST = "-", bytes(32)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token with its text, which nobody can find out later."""

    token: Token
    secret: Secret


def utc_now() -> datetime:
    """Return the time, UTC."""
    return datetime.now(UTC)


class AccountService:
    """Users, tokens and the audit log.

    Parameters
    ----------
    clock : returns the time, UTC
    retention : how long the audit log is kept
    """

    def __init__(
        self,
        store: AccountStore,
        clock: Callable[[], datetime] = utc_now,
        retention: timedelta = RETENTION,
    ) -> None:
        self.store = store
        self.clock = clock
        self.retention = retention

    # Who asks

    def authenticate(self, text: str | Secret, *, address: str = "", request: str = "") -> Principal:
        """Return who acts with a token's text.

        Raises
        ------
        NotAuthenticated
            nobody: always the same words, after the same work; the audit log says why.
        """
        secret = text if isinstance(text, Secret) else Secret(text)
        now, token_id = self.clock(), id_of(secret)
        # what is no token is looked for and compared as well, so that the time tells nothing
        found = self.store.credential(token_id or _NO_ID)
        is_right = is_same(digest_of(secret), _NO_DIGEST if found is None else found.digest)
        reason = _refusal(token_id, found, is_right, now)
        if found is None or reason:
            actor = found.user.name if found is not None and is_right else ""
            refused = AuditEntry(
                now, actor, AUTHENTICATE, token_id, Outcome.REFUSED, address, request, reason
            )
            self.store.record(refused)
            raise NotAuthenticated("the token is not valid", hint="ask an administrator for another one")
        token, user = found.token, found.user
        if token.last_used is None or token.last_used <= now - NOTED_EVERY:
            with suppress(IndexFailure):  # a busy database is no reason to turn anybody away
                self.store.touch_token(token.id, now, NOTED_EVERY)
        return Principal(user.name, user.role, token.scopes & ROLE_SCOPES[user.role], token.id, token.expires)

    # Users

    def create_user(
        self, by: Caller, name: str, role: Role = Role.USER, quota: Mapping[str, Any] | None = None
    ) -> User:
        """Make a user.

        Raises
        ------
        NotPermitted, InputError, AlreadyExists
        """
        with self._noted(by, Permission.USER_CREATE, name, f"as {role}") as entry:
            require(by.principal, Permission.USER_CREATE)
            user = User(name, role, self.clock(), quota=dict(quota or {}))
            self.store.add_user(user, entry)
            return user

    def user(self, by: Caller, name: str) -> User:
        """Return a user.

        Raises
        ------
        NotFoundError
            there is none of this name whom they may see.
        """
        if not can_see(by.principal, Thing.USER, name):
            raise no_user(name)
        return self.store.user(name)

    def users(self, by: Caller, after: str = "", limit: int = 1000) -> tuple[User, ...]:
        """Return the users whom they may see, of names that come after a name."""
        if by.principal.may_with(Permission.USER_SEE, Relation.OTHERS):
            return self.store.users(after, limit)
        own = by.principal.user
        return (self.store.user(own),) if own > after and can_see(by.principal, Thing.USER, own) else ()

    def set_role(self, by: Caller, name: str, role: Role) -> User:
        """Give a user another role; their tokens may at once no more than it allows.

        Raises
        ------
        NotPermitted, NotFoundError
        ConflictError
            the user is the last administrator.
        """
        return self._change(by, name, lambda user: replace(user, role=role), f"role {role}")

    def set_quota(self, by: Caller, name: str, quota: Mapping[str, Any]) -> User:
        """Give a user limits of their own.

        Raises
        ------
        NotPermitted, NotFoundError, InputError
        """
        return self._change(by, name, lambda user: replace(user, quota=dict(quota)), "limits")

    def disable_user(self, by: Caller, name: str) -> User:
        """Let nobody act as a user any more; their tokens stay, and work again once the user is enabled.

        Raises
        ------
        NotPermitted, NotFoundError
        ConflictError
            the user is the last administrator.
        """
        now = self.clock()
        return self._change(by, name, lambda user: replace(user, disabled=user.disabled or now), "disabled")

    def enable_user(self, by: Caller, name: str) -> User:
        """Let a user act again.

        Raises
        ------
        NotPermitted, NotFoundError
        """
        return self._change(by, name, lambda user: replace(user, disabled=None), "enabled")

    def _change(self, by: Caller, name: str, change: Callable[[User], User], what: str) -> User:
        with self._noted(by, Permission.USER_CHANGE, name, what) as entry:
            require(by.principal, Permission.USER_CHANGE, name)
            return self.store.change_user(name, change, entry)

    # Tokens

    def issue_token(
        self,
        by: Caller,
        name: str,
        *,
        user: str = "",
        scopes: Collection[Scope] | None = None,
        lifetime: timedelta | None = LIFETIME,
    ) -> Issued:
        """Make a token.

        One's own new token has no scope that the token in use lacks, and does not outlive it unless an
        administrator acts, so that who has got hold of a token cannot make more of it.

        Parameters
        ----------
        name : what the user calls it
        user : whose it will be; "" is who acts
        scopes : None is all that there can be
        lifetime : None is for ever; what is too long is cut

        Raises
        ------
        NotPermitted
            the user's role, or the token in use, does not have these scopes.
        NotFoundError, InputError
        ConflictError
            the user is disabled.
        QuotaExceeded
            the user has very many tokens.
        """
        owner = user or by.principal.user
        with self._noted(by, Permission.TOKEN_ISSUE, owner, name) as entry:
            require(by.principal, Permission.TOKEN_ISSUE, owner)
            now, found = self.clock(), self.store.user(owner)
            self._require_room(found, now)
            allowed = ROLE_SCOPES[found.role]
            if owner == by.principal.user:
                allowed &= by.principal.scopes
            wanted = scopes_of(scopes, allowed)
            token_id, secret = new_token()
            token = Token(token_id, owner, name, wanted, now, expiry_of(by.principal, now, lifetime))
            detail = f"{token_id} {name}: {' '.join(sorted(wanted))}"
            self.store.add_token(token, digest_of(secret), replace(entry, detail=detail))
            return Issued(token, secret)

    def _require_room(self, user: User, now: datetime) -> None:
        if user.disabled is not None:
            raise ConflictError(f"the user {user.name} is disabled", hint="enable the user first")
        if sum(token.is_valid(now) for token in self.store.tokens(user.name)) >= MOST_TOKENS:
            raise QuotaExceeded(
                f"{user.name} has {MOST_TOKENS} valid tokens", hint="revoke those that are not needed"
            )

    def tokens(self, by: Caller, user: str = "") -> tuple[Token, ...]:
        """Return the tokens of a user; "" is who acts. Of users whom they may not see there are none."""
        owner = user or by.principal.user
        return self.store.tokens(owner) if can_see(by.principal, Thing.TOKEN, owner) else ()

    def revoke_token(self, by: Caller, token: str) -> Token:
        """Let a token be valid no more; one that was revoked before stays as it is.

        Parameters
        ----------
        token : its id, or its text

        Raises
        ------
        NotFoundError
            there is none that they may see.
        NotPermitted
        """
        token_id = id_of(Secret(token)) or token
        with self._noted(by, Permission.TOKEN_REVOKE, token_id) as entry:
            found = self.store.credential(token_id)
            if found is None or not can_see(by.principal, Thing.TOKEN, found.token.user):
                raise no_token(token_id)
            require(by.principal, Permission.TOKEN_REVOKE, found.token.user)
            return self.store.revoke_token(token_id, self.clock(), entry)

    # The audit log

    def record(
        self,
        by: Caller,
        action: str,
        target: str,
        outcome: Outcome = Outcome.DONE,
        detail: str = "",
    ) -> None:
        """Add to the log what was done with jobs, datasets or nodes."""
        self.store.record(self._entry(by, action, target, outcome, detail))

    def audit(self, by: Caller, query: AuditQuery) -> AuditPage:
        """Return a page of the log, the newest entries first.

        Raises
        ------
        NotPermitted
        """
        require(by.principal, Permission.AUDIT_SEE)
        return self.store.audit(query)

    def prune_audit(self) -> int:
        """Forget what is older than the log is kept for; return how many entries that were."""
        return self.store.prune_audit(self.clock() - self.retention)

    def _entry(self, by: Caller, action: str, target: str, outcome: Outcome, detail: str) -> AuditEntry:
        return AuditEntry(
            self.clock(), by.principal.user, action, target, outcome, by.address, by.request, detail
        )

    @contextmanager
    def _noted(
        self, by: Caller, permission: Permission, target: str, detail: str = ""
    ) -> Iterator[AuditEntry]:
        """Yield the entry to keep with what is done; keep one of what is refused or fails."""
        try:
            yield self._entry(by, permission, target, Outcome.DONE, detail)
        except AccessError:
            self.record(by, permission, target, Outcome.REFUSED, detail)
            raise
        except (InputError, NotFoundError, ConflictError) as error:
            self.record(by, permission, target, Outcome.FAILED, error.message)
            raise


def _refusal(token_id: str, found: Credential | None, is_right: bool, now: datetime) -> str:
    """Return why a token's text is not accepted, for the audit log alone; "" where it is."""
    if not token_id:
        return "no token"
    if found is None:
        return "unknown id"
    if not is_right:
        return "wrong secret"
    if found.token.revoked is not None:
        return "revoked"
    if found.token.is_expired(now):
        return "expired"
    return "" if found.user.disabled is None else "user disabled"
