"""Questions that may take their time: asked on a thread of their own, answered on the screen's, newest wins."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

Then = Callable[[Any, str], None]  # (answer, ""), or (None, why there is none)


class Asker(QObject):
    """Makes calls one after the other off the screen's thread; a frame never waits for one.

    In each slot only the newest question is answered: what an older one brings is dropped. Widgets that must not
    wait for each other have an Asker each.
    """

    _answered = Signal(str, int, object, str)

    def __init__(self, expected: type[Exception], parent: QObject | None = None) -> None:
        """`expected` carries its reason in words; any other exception is shown as a fault, with its name."""
        super().__init__(parent)
        self._expected = expected
        self._pool = ThreadPoolExecutor(1)
        self._asked: dict[str, tuple[int, Then]] = {}
        self._count = 0
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)  # never inside `ask`
        self.destroyed.connect(lambda *_, pool=self._pool: pool.shutdown(wait=False, cancel_futures=True))

    def ask(self, slot: str, call: Callable[[], object], then: Then) -> None:
        """Make a call; `then` gets (answer, "") or (None, reason), unless something newer was asked in the slot."""
        self._count += 1
        number = self._count
        self._asked[slot] = number, then
        self._pool.submit(call).add_done_callback(lambda done: self._finish(slot, number, done))

    def forget(self, slot: str) -> None:
        """Nobody waits for this answer any more."""
        self._asked.pop(slot, None)

    def waiting(self, slot: str) -> bool:
        """True while a question is open."""
        return slot in self._asked

    def _finish(self, slot: str, number: int, done: "Future[object]") -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            answer, words = done.result(), ""
        else:
            known = isinstance(error, self._expected)
            answer, words = None, str(error) if known else f"fault: {type(error).__name__}: {error}"
        try:
            self._answered.emit(slot, number, answer, words)
        except RuntimeError:  # the window has gone meanwhile
            return

    def _deliver(self, slot: str, number: int, answer: object, words: str) -> None:
        asked = self._asked.get(slot)
        if asked is not None and asked[0] == number:
            del self._asked[slot]
            asked[1](answer, words)
