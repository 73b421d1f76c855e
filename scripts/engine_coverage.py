"""Each engine file fully covered by its own test file, with the JIT off.

The files of tests/engine are dealt out to one pytest run a core; every line is booked to the test file that ran it, so
that a file is not covered by chance through another file's tests. Lines that cannot be reached are listed by count in
coverage_exemptions.txt; the list may only shrink.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import coverage
import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.engine_map import ENGINE, TESTS, engine_files, own_tests, relative  # noqa: E402
from scripts.stages import BUILD, Outcome, cores  # noqa: E402

EXEMPTIONS: Final = ROOT / "scripts" / "coverage_exemptions.txt"
FOLDER: Final = BUILD / "coverage"
LEAST: Final = 20  # test files that are worth a run of their own
SELECTED: Final = "not jit and not slow and not prove"


@dataclass(frozen=True, slots=True)
class Row:
    """One engine file: its statements, the lines its own tests miss, how many may be missed, and what is wrong."""

    path: str
    statements: int
    missing: list[int]
    exempt: int
    fault: str


class Booking:
    """Pytest plugin that books lines to the test file being run; what an import runs belongs to everybody."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self._measured = measured

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, None]:
        """Everything between a test's set-up and tear-down."""
        self._measured.switch_context(relative(item.path))
        yield
        self._measured.switch_context("")


def exemptions(text: str) -> dict[str, int]:
    """Engine file -> lines its tests may miss, from the list's text."""
    entries = (line.split("#")[0].split() for line in text.splitlines())
    return {entry[0]: int(entry[1]) for entry in entries if entry}


def judge(missing: int, exempt: int, tests: list[Path]) -> str:
    """What is wrong with a file, in words; empty = nothing."""
    if not tests:
        return "no test file of its own"
    if missing > exempt:
        return f"{missing} lines missed"
    if missing < exempt:
        return f"lower its exemption from {exempt} to {missing}"
    return ""


def rows(ran: dict[str, set[int]]) -> list[Row]:
    """One row per engine file, from the lines its own tests ran."""
    allowed = exemptions(EXEMPTIONS.read_text(encoding="utf-8"))
    known = _coverage()
    found = []
    for source in engine_files():
        _, statements, _, _, _ = known.analysis2(str(source))
        missing = sorted(set(statements) - ran.get(relative(source), set()))
        exempt = allowed.pop(relative(source), 0)
        fault = judge(len(missing), exempt, own_tests(source)) if statements else ""
        found.append(Row(relative(source), len(statements), missing, exempt, fault))
    found += [Row(path, 0, [], count, "is no more: take it off the list") for path, count in allowed.items()]
    return found


def booked(data: coverage.CoverageData) -> dict[str, list[int]]:
    """Engine file -> lines that ran in its own tests, or as it was imported."""
    found = {}
    for source in engine_files():
        mine = {"", *(relative(test) for test in own_tests(source))}
        lines = data.contexts_by_lineno(str(source))
        found[relative(source)] = sorted(line for line, contexts in lines.items() if mine & set(contexts))
    return found


def dealt(tests: list[Path], shares: int) -> list[list[Path]]:
    """Test files in shares of about equal length, each in its order."""
    hands: list[list[Path]] = [[] for _ in range(shares)]
    sizes = [0] * shares
    for test in sorted(tests, key=lambda path: (-path.stat().st_size, path)):
        least = sizes.index(min(sizes))
        hands[least].append(test)
        sizes[least] += test.stat().st_size
    return [sorted(hand) for hand in hands]


def table(found: list[Row]) -> str:
    """File, statements, missed, exempt, and what is wrong."""
    wide = max(len(row.path) for row in found)
    lines = [f"{'engine file':<{wide}}  lines  missed  exempt", "-" * (wide + 23)]
    for row in found:
        head = f"{row.path:<{wide}}  {row.statements:>5}  {len(row.missing):>6}  {row.exempt:>6}"
        where = f": {spans(row.missing)}" if row.fault and 0 < len(row.missing) < row.statements else ""
        lines.append(f"{head}  {row.fault}{where}".rstrip())
    return "\n".join(lines)


def spans(lines: list[int]) -> str:
    """Line numbers as spans: 3-5, 9."""
    parts: list[list[int]] = []
    for line in lines:
        if parts and line == parts[-1][-1] + 1:
            parts[-1].append(line)
        else:
            parts.append([line])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def measure(report: Path, tests: list[str]) -> int:
    """Run test files in this process under coverage and leave what their own files ran; pytest's exit code."""
    measured = _coverage()
    measured.start()
    try:
        code = pytest.main(["-q", "-m", SELECTED, *tests], plugins=[Booking(measured)])
    finally:
        measured.stop()
    report.write_text(json.dumps({"code": int(code), "ran": booked(measured.get_data())}), encoding="utf-8")
    return int(code)


def outcome() -> Outcome:
    """Every share in a process with the JIT off, at once; prints the table; engine files passed and failed."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "COVERAGE_CORE": "ctrace", "HYPOTHESIS_PROFILE": "coverage"}
    tests = sorted(TESTS.rglob("test_*.py"))
    running = []
    for number, hand in enumerate(dealt(tests, max(1, min(cores(), len(tests) // LEAST)))):
        report = FOLDER / f"{number}.json"
        words = [sys.executable, __file__, "--report", report, *(hand or [TESTS])]
        process = subprocess.Popen(list(map(str, words)), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        running.append((process, report))
    ran: dict[str, set[int]] = {}
    failed = 0
    for process, report in running:
        print(process.communicate()[0], end="", flush=True)
        if not report.exists():
            failed += 1
            continue
        found = json.loads(report.read_text(encoding="utf-8"))
        failed += bool(found["code"])
        for path, lines in found["ran"].items():
            ran.setdefault(path, set()).update(lines)
    found_rows = rows(ran)
    passed = sum(not row.fault for row in found_rows)
    faults = len(found_rows) - passed + failed
    print(table(found_rows))
    print(f"{passed} engine files covered by their own tests, {faults} faults" + ("; tests failed" if failed else ""))
    return Outcome(passed, faults)


def main() -> int:
    """Measure and print the table, or run one share; 1 when a file or a test fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, help="run these test files alone, in this process, and write this file")
    parser.add_argument("tests", nargs="*", help="test files of a share")
    options = parser.parse_args()
    if options.report:
        return measure(options.report, options.tests)
    found = outcome()
    return 1 if found.failed or not found.passed else 0


def _coverage() -> coverage.Coverage:
    return coverage.Coverage(data_file=None, source=[str(ENGINE)], config_file=str(ROOT / "pyproject.toml"))


if __name__ == "__main__":
    sys.exit(main())
