"""`make check`: what a change must pass before it is committed, in under a minute with warm kernels.

`scripts/check.py --measure` runs every fast test and writes tests/unhurried.txt anew: those of .05 s or
more, which `make check` leaves to `make test`.
"""

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.stages import BIN, BUILD, Outcome, Stage, cores, finish, run_tests, timed  # noqa: E402

# Slowest first: the others run one after another beside it.
TOOLS: Final[dict[str, list[str | Path]]] = {
    "mypy --strict": [BIN / "mypy", "--num-workers", str(cores())],
    "conventions": [sys.executable, ROOT / "scripts" / "conventions.py"],
    "lint-imports": [BIN / "lint-imports", "--config", "pyproject.toml"],
    "ruff check": [BIN / "ruff", "check", "--quiet"],
    "ruff format": [BIN / "ruff", "format", "--check", "--quiet"],
}
FAST: Final = "not slow and not window and not prove"
UNHURRIED: Final = ROOT / "tests" / "unhurried.txt"
HURRY: Final = 0.05  # seconds
FEW: Final = ("--few-cases", "2")  # of a test with many cases the first and the last: `make test` has them all


def static_checks() -> list[Stage]:
    """Every tool as one check, the slowest beside the others; the words of those that complain are printed."""
    with ThreadPoolExecutor(2) as two:
        return list(two.map(_checked, TOOLS))


def _checked(name: str) -> Stage:
    start = time.perf_counter()
    done = subprocess.run(
        list(map(str, TOOLS[name])), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    failed = done.returncode != 0
    if failed:
        print(f"\n=== {name}\n{done.stdout.rstrip()}", flush=True)
    return Stage(name, Outcome(failed=1) if failed else Outcome(passed=1), time.perf_counter() - start)


def fast_tests(*more: str) -> Outcome:
    """The tests that a change waits for, one worker a core: they wait for nothing."""
    one_a_core = ("-n", str(cores())) if cores() > 1 else ()
    quick = {"HYPOTHESIS_PROFILE": os.environ.get("HYPOTHESIS_PROFILE", "quick")}
    return run_tests("fast", "-m", FAST, *FEW, *one_a_core, *more, env=quick)


def unhurried(report: Path) -> list[str]:
    """`path::test` of every test of a JUnit report whose cases took `HURRY` seconds or more together, in order."""
    took: defaultdict[str, float] = defaultdict(float)
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314  our own file
        path = str(case.get("classname")).replace(".", "/") + ".py"
        took[f"{path}::{str(case.get('name')).partition('[')[0]}"] += float(case.get("time", "0"))
    return sorted(test for test, seconds in took.items() if seconds >= HURRY)


def measure() -> int:
    """Run every fast test and keep the names of those a quick check does without."""
    outcome = fast_tests()
    UNHURRIED.write_text("".join(f"{test}\n" for test in unhurried(BUILD / "reports" / "fast.xml")), "utf-8")
    return finish([Stage("fast tests", outcome, 0.0)])


def main() -> int:
    """Linters, types, contracts, conventions, then the fast tests."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--measure", action="store_true", help="which tests are left to `make test`, anew")
    if words.parse_args().measure:
        return measure()
    stages = static_checks()
    stages.append(timed("fast tests", lambda: fast_tests("--leave-out", str(UNHURRIED))))
    return finish(stages)


if __name__ == "__main__":
    sys.exit(main())
