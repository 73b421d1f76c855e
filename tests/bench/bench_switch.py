"""From confirm to the wire: how long a switch takes to leave, beside a desk under load and an engine flat out.

    python -m tests.bench.bench_switch [--switches 300] [--alone]

The control process is one of its own with a FIX session to the scripted EMS; between them lies a line that notes the
clock when bytes of a request have come out of the socket: the wire and the line's own wake-up are in the figure. A
confirm arms .7 s after its pre-flight, on the desk and here: what the switch before left to do is done by then. The
desk's bench and replays of a generated day run beside it until the last switch.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np

from app.engine.switch.facts import Target
from app.feeds.decode.rows import chunks
from app.feeds.generator import Plan, generate
from app.feeds.session import write_session
from tests.bench.bench_desk import feeder
from tests.parts.desk import PASSIVE, QTY, TAGS, Desk
from tests.parts.fix import Peer

P99_MS: Final = 10.0
ARMS_S: Final = 0.7  # as long as a confirm of the desk cannot be pressed
WARM: Final = 20  # switches left out: the first of a process import and make things
ROWS: Final = 300_000  # of the day that is replayed again and again
_REQUEST: Final = b"\x0135=G\x01"
_BACK: Final = Target(strategy="VWAP", params={"MaxPct": "25"})
_REPLAYS: Final = """
import os, sys
from pathlib import Path
from tests.bench.pinned import replayed
parent = os.getppid()
while os.getppid() == parent:  # whoever started it may be killed
    replayed(Path(sys.argv[1]))
"""
_SCREENS: Final = """
import os, subprocess, sys
parent = os.getppid()
while os.getppid() == parent:
    words = [sys.executable, "-m", "tests.bench.desk_screen", sys.argv[1]]
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
"""


class Line:
    """A relay between the control process and the EMS that notes when a request came out of the socket."""

    def __init__(self, port: int) -> None:
        """`port`: the EMS's."""
        self.seen: list[int] = []  # monotonic ns
        self._port = port
        self._ears = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._ears.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()

    def close(self) -> None:
        """No further sessions."""
        self._ears.close()

    def _answer(self) -> None:
        with suppress(OSError):
            while True:
                near = self._ears.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._port))
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, noted: bool) -> None:
        with suppress(OSError):
            while said := source.recv(1 << 16):
                if noted and _REQUEST in said:
                    self.seen.append(time.monotonic_ns())
                target.sendall(said)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@contextmanager
def busy(folder: Path) -> Iterator[None]:
    """A desk under its bench's load and an engine that replays, until the block ends."""
    made = generate(Plan(seed=7, market_rows=ROWS, instruments=10, duration_s=3_600))
    write_session(folder / "day", chunks(made.market), made.orders, made.universe)
    with feeder(str(folder / "board")):
        running = [
            subprocess.Popen([sys.executable, "-c", code, str(folder / word)], start_new_session=True)
            for code, word in ((_REPLAYS, "day"), (_SCREENS, "board"))
        ]
        try:
            yield
        finally:
            for process in running:
                os.killpg(process.pid, 9)  # with what it started
                process.wait(20)


def switched(desk: Desk, target: Target) -> int:
    """One switch, confirmed and taken by the EMS: when it was confirmed, monotonic ns."""
    order = desk.working()
    token = desk.client.switch("O1", order.version, target).token
    time.sleep(ARMS_S)  # what is measured: no desk lets anybody confirm earlier
    at = time.monotonic_ns()
    desk.client.confirm(token)
    desk.until(lambda now: now.version > order.version and now.words == "switched")
    return at


def measured(folder: Path, switches: int) -> list[float]:
    """Milliseconds of each switch."""
    with ExitStack() as stack:
        peer = Peer(folder / "peer")
        peer.start()
        stack.callback(peer.kill)
        line = stack.enter_context(closing(Line(peer.port)))
        desk = stack.enter_context(closing(Desk(folder / "run", line.port, f"B{os.getpid()}")))
        desk.fork()
        desk.online()
        script = stack.enter_context(closing(peer.told(str(desk.keys["sender"]))))
        script.order("O1", "A1", QTY, TAGS.format(parent="P1"))
        desk.working()
        took = []
        for number in range(WARM + switches):
            at = switched(desk, _BACK if number % 2 else PASSIVE)
            if len(line.seen) != number + 1:
                raise RuntimeError(f"switch {number + 1}: {len(line.seen)} requests on the wire")
            took.append((line.seen[-1] - at) / 1e6)
        return took[WARM:]


def main(words: Sequence[str] | None = None) -> int:
    """Print the figures; 0 when the 99th percentile is kept."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--switches", type=int, default=300)
    asked.add_argument("--alone", action="store_true", help="no desk, no engine beside it")
    chosen = asked.parse_args(words)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        if not chosen.alone:
            stack.enter_context(busy(folder))
        took = measured(folder, chosen.switches)
    half, most = np.percentile(took, (50, 99)).tolist()
    beside = "alone" if chosen.alone else "beside a busy desk and an engine flat out"
    kept = most <= P99_MS
    print(
        f"{len(took)} switches {beside}: confirm to the wire p50 {half:.2f} ms, p99 {most:.2f} ms, "
        f"worst {max(took):.2f} ms; p99 at most {P99_MS:g} ms: {'kept' if kept else 'NOT KEPT'}"
    )
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
