"""The running identity of one parent: spread + drift + amend + fees (+ delay) = shortfall marked to now, exactly.

spread += s q (p - m_before), drift = sum of s R dm, amend += s dQ (m - A), R = quantity unfilled, m = mid.
The drift is kept summed by parts, s (R m - S0 A + sum q m_before - sum dQ m), which is the same integer for every
order in which fills, busts and amendments become known: a late fill, a bust or a correction leaves the account as
if it had been known in time, and marks between two events change nothing.

Prices p are 1e-9, mids `mid2` doubled, all parts money2 (figure.py). A linear contract is worth its price; an
inverse one costs s q face (1/A - 1/p), valued at the arrival mid: there every value is the exact Fraction -1/x
and parts become money at the end. s = +1 buy, -1 sell; cost positive.
"""

from fractions import Fraction
from typing import Final, NamedTuple

from app.engine.metrics.figure import HALF, Exact, Figure, because
from app.engine.units import NO_QUOTE, PENDING, QUALITIES

State = tuple[int | None | tuple[int, ...], ...]
_NO_QTY: Final = "no order quantity"
_EXACT: Final = ("traded", "before", "added", "cut")
_COUNTS: Final = ("fills_without_mid", "amends_without_mid")


class Execution(NamedTuple):
    """One fill: quantity, price (1e-9), mid2 strictly before its match (None with its quality), fee (1e-9 ccy)."""

    qty: int
    price: int
    mid2: int | None = None
    fee: int = 0
    quality: int = NO_QUOTE


class Shortfall:
    """The account of one parent; a plain value with `state()`, `from_state()` and `copy()`.

    `qty` is None while no total is known (the unassigned bucket): what needs it is undefined with that reason.
    """

    __slots__ = (
        "side", "inverse", "first_qty", "qty", "arrival2", "arrival_quality", "mid2", "mid_quality",
        "filled", "notional", "traded", "before", "fees", "added_qty", "added", "cut_qty", "cut",
        "fills_without_mid", "amends_without_mid",
    )  # fmt: skip

    def __init__(self, side: int, qty: int | None, arrival2: int | None = None, *, inverse: bool = False) -> None:
        self.side = side
        self.inverse = inverse
        self.first_qty = qty
        self.qty = qty
        self.arrival2 = arrival2
        self.arrival_quality = PENDING
        self.mid2 = arrival2
        self.mid_quality = PENDING
        self.filled = 0
        self.notional = 0  # sum of q p, 1e-9
        self.fees = 0  # 1e-9 currency
        self.traded: Exact = 0  # sum of q value(2p)
        self.before: Exact = 0  # sum of q value(mid2 before), fills with a mid
        self.added_qty = 0
        self.added: Exact = 0  # sum of dQ value(mid2), raised quantity
        self.cut_qty = 0
        self.cut: Exact = 0  # sum of |dQ| value(mid2), withdrawn quantity
        self.fills_without_mid = [0] * len(QUALITIES)
        self.amends_without_mid = [0] * len(QUALITIES)

    @property
    def rest(self) -> int | None:
        """R: quantity unfilled, negative after an overfill; None without an order quantity."""
        return None if self.qty is None else self.qty - self.filled

    def worth(self, price2: int) -> Exact:
        """What one unit is worth at a doubled price: the price, or -1/price for an inverse contract (price > 0)."""
        return Fraction(-1, price2) if self.inverse else price2

    # -- facts ---------------------------------------------------------------------------------------------------

    def arrive(self, mid2: int | None, quality: int = NO_QUOTE) -> None:
        """Set the arrival mid, now or once it is known."""
        self.arrival2 = mid2
        self.arrival_quality = quality

    def mark(self, mid2: int | None, quality: int = NO_QUOTE) -> None:
        """Set the mid of now."""
        self.mid2 = mid2
        self.mid_quality = quality

    def fill(self, execution: Execution) -> None:
        """Enter a fill."""
        self._enter(execution, 1)

    def bust(self, execution: Execution) -> None:
        """Take a fill back: the account is as if it had never been."""
        self._enter(execution, -1)

    def correct(self, wrong: Execution, right: Execution) -> None:
        """Restate a fill: the reversal of the wrong one and the right one."""
        self._enter(wrong, -1)
        self._enter(right, 1)

    def amend(self, new_qty: int, mid2: int | None, quality: int = NO_QUOTE) -> None:
        """Set a new total at a mid; raised quantity keeps the arrival, a cut is its own line (`withdrawn`)."""
        if self.qty is None:
            self.first_qty = self.qty = new_qty
            return
        change = new_qty - self.qty
        self.qty = new_qty
        if change == 0:
            return
        if mid2 is None:
            self.amends_without_mid[quality] += 1
        if change > 0:
            self.added_qty += change
            self.added += change * self.worth(mid2) if mid2 is not None else 0
        else:
            self.cut_qty -= change
            self.cut -= change * self.worth(mid2) if mid2 is not None else 0

    def _enter(self, execution: Execution, sign: int) -> None:
        qty = sign * execution.qty
        self.filled += qty
        self.notional += qty * execution.price
        self.traded += qty * self.worth(2 * execution.price)
        self.fees += sign * execution.fee
        if execution.mid2 is None:
            self.fills_without_mid[execution.quality] += sign
        else:
            self.before += qty * self.worth(execution.mid2)

    # -- parts, money2 -------------------------------------------------------------------------------------------

    def spread(self) -> Figure[Exact]:
        """sum of s q (p - m_before); undefined while a fill has no mid."""
        missing = _first(self.fills_without_mid)
        if missing is not None:
            return Figure(None, because("mid before a fill", missing))
        return self._money(self.traded - self.before)

    def drift(self) -> Figure[Exact]:
        """sum of s R dm from arrival to now; undefined where R changed at an unknown mid."""
        missing = self._unknown_path()
        if missing or self.qty is None or self.first_qty is None:
            return Figure(None, missing or _NO_QTY)
        start = self._at_arrival(self.first_qty)
        end = self._at(self.qty - self.filled, self.mid2, because("mid now", self.mid_quality))
        return self._change(start, end, self.before - self.added + self.cut)

    def amended(self) -> Figure[Exact]:
        """sum of s dQ (m - A) over amendments, cuts included with their negative dQ."""
        return self._since_arrival(self.added - self.cut, self.added_qty - self.cut_qty)

    def withdrawn(self) -> Figure[Exact]:
        """Cost on shares withdrawn: s |dQ| (m - A) of every cut, already taken out by `amended`."""
        return self._since_arrival(self.cut, self.cut_qty)

    def executed(self) -> Figure[Exact]:
        """Arrival cost of what was done: sum of s q (p - A)."""
        return self._change(self._at_arrival(self.filled), Figure(self.traded), 0)

    def marked(self) -> Figure[Exact]:
        """Shortfall marked to now against arrival, fees apart: sum of s q (p - A) + s R (m - A), computed directly."""
        return self.against(None, self.mid2, because("mid now", self.mid_quality))

    def delay(self, decision: int) -> Figure[Exact]:
        """s S (A - Pd) for a decision price (1e-9), S the total of now."""
        if self.qty is None:
            return Figure(None, _NO_QTY)
        return self._change(Figure(self.qty * self.worth(2 * decision)), self._at_arrival(self.qty), 0)

    def delay_on_filled(self, decision: int) -> Figure[Exact]:
        """s F (A - Pd) on the quantity done F."""
        return self._change(Figure(self.filled * self.worth(2 * decision)), self._at_arrival(self.filled), 0)

    def left(self, from2: int | None, end2: int | None, why: str) -> Figure[Exact]:
        """s R (end - from) on the quantity not done, doubled prices (from2 None: no arrival); `why` as in `against`."""
        if self.qty is None:
            return Figure(None, _NO_QTY)
        rest = self.qty - self.filled
        return self._change(self._from(rest, from2), self._at(rest, end2, why), 0)

    def against(self, reference2: int | None, end2: int | None, why: str) -> Figure[Exact]:
        """Shortfall against a reference (doubled price; None: arrival), the rest valued at `end2`; fees apart.

        `why` is the reason where there is a rest and no end2.
        """
        if self.qty is None:
            return Figure(None, _NO_QTY)
        start = self._from(self.qty, self.arrival2 if reference2 is None else reference2)
        return self._change(start, self._at(self.qty - self.filled, end2, why), self.traded)

    def _change(self, start: Figure[Exact], end: Figure[Exact], flow: Exact) -> Figure[Exact]:
        if start.value is None or end.value is None:
            return Figure(None, start.reason or end.reason)
        return self._money(end.value - start.value + flow)

    def _money(self, value: Exact) -> Figure[Exact]:
        if not self.inverse:
            return Figure(self.side * value)
        if self.arrival2 is None:
            return Figure(None, because("arrival", self.arrival_quality))
        return Figure(self.side * value * self.arrival2 * HALF)

    def _at(self, qty: int, price2: int | None, why: str) -> Figure[Exact]:
        if qty == 0:
            return Figure(0)
        return Figure(None, why) if price2 is None else Figure(qty * self.worth(price2))

    def _at_arrival(self, qty: int) -> Figure[Exact]:
        return self._from(qty, self.arrival2)

    def _from(self, qty: int, price2: int | None) -> Figure[Exact]:
        if price2 is None:
            return Figure(None, because("arrival", self.arrival_quality))
        return Figure(qty * self.worth(price2))

    def _since_arrival(self, value: Exact, qty: int) -> Figure[Exact]:
        missing = _first(self.amends_without_mid)
        if missing is not None:
            return Figure(None, because("mid at an amendment", missing))
        return self._change(self._at_arrival(qty), Figure(value), 0)

    def _unknown_path(self) -> str:
        missing = _first(self.fills_without_mid)
        if missing is not None:
            return because("mid before a fill", missing)
        missing = _first(self.amends_without_mid)
        return "" if missing is None else because("mid at an amendment", missing)

    # -- a plain value -------------------------------------------------------------------------------------------

    def state(self) -> State:
        """Every attribute as plain integers: Fractions as (numerator, denominator), counts as tuples."""
        out: list[int | None | tuple[int, ...]] = []
        for name in self.__slots__:
            value = getattr(self, name)
            if name in _EXACT:
                value = (value.numerator, value.denominator)
            elif name in _COUNTS:
                value = tuple(value)
            out.append(value)
        return tuple(out)

    @classmethod
    def from_state(cls, state: State) -> "Shortfall":
        """The account whose `state()` this is."""
        account = cls(1, None)
        for name, value in zip(cls.__slots__, state, strict=True):
            setattr(account, name, _restored(name, value))
        return account

    def copy(self) -> "Shortfall":
        """An independent account in the same state."""
        return Shortfall.from_state(self.state())


def _restored(name: str, value: int | None | tuple[int, ...]) -> object:
    if not isinstance(value, tuple):
        return value
    if name in _COUNTS:
        return list(value)
    numerator, denominator = value
    return numerator if denominator == 1 else Fraction(numerator, denominator)


def _first(counts: list[int]) -> int | None:
    if not any(counts):  # the usual case
        return None
    return next(quality for quality, count in enumerate(counts) if count)
