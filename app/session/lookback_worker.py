"""The lookback process: `python -m app.session.lookback_worker FOLDER`; answers about the past from the tape alone.

A question that fails is answered with the reason; the process stays for the next one.
"""

import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import ScorecardError
from app.runtime.channel import Door
from app.session.checking import Checker
from app.session.past import Past
from app.session.runtime_folder import RuntimeFolder
from app.session.spoken import Answer, AskDesk, AskLadder, AskRaw, Question
from app.session.warm import load_kernels
from app.settings import load_settings

_BEAT_S: Final = 0.2
_CHECK_S: Final = 0.05  # of every beat the tape is replayed and compared so long


class Worker:
    """Answers one question after the other."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._busy = threading.Lock()
        self._decoder: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)

    def answer(self, question: bytes) -> bytes:
        """The answer, or why there is none."""
        with self._busy:
            try:
                said = self._look(self._decoder.decode(question))
            except (ScorecardError, msgspec.DecodeError, OSError) as error:
                said = Answer(refused=str(error))
        return msgspec.json.encode(said)

    def beat(self) -> None:
        """Signs of life on the private boards, and a little further in the tape; none while a question is answered."""
        if self._busy.acquire(blocking=False):
            try:
                self._past.beat()
                self._past.prepare()
            finally:
                self._busy.release()

    def prepare(self) -> None:
        """Load what the first question would wait for."""
        with self._busy:
            load_kernels(self._past.config)

    def _look(self, question: Question) -> Answer:
        match question:
            case AskLadder():
                levels = self._past.ladder(question.instrument, question.ts_ns, question.venue, question.depth)
                return Answer(levels=levels)
            case AskRaw():
                return Answer(raw=self._past.raw(question.source, question.seq))
            case AskDesk():
                return Answer(folder=self._past.desk_as_of(question.ts_ns))


def main(words: Sequence[str]) -> int:
    """Answer until SIGTERM."""
    folder = RuntimeFolder(Path(words[0]))
    session = folder.session()
    settings = load_settings(Path(session.settings) if session and session.settings else None)
    ended = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    worker, checker = Worker(Past(folder, settings)), Checker(folder, settings.engine(book=False))
    with Door(folder.socket("lookback"), worker.answer):
        worker.prepare()
        while not ended.wait(_BEAT_S):
            worker.beat()
            checker.go_on(_CHECK_S)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
