from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from dmod.core.problem import Problem
from dmod.core.time_axis import TimeAxis
from dmod.formulation.checks import find_realization_problems
from dmod.formulation.formulation import Formulation, HydrofabricAttribute, ModuleSpec, ParameterValue
from dmod.formulation.realization import ForcingSpec, Layer, Realization

IDS = ["cat-1", "cat-2", "cat-3"]
TIME = TimeAxis(datetime(2020, 1, 1, tzinfo=UTC), 3600, 24)


def formulation(
    init_config: str = "{{id}}.ini", params: Mapping[str, ParameterValue] | None = None
) -> Formulation:
    module = ModuleSpec("bmi_c", "CFE", init_config=init_config, model_params=params or {}, path="m")
    return Formulation("bmi_c", "CFE", "Q_OUT", (module,), path="f")


SOUND = Realization("r.json", TIME, formulation(), forcing=ForcingSpec("NetCDF", "f.nc"))


def found(
    realization: Realization, attributes: set[str] | None = None
) -> list[tuple[str, str, tuple[str, ...]]]:
    problems = find_realization_problems(realization, IDS, attributes)
    return [(p.severity, p.code, p.ids) for p in problems]


def test_check_sound_realization_finds_nothing() -> None:
    assert found(SOUND) == []


def test_check_step_other_than_an_hour_is_an_error() -> None:
    assert found(replace(SOUND, time=TimeAxis(TIME.start, 7200, 12))) == [("error", "time-step", ())]


def test_check_override_of_a_catchment_that_is_not_there_is_a_warning() -> None:
    own = {"cat-9": formulation("a"), "cat-1": formulation("b")}
    forcing = {"cat-1": ForcingSpec("NetCDF", "g.nc")}
    changed = replace(SOUND, catchments=own, catchment_forcing=forcing)
    assert found(changed) == [("warning", "override-unknown", ("cat-9",))]


def test_check_catchments_without_formulation_or_forcing_are_named() -> None:
    changed = replace(SOUND, default=None, forcing=None, catchments={"cat-2": formulation()})
    assert found(changed) == [
        ("error", "formulation-missing", ("cat-1", "cat-3")),
        ("error", "forcing-missing", ("cat-1", "cat-2", "cat-3")),
    ]


def test_check_override_without_forcing_inherits_with_a_warning() -> None:
    changed = replace(SOUND, catchments={"cat-2": formulation()})
    assert found(changed) == [("warning", "forcing-inherited", ("cat-2",))]


def test_check_layer_with_a_formulation_is_an_error() -> None:
    changed = replace(SOUND, layers=(Layer("soil", 1, formulation=formulation()), Layer("surface", 0)))
    assert found(changed) == [("error", "layer-formulation", ())]


def test_check_id_pattern_that_is_not_replaced_is_reported() -> None:
    assert found(replace(SOUND, default=formulation("{{ID}}.ini"))) == [("warning", "id-pattern", ())]


def test_check_file_pattern_that_is_no_expression_is_an_error() -> None:
    forcing = ForcingSpec("CsvPerFeature", "f", "*{{id}}.csv")
    assert found(replace(SOUND, forcing=forcing)) == [("error", "file-pattern", ())]


def test_check_repeated_output_variable_is_reported() -> None:
    twice = replace(formulation(), output_variables=("Q", "P", "Q"))
    assert found(replace(SOUND, default=twice)) == [("warning", "output-repeated", ())]


def test_check_attribute_that_the_hydrofabric_lacks_names_its_catchments() -> None:
    wanting = formulation(params={"slope": HydrofabricAttribute("mean.slope")})
    changed = replace(SOUND, default=wanting)
    assert found(changed, {"mean.slope"}) == []
    assert found(changed, {"elevation"}) == [("error", "attribute-missing", tuple(IDS))]


def test_check_same_notice_in_many_overrides_is_reported_once() -> None:
    notices = tuple(
        Problem("warning", "unknown-key", f"catchments.{c}.formulaton: unknown key", where=f"r.json:{i}")
        for i, c in enumerate(IDS)
    )
    (problem,) = find_realization_problems(replace(SOUND, problems=notices), IDS)
    assert (problem.ids, problem.where) == (tuple(IDS), "r.json:0")
    assert problem.message == "catchments.*.formulaton: unknown key"
