"""Desk: 10,000 orders, 5,000 row updates a second, a 1M-point trace; beside it stock parts under the same load.

    python -m tests.bench.bench_desk [--steps]

Three processes: who feeds the board, the desk, the stock screen; at last the application itself, started twice. Budgets
are kept or not by processor time of the GUI thread, so that a busy machine does not decide; wall time stands beside it.
`--steps` runs the desk once more with stop watches around its steps and tells what its dearest frames consist of.
"""

import compileall
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

import app
from tests.bench.desk_clock import Figures
from tests.bench.desk_start import Start


class Budget(NamedTuple):
    """A line of the table: its name, the series and percentile it reads, the most it may be (ms); 0 = no budget."""

    title: str
    series: str
    per_cent: float
    most: float


LINES: Final = (
    Budget("frame work, processor p99", "frame", 99, 16.0),
    Budget("frame work, processor p50", "frame", 50, 0),
    Budget("frame with another order, sort, filter, p99", "turn", 99, 50.0),
    Budget("event loop away, processor max", "away processor", 100, 50.0),
    Budget("event loop away, wall p99", "away", 99, 0),
    Budget("event loop away, wall max", "away", 100, 0),
    Budget("blotter painted, p50", "blotter painted", 50, 0),
    Budget("trace of 1M drawn, p50", "trace drawn", 50, 0),
    Budget("sort by a figure, p99", "sort", 99, 5.0),
    Budget("filter, p99", "filter", 99, 5.0),
    Budget("frame while a long trace is read, max", "reading", 100, 50.0),
    Budget("a chart after the first frame, max", "charts", 100, 50.0),
)
FIRST_FRAME_S: Final = 1.0
WINDOW_S: Final = 2.0  # from the start of `scorecard run`, the second time
MEMORY_MB: Final = 300.0
STALLS: Final = 5


@contextmanager
def feeder(folder: str) -> Iterator[None]:
    """A board that lives as long as the block."""
    words = [sys.executable, "-m", "tests.bench.desk_feeder", folder]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("the feeder did not start")
        yield
    finally:
        process.communicate()


def compile_modules() -> None:
    """As an installation has them: otherwise the first frame is that of whoever changed a module last."""
    compileall.compile_dir(Path(app.__file__).parent, quiet=2)


def measured(module: str, *words: str) -> Figures:
    """One screen's figures."""
    done = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, check=True)
    return msgspec.json.decode(done.stdout, type=Figures)


def window() -> Start | None:
    """The second start of the application under a display; None where there is no Xvfb."""
    done = subprocess.run([sys.executable, "-m", "tests.bench.desk_start"], capture_output=True, check=True)
    return msgspec.json.decode(done.stdout, type=Start | None)


def line(title: str, desk: float, stock: float, most: float, unit: str = "ms") -> bool:
    """Print one line; False when the desk is over its budget."""
    kept = not most or desk <= most
    words = "" if not most else f"{most:8.0f} {unit}   {'kept' if kept else 'NOT KEPT'}"
    print(f"desk {title:44s} {desk:9.2f} {unit:3s} {stock:10.2f} {unit:3s} {words}")
    return kept


def tell_steps(found: Figures) -> None:
    """What frames and the longest stalls consist of."""
    from tests.bench.desk_steps import shares, told  # loads the whole screen

    for series, title in (("frame", "looking and zooming"), ("turn", "another order, sort, filter")):
        frames = list(zip(found.samples[series], found.steps[series], strict=True))
        for from_per_cent in (0, 95):
            print(f"\nsteps of frames, {title}, from the {from_per_cent}th percentile on; mean and most, ms")
            for share in shares(frames, from_per_cent):
                print(f"    {share.title:50s} {share.mean:7.2f} {share.most:7.2f}")
    print("\nlongest stalls of the event loop, ms")
    away = zip(found.samples["away processor"], found.steps["away processor"], strict=True)
    for whole, steps in sorted(away, key=lambda stall: -stall[0])[:STALLS]:
        print(f"    {whole:7.2f}  {told(whole, steps)}")


def main() -> int:
    """Print the table; 0 when every budget is kept."""
    compile_modules()
    with tempfile.TemporaryDirectory() as folder, feeder(folder):
        desk = measured("tests.bench.desk_screen", folder)
        stock = measured("tests.bench.desk_stock", folder)
        stepped = measured("tests.bench.desk_screen", folder, "--steps") if "--steps" in sys.argv else None
    print(f"desk {'':44s} {'desk':>9s}     {'stock':>10s}     {'budget':>8s}")
    kept = line(
        "first frame, processor", desk.first_frame_processor_s, stock.first_frame_processor_s, FIRST_FRAME_S, "s"
    )
    line("first frame, wall", desk.first_frame_s, stock.first_frame_s, 0, "s")
    for budget in LINES:
        series = budget.series, budget.per_cent
        kept &= line(budget.title, desk.at(*series), stock.at(*series), budget.most)
    kept &= line("memory, most", desk.rss_mb, stock.rss_mb, MEMORY_MB, "MB")
    start = window()
    if start is None:
        print("desk window of `scorecard run`: not measured, there is no Xvfb (apt-get install xvfb)")
    else:
        nan = float("nan")
        kept &= line("window of `scorecard run`, processor", start.processor_s, nan, WINDOW_S, "s")
        line("window of `scorecard run`, wall", start.wall_s, nan, 0, "s")
    if stepped is not None:
        tell_steps(stepped)
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
