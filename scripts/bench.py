"""`make bench`: every tests/bench/bench_*.py, each a script that prints its figures and ends with 0."""

import sys
from functools import partial
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.stages import command, finish, timed  # noqa: E402


def main() -> int:
    """Run them one after the other: two at a time would measure each other."""
    found = sorted((ROOT / "tests" / "bench").glob("bench_*.py"))
    modules = [f"tests.bench.{path.stem}" for path in found]
    return finish([timed(module, partial(command, sys.executable, "-m", module)) for module in modules])


if __name__ == "__main__":
    sys.exit(main())
