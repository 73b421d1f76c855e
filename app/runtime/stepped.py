"""A feed that can be answered on its way to the engine: step by step, messages in between, the rows as blocks."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol, TypeAlias

from app.engine.errors import EngineError
from app.engine.events import Block, OrderRow, Rows
from app.engine.universe import Universe
from app.runtime.fingerprint import Fingerprint
from app.runtime.route import MAX_BLOCK, NO_LIMIT, Route

Stamped: TypeAlias = tuple[int, bytes]  # event ns, raw FIX
_CATCH_UP_NS: Final = 10_000_000_000


class Step(Protocol):
    """What one step of a stepped feed hands over."""

    @property
    def market(self) -> Rows:
        """Market rows in the order to be applied."""

    @property
    def orders(self) -> list[OrderRow]:
        """Own rows by (ts_event, source, seq)."""

    @property
    def replies(self) -> list[Stamped]:
        """Answers of the EMS to messages."""


class Steps(Protocol):
    """A stepped feed, as the loop knows it."""

    name: str
    note: str  # what everybody who looks at the run must know of it; "" = nothing
    universe: Universe
    start_ns: int
    end_ns: int

    def advance(self, until_ns: int) -> Step:
        """Every row with applied time <= until_ns that was not handed out yet."""

    def receive(self, message: bytes, at_ns: int) -> None:
        """A message reaches the EMS at at_ns."""


class Wire(Protocol):
    """The other end of the line to the EMS."""

    def next_ns(self) -> int | None:
        """When it wants to be asked next (event ns), None = whenever there is time."""

    def outgoing(self, now_ns: int) -> list[bytes]:
        """Messages it sends now."""

    def incoming(self, replies: Sequence[Stamped]) -> None:
        """Answers for it, in order."""


class Silence:
    """Nobody is at the other end."""

    def next_ns(self) -> int | None:
        """Never."""
        return None

    def outgoing(self, now_ns: int) -> list[bytes]:  # noqa: ARG002 - the face of a wire
        """Nothing."""
        return []

    def incoming(self, replies: Sequence[Stamped]) -> None:
        """Not heard."""


class Handed(NamedTuple):
    """What of a stepped feed an interrupted run had applied: rows of both kinds, and their hash."""

    market: int
    orders: int
    fingerprint: tuple[int, int]


class StepRoute:
    """Blocks of a stepped feed; a message is kept before the EMS has it, and reaches it where the rows stand.

    `keep` writes a message down for good; `past` are the messages of an interrupted run, which come again at their
    times before new ones are heard. `stride` gives how far one step may go (ns).
    """

    def __init__(
        self, feed: Steps, stride: Callable[[], int], wire: Wire | None = None, past: Sequence[Stamped] = ()
    ) -> None:
        self.position = feed.start_ns - 1
        self.keep: Callable[[int, bytes], None] = lambda _at, _message: None
        self._feed = feed
        self._stride = stride
        self._wire = wire or Silence()
        self._past = deque(past)
        self._ready: deque[Block] = deque()

    @property
    def end_ns(self) -> int:
        """The end of the feed's day."""
        return self._feed.end_ns

    def next_ns(self) -> int | None:
        """Time of the next step's end, None at the end of the day."""
        if self._ready:
            return self.position
        if self.position >= self._feed.end_ns:
            return None
        return self._limit(NO_LIMIT, self._stride())

    def take(self, until: int = NO_LIMIT) -> Block | None:
        """The next block with nothing after `until` (ns), None when none is due."""
        if not self._ready:
            self._talk()
            limit = self._limit(until, self._stride())
            if limit <= self.position:
                return None
            self._ready.extend(_blocks(*self._step(limit), self.position))
        return self._ready.popleft()

    def catch_up(self, handed: Handed) -> None:
        """Go to where an interrupted run stood; its rows are taken again and thrown away.

        Raises EngineError when they are not the rows that were applied then.
        """
        check = Fingerprint(self._feed.universe)
        left, left_orders = handed.market, handed.orders
        while left or left_orders:
            limit = self._limit(NO_LIMIT, _CATCH_UP_NS)
            if limit <= self.position:
                raise EngineError(f"the day made again ends {left} market and {left_orders} own rows before its tape")
            market, orders = self._step(limit)
            rows, own = min(left, len(market)), min(left_orders, len(orders))
            check.add_market(market[:rows])
            check.add_orders(tuple(orders[:own]))
            left, left_orders = left - rows, left_orders - own
            if rows < len(market) or own < len(orders):
                self._ready.extend(_blocks(market[rows:], orders[own:], self.position))
                break
        if left or left_orders or check.halves != handed.fingerprint:
            raise EngineError("the day made again is another one than its tape: the world or its code has changed")

    def _limit(self, until: int, stride: int) -> int:
        """How far the next step goes: no further than the next message or question."""
        limit = min(until, self.position + stride, self._feed.end_ns)
        if self._past:
            return min(limit, max(self._past[0][0], self.position + 1))
        asked = self._wire.next_ns()
        return limit if asked is None or asked <= self.position else min(limit, asked)

    def _step(self, limit: int) -> tuple[Rows, list[OrderRow]]:
        step = self._feed.advance(limit)
        self.position = limit
        while self._past and self._past[0][0] <= limit:
            at, message = self._past.popleft()
            self._feed.receive(message, at)
        if step.replies:
            self._wire.incoming(step.replies)
        return step.market, step.orders

    def _talk(self) -> None:
        """New messages, once all of an interrupted run have come again."""
        if self._past or self.position < self._feed.start_ns:
            return
        for message in self._wire.outgoing(self.position):
            self.keep(self.position, message)
            self._feed.receive(message, self.position)


def _blocks(market: Rows, orders: list[OrderRow], until: int) -> list[Block]:
    """A step's rows as blocks; the last one says that everything up to `until` has come."""
    route = Route(iter([market]), orders, MAX_BLOCK)
    blocks: list[Block] = []
    while (block := route.take()) is not None:
        blocks.append(block)
    if not blocks:
        return [Block(until)]
    return [*blocks[:-1], replace(blocks[-1], watermark=until)]
