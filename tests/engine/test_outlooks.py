"""How an order is expected to end, on the board: at its own pace since it is worked as it is now, or why not."""

from typing import Any

import numpy as np
import pytest

from app.engine import layout, outlooks
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.metrics.completion import normal_below
from app.engine.metrics.figure import Figure
from app.engine.tables.build import build
from app.engine.units import NULL
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import Memory, S, in_time

MINUTE = 60 * S
END = T0 + 60 * MINUTE


def worked(qty: int = 9_000, minutes: int = 20, **parent: Any) -> Sheet:
    """A parent of an hour, 100 shares in the middle of each of its first minutes, 4 at a time."""
    sheet = Sheet()
    for minute in range(-1, minutes + 1):
        sheet.quote(minute * MINUTE, "100.00", "100.02")
    columns: dict[str, Any] = {"start_ns": T0, "end_ns": END, "algo": "VWAP"} | parent
    sheet.parent(0, "BUY", qty, **columns)
    for minute in range(minutes):
        sheet.fill(minute * MINUTE + 30 * S, 100, "100.01", f"F{minute}")
    return sheet


def found(sheet: Sheet, now: int) -> Figure[outlooks.Expected]:
    """What is expected of P1 once everything up to a time has come."""
    engine = Engine(sheet.universe(), EngineConfig())
    for block in in_time(sheet, engine.universe, 99):
        engine.apply(block)
    moment, parents = engine.state.moment(), engine.state.parents()
    built = build(parents, [], moment)
    return outlooks.expected(parents[0], built.standings[0], T0 + now)


def test_that_a_steady_order_completes_or_does_not() -> None:
    sure = found(worked(4_000), 20 * MINUTE).value
    assert sure is not None
    assert sure.ends[:4] == pytest.approx((1.0, 1.0, 1.0, 0.0), abs=1e-5)
    assert sure.finish_ns is not None
    assert sure.finish_ns <= END
    never = found(worked(9_000), 20 * MINUTE).value
    assert never is not None
    assert never.ends.probability < 0.01
    assert never.ends.left == pytest.approx(9_000 - 6_000)
    assert never.finish_ns == T0 + 90 * MINUTE


def test_that_a_pace_begins_with_the_last_switch_or_resumption() -> None:
    sheet = worked(6_000, minutes=40)
    sheet.order(20 * MINUTE, "algo_switched", parent_id="P1", algo_order_id="A1", algo="PASSIVE")
    for minute in range(20, 40):
        sheet.fill(minute * MINUTE + 40 * S, 50, "100.01", f"G{minute}")
    whole = found(sheet, 40 * MINUTE).value
    assert whole is not None
    assert whole.ends.left == 0.0  # 150 a minute since then, 20 minutes left, 1,000 to do
    late = worked(6_000, minutes=40)
    late.order(35 * MINUTE, "algo_resumed", parent_id="P1", algo_order_id="A1")
    assert found(late, 40 * MINUTE).reason == "5 min so far: too short to tell its pace"


def test_that_every_reason_is_said() -> None:
    assert found(worked(end_ns=None), 20 * MINUTE).reason == "no end time"
    assert found(worked(qty=2_000), 20 * MINUTE).reason == "the order is over"
    paused = worked()
    paused.order(19 * MINUTE, "algo_paused", parent_id="P1", algo_order_id="A1")
    assert found(paused, 20 * MINUTE).reason == "paused: it has no pace"
    assert found(worked(minutes=5), 20 * MINUTE).reason == "5 steps so far: too few to tell its pace"
    assert found(worked(start_ns=None), 5 * MINUTE).reason.startswith("5 min so far")
    nobody = Sheet()
    nobody.quote(0, "100.00", "100.02")
    nobody.fill(S, 10, "100.01", "LOST", parent_id=None)
    assert found(nobody, 20 * MINUTE).reason == "no arrival or quantity"


def test_that_a_row_has_all_of_it_or_the_reason() -> None:
    rows, sink = np.zeros(2, layout.PARENT_ROW), Memory()
    rows["expected_unfilled"], rows["expected_finish_ns"] = 7.0, 7
    outlooks.write(rows, 0, found(worked(6_100), 20 * MINUTE), sink)
    outlooks.write(rows, 1, Figure(None, "no end time"), sink)
    first, second = rows
    assert 0.0 < first["p_complete_low"] < first["p_complete"] < 0.5 < first["p_complete_high"] < 1.0
    assert first["unfilled_low"] <= first["expected_unfilled"] <= first["unfilled_high"]
    assert first["expected_finish_ns"] == T0 + 61 * MINUTE
    assert np.isnan([second["p_complete"], second["unfilled_low"]]).all()
    assert (second["expected_unfilled"], second["expected_finish_ns"]) == (7.0, 7)
    assert sink.texts[second["p_complete_why"]] == "no end time"
    still = found(worked(9_000), 20 * MINUTE).value
    assert still is not None
    outlooks.write(rows, 0, Figure(still._replace(finish_ns=None)), sink)
    assert rows["expected_finish_ns"][0] == NULL


def test_that_the_board_has_it_once_a_second_of_event_time() -> None:
    sheet = worked(6_000)
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    for block in in_time(sheet, engine.universe, 1):
        engine.apply(block)
        engine.publish(board)
    row = board.said("parents", 0)
    assert 0.0 <= row["p_complete_low"] <= row["p_complete"] <= row["p_complete_high"] <= 1.0
    assert normal_below(0.0) == pytest.approx(0.5, abs=1e-7)
