"""Control groups, where this machine lets us make them."""

import os
import signal
import subprocess
import sys

import pytest

from dmod.jobs.executor.local.control_group import ControlGroup

MEGABYTE = 10**6
SCRIPT = """
import sys
from dmod.jobs.executor.local.control_group import ControlGroup
group = ControlGroup(sys.argv[1])
group.limit_memory(100_000_000)
group.enter()
block = bytearray(int(sys.argv[2]))
for place in range(0, len(block), 4096):
    block[place] = 1
"""


@pytest.fixture
def group():
    group = ControlGroup(f"trial-{os.getpid()}")
    if not group.limit_memory(100 * MEGABYTE):
        pytest.skip("no control group with a limit of memory can be made here")
    yield group
    group.remove()


def use(group, size):
    name = group.name.removeprefix("dmod-")
    return subprocess.run([sys.executable, "-c", SCRIPT, name, str(size)], check=False).returncode


def test_process_that_uses_more_memory_than_its_group_has_is_ended_and_that_is_known(group):
    assert use(group, 50 * MEGABYTE) == 0
    assert not group.was_short_of_memory()
    assert use(group, 200 * MEGABYTE) == -signal.SIGKILL
    assert group.was_short_of_memory()


def test_group_that_another_process_has_left_is_removed_by_its_name(group):
    (path,) = list(group._left())
    ControlGroup(group.name.removeprefix("dmod-")).remove()
    assert not path.exists()
