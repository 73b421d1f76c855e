"""A quick run leaves cases of a test out, never a test."""

import pytest

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
