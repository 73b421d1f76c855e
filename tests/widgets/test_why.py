"""Why: every figure has its definition, its inputs, the rows it came from and the way back to their moment."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.layout import CHILD_ROW, FILL_ROW, PARENT_ROW
from app.engine.units import NULL
from app.widgets import definitions
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.blotter_columns import BLOTTER
from app.widgets.bridge import Bridge
from app.widgets.definitions import DEFINITIONS, definition
from app.widgets.drill_columns import CHILDREN, FILLS
from app.widgets.ribbon import VIEWS
from app.widgets.scorecard import FACTS
from app.widgets.why import HINT, Why, causes, value_words
from tests.widgets.filler import Filler

FIELDS = set(PARENT_ROW.names or ()) | set(FILL_ROW.names or ()) | set(CHILD_ROW.names or ())
WORKED_OUT = {
    column.name
    for column in (*BLOTTER, *FACTS, *FILLS, *CHILDREN)
    if column.name.endswith(("_bps", "_ccy", "_z", "_pct", "_vwap")) and column.name in FIELDS
} | {part.field for parts in VIEWS.values() for part in parts}


@pytest.fixture
def why(qtbot: QtBot, bridge: Bridge) -> Why:
    bridge.look()
    while not bridge.pad.settled():
        bridge.look()
    made = Why(themes.DARK, bridge.pad)
    qtbot.addWidget(made)
    made.resize(540, 420)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.mark.parametrize("field", sorted(WORKED_OUT))
def test_that_every_figure_on_the_screen_has_a_definition(field: str) -> None:
    if field.startswith(("leak_", "min_detectable", "drift_market", "drift_own", "drift_leak", "drift_noise")):
        assert definition(field) is not None  # their definitions come with the evidence
    else:
        assert definition(field).words != definitions.UNKNOWN.words


def test_that_every_input_named_is_a_field_of_the_board() -> None:
    for field, known in DEFINITIONS.items():
        assert set(known.inputs) <= FIELDS, field
        assert known.title
        assert known.words.endswith(".") or "|" not in known.words


def test_that_a_horizon_names_itself_and_signs_are_told_where_they_matter() -> None:
    assert definition("markout_100ms_bps").title == "Markout 100ms"
    assert definition("markout_100ms_se_bps").title == "Markout error 100ms"
    assert definition("response_1s_bps").title == "Response 1s"
    assert definition("realized_spread_5m_bps").words.startswith("2 s (price")
    assert "+1 buy" in definitions.signs("slip_arrival_bps")
    assert definitions.signs("participation") == ""
    assert definition("trader").title == "trader"


def test_that_a_figure_of_a_parent_names_its_inputs_and_every_fill_under_it(why: Why, filler: Filler) -> None:
    assert why.title.text() == HINT
    row = why.pad.parents[0]
    why.explain("parents", "slip_arrival_bps", row)
    assert why.title.text().startswith("Slippage:  ")
    assert text.signed(float(row["slip_arrival_bps"]), 6) in why.title.text()
    said = {line[0].text: line[1].text for line in why.inputs.lines}
    assert said["Average price"] == text.price(float(row["avg_px"]))
    assert said["Arrival mid"] == text.price(float(row["arrival_mid"]))
    mine = filler.fills[filler.fills["parent_row"] == 0]
    assert len(why.found) == 1 + len(mine)
    assert {(cause.source, cause.seq) for cause in why.found[1:]} == {("orders", int(seq)) for seq in mine["seq"]}
    times = [cause.ts_ns for cause in why.found[1:]]
    assert times == sorted(times)
    assert len(why.rows.lines) == len(why.found)


def test_that_a_fill_names_the_message_it_came_in_and_that_moment_can_be_asked_for(why: Why, qtbot: QtBot) -> None:
    row = why.pad.rows_of("fills", 0)[3]
    why.explain("fills", "eff_spread_bps", row)
    (cause,) = why.found
    assert (cause.source, cause.seq, cause.ts_ns) == ("orders", int(row["seq"]), int(row["ts_event"]))
    with qtbot.waitSignal(why.replay_wanted, timeout=5000) as asked:
        why.replay.click()
    assert asked.args == [int(row["ts_event"])]


def test_that_a_fact_that_is_not_worked_out_names_its_own_row_alone(why: Why) -> None:
    assert len(causes(why.pad, "parents", "trader", why.pad.parents[0])) == 1
    why.explain("parents", "level", why.pad.parents[0])
    said = {line[0].text: line[1].text for line in why.inputs.lines}
    assert "cost z" in said["level reason"] or "uncalibrated" in said["level reason"]


def test_that_values_read_as_what_they_are(why: Why) -> None:
    row = blank("parents")[0]
    row["order_qty"], row["arrival_ts"], row["avg_px"] = 1200, 1_700_145_000_000_000_001, 50.25
    zone = text.zone(None)
    assert value_words(why.pad, row, "order_qty", zone) == "1,200"
    assert value_words(why.pad, row, "arrival_ts", zone) == "14:30:00.000000001"
    assert value_words(why.pad, row, "avg_px", zone) == "50.2500"
    assert value_words(why.pad, row, "is_ccy", zone) == text.DASH
    assert value_words(why.pad, row, "trader", zone) == text.DASH
    assert value_words(why.pad, row, "nonsense", zone) == text.DASH


def test_that_long_lists_are_cut_with_their_number_and_the_zone_follows(why: Why) -> None:
    why.explain("parents", "is_ccy", why.pad.parents[0])
    why.found = why.found * 3
    before = why.rows.lines[1][3].text
    why.set_zone(text.zone("America/New_York"))
    assert why.rows.lines[1][3].text != before
    why.fade(True)
    assert why.rows.faded
    why.dress(themes.LIGHT)
    assert why.inputs.theme is themes.LIGHT
    why.explain("algos", "filled", np.zeros(1, PARENT_ROW)[0])
    assert why.title.text().startswith("Shortfall"), "what the screen gathered has no row of the board behind it"
    assert NULL < 0
