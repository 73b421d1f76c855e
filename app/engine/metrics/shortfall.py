"""Implementation shortfall of one parent, its causal ledger and its two splits with equal totals, in exact grains.

Wagner: delay s S (P0 - Pd), trading s sum q (p - P0), opportunity s (S - sum q) (Pn - P0), fees.
CFA curriculum: delay on the filled s F (P0 - Pd), missed s (S - F) (Pn - Pd), trading, fees.
Pd decision, P0 arrival, Pn end mid, S the order's total of now. Without a decision price both end at arrival: the
delay and the missed line are undefined and the total is against arrival. Opportunity is inside the ledger's drift:
a view shows one of the two, never both added.
"""

from typing import NamedTuple

from app.engine.metrics.figure import HALF, Exact, Figure, Scale, because, ratio
from app.engine.metrics.identity import Shortfall
from app.engine.units import BPS, PRICE_SCALE

_NO_DECISION = "no decision price"


class Ledger(NamedTuple):
    """The causal view, in grains: spread + drift + amended + fees + delay = total (no decision price: delay 0)."""

    spread: Figure[Exact]
    drift: Figure[Exact]
    amended: Figure[Exact]
    delay: Figure[Exact]
    fees: Figure[Exact]
    total: Figure[Exact]


class Splits(NamedTuple):
    """The Perold view, in grains: delay + trading + opportunity = delay_filled + missed + trading = total - fees."""

    delay: Figure[Exact]
    trading: Figure[Exact]
    opportunity: Figure[Exact]
    delay_filled: Figure[Exact]
    missed: Figure[Exact]
    fees: Figure[Exact]
    total: Figure[Exact]


def ledger(account: Shortfall, scale: Scale, decision: int | None = None) -> Ledger:
    """The running parts marked to now; the total is computed directly, not added up."""
    reference2 = None if decision is None else 2 * decision
    total = account.against(reference2, account.mid2, because("mid now", account.mid_quality))
    fees = scale.fee_grains(account.fees)
    return Ledger(
        _grains(scale, account.spread()),
        _grains(scale, account.drift()),
        _grains(scale, account.amended()),
        Figure(0) if decision is None else _grains(scale, account.delay(decision)),
        Figure(fees),
        _grains(scale, total, fees),
    )


def splits(account: Shortfall, scale: Scale, end2: int | None, decision: int | None = None, why: str = "") -> Splits:
    """Both splits at the end mid (doubled); `why` is the reason where there is a rest and no end mid."""
    missing = why or "no end mid"
    fees = scale.fee_grains(account.fees)
    trading = account.executed()
    none: Figure[Exact] = Figure(None, _NO_DECISION)
    return Splits(
        none if decision is None else _grains(scale, account.delay(decision)),
        _grains(scale, trading),
        _grains(scale, account.left(account.arrival2, end2, missing)),
        none if decision is None else _grains(scale, account.delay_on_filled(decision)),
        none if decision is None else _grains(scale, account.left(2 * decision, end2, missing)),
        Figure(fees),
        _grains(scale, account.against(None if decision is None else 2 * decision, end2, missing), fees),
    )


def notional(account: Shortfall, scale: Scale, price2: int | None) -> Exact:
    """S x price in grains, the denominator of shortfall in bps; 0 where qty or price is unknown.

    An inverse contract's notional at the reference price is S x face.
    """
    if account.qty is None or price2 is None:
        return 0
    return scale.grains(account.qty * (HALF if account.inverse else price2))


def is_bps(account: Shortfall, scale: Scale, total: Figure[Exact], decision: int | None = None) -> float | None:
    """A total over S x decision price if known, else over S x arrival mid; None where undefined."""
    reference2 = account.arrival2 if decision is None else 2 * decision
    return part_bps(account, scale, total, reference2)


def part_bps(account: Shortfall, scale: Scale, part: Figure[Exact], price2: int | None) -> float | None:
    """A part in grains over S x a doubled price, in bps."""
    return None if part.value is None else ratio(part.value, notional(account, scale, price2), BPS)


def beyond_limit(account: Shortfall, scale: Scale, end2: int | None, limit: int) -> Figure[Exact]:
    """The part of the opportunity that lay beyond the limit price, in grains: not the algo's.

    s R (Pn - max(P0, limit)) for a buy whose market ended above its limit (mirrored for a sell), else 0.
    """
    rest, arrival2 = account.rest, account.arrival2
    if rest is None or arrival2 is None or end2 is None:
        return account.left(arrival2, end2, "no end mid")
    side = account.side
    bound2 = arrival2 if side * (arrival2 - 2 * limit) > 0 else 2 * limit
    if side * (end2 - bound2) <= 0:
        return Figure(0)
    return _grains(scale, account.left(bound2, end2, ""))


def average_price(account: Shortfall) -> float | None:
    """Average price of what was done, in quote currency; None with nothing filled."""
    return ratio(account.notional, account.filled * PRICE_SCALE)


def _grains(scale: Scale, part: Figure[Exact], fees: int = 0) -> Figure[Exact]:
    return part if part.value is None else Figure(scale.grains(part.value) + fees)
