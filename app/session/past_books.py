"""The books of a session at a moment of its past: from the nearest state and the tape behind it, without an engine."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.engine.book import Books
from app.engine.events import Block
from app.engine.snapshot import unpack_books
from app.session import snapshots
from app.session.recovery import TapeIndex
from app.session.resting import OwnOrders

_STATES: Final = 4  # kept opened: who looks at the past looks around in it


@dataclass(slots=True)
class BookPlace:
    """Books and own orders behind `number` records of the tape."""

    books: Books
    own: OwnOrders
    number: int

    def copy(self) -> "BookPlace":
        """The same, to be brought somewhere else."""
        return BookPlace(Books.load(self.books.save()), self.own.copy(), self.number)


class PastBooks:
    """Goes from state to state; a moment behind the one asked about last is reached from there."""

    def __init__(self, states: Path) -> None:
        self._states = states
        self._opened: OrderedDict[int, BookPlace] = OrderedDict()
        self._here: BookPlace | None = None

    def at(self, index: TapeIndex, ts_ns: int) -> tuple[BookPlace, Block]:
        """Books behind the last whole record up to ts_ns (not to be changed), and the record ts_ns falls into."""
        start = self._state_before(index, ts_ns)
        here = self._here
        behind = here is not None and (not here.number or index.entries[here.number - 1].watermark <= ts_ns)
        if here is None or not behind or here.number < start.number:
            here = start.copy()
        self._here = None  # a record that cannot be read leaves nothing half done
        rest = Block(ts_ns)
        for block in index.blocks(here.number):
            if block.watermark > ts_ns:
                rest = block
                break
            here.books.run(block.market)
            here.own.tell(block.orders)
            here.number += 1
        self._here = here
        return here, rest

    def _state_before(self, index: TapeIndex, ts_ns: int) -> BookPlace:
        """The newest good state that knows nothing after ts_ns; an empty market where there is none."""
        for place in snapshots.places(self._states):
            if place.number > len(index.entries) or place.watermark > ts_ns:
                continue
            if place.number not in self._opened:
                state = snapshots.read(place.path)
                if state is None:
                    continue
                books, rows = unpack_books(state.engine)
                self._opened[place.number] = BookPlace(books, OwnOrders().tell(rows), place.number)
            self._opened.move_to_end(place.number)
            while len(self._opened) > _STATES:
                self._opened.popitem(last=False)
            return self._opened[place.number]
        return BookPlace(Books(), OwnOrders(), 0)
