"""The past of a session, from its tape: the book as of a nanosecond, a row as it came, the desk as it was.

Nothing here touches the live engine: a private one is brought to the moment from the nearest state on disk.
"""

import shutil
from collections import OrderedDict
from contextlib import suppress
from typing import Final

import msgspec
import numpy as np

from app.board import BoardWriter
from app.engine.core import Engine
from app.engine.errors import DecodeError, FeedError
from app.engine.events import Block, OrderRow, Rows
from app.engine.units import ASK, BID, NULL, PRICE_SCALE
from app.runtime.inbox import applied_times
from app.runtime.pace import Pace
from app.session.live_board import LiveBoard, trace_of
from app.session.past_books import PastBooks
from app.session.recovery import TapeIndex, state_before
from app.session.runtime_folder import RuntimeFolder
from app.session.spoken import Level
from app.settings import Settings

_AT_ONCE: Final = 200  # records read ahead between two questions
_DESKS: Final = 3  # private boards kept: the one looked at, and two before it


class Past:
    """Answers about one runtime folder. Raises FeedError in words where there is no answer."""

    def __init__(self, folder: RuntimeFolder, settings: Settings) -> None:
        self._folder = folder
        self.config = settings.engine(book=False)
        self._index: TapeIndex | None = None
        self._engine: Engine | None = None  # at the boundary behind record `_number`
        self._number = 0
        self._books = PastBooks(folder.snapshots)
        self._raw: dict[tuple[str, int], OrderRow] = {}
        self._scanned = 0
        self._desks: OrderedDict[int, BoardWriter] = OrderedDict()

    def ladder(self, instrument: str, ts_ns: int, venue: str | None, depth: int) -> list[Level]:
        """Levels of both sides, best first, after every row up to and with ts_ns; `venue` None: all together."""
        index = self._tape()
        universe = index.universe
        if not universe.instruments.known(instrument):
            raise FeedError(f"{instrument}: no such instrument on the tape")
        if venue is not None and not universe.venues.known(venue):
            raise FeedError(f"{venue}: no such venue on the tape")
        place, block = self._books.at(index, ts_ns)
        rest = due(block, ts_ns)
        if len(rest.market) or rest.orders:
            place = place.copy()
            place.books.run(rest.market)
            place.own.tell(rest.orders)
        books, own = place.books, place.own.shown(instrument)
        venues = [name for name in universe.venues.names if venue in (None, name)]
        number = universe.instruments.index(instrument)
        levels: list[Level] = []
        for side in (BID, ASK):
            merged: dict[int, list[int]] = {}
            for name in venues:
                best = books.depth(number, universe.venues.index(name), depth)[0 if side == BID else 1]
                for price, size, count in best.tolist():
                    level = merged.setdefault(price, [0, 0, 0])
                    level[0] += size
                    level[1] = level[1] + count if count and level[1] >= 0 else -1
                    level[2] += min(size, own.get((name, side, price), 0))
            letter = "B" if side == BID else "A"
            for price in sorted(merged, reverse=side == BID)[:depth]:
                size, count, mine = merged[price]
                levels.append(Level(letter, price / PRICE_SCALE, size, count if count > 0 else None, mine))
        return levels

    def raw(self, source: str, seq: int) -> bytes | None:
        """A row as it came: its bytes, or the row in words; None where the tape has none."""
        while self._scan():
            pass
        found = self._raw.get((source, seq))
        if found is None:
            return None
        return found.raw if found.raw is not None else in_words(found)

    def desk_as_of(self, ts_ns: int) -> str:
        """Folder of a private board with everything as it was at ts_ns."""
        if ts_ns in self._desks:
            self._desks.move_to_end(ts_ns)
            return str(self._desks[ts_ns].folder)
        index = self._tape()
        engine, number = state_before(index, self._folder.snapshots, ts_ns, self.config)
        rest = _bring(engine, index, number, ts_ns)[1]
        if len(rest.market) or rest.orders:
            engine.apply(rest)
        folder = self._folder.lookback / f"{ts_ns}"
        shutil.rmtree(folder, ignore_errors=True)
        pace = Pace(1.0)
        pace.pause()
        board = LiveBoard(folder, pace, trace_of(self._folder.board, ts_ns))
        board.meta("as_of", str(ts_ns))
        engine.publish(board)
        self._desks[ts_ns] = board
        while len(self._desks) > _DESKS:
            _, old = self._desks.popitem(last=False)
            old.close()
            shutil.rmtree(old.folder, ignore_errors=True)
        return str(folder)

    def prepare(self) -> None:
        """Read on in the tape a little, so that the next question finds it read."""
        if self._folder.tape.exists():
            with suppress(FeedError, DecodeError):  # whoever asks is told
                self._scan()

    def _scan(self) -> bool:
        """Remember the own rows of further records; False when there are none."""
        index = self._tape()
        last = min(self._scanned + _AT_ONCE, len(index.entries))
        for block in index.blocks(self._scanned, last):
            for row in block.orders:
                self._raw.setdefault((row.source, row.seq), row)
        more, self._scanned = last > self._scanned, last
        return more

    def beat(self) -> None:
        """The private boards are alive as long as this process is."""
        for board in list(self._desks.values()):
            board.heartbeat()

    def _tape(self) -> TapeIndex:
        if self._index is None:
            if not self._folder.tape.exists():
                raise FeedError("there is no tape yet: the session has not begun")
            self._index = TapeIndex(self._folder.tape)
        else:
            self._index.look()
        return self._index

    def _engine_at(self, ts_ns: int) -> tuple[Engine, Block]:
        """The private engine behind the last whole record up to ts_ns, and the rows of the next one that are due."""
        index = self._tape()
        behind = NULL if self._engine is None or not self._number else index.entries[self._number - 1].watermark
        if self._engine is None or behind > ts_ns:
            self._engine, self._number = state_before(index, self._folder.snapshots, ts_ns, self.config)
        self._number, rest = _bring(self._engine, index, self._number, ts_ns)
        return self._engine, rest


def _bring(engine: Engine, index: TapeIndex, number: int, ts_ns: int) -> tuple[int, Block]:
    """Apply whole records up to ts_ns; the next record's number, and its rows that are due."""
    for block in index.blocks(number):
        if block.watermark > ts_ns:
            return number, due(block, ts_ns)
        engine.apply(block)
        number += 1
    return number, Block(ts_ns)


def due(block: Block, ts_ns: int) -> Block:
    """What of a block had come by ts_ns: rows in their order up to the first that had not."""
    market: Rows = block.market
    if len(market):
        times = np.maximum.accumulate(applied_times(market))
        market = market[: int(np.searchsorted(times, ts_ns, side="right"))]
    return Block(ts_ns, market, tuple(row for row in block.orders if row.ts_event <= ts_ns))


def in_words(row: OrderRow) -> bytes:
    """A row that came without its bytes, one column a line."""
    values = msgspec.to_builtins(row)
    return "\n".join(f"{name} = {value}" for name, value in values.items() if value is not None).encode()
