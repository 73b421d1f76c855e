"""What the guard sees: figures of a living engine's board, a fault in words for every other."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.board import BoardWriter, blank
from app.control.sight import STANDING_STILL_NS, BoardSight
from app.engine.switch.order import Order
from app.engine.switch.states import State
from app.engine.units import SECOND
from tests.control.made import T0

MINUTE = 60 * SECOND
ORDER = Order(order_id="TECH-A1", parent_id="TECH", state=State.R0, tags=((55, "TECH"),))


def board(folder: Path, **parent: float) -> BoardWriter:
    """A board with one parent and its instrument."""
    writer = BoardWriter(folder / "board", clock=time.monotonic_ns)
    row, instrument = blank("parents"), blank("instruments")
    row["parent_id"], row["basket_id"] = writer.intern("TECH"), writer.intern("B1")
    for name, value in parent.items():
        row[name] = value
    instrument["instrument"], instrument["quality"] = writer.intern("TECH"), writer.intern("good")
    instrument["ts"], instrument["mid"] = T0, 50.25
    writer.put("parents", np.array([0]), row)
    writer.put("instruments", np.array([0]), instrument)
    writer.beat(T0)
    return writer


def test_that_a_living_board_tells_the_market(tmp_path: Path) -> None:
    with board(tmp_path, order_qty=1000, pct_adv=0.05, end_ns=T0 + SECOND) as writer:
        sight = BoardSight(tmp_path / "board")
        assert sight.watch(0) == ""
        found = sight.market(ORDER, T0 + SECOND, "")
        assert (found.fault, found.age_ns, found.quality, found.mid) == ("", SECOND, "good", 50.25)
        assert (found.adv, found.close_ns, found.group) == (20_000.0, T0 + SECOND, "basket B1")
        assert found.members == ("TECH",)
        writer.beat(T0 + 3 * SECOND)  # the engine is further than the session's own clock
        assert sight.market(ORDER, T0, "").age_ns == 3 * SECOND


def test_that_the_group_of_an_order_is_everything_linked_with_it(tmp_path: Path) -> None:
    with board(tmp_path, link_id=0) as writer:
        linked = blank("parents", 4)
        linked["parent_id"] = [writer.intern(name) for name in ("TECH", "SAME-LINK", "SAME-BASKET", "ALONE")]
        linked["basket_id"] = [writer.intern(name) for name in ("B1", "", "B1", "B2")]
        linked["link_id"] = [writer.intern(name) for name in ("L1", "L1", "", "")]
        writer.put("parents", np.arange(4), linked)
        writer.beat(T0)
        sight = BoardSight(tmp_path / "board")
        sight.watch(0)
        found = sight.market(ORDER, T0, "")
        assert (found.group, found.members) == ("link L1, basket B1", ("SAME-BASKET", "SAME-LINK", "TECH"))
        alone = sight.market(Order(order_id="A", parent_id="ALONE", state=State.R0, tags=((55, "TECH"),)), T0, "")
        assert (alone.group, alone.members) == ("basket B2", ("ALONE",))


def test_that_a_day_that_runs_fast_may_lag_more_in_its_own_time(tmp_path: Path) -> None:
    with board(tmp_path) as writer:
        sight = BoardSight(tmp_path / "board")
        sight.watch(0)
        ages = []
        for speed in ("1", "0.5", "60", "flat"):
            writer.meta("speed", speed)
            ages.append(sight.market(ORDER, T0 + 30 * SECOND, "").age_ns)
        assert ages == [30 * SECOND, 30 * SECOND, SECOND // 2, 0]


def test_that_undefined_figures_stay_undefined(tmp_path: Path) -> None:
    with board(tmp_path):
        sight = BoardSight(tmp_path / "board")
        sight.watch(0)
        found = sight.market(ORDER, T0, "")
        assert (found.adv, found.close_ns) == (None, None)
        forecast = sight.forecast(ORDER)
        assert (forecast.finish_ns, forecast.unfilled, forecast.risk_bps) == (None, None, None)
        stranger = Order(order_id="X", parent_id="X", state=State.R0, tags=((55, "TECH"),))
        assert sight.market(stranger, T0, "").mid == 50.25
        assert "does not have" in sight.forecast(stranger).why
        nowhere = Order(order_id="X", parent_id="X", state=State.R0)
        assert "does not have" in sight.market(nowhere, T0, "").fault


def test_that_a_forecast_has_its_probability_interval_and_what_it_rests_on(tmp_path: Path) -> None:
    figures = {
        "p_complete": 0.7,
        "p_complete_low": 0.5,
        "p_complete_high": 0.9,
        "unfilled_low": 1.0,
        "unfilled_high": 9.0,
    }
    with board(tmp_path, end_ns=T0 + 10 * MINUTE, expected_unfilled=5.0, **figures) as writer:
        trace = blank("trace", 31)
        trace["ts"] = T0 + (np.arange(31) - 30) * MINUTE
        trace["volume"], trace["instrument"] = np.arange(31) * 1_000, 0
        trace["instrument"][-1] = 1  # somebody else's
        writer.put("trace", np.arange(31), trace)
        writer.beat(T0)
        sight = BoardSight(tmp_path / "board")
        sight.watch(0)
        told = Order(order_id="TECH-A1", parent_id="TECH", state=State.R0, tags=((55, "TECH"),), qty=4_000)
        found = sight.forecast(told)
        assert (found.p_complete, found.p_low, found.p_high) == (0.7, 0.5, 0.9)
        assert (found.unfilled, found.unfilled_low, found.unfilled_high) == (5.0, 1.0, 9.0)
        assert found.why == "at its own pace since it is worked like this"
        ahead = sight.ahead(told)
        assert (ahead.ahead_ns, ahead.now_ns, ahead.why) == (10 * MINUTE, T0, "")
        assert ahead.pace is not None
        assert ahead.pace.length_ns == 30 * MINUTE / 12
        assert found.participation == ahead.needed(4_000)
        assert found.participation == pytest.approx(4_000 / 9_667, rel=0.01)
        writer.put("parents", np.array([0]), row_without_pace(writer))
        writer.beat(T0)
        assert sight.forecast(told).why == "no end time"
        assert sight.ahead(told).why == "undefined: the order has no end time"


def row_without_pace(writer: BoardWriter) -> Any:
    row = blank("parents")
    row["parent_id"], row["p_complete_why"] = writer.intern("TECH"), writer.intern("no end time")
    return row


def test_that_too_young_a_market_has_no_pace(tmp_path: Path) -> None:
    with board(tmp_path, end_ns=T0 + 10 * MINUTE):
        sight = BoardSight(tmp_path / "board")
        assert sight.ahead(ORDER).why == "undefined: the board does not have this parent"
        sight.watch(0)
        assert sight.ahead(ORDER).why == "the market's pace: 0 min so far: too short to tell its pace"


def test_that_no_board_a_silent_one_and_a_closed_one_are_faults(tmp_path: Path) -> None:
    sight = BoardSight(tmp_path / "board")
    assert "cannot be read" in sight.watch(0)
    assert sight.market(ORDER, T0, "").fault
    assert "does not have" in sight.forecast(ORDER).why
    writer = board(tmp_path)
    assert sight.watch(0) == ""
    assert "silent" in sight.watch(STANDING_STILL_NS + 1)
    writer.heartbeat()
    assert sight.watch(STANDING_STILL_NS + 2) == ""
    writer.close()
    assert "has ended" in sight.watch(STANDING_STILL_NS + 3)
    assert sight.market(ORDER, T0, "engine is dead").fault == "engine is dead"


def test_that_a_new_engines_board_is_followed(tmp_path: Path) -> None:
    sight = BoardSight(tmp_path / "board")
    board(tmp_path).close()
    sight.watch(0)
    with board(tmp_path):
        assert sight.watch(1) == ""
        assert sight.market(ORDER, T0, "").mid == 50.25


def test_that_a_dead_engine_is_not_a_silent_one(tmp_path: Path) -> None:
    with board(tmp_path) as writer:
        writer._header["pid"] = 2**22 + 12345  # nobody has this number
        sight = BoardSight(tmp_path / "board")
        assert "dead" in sight.watch(0)
