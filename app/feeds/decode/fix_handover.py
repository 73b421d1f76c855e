"""What the kernels know of a FIX stream, and how the reference decoder takes a chain over from them."""

from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from app.engine import fix_state as k
from app.engine import fix_tables as t
from app.engine.events import OrderRow
from app.engine.fix_scan import Bytes, Ints
from app.engine.units import MILLISECOND, NULL
from app.feeds.decode import fix_columns as columns
from app.feeds.decode.fix_executions import Terms
from app.feeds.decode.fix_fields import FixMessage, decoded
from app.feeds.decode.fix_frame import frame_one
from app.feeds.decode.fix_intake import FROM_CLIENT, Pending
from app.feeds.decode.fix_kept import KeptBlocks
from app.feeds.decode.fix_links import Chains, Order, linked_value
from app.feeds.decode.fix_objects import Objects
from app.feeds.decode.fix_orders import RowMaker
from app.feeds.decode.fix_settings import SessionSettings
from app.feeds.decode.fix_stream import FixStream

_CORE: Final = (11, 14, 17, 19, 20, 31, 32, 37, 38, 39, 41, 44, 54, 55, 150, 151)
_ENVELOPE: Final = (8, 9, 10, 34, 43, 52, 97, 122, 369)
# How large the tables begin: what is not written yet costs nothing, and a small stream is as common as a day.
_KEYS, _ARENA, _TEXTS, _ORDERS, _KEPT, _SCRATCH = 1 << 16, 1 << 16, 1 << 13, 1 << 14, 1 << 15, 1 << 16
_PAD: Final = b"\0" * 8


class _Names(Chains):
    """Chains of one message: only what OrigClOrdID is called in its chain."""

    def __init__(self, original: str | None) -> None:
        super().__init__()
        self._original = original

    def original(self, order: Order, name: str | None) -> str | None:  # noqa: ARG002 - as Chains
        """The name the kernel found."""
        return self._original


@dataclass(slots=True)
class Handover:
    """Tables of the kernels beside the stream of the reference decoder."""

    stream: FixStream
    memory: t.Memory = field(init=False)
    state: Ints = field(init=False)
    objects: Objects = field(init=False)
    kept: KeptBlocks = field(default_factory=KeptBlocks)
    sessions: list[tuple[str, SessionSettings]] = field(default_factory=list)
    _sources: list[str] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)  # texts as they were read from the arena
    _slots: dict[int, int] = field(default_factory=dict)  # tag -> slot
    _links: list[tuple[int, int, str]] = field(default_factory=list)  # session, rule, value
    _asked: dict[tuple[str, bytes], int] = field(default_factory=dict)  # session, MsgSeqNum -> number in the stream

    def __post_init__(self) -> None:
        self.objects = Objects(self)
        self._slots = {tag: slot for slot, tag in enumerate(t.SLOT_TAGS)}
        for settings in self.stream.settings.session.values():
            for rule in settings.parent:
                self._slots.setdefault(rule.tag, len(self._slots))
        for rule in SessionSettings().parent:
            self._slots.setdefault(rule.tag, len(self._slots))
        slot_of, core = np.full(t.TABLED, -1, np.int32), np.zeros(len(self._slots), np.uint8)
        for tag, slot in self._slots.items():
            core[slot] = tag in _CORE
            if tag < t.TABLED:
                slot_of[tag] = slot
        envelope = np.zeros(t.TABLED, np.uint8)
        envelope[list(_ENVELOPE)] = 1
        own = [pair for pair in self._slots.items() if pair[0] >= t.TABLED]
        self.memory = t.Memory(
            slot_of, np.array(own, np.int64).reshape(-1, 2), core, envelope, _table(len(self._slots), 3),
            t.key_table(_KEYS), _table(_ORDERS, t.ORDER_COLUMNS), _table(0, t.SESSION_COLUMNS), _texts(_TEXTS),
            _table(0, t.LINK_COLUMNS), _table(_KEPT, t.KEPT_COLUMNS), np.zeros(_ARENA, np.uint8), np.zeros(0, np.int64),
            np.zeros(_SCRATCH, np.uint8),
        )  # fmt: skip
        self.state = np.zeros(k.STATE_SLOTS, np.int64)
        self.state[k.S_BUDGET] = round(self.stream.settings.clock_budget_ms * MILLISECOND)

    def begin(self, base: int, data: bytes) -> None:
        """A block begins: its bytes, and the place of the first in the stream."""
        state = self.state
        self.kept.begin(data, state, self.memory.kept)
        state[k.S_NEXT] = state[k.S_ROWS] = 0
        state[k.S_BASE] = base
        if self.stream.symbology is not None:  # what a symbol means is looked up anew
            self.memory.texts[: state[k.S_TEXTS], 2] = NULL

    def grow(self, more: int) -> None:
        """Room in every table for what a block of so many bytes may add."""
        state, memory = self.state, self.memory
        keys, arena = memory.keys, memory.arena
        if 8 * (state[k.S_KEYS] + 32) > 5 * len(keys.slots):
            keys = t.key_table(2 * len(keys.slots))
            t.rehash(memory.keys, keys)
        if state[k.S_ARENA] + 4 * more + 64 > len(arena):
            arena = _longer(arena, 2 * len(arena) + 8 * more)
        self.memory = memory._replace(
            keys=keys,
            arena=arena,
            orders=_larger(memory.orders, state[k.S_ORDERS], 0),
            texts=_larger(memory.texts, state[k.S_TEXTS], NULL),
            kept=_larger(memory.kept, state[k.S_KEPT], 0),
            scratch=memory.scratch if more + 64 <= len(memory.scratch) else np.zeros(2 * more + 64, np.uint8),
        )

    # -- what a kernel asks ----------------------------------------------------------------------------------------

    def learn(self, data: Bytes, stop: int, message: FixMessage) -> None:
        """Note a session, symbol or link value that is new; the kernel then tries the message again."""
        if stop == k.NEW_SESSION:
            self._learn_session(data, message)
        elif stop == k.NEW_SYMBOL:
            symbol = message.text(55) or ""
            instrument = (
                symbol if self.stream.symbology is None else self.stream.symbology(symbol, int(self.state[k.S_TS]))
            )
            number = self._number(message.first[55])
            self.memory.texts[number, 2] = columns.size_exponent(self.stream.universe, instrument)
        else:
            self._learn_link(message)

    def _learn_session(self, data: Bytes, message: FixMessage) -> None:
        name, settings = self.stream.intake.session_of(message)
        numbers = [number for number, (known, _) in enumerate(self.sessions) if known == name]
        number = numbers[0] if numbers else self._add_session(name, settings)
        prints = k.session_key(data, self.memory, message.kind in FROM_CLIENT)
        self._put(prints, number)

    def _add_session(self, name: str, settings: SessionSettings) -> int:
        source = self.stream.source or name
        if source not in self._sources:
            self._sources.append(source)
            self.memory = self.memory._replace(seqs=np.append(self.memory.seqs, 0))
        row = np.zeros(t.SESSION_COLUMNS, np.int64)
        row[t.P_PLAIN], row[t.P_SOURCE] = _is_plain(settings), self._sources.index(source)
        row[t.P_LATEST], row[t.P_RULES] = NULL, len(settings.parent) if row[t.P_PLAIN] else 0
        for place, rule in enumerate(settings.parent[: row[t.P_RULES]]):
            row[t.P_SLOTS + place] = self._slots[rule.tag]
        self.sessions.append((name, settings))
        self.memory = self.memory._replace(sessions=np.vstack([self.memory.sessions, row]))
        return len(self.sessions) - 1

    def _learn_link(self, message: FixMessage) -> None:
        """What a link value means now: an algo order or parent that was seen, or an id by itself."""
        session, place = int(self.state[k.S_SESSION]), int(self.state[k.S_RULE])
        name, settings = self.sessions[session]
        rule = settings.parent[place]
        raw = message.first[rule.tag]
        number = self._key(t.K_LINK, session * t.MOST_RULES + place, raw)
        if number < 0:
            number = len(self.memory.links)
            row = np.full(t.LINK_COLUMNS, -1, np.int64)
            row[t.L_SEVERAL] = 0
            self.memory = self.memory._replace(links=np.vstack([self.memory.links, row]))
            self._links.append((session, place, decoded(raw)))
            self._put(_prints(t.K_LINK, session * t.MOST_RULES + place, raw), number)
        link = self.memory.links[number]
        target = self.stream.chains.targets.find(Order(name, settings, ""), rule, decoded(raw))
        link[t.L_GENERATION], link[t.L_ALGO] = self.state[k.S_GENERATION], -1
        if target is not None:
            link[t.L_MEANS] = t.UNSETTLED if target.parent_id is None else t.TARGET
            link[t.L_PARENT] = self.text_number(target.parent_id or "")
            link[t.L_ALGO] = self.text_number(target.child_id) if target.level == "algo" else -1
        else:
            link[t.L_MEANS] = t.ACCEPTED if rule.by == "id" else t.NOTHING
            link[t.L_PARENT] = self._number(raw)

    # -- what the reference decoder takes over ---------------------------------------------------------------------

    def slow(self, pending: Pending) -> list[OrderRow]:
        """Rows of a message the kernel stopped at; the chains it names are the reference decoder's from here on."""
        message = pending.message
        session = int(self.state[k.S_SESSION])
        name, settings = self.sessions[session]
        for first in sorted(self._chains_of(message, session)):
            self._hand_over(first, pending.where)
        ids = [value for tag in (11, 41) if (value := message.first.get(tag)) is not None]
        for value in ids:
            for other, (owner, _) in enumerate(self.sessions):
                if self._key(t.K_ORDER, other, value) != -1:
                    self.stream.chains.owner.setdefault(decoded(value), owner)
        carried = self._push_links(message, settings, session)
        source = self.stream.source or name
        seq = self._sources.index(source)
        self.stream.maker.seqs[source] = int(self.memory.seqs[seq])
        rows = self._hear(pending)
        self.memory.seqs[seq] = self.stream.maker.seqs[source]
        self._pull_links(carried)
        self._mark(message, ids, session)
        return rows

    def _chains_of(self, message: FixMessage, session: int) -> set[int]:
        """First orders of the kernel's chains that a message names."""
        named = [(t.K_ORDER, 11), (t.K_ORDER, 41), (t.K_ORDER, 379), (t.K_ORDER_ID, 37)]
        found: set[int] = set()
        if 45 in message.first:
            mark, _ = _prints(t.K_SESSION, session, message.first[45])
            marks = self.memory.kept[: self.state[k.S_KEPT], t.M_MARK]
            known = self._asked.get((self.sessions[session][0], message.first[45]), -1)
            latest = self.memory.kept[np.flatnonzero(marks == mark)[-1:]]
            found.update(latest[latest[:, t.M_REC] > known, t.M_FIRST].tolist())
        for kind, tag in named:
            order = self._key(kind, session, message.first[tag]) if tag in message.first else -1
            if order >= 0:
                found.add(int(self.memory.orders[order, t.O_FIRST]))
        return {first for first in found if not self.memory.orders[first, t.O_SLOW]}

    def _hand_over(self, first: int, where: str) -> None:
        """Let the reference decoder read a chain's messages so far; their rows are told already."""
        stream, order = self.stream, self.memory.orders[first]
        file = where.split(" line ", maxsplit=1)[0]
        counters = (stream.intake.counts, stream.chains.counts, stream.maker.counts, stream.maker.seqs)
        before = [counter.copy() for counter in counters]
        for message, ts, rec in self._history(first):
            self._hear(Pending(ts, rec, message, f"{file} line {message.line} offset {message.offset}"))
        for counter, kept in zip(counters, before, strict=True):
            counter.clear()
            counter.update(kept)
        order[t.O_SLOW] = 1
        known = stream.chains.known(self.sessions[int(order[t.O_SESSION])][0], self.order_name(first))
        if known is not None and order[t.O_PARENT] >= 0:
            top = known.first()
            top.parent_id, top.algo_order_id = self.text(int(order[t.O_PARENT])), self.text(int(order[t.O_ALGO]))

    def _hear(self, pending: Pending) -> list[OrderRow]:
        """Rows of a message; a request read late does not stand before a newer one of the same MsgSeqNum."""
        message, intake = pending.message, self.stream.intake
        key = intake.session_of(message)[0], message.first.get(34, b"")
        before = intake.requests.get(key)
        rows = self.stream.heard(pending)
        if before is not None and self._asked.get(key, -1) > pending.rec:
            intake.requests[key] = before
        elif intake.requests.get(key) is not before:
            self._asked[key] = pending.rec
        return rows

    def _history(self, first: int) -> list[tuple[FixMessage, int, int]]:
        found: list[tuple[FixMessage, int, int]] = []
        at = int(self.memory.orders[first, t.O_LAST])
        while at >= 0:
            row = self.memory.kept[at].tolist()
            message = self._kept_message(row)
            found.append((message, row[t.M_TS], row[t.M_REC]))
            at = row[t.M_PREV]
        return found[::-1]

    def _kept_message(self, row: list[int]) -> FixMessage:
        raw = self.kept.text(row[t.M_AT], row[t.M_SIZE])
        message = frame_one(raw, self.stream.settings.frame_rules())
        assert not isinstance(message, str)  # noqa: S101 - the kernel took it
        return msgspec.structs.replace(message, line=row[t.M_LINE], offset=row[t.M_OFFSET])

    def _mark(self, message: FixMessage, ids: list[bytes], session: int) -> None:
        """The names the reference decoder knows now are its own; its parents and algo orders may mean new links."""
        name = self.sessions[session][0]
        chains = self.stream.chains
        for value in ids:
            order = chains.known(name, decoded(value))
            if order is None:
                continue
            self._set(t.K_ORDER, session, value, t.SLOW_ORDER)
            if order.first().level != "child":
                self.state[k.S_GENERATION] += 1
        order_id = message.first.get(37)
        if order_id is not None and chains.has_order_id(name, decoded(order_id)):
            self._set(t.K_ORDER_ID, session, order_id, t.SLOW_ORDER)

    def _push_links(self, message: FixMessage, settings: SessionSettings, session: int) -> list[int]:
        """Tell the reference decoder which instruments carry the links of a message and its chain; their numbers."""
        found: list[int] = []
        for number, (of, place, value) in enumerate(self._links):
            if of != session or not self._concerns(message, settings, place, value):
                continue
            found.append(number)
            link = self.memory.links[number]
            span = self.stream.chains.targets.spans.setdefault(
                (self.sessions[of][0], settings.parent[place].tag, value), set()
            )
            if link[t.L_SYMBOL] >= 0:
                span.add(f"{self.text(int(link[t.L_SYMBOL]))} {'+' if link[t.L_SIGN] else '-'}")
            if link[t.L_SEVERAL]:
                span.add("several")
        return found

    def _concerns(self, message: FixMessage, settings: SessionSettings, place: int, value: str) -> bool:
        if linked_value(message, settings.parent[place]) == value:
            return True
        order = self.stream.chains.known(self.sessions[int(self.state[k.S_SESSION])][0], message.text(11) or "")
        return order is not None and order.first().links.get(("parent", place)) == value

    def _pull_links(self, numbers: list[int]) -> None:
        for number in numbers:
            session, place, value = self._links[number]
            name, settings = self.sessions[session]
            span = self.stream.chains.targets.spans.get((name, settings.parent[place].tag, value), set())
            if len(span) > 1:
                self.memory.links[number, t.L_SEVERAL] = 1
            for entry in span - {"several"}:
                symbol, _, sign = entry.rpartition(" ")
                text = self.text_number(symbol)
                if self.memory.links[number, t.L_SYMBOL] < 0:
                    self.memory.links[number, t.L_SYMBOL], self.memory.links[number, t.L_SIGN] = text, sign == "+"

    # -- texts and names -------------------------------------------------------------------------------------------

    def text(self, number: int) -> str | None:
        """A text by its number; None below 0."""
        if number < 0:
            return None
        while len(self._names) <= number:
            at, size, _ = self.memory.texts[len(self._names)].tolist()
            self._names.append(decoded(self.memory.arena[at : at + size].tobytes()))
        return self._names[number]

    def name_venues(self, lines: Ints) -> None:
        """Venues of rows under the names their sessions give them."""
        for number, (_, settings) in enumerate(self.sessions):
            if not settings.venues:
                continue
            here = np.flatnonzero((lines[:, k.R_SESSION] == number) & (lines[:, k.R_VENUE] >= 0))
            for venue in np.unique(lines[here, k.R_VENUE]).tolist():
                text = self.text(venue) or ""
                if text in settings.venues:
                    rows = here[lines[here, k.R_VENUE] == venue]
                    lines[rows, k.R_VENUE] = -2 - self.text_number(settings.venues[text])
            named = here[lines[here, k.R_VENUE] < -1]
            lines[named, k.R_VENUE] = -2 - lines[named, k.R_VENUE]

    def named_texts(self, numbers: Ints) -> list[str | None]:
        """Texts by their numbers; None below 0."""
        if len(numbers) == 0 or numbers.max() < 0:
            return [None] * len(numbers)
        self.text(int(numbers.max()))
        names = self._names
        return [None if number < 0 else names[number] for number in numbers.tolist()]

    def order_names(self, numbers: Ints) -> list[str | None]:
        """ClOrdIDs of orders by their numbers; None below 0."""
        distinct, which = np.unique(numbers, return_inverse=True)
        arena = self.memory.arena
        places = self.memory.orders[distinct][:, [t.O_AT, t.O_SIZE]].tolist()
        names = [decoded(arena[at : at + size].tobytes()) for at, size in places]
        if len(distinct) and distinct[0] < 0:
            return [
                None if number < 0 else names[place]
                for number, place in zip(numbers.tolist(), which.tolist(), strict=True)
            ]
        return [names[place] for place in which.tolist()]

    def text_number(self, text: str) -> int:
        """The number of a text."""
        return self._number(text.encode())

    def order_name(self, number: int) -> str:
        """The ClOrdID of an order."""
        order = self.memory.orders[number]
        at = order[t.O_AT]
        return decoded(self.memory.arena[at : at + order[t.O_SIZE]].tobytes())

    def stand_in(self, line: list[int]) -> Order:
        """The order of a row, as far as a row needs it."""
        name, settings = self.sessions[line[k.R_SESSION]]
        order = Order(name, settings, self.order_name(line[k.R_CHAIN]), level="child")
        order.parent_id, order.algo_order_id = self.text(line[k.R_PARENT]), self.text(line[k.R_ALGO])
        return order

    def teller(self, line: list[int]) -> RowMaker:
        """The reference decoder for one row."""
        original = None if line[k.R_ORIG] < 0 else self.order_name(line[k.R_ORIG])
        stream = self.stream
        return RowMaker(stream.settings, stream.universe, _Names(original), stream.symbology)

    def asked(self, line: list[int]) -> dict[str, Terms]:
        """What the replace request of a row's order asked for."""
        order = self.memory.orders[line[k.R_ORDER]]
        if not order[t.O_ASKED]:
            return {}
        message = self._kept_message(self.memory.kept[int(order[t.O_ASKED]) - 1].tolist())
        settings = self.sessions[line[k.R_SESSION]][1]
        qty, limit = (None if order[at] == NULL else int(order[at]) for at in (t.O_ASKED_QTY, t.O_ASKED_PX))
        terms = Terms(qty, limit, columns.strategy(message, settings), columns.parameters(message, settings))
        return {self.order_name(line[k.R_ORDER]): terms}

    # -- keys ------------------------------------------------------------------------------------------------------

    def _key(self, kind: int, session: int, text: bytes) -> int:
        return int(t.value(self.memory.keys, _prints(kind, session, text)))

    def _set(self, kind: int, session: int, text: bytes, value: int) -> None:
        prints = _prints(kind, session, text)
        row = t.probe(self.memory.keys, *prints)
        if row >= 0:
            self.memory.keys.rows[row, t.H_VALUE] = value
        else:
            self._put(prints, value)

    def _put(self, prints: tuple[int, int], value: int) -> None:
        self.grow(64)
        t.put(self.memory.keys, t.probe(self.memory.keys, *prints), prints, value, 0)
        self.state[k.S_KEYS] += 1

    def _number(self, text: bytes) -> int:
        known = self._key(t.K_TEXT, 0, text)
        if known >= 0:
            return known
        self.grow(len(text) + 64)
        number, at = int(self.state[k.S_TEXTS]), int(self.state[k.S_ARENA])
        self.memory.arena[at : at + len(text)] = np.frombuffer(text, np.uint8)
        self.memory.texts[number, :2] = at, len(text)
        self.state[k.S_ARENA] += len(text)
        self.state[k.S_TEXTS] += 1
        self._put(_prints(t.K_TEXT, 0, text), number)
        return number


def _prints(kind: int, session: int, text: bytes) -> tuple[int, int]:
    return t.text_key(kind, session, np.frombuffer(text + _PAD, np.uint8), 0, len(text))


def _table(rows: int, columns: int) -> Ints:
    return np.zeros((rows, columns), np.int64)


def _texts(rows: int) -> Ints:
    return np.full((rows, 3), NULL, np.int64)


def _larger(table: Ints, used: int, empty: int) -> Ints:
    """The table, with four times the room where it is nearly full: what is not written yet costs nothing."""
    if used + 64 <= len(table):
        return table
    larger = _table(4 * len(table), table.shape[1]) if empty == 0 else _texts(2 * len(table))
    larger[: len(table)] = table
    return larger


def _longer(arena: Bytes, size: int) -> Bytes:
    longer = np.zeros(size, np.uint8)
    longer[: len(arena)] = arena
    return longer


def _is_plain(settings: SessionSettings) -> bool:
    """True for a session the kernels can read: children linked by whole tags, symbols in 55 alone."""
    return (
        settings.level == "child" and not settings.levels and not settings.algo_order and settings.fills == "facts"
        and settings.symbol == (55, 65) and settings.commission == "fill" and len(settings.parent) <= t.MOST_RULES
        and all(rule.pattern is None for rule in settings.parent)
    )  # fmt: skip
