"""The engine's end of the line between the control process and the EMS of a simulated session.

The control process asks at a door: it hands messages in and is told the replies after the last one it has, numbered
from 1 in the order of the day. The numbers are the same when the day is made again, so nothing is missed or doubled
when either process is started anew. Bounded by the day: every reply is kept until its end.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from app.runtime.channel import Door

_LONGEST_WAIT_S = 1.0


class EmsAsked(msgspec.Struct, frozen=True, omit_defaults=True):
    """Messages for the EMS, the number of the last reply known, how long to wait for the next one."""

    messages: list[bytes] = []
    known: int = 0
    wait_s: float = 0.0


class EmsTold(msgspec.Struct, frozen=True):
    """Replies after the known ones, with their event times; the EMS's time; `open`: it takes messages now."""

    now_ns: int
    open: bool
    replies: list[tuple[int, bytes]]


class EmsPort:
    """Between the door's threads and the engine's loop, to which it is a Wire."""

    def __init__(self, file: Path) -> None:
        self._news = threading.Condition()
        self._messages: list[bytes] = []
        self._replies: list[tuple[int, bytes]] = []
        self._now_ns = 0
        self._open = False
        self._decoder = msgspec.json.Decoder(EmsAsked)
        self._door = Door(file, self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def next_ns(self) -> int | None:
        """Whenever there is time."""
        return None

    def outgoing(self, now_ns: int) -> list[bytes]:
        """Messages for the EMS at this moment (event ns), in the order they came in."""
        with self._news:
            self._open = True
            self._now_ns = now_ns
            messages, self._messages = self._messages, []
            return messages

    def incoming(self, replies: Sequence[tuple[int, bytes]]) -> None:
        """What the EMS said; also while a day is made again."""
        with self._news:
            self._replies += replies
            self._news.notify_all()

    def close(self) -> None:
        """Nobody is answered any more."""
        with self._news:
            self._open = False
            self._news.notify_all()
        self._door.close()

    def _answer(self, question: bytes) -> bytes:
        asked = self._decoder.decode(question)
        with self._news:
            if asked.messages and self._open:
                self._messages += asked.messages
            if asked.wait_s:
                self._news.wait_for(lambda: len(self._replies) > asked.known, min(asked.wait_s, _LONGEST_WAIT_S))
            told = EmsTold(self._now_ns, self._open, self._replies[asked.known :])
        return msgspec.json.encode(told)
