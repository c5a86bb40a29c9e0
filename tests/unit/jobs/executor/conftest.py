"""Executors and attempts of a test, of which nothing may be left."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from dmod.jobs.executor.local.executor import LocalExecutor
from dmod.jobs.executor.local.settings import LocalSettings
from dmod.testing.executor_trial import Trial


@pytest.fixture
def begin(tmp_path):
    """Return a function that opens an executor with settings, for attempts of which nothing may be left."""
    with ExitStack() as stack:

        def open_one(**settings):
            executor = LocalExecutor(tmp_path / "executor", LocalSettings(grace=0.5, **settings))
            stack.enter_context(closing(executor))
            trial = Trial(executor, tmp_path / "job")
            stack.callback(trial.finish)
            return trial

        yield open_one
