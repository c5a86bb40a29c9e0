"""Logs are bounded."""

import re

import pytest

from dmod.jobs.executor.local.log_file import LogFile


def lines(count: int) -> list[bytes]:
    return [f"line {number:06d}\n".encode() for number in range(count)]


@pytest.mark.parametrize("together", [1, 7, 50, 1000])
def test_long_log_keeps_its_beginning_and_end_and_says_how_much_is_left_out(tmp_path, together):
    written = lines(10_000)
    log = LogFile(tmp_path / "log", 12_000)
    for start in range(0, len(written), together):
        log.write(b"".join(written[start : start + together]))
    log.close()
    kept = (tmp_path / "log").read_bytes()
    whole = b"".join(written)
    assert len(kept) < 12_000 + 200
    head = kept.partition(b"\n[more than")[0]
    assert whole.startswith(head)
    assert len(head) == 6_000
    found = re.search(rb"\n\[([0-9,]+) bytes left out\]\n", kept)
    tail = kept[found.end() :]
    assert whole.endswith(tail)
    assert len(tail) >= 2_400
    assert int(found[1].replace(b",", b"")) == len(whole) - len(head) - len(tail)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_log_that_is_a_little_too_long_is_complete(tmp_path):
    log = LogFile(tmp_path / "log", 1_200)
    for line in lines(60):
        log.write(line)
    log.close()
    kept = (tmp_path / "log").read_bytes()
    assert b"left out" not in kept
    assert re.sub(rb"\n\[more than.*?\]\n", b"", kept) == b"".join(lines(60))


def test_short_log_is_there_at_once(tmp_path):
    log = LogFile(tmp_path / "log", 1_000)
    log.write(b"first")
    assert (tmp_path / "log").read_bytes() == b"first"
    log.write(b" second")
    log.close()
    assert (tmp_path / "log").read_bytes() == b"first second"
