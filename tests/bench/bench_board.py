"""Board: 10,000 parents read consistently against a plain numpy copy of the same bytes, and written.

python -m tests.bench.bench_board
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.board import BoardReader, BoardWriter, blank
from app.board.files import as_bytes

ROWS = 10_000
REPEATS = 30


def best_ms(work: Callable[[], object]) -> float:
    """Fastest of many runs, in ms: what the code costs when nobody disturbs it."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def main() -> int:
    """Print the figures; a read must cost less than ten plain copies."""
    with tempfile.TemporaryDirectory() as folder, BoardWriter(Path(folder)) as writer:
        rows, index = blank("parents", ROWS), np.arange(ROWS)
        copy = best_ms(lambda: as_bytes(rows)[index])
        put = best_ms(lambda: writer.put("parents", index, rows))
        writer.beat(1)
        reader = BoardReader(Path(folder))
        read = best_ms(lambda: reader.rows("parents"))
        column = best_ms(lambda: reader.column("parents", "is_ccy"))
        since = reader.generation
        writer.put("parents", index[::2], rows[::2])
        writer.beat(2)
        changes = best_ms(lambda: reader.changes(since))
    for name, value in (("copy", copy), ("put", put), ("read", read), ("column", column), ("changes", changes)):
        print(f"board {name:8s} {value:8.3f} ms for {ROWS:,} parents   {value / copy:6.2f} x a plain copy")
    return 0 if read < 10 * copy else 1


if __name__ == "__main__":
    raise SystemExit(main())
