"""Routes of users, of their tokens, and of the log of what they did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from dmod.accounts.audit import AuditEntry, AuditQuery, Outcome
from dmod.accounts.permission import Permission
from dmod.accounts.role import Role, Scope
from dmod.accounts.token import Token
from dmod.accounts.user import User
from dmod.api.asking import Asking, Needs
from dmod.api.bodies import Body, example
from dmod.api.guarding import GuardedRoute
from dmod.api.parameters import LARGEST, Words, utc
from dmod.errors import InputError

router = APIRouter(prefix="/v1", tags=["accounts"], route_class=GuardedRoute)

Anybody = Annotated[Asking, Depends(Needs())]
SeeingUsers = Annotated[Asking, Depends(Needs(Permission.USER_SEE))]
SeeingTokens = Annotated[Asking, Depends(Needs(Permission.TOKEN_SEE))]
SeeingAudit = Annotated[Asking, Depends(Needs(Permission.AUDIT_SEE))]
# the service of accounts notes what it does, and what it refuses, by itself
CreatingUsers = Annotated[Asking, Depends(Needs(Permission.USER_CREATE, audited=False))]
ChangingUsers = Annotated[Asking, Depends(Needs(Permission.USER_CHANGE, audited=False))]
Issuing = Annotated[Asking, Depends(Needs(Permission.TOKEN_ISSUE, audited=False))]
Revoking = Annotated[Asking, Depends(Needs(Permission.TOKEN_REVOKE, audited=False))]

NAME = r"^[A-Za-z0-9_.@+-]*$"
UserName = Annotated[
    str, Path(min_length=1, max_length=64, pattern=NAME, description="name of a user", examples=["anna"])
]
TokenId = Annotated[
    str, Path(pattern=r"^[a-z0-9]{12}$", description="id of a token", examples=["k3v9x0q2m8ya"])
]
LONGEST_LIFE = 36_525 * 86_400


class UserShown(BaseModel):
    """A user."""

    name: str
    role: Role
    created: datetime
    disabled: datetime | None = Field(description="since when nobody may act as this user")
    quota: dict[str, Any]

    @classmethod
    def of(cls, user: User) -> UserShown:
        """Return a user as it is shown."""
        return cls(**{**{name: getattr(user, name) for name in cls.model_fields}, "quota": dict(user.quota)})


class TokenShown(BaseModel):
    """A token, without its text."""

    id: str
    user: str
    name: str
    scopes: list[Scope]
    created: datetime
    expires: datetime | None
    last_used: datetime | None
    revoked: datetime | None

    @classmethod
    def of(cls, token: Token) -> TokenShown:
        """Return a token as it is shown."""
        return cls(**_token(token))


class TokenIssued(TokenShown):
    """A new token with its text, which is shown only now."""

    text: str = Field(examples=["dmod_k3v9x0q2m8ya_…"])


class Me(BaseModel):
    """Who asks."""

    user: str
    role: Role
    scopes: list[Scope]
    token: str = Field(description="id of the token")
    expires: datetime | None
    permissions: list[Permission] = Field(description="for which there can be something to do it with")


class AuditShown(BaseModel):
    """What somebody did."""

    model_config = ConfigDict(from_attributes=True)

    sequence: int
    at: datetime
    actor: str
    action: str
    target: str
    outcome: Outcome
    address: str
    request: str
    detail: str


class AuditPageShown(BaseModel):
    """One page of the log, the newest entries first."""

    entries: list[AuditShown]
    next: int | None = Field(description="to be given as `before` for the next page")


class NewUser(Body):
    """A user to be made."""

    model_config = example(name="anna", role="user")

    name: str = Field(min_length=1, max_length=64, pattern=NAME)
    role: Role = Role.USER
    quota: dict[str, Any] = Field(default_factory=dict)


class UserChange(Body):
    """What is to be changed of a user; what is left out stays."""

    model_config = example(role="viewer")

    role: Role | None = None
    quota: dict[str, Any] | None = None
    disabled: bool | None = None


class NewToken(Body):
    """A token to be made."""

    model_config = example(name="laptop", scopes=["jobs:read"])

    name: str = Field(min_length=1, max_length=100)
    user: str = Field(default="", max_length=64, pattern=NAME, description="whose; one's own where left out")
    scopes: list[Scope] | None = Field(default=None, description="all that there can be where left out")
    seconds: int | None = Field(
        default=90 * 86_400, ge=1, le=LONGEST_LIFE, description="how long it is valid; null is for ever"
    )


@router.get("/me", response_model=Me, summary="Show who asks")
def show_me(asking: Anybody) -> Me:
    """Return the user and the scopes of the token that is used."""
    who = asking.principal
    return Me(
        user=who.user,
        role=who.role,
        scopes=sorted(who.scopes),
        token=who.token,
        expires=who.expires,
        permissions=[permission for permission in Permission if who.may(permission)],
    )


@router.get("/users", response_model=list[UserShown], summary="List users")
def list_users(
    asking: SeeingUsers,
    after: Annotated[str, Query(max_length=64, pattern=NAME)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[UserShown]:
    """Return the users that one may see, in the order of their names."""
    return [UserShown.of(user) for user in asking.services.accounts.users(asking.caller, after, limit)]


@router.post("/users", status_code=201, response_model=UserShown, summary="Make a user")
def create_user(asking: CreatingUsers, body: NewUser) -> UserShown:
    """Make a user, who can do nothing before there is a token: `POST /v1/tokens`."""
    return UserShown.of(asking.services.accounts.create_user(asking.caller, body.name, body.role, body.quota))


@router.get("/users/{name}", response_model=UserShown, summary="Show a user")
def show_user(asking: SeeingUsers, name: UserName) -> UserShown:
    """Return a user."""
    return UserShown.of(asking.services.accounts.user(asking.caller, name))


@router.patch("/users/{name}", response_model=UserShown, summary="Change a user")
def change_user(asking: ChangingUsers, name: UserName, body: UserChange) -> UserShown:
    """Change role or limits of a user, or disable them: their tokens then work no more."""
    accounts, caller = asking.services.accounts, asking.caller
    user = None
    if body.role is not None:
        user = accounts.set_role(caller, name, body.role)
    if body.quota is not None:
        user = accounts.set_quota(caller, name, body.quota)
    if body.disabled is not None:
        user = (accounts.disable_user if body.disabled else accounts.enable_user)(caller, name)
    if user is None:
        raise InputError("nothing is to be changed", hint="give role, quota or disabled")
    return UserShown.of(user)


@router.get("/tokens", response_model=list[TokenShown], summary="List tokens")
def list_tokens(
    asking: SeeingTokens, user: Annotated[str, Query(max_length=64, pattern=NAME)] = ""
) -> list[TokenShown]:
    """Return one's own tokens, or those of a user whom one may see; never their texts."""
    return [TokenShown.of(token) for token in asking.services.accounts.tokens(asking.caller, user)]


@router.post("/tokens", status_code=201, response_model=TokenIssued, summary="Make a token")
def issue_token(asking: Issuing, body: NewToken) -> TokenIssued:
    """Make a token; its text is in this answer and nowhere else.

    One's own new token has no scope that the token in use lacks, and does not outlive it.
    """
    issued = asking.services.accounts.issue_token(
        asking.caller,
        body.name,
        user=body.user,
        scopes=body.scopes,
        lifetime=None if body.seconds is None else timedelta(seconds=body.seconds),
    )
    return TokenIssued(**_token(issued.token), text=issued.secret.reveal())


@router.delete("/tokens/{token}", response_model=TokenShown, summary="Revoke a token")
def revoke_token(asking: Revoking, token: TokenId) -> TokenShown:
    """Let a token be valid no more, at once."""
    return TokenShown.of(asking.services.accounts.revoke_token(asking.caller, token))


@router.get("/audit", response_model=AuditPageShown, summary="Show what was done")
def show_audit(
    asking: SeeingAudit,
    actor: Words = "",
    address: Words = "",
    action: Words = "",
    target: Words = "",
    request: Words = "",
    outcome: Outcome | None = None,
    begin: Annotated[datetime | None, Query(description="this moment included")] = None,
    end: Annotated[datetime | None, Query(description="this moment excluded")] = None,
    before: Annotated[int, Query(ge=0, le=LARGEST, description="sequence; 0 is the newest")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditPageShown:
    """Return who changed what, from where and with which outcome, the newest first."""
    query = AuditQuery(
        actor, address, action, target, request, outcome, utc(begin, "begin"), utc(end, "end"), before, limit
    )
    page = asking.services.accounts.audit(asking.caller, query)
    return AuditPageShown(entries=[_entry(entry) for entry in page.entries], next=page.next or None)


def _entry(entry: AuditEntry) -> AuditShown:
    return AuditShown.model_validate(entry)


def _token(token: Token) -> dict[str, Any]:
    names = ("id", "user", "name", "created", "expires", "last_used", "revoked")
    return {**{name: getattr(token, name) for name in names}, "scopes": sorted(token.scopes)}
