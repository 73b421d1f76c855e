"""A whole replay on one core: a generated session of five million rows, beside the bare reading of its market file.

python -m tests.bench.bench_replay [FOLDER]    # a session folder of yours in place of the generated one
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.feeds.generator import Plan
from app.session.generate import generate_session
from tests.bench.pinned import Ran, read, replayed

PLAN: Final = Plan(seed=1, market_rows=5_000_000, order_share=0.005, instruments=10, duration_s=23_400)
ROUNDS: Final = 3
WANTED: Final = 1_000_000  # rows a second of the core, from the first byte read to the end


def main() -> int:
    """Take turns, print the best and the middle of each; 1 when the best replay takes too much of the core."""
    with _session() as folder:
        rounds = [(replayed(folder), read(folder)) for _ in range(ROUNDS)]
    replays, readings = zip(*rounds, strict=True)
    print(f"{replays[0].rows:,} rows of {folder.name}, one core, {ROUNDS} rounds in turn")
    _tell("replay", replays)
    _tell("bare reading of the market file", readings)
    return 0 if max(ran.core_rate for ran in replays) >= WANTED else 1


def _tell(name: str, runs: tuple[Ran, ...]) -> None:
    for words, rates in (("", [ran.rate for ran in runs]), (" of the core", [ran.core_rate for ran in runs])):
        print(f"{name:<32} {max(rates):>12,.0f} rows/s{words} at best, {statistics.median(rates):,.0f} in the middle")
    quickest = min(runs, key=lambda ran: ran.worked_s)
    print(f"{'':<32} whole process {quickest.worked_s:.1f} s of the core, {quickest.wall_s:.1f} s by the clock")


@contextmanager
def _session() -> Iterator[Path]:
    if len(sys.argv) > 1:
        yield Path(sys.argv[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "generated"
        generate_session(PLAN, made)
        yield made


if __name__ == "__main__":
    sys.exit(main())
