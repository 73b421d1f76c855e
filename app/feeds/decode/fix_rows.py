"""Order rows of a stretch of FIX: as an array, as named columns, or as objects built when they are asked for."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from app.engine import fix_state as k
from app.engine.events import Kind, OrderRow
from app.engine.fix_scan import Ints
from app.engine.units import NULL
from app.feeds.decode.fix_executions import Memory as ChainMemory
from app.feeds.decode.fix_intake import Received
from app.feeds.decode.fix_objects import KINDS, NUMBERS, SIDE_NAMES
from app.feeds.decode.fix_scanner import FixBlock

if TYPE_CHECKING:
    from app.feeds.decode.fix_handover import Handover


_FEW: Final = 4  # rows that are not worth being made column by column


class Told(NamedTuple):
    """A row of the reference decoder, and how many of the kernel's stand before it."""

    after: int
    row: OrderRow


@dataclass(slots=True)
class FlowRows:
    """Rows of one block, in the order of the stream.

    `array`: a line of int64 for each, columns R_TS ... of engine/fix_flow; NULL or -1 = none. Lines of the reference
    decoder have R_MESSAGE = -1 - their place in `told`.
    """

    block: FixBlock
    regular: Ints
    told: list[Told]
    hand: "Handover"
    file: str
    _array: Ints | None = field(default=None)

    def __len__(self) -> int:
        return len(self.regular) + len(self.told)

    @property
    def array(self) -> Ints:
        """All rows as lines of numbers."""
        if not self.told:
            return self.regular
        if self._array is None:
            lines = np.stack([self._line(place, told.row) for place, told in enumerate(self.told)])
            self._array = np.insert(self.regular, [told.after for told in self.told], lines, axis=0)
        return self._array

    def column(self, name: str) -> Ints:
        """One of NUMBERS as int64, NULL where there is none."""
        return self.array[:, NUMBERS[name]]

    def kinds(self) -> list[Kind]:
        """The kind of each row."""
        return [KINDS[code] for code in self.array[:, k.R_KIND].tolist()]

    def orders(self) -> list[OrderRow]:
        """The rows as objects."""
        odd: list[int] = []
        if len(self.regular) < _FEW:
            found = [self._built(line) for line in self.regular.tolist()]
        else:
            found, odd = self.hand.objects.rows(self.block, self.regular)
        for place in odd:
            found[place] = self._built(self.regular[place].tolist())
        for place, told in enumerate(self.told):
            found.insert(told.after + place, told.row)
        return found

    def _line(self, place: int, row: OrderRow) -> Ints:
        line = np.full(k.ROW_COLUMNS, NULL, np.int64)
        line[[k.R_ORDER, k.R_CHAIN, k.R_ORIG]] = -1
        line[k.R_MESSAGE], line[k.R_KIND] = -1 - place, KINDS.index(row.kind)
        for name, column in NUMBERS.items():
            value = getattr(row, name)
            line[column] = NULL if value is None else value
        line[k.R_SIDE] = -1 if row.side is None else SIDE_NAMES.index(row.side)
        texts = {
            k.R_PARENT: row.parent_id, k.R_ALGO: row.algo_order_id, k.R_SYMBOL: row.instrument, k.R_VENUE: row.venue,
            k.R_CURRENCY: row.currency, k.R_ACCOUNT: row.account,
        }  # fmt: skip
        for column, text in texts.items():
            line[column] = -1 if text is None else self.hand.text_number(text)
        line[[k.R_STATUS, k.R_ORD_TYPE, k.R_TIF, k.R_EXEC_SIZE, k.R_ORDER_ID_SIZE]] = 0
        return line

    def _built(self, line: list[int]) -> OrderRow:
        """A regular row, by the reference decoder out of its message and what the kernel knew of the chain."""
        hand = self.hand
        message = self.block.message(line[k.R_MESSAGE])
        where = f"{self.file} line {message.line} offset {message.offset}"
        order = hand.stand_in(line)
        source = hand.stream.source or order.session
        memory = ChainMemory(
            symbol=hand.text(line[k.R_SYMBOL]), side=None if line[k.R_SIDE] < 0 else SIDE_NAMES[line[k.R_SIDE]],
            venue=hand.text(line[k.R_VENUE]), currency=hand.text(line[k.R_CURRENCY]),
            account=hand.text(line[k.R_ACCOUNT]),
        )  # fmt: skip
        if line[k.R_KIND] == k.REPLACED:
            memory.asked = hand.asked(line)
        item = Received(message, source, order, line[k.R_TS], line[k.R_REC], where)
        (row,) = hand.teller(line).told(item, memory)
        return msgspec.structs.replace(row, seq=line[k.R_SEQ])
