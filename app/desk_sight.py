"""What the desk sees of the control process: its board, looked at once a frame, in the structs of the order panel."""

from pathlib import Path
from typing import Final

import numpy as np

from app.board import BoardError, BoardReader, TornRowsError, blank
from app.engine.events import Rows
from app.engine.switch.states import OVER, State
from app.widgets.switch_port import Direction, Killed, Live, Step, Tone

_LOG: Final = 60  # newest lines shown of an order's log
_DONE: Final = {"R5", "R6", "C5", "K5"}
_REFUSED: Final = {"R7", "K7"}
_KILL_WORDS: Final = {"K5": "cancelled", "K7": "refused", "K4": "unknown", "K3": "unknown"}
_DIRECTIONS: Final[dict[str, Direction]] = {"out": "out", "in": "in"}


class ControlSight:
    """Copies of the control board's rows, brought up to date at every look. A board that is not there shows nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reader: BoardReader | None = None
        self._since = 0
        self._orders: Rows | None = None
        self._log: Rows | None = None
        self._kills: Rows | None = None
        self._lives: dict[str, Live | None] = {}

    def live(self, parent_id: str) -> Live | None:
        """The newest request on a parent's algo order; None where nothing was ever asked."""
        self._look()
        if parent_id not in self._lives:
            self._lives[parent_id] = self._live(parent_id)
        return self._lives[parent_id]

    def state(self, order_id: str) -> str:
        """State of an algo order, "" where it is not known."""
        self._look()
        return next((self._text(row, "state") for row in self._rows() if self._text(row, "order_id") == order_id), "")

    def killed(self) -> tuple[Killed, ...]:
        """Every order that a kill has reached."""
        self._look()
        return tuple(
            Killed(
                self._text(row, "order_id"),
                _KILL_WORDS.get(self._text(row, "state"), "asked"),
                self._text(row, "words"),
            )
            for row in self._rows()
            if self._text(row, "killed")
        )

    def scopes(self) -> list[str]:
        """Scopes that are killed now."""
        self._look()
        return [self._text(row, "scope") for row in (self._kills if self._kills is not None else ()) if row["active"]]

    def remarks(self, begin: str, most: int) -> list[tuple[int, str, str]]:
        """Event time, words and alarm of the newest lines of the log that begin so, newest first."""
        self._look()
        found: list[tuple[int, str, str]] = []
        for row in reversed(self._log) if self._log is not None else ():
            words = self._text(row, "words")
            if words.startswith(begin):
                found.append((int(row["ts"]), words, self._text(row, "alarm")))
                if len(found) == most:
                    break
        return found

    def _rows(self) -> Rows:
        return blank("switches", 0) if self._orders is None else self._orders

    def _text(self, row: np.void, field: str) -> str:
        return self._reader.text(int(row[field])) if self._reader else ""

    def _look(self) -> None:
        try:
            if self._reader is None:
                self._reader, self._since = BoardReader(self._folder), 0
            generation, changed, missed = self._reader.changes(self._since)
            if generation == self._since and not missed:
                return
            if missed or changed or self._orders is None:
                self._orders, self._log, self._kills = (
                    self._reader.rows(section) for section in ("switches", "switch_log", "kills")
                )
                self._lives.clear()
            self._since = generation
        except TornRowsError:  # looked at again in a moment
            return
        except BoardError:
            self._reader = self._orders = self._log = self._kills = None
            self._lives.clear()

    def _live(self, parent_id: str) -> Live | None:
        mine = [row for row in self._rows() if self._text(row, "parent_id") == parent_id]
        working = [row for row in mine if State(self._text(row, "state")) not in OVER]
        if not mine:
            return None
        order = (working or mine)[-1]
        steps = self._steps(int(order["order_id"]))
        if not steps:
            return None
        state = self._text(order, "state")
        words = ", ".join(word for word in (self._text(order, "words"), self._held(order)) if word)
        return Live(self._text(order, "order_id"), state, words, self._tone(order, state), steps)

    def _held(self, order: np.void) -> str:
        return "" if order["online"] else "session not logged on"

    def _tone(self, order: np.void, state: str) -> Tone:
        if self._text(order, "alarm") == "red":
            return "alarm"
        if order["pending"] > 0:
            return "pending"
        return "done" if state in _DONE else "refused" if state in _REFUSED else "idle"

    def _steps(self, order: int) -> tuple[Step, ...]:
        log = self._log
        if log is None:
            return ()
        mine = log[log["order_id"] == order][-_LOG:]
        return tuple(
            Step(
                int(row["ts"]), _DIRECTIONS.get(self._text(row, "direction"), "note"), self._text(row, "state"),
                self._text(row, "words"), self._text(row, "raw").encode("latin-1", "replace"),
            )
            for row in mine
        )  # fmt: skip
