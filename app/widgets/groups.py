"""Group lines of the blotter: figures of many orders as ratios of sums, never as means of ratios."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.events import Rows
from app.engine.units import NULL

BY: Final = {"instrument": "instrument", "algo": "algo", "trader": "trader", "basket": "basket_id"}
_MONEY: Final = (
    "remaining_ccy", "is_ccy", "exec_cost_ccy", "opp_cost_ccy", "delay_cost_ccy", "spread_ccy", "drift_ccy",
    "amend_ccy", "fees_ccy", "leak_ccy", "leak_projected_ccy", "at_risk_ccy",
)  # fmt: skip
_KEPT: Final = ("instrument", "side", "currency", "algo", "broker", "trader", "desk", "basket_id", "account", "state")
_FILLED: Final = ("slip_arrival_bps", "slip_vwap_bps", "expected_cost_bps")  # per filled money
_ORDERED: Final = ("done_pct", "planned_pct", "is_bps", "is_arrival_bps")  # per ordered money
_USED: Final = (
    *_KEPT, *_MONEY, *_FILLED, *_ORDERED, "level", "status", "last_ts", "order_qty", "filled_qty", "arrival_mid",
    "participation",
)  # fmt: skip

Figures = NDArray[np.float64]


class Grouped(NamedTuple):
    """Group lines: arena index of each one's key, its row of figures, the number of orders, its members in order."""

    keys: list[int]
    rows: Rows
    counts: list[int]
    members: list[NDArray[np.int64]]


def grouped(rows: Rows, shown: NDArray[np.int64], field: str, worst: Callable[[NDArray[np.uint32]], int]) -> Grouped:
    """Put rows together by a text field; `shown` names them in their order, `worst` picks the gravest level.

    Money of more than one currency has no sum: it is undefined. An order without an arrival mid has no weight.
    """
    columns = {name: rows[name][shown] for name in _USED}  # a row has two hundred fields, most are of no use here
    keys, inverse = np.unique(columns[field], return_inverse=True)
    places = [np.flatnonzero(inverse == place) for place in range(len(keys))]
    figures = np.zeros(len(keys), rows.dtype)
    for name in figures.dtype.names or ():
        kind = figures.dtype[name].kind
        if kind in "if":
            figures[name] = np.nan if kind == "f" else NULL if figures.dtype[name].itemsize == 8 else -1
    for place, where in enumerate(places):
        _sum_up(figures, place, {name: values[where] for name, values in columns.items()}, worst)
    return Grouped(keys.tolist(), figures, [len(where) for where in places], [shown[where] for where in places])


def _sum_up(
    figures: Rows, place: int, mine: dict[str, NDArray[Any]], worst: Callable[[NDArray[np.uint32]], int]
) -> None:
    for name in _KEPT:
        if np.all(mine[name] == mine[name][0]):
            figures[name][place] = mine[name][0]
    for light in ("level", "status"):
        figures[light][place] = worst(mine[light])
    figures["last_ts"][place] = mine["last_ts"].max()
    for name in ("order_qty", "filled_qty"):
        if figures["instrument"][place] and np.all(mine[name] != NULL):
            figures[name][place] = mine[name].sum()
    if not np.all(mine["currency"] == mine["currency"][0]):
        return
    for name in _MONEY:
        figures[name][place] = _total(mine[name])
    price = mine["arrival_mid"]
    ordered, filled = _positive(mine["order_qty"]) * price, _positive(mine["filled_qty"]) * price
    for names, weights in ((_FILLED, filled), (_ORDERED, ordered)):
        for name in names:
            figures[name][place] = ratio(mine[name] * weights, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        market = np.where(mine["participation"] > 0, filled / mine["participation"], np.nan)
    figures["participation"][place] = ratio(filled, market)


def ratio(above: Figures, below: Figures) -> float:
    """Sum over sum, of the rows where both are defined; NaN where nothing is left or the sum below is 0."""
    known = ~(np.isnan(above) | np.isnan(below))
    total = float(below[known].sum())
    return float(above[known].sum()) / total if total else float("nan")


def _total(values: Figures) -> float:
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) else float("nan")


def _positive(values: NDArray[np.int64]) -> Figures:
    return np.where(values > 0, values, np.nan).astype(np.float64)
