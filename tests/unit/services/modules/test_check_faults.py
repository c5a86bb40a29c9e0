"""What is wrong with a module is found, said where, and the module is refused or warned of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmod.services.modules.check import check_module
from dmod.services.modules.program_name import Target

RAIN = "atmosphere_water__liquid_equivalent_precipitation_rate"
UPDATE_C = "  advance(it, it->time_step);\n  return BMI_SUCCESS;\n}\n\n/* The time"
UPDATE_PY = "        self._advance(self._settings.time_step)\n\n    def update_until"

# language, check, level, where, what, (old, new) …
FAULTS = {
    "not-a-number": (
        "c",
        "numbers",
        "error",
        "get_value(Q_OUT)",
        "is nan at step",
        (
            UPDATE_C,
            "  advance(it, it->time_step);\n  if (it->rain > 0) it->outflow = sqrt(-1.0);\n"
            "  return BMI_SUCCESS;\n}\n\n/* The time",
        ),
    ),
    "infinite-in-frost": (
        "python",
        "numbers",
        "error",
        "get_value(Q_OUT)",
        "is inf at step",
        ("values[OUTFLOW][0] = outflow", "values[OUTFLOW][0] = outflow if rain else np.inf"),
    ),
    "units-of-another-thing": (
        "c",
        "units",
        "error",
        f"get_var_units({RAIN})",
        "said 'K', and what goes by this",
        (f'{{"{RAIN}", "mm h-1"', f'{{"{RAIN}", "K"'),
    ),
    "units-that-nobody-knows": (
        "fortran",
        "units",
        "error",
        "get_var_units(Q_OUT)",
        "'furlongs per moon'",
        ("    units = 'm'\n", "    units = 'furlongs per moon'\n"),
    ),
    "units-that-change": (
        "python",
        "units",
        "error",
        f"get_var_units({RAIN})",
        "something else",
        (
            "        return UNITS[name]",
            "        self.asked = getattr(self, 'asked', 0) + 1\n"
            "        return UNITS[name] if self.asked < 4 else 'mm'",
        ),
    ),
    "odd-grid-type": (
        "c",
        "types",
        "warning",
        "get_grid_type(0)",
        "said 'hexagons'",
        ('strcpy(type, "scalar"); return grid', 'strcpy(type, "hexagons"); return grid'),
    ),
    "odd-grid-rank": (
        "c++",
        "types",
        "warning",
        "get_grid_rank(0)",
        "said 3 dimensions for a grid of type scalar",
        (
            "int GetGridRank(const int) override { return 0; }",
            "int GetGridRank(const int) override { return 3; }",
        ),
    ),
    "odd-grid-size": (
        "c",
        "types",
        "error",
        "get_grid_size(0)",
        "said 7 places, and",
        ("*size = 1; return grid", "*size = 7; return grid"),
    ),
    "odd-grid-shape": (
        "vectorised",
        "types",
        "error",
        "get_grid_shape(0)",
        "said 3 × 5, and get_grid_size 2",
        ('return "points"', 'return "uniform_rectilinear"'),
        ('"""Return how many dimensions a grid has."""\n        return 1', "return 2"),
        (
            "        return len(self._residence_time)",
            "        return len(self._residence_time)\n\n    def get_grid_shape(self, grid, shape):\n"
            "        shape[:] = (3, 5)",
        ),
        ("        self.initialize_many([config_file])", "        self.initialize_many([config_file] * 2)"),
    ),
    "type-of-another-size": (
        "c",
        "types",
        "error",
        f"get_var_type({RAIN})",
        "said 'double', with 5 bytes",
        ("*size = sizeof(double)", "*size = 5"),
    ),
    "two-of-a-name": (
        "c++",
        "names",
        "error",
        "get_output_var_names",
        "names Q_OUT more than once",
        ('{"RESERVOIR_STORAGE", "m"', '{"Q_OUT", "m"'),
    ),
    "a-number-of-names-that-lies": (
        "python",
        "names",
        "error",
        "get_output_item_count",
        "said 5, and there are 2",
        ("return len(self.get_output_var_names())", "return 5"),
    ),
    "no-output": (
        "python",
        "names",
        "error",
        "get_output_var_names",
        "names no output",
        ("return OUTFLOW, STORAGE", "return ()"),
    ),
    "time-that-stands": (
        "c",
        "time",
        "error",
        "update",
        "went from 0 to 0 at step 1",
        ("  it->time += seconds;", ""),
    ),
    "time-that-does-not-reach": (
        "python",
        "time",
        "error",
        "update_until",
        "was to reach 10800, and time is 3600",
        (
            "        while self._time + self._settings.time_step <= time:\n            self.update()\n"
            "        if time > self._time:\n            self._advance(time - self._time)",
            "        self.update()",
        ),
    ),
    "time-that-goes-back": (
        "python",
        "time",
        "warning",
        "update_until",
        "it went from 10800 to 7200",
        (
            '            raise ValueError(f"time stands at {self._time} s and does not go back to {time} s")',
            "            self._time = time",
        ),
    ),
    "time-in-no-unit": (
        "c++",
        "time",
        "error",
        "get_time_units",
        "said 'mm'",
        ('GetTimeUnits() override { return "s"; }', 'GetTimeUnits() override { return "mm"; }'),
    ),
    "step-of-nothing": (
        "python",
        "time",
        "error",
        "get_time_step",
        "said 0",
        ("        return self._settings.time_step", "        return 0.0"),
    ),
    "input-that-is-lost": (
        "python",
        "values",
        "warning",
        f"set_value({RAIN})",
        "was given 0.75, and get_value gives",
        ("        self._values[name][:] = src", "        self._values[name][:] = src / 1000"),
    ),
    "place-of-another-value": (
        "c",
        "values",
        "warning",
        "get_value_ptr(Q_OUT)",
        "and get_value gives",
        ("  *(double *)dest = *from;", '  *(double *)dest = *from * (strcmp(name, "Q_OUT") ? 1 : 1000);'),
    ),
    "place-that-moves": (
        "python",
        "values",
        "warning",
        "get_value_ptr(Q_OUT)",
        "another address after a step",
        (
            "        values[OUTFLOW][0] = outflow",
            "        self._kept = values[OUTFLOW]\n        values[OUTFLOW] = np.array([outflow])",
        ),
    ),
    "size-that-grows": (
        "python",
        "values",
        "error",
        "get_var_nbytes(Q_OUT)",
        "said 2 values at step 1, and 1 before",
        ("        values[OUTFLOW][0] = outflow", "        values[OUTFLOW] = np.zeros(2)"),
    ),
    "writes-too-much": (
        "c",
        "values",
        "error",
        f"get_value({RAIN})",
        "wrote more than the 8 bytes",
        ("  *(double *)dest = *from;", "  ((double *)dest)[0] = ((double *)dest)[1] = *from;"),
    ),
    "drawn-by-lot": (
        "python",
        "determinism",
        "error",
        "update",
        "two instances with the same input differ: 'Q_OUT' is",
        (
            "values[OUTFLOW][0] = outflow",
            "values[OUTFLOW][0] = outflow + np.random.default_rng().random() * 1e-12",
        ),
    ),
    "one-storage-for-all": (
        "c",
        "independence",
        "error",
        "update",
        "gives something else beside another one",
        (
            "static void advance(Reservoir *it, double seconds) {",
            "static double shared;\n\nstatic void advance(Reservoir *it, double seconds) {\n"
            "  if (it->time == 0.0) shared = it->storage;\n  it->storage = shared;",
        ),
        ("  it->storage = it->mass_stored = after;", "  shared = it->storage = it->mass_stored = after;"),
    ),
    "one-catchment-for-all": (
        "vectorised",
        "catchments",
        "error",
        "get_value(Q_OUT)",
        "of 4 has",
        ("rain = values[RAIN] / 1000", "rain = np.full_like(values[RAIN], values[RAIN].mean()) / 1000"),
    ),
    "one-value-for-many": (
        "vectorised",
        "catchments",
        "error",
        f"get_var_nbytes({RAIN})",
        "said 1 values after",
        ("return self._values[name].nbytes", "return 8"),
    ),
    "water-that-is-lost": (
        "fortran",
        "mass balance",
        "error",
        "ngen::mass_in, ngen::mass_out, ngen::mass_stored, ngen::mass_leaked",
        "in - out - stored - leaked is",
        (
            "    it%mass_out = it%mass_out + it%outflow\n",
            "    it%mass_out = it%mass_out + it%outflow * 0.9d0\n",
        ),
    ),
    "mass-in-part": (
        "python",
        "mass balance",
        "warning",
        "get_value",
        "and no ngen::mass_leaked",
        (' MASS_LEAKED: "m",', ""),
    ),
    "mass-in-another-unit": (
        "c",
        "mass balance",
        "error",
        "get_var_units(ngen::mass_out)",
        "said 'm3 s-1'",
        ('{"ngen::mass_out", "m"', '{"ngen::mass_out", "m3 s-1"'),
    ),
    "value-of-another-place": (
        "c",
        "values",
        "warning",
        "get_value_at_indices(Q_OUT)",
        "gives 7.0 at 0, and get_value",
        (
            "  return count == 1 && inds[0] == 0 ? get_value(self, name, dest) : BMI_FAILURE;",
            "  *(double *)dest = 7.0;\n  return inds[0] + count - 1;",
        ),
    ),
    "leak-by-step": (
        "c",
        "memory",
        "warning",
        "update",
        "bytes a step over",
        (UPDATE_C, "  if (!calloc(1, 2000)) return BMI_FAILURE;\n" + UPDATE_C),
    ),
    "leak-by-instance": (
        "c",
        "memory",
        "warning",
        "finalize",
        "bytes of every instance stay",
        (
            "  free(self->data);\n  self->data = NULL; /*",
            "  memset(malloc(1), 0, 1);\n  self->data = NULL; /*",
        ),
        ("  double time;  ", "  double more[1024], time;  "),
    ),
    "any-path-will-do": (
        "python",
        "wrong path",
        "warning",
        "initialize",
        "went well with a configuration",
        ("read_settings(config_file)", "Settings(12.0)"),
        ("advance, read_settings", "Settings, advance"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_module_with_a_fault_is_told_of_it(made: Callable[..., Target], fault: str) -> None:
    language, check, level, where, what, *edits = FAULTS[fault]
    found = check_module(made(language, *edits), names=(str(check),), steps=96)
    told = [f for f in found.findings if f.level == level]
    assert [f.where for f in told][:1] == [where], found.as_text()
    assert what in told[0].what
    assert found.ok == (level != "error")
    assert told[0].allowed


def test_module_that_lacks_functions_is_told_of_all_at_once(made: Callable[..., Target]) -> None:
    edits = [
        (f"  self->{name} = {name};\n", "") for name in ("update_until", "get_value_ptr", "get_grid_type")
    ]
    found = check_module(made("c", *edits), names=("functions", "time", "values"), steps=12)
    assert found.ok
    assert [f.where for f in found.of("warning")] == ["update_until"]
    assert any("get_value_ptr" in f.what for f in found.of("note"))


def test_module_without_update_is_refused_and_nothing_else_is_tried(made: Callable[..., Target]) -> None:
    found = check_module(made("c", ("  self->update = update;\n", "")))
    assert "registered no update" in found.of("error")[0].what
    assert {f.check for f in found.findings} == {"functions", "check"}
    assert "not checked, because of functions: initialize, names" in found.findings[-1].what


def test_module_without_its_configuration_is_told_to_be_given_one(made: Callable[..., Target]) -> None:
    found = check_module(made("c", config=False))
    (error,) = found.of("error")
    assert (error.check, error.where) == ("initialize", "initialize")
    assert "--config" in error.to_do


def test_module_with_an_error_in_every_check_tells_it_once(made: Callable[..., Target]) -> None:
    edit = (
        "  *(double *)dest = *from;",
        '  if (!strcmp(name, "Q_OUT")) return 9;\n  *(double *)dest = *from;',
    )
    found = check_module(made("c", edit), names=("values", "numbers", "determinism"), steps=12)
    assert [(f.check, f.where, f.what) for f in found.of("error")] == [
        ("values", "get_value(Q_OUT)", "returned 9")
    ]
    again = [f.what for f in found.of("note") if f.check != "values"]
    assert again == ["came no further: the same error as in values"] * 2


def test_memory_of_a_slow_module_is_looked_at_over_fewer_steps(made: Callable[..., Target]) -> None:
    edit = (
        "  it->time += seconds;",
        "  it->time += seconds;\n  nanosleep(&(struct timespec){0, 40000000}, NULL);",
    )
    slow = made(
        "c",
        edit,
        ("#include <ctype.h>", "#define _POSIX_C_SOURCE 200809L\n#include <ctype.h>\n#include <time.h>"),
    )
    found = check_module(slow, names=("memory",))
    (fine,) = found.of("ok")
    assert "4000 steps" not in fine.what
    assert "450 instances" not in fine.what


def test_module_whose_output_has_a_slip_in_its_name_is_told_of_it(made: Callable[..., Target]) -> None:
    found = check_module(made("c++", ('{"RESERVOIR_STORAGE"', '{"SOIL_STORAGE_CHANG"')), names=("names",))
    (note,) = found.of("note")
    assert (note.where, note.what) == ("SOIL_STORAGE_CHANG", "is nearly SOIL_STORAGE_CHANGE")


def test_module_whose_input_has_no_known_name_is_told_of_a_near_one(made: Callable[..., Target]) -> None:
    found = check_module(made("c", (f'{{"{RAIN}"', '{"rainfall"')), names=("names",))
    (note,) = found.of("note")
    assert note.where == "rainfall"
    assert f"perhaps it is {RAIN}" in note.to_do
