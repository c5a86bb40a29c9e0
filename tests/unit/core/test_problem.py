from dmod.core.problem import Problem, errors_of, name_some


def test_problem_as_text_names_severity_place_ids_code_and_hint() -> None:
    problem = Problem("error", "missing-area", "catchments have no area", "a.gpkg", ("cat-1",), "add it")
    assert str(problem) == "error: a.gpkg: catchments have no area (cat-1) [missing-area]\n  hint: add it"


def test_problem_without_place_ids_and_hint_is_one_plain_line() -> None:
    assert str(Problem("warning", "odd", "something is odd")) == "warning: something is odd [odd]"


def test_name_some_counts_the_ids_it_leaves_out() -> None:
    assert name_some([f"cat-{i}" for i in range(7)]) == "cat-0, cat-1, cat-2, cat-3, cat-4 and 2 more"
    assert name_some(["cat-0", "cat-1"]) == "cat-0, cat-1"


def test_errors_of_leaves_warnings_out() -> None:
    error, warning = Problem("error", "a", "a"), Problem("warning", "b", "b")
    assert errors_of([warning, error]) == (error,)


def test_problem_as_json_lists_every_id() -> None:
    ids = tuple(f"cat-{i}" for i in range(9))
    problem = Problem("warning", "small", "catchments are small", "a.gpkg", ids, "look at them")
    assert problem.as_json() == {
        "severity": "warning",
        "code": "small",
        "message": "catchments are small",
        "where": "a.gpkg",
        "ids": list(ids),
        "hint": "look at them",
    }
