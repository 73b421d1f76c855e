"""Raw FIX from bytes to order rows, against a parser of plain Python that splits, in turns on the same bytes.

python -m tests.bench.bench_fix
"""

import sys
import time
from collections.abc import Callable
from functools import partial

import msgspec

from app.kernel_cache import use_kernel_cache

use_kernel_cache()  # before anything imports Numba

from app.engine.config import EngineConfig  # noqa: E402
from app.engine.core import Engine  # noqa: E402
from app.engine.events import Block  # noqa: E402
from app.engine.universe import Universe  # noqa: E402
from app.feeds.decode.fix_flow import FixFlow  # noqa: E402
from app.feeds.decode.fix_followed import followed  # noqa: E402
from app.feeds.decode.fix_scanner import FixBlock, Scanner  # noqa: E402
from app.feeds.decode.fix_settings import fix_settings  # noqa: E402
from tests.feeds.fix.wire import T0, Body, Line, filled, order, report, utc  # noqa: E402

ORDERS = 40_000
CHUNK = 1 << 20
REPEATS = 5
WANTED = 5.0  # times as fast as the split parser
RATE = 1_000_000.0  # messages a second
SETTINGS = fix_settings({"session": {"ems": {"sender": "EMS", "parent": [{"tag": 20013}]}}}, "bench")


def flow() -> tuple[bytes, int]:
    """New orders, acknowledgements and fills of 200 bytes each, 50 parents; and how many messages."""
    line = Line()
    for n in range(ORDERS):
        name, ts = f"CL{n:08d}", T0 + n * 1_000_000
        own: Body = [(60, utc(ts)), (20013, f"P{n % 50}"), (59, "0"), (21, "1"), (1, "ACC")]
        state: Body = [(55, "TECH"), (54, "1"), (38, 100), (44, "10.5"), (60, utc(ts))]
        line.send("D", [*order(name), *own], ts)
        line.send("8", report(name, f"E{n}a", "0", "0", [(14, 0), (151, 100), *state]), ts + 300)
        line.send("8", [*filled(name, f"E{n}b", (50, "10.5"), 50), *state, (30, "XNAS"), (851, "1")], ts + 500)
    return b"".join(message for _, message in line.log), len(line.log)


def scanned(data: bytes) -> int:
    """Frames and fields alone."""
    scanner = Scanner(SETTINGS.frame_rules())
    parts = (part for at in range(0, len(data), CHUNK) for part in scanner.scan(data[at : at + CHUNK]))
    return sum(len(part) for part in parts if isinstance(part, FixBlock))


def rowed(data: bytes) -> int:
    """Order rows as arrays."""
    made = FixFlow(SETTINGS, Universe())
    return sum(len(rows) for at in range(0, len(data), CHUNK) for rows in made.feed(data[at : at + CHUNK], "bench"))


def told(data: bytes, decoder: str = "fast") -> int:
    """Order rows as objects, as a session that follows the log takes them."""
    made = followed(msgspec.structs.replace(SETTINGS, decoder=decoder), Universe())
    return sum(len(made.feed(data[at : at + CHUNK], "bench")) for at in range(0, len(data), CHUNK))


def played(data: bytes) -> int:
    """A whole session on the rows: through the engine to the end of data."""
    universe = Universe()
    made, engine, last = followed(SETTINGS, universe), Engine(universe, EngineConfig()), 0
    count = 0
    for at in range(0, len(data), CHUNK):
        rows = tuple(made.feed(data[at : at + CHUNK], "bench"))
        count, last = count + len(rows), rows[-1].ts_event
        engine.apply(Block(last, orders=rows))
    engine.finish(last)
    return count


def split(data: bytes) -> int:
    """What one writes first: split at SOH, a dictionary of tags a message; no check, no row."""
    count = 0
    for message in data.split(b"\x018=FIX"):
        fields = dict(field.split(b"=", 1) for field in message.split(b"\x01") if b"=" in field)
        count += fields[b"35"] in {b"D", b"8"}
    return count


def timed(call: Callable[[bytes], int], data: bytes, wanted: int) -> float:
    """Processor seconds."""
    began = time.process_time()
    assert call(data) == wanted
    return time.process_time() - began


def main() -> int:
    """Take turns, print the best of each."""
    data, messages = flow()
    rowed(data[: len(data) // 50])
    best = dict.fromkeys(("scan", "rows", "split"), float("inf"))
    for _ in range(REPEATS):
        for name, call in (("scan", scanned), ("rows", rowed), ("split", split)):
            best[name] = min(best[name], timed(call, data, messages))
    part = data[: data.index(b"8=FIX", len(data) // 20)]
    there = part.count(b"8=FIX")
    for name, call in (("told", told), ("plain", partial(told, decoder="reference")), ("played", played)):
        best[name] = timed(call, part, there) * messages / there
    for name, seconds in best.items():
        print(f"{name:>6}: {messages / seconds / 1e6:6.3f} M messages/s, {len(data) / seconds / 1e6:6.0f} MB/s")
    ratio = best["split"] / best["rows"]
    print(f"rows are {ratio:.1f} times as fast as the split parser; wanted {WANTED:g}, and {RATE / 1e6:g} M messages/s")
    return 0 if ratio >= WANTED and messages / best["rows"] >= RATE else 1


if __name__ == "__main__":
    sys.exit(main())
