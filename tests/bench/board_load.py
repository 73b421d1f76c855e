"""The board under the desk's load, in processes of their own; rows that name themselves torn when they are.

    python -m tests.bench.board_load write FOLDER ROWS A_SECOND   rows, updates of rows a second (0: flat out)
    python -m tests.bench.board_load read FOLDER                  reads every order, again and again

Every number of a row is the same number, so that a row of two writings shows. Both say `ready` and end with their
input; the writer then prints how many rows it has written, in how many publications, in how many seconds.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.board import BoardReader, BoardWriter, blank
from app.engine.events import Rows

ROWS: Final = 10_000
UPDATES: Final = 5_000  # rows a second
BEATS: Final = 30  # publications a second
PLAIN: Final = tuple(
    name
    for name, (kind, *_) in (blank("parents", 0).dtype.fields or {}).items()
    if kind.base.str[1:] in {"f8", "i8"} and not kind.shape
)


def filled(rows: Rows, stamps: NDArray[np.int64]) -> Rows:
    """Rows in which every number is the row's stamp."""
    for name in PLAIN:
        rows[name] = stamps
    return rows


def torn(rows: Rows) -> int:
    """Rows whose numbers are not all the same."""
    first = rows[PLAIN[0]].astype(np.float64)
    whole = np.ones(len(rows), bool)
    for name in PLAIN[1:]:
        whole &= rows[name].astype(np.float64) == first
    return int(np.count_nonzero(~whole))


def write(folder: Path, rows: int, a_second: int) -> None:
    """Fill a board, say so, write until nobody listens."""
    random = np.random.default_rng(5)
    ended = threading.Event()
    with BoardWriter(folder) as writer:
        fresh = filled(blank("parents", rows), np.zeros(rows, np.int64))
        writer.put("parents", np.arange(rows), fresh)
        writer.beat(1)
        _ready(ended)
        began, written, beats = time.monotonic(), 0, 0
        while not ended.is_set():
            beats += 1
            index = np.unique(random.integers(0, rows, round(a_second / BEATS) or 512))
            writer.put("parents", index, filled(fresh[: len(index)], np.full(len(index), beats)))
            writer.beat(beats + 1)
            written += len(index)
            if a_second:
                ended.wait(max(0.0, began + beats / BEATS - time.monotonic()))
        print(written, beats, round(time.monotonic() - began, 3), flush=True)


def read(folder: Path) -> None:
    """Read all of it until nobody listens."""
    reader, ended = BoardReader(folder), threading.Event()
    _ready(ended)
    while not ended.is_set():
        reader.rows("parents")


def _ready(ended: threading.Event) -> None:
    print("ready", flush=True)

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()


@contextmanager
def running(*words: object) -> Iterator[subprocess.Popen[str]]:
    """One of these processes, ready; killed at the end if it is still there."""
    command = [sys.executable, "-m", "tests.bench.board_load", *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{words}: did not start")
            yield process
        finally:
            process.kill()


def ended(process: "subprocess.Popen[str]") -> tuple[int, int, float]:
    """End a writer: rows and publications it has written, seconds it took."""
    said, _ = process.communicate()
    rows, beats, seconds = said.split()
    return int(rows), int(beats), float(seconds)


def main() -> int:
    """One of the two."""
    folder = Path(sys.argv[2])
    if sys.argv[1] == "write":
        write(folder, int(sys.argv[3]), int(sys.argv[4]))
    else:
        read(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
