"""What of the firm's own child orders rests in the market, as its order rows tell it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.engine.events import OrderRow
from app.engine.units import ASK, BID

Place: TypeAlias = tuple[str | None, int, int]  # venue, side (BID or ASK), price in 1e-9
_GONE: Final = frozenset(("child_cancelled", "child_expired", "rejected", "done_for_day"))


@dataclass(slots=True)
class _Resting:
    instrument: str | None = None
    venue: str | None = None
    side: int = 0
    price: int | None = None
    qty: int = 0
    filled: int = 0
    acked: bool = False
    gone: bool = False


def resting(rows: Iterable[OrderRow], instrument: str) -> dict[Place, int]:
    """Acknowledged open quantity per venue, side and price, after these rows in their order."""
    orders: dict[str, _Resting] = {}
    for row in rows:
        if row.child_id is not None:
            _tell(_order_of(orders, row), row)
    shown: dict[Place, int] = {}
    for order in {id(order): order for order in orders.values()}.values():
        left = order.qty - order.filled
        if order.instrument == instrument and order.acked and not order.gone and left > 0 and order.price is not None:
            place = (order.venue, order.side, order.price)
            shown[place] = shown.get(place, 0) + left
    return shown


def _order_of(orders: dict[str, _Resting], row: OrderRow) -> _Resting:
    """The order a row is about, under every id it has had."""
    child = row.child_id or ""
    found = orders.get(child) or orders.get(row.orig_child_id or child) or _Resting()
    orders[child] = found
    return found


def _tell(order: _Resting, row: OrderRow) -> None:
    order.instrument = row.instrument or order.instrument
    order.venue = row.venue or order.venue
    if row.side is not None:
        order.side = BID if row.side == "BUY" else ASK
    match row.kind:
        case "child_new":
            order.qty, order.price = row.qty or 0, row.price if row.price is not None else row.limit_price
        case "child_acked":
            order.acked = True
        case "child_replaced" | "restated":
            order.qty = order.qty if row.qty is None else row.qty
            order.price = order.price if row.price is None else row.price
        case "fill":
            order.acked = True
            order.filled += row.qty or 0
        case kind if kind in _GONE:
            order.gone = True
        case _:
            pass
