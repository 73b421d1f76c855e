"""The slow oracle: every figure of a session from its rows, by the definitions, in fractions.

Independent of the engine on purpose: it imports nothing of it. Prices are converted to quote currency at the
very end, figures in bps stay exact fractions; a standard error is a float (it needs a root).
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tests.session.oracle_market import Mid, Row, Tape, applied
from tests.session.oracle_orders import Fill, Flow, Parent

BPS = 10_000
NANO = 1_000_000_000
HORIZONS = {
    "1ms": 1_000_000, "10ms": 10_000_000, "100ms": 100_000_000, "500ms": 500_000_000, "1s": NANO, "5s": 5 * NANO,
    "15s": 15 * NANO, "30s": 30 * NANO, "1m": 60 * NANO, "5m": 300 * NANO,
}  # fmt: skip
Figures = dict[str, Any]
MONEY = (
    "exec_cost_ccy", "opp_cost_ccy", "delay_cost_ccy", "delay_filled_ccy", "missed_ccy", "amend_ccy", "is_ccy",
    "spread_ccy", "drift_ccy",
)  # fmt: skip
MINUTE = 60 * NANO


def ratio(top: Fraction | int | None, bottom: Fraction | int | None) -> Fraction | None:
    """top / bottom, undefined where either is or the bottom is zero."""
    return None if top is None or bottom is None or bottom == 0 else Fraction(top) / bottom


def sign(side: str) -> int:
    """+1 for a buy, -1 for a sell or short sale."""
    return 1 if side == "BUY" else -1


class Money:
    """Value of a quantity at a price in the row's currency: linear, inverse, minor units, multipliers."""

    def __init__(self, reference: Row, arrival: Fraction | None) -> None:
        multiplier = reference.get("multiplier")
        self.unit = Fraction(NANO if multiplier is None else multiplier, NANO)
        self.unit *= Fraction(10) ** (reference.get("size_exponent") or 0)
        self.inverse = reference.get("contract") == "inverse"
        if reference.get("minor_unit") is not None:
            self.unit /= 100
        self.arrival = arrival

    def value(self, price: Fraction | int) -> Fraction:
        """What one unit of quantity is worth at a price (a difference of two is a gain or a cost)."""
        if self.inverse:
            assert self.arrival is not None
            return -self.unit * self.arrival / Fraction(price)
        return self.unit * Fraction(price) / NANO

    def between(self, start: Fraction | int | None, end: Fraction | int | None) -> Fraction | None:
        """Change of value from one price to another, undefined where either is."""
        return None if start is None or end is None else self.value(end) - self.value(start)

    def notional(self, price: Fraction | int | None) -> Fraction | None:
        """The denominator's value of one unit: its price, or its face where the contract is inverse."""
        if price is None:
            return None
        return self.unit if self.inverse else self.value(price)


class Session:
    """A session's rows, with the figures of its parents, fills and children."""

    def __init__(self, market: list[Row], orders: list[Row], instruments: Iterable[Row] = ()) -> None:
        self.reference = {row["instrument"]: row for row in instruments}
        names = {row["instrument"] for row in market}
        self.tapes = {name: Tape([row for row in market if row["instrument"] == name]) for name in names}
        self.flow = Flow(orders)
        self.flow.match(self.tapes)
        self.end = max([applied(row) for row in market] + [row["ts_event"] for row in orders])

    def tape(self, instrument: str) -> Tape:
        """The instrument's tape, an empty one where nothing was seen."""
        return self.tapes.get(instrument) or Tape([])

    def parents(self) -> dict[str, Figures]:
        """Columns of `parents.parquet` by parent."""
        return {name: self.parent(name) for name in self.flow.parents}

    def fills(self) -> dict[tuple[str, str], Figures]:
        """Columns of `fills.parquet` by (parent, fill); fills without a parent under `unassigned`."""
        found = {}
        running: dict[str, tuple[int, int]] = {}
        for fill in sorted(self.flow.fills, key=lambda fill: fill.order):
            arrival = self._arrival_of(fill)
            figures = self.fill(fill, arrival)
            if not fill.busted:
                qty, notional = running.get(fill.parent, (0, 0))
                running[fill.parent] = qty + fill.qty, notional + fill.qty * fill.price
                average = ratio(running[fill.parent][1], running[fill.parent][0])
                figures["cum_slip_bps"] = _slip(sign(fill.row["side"]), average, arrival)
            found[fill.parent, fill.row["exec_id"]] = figures
        return found

    def _arrival_of(self, fill: Fill) -> Fraction | None:
        parent = self.flow.parents.get(fill.parent)
        return None if parent is None else self.arrival(parent)["arrival_mid"]

    def fill(self, fill: Fill, arrival: Fraction | None) -> Figures:
        """One fill's own figures; prices in 1e-9."""
        s, tape = sign(fill.row["side"]), self.tape(fill.row["instrument"])
        before = tape.before(fill.ts_match).mid
        figures: Figures = {
            "ts_event": fill.row["ts_event"], "ts_match": fill.ts_match, "side": fill.row["side"], "qty": fill.qty,
            "px": Fraction(fill.price), "mid_before": before, "cum_slip_bps": None,
            "slip_arrival_bps": _slip(s, fill.price, arrival), "mid_drift_bps": _slip(s, before, arrival),
            "eff_spread_bps": _times(2, _slip(s, fill.price, before)), "own_print": fill.print_ is not None,
        }  # fmt: skip
        for name, h in HORIZONS.items():
            later = self.horizon(tape, fill.ts_match + h)
            figures[f"realized_spread_{name}_bps"] = _over(2 * s, later, fill.price, before)
            figures[f"markout_{name}_bps"] = _over(s, fill.price, later, fill.price)
        return figures

    def horizon(self, tape: Tape, t: int) -> Fraction | None:
        """The mid at t, undefined past the end of data."""
        return None if t > self.end else tape.at(t).mid

    def arrival(self, parent: Parent) -> Figures:
        """Arrival mid, touch, wmid and basis."""
        row = parent.first
        tape, ts = self.tape(row["instrument"]), row["ts_event"]
        mid = tape.before(ts)
        if mid.mid is not None:
            return _arrival(mid, "continuous")
        index = tape.first_valid(ts)
        valid_ts = None if index is None else tape.times[index]
        if mid.quality in ("auction", "closed"):
            crosses = [p for p in tape.prints if p.condition == "auction" and p.ts >= ts and not p.cancelled]
            if crosses and (valid_ts is None or crosses[0].ts <= valid_ts):
                cross = Mid(Fraction(crosses[0].price), None, None, None, "good")
                return _arrival(cross, "opening_cross")
        if valid_ts is None:
            return _arrival(Mid(None, None, None, None, mid.quality), None)
        return _arrival(tape.at(valid_ts), "first_valid")

    def parent_end(self, parent: Parent) -> int | None:
        """When the parent ended: done, else when nothing was left; None while it is alive."""
        if parent.done is not None:
            return parent.done
        facts = [(fill.order, 0, fill.qty, fill.ts_match) for fill in parent.fills if not fill.busted]
        facts += [((r["ts_event"], r["source"], r["seq"]), change, 0, r["ts_event"]) for r, change in parent.amends]
        closed: int | None = None
        left = parent.first["qty"]
        for _, change, qty, when in sorted(facts, key=lambda fact: fact[0]):
            was, left = left, left + change - qty
            if left > 0:
                closed = None
            elif was > 0:
                closed = int(when)
        return closed

    def parent(self, name: str) -> Figures:
        """One parent's figures; prices in 1e-9, money in the row's currency."""
        parent = self.flow.parents[name]
        row, tape = parent.first, self.tape(parent.first["instrument"])
        s, live = sign(row["side"]), [fill for fill in parent.fills if not fill.busted]
        figures = self.arrival(parent)
        said = self.parent_end(parent)
        end = self.end if said is None else said
        arrival, end_mid = figures["arrival_mid"], tape.at(end).mid
        filled = sum(fill.qty for fill in live)
        average = ratio(sum(fill.qty * fill.price for fill in live), filled)
        figures |= {
            "instrument": row["instrument"], "side": row["side"], "order_qty": parent.qty, "filled_qty": filled,
            "avg_px": average, "arrival_ts": row["ts_event"], "end_ts": said, "end_mid": end_mid,
            "fill_rate": ratio(filled, parent.qty), "n_fills": len(live), "n_children": len(parent.children),
            "slip_arrival_bps": _slip(s, average, arrival), "twap": _twap(tape, row["ts_event"], end),
        }  # fmt: skip
        adv = self.reference.get(row["instrument"], {}).get("adv")
        exponent = self.reference.get(row["instrument"], {}).get("size_exponent") or 0
        figures["pct_adv"] = None if not adv else parent.qty * Fraction(10) ** exponent / Fraction(adv)
        figures |= self._volume(parent, live, tape, end)
        for kind in ("", "_ex_own"):
            vwap = figures[f"mkt_vwap{kind}"]
            figures[f"slip_vwap{kind}_bps"] = _over(s, vwap, average, vwap)
        figures |= self._cost(parent, live, tape, arrival, end_mid)
        figures |= _touch_shares(s, live, tape)
        figures |= self._drifts(s, live, tape, arrival)
        for horizon, h in HORIZONS.items():
            figures |= self._markout(live, horizon, h)
        figures["slip_beta_adj_bps"] = self._beta(s, row, live, figures["slip_arrival_bps"])
        return figures

    def _volume(self, parent: Parent, live: list[Fill], tape: Tape, end: int) -> Figures:
        start = parent.first["ts_event"]
        prints = [p for p in tape.prints if p.eligible and start < p.ts <= end]
        inside = {id(entry) for entry in prints}
        own = [fill for fill in live if id(fill.print_) in inside]
        volume, notional = sum(p.size for p in prints), sum(p.size * p.price for p in prints)
        own_volume = sum(f.row["qty"] for f in own)
        own_notional = sum(f.row["qty"] * f.row["price"] for f in own)
        # a dark fill whose print is not market volume is off the tape
        apart = [f for f in live if f.row.get("liquidity") == "X" or (f.row.get("liquidity") == "D" and not _taped(f))]
        counted = sum(fill.qty for fill in live) - sum(fill.qty for fill in apart)
        s = sign(parent.first["side"])
        workable = [p for p in prints if not _paused(parent, p.ts) and _inside(s, _limit(parent, p.ts), p.price)]
        return {
            "mkt_vol": volume, "mkt_vwap": ratio(notional, volume),
            "mkt_vwap_ex_own": ratio(notional - own_notional, volume - own_volume),
            "participation": ratio(counted, sum(p.size for p in workable)),
        }  # fmt: skip

    def _cost(
        self, parent: Parent, live: list[Fill], tape: Tape, arrival: Fraction | None, end_mid: Fraction | None
    ) -> Figures:
        row = parent.first
        money, s = Money(self.reference.get(row["instrument"], {}), arrival), sign(row["side"])
        fees = sum((Fraction(fill.fee or 0, NANO) for fill in live), Fraction(0))
        figures: Figures = dict.fromkeys(MONEY) | {"fees_ccy": fees, "is_bps": None, "is_arrival_bps": None}
        if arrival is None:
            return figures
        left = parent.qty - sum(fill.qty for fill in live)
        decision = row.get("decision_price")
        execution = sum((s * f.qty * money.value(f.price) for f in live), Fraction(0))
        execution -= s * sum(f.qty for f in live) * money.value(arrival)
        spread = sum((s * f.qty * _moved(money, _mark(tape, f.ts_match, arrival), f.price) for f in live), Fraction(0))
        amend = Fraction(0)
        for fact, change in parent.amends:
            amend += s * change * _moved(money, arrival, _mark(tape, fact["ts_event"], arrival))
        opportunity = _missed(money, s * left, arrival, end_mid)
        delay = _times(s * parent.qty, money.between(decision, arrival))
        total = None if opportunity is None else execution + opportunity + fees + (delay or 0)
        reference = arrival if decision is None else Fraction(decision)
        missed = None if decision is None else _missed(money, s * left, decision, end_mid)
        return figures | {
            "exec_cost_ccy": execution, "opp_cost_ccy": opportunity, "delay_cost_ccy": delay, "amend_ccy": amend,
            "delay_filled_ccy": _times(s * (parent.qty - left), money.between(decision, arrival)), "missed_ccy": missed,
            "is_ccy": total, "spread_ccy": spread,
            "drift_ccy": None if opportunity is None else execution + opportunity - spread - amend,
            "is_bps": _times(BPS, ratio(total, _times(parent.qty, money.notional(reference)))),
            "is_arrival_bps": _times(BPS, ratio(total, _times(parent.qty, money.notional(arrival)))),
        }  # fmt: skip

    def _drifts(self, s: int, live: list[Fill], tape: Tape, arrival: Fraction | None) -> Figures:
        if not live:
            return {"pre_drift_bps": None, "post_drift_bps": None}
        first, last = min(fill.ts_match for fill in live), max(fill.ts_match for fill in live)
        start = tape.before(last).mid
        later = tape.last_defined(min(last + MINUTE, self.end))
        return {
            "pre_drift_bps": _slip(s, tape.before(first).mid, arrival),
            "post_drift_bps": _over(s, start, later, arrival),
        }

    def _markout(self, live: list[Fill], name: str, h: int) -> Figures:
        points = []
        for fill in sorted(live, key=lambda fill: (fill.ts_match, fill.row["source"], fill.row["seq"])):
            value = self.fill(fill, None)[f"markout_{name}_bps"]
            if value is not None:
                points.append((fill.ts_match, fill.qty, value))
        mean = ratio(sum((q * v for _, q, v in points), Fraction(0)), sum(q for _, q, _ in points))
        return {f"markout_{name}_bps": mean, f"markout_{name}_se_bps": _clustered(points, h, mean)}

    def _beta(self, s: int, row: Row, live: list[Fill], slip: Fraction | None) -> Fraction | None:
        reference = self.reference.get(row["instrument"], {})
        beta, index = reference.get("beta"), reference.get("index")
        if beta is None or index is None or slip is None:
            return None
        tape = self.tape(index)
        start = tape.before(row["ts_event"]).mid
        at_fills = [(fill.qty, tape.before(fill.ts_match).mid) for fill in live]
        if start is None or any(mid is None for _, mid in at_fills):
            return None
        average = ratio(sum((q * _known(mid) for q, mid in at_fills), Fraction(0)), sum(q for q, _ in at_fills))
        drift = _slip(s, average, start)
        return None if drift is None else slip - Fraction(beta) * drift


def _known(value: Fraction | None) -> Fraction:
    assert value is not None
    return value


def _times(factor: int, value: Fraction | None) -> Fraction | None:
    return None if value is None else factor * value


def _missed(money: Money, qty: int, start: Fraction | int, end: Fraction | None) -> Fraction | None:
    """Cost of a signed quantity left: nothing where nothing is, whatever the end mid."""
    return Fraction(0) if qty == 0 else _times(qty, money.between(start, end))


def _mark(tape: Tape, t: int, arrival: Fraction) -> Fraction:
    """The mid of the running identity strictly before t: the last defined one of any age, else the arrival."""
    known = tape.last_defined(t - 1)
    return arrival if known is None else known


def _moved(money: Money, start: Fraction | int, end: Fraction | int) -> Fraction:
    return _known(money.between(start, end))


def _slip(s: int, price: Fraction | int | None, reference: Fraction | int | None) -> Fraction | None:
    return _over(s, reference, price, reference)


def _over(
    s: int, start: Fraction | int | None, end: Fraction | int | None, bottom: Fraction | int | None
) -> Fraction | None:
    """s*(end - start)/bottom in bps, as given: callers order start and end."""
    if start is None or end is None:
        return None
    return ratio(s * (Fraction(end) - start) * BPS, bottom)


def _arrival(mid: Mid, basis: str | None) -> Figures:
    return {
        "arrival_mid": mid.mid, "arrival_bid": mid.bid, "arrival_ask": mid.ask, "arrival_wmid": mid.wmid,
        "arrival_basis": basis,
    }  # fmt: skip


def _twap(tape: Tape, start: int, end: int) -> Fraction | None:
    parts = tape.segments(start, end) if end > start else []
    return ratio(sum((length * mid for length, mid in parts), Fraction(0)), sum(length for length, _ in parts))


def _taped(fill: Fill) -> bool:
    return fill.print_ is not None and fill.print_.eligible


def _paused(parent: Parent, t: int) -> bool:
    """True while every algo order announced so far is paused."""
    known = {row["algo_order_id"] for row in parent.algos if row["kind"] == "algo_new" and row["ts_event"] < t}
    state = {name: paused for ts, name, paused in parent.pauses if ts < t}
    return bool(known) and all(state.get(name, False) for name in known)


def _limit(parent: Parent, t: int) -> int | None:
    index = bisect_right([ts for ts, _ in parent.limits], t - 1) - 1
    return parent.limits[max(index, 0)][1]


def _inside(s: int, limit: int | None, price: int) -> bool:
    return limit is None or s * price <= s * limit


def _touch_shares(s: int, live: list[Fill], tape: Tape) -> Figures:
    aggressive = passive = 0
    gained = spread = 0
    for fill in live:
        liquidity, touch = fill.row.get("liquidity"), tape.before(fill.ts_match)
        known = touch.bid is not None and touch.ask is not None
        if liquidity is None and touch.mid is not None and fill.price != touch.mid:
            liquidity = "R" if s * fill.price > s * touch.mid else "A"
        aggressive += fill.qty if liquidity == "R" else 0
        passive += fill.qty if liquidity == "A" else 0
        if liquidity == "A" and known:
            far = touch.ask if s > 0 else touch.bid
            gained += fill.qty * s * ((far or 0) - fill.price)
            spread += fill.qty * ((touch.ask or 0) - (touch.bid or 0))
    return {"aggressor_share": ratio(aggressive, aggressive + passive), "spread_capture": ratio(gained, spread)}


def _clustered(points: list[tuple[int, int, Fraction]], h: int, mean: Fraction | None) -> float | None:
    clusters: list[tuple[int, int, Fraction]] = []  # start, weight, weighted sum
    for ts, qty, value in points:
        if clusters and ts < clusters[-1][0] + h:
            start, weight, total = clusters[-1]
            clusters[-1] = start, weight + qty, total + qty * value
        else:
            clusters.append((ts, qty, qty * value))
    if mean is None or len(clusters) < 8:
        return None
    weight = sum(w for _, w, _ in clusters)
    effective = Fraction(weight**2, sum(w * w for _, w, _ in clusters))
    spread = sum(((total - w * mean) ** 2 for _, w, total in clusters), Fraction(0))
    return math.sqrt(effective / (effective - 1) * spread / weight**2)
