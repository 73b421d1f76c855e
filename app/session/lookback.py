"""The desk's hand on the past: asks the lookback worker, never waits for long, says in words why there is no answer."""

from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import FeedError
from app.runtime.channel import Line
from app.session.runtime_folder import RuntimeFolder
from app.session.spoken import Answer, AskDesk, AskLadder, AskRaw, Level, Question

PATIENCE_S: Final = 10.0  # asked off the screen's thread; a state may have to be loaded
DESK_PATIENCE_S: Final = 30.0  # a whole desk is more work than a ladder
DEPTH: Final = 10


class LookbackClient:
    """Every call raises FeedError, in words, when the worker is dead, slow or has no answer; it may be called again."""

    def __init__(self, runtime: Path, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._line = Line(RuntimeFolder(runtime).socket("lookback"), patience_s)
        self._decoder = msgspec.json.Decoder(Answer)

    def ladder(self, instrument: str, ts_ns: int, venue: str | None = None, depth: int = DEPTH) -> list[Level]:
        """Levels of both sides, best first, after every row up to and with ts_ns; `venue` None: all together."""
        return self._ask(AskLadder(instrument, ts_ns, venue, depth), self._patience_s).levels or []

    def raw(self, source: str, seq: int) -> bytes | None:
        """A row as it came: raw FIX, or the row in words; None where the tape has none."""
        return self._ask(AskRaw(source, seq), self._patience_s).raw

    def desk_as_of(self, ts_ns: int) -> Path:
        """Folder of a private board that shows the desk as it was at ts_ns."""
        return Path(self._ask(AskDesk(ts_ns), max(DESK_PATIENCE_S, self._patience_s)).folder or "")

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _ask(self, question: Question, patience_s: float) -> Answer:
        answer = self._decoder.decode(self._line.ask(msgspec.json.encode(question), patience_s))
        if answer.refused:
            raise FeedError(answer.refused)
        return answer
