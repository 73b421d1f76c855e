"""From the producer to the engine: how old rows are when they have been applied, at a steady load from outside Python.

    python -m tests.bench.bench_live [--rate 50000] [--seconds 30] [--silence 10] [--brokers HOST:PORT]

A Java producer stamps every row with the wall clock as it hands it over; here the live loop, with tape and board,
notes the wall clock when the block with the row has been applied. One machine, one clock. The topic of own flow brings
a burst and then nothing for `silence` seconds: a silent source must hold nobody back.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from app.kernel_cache import use_kernel_cache

use_kernel_cache()  # before anything imports Numba

from app import __version__  # noqa: E402
from app.engine.core import Engine  # noqa: E402
from app.engine.events import MARKET, Block, Instrument  # noqa: E402
from app.engine.universe import Universe  # noqa: E402
from app.feeds.decode.blocks import BlockEncoder, Place  # noqa: E402
from app.feeds.kafka.topics import KEPT, ensure  # noqa: E402
from app.runtime.journal import JournalWriter  # noqa: E402
from app.runtime.loop import Loop, RunOptions, Standing, Taps  # noqa: E402
from app.runtime.outputs import Tables  # noqa: E402
from app.runtime.pace import Pace  # noqa: E402
from app.session.live_board import LiveBoard  # noqa: E402
from app.session.live_day import SWITCH_S, LiveDay  # noqa: E402
from app.session.memory import keep_memory, uncollected  # noqa: E402
from app.session.warm import load_kernels  # noqa: E402
from app.settings import Settings, load_settings  # noqa: E402
from scripts.kafka import Broker, KafkaError, fetch  # noqa: E402
from tests.parts.kafka import write_settings  # noqa: E402
from tests.parts.ports import free_ports  # noqa: E402

LOAD: Final = Path(__file__).resolve().parents[1] / "parts" / "java" / "Load.java"
ROWS: Final = 50  # of a block: a millisecond's at 50,000 a second
ALONE: Final = {"SCORECARD_EVIDENCE_MODEL": ""}  # the rate of the exact core, without evidence
WARM_S: Final = 3.0  # left out at the beginning: the JVM compiles, the broker makes its files
P50_MS: Final = 5.0
P99_MS: Final = 25.0
_SPARE_S: Final = 60.0


class Ages(NamedTuple):
    """Ages of rows when they had been applied (ms): half of them, 99 in 100, all; how many; own rows likewise."""

    p50: float
    p99: float
    worst: float
    rows: int
    own_p50: float
    own_worst: float
    own_rows: int
    rate: float  # events a second that were sent
    late_ms: float  # of the producer's own worst block, behind its pace
    busy: float  # processor time of the engine's process, a second of it that a second of load costs

    def words(self) -> str:
        """For people."""
        return (
            f"market rows   {self.rows:>10,} at {self.rate:,.0f}/s: p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms, "
            f"worst {self.worst:.1f} ms (producer's worst delay {self.late_ms:.1f} ms)\n"
            f"own rows      {self.own_rows:>10,} in bursts: p50 {self.own_p50:.2f} ms, worst {self.own_worst:.2f} ms\n"
            f"processor     {self.busy:>10.2f} s of this process for a second of load"
        )


class Plan(NamedTuple):
    """Market events a second, for how long, with how many seconds between two bursts of own flow."""

    rate: float
    seconds: float
    silence: float


class Watch:
    """Stands behind the engine, where an archive would: notes how old the rows of a block are."""

    def __init__(self) -> None:
        self.market: list[tuple[int, int, int]] = []  # stamp, age (ns), rows
        self.own: list[int] = []
        self.rows = 0
        self.busy_s = 0.0

    def block(self, block: Block) -> None:
        """As Archive."""
        now = time.time_ns()
        if len(block.market):
            stamps, counts = np.unique(block.market["ts_event"], return_counts=True)
            self.market += zip(stamps.tolist(), (now - stamps).tolist(), counts.tolist(), strict=True)
        self.rows += len(block.market) + len(block.orders)
        self.own += [now - row.ts_event for row in block.orders]

    def finish(self, output_hash: str, tables: Tables, end_ns: int) -> None:
        """As Archive."""

    def ages(self, sent: list[float], rate: float) -> Ages:
        """What came of it; `sent`: events, own messages, seconds, ms behind its pace at worst, as the producer says."""
        events, own, seconds, late_ms = sent
        assert sum(count for _, _, count in self.market) == events, "every event is applied once"
        assert len(self.own) == own, "every own message is a row"
        begin = self.market[0][0] + WARM_S * 1e9
        kept = [(age, count) for stamp, age, count in self.market if stamp >= begin]
        ages = np.repeat(np.array([age for age, _ in kept]), [count for _, count in kept]) / 1e6
        mine = np.array(self.own or [0]) / 1e6
        p50, p99 = np.percentile(ages, (50, 99)).tolist()
        return Ages(
            p50=p50, p99=p99, worst=float(ages.max()), rows=len(ages), own_p50=float(np.median(mine)),
            own_worst=float(mine.max()), own_rows=len(self.own), rate=events / seconds, late_ms=late_ms,
            busy=self.busy_s / (events / rate),
        )  # fmt: skip


def template(folder: Path) -> Path:
    """A block of quotes and prints of two instruments, whose times and numbers the producer writes anew."""
    universe = Universe()
    for name in ("AAPL", "MSFT"):
        universe.describe(Instrument(instrument=name, currency="USD", tick_size=10_000_000))
    for table, name in ((universe.venues, "XNAS"), (universe.sources, "XNAS")):
        table.index(name)
    rows = np.zeros(ROWS, MARKET)
    rows["instrument"] = np.arange(ROWS) % 2
    rows["action"] = np.where(np.arange(ROWS) % 5 == 0, ord("T"), ord("Q"))
    rows["price"] = 100_000_000_000 - 10_000_000 * (np.arange(ROWS) % 3)
    rows["price2"] = np.where(rows["action"] == ord("Q"), rows["price"] + 20_000_000, -(2**63))
    rows["size"] = 100
    rows["size2"] = np.where(rows["action"] == ord("Q"), 100, -(2**63))
    rows["flags"] = 128
    path = folder / "block"
    path.write_bytes(BlockEncoder(universe).rows(Place(1, 0), 0, rows))
    return path


class Load:
    """The producer beside us; `said` is what it says of itself at its end. Raises KafkaError without Java."""

    def __init__(self, words: Sequence[str]) -> None:
        java = ["java", "-Xmx128m", "-XX:+UseSerialGC", "-cp", f"{fetch() / 'lib'}/*", str(LOAD)]
        self.said: list[float] = []
        self._process = subprocess.Popen([*java, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait(self, seconds: float) -> None:
        """Until it has sent everything. Raises KafkaError in its own words."""
        out, err = self._process.communicate(timeout=seconds)
        if self._process.returncode:
            raise KafkaError(f"the producer ended with {self._process.returncode} (it needs a JDK): {err[-1000:]}")
        self.said += [float(word) for word in out.split()]

    def close(self) -> None:
        """End it, however far it is."""
        self._process.kill()
        self._process.wait()


def measured(brokers: str, folder: Path, of: Plan) -> Ages:
    """One run of the load. Raises KafkaError; AssertionError where anything was lost or came twice."""
    market, own = (f"live-{kind}-{uuid.uuid4().hex[:8]}" for kind in ("market", "own"))
    sources: dict[str, dict[str, Any]] = {
        market: {"role": "market", "start": "earliest"},
        own: {"role": "orders", "codec": "fix", "start": "earliest"},
    }
    settings = load_settings(write_settings(folder / "live.toml", {"brokers": brokers}, sources), ALONE)
    for topic in (market, own):
        ensure(settings.kafka, topic, 1, KEPT)
    keep_memory()
    sys.setswitchinterval(SWITCH_S)
    load_kernels(settings.engine(book=False))
    pace = Pace()
    watch = Watch()
    with closing(Load([brokers, market, own, str(template(folder)), *map(str, of)])) as load:
        threading.Thread(target=_stop_behind, args=(load, watch, pace, of.seconds), daemon=True).start()
        _apply(settings, folder, pace, watch)
        return watch.ages(load.said, of.rate)


def _apply(settings: Settings, folder: Path, pace: Pace, watch: Watch) -> None:
    """The live loop on the sources of the settings, with tape and board, until the pace is stopped."""
    with ExitStack() as stack:
        stack.enter_context(uncollected())
        day = stack.enter_context(closing(LiveDay(settings, "load")))
        taps = Taps(archive=watch, frame_s=settings.playback.frame_ms * 1e-3)
        taps.journal = stack.enter_context(JournalWriter(folder / "tape.journal", day.universe))
        taps.board = stack.enter_context(LiveBoard(folder / "board", pace))
        day.open(Standing())
        now = time.perf_counter()
        options = RunOptions(version=__version__, settings_hash="", started_s=now, first_byte_s=now)
        began_s = time.process_time()
        Loop(day.stream, Engine(day.universe, settings.engine(book=False)), options, taps, pace).play()
        watch.busy_s = time.process_time() - began_s


def _stop_behind(load: Load, watch: Watch, pace: Pace, seconds: float) -> None:
    """End the run once everything the producer has sent was applied, or never will be."""
    try:
        load.wait(seconds + _SPARE_S)
        end = time.monotonic() + _SPARE_S
        while time.monotonic() < end and watch.rows < load.said[0] + load.said[1]:
            time.sleep(0.05)  # a bench: a condition with a deadline, looked at seldom so as not to be measured
    finally:
        pace.stop()


def main() -> int:
    """Print the ages; 1 where they are too high."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=50_000.0, help="market events a second")
    parser.add_argument("--seconds", type=float, default=33.0)
    parser.add_argument("--silence", type=float, default=10.0, help="seconds between two bursts of own flow; 0 = none")
    parser.add_argument("--brokers", help="a broker that runs; one is started where not given")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        broker = Broker(Path(home) / "broker", free_ports(2))
        if words.brokers is None:
            broker.start()
        try:
            ages = measured(words.brokers or broker.address, Path(home), Plan(words.rate, words.seconds, words.silence))
        finally:
            broker.stop()
    print(ages.words())
    print(f"at most p50 {P50_MS:g} ms, p99 {P99_MS:g} ms")
    return 0 if ages.p50 <= P50_MS and ages.p99 <= P99_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
