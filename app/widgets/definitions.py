"""What each figure is: its definition in words and the fields it is worked out from. For the Why panel."""

import re
from typing import Final, NamedTuple


class Definition(NamedTuple):
    """A figure: title, formula and words, the fields of the same row that go into it."""

    title: str
    words: str
    inputs: tuple[str, ...] = ()


UNKNOWN: Final = Definition("", "A fact as it was reported or recorded; nothing is worked out.")
_SHARED: Final = "s = +1 buy, -1 sell; + is a cost."
_TEXT: Final = """
arrival_mid|Arrival mid|A: the mid strictly before the order came in.|arrival_ts arrival_bid arrival_ask arrival_basis
avg_px|Average price|Sum of quantity times price over quantity, live fills.|filled_qty
slip_arrival_bps|Slippage|s (average price - A) / A in bps.|side avg_px arrival_mid
slip_vwap_bps|Against VWAP|s (average price - market VWAP) / VWAP in bps, arrival to last fill or now.|avg_px mkt_vwap
slip_vwap_ex_own_bps|Against VWAP ex own|As against VWAP, with our own prints taken out of it.|avg_px mkt_vwap_ex_own
slip_beta_adj_bps|Slippage less beta|Slippage less beta times the index's move since arrival: s (average price / A - 1 - beta x index move) in bps.|slip_arrival_bps
is_ccy|Shortfall|Spread + drift + amend + fees, + delay where a decision price is known; marked to now or the end.|spread_ccy drift_ccy amend_ccy fees_ccy delay_cost_ccy
is_bps|Shortfall in bps|Shortfall over quantity x decision price, arrival mid where there is none.|is_ccy order_qty arrival_mid
is_arrival_bps|Shortfall in bps of arrival|Shortfall over quantity x A.|is_ccy order_qty arrival_mid
spread_ccy|Spread|Sum of s q (price - mid just before) over the fills.|n_fills
drift_ccy|Drift|Sum of s R dm: moves of the mid times the shares still unfilled. Market, own impact, leak and noise are in it.|order_qty filled_qty
amend_ccy|Amend|s dQ (m - A): quantity changed while the mid was away from arrival.|order_qty arrival_mid
fees_ccy|Fees|Sum of the fees of live fills; positive = paid.|n_fills
delay_cost_ccy|Delay|s S (A - decision price).|order_qty arrival_mid
exec_cost_ccy|Trading|s sum q (price - A).|filled_qty avg_px arrival_mid
opp_cost_ccy|Opportunity|s (S - filled) (mid now or at the end - A).|order_qty filled_qty end_mid mid arrival_mid
expected_cost_bps|Expected cost|Model cost of what is done, at the time it took; uncalibrated.|filled_qty pct_adv
timing_risk_bps|Timing risk|One standard deviation of the cost that the path of the market alone would give.|
cost_z|Cost z|(cost - expected) / timing risk.|is_arrival_bps expected_cost_bps timing_risk_bps
level|Level|How large the cost is, by its z or by bps; says nothing about why.|cost_z level_reason
status|Evidence|Whether the market answers our own orders more than matched moments at which we did nothing.|status_reason e_value leak_projected_bps min_detectable_bps n_scored
e_value|E|By how much a bet on a leak has grown, child after child. May be looked at as often as one likes: without a leak it reaches 20 in at most one order of twenty.|n_scored n_void epoch p_anytime
p_anytime|p, any time|One over the largest E so far: a p-value that holds however often one looks.|e_value
leak_bps|Leak to date|Model estimate of the epoch, bps of quantity x A, shrunk to 0; 90 % interval in leak_lo_bps, leak_hi_bps.|leak_lo_bps leak_hi_bps n_scored
leak_projected_bps|Leak projected|The leak at completion if it goes on: children weigh as what was unfilled then.|leak_bps order_qty filled_qty
leak_ccy|Leak to date in money|Leak to date x quantity x A.|leak_bps order_qty arrival_mid
leak_projected_ccy|Leak projected in money|Projected leak x quantity x A.|leak_projected_bps order_qty arrival_mid
at_risk_ccy|At risk|What the projected leak still adds to what it has cost: what a switch could save.|leak_projected_ccy leak_ccy
min_detectable_bps|Sees|The smallest leak seen with 80 % power after so many scored children.|n_scored
in_fdr_set|Badge|Stands out among all live orders at 10 % false discoveries (e-BH); of the orders as they are now.|e_value
drift_market_ccy|Market|Beta times the index's moves on what was unfilled.|drift_ccy
drift_own_ccy|Own impact|Moves expected of our own trades, on what was unfilled.|drift_ccy
drift_leak_ccy|Leak|The model estimate and what was measured in the second after each child, each by how certain it is; no colour rests on it.|drift_ccy n_scored
drift_noise_ccy|Noise|Drift less market, own impact and leak; the four add up to it exactly. Within the band it is chance in 9 of 10 cases.|drift_ccy drift_market_ccy drift_own_ccy drift_leak_ccy noise_band_ccy
participation|Participation|Own over eligible market volume, own included, while live and marketable.|filled_qty mkt_vol
aggressor_share|Aggressor share|Quantity that removed liquidity over removed and added.|n_fills
spread_capture|Spread capture|Passive fills: s (far touch - price) over the spread, by quantity; 1 at the near touch.|n_fills
pre_drift_bps|Pre-trade drift|s (mid at the first fill - A) / A in bps.|arrival_mid
post_drift_bps|Post-trade drift|s (last known mid up to 60 s after the last fill - mid at the last fill) / A in bps.|arrival_mid
mkt_vwap|Market VWAP|Volume-weighted price of eligible prints, arrival to last fill or now.|mkt_vol
done_pct|Done|Filled of the order quantity.|filled_qty order_qty
planned_pct|Planned|What the schedule wants done by now: target rate x volume, else a straight line from start to end.|start_ns end_ns target_pov order_qty
expected_finish_ns|Expected finish|When the rest is done at the pace since it is worked as it is now; at the rate so far until that has ten minutes.|filled_qty order_qty
expected_unfilled|Expected unfilled|Quantity left at the end at that pace; 90 % interval in unfilled_low, unfilled_high.|filled_qty order_qty end_ns
p_complete|P(complete)|Probability that nothing is left at the end at that pace, as it varied by twelfths; no closing auction in it.|filled_qty order_qty end_ns
remaining_ccy|Remaining|Shares left times the mid.|order_qty filled_qty mid
cum_slip_bps|Cumulative slippage|s (average of all fills up to this one - A) / A in bps.|px qty
mid_drift_bps|Mid drift|s (mid before the fill - A) / A in bps.|mid_before
eff_spread_bps|Effective spread|2 s (price - mid before) / mid before in bps = realized spread + 2 x impact, exactly.|px mid_before
mid_before|Mid before|The mid strictly before the fill's match time.|ts_match
child_arrival_mid|Mid at new|The mid strictly before the child order.|ts_new
markout|Markout|s (mid one horizon after - fill price) / fill price in bps; + = the price went our way: good for shares done, bad for shares to do. Undefined past the end of data.|
markout_se|Markout error|Standard error from non-overlapping clusters at least one horizon long; below 8 clusters n is too small.|
response|Response|s (mid one horizon after - mid before) / mid before in bps; + = against us.|child_arrival_mid
realized_spread|Realized spread|2 s (price - mid one horizon after) / mid before in bps.|px mid_before
"""  # noqa: E501 (a table)
DEFINITIONS: Final = {
    field: Definition(title, words, tuple(inputs.split()))
    for field, title, words, inputs in (line.split("|") for line in _TEXT.strip().splitlines())
}
_FAMILY: Final = re.compile(r"^(markout|response|realized_spread)_(\w+?)(_se)?_bps$")


def definition(field: str) -> Definition:
    """The definition of a field of the board; those at a horizon share one, with the horizon in the title."""
    found = _FAMILY.match(field)
    if found is not None:
        family = DEFINITIONS[found[1] + (found[3] or "")]
        return family._replace(title=f"{family.title} {found[2]}")
    known = DEFINITIONS.get(field)
    return known or UNKNOWN._replace(title=field.replace("_", " "))


def signs(field: str) -> str:
    """The sentence about signs, where the figure has one."""
    known = definition(field)
    return _SHARED if re.search(r"\bs [(dqRSs]|\bs sum", known.words) else ""
