"""Modules of others in a chain: what they declare, how they step, and what of them is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from dmod.core.units import Conversion, conversion
from dmod.engine.bmi.crew import Crew
from dmod.engine.bmi.foreign_stage import ForeignStage, Members
from dmod.engine.bmi.state_columns import state_names
from dmod.engine.bmi.stepping import stepping_of
from dmod.engine.chain import Chain, Source
from dmod.engine.foreign.program import ProgramSpec
from dmod.engine.models.module import Config, Module, Prepared, Variable
from dmod.engine.native import ChainModule
from dmod.errors import RealizationError, UnitError
from dmod.formulation.formulation import ModuleSpec


def join(
    crew: Crew,
    program: ProgramSpec,
    spec: ModuleSpec,
    members: Members,
    *,
    may_exceed_end: bool = False,
) -> ChainModule:
    """Return a module of others as a module of a chain; its first instance is made to see what it has.

    Parameters
    ----------
    program : which it is
    spec : what the realization says of it
    members : the catchments of the chain
    may_exceed_end : whether the whole chain may go past the ends that its modules name

    Raises
    ------
    RealizationError
        an input that is exchanged at every step has several values.
    InputError
        its step or its time does not go with the run's.
    DmodError
        it cannot be opened or initialised.
    """
    asked = spec.mass_balance if spec.mass_balance is not None and spec.mass_balance.check else None
    stage = ForeignStage(crew, program, members, balance=None if asked is None else asdict(asked))
    said = stage.declare()
    _require_single(spec, said)
    _, _, own, units = said["time"]
    exceeds = may_exceed_end or spec.allow_exceed_end_time
    axis = crew.axis
    stage.stepping = stepping_of(
        program.title, own, units, run_step=axis.step, fixed=spec.fixed_time_step,
        count=None if exceeds else axis.count,
    )  # fmt: skip
    inputs = tuple(Variable(each["name"], each["unit"], "") for each in said["inputs"])
    outputs = tuple(Variable(each["name"], each["unit"], "") for each in said["outputs"] if _is_single(each))
    stage.inputs = tuple(variable.name for variable in inputs)
    stage.outputs = tuple(variable.name for variable in outputs)
    names = state_names(said["state"])

    def prepare(configs: Any) -> Prepared:
        rows = np.arange(len(configs), dtype=np.float64)[:, None]
        return Prepared(rows, np.full((len(configs), len(names)), np.nan), names)

    module = Module(
        name=program.title,
        revision="",
        title=program.title,
        references=(),
        parameters=(),
        states=(),
        inputs=inputs,
        outputs=outputs,
        read_config=lambda _, source: Config({}, source),
        check=lambda _: [],
        prepare=prepare,
        kernel=stage,
        uses_water=False,
        tells_balance=False,
        takes_several=said["several"],
        finish=stage.finish,
        initially=lambda name: stage.first_values([name])[0],
    )
    return ChainModule(module, [Config({}, source) for source in members.configs])


def settle(chain: Chain) -> Chain:
    """Let the stages of others know which of their outputs are needed, and return the chain for them.

    A main output that is a depth in each of a module's own steps, where that is several of the run's, is
    shared out among these.
    """
    for place, stage in enumerate(chain.stages):
        if isinstance(stage.module.kernel, ForeignStage):
            used = {source.output for source in _sources(chain) if source.stage == place}
            columns = {c.source.output for c in chain.columns if c.source.stage == place}
            passed = {
                source.output
                for source in (*(s for each in chain.stages for s in each.sources), chain.runoff)
                if source.stage == place
            }
            stage.module.kernel.needed = tuple(sorted(used | columns))
            stage.module.kernel.watched = tuple(sorted(passed))
    return replace(chain, runoff=_shared_out(chain))


def _sources(chain: Chain) -> Iterator[Source]:
    for stage in chain.stages:
        yield from stage.sources
    yield chain.runoff


def _shared_out(chain: Chain) -> Source:
    """Return the source of the runoff."""
    runoff = chain.runoff
    if runoff.kind != "module":
        return runoff
    module = chain.stages[runoff.stage].module
    if not isinstance(module.kernel, ForeignStage):
        return runoff
    assert module.kernel.stepping is not None
    factor = module.kernel.stepping.factor
    try:
        conversion(module.outputs[runoff.output].unit, "m")
    except UnitError:
        return runoff
    return replace(runoff, conversion=Conversion(runoff.conversion.scale / factor, runoff.conversion.offset))


def _is_single(said: dict[str, Any]) -> bool:
    return bool(said["count"] == 1)


def _require_single(spec: ModuleSpec, said: dict[str, Any]) -> None:
    several = [each for each in said["inputs"] if not _is_single(each)]
    if several:
        each = several[0]
        raise RealizationError(
            f"{spec.path}: module {spec.model_type_name} takes {each['name']!r} as {each['count']} values, "
            "and a chain passes one for each catchment",
            hint="give it its values in the configuration or in model_params, and offer it as no input",
        )
