"""The parents table: one line per parent order, every figure exact until published."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.engine.bits import to_int
from app.engine.enrich.kept_prints import Limited, within
from app.engine.enrich.rows import JOIN
from app.engine.metrics import models, shortfall, slippage, volume
from app.engine.metrics.figure import Figure, Scale, power_of_ten, ratio
from app.engine.metrics.risk import cost_z
from app.engine.orders.standing import Standing, arrival_mid, mid_of
from app.engine.status import Level, Thresholds
from app.engine.tables.context import Moment, Value, cause, defined, mid, price, scale_of
from app.engine.units import BPS, NULL, PAST_END, PENDING, QUALITIES

if TYPE_CHECKING:
    from app.engine.config import EngineConfig
    from app.engine.events import Instrument, Rows
    from app.engine.orders.executions import Fill
    from app.engine.orders.facts import Fact

Row = dict[str, Value]
_WINDOW: Final = ("notional_hi", "notional_lo", "area_hi", "area_lo", "volume", "span")
_window_of: Final = itemgetter(*map((JOIN.names or ()).index, _WINDOW))


class Span(NamedTuple):
    """The window of a parent: arrival (ns), end (ns), JOIN rows at both, the end mid2 and its quality."""

    begin: int
    end: int
    first: Rows
    last: Rows
    end2: int | None
    quality: int


def span_of(standing: Standing, moment: Moment) -> Span | None:
    """(arrival, end] of a parent; an open one ends now. None where its instrument is not known."""
    arrival = standing.arrival
    if arrival is None or arrival.at < 0:
        return None
    rows, closing = moment.joins.rows, standing.closing
    if closing is not None and closing.at >= 0:
        last, end = rows[closing.at], standing.ended or 0
        end2, quality = mid_of(rows, closing.at)
    else:
        last, end = moment.now[arrival.instrument], moment.t
        end2, quality = defined(int(last["mid2"])), int(last["quality"])
    return Span(arrival.row.ts_event, end, rows[arrival.at], last, end2, quality)


def market_window(span: Span, instrument: int, moment: Moment) -> volume.Window:
    """Market sums over (arrival, end], cancelled prints taken out at their own time."""
    window = volume.window(_sums(span.first), _sums(span.last))
    taken = moment.taken_of(instrument)
    if not len(taken.ts):
        return window
    first, last = np.searchsorted(taken.ts, (span.begin, max(span.begin, span.end)), side="right").tolist()
    lost, notional = taken.size[last] - taken.size[first], taken.notional[last] - taken.notional[first]
    return window._replace(volume=window.volume - lost, notional=window.notional - notional)


def _sums(row: Rows) -> volume.Window:
    notional_hi, notional_lo, area_hi, area_lo, traded, covered = _window_of(row.item())
    return volume.Window(traded, to_int(notional_hi, notional_lo), to_int(area_hi, area_lo), covered)


def parent_rows(standings: list[Standing], moment: Moment) -> list[Row]:
    """All plain columns of some parents (markouts are added by the caller).

    Step by step over all of them: a processor keeps one step's code at hand, not that of all (a quarter of the time).
    """
    rows = [_identity(standing, moment) for standing in standings]
    known: list[tuple[Row, Standing, Span, Instrument]] = []
    for row, standing in zip(rows, standings, strict=True):
        span = span_of(standing, moment)
        if standing.account is not None and standing.arrival is not None and span is not None:
            known.append((row, standing, span, moment.reference(standing.arrival.instrument)))
    for row, standing, _span, _reference in known:
        row |= _arrival(standing, moment)
    for row, standing, span, reference in known:
        row |= _market(standing, moment, span, reference)
    for row, standing, span, reference in known:
        row |= _costs(standing, span, scale_of(reference))
    for row, standing, _span, _reference in known:
        row |= _drifts(standing, moment)
    for row, standing, span, reference in known:
        row |= _expectation(standing, span, reference, row, moment.config)
    return rows


def _identity(standing: Standing, moment: Moment) -> Row:
    arrival, attributes = standing.arrival, standing.attributes
    live = [fill for fill in standing.executions.fills if fill.restated != "busted"]
    known = standing.account is not None
    as_of = standing.ended if standing.ended is not None else moment.t
    mid2 = moment.joins.rows["mid2"]
    source, seq, as_of_value = cause(standing.last.row if standing.last else None, as_of)
    row: Row = {
        "parent_id": standing.parent_id,
        "side": standing.side_name,
        "algo": attributes.get("algo"), "trader": attributes.get("trader"), "account": attributes.get("account"),
        "visibility": standing.visibility or _visibility(standing),
        "order_qty": standing.order_qty,
        "filled_qty": standing.filled if known else quantity(live),
        "arrival_ts": arrival.row.ts_event if arrival and known else None,
        "end_ts": standing.ended,
        "n_children": len(standing.children), "n_fills": len(live), "n_late": standing.late,
        "n_undefined": len([1 for fill in live if fill.fact.before < 0 or mid2.item(fill.fact.before) == NULL]),
        "source": source, "seq": seq, "as_of": as_of_value,
    }  # fmt: skip
    if arrival is not None and arrival.instrument >= 0:
        reference = moment.reference(arrival.instrument)
        row["currency"] = attributes.get("currency") or reference.currency or reference.quote_currency
        row["instrument"] = reference.instrument
    return row


def quantity(fills: list[Fill]) -> int:
    """Total quantity of some fills."""
    total = 0
    for fill in fills:
        total += fill.qty
    return total


def _visibility(standing: Standing) -> str | None:
    """What can be seen of the order's working: own children, fills with venue or liquidity, or bare fills."""
    if standing.sees_children:
        return "V3"
    fills = standing.executions.fills
    if not fills:
        return None
    return "V2" if any(fill.fact.row.liquidity or fill.fact.row.venue for fill in fills) else "V1"


def _arrival(standing: Standing, moment: Moment) -> Row:
    arrival, joins = standing.arrival, moment.joins
    assert arrival is not None  # noqa: S101 - the caller has checked
    mid2, _quality, basis = arrival_mid(arrival, joins)
    touch = joins.rows[arrival.before]
    bid, ask = defined(int(touch["bid"])), defined(int(touch["ask"]))
    low, high = joins.ranges.get(arrival.before, (mid2, mid2))
    return {
        "arrival_basis": basis or None,
        "arrival_mid": mid(mid2),
        "arrival_bid": price(bid) if mid2 is not None else None,
        "arrival_ask": price(ask) if mid2 is not None else None,
        "arrival_wmid": wmid(touch) if mid2 is not None else None,
        "arrival_lo": mid(low), "arrival_hi": mid(high),
    }  # fmt: skip


def wmid(touch: Rows) -> float | None:
    """(Pa Qb + Pb Qa) / (Qa + Qb) of a touch; None without both sides or with no size."""
    bid, ask = int(touch["bid"]), int(touch["ask"])
    bid_size, ask_size = int(touch["bid_size"]), int(touch["ask_size"])
    if bid == NULL or ask == NULL or bid_size + ask_size <= 0:
        return None
    return (ask * bid_size + bid * ask_size) / ((bid_size + ask_size) * 10**9)


def _market(standing: Standing, moment: Moment, span: Span, reference: Instrument) -> Row:
    account = standing.account
    assert account is not None  # noqa: S101 - the caller has checked
    assert standing.arrival is not None  # noqa: S101
    market = market_window(span, standing.arrival.instrument, moment)
    own_volume = own_notional = marketable = 0
    for fill in standing.executions.fills:
        if fill.restated == "busted":
            continue
        found = moment.own_print(fill)
        on_tape = found is not None and bool(found.eligible)
        if found is not None and on_tape and span.begin < found.ts <= span.end:
            own_volume += found.size
            own_notional += found.size * found.price
        letter = fill.fact.row.liquidity
        marketable += fill.qty if letter != "X" and (letter != "D" or on_tape) else 0
    vwap, ex_own = volume.vwap(market), volume.vwap_ex_own(market, own_volume, own_notional)
    eligible = eligible_volume(standing, moment, span, market.volume)
    done = (standing.side, account.notional, account.filled)
    return {
        "end_mid": mid(span.end2),
        "mkt_vol": market.volume,
        "mkt_vwap": volume.published(vwap),
        "mkt_vwap_ex_own": volume.published(ex_own),
        "twap": volume.published(volume.twap(market)),
        "participation": volume.participation(marketable, eligible),
        "pct_adv": None if account.qty is None else volume.pct_adv(account.qty, reference.size_exponent, reference.adv),
        "slip_vwap_bps": slippage.against_bps(*done, vwap.value),
        "slip_vwap_ex_own_bps": slippage.against_bps(*done, ex_own.value),
        "aggressor_share": standing.liquidity.aggressor_share(),
        "spread_capture": standing.liquidity.spread_capture(),
        "fill_rate": account.filled / account.qty if account.qty else None,
    }


def eligible_volume(standing: Standing, moment: Moment, span: Span, traded: int) -> int:
    """Of the volume traded in the span, what the order could have taken part in."""
    if standing.limits:
        return _within_limits(standing, moment, span)
    return traded - _paused_volume(standing, moment, span)


def _within_limits(standing: Standing, moment: Moment, span: Span) -> int:
    """Eligible volume of (arrival, end] printed while not paused and not beyond the limit of its time."""
    assert standing.arrival is not None  # noqa: S101 - the caller has checked
    window = moment.joins.kept.window(standing.arrival.instrument, span.begin, span.end)
    ts, price_, size = (np.ascontiguousarray(window[row]) for row in range(3))  # one kernel, however it was cut
    pauses = [(begin.row.ts_event, span.end if end is None else end.row.ts_event) for begin, end in standing.pauses]
    limits, paused = (np.array(pairs, np.int64).reshape(-1, 2) for pairs in (standing.limits, pauses))
    return int(within(Limited(ts, price_, size, standing.side, limits, paused)))


def _paused_volume(standing: Standing, moment: Moment, span: Span) -> int:
    """Eligible volume of (arrival, end] printed while the order was paused; cancelled prints are not part of it."""
    assert standing.arrival is not None  # noqa: S101 - the caller has checked
    lost = 0
    for begin, end in standing.pauses:
        first = max(begin.row.ts_event, span.begin)
        last = span.end if end is None else min(end.row.ts_event, span.end)
        if last > first:
            lost += int(moment.joins.kept.window(standing.arrival.instrument, first, last)[2].sum(dtype=np.int64))
    return lost


def _costs(standing: Standing, span: Span, scale: Scale) -> Row:
    account = standing.account
    assert account is not None  # noqa: S101 - the caller has checked
    decision = standing.attributes.get("decision_price")
    known = decision if isinstance(decision, int) else None
    why = f"end mid: {QUALITIES[span.quality]}"
    account.mark(span.end2, span.quality)
    parts = shortfall.splits(account, scale, span.end2, known, why)
    books = shortfall.ledger(account, scale, known)
    money = scale.published
    return {
        "avg_px": shortfall.average_price(account),
        "slip_arrival_bps": slippage.cumulative_bps(standing.side, account.notional, account.filled, account.arrival2),
        "exec_cost_ccy": money(parts.trading), "opp_cost_ccy": money(parts.opportunity),
        "delay_cost_ccy": money(parts.delay), "delay_filled_ccy": money(parts.delay_filled),
        "missed_ccy": money(parts.missed), "fees_ccy": money(parts.fees),
        "amend_ccy": money(books.amended), "is_ccy": money(parts.total),
        "is_bps": shortfall.is_bps(account, scale, parts.total, known),
        "is_arrival_bps": shortfall.is_bps(account, scale, parts.total),
        "spread_ccy": money(books.spread), "drift_ccy": money(books.drift),
    }  # fmt: skip


def _drifts(standing: Standing, moment: Moment) -> Row:
    account, first, last = standing.account, standing.first_fill, standing.last_fill
    assert account is not None  # noqa: S101 - the caller has checked
    if first is None or last is None:
        return {}
    rows = moment.joins.rows
    before_first, _quality = mid_of(rows, first.before)
    before_last, _quality = mid_of(rows, last.before)
    return {
        "pre_drift_bps": slippage.bps(standing.side, before_first, account.arrival2, account.arrival2),
        "post_drift_bps": slippage.post_drift_bps(
            standing.side, _after_last_fill(last, moment), before_last, account.arrival2
        ),
        "slip_beta_adj_bps": _beta_adjusted(standing, moment),
    }


def _after_last_fill(last: Fact, moment: Moment) -> int | None:
    """The last defined mid2 up to a minute after the last fill, or up to now."""
    minute = moment.joins.minute_after(last.horizon)
    if minute.quality in (PAST_END, PENDING):
        return defined(int(moment.now[last.instrument]["last"]))
    return defined(minute.last2)


def _beta_adjusted(standing: Standing, moment: Moment) -> float | None:
    """Slippage less beta times the index drift from arrival to each fill, by quantity."""
    account, arrival, joins = standing.account, standing.arrival, moment.joins
    assert account is not None  # noqa: S101 - the caller has checked
    assert arrival is not None  # noqa: S101
    reference = moment.reference(arrival.instrument)
    start = joins.index_of.get(arrival.before)
    if start is None or reference.beta is None:
        return None
    first2, _quality = mid_of(joins.rows, start)
    weighted = 0
    for fill in standing.executions.fills:
        if fill.restated == "busted":
            continue
        index2, _quality = mid_of(joins.rows, joins.index_of.get(fill.fact.before, -1))
        if index2 is None:
            return None
        weighted += fill.qty * index2
    drift = None
    if first2 is not None and account.filled > 0:
        done = account.filled
        drift = ratio(standing.side * (weighted - done * first2), done * first2, BPS)
    slip = slippage.cumulative_bps(standing.side, account.notional, account.filled, account.arrival2)
    return slippage.beta_adjusted_bps(slip, reference.beta, drift)


def _expectation(standing: Standing, span: Span, reference: Instrument, row: Row, config: EngineConfig) -> Row:
    account = standing.account
    assert account is not None  # noqa: S101 - the caller has checked
    rate = row.get("participation")
    inputs = models.Inputs(
        qty=account.filled * power_of_ten(reference.size_exponent) / power_of_ten(-reference.size_exponent),
        days=models.trading_days(span.end - span.begin, reference.open_ns, reference.close_ns),
        adv=reference.adv, daily_sigma=reference.daily_sigma, shares_outstanding=reference.shares_outstanding,
        pov=rate if isinstance(rate, float) else None,
    )  # fmt: skip
    expected = models.expected_cost_bps(config.cost_model, inputs)
    risk = standing.risk.slippage_bps()
    slip = row.get("slip_arrival_bps")
    cost = slip if isinstance(slip, float) else None
    z = cost_z(cost, expected, risk)
    level, reason = _level(config, span.end, Figure(cost, "nothing filled"), z)
    return {
        "expected_cost_bps": expected.value, "timing_risk_bps": risk.value, "cost_z": z.value,
        "level": level, "level_reason": reason,
    }  # fmt: skip


def _level(config: EngineConfig, ts: int, cost: Figure[float], z: Figure[float]) -> tuple[str, str]:
    """The level light of the definitive figures: thresholds only, no memory of how they got there."""
    light = Level(config.level_mode, thresholds(config))
    figure = z if config.level_mode == "z" else cost
    return light.step(ts, figure.value, "" if figure.value is not None else figure.reason)


def thresholds(config: EngineConfig) -> Thresholds:
    """The configured thresholds of the light's mode."""
    if config.level_mode == "z":
        return Thresholds(config.level_amber, config.level_red)
    return Thresholds(config.bps_amber, config.bps_red, config.bps_quiet, config.leave_at, config.dwell_ns)
