"""What of our own orders rests in the market, as its order rows tell it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self, TypeAlias

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


class OwnOrders:
    """Own children after the rows told so far, under every id they have had."""

    def __init__(self) -> None:
        self._orders: dict[str, _Resting] = {}

    def tell(self, rows: Iterable[OrderRow]) -> Self:
        """Further rows, in their order."""
        for row in rows:
            if row.child_id is not None:
                _tell(self._order_of(row), row)
        return self

    def shown(self, instrument: str) -> dict[Place, int]:
        """Acknowledged open quantity per venue, side and price."""
        shown: dict[Place, int] = {}
        for order in {id(order): order for order in self._orders.values()}.values():
            left = order.qty - order.filled
            works = order.acked and not order.gone and left > 0
            if order.instrument == instrument and works and order.price is not None:
                place = (order.venue, order.side, order.price)
                shown[place] = shown.get(place, 0) + left
        return shown

    def copy(self) -> "OwnOrders":
        """The same orders, to be told other rows."""
        copied = {id(order): replace(order) for order in self._orders.values()}
        other = OwnOrders()
        other._orders = {name: copied[id(order)] for name, order in self._orders.items()}
        return other

    def _order_of(self, row: OrderRow) -> _Resting:
        """The order a row is about."""
        child = row.child_id or ""
        orders = self._orders
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
