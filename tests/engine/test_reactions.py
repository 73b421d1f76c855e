"""Board rows of the mid around own events: classes, points before and after, markouts as the table has them."""

from typing import Any

import numpy as np
import pytest

from app.engine import layout
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.metrics.response import Z_90
from app.engine.reactions import reaction_rows
from app.engine.tables.build import build
from app.engine.units import AHEAD, HORIZON_NAMES, POINTS
from app.feeds.generator.hand import Sheet
from tests.engine.days import MS, S, in_time, last_ts

AT = {name: place for place, (name, _) in enumerate(POINTS)}
CLASS = {name: place for place, name in enumerate(layout.EVENT_CLASSES)}


def rows_of(sheet: Sheet) -> tuple[Any, list[dict[str, Any]]]:
    """The rows of every parent of the sheet at its end, and the parents' lines."""
    engine = Engine(sheet.universe(), EngineConfig())
    for block in in_time(sheet, engine.universe, 99):
        engine.apply(block)
    engine.finish(last_ts(sheet))
    now, parents = engine.state.moment(), engine.state.parents()
    built = build(parents, engine.state.flow.all_chains(), now)
    return reaction_rows(parents, built.standings, built.parents, now), built.parents


def rising(side: str = "BUY") -> Sheet:
    """The mid is 100.01 and rises a cent a second from -10 s to 400 s."""
    sheet = Sheet()
    for second in range(-10, 401):
        sheet.quote(second * S, f"{100 + second / 100:.2f}", f"{100.02 + second / 100:.2f}")
    sheet.parent(-9 * S, side, 9_000)
    return sheet


def bps(cents: float, over: float) -> float:
    return cents / 100 / over * 1e4


@pytest.mark.parametrize(("side", "sign"), [("BUY", 1), ("SHORT", -1)])
def test_that_new_replace_and_cancel_are_seen_from_before_to_after(side: str, sign: int) -> None:
    sheet = rising(side)
    names = {"parent_id": "P1", "instrument": "INST", "side": side}
    sheet.order(500 * MS, "child_new", **names, child_id="C1", qty=100, price="100.00")
    sheet.order(600 * MS, "child_new", **names, child_id="C1", qty=100, price="100.00")  # told twice
    sheet.order(10_500 * MS, "child_replaced", **names, child_id="C2", orig_child_id="C1", qty=100, price="100.00")
    sheet.order(20_500 * MS, "child_cancelled", **names, child_id="C2")
    (row,), _ = rows_of(sheet)
    assert row["events"].tolist() == [1, 1, 1, 0, 0, 0]
    for name, mid in (("new", 100.01), ("replace", 100.11), ("cancel", 100.21)):
        mean = row["mean"][CLASS[name]]
        assert mean[AT["-5s"]] == pytest.approx(sign * bps(-5, mid))
        assert mean[AT["-1s"]] == pytest.approx(sign * bps(-1, mid))
        assert mean[AT["1ms"]] == 0.0
        assert mean[AT["1s"]] == pytest.approx(sign * bps(1, mid))
        assert mean[AT["5m"]] == pytest.approx(sign * bps(300, mid))
        assert row["clusters"][CLASS[name]].tolist() == [1] * len(POINTS)
        assert np.isnan(row["low"][CLASS[name]]).all()
    assert np.isnan(row["mean"][CLASS["passive"]]).all()


def test_that_fills_are_passive_or_aggressive_as_told_or_by_their_price_and_marked_out_by_quantity() -> None:
    sheet = rising()
    sheet.fill(500 * MS, 100, "100.00", "F1", liquidity="A")
    sheet.fill(1_500 * MS, 300, "100.03", "F2", liquidity=None)  # at the ask
    sheet.fill(2_500 * MS, 100, "100.03", "F3", liquidity=None)  # at the mid: neither
    sheet.fill(3_500 * MS, 100, "100.04", "F4", liquidity="D")
    sheet.fill(4_500 * MS, 100, "100.04", "F5", liquidity="R")
    sheet.order(5 * S, "bust", ref_exec_id="F5", exec_id="B", parent_id="P1")
    sheet.fill(4_600 * MS, 100, "100.04", "F7", liquidity="X")
    sheet.order(5 * S, "correct", ref_exec_id="F7", exec_id="K", parent_id="P1", qty=0)
    sheet.fill(390_500 * MS, 100, "103.90", "F6", liquidity="A")
    (row,), (line,) = rows_of(sheet)
    assert dict(zip(layout.EVENT_CLASSES, row["events"].tolist(), strict=True)) == {
        "new": 0, "replace": 0, "cancel": 0, "aggressive": 1, "passive": 2, "markout": 5,
    }  # fmt: skip
    assert row["mean"][CLASS["aggressive"], AT["1s"]] == pytest.approx(bps(1, 100.02))
    passive = CLASS["passive"]
    assert row["mean"][passive, AT["1s"]] == pytest.approx((bps(1, 100.01) + bps(1, 103.91)) / 2)
    assert row["undefined"][passive, AT["5m"]] == 1, "past the end of data"
    assert row["clusters"][passive, AT["5m"]] == 1
    assert np.isnan(row["mean"][CLASS["markout"], :AHEAD]).all()
    for name in HORIZON_NAMES:
        assert row["mean"][CLASS["markout"], AT[name]] == line[f"markout_{name}_bps"]
    assert row["clusters"][CLASS["markout"], AT["1s"]] == 5
    assert row["undefined"][CLASS["markout"], AT["-1s"]] == 5


def test_that_enough_fills_have_the_intervals_of_the_table() -> None:
    sheet = rising()
    for n in range(12):
        sheet.fill(n * 10 * S + 500 * MS, 10 + n, f"{100.02 + n / 10:.2f}", f"F{n}", liquidity="R")
    (row,), (line,) = rows_of(sheet)
    half = Z_90 * line["markout_1s_se_bps"]
    found = {name: row[name][CLASS["markout"], AT["1s"]] for name in ("low", "mean", "high")}
    assert found["high"] - found["mean"] == pytest.approx(half)
    assert found["mean"] - found["low"] == pytest.approx(half)
    assert row["low"][CLASS["aggressive"], AT["1s"]] < row["mean"][CLASS["aggressive"], AT["1s"]]
    assert np.isnan(row["low"][CLASS["aggressive"], AT["5m"]])
    assert row["clusters"][CLASS["aggressive"], AT["5m"]] == 1


def test_that_parents_do_not_mix_and_one_without_events_is_undefined() -> None:
    sheet = rising()
    sheet.parent(-8 * S, "SELL", 10, "P2")
    sheet.parent(-8 * S, "SELL", 10, "P3")
    sheet.fill(500 * MS, 10, "100.00", "G", parent_id="P2", liquidity="R")
    rows, lines = rows_of(sheet)
    assert [line["parent_id"] for line in lines] == ["P1", "P2", "P3"]
    assert rows["events"][:, CLASS["aggressive"]].tolist() == [0, 1, 0]
    assert rows["mean"][1, CLASS["aggressive"], AT["1s"]] == pytest.approx(-bps(1, 100.01))
    assert np.isnan(rows["mean"][[0, 2]]).all()
    assert (rows["clusters"][[0, 2]] == 0).all()


def test_that_an_event_before_any_quote_is_counted_as_undefined() -> None:
    sheet = rising()
    names = {"parent_id": "P0", "instrument": "INST", "side": "BUY"}
    sheet.order(-20 * S, "child_new", **names, child_id="C0", qty=100, price="100.00")
    rows, lines = rows_of(sheet)
    row = rows[[line["parent_id"] for line in lines].index("P0")]
    assert row["events"][CLASS["new"]] == 1
    assert row["undefined"][CLASS["new"]].tolist() == [1] * len(POINTS)
