"""A process that records: `python -m tests.feeds.archive.recorder ADDRESS SEED ROWS`.

It delivers the rows of a seed as messages at offsets, from where the archive says it has them, some of them twice, and
flushes at random; it may be killed at any instant and started again.
"""

import random
import resource
import sys

from app.feeds.archive.delivery import WriterOptions
from app.feeds.archive.place import Place
from app.feeds.archive.writer import ArchiveWriter
from tests.feeds.archive.made import deliveries, market, own, universe_of

MESSAGE = 40


def run(address: str, seed: int, rows: int, patience_s: float | None = None) -> int:
    """Deliver everything that the archive does not have; the number of rows appended."""
    draw = random.Random(seed)
    universe = universe_of()
    options = WriterOptions(chunk_rows=400, patience_s=patience_s)
    with ArchiveWriter(Place.of(address), universe, options, lambda text: print(text, flush=True)) as writer:
        for delivery in deliveries(market(rows, seed), own(rows // 20, seed), MESSAGE):
            if delivery.end <= writer.position(delivery.lane):
                continue
            writer.put(delivery)
            if draw.random() < 0.2:
                writer.put(delivery)  # the broker delivers it again
            if draw.random() < 0.2:
                writer.flush()
    return writer.rows


if __name__ == "__main__":
    limit = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    print("begun", flush=True)
    print(f"appended {run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))}", flush=True)
