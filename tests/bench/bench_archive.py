"""What an event costs in the archive: bytes in its files and processor time to write and read it back, lossless.

A generated day of ITCH 5.0 (ns jitter, ids as an exchange gives them) and, where the shared data is there, CME's ES.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds import dbn, itch
from app.feeds.archive.delivery import Delivery
from app.feeds.archive.feed import open_recording
from app.feeds.archive.place import Place
from app.feeds.archive.writer import ArchiveWriter
from app.feeds.base import Options, Recording
from app.feeds.generator.itch import ItchPlan
from app.session.generate import generate_itch
from tests.conftest import SHARED_DATA
from tests.feeds.archive.made import same

MESSAGES: Final = int(os.environ.get("BENCH_MESSAGES", "400000"))
STOCKS: Final = 100
ROUNDS: Final = 3
MOST_BYTES: Final = 8.0
LEAST_RATE: Final = 1e6
ES: Final = SHARED_DATA / "dbn" / "esm4_mbo_20240508_2s.dbn.zst"


def rows_of(recording: Recording) -> Rows:
    """All of its market rows."""
    with recording:
        return np.concatenate(list(recording.market))


def measured(name: str, rows: Rows, universe: Universe) -> tuple[float, float]:
    """Bytes an event in the market files, events a second of processor time into the archive; prints both."""
    best = back = float("inf")
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            with ArchiveWriter(Place.of(folder), universe) as writer:
                begin = time.process_time()
                writer.put(Delivery(lane="bench", start=0, end=len(rows), market=rows))
                writer.flush()
                best = min(best, time.process_time() - begin)
            size = sum(file.stat().st_size for file in Path(folder, "market").rglob("*.parquet"))
            again = Universe()
            for names, known in ((again.instruments, universe.instruments), (again.venues, universe.venues),
                                 (again.sources, universe.sources)):  # fmt: skip
                for one in known.names:
                    names.index(one)
            begin = time.process_time()
            found = rows_of(open_recording(Path(folder), again, Options(session_date="all")))
            back = min(back, time.process_time() - begin)
            assert same(found, rows), "the archive gave other rows back"
    each, rate = size / len(rows), len(rows) / best
    speeds = f"{rate / 1e6:.2f}M/s in, {len(rows) / back / 1e6:.2f}M/s out"
    print(f"{name}: {len(rows):,} events, {each:.2f} bytes each, {speeds} (processor time)")
    return each, rate


def main() -> int:
    """Both, and 0 when sizes and the rate of the long one are what they have to be."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.itch"
        generate_itch(ItchPlan(seed=1, messages=MESSAGES, stocks=STOCKS), path, None, None)
        universe = Universe()
        day = rows_of(itch.open_recording(path, universe, Options(session_date="2025-03-14")))
    size, rate = measured(f"ITCH, {STOCKS} stocks", day, universe)
    sizes = [size]
    if ES.exists():
        universe = Universe()
        size, _ = measured("ES", rows_of(dbn.open_recording(ES, universe, Options())), universe)
        sizes.append(size)
    return 0 if max(sizes) <= MOST_BYTES and rate >= LEAST_RATE else 1


if __name__ == "__main__":
    raise SystemExit(main())
