"""Board rows of the evidence: epochs, the rate of late, projected money, and what explains the children best."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine import layout, shown
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Rows
from app.engine.evidence import cost
from app.engine.evidence.effect import Effect
from app.engine.evidence.model import Model
from app.engine.evidence.trail import Trail
from app.engine.shown import Shown, delays, money_of, trail_of
from app.engine.tables.build import build
from app.engine.units import BPS, NULL
from app.feeds.generator.hand import Sheet
from tests.engine.days import T0, Memory, in_time, last_ts
from tests.engine.evidence.made import model, own_day, parents_of, played

MADE = model()


def shown_of(engine: Engine) -> tuple[dict[str, Any], Memory]:
    """The board's row of the first parent's evidence, by field, and the board."""
    board = Memory()
    engine.publish(board)
    return board.said("evidence", 0), board


def alive(sheet: Sheet, made: Model = MADE) -> Engine:
    """An engine in the middle of the day: every block of it, and no end of data."""
    engine = Engine(sheet.universe(), EngineConfig(evidence=made))
    for block in in_time(sheet, engine.universe, 64):
        engine.apply(block)
    return engine


def near(value: float, wanted: float) -> bool:
    """The same up to the last bits."""
    return math.isclose(value, wanted, rel_tol=1e-12)


def test_that_the_row_says_what_the_parents_table_says() -> None:
    engine = played(own_day())
    row, board = shown_of(engine)
    line = parents_of(engine)["P1"]
    place = row["epochs"] - 1
    assert row["epochs"] == 2
    assert row["e"][place] == line["e_value"]
    assert (row["leak"][place], row["low"][place], row["high"][place]) == (
        line["leak_bps"], line["leak_lo_bps"], line["leak_hi_bps"],
    )  # fmt: skip
    assert row["projected"] == line["leak_projected_bps"]
    assert row["detectable"][place] == line["min_detectable_bps"]
    assert row["parent_row"] == 0
    assert board.texts[row["light"][place]] == line["status"]
    assert sum(row["children"][:2]) == line["n_scored"]


def test_that_an_epoch_begins_with_the_order_or_with_an_algo() -> None:
    engine = played(own_day())
    row, _ = shown_of(engine)
    switched = next(fact.row.ts_event for fact in engine.state.flow.facts if fact.row.kind == "algo_switched")
    assert row["began"][0] == NULL
    assert row["began"][1] == switched
    assert row["e"][2] is None


def test_that_only_the_last_epochs_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "EPOCHS", 1)
    engine = played(own_day())
    row, _ = shown_of(engine)
    line = parents_of(engine)["P1"]
    assert row["epochs"] == 2
    assert row["e"][0] == line["e_value"]
    assert row["children"][1] == 0


def test_that_the_rate_of_late_is_that_of_the_epoch_while_it_has_few_children() -> None:
    row, _ = shown_of(alive(own_day()))
    place = row["epochs"] - 1
    assert 0 < row["recent_children"] == row["children"][place] < layout.RECENT
    assert near(row["recent"], row["leak"][place])
    assert row["recent_low"] <= row["recent"] <= row["recent_high"]


def test_that_the_rate_of_late_leaves_older_children_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "RECENT", 1)
    row, _ = shown_of(alive(own_day()))
    assert row["recent_children"] == 1
    assert not near(row["recent"], row["leak"][row["epochs"] - 1])


def test_that_the_rate_of_late_is_worked_out_again_only_for_another_child(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = alive(own_day())
    moment = engine.state.moment()
    built = build(engine.state.parents(), [], moment)
    asked: list[int] = []
    rate = shown._rate

    def noted(trail: Trail, records: Rows) -> float:
        asked.append(len(records))
        return rate(trail, records)

    monkeypatch.setattr(shown, "_rate", noted)
    rows = Shown()
    first, again = (rows.rows(built.standings, built.parents, moment, Memory()) for _ in range(2))
    assert len(asked) == 1
    assert first["recent"].tolist() == again["recent"].tolist()


def test_that_the_projection_and_its_interval_grow_alike_while_the_order_lives() -> None:
    engine = alive(own_day())
    row, _ = shown_of(engine)
    trail = engine.state.evidence.trails()["P1"]  # type: ignore[union-attr]
    place = row["epochs"] - 1
    grows = cost.projected(1.0, trail.first_rest, trail.rest)
    assert grows > 1
    assert near(row["projected"], grows * row["leak"][place])
    assert near(row["projected_high"], grows * row["high"][place])
    assert near(row["projected_low"], grows * row["low"][place])


def test_that_what_is_at_risk_is_what_the_projection_adds_to_what_was_paid() -> None:
    engine = alive(own_day())
    board = Memory()
    engine.publish(board)
    line, parent = board.said("evidence", 0), board.said("parents", 0)
    value = parent["order_qty"] * parent["arrival_mid"]
    assert math.isclose(parent["leak_projected_ccy"], parent["leak_projected_bps"] * value / BPS, rel_tol=1e-9)
    assert near(parent["at_risk_ccy"], parent["leak_projected_ccy"] - parent["leak_ccy"])
    assert parent["at_risk_ccy"] > 0
    assert (line["projected_ccy"], line["at_risk_ccy"]) == (parent["leak_projected_ccy"], parent["at_risk_ccy"])


def test_that_an_order_that_is_over_has_nothing_at_risk() -> None:
    sheet = own_day()
    sheet.order(59_000_000_000, "parent_done", parent_id="P1")
    board = Memory()
    played(sheet).publish(board)
    parent = board.said("parents", 0)
    assert parent["at_risk_ccy"] == 0.0
    assert near(parent["leak_projected_ccy"], parent["leak_ccy"])


def test_that_money_without_a_projection_is_undefined() -> None:
    engine = played(own_day())
    moment = engine.state.moment()
    standing = build(engine.state.parents(), [], moment).standings[0]
    assert money_of({}, standing, moment) == (None, None)
    assert money_of({"leak_projected_bps": 1.0}, standing, moment).at_risk is None


def test_that_without_a_model_there_are_no_rows_and_no_trail() -> None:
    sheet = own_day()
    engine = Engine(sheet.universe(), EngineConfig())
    for block in in_time(sheet, engine.universe, 64):
        engine.apply(block)
    engine.finish(last_ts(sheet))
    moment = engine.state.moment()
    standing = build(engine.state.parents(), [], moment).standings[0]
    assert trail_of(standing, moment) is None
    board = Memory()
    engine.publish(board)
    assert board.length("evidence") == 0
    assert board.said("parents", 0)["at_risk_ccy"] is None


def test_that_a_parent_without_a_child_has_an_epoch_without_figures() -> None:
    sheet = own_day()
    sheet.parent(1_000_000, "BUY", 100, "P2", instrument="ELSEWHERE")
    row = next(row for row in rows_of(played(sheet)) if row["children"].sum() == 0)
    assert row["top"] == 0
    assert row["recent_children"] == 0
    assert math.isnan(float(row["projected"]))


def rows_of(engine: Engine) -> list[Any]:
    """All rows of the evidence section."""
    board = Memory()
    engine.publish(board)
    return [board.rows["evidence"][n] for n in sorted(board.rows["evidence"])]


def test_that_the_delays_are_the_medians_of_the_laws() -> None:
    assert delays(MADE) == pytest.approx((0.1, 0.3, 0.9, 2.4), abs=0.051)


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0, "others trade on our side about 0.1 s after 6 % of our children"),
        (5, "the price moves away a little about 0.3 s after 6 % of our children"),
        (11, "the price moves away about 2.4 s after 6 % of our children"),
        (12, "others trade on our side and take the price along about 0.1 s after 6 % of our children"),
        (17, "others trade on our side and take the price along 0.9 to 2.4 s after 6 % of our children"),
        (23, "quotes on the other side retreat 0.1 to 2.4 s after 6 % of our children"),
    ],
)
def test_that_what_explains_the_children_best_is_said_in_words(score: int, words: str) -> None:
    shown_as = Shown()
    said = [shown_as._words(score * 5 + 1, MADE) for _ in range(2)]
    assert [one.replace("0.95", "0.9").replace("0.15", "0.1") for one in said] == [words, words]


def test_that_an_epoch_without_a_line_ended_grey() -> None:
    assert shown._light_of([], 0) == "GREY"


def test_that_the_figures_of_a_row_start_undefined() -> None:
    row = rows_of(alive(own_day(seconds=4)))[0]
    assert row["epochs"] == 1
    assert np.isnan(row["e"]).all()
    assert np.isnan(row["recent"])


# -- the last switch -------------------------------------------------------------------------------------------------


def test_that_the_last_switch_says_what_its_table_says() -> None:
    engine = played(own_day())
    row, board = shown_of(engine)
    line = next(line for line in zip_lines(engine.tables()["switches"]) if line["parent_id"] == "P1")
    for field, column in (("before", "before_bps"), ("since", "after_bps"), ("saving", "saving_bps")):
        assert row[field] == line[column]
    assert (row["verdict"] or "") == board.texts[board.index[line["verdict"]]]
    assert (row["verdict_reason"] or "") == line["reason"]


def zip_lines(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """A table by lines."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_that_an_order_that_was_never_switched_has_no_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "effect_of", lambda *_: pytest.fail("nothing was switched"))
    sheet = own_day()
    sheet.orders = [row for row in sheet.orders if row["kind"] != "algo_switched"]
    row, _ = shown_of(played(sheet))
    assert row["verdict"] is None
    assert row["saving"] is None


@pytest.mark.parametrize(
    ("epoch", "children", "over", "holds"),
    [(1, 40, False, True), (1, 54, False, True), (1, 55, False, False), (1, 40, True, False), (2, 40, False, False)],
)
def test_that_what_a_switch_saved_is_read_again_with_a_quarter_more_children(
    epoch: int, children: int, over: bool, holds: bool
) -> None:
    told = shown.Told(1, 40, False, Effect(None, None, None, None, None, "not known", "too few"))
    assert told.holds(epoch, children, over) is holds


def test_that_causes_come_on_the_board_once_with_the_end_of_data() -> None:
    engine = alive(own_day())
    board = Memory()
    engine.publish(board)
    assert board.length("attribution") == 0
    engine.finish(last_ts(own_day()))
    engine.publish(board)
    table = zip_lines(engine.tables()["attribution"])
    rows = board.table("attribution")
    assert [(row["dimension"], row["cell"], row["e_value"]) for row in rows] == [
        (line["dimension"], line["cell"], line["e_value"]) for line in table
    ]
    assert rows
    board.fresh()
    engine.publish(board)
    assert "attribution" not in board.fresh()


def test_that_the_leak_of_the_ribbon_keeps_its_interval_where_nothing_was_scored_since_a_switch() -> None:
    sheet = own_day()
    last = max(row["ts_event"] for row in sheet.orders)
    sheet.order(last - T0 + 1, "algo_switched", algo_order_id="P1-A", algo="DARK", source="ems")
    engine = alive(sheet)
    row, _ = shown_of(engine)
    trail = engine.state.evidence.trails()["P1"]  # type: ignore[union-attr]
    halves = []
    for number in range(2):
        found = cost.weighed(trail.leak(number), trail.measured(number), trail.model.numbers["group_model_error"])
        halves.append(max((found.high or 0.0) - (found.value or 0.0), (found.value or 0.0) - (found.low or 0.0)))
    assert (row["epochs"], row["children"][2]) == (3, 0)
    assert row["direct"] is None
    assert len(halves) == 2
    assert near(row["direct_half"], math.hypot(*halves))
