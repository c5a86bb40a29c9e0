from __future__ import annotations

from pathlib import Path

from dmod.output.metadata import hash_file
from dmod.services.comparison.provenance import main_output, unlike
from dmod.services.comparison.run_note import NotedInput, RunNote


def noted(path: Path, role: str) -> NotedInput:
    file = hash_file(path)
    return NotedInput(path, role, file.size, file.sha256)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_unlike_engines_modules_and_options_are_told() -> None:
    a = RunNote(True, "native", ("pet", "cfe 6d08db7"), options={"fill": "linear"})
    b = RunNote(True, "bmi", ("pet", "cfe a349a95"), options={"engine": "bmi"})
    found = {item.what: (item.reference, item.other) for item in unlike(a, b)}
    assert found == {
        "engine": ("native", "bmi"),
        "modules": ("pet + cfe 6d08db7", "pet + cfe a349a95"),
        "option fill": ("linear", ""),
    }


def test_unlike_is_not_known_without_a_record() -> None:
    assert unlike(RunNote(True, "native"), RunNote()) == ()


def test_inputs_are_compared_by_content_wherever_they_lie(tmp_path: Path) -> None:
    a = noted(write(tmp_path, "one/forcing.nc", "same"), "forcing")
    b = noted(write(tmp_path, "two/other_name.nc", "same"), "forcing")
    assert unlike(RunNote(True, inputs=(a,)), RunNote(True, inputs=(b,))) == ()


def test_parameters_that_differ_are_named_with_both_values(tmp_path: Path) -> None:
    notes = []
    for folder, value in (("one", "1.5"), ("two", "3.0")):
        files = [
            write(tmp_path / folder, f"CFE/cat-{i}.ini", f"depth=2.0[m]\nrefkdt={value}\n") for i in (1, 2)
        ]
        files.append(write(tmp_path / folder, "PET/cat-1.ini", "pet_method=3\n"))
        notes.append(RunNote(True, inputs=tuple(noted(file, "module configuration") for file in files)))
    hashes, parameter = unlike(*notes)
    assert hashes.what == "module configuration"
    assert hashes.detail == "2 of 3 files differ: CFE/cat-1.ini, CFE/cat-2.ini"
    assert (parameter.what, parameter.reference, parameter.other) == ("parameter refkdt", "1.5", "3.0")


def test_parameters_of_files_that_changed_since_the_run_are_not_guessed(tmp_path: Path) -> None:
    notes = []
    for folder, value in (("one", "1.5"), ("two", "3.0")):
        path = write(tmp_path, f"{folder}/cat-1.ini", f"refkdt={value}\n")
        notes.append(RunNote(True, inputs=(noted(path, "module configuration"),)))
    write(tmp_path, "two/cat-1.ini", "refkdt=9.0\n")
    _, unknown = unlike(*notes)
    assert unknown.what == "parameters that cannot be looked up"
    assert "cat-1.ini" in unknown.detail


def test_inputs_that_only_one_run_has_are_named(tmp_path: Path) -> None:
    item = noted(write(tmp_path, "gauge.csv", "x"), "observed")
    (found,) = unlike(RunNote(True, inputs=(item,)), RunNote(True))
    assert (found.what, found.reference, found.other) == ("observed", "gauge.csv", "")


def test_main_output_is_read_from_the_realization_that_the_run_had(tmp_path: Path) -> None:
    text = '{"global": {"formulations": [{"params": {"main_output_variable": "Qout"}}]}}'
    path = write(tmp_path, "realization.json", text)
    note = RunNote(True, inputs=(noted(path, "realization"),))
    assert main_output(note) == "Qout"
    path.write_text(text.replace("Qout", "other"), encoding="utf-8")
    assert main_output(note) is None
    assert main_output(RunNote()) is None
