"""Equal stamps and doubtful touches: one case a parent, expected values worked out by hand.

Every case starts from a touch of 100.00/100.02 (mid 100.01) long before; a buy of 200 is entered at 0 and ended at
+10 s unless its lines say otherwise. End of data is +60 s, the last row of all.
"""

from fractions import Fraction
from typing import Any

import pytest

from app.feeds.generator.golden import ties
from app.feeds.generator.hand import T0
from tests.session.judges import Judge, Reading, agrees, bps

S = 1_000_000_000
Figures = dict[str, Any]

# One line a case: what ties, and what it must give.
PARENTS: dict[str, Figures] = {
    # A touch of 100.11 carries the stamp of the entry: strictly before is 100.01. The print of 500 at the entry is
    # out, the 300 at the end is in, the 700 one ns later out. The touch of 100.21 stamped at the end is the end's mid.
    # 100 done at 100.12 (far touch of 100.11): 100 * .11; 100 left: 100 * .20.
    "ARRIVAL": {
        "arrival_mid": 100.01, "arrival_bid": 100.0, "arrival_ask": 100.02, "arrival_basis": "continuous",
        "mkt_vol": 300, "mkt_vwap": 100.04, "mkt_vwap_ex_own": 100.04, "end_mid": 100.21, "end_ts": T0 + 10 * S,
        "participation": Fraction(1, 3), "exec_cost_ccy": 11.0, "opp_cost_ccy": 20.0, "is_ccy": 31.0, "spread_ccy": 1.0,
        "drift_ccy": 30.0,
        # 100.11 from 0 to 10 s: the touch at 0 holds from 0 on, the one at 10 s for no time
        "twap": 100.11,
    },
    # Filled whole at 1 s. The mid before is that before the match, 100.01, though a touch is stamped at the match and
    # another lies between match and report. 100.02 is beyond 100.01: aggressive.
    "MATCH": {"arrival_mid": 100.01, "pre_drift_bps": 0.0, "aggressor_share": 1.0, "spread_ccy": 2.0, "drift_ccy": 0.0,
              "opp_cost_ccy": 0.0, "is_ccy": 2.0},
    "HORIZON": {"markout_1ms_bps": bps("0.02", "100.02"), "markout_10ms_bps": bps("0.02", "100.02")},
    # Locked at 100.02: valid. wmid = (100.02 * 300 + 100.02 * 100) / 400.
    "LOCKED": {"arrival_mid": 100.02, "arrival_bid": 100.02, "arrival_ask": 100.02, "arrival_wmid": 100.02,
               "arrival_basis": "continuous", "slip_arrival_bps": bps("0.01", "100.02")},
    # Crossed for half a second at entry: the last valid touch holds. Valid again at 100.05 before the fill at 100.06.
    "CROSSED": {"arrival_mid": 100.01, "arrival_bid": 100.0, "arrival_ask": 100.02, "arrival_basis": "continuous",
                "exec_cost_ccy": 10.0, "spread_ccy": 2.0, "drift_ccy": 8.0},
    # Crossed for 2 s at entry: undefined; the first valid mid, 100.04 at 1 s, is the arrival.
    "CROSSED_LONG": {"arrival_mid": 100.04, "arrival_bid": 100.03, "arrival_ask": 100.05,
                     "arrival_basis": "first_valid", "arrival_ts": T0, "exec_cost_ccy": 2.0},
    # The ask left at -.5 s: held until +.5 s, so F1 (+.25 s) has a mid before and F2 (+1 s) has none: its spread is
    # measured from the last mid there was, 100.01: 2 * 100 * .02, nothing left, no drift.
    "ONE_SIDED": {"arrival_mid": 100.01, "exec_cost_ccy": 4.0, "opp_cost_ccy": 0.0, "is_ccy": 4.0, "spread_ccy": 4.0,
                  "drift_ccy": 0.0, "pre_drift_bps": 0.0, "post_drift_bps": None},
    # As of -1 ns the touch has been invalid for exactly 1 s: still held. One ns more: not.
    "ONE_SIDED_EDGE": {"arrival_mid": 100.01, "arrival_basis": "continuous", "end_mid": 100.02},
    "ONE_SIDED_OVER": {"arrival_mid": 100.02, "arrival_basis": "first_valid", "end_mid": 100.02},
    "HALTED": {"arrival_mid": 100.01, "end_mid": 100.07},
    # Both venues move in the same ns: 100.03 bid (XONE, 100) and 100.04 asked (XTWO, 300) afterwards.
    # wmid = (100.03 * 300 + 100.04 * 100) / 400 = 100.0325. Never crossed.
    "TWO_VENUES": {"arrival_mid": 100.035, "arrival_bid": 100.03, "arrival_ask": 100.04, "arrival_wmid": 100.0325,
                   "arrival_basis": "continuous"},
    # The mid of 100.41 lived and died inside one ns: the hold of 100.01, begun at -1 s + 100 ns, goes on and ends at
    # +100 ns, both ends included.
    "BORN_AND_DEAD": {"arrival_mid": 100.01, "arrival_basis": "continuous", "pre_drift_bps": 0.0, "spread_ccy": 4.0},
    "SAME_FILLS": {"avg_px": 100.04, "slip_arrival_bps": bps("0.03", "100.01")},
    # Raised by 100 at 2 s, at the mid strictly before, 100.03 (100.07 is stamped 2 s too): 100 * .02.
    # 200 left at 100.07.
    # Drift: 200 * .02 to 2 s, 300 * .04 to the fill: 4 + 12, then still. 1 of spread. Sum 19 = 100 * .07 + 200 * .06.
    "AMENDED": {"order_qty": 300, "amend_ccy": 2.0, "spread_ccy": 1.0, "drift_ccy": 16.0, "exec_cost_ccy": 7.0,
                "opp_cost_ccy": 12.0, "is_ccy": 19.0},
    # 100 * (100.05 - 100.02) at +60 s for F1 only: F2's minute ends 1 ns past the end of data.
    "DATA_END": {"markout_1m_bps": bps("0.03", "100.02"), "markout_30s_bps": bps("-0.01", "100.02"),
                 "markout_5m_bps": None},
}  # fmt: skip

FILLS: dict[tuple[str, str], Figures] = {
    ("ARRIVAL", "F1"): {"mid_before": 100.11, "own_print": False, "slip_arrival_bps": bps("0.11", "100.01")},
    # 1 ms after the match is 1 ns before the touch of 100.07: 100.05
    ("MATCH", "F1"): {
        "mid_before": 100.01, "eff_spread_bps": bps("0.02", "100.01"), "markout_1ms_bps": bps("0.03", "100.02"),
        "realized_spread_1ms_bps": bps("-0.06", "100.01"), "markout_10ms_bps": bps("0.05", "100.02"),
    },
    # The touch of 100.04 is stamped at the very horizon of 1 ms: in. That of 100.08, 1 ns after 10 ms: not yet.
    ("HORIZON", "F1"): {"markout_1ms_bps": bps("0.02", "100.02"), "markout_10ms_bps": bps("0.02", "100.02"),
                        "markout_100ms_bps": bps("0.06", "100.02")},
    ("LOCKED", "F1"): {"mid_before": 100.02, "eff_spread_bps": bps("0.02", "100.02")},
    ("CROSSED", "F1"): {"mid_before": 100.05, "mid_drift_bps": bps("0.04", "100.01")},
    ("ONE_SIDED", "F1"): {"mid_before": 100.01, "markout_100ms_bps": bps("-0.02", "100.03")},
    ("ONE_SIDED", "F2"): {"mid_before": None, "eff_spread_bps": None, "mid_drift_bps": None, "markout_1ms_bps": None,
                          "markout_5s_bps": bps("-0.01", "100.03"), "slip_arrival_bps": bps("0.02", "100.01")},
    # Halted from +50 ms to +2 s after the fill; the quote of 100.07 came inside the halt and counts from the reopening.
    ("HALTED", "F1"): {"markout_10ms_bps": bps("-0.01", "100.02"), "markout_100ms_bps": None, "markout_1s_bps": None,
                       "markout_5s_bps": bps("0.05", "100.02")},
    ("BORN_AND_DEAD", "F1"): {"mid_before": 100.01},
    ("BORN_AND_DEAD", "F2"): {"mid_before": None},
    # F2 has the lower seq: it comes first
    ("SAME_FILLS", "F2"): {"cum_slip_bps": bps("0.02", "100.01")},
    ("SAME_FILLS", "F1"): {"cum_slip_bps": bps("0.03", "100.01")},
    ("DATA_END", "F1"): {"markout_1m_bps": bps("0.03", "100.02"), "markout_5m_bps": None},
    ("DATA_END", "F2"): {"markout_1m_bps": None, "markout_30s_bps": bps("-0.01", "100.02")},
}  # fmt: skip


@pytest.fixture
def reading(judge: Judge) -> Reading:
    """The ties session, read by one of the judges."""
    return judge(ties())


@pytest.mark.parametrize("case", PARENTS)
def test_that_a_tie_of_a_parent_is_resolved_as_worked_out_by_hand(reading: Reading, case: str) -> None:
    assert agrees(reading.parent(case), PARENTS[case]) == []


@pytest.mark.parametrize(("case", "name"), FILLS)
def test_that_a_tie_of_a_fill_is_resolved_as_worked_out_by_hand(reading: Reading, case: str, name: str) -> None:
    assert agrees(reading.fill(name, case), FILLS[case, name]) == []


def test_that_every_case_of_the_session_has_its_line(reading: Reading) -> None:
    entered = {row["parent_id"] for row in ties().orders if row["kind"] == "parent_new"}
    assert entered == set(PARENTS)
