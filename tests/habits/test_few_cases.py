"""A quick run leaves out cases of a test, and the tests a list names: a list of tests that exist."""

import ast
import os
from pathlib import Path

import pytest

from app import kernel_cache
from scripts.check import HURRY, UNHURRIED, unhurried

pytest_plugins = ["pytester"]

_TESTS = """
import pytest

@pytest.mark.parametrize("n", range(9))
def test_of_many(n):
    pass

@pytest.mark.parametrize("n", range(2))
def test_of_two(n):
    pass

def test_alone():
    pass
"""


@pytest.fixture(autouse=True)
def _same_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's own conftest.py, run once more with another home, leaves the kernels where they are."""
    monkeypatch.setenv(kernel_cache.OVERRIDE, str(Path(os.environ["NUMBA_CACHE_DIR"]).parent))


@pytest.mark.parametrize(
    ("few", "kept"), [("2", "08"), ("3", "048"), ("4", "0258"), ("9", "012345678"), ("0", "012345678")]
)
def test_that_cases_are_spread_and_every_test_is_run(
    pytester: pytest.Pytester, request: pytest.FixtureRequest, few: str, kept: str
) -> None:
    pytester.makeconftest((request.config.rootpath / "tests" / "conftest.py").read_text())
    pytester.makepyfile(_TESTS)
    ran = pytester.inline_run("--few-cases", few, "-p", "no:xdist").listoutcomes()[0]
    names = [report.nodeid.partition("::")[2] for report in ran]
    assert names == [*[f"test_of_many[{n}]" for n in kept], "test_of_two[0]", "test_of_two[1]", "test_alone"]


def test_that_tests_of_a_list_are_left_out_with_all_their_cases(
    pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    pytester.makeconftest((request.config.rootpath / "tests" / "conftest.py").read_text())
    name = pytester.makepyfile(_TESTS).name
    listed = pytester.path / "unhurried.txt"
    listed.write_text(f"{name}::test_of_many\n{name}::test_that_is_gone\n")
    ran = pytester.inline_run("--leave-out", str(listed), "-p", "no:xdist").listoutcomes()[0]
    names = [report.nodeid.partition("::")[2] for report in ran]
    assert names == ["test_of_two[0]", "test_of_two[1]", "test_alone"]


def test_that_the_cases_of_a_test_are_timed_together(tmp_path: Path) -> None:
    report = tmp_path / "fast.xml"
    half, little = HURRY / 2 + 0.001, HURRY / 10
    cases = [("a_test", f"test_x[{n}]", half) for n in range(2)] + [("b.b_test", "test_y", little)]
    cases += [("b.b_test", "test_z", HURRY)]
    lines = (f'<testcase classname="{file}" name="{name}" time="{took}"/>' for file, name, took in cases)
    report.write_text(f"<testsuites><testsuite>{''.join(lines)}</testsuite></testsuites>")
    assert unhurried(report) == ["a_test.py::test_x", "b/b_test.py::test_z"]


def test_that_every_test_left_to_the_whole_suite_exists(repository: Path) -> None:
    functions: dict[str, set[str]] = {}
    unknown = []
    for line in UNHURRIED.read_text(encoding="utf-8").splitlines():
        path, _, name = line.partition("::")
        if path not in functions:
            file = repository / path
            tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
            functions[path] = {
                node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
        if name not in functions[path]:
            unknown.append(line)
    assert not unknown, "`scripts/check.py --measure` writes the list anew"
