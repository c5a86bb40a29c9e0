"""Measure the web page in a real browser: `python benchmarks/page.py [--quick] [--folder F]`.

A server on the loopback address, with an example, is looked at with Chromium without a window, each page with
an empty cache: first and largest contentful paint, layout shift, and what was transferred. Then a fabric of
100,000 catchments (`dmod example --fabric-only`) and a result over it (made up: a wave that runs through it)
are drawn: the time between frames while the map is dragged, zoomed, and played, and whose work it was.
Without a graphics card the map is drawn in software (SwiftShader) by the same cores that run the page.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import dmod
from dmod.testing.browser import BrowserTab, browser_program, browser_tab
from measure import DMOD, machine, table

FLAGS = (
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
WIDTH, HEIGHT = 1280, 800
HOURS = 240
WATCH = """
window.seen = {lcp: 0, cls: 0};
new PerformanceObserver((list) => { for (const one of list.getEntries()) seen.lcp = one.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) seen.cls += one.value;
}).observe({type: "layout-shift", buffered: true});
window.frames_ = [];
(function next(time) { frames_.push(time); requestAnimationFrame(next); })(performance.now());
"""
SEEN = """JSON.stringify({...seen,
  fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  files: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map((one) => [one.name, one.transferSize])})"""
MAP = "maplibre"


def make_home(folder: Path, catchments: int) -> None:
    """Make the server's folder: an example with a run of it, a large fabric with a result."""
    print("making the example ...", flush=True)
    dmod.make_example(folder / "basin", catchments=50, years=0.5)
    dmod.run(folder / "basin", output=folder / "outputs")
    fabric = folder / f"fabric-{catchments}.gpkg"
    if not fabric.is_file():
        print(f"making {fabric.name} ...", flush=True)
        subprocess.run([*DMOD, "example", fabric, "--fabric-only", "-n", str(catchments), "-q"], check=True)
    wave = folder / "wave" / "catchments.nc"
    write_wave(wave, catchments)
    with dmod.open_data(folder / "home") as data:
        data.add("basin", [folder / "basin"])
        data.add("observed", [next((folder / "basin/observed").glob("*.csv"))])
        data.add("found", [folder / "outputs"])
        data.add("country", [fabric])
        data.add("wave", [wave.parent])


def write_wave(target: Path, catchments: int) -> None:
    """Write a result of which every value changes with every hour."""
    import netCDF4
    import numpy as np

    target.parent.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(target, "w") as file:
        file.createDimension("catchment", catchments)
        file.createDimension("time", HOURS)
        names = file.createVariable("catchment", str, ("catchment",))
        names[:] = np.array([f"cat-{number + 1}" for number in range(catchments)], dtype=object)
        stamps = file.createVariable("time", "i8", ("time",))
        stamps.units = "seconds since 1970-01-01 00:00:00"
        stamps[:] = 1443657600 + 3600 * np.arange(HOURS)
        values = file.createVariable("Q_OUT", "f8", ("catchment", "time"), chunksizes=(catchments, 10))
        values.units = "m"
        place = np.arange(catchments)[:, None] / catchments
        values[:] = 1.0 + np.sin(40.0 * place - np.arange(HOURS)[None, :] / 4.0)


def ask(url: str, token: str) -> dict[str, Any]:
    """Return what the server answers."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=120) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def drawn(base: str, token: str, fabric: str, seconds: float = 900.0) -> dict[str, Any]:
    """Return the description of a map, once it is drawn."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ask(f"{base}/v1/maps/{fabric}", token)
        if found["state"] == "ready":
            return found
        time.sleep(1)
    raise SystemExit(f"{fabric} never was drawn")


def look_from(base: str, token: str, described: dict[str, Any], catchments: int) -> str:
    """Return where to look from: the middle of a basin, as far off as catchments are drawn."""
    found = ask(f"{base}/v1/maps/country@1/upstream?place=cat-{catchments // 2}", token)
    west, south, east, north = found["bounds"]
    first = next(layer["first_zoom"] for layer in described["layers"] if layer["name"] == "catchments")
    return f"{(west + east) / 2:.4f},{(south + north) / 2:.4f},{first}"


def settled(tab: BrowserTab, quiet: float = 1.5, longest: float = 60.0) -> None:
    """Wait until the page has asked for nothing more for a while."""
    end, seen, since = time.monotonic() + longest, -1, time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < quiet:
        count = int(tab.evaluate("performance.getEntriesByType('resource').length"))
        if count != seen:
            seen, since = count, time.monotonic()
        time.sleep(0.1)


def first_views(tab: BrowserTab, base: str, pages: dict[str, str]) -> list[list[str]]:
    """Open every page with an empty cache and return what was seen of each."""
    rows = []
    for name, path in pages.items():
        tab.call("Network.clearBrowserCache")
        tab.call("Page.navigate", url="about:blank")
        tab.call("Page.navigate", url=base + path)
        tab.wait(f"location.href.startsWith({base!r}) && document.readyState === 'complete' && window.seen")
        settled(tab)
        seen = json.loads(tab.evaluate(SEEN))
        scripts = [(file, size) for file, size in seen["files"] if file.endswith(".js")]
        own = sum(size for file, size in scripts if MAP not in file.lower())
        rows.append(
            [
                name, f"{seen['fcp']:.0f}", f"{seen['lcp']:.0f}", f"{seen['cls']:.3f}",
                f"{sum(size for _, size in scripts) / 1000:.0f}", f"{own / 1000:.0f}",
                f"{sum(size for _, size in seen['files']) / 1000:.0f}", str(len(seen["files"])),
            ]
        )  # fmt: skip
    return rows


def frames(tab: BrowserTab, act: Callable[[], None]) -> tuple[list[float], Counter[str]]:
    """Return the times between frames [ms] while something is done, and whose work it was [share]."""
    tab.call("Profiler.enable")
    tab.call("Profiler.setSamplingInterval", interval=500)
    tab.call("Profiler.start")
    tab.evaluate("void (frames_.length = 0)")
    act()
    times = json.loads(tab.evaluate("JSON.stringify(frames_)"))
    profile = tab.call("Profiler.stop")["profile"]
    return [b - a for a, b in pairwise(times)], shares(profile)


def shares(profile: dict[str, object]) -> Counter[str]:
    """Return which share of the time of the page's thread went where."""
    whose: dict[int, str] = {}
    for node in profile["nodes"]:  # type: ignore[attr-defined]
        called = node["callFrame"]
        where = called["url"].rsplit("/", 1)[-1]
        name = called["functionName"] or "(anonymous)"
        if not where:
            whose[node["id"]] = {"(idle)": "idle", "(garbage collector)": "garbage"}.get(name, "browser")
        else:
            whose[node["id"]] = "map library" if MAP in where.lower() else "dmod"
    found: Counter[str] = Counter()
    for sample, spent in zip(profile["samples"], profile["timeDeltas"], strict=True):  # type: ignore[call-overload]
        found[whose[sample]] += spent
    total = sum(found.values()) or 1
    return Counter({name: spent / total for name, spent in found.items()})


def drag(tab: BrowserTab, seconds: float) -> None:
    """Drag the map in a circle, as a hand does."""
    from math import cos, pi, sin

    mouse, middle = "Input.dispatchMouseEvent", (700, 430)
    tab.call(mouse, type="mousePressed", x=middle[0], y=middle[1], button="left", buttons=1, clickCount=1)
    begin = time.monotonic()
    while (at := (time.monotonic() - begin) / seconds) < 1:
        x, y = middle[0] + 200 * sin(4 * pi * at), middle[1] + 150 * (1 - cos(4 * pi * at)) - 100
        tab.call(mouse, type="mouseMoved", x=x, y=y, button="left", buttons=1)
        time.sleep(0.01)
    tab.call(mouse, type="mouseReleased", x=middle[0], y=middle[1], button="left", clickCount=1)


def zoom(tab: BrowserTab, seconds: float) -> None:
    """Turn the wheel one way, and back."""
    begin = time.monotonic()
    while (at := (time.monotonic() - begin) / seconds) < 1:
        by = -60 if at < 0.5 else 60
        tab.call("Input.dispatchMouseEvent", type="mouseWheel", x=700, y=430, deltaX=0, deltaY=by)
        time.sleep(0.02)


def play(tab: BrowserTab, seconds: float) -> None:
    """Let a result run."""
    tab.evaluate("document.querySelector('button[aria-label=Play]').click()")
    time.sleep(seconds)
    tab.evaluate("document.querySelector('button[aria-label=Pause]')?.click()")


def moving(tab: BrowserTab, base: str, look_at: str, seconds: float, catchments: int) -> list[list[str]]:
    """Draw the large fabric, move it and play over it."""
    rows = []

    def look(title: str, act: Callable[[BrowserTab, float], None]) -> None:
        between, whose = frames(tab, lambda: act(tab, seconds))
        worst = quantiles(between, n=20)[-1] if len(between) > 1 else between[0]
        numbers = [1000 / median(between), median(between), worst, max(between)]
        spent = (f"{100 * whose[name]:.0f} %" for name in ("dmod", "map library", "browser", "idle"))
        rows.append([title, *(f"{number:.0f}" for number in numbers), *spent])

    plain = f"/?fabric=country%401&look={look_at}"
    tab.call("Page.navigate", url=base + plain)
    tab.wait("document.querySelector('canvas.maplibregl-canvas') !== null")
    settled(tab, 3)
    look(f"{catchments:,} catchments, dragged", drag)
    settled(tab, 2)
    look("zoomed", zoom)
    tab.call("Page.navigate", url=f"{base}{plain}&run=wave%401&layer=catchments&variable=Q_OUT")
    tab.wait("document.querySelector('button[aria-label=Play]') !== null")
    settled(tab, 4)
    steps = "Number(document.querySelector('input[type=range][aria-label=Time]').value)"
    for speed in (6, 24):
        tab.evaluate(
            "(() => { const choice = document.querySelector('select[aria-label=Speed]');"
            "Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call(choice, "
            f"'{speed}'); choice.dispatchEvent(new Event('change', {{bubbles: true}})); }})()"
        )
        before = int(tab.evaluate(steps))
        look(f"played at {speed} steps/s", play)
        rows[-1][0] += f" ({(int(tab.evaluate(steps)) - before) / seconds:.1f} shown)"
    look("played and dragged", lambda tab, seconds: (play(tab, 0.2), drag(tab, seconds)))  # type: ignore[arg-type,return-value]
    return rows


def serve(home: Path) -> tuple[subprocess.Popen[bytes], str, str]:
    """Start a server; return it, its address, and a token."""
    place = home / "server.json"
    place.unlink(missing_ok=True)
    process = subprocess.Popen(
        [*DMOD, "serve", "--home", str(home), "--port", "0"], stdout=subprocess.DEVNULL
    )
    end = time.monotonic() + 120
    while not place.is_file():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("the server did not start")
        time.sleep(0.2)
    time.sleep(0.5)
    return process, json.loads(place.read_text())["url"], (home / "token").read_text().strip()


def main() -> None:
    """Make what is looked at, look, and print tables in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a fabric of 5,000 catchments")
    parser.add_argument("--folder", type=Path, help="where things are made, and found again the next time")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of what was looked at")
    given = parser.parse_args()
    program = browser_program() or sys.exit("not installed: Chromium (Debian: chromium)")
    catchments, seconds = (5_000, 3.0) if given.quick else (100_000, 8.0)
    with tempfile.TemporaryDirectory(prefix="dmod-page-") as scratch:
        folder = given.folder or Path(scratch)
        if not (folder / "home").is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            make_home(folder, catchments)
        server, base, token = serve(folder / "home")
        try:
            drawn(base, token, "basin@1")
            look_at = look_from(base, token, drawn(base, token, "country@1"), catchments)
            pages = {
                "new run": "/new", "jobs": "/jobs", "results": "/results?run=found%401",
                "data": "/data", "a dataset": "/data/found%401", "server": "/admin",
                "map (50 catchments)": "/?fabric=basin%401", "map, large": "/?fabric=country%401",
            }  # fmt: skip
            with browser_tab(Path(scratch) / "profile", program, FLAGS) as tab:
                tab.show(WIDTH, HEIGHT)
                tab.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
                tab.call("Page.navigate", url=f"{base}/jobs#token={token}")
                tab.wait("document.querySelector('h1') !== null")
                settled(tab)
                views = first_views(tab, base, pages)
                moved = moving(tab, base, look_at, seconds, catchments)
                if given.pictures:
                    given.pictures.mkdir(parents=True, exist_ok=True)
                    tab.picture(given.pictures / "played.png", whole=False)
        finally:
            server.terminate()
            server.wait(timeout=60)
    print(f"\n{machine()}; {WIDTH} × {HEIGHT}, loopback, empty cache; drawn in software\n")
    print(
        table(
            ("page", "first paint ms", "largest ms", "shift", "JS kB", "of it not map kB", "all kB", "files"),
            views,
        )
    )
    print()
    head = ("map", "frames/s", "median ms", "95 % ms", "worst ms", "dmod", "map library", "browser", "idle")
    print(table(head, moved))


if __name__ == "__main__":
    main()
