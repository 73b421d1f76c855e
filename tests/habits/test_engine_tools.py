"""Coverage by own tests and mutation, end to end on a small engine made for it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import engine_coverage, engine_map

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

BOOK = '''"""A small book."""


def add(a: int, b: int) -> int:
    """Sum of two sizes, nothing below zero."""
    if a < 0:
        return 0
    return a + b


def count(n: int) -> int:
    """Counts up to n."""
    done = 0
    while done < n:
        done += 1
    return done
'''
STRONG = """from app.engine.book import add, count


def test_add():
    assert add(1, 2) == 3
    assert add(-1, 2) == 0
    assert add(0, 2) == 2


def test_count():
    assert count(3) == 3
    assert count(0) == 0
"""
WEAK = """from app.engine.book import add, count


def test_add():
    assert add(1, 2) is not None
    assert add(-1, 2) is not None


def test_count():
    assert count(3) is not None
"""


@pytest.fixture
def project(tmp_path: Path, repository: Path) -> Path:
    """A project with the real tools, one engine file and no tests yet."""
    shutil.copytree(repository / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/conftest.py", "app/__init__.py", "app/kernel_cache.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(repository / name, tmp_path / name)
    for name in ("coverage_exemptions.txt", "kernel_lengths.txt"):
        (tmp_path / "scripts" / name).write_text("# none\n", encoding="utf-8")
    (tmp_path / "app" / "engine").mkdir()
    (tmp_path / "tests" / "engine").mkdir()
    (tmp_path / "app" / "engine" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "app" / "engine" / "book.py").write_text(BOOK, encoding="utf-8")
    return tmp_path


def run(project: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the tools in the small project."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    words = [sys.executable, str(project / "scripts" / script), *arguments]
    return subprocess.run(words, cwd=project, capture_output=True, text=True, check=False, env=environment)


def give_book(project: Path, text: str) -> None:
    """Give the engine file its own tests."""
    (project / "tests" / "engine" / "test_book.py").write_text(text, encoding="utf-8")


@pytest.mark.slow
class TestCoverage:
    """scripts/engine_coverage.py."""

    def test_that_a_covered_file_passes(self, project: Path) -> None:
        give_book(project, STRONG)
        done = run(project, "engine_coverage.py")
        assert done.returncode == 0, done.stdout
        assert "2 engine files covered by their own tests, 0 faults" in done.stdout

    def test_that_a_missed_line_is_named(self, project: Path) -> None:
        give_book(project, "from app.engine.book import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n")
        done = run(project, "engine_coverage.py")
        assert done.returncode == 1
        assert "5 lines missed: 7, 13-16" in done.stdout

    def test_that_lines_run_by_the_tests_of_another_file_do_not_count(self, project: Path) -> None:
        give_book(project, "from app.engine.book import add\n\n\ndef test_add():\n    assert add(-1, 2) == 0\n")
        other = project / "tests" / "engine" / "test_other.py"
        other.write_text(STRONG, encoding="utf-8")
        done = run(project, "engine_coverage.py")
        assert done.returncode == 1
        assert "5 lines missed: 8, 13-16" in done.stdout

    def test_that_a_file_without_tests_of_its_own_fails(self, project: Path) -> None:
        give_book(project, STRONG)
        (project / "app" / "engine" / "touch.py").write_text("ONE = 1\n", encoding="utf-8")
        done = run(project, "engine_coverage.py")
        assert done.returncode == 1
        assert "no test file of its own" in done.stdout

    def test_that_a_failing_test_fails_the_run(self, project: Path) -> None:
        give_book(project, STRONG.replace("== 3\n", "== 4\n", 1))
        assert run(project, "engine_coverage.py").returncode == 1

    def test_that_an_exemption_may_only_shrink(self, project: Path) -> None:
        give_book(project, STRONG)
        listed = project / "scripts" / "coverage_exemptions.txt"
        listed.write_text("app/engine/book.py 2  # why\napp/engine/gone.py 1\n", encoding="utf-8")
        done = run(project, "engine_coverage.py")
        assert done.returncode == 1
        assert "lower its exemption from 2 to 0" in done.stdout
        assert "is no more: take it off the list" in done.stdout


@pytest.mark.slow
class TestMutation:
    """scripts/mutation.py."""

    def test_that_strong_tests_kill_and_an_endless_loop_counts_against(self, project: Path) -> None:
        give_book(project, STRONG)
        done = run(project, "mutation.py")
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads((project / "build" / "mutation" / "report.json").read_text(encoding="utf-8"))
        results = {(row["function"], row["what"]): row["result"] for row in report["mutants"]}
        assert results.pop(("count", "Add -> Sub")) == "timeout"
        assert set(results.values()) == {"killed"}
        killed = sum(row["result"] == "killed" for row in report["mutants"])
        assert report["score"] == killed / len(report["mutants"]) == killed / (killed + 1)

    def test_that_weak_tests_let_mutants_survive_and_fail_the_run(self, project: Path) -> None:
        give_book(project, WEAK)
        done = run(project, "mutation.py", "--only", "book", "--per-function", "9")
        assert done.returncode == 1
        assert "survived: app/engine/book.py:8 add: Add -> Sub" in done.stdout
        assert "wanted 80%" in done.stdout

    def test_that_lines_no_test_reaches_count_against(self, project: Path) -> None:
        give_book(project, STRONG.partition("def test_count")[0].replace(", count", ""))
        done = run(project, "mutation.py", "--functions", "2", "--seed", "3")
        assert done.returncode == 1
        assert "unreached: app/engine/book.py:13 count: assign None" in done.stdout

    def test_that_tests_that_fail_on_the_unchanged_code_prove_nothing(self, project: Path) -> None:
        give_book(project, STRONG.replace("== 3\n", "== 4\n", 1))
        done = run(project, "mutation.py")
        assert done.returncode == 1
        assert "its own tests fail on the unchanged code" in done.stdout
        assert " 0 killed" in done.stdout


def test_that_own_tests_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, tests = tmp_path / "app", tmp_path / "tests"
    monkeypatch.setattr(engine_map, "ENGINE", engine)
    monkeypatch.setattr(engine_map, "TESTS", tests)
    for folder in (engine / "book", tests / "book"):
        folder.mkdir(parents=True)
    for name in ("level.py", "level_count.py", "_k.py", "__init__.py"):
        (engine / "book" / name).touch()
    for name in ("test_level.py", "test_level_far.py", "test_level_count.py", "test_k.py"):
        (tests / "book" / name).touch()

    def own(name: str) -> list[str]:
        return [path.name for path in engine_map.own_tests(engine / "book" / name)]

    assert own("level.py") == ["test_level.py", "test_level_far.py"]
    assert own("level_count.py") == ["test_level_count.py"]
    assert own("_k.py") == ["test_k.py"]
    assert len(own("__init__.py")) == 4


@pytest.mark.parametrize(
    ("lines", "expected"), [([], ""), ([3], "3"), ([3, 4, 5, 9], "3-5, 9"), ([1, 3, 5, 6], "1, 3, 5-6")]
)
def test_that_lines_are_told_as_spans(lines: list[int], expected: str) -> None:
    assert engine_coverage.spans(lines) == expected


def test_that_test_files_are_dealt_out_whole_and_evenly(tmp_path: Path) -> None:
    tests = [tmp_path / f"test_{name}.py" for name in "abcdefg"]
    for length, test in enumerate(tests, 1):
        test.write_text("x" * length * 100, encoding="utf-8")
    hands = engine_coverage.dealt(tests, 2)
    assert sorted(test for hand in hands for test in hand) == tests
    assert [sum(test.stat().st_size for test in hand) for hand in hands] == [1400, 1400]
    assert all(hand == sorted(hand) for hand in hands)
    assert engine_coverage.dealt(tests, 1) == [tests]
