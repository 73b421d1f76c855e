"""Generated sessions: every column of every parent and fill against the slow oracle."""

import pytest

from app.feeds.generator import Plan, generate
from app.feeds.generator.hand import Sheet
from tests.session.compare import mismatches
from tests.session.oracle import Session
from tests.session.play import as_sheet, keyed, played

PLANS = {
    "usual": Plan(seed=11, market_rows=4_000, order_share=0.03),
    "one instrument, one venue": Plan(seed=12, market_rows=2_000, order_share=0.05, instruments=1),
    "nine venues": Plan(seed=13, market_rows=6_000, order_share=0.02, instruments=6),
    "ties everywhere": Plan(seed=14, market_rows=3_000, order_share=0.05, same_stamp=1.0, duration_s=20),
    "doubtful touches": Plan(
        seed=15, market_rows=3_000, order_share=0.05, one_sided=0.2, locked=0.2, crossed=0.2, halts=4
    ),
    "restated": Plan(seed=16, market_rows=3_000, order_share=0.1, busts=0.3, corrections=0.3, copies=0.3, amends=0.7),
    "late and dark": Plan(seed=17, market_rows=3_000, order_share=0.1, late_reports=0.6, dark=0.9, odd_prints=0.3),
    "cancelled prints": Plan(seed=18, market_rows=3_000, order_share=0.05, cancelled_prints=0.3),
}


def sheet_of(plan: Plan) -> Sheet:
    """The generated session as a sheet."""
    return as_sheet(generate(plan))


QUICK = ("ties everywhere", "cancelled prints")
NAMES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in PLANS]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_that_a_generated_session_equals_the_oracle_on_every_column(name: str) -> None:
    sheet = sheet_of(PLANS[name])
    session = Session(sheet.market, sheet.orders, sheet.instruments)
    assert len(session.parents()) > 1
    assert len(session.fills()) > 10
    assert mismatches(played(sheet).tables(), session) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["usual", "restated"])
def test_that_a_mirrored_session_costs_the_same_money(name: str) -> None:
    sheet = sheet_of(PLANS[name])
    for reference in sheet.instruments:
        reference["index"] = None  # its beta speaks of bps, whose denominators a mirror changes
    plain = keyed(played(sheet).tables()["parents"], "parent_id")
    mirrored = keyed(played(sheet.mirrored("1000")).tables()["parents"], "parent_id")
    same = [column for column in plain["P00000"] if column.endswith("_ccy")]
    same += ["participation", "aggressor_share", "spread_capture", "mkt_vol", "fill_rate", "n_fills", "filled_qty"]
    compared = 0
    for name_, row in plain.items():
        assert {column: row[column] for column in same} == {column: mirrored[name_][column] for column in same}
        compared += row["is_ccy"] is not None
    assert compared > 1


def test_that_a_mirror_swaps_the_touch_and_reflects_the_prices() -> None:
    sheet = sheet_of(PLANS["usual"])
    plain = keyed(played(sheet).tables()["parents"], "parent_id")
    mirrored = keyed(played(sheet.mirrored("1000")).tables()["parents"], "parent_id")
    for name, row in plain.items():
        if row["arrival_bid"] is not None:
            assert round(row["arrival_bid"] + mirrored[name]["arrival_ask"], 9) == 2_000
        assert row["side"] != mirrored[name]["side"] or row["side"] is None


@pytest.mark.slow
def test_that_the_identity_of_300_random_parents_is_exact_in_integers() -> None:
    plan = Plan(seed=19, market_rows=6_000, order_share=1.4, amends=0.6, busts=0.1, corrections=0.1, halts=3)
    engine = played(sheet_of(plan), 512)
    engine.tables()
    exact = 0
    for parent in engine.state.parents():
        account = getattr(parent.standing, "account", None)
        if account is None or account.arrival2 is None or account.marked().value is None:
            continue
        parts = account.spread().value + account.drift().value + account.amended().value
        assert parts == account.marked().value
        assert isinstance(parts, int)
        exact += 1
    assert exact >= 300
