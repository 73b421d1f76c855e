"""The desk under load, in a process of its own: prints its figures as JSON.

python -m tests.bench.desk_screen FOLDER [--steps]
"""

import gc
import os
import sys
import time

START = time.perf_counter()
gc.disable()  # as app.cli.window does, until `keep_all`
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # and this
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Final  # noqa: E402

import msgspec  # noqa: E402
from PySide6.QtCore import Qt  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.widgets import theme as themes  # noqa: E402
from app.widgets.bridge import Bridge  # noqa: E402
from app.widgets.frames import keep_all  # noqa: E402
from app.widgets.main_window import MainWindow  # noqa: E402
from app.widgets.pad import Pad  # noqa: E402
from tests.bench.desk_clock import Figures, Take, Watch, cost_ms, memory_mb  # noqa: E402

FRAMES: Final = 600  # twenty seconds of looking and zooming
TURNS: Final = 240  # and eight of walking, sorting, filtering, grouping


def look_on(window: MainWindow, frame: int) -> None:
    """What a trader does most of the time: he looks, and zooms the trace six times a second."""
    trace = window.trace
    if frame % 5 == 0:
        start, end = trace.view()
        trace.zoom(start + (end - start) // 50, end) if frame % 10 else trace.unzoom()


def turn_to(window: MainWindow, frame: int) -> None:
    """Another order, another order of rows, another filter, groups: three times a second something."""
    from PySide6.QtTest import QTest  # the desk has none

    blotter = window.blotter
    if frame % 10:
        return
    match frame // 10 % 8:
        case 1 | 3 | 5 | 7:
            QTest.keyClick(blotter.grid, Qt.Key.Key_J)
        case 2:
            blotter.grid.order_by("slip_arrival_bps", descending=frame % 160 == 20)
        case 4:
            blotter.search.setText("level:red" if not blotter.search.text() else "")
        case _:
            blotter.next_group()


def parts(window: MainWindow) -> dict[str, list[float]]:
    """Single works, alone."""
    grid, table = window.blotter.grid, window.blotter.table
    ways = [partial(grid.order_by, "slip_arrival_bps", descending=bool(n % 2)) for n in range(30)]
    words = [partial(table.set_filter, f"level:{word}") for word in ("red", "amber") * 15]
    return {
        "blotter painted": [cost_ms(grid.viewport().repaint) for _ in range(30)],
        "trace drawn": [cost_ms(window.trace.refresh) for _ in range(30)],
        "sort": [cost_ms(way) for way in ways],
        "filter": [cost_ms(word) for word in words],
    }


def watched() -> Take:
    """Stop watches around the desk's steps; they cost a little themselves, so only where they are asked for."""
    from tests.bench.desk_steps import Steps

    steps = Steps()
    steps.watch()
    return steps.take


def main() -> int:
    """Open, wait until all is read, measure."""
    steps = watched() if "--steps" in sys.argv else None
    app = QApplication(sys.argv[:1])
    themes.apply(app, themes.DARK)
    window = MainWindow(Bridge(Pad(Path(sys.argv[1]))), themes.DARK, staged=True)
    window.show()
    window.bridge.look()
    app.processEvents()
    figures = Figures(time.perf_counter() - START, time.process_time())
    window.completed.connect(keep_all)
    charts = [cost_ms(window.complete_in_turns)]
    while not window.is_complete:
        charts.append(cost_ms(app.processEvents))
    window.bridge.choose_id("P100000")
    reading = [cost_ms(window.bridge.look)]
    while not window.bridge.pad.settled():
        reading.append(cost_ms(window.bridge.look))
    window.bridge.start()
    watches = []
    for frames, use in ((FRAMES, look_on), (TURNS, turn_to)):
        watches.append(Watch(frames, partial(use, window), partial(app.exit, 0), steps))
        app.exec()
    window.blotter.set_group("")
    looked, turned = watches
    figures.samples = parts(window) | {
        "charts": charts,
        "reading": reading,
        "frame": looked.frame[1:],
        "turn": turned.frame[1:],
        "away": looked.away + turned.away,
        "away processor": looked.away_processor + turned.away_processor,
    }
    figures.steps = {
        "frame": looked.frame_steps[1:],
        "turn": turned.frame_steps[1:],
        "away processor": looked.away_steps + turned.away_steps,
    }
    figures.rss_mb = memory_mb()
    sys.stdout.buffer.write(msgspec.json.encode(figures))
    window.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
