"""The error tree of dmod.

    DmodError(message, *, hint=None, retryable=False)
    ├ InputError(ValueError)        RealizationError · UnitError · CoverageError · HydrofabricError
    ├ NotFoundError(LookupError)    DatasetNotFound · JobNotFound
    ├ ConflictError                 AlreadyExists · IllegalTransition · StaleChange
    ├ AccessError                   NotAuthenticated · NotPermitted · QuotaExceeded
    ├ BackendError                  StoreError · IndexFailure · IntegrityError · SubmitError
    ├ NumericalError                NotConverged · BalanceError
    └ PluginError                   UnknownModule · MissingExtra

Every message says what was wrong and where; ``hint`` says what is allowed or what to do next.
"""

from __future__ import annotations


class DmodError(Exception):
    """Base of every error that dmod raises on purpose.

    Parameters
    ----------
    message : what was wrong and where (file, key, catchment, time)
    hint : what was allowed, or what to do next
    retryable : whether the same call can succeed later without a change of its input
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.retryable = retryable

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  hint: {self.hint}"


class InputError(DmodError, ValueError):
    """The input cannot be used as it stands."""

    exit_code = 2


class RealizationError(InputError):
    """A realization document or module configuration is wrong."""


class UnitError(InputError):
    """A unit is unknown, or two units cannot be converted into each other."""


class CoverageError(InputError):
    """Data do not cover the catchments or the period that the run needs."""


class HydrofabricError(InputError):
    """A hydrofabric cannot be read, or its network is not sound."""


class NotFoundError(DmodError, LookupError):
    """Something that was named does not exist."""

    exit_code = 3


class DatasetNotFound(NotFoundError):  # noqa: N818 - the tree's own word
    """A dataset that was named does not exist, or nothing fulfils a requirement."""


class JobNotFound(NotFoundError):  # noqa: N818 - the tree's own word
    """A job that was named does not exist."""


class ConflictError(DmodError):
    """The act contradicts the present state."""

    exit_code = 4


class AlreadyExists(ConflictError):  # noqa: N818 - the tree's own word
    """The target exists and was not to be replaced."""


class IllegalTransition(ConflictError):  # noqa: N818 - the tree's own word
    """A job cannot go over into this state from the one that it is in."""


class StaleChange(ConflictError):  # noqa: N818 - the tree's own word
    """What was to be changed has changed meanwhile, or who changes it may act no more."""


class AccessError(DmodError):
    """Access was refused."""

    exit_code = 8


class NotAuthenticated(AccessError):  # noqa: N818 - the tree's own word
    """Nobody knows who asks."""


class QuotaExceeded(AccessError):  # noqa: N818 - the tree's own word
    """Who asks has as much as they may have."""


class NotPermitted(AccessError):  # noqa: N818 - the tree's own word
    """Who asks may not do this."""


class BackendError(DmodError):
    """Something outside dmod failed: a disk, a service."""

    exit_code = 5


class StoreError(BackendError):
    """Reading or writing storage failed."""


class IndexFailure(BackendError):  # noqa: N818 - IndexError is Python's
    """The database of datasets cannot be read or written."""


class SubmitError(BackendError):
    """An executor did not accept an attempt."""


class IntegrityError(BackendError):
    """Stored bytes are not what was stored."""


class NumericalError(DmodError):
    """The computation produced no valid number."""

    exit_code = 6


class NotConverged(NumericalError):  # noqa: N818 - the tree's own word
    """An iteration did not converge."""


class BalanceError(NumericalError):
    """Water was created or lost beyond the documented tolerance."""


class PluginError(DmodError):
    """A part that was asked for is not available."""

    exit_code = 7


class UnknownModule(PluginError):  # noqa: N818 - the tree's own word
    """A module is not available in the engine that was chosen."""


class MissingExtra(PluginError):  # noqa: N818 - the tree's own word
    """An optional dependency is not installed."""
