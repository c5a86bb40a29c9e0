"""Values that are kept once they were read: which, how many, and from several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dmod.catalog.known import Known


def test_value_that_is_known_is_not_made_again() -> None:
    known = Known[str](100, len)
    first = known.find("a", lambda: "".join(["x", "y"]))
    assert known.find("a", lambda: "other") is first


def test_values_needed_last_are_kept_up_to_the_weight() -> None:
    known = Known[str](8, len)
    for key in "abcd":
        known.find(key, lambda: "xx")
    known.find("a", lambda: "made anew")
    known.find("e", lambda: "ee")
    made = [key for key in "acde" if known.find(key, lambda: "") == ""]
    assert made == []
    assert known.find("b", lambda: "made anew") == "made anew"


def test_value_that_weighs_much_is_made_each_time() -> None:
    known = Known[str](8, len)
    known.find("a", lambda: "xxx")
    assert known.find("a", lambda: "y") == "y"
    assert known.find("a", lambda: "z") == "y"


def test_value_that_cannot_be_made_is_not_known() -> None:
    known = Known[float](8, lambda _: 1)
    numbers = iter([0, 1])
    for _ in range(2):
        try:
            found = known.find("a", lambda: 1 / next(numbers))
        except ZeroDivisionError:
            continue
    assert found == 1


def test_threads_find_the_values_of_their_keys() -> None:
    known = Known[int](20, lambda _: 1)

    def look(number: int) -> int:
        return known.find(number % 50, lambda: number % 50)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(look, range(2_000))) == [number % 50 for number in range(2_000)]
