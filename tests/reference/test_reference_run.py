"""The main job, from run package to files, against what the framework wrote for the same packages."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import dmod
from dmod.errors import UnknownModule

# case → folder of its results in 17 digits
CASES = {
    "outopt_precision17": "expected",
    **{f"sloth_pet{method}_cfe_csv": "expected_p17" for method in (1, 2, 3, 4, 5)},
    "sloth_pet_cfe_nc": "expected_p17",
    "sloth_pet_cfeHEAD_csv": "expected_p17",
    "sloth_pet_cfeHEADnash_csv": "expected_p17",
    "sloth_pet_cfeHEADxaj_csv": "expected_p17",
    "pet_topmodel_csv": "expected_p17",
}
NOAH = "noah_pet_cfe_csv"
CATCHMENTS = ("cat-11223", "cat-11224", "cat-11371", "cat-11410", "cat-11509")
NEXUSES = ("nex-11223", "nex-11224", "nex-11225")
STEPS = 720

Run = Callable[..., dmod.RunResult]


@pytest.fixture(scope="module")
def run(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a case with some options, each combination once."""
    done: dict[tuple[object, ...], dmod.RunResult] = {}

    def run_case(case: str, **options: object) -> dmod.RunResult:
        key = (case, *sorted(options.items()))
        if key not in done:
            done[key] = dmod.run(
                reference / "ngen" / case,
                output=tmp_path_factory.mktemp(case) / "out",
                revisions={"cfe": "a349a95"} if "HEAD" in case else {},
                report=False,
                **options,
            )
        return done[key]

    return run_case


def table(path: Path) -> dict[str, np.ndarray]:
    """Return the numbers of a catchment's CSV by column, without the time."""
    with path.open() as file:
        header, *rows = csv.reader(file)
    columns = zip(header, zip(*rows, strict=True), strict=True)
    return {name: np.array(values, dtype=float) for name, values in columns if name != "Time"}


def printed(text: str, separator: str) -> tuple[list[list[str]], list[list[str]]]:
    """Return stamps (step, time) and the printed numbers of each row."""
    rows = [line.split(separator) for line in text.splitlines()]
    return [row[:2] for row in rows], [row[2:] for row in rows]


def in_last_digit(ours: str, theirs: str, digits: int) -> bool:
    """Whether two printed numbers differ by at most one unit of the last digit that is printed."""
    a, b = float(ours), float(theirs)
    unit = 10.0 ** (np.floor(np.log10(max(abs(a), abs(b), 1e-300))) - digits + 1)
    return abs(a - b) <= 1.001 * unit


@pytest.mark.parametrize("case", CASES)
def test_run_netcdf_equals_the_framework_in_every_variable_catchment_and_step(
    reference: Path, run: Run, case: str
) -> None:
    result = run(case)
    expected = {c: table(reference / "ngen" / case / CASES[case] / f"{c}.csv") for c in CATCHMENTS}

    with netCDF4.Dataset(result.folder / "catchments.nc") as file:
        ids = [str(name) for name in file["catchment"][:]]
        names = [name for name in file.variables if file[name].dimensions == ("catchment", "time")]
        found = {name: np.asarray(file[name][:]) for name in names}

    assert sorted(ids) == sorted(CATCHMENTS)
    assert set(names) >= set(expected[CATCHMENTS[0]]) - {"Time Step"}
    for name in set(expected[CATCHMENTS[0]]) - {"Time Step"}:
        wanted = np.array([expected[catchment][name] for catchment in ids])
        assert wanted.shape == (len(CATCHMENTS), STEPS)
        np.testing.assert_allclose(found[name], wanted, rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_run_csv_is_the_frameworks_byte_for_byte(reference: Path, run: Run, case: str) -> None:
    home = reference / "ngen" / case / "expected"
    folder = run(case, csv=True).folder
    written = {p.name for p in folder.glob("*.csv")} - {"balance.csv", "hydrograph.csv"}
    assert written == {p.name for p in home.glob("*.csv")}
    different = 0
    for path in sorted(home.glob("*.csv")):
        ours, theirs = (folder / path.name).read_bytes(), path.read_bytes()
        if ours != theirs:
            nexus = path.name.startswith("nex-")
            exact = case == "outopt_precision17" and not nexus
            different += differing_numbers(ours.decode(), theirs.decode(), nexus=nexus, exact=exact)
    # In 17 digits the last bits of the framework's own arithmetic show. In 9 they showed in 2 of 490,000
    # numbers, both in the Xinanjiang case, each by one unit of the last digit.
    if case != "outopt_precision17":
        assert different <= (2 if case == "sloth_pet_cfeHEADxaj_csv" else 0)


def differing_numbers(ours: str, theirs: str, *, nexus: bool, exact: bool) -> int:
    """Count numbers that are printed differently; header, stamps and number of rows must be equal."""
    separator, digits = (", ", 6) if nexus else (",", 9)
    stamps, numbers = printed(ours, separator)
    expected_stamps, expected = printed(theirs, separator)
    assert stamps == expected_stamps
    if not nexus:
        assert numbers.pop(0) == expected.pop(0)
    pairs = [
        (own, other)
        for row, wanted in zip(numbers, expected, strict=True)
        for own, other in zip(row, wanted, strict=True)
        if own != other
    ]
    for own, other in pairs:
        if exact:
            assert float(own) == pytest.approx(float(other), rel=1e-10, abs=1e-12)
        else:
            assert in_last_digit(own, other, digits), (own, other)
    return len(pairs)


@pytest.mark.parametrize("case", CASES)
def test_run_nexus_flow_equals_the_framework_within_its_printed_digits(
    reference: Path, run: Run, case: str
) -> None:
    result = run(case)
    with netCDF4.Dataset(result.folder / "nexuses.nc") as file:
        ids = [str(name) for name in netCDF4.chartostring(file["feature_id"][:])]
        flow = np.asarray(file["runoff_rate"][:])

    for nexus in NEXUSES:
        wanted = np.loadtxt(
            reference / "ngen" / case / "expected" / f"{nexus}_output.csv", delimiter=",", usecols=2
        )
        np.testing.assert_allclose(flow[ids.index(nexus)], wanted, rtol=5.01e-6, atol=1e-12, err_msg=nexus)
    assert np.abs(flow[[i for i, name in enumerate(ids) if name not in NEXUSES]]).max(initial=0.0) == 0.0


@pytest.mark.parametrize("case", CASES)
def test_check_of_a_case_that_runs_finds_no_error(reference: Path, case: str) -> None:
    options = dmod.RunOptions(revisions={"cfe": "a349a95"} if "HEAD" in case else {})

    report = dmod.check(reference / "ngen" / case, options)

    assert report.ok, [str(problem) for problem in report.problems]


def test_check_of_noah_owp_modular_names_it_and_what_runs_it(reference: Path) -> None:
    report = dmod.check(reference / "ngen" / NOAH)

    assert not report.ok
    said = " ".join(f"{problem.message} {problem.hint}" for problem in report.problems)
    assert "Noah-OWP-Modular" in said
    assert "NextGen framework" in said or "C++ framework" in said


def test_run_of_noah_owp_modular_is_refused_and_writes_nothing(reference: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownModule, match=r"(?i)noah"):
        dmod.run(reference / "ngen" / NOAH, output=tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", ["sloth_pet_cfe_nc", "sloth_pet_cfeHEADxaj_csv", "pet_topmodel_csv"])
def test_run_with_any_number_of_workers_gives_the_same_bits(run: Run, case: str) -> None:
    one, two = run(case, workers=1).folder, run(case, workers=2).folder

    for name in ("catchments.nc", "nexuses.nc", "streamflow.nc"):
        with netCDF4.Dataset(one / name) as first, netCDF4.Dataset(two / name) as second:
            assert list(first.variables) == list(second.variables)
            for variable in first.variables:
                np.testing.assert_array_equal(first[variable][:], second[variable][:], err_msg=variable)


@pytest.mark.parametrize("case", ["sloth_pet3_cfe_csv", "sloth_pet_cfe_nc", "pet_topmodel_csv"])
def test_run_that_ends_earlier_writes_the_same_rows_up_to_there(run: Run, case: str) -> None:
    whole = run(case, csv=True).folder
    part = run(case, csv=True, end="2015-12-09 07:00:00").folder

    for name in [*(f"{c}.csv" for c in CATCHMENTS), *(f"{n}_output.csv" for n in NEXUSES)]:
        rows = (part / name).read_bytes()
        assert rows.count(b"\n") == 8 * 24 + 8 + (not name.startswith("nex-"))
        assert (whole / name).read_bytes().startswith(rows)


def test_run_that_starts_later_reads_the_forcing_of_its_own_hours(run: Run) -> None:
    whole = table(run("sloth_pet3_cfe_csv", csv=True).folder / "cat-11223.csv")
    folder = run(
        "sloth_pet3_cfe_csv", csv=True, start="2015-12-05 03:00:00", end="2015-12-12 00:00:00"
    ).folder

    text = (folder / "cat-11223.csv").read_text().splitlines()
    assert text[1].startswith("0,2015-12-05 03:00:00,")
    assert text[-1].startswith("165,2015-12-12 00:00:00,")
    part = table(folder / "cat-11223.csv")
    # rain and the demand do not depend on the soil, so they are those of the whole run
    for name in ("RAIN_RATE", "POTENTIAL_ET"):
        np.testing.assert_array_equal(part[name], whole[name][99:265])
