"""What a module's process does when it is asked: make instances, run them, tell and take their states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.engine.bmi.room import BEFORE, FACTOR, NOWHERE, PLACE, STEP, Room
from dmod.engine.bmi.serialized import packed, unpacked
from dmod.engine.bmi.stepping import HELD, OWN, Stepping
from dmod.engine.foreign.exchange import Exchange
from dmod.engine.foreign.module import ForeignModule, Program
from dmod.engine.foreign.program import ProgramSpec, bind, open_program
from dmod.engine.foreign.python_module import PythonProgram
from dmod.engine.foreign.several_module import SeveralModule
from dmod.errors import BalanceError, DmodError, InputError

MASSES = ("ngen::mass_in", "ngen::mass_out", "ngen::mass_stored", "ngen::mass_leaked")


@dataclass(slots=True)
class Cell:
    """The instances of one module for some catchments, and how far they are.

    Parameters
    ----------
    modules : one for each catchment, or one for all of them
    starts : where each began, in the module's units of time
    done : steps of the run
    balance : how the modules' mass balances are looked at, None for not at all
    open : by catchment, by how much its balance was open at most, and after which step first
    """

    modules: list[ForeignModule]
    exchange: Exchange
    starts: list[float]
    stepping: Stepping
    done: int = 0
    balance: Mapping[str, Any] | None = None
    open: dict[str, tuple[float, int]] = field(default_factory=dict)


class Serving:
    """Programs and instances of one process."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._programs: dict[int, Program] = {}
        self._cells: dict[tuple[int, int], Cell] = {}
        self._probes: dict[int, ForeignModule] = {}
        self._acts = {
            "open": self._open, "declare": self._declare, "values": self._values, "make": self._make,
            "run": self._run, "states": self._states, "restore": self._restore,
        }  # fmt: skip

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is asked, and return what came of it.

        Raises
        ------
        DmodError
            what a module did wrong, or was asked wrongly.
        """
        self._room.follow(int(asked.get("room", 0)))
        self._room.marks[:] = 0
        self._room.marks[BEFORE] = NOWHERE
        return self._acts[asked["do"]](asked)

    def end(self) -> None:
        """Let every instance end by itself."""
        modules = [module for cell in self._cells.values() for module in cell.modules]
        for module in (*modules, *self._probes.values()):
            try:
                module.finalize()
            except DmodError:  # what it computed is there already
                continue

    def _open(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._programs[asked["stage"]] = open_program(ProgramSpec(**asked["spec"]))
        return {}

    def _declare(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Make one instance, to see what it takes and gives."""
        module = self._one(asked["stage"], [asked["catchment"]], [asked["config"]], [asked["settings"]])
        self._probes[asked["stage"]] = module
        return {
            "inputs": [self._described(module, name) for name in module.input_names],
            "outputs": [self._described(module, name) for name in module.output_names],
            "time": [module.start_time, module.end_time, module.time_step, module.time_units],
            "several": isinstance(module, SeveralModule),
            "state": 0 if isinstance(module, SeveralModule) else len(packed(module) or ()),
        }

    def _values(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return values of the first instance as they are after its initialisation."""
        module = self._probes[asked["stage"]]
        return {"values": [float(module.get_values(name).flat[0]) for name in asked["names"]]}

    def _described(self, module: ForeignModule, name: str) -> dict[str, Any]:
        return {"name": name, "unit": module.units(name), "count": module.count(name)}

    def _one(
        self, stage: int, catchments: list[str], configs: list[str], settings: list[Mapping[str, Any]]
    ) -> ForeignModule:
        program = self._programs[stage]
        module: ForeignModule
        if isinstance(program, PythonProgram) and program.takes_several:
            module = program.instance_of_several(catchments)
            assert isinstance(module, SeveralModule)
            module.initialize_several(configs)
        else:
            module = program.instance(catchments[0])
            module.initialize(configs[0])
        self._set(module, settings)
        return module

    def _set(self, module: ForeignModule, settings: list[Mapping[str, Any]]) -> None:
        """Set parameters after the initialisation."""
        for name in dict.fromkeys(name for each in settings for name in each):
            given = [each[name] for each in settings if name in each]
            if len(given) != len(settings):
                raise InputError(f"module {module.title}: {name!r} is not given for all of its catchments")
            module.set_values(name, np.array(given, dtype=np.float64))

    def _make(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        stage, catchments, configs = asked["stage"], asked["catchments"], asked["configs"]
        settings = asked["settings"]
        marks = self._room.marks
        program = self._programs[stage]
        if isinstance(program, PythonProgram) and program.takes_several:
            modules = [self._one(stage, catchments, configs, settings)]
        else:
            modules = []
            for place, (catchment, config, values) in enumerate(
                zip(catchments, configs, settings, strict=True)
            ):
                marks[PLACE] = place
                modules.append(self._one(stage, [catchment], [config], [values]))
        stepping = Stepping(**asked["stepping"])
        for module in modules:
            stepping.require(module)
        exchange = bind(modules, asked["inputs"], asked["outputs"])
        exchange.marks = marks[PLACE : STEP + 1]
        self._cells[stage, asked["cell"]] = Cell(
            modules, exchange, [module.start_time for module in modules], stepping, balance=asked["balance"]
        )
        return {}

    def _run(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        cell = self._cells[asked["stage"], asked["cell"]]
        steps = asked["steps"]
        exchange = cell.exchange
        given, results = self._room.values(exchange.rows, len(exchange.inputs), len(exchange.outputs), steps)
        every = 0
        if cell.balance is not None and cell.balance["frequency"] > 0:
            factor = cell.stepping.factor
            every = -(-cell.balance["frequency"] // factor) * factor
        begin = cell.done
        while cell.done < begin + steps:
            # as far as to where the balance is looked at next
            left = begin + steps - cell.done
            count = min(every - cell.done % every, left) if every else left
            part = slice(cell.done - begin, cell.done - begin + count)
            self._room.marks[BEFORE] = cell.done
            self._step(cell, given[:, :, part], results[:, :, part], count)
            cell.done += count
            is_time = cell.done % every == 0 if every else False
            if cell.balance is not None and (is_time or cell.done == asked["last"]):
                self._weigh(cell)
        found, cell.open = cell.open, {}
        return {"open": found}

    def _step(self, cell: Cell, given: NDArray[np.float64], results: NDArray[np.float64], count: int) -> None:
        stepping = cell.stepping
        self._room.marks[FACTOR] = stepping.factor
        if stepping.kind == OWN:
            cell.exchange.run(given, results)
        elif stepping.kind == HELD:
            windows = -(-count // stepping.factor)
            mean = np.stack(
                [
                    given[:, :, stepping.factor * w : stepping.factor * (w + 1)].mean(axis=2)
                    for w in range(windows)
                ],
                axis=2,
            )
            held = np.empty((results.shape[0], results.shape[1], windows))
            cell.exchange.run(mean, held)
            results[...] = np.repeat(held, stepping.factor, axis=2)[:, :, :count]
        else:
            ahead = (cell.done + 1 + np.arange(count)) * stepping.step
            until = np.array(cell.starts)[:, None] + ahead
            cell.exchange.run(given, results, until=until)

    def _weigh(self, cell: Cell) -> None:
        """Look at the balance that each instance tells of itself, by the framework's protocol."""
        assert cell.balance is not None
        for module in cell.modules:
            try:
                came, left, stored, leaked = (module.get_values(name) for name in MASSES)
            except DmodError:
                cell.open = {"": (0.0, 0)}  # it does not tell
                cell.balance = None
                return
            residual = float(np.abs(came - left - stored - leaked).max())
            # what is no number is open, too
            if residual <= cell.balance["tolerance"]:
                continue
            step = cell.done - 1
            if cell.balance["fatal"]:
                raise BalanceError(
                    f"module {module.title}, catchment {module.catchment}: its water balance is open by "
                    f"{residual:.3e}, and {cell.balance['tolerance']:g} is allowed",
                    hint="mass_balance in the realization makes this an error",
                )
            worst, first = cell.open.get(module.catchment, (0.0, step))
            cell.open[module.catchment] = (max(worst, residual), first)

    def _states(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        cell = self._cells[asked["stage"], asked["cell"]]
        return {"states": [(packed(module) or b"").hex() for module in cell.modules]}

    def _restore(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        cell = self._cells[asked["stage"], asked["cell"]]
        saved: Sequence[str] = asked["states"]
        for place, (module, text) in enumerate(zip(cell.modules, saved, strict=True)):
            self._room.marks[PLACE] = place
            unpacked(module, bytes.fromhex(text))
        return {}
