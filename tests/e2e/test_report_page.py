"""The report in a real browser: it opens from a file, offline, without an error, and its charts are drawn."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dmod.evaluation.report import write_report
from dmod.testing.reports import example_report

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
    "--virtual-time-budget=4000",
    "--window-size=1300,2400",
    # no name resolves: nothing can leave the machine, and what is tried stands in the network log
    "--host-resolver-rules=MAP * ~NOTFOUND",
]
# what the browser asks for by itself, whatever page is open
BROWSERS_OWN = ("google.com", "googleapis.com", "gvt1.com")


@dataclass(frozen=True)
class Opened:
    dom: str
    console: list[str]
    requests: set[str]


def open_page(page: Path, profile: Path) -> Opened:
    if BROWSER is None:
        reason = "no chromium on this machine (Debian: apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    network = profile.with_suffix(".json")
    result = subprocess.run(
        [
            BROWSER,
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--log-net-log={network}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    urls = set(re.findall(r'"url":"(\w+://[^"]+)"', network.read_text(encoding="utf-8", errors="replace")))
    hosts = {url: urlsplit(url).hostname or "" for url in urls}
    return Opened(result.stdout, console, {u for u, host in hosts.items() if not host.endswith(BROWSERS_OWN)})


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    folder = tmp_path_factory.mktemp("report")
    contents = example_report(25, 24 * 90)
    hostile = replace(contents, title='</script><script>document.title="x"</script> "&\' basin')
    return open_page(write_report(folder / "report.html", hostile), folder / "profile")


def element(dom: str, id: str) -> str:
    """Return the drawing inside the element with the id."""
    found = re.search(rf'id="{id}".*?<svg.*?</svg>', dom, flags=re.DOTALL)
    assert found, f"{id} holds no drawing"
    return found[0]


def test_report_opens_offline_without_a_console_message_or_a_request(report: Opened) -> None:
    assert report.console == []
    assert report.requests == set()
    assert 'data-drawn="yes"' in report.dom


@pytest.mark.parametrize(
    ("chart", "mark"),
    [
        ("hydrograph", r'class="line simulated" d="M\d'),
        ("hydrograph", r'class="line observed" d="M\d'),
        ("hydrograph", r'class="bars rain" d="M\d'),
        ("navigator", r'class="area" d="M\d'),
        ("duration", r'class="line observed" d="M\d'),
        ("scatter", r'class="dots" d="M\d'),
        ("periods", r'class="bars observed"'),
    ],
)
def test_report_draws_its_charts(report: Opened, chart: str, mark: str) -> None:
    drawing = element(report.dom, chart)
    assert re.search(mark, drawing)
    assert "NaN" not in drawing


def test_report_draws_every_catchment_of_the_map(report: Opened) -> None:
    assert len(re.findall(r'class="catchment q\d"', report.dom)) == 25


def test_report_shows_hostile_text_as_text(report: Opened) -> None:
    assert 'document.title="x"' in report.dom.replace("&quot;", '"')
    assert "<title>x</title>" not in report.dom


def test_report_without_observation_opens_without_a_console_message(tmp_path: Path) -> None:
    contents = example_report(1, 24, observed=False)
    bare = replace(contents, rain=None, balance=None, catchments=(), rivers=(), outlet_location=None)
    opened = open_page(write_report(tmp_path / "bare.html", bare), tmp_path / "profile")
    assert opened.console == []
    assert re.search(r'class="line simulated" d="M\d', element(opened.dom, "hydrograph"))


def test_browser_reports_what_a_page_loads_and_says(tmp_path: Path) -> None:
    page = tmp_path / "control.html"
    page.write_text(
        '<!DOCTYPE html><title>t</title><img src="https://example.org/x.png"><script>undefined.x</script>'
    )
    opened = open_page(page, tmp_path / "profile")
    assert opened.requests == {"https://example.org/x.png"}
    assert any("TypeError" in line for line in opened.console)
