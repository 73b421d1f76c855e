"""The engine's process of a supervised session: `python -m app.session.engine_worker FOLDER`.

It runs what the folder says, goes on where it was interrupted, obeys its door, and stays when its day has ended: the
figures stand. SIGTERM or `stop` at the door end it in good order.
"""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import msgspec

from app.engine.errors import EngineError, ScorecardError
from app.feeds.simulator import open_world
from app.runtime.channel import Door
from app.runtime.ems_port import EmsPort
from app.runtime.pace import Pace
from app.runtime.stepped import Wire
from app.session.day import Day, RecordedDay, SimulatedDay
from app.session.follow import follow
from app.session.live import LiveRun
from app.session.live_board import LiveBoard
from app.session.live_day import SWITCH_S, LiveDay, with_drop_copy, with_followed
from app.session.runtime_folder import RuntimeFolder, Session
from app.session.simulation import conclude
from app.session.wishes import OK, Wish
from app.settings import Settings, load_settings

REFUSED: Final = 3  # exit code: starting it again would end the same way
_BEAT_S: Final = 0.2


class Surroundings(NamedTuple):
    """What a day is opened with: settings, the pace of its steps, the line to its EMS."""

    settings: Settings
    pace: Pace
    wire: Wire


OpenDay: TypeAlias = Callable[[Session, Surroundings], Day]


def open_day(session: Session, around: Surroundings) -> Day:
    """The day of a session. Raises ScorecardError in words."""
    if session.live:
        sys.setswitchinterval(SWITCH_S)
        return LiveDay(around.settings, session.title)
    if session.world is None:
        return RecordedDay(session, around.settings)
    feed = open_world(session.world, session.seed, session.agent)
    return SimulatedDay(feed, around.pace.stride, around.wire)


def obey(pace: Pace, wish: Wish) -> None:
    """Turn a wish into the pace."""
    if wish.stop:
        pace.stop()
        return
    pace.set_speed(wish.speed)
    if wish.paused:
        pace.pause()
    else:
        pace.resume()
    if wish.jump_ns is not None:
        pace.jump(wish.jump_ns)


def main(words: Sequence[str], opener: OpenDay = open_day) -> int:
    """Run the folder's session: 0 when it was asked to end, REFUSED when it cannot be run."""
    folder = RuntimeFolder(Path(words[0]))
    session = folder.session()
    if session is None:
        raise EngineError(f"{folder.path}: no session was begun here")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    pace = Pace(session.speed)
    wish = folder.wish()
    if wish is not None:  # an engine that is started again goes on as it was told last
        obey(pace, wish)
    signal.signal(signal.SIGTERM, lambda *_: pace.stop())
    decoder = msgspec.json.Decoder(Wish)

    def answer(question: bytes) -> bytes:
        wish = decoder.decode(question)
        if not wish.stop:
            folder.keep_wish(wish)
        obey(pace, wish)
        return OK

    with Door(folder.socket("engine"), answer), EmsPort(folder.socket("ems")) as wire:
        try:
            settings = load_settings(Path(session.settings) if session.settings else None)
            if session.results is not None:
                follow(settings, session.results, folder.board, pace)
                return 0
            if session.live and session.orders is not None:
                settings = with_followed(settings, Path(session.orders))
            around = Surroundings(with_drop_copy(settings, folder.control), pace, wire)
            day = opener(session, around)
            return _run(folder, settings, day, pace)
        except ScorecardError as error:
            folder.words("engine", str(error))
            return REFUSED


def _run(folder: RuntimeFolder, settings: Settings, day: Day, pace: Pace) -> int:
    run = LiveRun(folder, settings, day, pace)
    try:
        result = run.play()
    except ScorecardError:
        if run.board is not None:  # it stays unclosed: the desk shows that its writer is gone
            run.board.tell("failed")
        raise
    board = run.board
    if board is None:
        return 0
    if result is not None:
        conclude(board, result)
    _stay(board, pace)
    board.close()
    return 0


def _stay(board: LiveBoard, pace: Pace) -> None:
    """The figures stand until the end is asked for."""
    beat = 0.0
    while not pace.stopped:
        if time.monotonic() - beat >= _BEAT_S:
            board.heartbeat()
            beat = time.monotonic()
        pace.rest(_BEAT_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
