"""Steps of jobs tell that kernels are compiled, as their progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dmod.app import steps
from dmod.core.compiling import Compiling, tell_of_compiling


@dataclass
class Told:
    folder: Path
    cpus: int = 1
    texts: list[str] = field(default_factory=list)

    def progress(self, text: str, done: float | None = None) -> None:
        self.texts.append(text if done is None else f"{text} {done:.0%}")


@pytest.mark.parametrize(
    ("step", "action"), [("run", "run.run_model"), ("run_part", "parts.run_part"), ("gather", "parts.gather")]
)
def test_step_tells_of_compilation_while_it_goes_on(
    step: str, action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(inputs: Mapping[str, Any], context: Told) -> dict[str, Any]:
        tell_of_compiling(Compiling(0, True, "/cache"))
        tell_of_compiling(Compiling(12, True, "/cache"))
        tell_of_compiling(Compiling(13, False, "/cache"))
        context.progress("simulate", 0.5)
        return {"of": inputs["of"]}

    monkeypatch.setattr(f"dmod.services.jobs.actions.{action}", work)
    context = Told(tmp_path)
    assert getattr(steps, step)({"of": 1}, context) == {"of": 1}
    assert context.texts == [
        "compiling kernels, once for this machine: 0 so far",
        "compiling kernels, once for this machine: 12 so far",
        "13 kernels compiled and kept for this machine",
        "simulate 50%",
    ]
    tell_of_compiling(Compiling(14, True, "/cache"))
    assert len(context.texts) == 4
