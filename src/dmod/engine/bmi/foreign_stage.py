"""A module of others as a stage of a chain: what the loop over blocks calls in the place of compiled code."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.core.time_axis import format_time
from dmod.engine.bmi.crew import Crew
from dmod.engine.bmi.host import Asking, Host
from dmod.engine.bmi.room import PLACE
from dmod.engine.bmi.state_columns import columns_of, state_of
from dmod.engine.bmi.stepping import Stepping
from dmod.engine.foreign.program import ProgramSpec
from dmod.engine.models.module import Array


@dataclass(frozen=True, slots=True)
class Members:
    """The catchments of a chain, as one of its modules sees them; all have one entry for each.

    Parameters
    ----------
    catchments : ids
    configs : paths of configuration files
    settings : what is set after the initialisation
    """

    catchments: Sequence[str]
    configs: Sequence[str]
    settings: Sequence[Mapping[str, float | Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Cell:
    """The instances of one block.

    Parameters
    ----------
    rows : of the catchments in the chain
    """

    host: Host
    number: int
    rows: NDArray[np.int64]


class ForeignStage:
    """Runs the instances of a module, each block in one of the crew's processes.

    It is a `Kernel`: its parameters are the row of each catchment in the chain.

    Parameters
    ----------
    balance : how the module's mass balance is looked at; None for not
    """

    def __init__(
        self, crew: Crew, spec: ProgramSpec, members: Members, *, balance: Mapping[str, Any] | None = None
    ) -> None:
        self.spec = spec
        self.inputs: tuple[str, ...] = ()
        self.outputs: tuple[str, ...] = ()
        self.needed: tuple[int, ...] = ()
        self.watched: tuple[int, ...] = ()
        self.stepping: Stepping | None = None
        self._crew = crew
        self._members = members
        self._balance = balance
        self._number = crew.stage()
        self._open: dict[str, tuple[float, int]] = {}
        self._cells: dict[tuple[int, int], Cell] = {}
        self._lock = threading.Lock()

    def declare(self) -> dict[str, Any]:
        """Make an instance for the first catchment, and return what it takes and gives."""
        members = self._members
        host = self._opened(0)
        return host.ask(
            {
                "do": "declare", "stage": self._number, "catchment": members.catchments[0],
                "config": members.configs[0], "settings": members.settings[0],
            },
            self._asking("initialize", np.zeros(1, dtype=np.int64)),
        )  # fmt: skip

    def first_values(self, names: Sequence[str]) -> list[float]:
        """Return what the first instance holds after its initialisation, one value for each name."""
        asked = {"do": "values", "stage": self._number, "names": list(names)}
        answer = self._opened(0).ask(asked, self._asking("get_value", np.zeros(1, dtype=np.int64)))
        values: list[float] = answer["values"]
        return values

    def __call__(
        self,
        parameters: Array,
        state: Array,
        inputs: tuple[Array, ...],
        outputs: tuple[Array, ...],
        balance: Array,
        failed_step: NDArray[np.int64],
    ) -> None:
        """Run a block over a chunk; see `Kernel`."""
        cell = self._cell(parameters[:, 0].astype(np.int64), state)
        steps = outputs[0].shape[1]

        def fill(given: NDArray[np.float64]) -> None:
            for place, values in enumerate(inputs):
                given[:, place] = values

        def take(results: NDArray[np.float64]) -> None:
            for place, index in enumerate(self.needed):
                outputs[index][...] = results[:, place]

        asked = {
            "do": "run", "stage": self._number, "cell": cell.number, "steps": steps,
            "last": self._crew.axis.count,
        }  # fmt: skip
        shape = (len(cell.rows), len(self.inputs), len(self.needed), steps)
        answer = cell.host.run(asked, self._asking("update", cell.rows), shape, fill, take)
        self._note_open(answer["open"])
        if steps == 1:
            # feedback keeps all values of a step, and what nobody asked for has none
            for index in set(range(len(outputs))).difference(self.needed):
                outputs[index].fill(0.0)
        self._find_failed([outputs[index] for index in self.watched], failed_step)

    def finish(self, state: Array) -> None:
        """Put the states of all instances into a chain's array, shape (catchment, state)."""
        self._complain()
        if not state.shape[1]:
            return
        for cell in self._cells.values():
            asked = {"do": "states", "stage": self._number, "cell": cell.number}
            answer = cell.host.ask(asked, self._asking("get_value", cell.rows))
            for row, text in zip(cell.rows, answer["states"], strict=True):
                state[row] = columns_of(bytes.fromhex(text), state.shape[1], self.spec.title)

    def _note_open(self, found: Mapping[str, Sequence[float]]) -> None:
        with self._lock:
            for catchment, (residual, step) in found.items():
                worst, first = self._open.get(catchment, (0.0, int(step)))
                self._open[catchment] = (max(worst, residual), first)

    def _complain(self) -> None:
        """Say in one sentence which mass balances were open."""
        title = f"module {self.spec.title}"
        if "" in self._open:
            self._crew.complaints.append(f"{title} does not tell its mass balance, so it was not looked at")
        elif self._open:
            worst = max(residual for residual, _ in self._open.values())
            first = min(step for _, step in self._open.values())
            moment = format_time(self._crew.axis.time(first))
            self._crew.complaints.append(
                f"{title}: the water balance that it tells is open by up to {worst:.3e} in "
                f"{len(self._open)} catchments ({name_some(sorted(self._open))}), from {moment} on"
            )

    def _cell(self, rows: NDArray[np.int64], state: Array) -> Cell:
        key = (int(rows[0]), len(rows))
        with self._lock:
            found = self._cells.get(key)
            number = len(self._cells)
            if found is None:
                host = self._crew.host(number, in_python=self._in_python)
                found = self._cells[key] = Cell(host, number, rows)
                new = True
            else:
                new = False
        if new:
            self._make(found, state)
        return found

    def _make(self, cell: Cell, state: Array) -> None:
        assert self.stepping is not None
        members, rows = self._members, cell.rows.tolist()
        host = self._opened(cell.number)
        asked = {
            "do": "make", "stage": self._number, "cell": cell.number,
            "catchments": [members.catchments[row] for row in rows],
            "configs": [members.configs[row] for row in rows],
            "settings": [members.settings[row] for row in rows],
            "stepping": asdict(self.stepping), "balance": self._balance,
            "inputs": self.inputs, "outputs": [self.outputs[index] for index in self.needed],
        }  # fmt: skip
        host.ask(asked, self._asking("initialize", cell.rows))
        if state.shape[1] and not np.isnan(state).all():
            states = [state_of(row).hex() for row in state]
            asked = {"do": "restore", "stage": self._number, "cell": cell.number, "states": states}
            host.ask(asked, self._asking("set_value", cell.rows))

    @property
    def _in_python(self) -> bool:
        return self.spec.coupling == "bmi_python"

    def _opened(self, place: int) -> Host:
        """Return a process that has opened the module's program."""
        host = self._crew.host(place, in_python=self._in_python)
        if self._number not in host.opened:
            spec = {key: value if value is None else str(value) for key, value in asdict(self.spec).items()}
            spec["virtual_destructor"] = self.spec.virtual_destructor  # type: ignore[assignment]
            asked = {"do": "open", "stage": self._number, "spec": spec}
            host.ask(asked, self._asking("opening", np.zeros(1, dtype=np.int64)))
            host.opened.add(self._number)
        return host

    def _asking(self, doing: str, rows: NDArray[np.int64]) -> Asking:
        def place(marks: Any) -> tuple[str, str]:
            row = rows[min(int(marks[PLACE]), len(rows) - 1)]
            return self._members.catchments[row], self._crew.moment(marks)

        return Asking(self.spec.title, doing, place)

    def _find_failed(self, outputs: Sequence[Array], failed_step: NDArray[np.int64]) -> None:
        for values in outputs:
            bad = ~np.isfinite(values)
            for row in np.flatnonzero(bad.any(axis=1)):
                step = int(np.argmax(bad[row]))
                if failed_step[row] < 0 or step < failed_step[row]:
                    failed_step[row] = step
