"""The other side of the desk's bench: a board with 10,000 orders and a 1M-point trace, then 5,000 row updates a second.

python -m tests.bench.desk_feeder FOLDER     (ends with its input)
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

from tests.widgets.filler import DAY, OPEN, Filler

PARENTS: Final = 10_000
POINTS: Final = 1_000_000
UPDATES: Final = 5_000  # rows a second
BEATS: Final = 30  # publications a second


def main() -> int:
    """Fill, say so, update until nobody listens."""
    filler = Filler(Path(sys.argv[1]), parents=PARENTS, points=POINTS)
    print("ready", flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    began, step = time.monotonic(), 0
    while True:
        step += 1
        filler.change(round(UPDATES / BEATS), OPEN + DAY * 3 // 4 + step * (10**9 // BEATS))
        time.sleep(max(0.0, began + step / BEATS - time.monotonic()))


if __name__ == "__main__":
    raise SystemExit(main())
