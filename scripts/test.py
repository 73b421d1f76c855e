"""`make test`: the whole suite in stages, one table at the end, and a last line with the counts."""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import check, engine_coverage, mutation  # noqa: E402
from scripts.stages import finish, run_tests, timed  # noqa: E402

# A seeded handful; `make prove-a1` runs many more.
SAMPLE: Final = ("--functions", "40", "--per-function", "2", "--seed", "1")


def main() -> int:
    """Every stage runs, whatever failed before it."""
    stages = check.static_checks()
    stages.append(timed("tests", lambda: run_tests("tests", "-m", "not prove")))
    stages.append(timed("engine coverage, JIT off", engine_coverage.outcome))
    stages.append(timed("mutants, sampled", lambda: mutation.outcome(*SAMPLE)))
    return finish(stages)


if __name__ == "__main__":
    sys.exit(main())
