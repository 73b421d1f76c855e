"""The order panel: sends for the order it shows and no other; one confirm, on purpose; what came of it, by message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.arming import ArmedButton
from app.widgets.confirm import ARM_MS
from app.widgets.preflight import effect_words, forecast_lines, guard_lines, tag_lines, warnings
from app.widgets.switch_form import complaint
from app.widgets.switch_panel import MOVED, NO_CONTROL, STALE, SwitchPanel
from app.widgets.switch_port import Bound, Effect, Field, Forecast, Guard, Live
from tests.widgets.fakes import GUARDS, MESSAGE, TAGS, Control

ORDER = Bound("P1", "TECH", "SELL", 312_400, "VWAP", 7)
OTHER = Bound("P2", "INST", "BUY", 500, "POV", 8)
REJECT = b"8=FIX.4.4\x0135=9\x0139=2\x01102=0\x0158=order already filled\x0110=1\x01"


class Heard(QObject):
    """Notes every event of what it watches."""

    def __init__(self, parent: QObject, heard: list[QEvent.Type]) -> None:
        super().__init__(parent)
        self._heard = heard

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self._heard.append(event.type())
        return False


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
def panel(qtbot: QtBot, control: Control) -> SwitchPanel:
    made = SwitchPanel(themes.DARK, control)
    qtbot.addWidget(made)
    made.resize(560, 760)
    with qtbot.waitExposed(made):
        made.show()
    made.bind(ORDER)
    qtbot.waitUntil(lambda: made.menu is not None, timeout=5000)
    return made


def checked(panel: SwitchPanel, qtbot: QtBot) -> None:
    """A pre-flight on the screen, its confirm still asleep."""
    panel.preflight()
    qtbot.waitUntil(lambda: panel.found is not None, timeout=5000)


def armed(panel: SwitchPanel, qtbot: QtBot) -> None:
    checked(panel, qtbot)
    qtbot.waitUntil(panel.view.confirm.isEnabled, timeout=5000)


def press(panel: SwitchPanel) -> None:
    QTest.mouseClick(panel.view.confirm, Qt.MouseButton.LeftButton)


def test_that_symbol_side_and_remaining_are_large_and_todays_algo_stands_there(panel: SwitchPanel) -> None:
    assert panel.view.order.text() == "SELL  312,400  TECH"
    assert panel.view.order.font().pixelSize() >= 20
    assert themes.DARK.sell in panel.view.order.styleSheet()
    assert "P1" in panel.view.detail.text()
    assert panel.view.today.text().startswith("today  VWAP   MaxPct=25")
    panel.bind(ORDER._replace(remaining=200_000))
    assert panel.view.order.text() == "SELL  200,000  TECH"


def test_that_a_switch_is_checked_confirmed_once_and_followed_to_its_end(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    armed(panel, qtbot)
    assert control.sent == []
    assert panel.view.confirm.text() == "SWITCH  SELL 312,400 TECH  →  Dark seek"
    wish = control.checks[0]
    assert (wish.parent_id, wish.order_id, wish.version, wish.generation) == ("P1", "A-P1", 0, 7)
    assert wish.params == (("MaxPct", "15"), ("Style", "2"))
    with qtbot.waitSignal(panel.sent, timeout=5000):
        press(panel)
        press(panel)
    assert control.sent == [wish]
    live = panel.view.live
    assert live.live is not None
    assert "R1   switch sent, old algo still working" in live.state.text()
    assert themes.DARK.amber in live.state.styleSheet(), "pending is yellow"
    assert themes.DARK.amber in panel.view.detail.styleSheet()
    assert not any(button.isEnabled() for button in panel.view.buttons.values()), "one request in flight"
    control.move("P1", "R2", "pending", "", MESSAGE.replace(b"150=F", b"150=E"))
    panel.look()
    assert themes.DARK.amber in live.state.styleSheet()
    control.move("P1", "R5", "done", "switched")
    panel.look()
    assert "R5   switched" in live.state.text()
    assert themes.DARK.good in live.state.styleSheet()
    assert [line[1].text for line in live.steps.lines] == ["→ out", "← in", "·"]
    assert [line[2].text for line in live.steps.lines] == ["R1", "R2", "R5"]
    assert "pending replace" in live.steps.lines[1][3].text
    live.steps.asked.emit("1")
    assert live.raw.isVisible()
    assert live.raw.raw == control.states["P1"].steps[1].raw
    qtbot.waitUntil(lambda: len(control.menus) == 2 and panel.view.buttons["switch"].isEnabled(), timeout=5000)


def test_that_a_refusal_is_said_in_the_brokers_own_words_and_nothing_is_repeated(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    armed(panel, qtbot)
    press(panel)
    qtbot.waitUntil(lambda: panel.view.live.live is not None, timeout=5000)
    control.move("P1", "R7", "refused", "", REJECT)
    panel.look()
    assert "“order already filled”" in panel.view.live.steps.lines[-1][3].text
    assert len(control.sent) == 1
    assert not panel.view.confirm.isEnabled()


def test_that_an_order_filled_before_the_switch_ends_done_not_failed(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    armed(panel, qtbot)
    press(panel)
    qtbot.waitUntil(lambda: panel.view.live.live is not None, timeout=5000)
    control.move("P1", "R6", "done", "filled before switch")
    panel.look()
    assert "filled before switch" in panel.view.live.state.text()
    assert themes.DARK.red not in panel.view.live.state.styleSheet()


def test_that_the_broker_can_be_asked_what_he_holds_while_a_request_is_unanswered(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    armed(panel, qtbot)
    press(panel)
    qtbot.waitUntil(lambda: panel.view.live.live is not None, timeout=5000)
    assert panel.view.reconcile.isEnabled()
    assert not panel.view.reconcile.autoDefault()
    QTest.mouseClick(panel.view.reconcile, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.view.words.text() == "Reconcile: R5: status asked", timeout=5000)
    assert control.reconciled == ["A-P1"]
    assert len(control.sent) == 1, "no order was sent"
    control.problem = "the broker answers no status request: telephone"
    panel.reconcile()
    qtbot.waitUntil(lambda: panel.view.words.text() == control.problem, timeout=5000)
    panel.bind(None)
    panel.reconcile()
    assert not panel.view.reconcile.isEnabled()
    assert control.reconciled == ["A-P1"]


def test_that_an_unknown_outcome_is_red(panel: SwitchPanel, control: Control) -> None:
    control.states["P1"] = Live("A-P1", "R4", "UNKNOWN: telephone the broker", "alarm")
    panel.look()
    assert themes.DARK.red in panel.view.live.state.styleSheet()


def test_that_another_choice_disarms_at_once_and_the_old_confirm_sends_nothing(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    armed(panel, qtbot)
    panel.bind(OTHER)
    assert not panel.view.confirm.isEnabled()
    assert panel.found is None
    assert panel.view.order.text() == "BUY  500  INST"
    assert panel.view.form.fields == (), "nothing typed for the other order is left"
    panel.view.confirm.click()
    panel.view.confirm.fired.emit()
    assert control.sent == []
    panel.bind(ORDER)
    qtbot.waitUntil(lambda: panel.menu is not None, timeout=5000)
    assert not panel.view.confirm.isEnabled(), "coming back does not arm again"
    assert control.sent == []


def test_that_an_answer_for_the_order_before_is_dropped(panel: SwitchPanel, control: Control, qtbot: QtBot) -> None:
    control.gate.clear()
    panel.preflight()
    qtbot.waitUntil(lambda: len(control.checks) == 1, timeout=5000)
    panel.bind(OTHER)
    control.gate.set()
    qtbot.waitUntil(lambda: panel.menu is not None, timeout=5000)
    assert panel.menu is not None
    assert panel.menu.parent_id == "P2"
    assert panel.found is None
    assert not panel.view.confirm.arming


def edit_line(panel: SwitchPanel) -> None:
    line = panel.view.form.inputs["MaxPct"]
    assert isinstance(line, QLineEdit)
    line.setText("20")


def edit_choice(panel: SwitchPanel) -> None:
    box = panel.view.form.inputs["Style"]
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(1)


def change_target(panel: SwitchPanel) -> None:
    panel.view.targets.setCurrentIndex(1)


def go_stale(panel: SwitchPanel) -> None:
    panel.fade(True)


@pytest.mark.parametrize("change", [edit_line, edit_choice, change_target, go_stale])
def test_that_whatever_changes_what_would_be_sent_disarms(
    panel: SwitchPanel, control: Control, qtbot: QtBot, change: Callable[[SwitchPanel], None]
) -> None:
    armed(panel, qtbot)
    change(panel)
    assert not panel.view.confirm.isEnabled()
    assert panel.found is None
    assert not panel.view.preflight.isVisible()
    panel.view.confirm.fired.emit()
    assert control.sent == []


def test_that_stale_figures_offer_nothing_until_they_live_again(panel: SwitchPanel) -> None:
    panel.fade(True)
    assert panel.view.words.text() == STALE
    assert not any(button.isEnabled() for button in panel.view.buttons.values())
    panel.fade(False)
    assert panel.view.buttons["switch"].isEnabled()


def test_that_the_confirm_wakes_late_and_a_held_key_never_confirms(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    checked(panel, qtbot)
    confirm = panel.view.confirm
    assert confirm.arming
    assert not confirm.isEnabled()
    assert confirm._timer.interval() == ARM_MS == 700
    assert not confirm.isDefault()
    assert not confirm.autoDefault()
    confirm.setFocus()
    press(panel)
    assert control.sent == []
    qtbot.waitUntil(confirm.isEnabled, timeout=5000)
    confirm.setFocus()
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) * 5:
        for key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            held = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, " ", True)
            QApplication.sendEvent(confirm, held)
    QTest.keyClick(confirm, Qt.Key.Key_Return)
    QTest.keyClick(confirm, Qt.Key.Key_Enter)
    assert control.sent == []
    assert confirm.isEnabled()
    QTest.keyClick(confirm, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(control.sent) == 1, timeout=5000)


@pytest.mark.qt_log_ignore("Keyboard event not accepted by receiving widget", extend=True)  # asleep: as wanted
def test_that_a_key_pressed_before_the_button_woke_does_not_fire_when_it_is_let_go(qtbot: QtBot) -> None:
    button, fired = ArmedButton("go"), []  # type: tuple[ArmedButton, list[bool]]
    button.fired.connect(lambda: fired.append(True))
    qtbot.addWidget(button)
    button.show()
    button.arm()
    QTest.keyPress(button, Qt.Key.Key_Space)
    qtbot.waitUntil(button.isEnabled, timeout=5000)
    QTest.keyRelease(button, Qt.Key.Key_Space)
    assert fired == []
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert fired == [True]
    assert not button.isEnabled(), "once an arming"
    button.click()
    assert fired == [True]


def test_that_a_failed_guard_is_named_and_nothing_can_be_confirmed(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    control.guards = (*GUARDS, Guard("Entitlement", "fail", "trader ann may not trade book X"))
    checked(panel, qtbot)
    assert not panel.view.confirm.arming
    assert panel.view.preflight.warning.text() == "Entitlement: trader ann may not trade book X"
    assert panel.view.preflight.guards.lines[0][1].text == "Entitlement"


def test_that_an_order_that_moved_on_is_shown_anew_before_it_can_be_asked_again(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    control.guards = (*GUARDS, Guard("version", "fail", "order changed since it was shown (0 to 1): look again"))
    panel.preflight()
    qtbot.waitUntil(lambda: len(control.menus) == 2 and not panel.asker.waiting("menu"), timeout=5000)
    assert panel.view.words.text() == MOVED
    assert panel.found is None
    assert not panel.view.confirm.arming
    control.guards = GUARDS
    armed(panel, qtbot)
    assert panel.view.words.text() == ""


def test_that_an_unlikely_completion_is_warned_of(panel: SwitchPanel, control: Control, qtbot: QtBot) -> None:
    control.p_complete = 0.79
    checked(panel, qtbot)
    assert "79.0 % only" in panel.view.preflight.warning.text()
    assert panel.found is not None
    assert warnings(replace(panel.found, then=Forecast("X", p_complete=0.8))) == []
    assert warnings(replace(panel.found, then=Forecast("X", p_complete=None))) == []
    control.p_complete = 0.80
    checked(panel, qtbot)
    qtbot.waitUntil(lambda: panel.view.preflight.warning.text() == "", timeout=5000)


def test_that_a_port_that_fails_is_a_sentence_and_no_port_says_what_to_do(
    panel: SwitchPanel, control: Control, qtbot: QtBot
) -> None:
    armed(panel, qtbot)
    control.problem = "the control process does not answer: it was started again, ask once more"
    press(panel)
    qtbot.waitUntil(lambda: panel.view.words.text() == control.problem, timeout=5000)
    assert control.sent == []
    alone = SwitchPanel(themes.DARK, None)
    qtbot.addWidget(alone)
    alone.bind(ORDER)
    alone.look()
    alone.preflight()
    assert alone.view.words.text() == NO_CONTROL
    laid_out = list[QEvent.Type]()
    alone.view.words.installEventFilter(Heard(alone, laid_out))
    alone.bind(OTHER)
    assert not {QEvent.Type.Hide, QEvent.Type.Show, QEvent.Type.HideToParent} & set(laid_out), (
        "the window stays as it is"
    )
    alone.bind(None)
    assert alone.view.order.text() == "no order chosen"
    assert alone.view.words.text() == NO_CONTROL


def test_that_a_pause_is_offered_where_the_profile_has_one(panel: SwitchPanel, control: Control, qtbot: QtBot) -> None:
    buttons = panel.view.buttons
    assert not buttons["pause"].isEnabled()
    assert buttons["pause"].toolTip() == "the profile has no pause"
    control.no_pause = ""
    panel.bind(OTHER)
    qtbot.waitUntil(lambda: panel.menu is not None, timeout=5000)
    assert buttons["pause"].isEnabled()
    assert not buttons["resume"].isEnabled()
    buttons["pause"].click()
    qtbot.waitUntil(panel.view.confirm.isEnabled, timeout=5000)
    assert panel.view.confirm.text() == "PAUSE  BUY 500 INST"
    press(panel)
    qtbot.waitUntil(lambda: [wish.action for wish in control.sent] == ["pause"], timeout=5000)


def test_that_a_target_the_profile_refuses_cannot_be_asked_for(panel: SwitchPanel, control: Control) -> None:
    panel.view.targets.setCurrentIndex(2)
    assert panel.view.words.text() == "Snipe: the profile does not allow it for short sales"
    assert not panel.view.buttons["switch"].isEnabled()
    panel.preflight()
    assert control.checks == []


def test_that_a_value_out_of_bounds_is_named_with_what_is_allowed(panel: SwitchPanel, control: Control) -> None:
    line = panel.view.form.inputs["MaxPct"]
    assert isinstance(line, QLineEdit)
    line.setText("90")
    assert panel.view.form.fault.text() == "Max % of volume = 90 is not allowed; allowed: 1 to 40"
    assert not panel.view.buttons["switch"].isEnabled()
    panel.preflight()
    assert control.checks == []
    line.setText("40")
    assert panel.view.buttons["switch"].isEnabled()


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (Field("a", "A", "int"), "", ""),
        (Field("a", "A", "int", required=True), "", "A: a value is needed"),
        (Field("a", "A", "int"), "1.5", "A = '1.5' is not allowed; allowed: a whole number"),
        (Field("a", "A", "float", low=1), "nan", "A = 'nan' is not allowed; allowed: a number"),
        (Field("a", "A", "float", low=1), "0", "A = 0 is not allowed; allowed: at least 1"),
        (Field("a", "A", "float", high=2), "3", "A = 3 is not allowed; allowed: at most 2"),
        (Field("a", "A", "float", low=1, high=2), "2", ""),
        (Field("a", "A", "choice", choices=(("x", "X"), ("y", "Y"))), "z", "A = 'z' is not allowed; allowed: x, y"),
        (Field("a", "A", "text"), "anything", ""),
    ],
)
def test_that_a_form_says_what_is_wrong_with_a_value(field: Field, value: str, expected: str) -> None:
    assert complaint(field, value) == expected


def test_that_the_diff_shows_every_tag_and_marks_what_changes() -> None:
    lines = tag_lines(TAGS, everything=True)
    assert [line[0].text for line in lines[1:]] == [str(tag.tag) for tag in TAGS]
    marked = {line[0].text for line in lines[1:] if line[3].tone == "amber"}
    assert marked == {"11", "41", "847", "849", "6401"}
    assert next(line for line in lines if line[0].text == "849")[3].text == "(dropped)"
    assert [line[0].text for line in tag_lines(TAGS, everything=False)[1:]] == ["11", "41", "847", "849", "6401"]


def test_that_guards_say_their_state_in_words_the_worst_first() -> None:
    lines = guard_lines((*GUARDS, Guard("Kill switch", "fail", "on since 10:02")))
    assert [line[0].text for line in lines[:3]] == ["■ FAIL", "▲ WARN", "● pass"]
    assert all(line[2].text for line in lines)


def test_that_both_algos_are_compared_and_the_undefined_has_its_reason() -> None:
    now = Forecast("VWAP", None, 1200.0, None, None, 8.0, 0.25, 0.9, "no volume curve")
    lines = {line[0].text: [cell.text for cell in line[1:]] for line in forecast_lines(now, now, UTC)}
    assert lines["Unfilled at the close"] == ["1,200", "1,200"]
    assert lines["P(complete)"] == ["90.0 %", "90.0 %"]
    finish = next(line for line in forecast_lines(now, now, UTC) if line[0].text == "Expected finish")
    assert (finish[1].text, finish[1].tip) == ("\N{EN DASH}", "no volume curve")


def test_that_an_effect_has_an_interval_or_is_not_identifiable() -> None:
    assert effect_words(Effect(2.1, 0.4, 3.8, "over 400 days")) == (
        "Expected effect: +2.10 bps [+0.40, +3.80]  over 400 days"
    )
    assert effect_words(Effect(None, None, None, "not identifiable")) == "Expected effect: not identifiable"
    assert effect_words(Effect(2.1, None, None, "")) == "Expected effect: not identifiable"
