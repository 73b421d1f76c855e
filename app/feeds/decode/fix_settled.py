"""A finished log by the kernels: read as a stream, and good where settling it at its end would change no row.

A log is settled at its end: messages are put in order of time, links that are named late reach the rows before them. A
stream cannot do that. Where times never run back, no session has levels or algo orders, and every chain was told from
its first row on what it says in the end, both say the same. Anything else is left to the reference decoder.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.engine import fix_state as k
from app.engine import fix_tables as t
from app.engine.events import OrderRow, Quarantined
from app.engine.fix_scan import Ints
from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.decode.fix_columns import Symbology
from app.feeds.decode.fix_fields import NAMES
from app.feeds.decode.fix_flow import FixFlow
from app.feeds.decode.fix_links import Order
from app.feeds.decode.fix_regular import Records
from app.feeds.decode.fix_rows import FlowRows
from app.feeds.decode.fix_settings import FixSettings

_UNDATED: Final = f"{NAMES[52]} (52)"  # how a refusal for want of a time begins


def may_be_settled(settings: FixSettings) -> bool:
    """True where nothing in the settings needs the end of a log."""
    return (
        settings.decoder == "fast" and settings.checksum == "quarantine" and settings.body_length == "quarantine"
        and all(_is_simple(session.level, session.levels, session.algo_order) for session in settings.session.values())
    )  # fmt: skip


@dataclass(slots=True)
class Settled:
    """A log that is read as a stream. `good` turns False where its end would change a row."""

    settings: FixSettings
    universe: Universe
    symbology: Symbology | None = None
    source: str | None = None
    good: bool = True
    rows: list[OrderRow] = field(default_factory=list)
    flow: FixFlow = field(init=False)
    _latest: int = NULL
    _unlinked: list[Ints] = field(default_factory=list)  # chains with a row that names no parent
    _slow: dict[str | None, str | None] = field(default_factory=dict)  # chain of the reference decoder -> parent

    def __post_init__(self) -> None:
        self.flow = FixFlow(self.settings, self.universe, self.symbology, self.source)
        stream = self.flow.stream
        stream.intake.quarantine, stream.maker.quarantine = [], []  # apart, as a log gives them one after the other

    def feed(self, data: bytes, file: str) -> None:
        """More bytes of a file."""
        self._take(self.flow.feed(data, file))

    def close(self, file: str) -> None:
        """The end of a file; another may follow."""
        self._take(self.flow.close(file))

    def records(self, found: Records, file: str) -> None:
        """The records of an `orders.fix`; where a place is to be said, the record reader says it."""
        self.flow.stream.intake.counts["stamped_by_record"] += len(found.block)
        self._take([self.flow.rows_of(found.block, file, found.stamps)])
        self.good = self.good and not self.quarantine

    @property
    def quarantine(self) -> list[Quarantined]:
        """What was set aside, in the order a finished log gives: bytes, messages without a time, messages, rows."""
        stream = self.flow.stream
        refused = sorted(stream.intake.quarantine, key=lambda entry: not entry.reason.startswith(_UNDATED))
        return [*stream.quarantine, *refused, *stream.maker.quarantine]

    def settle(self) -> bool:
        """The end of the log: True where every row is what it would be."""
        counts = self.flow.counts
        late = counts["out_of_order"] + counts["clordids_shared_by_sessions"] + counts["links_over_several_instruments"]
        late += self.flow.securities.looked_up  # what an id means may be said at the end
        self.good = self.good and not late and not self._relinked() and not self._relinked_slow()
        return self.good

    def _take(self, blocks: list[FlowRows]) -> None:
        for rows in blocks:
            if not self.good:
                return
            if not len(rows):
                continue
            times = rows.column("ts_event")
            self.good = bool(times[0] >= self._latest and (np.diff(times) >= 0).all())
            self._latest = int(times[-1])
            unlinked = rows.regular[rows.regular[:, k.R_PARENT] < 0, k.R_CHAIN]
            self._unlinked.append(np.unique(unlinked))
            for told in rows.told:
                parent = self._slow.setdefault(told.row.child_id, told.row.parent_id)
                self.good = self.good and parent == told.row.parent_id
            self.rows += rows.orders()

    def _relinked(self) -> bool:
        """True where a chain of the kernels has another parent in the end than its rows say."""
        hand = self.flow.hand
        orders = hand.memory.orders[: hand.state[k.S_ORDERS]]
        firsts = np.flatnonzero(orders[:, t.O_FIRST] == np.arange(len(orders)))
        linked = orders[firsts, t.O_LINKS :]
        several = hand.memory.links[:, t.L_SEVERAL]
        if several.any() or ((linked > 0).sum(axis=1) > 1).any():
            return True  # which rule counts may depend on what came when
        late = np.unique(np.concatenate([*self._unlinked, np.zeros(0, np.int64)]))
        return bool((orders[late, t.O_PARENT] >= 0).any())

    def _relinked_slow(self) -> bool:
        """True where a chain of the reference decoder has several links, or another parent than its rows say."""
        hand, chains = self.flow.hand, self.flow.stream.chains
        if any(len(span) > 1 for span in chains.targets.spans.values()):
            return True
        kernels = {hand.order_name(number): number for number in self._handed()}
        for order in chains.orders:
            if order.earlier is not None:
                if order.name in self._slow or order.name in kernels:
                    return True  # its rows named it before it was known to continue another
            elif len(order.links) > 1 or not self._told_alike(order, kernels):
                return True
        return False

    def _handed(self) -> list[int]:
        """Chains that were handed over."""
        orders = self.flow.hand.memory.orders[: self.flow.hand.state[k.S_ORDERS]]
        found: list[int] = np.flatnonzero(orders[:, t.O_SLOW] > 0).tolist()
        return found

    def _told_alike(self, first: Order, kernels: dict[str, int]) -> bool:
        """True where the rows of a chain, of the kernels and behind them, name the parent it has now."""
        hand = self.flow.hand
        if self._slow.get(first.child_id, first.parent_id) != first.parent_id:
            return False
        number = kernels.get(first.name)
        return number is None or hand.text(int(hand.memory.orders[number, t.O_PARENT])) == first.parent_id


def _is_simple(level: str, levels: tuple[object, ...], algo_order: tuple[object, ...]) -> bool:
    return level == "child" and not levels and not algo_order
