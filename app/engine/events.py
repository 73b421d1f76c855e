"""Facts: packed market rows, order rows, control rows, and the block that hands them over.

A block is complete and never mutated. Names and meanings follow the session folder format.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.void]

# One market row. `price`/`size` hold the bid and `price2`/`size2` the ask of a `Q` row
# (units.NULL = no quote); `rec` is the 0-based index (or offset) of the source's own record.
MARKET: Final = np.dtype(
    [
        ("ts_event", "i8"), ("ts_recv", "i8"), ("seq", "u8"), ("rec", "i8"), ("order_id", "u8"),
        ("price", "i8"), ("size", "i8"), ("price2", "i8"), ("size2", "i8"),
        ("instrument", "i4"), ("venue", "i2"), ("source", "i2"),
        ("action", "u1"), ("side", "i1"), ("flags", "u1"), ("condition", "u1"), ("status", "u1"),
        ("pad", "u1", (3,)),
    ]
)  # fmt: skip

# What a market row did to its venue: a new touch, a print, a cancelled print, a status, or the resting order it named.
TOUCHED: Final = 1
PRINTED: Final = 2
UNPRINTED: Final = 3
STATUS_SET: Final = 4
NAMED: Final = 5
CHANGE: Final = np.dtype(
    [
        ("ts", "i8"), ("seq", "u8"), ("rec", "i8"),
        ("bid", "i8"), ("bid_size", "i8"), ("ask", "i8"), ("ask_size", "i8"),
        ("bid2", "i8"), ("bid2_size", "i8"), ("ask2", "i8"), ("ask2_size", "i8"),
        ("price", "i8"), ("size", "i8"), ("order_id", "u8"),
        ("bid_count", "i4"), ("ask_count", "i4"),
        ("instrument", "i4"), ("venue", "i2"), ("source", "i2"),
        ("kind", "u1"), ("side", "i1"), ("condition", "u1"), ("status", "u1"), ("flags", "u1"),
        ("pad", "u1", (3,)),
    ]
)  # fmt: skip

Kind = Literal[
    "parent_new", "parent_amended", "parent_done",
    "algo_new", "algo_replaced", "algo_switched", "algo_paused", "algo_resumed", "algo_done",
    "child_new", "child_acked", "child_replace_requested", "child_replaced",
    "child_cancel_requested", "child_cancelled", "child_expired",
    "fill", "bust", "correct", "rejected", "cancel_rejected", "restated", "done_for_day",
]  # fmt: skip
KINDS: Final[frozenset[str]] = frozenset(get_args(Kind))
ORDER_SIDE_NAMES: Final = ("BUY", "SELL", "SHORT")
LIQUIDITY: Final = ("A", "R", "X", "D")
VISIBILITIES: Final = ("V3", "V2", "V1")


class OrderRow(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One fact of the firm's own flow; a column the action does not need is None.

    Prices 1e-9, sizes in units of the instrument's 10**size_exponent, times ns; fee positive = paid. Made by name, but
    for decoders of columns: those hand all fields over in their order.
    """

    ts_event: int
    kind: Kind
    source: str
    seq: int = 0
    ts_recv: int = 0
    rec: int = 0
    parent_id: str | None = None
    algo_order_id: str | None = None
    child_id: str | None = None
    orig_child_id: str | None = None
    order_id: str | None = None
    exec_id: str | None = None
    ref_exec_id: str | None = None
    instrument: str | None = None
    venue: str | None = None
    side: Literal["BUY", "SELL", "SHORT"] | None = None
    currency: str | None = None
    account: str | None = None
    trader: str | None = None
    broker: str | None = None
    desk: str | None = None
    book: str | None = None
    pm: str | None = None
    basket_id: str | None = None
    link_id: str | None = None
    text: str | None = None
    qty: int | None = None
    price: int | None = None
    limit_price: int | None = None
    cum_qty: int | None = None
    ts_match: int | None = None
    order_type: str | None = None
    tif: str | None = None
    algo: str | None = None
    params: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    target_pov: float | None = None
    max_pov: float | None = None
    liquidity: Literal["A", "R", "X", "D"] | None = None
    fee: int | None = None
    decision_price: int | None = None
    decision_ns: int | None = None
    visibility: Literal["V3", "V2", "V1"] | None = None
    randomised: bool | None = None
    propensity: float | None = None
    last_status: str | None = None
    raw: bytes | None = None


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about a source: it came up, went down, is alive at ts_event, or has a gap.

    Two are for the tape and not the engine: `position` says in `text` up to where `source` has been read with this
    block, `aside` holds a Quarantined as JSON.
    """

    ts_event: int
    kind: Literal["up", "down", "heartbeat", "gap", "position", "aside"]
    source: str
    text: str | None = None


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """Something set aside with its reason: where it stood (file and line, row or offset) and its bytes."""

    source: str
    where: str
    reason: str
    raw: bytes = b""


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """Reference data of one instrument; None makes what needs it undefined with that reason."""

    instrument: str
    currency: str | None = None
    quote_currency: str | None = None
    minor_unit: str | None = None
    contract: Literal["linear", "inverse"] = "linear"
    multiplier: int = 1_000_000_000
    tick_size: int | None = None
    size_exponent: int = 0
    lot: int | None = None
    adv: float | None = None
    shares_outstanding: float | None = None
    daily_sigma: float | None = None
    beta: float | None = None
    index: str | None = None
    sector: str | None = None
    calendar: str | None = None
    timezone: str | None = None
    open_ns: int | None = None
    close_ns: int | None = None
    touch_policy: str | None = None


def no_market() -> Rows:
    """An empty array of market rows."""
    return np.empty(0, MARKET)


@dataclass(frozen=True, slots=True)
class Block:
    """What is handed to the engine at once.

    `watermark`: every market row with ts_event < watermark has been handed over, this block included.
    Rows of one source are in source order; market, order and control rows need no mutual order.
    """

    watermark: int
    market: Rows = field(default_factory=no_market)
    orders: tuple[OrderRow, ...] = ()
    controls: tuple[Control, ...] = ()
