"""Every executor of dmod against the suite that ships."""

import pytest

from dmod.jobs.executor.local.executor import LocalExecutor
from dmod.jobs.executor.local.settings import LocalSettings
from dmod.testing.executor_suite import ExecutorSuite


class TestLocalExecutor(ExecutorSuite):
    settings = LocalSettings(grace=0.5)

    @pytest.fixture
    def executor(self, tmp_path):
        self.opened = [LocalExecutor(tmp_path / "executor", self.settings)]
        yield self.opened[0]
        for executor in self.opened:
            executor.close()

    def opening(self, executor):
        return f"dmod.jobs.executor.local.executor.LocalExecutor(Path({str(executor.root)!r}))"

    def opened_again(self, executor):
        self.opened.append(LocalExecutor(executor.root, self.settings))
        return self.opened[-1]


class TestLocalExecutorWithoutControlGroups(TestLocalExecutor):
    """Where the system keeps no limits, supervisors do."""

    settings = LocalSettings(grace=0.5, use_control_groups=False)
