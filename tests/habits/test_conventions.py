"""Each convention is seen when it is broken; that they hold is a stage of `make check` and `make test`."""

import pytest

from scripts import conventions
from scripts.conventions import Fault


def whats(faults: object) -> list[str]:
    """The words of faults."""
    assert not isinstance(faults, str)
    return [fault.what for fault in faults]  # type: ignore[attr-defined]


def test_that_a_long_file_is_seen() -> None:
    text = '"""X."""\n' + "x = 1\n" * 500
    assert whats(conventions.check_sizes("app/a.py", text, {})) == ["501 lines; at most 500"]
    assert whats(conventions.check_sizes("app/a.py", text.removesuffix("x = 1\n"), {})) == []


def long_function(lines: int) -> str:
    """A function of so many lines, docstring not counted."""
    return 'def f() -> None:\n    """X.\n\n    Y.\n    """\n' + "    g()\n" * lines


def test_that_a_long_function_is_seen_and_a_listed_one_is_not() -> None:
    assert whats(conventions.check_sizes("app/a.py", long_function(61), {})) == ["f has 61 lines; at most 60"]
    assert whats(conventions.check_sizes("app/a.py", long_function(60), {})) == []
    assert whats(conventions.check_sizes("app/a.py", long_function(61), {"app/a.py:f": 61})) == []
    assert whats(conventions.check_sizes("app/a.py", long_function(62), {"app/a.py:f": 61})) == [
        "f has 62 lines; at most 61"
    ]


def test_that_a_sixth_argument_is_seen_wherever_it_hides() -> None:
    method = "class C:\n    def f(self, a, b, c, d, e): ...\n"
    assert whats(conventions.check_sizes("app/a.py", method, {})) == []
    assert whats(conventions.check_sizes("app/a.py", method.replace("e)", "e, *, f)"), {})) == [
        "C.f takes 6; at most 5"
    ]
    assert whats(conventions.check_sizes("tests/a.py", "def f(a, b, c, d, e, f): ...\n", {})) == []


@pytest.mark.parametrize("name", ["FeedManager", "BookHelper", "TimeUtil", "BaseFeed", "FeedBase", "Utils"])
def test_that_a_name_that_says_nothing_is_seen(name: str) -> None:
    assert len(whats(conventions.check_sizes("app/a.py", f"class {name}: ...\n", {}))) == 1


@pytest.mark.parametrize("name", ["Basket", "Baseline", "Utility", "Book", "Database"])
def test_that_a_name_of_the_trade_is_not(name: str) -> None:
    assert whats(conventions.check_sizes("app/a.py", f"class {name}: ...\n", {})) == []


def test_that_public_things_without_a_docstring_are_seen() -> None:
    text = "class C:\n    def f(self): ...\n    def _g(self): ...\ndef h(): ...\n"
    expected = ["no docstring", "C has no docstring", "f has no docstring", "h has no docstring"]
    assert whats(conventions.check_docstrings("app/a.py", text)) == expected


def test_that_qt_names_overrides_and_private_things_need_no_docstring() -> None:
    text = (
        '"""X."""\nclass C:\n    """C."""\n    def paintEvent(self, e): ...\n    @override\n    def data(self): ...\n'
    )
    assert whats(conventions.check_docstrings("app/a.py", text + "def _h(): ...\n")) == []


def test_that_the_list_of_long_kernels_only_shrinks() -> None:
    entries = conventions.listed("# words\napp/engine/a.py:f 80  # why\napp/engine/a.py:g 70\n")
    assert entries == {"app/engine/a.py:f": 80, "app/engine/a.py:g": 70}
    kept = {"app/engine/a.py:f": 80, "app/engine/a.py:g": 70}
    assert whats(conventions.check_list(entries, kept)) == []
    assert whats(conventions.check_list(entries, kept | {"app/engine/a.py:f": 75})) == [
        "app/engine/a.py:f has 75 lines: lower 80 to it"
    ]
    assert whats(conventions.check_list(entries, kept | {"app/engine/a.py:f": 60})) == [
        "app/engine/a.py:f has 60 lines: take it out"
    ]
    assert whats(conventions.check_list(entries, {"app/engine/a.py:f": 80})) == [
        "app/engine/a.py:g is no more: take it out"
    ]
    assert len(whats(conventions.check_list({"app/board.py:f": 80}, {"app/board.py:f": 80}))) == 1


@pytest.mark.parametrize(
    "trace",
    [
        "path = '/" + "work/main'",
        "/" + "root/x",
        "cd /" + "home/ann/x",
        "https://pypi" + ".org/simple",
        "--index" + "-url x",
    ],
)
def test_that_a_trace_of_a_machine_or_an_index_is_seen(trace: str) -> None:
    faults = list(conventions.check_traces("docs/a.md", f"fine\n{trace}\n"))
    assert [fault.where for fault in faults] == ["docs/a.md:2"]


@pytest.mark.parametrize("text", ["out/desk.png", "the network/root cause", "a/wo" + "rk/b", "./work", "framework/"])
def test_that_ordinary_text_is_no_trace(text: str) -> None:
    assert list(conventions.check_traces("docs/a.md", text)) == []


def test_that_proportions_are_seen() -> None:
    sizes = {"app/a.py": 100, "tests/a.py": 100}
    assert whats(conventions.check_proportions(sizes, {"app/a.py:f": 10})) == []
    assert whats(conventions.check_proportions(sizes | {"tests/a.py": 99}, {})) == [
        "99 lines of tests for 100 lines of code"
    ]
    assert len(whats(conventions.check_proportions({"app/a.py": 300, "tests/a.py": 300}, {}))) == 1
    assert len(whats(conventions.check_proportions(sizes, {"app/a.py:f": 30}))) == 1


@pytest.mark.parametrize(
    ("values", "expected"), [([], 0), ([7], 7), (list(range(1, 21)), 19), (list(range(1, 101)), 95)]
)
def test_that_the_percentile_is_the_nearest_rank(values: list[int], expected: int) -> None:
    assert conventions.percentile(values, 95) == expected


def test_that_a_nested_function_and_a_method_are_measured_under_their_own_names() -> None:
    import ast

    text = "class C:\n    def f(self):\n        def g():\n            return 1\n        return g\nasync def h(): ...\n"
    assert [(found.name, found.lines) for found in conventions.functions(ast.parse(text))] == [
        ("C.f", 3),
        ("C.f.g", 1),
        ("h", 1),
    ]


def test_that_a_fault_reads_as_one_line() -> None:
    assert str(Fault("app/a.py:3", "too long")) == "app/a.py:3: too long"
