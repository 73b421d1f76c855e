"""Alerts on the screen without a whole desk: marks, ages, flashes and words follow the board and the trader's keys."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.engine.units import SECOND
from app.widgets import theme as themes
from app.widgets.alert_desk import FLASH_NS, AlertDesk
from app.widgets.alerts import SHELF
from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.corner import Toasts
from app.widgets.order_grid import NEW, SEEN, SHELVED
from app.widgets.pad import STALE_AFTER_NS
from app.widgets.ports import Me
from tests.widgets.conftest import Hand
from tests.widgets.filler import DAY, OPEN, Filler

NOW = OPEN + DAY


class Desk:
    """A calm board with an alert desk on it; `raise_to` changes levels and shows the next frame."""

    def __init__(self, qtbot: QtBot, bridge: Bridge, filler: Filler, clock: Hand) -> None:
        self.bridge, self.filler, self.clock = bridge, filler, clock
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.blotter = Blotter(bridge, themes.DARK, Me())
        qtbot.addWidget(self.blotter)
        self.sounds: list[int] = []
        self.toasts = Toasts(self.window, themes.DARK, lambda: self.sounds.append(1))
        self.desk = AlertDesk(bridge, self.blotter, self.toasts, lambda: "Space: acknowledge")
        self.changes: list[int] = []
        self.desk.changed.connect(lambda: self.changes.append(1))
        bridge.pulled.connect(self.blotter.show_pulled)
        bridge.pulled.connect(self.desk.show_pulled)
        self.at = NOW
        self.raise_to(dict.fromkeys(range(filler.n_parents), "GREEN"))

    def raise_to(self, levels: dict[int, str], *, after: int = SECOND, screen: int = SECOND // 30) -> None:
        rows = self.filler.parents
        for row, level in levels.items():
            rows["level"][row], rows["state"][row] = self.filler.writer.intern(level), self.filler.writer.intern("live")
            rows["filled_qty"][row] = rows["order_qty"][row] // 2
            rows["basket_id"][row] = 0
        where = np.array(sorted(levels), np.int64)
        if len(where):
            self.filler.writer.put("parents", where, rows[where])
        self.at += after
        self.filler.writer.beat(self.at)
        self.clock.ns += screen
        self.bridge.look()

    @property
    def marks(self) -> dict[int, tuple[str, str]]:
        return dict(self.blotter.grid.badges)

    def age(self, row: int) -> float:
        return float(self.blotter.table.extras["alert_age"][row])


@pytest.fixture
def desk(qtbot: QtBot, bridge: Bridge, filler: Filler, clock: Hand) -> Iterator[Desk]:
    made = Desk(qtbot, bridge, filler, clock)
    yield made
    made.toasts.clear()


def test_that_a_whole_board_is_looked_through_in_frames_and_told_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.widgets.alert_desk._AT_ONCE", 25)
    desk.raise_to(dict.fromkeys(range(desk.filler.n_parents), "RED"))
    for _ in range(2):
        assert (desk.marks, desk.sounds) == ({}, []), "60 orders, 25 a frame"
        assert not desk.desk.is_settled
        desk.raise_to({})
    assert desk.desk.is_settled
    assert len(desk.marks) == desk.filler.n_parents
    assert desk.sounds == [1], "one sound and one digest for all of them"
    assert str(desk.filler.n_parents - 6) in desk.toasts.said[-1].title


def test_that_orders_are_noted_while_the_window_is_not_complete(desk: Desk, filler: Filler) -> None:
    levels = filler.parents["level"]
    levels[:2] = filler.writer.intern("AMBER")
    filler.writer.put("parents", np.arange(2), filler.parents[:2])
    filler.writer.beat(NOW + 2 * SECOND)
    pulled = desk.bridge.pad.pull(desk.clock.ns)
    desk.desk.show_pulled(pulled, later=True)
    assert desk.marks == {}
    desk.raise_to({})
    assert sorted(desk.marks) == [0, 1]


def test_that_a_calm_board_has_no_mark_and_says_so_in_figures(desk: Desk) -> None:
    assert (desk.marks, desk.sounds) == ({}, [])
    said, tip = desk.desk.words()
    assert said == "■ 0 red  ▲ 0 amber"
    assert "wait for the digest" not in tip


@pytest.mark.parametrize(("level", "tone", "sounds"), [("AMBER", "amber", 0), ("RED", "red", 1)])
def test_that_a_rise_marks_its_row_and_only_red_is_heard(desk: Desk, level: str, tone: str, sounds: int) -> None:
    desk.raise_to({5: level})
    assert desk.marks == {5: (NEW, tone)}
    assert desk.blotter.table.badges == desk.blotter.grid.badges
    assert (len(desk.sounds), desk.toasts.isHidden()) == (sounds, not sounds)


def test_that_an_order_that_calms_down_loses_its_mark(desk: Desk) -> None:
    desk.raise_to({5: "RED", 6: "AMBER"})
    desk.raise_to({5: "GREEN"})
    assert desk.marks == {6: (NEW, "amber")}
    assert np.isnan(desk.age(5))


def test_that_the_age_is_in_event_time_from_the_rise_and_only_marked_rows_have_one(desk: Desk) -> None:
    desk.raise_to({5: "RED"})
    assert desk.age(5) == 0
    desk.raise_to({}, after=90 * SECOND, screen=2 * SECOND)
    assert desk.age(5) == 90 * SECOND
    assert np.isnan(desk.age(4))


def test_that_a_flash_ends_with_its_screen_time_and_the_mark_stays(desk: Desk) -> None:
    desk.raise_to({5: "RED", 6: "AMBER"})
    lit = dict(desk.blotter.grid.flashing)
    desk.raise_to({}, screen=FLASH_NS + SECOND)
    assert lit == {5: "red", 6: "amber"}
    assert desk.blotter.grid.flashing == {}
    assert set(desk.marks) == {5, 6}


# -- what the trader does --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "sign", "red"),
    [(AlertDesk.acknowledge, SEEN, 0), (AlertDesk.shelve, SHELVED, 0), (AlertDesk.rearm, NEW, 1)],
    ids=["acknowledge", "shelve", "rearm"],
)
def test_that_an_act_changes_the_chosen_orders_mark_and_no_other(
    desk: Desk, act: Callable[[AlertDesk], None], sign: str, red: int
) -> None:
    desk.raise_to({5: "RED", 6: "RED"})
    desk.bridge.choose(5)
    act(desk.desk)
    assert desk.marks == {5: (sign, "red"), 6: (NEW, "red")}
    assert desk.desk.words()[0] == f"■ {red + 1} red  ▲ 0 amber"


@pytest.mark.parametrize("act", [AlertDesk.acknowledge, AlertDesk.shelve, AlertDesk.rearm])
def test_that_an_act_without_a_choice_or_on_a_calm_order_changes_nothing(
    desk: Desk, act: Callable[[AlertDesk], None]
) -> None:
    desk.raise_to({5: "RED"})
    act(desk.desk)
    desk.bridge.choose(7)
    act(desk.desk)
    assert desk.marks == {5: (NEW, "red")}


def test_that_all_are_acknowledged_at_once_and_a_shelved_one_stays_shelved(desk: Desk) -> None:
    desk.raise_to({4: "AMBER", 5: "RED", 6: "RED"})
    desk.bridge.choose(6)
    desk.desk.shelve()
    desk.desk.acknowledge_all()
    assert desk.marks == {4: (SEEN, "amber"), 5: (SEEN, "red"), 6: (SHELVED, "red")}
    assert desk.desk.words()[0] == "■ 0 red  ▲ 0 amber"


def test_that_a_shelved_alert_asks_again_when_event_time_has_passed_and_not_screen_time(desk: Desk) -> None:
    desk.raise_to({5: "RED"})
    desk.bridge.choose(5)
    desk.desk.shelve()
    desk.raise_to({}, after=SHELF - 1, screen=3600 * SECOND)
    seen = [desk.marks[5][0]]
    desk.raise_to({}, after=1, screen=2 * SECOND)
    seen.append(desk.marks[5][0])
    assert seen == [SHELVED, NEW]


def test_that_a_worse_level_asks_again_after_it_was_acknowledged(desk: Desk) -> None:
    desk.raise_to({5: "AMBER"})
    desk.bridge.choose(5)
    desk.desk.acknowledge()
    desk.raise_to({5: "RED"})
    assert desk.marks == {5: (NEW, "red")}
    assert len(desk.sounds) == 1


def test_that_go_leads_to_red_before_amber_and_the_oldest_first_and_past_what_was_seen(desk: Desk) -> None:
    for row, level in ((3, "AMBER"), (9, "RED"), (4, "RED")):
        desk.raise_to({row: level})
    visited = []
    for _ in range(4):
        desk.desk.go()
        visited.append(desk.bridge.row)
        desk.desk.acknowledge()
    assert visited == [9, 4, 3, 3], "with nothing left the choice stays"


def test_that_a_toast_leads_to_its_order(desk: Desk) -> None:
    desk.raise_to({5: "RED"})
    desk.toasts.wanted.emit(desk.toasts.said[0].orders[0])
    assert desk.bridge.row == 5


def test_that_reds_over_the_budget_are_heard_of_in_one_digest_and_none_is_lost(desk: Desk) -> None:
    desk.raise_to(dict.fromkeys(range(10), "RED"))
    budget = desk.desk.alerts.budget
    assert set(desk.marks) == set(range(10)), "every row has its mark, heard or not"
    said = desk.toasts.said
    assert len(desk.sounds) == 1
    assert [toast.digest for toast in said].count(True) == 1
    assert len(said[-1].orders) == 10 - budget
    assert f"{budget} toasts in the last hour" in desk.desk.words()[1]


# -- when nothing may be said ----------------------------------------------------------------------------------------


def test_that_stale_figures_raise_nothing_and_what_they_hid_is_said_afterwards(desk: Desk) -> None:
    rows = desk.filler.parents
    rows["level"][5] = desk.filler.writer.intern("RED")
    desk.filler.writer.put("parents", np.array([5]), rows[5:6])  # and no beat: the engine stalls in the middle
    desk.clock.ns += STALE_AFTER_NS + SECOND
    desk.bridge.look()
    seen = [(desk.bridge.pad.pulse.stale, desk.marks)]
    desk.raise_to({})
    seen.append((desk.bridge.pad.pulse.stale, desk.marks))
    assert seen == [(True, {}), (False, {5: (NEW, "red")})]


def test_that_a_frame_without_news_costs_no_change_until_a_second_has_passed(desk: Desk) -> None:
    desk.raise_to({5: "RED"}, screen=2 * SECOND)
    before = len(desk.changes)
    desk.bridge.look()
    desk.bridge.look()
    assert len(desk.changes) == before
    desk.raise_to({}, screen=SECOND)
    assert len(desk.changes) == before + 1


# -- alerts of the evidence ------------------------------------------------------------------------------------------


def say(desk: Desk, statuses: dict[int, str], reason: str = "E 410, 78 scored children; quiet only") -> None:
    """Orders get a status of the evidence, and the next frame is shown."""
    rows, intern = desk.filler.parents, desk.filler.writer.intern
    for row, status in statuses.items():
        rows["status"][row], rows["status_reason"][row] = intern(status), intern(reason)
        rows["at_risk_ccy"][row], rows["currency"][row] = 7_900.0, intern("USD")
    desk.raise_to(dict.fromkeys(statuses, "GREEN"))


def test_that_a_leak_says_so_once_with_its_reason_and_the_money_at_risk(desk: Desk) -> None:
    say(desk, {3: "RED"})
    assert [toast.title for toast in desk.toasts.said] == ["LEAK  P100003"]
    assert desk.toasts.said[0].words.endswith(": E 410, 78 scored children; 7,900 USD at risk")
    assert len(desk.sounds) == 1
    say(desk, {3: "RED"})
    assert len(desk.sounds) == 1


def test_that_amber_is_silent_and_lean_clear_and_grey_are_no_alert(desk: Desk) -> None:
    say(desk, {1: "AMBER", 2: "LEAN", 4: "CLEAR", 5: "GREY"})
    assert desk.sounds == []
    assert list(desk.desk.leaks.open) == ["P100001"]
    assert desk.marks == {1: (NEW, "amber")}


def test_that_alerts_of_the_evidence_and_of_the_level_are_counted_apart(desk: Desk) -> None:
    assert desk.desk.words()[0] == "■ 0 red  ▲ 0 amber"
    say(desk, {1: "RED", 2: "AMBER"})
    desk.raise_to({5: "AMBER", 6: "AMBER"})
    assert desk.desk.words()[0] == "leak ■ 1 ◆ 1   level ■ 0 ▲ 2"


def test_that_both_lights_of_an_order_are_acknowledged_at_once(desk: Desk) -> None:
    say(desk, {1: "RED"})
    desk.raise_to({1: "AMBER"})
    assert desk.marks[1] == (NEW, "red")
    desk.bridge.choose(1)
    desk.desk.acknowledge()
    assert desk.marks[1] == (SEEN, "red")
    assert desk.desk.words()[0] == "leak ■ 0 ◆ 0   level ■ 0 ▲ 0"


def test_that_the_oldest_leak_is_gone_to_before_a_level(desk: Desk) -> None:
    desk.raise_to({2: "RED"})
    say(desk, {7: "RED"})
    desk.desk.go()
    assert desk.bridge.row == 7


def test_that_both_lights_share_the_toasts_of_an_hour(desk: Desk) -> None:
    say(desk, {1: "RED"})
    desk.raise_to({2: "RED"})
    assert desk.desk.alerts.per_hour(desk.at) == desk.desk.leaks.per_hour(desk.at) == 2
    assert [toast.title for toast in desk.toasts.said] == ["LEAK  P100001", "LEVEL RED  P100002"]


def test_that_the_record_of_the_a_a_run_is_under_the_mouse(desk: Desk) -> None:
    assert desk.desk.words()[1].endswith("A/A not run: scorecard evidence aa")
    desk.filler.writer.meta("aa", "A/A 2026-11-20: 1.9%")
    say(desk, {1: "AMBER"})
    assert desk.desk.words()[1].endswith("A/A 2026-11-20: 1.9%")
