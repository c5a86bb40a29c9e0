"""What a foreign module's function failed with, as one error."""

from __future__ import annotations

from functools import partial
from typing import Any

from dmod.errors import BackendError


class ForeignError(BackendError):
    """A function of a foreign module failed, or said what cannot be.

    Parameters
    ----------
    reason : what happened, in words that go on from the function's name: "returned 1"
    module : the module's name in the formulation
    catchment : the catchment whose instance it was
    function : the function of the Basic Model Interface
    variable : the variable that it was called for, "" where there is none
    code : what it returned, None where it raised or said something impossible
    """

    def __init__(
        self,
        reason: str,
        *,
        module: str,
        catchment: str,
        function: str,
        variable: str = "",
        code: int | None = None,
        hint: str | None = None,
    ) -> None:
        of = f" of {variable!r}" if variable else ""
        super().__init__(f"module {module}, catchment {catchment}: {function}{of} {reason}", hint=hint)
        self.reason = reason
        self.module = module
        self.catchment = catchment
        self.function = function
        self.variable = variable
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes this error anew."""
        said = {name: getattr(self, name) for name in ("module", "catchment", "function", "variable", "code")}
        return partial(ForeignError, self.reason, hint=self.hint, **said), ()
