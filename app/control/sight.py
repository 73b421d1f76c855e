"""What the guard sees of the market: the engine's board, and whether it can be believed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from app.board import BoardError, BoardReader, TornRowsError
from app.control.asks import Forecast
from app.control.outlook import Ahead
from app.engine.events import Rows
from app.engine.metrics.completion import pace_of
from app.engine.rules.columns import values_of
from app.engine.rules.truth import Row
from app.engine.switch.guard import Market
from app.engine.switch.order import Order
from app.engine.units import NULL, SECOND

STANDING_STILL_NS: Final = 2 * SECOND  # of the machine's clock: an engine beats several times a second

_MARKET_NS: Final = 3_600 * SECOND  # the market's pace is that of the last hour


class BoardSight:
    """Reads the engine's board. A dead, silent or missing engine is a fault in words, never old figures."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reader: BoardReader | None = None
        self._beats = (-1, 0)
        self._parents: dict[str, int] = {}
        self._instruments: dict[str, int] = {}
        self._epoch = -1
        self._next = 0

    def watch(self, mono_ns: int) -> str:
        """Why the board cannot be believed now (monotonic ns), "" when it can. To be called a few times a second."""
        try:
            if self._reader is None:
                self._reader = BoardReader(self._folder)
            self._reader.refresh()
        except BoardError as error:
            self._reader = None
            return f"engine's board cannot be read: {error}"
        if self._reader.closed:
            return "engine has ended: its board is closed"
        if not self._reader.writer_alive():
            return "engine is dead: its board stands still"
        beats = self._reader.heartbeat.beats
        if beats != self._beats[0]:
            self._beats = (beats, mono_ns)
        silent = mono_ns - self._beats[1]
        return f"engine is silent for {silent / SECOND:.1f} s" if silent > STANDING_STILL_NS else ""

    def market(self, order: Order, now: int, fault: str) -> Market:
        """What the board says about an order at an event time (ns)."""
        if fault or self._reader is None:
            return Market(fault=fault or "engine's board cannot be read")
        try:
            return self._market(self._reader, order, now)
        except (BoardError, TornRowsError, IndexError) as error:
            return Market(fault=f"engine's board cannot be read: {error}")

    def forecast(self, order: Order) -> Forecast:
        """What the order's algo of today is expected to do, as the board has it."""
        reader = self._reader
        try:
            parent = None if reader is None else self._row(reader, "parents", "parent_id", order.parent_id)
        except (BoardError, IndexError):
            parent = None
        if parent is None:
            return Forecast(algo="", why="undefined: the board does not have this parent")
        finish = int(parent["expected_finish_ns"][0])
        return Forecast(
            algo="",
            finish_ns=None if finish == NULL else finish,
            unfilled=_defined(parent["expected_unfilled"][0]),
            unfilled_low=_defined(parent["unfilled_low"][0]),
            unfilled_high=_defined(parent["unfilled_high"][0]),
            risk_bps=_defined(parent["timing_risk_bps"][0]),
            participation=self.ahead(order).needed(order.leaves),
            p_complete=_defined(parent["p_complete"][0]),
            p_low=_defined(parent["p_complete_low"][0]),
            p_high=_defined(parent["p_complete_high"][0]),
            why=self._text(parent["p_complete_why"][0]) or "at its own pace since it is worked like this",
        )

    def ahead(self, order: Order) -> Ahead:
        """The market's pace of the last hour, as the board's price path has its volume, and the time left."""
        reader = self._reader
        try:
            parent = None if reader is None else self._row(reader, "parents", "parent_id", order.parent_id)
            if reader is None or parent is None:
                return Ahead(None, 0, None, "undefined: the board does not have this parent")
            now, end = reader.watermark, int(parent["end_ns"][0])
            if end == NULL:
                return Ahead(None, now, None, "undefined: the order has no end time")
            names = reader.texts(reader.column("instruments", "instrument"))
            name = order.tag(55) or ""
            mine = reader.column("trace", "instrument") == (names.index(name) if name in names else -1)
            times = reader.column("trace", "ts")[mine]
            volume = reader.column("trace", "volume")[: len(mine)][mine]
        except (BoardError, TornRowsError, IndexError):
            return Ahead(None, 0, None, "undefined: the board cannot be read")
        since = max(now - _MARKET_NS, int(times[0]) if len(times) else now)
        pace = pace_of(times, volume, (since, now))
        return Ahead(pace.value, now, max(end - now, 0), pace.reason and f"the market's pace: {pace.reason}")

    @property
    def watermark(self) -> int:
        """Event time of the board (ns), 0 without one."""
        return 0 if self._reader is None else self._reader.watermark

    @property
    def generation(self) -> int:
        """Of the board, 0 without one."""
        return 0 if self._reader is None else self._reader.generation

    def parents(self, columns: Iterable[str], most: int) -> list[tuple[str, Row]]:
        """Up to `most` parents and their columns, going on where the last call ended; none while it cannot be read."""
        reader = self._reader
        if reader is None:
            return []
        try:
            count = reader.length("parents")
            first = self._next if self._next < count else 0
            self._next = first + most
            index = np.arange(first, min(first + most, count))
            rows = reader.rows("parents", index)
            names = reader.texts(rows["parent_id"])
            wanted = tuple(columns)
            return [(name, values_of(row, wanted, reader.text)) for name, row in zip(names, rows, strict=True) if name]
        except (BoardError, TornRowsError, IndexError):
            return []

    def belonging(self, order: Order) -> tuple[str, str, str] | None:
        """Desk, book and trader of the order's parent; None where the board does not say."""
        reader = self._reader
        try:
            parent = None if reader is None else self._row(reader, "parents", "parent_id", order.parent_id)
        except (BoardError, TornRowsError, IndexError):
            parent = None
        if parent is None:
            return None
        return self._text(parent["desk"][0]), self._text(parent["account"][0]), self._text(parent["trader"][0])

    def _text(self, number: int) -> str:
        return "" if self._reader is None else self._reader.text(int(number))

    def _market(self, reader: BoardReader, order: Order, now: int) -> Market:
        parent = self._row(reader, "parents", "parent_id", order.parent_id)
        name = order.tag(55) or ""
        instrument = self._row(reader, "instruments", "instrument", name)
        if instrument is None:
            return Market(fault=f"the board does not have {name or 'the instrument'}")
        ts, mid = int(instrument["ts"][0]), _defined(instrument["mid"][0])
        age = max(reader.watermark - ts, 0) + _lag(now - reader.watermark, reader.meta().get("speed", "1"))
        found = Market(
            age_ns=None if ts == NULL else age,
            quality=reader.text(int(instrument["quality"][0])),
            mid=mid,
            generation=reader.generation,
        )
        if parent is None:
            return found
        share, end = _defined(parent["pct_adv"][0]), int(parent["end_ns"][0])
        group, members = self._group(reader, parent)
        return Market(
            age_ns=found.age_ns, quality=found.quality, mid=mid, generation=found.generation,
            adv=int(parent["order_qty"][0]) / share if share else None,
            close_ns=None if end == NULL else end,
            group=group, members=members,
        )  # fmt: skip

    @staticmethod
    def _group(reader: BoardReader, parent: Rows) -> tuple[str, tuple[str, ...]]:
        """What a parent is linked by, and every order that is linked with it, by name."""
        ids = reader.column("parents", "parent_id")
        mine = np.zeros(len(ids), np.bool_)
        by: list[str] = []
        for column, word in (("link_id", "link"), ("basket_id", "basket")):
            number = int(parent[column][0])
            if number and reader.text(number):
                mine |= reader.column("parents", column) == number
                by.append(f"{word} {reader.text(number)}")
        return ", ".join(by), tuple(sorted(name for name in reader.texts(ids[mine]) if name))

    def _row(self, reader: BoardReader, section: str, column: str, name: str) -> Rows | None:
        """The row of a name; remembered for as long as the board's writer stays."""
        if reader.epoch != self._epoch:
            self._parents, self._instruments, self._epoch = {}, {}, reader.epoch
        known = self._parents if section == "parents" else self._instruments
        if name not in known:
            texts = reader.texts(reader.column(section, column))
            known |= {text: row for row, text in enumerate(texts) if text}
        row = known.get(name)
        return None if row is None else reader.rows(section, np.array([row]))


def _lag(event_ns: int, speed: str) -> int:
    """How far the board is behind the session, in the machine's time: a day that runs fast lags more in its own."""
    try:
        return max(round(event_ns / max(float(speed), 1.0)), 0)
    except ValueError:  # flat out: its own time says nothing, a silent engine is seen by its heartbeat
        return 0


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
