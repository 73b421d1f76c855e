"""A replay in a process of its own, on one core, and beside it the bare reading of the same market file."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
_PINNED: Final = """
import os, sys, time
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
"""
_REPLAY: Final = """
from app.kernel_cache import use_kernel_cache
use_kernel_cache()
import app.session.replay as session
from app.session.request import ReplayRequest
began, load_kernels = [], session.load_kernels
def load(config):
    load_kernels(config)
    began.append(time.process_time())
session.load_kernels = load
report = session.replay(ReplayRequest(path=sys.argv[1], out=sys.argv[2] or None)).report
print(report.rows_in, report.events_per_s, time.process_time() - began[0])
"""
_READING: Final = """
from pathlib import Path
from app.feeds.base import parquet_file
from app.feeds.decode.session import TEXT
file = parquet_file(Path(sys.argv[1]) / "market.parquet", TEXT)
started, began = time.perf_counter(), time.process_time()
rows = sum(batch.num_rows for batch in file.iter_batches(use_threads=False))
print(rows, rows / (time.perf_counter() - started), time.process_time() - began)
"""


class Ran(NamedTuple):
    """Rows; rows a second as the process says; seconds of the core from the first byte on; those of all of it.

    `wall_s` is all of it by a clock outside: Python, imports and kernels loaded included.
    """

    rows: int
    rate: float
    core_s: float
    worked_s: float
    wall_s: float

    @property
    def core_rate(self) -> float:
        """Rows a second of the core: what else the machine does meanwhile takes little from it."""
        return self.rows / self.core_s


def replayed(session: Path, out: Path | None = None) -> Ran:
    """The session replayed, its tables written where `out` says."""
    return _ran(_REPLAY, session, out)


def read(session: Path) -> Ran:
    """The session's market file read, every column, and nothing done with it."""
    return _ran(_READING, session, None)


def _ran(code: str, session: Path, out: Path | None) -> Ran:
    alone = {**os.environ, "SCORECARD_EVIDENCE_MODEL": ""}  # the rate is that of the exact core, without evidence
    words = [sys.executable, "-c", _PINNED + code, str(session), str(out or "")]
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, env=alone)
    wall_s, after = time.perf_counter() - started, os.times()
    rows, rate, core_s = done.stdout.split()
    worked_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Ran(int(rows), float(rate), float(core_s), worked_s, wall_s)
