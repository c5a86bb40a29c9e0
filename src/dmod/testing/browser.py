"""A real browser without a window, driven over its own protocol: pages, sizes, colours, clicks, pictures."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    # no name resolves: nothing can leave the machine
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
PATIENCE = 60.0  # [s]
CODES = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40}


def browser_program() -> str | None:
    """Return where a browser is; None without one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class BrowserTab:
    """One page of a browser, with all that it said and asked for.

    Parameters
    ----------
    messages : of its console, and errors that nobody caught
    requests : addresses that it asked for
    """

    connection: ClientConnection
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _last: int = 0

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return what it answers."""
        self._last += 1
        self.connection.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.connection.recv(timeout=PATIENCE))
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self._heed(answer)

    def _heed(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        match event.get("method"):
            case "Runtime.consoleAPICalled":
                self.messages.append(" ".join(str(a.get("value", "")) for a in told["args"]))
            case "Runtime.exceptionThrown":
                thrown = told["exceptionDetails"]
                self.messages.append(thrown.get("exception", {}).get("description") or thrown["text"])
            case "Log.entryAdded":
                self.messages.append(told["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page, awaited where it is a promise."""
        result = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {condition}; the page said {self.messages}")
            time.sleep(0.02)

    def show(self, width: int, height: int, *, dark: bool = False, touch: bool = False) -> None:
        """Give the page a size and a colour scheme."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=touch,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, page: Path, *, fragment: str = "", ready: str = "true") -> None:
        """Open a file and wait until it is ready."""
        self.messages.clear()
        self.requests.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=page.as_uri() + (f"#{fragment}" if fragment else ""))
        self.wait(f"location.protocol === 'file:' && document.readyState === 'complete' && ({ready})")

    def picture(self, path: Path, *, whole: bool = True) -> Path:
        """Save what is seen as PNG, the whole page or only the window."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def key(self, name: str) -> None:
        """Press a key."""
        code = {"Enter": 13, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39}.get(
            name, 0
        )
        text = {"text": "\r"} if name == "Enter" else {"text": name} if len(name) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse at one point of the window and let go at another, a click if both are one."""
        mouse = "Input.dispatchMouseEvent"
        self.call(mouse, type="mouseMoved", x=start[0], y=start[1])
        self.call(mouse, type="mousePressed", x=start[0], y=start[1], button="left", buttons=1, clickCount=1)
        if end != start:
            middle = [(a + b) / 2 for a, b in zip(start, end, strict=True)]
            for x, y in (middle, end):
                self.call(mouse, type="mouseMoved", x=x, y=y, button="left", buttons=1)
        self.call(mouse, type="mouseReleased", x=end[0], y=end[1], button="left", clickCount=1)


@contextmanager
def browser_tab(profile: Path, program: str, flags: Sequence[str] = ()) -> Iterator[BrowserTab]:
    """Start a browser with a profile of its own and give its one tab; it is gone afterwards.

    Parameters
    ----------
    flags : further ones, which count more than the usual

    Raises
    ------
    TimeoutError
        the browser did not start.
    """
    from websockets.sync.client import connect

    profile.mkdir(parents=True, exist_ok=True)
    (profile / "DevToolsActivePort").unlink(missing_ok=True)  # of a browser before
    command = [program, *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
    with (profile / "browser.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with connect(_address(profile, process), max_size=None, proxy=None) as connection:
            tab = BrowserTab(connection)
            for domain in ("Page", "Runtime", "Log", "Network"):
                tab.call(f"{domain}.enable")
            yield tab
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the address of the first tab, as soon as the browser tells it."""
    from urllib.request import ProxyHandler, build_opener

    told = profile / "DevToolsActivePort"
    end = time.monotonic() + PATIENCE
    here = build_opener(ProxyHandler({}))
    while time.monotonic() < end and process.poll() is None:
        if told.exists() and (lines := told.read_text().splitlines()):
            with here.open(f"http://127.0.0.1:{lines[0]}/json/list", timeout=PATIENCE) as answer:
                tabs = [tab for tab in json.load(answer) if tab["type"] == "page"]
            if tabs:
                return str(tabs[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise TimeoutError(f"the browser did not start: {(profile / 'browser.log').read_text()[-2000:]}")
