"""What a row of orders.parquet needs and may have, and a look at whole columns whether all of it is so."""

import sys
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.engine import units
from app.engine.events import KINDS, LIQUIDITY, ORDER_SIDE_NAMES, VISIBILITIES
from app.feeds.decode import check, columns
from app.feeds.decode.rows import PRICE_LIMIT, SIZE_LIMIT

PRICES: Final = ("price", "limit_price", "decision_price")
TIMES: Final = ("ts_match", "start_ns", "end_ns", "decision_ns")
NEEDS: Final[dict[str, frozenset[str]]] = {
    "parent_id": frozenset({"parent_new", "parent_amended", "parent_done"}),
    "algo_order_id": frozenset(kind for kind in KINDS if kind.startswith("algo_")),
    "child_id": frozenset(kind for kind in KINDS if kind.startswith("child_")),
    "instrument": frozenset({"parent_new"}),
    "side": frozenset({"parent_new"}),
    "qty": frozenset({"parent_new", "fill"}),
    "price": frozenset({"fill"}),
}
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "kind": tuple(sorted(KINDS)),
    "side": ORDER_SIDE_NAMES,
    "liquidity": LIQUIDITY,
    "visibility": VISIBILITIES,
}
TIME: Final = "ns since the epoch, greater than 0"
RESTATES: Final = frozenset({"bust", "correct"})
POSITIVE_QTY: Final = frozenset({"parent_new", "fill"})


BOUNDS: Final[dict[str, tuple[float, float, str]]] = {
    **dict.fromkeys((*PRICES, "fee"), (-PRICE_LIMIT, PRICE_LIMIT, f"1e-9, magnitude at most {PRICE_LIMIT}")),
    **dict.fromkeys(TIMES, (1, 2**63 - 1, TIME)),
    **dict.fromkeys(("qty", "cum_qty"), (0, SIZE_LIMIT, f"0 to {SIZE_LIMIT}")),
    **dict.fromkeys(("target_pov", "max_pov"), (0, sys.float_info.max, "a fraction, 0 or more")),
    "ts_recv": (0, 2**63 - 1, "ns since the epoch, or 0 for unknown"),
    "propensity": (0, 1, "a probability from 0 to 1"),
}


def within(value: object, low: float, high: float) -> bool:
    """True for no value, and for a number between two bounds."""
    return value is None or (isinstance(value, int | float) and low <= value <= high)


class Usual:
    """The columns of a table as arrays: whether all of it is sound is seen at once, what is wrong row by row."""

    def __init__(self, known: frozenset[str]) -> None:
        self.known = known
        self.texts: dict[str, columns.Texts] = {}
        self.numbers: dict[str, NDArray[Any]] = {}
        self.others: dict[str, list[object]] = {}

    def sound(self) -> bool:
        """True when surely no row breaks a rule; False where each must be looked at."""
        named = self.texts["source"].picked.min(initial=0) >= 0 and self.texts["kind"].picked.min(initial=0) >= 0
        timed = self.numbers["ts_event"].min(initial=1) > 0
        return bool(named and timed) and self._chosen() and self._complete() and self._in_range()

    def _chosen(self) -> bool:
        """True when every text is one of those its column may have."""
        allowed = dict(CHOICES) | ({"instrument": tuple(self.known)} if self.known else {})
        return all(set(self.texts[name].values) <= set(names) for name, names in allowed.items() if name in self.texts)

    def _complete(self) -> bool:
        """True when every row has what its kind needs."""
        if any((self._of(needing) & ~self._there(name)).any() for name, needing in NEEDS.items()):
            return False
        if (self._of(RESTATES) & ~self._there("exec_id") & ~self._there("ref_exec_id")).any():
            return False
        return not ("qty" in self.numbers and (self._of(POSITIVE_QTY) & (self.numbers["qty"] == 0)).any())

    def _in_range(self) -> bool:
        for name, (low, high, _allowed) in BOUNDS.items():
            values = self.numbers.get(name)
            if values is not None and not ((values == units.NULL) | ((values >= low) & (values <= high))).all():
                return False
            if not all(within(value, low, high) for value in self.others.get(name, ())):
                return False
        return True

    def _of(self, kinds: frozenset[str]) -> check.Mask:
        """Which rows are of these kinds."""
        column = self.texts["kind"]
        table: check.Mask = np.array([value in kinds for value in column.values] + [False], np.bool_)
        return table[column.picked]

    def _there(self, name: str) -> check.Mask:
        """Which rows have a value."""
        if name in self.texts:
            return self.texts[name].picked >= 0
        if name in self.numbers:
            there: check.Mask = self.numbers[name] != units.NULL
            return there
        return np.zeros(len(self.texts["kind"].picked), np.bool_)
