"""Evidence in the tables: what each column says, when it says nothing, and that the parts of the drift add up."""

from typing import Any

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.evidence.process import p_anytime
from app.engine.evidence.rows import SCORE_NAMES, WORLDS
from app.engine.schema import EVIDENCE
from app.engine.tables import evidence as figures
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import Memory, in_time, last_ts
from tests.engine.evidence.made import MS, TICK, S, market_sheet, model, own_day, own_parent, parents_of, played
from tests.engine.evidence.test_follow import evidence_of

DAY = own_day()
PLAYED = played(DAY)
ROW = parents_of(PLAYED)["P1"]
PARTS = ("drift_market_ccy", "drift_own_ccy", "drift_leak_ccy", "drift_noise_ccy")


def planted(leak: bool, seed: int = 5, seconds: int = 330) -> Any:
    """A day on which, after each child, somebody trades on our side and the price follows; or nobody does."""
    sheet = market_sheet(seed, seconds)
    own_parent(sheet, seconds)
    acts = [row["ts_event"] - T0 for row in sheet.orders if row["kind"] == "child_new"]
    quotes = [row for row in sheet.market if row["action"] == "Q"]
    for n, t in enumerate(acts if leak else ()):
        for row in quotes:
            if row["ts_event"] >= T0 + t + 300 * MS and n % 2:
                row["bid_price"], row["ask_price"] = row["bid_price"] + TICK, row["ask_price"] + TICK
        for k in range(3):
            ask = max((row for row in quotes if row["ts_event"] < T0 + t + 280 * MS), key=lambda row: row["ts_event"])
            price = f"{ask['ask_price'] / 1e9:.2f}"
            sheet.trade(t + (250 + 40 * k) * MS, price, 137, side="B")
    return played(sheet, 512)


def test_that_a_planted_leak_raises_e_and_a_quiet_day_does_not() -> None:
    quiet, leaking = parents_of(planted(False))["P1"], parents_of(planted(True))["P1"]
    assert quiet["e_value"] < 5
    assert leaking["e_value"] > 1000 * max(quiet["e_value"], 1)
    assert quiet["status"] in ("GREY", "CLEAR")
    assert leaking["leak_bps"] > quiet["leak_bps"]
    assert leaking["in_fdr_set"] is True
    assert quiet["in_fdr_set"] is False


def test_that_the_row_of_a_parent_says_what_its_trail_says() -> None:
    trail = evidence_of(PLAYED).trails()["P1"]
    epoch = trail.epochs[-1]
    assert (ROW["e_value"], ROW["p_anytime"]) == (float(epoch["e"]), p_anytime(float(epoch["most"])))
    assert ROW["n_scored"] == int(trail.epochs[0]["n"] + epoch["n"])
    assert ROW["epoch"] == 1
    assert ROW["leak_lo_bps"] <= ROW["leak_bps"] <= ROW["leak_hi_bps"]
    assert ROW["leak_ccy"] == pytest.approx(ROW["leak_bps"] * 1e-4 * 2000 * ROW["arrival_mid"], rel=1e-9)
    assert ROW["leak_projected_bps"] >= ROW["leak_bps"] >= 0
    assert ROW["min_detectable_bps"] == pytest.approx(5 * (82 / int(epoch["n"])) ** 0.5)
    assert figures.QUIET_ONLY in ROW["status_reason"]
    before, light = trail.epochs[0], [said for said in trail.said if said.epoch == 0][-1].light
    assert ROW["status_reason"].endswith(f"before the switch: E {float(before['e']):.3g}, {light}")


def test_that_the_parts_add_up_to_the_drift() -> None:
    assert sum(ROW[name] for name in PARTS) == pytest.approx(ROW["drift_ccy"], rel=1e-12)
    assert ROW["drift_market_ccy"] == 0.0  # no beta
    assert ROW["drift_own_ccy"] != 0
    assert ROW["noise_band_ccy"] > 0


def with_index(rest: bool) -> Sheet:
    """A parent in an instrument of beta 2 whose index rises by 1 % while it is half filled; `rest`: it stays so."""
    sheet = market_sheet(3, 40, index="IDX", beta=2.0)
    for t, bid in ((0, "50.00"), (15 * S, "50.50")):
        sheet.quote(t, bid, f"{float(bid) + 0.01:.2f}", venue="XIDX")
        sheet.market[-1]["instrument"] = "IDX"
    sheet.parent(1 * S, "BUY", 200, "P1")
    sheet.fill(10 * S, 100, "100.00", "F1", liquidity="A")
    sheet.fill(11 * S, 50, "100.00", "F2", liquidity="A")
    sheet.order(12 * S, "bust", exec_id="B", ref_exec_id="F2", parent_id="P1")
    if not rest:
        sheet.fill(20 * S, 100, "100.00", "F3", liquidity="A")
    return sheet


@pytest.mark.parametrize("rest", [True, False])
def test_that_the_market_is_beta_times_the_index_on_what_is_unfilled(rest: bool) -> None:
    row = parents_of(played(with_index(rest)))["P1"]
    value = 200 * row["arrival_mid"]
    assert row["drift_market_ccy"] == pytest.approx(0.5 * 2.0 * 0.5 / 50.005 * value, rel=1e-6)
    assert sum(row[name] for name in PARTS) == pytest.approx(row["drift_ccy"], rel=1e-9)


def test_that_an_order_ended_early_pays_the_market_to_its_end() -> None:
    sheet = with_index(True)
    sheet.done(13 * S)
    assert parents_of(played(sheet))["P1"]["drift_market_ccy"] == 0.0
    sheet = with_index(True)
    sheet.done(16 * S)
    assert parents_of(played(sheet))["P1"]["drift_market_ccy"] > 0


def test_that_without_an_index_price_the_split_is_undefined() -> None:
    sheet = with_index(True)
    sheet.market = [row for row in sheet.market if row["instrument"] != "IDX"]
    row = parents_of(played(sheet))["P1"]
    assert [row[name] for name in (*PARTS, "noise_band_ccy")] == [None] * 5


def test_that_a_parent_that_has_ended_is_restated_by_its_fills() -> None:
    sheet = own_day()
    sheet.done(58 * S)
    engine = played(sheet)
    row, trail = parents_of(engine)["P1"], evidence_of(engine).trails()["P1"]
    assert row["leak_bps"] != float(trail.epochs[-1]["leak"])
    assert row["leak_projected_bps"] == row["leak_bps"]
    assert row["e_value"] == ROW["e_value"]


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        (own_day(visibility="V1"), "own child orders and aggressive prints are not seen"),
        (market_sheet(1, 20, tick=None), "no tick size"),
        (market_sheet(1, 20), "no arrival, side, quantity or instrument"),
    ],
    ids=["unseen", "no tick", "no quantity"],
)
def test_that_what_cannot_be_measured_is_grey_and_says_why(sheet: Sheet, why: str) -> None:
    if not sheet.orders:
        sheet.order(1 * S, "parent_new", parent_id="P1", instrument="INST", side="BUY",
                    qty=100 if "tick" in why else None)  # fmt: skip
    row = parents_of(played(sheet))["P1"]
    assert row["status"] == "GREY"
    assert row["status_reason"].startswith(f"cannot be measured: {why}")
    assert row["e_value"] is row["min_detectable_bps"] is None


def test_that_a_market_without_a_price_now_turns_a_living_order_grey() -> None:
    sheet = own_day()
    sheet.quote(59_900 * MS, None, None)
    sheet.status(60_100 * MS, "halt")
    row = parents_of(played(sheet))["P1"]
    assert row["status_reason"].startswith("cannot be measured: halt")


def test_that_limited_sight_and_a_silent_tape_are_said() -> None:
    row = parents_of(played(own_day(visibility="V2")))["P1"]
    assert figures.LIMITED in row["status_reason"]
    sheet = own_day()
    sheet.fill(50 * S, 900, "100.00", "MISSING", liquidity="A")
    assert figures.TAPE_MISSING in parents_of(played(sheet))["P1"]["status_reason"]


def test_that_the_table_has_a_line_for_every_child_and_switch() -> None:
    table = PLAYED.tables()["evidence"]
    assert list(table) == [column.name for column in EVIDENCE]
    rows = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    switches = [row for row in rows if row["child_id"] is None]
    assert [(row["epoch"], row["reason"]) for row in switches] == [(1, "a new algo")]
    scored = [row for row in rows if row["child_id"] is not None]
    assert len(scored) == ROW["n_scored"]
    assert scored[0]["child_id"] == "P1-C0"
    assert scored[0]["bucket"].startswith("tick imb")
    assert scored[0]["top_world"].split()[0] in SCORE_NAMES
    assert all(row["lo"] <= row["estimate"] <= row["hi"] for row in scored)


def test_that_an_event_without_a_child_order_is_named_by_its_execution() -> None:
    sheet = market_sheet(1, 30)
    sheet.parent(0, "BUY", 100, "P1")
    sheet.trade(10 * S, "100.01", 100, side="B")
    sheet.fill(10 * S, 100, "100.01", "FX", liquidity="R", ts_match=T0 + 10 * S)
    engine = played(sheet)
    assert engine.tables()["evidence"]["child_id"] == ["FX"]
    assert figures.scores_of(evidence_of(engine)) == {}
    assert figures.scores_of(None) == {}
    assert figures.evidence_table(None) == {}


def test_that_an_empty_run_has_an_empty_table() -> None:
    assert played(market_sheet(1, 5)).tables()["evidence"]["e_value"] == []


def test_that_the_board_shows_the_light() -> None:
    board = Memory()
    PLAYED.publish(board)
    (row,) = [row for row in board.table("parents") if row["parent_id"] == "P1"]
    for name in ("status", "status_reason", "e_value", "leak_bps", "n_scored", "drift_noise_ccy"):
        assert row[name] == ROW[name]
    assert [row["score"] for row in board.table("children")].count(None) == 11 - ROW["n_scored"]
    assert model().hash == PLAYED.config.evidence.hash  # type: ignore[union-attr]


def test_that_without_a_model_the_columns_are_undefined() -> None:
    engine = Engine(DAY.universe(), EngineConfig())
    for block in in_time(DAY, engine.universe, 64):
        engine.apply(block)
    engine.finish(last_ts(DAY))
    row = parents_of(engine)["P1"]
    assert [row[name] for name in ("e_value", "status", "leak_bps", "in_fdr_set", "n_scored")] == [None] * 5


def test_that_what_belongs_to_nobody_cannot_be_measured() -> None:
    sheet = market_sheet(3, 20)
    sheet.fill(5 * S, 10, "100.00", "LOST", parent_id=None, liquidity="R")
    row = parents_of(played(sheet))["unassigned"]
    assert row["status"] == "GREY"
    assert row["status_reason"].startswith("cannot be measured: ")
    assert row["e_value"] is None


def test_that_weights_learnt_of_past_orders_are_said() -> None:
    taught = model().changed(learnt={"weights:POV": np.eye(WORLDS)[2]})
    known = parents_of(played(own_day(), made=taught))["P1"]
    assert "weights learnt from past POV" in known["status_reason"]
    assert "weights learnt" not in ROW["status_reason"]
