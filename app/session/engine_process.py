"""The engine's process of a desk: replays what it is told on a board, obeys its input, ends with it.

Started as a module by `playback`: the request is the first line of the input, every further line a command. What it
does not expect ends it, with the traceback in the log its starter has chosen. The folder of the compiled kernels is
the starter's choice too (environment), made before this module loads the engine.
"""

import io
import signal
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from app.board import BoardWriter
from app.engine.errors import ScorecardError
from app.runtime.pace import Pace
from app.session.playback import Command, Report
from app.session.replay import play
from app.session.request import ReplayRequest

_BEAT_S: Final = 0.2


class PlayedBoard(BoardWriter):
    """A board that also says at what speed it is played; only the engine's thread writes it."""

    def __init__(self, folder: Path, pace: Pace) -> None:
        super().__init__(folder, clock=time.monotonic_ns)
        self._pace = pace
        self._told: tuple[str, str] | None = None

    def beat(self, watermark: int) -> None:
        """Close a publication; the first one makes the board worth looking at."""
        first = self._told is None
        self.tell("paused" if self._pace.paused else "playing")
        super().beat(watermark)
        if first:
            say(Report(state="playing"))

    def tell(self, state: str) -> None:
        """Put state and speed on the board where they changed."""
        speed = "flat" if self._pace.speed is None else f"{self._pace.speed:g}"
        if self._told != (state, speed):
            self._told = (state, speed)
            self.meta("state", state)
            self.meta("speed", speed)


def obey(commands: Iterable[bytes], pace: Pace) -> None:
    """Turn command lines into the pace; the end of the input ends the replay."""
    decoder = msgspec.json.Decoder(Command)
    try:
        for line in commands:
            command = decoder.decode(line)
            pace.set_speed(command.speed)
            if command.paused:
                pace.pause()
            else:
                pace.resume()
    finally:
        pace.stop()


def say(report: Report) -> None:
    """One line to whoever started this process."""
    with suppress(OSError):  # nobody listens any more: the input has ended too
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
        sys.stdout.buffer.flush()


def main() -> int:
    """Play the request on the input; 0 when it was asked to end, 1 when it could not be played."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the desk decides
    # without a buffer: the thread that waits for the next command must not hold a lock when the process ends
    commands = io.FileIO(sys.stdin.fileno(), closefd=False)
    request = msgspec.json.decode(commands.readline(), type=ReplayRequest)
    pace = Pace(request.speed)
    threading.Thread(target=obey, args=(commands, pace), daemon=True).start()
    board = PlayedBoard(Path(request.board or ""), pace)
    try:
        result = play(request, board, pace)
    except ScorecardError as error:  # the board stays unclosed: the desk shows that its writer is gone
        board.tell("failed")
        say(Report(state="failed", text=str(error)))
        return 1
    if result is not None:
        for name in ("input_hash", "run_hash", "output_hash"):
            board.meta(name, getattr(result.report, name))
        board.meta("end_ns", str(result.end_ns))
        board.tell("ended")
        say(Report(state="ended"))
    while not pace.stopped:
        board.heartbeat()
        pace.rest(_BEAT_S)
    board.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
