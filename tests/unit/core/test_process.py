"""Telling processes apart."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from dmod.core.process import Process, start_ticks, this_host


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_process_that_runs_is_there_and_gets_signals(child):
    process = Process.of(child.pid)
    assert not process.is_gone()
    assert process.send(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert process.is_gone()
    assert not process.send(signal.SIGKILL)


def test_process_that_has_ended_is_gone_before_its_parent_looks(child):
    process = Process.of(child.pid)
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.is_gone()
    assert start_ticks(child.pid) == ""


def test_stranger_of_the_same_number_gets_no_signal(child):
    stranger = replace(Process.of(child.pid), started="1")
    assert stranger.is_gone()
    assert not stranger.send(signal.SIGKILL)
    assert child.poll() is None


def test_process_elsewhere_is_never_known_to_be_gone_and_gets_no_signal():
    elsewhere = Process("another/boot/", 2**22 + 1, "1")
    assert not elsewhere.is_gone()
    assert not elsewhere.is_here
    assert not elsewhere.send(signal.SIGTERM)


def test_process_of_an_earlier_boot_is_known_as_such():
    name, boot, space = this_host().split("/")
    assert Process(f"{name}/another-boot/{space}", 1, "1").is_of_earlier_boot
    assert not Process(f"another/another-boot/{space}", 1, "1").is_of_earlier_boot
    assert not Process(f"{name}//{space}", 1, "1").is_of_earlier_boot
    assert not Process(f"{name}/{boot}/other", 1, "1").is_of_earlier_boot
