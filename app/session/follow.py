"""A desk's board out of a results topic: the engine runs elsewhere, nothing of it is loaded here."""

import time
from pathlib import Path
from typing import Final

import msgspec

from app.board import BoardWriter
from app.engine.errors import SettingsError, complaint
from app.engine.units import NULL
from app.feeds.kafka.followed import FollowedResults, ResultsBoard
from app.feeds.kafka.result_rows import Keyed
from app.runtime.pace import Pace
from app.settings import Settings

_BEAT_S: Final = 0.2


def place_of(text: str) -> tuple[str, str]:
    """Brokers and topic of BROKER/TOPIC. Raises SettingsError."""
    brokers, _, topic = text.rpartition("/")
    if not brokers or not topic:
        raise SettingsError(complaint("--from-results", "place", text, "BROKER:PORT/TOPIC"))
    return brokers, topic


def follow(settings: Settings, place: str, board: Path, pace: Pace) -> None:
    """Keep a board like the remote engine's until the pace is stopped. Raises ScorecardError."""
    brokers, topic = place_of(place)
    reader = FollowedResults(msgspec.structs.replace(settings.kafka, brokers=brokers), topic)
    messages: list[Keyed] = []
    try:
        while not pace.stopped:
            with BoardWriter(board, clock=time.monotonic_ns) as writer:
                messages = _Run(writer).follow(reader, messages, pace)
    finally:
        reader.close()


class _Run:
    """One run's results on a board."""

    def __init__(self, writer: BoardWriter) -> None:
        self._writer = writer
        self._results = ResultsBoard(writer)
        self._told: dict[str, str] = {}
        self._name = ""
        self._newest = NULL
        self._beat_s = 0.0

    def follow(self, reader: FollowedResults, messages: list[Keyed], pace: Pace) -> list[Keyed]:
        """Until another run begins: its first messages."""
        while not pace.stopped:
            if any(self._is_next(message) for message in messages):
                return messages
            if messages:
                self._name = self._name or messages[-1].value.run
                mine = [message for message in messages if message.value.run == self._name]
                self._newest = max([self._newest, *(message.value.ts for message in mine)])
                self._results.put(mine)
            self._tell(reader)
            messages = reader.take()
        return []

    def _is_next(self, message: Keyed) -> bool:
        """True for a message of a later run; what compaction has left of earlier ones is passed over."""
        return self._name not in {"", message.value.run} and message.value.ts > self._newest

    def _tell(self, reader: FollowedResults) -> None:
        facts = {"session": self._name.partition(":")[0], "state": "playing", **self._results.facts}
        facts |= {"state": "down"} if reader.down else {}
        for key, text in facts.items():
            if self._told.get(key) != text:
                self._told[key] = text
                self._writer.meta(key, text)
        if time.monotonic() - self._beat_s > _BEAT_S:
            self._beat_s = time.monotonic()
            self._writer.heartbeat()
