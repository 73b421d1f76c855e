"""`make check`: what a change must pass before it is committed, in under a minute with warm kernels."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.stages import BIN, Outcome, Stage, cores, finish, run_tests, timed  # noqa: E402

# Slowest first: the others run one after another beside it.
TOOLS: Final[dict[str, list[str | Path]]] = {
    "mypy --strict": [BIN / "mypy", "--num-workers", str(cores())],
    "conventions": [sys.executable, ROOT / "scripts" / "conventions.py"],
    "lint-imports": [BIN / "lint-imports", "--config", "pyproject.toml"],
    "ruff check": [BIN / "ruff", "check", "--quiet"],
    "ruff format": [BIN / "ruff", "format", "--check", "--quiet"],
}
FAST: Final = "not slow and not window and not prove"
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


def main() -> int:
    """Linters, types, contracts, conventions, then the fast tests."""
    stages = static_checks()
    one_a_core = ("-n", str(cores())) if cores() > 1 else ()  # these tests wait for nothing
    quick = {"HYPOTHESIS_PROFILE": os.environ.get("HYPOTHESIS_PROFILE", "quick")}
    stages.append(timed("fast tests", lambda: run_tests("fast", "-m", FAST, *FEW, *one_a_core, env=quick)))
    return finish(stages)


if __name__ == "__main__":
    sys.exit(main())
