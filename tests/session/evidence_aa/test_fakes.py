"""Fake orders: rows like any order's, away from ours, drawn again alike; prints are trades of others, each once."""

import numpy as np

from app.engine.events import MARKET, Instrument, Rows
from app.engine.units import QUOTE, REGULAR, SECOND, TRADE
from app.engine.universe import Universe
from app.session.evidence_aa.fakes import AWAY_NS, FAR, WARM_NS, Fakes, orders_of, parents_of, spans_of

BEGIN = 1_000 * SECOND
EVERY_NS = SECOND // 2


def universe() -> Universe:
    """One instrument at one venue."""
    made = Universe()
    made.describe(Instrument(instrument="E00"))
    made.venues.index("XNAS")
    return made


def market(seconds: int = 2_000) -> Rows:
    """A quote and a trade by turns, twice a second, sides by turns."""
    rows = np.zeros(seconds * 2, MARKET)
    rows["ts_event"] = BEGIN + np.arange(len(rows)) * EVERY_NS
    rows["action"] = np.where(np.arange(len(rows)) % 2, TRADE, QUOTE)
    rows["side"] = np.where(rows["action"] == TRADE, 1 - 2 * (np.arange(len(rows)) // 2 % 2), 0)
    rows["size"], rows["price"], rows["condition"] = 30, 50_000_000_000, REGULAR
    return rows


def test_that_children_lie_between_warm_up_and_end_one_parent_after_the_other() -> None:
    span = spans_of(market(), {})[0]
    assert span.begin == BEGIN + WARM_NS
    made = list(parents_of(Fakes(1, 20, 10.0), span, 0))
    assert len(made) == (2_000 - 300) // 200
    times = [child.t for _, children in made for child in children]
    assert times == sorted(times)
    assert span.begin <= times[0]
    assert times[-1] <= span.end
    assert {len(children) for _, children in made} == {20}
    assert {side for side, _ in made} == {1, -1}


def test_that_the_same_seed_draws_the_same_and_another_draws_others() -> None:
    span = spans_of(market(), {})[0]
    first, again, other = (list(parents_of(Fakes(seed, 20, 10.0), span, 0)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_that_moments_near_ours_are_left_out() -> None:
    ours = np.arange(BEGIN + WARM_NS, BEGIN + 900 * SECOND, 40 * SECOND)
    span = spans_of(market(), {0: ours})[0]
    times = [child.t for _, children in parents_of(Fakes(1, 20, 10.0), span, 0) for child in children]
    assert min(abs(t - one) for t in times for one in ours.tolist()) > AWAY_NS
    assert any(t < BEGIN + 900 * SECOND for t in times)


def test_that_nobody_is_faked_where_nothing_trades() -> None:
    rows = market()
    rows["action"] = QUOTE
    assert spans_of(rows, {}) == {}


def test_that_times_are_placed_far_from_the_touch_and_never_filled() -> None:
    made = universe()
    rows = orders_of(Fakes(1, 20, 10.0), spans_of(market(), {}), made)
    assert {row.kind for row in rows} == {"parent_new", "algo_new", "child_new", "parent_done"}
    assert [row.ts_event for row in rows] == sorted(row.ts_event for row in rows)
    assert {row.price for row in rows if row.kind == "child_new"} == {1, FAR}
    assert all((row.price == 1) == (row.side == "BUY") for row in rows if row.kind == "child_new")
    first = next(row for row in rows if row.kind == "parent_new")
    assert first.qty == sum(
        row.qty or 0 for row in rows if row.kind == "child_new" and row.parent_id == first.parent_id
    )
    assert len({row.seq for row in rows}) == len(rows)


def test_that_prints_are_trades_of_others_on_our_side_each_told_once() -> None:
    rows, trades = orders_of(Fakes(1, 20, 10.0, "prints"), spans_of(market(), {}), universe()), market()
    trades = trades[trades["action"] == TRADE]
    at = {int(trade["ts_event"]): trade for trade in trades}
    fills = [row for row in rows if row.kind == "fill"]
    assert fills
    for row in fills:
        trade = at[row.ts_match or 0]
        assert (row.price, row.qty, row.venue) == (int(trade["price"]), int(trade["size"]), "XNAS")
        assert int(trade["side"]) == (1 if row.side == "BUY" else -1)
    assert len({(row.parent_id, row.ts_match) for row in fills}) == len(fills)
