"""The simulated EMS: keeps the algo orders of a session and speaks FIX 4.4 about them, both ways.

It owns the FIX side (ids, quantities, reports, refusals), the simulator's desk owns the algos: the EMS commands it
through `AlgoDesk` and is told of starts, fills and ends. Time only comes in with a call and never falls:

    answers = ems.started(order, at_ns)            # an algo order begins
    answers = ems.filled(order_id, fill, at_ns)    # one of its children was filled
    answers = ems.receive(message, at_ns)          # a FIX message has arrived from the control process
    when = ems.due()                               # event time of the next thing it will do by itself, None = nothing
    answers = ems.advance(at_ns)                   # ... do everything due up to then

Every call gives the messages said at that moment, in order. What comes out depends on the calls and the script alone.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

from app.engine.switch.profile import Profile
from app.engine.units import MILLISECOND
from app.feeds.decode.fix_fields import scaled
from app.feeds.decode.fix_frame import frame_one
from app.feeds.decode.fix_wire import price_text
from app.feeds.simulator.ems_script import Reaction, Script
from app.feeds.simulator.ems_wire import WORKING, Answer, Asked, Kept, Outbox, Tags, Told, application_tags

__all__ = ["AlgoDesk", "AlgoOrder", "Answer", "Fill", "Reaction", "Script", "SimulatedEms", "Terms"]

Side = Literal["BUY", "SELL", "SHORT"]
_SIDES: Final[dict[Side, str]] = {"BUY": "1", "SELL": "2", "SHORT": "5"}
_SIDE_NAMES: Final[dict[str, Side]] = {"1": "BUY", "2": "SELL", "5": "SHORT"}
_SESSION: Final = frozenset({"0", "1", "2", "4", "5", "A"})
_TOO_LATE: Final = (0, "too late: order is filled or cancelled")


class AlgoOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One algo order as it is given to an algo. Quantities whole, prices 1e-9, times ns."""

    order_id: str
    parent_id: str
    instrument: str
    side: Side
    qty: int
    strategy: str
    params: dict[str, str] = {}
    limit_price: int | None = None
    tags: Tags = ()  # further application tags: account, locate, the client's own


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a replaced algo order is from now on; `qty` is its total."""

    strategy: str
    params: dict[str, str]
    qty: int


class Fill(NamedTuple):
    """One execution of an algo order: shares, price in 1e-9."""

    exec_id: str
    qty: int
    price: int


class AlgoDesk(Protocol):
    """The simulator's algos, as the EMS commands them. A refusal is a text for tag 58; "" = done."""

    def replace(self, order_id: str, terms: Terms, at_ns: int) -> str:
        """Work the order by another strategy, other parameters or another quantity from now on."""

    def cancel(self, order_id: str, at_ns: int) -> str:
        """Stop working the order: its children are cancelled; fills already under way may still come."""

    def new(self, order: AlgoOrder, at_ns: int) -> str:
        """Begin a new algo order; started() is not to be called for it."""

    def pause(self, order_id: str, at_ns: int) -> str:
        """Cancel the children and send no more until resumed."""

    def resume(self, order_id: str, at_ns: int) -> str:
        """Go on after a pause."""


@dataclass(slots=True)
class SimulatedEms:
    """The EMS of one simulated session. `quiet`: orders are kept, but no message is built (runs nobody listens to)."""

    desk: AlgoDesk
    profile: Profile
    script: Script = field(default_factory=Script)
    quiet: bool = False
    _out: Outbox = field(init=False)
    _orders: dict[str, Kept] = field(default_factory=dict)
    _by_cl_ord_id: dict[str, Kept] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _asked: dict[str, int] = field(default_factory=dict)
    _queue: list[tuple[int, int, Callable[[int], None]]] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self._out = Outbox(self.profile, self.quiet)

    # -- what the simulator tells ------------------------------------------------------------------------------------

    def started(self, order: AlgoOrder, at_ns: int) -> list[Answer]:
        """An algo order begins by itself (the desk's own trader gave it to the algo)."""
        kept = Kept(order.order_id, order.parent_id, f"{order.order_id}.1", order.qty, self._tags_of(order))
        self._keep(kept)
        self._out.report(kept, Told("0"), at_ns)
        return self._out.taken()

    def filled(self, order_id: str, fill: Fill, at_ns: int) -> list[Answer]:
        """A child was filled; also after a cancel, when it was already under way."""
        kept = self._orders[order_id]
        kept.cum += fill.qty
        kept.notional += fill.qty * fill.price
        if kept.status in WORKING:
            kept.status = "2" if kept.cum >= kept.qty else "1"
        extra = ((32, str(fill.qty)), (31, price_text(fill.price)))
        self._out.report(kept, Told("F", extra, fill.exec_id), at_ns)
        return self._out.taken()

    def busted(self, order_id: str, fill: Fill, at_ns: int) -> list[Answer]:
        """An earlier fill is undone."""
        kept = self._orders[order_id]
        kept.cum -= fill.qty
        kept.notional -= fill.qty * fill.price
        kept.status = "1" if kept.status == "2" else kept.status
        extra = ((19, fill.exec_id), (32, str(fill.qty)), (31, price_text(fill.price)))
        self._out.report(kept, Told("H", extra), at_ns)
        return self._out.taken()

    def ended(self, order_id: str, at_ns: int, how: Literal["4", "C", "3"] = "C", text: str = "") -> list[Answer]:
        """The order ends by itself: 4 cancelled, C expired, 3 done for the day."""
        kept = self._orders[order_id]
        kept.status = how
        self._out.report(kept, Told(how, ((58, text),) if text else ()), at_ns)
        return self._out.taken()

    def restated(self, order_id: str, qty: int, at_ns: int) -> list[Answer]:
        """The broker changed the quantity by itself (150=D)."""
        kept = self._orders[order_id]
        kept.qty = qty
        self._out.report(kept, Told("D", ((378, "99"),)), at_ns)
        return self._out.taken()

    # -- time --------------------------------------------------------------------------------------------------------

    def due(self) -> int | None:
        """Event time of the next thing it will do by itself."""
        return self._queue[0][0] if self._queue else None

    def advance(self, at_ns: int) -> list[Answer]:
        """Do everything due up to a time, each at its own."""
        while self._queue and self._queue[0][0] <= at_ns:
            when, _, action = heapq.heappop(self._queue)
            action(when)
        return self._out.taken()

    # -- what the control process says -------------------------------------------------------------------------------

    def receive(self, message: bytes, at_ns: int) -> list[Answer]:
        """A FIX message arrives; what is not FIX is dropped, as an engine drops a garbled message."""
        parsed = frame_one(message)
        if isinstance(parsed, str):
            return []
        if parsed.kind == "AF":
            extra = ((584, parsed.text(584) or "0"), (911, str(len(self._orders))))
            for kept in list(self._orders.values()):
                self._out.report(kept, Told("I", extra), at_ns)
        elif parsed.kind in {"G", "F", "D", "H"}:
            number = self._asked.get(parsed.kind, 0)
            self._asked[parsed.kind] = number + 1
            named = parsed.text(41 if parsed.kind in {"G", "F"} else 11) or ""
            self._take(Asked(parsed, self.script.reaction(parsed.kind, number), self._by_cl_ord_id.get(named)), at_ns)
        elif parsed.kind not in _SESSION:
            self._out.reject("j", parsed, at_ns, "unsupported message type")
        return self._out.taken()

    def _take(self, asked: Asked, at_ns: int) -> None:
        kind, reaction, kept = asked.message.kind, asked.reaction, asked.kept
        if reaction.answer == "silence":
            return
        if reaction.answer in {"business_reject", "session_reject"}:
            how, text = "j" if reaction.answer == "business_reject" else "3", reaction.text or "message refused"
            self._after(at_ns, reaction.answer_ms, lambda now: self._out.reject(how, asked.message, now, text))
            return
        if kind == "H":
            self._after(at_ns, reaction.answer_ms, lambda now: self._status(asked, now))
            return
        wrong = self._refused_at_once(asked)
        if wrong is not None:
            self._out.refuse(asked, at_ns, wrong)
            return
        self._used.add(asked.id)
        if kept is not None and kind != "D":
            kept.pending = asked.id
            if reaction.pending and reaction.answer == "accept":
                self._after(at_ns, reaction.pending_ms, lambda now: self._pending(asked, kept, now))
        self._after(at_ns, reaction.answer_ms, lambda now: self._answer(asked, now))

    def _refused_at_once(self, asked: Asked) -> tuple[int, str] | None:
        """Reason (102 or 103) and text of what no script may accept."""
        kept, kind = asked.kept, asked.message.kind
        if not asked.id or asked.id in self._used:
            return 6, "duplicate ClOrdID"
        if kind == "D":
            return None
        if kept is None or kept.cl_ord_id != asked.message.text(41):
            return 1, "unknown order"
        if kept.pending:
            return 3, "already pending cancel or replace"
        return None if kept.status in WORKING else _TOO_LATE

    def _pending(self, asked: Asked, kept: Kept, at_ns: int) -> None:
        if kept.status in WORKING:
            state = "E" if asked.message.kind == "G" else "6"
            told = Told(state, ((41, kept.cl_ord_id),), cl_ord_id=asked.id, status=state)
            self._out.report(kept, told, at_ns)

    def _answer(self, asked: Asked, at_ns: int) -> None:
        kept, reaction, kind = asked.kept, asked.reaction, asked.message.kind
        wrong: tuple[int | None, str] | None = None
        if kept is not None and kind != "D":
            kept.pending = ""
            wrong = None if kept.status in WORKING else _TOO_LATE
        if wrong is None and reaction.answer == "refuse":
            wrong = (reaction.reason, reaction.text or "refused by the broker")
        if wrong is None and kind == "D":
            wrong = self._new(asked, at_ns)
        elif wrong is None and kept is not None:
            act = self._cancel if kind == "F" else self._replace
            wrong = act(asked, kept, at_ns)
        if wrong is not None:
            self._out.refuse(asked, at_ns, wrong)

    def _replace(self, asked: Asked, kept: Kept, at_ns: int) -> tuple[int, str] | None:
        tags = application_tags(asked.message)
        qty = _whole(asked.message.text(38))
        qty = kept.cum + qty if self.profile.replace_qty == "remaining" else qty
        qty = asked.reaction.clamp_qty or qty
        if qty <= 0:
            return 99, "quantity is not allowed"
        if qty < kept.cum:
            return 99, f"quantity {qty} below the {kept.cum} filled"
        wrong = self._told_to_the_desk(kept, tags, qty, at_ns)
        if wrong:
            return 99, wrong
        original, kept.cl_ord_id, kept.qty, kept.tags = kept.cl_ord_id, asked.id, qty, tags
        self._by_cl_ord_id[asked.id] = kept
        kept.status = "2" if kept.cum >= qty else kept.status
        self._out.report(kept, Told("5", ((41, original),), reaction=asked.reaction), at_ns)
        return None

    def _told_to_the_desk(self, kept: Kept, tags: Tags, qty: int, at_ns: int) -> str:
        """Pause or resume where only that changes, else a replacement; one with the pause on works no children yet."""
        pause = self.profile.pause
        strategy, params = self._algo(tags)
        terms = Terms(strategy=strategy, params=params, qty=qty)
        if pause is None:
            return self.desk.replace(kept.order_id, terms, at_ns)
        held, wanted = dict(kept.tags).get(pause.tag, pause.off), dict(tags).get(pause.tag, pause.off)
        stop = self.desk.pause if wanted == pause.on else self.desk.resume
        if self._algo(kept.tags) == (strategy, params) and held != wanted:
            return stop(kept.order_id, at_ns)
        wrong = self.desk.replace(kept.order_id, terms, at_ns)
        return wrong if wrong or wanted != pause.on else stop(kept.order_id, at_ns)

    def _cancel(self, asked: Asked, kept: Kept, at_ns: int) -> tuple[int, str] | None:
        wrong = self.desk.cancel(kept.order_id, at_ns)
        if wrong:
            return 99, wrong
        original, kept.cl_ord_id, kept.status = kept.cl_ord_id, asked.id, "4"
        self._by_cl_ord_id[asked.id] = kept
        self._out.report(kept, Told("4", ((41, original),), reaction=asked.reaction), at_ns)
        return None

    def _new(self, asked: Asked, at_ns: int) -> tuple[int, str] | None:
        message, tags = asked.message, application_tags(asked.message)
        strategy, params = self._algo(tags)
        side, qty = _SIDE_NAMES.get(message.text(54) or ""), _whole(message.text(38))
        if side is None or qty <= 0:
            return 99, "side or quantity is not allowed"
        parent = message.text(self.profile.parent_tag) or asked.id
        number = sum(kept.parent_id == parent for kept in self._orders.values()) + 1
        order = AlgoOrder(
            order_id=f"{parent}-A{number}", parent_id=parent, instrument=message.text(55) or "", side=side, qty=qty,
            strategy=strategy, params=params, tags=tags,
        )  # fmt: skip
        wrong = self.desk.new(order, at_ns)
        if wrong:
            return 99, wrong
        kept = Kept(order.order_id, parent, asked.id, qty, tags)
        self._keep(kept)
        self._out.report(kept, Told("0", reaction=asked.reaction), at_ns)
        return None

    def _status(self, asked: Asked, at_ns: int) -> None:
        kept = asked.kept or self._orders.get(asked.message.text(37) or "")
        if kept is not None:
            self._out.report(kept, Told("I"), at_ns)
        else:
            self._out.unknown(asked.id, at_ns)

    # -- orders ------------------------------------------------------------------------------------------------------

    def _keep(self, kept: Kept) -> None:
        self._orders[kept.order_id] = self._by_cl_ord_id[kept.cl_ord_id] = kept
        self._used.add(kept.cl_ord_id)

    def _tags_of(self, order: AlgoOrder) -> Tags:
        """Application tags of an order that began by itself; the order's own tags come last and win."""
        strategy = self.profile.strategies.get(order.strategy)
        tags: list[tuple[int, str]] = [(self.profile.parent_tag, order.parent_id), (55, order.instrument)]
        tags += [(54, _SIDES[order.side]), (40, "1" if order.limit_price is None else "2"), (59, "0"), (21, "1")]
        if order.limit_price is not None:
            tags.append((44, price_text(order.limit_price)))
        tags += [(38, str(order.qty)), (self.profile.strategy_tag, strategy.wire if strategy else order.strategy)]
        for name, value in order.params.items():
            parameter = strategy.parameters.get(name) if strategy else None
            own = parameter.tag if parameter else None
            tags += [(958, name), (959, "14"), (960, value)] if own is None else [(own, value)]
        given = {tag for tag, _ in order.tags}
        return (*(pair for pair in tags if pair[0] not in given), *order.tags)

    def _algo(self, tags: Tags) -> tuple[str, dict[str, str]]:
        """Strategy name and parameters by name of a message's application tags."""
        wire = next((value for tag, value in tags if tag == self.profile.strategy_tag), None)
        name = self.profile.strategy(wire) or ""
        known = self.profile.strategies.get(name)
        by_tag = {p.tag: label for label, p in known.parameters.items() if p.tag} if known else {}
        params = {by_tag[tag]: value for tag, value in tags if tag in by_tag}
        label = ""
        for tag, value in tags:
            if tag == 958:
                label = value
            elif tag == 960 and label:
                params[label] = value
        return name, params

    def _after(self, at_ns: int, delay_ms: int, action: Callable[[int], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (at_ns + delay_ms * MILLISECOND, self._count, action))


def _whole(text: str | None) -> int:
    """A quantity in whole shares; 0 when it is none."""
    found = scaled((text or "").encode(), 0)
    return 0 if found is None else max(found, 0)
