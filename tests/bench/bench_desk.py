"""Desk: frames of a 10,000-order board with 5,000 row updates a second and a 1M-point trace; sort, filter, paint.

    python -m tests.bench.bench_desk

Times of this thread's processor, so that a busy machine does not distort them; stalls are wall time.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

START = time.perf_counter()
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

import numpy as np  # noqa: E402
from PySide6.QtCore import QEventLoop  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.widgets import theme as themes  # noqa: E402
from app.widgets.bridge import Bridge  # noqa: E402
from app.widgets.main_window import MainWindow  # noqa: E402
from app.widgets.pad import Pad  # noqa: E402
from tests.widgets.filler import DAY, OPEN, Filler  # noqa: E402

PARENTS, POINTS, FRAMES = 10_000, 1_000_000, 150
UPDATES = 5_000 // 30
FRAME_MS, SORT_MS = 16.0, 5.0  # budgets of the design


def cost_ms(work: Callable[[], object]) -> float:
    """Processor time of this thread, ms."""
    before = time.thread_time()
    work()
    return 1e3 * (time.thread_time() - before)


def line(name: str, times: list[float], budget: float | None = None) -> bool:
    """Print one figure; False when even its median is over the budget (a busy machine spoils the p99)."""
    p50, p99 = np.percentile(times, [50, 99])
    kept = budget is None or p50 <= budget
    words = "" if budget is None else f"   budget for p99 {budget:g} ms: {'kept' if p99 <= budget else 'NOT KEPT'}"
    print(f"desk {name:26s} p50 {p50:7.2f} ms   p99 {p99:7.2f} ms{words}")
    return bool(kept)


def frames(window: MainWindow, filler: Filler, app: QApplication) -> tuple[list[float], list[float]]:
    """Processor time and wall time of each frame: pull, models, painting."""
    cost, wall = [], []
    trace = window.trace
    for step in range(FRAMES):
        filler.change(UPDATES, OPEN + DAY * 3 // 4 + step)
        if step % 5 == 0:
            start, end = trace.view()
            trace.zoom(start + (end - start) // 50, end) if step % 10 else trace.unzoom()
        before = time.perf_counter()
        cost.append(
            cost_ms(
                lambda: (window.bridge.look(), app.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents))
            )
        )
        wall.append(1e3 * (time.perf_counter() - before))
    return cost, wall


def main() -> int:
    """Print the figures; 0 when the medians of frame, sort and filter keep their budgets."""
    imported = time.perf_counter() - START
    app = QApplication(sys.argv[:1])
    themes.apply(app, themes.DARK)
    with tempfile.TemporaryDirectory() as folder:
        filler = Filler(Path(folder), parents=PARENTS, points=POINTS)
        begun = time.perf_counter()
        window = MainWindow(Bridge(Pad(Path(folder))), themes.DARK)
        window.show()
        window.bridge.look()
        app.processEvents()
        print(f"desk first frame {imported + time.perf_counter() - begun:.2f} s, {1e3 * imported:.0f} ms of it imports")
        window.bridge.choose_id("P100000")
        reading = [cost_ms(window.bridge.look)]
        while not window.bridge.pad.settled():
            reading.append(cost_ms(window.bridge.look))
        line("frame reading a long trace", reading)
        cost, wall = frames(window, filler, app)
        kept = line("frame, processor", cost, FRAME_MS)
        line("frame, wall", wall)
        grid, table, trace = window.blotter.grid, window.blotter.table, window.trace
        line("blotter painted", [cost_ms(grid.viewport().repaint) for _ in range(30)])
        line("trace of 1M drawn", [cost_ms(trace.refresh) for _ in range(30)])
        ways = [partial(grid.order_by, "slip_arrival_bps", descending=bool(n % 2)) for n in range(30)]
        order = [cost_ms(way) for way in ways]
        kept &= line("sort by a figure", order, SORT_MS)
        words = [partial(table.set_filter, f"level:{word}") for word in ("red", "amber") * 15]
        kept &= line("filter", [cost_ms(word) for word in words], SORT_MS)
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"desk memory {rss:.0f} MB, the filler's copy of the board included")
        window.close()
        filler.writer.close()
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
