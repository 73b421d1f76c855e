"""Stages of a long command and the one table they end in."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
BUILD: Final = ROOT / "build"
BIN: Final = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage counted."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """A finished stage: its outcome and how long it took, in seconds."""

    name: str
    outcome: Outcome
    seconds: float


def timed(name: str, work: Callable[[], Outcome]) -> Stage:
    """Announce a stage, do it, time it."""
    print(f"\n=== {name}", flush=True)
    start = time.perf_counter()
    outcome = work()
    return Stage(name, outcome, time.perf_counter() - start)


def finish(stages: Sequence[Stage]) -> int:
    """Print the table and the closing line; 0 when nothing failed and something passed."""
    print("\n" + table(stages), flush=True)
    total = Outcome(
        sum(stage.outcome.passed for stage in stages),
        sum(stage.outcome.failed for stage in stages),
        sum(stage.outcome.skipped for stage in stages),
    )
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped", flush=True)
    return 0 if total.failed == 0 and total.passed > 0 else 1


def table(stages: Sequence[Stage]) -> str:
    """Stage, passed, failed, skipped, seconds; a line for the total time."""
    wide = max([len("stage"), *(len(stage.name) for stage in stages)])
    lines = [f"{'stage':<{wide}}  passed  failed  skipped  seconds", "-" * (wide + 34)]
    for stage in stages:
        counts = stage.outcome
        lines.append(
            f"{stage.name:<{wide}}  {counts.passed:>6}  {counts.failed:>6}  {counts.skipped:>7}  {stage.seconds:>7.1f}"
        )
    lines.append(f"{'':<{wide}}  {'':>6}  {'':>6}  {'':>7}  {sum(stage.seconds for stage in stages):>7.1f}")
    return "\n".join(lines)


def command(*words: str | Path, env: Mapping[str, str] | None = None) -> Outcome:
    """Run a tool as one check: passed when it ends with 0."""
    done = subprocess.run([str(word) for word in words], cwd=ROOT, env={**os.environ, **(env or {})}, check=False)
    return Outcome(passed=1) if done.returncode == 0 else Outcome(failed=1)


def run_tests(name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
    """Run pytest on every core and count its tests; a bad end without a failed test counts as one failure."""
    report = BUILD / "reports" / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    words = [sys.executable, "-m", "pytest", "-q", *spread(), f"--junitxml={report}", *arguments]
    # Rewritten assertions are kept between runs: half of what collecting costs.
    kept = {"PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(words, cwd=ROOT, env={**os.environ, **kept, **(env or {})}, check=False)
    counts = count(report) if report.exists() else Outcome()
    if done.returncode != 0 and counts.failed == 0:
        return Outcome(counts.passed, 1, counts.skipped)
    return counts


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread() -> list[str]:
    """One worker a core, and one more for the tests that wait on other processes; a single core needs no workers."""
    return ["-n", str(cores() + 1), "--dist", "worksteal"] if cores() > 1 else []


def count(report: Path) -> Outcome:
    """Passed, failed and skipped of a JUnit report written by pytest on this machine."""
    passed = failed = skipped = 0
    for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314  our own file
        number = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
        failed += number["failures"] + number["errors"]
        skipped += number["skipped"]
        passed += number["tests"] - number["failures"] - number["errors"] - number["skipped"]
    return Outcome(passed, failed, skipped)
