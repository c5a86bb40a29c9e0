"""Colours of values and of configurations, told apart by people who do not see red or green."""

from __future__ import annotations

from collections.abc import Mapping

from dmod.evaluation.report.evaluation.measure import ColourScale

PALETTES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "light": {
        "quality": ("#7f3f0a", "#b8742a", "#dfb67a", "#f1e4cd", "#cfe5e4", "#7dbcc0", "#2f8792", "#0b4f5e"),
        "signed": ("#a34a06", "#e08b36", "#f6c98d", "#eceaee", "#c9c2e2", "#8f80bd", "#4d2f86"),
        "plain": ("#e9f2e4", "#b9ddc5", "#7fc0ba", "#4a9bab", "#2a6c91", "#1d3f6e"),
    },
    "dark": {
        "quality": ("#f0a94e", "#c07f33", "#8a5f30", "#54483a", "#34505a", "#2f8094", "#4fb3c8", "#9be8f2"),
        "signed": ("#ffa84d", "#c77a2c", "#80562d", "#4a4a55", "#5d5490", "#8d7cd0", "#c7b6ff"),
        "plain": ("#253640", "#285563", "#2f7780", "#469c9a", "#79c2ab", "#c4ecc9"),
    },
}
CONFIGURATIONS = ("#1769c2", "#c4560a", "#1a7f4b", "#8a55b5", "#b3261e", "#6b7a10")
DASHES: tuple[str, ...] = ("-", "--", ":")


def colours(scale: ColourScale) -> list[str]:
    """Return the colour of each class on paper."""
    stops = PALETTES["light"][scale.palette]
    shares = [tone if scale.palette == "plain" else (tone + 1.0) / 2.0 for tone in scale.tones]
    return [_mixed(stops, share) for share in shares]


def _mixed(stops: tuple[str, ...], share: float) -> str:
    at = min(max(share, 0.0), 1.0) * (len(stops) - 1)
    index = min(int(at), len(stops) - 2)
    ends = [[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops[index : index + 2]]
    return "#" + "".join(f"{round(a + (b - a) * (at - index)):02x}" for a, b in zip(*ends, strict=True))


def line_style(index: int) -> tuple[str, str]:
    """Return colour and dashes of a configuration by its position."""
    count = len(CONFIGURATIONS)
    return CONFIGURATIONS[index % count], DASHES[min(index // count, len(DASHES) - 1)]
