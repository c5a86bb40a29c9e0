"""The page of an evaluation in a real browser: it opens offline, is drawn, and answers clicks and keys."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.evaluation import write_evaluation_page
from dmod.testing.browser import BrowserTab, browser_program, browser_tab
from dmod.testing.evaluations import example_evaluation, with_ensemble
from dmod.testing.requiring import require

DRAWN = "document.documentElement.dataset.drawn === 'yes'"
FORMULA = "=HYPERLINK(1)"
EVIL = '</script><script>document.title="x"</script>"&\''
CHARTS = {
    "flow": ("path.line.observed", "path.line.c1"),
    "overview": ("path.line.faint", "rect.window"),
    "against": ("path.dots.c0", "line.diagonal"),
    "exceedance": ("path.line.observed", "path.line.c2"),
    "cumulative": ("path.line.c0.strong", "path.line.c2"),
    "boxes": ("rect.box.c1", "line.middle.c2"),
    "performance": ("path.dot.c0", "path.contour"),
}


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    found = example_evaluation(60, ("calibrated", "default", EVIL), steps=24 * 50, drawn=3)
    return replace(found, places=(replace(found.places[0], name=FORMULA), *found.places[1:]))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, evaluation: Evaluation) -> Path:
    ring = CatchmentRing("basin", np.array([-110.0, -90.0, -100.0]), np.array([30.0, 30.0, 45.0]))
    river = RiverLine("river", np.array([-105.0, -95.0]), np.array([31.0, 40.0]), 5.0)
    path = tmp_path_factory.mktemp("evaluation") / "page.html"
    return write_evaluation_page(path, evaluation, outlines=[ring], rivers=[river])


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserTab]:
    program = browser_program()
    require("" if program else "no chromium on this machine (Debian: apt install chromium)")
    with browser_tab(tmp_path_factory.mktemp("browser") / "profile", str(program)) as tab:
        yield tab


@pytest.fixture
def tab(browser: BrowserTab, page: Path) -> BrowserTab:
    browser.show(1300, 1000)
    browser.open(page, ready=DRAWN)
    return browser


def click(tab: BrowserTab, selector: str) -> None:
    tab.evaluate(f"document.querySelector({json.dumps(selector)}).click()")


def pick(tab: BrowserTab, id: str, value: object) -> None:
    tab.evaluate(
        f"(() => {{ const pick = document.getElementById('{id}'); pick.value = '{value}';"
        "pick.dispatchEvent(new Event('change')); })()"
    )


def text_of(tab: BrowserTab, selector: str) -> str:
    return str(tab.evaluate(f"document.querySelector({json.dumps(selector)}).textContent"))


def column(tab: BrowserTab, index: int) -> list[str]:
    rows = "[...document.querySelectorAll('#rows tbody tr')]"
    return tab.evaluate(f"{rows}.map(row => row.cells[{index}].textContent)")


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-").replace(",", "")) for text in texts if text != "–"]


def middle(tab: BrowserTab, selector: str) -> tuple[float, float, float, float]:
    """Scroll an element into the middle of the window and return its box there."""
    return tuple(
        tab.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({ block: 'center', behavior: 'instant' });"
            "const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()"
        )
    )


def test_page_opens_without_a_message_or_a_request(tab: BrowserTab, page: Path) -> None:
    assert tab.messages == []
    assert tab.requests == [page.as_uri()]
    assert tab.evaluate("document.title") == "Example evaluation · dmod evaluation"


def test_every_chart_is_drawn(tab: BrowserTab) -> None:
    for chart, marks in CHARTS.items():
        for mark in marks:
            assert tab.evaluate(f"Boolean(document.querySelector('#{chart} svg {mark}'))"), (chart, mark)
        assert not tab.evaluate(f"document.querySelector('#{chart}').innerHTML.includes('NaN')"), chart


def test_hostile_name_is_shown_as_text(tab: BrowserTab) -> None:
    assert EVIL in text_of(tab, "#pick-configuration")
    assert EVIL in text_of(tab, "#place-scores")


def test_pointer_on_the_map_reads_a_place_and_a_click_chooses_it(tab: BrowserTab) -> None:
    x, y, width, height = middle(tab, "#map canvas")
    for step in range(2000):
        at = (x + 30 + 11 * step % (width - 60), y + 30 + 11 * (11 * step // (width - 60)) % (height - 60))
        tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=at[0], y=at[1])
        if not tab.evaluate("document.getElementById('tip').hidden"):
            break
    told = text_of(tab, "#tip").split("\n")
    assert told[1].startswith("calibrated  ")
    tab.drag(at, at)
    tab.wait(f"document.getElementById('place-name').textContent === {json.dumps(told[0])}")


def test_map_moves_by_dragging_and_comes_back(tab: BrowserTab) -> None:
    picture = "document.querySelector('#map canvas').toDataURL()"
    x, y, width, height = middle(tab, "#map canvas")
    before = tab.evaluate(picture)
    click(tab, "[data-map=in]")
    tab.drag((x + width / 2, y + height / 2), (x + width / 2 + 80, y + height / 2 + 40))
    frame = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"
    tab.evaluate(frame)
    assert tab.evaluate(picture) != before
    click(tab, "[data-map=all]")
    tab.evaluate(frame)
    assert tab.evaluate(picture) == before


def test_table_sorts_both_ways_with_missing_values_last(tab: BrowserTab) -> None:
    click(tab, "[data-column='2']")
    ascending = numbers(column(tab, 2))
    assert len(ascending) == 25
    assert ascending == sorted(ascending)
    click(tab, "[data-column='2']")
    assert tab.evaluate("document.querySelectorAll('#rows th')[2].getAttribute('aria-sort')") == "descending"
    descending = numbers(column(tab, 2))
    assert descending == sorted(descending, reverse=True)
    assert descending[0] > ascending[-1]
    for _ in range(2):
        click(tab, "#page-on")
    assert column(tab, 2)[-1] == "–"
    assert text_of(tab, "#page-at") == "51 to 60 of 60"
    assert tab.evaluate("document.getElementById('page-on').disabled")


def test_table_is_filtered_and_a_row_is_chosen_by_key(tab: BrowserTab, evaluation: Evaluation) -> None:
    tab.evaluate("document.getElementById('filter').focus()")
    for letter in "TOWN 01000959":
        tab.key(letter)
    assert column(tab, 0) == [evaluation.places[7].name]
    tab.evaluate("document.querySelector('#rows tbody button').focus()")
    tab.key("Enter")
    tab.wait("document.getElementById('place-name').textContent.startsWith('River 7 near Town 7')")
    assert text_of(tab, "#rows tr[aria-current] th") == "River 7 near Town 7"


def test_place_without_series_says_so_and_has_its_scores(tab: BrowserTab) -> None:
    tab.evaluate("document.getElementById('find').focus()")
    for letter in "town":
        tab.key(letter)
    tab.key("ArrowDown")
    assert tab.evaluate("document.getElementById('find').getAttribute('aria-activedescendant')") == "found-1"
    tab.key("ArrowUp")
    tab.key("ArrowUp")  # from the first to the last
    tab.key("Enter")
    tab.wait("document.getElementById('place-name').textContent.startsWith('River 8 near Town 8')")
    tab.wait("!document.getElementById('flow-none').hidden")
    assert tab.evaluate("document.getElementById('flow-drawn').hidden")
    assert len(tab.evaluate("[...document.querySelectorAll('#place-scores tbody tr')].map(r => 1)")) == 14


def test_reason_of_a_missing_score_is_told(tab: BrowserTab, page: Path, evaluation: Evaluation) -> None:
    tab.open(page, fragment=f"place={evaluation.places[3].id}", ready=DRAWN)
    assert "observed flow is constant" in text_of(tab, "#place-scores")


def test_hydrograph_zooms_by_dragging_and_comes_back(tab: BrowserTab) -> None:
    words = "[...document.querySelectorAll('#flow svg text')].map(t => t.textContent).join()"
    before = tab.evaluate(words)
    x, y, width, height = middle(tab, "#flow svg")
    tab.drag((x + 0.4 * width, y + height / 2), (x + 0.45 * width, y + height / 2))
    zoomed = tab.evaluate(words)
    assert zoomed != before
    assert ":00" in zoomed
    click(tab, "#flow-all")
    assert tab.evaluate(words) == before
    click(tab, "#flow-log")
    assert tab.evaluate(words) != before
    assert tab.evaluate("document.getElementById('flow-log').getAttribute('aria-pressed')") == "true"


def test_series_are_hidden_by_their_keys(tab: BrowserTab) -> None:
    click(tab, "#flow-legend button")
    assert not tab.evaluate("Boolean(document.querySelector('#flow path.line.c0'))")
    assert tab.evaluate("Boolean(document.querySelector('#flow path.line.c1'))")


def test_other_metric_is_shown_everywhere_and_kept_in_the_address(tab: BrowserTab, page: Path) -> None:
    pick(tab, "pick-measure", 3)
    assert text_of(tab, "#map-legend .legend-title").startswith("Percent bias [%]: calibrated")
    assert "Percent bias" in text_of(tab, "#cumulative svg")
    assert "Percent bias" in text_of(tab, "#boxes svg")
    pick(tab, "pick-minus", 1)
    pick(tab, "pick-part", 2)
    assert text_of(tab, "#map-legend svg").endswith("default bettercalibrated better")
    address = tab.evaluate("location.hash.slice(1)")
    assert "metric=percent_bias" in address
    legend = text_of(tab, "#map-legend .legend-title")
    assert legend.endswith("against default, season MAM")
    cells = column(tab, 2)
    tab.open(page, fragment=address, ready=DRAWN)
    assert text_of(tab, "#map-legend .legend-title") == legend
    assert column(tab, 2) == cells


def test_steps_lead_from_place_to_place_by_rank(tab: BrowserTab) -> None:
    def rank() -> int:
        tab.wait("document.getElementById('place-facts').textContent.includes('rank')")
        return int(text_of(tab, "#place-facts").split("rank ")[1].split()[0])

    first = rank()
    click(tab, "[data-step='-1']")
    assert rank() == first + 1
    click(tab, "[data-step='1']")
    assert rank() == first


def saved(tab: BrowserTab, folder: Path, button: str, suffix: str) -> Path:
    click(tab, button)
    end = time.monotonic() + 30.0
    while time.monotonic() < end:
        if found := [*folder.glob(f"*{suffix}")]:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"nothing was saved by {button}")


def test_figures_are_saved_whole_and_in_light_colours(tab: BrowserTab, tmp_path: Path) -> None:
    tab.show(1300, 1000, dark=True)
    for figure in ("map", "flow", "cumulative"):
        folder = tmp_path / figure
        folder.mkdir()
        tab.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        path = saved(tab, folder, f"[data-save={figure}][data-form=svg]", ".svg")
        drawing = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        back = drawing[0]
        assert back.get("fill") == "#ffffff"
        words = "".join(drawing.itertext())
        assert ("Kling-Gupta" in words) != (figure == "flow")
        assert (EVIL[:30] in words) == (figure != "map")
        assert not [node for node in drawing.iter() if node.get("class")]
    tab.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "flow"))
    path = saved(tab, tmp_path / "flow", "[data-save=flow][data-form=png]", ".png")
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert tab.messages == []
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 19, 25)"


def test_table_is_exported_with_formulas_as_text(
    tab: BrowserTab, tmp_path: Path, evaluation: Evaluation
) -> None:
    tab.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    with saved(tab, tmp_path, "#export", ".csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["Place", "Id", "calibrated", "default", EVIL, "Pairs"]
    assert [row[1] for row in rows] == [place.id for place in evaluation.places]
    assert rows[0][0] == f"'{FORMULA}"
    expected = evaluation.scores.query("metric == 'kge' and facet == '' and configuration == 'default'")
    np.testing.assert_allclose(
        [float(row[3] or "nan") for row in rows], expected["value"].to_numpy(), rtol=1e-5
    )


@pytest.mark.parametrize("width", [390, 820])
def test_page_fits_narrow_screens(browser: BrowserTab, page: Path, width: int) -> None:
    browser.show(width, 800, touch=True)
    browser.open(page, ready=DRAWN)
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.messages == []


def test_page_of_one_place_without_coordinates_series_or_facets_opens(
    browser: BrowserTab, tmp_path: Path
) -> None:
    one = example_evaluation(1, ("only",), steps=10, drawn=0, facets=False, intervals=False)
    bare = replace(one, places=(replace(one.places[0], longitude=float("nan")),), grades=(), notes=())
    browser.show(1300, 1000)
    browser.open(write_evaluation_page(tmp_path / "bare.html", bare), ready=DRAWN)
    assert browser.messages == []
    assert text_of(browser, "#page-at") == "1 to 1 of 1"


def test_page_of_many_configurations_opens_with_a_heat_map(browser: BrowserTab, tmp_path: Path) -> None:
    many = example_evaluation(5, tuple(f"member {k}" for k in range(14)), metrics=("kge",), steps=30, drawn=1)
    browser.show(1300, 1000)
    browser.open(write_evaluation_page(tmp_path / "many.html", many), ready=DRAWN)
    assert browser.messages == []
    assert browser.evaluate("document.querySelectorAll('#heat rect[rx=\"3\"]').length") == 14 * 7
    # six are drawn over time until more are asked for
    assert browser.evaluate("document.querySelectorAll('#flow path.line:not(.observed)').length") == 6


def test_page_of_an_ensemble_draws_bands_ranks_and_probabilities(browser: BrowserTab, tmp_path: Path) -> None:
    found = with_ensemble(example_evaluation(5, steps=24 * 30, drawn=1), "default")
    browser.show(1300, 1000)
    browser.open(write_evaluation_page(tmp_path / "page.html", found), ready=DRAWN)
    assert browser.messages == []
    bands = "document.querySelectorAll('#flow svg path.band.c1').length"
    assert browser.evaluate(bands) == 2
    click(browser, "#flow-legend button:nth-of-type(2)")
    assert browser.evaluate(bands) == 0
    assert browser.evaluate("Boolean(document.querySelector('#ranks svg path.band.c1'))")
    dots = "[...document.querySelectorAll('#reliability circle')].map((dot) => dot.getAttribute('cy'))"
    before = browser.evaluate(dots)
    assert len(before) == 11
    pick(browser, "pick-reached", "Flood")
    assert len(browser.evaluate(dots)) == 11
    assert browser.messages == []
