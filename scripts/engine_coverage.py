"""Each engine file fully covered by its own test file, with the JIT off.

One pytest run over tests/engine; every line is booked to the test file that ran it, so that a file is not covered by
chance through another file's tests. Lines that cannot be reached are listed by count in coverage_exemptions.txt; the
list may only shrink.
"""

import argparse
import json
import os
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
from scripts.stages import BUILD, Outcome  # noqa: E402

EXEMPTIONS: Final = ROOT / "scripts" / "coverage_exemptions.txt"
REPORT: Final = BUILD / "coverage" / "engine.json"
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


def rows(measured: coverage.Coverage) -> list[Row]:
    """One row per engine file."""
    allowed = exemptions(EXEMPTIONS.read_text(encoding="utf-8"))
    data = measured.get_data()
    found = []
    for source in engine_files():
        tests = own_tests(source)
        mine = {"", *(relative(test) for test in tests)}
        booked = data.contexts_by_lineno(str(source))
        ran = {line for line, contexts in booked.items() if mine & set(contexts)}
        _, statements, _, _, _ = measured.analysis2(str(source))
        missing = sorted(set(statements) - ran)
        exempt = allowed.pop(relative(source), 0)
        fault = judge(len(missing), exempt, tests) if statements else ""
        found.append(Row(relative(source), len(statements), missing, exempt, fault))
    found += [Row(path, 0, [], count, "is no more: take it off the list") for path, count in allowed.items()]
    return found


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


def measure() -> tuple[int, list[Row]]:
    """Run tests/engine in this process under coverage; pytest's exit code and the rows."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    measured = coverage.Coverage(data_file=None, source=[str(ENGINE)], config_file=str(ROOT / "pyproject.toml"))
    measured.start()
    try:
        code = pytest.main(["-q", "-m", SELECTED, str(TESTS)], plugins=[Booking(measured)])
    finally:
        measured.stop()
    return int(code), rows(measured)


def outcome() -> Outcome:
    """Run this script in a process with the JIT off; engine files passed and failed."""
    REPORT.unlink(missing_ok=True)
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "COVERAGE_CORE": "ctrace"}
    subprocess.run([sys.executable, __file__], cwd=ROOT, env=environment, check=False)
    if not REPORT.exists():
        return Outcome(failed=1)
    found = json.loads(REPORT.read_text(encoding="utf-8"))
    return Outcome(found["passed"], found["failed"])


def main() -> int:
    """Measure, print the table, leave the counts for `make test`; 1 when a file or a test fails."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        found = outcome()
        return 1 if found.failed else 0
    code, found_rows = measure()
    print(table(found_rows))
    failed = sum(bool(row.fault) for row in found_rows) + (1 if code else 0)
    passed = sum(not row.fault for row in found_rows)
    print(f"{passed} engine files covered by their own tests, {failed} faults" + (f"; pytest: {code}" if code else ""))
    REPORT.write_text(json.dumps({"passed": passed, "failed": failed}), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
