"""Order rows of regular messages as objects, column by column; what a column cannot say plainly is the reference's.

A row says what the reference decoder's row says, field by field; only the way there is shorter: no dictionary of a
message's tags, no chain looked up, one call for each row.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine import fix_scan
from app.engine import fix_state as k
from app.engine.events import Kind, OrderRow
from app.engine.fix_scan import Ints
from app.engine.units import NULL
from app.feeds.decode.fix_columns import INSTRUCTIONS, ORDER_TYPES, TIFS, Symbology
from app.feeds.decode.fix_fields import decoded
from app.feeds.decode.fix_links import NO_ORDER
from app.feeds.decode.fix_scanner import FixBlock
from app.feeds.decode.fix_settings import FixSettings, SessionSettings

# What a kind of the kernel is called; kinds only the reference decoder gives follow.
KINDS: Final[tuple[Kind, ...]] = (
    "child_new", "child_replace_requested", "child_cancel_requested", "cancel_rejected", "child_acked",
    "child_cancelled", "child_replaced", "done_for_day", "child_expired", "restated", "restated", "rejected", "fill",
    "bust", "correct", "parent_new", "parent_amended", "parent_done", "algo_new", "algo_replaced", "algo_switched",
    "algo_done",
)  # fmt: skip
NUMBERS: Final = {
    "ts_event": k.R_TS, "rec": k.R_REC, "seq": k.R_SEQ, "qty": k.R_QTY, "price": k.R_PRICE, "limit_price": k.R_LIMIT,
    "cum_qty": k.R_CUM, "ts_match": k.R_MATCH, "fee": k.R_FEE, "start_ns": k.R_FROM, "end_ns": k.R_UNTIL,
}  # fmt: skip
SIDE_NAMES: Final = ("BUY", "SELL", "SHORT")
_GROUP: Final = (958, 960)  # the group of parameters

Texts: TypeAlias = list[str | None]
_ALWAYS: Final = ("ts_event", "rec", "seq")
_STATED: Final = (k.NEW, k.REPLACE, k.ACKED, k.CANCELLED, k.DONE, k.EXPIRED, k.RESTATED, k.REJECTED)
_REQUESTS: Final = (k.NEW, k.REPLACE)
_INTERNED: Final = {
    "parent_id": k.R_PARENT, "algo_order_id": k.R_ALGO, "instrument": k.R_SYMBOL, "venue": k.R_VENUE,
    "currency": k.R_CURRENCY, "account": k.R_ACCOUNT,
}  # fmt: skip
_BYTES: Final = range(1, 256)
_CODES: Final[tuple[tuple[int, str, Texts], ...]] = tuple(
    (column, name, [None, *(words.get(chr(code), chr(code)) for code in _BYTES)])
    for column, name, words in (
        (k.R_STATUS, "last_status", {}), (k.R_ORD_TYPE, "order_type", ORDER_TYPES), (k.R_TIF, "tif", TIFS)
    )
)  # fmt: skip
_LONGEST_CODE: Final = 127  # a code of more than a byte, or no letter: the reference decoder spells it
_OWN: Final = {"broker": 76, "basket_id": 66, "link_id": 583}
_TRADER: Final = 50  # SenderSubID: of a request alone, in a report it is the broker's
_SMALL: Final = 4096  # tags below it are looked up, others searched
_ABOUT: Final = {k.REFUSED: (102, "CxlRejReason"), k.REJECTED: (103, "OrdRejReason")}


class Told(Protocol):
    """A stream: its settings, the one name of all its rows, how symbols are called."""

    @property
    def settings(self) -> FixSettings:
        """How it is read."""

    @property
    def source(self) -> str | None:
        """Logical name of its rows; None = that of their session."""

    @property
    def symbology(self) -> Symbology | None:
        """(symbol, ns) -> instrument."""


class Known(Protocol):
    """What is known of a stream: its sessions by number, texts and ClOrdIDs by number."""

    sessions: list[tuple[str, SessionSettings]]

    @property
    def stream(self) -> Told:
        """The stream."""

    def named_texts(self, numbers: Ints) -> Texts:
        """Texts by their numbers; None below 0."""

    def order_names(self, numbers: Ints) -> Texts:
        """ClOrdIDs of orders by their numbers; None below 0."""


@dataclass(slots=True)
class Spec:
    """What the rows of one session are made of beside the numbers."""

    settings: SessionSettings
    columns: dict[str, int] = field(init=False)  # column -> tag
    params: dict[int, list[str]] = field(init=False)  # tag -> names
    tags: set[int] = field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        self.columns = _OWN | settings.columns
        self.params = {}
        for name, tag in (*INSTRUCTIONS.items(), *settings.params.items()):
            self.params.setdefault(tag, []).append(name)
        self.tags = {58, 102, 103, *_GROUP, _TRADER, settings.liquidity, *self.columns.values()}
        self.tags |= {*self.params, *settings.strategy}


class Said:
    """Texts of some tags in a block: tag -> (row, text), the first of a message that holds something, by row."""

    def __init__(self, block: FixBlock, rows: Ints, tags: set[int]) -> None:
        """`rows`: the message of each row."""
        self._found: dict[int, list[tuple[int, str]]] = {}
        fields, starts = block.fields, block.messages[:, fix_scan.FIELD]
        begin, end = starts[0], starts[-1] + block.messages[-1, fix_scan.FIELDS]  # a block may be part of one
        own = fields[begin:end]
        mask = _wanted(own[:, fix_scan.TAG], tags) & (own[:, fix_scan.SIZE] > 0)
        picked = begin + np.flatnonzero(mask)
        row_of = np.full(len(block.messages), -1, np.int64)
        row_of[rows] = np.arange(len(rows))
        at_row = row_of[np.searchsorted(starts, picked, "right") - 1]
        picked, at_row = picked[at_row >= 0], at_row[at_row >= 0]
        self._read(block.data, fields[picked], at_row)

    def __call__(self, tag: int) -> list[tuple[int, str]]:
        """(row, text) of a tag."""
        return self._found.get(tag, [])

    def _read(self, data: bytes, fields: NDArray[np.int32], at_row: Ints) -> None:
        known: dict[bytes, str] = {}
        for tag in np.unique(fields[:, fix_scan.TAG]).tolist():
            here = fields[:, fix_scan.TAG] == tag
            rows, first = np.unique(at_row[here], return_index=True)
            places = fields[here][first]
            entries: list[tuple[int, str]] = []
            ats, sizes = places[:, fix_scan.AT].tolist(), places[:, fix_scan.SIZE].tolist()
            for row, at, size in zip(rows.tolist(), ats, sizes, strict=True):
                raw = data[at : at + size]
                text = known.get(raw)
                if text is None:
                    text = known[raw] = decoded(raw)
                entries.append((row, text))
            self._found[tag] = entries


class Objects:
    """Makes the objects of one stream; keeps what its sessions ask for between blocks."""

    def __init__(self, hand: Known) -> None:
        self._hand = hand
        self._specs: list[Spec] = []
        self._tags: set[int] = set()

    def rows(self, block: FixBlock, lines: Ints) -> tuple[list[OrderRow], list[int]]:
        """Rows of regular lines, and the places of those that only the reference decoder can spell."""
        self._learn()
        said = Said(block, lines[:, k.R_MESSAGE], self._tags)
        columns = self._plain(block, lines)
        self._worded(lines, said, columns)
        self._named(lines, said, columns)
        names = OrderRow.__struct_fields__
        made = list(map(OrderRow, *[columns[name] if name in columns else _default(name) for name in names]))
        odd = (lines[:, k.R_KIND] == k.REPLACED) | (lines[:, [at for at, _, _ in _CODES]] > _LONGEST_CODE).any(1)
        for tag in _GROUP:
            odd[[row for row, _ in said(tag)]] = True
        return made, np.flatnonzero(odd).tolist()

    def _learn(self) -> None:
        for _, settings in self._hand.sessions[len(self._specs) :]:
            self._specs.append(Spec(settings))
            self._tags |= self._specs[-1].tags

    def _plain(self, block: FixBlock, lines: Ints) -> dict[str, Iterable[Any]]:
        """Numbers, names and codes: what the lines say by themselves."""
        hand, stream = self._hand, self._hand.stream
        columns: dict[str, Iterable[Any]] = {name: _numbers(lines[:, at], name) for name, at in NUMBERS.items()}
        columns["kind"] = [KINDS[kind] for kind in lines[:, k.R_KIND].tolist()]
        sources = [stream.source or name for name, _ in hand.sessions]
        columns["source"] = [sources[number] for number in lines[:, k.R_SESSION].tolist()]
        for name, at in _INTERNED.items():
            columns[name] = hand.named_texts(lines[:, at])
        if stream.symbology is not None:
            said = zip(columns["instrument"], lines[:, k.R_TS].tolist(), strict=True)
            columns["instrument"] = [None if text is None else stream.symbology(text, ts) for text, ts in said]
        columns["side"] = [None if side < 0 else SIDE_NAMES[side] for side in lines[:, k.R_SIDE].tolist()]
        columns["child_id"] = hand.order_names(lines[:, k.R_CHAIN])
        columns["orig_child_id"] = hand.order_names(lines[:, k.R_ORIG])
        for at, name, table in _CODES:
            columns[name] = _words(lines[:, at], table)
        columns["exec_id"] = _cut(block.data, lines[:, [k.R_EXEC, k.R_EXEC_SIZE]])
        order_ids = _cut(block.data, lines[:, [k.R_ORDER_ID, k.R_ORDER_ID_SIZE]])
        columns["order_id"] = [None if text in NO_ORDER else text for text in order_ids]
        if stream.settings.keep_raw:
            columns["raw"] = block.raws(lines[:, k.R_MESSAGE])
        return columns

    def _worded(self, lines: Ints, said: Said, columns: dict[str, Iterable[Any]]) -> None:
        """Text (58), or the reason code that stands in for it; liquidity of fills."""
        kinds, sessions = lines[:, k.R_KIND].tolist(), lines[:, k.R_SESSION].tolist()
        text: Texts = [None] * len(lines)
        for kind, (tag, word) in _ABOUT.items():
            for row, reason in said(tag):
                if kinds[row] == kind:
                    text[row] = f"{word} ({tag}) = {reason}"
        for row, words in said(58):
            text[row] = words
        columns["text"] = text
        liquidity: Texts = [None] * len(lines)
        for number, spec in enumerate(self._specs):
            for row, value in said(spec.settings.liquidity):
                if kinds[row] == k.FILL and sessions[row] == number:
                    liquidity[row] = spec.settings.liquidity_values.get(value)
        columns["liquidity"] = liquidity

    def _named(self, lines: Ints, said: Said, columns: dict[str, Iterable[Any]]) -> None:
        """What a new order, a replacement or a report of one states: strategy, parameters, the session's columns."""
        kinds, sessions = lines[:, k.R_KIND].tolist(), lines[:, k.R_SESSION].tolist()
        texts: dict[str, Texts] = {}
        for name in ("algo", "params", "trader", *{name for spec in self._specs for name in spec.columns}):
            known = columns.get(name)
            texts[name] = [None] * len(lines) if known is None else list(known)
        for number, spec in enumerate(self._specs):
            stated = {row for row, kind in enumerate(kinds) if sessions[row] == number and kind in _STATED}
            for tag in reversed(spec.settings.strategy):
                for row, text in said(tag):
                    if row in stated:
                        texts["algo"][row] = spec.settings.strategies.get(text, text)
            _parameters(spec, said, stated, texts["params"])
            for row, text in said(_TRADER) if "trader" not in spec.columns else ():
                if row in stated and kinds[row] in _REQUESTS:
                    texts["trader"][row] = text
            for name, tag in spec.columns.items():
                for row, text in said(tag):
                    if row in stated:
                        texts[name][row] = text
        columns |= texts


def _parameters(spec: Spec, said: Said, stated: set[int], texts: Texts) -> None:
    """Parameters as JSON, by row; equal ones are written once."""
    found: dict[int, dict[str, str]] = {}
    for tag, names in spec.params.items():
        for row, text in said(tag):
            if row in stated:
                found.setdefault(row, {}).update(dict.fromkeys(names, text))
    known: dict[tuple[tuple[str, str], ...], str] = {}
    for row, values in found.items():
        key = tuple(values.items())
        written = known.get(key)
        if written is None:
            written = known[key] = msgspec.json.encode(values, order="sorted").decode()
        texts[row] = written


def _wanted(tags: NDArray[np.int32], wanted: set[int]) -> NDArray[np.bool_]:
    """True where a field's tag is one of these."""
    table = np.zeros(_SMALL, np.bool_)
    table[[tag for tag in wanted if tag < _SMALL]] = True
    mask: NDArray[np.bool_] = table[np.minimum(tags, _SMALL - 1)] & (tags < _SMALL)
    large = [tag for tag in wanted if tag >= _SMALL]
    return mask | np.isin(tags, large) if large else mask


def _default(name: str) -> Iterable[Any]:
    return repeat(0) if name == "ts_recv" else repeat(None)


def _numbers(values: Ints, name: str) -> Iterable[Any]:
    """A column of numbers, None for NULL."""
    numbers: list[int] = values.tolist()
    gone = values == NULL
    if name in _ALWAYS or not gone.any():
        return numbers
    return repeat(None, len(values)) if gone.all() else [None if value == NULL else value for value in numbers]


def _words(codes: Ints, table: Texts) -> Iterable[str | None]:
    """Codes of one byte in words, None for 0."""
    return [table[code] for code in codes.tolist()] if codes.any() else repeat(None, len(codes))


def _cut(data: bytes, places: Ints) -> Texts:
    """Texts of a block by AT and SIZE; None where there is none."""
    return [decoded(data[at : at + size]) if size else None for at, size in places.tolist()]
