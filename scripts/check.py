"""`make check`: what a change must pass before it is committed, in under a minute with warm kernels."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.stages import BIN, Outcome, Stage, finish, run_tests, timed  # noqa: E402

# Slowest first: they run two at a time beside each other.
TOOLS: Final[dict[str, list[str | Path]]] = {
    "mypy --strict": [BIN / "mypy"],
    "conventions": [sys.executable, ROOT / "scripts" / "conventions.py"],
    "lint-imports": [BIN / "lint-imports", "--config", "pyproject.toml"],
    "ruff check": [BIN / "ruff", "check", "--quiet"],
    "ruff format": [BIN / "ruff", "format", "--check", "--quiet"],
}
FAST: Final = "not slow and not window and not prove"


def static_checks() -> list[Stage]:
    """Every tool as one check; the words of those that complain are printed."""
    waiting = list(TOOLS.items())
    running: list[tuple[str, subprocess.Popen[str], float]] = []
    stages = []
    while waiting or running:
        while waiting and len(running) < 2:
            name, words = waiting.pop(0)
            process = subprocess.Popen(
                list(map(str, words)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            running.append((name, process, time.perf_counter()))
        name, process, start = running.pop(0)
        words_said, _ = process.communicate()
        failed = process.returncode != 0
        if failed:
            print(f"\n=== {name}\n{words_said.rstrip()}", flush=True)
        stages.append(Stage(name, Outcome(failed=1) if failed else Outcome(passed=1), time.perf_counter() - start))
    return stages


def main() -> int:
    """Linters, types, contracts, conventions, then the fast tests."""
    stages = static_checks()
    quick = {"HYPOTHESIS_PROFILE": os.environ.get("HYPOTHESIS_PROFILE", "quick")}
    stages.append(timed("fast tests", lambda: run_tests("fast", "-m", FAST, env=quick)))
    return finish(stages)


if __name__ == "__main__":
    sys.exit(main())
